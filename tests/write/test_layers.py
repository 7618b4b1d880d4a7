"""Where boxes and wires go: nothing overlaps, wires end where they belong, the same graph looks the same."""

from __future__ import annotations

import re
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mibun.write.layers import LEAD, Layout, Rect, arrange, bent, short, spread

Graph = tuple[list[tuple[float, float]], list[tuple[int, int]], list[tuple[float, float]]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    count = draw(st.integers(1, 14))
    lengths = st.integers(10, 120).map(float)
    sizes = [(draw(lengths), draw(lengths)) for _ in range(count)]
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda pair: pair[0] < pair[1])
    links = draw(st.lists(pairs, max_size=24)) if count > 1 else []
    labels = [draw(st.sampled_from([(0.0, 0.0), (40.0, 18.0), (90.0, 18.0)])) for _ in links]
    return sizes, links, labels


def overlap(a: Rect, b: Rect) -> bool:
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height


def inside(box: Rect, x: float, y: float) -> bool:
    return box.x < x < box.x + box.width and box.y < y < box.y + box.height


@given(graphs())
def test_boxes_do_not_overlap(graph: Graph) -> None:
    sizes, _, _ = graph
    layout = arrange(*graph)
    for (wide, high), box in zip(sizes, layout.boxes, strict=True):
        assert box.width == wide
        assert box.height >= high
        assert box.y >= -1e-6
        assert box.y + box.height <= layout.height + 1e-6
        assert box.x >= 0
        assert box.x + box.width <= layout.width
    assert not [pair for pair in combinations(layout.boxes, 2) if overlap(*pair)]


@given(graphs())
def test_wires_end_at_their_boxes(graph: Graph) -> None:
    _, links, _ = graph
    layout = arrange(*graph)
    for (start, end), route in zip(links, layout.routes, strict=True):
        first, last = layout.boxes[start], layout.boxes[end]
        assert route.points[0] == pytest.approx((first.x + first.width, first.y + first.height / 2))
        assert route.points[-1][0] == last.x
        assert last.y < route.points[-1][1] < last.y + last.height
        assert len(route.points) % 2 == 0
        assert all(a[0] <= b[0] for a, b in pairwise(route.points))  # from left to right, without turning back


@given(graphs())
def test_wires_keep_out_of_boxes_and_labels_out_of_all(graph: Graph) -> None:
    _, links, labels = graph
    layout = arrange(*graph)
    for route in layout.routes:
        for i, ((x, y), (further, _)) in enumerate(pairwise(route.points)):
            if i % 2 == 0:  # bends lie between the columns
                for place in range(1, 8):
                    assert not any(inside(box, x + (further - x) * place / 8, y) for box in layout.boxes)
    pills = [
        Rect(route.label[0] - wide / 2, route.label[1] - high / 2, wide, high)
        for route, (wide, high) in zip(layout.routes, labels, strict=True)
        if wide
    ]
    assert not [pair for pair in combinations([*pills, *layout.boxes], 2) if overlap(*pair)]
    ends = {end for _, end in links}
    for end in ends:  # wires into a box have room for an arrow each
        heights = sorted(route.points[-1][1] for (_, to), route in zip(links, layout.routes, strict=True) if to == end)
        assert all(b - a >= 11.9 for a, b in pairwise(heights))


@given(graphs())
def test_the_same_graph_is_drawn_the_same(graph: Graph) -> None:
    assert arrange(*graph) == arrange(*graph)


def crossings(layout: Layout) -> int:
    """Crossings of straight lines in place of the wires."""
    lines = [(route.points[0], route.points[-1]) for route in layout.routes]

    def side(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    return sum(
        side(a, b, c) * side(a, b, d) < -1e-6 and side(c, d, a) * side(c, d, b) < -1e-6
        for (a, b), (c, d) in combinations(lines, 2)
    )


@pytest.mark.parametrize(
    ("count", "links"),
    [
        (7, [(0, 4), (1, 4), (2, 5), (3, 5), (4, 6), (5, 6)]),  # a tree
        (7, [(0, 5), (1, 4), (2, 5), (3, 4), (4, 6), (5, 6)]),  # the same, its leaves mixed
        (6, [(0, 3), (1, 4), (2, 5), (0, 4), (1, 5)]),
    ],
)
def test_what_can_be_drawn_without_crossings_is(count: int, links: list[tuple[int, int]]) -> None:
    assert crossings(arrange([(30, 20)] * count, links)) == 0


def test_a_chain_is_straight_and_inputs_stand_beside_their_use() -> None:
    layout = arrange([(30, 20)] * 5, [(0, 1), (1, 2), (2, 3), (4, 3)])
    assert [box.y for box in layout.boxes[:3]] == pytest.approx([layout.boxes[0].y] * 3, abs=0.01)
    assert layout.boxes[4].x == layout.boxes[2].x


def test_a_trunk_is_shared_and_its_fork_marked() -> None:
    links = [(0, 1), (1, 2), (2, 3), (2, 4), (0, 3), (0, 4)]
    layout = arrange([(30, 20)] * 5, links)
    assert len(layout.forks) == 1
    assert layout.routes[4].points[:5] == layout.routes[5].points[:5]


def test_cycles_are_refused() -> None:
    with pytest.raises(ValueError, match="cycle"):
        arrange([(1, 1)] * 2, [(0, 1), (1, 0)])


def test_nothing_to_draw() -> None:
    assert arrange([], []) == Layout((), (), (), 0.0, 0.0)


@given(st.data())
def test_spread(data: st.DataObject) -> None:
    wanted = data.draw(st.lists(st.floats(-100, 100), min_size=1, max_size=8))
    weights = [data.draw(st.floats(0.1, 5)) for _ in wanted]
    apart = [data.draw(st.floats(0, 30)) for _ in wanted[1:]]
    found = spread(wanted, weights, apart)
    assert all(b - a >= gap - 1e-6 for (a, b), gap in zip(pairwise(found), apart, strict=True))

    def cost(heights: list[float]) -> float:
        return sum(w * (y - goal) ** 2 for w, y, goal in zip(weights, heights, wanted, strict=True))

    for i in range(len(found)):  # no neighbour of the solution that keeps the distances is better
        for step in (-0.01, 0.01):
            other = [y + step * (j == i) for j, y in enumerate(found)]
            if all(b - a >= gap for (a, b), gap in zip(pairwise(other), apart, strict=True)):
                assert cost(other) >= cost(found) - 1e-6


def test_paths() -> None:
    assert bent([(0, 0), (5, 0), (15, 10), (20, 10)]) == "M0 0H5C10 0 10 10 15 10H20"
    assert bent([(0, 0), (0, 0), (15, 0), (20, 0)]) == "M0 0H15H20"
    assert [short(x) for x in (1.0, -0.04, 2.25, 100.04)] == ["1", "0", "2.2", "100"]
    assert LEAD > 8  # longer than an arrowhead
    assert re.fullmatch(r"[MHC\d. -]+", bent(arrange([(9, 9)] * 2, [(0, 1)]).routes[0].points))
