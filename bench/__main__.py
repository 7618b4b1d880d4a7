"""``python -m bench [case …]``: measure, and say which goals are reached."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version

from bench.measure import duration, table
from bench.work import CASES, Row
from mibun._version import __version__


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in CASES]
    if unknown:
        print(f"no such case: {', '.join(unknown)}; there are {', '.join(CASES)}", file=sys.stderr)
        return 2
    peers = ", ".join(
        f"{name} {version(name)}" for name in ("symengine", "sympy", "numdifftools", "scipy", "autograd", "jax")
    )
    print(f"Python {platform.python_version()}, mibun {__version__}; peers: {peers}")
    print("medians of interleaved runs; a ratio is the peer's time over mibun's\n")
    rows = [row for name in names or CASES for row in CASES[name]()]
    cells = table([("what", "mibun", "peer", "", "ratio", "goal", ""), *map(_cells, rows)]).splitlines()
    for line, row in zip(cells, [None, *rows], strict=True):
        print(f"{line}  {row.found}" if row and row.found else line)
    missed = [row for row in rows if row.reached is False]
    print(f"\n{len(missed)} goals missed" if missed else "\nall goals reached")
    return 0


def _cells(row: Row) -> tuple[str, ...]:
    theirs = "" if row.theirs is None else duration(row.theirs)
    verdict = {None: "", True: "reached", False: "MISSED"}[row.reached]
    mine = "" if row.mibun is None else duration(row.mibun)
    return (row.what, mine, row.peer, theirs, row.ratio, row.goal, verdict)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
