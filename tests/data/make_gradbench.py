"""Makes ``gradbench.json``: values and derivatives of GradBench's objectives by JAX in float64.

The objectives are written anew here, from the definitions and not from ``tests/gradbench/objectives.py``, so that a
misreading shows as a difference. JAX is no dependency of the project; from the root of a checkout, with it installed:

    python -m tests.data.make_gradbench
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tests.gradbench import inputs

TARGET = Path(__file__).with_name("gradbench.json")
SCATTERED = (3, 5, 7)  # cameras, points, observations


def main() -> None:
    import jax

    jax.config.update("jax_enable_x64", True)
    found = {name: {part: np.asarray(value).tolist() for part, value in parts.items()} for name, parts in _references()}
    lines = (f"{json.dumps(name)}: {json.dumps(parts)}" for name, parts in found.items())
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{TARGET.name}: {len(found)} cases, {TARGET.stat().st_size} bytes")


def _references() -> Iterator[tuple[str, dict[str, Any]]]:
    import jax

    def slopes(fn: Callable[..., Any], names: str, given: dict[str, Any]) -> dict[str, Any]:
        value, gradient = jax.jit(jax.value_and_grad(lambda wrt: fn(**{**given, **wrt})))(
            {name: given[name] for name in names.split()}
        )
        return {"value": value, **gradient}

    for d, k in [(2, 5), (10, 5)]:
        yield f"gmm {d} {k}", slopes(_gmm, "alpha mu q below", inputs.gmm(d, k))

    blocks = jax.jit(jax.vmap(jax.jacfwd(_ba_one, argnums=(0, 1, 2))))
    for name, given in [("ba", inputs.ba(1, 1, 1)), ("ba scattered", inputs.ba_scattered(*SCATTERED))]:
        cameras, points = given["cameras"][given["observations"][:, 0]], given["points"][given["observations"][:, 1]]
        each = cameras, points, given["weights"], given["features"]
        by_camera, by_point, by_weight = blocks(*each)
        yield name, {"value": jax.vmap(_ba_one)(*each), "camera": by_camera, "point": by_point, "weight": by_weight}

    for name, given in [("lstm", inputs.lstm()), ("lstm small", inputs.lstm_small())]:
        yield name, slopes(_lstm, "main_parameters extra_parameters", given)

    for name, given in [("kmeans", inputs.kmeans()), ("kmeans small", inputs.kmeans_small())]:
        cost = partial(_kmeans, given["points"])
        centroids = given["centroids"]
        gradient, diagonal = jax.jvp(jax.grad(cost), (centroids,), (np.ones_like(centroids),))
        direction = gradient / diagonal
        yield name, {"value": cost(centroids), "gradient": gradient, "diagonal": diagonal, "direction": direction}

    yield "lse", slopes(_lse, "x", inputs.lse(50))
    yield "lse wide", slopes(_lse, "x", inputs.lse_wide(50))
    for name, given in [("llsq", inputs.llsq()), ("llsq small", inputs.llsq_small())]:
        yield name, slopes(partial(_llsq, n=given["n"]), "x", {"x": given["x"]})
    small = inputs.ode_small()
    last = slopes(lambda x: _ode(x, small["steps"])[-1], "x", {"x": small["x"]})
    yield "ode small", {"value": _ode(small["x"], small["steps"]), "x": last["x"]}
    yield "det 5", slopes(_det, "a", inputs.det(5))

    for name, given in [("hand", inputs.hand()), ("hand mirrored", inputs.hand(5, mirrored=True))]:
        simple, complicated = partial(_hand, None, **_fixed(given)), partial(_hand, **_fixed(given))
        theta, us = given["theta"], given["us"]
        yield name, {"value": simple(theta=theta), "theta": jax.jacfwd(lambda theta: simple(theta=theta))(theta)}  # noqa: B023
        rows = np.arange(len(us))
        by_us = jax.jacfwd(lambda us: complicated(us, theta=theta))(us)  # noqa: B023
        yield (
            f"{name} on triangles",
            {
                "value": complicated(us, theta=theta),
                "us": by_us[rows, :, rows, :],
                "theta": jax.jacfwd(lambda theta: complicated(us, theta=theta))(theta),  # noqa: B023
            },
        )

    landing = jax.jit(_landing)
    slope = jax.jit(jax.jacfwd(_landing))
    for w in (0.0, 0.2, 0.5):
        yield f"landing {w}", {"value": landing(np.array([w])), "w": slope(np.array([w]))}
    yield "particle", {"value": jax.jit(partial(_minimize, _landing))(inputs.particle()["w"])}
    yield "saddle", {"value": jax.jit(_saddle)(inputs.saddle()["start"])}


def _gmm(alpha: Any, mu: Any, q: Any, below: Any, x: Any) -> Any:
    """With γ = 1 and m = 0, as GradBench has them."""
    import jax.numpy as jnp
    from jax.scipy.special import logsumexp, multigammaln

    n, d = x.shape
    place = iter(range(d * (d - 1) // 2))
    order = np.full((d, d), -1)
    for column in range(d):
        for row in range(column + 1, d):
            order[row, column] = next(place)
    padded = jnp.concatenate([below, jnp.zeros((len(alpha), 1))], axis=1)

    def log_density(alpha: Any, mu: Any, q: Any, padded: Any) -> Any:
        factor = padded[order] + jnp.diag(jnp.exp(q))
        return alpha + jnp.sum(q) - 0.5 * jnp.sum(((x - mu) @ factor.T) ** 2, axis=1)

    from jax import vmap

    logs = vmap(log_density)(alpha, mu, q, padded)
    likelihood = -0.5 * n * d * np.log(2 * np.pi) + jnp.sum(logsumexp(logs, axis=0)) - n * logsumexp(alpha)
    squares = jnp.sum(jnp.exp(2 * q)) + jnp.sum(below**2)
    freedom = d + 1
    constant = len(alpha) * (-0.5 * freedom * d * np.log(2) - multigammaln(0.5 * freedom, d))
    return likelihood + constant - 0.5 * squares


def _ba_one(camera: Any, point: Any, weight: Any, feature: Any) -> Any:
    """The rotation as the exponential of a cross product's matrix."""
    import jax.numpy as jnp
    from jax.scipy.linalg import expm

    a, b, c = camera[:3]
    turn = jnp.array([[0, -c, b], [c, 0, -a], [-b, a, 0]])
    seen = expm(turn, max_squarings=32) @ (point - camera[3:6])
    image = seen[:2] / seen[2]
    square = jnp.sum(image**2)
    image = image * (1 + camera[9] * square + camera[10] * square**2)
    return weight * (image * camera[6] + camera[7:9] - feature)


def _lstm(main_parameters: Any, extra_parameters: Any, state: Any, sequence: Any) -> Any:
    import jax
    import jax.numpy as jnp

    bits = sequence.shape[1]
    weights = main_parameters[0::2].reshape(-1, 4, bits)
    biases = main_parameters[1::2].reshape(-1, 4, bits)

    def step(carry: Any, pair: Any) -> Any:
        hidden, cell = carry
        now, following = pair
        signal = now * extra_parameters[0]
        new_hidden, new_cell = [], []
        for w, v, h, c in zip(weights, biases, hidden, cell, strict=True):
            forget, leave = jax.nn.sigmoid(signal * w[0] + v[0]), jax.nn.sigmoid(signal * w[2] + v[2])
            enter, change = jax.nn.sigmoid(h * w[1] + v[1]), jnp.tanh(h * w[3] + v[3])
            new_cell.append(c * forget + enter * change)
            signal = leave * jnp.tanh(new_cell[-1])
            new_hidden.append(signal)
        prediction = signal * extra_parameters[1] + extra_parameters[2]
        normal = prediction - jnp.log(2 + jnp.sum(jnp.exp(prediction)))
        return (jnp.stack(new_hidden), jnp.stack(new_cell)), jnp.vdot(following, normal)

    gains = jax.lax.scan(step, (state[0::2], state[1::2]), (sequence[:-1], sequence[1:]))[1]
    return -jnp.sum(gains) / (len(gains) * bits)


def _kmeans(points: Any, centroids: Any) -> Any:
    import jax.numpy as jnp

    products = points @ centroids.T
    squares = jnp.sum(points**2, axis=1)[:, None] - 2 * products + jnp.sum(centroids**2, axis=1)
    return jnp.sum(jnp.min(squares, axis=1))


def _lse(x: Any) -> Any:
    from jax.scipy.special import logsumexp

    return logsumexp(x)


def _llsq(x: Any, n: int) -> Any:
    import jax.numpy as jnp

    t = -1 + 2 * np.arange(n) / (n - 1)
    return jnp.sum((np.sign(t) - jnp.polyval(x[::-1], t)) ** 2) / 2


def _ode(x: Any, steps: int) -> Any:
    import jax
    import jax.numpy as jnp

    h = 2 / steps

    def slope(y: Any) -> Any:
        return x * jnp.roll(y, 1).at[0].set(1.0)

    def step(_: int, y: Any) -> Any:
        k1 = slope(y)
        k2 = slope(y + h * k1 / 2)
        k3 = slope(y + h * k2 / 2)
        k4 = slope(y + h * k3)
        return y + h * (k1 + 2 * k2 + 2 * k3 + k4) / 6

    return jax.lax.fori_loop(0, steps, step, jnp.zeros_like(x))


def _det(a: Any) -> Any:
    import jax.numpy as jnp

    return jnp.linalg.det(a)


def _fixed(given: dict[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in ("model", "correspondences", "targets")}


def _hand(us: Any, *, theta: Any, model: Any, correspondences: Any, targets: Any) -> Any:
    """Bone by bone, each rotation a product of three; rotations as exponentials of matrices."""
    import jax.numpy as jnp
    from jax.scipy.linalg import expm

    def turned(vector: Any) -> Any:
        a, b, c = vector
        return expm(jnp.array([[0, -c, b], [c, 0, -a], [-b, a, 0]]), max_squarings=32)

    bones = len(model["parents"])
    angles = {}
    for finger in range(5):
        first, spread, second, third = theta[6 + 4 * finger : 10 + 4 * finger]
        base = 1 + 4 * finger
        angles |= {base + 1: (first, spread), base + 2: (second, 0.0), base + 3: (third, 0.0)}
    absolutes: list[Any] = []
    vertices = 0.0
    for bone in range(bones):
        bend, spread = angles.get(bone, (0.0, 0.0))
        local = jnp.eye(4).at[:3, :3].set(turned((0.0, 0.0, spread)) @ turned((bend, 0.0, 0.0)))
        above = absolutes[model["parents"][bone]] if model["parents"][bone] >= 0 else jnp.eye(4)
        absolutes.append(above @ model["base_relatives"][bone] @ local)
        placed = model["base_positions"] @ (absolutes[bone] @ model["inverse_base_absolutes"][bone]).T
        vertices = vertices + model["weights"][:, bone, None] * placed[:, :3]
    if model["is_mirrored"]:
        vertices = vertices.at[:, 0].multiply(-1)
    vertices = (turned(theta[:3]) @ vertices.T).T + theta[3:6]
    if us is None:
        return targets - vertices[correspondences]
    shares = jnp.concatenate([us, 1 - jnp.sum(us, axis=1, keepdims=True)], axis=1)
    return targets - jnp.einsum("ci,cij->cj", shares, vertices[model["triangles"][correspondences]])


def _minimize(function: Callable[[Any], Any], start: Any) -> Any:
    """Gradients forward, because JAX cannot go back through a loop whose length it does not know."""
    import jax
    import jax.numpy as jnp

    def gradient(x: Any) -> Any:
        return jnp.stack([jax.jvp(function, (x,), (axis,))[1] for axis in np.eye(len(start))])

    def done(s: Any) -> Any:
        _, _, g, rate, successes, _ = s
        short = jnp.linalg.norm(rate * g) <= 1e-5
        return (jnp.linalg.norm(g) <= 1e-5) | ((successes != 10) & short)

    def faster(s: Any) -> Any:
        x, fx, g, rate, _, _ = s
        return x, fx, g, 2 * rate, 0, False

    def step(s: Any) -> Any:
        x, fx, g, rate, successes, _ = s
        new = x - rate * g
        lower = function(new)
        down = (new, lower, gradient(new), rate, successes + 1, False)
        up = (x, fx, g, rate / 2, 0, False)
        return jax.tree.map(lambda a, b: jnp.where(lower < fx, a, b), down, up)

    def advance(s: Any) -> Any:
        s = jax.lax.cond(s[4] == 10, faster, step, s)
        return (*s[:5], done(s))

    x = jnp.asarray(start)
    first = (x, function(x), gradient(x), 1e-5, 0, False)
    first = (*first[:5], done(first))
    return jax.lax.while_loop(lambda s: ~s[5], advance, first)[0]


def _landing(w: Any) -> Any:
    import jax
    import jax.numpy as jnp

    def potential(place: Any) -> Any:
        charges = jnp.stack([jnp.array([10.0, 0.0]), jnp.stack([jnp.full_like(w[0], 10.0), 10 - w[0]])])
        return jnp.sum(1 / jnp.sqrt(jnp.sum((place - charges) ** 2, axis=1)))

    def step(s: Any) -> Any:
        place, velocity = s
        return place + 0.1 * velocity, velocity - 0.1 * jax.grad(potential)(place)

    start = jnp.array([0.0, 8.0]), jnp.array([0.75, 0.0])
    place, velocity = jax.lax.while_loop(lambda s: s[0][1] + 0.1 * s[1][1] > 0, step, start)
    return (place[0] - place[1] / velocity[1] * velocity[0]) ** 2


def _saddle(start: Any) -> Any:
    import jax.numpy as jnp

    def height(x: Any, y: Any) -> Any:
        return jnp.vdot(x, x) - jnp.vdot(y, y)

    def summit(x: Any) -> Any:
        return height(x, _minimize(lambda y: -height(x, y), start))

    x = _minimize(summit, start)
    return jnp.concatenate([x, _minimize(lambda y: -height(x, y), start)])


if __name__ == "__main__":
    main()
