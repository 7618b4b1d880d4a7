"""The results as files: a table to read, JSON to compare with, and a chart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.measure import duration
from bench.rows import Row

RESULTS = Path(__file__).parent / "results"


def cells(row: Row) -> tuple[str, ...]:
    """A row of the table: what, mibun's time, the peer, its time, the ratio, the goal, the verdict."""
    theirs = "" if row.theirs is None else duration(row.theirs)
    verdict = {None: "", True: "reached", False: "MISSED"}[row.reached]
    mine = "" if row.mibun is None else duration(row.mibun)
    return (row.what, mine, row.peer, theirs, row.ratio, row.goal, verdict)


HEADS = ("what", "mibun", "peer", "", "ratio", "goal", "")


def save(rows: Mapping[str, Sequence[Row]], machine: Mapping[str, str], how: Mapping[str, str]) -> list[Path]:
    """Write ``bench/results/``; ``rows`` by case, ``how`` says for each peer where its derivatives come from."""
    RESULTS.mkdir(exist_ok=True)
    written = [RESULTS / "results.json", RESULTS / "README.md", RESULTS / "chart.svg"]
    written[0].write_text(json.dumps(_plain(rows, machine), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    written[1].write_text(_table(rows, machine, how), encoding="utf-8")
    _chart(rows, machine, written[2])
    return written


def _plain(rows: Mapping[str, Sequence[Row]], machine: Mapping[str, str]) -> dict[str, Any]:
    return {
        "measured": datetime.now(UTC).date().isoformat(),
        "machine": dict(machine),
        "cases": {
            case: [
                {
                    "what": _what(found, i),
                    "peer": row.peer,
                    "ratio": row.theirs / row.mibun if row.theirs and row.mibun else None,
                    "goal": row.goal,
                    "reached": row.reached,
                    "found": row.found,
                    "seconds": {name: float(f"{value:.4g}") for name, value in row.times.items()},
                }
                for i, row in enumerate(found)
            ]
            for case, found in rows.items()
        },
    }


def _what(rows: Sequence[Row], i: int) -> str:
    """A row without a subject goes on with that of the row above."""
    return next((row.what for row in reversed(rows[: i + 1]) if row.what), "")


def _table(rows: Mapping[str, Sequence[Row]], machine: Mapping[str, str], how: Mapping[str, str]) -> str:
    lines = [
        "# What `make bench` measured",
        "",
        "Medians of interleaved runs. A ratio is the peer's time over mibun's; it moves less from machine to machine.",
        "",
        "![Times of the peers over mibun's](chart.svg)",
        "",
        "| what | mibun | peer | its time | ratio | goal | |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {' | '.join(cells(row)).replace('MISSED', '**missed**')} {row.found} |"
        for found in rows.values()
        for row in found
    ]
    lines += ["", "## Everyone's time", ""]
    for found in rows.values():
        for row in found:
            if row.what and len(row.times) > 2:
                times = sorted(row.times.items(), key=lambda pair: pair[1])
                lines.append(f"- {row.what}: " + ", ".join(f"{name} {duration(value)}" for name, value in times))
    lines += ["", "## The peers", "", *[f"- **{name}**: {text}" for name, text in how.items()]]
    lines += ["", "## The machine", "", *[f"- {name}: {value}" for name, value in machine.items()]]
    return "\n".join(lines) + "\n"


COLOURS = {
    "JAX": "#0072B2",
    "PyTorch": "#D55E00",
    "torch.compile": "#E69F00",
    "numba": "#009E73",
    "numexpr": "#56B4E9",
    "NumPy by hand": "#CC79A7",
    "SymPy": "#999999",
    "SymEngine": "#7B3294",
    "CasADi": "#A6761D",
    "autograd": "#1A1A1A",
    "Python by hand": "#66A61E",
}


def _chart(rows: Mapping[str, Sequence[Row]], machine: Mapping[str, str], path: Path) -> None:
    """A line for each comparison, a dot for each peer, at its time over mibun's."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "mibun"
    from matplotlib import pyplot as plt

    shown = {
        row.what: row
        for found in rows.values()
        for row in found
        if row.what and "mibun" in row.times and any(name in COLOURS for name in row.times)
    }
    figure, axes = plt.subplots(figsize=(9, 1.5 + 0.32 * len(shown)), layout="constrained")
    for height, row in enumerate(reversed(shown.values())):
        for name, colour in COLOURS.items():
            if name in row.times:
                axes.plot(row.times[name] / row.times["mibun"], height, "o", color=colour, markersize=6, alpha=0.85)
    axes.axvline(1, color="#1A1A1A", linewidth=1)
    axes.set_xscale("log")
    axes.set_yticks(range(len(shown)), [*reversed(shown)], fontsize=9)
    axes.grid(axis="both", color="#E5E5E5", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel(f"time of the peer / time of mibun ({machine['processor']}, {machine['cores']} cores)")
    present = [name for name in COLOURS if any(name in row.times for row in shown.values())]
    marks = [axes.plot([], [], "o", color=COLOURS[name])[0] for name in present]
    figure.legend(marks, present, loc="outside upper center", ncols=6, fontsize=8, frameon=False)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
