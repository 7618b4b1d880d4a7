"""Which entries of a derivative can differ from 0, read from the graph without any value of its variables.

For every node there is a :class:`Reach`: which entries of the inputs each of its entries can change with. A rule for
each operation (:data:`RULES`) makes a node's reach from those of its arguments. What is known of zeros that stand in
the graph itself, in written masks or around a part put into an array of zeros, cuts products short: nothing flows
through a factor that is 0. Where a rule cannot see inside (an index that is computed, a foreign function, a loop of
unknown length) it takes everything together, so that the pattern always holds all entries that differ from 0, and
perhaps some more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from mibun.errors import BudgetExceeded
from mibun.loops import Body, Scan, While
from mibun.node import Node, Shape, postorder
from mibun.ops import BOOL, INTEGER, OPS, ZERO, make, symbol
from mibun.rules import TABLE
from mibun.run import interpret
from mibun.sparse.reach import (
    NOTHING,
    SPREAD,
    Matrix,
    Reach,
    Space,
    everything,
    matrix_of,
    need_scipy,
    stacked,
    union,
)
from mibun.sparse.zeros import FILLED, size, spread_mask

if TYPE_CHECKING:
    from mibun.sparse.reach import Places

LIMIT: Final = 30_000_000  # entries of a pattern; a larger one is refused
TURNS: Final = 64  # of a loop that are followed one by one


def pattern(outputs: Sequence[Node], inputs: Sequence[Node]) -> Matrix:
    """The pattern of the derivatives of ``outputs`` by ``inputs``, which are symbols (or any other nodes).

    A ``csr_array`` of truths: a row for each entry of the outputs, one output after the other, each in reading order; a
    column for each entry of the inputs likewise. ``BudgetExceeded`` where it has more than :data:`LIMIT` entries.

    >>> from mibun.ops import make, symbol
    >>> x = symbol("x", (3,))
    >>> pattern([make("mul", make("sin", x), x)], [x]).toarray().astype(int).tolist()
    [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    """
    need_scipy()
    walk = Walk(inputs)
    walk.visit(outputs)
    count = 0
    for node in outputs:
        reach = walk.reach(node)
        count += 0 if reach.own is None else reach.own.nnz
        count += 0 if reach.common is None else size(node) * len(reach.common)
    if count > LIMIT:
        raise BudgetExceeded("sparse_entries", limit=LIMIT)
    found = stacked([walk.written(walk.reach(node), size(node)) for node in outputs], walk.width)
    found.sort_indices()
    return found


class Walk(Space):
    """The reaches found so far, and what is known of values: those of nodes without variables, and where others are 0.

    ``width`` is the number of columns, the entries of all inputs.
    """

    def __init__(self, inputs: Sequence[Node]) -> None:
        super().__init__(sum([size(node) for node in inputs]))
        self.reaches: dict[Node, Reach] = {}
        self.items: dict[Node, Mapping[int, Reach]] = {}  # of nodes with several values
        self.fixed: set[Node] = set()
        self.values: dict[Node, Any] = {}
        self.filled: dict[Node, Places | None] = {}  # where a node can differ from 0, flat; None for everywhere
        self._moved: tuple[Node, Any] | None = None  # the last one that was asked for
        column = 0
        for node in inputs:
            self.reaches[node] = self.diagonal(size(node), column)
            column += size(node)

    def visit(self, outputs: Sequence[Node]) -> None:
        """Find the reaches of ``outputs``. What is below them is forgotten as soon as nothing needs it any more."""
        order = postorder(*outputs)
        last = {arg: i for i, node in enumerate(order) for arg in node.args}
        kept = {*outputs, *self.reaches}
        for i, node in enumerate(order):
            self._see(node)
            for arg in node.args:
                if last[arg] == i and arg not in kept:
                    for known in (self.reaches, self.items, self.filled):
                        known.pop(arg, None)

    def _see(self, node: Node) -> None:
        if node in self.reaches:
            return
        if node.op not in _UNKNOWN and all(arg in self.fixed for arg in node.args):
            self.fixed.add(node)
            return
        known = all(map(_known_size, (node, *node.args)))
        if known and node.op in FILLED:
            self.filled[node] = FILLED[node.op](self, node)
        if node.dtype in (INTEGER, BOOL) or not any(arg in self.reaches or arg in self.items for arg in node.args):
            return
        if node.op in SEVERAL:
            self.items[node] = SEVERAL[node.op](self, node)
            return
        reach = (RULES[node.op] if known or node.op == "item" else together)(self, node)
        if not reach.nothing:
            self.reaches[node] = reach

    def reach(self, node: Node) -> Reach:
        """What is known of a node; no columns for one that does not vary."""
        return self.reaches.get(node, NOTHING)

    def value(self, node: Node) -> Any:
        """The value of a node without variables, ``None`` for any other."""
        import numpy as np

        if node not in self.fixed:
            return None
        with np.errstate(all="ignore"):
            interpret.fill((node,), self.values)
        return np.asarray(self.values[node])

    def mask(self, node: Node) -> Places | None:
        """Where a node can differ from 0, flat; ``None`` for everywhere."""
        if node in self.fixed and node not in self.filled:
            apart = self.value(node).reshape(-1) != 0
            self.filled[node] = None if apart.all() else apart
        return self.filled.get(node)

    def places(self, node: Node) -> Any:
        """For each entry of an operation that moves entries the place that it comes from, counted through the arguments
        one after the other, flat; -1 for zeros that are put in."""
        import numpy as np

        if self._moved is not None and self._moved[0] is node:
            return self._moved[1]
        if node.op == "slice":  # without a look at what is left out
            found = np.zeros((), np.int64)
            for n, (start, count, step) in zip(node.args[0].shape, node.attrs, strict=True):
                found = found[..., np.newaxis] * n + (start + step * np.arange(count))
        elif node.op == "take":
            inner = math.prod(node.args[0].shape[1:])
            found = self.value(node.args[1]).reshape(-1, 1) * inner + np.arange(inner)
        else:
            found = _numbered(node) - 1
        self._moved = node, found.reshape(-1)
        return self._moved[1]


def _numbered(node: Node) -> Any:
    """The interpreter moves numbers, counted from 1, as it would move the entries; zeros stay 0."""
    import numpy as np

    starts = [0, *accumulate(map(size, node.args))]
    numbers = [
        np.arange(start + 1, start + 1 + size(arg)).reshape(arg.shape)
        for start, arg in zip(starts, node.args, strict=False)
    ]
    whole = make(node.op, *[symbol(f"{i}", arg.shape, INTEGER) for i, arg in enumerate(node.args)], attrs=node.attrs)
    function, _ = interpret.line(whole, {})
    return np.asarray(function(*numbers))


_UNKNOWN: Final = frozenset(["symbol", "apply", "derivative", "call", "while"])


def _known_size(node: Node) -> bool:
    return min(node.shape, default=0) >= 0


# Rules for reaches


def together(walk: Walk, node: Node) -> Reach:
    """Every entry changes with everything that any argument changes with: true of all functions."""
    return union([everything(walk.reach(arg)) for arg in node.args])


def elementwise(walk: Walk, node: Node) -> Reach:
    """Each entry changes with the entries of the arguments that meet in it, unless the partial derivative is 0."""
    varies = tuple([arg in walk.reaches for arg in node.args])
    row = TABLE.get((node.op, varies))
    parts = []
    for i, arg in enumerate(node.args):
        if varies[i] and (row is None or row.partials[i] is not ZERO):
            parts.append(repeated(walk, node, arg))
    return union(parts)


def repeated(walk: Walk, node: Node, arg: Node) -> Reach:
    """The reach of an argument, broadcast to the shape of the node."""
    import numpy as np

    reach = walk.reach(arg)
    if arg.shape == node.shape or reach.own is None:
        return reach
    return walk.select(reach, np.broadcast_to(np.arange(size(arg)).reshape(arg.shape), node.shape))


def product(walk: Walk, node: Node) -> Reach:
    """Nothing flows to a factor where the other one is 0."""
    a, b = node.args
    parts = []
    for arg, other in ((a, b), (b, a)):
        reach, mask = repeated(walk, node, arg), walk.mask(other)
        parts.append(reach if mask is None or reach.nothing else walk.some(reach, spread_mask(mask, other, node.shape)))
    return union(parts)


def choice(walk: Walk, node: Node) -> Reach:
    """Both branches; only the one that is taken where the condition is written out."""
    import numpy as np

    condition, first, second = node.args
    parts = [repeated(walk, node, first), repeated(walk, node, second)]
    truth = walk.value(condition)
    if truth is None:
        return union(parts)
    wanted = np.broadcast_to(truth, node.shape).reshape(-1) != 0
    return union([walk.some(parts[0], wanted), walk.some(parts[1], ~wanted)])


def moved(walk: Walk, node: Node) -> Reach:
    """Entries come from other places."""
    if node.op == "reshape":
        return walk.reach(node.args[0])
    whole = walk.stack([walk.reach(arg) for arg in node.args], [size(arg) for arg in node.args])
    return walk.select(whole, walk.places(node))


def taken(walk: Walk, node: Node) -> Reach:
    """Rows by their numbers; where these are not known, any row."""
    import numpy as np

    x, index = node.args
    if index in walk.fixed:
        return walk.select(walk.reach(x), walk.places(node))
    any_row = walk.along(walk.reach(x), x.shape, (0,), (1, *x.shape[1:]))
    inner = size(x) // max(1, x.shape[0])
    return walk.select(any_row, np.tile(np.arange(inner), size(index)))


def scattered(walk: Walk, node: Node) -> Reach:
    """Rows added up at their numbers; where these are not known, at any."""
    import numpy as np

    g, index = node.args
    reach, inner = walk.reach(g), size(node) // max(1, node.shape[0])
    if index not in walk.fixed:
        lines = walk.gather(reach, np.arange(size(g)) % max(1, inner), inner)
        return walk.select(lines, np.tile(np.arange(inner), node.shape[0]))
    targets = walk.value(index).reshape(-1, 1) * inner + np.arange(inner)
    hit = np.zeros(size(node), bool)
    hit[targets] = True
    own = walk.gather(Reach(reach.own), targets, size(node))
    return union([own, walk.some(Reach(None, reach.common), hit)])


def reduced(walk: Walk, node: Node) -> Reach:
    """One entry of all along some axes."""
    import numpy as np

    (x,) = node.args
    kept = [1 if axis in node.attrs else n for axis, n in enumerate(x.shape)]
    targets = np.broadcast_to(np.arange(size(node)).reshape(kept), x.shape)
    return walk.gather(walk.reach(x), targets, size(node))


def running(walk: Walk, node: Node) -> Reach:
    """Each entry changes with those before it along an axis (after it, if it goes backward), and with its own."""
    axis, backward = node.attrs
    return walk.carried(union([repeated(walk, node, arg) for arg in node.args]), node.shape, axis, backward)


def contracted(walk: Walk, node: Node) -> Reach:
    """Sums of products: each entry changes with the entries of each factor whose partner is not 0."""
    a, b = node.args
    first, second, out = node.attrs
    return union(
        [
            _factor(walk, node, (a, first), (b, second), out),
            _factor(walk, node, (b, second), (a, first), out),
        ]
    )


def _factor(walk: Walk, node: Node, mine: tuple[Node, str], other: tuple[Node, str], out: str) -> Reach:
    import numpy as np

    arg, letters = mine
    reach, mask = walk.reach(arg), walk.mask(other[0])
    if reach.nothing:
        return NOTHING
    if mask is not None:
        relation = _relation(node, mine, other, out, mask)
        if relation is not None:
            return walk.through(relation, reach)
    summed = [axis for axis, letter in enumerate(letters) if letter not in out]
    kept = [letter for letter in letters if letter in out]
    sizes = dict(zip(letters, arg.shape, strict=True))
    line = np.arange(math.prod([sizes[letter] for letter in kept]))
    targets = line.reshape([1 if axis in summed else n for axis, n in enumerate(arg.shape)])
    lines = walk.gather(reach, np.broadcast_to(targets, arg.shape), len(line))
    ordered = line.reshape([sizes[letter] for letter in kept])
    ordered = ordered.transpose([kept.index(letter) for letter in out if letter in kept])
    spread = ordered.reshape([sizes[letter] if letter in kept else 1 for letter in out])
    return walk.select(lines, np.broadcast_to(spread, node.shape))


def _relation(node: Node, mine: tuple[Node, str], other: tuple[Node, str], out: str, mask: Places) -> Matrix | None:
    """Which entries of a factor go into which of the result, given where the other factor can differ from 0; ``None``
    if they are too many to write down."""
    import numpy as np

    (arg, letters), (partner, theirs) = mine, other
    sizes = dict(zip(letters + theirs, arg.shape + partner.shape, strict=True))
    free = [letter for letter in letters if letter not in theirs]
    times = math.prod([sizes[letter] for letter in free])
    filled = np.flatnonzero(mask)
    if len(filled) * times > SPREAD:
        return None
    places = {
        letter: np.repeat(at, times) for letter, at in zip(theirs, np.unravel_index(filled, partner.shape), strict=True)
    }
    for letter, at in zip(free, np.indices([sizes[letter] for letter in free]), strict=True):
        places[letter] = np.tile(at.reshape(-1), len(filled))
    rows, columns = (
        np.ravel_multi_index([places[letter] for letter in which], shape)
        if which
        else np.zeros(len(filled) * times, np.int64)
        for which, shape in ((out, node.shape), (letters, arg.shape))
    )
    return matrix_of(rows, columns, (size(node), size(arg)))


def matrixwise(walk: Walk, node: Node) -> Reach:
    """Functions of square matrices: each entry changes with all of its matrix."""
    x = node.args[0]
    n = len(x.shape)
    out = (*x.shape[:-2], 1, 1) if len(node.shape) < n else x.shape
    return walk.along(walk.reach(x), x.shape, (n - 2, n - 1), out)


def matrices(walk: Walk, node: Node) -> Reach:
    """The same with another matrix, or with a number for each eigenvalue, besides."""
    found = []
    rank = 1 if node.op == "rayleigh" else 2
    for arg, inner in ((node.args[0], 2), (node.args[-1], 1 if node.op == "spectral" else 2)):
        lead = arg.shape[:-inner]
        axes = range(len(lead), len(arg.shape))
        line = walk.along(walk.reach(arg), arg.shape, axes, (*lead, *[1] * inner))
        found.append(walk.select(line, _lines((*lead, *[1] * rank), node.shape)))
    return union(found)


def solved(walk: Walk, node: Node) -> Reach:
    """A solution changes with its whole matrix and with its own right side."""
    a, b = node.args
    n, m = len(a.shape), len(b.shape)
    lead = node.shape[:-2]
    matrix = walk.along(walk.reach(a), a.shape, (n - 2, n - 1), (*lead, 1, 1))
    return union(
        [
            walk.select(matrix, _lines((*lead, 1, 1), node.shape)),
            walk.along(walk.reach(b), b.shape, (m - 2,), node.shape),
        ]
    )


def _lines(shape: Shape, out: Shape) -> Any:
    import numpy as np

    return np.broadcast_to(np.arange(math.prod(shape)).reshape(shape), out)


def picked(walk: Walk, node: Node) -> Reach:
    """One of several values."""
    return walk.items.get(node.args[0], {}).get(node.attrs, NOTHING)


def none(walk: Walk, node: Node) -> Reach:
    """Whole numbers and truth values: nothing to differentiate."""
    return NOTHING


# Rules for several values


def eigen(walk: Walk, node: Node) -> dict[int, Reach]:
    """Eigenvalues and eigenvectors change with all of their matrix."""
    (x,) = node.args
    axes = (len(x.shape) - 2, len(x.shape) - 1)
    reach = walk.reach(x)
    return {0: walk.along(reach, x.shape, axes, (*x.shape[:-1], 1)), 1: walk.along(reach, x.shape, axes, x.shape)}


def called(walk: Walk, node: Node) -> dict[int, Reach]:
    """A foreign function is not looked into."""
    return dict.fromkeys(range(len(node.attrs.results)), together(walk, node))


class _Local:
    """The pattern of a loop's body: a matrix for each of its outputs and inputs, if they ``fit``: if their sizes are
    known and they have not too many entries to write down."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self._blocks: dict[tuple[int, int], Matrix] = {}
        self.fits = all(map(_known_size, (*body.inputs, *body.outputs)))
        if not self.fits:
            return
        walk = Walk(body.inputs)
        walk.visit(body.outputs)
        self.starts = [0, *accumulate(map(size, body.inputs))]
        reaches = [walk.reach(node) for node in body.outputs]
        counts = [size(node) for node in body.outputs]
        self.fits = walk.spread(reaches, counts) <= SPREAD
        if self.fits:
            self.rows = [walk.written(*pair) for pair in zip(reaches, counts, strict=True)]

    def block(self, output: int, source: int) -> Matrix:
        """What an output changes with of one input."""
        found = self._blocks.get((output, source))
        if found is None:
            found = self.rows[output][:, self.starts[source] : self.starts[source + 1]]
            self._blocks[output, source] = found
        return found

    def step(self, walk: Walk, output: int, given: Mapping[int, Reach]) -> Reach:
        """The reach of an output from those of some inputs."""
        return union([walk.through(self.block(output, i), reach) for i, reach in given.items() if not reach.nothing])

    def forever(self, walk: Walk, carries: int, begin: Sequence[Reach], added: Mapping[int, Reach]) -> list[Reach]:
        """What the carries may change with before any turn, whatever the number of turns: ``begin``, and what is
        ``added`` in each turn, carried on."""
        import numpy as np
        from scipy.sparse import csr_array, identity, vstack

        counts = [size(node) for node in self.body.inputs[:carries]]
        ends = np.cumsum(counts)
        each = [union([begin[i], self.step(walk, i, added)]) for i in range(carries)]
        if not carries:
            return []
        inner = csr_array(vstack(self.rows[:carries], format="csr")[:, : ends[-1]])
        closed = csr_array(identity(int(ends[-1]), dtype=bool, format="csr")) + inner
        while True:
            if int(np.diff(closed.indptr)[closed.indices].sum()) > SPREAD:
                return [union([everything(reach) for reach in each])] * carries
            further = closed @ closed
            if further.nnz == closed.nnz:
                break
            closed = further
        all_of_them = walk.through(closed, walk.stack(each, counts))
        return [walk.select(all_of_them, np.arange(end - count, end)) for end, count in zip(ends, counts, strict=True)]


def scanned(walk: Walk, node: Node) -> dict[int, Reach]:
    """A loop over slices: turn by turn if there are few, else all turns together, but each with its own slice."""
    scan: Scan = node.attrs
    local = _Local(scan.body)
    outputs, inputs = scan.body.outputs, scan.body.inputs
    results = len(outputs) - scan.carries
    reaches = dict(enumerate([walk.reach(arg) for arg in node.args]))
    if scan.length is None or not local.fits or not all(_known_size(arg) for arg in node.args):
        return dict.fromkeys(range(len(outputs) + scan.carries), together(walk, node))
    carries = [reaches[i] for i in range(scan.carries)]
    sliced = {i: reaches[i] for i in range(scan.carries, scan.carries + scan.arrays)}
    constant = {i: reaches[i] for i in range(scan.carries + scan.arrays, len(node.args))}
    if scan.length <= TURNS:
        return _turns(walk, scan, local, carries, sliced, constant)
    n = scan.length
    pieces = {i: size(inputs[i]) for i in sliced}
    any_slice = {i: walk.gather(reach, _tiled(n, pieces[i]), pieces[i]) for i, reach in sliced.items()}
    carried = local.forever(walk, scan.carries, carries, {**any_slice, **constant})
    found = dict(enumerate(carried))
    for k in range(scan.carries, scan.carries + results):
        count = size(outputs[k])
        same = local.step(walk, k, {**dict(enumerate(carried)), **constant})
        found[k] = union([walk.select(same, _tiled(n, count)), *_slicewise(walk, local, k, sliced, n)])
    for i, reach in enumerate(carried):
        found[len(outputs) + i] = walk.select(reach, _tiled(n, size(inputs[i])))
    return found


def _tiled(times: int, count: int) -> Any:
    import numpy as np

    return np.tile(np.arange(count), times)


def _slicewise(walk: Walk, local: _Local, output: int, sliced: Mapping[int, Reach], n: int) -> list[Reach]:
    """What the results of each turn change with of the slices of the same turn."""
    from scipy.sparse import csr_array, identity, kron

    return [
        walk.through(csr_array(kron(identity(n, dtype=bool), local.block(output, i), format="csr")), reach)
        for i, reach in sliced.items()
        if not reach.nothing
    ]


def _turns(
    walk: Walk,
    scan: Scan,
    local: _Local,
    carries: list[Reach],
    sliced: Mapping[int, Reach],
    constant: Mapping[int, Reach],
) -> dict[int, Reach]:
    """A loop turn by turn."""
    import numpy as np

    outputs, inputs, n = scan.body.outputs, scan.body.inputs, scan.length or 0
    before: list[list[Reach]] = [[NOTHING] * n for _ in range(scan.carries)]
    results: list[list[Reach]] = [[NOTHING] * n for _ in outputs[scan.carries :]]
    for t in range(n)[:: -1 if scan.backward else 1]:
        given = {**dict(enumerate(carries)), **constant}
        for i, reach in sliced.items():
            given[i] = walk.select(reach, np.arange(size(inputs[i])) + t * size(inputs[i]))
        for i, reach in enumerate(carries):
            before[i][t] = reach
        after = [local.step(walk, k, given) for k in range(len(outputs))]
        carries = after[: scan.carries]
        for k, reach in enumerate(after[scan.carries :]):
            results[k][t] = reach
    found = dict(enumerate(carries))
    for k, turns in enumerate(results):
        found[scan.carries + k] = walk.stack(turns, [size(outputs[scan.carries + k])] * n) if n else NOTHING
    for i, turns in enumerate(before):
        found[len(outputs) + i] = walk.stack(turns, [size(inputs[i])] * n) if n else NOTHING
    return found


def repeated_while(walk: Walk, node: Node) -> dict[int, Reach]:
    """A loop of unknown length: whatever can be carried on is."""
    loop: While = node.attrs
    local = _Local(loop.body)
    reaches = [walk.reach(arg) for arg in node.args]
    if not local.fits:
        return dict.fromkeys(range(2 * loop.carries), together(walk, node))
    constant = dict(enumerate(reaches[loop.carries :], loop.carries))
    carried = local.forever(walk, loop.carries, reaches[: loop.carries], constant)
    return {**dict(enumerate(carried)), **{loop.carries + i: everything(reach) for i, reach in enumerate(carried)}}


# What each operation does

Rule = Callable[[Walk, Node], Reach]

RULES: Final[dict[str, Rule]] = {
    **{name: elementwise for name, op in OPS.items() if op.kind in ("leaf", "elementwise", "numeric", "abstract")},
    **{name: none for name, op in OPS.items() if op.kind in ("predicate", "integer")},
    "mul": product,
    "where": choice,
    "derivative": together,
    **dict.fromkeys(["reshape", "transpose", "broadcast", "slice", "embed", "concat", "place"], moved),
    "take": taken,
    "scatter": scattered,
    **dict.fromkeys(["sum", "prod", "amax", "amin"], reduced),
    **dict.fromkeys(["cumsum", "cumprod", "recurrence"], running),
    "contract": contracted,
    **dict.fromkeys(["inv", "det", "adjugate", "logdet", "cholesky"], matrixwise),
    "solve": solved,
    **dict.fromkeys(["adjugate_rate", "spectral", "rayleigh"], matrices),
    "item": picked,
}
"""The reach of a node from those of its arguments, for every operation with one value."""

SEVERAL: Final[dict[str, Callable[[Walk, Node], Mapping[int, Reach]]]] = {
    "eigh": eigen,
    "scan": scanned,
    "while": repeated_while,
    "call": called,
}
"""The same for operations with several values, by their numbers."""
