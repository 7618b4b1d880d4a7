"""Nests as flat lists, and back."""

from __future__ import annotations

import collections
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest

from mibun.transforms.trees import LEAF, flatten


class Pair(NamedTuple):
    a: Any
    b: Any


@dataclass
class Node:
    value: Any
    children: list[Any] = field(default_factory=list)


NESTS = [
    (1.0, [1.0]),
    (None, [None]),
    ("text", ["text"]),
    (np.arange(3), None),
    ((), []),
    ({}, []),
    ([1, (2, 3)], [1, 2, 3]),
    ({"b": 1, "a": {"c": 2}}, [2, 1]),
    (collections.OrderedDict(b=1, a=2), [1, 2]),
    (collections.deque([1, 2]), [1, 2]),
    (Pair(1, (None, "x")), [1, None, "x"]),
    (Node(1, [Node(2), Node(3, [4])]), [1, 2, 3, 4]),
]


@pytest.mark.parametrize(("nest", "leaves"), NESTS)
def test_there_and_back(nest: Any, leaves: list[Any] | None) -> None:
    found, tree = flatten(nest)
    assert leaves is None or found == leaves
    assert tree.count == len(found)
    built = tree.build(found)
    assert built is nest if tree is LEAF else built == nest
    other = tree.build([i for i, _ in enumerate(found)])
    assert flatten(other)[0] == list(range(len(found)))
    assert flatten(nest)[1] == tree
    assert hash(flatten(nest)[1]) == hash(tree)
    assert len(tree.paths()) == tree.count


def test_different_nests() -> None:
    trees = [flatten(nest)[1] for nest, _ in NESTS if flatten(nest)[1] is not LEAF]
    assert len(set(trees)) == len(trees)
    assert flatten([1, 2])[1] != flatten((1, 2))[1]
    assert LEAF.single
    assert not flatten([1])[1].single


def test_paths() -> None:
    _, tree = flatten({"layers": [(1, 2)], "rate": 3})
    assert tree.paths() == [("layers", 0, 0), ("layers", 0, 1), ("rate",)]
    assert LEAF.paths() == [()]


def test_a_prefix_is_spread_over_the_leaves() -> None:
    _, tree = flatten({"a": (1, 2), "b": [3, None]})
    assert tree.spread(0) == [0, 0, 0, 0]
    assert tree.spread(None) == [None] * 4
    assert tree.spread({"a": 0, "b": None}) == [0, 0, None, None]
    assert tree.spread({"a": (0, 1), "b": [None, 2]}) == [0, 1, None, 2]
    for other in ({"a": 0}, (0, 1), {"a": (0,), "b": 0}, {"a": 0, "b": (0, 0)}):
        assert tree.spread(other) is None
    assert LEAF.spread(1) == [1]
    assert LEAF.spread((1, 2)) is None


def test_subclasses_of_containers() -> None:
    class Names(dict[str, Any]):
        pass

    class Numbers(list[Any]):
        pass

    assert flatten(Names(a=1))[1] is LEAF
    assert flatten(Numbers([1]))[1] is LEAF
