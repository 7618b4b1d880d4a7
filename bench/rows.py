"""A row of the benchmark: one sentence about mibun, who else took part, and the goal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.measure import duration


@dataclass(frozen=True)
class Row:
    """One measurement: the time of mibun, of a peer, and whether the goal is reached (``None``: there is none).

    Without a time it is about ``found``, in words. ``times`` are those of all who took part. A row without ``what`` is
    about the same as the row above.
    """

    what: str
    mibun: float | None
    peer: str = ""
    theirs: float | None = None
    goal: str = ""
    reached: bool | None = None
    found: str = ""
    times: Mapping[str, float] = field(default_factory=dict, repr=False)

    @property
    def ratio(self) -> str:
        return "" if self.theirs is None or self.mibun is None else f"{self.theirs / self.mibun:.3g}×"


def faster(what: str, times: Mapping[str, float], peer: str, goal: float | None = None) -> Row:
    """A row for how many times faster than a peer. If the peer did not take part, there is no goal."""
    mine, theirs = times["mibun"], times.get(peer)
    if theirs is None:
        return Row(what, mine, peer, found="did not take part", times=times)
    if goal is None:
        return Row(what, mine, peer, theirs, times=times)
    return Row(what, mine, peer, theirs, f"≥ {goal:g}×", theirs / mine >= goal, times=times)


def no_slower(what: str, times: Mapping[str, float], peer: str, factor: float) -> Row:
    """A row for a time that may be so many times that of something else."""
    mine, theirs = times["mibun"], times[peer]
    return Row(what, mine, peer, theirs, f"≤ {factor:g}× its time", mine <= factor * theirs, times=times)


def within(what: str, seconds: float, limit: float, times: Mapping[str, float] | None = None) -> Row:
    """A row for a time that must not be exceeded."""
    return Row(what, seconds, goal=f"≤ {duration(limit)}", reached=seconds <= limit, times=times or {"mibun": seconds})
