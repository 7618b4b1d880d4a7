"""NumPy code differentiated: HIPS autograd's examples beside autograd and JAX, long loops, sparse matrices.

What is about memory, or about a first time, runs as a process of its own: ``python -m bench.arrays steps mibun 10000``
prints what it measured as JSON. The libraries are loaded where they are used, so that such a process loads no others.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

import mibun as mb
from bench.autograd_examples import EXAMPLES, Example, Fn, elementwise
from bench.measure import Work, interleaved

STEPS = 10_000
FEWER = 1_000
MASSES = 1_000
CELLS = 32
VARIABLES = 100_000
SCALES = range(0, 40, 2)
PRODUCTS = 1_000

Grad = Callable[[Fn, Any], Fn]


# Who takes part


def _mibun() -> tuple[Any, Grad]:
    return np, mb.grad


def _autograd() -> tuple[Any, Grad]:
    import autograd
    import autograd.numpy

    return autograd.numpy, autograd.grad


def _jax() -> tuple[Any, Grad]:
    """Compiled, in doubles."""
    import jax

    jax.config.update("jax_enable_x64", True)

    def grad(fn: Fn, argnums: Any) -> Fn:
        compiled = jax.jit(jax.grad(fn, argnums))
        return lambda *args: jax.block_until_ready(compiled(*args))

    return jax.numpy, grad


LIBRARIES = {"mibun": _mibun, "autograd": _autograd, "JAX": _jax}


def derivative(example: Example, library: str) -> Work:
    """The call that gives what an example asks for, of a function made anew."""
    module, grad = LIBRARIES[library]()
    fn, arguments = example.make(module), example.arguments
    if not example.order:
        return partial(grad(fn, example.by if len(example.by) > 1 else example.by[0]), *arguments)
    for _ in range(example.order - 1):
        fn = elementwise(module, _nested(library), fn)
    return partial(elementwise(module, grad, fn), *arguments)


def _nested(library: str) -> Grad:
    """A gradient within a gradient: JAX compiles the whole."""
    if library != "JAX":
        return LIBRARIES[library]()[1]
    import jax

    nested: Grad = jax.grad
    return nested


def _at_first(example: Example, library: str) -> Work:
    def work() -> object:
        return derivative(example, library)()

    return work


@dataclass(frozen=True)
class Comparison:
    """Seconds of an example by each library: called again, and with a new function each time."""

    example: Example
    again: dict[str, float]
    first: dict[str, float]


def comparisons() -> Iterator[Comparison]:
    for example in EXAMPLES:
        again = {library: derivative(example, library) for library in LIBRARIES}
        first = {library: _at_first(example, library) for library in ("mibun", "autograd")}
        for work in again.values():
            work()
        yield Comparison(example, interleaved(again, seconds=3), interleaved(first, seconds=2))


# A loop that ends at another turn each time


def roots(np: Any) -> Fn:
    """The sum of square roots by Heron's method: each factor of 4 in the argument takes one more turn."""

    def total(x: Any) -> Any:
        root = x
        while np.max(np.abs(root * root - x) / x) > 1e-10:
            root = (root + x / root) / 2
        return np.sum(root)

    return total


def new_paths() -> dict[str, float]:
    """Seconds of a gradient, when every call of a function turns its loop as often as none before."""
    points = [4.0**scale * np.linspace(1, 2, 10) for scale in SCALES]

    def work(library: str) -> None:
        module, grad = LIBRARIES[library]()
        of = grad(roots(module), 0)
        for point in points:
            of(point)

    times = interleaved({library: partial(work, library) for library in ("mibun", "autograd")}, seconds=2)
    return {library: time / len(points) for library, time in times.items()}


def known_paths() -> dict[str, float]:
    """The same, when each was taken before."""
    points = [4.0**scale * np.linspace(1, 2, 10) for scale in SCALES]

    def work(of: Fn) -> None:
        for point in points:
            of(point)

    works: dict[str, Work] = {}
    for library in ("mibun", "autograd"):
        module, grad = LIBRARIES[library]()
        works[library] = partial(work, grad(roots(module), 0))
        works[library]()
    return {library: time / len(points) for library, time in interleaved(works, seconds=2).items()}


# Long simulations


def pendulum(np: Any, steps: int) -> Fn:
    """The energy of a pendulum with friction after some small steps, by where and how fast it started."""

    def energy(start: Any) -> Any:
        angle, speed = start[0], start[1]
        for _ in range(steps):
            speed = speed - 0.001 * (9.81 * np.sin(angle) + 0.1 * speed)
            angle = angle + 0.001 * speed
        return speed * speed / 2 + 9.81 * (1 - np.cos(angle))

    return energy


def layers(np: Any, steps: int) -> Fn:
    """The squares of a vector that was pulled along by a matrix for some small steps."""

    def size(state: Any, matrix: Any) -> Any:
        for _ in range(steps):
            state = state + 0.001 * np.tanh(matrix @ state)
        return np.sum(state**2)

    return size


def masses(steps: int, checkpoint: int | None) -> Fn:
    """The energy of a chain of masses on springs, as a loop that stays one."""

    def energy(places: Any) -> Any:
        def step(state: Any, _: Any) -> Any:
            places, speeds = state
            stretch = np.diff(places, prepend=0.0, append=0.0)
            speeds = speeds + 0.01 * np.diff(stretch - stretch**3 / 10)
            return (places + 0.01 * speeds, speeds), None

        (places, speeds), _ = mb.scan(step, (places, 0 * places), length=steps, checkpoint=checkpoint)
        return np.sum(speeds**2) / 2 + np.sum(places**2)

    return energy


def chain(x: Any) -> Any:
    """Rosenbrock's function of many variables, each bound to the next."""
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def brusselator(state: Any) -> Any:
    """Two substances that react and spread on a square whose edges are joined: how fast each changes where."""
    u, v = state
    far = [np.roll(state, shift, axis=axis) for axis in (1, 2) for shift in (-1, 1)]
    spread = 0.02 * CELLS**2 * (sum(far) - 4 * state)
    return spread + np.stack([1 + u**2 * v - 4.4 * u, 3.4 * u - u**2 * v])


# Measured in a process of its own


def _megabytes() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << (20 if sys.platform == "darwin" else 10))


def _now() -> float:
    """The memory that this process has now, where that can be asked."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
    except OSError:
        return _megabytes()


def _timed(work: Work) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def steps(library: str, count: str) -> dict[str, float]:
    """A loop in Python over numbers, and one over small arrays: the first gradient, and a second."""
    module, grad = LIBRARIES[library]()
    of = grad(pendulum(module, 10), 0)
    start = np.array([1.0, 0.0])
    for _ in range(2):
        of(start)
    before = _megabytes()
    numbers = partial(grad(pendulum(module, int(count)), 0), start)
    found = {"numbers": _timed(numbers), "numbers again": min(_timed(numbers) for _ in range(2))}
    random = np.random.RandomState(0)
    arrays = partial(grad(layers(module, int(count)), 0), random.randn(10), random.randn(10, 10))
    found |= {"arrays": _timed(arrays), "arrays again": min(_timed(arrays) for _ in range(2))}
    return found | {"megabytes": _megabytes() - before}


def scan(count: str, checkpoint: str) -> dict[str, float]:
    """A loop that stays a loop: the first gradient by all the places at the start."""
    before = _megabytes()
    of = mb.grad(masses(int(count), int(checkpoint) or None))
    seconds = _timed(partial(of, np.sin(np.arange(MASSES))))
    return {"seconds": seconds, "megabytes": _megabytes() - before}


def products(count: str) -> dict[str, float]:
    """Hessian times vector, in different places: seconds of all, and what memory grew by after the first tenth."""
    random = np.random.RandomState(0)
    points, vectors = random.randn(2, int(count), 1000)
    start = perf_counter()
    before = 0.0
    for i, (point, vector) in enumerate(zip(points, vectors, strict=True)):
        mb.hvp(chain, point, vector)
        if i == int(count) // 10:
            before = _now()
    return {"seconds": perf_counter() - start, "megabytes": _now() - before}


def sparse(name: str) -> dict[str, float]:
    """A sparse Jacobian or Hessian: detection with colours and the first matrix, then another matrix."""
    random = np.random.RandomState(0)
    of: Any
    if name == "jacobian":
        of, points = mb.jacobian(brusselator, sparse=True), 1 + random.rand(6, 2, CELLS, CELLS)
    else:
        of, points = mb.hessian(chain, sparse=True), random.randn(6, VARIABLES)
    first = _timed(partial(of, points[0]))
    again = sorted(_timed(partial(of, point)) for point in points[1:])
    return {"first": first, "again": again[len(again) // 2], "passes": of.coloring(points[0]).passes}


def gradient() -> dict[str, float]:
    """The first gradient of a process, by then with NumPy loaded: of a number, and of arrays in a list."""
    number = _timed(lambda: mb.grad(lambda x: np.sin(x) * x)(1.0))
    nested = _timed(lambda: mb.grad(lambda x: np.sum(x[0] * x[1]))([np.ones(3), np.ones(3)]))
    return {"number": number, "nested": nested}


MEASURED: dict[str, Callable[..., dict[str, float]]] = {
    measure.__name__: measure for measure in (steps, scan, products, sparse, gradient)
}


def alone(name: str, *arguments: str) -> dict[str, float]:
    """What a process of its own measures."""
    command = [sys.executable, "-m", "bench.arrays", name, *arguments]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)  # type: ignore[no-any-return]


if __name__ == "__main__":
    print(json.dumps(MEASURED[sys.argv[1]](*sys.argv[2:])))
