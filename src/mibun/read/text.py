"""Reading plain text: ``2x^2 + xy``, ``f(x, y) = sin 2x / y``, ``½ x²``, with the signs of phones' keyboards."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction
from functools import cache
from itertools import groupby
from typing import Any, Final

from mibun.errors import BudgetExceeded, ParseError, UnsupportedOperation
from mibun.node import Node
from mibun.ops import const, symbol
from mibun.read import vocabulary as words
from mibun.read.pratt import LONGEST, Leibniz, Note, Reading, Tokens, finish, number, unknown_name
from mibun.read.vocabulary import FUNCTIONS, GREEK, GREEK_FUNCTIONS, SUBSCRIPT, SUPERSCRIPT, Vocabulary, english

PROFILES: Final = (None, "ko-school")


def read_text(
    source: str, *, strict: bool = False, profile: str | None = None, variables: tuple[str, ...] | None = None
) -> Reading:
    """Read plain text.

    ``strict`` turns every ambiguity into an error; ``profile="ko-school"`` reads a bare ``log`` to base 10;
    ``variables`` declares names, which then are variables whatever else they mean (``e``, ``f``, ``rate``).

    Raises ``ParseError`` with the place underlined, ``BudgetExceeded`` for a text that is too long.

    >>> reading = read_text("1/2x")
    >>> reading.variables, reading.notes[0].others
    (('x',), ('1/(2*x)',))
    """
    check(source, profile)
    text = words.plain(source)
    try:
        begin, end = words.unwrapped(text, 0, len(text))
        head = words.header(text[:end], begin=begin)
        known = names(head, variables)
        tokens = tokenize(text, head.end if head else begin, known, end)
        return finish(tokens, source, head, strict=strict, profile=profile, variables=variables)
    except ParseError as error:
        error.source = source if error.span else None
        raise


def check(source: str, profile: str | None) -> None:
    """What has to hold before anything is read."""
    if profile not in PROFILES:
        raise UnsupportedOperation("profile", given=profile)
    if len(source) > LONGEST:
        raise BudgetExceeded("text_too_long", limit=f"{LONGEST:,}", given=f"{len(source):,}")


def names(head: words.Header | None, variables: tuple[str, ...] | None) -> Vocabulary:
    """What names mean below this header."""
    declared = frozenset(variables or ())
    applied = words.DEFAULT
    if head is not None and head.variables is not None:
        declared |= frozenset(head.variables)
        applied |= {head.name.rstrip("'")}
    return words.vocabulary(declared, applied)


# Tokens

_SPACE: Final = r"[ \t\r\n\f\v]*"
_LETTER: Final = "A-Za-zΑ-Ωα-ω"
NUMBER: Final = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_WORD: Final = rf"[{_LETTER}][{_LETTER}0-9_{SUBSCRIPT}]*(?:(?<=_)\{{[{_LETTER}0-9]+\}}[{_LETTER}0-9_{SUBSCRIPT}]*)*"
_SIGN: Final = r"\*\*|<=|>=|==|!=|<>|&&|[-+*/^(),|!=<>{}\[\]']"
SIMPLE: Final[dict[str, tuple[str, Any]]] = {  # tokens with nothing more to them: kind and value
    **{sign: (sign, None) for sign in "+-*/^,|!='∂"},
    **{opening: ("(", close) for opening, close in zip("([{", ")]}", strict=True)},
    **{close: (")", close) for close in ")]}⌋⌉"},
    **{sign: ("c", op) for sign, op in [("<", "lt"), (">", "gt"), ("<=", "le"), (">=", "ge"), ("==", "eq")]},
    **{sign: ("c", op) for sign, op in [("≤", "le"), ("≥", "ge"), ("≠", "ne"), ("!=", "ne"), ("<>", "ne")]},
    **{"**": ("^", None), "&&": ("and", None), "∧": ("and", None), "∨": ("or", None), "¬": ("not", None)},
    **{
        sign: ("r", rule)
        for sign, rule in [
            ("√", FUNCTIONS["sqrt"]),
            ("∛", FUNCTIONS["cbrt"]),
            ("∜", words.nth_root(const(4))),
        ]
    },
}
_DOUBLE: Final[dict[str, tuple[tuple[str, Any], ...]]] = {
    "⌊": (("f", FUNCTIONS["floor"]), ("(", "⌋")),
    "⌈": (("f", FUNCTIONS["ceil"]), ("(", "⌉")),
    "″": (("'", None),) * 2,
    "‴": (("'", None),) * 3,
}
_RADICAL: Final = re.compile(r"[ \t]*√")
_BARE: Final = re.compile(r"\s*[^\s(^]")
_OPERAND: Final = frozenset({"n", "s", "g", ")", "'", "!"})
WORD: Final = 4  # letters in a row that look like a word
SHOWN: Final = 20  # of them in a note

_ORDER: Final = r"(?:\^?\{?[0-9]{1,4}\}?|[²³⁴-⁹])?"
_VARIABLE: Final = (
    rf"(?:{'|'.join(sorted(set(GREEK.values()), key=len, reverse=True))}|[{_LETTER}])"
    rf"[0-9]*(?:_[A-Za-z0-9]+|_\{{[A-Za-z0-9]+\}}|[{SUBSCRIPT}]+)?"
)


_QUOTIENT: Final = re.compile(r"/\s*\(?\s*[d∂]")  # no d/dx is without it
_NEVER: Final = re.compile(r"(?!)")


@cache
def _patterns(
    declared: frozenset[str], derivatives: bool = True
) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """The patterns of a token, of the ``/dx`` after a bracket, and of one ``dx`` in it.

    Without ``derivatives`` there is no d/dx to be found, and the patterns are made in no time.
    """
    if not derivatives:
        return _token("(?!)"), _NEVER, _NEVER
    long = [re.escape(name) for name in declared if len(name) > 1 and not words.PATTERNED.fullmatch(name)]
    own = sorted(long, key=lambda name: (-len(name), name))
    variable = f"(?:{'|'.join([*own, _VARIABLE])})"
    d = r"(?!)" if "d" in declared else "d"
    once = rf"{d}\s?{variable}{_ORDER}|∂\s?{variable}{_ORDER}(?:\s*∂\s?{variable}{_ORDER})*"
    below = rf"\s*/\s*(?:\((?:{once})\)|(?:{once}))(?![{_LETTER}0-9_{SUBSCRIPT}])"
    leibniz = rf"(?:{d}|∂){_ORDER}\s?(?:{variable})?{below}"
    return _token(leibniz), re.compile(below), re.compile(rf"(?:{d}|∂)\s?({variable})({_ORDER})")


def _token(leibniz: str, word: str = _WORD, raised: str = f"[{SUPERSCRIPT}]+") -> re.Pattern[str]:
    return re.compile(rf"{_SPACE}(?:({leibniz})|({NUMBER})|({word})|({_SIGN})|({raised})|(.)|$)", re.DOTALL)


_ASCII_WORD: Final = r"[A-Za-z][A-Za-z0-9_]*(?:(?<=_)\{[A-Za-z0-9]+\}[A-Za-z0-9_]*)*"
_IN_ASCII: Final = _token("(?!)", _ASCII_WORD, "(?!)"), _NEVER, _NEVER
"""What most texts need, which have no d/dx and no sign beyond ASCII: patterns that are made in a third of the time."""


def leibniz(text: str, one: re.Pattern[str], known: Vocabulary, *, tight: bool = False) -> Leibniz | None:
    """``d^2 y/dx^2`` taken apart; ``None`` if the orders above and below the line differ."""
    above, _, below = text.partition("/")
    by = tuple([(_variable(known, m[1]), _order(m[2])) for m in one.finditer(below)])
    match = re.match(rf"(?:d|∂)({_ORDER})\s?(.*)", above.strip(), re.DOTALL)
    if not match or _order(match[1]) != sum(n for _, n in by):
        return None
    return Leibniz(by[::-1], english(match[2].strip()), tight)


def inline(text: str, begin: int, end: int, known: Vocabulary) -> tuple[Leibniz, int] | None:
    """The d/dx or dy/dx at ``begin``, and where it ends."""
    token, _, one = _patterns(known.declared)
    match = token.match(text, begin, end)
    mark = leibniz(match[1], one, known) if match and match.lastindex == 1 else None
    return (mark, match.end()) if match and mark else None


def _variable(known: Vocabulary, name: str) -> Node:
    found = known.lookup(english(name))
    return found[1] if found and isinstance(found[1], Node) else symbol(english(name))


def _order(text: str) -> int:
    return int(unicodedata.normalize("NFKC", text).strip("^{}") or 1)


def tokenize(text: str, start: int, known: Vocabulary, end: int | None = None) -> Tokens:
    """The tokens of ``text`` from ``start`` to ``end``."""
    tokens = Tokens()
    kinds, add = tokens.kinds, tokens.add
    derivatives = _QUOTIENT.search(text) is not None
    if derivatives:
        token, below, one = _patterns(known.declared)
    else:
        token, below, one = _IN_ASCII if text.isascii() else _patterns(frozenset(), False)
    match_token, split, simple = token.match, known.split, SIMPLE
    numbers: dict[str, Node] = {}
    opened: list[int] = []
    last = 0  # the bracket that was closed last
    pos = start
    end = len(text) if end is None else end
    while True:
        match = match_token(text, pos, end)
        assert match is not None  # the pattern has an alternative for everything
        group = match.lastindex
        if group is None:
            return tokens
        piece = match[group]
        begin, pos = match.start(group), match.end()
        if group == 4 or piece in simple:  # a sign
            kind, value = simple[piece]
            if kind == "(":
                opened.append(len(kinds))
            elif kind == ")" and opened:
                last = opened.pop()
            elif kind == "/" and kinds and kinds[-1] == ")":
                quotient = below.match(text, begin)
                if quotient and _numerator(tokens, last, quotient[0], one, known):
                    pos = quotient.end()
                    continue
            add(kind, value, begin, pos)
        elif group == 3:
            parts = digit_apart(split(piece), text, pos, end)
            if len(parts) > 1 or parts[0][0] == "_":
                _word(tokens, piece, parts, text, begin, known)
                continue
            kind, value, _, _ = parts[0]
            greek = GREEK_FUNCTIONS.get(english(piece)) if text[pos : pos + 1] == "(" and piece != "γ" else None
            if greek and english(piece) not in known.declared:
                kind, value = "f", FUNCTIONS[greek]
            add(kind, value, begin, pos)
        elif group == 2:
            node = numbers.get(piece)
            if node is None:
                node = numbers[piece] = number(piece, text, begin, pos)
            add("n", node, begin, pos)
        elif group == 1:
            mark = leibniz(piece, one, known)
            if mark is None:
                raise ParseError("leibniz_order", source=text, span=(begin, pos))
            add("D", mark, begin, pos)
        elif group == 5:
            raised = tokenize(words.normal(piece), 0, known)
            radical = _RADICAL.match(text, pos, end)
            if radical and (index := root_index(tokens, raised, begin)):
                pos = radical.end()
                add("r", words.nth_root(index), begin, pos)
                continue
            add("^", None, begin, pos)
            add("(", ")", begin, pos)
            for kind, value in zip(raised.kinds, raised.values, strict=True):
                add(kind, value, begin, pos)
            add(")", ")", begin, pos)
        elif piece in _DOUBLE:
            for kind, value in _DOUBLE[piece]:
                if kind == "(":
                    opened.append(len(kinds))
                add(kind, value, begin, pos)
        elif unicodedata.decomposition(piece).startswith("<fraction>") and unicodedata.numeric(piece):
            add("n", const(Fraction(unicodedata.normalize("NFKC", piece).replace("⁄", "/"))), begin, pos)
        else:
            raise bad_character(piece, text, begin)


def _word(tokens: Tokens, word: str, parts: list[words.Part], text: str, begin: int, known: Vocabulary) -> None:
    """A run of letters that is several names."""
    end = begin + len(word)
    kinds = [part[0] for part in parts]
    if text[end : end + 1] == "(" and kinds[-1] in ("s", "n") and not ("_" in kinds and "f" in kinds):
        letters = all(kind == "s" and stop - at == 1 for kind, _, at, stop in parts)
        product = letters and (len(word) == 2 or known.declared.issuperset(word))
        if kinds[-1] == "n" or not (product or (not letters and words.nearest(word) is None)):
            raise unknown_name(word, text, (begin, end))
    tokens.notes += letter_runs(parts, word, begin, known)
    for kind, value, at, stop in parts:
        if kind == "_" and value is None:
            raise ParseError("subscript", source=text, span=(begin + at, begin + stop))
        node = number(str(value), text, begin + at, begin + stop) if kind == "n" else value
        tokens.add(kind, node, begin + at, begin + stop)


def letter_runs(parts: list[words.Part], word: str, begin: int, known: Vocabulary) -> list[Note]:
    """A note for each run of letters that looks like a word but is read as a product."""
    notes = []
    names = [
        str(value.attrs or value.op) if isinstance(value, Node) and kind in "sg" else "" for kind, value, *_ in parts
    ]
    single = [bool(name) and stop - at == 1 for name, (_, _, at, stop) in zip(names, parts, strict=True)]
    for alone, run in groupby(range(len(parts)), single.__getitem__):
        first, *_, last = [*run] * 2
        if alone and last - first + 1 >= WORD and not known.declared.issuperset(names[first : last + 1]):
            at, stop = parts[first][2], parts[last][3]
            taken = "*".join(names[first : min(last + 1, first + SHOWN)]) + ("*..." if last - first >= SHOWN else "")
            whole = english(word[at : min(stop, at + SHOWN)]) + ("..." if last - first >= SHOWN else "")
            notes.append(Note((begin + at, begin + stop), taken, (whole,), "note_letters"))
    return notes


def digit_apart(parts: list[words.Part], text: str, pos: int, end: int) -> list[words.Part]:
    """exp2 and atan2 without brackets at ``pos`` as exp 2 and atan 2, the way sin2x is read."""
    kind, value, at, stop = parts[0]
    name = words.DIGIT.get(value.name) if len(parts) == 1 and isinstance(value, words.Named) else None
    if name is None or not _BARE.match(text, pos, end):
        return parts
    return [(kind, FUNCTIONS[name], at, stop - 1), ("n", "2", stop - 1, stop)]


def root_index(tokens: Tokens, raised: Tokens, begin: int) -> Node | None:
    """What the small number before a root sign says: ³√x. After x, without a space, it is a power of x."""
    if raised.kinds not in (["n"], ["s"]):
        return None
    power = tokens.kinds and tokens.kinds[-1] in _OPERAND and tokens.ends[-1] == begin
    return None if power else raised.values[0]


def _numerator(tokens: Tokens, bracket: int, below: str, one: re.Pattern[str], known: Vocabulary) -> bool:
    """Whether d(…), df(…) or d^2(…) ends here, with ``below`` under it; if so its d is made an operator."""
    kinds = tokens.kinds
    at = bracket - 1
    if at > 0 and kinds[at] in ("f", "g"):
        at -= 1
    order, stop = 1, at
    while at > max(0, stop - 4) and kinds[at] in ("^", "n", "(", ")"):
        if kinds[at] == "n" and type(tokens.values[at].attrs) is int:
            order = tokens.values[at].attrs
        at -= 1
    if at < 0 or not (kinds[at] == "∂" or (kinds[at] == "s" and tokens.values[at] is symbol("d"))):
        return False
    mark = leibniz(f"d{order}{below}", one, known, tight=True)
    if mark is None:
        return False
    kinds[at], tokens.values[at] = "D", mark
    kinds[at + 1 : stop + 1] = ["skip"] * (stop - at)
    return True


def bad_character(char: str, text: str, at: int) -> ParseError:
    """The error for a character that means nothing here."""
    if korean := _HANGUL.match(text, at):
        return ParseError("hangul", source=text, span=korean.span(), char=korean[0])
    key = "infinity" if char == "∞" else "bad_character"
    shown = char if char.isprintable() and not char.isspace() else f"U+{ord(char):04X}"
    return ParseError(key, source=text, span=(at, at + 1), char=shown)


_HANGUL: Final = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]{1,40}")
