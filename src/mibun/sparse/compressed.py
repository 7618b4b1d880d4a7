"""A sparse matrix by way of a few products: the seeds to multiply by, and the entries read off the products.

A :class:`Compression` is made once for a pattern and used for every point: its seeds go through the chain rule, one
pass for each colour, and :meth:`Compression.recover` puts the entries into place, all at once. A few full rows or
columns would need a pass for each of their entries; :class:`Mixed` takes them in the other direction (after Coleman and
Verma 1998).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from mibun.errors import ShapeError, spoken
from mibun.language import COLUMNS
from mibun.sparse import coloring
from mibun.sparse.coloring import Coloring, Pattern, canonical
from mibun.sparse.reach import need_scipy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

FORWARD: Final = "forward"
REVERSE: Final = "reverse"
SYMMETRIC: Final = "symmetric"
MIXED: Final = "mixed"


class Passes(ABC):
    """A pattern and the passes that find its entries: what the two kinds of compressions share."""

    pattern: Pattern
    mode: str

    @property
    @abstractmethod
    def parts(self) -> tuple[Compression, ...]:
        """The compressions, each in one direction, that it consists of."""

    @property
    @abstractmethod
    def numbers(self) -> Integers:
        """For each entry, row after row, the number of the pass that it is read from, counted from 1."""

    @property
    def shape(self) -> tuple[int, int]:
        rows, columns = self.pattern.shape
        return int(rows), int(columns)

    @property
    def passes(self) -> int:
        """How many products are needed: one for each colour."""
        return sum([int(part.colors.max(initial=0)) for part in self.parts])

    @property
    def cost(self) -> int:
        """The passes, those backward counted as what they cost."""
        return sum([part.passes * (coloring.REVERSE if part.mode == REVERSE else 1) for part in self.parts])

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        rows, columns = self.shape
        return (
            f"{type(self).__name__}({rows} × {columns}, {self.pattern.nnz} entries, {self.mode}, {self.passes} passes)"
        )

    def _repr_svg_(self) -> str:
        return self.svg()

    def text(self, lang: str | None = None, columns: int = COLUMNS) -> str:
        """What is compressed, how, with how many passes; which columns (or rows) share a colour; and, where it fits
        into the width, the pattern with the number of the pass at each entry."""
        from mibun.sparse import report

        return report.text(self, spoken(lang), columns)

    def svg(self, lang: str | None = None) -> str:
        """The pattern as a picture: a cell for each entry, with the number and the colour of its pass, and a legend.
        Of a large pattern an overview in blocks, and its beginning in detail."""
        from mibun.sparse import picture

        return picture.draw(self, spoken(lang))


class Compression(Passes):
    """The products that determine a matrix with a given pattern, and the way back.

    ``pattern`` is a ``csr_array`` of truths; ``colors`` gives each column (``forward`` and ``symmetric``) or each row
    (``reverse``) its colour from 1 on, 0 for those in no pass. ``method`` says what found the colours, a key of
    :data:`mibun.sparse.report.METHODS`.
    """

    def __init__(self, pattern: Any, colors: Any, mode: str = FORWARD, method: str = "") -> None:
        import numpy as np

        self.pattern = canonical(pattern)
        self.colors = np.asarray(colors, dtype=np.int32)
        self.mode = mode
        self.method = method

    @property
    def parts(self) -> tuple[Compression, ...]:
        return (self,)

    @property
    def length(self) -> int:
        """The number of entries of a product."""
        return self.shape[1] if self.mode == REVERSE else self.shape[0]

    @property
    def full_lines(self) -> int:
        """How many columns (in reverse: rows) are in some pass."""
        return int((self.colors > 0).sum())

    @cached_property
    def seeds(self) -> Floats:
        """One row for each pass: 1 for the columns (in reverse: rows) of its colour, else 0."""
        return self.some_seeds(0, self.passes)

    def some_seeds(self, first: int, count: int) -> Floats:
        """A part of the seeds, where all of them would be too many."""
        import numpy as np

        seeds = np.zeros((count, len(self.colors)))
        used = np.flatnonzero((self.colors > first) & (self.colors <= first + count))
        seeds[self.colors[used] - 1 - first, used] = 1
        return seeds

    @cached_property
    def _sources(self) -> tuple[Integers, Integers]:
        """For each entry, row after row, from which product it is read, counted from 0, and at which place there."""
        import numpy as np

        row = np.repeat(np.arange(self.shape[0]), np.diff(self.pattern.indptr))
        column = self.pattern.indices.astype(np.int64)
        if self.mode == REVERSE:
            return self.colors[row].astype(np.int64) - 1, column
        if self.mode == FORWARD:
            return self.colors[column].astype(np.int64) - 1, row
        # Both mirror images are read from the same place, so that the matrix is symmetric to the last digit.
        above = np.where(row <= column, row, column), np.where(row <= column, column, row)
        straight = coloring.alone(row, column, self.colors)
        mirrored = coloring.alone(column, row, self.colors)
        direct = np.where(row <= column, straight, mirrored)
        number = np.where(direct, self.colors[above[1]], self.colors[above[0]]).astype(np.int64) - 1
        return number, np.where(direct, *above)

    @property
    def numbers(self) -> Integers:
        return self._sources[0] + 1

    @cached_property
    def _places(self) -> Integers:
        number, place = self._sources
        return number * self.length + place

    def entries(self, products: Any) -> Any:
        """The entries of the pattern, row after row, from the products."""
        import numpy as np

        given = np.asarray(products)
        if given.size != self.passes * self.length:
            raise ShapeError("broadcast", shapes=f"{given.shape}, {(self.passes, self.length)}")
        return given.reshape(-1)[self._places]

    def recover(self, products: Any) -> Any:
        """The matrix, a ``scipy.sparse.csr_array``, from its products.

        ``products`` has a row for each pass: the matrix times the seed (``reverse``: the seed times the matrix), in
        any shape. Entries of the pattern that happen to be 0 are stored, so that the structure never changes.
        ``ShapeError`` for products that do not fit.
        """
        return _filled(self.pattern, self.entries(products))


class Mixed(Passes):
    """Passes in both directions: ``first`` finds most of a pattern, ``second`` the few rows or columns that are full.

    Every entry belongs to one of the two.
    """

    def __init__(self, pattern: Any, first: Compression, second: Compression) -> None:
        self.pattern = canonical(pattern)
        self.mode = MIXED
        self.first = first
        self.second = second

    @property
    def parts(self) -> tuple[Compression, ...]:
        return self.first, self.second

    @cached_property
    def _in_second(self) -> Any:
        """Which entries, row after row, belong to the second part."""
        import numpy as np

        if self.second.mode == REVERSE:
            counts = np.diff(self.pattern.indptr)
            return np.repeat(np.diff(self.second.pattern.indptr) > 0, counts)
        columns = np.zeros(self.shape[1], bool)
        columns[self.second.pattern.indices] = True
        return columns[self.pattern.indices]

    @property
    def numbers(self) -> Integers:
        merged: Integers = self._merged(self.first.numbers, self.second.numbers + self.first.passes)
        return merged

    def _merged(self, first: Any, second: Any) -> Any:
        import numpy as np

        merged: Any = np.empty(self.pattern.nnz, np.result_type(first, second))
        merged[~self._in_second] = first
        merged[self._in_second] = second
        return merged

    def recover(self, products: Sequence[Any]) -> Any:
        """The matrix from the products of both parts, as :meth:`Compression.recover` takes them."""
        first, second = products
        return _filled(self.pattern, self._merged(self.first.entries(first), self.second.entries(second)))


def _filled(pattern: Pattern, entries: Any) -> Any:
    from scipy.sparse import csr_array

    # Copies: whoever gets the matrix may change it in place.
    return csr_array((entries, pattern.indices.copy(), pattern.indptr.copy()), shape=pattern.shape)


def compress(pattern: Any, symmetric: bool = False, mode: str | None = None) -> Compression | Mixed:
    """The best compression found for a pattern, sparse or dense.

    ``symmetric`` is for a Hessian: the pattern and its mirror image count together. Otherwise ``mode`` chooses
    ``forward`` or ``reverse``; without it the cheapest way is taken, which may be a mixed one.

    >>> import numpy as np
    >>> found = compress(np.eye(4) + np.eye(4, k=1))
    >>> found.mode, found.passes, found.colors.tolist()
    ('forward', 2, [1, 2, 1, 2])
    """
    need_scipy()
    found = canonical(pattern)
    if symmetric:
        found = canonical(found + found.T)
        return _compression(found, SYMMETRIC, coloring.symmetric(found))
    if mode is not None:
        return _one_way(found, mode)
    options: list[tuple[int, Callable[[], Compression | Mixed]]] = []
    for way, counts in ((FORWARD, coloring.per_row(found)), (REVERSE, coloring.per_column(found))):
        price, other = (1, coloring.REVERSE) if way == FORWARD else (coloring.REVERSE, 1)
        options.append((price * int(counts.max(initial=0)), partial(_one_way, found, way)))
        estimate, full = coloring.crowded(counts, price, other)
        if len(full):
            options.append((estimate, partial(_both_ways, found, way, full)))
    best: Compression | Mixed | None = None
    for least, make in sorted(options, key=lambda option: option[0]):
        if best is None or least < best.cost:
            made = make()
            if best is None or made.cost < best.cost:
                best = made
    assert best is not None
    return best


def _one_way(pattern: Pattern, mode: str) -> Compression:
    return _compression(pattern, mode, coloring.columns(pattern) if mode == FORWARD else coloring.rows(pattern))


def _both_ways(pattern: Pattern, mode: str, full: Integers) -> Mixed:
    """Most of the pattern in one direction, the rows (``reverse``: columns) that are ``full`` in the other."""
    import numpy as np

    line = pattern.indices if mode == REVERSE else np.repeat(np.arange(pattern.shape[0]), np.diff(pattern.indptr))
    chosen = np.isin(line, full)
    first = _one_way(coloring.some(pattern, ~chosen), mode)
    return Mixed(pattern, first, _one_way(coloring.some(pattern, chosen), FORWARD if mode == REVERSE else REVERSE))


def _compression(pattern: Pattern, mode: str, found: Coloring) -> Compression:
    return Compression(pattern, found.colors, mode, found.method)
