"""Sparsity patterns for the tests: random ones, and some with a known structure."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from hypothesis import strategies as st

Dense = Any


@st.composite
def patterns(draw: st.DrawFn, rows: int = 9, columns: int = 9) -> Dense:
    """Any pattern, the empty and the full ones, full rows and full columns among them."""
    height, width = draw(st.integers(0, rows)), draw(st.integers(0, columns))
    seed, density = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]))
    found = np.random.default_rng(seed).random((height, width)) < density
    if height and draw(st.booleans()):
        found[draw(st.integers(0, height - 1))] = True
    if width and draw(st.booleans()):
        found[:, draw(st.integers(0, width - 1))] = True
    return found


@st.composite
def symmetric_patterns(draw: st.DrawFn, size: int = 10) -> Dense:
    """Any symmetric pattern, with a full diagonal or not."""
    found = draw(patterns(size, size))
    n = min(found.shape)
    found = found[:n, :n] | found[:n, :n].T
    return found | np.eye(n, dtype=bool) if draw(st.booleans()) else found


def band(n: int, width: int = 1) -> Any:
    """Entries at most ``width`` beside the diagonal."""
    return sp.diags_array([np.ones(n - abs(k)) for k in range(-width, width + 1)], offsets=range(-width, width + 1))


def arrow(n: int) -> Dense:
    """A full row, a full column and the diagonal."""
    found = np.eye(n, dtype=bool)
    found[0] = found[:, 0] = True
    return found


def brusselator(n: int, periodic: bool, interleaved: bool) -> Any:
    """Two species on a grid of n by n: a five-point stencil each, and one another at the same point."""
    line = sp.lil_array(band(n))
    if periodic:
        line[0, n - 1] = line[n - 1, 0] = 1
    point = sp.eye_array(n)
    stencil = sp.kron(line, point) + sp.kron(point, line)
    other = sp.eye_array(n * n)
    whole = sp.csr_array(sp.block_array([[stencil, other], [other, stencil]]))
    if interleaved:
        order = np.arange(2 * n * n).reshape(2, -1).T.reshape(-1)
        whole = whole[order][:, order]
    return whole
