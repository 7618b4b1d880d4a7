"""Numerical derivatives beside numdifftools and scipy.differentiate: error, bound, evaluations, time."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import mibun as mb
from bench.examples import HARD, PUBLISHED, Array, Example
from bench.measure import interleaved

POINTS = 10_000
FASTER = 20.0
REPEAT = 50  # calls at one point that are timed together


@dataclass(frozen=True)
class Result:
    """What one library makes of one function: the errors at all points, and how often the function was evaluated."""

    error: Array
    bound: Array
    evaluations: float  # for a point

    @property
    def usual(self) -> float:
        return float(np.median(self.error))

    @property
    def worst(self) -> float:
        """The error that is exceeded at one point in a hundred."""
        return float(np.percentile(self.error, 99, method="higher"))

    @property
    def held(self) -> float:
        return float(np.mean(self.error <= self.bound))


@dataclass(frozen=True)
class Comparison:
    """One function: what each library makes of it, and seconds at one point and at many."""

    example: Example
    results: dict[str, Result]
    one: dict[str, float]
    many: dict[str, float]

    @property
    def as_accurate(self) -> bool:
        """No less accurate than numdifftools: usually, and at all but one point in a hundred."""
        ours, theirs = self.results["mibun"], self.results["numdifftools"]
        return ours.usual <= theirs.usual and ours.worst <= theirs.worst

    @property
    def tight(self) -> float:
        ours = self.results["mibun"]
        bound = float(np.median(ours.bound))
        return bound / ours.usual if bound else 0.0

    def ratio(self, times: dict[str, float]) -> float:
        return times["numdifftools"] / times["mibun"]

    def describe(self) -> str:
        ours = self.results["mibun"]
        errors = ", ".join(f"{name} {result.usual:.0e}" for name, result in self.results.items())
        evaluations = ", ".join(f"{result.evaluations:.3g}" for result in self.results.values())
        return f"error {errors}; bound {self.tight:.0f}×, holds at {ours.held:.2%}; evaluations {evaluations}"


def _libraries() -> dict[str, Callable[[Callable[[Any], Any]], Callable[[Any], tuple[Any, Any]]]]:
    """For each library, what makes of a function its derivative with an estimate of the error."""
    import numdifftools
    from scipy.differentiate import derivative

    def mibun(fn: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, Any]]:
        def of(x: Any) -> tuple[Any, Any]:
            found = mb.derivative(fn, x)
            return found.value, found.bound

        return of

    def numdiff(fn: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, Any]]:
        made = numdifftools.Derivative(fn, full_output=True)

        def of(x: Any) -> tuple[Any, Any]:
            found = made(x)
            return found.estimate, found.error_estimate

        return of

    def scipy(fn: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, Any]]:
        def of(x: Any) -> tuple[Any, Any]:
            found = derivative(fn, x)
            return found.df, found.error

        return of

    return {"mibun": mibun, "numdifftools": numdiff, "scipy": scipy}


def compare(example: Example, points: int = POINTS) -> Comparison:
    """Measure one function. What a peer has no answer for counts as an infinite error."""
    at = example.points(np.random.default_rng(1), points)
    truth = example.truth(at)
    libraries = _libraries()
    results = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for name, library in libraries.items():
            count = 0

            def counted(x: Any) -> Any:
                nonlocal count
                count += np.size(x)
                return example.fn(x)

            value, bound = library(counted)(at)
            error = np.abs(value - truth)
            results[name] = Result(np.where(np.isnan(error), np.inf, error), np.asarray(bound), count / points)
        made = {name: library(example.fn) for name, library in libraries.items()}
        here = float(at[0])

        def often(of: Callable[[Any], Any], x: Any, times: int) -> Callable[[], None]:
            def run() -> None:
                for _ in range(times):
                    of(x)

            return run

        one = interleaved({name: often(of, here, REPEAT) for name, of in made.items()}, seconds=0.5)
        many = interleaved({name: often(of, at, 1) for name, of in made.items()}, seconds=0.5)
    return Comparison(example, results, {name: time / REPEAT for name, time in one.items()}, many)


def comparisons() -> Iterator[Comparison]:
    """Of numdifftools' own examples, then of the hard ones."""
    for example in PUBLISHED + HARD:
        yield compare(example)
