"""The words of mathematics that the readers know: functions and their aliases, Greek letters, signs.

Tables only. A name that is declared in a header, or given as ``variables``, always wins over these.
"""

from __future__ import annotations

import math
import operator
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache, partial, reduce
from typing import Final

from mibun.errors import BudgetExceeded, ParseError
from mibun.node import Node, postorder
from mibun.ops import FORMULA, ONE, PI, TWO, ZERO, E, const, derivative, make, symbol

DEFAULT: Final = frozenset({"f", "g", "h"})  # functions known by name only
LONGEST_WORD: Final = 1000  # characters in a row
LONGEST_ORDER: Final = 1000  # of a derivative that someone writes

# Functions


@dataclass(frozen=True, slots=True)
class Named:
    """A function that has a name: how many arguments it takes, and the node made of them."""

    name: str
    build: Callable[..., Node]
    least: int = 1
    most: int | None = 1


def root(u: Node, n: Node) -> Node:
    """The n-th root of u."""
    if n is TWO:
        return make("sqrt", u)
    whole = n.op == "const" and type(n.attrs) is int and n.attrs > 0
    return make("pow", u, const(Fraction(1, n.attrs)) if whole else make("div", ONE, n))


def nth_root(n: Node) -> Named:
    """The root sign with the index n."""
    return Named("cbrt" if n is const(3) else f"root{n.attrs or n.op}", lambda u: root(u, n))


def differentiate(u: Node, *variables: Node) -> Node:
    """``diff(u, x)``, ``diff(u, x, 2)``, ``diff(u, x, y)``."""
    last: Node | None = None
    for variable in variables:
        if variable.op == "symbol":
            u, last = derivative(u, variable), variable
        elif last is None or variable.op != "const" or type(variable.attrs) is not int or variable.attrs < 1:
            raise ParseError("diff_by")
        elif variable.attrs > LONGEST_ORDER:
            raise ParseError("order_written", limit=LONGEST_ORDER)
        else:
            for _ in range(variable.attrs - 1):
                u = derivative(u, last)
    return u


TRUE: Final = make("eq", ZERO, ZERO)  # the condition "otherwise"


def cases(*cells: Node) -> Node:
    """Value, condition, value, condition, …; a value alone at the end is for all else."""
    if len(cells) % 2 == 0:
        left = left_out(cells[1::2])
        if left in ("open_cases", "unclear_cases"):
            raise ParseError(left)
        cells = cells[:-1]
    result = cells[-1]
    for value, condition in zip(cells[-3::-2], cells[-2::-2], strict=True):
        result = make("where", condition, value, result)
    return result


_TURNED: Final = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}


def left_out(conditions: tuple[Node, ...]) -> str:
    """What no condition holds for: nothing (``""``), single ``points``, more (``open_cases``), or ``unclear_cases``.

    The bounds cut the line into points and intervals, one bit each; a condition is a set of them.
    """
    if TRUE in conditions:
        return ""
    order = postorder(*conditions)
    compared = [node for node in order if node.op in _TURNED]
    u = next((u for u in compared[0].args if all(u in node.args for node in compared)), None) if compared else None
    if u is None:
        return "unclear_cases"
    bounds = dict.fromkeys([node.args[node.args[0] is u] for node in compared])
    values = [_value(bound) for bound in bounds] if len(bounds) > 1 else [0.0]
    if None in values:
        return "unclear_cases"
    points = {value: 1 << (2 * i + 1) for i, value in enumerate(sorted({value or 0.0 for value in values}))}
    bits = {bound: points[value or 0.0] for bound, value in zip(bounds, values, strict=True)}
    line = (1 << (2 * len(points) + 1)) - 1
    sets: dict[Node, int] = {}
    for node in order:
        if node.op in _TURNED:
            op = node.op if node.args[0] is u else _TURNED[node.op]
            point = bits[node.args[node.args[0] is u]]
            below, above = point - 1, line ^ (2 * point - 1)
            sets[node] = {
                "lt": below, "le": below | point, "gt": above, "ge": above | point, "eq": point, "ne": below | above
            }[op]  # fmt: skip
        elif node.op == "not":
            sets[node] = line ^ sets.get(node.args[0], 0)
        elif node.op in ("and", "or"):
            p, q = (sets.get(arg, 0) for arg in node.args)
            sets[node] = p & q if node.op == "and" else p | q
    missing = line ^ reduce(operator.or_, [sets.get(condition, 0) for condition in conditions])
    intervals = (2 * line + 1) // 3
    return "" if not missing else "open_cases" if missing & intervals else "points"


_NUMBERS: Final[dict[str, Callable[..., float]]] = {
    **{"neg": operator.neg, "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv},
    **{"sqrt": math.sqrt, "pi": lambda: math.pi, "e": lambda: math.e},
}


def _value(bound: Node) -> float | None:
    """The number that a bound is, if it is one."""
    values: dict[Node, float] = {}
    try:
        for node in postorder(bound):
            args = [values[arg] for arg in node.args]
            values[node] = float(node.attrs) if node.op == "const" else _NUMBERS[node.op](*args)
    except (KeyError, ArithmeticError, ValueError):
        return None
    return values[bound]


def _fold(op: str) -> Callable[..., Node]:
    return lambda *args: reduce(partial(make, op), args)


_ROWS: Final = [
    *[Named(op.name, partial(make, op.name)) for op in FORMULA.values() if op.kind == "elementwise" and op.arity == 1],
    Named("log", lambda x, a: make("log", x, a), 1, 2),  # the parser decides on the base of a bare one
    Named("lg", lambda x: make("log", x, const(10))),
    Named("log10", lambda x: make("log", x, const(10))),
    Named("log2", lambda x: make("log", x, TWO)),
    Named("log1p", lambda x: make("ln", make("add", ONE, x))),
    Named("expm1", lambda x: make("sub", make("exp", x), ONE)),
    Named("exp2", lambda x: make("pow", TWO, x)),
    Named("cbrt", lambda x: root(x, const(3))),
    Named("root", root, 2, 2),
    Named("pow", partial(make, "pow"), 2, 2),
    Named("factorial", lambda x: make("gamma", make("add", x, ONE))),
    Named("erfc", lambda x: make("sub", ONE, make("erf", x))),
    Named("trigamma", lambda x: make("polygamma", ONE, x)),
    *[Named(name, partial(make, name), 2, 2) for name in ("polygamma", "atan2", "hypot")],
    Named("min", _fold("min"), 2, None),
    Named("max", _fold("max"), 2, None),
    Named("where", partial(make, "where"), 3, 3),
    Named("cases", cases, 1, None),
    Named("diff", differentiate, 2, None),
]
_ALIASES: Final = """
    asin arcsin, acos arccos, atan arctan arctg, asec arcsec, acsc arccsc arccosec, acot arccot arcctg arccotan
    tan tg, cot ctg cotg cotan, csc cosec
    asinh arcsinh arsinh argsinh, acosh arccosh arcosh argcosh, atanh arctanh artanh argtanh
    asech arcsech arsech, acsch arccsch arcsch, acoth arccoth arcoth
    sign sgn signum, ceil ceiling, atan2 arctan2, root nthroot, lgamma loggamma gammaln lngamma, digamma psi
    sigmoid logistic expit, relu ReLU, where if piecewise, diff derivative
"""
_SHORT: Final = frozenset({"if", "pow", "root", "diff", "nthroot", "cases", "where", "derivative"})

NTH_ROOT: Final = Named("root", lambda n, u: root(u, n), 2, 2)  # \sqrt[n]{u}
FUNCTIONS: Final[dict[str, Named]] = {row.name: row for row in _ROWS if row.name not in ("neg",)}
for _group in _ALIASES.replace("\n", ",").split(","):
    for _alias in _group.split()[1:]:
        FUNCTIONS[_alias] = FUNCTIONS[_group.split()[0]]

# Letters run together: exp2x is exp(2x). Before a bracket, and there only, the digit is part of the name.
DIGIT: Final = {"exp2": "exp", "atan2": "atan"}
_DIGIT: Final = [FUNCTIONS[name] for name in DIGIT]

_CIRCULAR: Final = [stem + end for end in ("", "h") for stem in ("sin", "cos", "tan", "sec", "csc", "cot")]
INVERSES: Final = {name: "a" + name for name in _CIRCULAR}
# These are functions before a bracket only; elsewhere, and in products of letters, they are Greek letters.
GREEK_FUNCTIONS: Final = {"gamma": "gamma", "Gamma": "gamma", "psi": "digamma"}

# Letters and signs

_GREEK: Final = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma_ sigma tau upsilon"
    " phi chi psi omega"
)
GREEK: Final[dict[str, str]] = {  # α: alpha
    **{chr(ord("α") + i): name.rstrip("_") for i, name in enumerate(_GREEK.split())},
    **{chr(ord("Α") + i): name.capitalize().rstrip("_") for i, name in enumerate(_GREEK.split()) if name != "sigma_"},
}
CONSTANTS: Final = {"e": E, "pi": PI}

_SIGNS: Final = {
    "*": "×·⋅∙•∗ㆍ・✕✖\u2062", "/": "÷∕⁄", "-": "−‐‑‒–—", "'": "′‘’´", "|": "∣", "^": "ˆ", "~": "∼",
    "≤": "≦⩽", "≥": "≧⩾", " ": "\u200b\u2060\ufeff\u2061\u2063",
}  # fmt: skip
SUPERSCRIPT: Final = "⁰¹²³⁴-⁾ⁱⁿʰ-ʸˡ-ˣᴬ-ᵡᶛ-ᶿ"  # ranges of a character class
SUBSCRIPT: Final = "₀-₉ₐ-ₜᵢ-ᵪⱼ"
_KEPT: Final = re.compile(f"[{SUPERSCRIPT}{SUBSCRIPT}½¼¾⅐-⅞ㄱ-ㆎ]")


class _Plain(dict[int, int]):
    """One character for one, so that positions stay: full-width forms, styled letters, the many kinds of dot."""

    def __missing__(self, code: int) -> int:
        plain = unicodedata.normalize("NFKC", chr(code))
        self[code] = ord(plain) if len(plain) == 1 and not _KEPT.match(chr(code)) else code
        return self[code]


_PLAIN: Final = _Plain({ord(char): ord(sign) for sign, chars in _SIGNS.items() for char in chars})


def plain(source: str) -> str:
    """``source`` with every character that only looks different replaced by the plain one, position by position."""
    return source if source.isascii() else source.translate(_PLAIN)


def normal(raised: str) -> str:
    """Raised or lowered characters at their normal height."""
    return plain(unicodedata.normalize("NFKC", raised))


# Words

IDENTIFIER: Final = r"[A-Za-zΑ-Ωα-ω][A-Za-z0-9Α-Ωα-ω]*"
_BASE: Final = re.compile(
    rf"_(?P<number>[0-9]+)|_\{{(?P<braced>[0-9]+)\}}|_\{{?(?P<name>{IDENTIFIER})?\}}?|(?P<small>[{SUBSCRIPT}]+)"
)
PATTERNED: Final = re.compile(r"[A-Za-z](?:[0-9]+|_[0-9]+|_[A-Za-z]+[0-9]*)")  # names that need no table
Part = tuple[str, object, int, int]  # kind, value, beginning and end within the word


def english(name: str) -> str:
    """A name without Greek letters, superfluous braces and small digits: x_{12} and x₁₂ are x_12, θ is theta."""
    name = name.replace("{", "").replace("}", "")
    if name.isascii():
        return name
    return re.sub(
        f"[{SUBSCRIPT}]+", lambda m: "_" + unicodedata.normalize("NFKC", m.group()),
        "".join([GREEK.get(char, char) for char in name]),
    )  # fmt: skip


@dataclass(frozen=True)
class Vocabulary:
    """What names mean in one text: ``declared`` variables, and ``applied`` functions known by name only."""

    declared: frozenset[str]
    applied: frozenset[str]

    @cached_property
    def _words(self) -> dict[str, list[Part]]:
        return {}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        long = {*(set(FUNCTIONS) - _SHORT), *GREEK.values(), *self.declared, *self.applied}
        ends: dict[str, list[str]] = {}
        for name in sorted(long, key=lambda n: (-len(n), n)):
            if len(name) > 1 and not PATTERNED.fullmatch(name):
                stop = r"\Z" if FUNCTIONS.get(name) in _DIGIT and name not in self.declared else ""
                ends.setdefault(name[0], []).append(re.escape(name[1:]) + stop)
        names = "|".join([f"{first}(?:{'|'.join(rest)})" for first, rest in sorted(ends.items())])
        small = rf"_(?:[0-9]+|[A-Za-zΑ-Ωα-ω]+[0-9]*|\{{[A-Za-z0-9Α-Ωα-ω]+\}})|[{SUBSCRIPT}]+"
        name = f"(?:{names}|[A-Za-zΑ-Ωα-ω])"
        return re.compile(rf"(?P<name>{name})(?P<digits>[0-9]*)(?P<small>{small})?|(?P<number>[0-9]+)|_")

    def lookup(self, name: str) -> tuple[str, object] | None:
        """The kind and value of a whole name: ``s`` a variable or constant, ``g`` applied by name, ``f`` known."""
        if name in self.declared:
            return "s", symbol(name)
        other = name
        if "_" in name:
            other = name.replace("_", "", 1)
        elif name[-1:].isdigit():
            other = re.sub(r"(?<=[a-zA-Z])(?=[0-9]+$)", "_", name, count=1)
        if other in self.declared:  # w_{1} is how LaTeX writes the variable w1
            return "s", symbol(other)
        if name in self.applied:
            return "g", symbol(name)
        if name in CONSTANTS:
            return "s", CONSTANTS[name]
        if name in FUNCTIONS and name not in GREEK_FUNCTIONS:
            return "f", FUNCTIONS[name]
        if name in ("and", "or", "not"):
            return name, None
        if len(name) == 1 or name in _GREEK_NAMES:
            return "s", symbol(name)
        return None

    def split(self, word: str) -> list[Part]:
        """A run of letters and digits as names: the longest known name each time, single letters for the rest.

        A ``_`` that belongs to no name has no value.
        """
        parts = self._words.get(word)
        if parts is None:
            if len(word) > LONGEST_WORD:
                raise BudgetExceeded("word_too_long", limit=LONGEST_WORD)
            parts = self._words[word] = self._split(word)
        return parts

    def _split(self, word: str) -> list[Part]:
        whole = english(word)
        found = self.lookup(whole)
        if found is None and len(word) > 1 and (word.istitle() or word.isupper()) and whole.lower() in FUNCTIONS:
            found = self.lookup(whole.lower())
        if found:
            return [(*found, 0, len(word))]
        parts: list[Part] = []
        at = 0
        while at < len(word):
            match = self._pattern.match(word, at)
            if match is None or match.group() == "_":
                parts.append(("_", None, at, at + 1))
                at += 1
                continue
            begin, at = match.span()
            if match["number"]:
                parts.append(("n", match["number"], begin, at))
                continue
            name = english(match["name"])
            kind, value = self.lookup(name) or ("s", symbol(name))
            if kind == "f":
                at = match.end("name")
                parts.append((kind, value, begin, at))
                if value is FUNCTIONS["log"] and (base := self._base(word, at)):
                    parts += base
                    at = base[-1][3]
            elif match["digits"] or match["small"]:
                name = english(match.group())
                kind, value = self.lookup(name) or ("s", symbol(name))
                parts.append((kind, value, begin, at))
            else:
                parts.append((kind, value, begin, at))
        return parts

    def _base(self, word: str, at: int) -> list[Part]:
        """The subscript of a logarithm: log_10 x, log_a x, log₂ x; of log_ax it is a."""
        match = _BASE.match(word, at)
        if match is None:
            return []
        begin, end = match.span()
        number, name = match["number"] or match["braced"], english(match["name"] or "")
        if match["small"]:
            number = name = unicodedata.normalize("NFKC", match["small"])
        if number and number.isdigit():
            return [("_", TRUE, begin, begin), ("n", number, begin, end)]
        found = self.lookup(name)
        if (found is None or found[0] == "f") and name:
            end -= len(match["name"] or "a") - 1
            name = english((match["name"] or name)[0])
            found = self.lookup(name) or ("s", symbol(name))
        return [("_", TRUE, begin, begin if found else end), *([(*found, begin, end)] if found else [])]


_GREEK_NAMES: Final = frozenset(GREEK.values())


@lru_cache(maxsize=64)
def vocabulary(declared: frozenset[str] = frozenset(), applied: frozenset[str] = DEFAULT) -> Vocabulary:
    return Vocabulary(declared, applied - declared)


def nearest(name: str) -> str | None:
    """The known function whose name is most like ``name``."""
    from difflib import get_close_matches

    words = [word for word in FUNCTIONS if word != "cases"]
    found = get_close_matches(name[:40], words, 1, 0.7) or get_close_matches(name[:40].lower(), words, 1, 0.7)
    return found[0] if found else None


# The header of a function: f(x, y) = …, y = …

_ONE: Final = rf"{IDENTIFIER}(?:_[^\W_]+|_\{{\w+\}}|[{SUBSCRIPT}]+)*+"
_HEADER: Final = re.compile(
    rf"\s*(?P<name>{_ONE})\s*(?P<primes>'*)\s*(?P<open>\(\s*(?P<names>(?:{_ONE}\s*(?:,\s*{_ONE}\s*)*)?)\))?\s*:?\s*$"
)
_EQUALS: Final = re.compile(r"(?<![<>!=])=(?!=)")


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the equals sign: the name, the variables (``None`` if not said), where the rest begins."""

    name: str
    variables: tuple[str, ...] | None
    end: int


_BRACKETS: Final = re.compile(rf"\\.|[(){{}}\[\]]|{_EQUALS.pattern}", re.DOTALL)
_BEFORE: Final = re.compile(r"(?:\s|\\(?:display|text|script)style(?![A-Za-z]))*")
_PAIRS: Final = frozenset({"()", "[]", "{}"})


def unwrapped(source: str, begin: int, end: int) -> tuple[int, int]:
    """Where the formula begins and ends, without braces around all of it, and brackets around an equation."""
    partner: dict[int, int] = {}
    opened: list[int] = []
    depth: int | None = None  # of the first equals sign
    begin = _before(source, begin, end)
    if source[begin : begin + 1] not in ("(", "[", "{"):
        return begin, end
    for match in _BRACKETS.finditer(source, begin, end):
        sign = match[0]
        if sign == "=":
            depth = len(opened) if depth is None else depth
        elif sign in ("(", "[", "{"):
            opened.append(match.start())
        elif len(sign) == 1:
            if not opened or source[opened[-1]] + sign not in _PAIRS:
                return begin, end
            partner[opened.pop()] = match.start()
    outside = 0
    while True:
        stop = end
        while stop > begin and source[stop - 1].isspace():
            stop -= 1
        if partner.get(begin, begin + 1) + 1 != stop or (source[begin] != "{" and outside >= (depth or 0)):
            return begin, end
        inside = _before(source, begin + 1, stop - 1)
        if inside == stop - 1:
            return begin, end
        begin, end, outside = inside, stop - 1, outside + 1


def _before(source: str, begin: int, end: int) -> int:
    match = _BEFORE.match(source, begin, end)
    return match.end() if match else begin


def header(source: str, tidy: Callable[[str], str] = str, begin: int = 0) -> Header | None:
    """The header of ``source``; ``tidy`` turns what stands before the equals sign into plain text."""
    equals = _EQUALS.search(source, begin)
    match = _HEADER.match(tidy(source[begin : equals.start()])) if equals else None
    if equals is None or match is None:
        return None
    span = (begin, equals.start())
    name = english(match["name"])
    if name in FUNCTIONS and name not in GREEK_FUNCTIONS:
        raise ParseError("reserved_name", source=source, span=span, name=name)
    if match["open"] is None:
        return Header(name + match["primes"], None, equals.end())
    variables = tuple([english(v.strip()) for v in match["names"].split(",") if v.strip()])
    seen: set[str] = set()
    for variable in variables:
        if variable in seen:
            raise ParseError("repeated_variable", source=source, span=span, name=variable)
        seen.add(variable)
        if variable in FUNCTIONS and variable not in GREEK_FUNCTIONS:
            raise ParseError("reserved_name", source=source, span=span, name=variable)
    return Header(name + match["primes"], variables, equals.end())
