"""Products: of matrices and tensors, convolutions, polynomials."""

from __future__ import annotations

import math
from typing import Any

from mibun import arrays, ops
from mibun.errors import UnsupportedOperation
from mibun.node import Node
from mibun.ops import BOOL, REAL, const, make
from mibun.trace.functions.common import axis_of, floating, in_a_row, node_of, numpy_function, stand_in, strong
from mibun.trace.functions.shapes import windows_of
from mibun.trace.traced import where


def pair_of(a: Node, b: Node) -> tuple[Node, Node]:
    """Two factors in one precision, whole numbers as doubles."""
    a, b = strong(a), strong(b)
    dtype = ops.promote(a.dtype, b.dtype)
    dtype = REAL if dtype is BOOL else dtype
    return arrays.cast(a, dtype), arrays.cast(b, dtype)


def _letters(n: int, start: int = 0) -> str:
    return arrays.LETTERS[start : start + n]


def matmul_of(a: Node, b: Node) -> Node:
    a, b = pair_of(a, b)
    if not a.shape or not b.shape:
        raise ValueError("matmul: Input operand does not have enough dimensions")
    if a.shape[-1] != b.shape[-2 if len(b.shape) > 1 else 0]:
        raise ValueError(f"matmul: the shapes {a.shape} and {b.shape} do not fit together")
    if len(a.shape) == 1 or len(b.shape) == 1:
        first = _letters(len(a.shape))
        second = _letters(len(b.shape), 20)
        inner = first[-1]
        second = second[:-2] + inner + second[-1:] if len(b.shape) > 1 else inner
        out = first[:-1] + second.replace(inner, "")
        return arrays.contract((first, second, out), a, b)
    shape = ops.broadcast(a.shape[:-2], b.shape[:-2])
    lead = _letters(len(shape), 3)

    def named(x: Node, inner: str) -> tuple[Node, str]:
        own = x.shape[:-2]
        letters = lead[len(lead) - len(own) :]
        real = [n for n, m in zip(own, shape[len(shape) - len(own) :], strict=True) if n == m]
        kept = "".join([c for c, n, m in zip(letters, own, shape[len(shape) - len(own) :], strict=True) if n == m])
        return arrays.reshape(x, (*real, *x.shape[-2:])), kept + inner

    a, first = named(a, "ab")
    b, second = named(b, "bc")
    return arrays.contract((first, second, lead + "ac"), a, b)


numpy_function("matmul", "linalg.matmul")(lambda a, b: matmul_of(node_of(a), node_of(b)))


def row_products(a: Node, b: Node) -> Node:
    product = make("mul", a, b)
    return arrays.total(product, (len(product.shape) - 1,))


@numpy_function("vecdot", "linalg.vecdot")
def _vecdot_along(x1: Any, x2: Any, /, *, axis: int = -1) -> Node:
    product = make("mul", *pair_of(node_of(x1), node_of(x2)))
    return arrays.total(product, (axis_of(axis, len(product.shape)),))


@numpy_function("dot")
def _dot(a: Any, b: Any) -> Node:
    x, y = pair_of(node_of(a), node_of(b))
    if not x.shape or not y.shape:
        return make("mul", x, y)
    first = _letters(len(x.shape))
    second = _letters(len(y.shape), 20)
    at = max(len(y.shape) - 2, 0)
    if x.shape[-1] != y.shape[at]:
        raise ValueError(f"shapes {x.shape} and {y.shape} not aligned")
    second = second[:at] + first[-1] + second[at + 1 :]
    return arrays.contract((first, second, first[:-1] + second[:at] + second[at + 1 :]), x, y)


@numpy_function("inner")
def _inner(a: Any, b: Any) -> Node:
    x, y = pair_of(node_of(a), node_of(b))
    if not x.shape or not y.shape:
        return make("mul", x, y)
    first = _letters(len(x.shape))
    second = _letters(len(y.shape) - 1, 20)
    return arrays.contract((first, second + first[-1], first[:-1] + second), x, y)


@numpy_function("outer", "linalg.outer")
def _outer(a: Any, b: Any) -> Node:
    x, y = pair_of(in_a_row(node_of(a)), in_a_row(node_of(b)))
    return arrays.contract(("a", "b", "ab"), x, y)


numpy_function("vdot")(lambda a, b: _dot(stand_in(in_a_row(node_of(a))), stand_in(in_a_row(node_of(b)))))


@numpy_function("tensordot", "linalg.tensordot")
def _tensordot(a: Any, b: Any, axes: Any = 2) -> Node:
    x, y = pair_of(node_of(a), node_of(b))
    if isinstance(axes, int):
        left, right = list(range(len(x.shape) - axes, len(x.shape))), list(range(axes))
    else:
        left, right = ([side] if isinstance(side, int) else list(side) for side in axes)
    left = [axis_of(axis, len(x.shape)) for axis in left]
    right = [axis_of(axis, len(y.shape)) for axis in right]
    first = _letters(len(x.shape))
    second = list(_letters(len(y.shape), 20))
    for i, j in zip(left, right, strict=True):
        second[j] = first[i]
    out = [c for i, c in enumerate(first) if i not in left] + [c for j, c in enumerate(second) if j not in right]
    return arrays.contract((first, "".join(second), "".join(out)), x, y)


@numpy_function("kron")
def _kron(a: Any, b: Any) -> Node:
    x, y = pair_of(node_of(a), node_of(b))
    n = max(len(x.shape), len(y.shape))
    x = arrays.reshape(x, (1,) * (n - len(x.shape)) + x.shape)
    y = arrays.reshape(y, (1,) * (n - len(y.shape)) + y.shape)
    first, second = _letters(n), _letters(n, 20)
    product = arrays.contract((first, second, "".join(map("".join, zip(first, second, strict=True)))), x, y)
    return arrays.reshape(product, tuple([p * q for p, q in zip(x.shape, y.shape, strict=True)]))


@numpy_function("cross", "linalg.cross")
def _cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Node:
    x, y = pair_of(node_of(a), node_of(b))
    if axis is not None:
        axisa = axisb = axisc = axis
    x = arrays.move(x, axis_of(axisa, len(x.shape)), 0)
    y = arrays.move(y, axis_of(axisb, len(y.shape)), 0)
    if (x.shape[0], y.shape[0]) != (3, 3):
        raise UnsupportedOperation("trace_option", **where(name="np.cross", option="2-D vectors"))
    shape = ops.broadcast(x.shape[1:], y.shape[1:])
    p = [arrays.reshape(arrays.part(x, 0, i, 1), x.shape[1:]) for i in range(3)]
    q = [arrays.reshape(arrays.part(y, 0, i, 1), y.shape[1:]) for i in range(3)]
    parts = [
        arrays.broadcast(make("sub", make("mul", p[i], q[j]), make("mul", p[j], q[i])), shape)
        for i, j in ((1, 2), (2, 0), (0, 1))
    ]
    return arrays.stack(parts, axis_of(axisc, len(shape) + 1))


@numpy_function("einsum")
def _einsum(*operands: Any, optimize: Any = False, **options: Any) -> Node:
    if not isinstance(operands[0], str):
        operands = _spelled(operands)
    if options.get("dtype") is not None:
        raise UnsupportedOperation("trace_option", **where(name="np.einsum", option="dtype"))
    spec = operands[0].replace(" ", "")
    nodes = [strong(node_of(x)) for x in operands[1:]]
    dtype = ops.promote(*[node.dtype for node in nodes])
    nodes = [arrays.cast(node, REAL if dtype is BOOL else dtype) for node in nodes]
    left, arrow, out = spec.partition("->")
    terms = left.split(",")
    if len(terms) != len(nodes):
        raise ValueError("einsum: the subscripts do not fit the number of operands")
    free = [c for c in arrays.LETTERS if c not in spec]
    widths = [len(node.shape) - len(term.replace("...", "")) for term, node in zip(terms, nodes, strict=True)]
    rest = free[: max([w for w, term in zip(widths, terms, strict=True) if "..." in term], default=0)]
    terms = [
        term.replace("...", "".join(rest[len(rest) - w :])) if "..." in term else term
        for w, term in zip(widths, terms, strict=True)
    ]
    if arrow:
        out = out.replace("...", "".join(rest))
    else:
        letters = "".join(terms)
        single = sorted({c for c in letters if letters.count(c) == 1 and c not in rest})
        out = "".join([*[c for c in rest if c in letters], *single])
    return einsum_of(terms, nodes, out)


def _spelled(operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """The form with lists of numbers, as letters."""

    def word(axes: Any) -> str:
        return "".join(["..." if axis is Ellipsis else arrays.LETTERS[axis] for axis in axes])

    pairs = len(operands) // 2
    spec = ",".join([word(operands[2 * i + 1]) for i in range(pairs)])
    if len(operands) % 2:
        spec += "->" + word(operands[-1])
    return (spec, *operands[0 : 2 * pairs : 2])


def einsum_of(terms: list[str], nodes: list[Node], out: str) -> Node:
    sizes: dict[str, int] = {}
    for term, node in zip(terms, nodes, strict=True):
        if len(term) != len(node.shape):
            raise ValueError(f"einsum: {term} does not fit an array of {len(node.shape)} axes")
        for letter, n in zip(term, node.shape, strict=True):
            if sizes.get(letter, 1) not in (1, n) and n != 1:
                raise ValueError(f"einsum: two sizes for {letter}: {sizes[letter]} and {n}")
            sizes[letter] = max(sizes.get(letter, 1), n) if n else 0
    work = []
    for given, factor in zip(terms, nodes, strict=True):
        node, term = _undoubled(factor, given)
        ones = [i for i, n in enumerate(node.shape) if n == 1 and sizes[term[i]] != 1]  # these repeat
        shape = tuple([n for i, n in enumerate(node.shape) if i not in ones])
        work.append((arrays.reshape(node, shape), "".join([c for i, c in enumerate(term) if i not in ones])))
    while len(work) > 1:
        i, j = _cheapest(work, sizes, out)
        (b, second), (a, first) = work.pop(j), work.pop(i)
        needed = set(out).union(*[term for _, term in work])
        a, first = _summed(a, first, needed | set(second))
        b, second = _summed(b, second, needed | set(first))
        both = "".join(dict.fromkeys(first + second))
        made = "".join([c for c in both if c in needed])
        work.append((arrays.contract((first, second, made), a, b), made))
    node, term = work[0]
    node, term = _summed(node, term, set(out))
    missing = [c for c in out if c not in term]
    node = arrays.transpose(node, [term.index(c) for c in out if c in term])
    if missing:
        node = arrays.expand(node, [i for i, c in enumerate(out) if c in missing])
    return arrays.broadcast(node, tuple([sizes[c] for c in out]))


def _cheapest(work: list[tuple[Node, str]], sizes: dict[str, int], out: str) -> tuple[int, int]:
    """The two factors whose product is the smallest."""

    def cost(i: int, j: int) -> tuple[int, int]:
        others = set(out).union(*[term for k, (_, term) in enumerate(work) if k not in (i, j)])
        both = set(work[i][1]) | set(work[j][1])
        return math.prod([sizes[c] for c in both & others]), math.prod([sizes[c] for c in both])

    pairs = [(i, j) for i in range(len(work)) for j in range(i + 1, len(work))]
    return min(pairs, key=lambda pair: cost(*pair))


def _undoubled(node: Node, term: str) -> tuple[Node, str]:
    """A letter that occurs twice means the diagonal."""
    while len(set(term)) < len(term):
        letter = next(c for c in term if term.count(c) > 1)
        i = term.index(letter)
        j = term.index(letter, i + 1)
        n = len(term)
        node = arrays.transpose(node, [*[k for k in range(n) if k not in (i, j)], i, j])
        m = node.shape[-1]
        flat = arrays.reshape(node, (*node.shape[:-2], m * m))
        node = arrays.part(flat, n - 2, 0, m, m + 1)
        term = "".join([c for k, c in enumerate(term) if k not in (i, j)]) + letter
    return node, term


def _summed(node: Node, term: str, needed: set[str]) -> tuple[Node, str]:
    axes = [i for i, c in enumerate(term) if c not in needed]
    return arrays.total(node, axes), "".join([c for c in term if c in needed])


@numpy_function("convolve")
def _convolve(a: Any, v: Any, mode: str = "full") -> Node:
    x, y = pair_of(node_of(a), node_of(v))
    if len(x.shape) > 1 or len(y.shape) > 1:
        raise ValueError("object too deep for desired array")
    x, y = in_a_row(x), in_a_row(y)
    if y.shape[0] > x.shape[0]:
        x, y = y, x
    return _correlation(x, arrays.flip(y, (0,)), mode)


def _correlation(x: Node, y: Node, mode: str) -> Node:
    """Σ x[k + j] y[j], x the longer one."""
    n, m = x.shape[0], y.shape[0]
    if not m or not n:
        raise ValueError("an argument cannot be empty")
    low, high = {"full": (m - 1, m - 1), "same": (m // 2, (m - 1) // 2), "valid": (0, 0)}[mode]
    wide = arrays.embed(x, (n + low + high,), [(low, n, 1)])
    if m <= 32:
        size = n + low + high - m + 1
        terms = [make("mul", arrays.part(wide, 0, j, size), arrays.part(y, 0, j, 1)) for j in range(m)]
        total = terms[0]
        for term in terms[1:]:
            total = make("add", total, term)
        return total
    windows = windows_of(stand_in(wide), m)
    return arrays.contract(("ab", "b", "a"), windows, y)


@numpy_function("correlate")
def _correlate(a: Any, v: Any, mode: str = "valid") -> Node:
    x, y = pair_of(node_of(a), node_of(v))
    if x.shape[0] >= y.shape[0]:
        # NumPy's "same" leaves out one more at the front, where convolve of the turned one does
        return _correlation(x, y, mode)
    return arrays.flip(_correlation(y, x, mode), (0,))


@numpy_function("polyval")
def _polyval(p: Any, x: Any) -> Node:
    coefficients, node = strong(node_of(p)), strong(node_of(x))
    total = arrays.zeros(node.shape, ops.promote(coefficients.dtype, node.dtype))
    for i in range(coefficients.shape[0]):
        one = arrays.reshape(arrays.part(coefficients, 0, i, 1), ())
        total = make("add", make("mul", total, node), one)
    return total


@numpy_function("interp")
def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Node:
    import numpy as np

    if period is not None:
        raise UnsupportedOperation("trace_option", **where(name="np.interp", option="period"))
    at, grid, values = floating(strong(node_of(x))), floating(strong(node_of(xp))), floating(strong(node_of(fp)))
    n = grid.shape[0]
    one, last = ops.data(np.array(1)), ops.data(np.array(max(n - 1, 1)))
    upper = make("min", make("max", make("searchsorted", grid, at, attrs="right"), one), last)
    lower = make("sub", upper, one)
    x0, x1 = arrays.take(grid, lower), arrays.take(grid, upper)
    y0, y1 = arrays.take(values, lower), arrays.take(values, upper)
    found = make("add", y0, make("div", make("mul", make("sub", at, x0), make("sub", y1, y0)), make("sub", x1, x0)))
    first, end = (arrays.reshape(arrays.part(values, 0, i, 1), ()) for i in (0, n - 1))
    start, stop = (arrays.reshape(arrays.part(grid, 0, i, 1), ()) for i in (0, n - 1))
    found = make("where", make("lt", at, start), first if left is None else node_of(left), found)
    return make("where", make("gt", at, stop), end if right is None else node_of(right), found)


@numpy_function("cov")
def covariance(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None) -> Node:
    x = floating(node_of(m))
    x = arrays.reshape(x, (1, *x.shape)) if len(x.shape) == 1 else x if rowvar else arrays.swap(x)
    if y is not None:
        other = floating(node_of(y))
        other = arrays.reshape(other, (1, *other.shape)) if len(other.shape) == 1 else other
        x = arrays.concat([x, other], 0)
    n = x.shape[1]
    ddof = (0 if bias else 1) if ddof is None else ddof
    away = make("sub", x, arrays.expand(make("div", arrays.total(x, (1,)), const(n)), (1,)))
    found = make("div", arrays.contract(("ab", "cb", "ac"), away, away), const(n - ddof))
    return arrays.reshape(found, ()) if found.shape == (1, 1) else found
