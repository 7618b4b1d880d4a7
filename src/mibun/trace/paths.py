"""The ways that a traced function was seen to take, so that it need not be called again.

A path is the record of one run: decisions, each a node and the value that it had, and what came out. Paths that begin
alike share their beginning: together they are a tree, whose inner nodes work out one decision each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from mibun.node import Node
from mibun.run import interpret
from mibun.trace.traced import decided

if TYPE_CHECKING:
    from mibun.read.environment import Snapshot

LIMIT: Final = 64  # paths that are kept; beyond, all are forgotten


class Outcome:
    """What came out at the end of a path: nodes, and how to make the answer of their values."""

    __slots__ = ("assemble", "nodes", "segment")

    def __init__(self, nodes: Sequence[Node], assemble: Callable[[Sequence[Any]], Any]) -> None:
        self.nodes = tuple(nodes)
        self.assemble = assemble
        self.segment: interpret.Segment | None = None


class _Decision:
    __slots__ = ("branches", "node", "segment", "slots")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.branches: dict[Any, _Decision | Outcome] = {}
        self.segment: interpret.Segment | None = None
        self.slots = 0  # how many values there are once it is taken


class Paths:
    """The tree of paths of one function for one kind of arguments.

    ``watch`` is what the function may read of arguments that are objects, as it was when the paths were taken.
    """

    __slots__ = ("_count", "_inputs", "_lock", "_plans", "_root", "watch")

    def __init__(self, inputs: Sequence[Node], watch: Snapshot | None = None) -> None:
        self._inputs = list(inputs)
        self.watch = watch
        self._lock = RLock()
        self._clear()

    def _clear(self) -> None:
        self._root: _Decision | Outcome | None = None
        self._count = 0
        self._plans: dict[int, interpret.Plan] = {}

    def add(self, guards: Sequence[tuple[Node, Any]], outcome: Outcome) -> None:
        """Keep a path. One with the same decisions is there already if two threads took it."""
        with self._lock:
            if self._count >= LIMIT:
                self._clear()
            self._count += 1
            place: _Decision | None = None
            value: Any = None
            for node, expected in guards:
                step = self._root if place is None else place.branches.get(value)
                if not isinstance(step, _Decision):
                    step = _Decision(node)
                    self._put(place, value, step)
                elif step.node is not node:  # the function is not one: it decided otherwise on the same values
                    self._clear()
                    return
                place, value = step, expected
            self._put(place, value, outcome)

    def _put(self, place: _Decision | None, value: Any, step: _Decision | Outcome) -> None:
        if place is None:
            self._root = step
        else:
            place.branches[value] = step

    def replay(self, values: Sequence[Any]) -> tuple[Outcome, tuple[Any, ...]] | None:
        """The outcome for these values of the inputs, or ``None`` if this way was not seen yet.

        Warnings of NumPy are the caller's to silence.
        """
        step = self._root
        if step is None:
            return None
        memory = list(values)
        way: list[tuple[_Decision, Any]] = []
        while isinstance(step, _Decision):
            segment = step.segment or self._compile(step, way)
            (found,) = segment.run(memory)
            value = decided(found)
            way.append((step, value))
            step = step.branches.get(value)
        if step is None:
            return None
        segment = step.segment or self._compile(step, way)
        return step, segment.run(memory)

    def _compile(self, step: _Decision | Outcome, way: list[tuple[_Decision, Any]]) -> interpret.Segment:
        """Plan a part of a path upon those before it."""
        with self._lock:
            if step.segment is not None:
                return step.segment
            last = way[-1][0] if way else None
            plan = self._plans.pop(id(last), None) if last is not None else None
            if plan is None or (last is not None and plan.length != last.slots):
                plan = interpret.Plan(self._inputs)
                for before, _ in way:
                    plan.extend((before.node,))
            if isinstance(step, Outcome):
                segment = plan.extend(step.nodes, last=True)
            else:
                segment = plan.extend((step.node,))
                step.slots = plan.length
                self._plans[id(step)] = plan
            step.segment = segment
            return segment
