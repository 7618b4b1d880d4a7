"""What the languages share: what is computed, which expressions get names of their own, how formulas are put together.

A language brings a writer, which makes a :class:`Piece` of an operation and the pieces of its arguments. An expression
that is used more than once gets a name, and so does one that would make a line too long; names say what they stand for
where that is short, ``sin_x``, and count otherwise, ``t1``.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from mibun.errors import UnsupportedOperation
from mibun.language import fill
from mibun.node import Node, postorder, symbols, tree_size
from mibun.ops import FORMULA, NUMBER, const, make
from mibun.run.exact import exact, exact_values
from mibun.run.safe import safe
from mibun.write import notation

words: Final = str.split
WIDTH: Final = 100  # columns
NAMED: Final = 72  # an expression that is longer is divided
NUMERIC: Final = frozenset(["log1p", "expm1", "logaddexp"])  # what float-safe rewriting brings
HANDLED: Final = (frozenset(FORMULA) | NUMERIC) - {"apply", "derivative"}


class Program(NamedTuple):
    """A function to write: ``arguments`` are its names, ``nodes`` its values in reading order.

    ``taken`` are the variables that it was differentiated by, "" for all of them in turn, one axis of ``shape`` each.
    With ``derivatives``, 1 or 2, the first node is the value; those after it are the derivatives by ``variables``,
    then the second ones, row by row. ``shown`` are the nodes as they are read.
    """

    name: str
    variables: tuple[str, ...]
    arguments: tuple[str, ...]
    nodes: tuple[Node, ...]
    shown: tuple[Node, ...]
    shape: tuple[int, ...] = ()
    taken: tuple[str, ...] = ()
    derivatives: int = 0

    @property
    def has_value(self) -> bool:
        """Whether the first node is a value of its own, and no part of an array."""
        return bool(self.derivatives) or not self.shape

    @property
    def arrays(self) -> dict[str, int]:
        """The arrays of values, and how many are in each."""
        n = len(self.variables)
        if self.derivatives:
            return {"grad": n} if self.derivatives == 1 else {"grad": n, "hess": n * n}
        return {"out": len(self.nodes)} if self.shape else {}

    @property
    def title(self) -> str:
        """What the function is called in code: f, df, f_grad, f_value_and_grad."""
        if self.derivatives:
            return self.name + ("_value_and_grad" if self.derivatives == 1 else "_value_grad_hess")
        ending = {("",): "_grad", ("", ""): "_hess"}.get(self.taken)
        if ending is None and self.taken:
            if set(self.taken) == set(self.variables) and len(self.variables) == 1:
                order = len(self.taken)
                return f"d{order if order > 1 else ''}{self.name}"
            ending = "".join(["_" + (name or "grad") for name in self.taken])
        return self.name + (ending or "")


# Names


def identifier(name: str) -> str:
    """A name in the letters that every language has.

    >>> identifier("θ_1"), identifier("가")
    ('theta_1', 'uac00')
    """
    text = "".join([c if re.match(r"[A-Za-z0-9_]", c) else _GREEK.get(c, f"u{ord(c):x}") for c in name])
    return text if text[:1].isalpha() else "v" + text


_GREEK: Final = notation.GREEK_NAMES


class Names:
    """Names that are given once each, and are none of ``reserved``."""

    def __init__(self, reserved: Collection[str]) -> None:
        self._taken = set(reserved)
        self._count = 0

    def give(self, wanted: str) -> str:
        """``wanted``, with a line below it if it is taken."""
        while wanted in self._taken:
            wanted += "_"
        self._taken.add(wanted)
        return wanted

    def find(self, wanted: str | None) -> str:
        """``wanted``, if it is free, else the next number."""
        if wanted is not None and wanted not in self._taken and len(wanted) <= 24:
            return self.give(wanted)
        while True:
            self._count += 1
            if f"t{self._count}" not in self._taken:
                return self.give(f"t{self._count}")


# Putting together


class Piece(NamedTuple):
    """Some text, and how tightly it holds together: see :data:`LEVELS`."""

    text: str
    level: int

    def within(self, level: int) -> str:
        """The text, in brackets if it is looser than ``level``."""
        return self.text if self.level >= level else f"({self.text})"


# From the loosest.
CHOICE, OR, AND, RELATION, SUM, PRODUCT, SIGN, POWER, ATOM = LEVELS = range(9)

Writer = Callable[[Node, Sequence[Piece]], Piece]


def infix(sign: str, level: int, left: Piece, right: Piece) -> Piece:
    """Two operands, of which the right one must be tighter."""
    second = right.within(level + 1)
    if second.startswith("-"):
        second = f"({second})"
    return Piece(f"{left.within(level)} {sign} {second}", level)


def negative(piece: Piece) -> Piece:
    text = piece.within(PRODUCT)
    return Piece(f"-({text})" if text.startswith("-") else f"-{text}", SIGN)


def call(name: str, *args: Piece) -> Piece:
    return Piece(f"{name}({', '.join([arg.text for arg in args])})", ATOM)


RECIPROCAL: Final = {"sec": "cos", "csc": "sin", "cot": "tan", "sech": "cosh", "csch": "sinh", "coth": "tanh"}
INFIX: Final = {"add": ("+", SUM), "sub": ("-", SUM), "mul": ("*", PRODUCT), "div": ("/", PRODUCT)}
RELATIONS: Final = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}


def relation(op: str, left: Piece, right: Piece) -> Piece:
    return Piece(f"{left.within(SUM)} {RELATIONS[op]} {right.within(SUM)}", RELATION)


class Writing:
    """One file: which functions it needs beside what the language has, and the exact values of exponents.

    ``helper(name)`` is what such a function needs itself, and its code.
    """

    def __init__(self, roots: Sequence[Node], helper: Callable[[str], tuple[tuple[str, ...], str]]) -> None:
        order = postorder(*roots)
        self.ops = {node.op for node in order}
        self.exact = exact_values(postorder(*[node.args[1] for node in order if node.op in ("pow", "log")]), {})
        self._helper = helper
        self._needed: dict[str, None] = {}

    def help(self, name: str, *args: Piece) -> Piece:
        """A call of a helper."""
        needs, _ = self._helper(name)
        self._needed.update(dict.fromkeys([*needs, name]))
        return call(name, *args)

    @property
    def helpers(self) -> list[str]:
        """The code of those that were called."""
        return [textwrap.dedent(self._helper(name)[1]).strip() for name in self._needed]


def prepared(program: Program) -> tuple[Node, ...]:
    """The nodes to write: float-safe, and what holds no variable as a number, be it infinite or none."""
    from mibun.run import interpret

    nodes = safe(program.nodes)
    done: dict[Node, Node] = {}
    for node in postorder(*nodes):
        args = tuple([done[arg] for arg in node.args])
        if args and node.op in HANDLED and node.dtype is NUMBER and not symbols(node):
            done[node] = const(float(interpret.call(node, {})))
        else:
            done[node] = node if args == node.args else make(node.op, *args, attrs=node.attrs)
    return tuple([done[node] for node in nodes])


class Line(NamedTuple):
    """``name`` is to be ``text``, the value of ``node``."""

    name: str
    text: str
    node: Node


def lines(roots: Sequence[Node], write: Writer, given: dict[Node, str], names: Names) -> tuple[list[Line], list[str]]:
    """What to compute first, and the texts of ``roots``. ``given`` has the names of variables.

    ``UnsupportedOperation`` for what has no value, f(x) of an abstract f.
    """
    order = _side_by_side(postorder(*roots))
    for node in order:
        if node.op not in HANDLED or node.shape:
            refused = {"apply": "abstract_value", "derivative": "derivative_value"}.get(node.op, "source_operation")
            raise UnsupportedOperation(refused, name=node.attrs[0] if node.op == "apply" else node.op)
    uses = Counter([*roots, *[arg for node in order for arg in node.args]])
    pieces: dict[Node, Piece] = {}
    found: list[Line] = []

    def named(node: Node) -> None:
        name = names.find(_suggestion(node, pieces))
        found.append(Line(name, pieces[node].text, node))
        pieces[node] = Piece(name, ATOM)

    for node in order:
        if node in given:
            pieces[node] = Piece(given[node], ATOM)
            continue
        pieces[node] = write(node, [pieces[arg] for arg in node.args])
        while len(pieces[node].text) > NAMED:
            longest = max(node.args, key=lambda arg: len(pieces[arg].text), default=None)
            if longest is None or len(pieces[longest].text) < NAMED // 4:
                break
            named(longest)
            pieces[node] = write(node, [pieces[arg] for arg in node.args])
        if uses[node] > 1 and node.args and not (node.op == "neg" and not node.args[0].args):
            named(node)
    return found, [pieces[node].text for node in roots]


def _side_by_side(order: list[Node]) -> list[Node]:
    """A cosine follows the sine of the same argument: what computes one has done half of the other."""
    partners = {"sin": "cos", "cos": "sin", "sinh": "cosh", "cosh": "sinh"}
    waiting = {(node.op, node.args[0]): node for node in order if node.op in partners}
    arranged: dict[Node, None] = {}
    for node in order:
        arranged[node] = None
        partner = waiting.get((partners.get(node.op, ""), node.args[0])) if node.args else None
        if partner is not None:
            arranged[partner] = None
    return list(arranged)


_NAME: Final = re.compile(r"[A-Za-z]\w*")


def _suggestion(node: Node, pieces: dict[Node, Piece]) -> str | None:
    """sin_x for sin x, x2 for x·x."""
    power = _power(node, pieces)
    if power is not None:
        name, n = power
        return f"{name}{n}" if name.isalpha() else f"{name.rstrip('_')}_{n}"
    if len(node.args) != 1 or node.op == "neg":
        return None
    (arg,) = node.args
    below = pieces[arg].text
    if _NAME.fullmatch(below):
        return f"{node.op}_{below}"
    if arg.op == "neg" and _NAME.fullmatch(pieces[arg.args[0]].text):
        return f"{node.op}_minus_{pieces[arg.args[0]].text}"
    return None


def _power(node: Node, pieces: dict[Node, Piece]) -> tuple[str, int] | None:
    """The variable and how often it is a factor, if nothing else is."""
    count: Counter[Node] = Counter()
    stack = [node]
    while stack:
        factor = stack.pop()
        if factor.op == "mul" and sum(count.values()) < 64:
            stack += factor.args
        else:
            count[factor] += 1
    if len(count) != 1 or node.op != "mul":
        return None
    ((base, n),) = count.items()
    return (pieces[base].text, n) if base.op == "symbol" and base in pieces else None


ORDERS: Final = 100
POLYGAMMAS: Final = [f"polygamma_{n}" for n in range(1, ORDERS + 1)]  # names of helpers


def polygamma_order(node: Node) -> int | None:
    """The order of a polygamma function, ``None`` where there is none of it. ``UnsupportedOperation`` if it varies."""
    n = exact(node.args[0], {})
    if n is None or n > ORDERS:
        raise UnsupportedOperation("source_order", limit=ORDERS)
    return int(n) if n >= 0 and Fraction(n).denominator == 1 else None


# About the code


def wrapped(text: str, width: int) -> list[str]:
    """Lines of a comment."""
    return textwrap.wrap(text, width, subsequent_indent="  ", break_on_hyphens=False)


LONG: Final = 600  # characters of formulas that still stand in a comment
LARGE: Final = 400  # nodes of one


def formulas(program: Program, place: str) -> list[str]:
    """The formulas as plain text; none if they are long. ``place`` is what an entry of an array is called."""
    nodes = program.shown[:1] if program.derivatives else program.shown
    if sum(map(tree_size, nodes)) > LARGE:
        return []
    texts = [notation.ascii(node, declared=program.arguments) for node in nodes]
    if program.has_value:
        title = program.name if program.derivatives else program.title
        found = [f"{title}({', '.join(program.arguments)}) = {texts[0]}"]
    else:
        found = [f"{place.format(key='out', i=i)} = {text}" for i, text in enumerate(texts)]
    return found if sum(map(len, found)) <= LONG else []


def remarks(program: Program, lang: str, prefix: str) -> list[str]:
    """What the function returns or writes; ``prefix`` is "out" or "returns"."""
    several = len(program.variables) > 1
    facts = {
        "variables": ", ".join(program.variables),
        "count": len(program.nodes),
        "shape": program.shape,
        "partly": "편" if several else "",
        "in_turn": "차례로 " if several else "",
    }
    if program.derivatives:
        key = "grad" if program.derivatives == 1 else "hess"
        return [say(key if prefix == "out" else f"{prefix} {key}", lang, **facts)]
    if not program.shape:
        return []
    kind = {("",): " gradient", ("", ""): " hessian"}.get(program.taken, "")
    return [say(prefix + kind, lang, **facts)]


# Words

WORDS: Final[dict[str, dict[str, str]]] = {
    "grad": {
        "en": "Returns the value; grad receives the derivatives by {variables}.",
        "ko": "함숫값을 돌려주고, {variables:으로} {partly}미분한 값을 {in_turn}grad에 씁니다.",
    },
    "hess": {
        "en": "Returns the value; grad receives the derivatives by {variables}, hess the second ones, row by row.",
        "ko": "함숫값을 돌려주고, {variables:으로} {partly}미분한 값을 grad에, "
        "두 번 {partly}미분한 값을 행 순서로 hess에 씁니다.",
    },
    "out": {
        "en": "out receives {count} values, row by row.",
        "ko": "out에 값 {count}개를 행 순서로 씁니다.",
    },
    "out gradient": {
        "en": "out receives the derivatives by {variables}.",
        "ko": "{variables:으로} {partly}미분한 값을 {in_turn}out에 씁니다.",
    },
    "out hessian": {
        "en": "out receives the second derivatives by {variables}, row by row.",
        "ko": "{variables:으로} 두 번 {partly}미분한 값을 행 순서로 out에 씁니다.",
    },
    "returns grad": {
        "en": "Returns the value and the derivatives by {variables}.",
        "ko": "함숫값과, {variables:으로} {partly}미분한 값을 돌려줍니다.",
    },
    "returns hess": {
        "en": "Returns the value, the derivatives by {variables}, and the matrix of the second ones.",
        "ko": "함숫값과, {variables:으로} {partly}미분한 값, 두 번 {partly}미분한 값의 행렬을 돌려줍니다.",
    },
    "returns": {"en": "Returns an array of shape {shape}.", "ko": "모양이 {shape}인 배열을 돌려줍니다."},
    "returns gradient": {
        "en": "Returns the derivatives by {variables}, in one array.",
        "ko": "{variables:으로} {partly}미분한 값을 한 배열로 돌려줍니다.",
    },
    "returns hessian": {
        "en": "Returns the matrix of the second derivatives by {variables}.",
        "ko": "{variables:으로} 두 번 {partly}미분한 값의 행렬을 돌려줍니다.",
    },
    "made": {"en": "Written by mibun.", "ko": "mibun으로 만든 코드."},
    "where": {"en": "where", "ko": "여기서"},
}


def say(key: str, lang: str, **facts: object) -> str:
    return fill(WORDS[key][lang], facts, lang)
