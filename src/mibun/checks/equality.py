"""Are two functions equal? A verdict with its reasons, never a tolerance.

*Proved*: the normal forms of :mod:`mibun.checks.normal` are the same. *Different*: at a point of the common domain, the
witness, an enclosure of the difference excludes 0, which is a proof as well. *Verified*: at 20 points or more of the
common domain the difference is enclosed ever more tightly and 0 stays inside; strong evidence, no proof. *Undecided*:
there are not so many points. Where only one of the functions is defined is found on the way and told apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, NamedTuple

from mibun import chain
from mibun.checks import normal, points
from mibun.checks.points import Number, Point
from mibun.errors import DomainError, ShapeError
from mibun.language import fill, preferred, wrap
from mibun.node import Node, postorder, symbols
from mibun.ops import BOOL, const, make, symbol
from mibun.run import balls
from mibun.run.balls import Ball, Real, Undecided

KINDS: Final = ("proved", "verified", "different", "undecided")
NEEDED: Final = 20  # points of the common domain at which functions must agree to be verified
CHOSEN: Final = 60  # points that are looked at first
MOST: Final = 240  # and at most, while there are not enough
FIRST, SHARP, SHARPEST = 128, 1024, 4096  # bits: of every look, of those that agree, of a few of these
SINGLE: Final = 16  # single places that are looked at
FEW: Final = 3  # points that are looked at with the most bits
BLUR: Final = 100  # bits that an enclosure must have to count
LISTED: Final = 4  # differences of domains that are listed
DIGITS: Final = 50  # of a value that is shown

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "proved": "proved: the normal form of the difference is 0.",
        "verified": "verified: the difference is enclosed around 0 at {points} points of the common domain, "
        "within {radius} at the sharpest. This is no proof.",
        "verified number": "verified: the difference is enclosed around 0, within {radius}. This is no proof.",
        "different": "different: {at} the first is {left}, the second {right}.",
        "different number": "different: the first is {left}, the second {right}.",
        "difference": "They differ by {difference}.",
        "undecided": "undecided: {reason}",
        "abstract": "an unnamed function such as f(x) has no values, and the normal forms differ.",
        "empty": "no point was found at which both are defined.",
        "nowhere": "no point was found at which either is defined.",
        "few": "too few points of the common domain can be used: {points}, and {needed} are needed.",
        "blurred": "their values cannot be computed sharply enough.",
        "agree": "They agree at every point looked at for {where}.",
        "at": "at {point}",
        "nowhere else": "as a number",
        "domains": "The domains differ:",
        "gap": "{at} only the {which} is defined ({value}).",
        "gap for": "for {where} only the {which} is defined, such as {value} {at}.",
        "first": "first",
        "second": "second",
        "more": "and elsewhere.",
        "and": "{a} and {b}",
    },
    "ko": {
        "proved": "증명됨: 두 식의 차를 정리하면 0입니다.",
        "verified": "검증됨: 공통 정의역의 {points}개 점에서 두 식의 차를 가두는 구간이 모두 0을 포함합니다"
        "(가장 좁은 구간은 ±{radius}). 증명은 아닙니다.",
        "verified number": "검증됨: 두 값의 차를 가두는 구간이 0을 포함합니다(±{radius}). 증명은 아닙니다.",
        "different": "다름: {at} 첫째 식의 값은 {left}, 둘째 식의 값은 {right}입니다.",
        "different number": "다름: 첫째 값은 {left}, 둘째 값은 {right}입니다.",
        "difference": "두 값의 차는 {difference}입니다.",
        "undecided": "판정할 수 없음: {reason}",
        "abstract": "f(x)처럼 정해지지 않은 함수는 값을 비교할 수 없고, 두 식을 정리해도 서로 다릅니다.",
        "empty": "두 식이 모두 정의되는 점을 찾지 못했습니다.",
        "nowhere": "두 식 가운데 하나라도 정의되는 점을 찾지 못했습니다.",
        "few": "공통 정의역에서 쓸 수 있는 점이 {points}개뿐입니다({needed}개 필요).",
        "blurred": "값을 충분히 정밀하게 계산할 수 없습니다.",
        "agree": "{where}에서는 살펴본 모든 점에서 두 식의 값이 같습니다.",
        "at": "{point}에서",
        "nowhere else": "값으로서는",
        "domains": "두 식의 정의역이 다릅니다.",
        "gap": "{at} {which} 식만 정의됩니다(값 {value}).",
        "gap for": "{where}에서 {which} 식만 정의됩니다(예: {at} {value}).",
        "first": "첫째",
        "second": "둘째",
        "more": "그 밖에도 있습니다.",
        "and": "{a}, {b}",
    },
}


@dataclass(frozen=True, slots=True)
class Gap:
    """Where only one of two functions is defined: the ``"first"`` or the ``"second"``, with a ``value`` at a point.

    ``where`` is a condition such as ``x < 0`` for the whole interval, if the functions have one variable, and
    ``isolated`` says that it is a single point, a hole.
    """

    defined: str
    point: Mapping[str, Any]
    value: str
    shown: str = field(repr=False)
    where: str = ""
    isolated: bool = False

    def text(self, lang: str | None = None) -> str:
        """The difference in a sentence."""
        lang = lang or preferred()
        say = WORDS[lang]
        facts = {"which": say[self.defined], "value": _typeset(self.value), "where": self.where}
        at = fill(say["at"], {"point": self.shown}, lang) if self.shown else say["nowhere else"]
        return fill(say["gap for" if self.where else "gap"], {**facts, "at": at}, lang)

    def json(self) -> dict[str, Any]:
        """The difference as plain data."""
        plain = {name: _plain(value) for name, value in self.point.items()}
        return {
            "defined": self.defined,
            "point": plain,
            "value": self.value,
            "where": self.where or None,
            "isolated": self.isolated,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether two functions are equal; ``str()`` of it is its ``kind``, one of :data:`KINDS`.

    ``witness`` maps the variables to numbers (``int`` or ``Fraction`` where exact, else floats), ``None`` unless the
    functions are different; ``values`` are those of both functions there, as decimals with as many digits as it takes
    to see the difference. ``points`` counts the points of the common domain that decided, ``radius`` is that of the
    tightest enclosure of a difference that holds 0. ``domain`` lists where only one of the two is defined, empty if no
    such place was found; ``agree`` are conditions for where functions that are different do agree.
    """

    kind: str
    witness: dict[str, Any] | None = None
    values: tuple[str, str] | None = None
    difference: str = ""
    points: int = 0
    radius: float | None = None
    domain: tuple[Gap, ...] = ()
    agree: tuple[str, ...] = ()
    reason: str = ""
    shown: str = field(default="", repr=False)  # the witness in words
    unlisted: bool = field(default=False, repr=False)

    def __bool__(self) -> bool:
        """Whether the functions are equal: proved or verified."""
        return self.kind in ("proved", "verified")

    @property
    def equal(self) -> bool | None:
        """``True`` if proved or verified, ``False`` if different, ``None`` if undecided."""
        return None if self.kind == "undecided" else self.kind != "different"

    def __str__(self) -> str:
        return self.kind

    def __repr__(self) -> str:
        return self.text()

    def sentences(self, lang: str) -> list[str]:
        """What was found, sentence by sentence."""
        say = WORDS[lang]
        constant = self.witness == {} or (self.kind == "verified" and self.points == 1)
        facts: dict[str, object] = {
            "points": self.points,
            "needed": NEEDED,
            "radius": _radius(self.radius or 0.0),
            "reason": say.get(self.reason, ""),
            "at": fill(say["at"], {"point": self.shown}, lang),
        }
        if self.values is not None:
            facts |= {"left": _typeset(self.values[0]), "right": _typeset(self.values[1])}
        facts["reason"] = fill(str(facts["reason"]), facts, lang)
        said = [fill(say[f"{self.kind} number" if constant else self.kind], facts, lang)]
        if self.difference:
            said.append(fill(say["difference"], {"difference": _typeset(self.difference)}, lang))
        said += [fill(say["agree"], {"where": where}, lang) for where in self.agree]
        return said

    def text(self, lang: str | None = None, columns: int = 80) -> str:
        """The verdict with its reasons."""
        lang = lang or preferred()
        first, *others = self.sentences(lang)
        lines = wrap(first, columns, "", "  ")
        for sentence in others:
            lines += wrap(sentence, columns, "  ", "    ")
        if self.domain:
            lines += wrap(WORDS[lang]["domains"], columns, "  ", "    ")
            for gap in self.domain:
                lines += wrap(gap.text(lang), columns, "  – ", "    ")
            if self.unlisted:
                lines += wrap(WORDS[lang]["more"], columns, "  – ", "    ")
        return "\n".join(lines)

    def json(self) -> dict[str, Any]:
        """The verdict as plain data; exact numbers that are no integers are text, "1/3"."""
        return {
            "verdict": self.kind,
            "equal": self.equal,
            "witness": None if self.witness is None else {name: _plain(v) for name, v in self.witness.items()},
            "values": None if self.values is None else [*self.values],
            "points": self.points,
            "radius": self.radius,
            "domains_differ": bool(self.domain),
            "domain": [gap.json() for gap in self.domain],
            "agree": [*self.agree],
            "reason": self.reason or None,
        }


def _typeset(decimal: str) -> str:
    return decimal.replace("-", "−")


def _plain(value: int | Fraction | float) -> int | float | str:
    return str(value) if isinstance(value, Fraction) else value


# Looking


class Look(NamedTuple):
    """What two functions are at a point: ``same``, ``different``, ``first`` or ``second`` (only that one is defined),
    ``neither``, ``outside`` the region asked for, or ``unknown``."""

    point: Point
    state: str
    left: Real = None
    right: Real = None
    difference: Ball = None
    sharp: bool = False


class _Pair:
    """Two functions, the region in which they are compared, and everything that was seen of them."""

    def __init__(self, f: Node, g: Node, names: tuple[str, ...], predicate: Node | None) -> None:
        self.f, self.g = f, g
        self.both = make("sub", f, g)
        self.names = names
        self.predicate = predicate
        self.large = len(postorder(self.both)) > points.LARGE

    def look(self, point: Point, bits: int) -> Look:
        """The functions at a point, in balls of so many bits."""
        with balls.precision(bits):
            found = self._look(point, None)
            return self._look(point, points.exactly(point)) if found.state == "unknown" else found

    def _look(self, point: Point, exact: Any) -> Look:
        try:
            at = points.at(point)
            if self.predicate is not None:
                inside = balls.evaluate(self.predicate, at, exact=exact)
                if inside is not True:
                    return Look(point, "outside" if inside in (False, None) else "unknown")
            values = balls.run(self.both, at, exact=exact)
        except Undecided:
            return Look(point, "unknown")
        left, right = (_ball(values[node]) for node in (self.f, self.g))
        if left is None and right is None:
            return Look(point, "neither")
        if not all(value is None or value.is_finite() for value in (left, right)):
            return Look(point, "unknown")
        if left is None or right is None:
            return Look(point, "second" if left is None else "first", left, right)
        difference = left - right
        state = "same" if difference.contains(0) else "different"
        return Look(point, state, left, right, difference, _is_sharp(left, right, difference))


def _ball(value: Real) -> Real:
    from flint import arb

    return arb(int(value)) if isinstance(value, bool) else value


def _is_sharp(left: Ball, right: Ball, difference: Ball) -> bool:
    if difference.is_zero():
        return True
    known = [abs(value).mid() for value in (left, right) if not value.contains(0)]
    return all(difference.rad() * 2**BLUR < scale for scale in [1, *known])


# The verdict


def equals(
    f: Node,
    g: Node,
    variables: Sequence[str] = (),
    domain: Node | Mapping[str, Any] | None = None,
) -> Verdict:
    """Whether two functions of ``variables`` have the same values wherever both are defined, or in ``domain``: a
    condition, or an interval for each of some variables.

    >>> from mibun.ops import symbol
    >>> x = symbol("x")
    >>> verdict = equals(x, make("sqrt", make("mul", x, x)), ("x",))
    >>> str(verdict), verdict.witness, verdict.values
    ('different', {'x': -1}, ('-1', '1'))

    ``ShapeError`` for a domain with variables that the functions do not have, ``DomainError`` for no interval.
    """
    f, g = chain.resolve(f), chain.resolve(g)
    predicate = _region(domain, tuple(dict.fromkeys([*variables, *symbols(f, g)])))
    names = tuple(symbols(f, g, *([] if predicate is None else [predicate])))
    spare = {name: 0 for name in variables if name not in names}
    if f is g:
        return Verdict("proved")
    proof = normal.equal(f, g)
    pair = _Pair(f, g, names, predicate)
    if points.applies(pair.both):
        return Verdict("proved") if proof else Verdict("undecided", reason="abstract")
    places = points.line([f, g, *([] if predicate is None else [predicate])], names[0]) if len(names) == 1 else []
    looks = _looks(pair, places, proof)
    gaps, more = _gaps(looks, places, names)
    counted = [look for look in looks if look.state == "same" and look.sharp]
    differing = [look for look in looks if look.state == "different"]
    if differing and not proof:
        chosen = min(differing, key=_rank)
        left, right, difference = _values(chosen)
        return Verdict(
            "different",
            {**points.plain(chosen.point), **spare},
            (left, right),
            difference,
            len(differing) + len(counted),
            domain=gaps,
            agree=_agreement(looks, places, names),
            shown=points.shown({**chosen.point, **{name: points.number(0) for name in spare}}),
            unlisted=more,
        )
    if proof and (counted or not gaps):
        return Verdict("proved", points=len(counted), domain=gaps, unlisted=more)
    if counted and (len(counted) >= NEEDED or not names):
        radius = min((_upper(radius) for look in counted if (radius := look.difference.rad()) > 0), default=0.0)
        return Verdict("verified", points=len(counted), radius=radius, domain=gaps, unlisted=more)
    states = {look.state for look in looks}
    reason = "few" if counted else "blurred" if states & {"same", "unknown"} else "empty"
    if reason == "empty" and not states & {"first", "second"}:
        reason = "nowhere"
    return Verdict("undecided", points=len(counted), domain=gaps, reason=reason, unlisted=more)


def _rank(look: Look) -> tuple[bool, bool, int, list[float]]:
    """The nicest witness: rational, where the difference is seen, with the shortest numbers, near 0."""
    visible = bool(abs(look.difference) * 2**40 > abs(look.left))
    irrational = any(value.rational is None for value in look.point.values())
    return irrational, not visible, sum(map(_length, look.point.values())), _place(look.point)


def _length(value: Number) -> int:
    return value.length


def _place(point: Point) -> list[float]:
    return [(abs(value.decimal)) for value in point.values()]


def _looks(pair: _Pair, places: list[Number], proof: bool) -> list[Look]:
    """Looks at points well chosen, all that are needed."""
    found: list[Look] = []
    seen: set[tuple[Number, ...]] = set()

    def take(chosen: Iterable[Point], least: int, most: int) -> None:
        """Look at points until ``least`` of them count, or ``most`` have been looked at."""
        for point in chosen:
            key = tuple(point.values())
            if key in seen or not all(math.isfinite(value.decimal) for value in point.values()):
                continue
            if pair.large and any(look.state == "different" for look in found):
                return
            if len(found) >= most or sum(look.state in ("same", "different") for look in found) >= least:
                return
            seen.add(key)
            look = pair.look(point, FIRST)
            for bits in () if pair.large else (SHARP, SHARPEST):
                if look.state == "unknown" or (look.state == "same" and not look.sharp):
                    look = pair.look(point, bits)
            found.append(look)

    if not pair.names:
        take([{}], 1, 1)
    elif len(pair.names) == 1:
        first, others = _on_a_line(pair, places)
        take(first, MOST, MOST)
        take(others, NEEDED + 10, MOST)
    else:
        first, others = _in_space(pair)
        take(first, MOST, CHOSEN if not pair.large else NEEDED + 4)
        take(others, NEEDED + 10, MOST if not pair.large else NEEDED + 10)
    if proof or any(look.state == "different" for look in found):
        return found
    same = [i for i, look in enumerate(found) if look.state == "same"]
    few = same[:: max(1, len(same) // FEW)][:FEW]
    for bits, chosen in ((SHARP, few if pair.large else same), (SHARPEST, [] if pair.large else few)):
        for i in chosen:
            sharper = pair.look(found[i].point, bits)
            if sharper.sharp or sharper.state == "different":
                found[i] = sharper
    return found


def _on_a_line(pair: _Pair, places: list[Number]) -> tuple[list[Point], Iterator[Point]]:
    """Points for functions of one variable: those to look at in any case, and more of them."""
    name = pair.names[0]
    cells = points.cells(places)
    each = 4 if len(cells) <= 8 else 2 if len(cells) <= 24 else 1
    pool: dict[Number, None] = dict.fromkeys(sorted(places, key=lambda place: abs(place.decimal))[:SINGLE])
    within = [[points.number(value) for value in points.inside(low, high, 13)] for low, high in cells]
    tried = [*points.nice(), *(value for values in within for value in values)]
    tried += map(points.number, points.grid()) if not pair.large else []
    tried = [value for value in dict.fromkeys(tried) if math.isfinite(value.decimal)]
    first, second, gap = _seen(pair, [{name: value} for value in tried])
    rank = dict(zip(tried, zip(first, second, gap, strict=True), strict=True))
    for values in within:
        values.sort(key=lambda value: -(rank[value][0] + rank[value][1]))  # stable: those where both are defined first
        pool |= dict.fromkeys(values[:each])
    pool |= dict.fromkeys(_suspects(tried, gap))
    torn = [value for value in tried if rank[value][0] != rank[value][1]]
    pool |= dict.fromkeys(sorted(torn, key=_length)[:4])
    both = [value for value in tried if rank[value][0] and rank[value][1]]
    good = [value for value in both if value in points.nice()][:NEEDED]
    good += [value for value in both if value.rational is not None and value.rational.denominator in (7, 13)][::24]
    pool |= dict.fromkeys(good)
    order = [*pool]
    deeper = [
        points.number(value)
        for cell, values in zip(cells, within, strict=True)
        if any(rank[value][0] and rank[value][1] for value in values)
        for value in points.inside(*cell, 2 * NEEDED)
    ]
    rest = [*both[:: max(1, len(both) // MOST)], *deeper, *tried]
    return [{name: value} for value in order], ({name: value} for value in rest)


def _in_space(pair: _Pair) -> tuple[list[Point], Iterator[Point]]:
    """The same for several variables."""
    tried = points.candidates([pair.f, pair.g], pair.names, pair.predicate)
    first, second, gap = _seen(pair, tried)
    both = [point for point, a, b in zip(tried, first, second, strict=True) if a and b]
    torn = [point for point, a, b in zip(tried, first, second, strict=True) if a != b]
    torn.sort(key=lambda point: sum(map(_length, point.values())))
    plain = sorted(both, key=lambda point: sum(map(_length, point.values())))
    chosen = [*_suspects(tried, gap), *torn[:4], *plain[: CHOSEN // 3], *both[:: max(1, len(both) * 3 // CHOSEN)]]
    return chosen, iter([*both, *tried])


def _seen(pair: _Pair, tried: Sequence[Point]) -> tuple[list[bool], list[bool], list[float]]:
    """What double precision says: where the functions are defined, and how far apart they are for their size."""
    import numpy as np

    nodes = [pair.f, pair.g, *([] if pair.predicate is None else [pair.predicate])]
    program = points._numeric(nodes, pair.names)
    nothing = [False] * len(tried)
    if program is None or not tried:
        return nothing, nothing, [0.0] * len(tried)
    columns = [np.array([point[name].decimal for point in tried]) for name in pair.names]
    found = [np.broadcast_to(np.asarray(value, dtype=float), len(tried)) for value in program(*columns)]
    inside = np.ones(len(tried), bool) if pair.predicate is None else found[2] != 0
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(found[0]), np.abs(found[1]))
        gap = np.where(size > 0, np.abs(found[0] - found[1]) / size, 0.0)
        gap = np.where(np.isfinite(gap) & inside, gap, 0.0)
    first, second = (np.isfinite(value) & inside for value in found[:2])
    return first.tolist(), second.tolist(), gap.tolist()


def _suspects(tried: Sequence[Any], gap: Sequence[float]) -> list[Any]:
    """Where the functions seem to differ: plainly, at the first such points, and the most."""
    plainly = [value for value, size in zip(tried, gap, strict=True) if size > 1e-9]
    order = sorted(range(len(tried)), key=lambda i: -gap[i])
    return [*plainly[:4], *(tried[i] for i in order[:6] if gap[i] > 0)]


# Domains


def _region(domain: Node | Mapping[str, Any] | None, names: tuple[str, ...]) -> Node | None:
    if domain is None:
        return None
    if not isinstance(domain, Mapping):
        node = getattr(domain, "node", domain)
        if not isinstance(node, Node) or node.dtype != BOOL:
            raise DomainError("region", given=repr(domain))
        found: Node | None = chain.resolve(node)
    else:
        found = None
        for name, interval in domain.items():
            for condition in _interval(str(name), interval):
                found = condition if found is None else make("and", found, condition)
    unknown = [] if found is None else [name for name in symbols(found) if name not in names]
    if unknown:
        raise ShapeError("unknown_variable", name=unknown[0], variables=", ".join(names))
    return found


def _interval(name: str, interval: Any) -> list[Node]:
    try:
        low, high = interval
    except (TypeError, ValueError):
        raise DomainError("interval", name=name, given=repr(interval)) from None
    ends = [_end(name, interval, low, -1), _end(name, interval, high, 1)]
    return [make(op, symbol(name), end) for op, end in zip(("ge", "le"), ends, strict=True) if end is not None]


def _end(name: str, interval: Any, value: Any, way: int) -> Node | None:
    """One end of an interval; ``None`` where there is none."""
    if value is None:
        return None
    if isinstance(value, str):
        from mibun import read

        value = read.read(value).node
    value = getattr(value, "node", value)
    if isinstance(value, Node):
        if not symbols(value):
            return chain.resolve(value)
    elif isinstance(value, int | float | Fraction) and not isinstance(value, bool):
        if isinstance(value, float) and math.isinf(value) and value * way > 0:
            return None
        if math.isfinite(value):
            return const(float(value) if isinstance(value, float) else value)
    raise DomainError("interval", name=name, given=repr(interval))


class _Part(NamedTuple):
    """A cell or a single place of the line, and the looks at it."""

    low: Number | None
    high: Number | None
    looks: list[Look]

    @property
    def state(self) -> str:
        """What all looks agree on, else ``""``."""
        states = {look.state for look in self.looks}
        return states.pop() if len(states) == 1 else ""

    @property
    def single(self) -> bool:
        return self.low is not None and self.low is self.high


def _parts(looks: Sequence[Look], places: Sequence[Number]) -> list[_Part]:
    parts: list[_Part] = []
    for low, high in points.cells(places):
        parts.append(_Part(low, high, []))
        if high is not None:
            parts.append(_Part(high, high, []))
    at = {place: 2 * i + 1 for i, place in enumerate(places)}
    for look in looks:
        value = next(iter(look.point.values()))
        i = at.get(value)
        if i is None:
            i = 2 * sum(place.decimal < value.decimal for place in places)
        parts[i].looks.append(look)
    return parts


def _runs(parts: Sequence[_Part], wanted: str) -> list[list[_Part]]:
    """Neighbouring parts that are all of one state."""
    runs: list[list[_Part]] = []
    before = False
    for part in parts:
        if part.state == wanted:
            if before:
                runs[-1].append(part)
            else:
                runs.append([part])
        before = part.state == wanted
    return runs


def _gaps(looks: Sequence[Look], places: Sequence[Number], names: Sequence[str]) -> tuple[tuple[Gap, ...], bool]:
    found: list[tuple[Look, str, bool]] = []
    if len(names) == 1:
        parts = _parts(looks, places)
        for state in ("first", "second"):
            covered: set[int] = set()
            for run in _runs(parts, state):
                isolated = len(run) == 1 and run[0].single
                where = "" if isolated else _condition(names[0], run)
                seen = [look for part in run for look in part.looks]
                covered |= set(map(id, seen))
                found.append((_nicest(seen), where, isolated))
            stray = [look for look in looks if look.state == state and id(look) not in covered]
            if stray:
                found.append((_nicest(stray), "", False))
    else:
        for state in ("first", "second"):
            seen = [look for look in looks if look.state == state]
            if seen:
                found.append((_nicest(seen), "", False))
    found.sort(key=lambda item: (item[2], _place(item[0].point)))
    gaps = [
        Gap(
            look.state,
            points.plain(look.point),
            _decimal(look.left if look.state == "first" else look.right, 6),
            points.shown(look.point),
            where,
            isolated,
        )
        for look, where, isolated in found
    ]
    return tuple(gaps[:LISTED]), len(gaps) > LISTED


def _nicest(looks: Sequence[Look]) -> Look:
    return min(looks, key=lambda look: sum(map(_length, look.point.values())))


def _agreement(looks: Sequence[Look], places: Sequence[Number], names: Sequence[str]) -> tuple[str, ...]:
    """Where functions that are different agree: conditions for whole intervals."""
    if len(names) != 1:
        return ()
    runs = _runs(_parts(looks, places), "same")
    wide = [run for run in runs if any(not part.single and len(part.looks) > 2 for part in run)]
    return tuple(_condition(names[0], run) for run in wide[:LISTED])


def _condition(name: str, run: Sequence[_Part]) -> str:
    """``0 < x ≤ 1`` for a run of parts."""
    from mibun.write import notation

    low, high = run[0].low, run[-1].high
    letter = notation.text(symbol(name))
    if low is None and high is None:
        return f"{letter} ∈ ℝ"
    if low is None or high is None:
        end, part, signs = (high, run[-1], ("≤", "<")) if low is None else (low, run[0], ("≥", ">"))
        assert end is not None
        return f"{letter} {signs[not _closed(part)]} {end.text()}"
    below, above = ("≤" if _closed(part) else "<" for part in (run[0], run[-1]))
    return f"{low.text()} {below} {letter} {above} {high.text()}"


def _closed(part: _Part) -> bool:
    """Whether a run that ends in this part holds its end."""
    return part.single and part.low is not None and not part.low.searched


# Showing


def _upper(x: Ball) -> float:
    """A float not below a small number."""
    value = float(x.upper() if not x.is_exact() else x)
    return max(value, 5e-324) if not x.is_zero() else 0.0


def _radius(value: float) -> str:
    return "0" if not value else "1e-300" if value < 1e-300 else f"{value:.0e}"


def _decimal(x: Ball, digits: int) -> str:
    """A ball's middle as a decimal without trailing zeros."""
    if x.is_exact() and x.is_integer() and abs(x) < 10**15:
        return str(int(x.unique_fmpz()))
    written: str = x.mid().str(digits, radius=False)
    number, e, exponent = written.partition("e")
    return (number.rstrip("0").rstrip(".") if "." in number else number) + e + exponent


def _values(look: Look) -> tuple[str, str, str]:
    """Both values with as many digits as it takes to tell them apart, and the difference where these do not do."""
    from flint import arb

    with balls.precision(SHARPEST):
        size = max(abs(look.left).mid(), abs(look.right).mid())
        depth = -float((abs(look.difference).mid() / size).log() / arb(10).log())
        digits = max(6, math.ceil(depth) + 2)
        difference = "" if digits <= DIGITS else _decimal(look.left - look.right, 3)
        return _decimal(look.left, min(digits, DIGITS)), _decimal(look.right, min(digits, DIGITS)), difference
