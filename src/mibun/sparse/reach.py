"""Which columns the entries of an array have: rows of truths, and what can be done to them.

A :class:`Reach` says for each entry of an array which entries of the inputs it can change with. Nothing here knows
about nodes or operations.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mibun.errors import UnsupportedOperation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mibun.node import Shape

    Places = NDArray[Any]

Matrix = Any  # a scipy.sparse.csr_array of bool

SPREAD: Final = 10_000_000  # entries of one array written down on the way; beyond, all rows are taken together


class Reach(NamedTuple):
    """What the entries of a node change with.

    ``own`` has a row for each of its entries and a column for each entry of the inputs; ``common`` holds the columns,
    in ascending order, that all entries have besides; ``None`` for nothing. Numbers have ``common`` only: repeated over
    an array of any size, they stay as small as they were.
    """

    own: Matrix | None = None
    common: Places | None = None

    @property
    def nothing(self) -> bool:
        return self.own is None and self.common is None


NOTHING: Final = Reach()


def need_scipy() -> None:
    """``UnsupportedOperation`` where SciPy, an extra, is not installed."""
    try:
        import scipy.sparse  # noqa: F401
    except ImportError as error:
        raise UnsupportedOperation("no_scipy") from error


# Matrices of truths


def matrix_of(rows: Any, columns: Any, shape: tuple[int, int]) -> Matrix:
    """The matrix with these entries."""
    import numpy as np
    from scipy.sparse import csr_array

    return csr_array((np.ones(len(rows), bool), (rows, columns)), shape=shape)


def of_rows(counts: Any, indices: Any, width: int) -> Matrix:
    """The matrix with so many entries in each row, in these columns."""
    import numpy as np
    from scipy.sparse import csr_array

    starts = np.concatenate([[0], np.cumsum(counts)])
    return csr_array((np.ones(len(indices), bool), indices, starts), shape=(len(counts), width))


def stacked(parts: Sequence[Matrix], width: int) -> Matrix:
    from scipy.sparse import csr_array, vstack

    if not parts:
        return csr_array((0, width), dtype=bool)
    return csr_array(vstack(parts, format="csr")) if len(parts) > 1 else parts[0]


def columns_of(matrix: Matrix) -> Places:
    """The columns with any entry."""
    import numpy as np

    if 8 * matrix.nnz < matrix.shape[1]:
        return np.unique(matrix.indices)
    seen = np.zeros(matrix.shape[1], bool)
    seen[matrix.indices] = True
    return np.flatnonzero(seen).astype(np.int32)


def owners(matrix: Matrix) -> Places:
    """The row of each entry."""
    import numpy as np

    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def both(a: Places | None, b: Places | None) -> Places | None:
    import numpy as np

    if a is None or b is None or a is b:
        return b if a is None else a
    return np.union1d(a, b)


# Reaches


def tidy(own: Matrix | None, common: Places | None = None) -> Reach:
    """No empty parts; the single row of a number goes to the columns of all."""
    if own is not None and own.shape[0] == 1:
        own, common = None, both(columns_of(own), common)
    if own is not None and not own.nnz:
        own = None
    return Reach(own, None if common is not None and not len(common) else common)


def union(reaches: Iterable[Reach]) -> Reach:
    """What any of several arrays of one shape changes with, entry by entry."""
    own: Matrix | None = None
    common: Places | None = None
    for reach in reaches:
        if own is None:
            own = reach.own
        elif reach.own is not None and reach.own is not own:
            own = own + reach.own
        common = both(common, reach.common)
    return tidy(own, common)


def everything(reach: Reach) -> Reach:
    """For each entry what any of them changes with."""
    return Reach(None, both(None if reach.own is None else columns_of(reach.own), reach.common))


class Space:
    """Reaches over ``width`` columns, the entries of all inputs, and what happens to them.

    Places and targets are arrays of whole numbers in any shape, read flat.
    """

    def __init__(self, width: int) -> None:
        self.width = width

    def diagonal(self, count: int, column: int) -> Reach:
        """An input itself: each entry changes with the column of its own."""
        import numpy as np

        places = np.arange(column, column + count, dtype=np.int32)
        return tidy(of_rows(np.ones(count, np.int32), places, self.width))

    def written(self, reach: Reach, count: int) -> Matrix:
        """``reach`` of ``count`` entries with all columns in the rows."""
        import numpy as np
        from scipy.sparse import csr_array

        if reach.common is None:
            return csr_array((count, self.width), dtype=bool) if reach.own is None else reach.own
        full = of_rows(np.full(count, len(reach.common)), np.tile(reach.common, count), self.width)
        return full if reach.own is None else reach.own + full

    def some(self, reach: Reach, wanted: Any) -> Reach:
        """``reach`` of the entries where ``wanted``, flat, is true, and nothing of the others."""
        import numpy as np

        return self.select(reach, np.where(wanted, np.arange(len(wanted)), -1))

    def select(self, reach: Reach, places: Any) -> Reach:
        """The reach of an array whose entries come from ``places`` of another one, flat; -1: from nowhere."""
        import numpy as np

        places = np.asarray(places).reshape(-1)
        taken = places >= 0
        own, common = reach
        parts = []
        if common is not None:
            count = int(taken.sum())
            if count in (0, len(places)) or count * len(common) > SPREAD:
                parts.append(Reach(None, common if count else None))  # at worst too much for those from nowhere
            else:
                counts = np.where(taken, len(common), 0)
                parts.append(tidy(of_rows(counts, np.tile(common, count), self.width)))
        if own is not None and int(np.diff(own.indptr)[places[taken]].sum()) > SPREAD:
            parts.append(everything(Reach(own)))
        elif own is not None:
            rows = own[places[taken]]
            if len(places) != rows.shape[0]:
                counts = np.zeros(len(places), np.int64)
                counts[taken] = np.diff(rows.indptr)
                rows = of_rows(counts, rows.indices, self.width)
            parts.append(tidy(rows))
        return union(parts)

    def gather(self, reach: Reach, targets: Any, count: int) -> Reach:
        """The reach of ``count`` entries, into each of which those of another array go that have it as their target."""
        import numpy as np

        if reach.own is None:
            return reach
        targets = np.asarray(targets).reshape(-1)
        rows = np.asarray(targets)[owners(reach.own)]
        return tidy(matrix_of(rows, reach.own.indices, (count, self.width)), reach.common)

    def through(self, relation: Matrix, reach: Reach) -> Reach:
        """The reach of entries that change with those of another array by ``relation`` (a row for each)."""
        import numpy as np

        if reach.nothing:
            return NOTHING
        own, common = reach
        if own is None:
            return self.select(reach, np.where(np.diff(relation.indptr) > 0, 0, -1))
        if int(np.diff(own.indptr)[relation.indices].sum()) > SPREAD:
            return everything(reach)
        return union([tidy(relation @ own), self.through(relation, Reach(None, common))])

    def along(self, reach: Reach, shape: Shape, axes: Sequence[int], out: Shape | None = None) -> Reach:
        """For each entry what any of its line, plane, … changes with: all entries that differ from it along ``axes``
        only; then repeated to ``out``, by NumPy's rule."""
        import numpy as np

        if reach.own is None:
            return reach
        kept = [1 if axis in axes else n for axis, n in enumerate(shape)]
        lines = np.arange(math.prod(kept)).reshape(kept)
        reduced = self.gather(reach, np.broadcast_to(lines, shape), math.prod(kept))
        return self.select(reduced, np.broadcast_to(lines, shape if out is None else out))

    def carried(self, reach: Reach, shape: Shape, axis: int, backward: bool) -> Reach:
        """For each entry what it and any before it along an axis (``backward``: after it) changes with."""
        import numpy as np

        own, common = reach
        if own is None:
            return reach
        n, stride = shape[axis], math.prod(shape[axis + 1 :])
        rows = owners(own)
        place = rows // stride % n
        counts = place + 1 if backward else n - place
        total = int(counts.sum())
        if total > SPREAD:
            return self.along(reach, shape, (axis,))
        further = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
        targets = np.repeat(rows, counts) + (-stride if backward else stride) * further
        return tidy(matrix_of(targets, np.repeat(own.indices, counts), own.shape), common)

    def stack(self, reaches: Sequence[Reach], counts: Sequence[int]) -> Reach:
        """The reach of several arrays, one after the other; of so many entries each."""
        if len(reaches) == 1:
            return reaches[0]
        common: Places | None = None
        if self.spread(reaches, counts) > SPREAD:
            for reach in reaches:
                common = both(common, reach.common)
            reaches = [Reach(reach.own) for reach in reaches]
        rows = [self.written(reach, count) for reach, count in zip(reaches, counts, strict=True)]
        return tidy(stacked(rows, self.width), common)

    @staticmethod
    def spread(reaches: Sequence[Reach], counts: Sequence[int]) -> int:
        """How many entries the columns of all have when they are written into the rows."""
        pairs = zip(reaches, counts, strict=True)
        return sum([count * len(reach.common) for reach, count in pairs if reach.common is not None])
