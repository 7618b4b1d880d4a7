"""What is done with one run of a Python function: :func:`graph` shows it, :func:`check` asks whether all ways to its
derivatives agree.
"""

from __future__ import annotations

import inspect
import linecache
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

from mibun import diagrams, ops
from mibun.errors import ShapeError, UnsupportedOperation
from mibun.function import Function, function
from mibun.node import Node
from mibun.trace.traced import VARIABLE, Trace, Traced
from mibun.transforms.derived import as_input, outputs
from mibun.transforms.trees import Tree, flatten

if TYPE_CHECKING:
    from mibun.checks import Report
    from mibun.checks.code import CodeReport
    from mibun.write.diagram import Diagram


def graph(fn: Callable[..., Any], /, *args: Any, argnums: Any = None) -> Diagram:
    """The computation graph of ``fn(*args)``: the value of every step, local partial derivatives, adjoints coming back.

    ``fn`` is plain Python and NumPy, or a :class:`mibun.Function`. Arguments may be nested; those named in ``argnums``
    (all, if it is left out) are variables, the others plain data: arrays among them appear under their names. Calls of
    named functions within ``fn`` are folded into one box each: ``.open("layer 1")`` and ``.open_all()`` open them.
    ``.text()``, ``.svg()``, ``.html()`` and ``.json()`` show the graph, ``.steps`` go through it;
    ``.path("w", (0, 1))`` says why the derivative by one entry of w is what it is. Where there are several values, the
    adjoints are the derivatives of their sum.

    >>> import numpy as np
    >>> def layer(x, w):
    ...     return np.tanh(x * w)
    >>> def model(x, w, v):
    ...     return layer(layer(x, w), v)
    >>> diagram = graph(model, 0.5, 1.0, 2.0)
    >>> [box.label for box in diagram.view.boxes if box.kind != "input"]
    ['layer 1', 'layer 2']

    Raises as :func:`mibun.grad` for what cannot be traced.
    """
    if isinstance(fn, Function):
        return fn.graph(at=list(args) if args else None)
    import numpy as np

    trace = Trace()
    inner = _inner(fn)
    record = _Record(getattr(inner, "__code__", None))
    trace.values = record
    chosen = set(range(len(args))) if argnums is None else {argnums} if isinstance(argnums, int) else set(argnums)
    if not chosen <= set(range(len(args))):
        raise ShapeError("argnums_range", given=max(chosen), count=len(args), title="graph")
    labels: dict[str, str] = {}
    known: dict[Node, str] = {}
    built: list[Any] = []
    for number, (name, value) in enumerate(zip(_names(fn, len(args)), args, strict=True)):
        leaves, tree = flatten(value)
        if number not in chosen:
            built.append(value)
            for leaf, label in zip(leaves, _labels(name, tree), strict=True):
                if isinstance(leaf, np.ndarray) and leaf.shape and leaf.dtype.kind in "biuf":
                    known.setdefault(trace.data(leaf), label)
            continue
        stand_ins = []
        for leaf, label in zip(leaves, _labels(name, tree), strict=True):
            given = as_input(leaf, True, False, "graph")
            if given is None:
                stand_ins.append(leaf)
                continue
            own = f"x{len(labels)}"
            symbol = ops.symbol(own, given.shape, ops.SINGLE if given.dtype.char == "f" else ops.REAL)
            record[symbol] = given
            labels[own] = label
            stand_ins.append(Traced(trace, symbol, given, VARIABLE))
        built.append(tree.build(stand_ins))
    try:
        with trace.under_way(), np.errstate(all="ignore"):
            nodes, *_ = outputs(fn(*built), trace)
    finally:
        groups = record.groups()
    if not nodes:
        raise UnsupportedOperation("no_number", kind="None", title="graph")
    title = getattr(fn, "__name__", getattr(inner, "__name__", "f"))
    values = {node.attrs: value for node, value in record.items() if node.op == "symbol"}
    return diagrams.of_nodes(
        nodes,
        values,
        variables=list(labels),
        name="f" if title in ("<lambda>", "__call__") else title,
        groups=groups,
        sources=record.sources,
        labels=labels,
        known=known,
    )


def check(fn: Any, /, *at: Any) -> Report | CodeReport:
    """Whether all ways to the derivatives agree: of a formula as :meth:`mibun.Function.check`, of code at one point.

    ``fn`` is a :class:`mibun.Function`, text, or plain NumPy code; ``at`` are the arguments of the code: numbers,
    arrays or nests of them (one tuple for a function of several arguments will do as well). Compared are forward mode,
    reverse mode, a second call, and numerical derivatives with their bounds. The result has ``ok``, ``worst`` and a
    text.

    >>> import numpy as np
    >>> check(lambda x: np.sum(np.sin(x) ** 2), np.array([1.0, 2.0])).ok
    True
    """
    from mibun.checks.code import check_code

    if isinstance(fn, str):
        fn = function(fn)
    if isinstance(fn, Function):
        return fn.check()
    if not callable(fn):
        raise UnsupportedOperation("not_callable", kind=type(fn).__name__)
    if len(at) == 1 and isinstance(at[0], tuple) and len(_required(fn)) > 1:
        at = at[0]
    return check_code(fn, at)


def _required(fn: Callable[..., Any]) -> list[str]:
    try:
        parameters = inspect.signature(fn).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind in kinds]


def _inner(fn: Any) -> Any:
    """The Python function within a partial or a transformed one; the method by which an object is called."""
    while not hasattr(fn, "__code__"):
        within = fn.func if isinstance(fn, partial) else getattr(fn, "__wrapped__", None)
        if within is None:
            return type(fn).__call__
        fn = within
    return fn


def _names(fn: Callable[..., Any], count: int) -> list[str]:
    """What the arguments are called."""
    try:
        parameters = list(inspect.signature(fn).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    found: list[str] = []
    for parameter in parameters:
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            found += [f"{parameter.name}[{i}]" for i in range(count - len(found))]
        elif parameter.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD):
            found.append(parameter.name)
    return [*found, *[f"x{i}" for i in range(count)]][:count] if len(found) < count else found[:count]


def _labels(name: str, tree: Tree) -> list[str]:
    """What the parts of a nested argument are called: the keys of a dict as they are, else name[0], name.field."""
    found = []
    for path in tree.paths():
        keys = [key for key in path if isinstance(key, str)]
        rest = "".join([f"[{key}]" if not isinstance(key, str) else f".{key}" for key in path])
        found.append(str(keys[-1]) if path and len(keys) == len(path) == 1 else name + rest)
    return found if len(set(found)) == len(found) else [name + f"[{i}]" for i in range(len(found))]


class _Record(dict[Node, Any]):
    """The values of a trace, which remembers for each node the calls and the line of code that made it."""

    def __init__(self, start: Any) -> None:
        super().__init__()
        self._start = start
        self._frames: dict[FrameType, tuple[str, int]] = {}  # held, so that none is taken for another
        self._counts: Counter[str] = Counter()
        self._paths: dict[Node, tuple[tuple[str, int], ...]] = {}
        self.sources: dict[Node, str] = {}

    def __setitem__(self, node: Node, value: Any) -> None:
        if node not in self:
            self._note(node)
        super().__setitem__(node, value)

    def setdefault(self, node: Node, default: Any = None) -> Any:
        if node not in self:
            self[node] = default
        return self[node]

    def _note(self, node: Node) -> None:
        frame: FrameType | None = sys._getframe(2)
        mine: list[FrameType] = []
        while frame is not None and frame.f_code is not self._start:
            if not _is_library(frame) and not frame.f_code.co_name.startswith("<"):
                mine.append(frame)
            if frame.f_code is graph.__code__:
                return  # before the function itself, or one without Python code
            frame = frame.f_back
        if frame is None:
            return
        path = []
        for call in reversed(mine):
            if call not in self._frames:
                name = call.f_code.co_name
                self._counts[name] += 1
                self._frames[call] = name, self._counts[name]
            path.append(self._frames[call])
        self._paths[node] = tuple(path)
        here = mine[0] if mine else frame
        self.sources[node] = linecache.getline(here.f_code.co_filename, here.f_lineno, here.f_globals).strip()

    def groups(self) -> dict[Node, tuple[str, ...]]:
        """For each node the calls that it is part of; those of a function called more than once are numbered."""
        found = {
            node: tuple([f"{name} {i}" if self._counts[name] > 1 else name for name, i in path])
            for node, path in self._paths.items()
        }
        self._frames.clear()
        return found


def _is_library(frame: FrameType) -> bool:
    module = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    examples = frame.f_code.co_filename.startswith("<doctest")  # in a docstring: a user's code
    return module in ("mibun", "numpy", "optree", "scipy") and not examples
