"""Inputs of GradBench's evaluations, made as GradBench makes them or read from its data, and smaller ones of each kind.

Each function returns the arguments of its objective, by name and in their order.

Seed 31337 throughout. Where GradBench seeds NumPy's old generator once and draws for one size after the other, so does
``_drawn``: the first sizes of its list come out as there. Three evaluations take data files:

- lstm: ``tests/data/gradbench_lstm.txt`` is ADBench's ``lstm_l2_c1024.txt``, the smallest of its four;
- ba: the camera, point, weight and feature are those of its files, which differ only in how often they repeat them.
  A repeated block tells nothing about which camera meets which point, so ``ba_scattered`` varies them by seed;
- ht: the hand is made here, with the bones' tree and the layout of ADBench's, because its meshes are megabytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

SEED = 31337
DATA = Path(__file__).parents[1] / "data"
Arrays = dict[str, Any]


def gmm(d: int, k: int, n: int = 1000) -> Arrays:
    """GradBench's own for any size: a new generator of NumPy for each."""
    draw = np.random.default_rng(SEED)
    x = draw.normal(size=(n, d))
    mu = draw.uniform(size=(k, d))
    q = draw.normal(size=(k, d))
    below = draw.normal(size=(k, d * (d - 1) // 2))
    return {"alpha": draw.normal(size=k), "mu": mu, "q": q, "below": below, "x": x}


def ba(n: int = 49, m: int = 7776, p: int = 31843) -> Arrays:
    """One camera, point, weight and feature, repeated; observation i is of point i mod m by camera i mod n."""
    camera = [-0.758453, -1.109613, -0.845551, 34.556073, 39.676747, 53.881673]
    camera += [419.194514, 5.864426, -8.51887, 0.087812, 0.002739]
    order = np.arange(p)
    return {
        "cameras": np.tile(camera, (n, 1)),
        "points": np.tile([7.203245, 0.001144, 3.023326], (m, 1)),
        "weights": np.full(p, 0.417022),
        "observations": np.stack([order % n, order % m], axis=1),
        "features": np.tile([271.760969, 834.209256], (p, 1)),
    }


def ba_scattered(n: int, m: int, p: int) -> Arrays:
    """The same, each number off by up to a tenth of itself, and the last camera not turned at all."""
    draw = np.random.RandomState(SEED)
    given = ba(n, m, p)
    for name in ("cameras", "points", "weights", "features"):
        given[name] = given[name] * draw.uniform(0.9, 1.1, size=given[name].shape)
    given["cameras"][-1, :3] = 0
    return given


def lstm() -> Arrays:
    """ADBench's two layers over the first 1024 characters of Shakespeare's sonnets, 14 bits each."""
    _, *matrices, text = (DATA / "gradbench_lstm.txt").read_text(encoding="utf-8").split("\n\n", 4)
    main, extra, state = (np.array([line.split() for line in matrix.splitlines()], dtype=float) for matrix in matrices)
    return {
        "main_parameters": main,
        "extra_parameters": extra,
        "state": state,
        "sequence": _bits(text.removesuffix("\n")),
    }


def lstm_small(layers: int = 4, characters: int = 24) -> Arrays:
    """As ADBench generates them, with a seed, which it does not set."""
    draw = np.random.RandomState(SEED)
    sequence = _bits("f is differentiable at a.")[:characters]
    bits = sequence.shape[1]
    state, main, extra = (
        draw.random_sample(shape) for shape in ((2 * layers, bits), (2 * layers, 4 * bits), (3, bits))
    )
    return {"main_parameters": main, "extra_parameters": extra, "state": state, "sequence": sequence}


def _bits(text: str) -> np.ndarray:
    """The characters as rows of bits, the highest first; as many as the largest character takes."""
    codes = np.array([ord(character) for character in text])
    width = int(codes.max()).bit_length()
    return (codes[:, None] >> np.arange(width)[::-1] & 1).astype(float)


def kmeans(index: int = 0) -> Arrays:
    """GradBench's first sizes: k = 10, n = 1000, d = 8 or 16."""
    points = _drawn([(1000, 8), (1000, 16)], index)
    return {"points": points, "centroids": points[-10:].copy()}


def kmeans_small(k: int = 4, n: int = 60, d: int = 3) -> Arrays:
    points = np.random.RandomState(SEED).random_sample((n, d))
    return {"points": points, "centroids": points[-k:].copy()}


def lse(n: int = 2500) -> Arrays:
    """The first of GradBench's sizes; of any other size, the same numbers from the start."""
    return {"x": _drawn([(n,)])}


def lse_wide(n: int = 1000) -> Arrays:
    """Numbers from -1000 to 1000, whose exponentials overflow."""
    return {"x": 2000 * _drawn([(n,)]) - 1000}


def llsq(index: int = 0) -> Arrays:
    """GradBench's sizes: m = 128 coefficients; n = 16, 32, 64, … points."""
    return {"x": _drawn([(128,)] * (index + 1), index), "n": 16 << index}


def llsq_small(m: int = 6, n: int = 20) -> Arrays:
    return {"x": _drawn([(m,)]), "n": n}


def ode(index: int = 0) -> Arrays:
    """GradBench's first sizes: n = 1000 unknowns; s = 1, 10, 100 steps. The last unknown is 0 or next to nothing."""
    return {"x": _drawn([(1000,)] * 3, index), "steps": 10**index}


def ode_small(n: int = 7, steps: int = 30) -> Arrays:
    return {"x": _drawn([(n,)]), "steps": steps}


def det(size: int) -> Arrays:
    """GradBench's sizes from 5 on, in the order it draws them."""
    return {"a": _drawn([(i * i,) for i in range(5, size + 1)]).reshape(size, size)}


FINGERS, BONES_PER_FINGER = 5, 4


def hand(correspondences: int = 12, vertices_per_bone: int = 4, mirrored: bool = False) -> Arrays:
    """A hand of 22 bones: a wrist, five fingers of four bones, a forearm; the vertices follow two bones each.

    The first five targets correspond to the fingers' tips, so that every angle counts.
    """
    draw = np.random.RandomState(SEED)
    parents = [-1]
    for finger in range(FINGERS):
        first = 1 + finger * BONES_PER_FINGER
        parents += [0, *range(first, first + BONES_PER_FINGER - 1)]
    parents.append(-1)
    bones = len(parents)

    relatives = np.tile(np.eye(4), (bones, 1, 1))
    relatives[:, :3, :3] = [np.linalg.qr(matrix)[0] for matrix in draw.normal(size=(bones, 3, 3))]
    relatives[:, :3, 3] = draw.normal(scale=0.3, size=(bones, 3))
    absolutes: list[np.ndarray] = []
    for relative, parent in zip(relatives, parents, strict=True):
        absolutes.append(relative if parent == -1 else absolutes[parent] @ relative)

    owner = np.repeat(np.arange(bones), vertices_per_bone)
    neighbour = np.maximum(np.array(parents)[owner], 0)
    positions = np.ones((len(owner), 4))
    positions[:, :3] = np.array(absolutes)[owner, :3, 3] + draw.normal(scale=0.1, size=(len(owner), 3))
    share = draw.uniform(0.5, 1.0, size=len(owner))
    weights = np.zeros((len(owner), bones))
    np.add.at(weights, (np.arange(len(owner)), owner), share)
    np.add.at(weights, (np.arange(len(owner)), neighbour), 1 - share)

    corners = np.arange(len(owner) - 2)[:, None] + np.arange(3)
    tips = (1 + np.arange(FINGERS)) * BONES_PER_FINGER * vertices_per_bone
    elsewhere = draw.randint(len(corners), size=correspondences - FINGERS)
    return {
        "theta": draw.normal(scale=0.5, size=6 + 4 * FINGERS),
        "us": draw.uniform(0.0, 0.5, size=(correspondences, 2)),
        "model": {
            "parents": parents,
            "base_relatives": relatives,
            "inverse_base_absolutes": np.linalg.inv(absolutes),
            "base_positions": positions,
            "weights": weights,
            "triangles": corners,
            "is_mirrored": mirrored,
        },
        "correspondences": np.concatenate([tips, elsewhere]),
        "targets": draw.normal(size=(correspondences, 3)),
    }


def particle() -> Arrays:
    return {"w": np.array([0.0])}


def saddle() -> Arrays:
    return {"start": np.array([1.0, 1.0])}


def _drawn(shapes: list[tuple[int, ...]], index: int = -1) -> np.ndarray:
    """What ``numpy.random.rand`` gives for the shape at ``index``, after those before it."""
    draw = np.random.RandomState(SEED)
    drawn = [draw.random_sample(shape) for shape in shapes]
    return drawn[index]
