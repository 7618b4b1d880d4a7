"""Colourings are valid, by brute force, and have few colours where the fewest are known."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from tests.sparse.patterns import arrow, band, brusselator, patterns, symmetric_patterns

from mibun.sparse import coloring
from mibun.sparse.coloring import canonical, columns, crowded, rows, some, symmetric


def apart(pattern: Any, colors: Any) -> bool:
    """Whether all columns with entries have colours, and no two of one colour meet in a row."""
    for row in pattern:
        seen = colors[row]
        if (seen == 0).any() or len(set(seen.tolist())) < len(seen):
            return False
    return True


def is_star(pattern: Any, colors: Any) -> bool:
    """Whether each entry or its mirror image is the only one of its row among the columns of its colour."""

    def alone(i: int, j: int) -> bool:
        return bool(colors[j]) and int((pattern[i] & (colors == colors[j])).sum()) == 1

    return all(alone(i, j) or alone(j, i) for i, j in np.argwhere(pattern).tolist())


@given(patterns())
def test_columns_and_rows(pattern: Any) -> None:
    found = columns(canonical(pattern))
    assert apart(pattern, found.colors)
    assert found.count == found.colors.max(initial=0) == len(set(found.colors[found.colors > 0].tolist()))
    assert not found.colors[~pattern.any(axis=0)].any()
    assert apart(pattern.T, rows(canonical(pattern)).colors)


@given(symmetric_patterns())
def test_symmetric(pattern: Any) -> None:
    found = symmetric(canonical(pattern))
    assert is_star(pattern, found.colors)
    assert found.count == found.colors.max(initial=0)


@given(symmetric_patterns())
def test_a_star_has_no_path_of_four_vertices_in_two_colours(pattern: Any) -> None:
    graph = pattern & ~np.eye(len(pattern), dtype=bool)
    matrix = canonical(graph)
    found = coloring._star(matrix.indptr.tolist(), matrix.indices.tolist(), range(len(pattern)))
    for b, c in np.argwhere(graph).tolist():
        assert found[b] != found[c]
        for a in np.flatnonzero(graph[b]).tolist():
            for d in np.flatnonzero(graph[c]).tolist():
                if a not in (c, d) and d != b:
                    assert len({found[a], found[b], found[c], found[d]}) > 2


@given(symmetric_patterns())
def test_every_method_is_valid(pattern: Any) -> None:
    matrix = canonical(pattern)
    upright = matrix.tocsc()
    starts, entries = upright.indptr.tolist(), upright.indices.tolist()

    def paint(order: Any) -> list[int]:
        return coloring._greedy(starts, entries, order, matrix.shape[0])

    most = max(paint(range(matrix.shape[1])), default=0)
    for name, _, candidate in coloring._candidates(matrix, paint, 1):
        found = candidate(most + 1)
        assert name == "lattice" if found is None else apart(pattern, np.array(found, int))
    for _, order in coloring._orders(matrix):
        assert sorted(order()) == list(range(matrix.shape[0]))


@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize(("size", "periodic", "most"), [(32, False, 6), (32, True, 8), (31, False, 6), (31, True, 10)])
def test_brusselator(size: int, periodic: bool, most: int, interleaved: bool) -> None:
    pattern = canonical(brusselator(size, periodic, interleaved))
    found = columns(pattern)
    assert found.count <= most
    assert (found.count == 6) <= (int(coloring.per_row(pattern).max()) == 6)  # none can be better
    products = pattern.astype(int) @ np.eye(found.count + 1)[found.colors]
    assert products[:, 0].max() == 0 and products.max() == 1
    stars = symmetric(pattern)
    assert stars.count <= 10 and recoverable(pattern, stars.colors)


def recoverable(pattern: Any, colors: Any) -> bool:
    entries = pattern.tocoo()
    one, other = coloring.alone(entries.row, entries.col, colors), coloring.alone(entries.col, entries.row, colors)
    return bool((one | other).all())


@pytest.mark.parametrize("width", [1, 2, 3])
def test_bands(width: int) -> None:
    pattern = canonical(band(500, width))
    assert columns(pattern).count == symmetric(pattern).count == 2 * width + 1


def test_a_hundred_thousand_columns_take_no_time() -> None:
    pattern = canonical(band(100_000))
    for color in (columns, symmetric):
        begin = time.process_time()
        found = color(pattern)
        assert found.count == 3 and recoverable(pattern, found.colors)
        assert time.process_time() - begin < 1  # 0.1 s on a quiet machine


def test_an_arrow_needs_two_colours_if_it_is_symmetric() -> None:
    assert columns(canonical(arrow(30))).count == 30
    assert symmetric(canonical(arrow(30))).count == 2


def test_colours_that_nothing_is_read_from_are_given_up() -> None:
    star = np.zeros((6, 6), bool)
    star[0, 1:] = star[1:, 0] = True  # x₀ (x₁ + … + x₅)
    found = symmetric(canonical(star))
    assert found.count == 1 and found.colors.tolist() == [1, 0, 0, 0, 0, 0]


def test_the_result_is_the_same_every_time() -> None:
    pattern = canonical(brusselator(31, True, False))
    assert (columns(pattern).colors == columns(pattern).colors).all()


def test_canonical() -> None:
    import scipy.sparse as sp

    doubled = sp.csr_array((np.array([1.0, 2.0, 0.0]), np.array([2, 2, 0]), np.array([0, 3, 3])), shape=(2, 3))
    found = canonical(doubled)
    assert found.toarray().tolist() == [[False, False, True], [False] * 3]
    assert found.nnz == 1 and doubled.nnz == 3
    assert canonical([1, 0]).shape == (1, 2)


def test_crowded_rows() -> None:
    estimate, full = crowded(np.array([2, 50, 2, 3, 40]), 1, 2)
    assert estimate == 3 + 2 * 2 and full.tolist() == [1, 4]
    assert crowded(np.array([3, 3, 3]), 1, 2) == (3, pytest.approx(np.array([])))
    assert crowded(np.array([], int), 1, 2)[0] == crowded(np.zeros(3, int), 1, 2)[0] == 0


@given(patterns())
def test_some_entries(pattern: Any) -> None:
    matrix = canonical(pattern)
    wanted = np.arange(matrix.nnz) % 2 == 0
    first, second = some(matrix, wanted).toarray(), some(matrix, ~wanted).toarray()
    assert ((first | second) == pattern).all() and not (first & second).any()
