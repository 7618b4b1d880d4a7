"""GradBench's objectives, differentiated: what each of its evaluations asks, by its own measure, to 1e-8.

The references are derived by hand (``by_hand``) or made by JAX (``tests/data/gradbench.json``); where there are both,
they agree, and so do the objectives' values with JAX's of other formulas.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from tests.gradbench import by_hand, inputs, objectives

import mibun as mb

JAX: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "gradbench.json").read_text(encoding="utf-8")
)
LIMIT = 1e-8
Gradient = Callable[[Callable[[Any], Any]], Callable[[Any], Any]]


def agree(found: Any, expected: Any) -> None:
    """GradBench's measure: |x - y| / max(1, |x| + |y|), at its largest."""
    x, y = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    assert x.shape == y.shape
    worst = np.max(np.abs(x - y) / np.maximum(1, np.abs(x) + np.abs(y)), initial=0.0)
    assert worst < LIMIT, f"{worst:.2e} apart"


Call = Callable[..., Any]


@pytest.fixture(params=["first", "later"])
def call(request: pytest.FixtureRequest) -> Call:
    """A derivative's value by its first call, or by one after a call elsewhere: what was found there must hold here."""

    def later(derived: Callable[..., Any], *args: Any) -> Any:
        derived(*(arg * 1.001 if getattr(arg, "dtype", None) == np.float64 else arg for arg in args))
        return derived(*args)

    return later if request.param == "later" else lambda derived, *args: derived(*args)


# gmm


@pytest.mark.parametrize(("d", "k"), [(2, 5), (10, 5), (10, 25)])
def test_gmm(d: int, k: int, call: Call) -> None:
    given = inputs.gmm(d, k)
    value, gradient = call(mb.value_and_grad(objectives.gmm, argnums=(0, 1, 2, 3)), *given.values())
    agree(value, objectives.gmm(**given))
    for found, expected in zip(gradient, by_hand.gmm(**given), strict=True):
        agree(found, expected)


@pytest.mark.parametrize(("gamma", "m"), [(0.7, 3)])
def test_gmm_with_another_prior(gamma: float, m: int, call: Call) -> None:
    given = inputs.gmm(3, 4, 50)
    gradient = mb.grad(lambda *parameters: objectives.gmm(*parameters, given["x"], gamma, m), argnums=(0, 1, 2, 3))
    found_ones = call(gradient, *list(given.values())[:4])
    for found, expected in zip(found_ones, by_hand.gmm(**given, gamma=gamma, m=m), strict=True):
        agree(found, expected)


@pytest.mark.parametrize(("d", "k"), [(2, 5), (10, 5)])
def test_gmm_by_hand_and_by_jax(d: int, k: int) -> None:
    given, jax = inputs.gmm(d, k), JAX[f"gmm {d} {k}"]
    agree(objectives.gmm(**given), jax["value"])
    for name, found in zip(("alpha", "mu", "q", "below"), by_hand.gmm(**given), strict=True):
        agree(found, jax[name])


# ba


def ba_observations(given: dict[str, Any]) -> list[tuple[Any, ...]]:
    seen = given["cameras"][given["observations"][:, 0]], given["points"][given["observations"][:, 1]]
    return list(zip(*seen, given["weights"], given["features"], strict=True))


def ba_vector(given: dict[str, Any]) -> tuple[Callable[[Any], Any], np.ndarray]:
    """All errors as a function of all parameters, in GradBench's order."""
    n, m = len(given["cameras"]), len(given["points"])

    def errors(parameters: Any) -> Any:
        cameras, points, weights = np.split(parameters, [11 * n, 11 * n + 3 * m])
        reprojection, weight = objectives.ba(
            cameras.reshape(n, 11), points.reshape(m, 3), weights, given["observations"], given["features"]
        )
        return np.concatenate([reprojection.ravel(), weight])

    return errors, np.concatenate([given["cameras"].ravel(), given["points"].ravel(), given["weights"]])


def ba_by_hand(given: dict[str, Any]) -> scipy.sparse.csr_array:
    starts, columns, values = by_hand.ba(**given)
    width = given["cameras"].size + given["points"].size + given["weights"].size
    return scipy.sparse.csr_array((values, columns, starts), shape=(len(starts) - 1, width))


@pytest.mark.parametrize("given", [inputs.ba(1, 1, 1), inputs.ba_scattered(3, 5, 7)], ids=["file", "scattered"])
def test_ba_an_observation_at_a_time(given: dict[str, Any], call: Call) -> None:
    """The last of the scattered cameras is not turned: the other side of the ``if``."""
    for observation in ba_observations(given):
        blocks = call(mb.jacobian(objectives.ba_one, argnums=(0, 1, 2)), *observation)
        for found, expected in zip(blocks, by_hand.ba_block(*observation), strict=True):
            agree(found, expected)


def test_ba_blocks_by_vmap(call: Call) -> None:
    def one(camera: Any, point: Any, weight: Any, feature: Any) -> Any:
        place = np.zeros((1, 2), dtype=int)
        return objectives.ba(camera[None], point[None], weight[None], place, feature[None])[0][0]

    given = inputs.ba_scattered(7, 20, 200)
    observations = ba_observations(given)
    columns = [np.array(each) for each in zip(*observations, strict=True)]
    blocks = call(mb.vmap(mb.jacobian(one, argnums=(0, 1, 2))), *columns)
    expected = zip(*(by_hand.ba_block(*observation) for observation in observations), strict=True)
    for found, wanted in zip(blocks, expected, strict=True):
        agree(found, wanted)


def test_ba_dense(call: Call) -> None:
    given = inputs.ba_scattered(3, 5, 7)
    of_reprojection, of_weight = call(mb.jacobian(objectives.ba, argnums=(0, 1, 2)), *given.values())
    rows = [np.concatenate([block.reshape(14, -1) for block in of_reprojection], axis=1)]
    rows.append(np.concatenate([block.reshape(7, -1) for block in of_weight], axis=1))
    agree(np.concatenate(rows), ba_by_hand(given).toarray())


@pytest.mark.parametrize("given", [inputs.ba_scattered(5, 13, 31), inputs.ba()], ids=["scattered", "file"])
def test_ba_sparse(given: dict[str, Any], call: Call) -> None:
    """The second is GradBench's own: 95,529 rows and 55,710 columns."""
    errors, parameters = ba_vector(given)
    found, expected = call(mb.jacobian(errors, sparse=True), parameters), ba_by_hand(given)
    assert found.shape == expected.shape
    assert found.nnz <= expected.nnz
    difference = abs(scipy.sparse.csr_array(found) - expected)
    sizes = abs(scipy.sparse.csr_array(found)) + abs(expected)
    sizes.data = 1 / np.maximum(1, sizes.data)
    assert (difference * sizes).max() < LIMIT


@pytest.mark.parametrize(
    ("name", "given"),
    [("ba", inputs.ba(1, 1, 1)), ("ba scattered", inputs.ba_scattered(3, 5, 7))],
    ids=["file", "scattered"],
)
def test_ba_by_hand_and_by_jax(name: str, given: dict[str, Any]) -> None:
    jax = JAX[name]
    reprojection, weight = objectives.ba(**given)
    agree(reprojection, jax["value"])
    agree(weight, 1 - given["weights"] ** 2)
    for i, observation in enumerate(ba_observations(given)):
        agree(objectives.ba_one(*observation), reprojection[i])
        for part, found in zip(("camera", "point", "weight"), by_hand.ba_block(*observation), strict=True):
            agree(found, jax[part][i])


# lstm


@pytest.mark.parametrize(("name", "make"), [("lstm small", inputs.lstm_small), ("lstm", inputs.lstm)])
def test_lstm(name: str, make: Callable[[], dict[str, Any]], call: Call) -> None:
    jax = JAX[name]
    value, gradient = call(mb.value_and_grad(objectives.lstm, argnums=(0, 1)), *make().values())
    agree(value, jax["value"])
    agree(gradient[0], jax["main_parameters"])
    agree(gradient[1], jax["extra_parameters"])


# kmeans

KMEANS = [
    ("kmeans small", inputs.kmeans_small()),
    ("kmeans", inputs.kmeans()),
    ("kmeans 16", inputs.kmeans(1)),
]


@pytest.mark.parametrize("given", [given for _, given in KMEANS], ids=[name for name, _ in KMEANS])
def test_kmeans(given: dict[str, Any], call: Call) -> None:
    """The Hessian is diagonal, so its product with ones is all of it."""
    points, centroids = given["points"], given["centroids"]

    def cost(centroids: Any) -> Any:
        return objectives.kmeans(points, centroids)

    value, gradient = call(mb.value_and_grad(objectives.kmeans, argnums=1), points, centroids)
    diagonal = call(lambda centroids: mb.hvp(cost, centroids, np.ones_like(centroids)), centroids)
    agree(value, cost(centroids))
    for found, expected in zip((gradient, diagonal), by_hand.kmeans(points, centroids), strict=True):
        agree(found, expected)
    agree(gradient / diagonal, np.divide(*by_hand.kmeans(points, centroids)))


def test_kmeans_whole_hessian(call: Call) -> None:
    given = inputs.kmeans_small()
    found = call(mb.hessian(objectives.kmeans, argnums=1), *given.values())
    _, diagonal = by_hand.kmeans(**given)
    agree(found.reshape(diagonal.size, diagonal.size), np.diag(diagonal.ravel()))


def test_kmeans_sparse_hessian(call: Call) -> None:
    given = inputs.kmeans()
    points, centroids = given["points"], given["centroids"]
    derived = mb.hessian(lambda flat: objectives.kmeans(points, flat.reshape(centroids.shape)), sparse=True)
    _, diagonal = by_hand.kmeans(points, centroids)
    agree(call(derived, centroids.ravel()).toarray(), np.diag(diagonal.ravel()))


@pytest.mark.parametrize(("name", "given"), KMEANS[:2], ids=[name for name, _ in KMEANS[:2]])
def test_kmeans_by_hand_and_by_jax(name: str, given: dict[str, Any]) -> None:
    jax = JAX[name]
    agree(objectives.kmeans(**given), jax["value"])
    for part, found in zip(("gradient", "diagonal"), by_hand.kmeans(**given), strict=True):
        agree(found, jax[part])
    agree(np.divide(*by_hand.kmeans(**given)), jax["direction"])


# lse, llsq, ode, det


@pytest.mark.parametrize("given", [inputs.lse(50), inputs.lse(), inputs.lse_wide()], ids=["50", "2500", "wide"])
def test_lse(given: dict[str, Any], call: Call) -> None:
    value, gradient = call(mb.value_and_grad(objectives.lse), given["x"])
    agree(value, objectives.lse(given["x"]))
    agree(gradient, by_hand.lse(given["x"]))


@pytest.mark.parametrize(
    "given", [inputs.llsq_small(), *map(inputs.llsq, range(6))], ids=["small", *(str(16 << i) for i in range(6))]
)
def test_llsq(given: dict[str, Any], call: Call) -> None:
    value, gradient = call(mb.value_and_grad(objectives.llsq), *given.values())
    agree(value, objectives.llsq(**given))
    agree(gradient, by_hand.llsq(**given))


@pytest.mark.parametrize(
    "given", [inputs.ode_small(), *map(inputs.ode, range(3))], ids=["small", "1000-1", "1000-10", "1000-100"]
)
def test_ode(given: dict[str, Any], call: Call) -> None:
    steps = given["steps"]
    value, gradient = call(mb.value_and_grad(lambda x: objectives.ode(x, steps)[-1]), given["x"])
    agree(value, objectives.ode(**given)[-1])
    agree(gradient, by_hand.ode(**given))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 7])
def test_det(size: int, call: Call) -> None:
    a = inputs.det(size)["a"] if size >= 5 else inputs.det(5)["a"][:size, :size]
    value, gradient = call(mb.value_and_grad(objectives.det), a)
    agree(value, np.linalg.det(a))
    agree(gradient, by_hand.det(a))


@pytest.mark.parametrize(
    ("name", "objective", "derived", "given"),
    [
        ("lse", objectives.lse, by_hand.lse, inputs.lse(50)),
        ("lse wide", objectives.lse, by_hand.lse, inputs.lse_wide(50)),
        ("llsq", objectives.llsq, by_hand.llsq, inputs.llsq()),
        ("llsq small", objectives.llsq, by_hand.llsq, inputs.llsq_small()),
        ("ode small", objectives.ode, by_hand.ode, inputs.ode_small()),
        ("det 5", objectives.det, by_hand.det, inputs.det(5)),
    ],
)
def test_gradients_by_hand_and_by_jax(
    name: str, objective: Callable[..., Any], derived: Callable[..., Any], given: dict[str, Any]
) -> None:
    agree(objective(**given), JAX[name]["value"])
    agree(derived(**given), JAX[name]["a" if name.startswith("det") else "x"])


# ht

HANDS = {"hand": inputs.hand(), "hand mirrored": inputs.hand(5, mirrored=True)}


@pytest.mark.parametrize("name", HANDS)
def test_hand(name: str, call: Call) -> None:
    given = {part: value for part, value in HANDS[name].items() if part != "us"}
    agree(objectives.hand(**given), JAX[name]["value"])
    agree(call(mb.jacobian(objectives.hand), *given.values()), JAX[name]["theta"])


@pytest.mark.parametrize("name", HANDS)
def test_hand_on_triangles(name: str, call: Call) -> None:
    """GradBench keeps two columns for all ``us``: a correspondence depends on its own. Two pushes give them."""
    given, jax = HANDS[name], JAX[f"{name} on triangles"]
    us = given["us"]
    agree(objectives.hand_on_triangles(**given), jax["value"])
    by_theta, by_us = call(mb.jacobian(objectives.hand_on_triangles, argnums=(0, 1)), *given.values())
    agree(by_theta, jax["theta"])
    whole = np.zeros((len(us), 3, len(us), 2))
    whole[np.arange(len(us)), :, np.arange(len(us)), :] = jax["us"]
    agree(by_us, whole)

    def of_us(us: Any) -> Any:
        return objectives.hand_on_triangles(**{**given, "us": us})

    pushed = [mb.jvp(of_us, (us,), (np.tile(axis, (len(us), 1)),))[1] for axis in np.eye(2)]
    agree(np.stack(pushed, axis=2), jax["us"])


def test_hand_at_rest(call: Call) -> None:
    """Not turned as a whole: the branch of the rotation that is constant."""
    given = {part: value for part, value in HANDS["hand"].items() if part != "us"}
    given["theta"] = np.concatenate([np.zeros(3), given["theta"][3:]])
    found = call(mb.jacobian(objectives.hand), *given.values())
    agree(found[:, :, :3], np.zeros_like(found[:, :, :3]))
    agree(found[:, :, 3:6], np.tile(-np.eye(3), (len(found), 1, 1)))


# particle, saddle


def reverse(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return mb.grad(function)


def forward(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A push along each axis."""
    return lambda x: np.stack([mb.jvp(function, (x,), (axis,))[1] for axis in np.eye(len(x))])


MODES = {
    f"{outer.__name__[0]}{inner.__name__[0]}": (outer, inner)
    for outer in (forward, reverse)
    for inner in (forward, reverse)
}


@pytest.mark.parametrize(("w", "mode"), [(0.0, "rr"), (0.5, "rr"), *((0.2, mode) for mode in MODES)])
def test_landing(w: float, mode: str, call: Call) -> None:
    """Inside particle: the gradient of a loop whose every step takes a gradient."""
    outer, inner = MODES[mode]
    jax = JAX[f"landing {w}"]
    agree(objectives.landing(np.array([w]), inner), jax["value"])
    agree(call(outer(lambda w: objectives.landing(w, inner)), np.array([w])), jax["w"])


@pytest.mark.parametrize("mode", [pytest.param(mode, marks=pytest.mark.nightly) for mode in MODES])
def test_particle(mode: str) -> None:
    found = objectives.particle(*inputs.particle().values(), *MODES[mode])
    agree(found, [by_hand.PARTICLE])
    agree(found, JAX["particle"]["value"])


@pytest.mark.parametrize(
    "mode", ["ff", *[pytest.param(mode, marks=pytest.mark.nightly) for mode in MODES if mode != "ff"]]
)
def test_saddle(mode: str) -> None:
    found = objectives.saddle(*inputs.saddle().values(), *MODES[mode])
    agree(found, by_hand.SADDLE)
    agree(found, JAX["saddle"]["value"])
