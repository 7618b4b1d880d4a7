"""Where boxes and wires go: a graph drawn in layers from left to right.

The method is that of Sugiyama, Tagawa and Toda (1981): layers by the longest path; in each an order with few crossings,
by the mean place of the neighbours and by exchanging what stands side by side; then heights, so that wires run as
straight as the room allows. All wires from one box share a trunk as far as they go together, as in a circuit diagram.
Nothing is random: the same graph gives the same drawing.

Lengths are pixels, x grows to the right and y downward.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

Point = tuple[float, float]
Size = tuple[float, float]

APART: Final = 22.0  # between two boxes of a layer
LANE: Final = 13.0  # between a wire that passes and what is above or below it
PORT: Final = 12.0  # between wires that enter a box, where they carry no label
BEND: Final = 34.0  # what a wire takes to bend
LEAD: Final = 14.0  # straight into the box, under the arrow
SWEEPS: Final = 12  # through all layers and back, for the order
RELAXATIONS: Final = 40  # for the heights
STRAIGHT: Final = (1.0, 2.0, 8.0)  # how much a wire wants to be straight, by how many of its ends are bends


@dataclass(frozen=True, slots=True)
class Rect:
    """A box: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Route:
    """A wire: a line from the first point to the second, a bend to the third, a line to the fourth, and so on; it ends
    in a line. ``label`` is the centre of what is written on it."""

    points: tuple[Point, ...]
    label: Point


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes and wires in the order in which they were given, ``forks`` where trunks divide, and the size of it all."""

    boxes: tuple[Rect, ...]
    routes: tuple[Route, ...]
    forks: tuple[Point, ...]
    width: float
    height: float


def arrange(sizes: Sequence[Size], links: Sequence[tuple[int, int]], labels: Sequence[Size] | None = None) -> Layout:
    """Lay out boxes of ``sizes``, at least as high as the wires that enter them need.

    ``links`` are pairs of places in ``sizes``, from start to end, without cycles; two boxes may have several links.
    ``labels`` are the sizes of what is written on them, just before they end. ``ValueError`` for a graph with a cycle.

    >>> layout = arrange([(40, 20), (60, 20)], [(0, 1)])
    >>> [round(box.x) for box in layout.boxes], len(layout.routes[0].points)
    ([0, 88], 4)
    """
    return _Drawing(sizes, links, labels or [(0.0, 0.0)] * len(links)).layout()


class _Drawing:
    """The work on one graph. Items are boxes, by their number, and after them the bends of trunks."""

    def __init__(self, sizes: Sequence[Size], links: Sequence[tuple[int, int]], labels: Sequence[Size]) -> None:
        self.sizes = sizes
        self.links = links
        self.labels = labels
        self.layer = _layers(len(sizes), links)
        self.before: list[list[int]] = [[] for _ in sizes]  # the items to the left, once for each wire
        self.after: list[list[int]] = [[] for _ in sizes]
        self.trunks: list[list[int]] = []  # of each link, the items that it passes
        self._lay_trunks()
        self.order = self._first_order()
        self.place = [0] * len(self.layer)
        self._note_places()

    def _lay_trunks(self) -> None:
        bends: dict[tuple[int, int], int] = {}
        for start, end in self.links:
            trunk = [start]
            for layer in range(self.layer[start] + 1, self.layer[end]):
                bend = bends.get((start, layer))
                if bend is None:
                    bend = bends[start, layer] = len(self.layer)
                    self.layer.append(layer)
                    self.before.append([trunk[-1]])
                    self.after.append([])
                    self.after[trunk[-1]].append(bend)
                trunk.append(bend)
            self.before[end].append(trunk[-1])
            self.after[trunk[-1]].append(end)
            self.trunks.append([*trunk, end])

    def is_bend(self, item: int) -> bool:
        return item >= len(self.sizes)

    # The order within the layers

    def _first_order(self) -> list[list[int]]:
        """As the items are met on the way back from the results: without crossings where the graph is a tree."""
        layers: list[list[int]] = [[] for _ in range(max(self.layer, default=-1) + 1)]
        seen: set[int] = set()
        ends = [box for box in range(len(self.sizes)) if not self.after[box]]
        stack = ends[::-1]
        while stack:
            item = stack.pop()
            if item not in seen:
                seen.add(item)
                layers[self.layer[item]].append(item)
                stack.extend(reversed(self.before[item]))
        return layers

    def _note_places(self) -> None:
        for layer in self.order:
            for i, item in enumerate(layer):
                self.place[item] = i

    def _crossings(self) -> int:
        total = 0
        for layer in self.order[1:]:
            pairs = sorted((self.place[left], self.place[item]) for item in layer for left in self.before[item])
            passed: list[int] = []
            for _, right in pairs:
                total += len(passed) - bisect_right(passed, right)
                insort(passed, right)
        return total

    def untangle(self) -> None:
        """Reduce the crossings; the best order found stays."""
        best, least = [layer[:] for layer in self.order], self._crossings()
        for sweep in range(2 * SWEEPS):
            if not least:
                break
            forward = sweep % 2 == 0
            neighbours = self.before if forward else self.after
            for layer in self.order if forward else self.order[::-1]:
                mean = {item: self._mean(item, neighbours[item]) for item in layer}
                layer.sort(key=mean.__getitem__)
                self._note(layer)
            self._exchange()
            found = self._crossings()
            if found < least:
                best, least = [layer[:] for layer in self.order], found
        self.order = best
        self._note_places()

    def _note(self, layer: list[int]) -> None:
        for i, item in enumerate(layer):
            self.place[item] = i

    def _mean(self, item: int, neighbours: list[int]) -> float:
        if not neighbours:
            return float(self.place[item])
        return sum(self.place[other] for other in neighbours) / len(neighbours)

    def _exchange(self) -> None:
        """Swap two that stand side by side wherever that saves a crossing."""
        for _ in range(SWEEPS):
            swapped = False
            for layer in self.order:
                for i in range(len(layer) - 1):
                    upper, lower = layer[i], layer[i + 1]
                    if self._tangles(upper, lower) > self._tangles(lower, upper):
                        layer[i], layer[i + 1] = lower, upper
                        self.place[lower], self.place[upper] = i, i + 1
                        swapped = True
            if not swapped:
                return

    def _tangles(self, upper: int, lower: int) -> int:
        """How many wires of the two cross if ``upper`` is above ``lower``."""
        total = 0
        for side in (self.before, self.after):
            below = sorted(self.place[other] for other in side[lower])
            total += sum(_less(below, self.place[other]) for other in side[upper])
        return total

    # Ports: where wires enter a box

    def ports(self) -> None:
        """Wires enter a box in the order of where they come from, one beneath the other."""
        self.port = [0.0] * len(self.links)  # from the middle of the box
        self.heights = [size[1] for size in self.sizes] + [0.0] * (len(self.layer) - len(self.sizes))
        entering: defaultdict[int, list[int]] = defaultdict(list)
        for link, (_, end) in enumerate(self.links):
            entering[end].append(link)
        for end, links in entering.items():
            links.sort(key=lambda link: (self.place[self.trunks[link][-2]], link))
            pitch = max([PORT, *[self.labels[link][1] + 3 for link in links]])
            for i, link in enumerate(links):
                self.port[link] = (i - (len(links) - 1) / 2) * pitch
            self.heights[end] = max(self.heights[end], len(links) * pitch)

    # Heights

    def settle(self) -> None:
        """Heights of the middles: wires as short and as straight as the room allows."""
        self.y = [0.0] * len(self.layer)
        gaps = [[self._gap(a, b) for a, b in pairwise(layer)] for layer in self.order]
        for layer, apart in zip(self.order, gaps, strict=True):
            top = -sum(apart) / 2
            for item, gap in zip(layer, [*apart, 0.0], strict=True):
                self.y[item] = top
                top += gap
        pulls = self._springs()
        steps = list(zip(self.order, gaps, strict=True))
        for round_ in range(RELAXATIONS):
            for layer, apart in steps if round_ % 2 == 0 else steps[::-1]:
                wanted, weights = [], []
                for item in layer:
                    weight = sum(w for _, w, _ in pulls[item])
                    goal = sum(w * (self.y[other] + shift) for other, w, shift in pulls[item])
                    wanted.append(goal / weight if weight else self.y[item])
                    weights.append(weight or 0.01)
                for item, y in zip(layer, spread(wanted, weights, apart), strict=True):
                    self.y[item] = y

    def _gap(self, upper: int, lower: int) -> float:
        room = APART if not (self.is_bend(upper) or self.is_bend(lower)) else LANE
        return (self.heights[upper] + self.heights[lower]) / 2 + room

    def _springs(self) -> list[list[tuple[int, float, float]]]:
        """For each item: who pulls it, how much, and to what height relative to that one."""
        springs: list[list[tuple[int, float, float]]] = [[] for _ in self.layer]
        seen: set[tuple[int, int]] = set()
        for link, trunk in enumerate(self.trunks):
            for left, right in pairwise(trunk):
                last = right == trunk[-1]
                if not last and (left, right) in seen:
                    continue
                seen.add((left, right))
                weight = STRAIGHT[self.is_bend(left) + self.is_bend(right)]
                port = self.port[link] if last else 0.0
                springs[right].append((left, weight, -port))
                springs[left].append((right, weight, port))
        return springs

    # Everything in pixels

    def layout(self) -> Layout:
        self.untangle()
        self.ports()
        self.settle()
        count = len(self.sizes)
        wide = [max([self.sizes[i][0] for i in layer if i < count], default=0.0) for layer in self.order]
        straight, bend = self._gaps()
        left = [0.0]
        for i, width in enumerate(wide[:-1]):
            left.append(left[i] + width + bend[i + 1] + straight[i + 1])
        top = min([self.y[i] - self.heights[i] / 2 for i in range(len(self.y))], default=0.0)
        boxes = [
            Rect(left[self.layer[i]], self.y[i] - self.heights[i] / 2 - top, self.sizes[i][0], self.heights[i])
            for i in range(count)
        ]
        routes = [self._route(link, trunk, boxes, left, wide, straight, top) for link, trunk in enumerate(self.trunks)]
        # A trunk divides where it leaves a column for several places.
        forks = [
            (left[self.layer[item]] + wide[self.layer[item]], self.y[item] - top)
            for item in range(count, len(self.layer))
            if len(set(self.after[item])) > 1
        ]
        bottom = max([self.y[i] + self.heights[i] / 2 - top for i in range(len(self.y))], default=0.0)
        right = max([box.x + box.width for box in boxes], default=0.0)
        return Layout(tuple(boxes), tuple(routes), tuple(forks), right, bottom)

    def _gaps(self) -> tuple[list[float], list[float]]:
        """Before each layer: the room for arrows and labels, and for the bends."""
        straight = [LEAD] * len(self.order)
        bend = [BEND] * len(self.order)
        for link, trunk in enumerate(self.trunks):
            layer = self.layer[trunk[-1]]
            if self.labels[link][0]:
                straight[layer] = max(straight[layer], LEAD + self.labels[link][0] + 2)
            for a, b in pairwise(trunk):
                rise = abs(self.y[a] - self.y[b])
                bend[self.layer[b]] = max(bend[self.layer[b]], BEND + min(60.0, 0.12 * rise))
        return straight, bend

    def _route(
        self,
        link: int,
        trunk: list[int],
        boxes: list[Rect],
        left: list[float],
        wide: list[float],
        straight: list[float],
        top: float,
    ) -> Route:
        start, end = boxes[trunk[0]], boxes[trunk[-1]]
        points: list[Point] = [(start.x + start.width, self.y[trunk[0]] - top)]
        for item in trunk[1:]:
            layer = self.layer[item]
            height = self.y[item] - top + (self.port[link] if item == trunk[-1] else 0.0)
            points.append((left[layer - 1] + wide[layer - 1], points[-1][1]))
            points.append((left[layer] - straight[layer], height))
        points.append((end.x, points[-1][1]))
        return Route(tuple(points), (end.x - LEAD + 2 - self.labels[link][0] / 2, points[-1][1]))


def _less(ordered: Sequence[int], bound: int) -> int:
    return sum(1 for value in ordered if value < bound)


def _layers(count: int, links: Iterable[tuple[int, int]]) -> list[int]:
    """The longest way to each box; a box that nothing enters stands just before the first that it is for."""
    after: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for start, end in links:
        after[start].append(end)
        waiting[end] += 1
    entered = [number > 0 for number in waiting]
    layer = [0] * count
    ready = [box for box in range(count) if not waiting[box]]
    done = 0
    while ready:
        box = ready.pop()
        done += 1
        for other in after[box]:
            layer[other] = max(layer[other], layer[box] + 1)
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    if done < count:
        raise ValueError("the graph has a cycle")
    for box in range(count):
        if not entered[box] and after[box]:
            layer[box] = min(layer[other] for other in after[box]) - 1
    return layer


def spread(wanted: Sequence[float], weights: Sequence[float], apart: Sequence[float]) -> list[float]:
    """The heights nearest to ``wanted`` (least weighted squares) that keep their order and stay ``apart``.

    Pool adjacent violators: neighbours that would come too close move as one.

    >>> spread([0, 0, 10], [1, 1, 1], [4, 4])
    [-2.0, 2.0, 10.0]
    """
    offsets = [0.0]
    for gap in apart:
        offsets.append(offsets[-1] + gap)
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for goal, weight, offset in zip(wanted, weights, offsets, strict=False):
        mean, total, number = goal - offset, weight, 1
        while pools and pools[-1][0] > mean:
            other, more, others = pools.pop()
            mean = (mean * total + other * more) / (total + more)
            total, number = total + more, number + others
        pools.append((mean, total, number))
    means = [mean for mean, _, number in pools for _ in range(number)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=False)]


def bent(points: Sequence[Point]) -> str:
    """The path of a route in SVG: lines, and between them bends that begin and end level."""
    parts = [f"M{_pair(points[0])}"]
    for i, (x, y) in enumerate(points[1:], 1):
        before = points[i - 1]
        if i % 2:
            if not math.isclose(x, before[0], abs_tol=0.05):
                parts.append(f"H{short(x)}")
        elif math.isclose(y, before[1], abs_tol=0.05):
            parts.append(f"H{short(x)}")
        else:
            middle = (x + before[0]) / 2
            parts.append(f"C{_pair((middle, before[1]))} {_pair((middle, y))} {_pair((x, y))}")
    return "".join(parts)


def _pair(point: Point) -> str:
    return f"{short(point[0])} {short(point[1])}"


def short(length: float) -> str:
    """A length for SVG, to a tenth of a pixel."""
    text = f"{length:.1f}"
    return "0" if text == "-0.0" else text.removesuffix(".0")
