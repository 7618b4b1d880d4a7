"""Derivatives that cannot be found by looking: of foreign functions, and of the solutions of equations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mibun import arrays, chain, ops
from mibun.errors import ShapeError, UnsupportedOperation
from mibun.loops import Body, Call
from mibun.node import Node, postorder
from mibun.ops import INTEGER, REAL, SINGLE, make
from mibun.run import interpret
from mibun.trace.traced import TURN, VARIABLE, Mixed, Trace, Traced, ask, operand, running
from mibun.transforms.derived import as_node, fresh
from mibun.transforms.trees import Tree, flatten


class Custom:
    """A function that is called and not traced, with a rule for its derivative."""

    def __init__(self, fn: Callable[..., Any], rule: Callable[[tuple[Any, ...], tuple[Any, ...]], Any]) -> None:
        for given in (fn, rule):
            if not callable(given):
                raise UnsupportedOperation("not_callable", kind=type(given).__name__)
        self.__wrapped__ = fn
        self.rule = rule
        self.__name__ = getattr(fn, "__name__", "custom")
        self.__doc__ = getattr(fn, "__doc__", None)

    def __repr__(self) -> str:
        return f"<mibun.custom({self.__name__})>"

    def __call__(self, *args: Any) -> Any:
        traces = running()
        leaves, tree = flatten(args)
        if not traces or not any(type(leaf) is Traced for leaf in leaves):
            return self.__wrapped__(*args)
        trace = next(leaf.record for leaf in leaves if type(leaf) is Traced)
        return self._call(trace, leaves, tree)

    def _call(self, trace: Trace, leaves: list[Any], tree: Tree) -> Any:
        import numpy as np

        places = [
            i
            for i, leaf in enumerate(leaves)
            if type(leaf) is Traced or isinstance(leaf, float | np.ndarray | np.floating)
        ]
        found = [operand(leaves[i], trace) for i in places]
        args = [arrays.cast(node, REAL) if node.dtype is ops.NUMBER else node for node, _, _ in found]
        level = max([level for _, _, level in found])

        fixed = [None if i in places else leaf for i, leaf in enumerate(leaves)]  # nothing of this run is kept

        def nested(values: Sequence[Any]) -> Any:
            full = list(fixed)
            for i, value in zip(places, values, strict=True):
                full[i] = value
            return tree.build(full)

        which = [(type(leaf), leaf if isinstance(leaf, int | str) else id(leaf)) for leaf in fixed]

        def key(nodes: Sequence[Node]) -> Any:
            return self, tree, *which, *nodes

        shape_of: list[Tree] = []

        def plain(*values: Any) -> list[Any]:
            held = running()[:]
            running().clear()
            try:
                result = self.__wrapped__(*nested([_copy(value) for value in values]))
            finally:
                running()[:] = held
            parts, nest = flatten(result)
            shape_of[:] = [nest]
            return [np.array(part) for part in parts]  # the function may keep its own and write to it

        if key(args) in trace.answers:
            return trace.answers[key(args)]
        trace.wrap_all(args, level)
        given = [trace.values[arg] for arg in args]
        first = plain(*given)
        results = tuple([(part.shape, _dtype(part)) for part in first])
        nest = shape_of[0]
        stamp = fresh()

        def rule() -> Body:
            return self._rule(given, first, results, nest, nested, key, stamp)

        node = make("call", *args, attrs=Call(plain, results, rule, self.__name__))
        trace.values.setdefault(
            node, tuple([part.astype(dtype)[()] for part, (_, dtype) in zip(first, results, strict=True)])
        )
        return nest.build(trace.wrap_all([arrays.item(node, i) for i in range(len(results))], level))

    def _rule(
        self,
        samples: Sequence[Any],
        first: Sequence[Any],
        results: Sequence[tuple[Any, str]],
        nest: Tree,
        nested: Callable[[Sequence[Any]], Any],
        key: Callable[[Sequence[Node]], Any],
        stamp: int,
    ) -> Body:
        """The rule, traced on symbols for arguments, values and tangents. They have the values of the first call, so
        that foreign functions which the rule calls see arguments that occur; the value itself is known without one."""
        import numpy as np

        trace = Trace()

        def stand_ins(letter: str, values: Sequence[Any], dtypes: Sequence[str]) -> list[Traced]:
            found = []
            for i, (value, dtype) in enumerate(zip(values, dtypes, strict=True)):
                symbol = ops.symbol(f"{letter}{stamp}_{i}", np.shape(value), dtype)
                trace.values[symbol] = np.asarray(value, dtype)[()]
                found.append(Traced(trace, symbol, trace.values[symbol], TURN))
            return found

        dtypes = [_dtype(np.asarray(value)) for value in samples]
        primals = stand_ins("u", samples, dtypes)
        values = stand_ins("v", first, [dtype for _, dtype in results])
        moved = stand_ins("t", [np.full(np.shape(value), 0.5) for value in samples], dtypes)
        ins, outs, tangents = ([x.node for x in group] for group in (primals, values, moved))
        trace.answers[key(ins)] = nest.build(values)
        held = running()[:]
        running().clear()
        try:
            with trace.under_way(), np.errstate(all="ignore"):
                answer = ask(self.rule, nested(primals), nested(moved))
        except Mixed:
            raise UnsupportedOperation("custom_closure", name=self.__name__) from None
        finally:
            running()[:] = held
        pair = isinstance(answer, tuple) and len(answer) == 2
        if pair and (nest.single or nest.count != 2 or isinstance(answer[0], tuple | list)):
            answer = answer[1]
        leaves, _ = flatten(answer)
        if len(leaves) != len(outs):
            raise ShapeError("custom_rule", name=self.__name__, given=_several(len(leaves)), wanted=_several(len(outs)))
        found = []
        for leaf, symbol in zip(leaves, outs, strict=True):
            node = as_node(leaf, trace)
            if node is None or not arrays.fits(node.shape, symbol.shape):
                given = type(leaf).__name__ if node is None else node.shape
                raise ShapeError("custom_rule", name=self.__name__, given=given, wanted=symbol.shape)
            found.append(arrays.cast(arrays.full(node, symbol), symbol.dtype))
        if not _linear(found, tangents, trace.values):
            raise UnsupportedOperation("custom_linear", name=self.__name__)
        return Body((*ins, *outs, *tangents), tuple(found))


def _several(count: int) -> str:
    return f"({', '.join('…' * count)})"


def _linear(nodes: Sequence[Node], tangents: Sequence[Node], values: Mapping[Node, Any]) -> bool:
    """Whether nothing comes of no tangents, and slopes do not depend on them."""
    import numpy as np

    at_rest = {x: value for x, value in values.items() if x.op == "symbol"}
    at_rest |= {x: np.zeros(x.shape, x.dtype)[()] for x in tangents}
    with np.errstate(all="ignore"):
        interpret.fill(nodes, at_rest)
    if any(np.any(np.abs(at_rest[node]) > 0) for node in nodes):
        return False
    slopes = chain.pull_back({node: arrays.full(ops.ONE, node) for node in nodes}, tangents)
    return not set(tangents).intersection(postorder(*slopes))


def _copy(value: Any) -> Any:
    return value.copy() if hasattr(value, "copy") else value


def _dtype(part: Any) -> str:
    kind = part.dtype.kind
    if kind in "iub":
        return INTEGER if kind != "b" else ops.BOOL
    return SINGLE if part.dtype.itemsize <= 4 else REAL


def custom(fn: Callable[..., Any], rule: Callable[[tuple[Any, ...], tuple[Any, ...]], Any]) -> Callable[..., Any]:
    """A function that mibun cannot see into, with its derivative.

    ``rule(primals, tangents)`` takes the tuple of arguments and the tuple of their tangents, and returns the tangent of
    the value, or (value, tangent) as in JAX's ``custom_jvp``. It is plain NumPy, linear in the tangents, and may use
    custom functions in turn; both directions and higher derivatives come from it.

    >>> import math
    >>> sine = custom(math.sin, lambda x, dx: np.cos(x[0]) * dx[0])
    >>> import numpy as np
    >>> from mibun.transforms import grad
    >>> round(grad(lambda x: sine(x) ** 2)(1.0), 12) == round(math.sin(2.0), 12)
    True
    """
    return Custom(fn, rule)


def implicit(solve: Callable[..., Any], residual: Callable[..., Any]) -> Callable[..., Any]:
    """The solution x of residual(x, *args) = 0 as a differentiable function of ``args``, however it is found.

    ``solve(*args)`` returns x, a number or an array; it is called, never traced. For a fixed point x = T(x, *args) give
    ``residual=lambda x, *args: T(x, *args) - x``. The derivative is that of the implicit function theorem: the residual
    is linear in it.

    >>> root = implicit(lambda a: a**0.5, lambda x, a: x**2 - a)
    >>> from mibun.transforms import grad
    >>> grad(root)(4.0)
    0.25
    """
    from mibun.transforms.first import jvp
    from mibun.transforms.matrices import jacobian

    def rule(args: tuple[Any, ...], tangents: tuple[Any, ...]) -> Any:
        import numpy as np

        x = found(*args)
        moved = jvp(lambda *given: residual(x, *given), args, tangents)[1]
        if not np.shape(x):
            return -moved / jacobian(residual)(x, *args)
        n = np.size(x)
        matrix = np.reshape(jacobian(residual)(x, *args), (n, n))
        return -np.reshape(_solve(matrix, np.reshape(moved, (n,))), np.shape(x))

    rule.__wrapped__ = residual  # type: ignore[attr-defined]  # what is read is what the residual reads
    found = Custom(solve, rule)
    found.__name__ = getattr(solve, "__name__", "implicit")
    return found


def _solve(matrix: Any, right: Any) -> Any:
    """Without a look at the numbers, which are not known while the rule is traced."""
    trace = next(x.record for x in (matrix, right) if type(x) is Traced)
    a, b = (operand(x, trace)[0] for x in (matrix, right))
    return trace.wrap(arrays.reshape(make("solve", a, arrays.reshape(b, (*b.shape, 1))), b.shape), VARIABLE)
