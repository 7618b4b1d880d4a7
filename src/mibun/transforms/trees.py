"""Arguments nested in tuples, lists, dicts and dataclasses, as a flat list of what they hold.

optree does it; plain arrays and numbers, the usual case, need none of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Final

_NAMESPACE: Final = "mibun"
_PLAIN: Final = {float, int}


class Tree:
    """How a flat list was nested. Equal trees nest alike."""

    __slots__ = ("_spec",)

    def __init__(self, spec: Any) -> None:
        self._spec = spec

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tree) and self._spec == other._spec

    def __hash__(self) -> int:
        return hash(self._spec)

    @property
    def count(self) -> int:
        return 1 if self._spec is None else int(self._spec.num_leaves)

    @property
    def single(self) -> bool:
        """Whether there is no nesting at all."""
        return self._spec is None

    def build(self, leaves: Sequence[Any]) -> Any:
        """The leaves, nested again."""
        return leaves[0] if self._spec is None else self._spec.unflatten(leaves)

    def paths(self) -> list[tuple[Any, ...]]:
        """For each leaf the keys that lead to it."""
        return [()] if self._spec is None else [tuple(path) for path in self._spec.paths()]

    def spread(self, prefix: Any) -> list[Any] | None:
        """One value for each leaf, from a nest that ends at this one's leaves or before; ``None`` if it is another."""
        if self._spec is None:
            return [prefix] if flatten(prefix)[1] is LEAF else None
        import optree

        try:
            return optree.broadcast_prefix(
                prefix, self.build(range(self.count)), none_is_leaf=True, namespace=_NAMESPACE
            )
        except ValueError:
            return None


LEAF: Final = Tree(None)


def flatten(value: Any) -> tuple[list[Any], Tree]:
    """What ``value`` holds, and how it was nested."""
    kind = type(value)
    if kind in _PLAIN or hasattr(value, "__array__") or kind is str or value is None:
        return [value], LEAF
    import optree

    leaves, spec = optree.tree_flatten(value, none_is_leaf=True, namespace=_NAMESPACE)
    unknown = {type(leaf) for leaf in leaves if dataclasses.is_dataclass(leaf) and not isinstance(leaf, type)}
    if unknown:
        for cls in unknown:
            _register(cls)
        return flatten(value)
    if len(leaves) == 1 and leaves[0] is value:
        return leaves, LEAF
    return leaves, Tree(spec)


def _register(cls: type) -> None:
    import optree

    names = tuple([field.name for field in dataclasses.fields(cls)])

    def take(value: Any) -> Any:
        return [getattr(value, name) for name in names], names, names

    def put(names: Any, parts: Any) -> Any:
        made: Any = object.__new__(cls)
        for name, part in zip(names, parts, strict=True):
            object.__setattr__(made, name, part)
        return made

    optree.register_pytree_node(cls, take, put, namespace=_NAMESPACE)
