"""``python -m bench [--save] [case …]``: measure, and say which goals are reached."""

from __future__ import annotations

import sys

from bench import native, work
from bench.machine import describe
from bench.measure import table
from bench.peers import PEERS
from bench.report import HEADS, cells, save
from bench.rows import Row

CASES = {**work.CASES, **native.CASES}


def main(arguments: list[str]) -> int:
    names = [argument for argument in arguments if argument != "--save"] or [*CASES]
    unknown = [name for name in names if name not in CASES]
    if unknown:
        print(f"no such case: {', '.join(unknown)}; there are {', '.join(CASES)}", file=sys.stderr)
        return 2
    machine = describe()
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    absent = dict.fromkeys(peer.package for peer in PEERS if not peer.installed)
    if absent:
        print(f"not installed, so not measured: {', '.join(absent)}")
    print("medians of interleaved runs; a ratio is the peer's time over mibun's\n")
    found: dict[str, list[Row]] = {}
    for name in names:
        found[name] = [*CASES[name]()]
        _show(found[name])
    missed = [row for rows in found.values() for row in rows if row.reached is False]
    print(f"{len(missed)} goals missed" if missed else "all goals reached")
    if "--save" in arguments:
        how = {f"{peer.name} {peer.version}": peer.how for peer in PEERS if peer.installed}
        print("written:", *save(found, machine, how))
    return 0


def _show(rows: list[Row]) -> None:
    lines = table([HEADS, *map(cells, rows)]).splitlines()
    for line, row in zip(lines, [None, *rows], strict=True):
        print(f"{line}  {row.found}" if row and row.found else line)
    print(flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
