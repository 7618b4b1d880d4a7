"""The one representation of a function: an interned, immutable, inert graph.

A ``Node`` is an operation and its arguments. Two equal expressions are one object, so ``is`` decides structural
equality and a ``dict`` keyed by nodes needs no deep hash. Nodes know nothing: no arithmetic, no printing, no
derivatives; those rooms read nodes. Constructors never simplify.

Every function here walks iteratively, so depth is bounded by memory and not by the interpreter's stack.
"""

from __future__ import annotations

import gc
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from fractions import Fraction
from itertools import count, groupby
from threading import RLock
from typing import Any, Final, TypeVar
from weakref import ref

Number = int | Fraction | float
Shape = tuple[int, ...]
T = TypeVar("T")


class _Fields:
    """The storage of a :class:`Node`, writable while :func:`intern` fills it."""

    __slots__ = ("__weakref__", "args", "attrs", "dtype", "op", "serial", "shape")

    op: str
    args: tuple[Node, ...]
    attrs: Any
    shape: Shape
    dtype: str
    serial: int


class Node(_Fields):
    """One operation applied to its arguments.

    ``op`` is a name from the closed list in :mod:`mibun.ops`; ``args`` are nodes; ``attrs`` is whatever the operation
    needs beside its arguments (a constant's value, a symbol's name), hashable or ``None``; ``shape`` and ``dtype``
    describe the value, as in NumPy. ``serial`` counts nodes as they are made: a node depends on earlier ones only.
    Made by :func:`intern` only.
    """

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Node is immutable: cannot set {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Node is immutable: cannot delete {name!r}")

    def __copy__(self) -> Node:
        return self

    def __deepcopy__(self, memo: object) -> Node:
        return self

    def __reduce__(self) -> Any:
        return _load, (dump(self),)

    def __repr__(self) -> str:
        inside = [
            f"<{arg.op}>" if arg.args else str(arg.attrs if arg.attrs is not None else arg.op) for arg in self.args
        ]
        if self.attrs is not None:
            inside.append(repr(self.attrs))
        return f"Node({self.op}: {', '.join(inside)})"


Table = dict[Any, "_Entry"]


class _Entry(ref[Node]):
    """A weak reference that knows where it stands, so that a dropped node takes its entry along."""

    __slots__ = ("key", "table")

    key: Any
    table: Table


_serial: Final = count()
TABLES: Final[defaultdict[str, Table]] = defaultdict(dict)  # for each operation, its living nodes by key


_removing: Final = RLock()  # adding is one atomic step, looking and removing are two; a callback may come within one


def _forget(entry: ref[Node], removing: AbstractContextManager[object] = _removing) -> None:
    # ``removing`` is a default since the module's own names are gone when the last nodes go at the end of a process.
    table, key = entry.table, entry.key  # type: ignore[attr-defined]
    with removing:
        if table.get(key) is entry:
            del table[key]


def intern(key: Any, op: str, args: tuple[Node, ...], attrs: Any, shape: Shape, dtype: str) -> Node:
    """The one node for ``op`` and ``key``: the living one, or a new one with these fields.

    ``key`` must determine the other arguments, as :func:`key_of` does.
    """
    table = TABLES[op]
    entry = table.get(key)
    if entry is not None:
        living = entry()
        if living is not None:
            return living
    fields = _Fields()
    fields.op = op
    fields.args = args
    fields.attrs = attrs
    fields.shape = shape
    fields.dtype = dtype
    fields.serial = next(_serial)
    fields.__class__ = Node  # from here on it is immutable
    node: Node = fields  # type: ignore[assignment]
    mine = _Entry(node, _forget)
    mine.key = key
    mine.table = table
    while True:  # another thread may have been faster; setdefault decides
        entry = table.setdefault(key, mine)
        if entry is mine:
            return node
        other = entry()
        if other is not None:
            return other
        _forget(entry)


def living() -> int:
    """How many nodes are alive. A graph that was dropped counts nothing."""
    return sum(map(len, TABLES.values()))


@contextmanager
def growing() -> Iterator[None]:
    """Hold the cycle collector while a graph grows.

    Nodes cannot form cycles, so all that a collection could do is traverse the growing graph again and again.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def postorder(*roots: Node, since: int = 0) -> list[Node]:
    """Every distinct node below ``roots``, arguments before the nodes that use them.

    The order depends on the structure alone, never on addresses. Nodes with a serial before ``since`` are left out, and
    all that is below them: those cannot depend on a node made then.
    """
    order: list[Node] = []
    seen: set[Node] = set()
    stack = list(reversed(roots))
    if since:
        return _recent(stack, since)
    while stack:
        node = stack[-1]
        if node in seen:
            stack.pop()
            continue
        if node.args:
            height = len(stack)
            for arg in node.args[::-1]:
                if arg not in seen:
                    stack.append(arg)
            if len(stack) != height:
                continue
        seen.add(node)
        order.append(node)
        stack.pop()
    return order


def _recent(stack: list[Node], since: int) -> list[Node]:
    order: list[Node] = []
    seen: set[Node] = set()
    while stack:
        node = stack[-1]
        if node in seen or node.serial < since:
            stack.pop()
            continue
        height = len(stack)
        for arg in node.args[::-1]:
            if arg.serial >= since and arg not in seen:
                stack.append(arg)
        if len(stack) == height:
            seen.add(node)
            order.append(node)
            stack.pop()
    return order


def evaluate(root: Node, rule: Callable[[Node, list[T]], T]) -> T:
    """Fold the graph from its leaves: ``rule(node, values of its arguments)``, once for each distinct node."""
    values: dict[Node, T] = {}
    for node in postorder(root):
        values[node] = rule(node, [values[arg] for arg in node.args])
    return values[root]


def rebuild(root: Node, replace: Mapping[Node, Node], make: Callable[[Node, tuple[Node, ...]], Node]) -> Node:
    """``root`` with nodes replaced; ``make(node, args)`` builds each node whose arguments changed."""
    done: dict[Node, Node] = dict(replace)
    for node in postorder(root):
        if node in done:
            continue
        args = tuple([done[arg] for arg in node.args])
        done[node] = node if args == node.args else make(node, args)
    return done[root]


def tree_size(root: Node) -> int:
    """The number of nodes of the expression written out as a tree (shared parts counted each time)."""
    return evaluate(root, lambda _node, sizes: 1 + sum(sizes))


def symbols(*roots: Node) -> tuple[str, ...]:
    """The names of the free variables below ``roots``, in alphabetical order, their numbers in the order of numbers."""
    names = {node.attrs for node in postorder(*roots) if node.op == "symbol"}
    return tuple(sorted(names, key=natural) if len(names) > 1 else names)


def natural(name: str) -> tuple[list[tuple[int, str]], str]:
    """What to sort names by: x_2 comes before x_10."""
    pieces: list[tuple[int, str]] = []
    for digits, run in groupby(name, "0123456789".__contains__):
        piece = "".join(run)
        pieces.append((len(piece.lstrip("0")), piece.lstrip("0")) if digits else (0, piece))
    return pieces, name


def contains(root: Node, ops: Iterable[str]) -> bool:
    """Whether any of ``ops`` occurs below ``root``."""
    wanted = frozenset(ops)
    return any(node.op in wanted for node in postorder(root))


def dump(root: Node) -> list[tuple[Any, ...]]:
    """The graph as a flat list of ``(op, argument positions, attrs, shape, dtype)``, arguments first."""
    order = postorder(root)
    position = {node: i for i, node in enumerate(order)}
    return [(n.op, tuple(position[a] for a in n.args), n.attrs, n.shape, n.dtype) for n in order]


def _load(rows: list[tuple[Any, ...]]) -> Node:
    made: list[Node] = []
    for op, positions, attrs, shape, dtype in rows:
        args = tuple(made[i] for i in positions)
        own = sys.intern(dtype)  # compared by identity
        made.append(intern(key_of(op, args, attrs, shape, own), op, args, attrs, shape, own))
    return made[-1]


def key_of(op: str, args: tuple[Node, ...], attrs: Any, shape: Shape, dtype: str) -> Any:
    """The interning key. Equal numbers of different types are different constants; floats count by their bits.

    Shape and dtype follow from the arguments; only a node without any, a leaf, counts by its own.
    """
    if attrs is None:
        return args
    if op == "const" and type(attrs) is int:
        return attrs
    if op == "symbol":
        return (attrs, shape, dtype)
    if type(attrs) is float:
        return ("float", attrs.hex())
    if type(attrs) is Fraction:
        return (attrs.numerator, attrs.denominator)
    return (args, attrs)


def preorder(root: Node) -> Iterator[Node]:
    """Every distinct node below ``root``, outermost and leftmost first."""
    seen: set[Node] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            yield node
            stack.extend(reversed(node.args))
