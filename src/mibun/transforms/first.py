"""First derivatives: the gradient, and products of the Jacobian with a vector from either side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from types import FunctionType, MethodType
from typing import Any

from mibun import arrays, chain
from mibun.errors import ShapeError
from mibun.node import Node
from mibun.ops import ONE, ZERO
from mibun.trace.traced import running
from mibun.transforms.derived import Derived, Made, Setup, as_node, numbers, outputs, replace_leaves, scalar, shaped
from mibun.transforms.trees import Tree, flatten


def _pulled(setup: Setup, node: Node) -> list[Node]:
    found = chain.pull_back({node: ONE}, setup.variables)
    return [shaped(g, x) for g, x in zip(found, setup.variables, strict=True)]


def _gradient(title: str, single: bool, with_value: bool, has_aux: bool) -> Callable[[Setup], Made]:
    def transform(setup: Setup) -> Made:
        result = setup.call()
        extra: tuple[Tree, list[Any], list[int]] | None = None
        nodes: list[Node] = []
        if has_aux:
            if not isinstance(result, tuple | list) or len(result) != 2:
                raise ShapeError("aux", title=title)
            result, aux = result
            nodes, tree, leaves, places = outputs(aux, setup.trace, whole=True, extra=True)
            extra = tree, leaves, places
        node = scalar(result, setup.trace, title)
        grads = _pulled(setup, node)
        count, nest = len(grads), setup.nest

        def assemble(values: Sequence[Any]) -> Any:
            gradient = nest.arguments(values[1 : 1 + count], single)
            if not has_aux:
                return (values[0], gradient) if with_value else gradient
            assert extra is not None
            more = replace_leaves(*extra, values[1 + count :])
            return ((values[0], more), gradient) if with_value else (gradient, more)

        return Made([node, *grads, *nodes], assemble)

    return transform


def grad(fn: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The gradient of a function with one value, by reverse mode.

    ``fn`` is plain Python and NumPy over floats, arrays, and tuples, lists, dicts and dataclasses of them, or a
    :class:`mibun.Function`. The gradient has the structure, shapes and precisions of the argument ``argnums``, or is a
    tuple for a sequence of them. With ``has_aux`` the function returns (value, anything else), the gradient comes as
    (gradient, anything else).

    >>> import numpy as np
    >>> grad(lambda x: np.sum(np.sin(x) ** 2))(np.array([0.0, np.pi / 4]))
    array([0., 1.])
    >>> grad(lambda p: p["a"] * p["b"] ** 2)({"a": 2.0, "b": 3.0})
    {'a': 9.0, 'b': 12.0}

    The function is called once for each way that its control flow takes; after that its graph is run instead, as long
    as all that it reads besides its arguments stays the same. Raises ``ShapeError`` where the value is no single
    number, ``UnsupportedOperation`` for what cannot be traced, with the place in the code of ``fn``.
    """
    return _shared("grad", fn, numbers(argnums), has_aux)


def value_and_grad(
    fn: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Like :func:`grad`, but returns the value, too: (value, gradient), in one pass.

    >>> value_and_grad(lambda x, y: x * y**2)(2.0, 3.0)
    (18.0, 9.0)
    """
    return _shared("value_and_grad", fn, numbers(argnums), has_aux)


def _shared(title: str, fn: Callable[..., Any], argnums: int | tuple[int, ...], has_aux: bool) -> Derived:
    """One derived callable for all who ask for the same one, as one written within a loop does: what it has learnt is
    kept. Of functions that may hold data only the last few are, and none that may hold values of a trace."""
    if isinstance(fn, FunctionType) and fn.__closure__ is None:
        return _kept(title, fn, argnums, has_aux)
    if isinstance(fn, FunctionType | MethodType) and not running():
        return _recent(title, fn, argnums, has_aux)
    return _gradient_of(title, fn, argnums, has_aux)


def _gradient_of(title: str, fn: Callable[..., Any], argnums: int | tuple[int, ...], has_aux: bool) -> Derived:
    transform = _gradient(title, isinstance(argnums, int), title == "value_and_grad", has_aux)
    return Derived(fn, transform, argnums, title)


_kept = lru_cache(maxsize=256)(_gradient_of)
_recent = lru_cache(maxsize=8)(_gradient_of)


# Products with a vector


def _directions(setup: Setup, given: Sequence[Any], title: str) -> dict[Node, Node]:
    """A tangent for each variable, from arguments that came after those of the function."""

    found: dict[Node, Node] = {}
    for (_, tree, places, _leaves), tangent in zip(setup.nest.trees, given, strict=True):
        leaves, other = flatten(tangent)
        if len(leaves) != len(places) or (other != tree and not (other.single and tree.single)):
            raise ShapeError("tangent_tree", title=title)
        for at, leaf in zip(places, leaves, strict=True):
            if at < 0:
                continue
            x = setup.variables[at]
            node = as_node(leaf, setup.trace)
            if node is None or node.shape != x.shape:
                shape = getattr(leaf, "shape", ())
                raise ShapeError("tangent_shape", given=shape, wanted=x.shape, title=title)
            found[x] = arrays.cast(node, x.dtype)
    return found


def _product(fn: Callable[..., Any], count: int, kind: str) -> Derived:
    """A callable of the function's arguments and as many directions."""

    def transform(setup: Setup) -> Made:
        result, more = setup.call()
        if kind == "jvp":
            nodes, tree, leaves, places = outputs(result, setup.trace)
            tangents = _directions(setup, more, "jvp")
            moved = [shaped(t, x) for t, x in zip(chain.push_along(nodes, tangents), nodes, strict=True)]
            n = len(nodes)
            return Made(
                [*nodes, *moved],
                lambda values: (
                    replace_leaves(tree, leaves, places, values[:n]),
                    replace_leaves(tree, leaves, places, values[n:]),
                ),
            )
        node = scalar(result, setup.trace, "hvp")
        grads = chain.pull_back({node: ONE}, setup.variables)
        tangents = _directions(setup, more, "hvp")
        moved = [shaped(t, x) for t, x in zip(chain.push_along(grads, tangents), setup.variables, strict=True)]
        return Made(moved, partial(setup.nest.arguments, single=False))

    def both(*args: Any) -> Any:
        return fn(*args[:count]), args[count:]

    both.__wrapped__ = fn  # type: ignore[attr-defined]  # what is read is what fn reads
    derived = Derived(both, transform, tuple(range(count)), kind)
    return derived


def _of(fn: Callable[..., Any], count: int, kind: str) -> Derived:
    """The derived callable behind a function that is called with everything at once, kept as that of a gradient is."""
    if isinstance(fn, FunctionType) and fn.__closure__ is None:
        return _kept_of(fn, count, kind)
    by_identity: bool = isinstance(fn, MethodType) or getattr(type(fn), "__hash__", None) is object.__hash__
    if by_identity and not running():
        return _recent_of(fn, count, kind)
    return _build(fn, count, kind)


def _build(fn: Callable[..., Any], count: int, kind: str) -> Derived:
    return {"vjp": _pulled_by, "value": _values_of}.get(kind, _product)(fn, count, kind)


_kept_of = lru_cache(maxsize=256)(_build)
_recent_of = lru_cache(maxsize=8)(_build)


def jvp(fn: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """(value, derivative along a direction), by forward mode. ``primals`` and ``tangents`` are tuples of arguments.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)
    """
    primals, tangents = _tuples(primals, tangents, "jvp")
    return _of(fn, len(primals), "jvp")(*primals, *tangents)  # type: ignore[no-any-return]


def hvp(fn: Callable[..., Any], primals: Any, v: Any) -> Any:
    """The Hessian times a vector, by forward over reverse mode: nothing of the size of the Hessian is built.

    ``primals`` and ``v`` are tuples of arguments, as for :func:`jvp`, and so is the result; or one argument each.

    >>> hvp(lambda x: x[0] ** 2 * x[1], [1.0, 2.0], [1.0, 0.0])
    [4.0, 2.0]
    """
    if isinstance(primals, tuple):
        primals, v = _tuples(primals, v, "hvp")
        return _of(fn, len(primals), "hvp")(*primals, *v)
    return _of(fn, 1, "hvp")(primals, v)[0]


def _tuples(primals: Any, tangents: Any, title: str) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    if not isinstance(primals, tuple | list) or not isinstance(tangents, tuple | list) or len(primals) != len(tangents):
        raise ShapeError("primals", title=title)
    return tuple(primals), tuple(tangents)


def vjp(fn: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """(value, function from a cotangent of the value to cotangents of the arguments), by reverse mode.

    >>> value, back = vjp(lambda x, y: (x * y, x), 2.0, 3.0)
    >>> value, back((1.0, 10.0))
    ((6.0, 2.0), (13.0, 2.0))
    """
    pulled = _of(fn, len(primals), "vjp")
    value = _of(fn, len(primals), "value")(*primals)

    def back(cotangent: Any) -> tuple[Any, ...]:
        return pulled(*primals, cotangent)  # type: ignore[no-any-return]

    return value, back


def _values_of(fn: Callable[..., Any], count: int, kind: str) -> Derived:
    """The function itself, traced."""

    def transform(setup: Setup) -> Made:
        nodes, tree, leaves, places = outputs(setup.call(), setup.trace)
        return Made(nodes, lambda values: replace_leaves(tree, leaves, places, values))

    return Derived(fn, transform, None, "vjp")


def _pulled_by(fn: Callable[..., Any], count: int, kind: str) -> Derived:

    def transform(setup: Setup) -> Made:
        result, more = setup.call()
        nodes, _, leaves, places = outputs(result, setup.trace)
        given, _ = flatten(more)
        if len(given) != len(leaves):
            raise ShapeError("tangent_tree", title="vjp")
        cotangents: dict[Node, Node] = {}
        for at, leaf in zip(places, given, strict=True):
            if at < 0:
                continue
            node = as_node(leaf, setup.trace)
            if node is None or node.shape != nodes[at].shape:
                raise ShapeError("tangent_shape", given=getattr(leaf, "shape", ()), wanted=nodes[at].shape, title="vjp")
            chain.gather(cotangents, nodes[at], arrays.cast(node, nodes[at].dtype))
        found = chain.pull_back(cotangents, setup.variables) if cotangents else [ZERO] * len(setup.variables)
        grads = [shaped(g, x) for g, x in zip(found, setup.variables, strict=True)]
        return Made(grads, partial(setup.nest.arguments, single=False))

    def both(*args: Any) -> Any:
        return fn(*args[:count]), args[count]

    both.__wrapped__ = fn  # type: ignore[attr-defined]
    return Derived(both, transform, tuple(range(count)), "vjp")
