"""What happens to a function at a point: the derivative's exact value, or why there is none.

The formula of a derivative may have a value where the function has no slope (0 for |x| at 0), and none where it has
one (x √|x| at 0). So the function is looked at first: at the point itself, in balls of real numbers of :data:`BITS`
bits, each taken for the integer that it cannot be told from. Where no operation sits on an edge there (|u| at u = 0,
floor u at a whole u, a comparison of equals, …), the formula holds. Where one does, each side of the point has a
formula without that edge, -u and u for |u|, and the two are compared. Where a formula fails, values and difference
quotients ever closer to the point decide.

That is reliable and no proof; proofs are in :mod:`mibun.limit.enclosure`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final, NamedTuple

from mibun import chain, fold
from mibun.errors import NotDifferentiable
from mibun.node import Node, postorder, symbols, tree_size
from mibun.ops import BOOL, MINUS_ONE, PI, TWO, ZERO, const, make, symbol
from mibun.rewrite import tidy
from mibun.run import balls
from mibun.run.balls import COMPARE, Ball, Real, Undecided, ball, functions, known, sign
from mibun.run.balls import run as run_balls

BITS: Final = 4000
# Of the places beside the point, as powers of 1/2. What cancels to the order n is n times as many bits below 1, and
# _snap takes away what is below BITS / 2.
DISTANCES: Final = (25, 50, 100, 200, 400)
SWINGS: Final = 4  # changes of direction among the places beside the point
FAR: Final = 800  # and of the one that a limit is read off, where it is no simple number
# times these: sin(π/x) is 0 at every power of 1/2
SPREAD: Final = (Fraction(5, 7), Fraction(11, 13), Fraction(17, 19))
LARGE: Final = 2000  # nodes of a function and its derivative that are still looked into
CLOSE: Final = 120  # bits in which a limit and a simple number agree
DENOMINATOR: Final = 10**15

KINDS: Final = (
    "differentiable",  # ``slope`` is the derivative
    "endpoint",  # defined on one side only, and differentiable there: ``left`` or ``right``
    "kink",  # the slopes ``left`` and ``right`` differ
    "vertical_tangent",  # the slope is infinite
    "cusp",  # the slopes are -∞ on one side and ∞ on the other
    "jump",  # the limits of the function left and right differ, or one is not its value
    "hole",  # a removable discontinuity: the function tends to ``limit``, which is not its value
    "pole",  # the function grows beyond all bounds
    "oscillation",  # the function, or its difference quotient, has no limit
    "isolated",  # defined at the point, not beside it
    "outside",  # not defined at the point; it may be on one side of it
    "undecided",  # nothing speaks against the formula, and nothing proves it
)


@dataclass(frozen=True, slots=True)
class Tendency:
    """What a quantity does as the point is approached from one side.

    ``kind`` is ``finite``, ``infinite``, ``oscillates`` or ``outside`` (there is nothing on that side); ``exact`` the
    limit as a formula, ``decimal`` as a number, infinities included; ``None`` where there is no limit.
    """

    kind: str
    exact: Node | None = None
    decimal: float | None = None


OUTSIDE: Final = Tendency("outside")
OSCILLATES: Final = Tendency("oscillates")


@dataclass(frozen=True, slots=True)
class Local:
    """What happens at a point.

    ``kind`` is one of :data:`KINDS`. ``value`` is f there, ``limits`` what f tends to left and right of the point,
    ``left`` and ``right`` what the difference quotient does (of the function with the hole filled, if there is one).
    ``slope`` is the derivative, exact, if there is one, also that of a function whose hole is filled; ``decimal`` the
    same in double precision, if it fits. For a derivative of higher order, all this is said of the one before it.
    """

    kind: str
    slope: Node | None = None
    decimal: float | None = None
    value: Tendency = OUTSIDE
    limits: tuple[Tendency, Tendency] = (OUTSIDE, OUTSIDE)
    left: Tendency = OUTSIDE
    right: Tendency = OUTSIDE

    @property
    def differentiable(self) -> bool:
        """Whether there is a derivative, from both sides and at a point of the domain."""
        return self.kind == "differentiable"

    @property
    def hole(self) -> Node | None:
        """What a removable discontinuity would have to be filled with."""
        finite = [limit for limit in self.limits if limit.kind == "finite"]
        return finite[0].exact if self.kind in ("hole", "oscillation", "outside") and finite else None


# The sentence of each kind: a key of MESSAGES; of a derivative that is itself a derivative, another.
_HIGHER: Final = {"kink": "at_parts", "vertical_tangent": "at_infinite", "cusp": "at_parts"}
SIDE: Final = 12  # letters of a number that is written out inside a sentence; of a longer one, a short decimal


def sentence(found: Local, lang: str, *, order: int = 1, latex: bool = False) -> str:
    """Why there is no derivative, in a sentence or two; "" where there is one from both sides."""
    from mibun.language import fill
    from mibun.messages import MESSAGES

    key = _key(found, order)
    return fill(MESSAGES[key][lang][0], _Written(_facts(found), latex), lang) if key else ""


def not_differentiable(found: Local, point: str) -> NotDifferentiable:
    """The error for a point without a derivative. Its facts: ``kind`` and what is known of both sides."""
    facts: dict[str, Any] = dict(_Written(_facts(found), False))
    return NotDifferentiable(_key(found, 1), kind=found.kind, point=point, **facts)


def _key(found: Local, order: int) -> str:
    if found.kind in ("differentiable", "undecided"):
        return ""
    if order > 1 and found.kind in _HIGHER:
        return _HIGHER[found.kind]
    defined = found.value.kind == "finite"
    if not order:
        return "at_outside"
    if found.kind == "outside" and defined:
        return "at_lower"
    if found.kind == "hole" and not defined:
        finite = found.left.decimal is not None and found.right.decimal is not None
        return "at_hole_smooth" if found.slope is not None else "at_hole_kink" if finite else "at_hole"
    if found.kind in ("hole", "pole", "jump", "oscillation"):
        limits = {limit.kind for limit in found.limits}
        if found.kind == "oscillation" and limits == {"finite"}:
            return "at_oscillating_quotient" if defined else "at_oscillating_hole"
        if found.kind == "jump" and limits != {"finite"}:
            return "at_jump_value"
        return f"at_{found.kind}{'_value' if defined and found.kind in ('hole', 'pole') else ''}"
    if found.kind == "outside" and found.hole is not None:
        return "at_end"
    if found.kind == "endpoint":
        return "at_endpoint_left" if found.right.kind == "outside" else "at_endpoint_right"
    return f"at_{found.kind}"


def _facts(found: Local) -> dict[str, Tendency]:
    """What the sentences speak of: the slopes on both sides, or the limits of a function that jumps."""
    left, right = found.limits if found.kind in ("jump", "pole") else (found.left, found.right)
    limit = next((limit for limit in found.limits if limit.kind == "finite"), OUTSIDE)
    slope = Tendency("finite", found.slope, found.decimal) if found.slope is not None else OUTSIDE
    return {"left": left, "right": right, "limit": limit, "slope": slope, "value": found.value}


class _Written(Mapping[str, str]):
    """Numbers inside a sentence, written when they are asked for: a formula may be very long."""

    def __init__(self, facts: Mapping[str, Tendency], latex: bool) -> None:
        self._facts = facts
        self._latex = latex
        # Two that differ are to look different.
        self._digits = 6
        pair = [side.decimal for side in (facts["left"], facts["right"]) if side.decimal is not None]
        while len(set(pair)) == 2 and len({f"{x:.{self._digits}g}" for x in pair}) == 1:
            self._digits += 1
        self._digits += self._digits > 6

    def __getitem__(self, name: str) -> str:
        return _written(self._facts[name], self._latex, self._digits)

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)


def _written(found: Tendency, latex: bool, digits: int) -> str:
    """A number inside a sentence: a short decimal if its formula is long."""
    from mibun.write import notation

    if found.kind == "infinite":
        sign = "" if found.decimal == math.inf else "-" if latex else "−"
        return rf"${sign}\infty$" if latex else f"{sign}∞"
    if found.exact is None:
        return "–"
    if found.decimal is None or tree_size(found.exact) <= SIDE:
        text = notation.text(found.exact)
        if found.decimal is None or len(text) <= SIDE:
            return f"${notation.latex(found.exact)}$" if latex else text
    short = f"{found.decimal:.{digits}g}"
    return f"${short}$" if latex else short.replace("-", "−")


WAYS: Final = (-1, 1)


def local(node: Node, variable: str, at: Mapping[str, Node], order: int = 1, derivative: Node | None = None) -> Local:
    """What happens to ``node`` at a point, in the direction of ``variable``.

    ``at`` maps the name of every variable to an exact number. ``derivative`` is the derivative of that ``order``, if
    the caller has it. With ``order`` 2 or more, what happens to the derivative before that one.
    """
    node = chain.resolve(node)
    if derivative is None:
        derivative = _derivative(node, variable, order)
    if len(postorder(node, derivative)) > LARGE:
        return _by_formula(derivative, at)
    try:
        with balls.precision(BITS):
            place = _Place(at, {name: _sure(_evaluate(value, {})) for name, value in at.items()}, variable)
            return _local(node, derivative, place, order)
    except Undecided:  # numbers too large for the balls, or f(2)
        return _by_formula(derivative, at)


def _derivative(node: Node, variable: str, order: int = 1) -> Node:
    for _ in range(order):
        node = tidy(chain.push(node, symbol(variable)).result)[0]
    return node


def _by_formula(derivative: Node, at: Mapping[str, Node]) -> Local:
    exact = _put(derivative, at)
    try:
        with balls.precision(BITS):
            decimal = _decimal(_sure(_evaluate(exact, {})))
    except Undecided:
        decimal = None
    return Local("undecided", exact, decimal)


def _put(node: Node, at: Mapping[str, Node]) -> Node:
    return tidy(chain.put(node, {symbol(name): value for name, value in at.items()}), real_roots=True)[0]


class _Place(NamedTuple):
    """The point: what was given, as balls, and the variable in whose direction it is left."""

    exact: Mapping[str, Node]
    at: Mapping[str, Ball]
    wrt: str

    def beside(self, way: int, distance: int, factor: Fraction) -> tuple[dict[str, Ball], Ball]:
        """A place left (``way`` -1) or right (1) of the point, and the step to there."""
        from flint import arb

        step = way * ball(factor) / arb(2) ** distance
        return {**self.at, self.wrt: self.at[self.wrt] + step}, step


class _Found(NamedTuple):
    """A tendency, and its limit as a ball."""

    says: Tendency
    ball: Ball = None


_OUTSIDE: Final = _Found(OUTSIDE)
_OSCILLATES: Final = _Found(OSCILLATES)


def _finite(value: Ball, exact: Node) -> _Found:
    return _Found(Tendency("finite", exact, _decimal(value)), value)


def _infinite(way: int) -> _Found:
    return _Found(Tendency("infinite", None, way * math.inf))


def _local(node: Node, derivative: Node, place: _Place, order: int) -> Local:
    here = _run(node, place.at)
    value = here[node]
    edges = set[Node]()
    steady = not order or place.wrt not in symbols(node)
    there = OUTSIDE
    if value is not None:
        _sure(value)
        edges = edges_among(here)
        exact = _put(_without_edges(node, here, here, set()), place.exact)
        there = Tendency("finite", exact, _decimal(_sure(value)))
        if steady or not edges:
            found = _formula(derivative, place, steady)
            if found is not None:
                return _smooth_point(node, found, there, place, steady)
    sides = [_branch(node, here, place, way) if edges or value is None else node for way in WAYS]
    said = Local("undecided")
    for k in range(1, max(order, 1) + 1):
        slopes = {side: _derivative(side, place.wrt) for side in dict.fromkeys(sides)}
        if any(len(postorder(slope)) > LARGE for slope in slopes.values()):
            raise Undecided
        said, value = _compare(sides, [slopes[side] for side in sides], value, there, place)
        if k < order:
            if said.slope is None or said.kind not in ("differentiable", "hole"):
                return Local("outside", value=there)
            sides = [slopes[side] for side in sides]
            there = Tendency("finite", said.slope, said.decimal)
    return said


def _smooth_point(node: Node, found: _Found, there: Tendency, place: _Place, steady: bool) -> Local:
    """Where the formula holds; but the domain may end there."""
    sides = [there, there] if steady else [_beside_exists(node, place, way, there) for way in WAYS]
    slopes = [found.says if limit is there else OUTSIDE for limit in sides]
    kind = "differentiable" if OUTSIDE not in sides else "endpoint" if there in sides else "isolated"
    return Local(kind, found.says.exact, found.says.decimal, there, (sides[0], sides[1]), *slopes)


def _beside_exists(node: Node, place: _Place, way: int, there: Tendency) -> Tendency:
    return OUTSIDE if _evaluate(node, place.beside(way, DISTANCES[-1], SPREAD[0])[0]) is None else there


def _formula(node: Node, place: _Place, on_edges: bool = False) -> _Found | None:
    """The value of a formula at the point, if it has one and (unless ``on_edges``) no operation sits on an edge."""
    values = _run(node, place.at)
    value = values[node]
    if value is None or (not on_edges and edges_among(values)):
        return None
    return _finite(_sure(value), _put(_without_edges(node, values, values, set()), place.exact))


# Beside the point


def _compare(
    sides: Sequence[Node], slopes: Sequence[Node], value: Real, there: Tendency, place: _Place
) -> tuple[Local, Ball]:
    """What happens, from the formulas left and right of the point; and the slope as a ball."""
    limits = [_approached(side, place, way) for side, way in zip(sides, WAYS, strict=True)]
    says = (limits[0].says, limits[1].says)
    finite = [limit.ball for limit in limits if limit.says.kind == "finite"]
    kinds = {limit.kind for limit in says}

    def slope(i: int, start: Ball) -> _Found:
        return _slope(sides[i], slopes[i], start, place, WAYS[i])

    def local(kind: str) -> tuple[Local, Ball]:
        left, right = OUTSIDE, OUTSIDE
        if kind in ("jump", "hole") and value is not None:
            left, right = (_torn(limits[i], value, slope, i) for i in (0, 1))
        return Local(kind, value=there, limits=says, left=left, right=right), None

    if kinds == {"outside"}:
        return local("outside" if value is None else "isolated")
    if "oscillates" in kinds:
        return local("oscillation")
    if "infinite" in kinds:
        return local("pole")
    if len(finite) == 2 and not _same(*finite):
        return local("jump")
    if value is not None and not _same(finite[0], value):
        return local("hole" if len(finite) == 2 else "jump")
    left, right = (slope(i, finite[0]) for i in (0, 1))
    kind = _kind(left, right)
    smooth = kind in ("differentiable", "endpoint")
    chosen = right if right.says.kind == "finite" else left
    if value is None and kind != "oscillation":
        kind = "hole" if len(finite) == 2 else "outside"
    exact, decimal = (chosen.says.exact, chosen.says.decimal) if smooth else (None, None)
    return Local(kind, exact, decimal, there, says, left.says, right.says), chosen.ball


def _torn(limit: _Found, value: Ball, slope: Callable[[int, Ball], _Found], i: int) -> Tendency:
    """What the difference quotient does on one side of a point where the function is not continuous."""
    if limit.says.kind != "finite":
        return limit.says
    rise = sign(_snap(limit.ball - value))
    return slope(i, value).says if not rise else _infinite(rise * WAYS[i]).says


def _kind(left: _Found, right: _Found) -> str:
    kinds = {left.says.kind, right.says.kind}
    if "oscillates" in kinds:
        return "oscillation"
    if kinds == {"finite"}:
        return "differentiable" if _same(left.ball, right.ball) else "kink"
    if kinds == {"infinite"}:
        return "vertical_tangent" if left.says == right.says else "cusp"
    if "outside" in kinds:
        return "endpoint" if "finite" in kinds else "vertical_tangent" if "infinite" in kinds else "isolated"
    return "kink"


def _same(a: Ball, b: Ball) -> bool:
    """Whether two limits are equal, as far as they are known."""
    apart = _sure(a) - _sure(b)
    return sign(_snap(apart)) == 0 or bool(apart.contains(0) and apart.rad() * 2**CLOSE < 2**30)


def _about(value: Ball, distance: int) -> Ball:
    """A limit, known from the value at so small a distance: half of its bits are taken to be right."""
    from flint import arb

    return value + arb(0, 1) * (1 + abs(value)) / arb(2) ** (distance // 2)


def _approached(f: Node, place: _Place, way: int) -> _Found:
    """What ``f`` tends to on one side of the point."""
    if _evaluate(f, place.beside(way, DISTANCES[-1], SPREAD[0])[0]) is None:
        return _OUTSIDE
    base = _formula(f, place)
    if base is not None:
        return base
    rows = _rows(f, place, way, lambda value, _step: value)
    found = _OUTSIDE if rows is None else _tendency(rows)
    if found.ball is None or found.says.exact is None or type(found.says.exact.attrs) is not float:
        return found
    far = _sure(_evaluate(f, place.beside(way, FAR, SPREAD[0])[0]))
    return _finite(_about(far, FAR), found.says.exact)


def _slope(f: Node, slope: Node, start: Ball, place: _Place, way: int) -> _Found:
    """The slope of ``f`` on one side of the point, where it starts from ``start``."""
    if _evaluate(f, place.beside(way, DISTANCES[-1], SPREAD[0])[0]) is None:
        return _OUTSIDE
    if _formula(f, place) is not None:
        found = _formula(slope, place)
        if found is not None:
            return found
    # A start that was read off at FAR is good for the nearer places only.
    distances = DISTANCES if start.is_exact() or start.rad() < 2 ** -(BITS // 2) else DISTANCES[:4]
    rows = _rows(f, place, way, lambda value, step: (value - start) / step, distances)
    return _OUTSIDE if rows is None else _tendency(rows)


def _rows(
    f: Node,
    place: _Place,
    way: int,
    of: Callable[[Ball, Ball], Ball],
    distances: Sequence[int] = DISTANCES,
) -> list[list[Ball]] | None:
    """Something of the values ever closer to the point, a row for each distance; ``None`` outside the domain."""
    rows: list[list[Ball]] = []
    for distance in distances:
        rows.append([])
        for factor in SPREAD:
            at, step = place.beside(way, distance, factor)
            value = _evaluate(f, at)
            if value is None:
                return None
            rows[-1].append(of(_sure(value), step))
    return rows


def _tendency(rows: list[list[Ball]]) -> _Found:
    """What values ever closer to the point tend to."""
    last = rows[-1][0]
    for candidate in (ZERO, *_simple(last)):
        if _tends(rows, candidate):
            exact = tidy(candidate)[0]
            return _finite(_sure(_evaluate(exact, {})), exact)
    changes = [[x - y for x in row for y in rows[-1]] for row in rows[:-1]]
    if _tends(changes, ZERO) and all(abs(change) * 2**50 < 1 + abs(last) for change in changes[-1]):
        number = float(last.mid())
        distance = DISTANCES[len(rows) - 1]
        return _finite(_about(last, distance), const(number)) if math.isfinite(number) else _OSCILLATES
    signs = {sign(x) for x in rows[-1]}
    if len(signs) == 1 and _grows([_size(row[0]) for row in rows]):
        return _infinite(signs.pop() or 1)
    if _swings([x for row in rows for x in reversed(row)]):  # the factors of SPREAD rise, h falls
        return _OSCILLATES
    raise Undecided


def _grows(sizes: list[Ball]) -> bool:
    """Whether sizes grow at every step, and by no less than the step before: as slowly as ln(ln(1/h))."""
    rises = [b - a for a, b in pairwise(sizes)]
    return all(rise > 0 for rise in rises) and all(b * 20 > a * 19 for a, b in pairwise(rises))


def _swings(values: list[Ball]) -> bool:
    """Whether values go up and down again and again."""
    ways = [way for a, b in pairwise(values) if (way := sign(b - a))]
    return sum(a != b for a, b in pairwise(ways)) >= SWINGS


def _tends(rows: list[list[Ball]], limit: Node) -> bool:
    """Whether values come closer to ``limit`` at every step, as slowly as 1/ln h."""
    aim = _evaluate(limit, {})
    errors = [max(_size(x - aim) for x in row) for row in rows]
    ratios = [_quotient(b, a) for a, b in pairwise(errors)]
    return max(ratios) < 0.99 and ratios[-1] < 0.7


def _size(x: Ball) -> Ball:
    """How large it is; 0 where it cannot be told from that."""
    from flint import arb

    nothing = _tiny(x.mid()) or (x.contains(0) and x.rad() * 2**64 < 1)
    return arb(0) if nothing else abs(x).mid()


def _quotient(a: Ball, b: Ball) -> float:
    return 0.0 if a.is_zero() else math.inf if b.is_zero() else float((a / b).mid())


def _simple(x: Ball) -> Iterable[Node]:
    """A fraction, the root of one or a multiple of π, if ``x`` is that to :data:`CLOSE` bits."""
    from flint import arb

    for node, y in ((const, x), (_root, x * x), (_turn, x / arb.pi())):
        if abs(y) < 2**CLOSE:
            near = Fraction(int((y * 2**CLOSE).mid().floor().unique_fmpz()), 2**CLOSE).limit_denominator(DENOMINATOR)
            if abs(y - ball(near)) * 2 ** (CLOSE - 10) < 1:
                found: Node = node(near)
                yield make("neg", found) if node is _root and x < 0 else found


def _root(x: Fraction) -> Node:
    return make("sqrt", const(x))


def _turn(x: Fraction) -> Node:
    return make("mul", const(x), PI)


# Edges


def _touching(sign: Callable[[Sequence[Ball]], int | None]) -> Callable[[Sequence[Ball]], bool]:
    return lambda args: sign(args) == 0


def _difference(args: Sequence[Ball]) -> int | None:
    return sign(_snap(args[0] - args[1]))


def _first(args: Sequence[Ball]) -> int | None:
    return sign(args[0])


def _whole(args: Sequence[Ball]) -> bool:
    return bool(args[0].is_integer())


def _behind(args: Sequence[Ball]) -> bool:
    return args[0].is_zero() and not args[1] > 0


# Which operations have an edge, and whether arguments sit on it.
EDGES: Final[dict[str, Callable[[Sequence[Ball]], bool]]] = {
    **dict.fromkeys(("abs", "sign", "relu", "acot"), _touching(_first)),
    **dict.fromkeys(("min", "max", *COMPARE), _touching(_difference)),
    **dict.fromkeys(("floor", "ceil"), _whole),
    "atan2": _behind,
}


def edges_among(values: Mapping[Node, Real]) -> set[Node]:
    """The nodes that sit on an edge, no branch that is not taken among them."""
    found = _on_edge(values)
    return found & _needed([*values][-1], values) if found else found


def _on_edge(values: Mapping[Node, Real]) -> set[Node]:
    found: set[Node] = set()
    for node in values:
        if node.op in EDGES:
            args = [values[arg] for arg in node.args]
            if all(map(known, args)) and EDGES[node.op]([_sure(arg) for arg in args]):
                found.add(node)
    return found


def _needed(root: Node, values: Mapping[Node, Real]) -> set[Node]:
    """The nodes that the value depends on: no branch that is not taken."""
    seen: set[Node] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.op == "where" and values[node.args[0]] is not None:
            truth = values[node.args[0]]
            stack += [node.args[0], node.args[1 if _truth(truth) else 2]]
        else:
            stack += node.args
    return seen


def _branch(node: Node, here: Mapping[Node, Real], place: _Place, way: int) -> Node:
    """``node`` without edges, as it is on one side of the point; ``node`` itself if no side settles."""
    found: list[Node] = []
    edges, touched = _on_edge(here), set[Node]()
    for inner in here:
        if inner in edges or here[inner] is None or not touched.isdisjoint(inner.args):
            touched.add(inner)
    for distance in (DISTANCES[1], DISTANCES[2]):
        there = _run(node, place.beside(way, distance, SPREAD[0])[0])
        if there[node] is None:
            return node
        found.append(_without_edges(node, here, there, touched))
    return found[0] if found[0] is found[1] else node


def _without_edges(root: Node, here: Mapping[Node, Real], there: Mapping[Node, Real], touched: set[Node]) -> Node:
    """``root`` as it is ``there``. What no edge touches is decided ``here``, however small its numbers are."""
    values = {node: there[node] if node in touched else here[node] for node in here}
    done: dict[Node, Node] = {}
    needed = _needed(root, values)
    for node, value in values.items():
        args = tuple([done[arg] for arg in node.args])
        smooth = None
        if node in needed and node.op == "where":
            smooth = args[1 if _truth(values[node.args[0]]) else 2]
        elif node in needed and node.dtype == BOOL:
            smooth = const(int(_truth(value)))
        elif node in needed and node.op in EDGES:
            smooth = _smooth(node.op, args, [_sure((there if node in touched else here)[arg]) for arg in node.args])
        # not folded: 0 · u is to stay undefined with u
        done[node] = smooth or (node if args == node.args else _remake(node, args))
    return done[root]


def _remake(node: Node, args: tuple[Node, ...]) -> Node:
    return make(node.op, *args) if node.attrs is None else fold.remake(node, args)


def _smooth(op: str, args: tuple[Node, ...], numbers: list[Ball]) -> Node | None:
    """What an operation is on the side of its edge where its arguments are."""
    if op in ("floor", "ceil"):
        whole = _sure(functions()[op](*numbers))
        return const(int(whole.unique_fmpz())) if abs(whole) < 2**BITS else None
    way = _decided(_difference(numbers) if op in ("min", "max") else _first(numbers))
    if op == "abs":
        return make("neg", args[0]) if way < 0 else args[0]
    if op == "relu":
        return args[0] if way > 0 else ZERO
    if op == "sign":
        return const(way)
    if op in ("min", "max"):
        return args[0] if (way <= 0) == (op == "min") else args[1]
    half = make("div", PI, TWO)
    if op == "acot":
        return make("sub", half if way >= 0 else make("neg", half), make("atan", args[0]))
    if _decided(sign(numbers[1])) >= 0:
        return None
    turn = PI if way >= 0 else make("mul", MINUS_ONE, PI)
    return make("add", turn, make("atan", make("div", *args)))


# Balls


def _snap(x: Ball) -> Ball:
    """The integer that ``x`` cannot be told from, or ``x``."""
    from flint import arb

    if x.is_exact() or not _tiny(x.rad()) or not abs(x) < 2**BITS:
        return x
    if _tiny(x):  # FLINT does not survive rounding a number with a huge negative exponent
        return arb(0) if x.contains(0) else x
    whole = x.unique_fmpz()
    return x if whole is None else arb(whole)


def _tiny(x: Ball) -> bool:
    return bool(abs(x) * 2 ** (BITS // 2) < 1)


def _decided(sign: int | None) -> int:
    if sign is None:
        raise Undecided
    return sign


def _sure(value: Real) -> Ball:
    """A value as a number. ``Undecided`` where it cannot be told."""
    from flint import arb

    if isinstance(value, bool):
        return arb(int(value))
    if value is None or not value.is_finite() or not (value.is_exact() or value.rad() * 2**64 < 1 + abs(value)):
        raise Undecided
    return value


def _truth(value: Real) -> bool:
    return value if isinstance(value, bool) else _decided(sign(_sure(value))) != 0


def _decimal(x: Ball) -> float | None:
    number = float(x.mid())
    return number if math.isfinite(number) else None


def _evaluate(root: Node, at: Mapping[str, Ball]) -> Real:
    return _run(root, at)[root]


def _run(root: Node, at: Mapping[str, Ball]) -> dict[Node, Real]:
    return run_balls(root, at, _snap)
