"""A function derived from another: traced at its first call, replayed while nothing speaks against it.

Inside another trace it writes into that one, so that transforms compose. There each differentiated argument gets a node
of its own (``alias``), so that a function which also sees the argument from outside is differentiated by what it was
given only.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from mibun import arrays, ops
from mibun.errors import MibunError, ShapeError, UnsupportedOperation
from mibun.node import Node, growing, postorder
from mibun.ops import INTEGER, REAL, SINGLE, make
from mibun.run import interpret
from mibun.trace.paths import Outcome, Paths
from mibun.trace.traced import CONSTANT, INPUT, VARIABLE, Mixed, Trace, Traced, ask, constant, operand, running, where
from mibun.transforms.trees import LEAF, Tree, flatten

KINDS: Final = 128  # kinds of arguments (shapes, precisions, plain values) for which paths are kept
_count = itertools.count(1)


def fresh() -> int:
    """A number that no other alias or symbol has."""
    return next(_count)


class Nest(NamedTuple):
    """How the differentiated arguments were nested. It holds nothing of their values, and may be kept with a path."""

    trees: list[tuple[int, Tree, list[int], list[Any]]]
    """For each argument its number, its nesting, which variable each leaf is (-1: none), and leaves that are none."""

    def nested(self, values: Sequence[Any], argument: int) -> Any:
        """One value for each variable, nested like an argument; other leaves stay what they are."""
        _, tree, places, leaves = self.trees[argument]
        return replace_leaves(tree, leaves, places, values)

    def arguments(self, values: Sequence[Any], single: bool) -> Any:
        """One value for each variable, nested like all arguments: a tuple of them, or the only one."""
        found = tuple([self.nested(values, i) for i in range(len(self.trees))])
        return found[0] if single else found


class Setup(NamedTuple):
    """A function about to be traced: what a transform works with."""

    trace: Trace
    call: Callable[[], Any]  # runs the function on stand-ins
    variables: list[Node]  # of the differentiated leaves
    nest: Nest
    level: int
    named: dict[str, Any]


class Made(NamedTuple):
    """What a transform makes: nodes, and the answer as a function of their values."""

    nodes: list[Node]
    assemble: Callable[[Sequence[Any]], Any]


Transform = Callable[[Setup], Made]


class Derived:
    """A callable made by a transform."""

    def __init__(
        self, fn: Callable[..., Any], transform: Transform, argnums: Any, title: str, keep: bool = False
    ) -> None:
        if not callable(fn):
            raise UnsupportedOperation("not_callable", kind=type(fn).__name__)
        self.__wrapped__ = fn
        self._transform = transform
        self._argnums: tuple[int, ...] | None = (argnums,) if isinstance(argnums, int) else argnums
        self._title = title
        self._keep = keep  # whole numbers stay such, since nothing is differentiated
        self._cache: dict[Any, Paths] = {}
        self._snapshot: Any = None
        self._looked = False
        name = getattr(fn, "__name__", type(fn).__name__)
        self.__name__ = f"{title}({name})"
        self.__doc__ = f"{title} of {name}."

    def __repr__(self) -> str:
        return f"<mibun.{self.__name__}>"

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *args: Any, **named: Any) -> Any:
        traces = running()
        if not traces:
            return self._replay_or_trace(args, named)
        if not _any_traced(args, named):
            held = traces[:]
            traces.clear()
            try:
                return self._replay_or_trace(args, named)
            except Mixed:  # the function sees something that is being traced
                pass
            finally:
                traces[:] = held
        return self._inside(traces[-1], args, named)

    # Alone

    def _replay_or_trace(self, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        import numpy as np

        given = _Given(args, named, self._argnums, self._title, self._keep)
        with np.errstate(all="ignore"):
            if not self._looked or (self._snapshot is not None and not self._snapshot.unchanged()):
                self._look()
            paths = self._cache.get(given.key) if self._snapshot is not None else None
            if paths is not None and paths.watch is not None and not paths.watch.unchanged():
                del self._cache[given.key]
                paths = None
            if paths is not None:
                found = paths.replay(given.values)
                if found is not None:
                    outcome, values = found
                    return outcome.assemble(_own(values, given.values))
            return self._traced(given)

    def _look(self) -> None:
        from mibun.read.environment import snapshot

        self._cache.clear()
        self._snapshot = snapshot(self.__wrapped__)
        self._looked = True

    def _traced(self, given: _Given) -> Any:
        from mibun.read.environment import snapshot

        paths = self._cache.get(given.key)
        watch = snapshot(self.__wrapped__, *given.objects) if given.objects and paths is None else None
        trace = Trace()
        symbols = given.symbols()
        for symbol, value in zip(symbols, given.values, strict=True):
            trace.values[symbol] = value
        stand_ins = [
            Traced(trace, symbol, value, VARIABLE if i in given.differentiated and not self._keep else INPUT)
            for i, (symbol, value) in enumerate(zip(symbols, given.values, strict=True))
        ]
        trace.inputs = stand_ins
        setup = given.setup(self.__wrapped__, trace, stand_ins, symbols, INPUT if self._keep else VARIABLE)
        with trace.under_way(), growing():
            made = self._transform(setup)
        if trace.turns and not trace.turns.isdisjoint(postorder(*made.nodes)):
            raise UnsupportedOperation("loop_escape")
        values = interpret.finish(made.nodes, trace.values)
        answer = made.assemble(_own(values, given.values))
        if self._snapshot is None or not self._snapshot.unchanged():
            self._looked = self._snapshot is None  # what the function reads was changed by itself: look again
            return answer
        if paths is None:
            paths = Paths(symbols, watch)
        known = paths.watch is not None and paths.watch.unchanged() if given.objects else True
        if known and trace.repeats:
            if len(self._cache) >= KINDS:
                self._cache.clear()
            self._cache[given.key] = paths
            paths.add(trace.guards, Outcome(made.nodes, made.assemble))
        return answer

    # Within another trace

    def _inside(self, trace: Trace, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        given = _Given(args, named, self._argnums, self._title, self._keep)
        nodes = []
        stand_ins = []
        level = max([CONSTANT, *given.levels])
        for i, leaf in enumerate(given.values):
            node, value, own = operand(leaf, trace)
            if i in given.differentiated and not self._keep:
                if node.dtype not in (REAL, SINGLE):
                    node = arrays.cast(node, REAL)
                node = make("alias", node, attrs=fresh())
                value = trace.wrap(node, VARIABLE)._value
                own = max(level, VARIABLE)
            nodes.append(node)
            stand_ins.append(Traced(trace, node, value, own))
        level = max(level, INPUT if self._keep else VARIABLE)
        made = self._transform(given.setup(self.__wrapped__, trace, stand_ins, nodes, level))
        # What a function sees of the outside is not looked for: as a precaution it counts as differentiated.
        wrapped = trace.wrap_all(made.nodes, max(level, VARIABLE))
        return made.assemble(wrapped)


def numbers(argnums: Any) -> int | tuple[int, ...]:
    """``argnums`` as Python's numbers. ``ShapeError`` for what names no arguments."""
    import operator

    try:
        return tuple(map(operator.index, argnums)) if isinstance(argnums, tuple | list) else operator.index(argnums)
    except TypeError:
        raise ShapeError("argnums", given=repr(argnums)) from None


def _any_traced(args: tuple[Any, ...], named: dict[str, Any]) -> bool:
    for value in (*args, *named.values()):
        if type(value) is Traced:
            return True
        nested = isinstance(value, list | tuple | dict) or hasattr(value, "__dataclass_fields__")
        if nested and any(type(leaf) is Traced for leaf in flatten(value)[0]):
            return True
    return False


_ATOMS: Final = frozenset([int, float, bool, str, bytes, complex, type(None)])
_BY_ARGUMENT: Final = frozenset(["grad", "value_and_grad", "jacobian", "hessian"])


class _Same:
    """An object as a part of a key: equal to itself only."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


class _Given:
    """The arguments of one call, flat: those that go into the graph, and those that stay as they are."""

    __slots__ = (
        "arguments",
        "differentiated",
        "keep",
        "key",
        "levels",
        "named",
        "numbers",
        "objects",
        "title",
        "values",
    )

    def __init__(
        self,
        args: tuple[Any, ...],
        named: dict[str, Any],
        argnums: tuple[int, ...] | None,
        title: str,
        keep: bool,
    ) -> None:
        self.title = title
        self.keep = keep
        numbers = tuple(range(len(args))) if argnums is None else argnums
        for number in numbers:
            if not -len(args) <= number < len(args):
                raise ShapeError("argnums_range", given=number, count=len(args), title=title)
        self.numbers = [number % len(args) for number in numbers] if args else []
        self.numbers += range(len(args), len(args) + len(named)) if keep else []
        self.values: list[Any] = []  # of the leaves that go into the graph
        self.levels: list[int] = []
        self.differentiated: set[int] = set()
        self.objects: list[Any] = []  # leaves of which a function may read more than what they are
        self.arguments: list[tuple[Tree, list[int], list[Any]]] = []
        key: list[Any] = []
        for i, value in enumerate(args):
            self._add(value, i in self.numbers, key)
        self.named = tuple(named)
        for name, value in named.items():
            key.append(name)
            self._add(value, False, key)
        self.key = tuple(key)

    def _add(self, argument: Any, wanted: bool, key: list[Any]) -> None:
        leaves, tree = flatten(argument)
        if tree is not LEAF:
            key.append(tree)
        places: list[int] = []
        for leaf in leaves:
            value = as_input(leaf, wanted, self.keep, self.title)
            if value is None:
                if wanted and not self.keep and tree is LEAF and leaf is not None and self.title in _BY_ARGUMENT:
                    raise UnsupportedOperation("argument_kind", kind=type(leaf).__name__, title=self.title)
                places.append(-1)
                if type(leaf) in _ATOMS:
                    key.append((type(leaf), leaf))
                else:
                    key.append(_Same(leaf))
                    self.objects.append(leaf)
                continue
            places.append(len(self.values))
            if wanted or self.keep:
                self.differentiated.add(len(self.values))
            if type(value) is Traced:
                self.levels.append(value.level)
            else:
                key.append((value.shape, value.dtype.char) if value.shape else value.dtype.char)
            self.values.append(value)
        self.arguments.append((tree, places, leaves))

    def symbols(self) -> list[Node]:
        found = []
        for i, value in enumerate(self.values):
            dtype = {"d": REAL, "f": SINGLE, "?": ops.BOOL}.get(value.dtype.char, INTEGER)
            found.append(ops.symbol(f"x{i}", value.shape, dtype))
        return found

    def setup(
        self, fn: Callable[..., Any], trace: Trace, stand_ins: list[Traced], nodes: list[Node], level: int
    ) -> Setup:
        built = []
        for tree, places, leaves in self.arguments:
            built.append(
                tree.build([leaf if at < 0 else stand_ins[at] for at, leaf in zip(places, leaves, strict=True)])
            )
        count = len(built) - len(self.named)
        args, named = built[:count], dict(zip(self.named, built[count:], strict=True))
        order = sorted(self.differentiated)
        rank = {at: i for i, at in enumerate(order)}
        trees = []
        for number in self.numbers:
            tree, places, leaves = self.arguments[number]
            rest = [None if at >= 0 else leaf for at, leaf in zip(places, leaves, strict=True)]
            trees.append((number, tree, [rank[at] if at >= 0 else -1 for at in places], rest))
        return Setup(
            trace,
            lambda: ask(fn, *args, **named),
            [nodes[at] for at in order],
            Nest(trees),
            level,
            named,
        )


def as_input(leaf: Any, wanted: bool, keep: bool, title: str) -> Any:
    """A leaf as it goes into the graph: a NumPy value or a stand-in. ``None`` if it stays what it is."""
    kind = type(leaf)
    if kind is Traced:
        return leaf
    import numpy as np

    if kind is float:
        return np.float64(leaf)
    if kind is np.ndarray or isinstance(leaf, np.ndarray | np.floating):
        code = leaf.dtype.kind
        if code == "f":
            size = leaf.dtype.itemsize
            if size in (4, 8):
                return leaf
            return leaf.astype(np.float32 if size < 4 else np.float64)
        if code in "iub":
            if wanted and not keep:
                return leaf.astype(np.float64)
            return leaf if code == "b" or leaf.dtype == np.int64 else leaf.astype(np.int64)
        if wanted:
            raise UnsupportedOperation("argument_kind", kind=leaf.dtype, title=title)
        return None
    if wanted and (kind is int or isinstance(leaf, np.integer)):
        return np.int64(leaf) if keep else np.float64(leaf)
    if kind is complex or isinstance(leaf, np.complexfloating):
        if wanted:
            raise UnsupportedOperation("argument_kind", kind="complex", title=title)
        return None
    if wanted and not isinstance(leaf, str | bool | type(None)) and hasattr(leaf, "__float__"):
        return np.float64(float(leaf))
    return None


def _own(values: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """Arrays that the caller may keep and change: none that is an argument, a constant, or a part of another array."""
    import numpy as np

    seen = {id(other) for other in others}
    found: list[Any] = []
    for value in values:
        if type(value) is np.float64 or (type(value) is np.ndarray and not value.shape and value.dtype == np.float64):
            found.append(float(value))
        elif type(value) is not np.ndarray:
            found.append(value)
        else:
            shared = value.base is not None or id(value) in seen or not value.flags.writeable
            found.append(value.copy() if shared else value)
            seen.add(id(value))
    return found


# What comes out of a function


def outputs(
    result: Any, trace: Trace, whole: bool = False, extra: bool = False
) -> tuple[list[Node], Tree, list[Any], list[int]]:
    """The leaves of a result as nodes, its nesting, the leaves themselves, and which node each is (-1: none).

    With ``whole`` whole numbers stay such. What is ``extra`` is not differentiated: plain numbers in it are no nodes.
    """
    leaves, tree = flatten(result)
    nodes: list[Node] = []
    places: list[int] = []
    for leaf in leaves:
        if type(leaf) is Traced:
            trace.own(leaf)
        node = None if extra and type(leaf) in (int, float) else as_node(leaf, trace, whole)
        if node is None and type(leaf) not in _ATOMS:
            trace.repeats = False  # an object that the function made, perhaps: a new one each time
        places.append(-1 if node is None else len(nodes))
        if node is not None:
            nodes.append(node)
    # What is kept with a path must not keep the run alive.
    return nodes, tree, [leaf if at < 0 else None for leaf, at in zip(leaves, places, strict=True)], places


def as_node(leaf: Any, trace: Trace, whole: bool = False) -> Node | None:
    """The node of something that a function returned; ``None`` for what is no number. ``whole`` as above."""
    import numpy as np

    if type(leaf) is Traced:
        trace.own(leaf)
        return leaf.node
    if isinstance(leaf, bool | str | type(None)):
        return None
    if isinstance(leaf, int | float | np.ndarray | np.generic):
        array = np.asarray(leaf)
        if array.dtype == object and any(type(part) is Traced for part in array.flat):
            raise UnsupportedOperation("trace_array", **where())
        if array.dtype.kind in "iuf":
            node = constant(array.astype(np.float64) if array.dtype.kind != "f" and not whole else array)
            trace.values[node] = node.attrs.array[()]
            return node
    return None


def scalar(result: Any, trace: Trace, title: str) -> Node:
    """The node of a result that has to be one number. ``ShapeError`` for an array, ``UnsupportedOperation`` else."""
    node = as_node(result, trace)
    if node is None and flatten(result)[1] is not LEAF:
        raise ShapeError("not_single", kind=type(result).__name__, title=title)
    if node is None:
        raise UnsupportedOperation("no_number", kind=type(result).__name__, title=title)
    if node.shape:
        raise ShapeError("not_scalar", shape=node.shape, title=title)
    if node.dtype in (INTEGER, ops.BOOL):
        node = arrays.cast(node, REAL)
    return node


def shaped(node: Node, like: Node) -> Node:
    """A derivative with the shape and the precision of what it is the derivative by."""
    return arrays.cast(arrays.full(node, like), like.dtype)


def replace_leaves(tree: Tree, leaves: Sequence[Any], places: Sequence[int], values: Sequence[Any]) -> Any:
    return tree.build([leaf if at < 0 else values[at] for at, leaf in zip(places, leaves, strict=True)])


__all__ = ["Derived", "Made", "MibunError", "Setup", "outputs", "scalar", "shaped"]
