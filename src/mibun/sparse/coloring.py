"""Which columns of a sparse matrix can share a pass of the chain rule: colouring its graph.

A pass forward with the sum of several columns' unit vectors gives the sum of these columns. Where no two of them have
an entry in the same row, every entry can be read off: :func:`columns` (Curtis, Powell and Reid 1974; as a colouring of
graphs, Coleman and Moré 1983). :func:`rows` does the same for passes backward. A symmetric matrix needs less, since an
entry may be read off at its mirror image: :func:`symmetric` finds a star colouring (Coleman and Moré 1984; Gebremedhin,
Manne and Pothen 2005). Acyclic colourings need fewer colours still, but recover by substitution, which adds up rounding
errors along whole trees and cannot be done for all entries at once; they are left out.

The fewest colours are hard to find, so several methods are tried, in an order that does not depend on the clock, until
one meets the lower bound or the work is spent. Colours are kept as bits: what is taken in a row is one integer, so
that a greedy colouring costs two visits for each entry of the pattern, however many columns meet in a row.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice, product
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Colors = NDArray[np.int32]

Pattern = Any  # a scipy.sparse.csr_array of bool

WORK: Final = 1_500_000  # entries that may be visited after the first colouring: some tenths of a second
ROUNDS: Final = 24  # of recolouring without progress
REVERSE: Final = 2  # what a pass backward costs, a pass forward being 1
MULTIPLIERS: Final = 50_000  # linear colourings of a grid that are looked at for one number of colours
DIFFERENCES: Final = 4096  # between columns that meet; of more, a grid is not looked for


@dataclass(frozen=True, slots=True)
class Coloring:
    """A colour from 1 on for each column (or row); 0 where no pass is needed. ``method`` is a key of
    :data:`mibun.sparse.compressed.METHODS`: what found it."""

    colors: Colors
    count: int
    method: str


def canonical(pattern: Any) -> Pattern:
    """``pattern``, sparse or dense, as a ``csr_array`` of truths: sorted, nothing twice, no stored zeros."""
    import numpy as np
    from scipy.sparse import csr_array, issparse

    found = csr_array(pattern if issparse(pattern) else np.atleast_2d(np.asarray(pattern)))
    found = found.astype(bool)  # a copy
    found.sum_duplicates()
    found.eliminate_zeros()
    found.sort_indices()
    return found


def per_row(pattern: Pattern) -> Any:
    """The number of entries in each row. As many columns meet there, and need as many colours."""
    return pattern.indptr[1:] - pattern.indptr[:-1]


def per_column(pattern: Pattern) -> Any:
    """The number of entries in each column."""
    import numpy as np

    return np.bincount(pattern.indices, minlength=pattern.shape[1])


def crowded(counts: Any, price: int, other: int) -> tuple[int, Any]:
    """The rows (columns) that had better be found in the other direction, one pass each, and an estimate of what all
    costs then: ``price`` is that of a pass in this direction, ``other`` that of one in the other."""
    import numpy as np

    order = np.argsort(-counts, kind="stable")
    left = counts[order][: np.count_nonzero(counts)]
    if not len(left):
        return 0, order[:0]
    cost = price * left + other * np.arange(len(left))
    best = int(cost.argmin())
    return int(cost[best]), order[:best]


def some(pattern: Pattern, wanted: Any) -> Pattern:
    """``pattern`` with only those of its entries, row after row, that are ``wanted``."""
    import numpy as np
    from scipy.sparse import csr_array

    starts = np.concatenate([[0], np.cumsum(wanted)])[pattern.indptr]
    return csr_array((pattern.data[wanted], pattern.indices[wanted], starts), shape=pattern.shape)


def rows(pattern: Pattern) -> Coloring:
    """Colours for the rows, such that no two rows of one colour have an entry in the same column."""
    return columns(pattern.T.tocsr())


# Columns that do not meet


def columns(pattern: Pattern) -> Coloring:
    """Colours for the columns, such that no two columns of one colour have an entry in the same row."""
    import numpy as np

    height, width = pattern.shape
    bound = int(per_row(pattern).max(initial=0))
    upright = pattern.tocsc()
    filled = np.flatnonzero(np.diff(upright.indptr))
    if bound == len(filled):  # every column meets every other in some row
        colors = np.zeros(width, np.int32)
        colors[filled] = np.arange(1, bound + 1)
        return Coloring(colors, bound, "each")
    starts, entries = upright.indptr.tolist(), upright.indices.tolist()

    def paint(order: Iterable[int]) -> list[int]:
        return _greedy(starts, entries, order, height)

    best, method = paint(range(width)), "natural"
    work = WORK
    for name, cost, candidate in _candidates(pattern, paint, bound):
        work -= cost
        if work < 0 or max(best) == bound:
            break
        found = candidate(max(best))
        if found is not None and max(found) < max(best):
            best, method = found, name
    best, recolored = _recolor(best, paint, bound, work // (2 * max(pattern.nnz, 1)))
    colors = np.zeros(width, np.int32)
    colors[filled] = np.array(best)[filled]
    return Coloring(colors, max(best), "recolored" if recolored else method)


Paint = Callable[[Iterable[int]], list[int]]
Candidate = tuple[str, int, Callable[[int], "list[int] | None"]]


def _greedy(starts: list[int], entries: list[int], order: Iterable[int], height: int) -> list[int]:
    """For one column after the other the first colour that is free in all its rows, 0 for a column without any."""
    taken = [0] * height  # for each row the colours that it has seen, as bits
    colors = [0] * (len(starts) - 1)
    for column in order:
        mine = entries[starts[column] : starts[column + 1]]
        seen = 0
        for row in mine:
            seen |= taken[row]
        free = ~seen & (seen + 1)
        for row in mine:
            taken[row] |= free
        if mine:
            colors[column] = free.bit_length()
    return colors


def _candidates(pattern: Pattern, paint: Paint, bound: int) -> Iterator[Candidate]:
    """Further methods, the most promising ones first: name, work, and what to call for the colours, given the fewest
    so far."""
    import numpy as np

    crossings = int(np.square(np.diff(pattern.indptr).astype(np.int64)).sum())
    if crossings > WORK:  # who meets whom is too much to write down
        crowded = np.argsort(-np.bincount(pattern.indices, minlength=pattern.shape[1]), kind="stable").tolist()
        yield "largest first", 2 * pattern.nnz, lambda _: paint(crowded)
        return
    graph = _meeting(pattern)
    yield "lattice", crossings, lambda fewest: _lattice(pattern, graph, bound, fewest)
    visits = 2 * pattern.nnz
    for name, order in _orders(graph):
        yield name, visits + 3 * graph.nnz, partial(_ordered, paint, order)
    yield "saturation", 6 * graph.nnz, lambda _: _saturation(graph)


def _ordered(paint: Paint, order: Callable[[], Sequence[int]], _fewest: int) -> list[int]:
    return paint(order())


def _meeting(pattern: Pattern) -> Pattern:
    """The graph of the columns: an edge between two that have an entry in the same row."""
    from scipy.sparse import csr_array

    counted = pattern.astype("int32")  # truths would be multiplied one by one
    graph = csr_array(counted.T @ counted).tocoo()
    apart = graph.row != graph.col
    found = csr_array((graph.data[apart] != 0, (graph.row[apart], graph.col[apart])), shape=graph.shape)
    found.sort_indices()
    return found


def _recolor(colors: list[int], paint: Paint, bound: int, rounds: int) -> tuple[list[int], bool]:
    """Greedy again and again with whole colours rearranged, which never needs more of them (Culberson 1992)."""
    import numpy as np

    generator = np.random.default_rng(0)
    first, count, left = max(colors), max(colors), ROUNDS
    for _ in range(rounds):
        if count == bound or not left:
            break
        classes = np.array(colors)
        sizes = np.bincount(classes, minlength=count + 1)
        rank = (-np.arange(count + 1), -sizes, generator.permutation(count + 1))[left % 3]
        colors = paint(np.lexsort((classes, rank[classes])).tolist())
        left = ROUNDS if max(colors) < count else left - 1
        count = max(colors)
    return colors, count < first


# Orders of the vertices of a graph, from which a greedy colouring starts (Gebremedhin, Manne and Pothen 2005, § 7)


def _orders(graph: Pattern) -> Iterator[tuple[str, Callable[[], Sequence[int]]]]:
    import numpy as np

    starts, neighbors = graph.indptr.tolist(), graph.indices.tolist()
    yield "smallest last", lambda: _smallest_last(starts, neighbors)
    yield "incidence degree", lambda: _incidence_degree(starts, neighbors)
    yield "largest first", lambda: np.argsort(-np.diff(graph.indptr), kind="stable").tolist()


def _smallest_last(starts: list[int], neighbors: list[int]) -> list[int]:
    """The vertex with the fewest neighbours comes last, of the others again the one with the fewest before it, …"""
    count = len(starts) - 1
    degrees = [starts[v + 1] - starts[v] for v in range(count)]
    buckets: list[list[int]] = [[] for _ in range(max(degrees, default=0) + 1)]
    for v in range(count):
        buckets[degrees[v]].append(v)
    order: list[int] = []
    low = 0
    while len(order) < count:
        while not buckets[low]:
            low += 1
        v = buckets[low].pop()
        if degrees[v] != low:  # it has moved to another bucket since
            continue
        degrees[v] = -1
        order.append(v)
        for w in neighbors[starts[v] : starts[v + 1]]:
            if degrees[w] > 0:
                degrees[w] -= 1
                buckets[degrees[w]].append(w)
        low = max(low - 1, 0)
    return order[::-1]


def _incidence_degree(starts: list[int], neighbors: list[int]) -> list[int]:
    """Next comes the vertex with the most neighbours among those that came before."""
    count = len(starts) - 1
    degrees = [0] * count
    highest = max((starts[v + 1] - starts[v] for v in range(count)), default=0)
    buckets: list[list[int]] = [[] for _ in range(highest + 1)]
    buckets[0] = list(range(count - 1, -1, -1))
    order: list[int] = []
    high = 0
    while len(order) < count:
        while not buckets[high]:
            high -= 1
        v = buckets[high].pop()
        if degrees[v] != high:
            continue
        degrees[v] = -1
        order.append(v)
        for w in neighbors[starts[v] : starts[v + 1]]:
            if degrees[w] >= 0:
                degrees[w] += 1
                buckets[degrees[w]].append(w)
        high = min(high + 1, highest)
    return order


def _saturation(graph: Pattern) -> list[int]:
    """Next comes the vertex whose neighbours have the most colours, and gets the first free one (Brélaz 1979)."""
    starts, neighbors = graph.indptr.tolist(), graph.indices.tolist()
    count = len(starts) - 1
    colors, taken, seen = [0] * count, [0] * count, [0] * count
    heap = [(0, starts[v] - starts[v + 1], v) for v in range(count)]
    heapq.heapify(heap)
    while heap:
        minus_seen, _, v = heapq.heappop(heap)
        if colors[v] or -minus_seen != seen[v]:
            continue
        free = ~taken[v] & (taken[v] + 1)
        colors[v] = free.bit_length()
        for w in neighbors[starts[v] : starts[v + 1]]:
            if not colors[w] and not taken[w] & free:
                taken[w] |= free
                seen[w] += 1
                heapq.heappush(heap, (-seen[w], starts[w] - starts[w + 1], w))
    return colors


# Grids


def _lattice(pattern: Pattern, graph: Pattern, bound: int, fewest: int) -> list[int] | None:
    """A colouring of a grid that is linear in the coordinates, Σ aᵢ xᵢ mod m (after Goldfarb and Toint 1984), with
    fewer colours than ``fewest``; ``None`` where there is no such grid or colouring.

    The axes are guessed: a stencil's entries lie whole strides beside the diagonal.
    """
    import numpy as np

    width = pattern.shape[1]
    entries, edges = pattern.tocoo(), graph.tocoo()
    strides = [1]
    for offset in np.unique(np.abs(entries.row.astype(np.int64) - entries.col)).tolist():
        if offset > strides[-1] and width % offset == 0 and offset % strides[-1] == 0 and offset < width:
            strides.append(offset)
    sizes = [b // a for a, b in zip(strides, [*strides[1:], width], strict=True)]
    coordinates = np.stack([np.arange(width) // stride % size for stride, size in zip(strides, sizes, strict=True)])
    once = edges.row < edges.col
    apart = coordinates[:, edges.row[once]] - coordinates[:, edges.col[once]]
    spans = [2 * size for size in sizes]
    codes = np.ravel_multi_index([a + size for a, size in zip(apart, sizes, strict=True)], spans)
    different = np.unique(codes)
    if not 0 < len(different) <= DIFFERENCES:
        return None
    differences = np.stack(np.unravel_index(different, spans)) - np.array(sizes)[:, np.newaxis]
    portion = max(1, 2**20 // len(different))
    for modulus in range(bound, fewest):
        if modulus ** len(sizes) > MULTIPLIERS:
            return None
        multipliers = product(range(modulus), repeat=len(sizes))
        while some := list(islice(multipliers, portion)):
            fits = (np.array(some) @ differences % modulus != 0).all(axis=1)
            if fits.any():
                mixed = np.array(some)[fits.argmax()] @ coordinates % modulus
                return (np.unique(mixed, return_inverse=True)[1] + 1).tolist()  # type: ignore[no-any-return]
    return None


# Symmetric matrices


def symmetric(pattern: Pattern) -> Coloring:
    """Colours for the columns of a symmetric pattern, such that every entry stands alone in its row among the columns
    of its colour, or else its mirror image does.

    That is a star colouring: neighbours differ, and a path of four vertices has three colours at least. Colours from
    which nothing has to be read, since the mirror images suffice, are given up in the end.
    """
    import numpy as np

    entries = pattern.tocoo()
    graph = some(pattern, entries.row != entries.col)
    starts, neighbors = graph.indptr.tolist(), graph.indices.tolist()
    bound = _star_bound(graph)
    best, method = _star(starts, neighbors, range(graph.shape[0])), "natural"
    work = WORK
    for name, order in _orders(graph):
        work -= 8 * graph.nnz
        if work < 0 or max(best, default=0) <= bound:
            break
        found = _star(starts, neighbors, order())
        if max(found) < max(best):
            best, method = found, name
    colors = _needed(pattern, np.array(best, np.int32))
    return Coloring(colors, int(colors.max(initial=0)), method)


def _star_bound(graph: Pattern) -> int:
    """A path of four vertices and a triangle need three colours, an edge two."""
    import numpy as np

    degrees = np.diff(graph.indptr)
    if not graph.nnz:
        return 1
    edges = graph.tocoo()
    return 3 if ((degrees[edges.row] > 1) & (degrees[edges.col] > 1)).any() else 2


def _star(starts: list[int], neighbors: list[int], order: Iterable[int]) -> list[int]:
    """A star colouring: for one vertex after the other the first colour that leaves no path of four in two colours.

    Vertex v may not have the colour of its neighbour w; nor, if another neighbour has w's colour, too, that of any
    neighbour of w; nor that of a neighbour x of w which has another neighbour of w's colour. All are kept as bits.
    """
    count = len(starts) - 1
    color = [0] * count
    near = [0] * count  # the colours of the neighbours
    often = [0] * count  # those of two neighbours or more
    hubs = [0] * count  # those of neighbours that have another neighbour in this vertex's colour
    for v in order:
        around = neighbors[starts[v] : starts[v + 1]]
        seen, repeated = near[v], often[v]
        for w in around:
            if color[w]:
                seen |= near[w] if color[w] & repeated else hubs[w]
        mine = ~seen & (seen + 1)
        color[v] = mine
        for w in around:
            theirs = color[w]
            if theirs & repeated:
                hubs[w] |= mine
            if not near[w] & mine:
                near[w] |= mine
                continue
            if theirs:
                hubs[v] |= theirs
                if not often[w] & mine:
                    for x in neighbors[starts[w] : starts[w + 1]]:
                        if color[x] == mine:
                            hubs[x] |= theirs
            often[w] |= mine
    return [bit.bit_length() for bit in color]


def _needed(pattern: Pattern, colors: Colors) -> Colors:
    """``colors`` with 0 for those from which no entry has to be read, the others numbered from 1 on."""
    import numpy as np

    entries = pattern.tocoo()
    row, column = entries.row, entries.col
    kept = colors.copy()
    diagonal = np.bincount(colors[row[row == column]], minlength=colors.max(initial=0) + 1)
    filled = np.diff(pattern.indptr) > 0
    kept[~filled] = 0
    for color in np.flatnonzero(diagonal == 0)[::-1][: 1 + 10 * WORK // max(1, pattern.nnz)].tolist():
        if not color:
            continue
        without = np.where(kept == color, 0, kept)
        if (alone(row, column, without) | alone(column, row, without)).all():
            kept = without
    return np.unique(np.append(kept, 0), return_inverse=True)[1][:-1].astype(np.int32)


def alone(row: Any, column: Any, colors: Colors) -> Any:
    """Which entries are the only one of their row in the columns of their colour, by a pass with that colour."""
    import numpy as np

    count = int(colors.max(initial=0)) + 1
    place = row.astype(np.int64) * count + colors[column]
    return (np.bincount(place, minlength=0)[place] == 1) & (colors[column] > 0)
