"""Proofs from the definition of the derivative: what they consist of, and how they are put into words.

A :class:`Proof` is a chain of equations, each line with the reason for it, in which any line may stand under a limit;
and claims between them, such as inequalities. A :class:`Principles` is the whole document: the derivation of one
derivative, the parts it was taken apart into, and the theorems it rests on. Which lines there are is decided in
:mod:`mibun.limit`; here they become text, LaTeX, HTML and data. Formulas are written by :mod:`mibun.write.notation`;
the sign ``lim`` alone, which is no operation, is written here. All words stand in :data:`WORDS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from types import MappingProxyType
from typing import Any, Final

from mibun.errors import UnsupportedOperation
from mibun.language import LANGUAGES, Spoken, fill, pad, width, wrap
from mibun.node import Node, postorder, tree_size
from mibun.ops import OPS, apply, const, make, symbol
from mibun.rules import Name
from mibun.write import notation

WIDTH: Final = 80
SIZE: Final = 5_000  # nodes of a line that is still written out
HELD: Final = 4  # so many variables are named when they are held constant
BESIDE: Final = 34  # a reason up to this width stands beside its formula
TIED: Final = 24  # a formula up to this length is not broken where it stands among words
TIE: Final = "\u00a0"
ELLIPSIS: Final = "…"
DOTS: Final = symbol("dots")  # terms left out, in what a line shows

# Step reasons in Korean end as a teacher's do who is about to write the next line: "…하면 = …".
WORDS: Final[dict[str, dict[str, str]]] = {
    # Headings
    "principles": {"en": "From the definition", "ko": "도함수의 정의에 따른 풀이"},
    "part": {"en": "({number}) The term {f}", "ko": "({number}) {f}의 미분"},
    "theorems": {"en": "What was used, with proofs", "ko": "사용한 정리와 증명"},
    "cited": {"en": "cited without proof", "ko": "증명 생략"},
    "defined": {
        "en": "a definition; that the limit exists is not proved here",
        "ko": "정의, 극한이 존재한다는 증명은 생략",
    },
    "held": {"en": "{held} is held constant.", "ko": "{held:은} 상수입니다."},
    "held many": {"en": "{held} are held constant.", "ko": "{held:은} 상수입니다."},
    "partial": {"en": "{wrt} varies; {held} is held constant.", "ko": "{held:을} 상수로 보고 {wrt:으로} 편미분합니다."},
    "partial many": {
        "en": "{wrt} varies; {held} are held constant.",
        "ko": "{held:을} 상수로 보고 {wrt:으로} 편미분합니다.",
    },
    "held all": {
        "en": "{wrt} varies; all else is held constant.",
        "ko": "다른 문자를 모두 상수로 보고 {wrt:으로} 미분합니다.",
    },
    "for": {"en": "for {conditions}", "ko": "단, {conditions}"},
    "given": {"en": "({condition})", "ko": "(단, {condition})"},
    "omitted": {"en": "{case} is not dealt with here.", "ko": "{case}인 경우는 여기서 다루지 않습니다."},
    "legend": {
        "en": "{slope} is the derivative of {f} by its {nth} argument.",
        "ko": "{slope:은} {f:을} {nth} 변수로 편미분한 것입니다.",
    },
    # Hypotheses that are no formula
    "natural": {"en": "{n} a natural number, at least 2", "ko": "{n:은} 2 이상의 자연수"},
    "positive integer": {"en": "{n} a natural number", "ko": "{n:은} 자연수"},
    "real": {"en": "{n} a real constant", "ko": "{n:은} 실수인 상수"},
    "varies": {
        "en": "{slope} ≠ 0 (else the function is constant)",
        "ko": "{slope} ≠ 0({slope} = 0이면 상수함수)",
    },
    "constant": {"en": "{c} a constant", "ko": "{c:은} 상수"},
    "differentiable": {"en": "{f} differentiable at {x}", "ko": "{f:이} {x}에서 미분가능"},
    "differentiable twice": {"en": "{f} twice differentiable at {x}", "ko": "{f:이} {x}에서 두 번 미분가능"},
    "differentiable again": {"en": "{f} differentiable {n} times at {x}", "ko": "{f:이} {x}에서 {n}번 미분가능"},
    "partially differentiable": {
        "en": "{f} differentiable with respect to {x}",
        "ko": "{f:이} {x}에 대하여 편미분가능",
    },
    "partially differentiable at": {
        "en": "{f} differentiable with respect to its {nth} argument at {at}",
        "ko": "{f:이} {at}에서 {nth} 변수에 대하여 편미분가능",
    },
    "totally differentiable": {"en": "{f} totally differentiable at {at}", "ko": "{f:이} {at}에서 전미분가능"},
    "both differentiable": {"en": "{f} and {g} differentiable at {x}", "ko": "{f:과} {g:이} {x}에서 미분가능"},
    "outer differentiable": {"en": "{f} differentiable at {u}", "ko": "{f:이} {u}에서 미분가능"},
    "inverse of": {
        "en": "{f} continuous and strictly monotonic on an interval, {g} its inverse",
        "ko": "{f:은} 어떤 구간에서 연속이고 증가하거나 감소하는 함수, {g:은} {f}의 역함수",
    },
    # The beginning
    "definition": {"en": "By the definition", "ko": "도함수의 정의에 대입하면"},
    "constant out": {"en": "Take out the constant factor {c}", "ko": "분자를 상수 {c:으로} 묶으면"},
    "minus out": {"en": "Take out the minus sign", "ko": "분자를 {c:으로} 묶으면"},
    "inside": {"en": "Since {left} = {right}", "ko": "{left} = {right}이므로"},
    "term by term": {"en": "Separate the terms", "ko": "항별로 나누어 쓰면"},
    "each term": {
        "en": "Each limit exists (found below, {parts}), so the limit may be taken term by term",
        "ko": "각 항의 극한이 존재하므로(아래 {parts}) 극한의 성질에 의해",
    },
    # Algebra
    "multiply out": {"en": "Multiply out", "ko": "전개하면"},
    "square": {"en": "Expand the powers", "ko": "곱셈 공식으로 전개하면"},
    "binomial": {"en": "Expand by the binomial theorem", "ko": "이항정리로 전개하면"},
    "remainder": {
        "en": "By the binomial theorem; the terms from {square} on are written {remainder}",
        "ko": "이항정리에서 {square} 이상의 항을 {remainder:으로} 묶어 쓰면",
    },
    "remainder is": {
        "en": "Here {name} is a polynomial in {u} and {d}, so it has a finite limit as {h} → 0",
        "ko": "여기서 {name:은} {u:과} {d}의 다항식이므로 {h} → 0일 때 수렴합니다",
    },
    "collect": {"en": "Collect the terms of the numerator", "ko": "분자를 정리하면"},
    "factor": {"en": "Factor out {h}", "ko": "분자를 {h:으로} 묶으면"},
    "cancel": {"en": "Cancel {h}, since {h} ≠ 0", "ko": "{h} ≠ 0이므로 {h:을} 약분하면"},
    "nothing": {"en": "The numerator is 0 and {h} ≠ 0", "ko": "{h} ≠ 0이고 분자가 0이므로"},
    "fraction": {"en": "Write the negative power as a fraction", "ko": "음의 지수를 분수 꼴로 고치면"},
    "common": {"en": "Bring to a common denominator", "ko": "분자를 통분하면"},
    "rationalise": {
        "en": "Rationalise the numerator: multiply above and below by {factor}",
        "ko": "분모와 분자에 {factor:을} 곱하여 분자를 유리화하면",
    },
    "difference of powers": {"en": "Since {identity}", "ko": "{identity}이므로"},
    "scale": {
        "en": "Multiply above and below by {factor}, to use the known limit",
        "ko": "알려진 극한을 이용할 수 있도록 분모와 분자에 {factor:을} 곱하면",
    },
    "limit": {"en": "Let {h} → 0", "ko": "{h} → 0일 때의 극한을 구하면"},
    "limit right": {"en": "Let {h} → 0+", "ko": "{h} → 0+일 때의 극한을 구하면"},
    "limit left": {"en": "Let {h} → 0−", "ko": "{h} → 0−일 때의 극한을 구하면"},
    "limit of": {"en": "Let {h} → 0, where {small} → 0 too", "ko": "{h} → 0이면 {small} → 0이므로"},
    "limit continuous": {
        "en": "Let {h} → 0; {f} is continuous",
        "ko": "{f:이} 연속이므로 {h} → 0일 때의 극한을 구하면",
    },
    "tidy": {"en": "Tidy up", "ko": "식을 정리하면"},
    "work out": {"en": "Work out", "ko": "계산하면"},
    "identity": {"en": "Since {identity}", "ko": "{identity}이므로"},
    # Exponentials and logarithms
    "law of exponents": {"en": "By the law of exponents, {identity}", "ko": "지수법칙 {identity}에서"},
    "law of logarithms": {"en": "By the law of logarithms, {identity}", "ko": "로그의 성질 {identity}에서"},
    "change of base": {"en": "Change the base: {identity}", "ko": "밑변환 공식 {identity}에서"},
    "by exponential": {"en": "Since {identity}", "ko": "{identity}이므로"},
    "split fraction": {"en": "Divide {u} by {v}", "ko": "{u:을} {v:으로} 나누면"},
    # Trigonometry
    "addition": {"en": "By the addition formula {identity}", "ko": "삼각함수의 덧셈정리 {identity}에서"},
    "group": {"en": "Group the terms by {first} and {second}", "ko": "{first:과} {second:으로} 묶으면"},
    "pull apart": {"en": "Write it as a product of two factors", "ko": "두 식의 곱으로 나누어 쓰면"},
    # Absolute value, one-sided limits, pieces
    "modulus square": {"en": "Since {identity}", "ko": "{identity}이므로"},
    "right at": {
        "en": "On the other hand, at {point}, from the right",
        "ko": "한편, {point}에서의 우미분계수는",
    },
    "left at": {"en": "At {point}, from the left", "ko": "{point}에서의 좌미분계수는"},
    "sign right": {"en": "{h} > 0, so {identity}", "ko": "{h} > 0이면 {identity}이므로"},
    "sign left": {"en": "{h} < 0, so {identity}", "ko": "{h} < 0이면 {identity}이므로"},
    "corner": {
        "en": "The two differ: at {point} there is no derivative",
        "ko": "좌미분계수와 우미분계수가 서로 다르므로 {point}에서는 미분가능하지 않습니다",
    },
    "locally": {
        "en": "For small {h} the function does not change its value, so the quotient is 0",
        "ko": "{h}의 절댓값이 충분히 작으면 함숫값이 변하지 않으므로",
    },
    "same piece": {
        "en": "For small {h}, {shifted} lies in the same piece as {x}",
        "ko": "{h}의 절댓값이 충분히 작으면 {shifted:과} {x:이} 같은 구간에 있으므로",
    },
    # Rules
    "add and subtract": {"en": "Subtract and add {term}", "ko": "분자에서 {term:을} 빼고 더하면"},
    "by definition": {"en": "By the definition of the derivative", "ko": "도함수의 정의에 의해"},
    "for the rules": {
        "en": "This limit is the derivative; from here on, by the rules",
        "ko": "이 극한이 곧 도함수이므로, 미분법을 쓰기 위해 다시 쓰면",
    },
    "difference quotient": {
        "en": "Let {h} → 0: by the definition, a difference quotient goes to the derivative",
        "ko": "{h} → 0이면 도함수의 정의에 의해 평균변화율은 도함수로 수렴하므로",
    },
    "continuous quotients": {
        "en": "Let {h} → 0: the quotients go to the derivatives, and {shifted} → {value} since {g} is continuous",
        "ko": "{h} → 0이면 평균변화율은 도함수로 수렴하고, {g:이} 연속이어서 {shifted} → {value}이므로",
    },
    "continuous change": {
        "en": "Let {h} → 0: {change} → 0 since {g} is continuous, and {phi} is continuous at 0",
        "ko": "{h} → 0이면 {g:이} 연속이어서 {change} → 0이고, {phi:이} 0에서 연속이므로",
    },
    "write the change": {
        "en": "Write the change as {h} times the quotient",
        "ko": "변화량을 {h:과} 평균변화율의 곱으로 쓰면",
    },
    "auxiliary": {
        "en": "Define a function that also has a value for {k} = 0",
        "ko": "다음과 같이 함수를 정의하면({k} = 0일 때에도 값을 가집니다)",
    },
    "auxiliary at 0": {"en": "and for {k} = 0", "ko": "또 {k} = 0일 때에는"},
    "auxiliary product": {
        "en": "Then this holds for every {k}; for {k} = 0 both sides are 0",
        "ko": "그러면 {k}의 값에 관계없이 다음이 성립합니다({k} = 0이면 양변이 0)",
    },
    "auxiliary limit": {
        "en": "Its limit as {k} → 0",
        "ko": "{k} → 0일 때 이 함수의 극한은",
    },
    "auxiliary slope": {
        "en": "Since {f} is differentiable at {u}, by the definition of its derivative",
        "ko": "{f:이} {u}에서 미분가능하므로 미분계수의 정의에 의해",
    },
    "put in change": {
        "en": "Put {change} for {k} above and divide by {h}; this holds even where it is 0",
        "ko": "위의 식에서 {k} = {change:으로} 놓고 {h:으로} 나누면({change} = 0이어도 성립합니다)",
    },
    "inverse change": {
        "en": "Since {identity}, and {change} ≠ 0 because {g} is one-to-one",
        "ko": "{identity}이고, {g:이} 일대일함수여서 {change} ≠ 0이므로",
    },
    "positive root": {"en": "Since {side}, the root is the positive one", "ko": "{side}이므로 양의 제곱근을 택하면"},
    "common simply": {
        "en": "Multiply, and bring to a common denominator below the root",
        "ko": "곱하고 근호 안을 통분하면",
    },
    "factorise": {"en": "Factorise below the root", "ko": "근호 안을 인수분해하면"},
    "inverse end": {
        "en": "Let {h} → 0: {change} → 0, since {g}, the inverse of a continuous function, is continuous",
        "ko": "연속함수 {f}의 역함수 {g:은} 연속이어서 {h} → 0이면 {change} → 0이므로",
    },
    "inverse on": {
        "en": "{g} is the inverse of {f} on [{low}, {high}]",
        "ko": "{g:은} 구간 [{low}, {high}]에서 {f}의 역함수이므로",
    },
    "inverse within": {
        "en": "{g} is the inverse of {f} on ({low}, {high})",
        "ko": "{g:은} 구간 ({low}, {high})에서 {f}의 역함수이므로",
    },
    "inverse from": {
        "en": "{g} is the inverse of {f} on [{low}, ∞)",
        "ko": "{g:은} 구간 [{low}, ∞)에서 {f}의 역함수이므로",
    },
    "inverse everywhere": {"en": "{g} is the inverse of {f}", "ko": "{g:은} {f}의 역함수이므로"},
    "use": {"en": "By what was proved", "ko": "앞에서 증명한 정리에 의해"},
    "same order": {
        "en": "{f} and {g} are continuous: near {x} the same one of them stays larger",
        "ko": "{f:과} {g:이} 연속이어서 {x} 가까이에서는 {u:과} {v}의 대소 관계가 바뀌지 않으므로",
    },
    "differ by a constant": {
        "en": "Near a point with {condition}, this differs from {other} by a constant",
        "ko": "{condition}인 점 가까이에서 {other:과는} 상수만큼 다르므로",
    },
    # Limits
    "areas": {
        "en": "In the unit circle, compare the inner triangle, the sector of angle {t} and the outer triangle by area",
        "ko": "단위원에서 안쪽 삼각형, 중심각이 {t}인 부채꼴, 바깥쪽 직각삼각형의 넓이를 비교하면",
    },
    "divide areas": {
        "en": "Multiply by 2 and divide by {s}, which is positive",
        "ko": "각 변에 2를 곱하고 양수 {s:으로} 나누면",
    },
    "reciprocals": {"en": "Take reciprocals", "ko": "각 변의 역수를 취하면"},
    "even": {
        "en": "All three are even functions of {t}, so it also holds here",
        "ko": "각 변이 모두 {t}의 우함수이므로 다음 범위에서도 성립합니다",
    },
    "squeeze": {
        "en": "Since {bound} → 1 as {t} → 0, by the squeeze theorem",
        "ko": "{t} → 0일 때 {bound} → 1이므로 함수의 극한의 대소 관계에 의해",
    },
    "shorthand": {
        "en": "Write {name} for this: it is not 0 for {t} ≠ 0 and goes to 0 as {t} → 0",
        "ko": "다음과 같이 놓으면 {t} ≠ 0일 때 {name} ≠ 0이고, {t} → 0일 때 {name} → 0입니다",
    },
    "also": {
        "en": "Any other real exponent, with a positive base, is dealt with in [{number}].",
        "ko": "밑이 양수이고 지수가 그 밖의 실수인 경우는 [{number}]에서 증명합니다.",
    },
    "function continuous": {"en": "The function {f} is continuous", "ko": "함수 {f:이} 연속이므로"},
    "divide": {"en": "Divide above and below by {factor}", "ko": "분모와 분자를 {factor:으로} 나누면"},
    "conjugate": {"en": "Multiply above and below by {factor}", "ko": "분모와 분자에 {factor:을} 곱하면"},
}

# Reasons that say in words what the line is given: it is not said again.
_SAID: Final = frozenset(["cancel", "nothing", "sign right", "sign left", "auxiliary product"])
_DEFINITIONS: Final = frozenset(["euler"])  # theorems that are none: they say what a letter stands for
# Which argument of a function, from the first one on.
ORDINALS: Final[dict[str, tuple[str, ...]]] = {
    "en": ("first", "second", "third", "fourth", "fifth", "sixth"),
    "ko": ("첫째", "둘째", "셋째", "넷째", "다섯째", "여섯째"),
}

Form = Callable[[Node], str]
Facts = Mapping[str, Node]
_NO_FACTS: Final[Facts] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """A hypothesis that is no formula: a key of :data:`WORDS`, and what fills it."""

    key: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """An expression, under a limit or not.

    ``under`` is "" for none, "0" for h → 0, "+" or "-" from one side. ``letter`` is what goes to 0, by default that of
    the proof.
    """

    node: Node
    under: str = ""
    letter: Node | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One line of a proof: ``node`` equals the line before.

    Where that stands under a limit and this one does not, the limit was taken. A predicate is a claim: it is true where
    ``given`` holds, and takes no part in the chain. ``start`` is "own" for the beginning of another chain, "left" for a
    line that goes on from the left side of the theorem. ``key`` and ``facts`` are the reason, in :data:`WORDS`;
    ``name`` and ``formula`` are those of a rule of the table that was applied; ``cites`` are keys of theorems used.
    ``given`` is the condition of this line, ``shown`` what to show in place of a node too long to be read, ``parts``
    the parts of the document that are used here.
    """

    node: Node
    key: str
    under: str = ""
    facts: Facts = field(default_factory=dict)
    given: Node | None = None
    cites: tuple[str, ...] = ()
    name: Name | None = None
    formula: Node | None = None
    shown: Node | None = None
    start: str = ""
    parts: tuple[int, ...] = ()
    letter: Node | None = None

    @property
    def limit(self) -> bool:
        """Whether the line stands under a limit."""
        return bool(self.under)

    @property
    def claim(self) -> bool:
        """Whether the line is a statement, and no link of the chain."""
        return OPS[self.node.op].kind == "predicate"


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """A theorem, ``left`` = ``right`` under ``hypotheses``, and its proof: ``lines`` that lead from one to the other.

    Without lines it is cited. ``letter`` is what goes to 0. ``definitions`` says what the functions that the proof
    introduces are: their parameters and their value. ``also`` is the theorem for the cases that the hypotheses leave
    out, if there is one; ``omitted`` are cases that are dealt with nowhere, though there is a derivative.
    """

    key: str
    name: Name
    left: Side
    right: Side
    letter: Node
    lines: tuple[Line, ...] = ()
    hypotheses: tuple[Node | Said, ...] = ()
    definitions: Mapping[str, tuple[tuple[Node, ...], Node]] = field(default_factory=dict)
    also: str = ""
    omitted: tuple[Node, ...] = ()

    @property
    def proved(self) -> bool:
        """Whether the proof is written out."""
        return bool(self.lines)

    def links(self) -> list[tuple[Side | None, Line]]:
        """Each line with the one that it follows from; none for claims and beginnings."""
        found: list[tuple[Side | None, Line]] = []
        before = self.left
        for line in self.lines:
            before = self.left if line.start == "left" else before
            found.append((None if line.claim or line.start == "own" else before, line))
            if not line.claim:
                before = Side(line.node, line.under, line.letter)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class ProofStep:
    """A line as it is shown.

    ``key`` is the reason for programs, ``name`` that in words, ``formula`` the one of the rule applied ("" if none).
    ``before`` and ``after`` are texts with ``lim`` where it stands, ``nodes`` the same as graphs without it, ``limits``
    whether it stands before the one and the other; of a claim there is no before. ``condition`` is the hypothesis of
    the step, such as h ≠ 0, as a graph, and ``hypothesis`` as text. ``cites`` are the numbers of the theorems used.
    """

    number: int
    key: str
    name: str
    formula: str
    before: str
    after: str
    nodes: tuple[Node | None, Node]
    limits: tuple[bool, bool]
    condition: Node | None
    hypothesis: str
    cites: tuple[int, ...]
    line: Line


@dataclass(frozen=True, slots=True, eq=False)
class Principles:
    """A derivative derived from the definition.

    ``main`` is the derivation; ``parts`` are those of its terms, where a sum was taken apart; ``theorems`` are all that
    these use, each after those that it rests on itself, with their proofs or cited by name.
    """

    node: Node
    variable: Node
    result: Node
    main: Proof
    parts: tuple[Proof, ...]
    theorems: tuple[Proof, ...]
    name: str
    arguments: tuple[str, ...]
    held: tuple[str, ...]
    lang: str

    @property
    def steps(self) -> list[ProofStep]:
        """The numbered lines of the derivation, and after them those of its parts."""
        writer = _Writer(self, self.lang, TEXT)
        found: list[ProofStep] = []
        for proof in (self.main, *self.parts):
            found += writer.steps(proof, len(found))
        return found

    def steps_of(self, theorem: str) -> list[ProofStep]:
        """The lines of the proof of a theorem, by its key; none if it is only cited. ``KeyError`` if it is not used."""
        proof = {proof.key: proof for proof in self.theorems}[theorem]
        return _Writer(self, self.lang, TEXT).steps(proof)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return str(self)

    def text(self, lang: str | None = None, columns: int = WIDTH) -> str:
        """The document for a terminal: the function and its derivative, the lines with their reasons, the theorems."""
        return _text(_Writer(self, _spoken(lang, self.lang), TEXT, tie=True), columns)

    def latex(self, lang: str | None = None) -> str:
        """LaTeX for the body of a document, with amsmath."""
        return _latex(_Writer(self, _spoken(lang, self.lang), LATEX))

    def html(self, lang: str | None = None) -> str:
        """An HTML fragment: a ``section`` with ordered lists of lines, formulas in MathML."""
        return _html(_Writer(self, _spoken(lang, self.lang), MATHML))

    def _repr_html_(self) -> str:
        return self.html()

    def json(self) -> dict[str, Any]:
        """Plain data. ``f``, ``derivative``, ``before`` and ``after`` are ASCII, without the sign lim; ``limit`` says
        whether it stands before ``before`` and ``after``. The rest is for showing."""
        writer = _Writer(self, self.lang, TEXT)
        steps = self.steps
        return {
            "lang": self.lang,
            "f": _limited(self.node, notation.ascii),
            "wrt": self.variable.attrs,
            "step_variable": self.main.letter.attrs,
            "derivative": _limited(self.result, notation.ascii),
            "hypotheses": writer.hypotheses(self.main),
            "remark": writer.remark(),
            "steps": [_step_json(step) for step in steps],
            "parts": [
                {"f": _limited(part.left.node.args[0], notation.ascii), "first": before + 1, "steps": len(part.lines)}
                for part, before in _numbered(self)[1:]
            ],
            "theorems": [
                {
                    "number": number,
                    "key": proof.key,
                    "name": writer.title(proof.name),
                    "statement": writer.statement(proof),
                    "hypotheses": writer.hypotheses(proof),
                    "proved": proof.proved,
                    "steps": [_step_json(step) for step in writer.steps(proof)],
                }
                for number, proof in enumerate(self.theorems, 1)
            ],
        }


def _spoken(lang: str | None, default: str) -> str:
    if lang is not None and lang not in LANGUAGES:
        raise UnsupportedOperation("language", given=lang)
    return lang or default


def _step_json(step: ProofStep) -> dict[str, Any]:
    before, after = step.nodes
    return {
        "number": step.number,
        "key": step.key,
        "name": step.name,
        "formula": step.formula,
        "before": None if before is None else _limited(before, notation.ascii),
        "after": _limited(after, notation.ascii),
        "limit": list(step.limits),
        "text": step.after,
        "hypothesis": step.hypothesis,
        "cites": list(step.cites),
    }


def _limited(node: Node, form: Form) -> str:
    return form(node) if tree_size(node) <= SIZE else ELLIPSIS


@dataclass(frozen=True, slots=True)
class _Paper:
    """How an alphabet writes what notation does not: limits, and formulas among words. ``#`` stands for a formula."""

    write: Callable[..., str]
    lim: str  # ``@`` for what h goes to
    to: Mapping[str, str]
    bracket: str
    inline: str
    dots: tuple[str, str]
    signs: Mapping[str, str]  # what is written otherwise among words
    wrapping: tuple[str, str] = ("", "")  # what notation puts around a formula


TEXT: Final = _Paper(
    write=notation.text,
    lim="lim(#→@) ",
    to={"0": "0", "+": "0+", "-": "0−"},
    bracket="(#)",
    inline="#",
    dots=("dots", "⋯"),
    signs={},
)
LATEX: Final = _Paper(
    write=notation.latex,
    lim=r"\lim_{# \to @} ",
    to={"0": "0", "+": "0+", "-": "0-"},
    bracket=r"\left(#\right)",
    inline="$#$",
    dots=(r"\mathrm{dots}", r"\cdots"),
    signs={"→": r"$\to$", "≠": r"$\ne$", "<": "$<$", ">": "$>$", "−": "$-$", "∞": r"$\infty$"},
)
MATHML: Final = _Paper(
    write=notation.mathml,
    lim="<munder><mo>lim</mo><mrow>#<mo>→</mo>@</mrow></munder>",
    to={"0": "<mn>0</mn>", "+": "<mn>0</mn><mo>+</mo>", "-": "<mn>0</mn><mo>−</mo>"},
    bracket="<mrow><mo>(</mo>#<mo>)</mo></mrow>",
    inline='<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mrow>#</mrow></math>',
    dots=("<mi>dots</mi>", "<mo>⋯</mo>"),
    signs={"&": "&amp;", "<": "&lt;", ">": "&gt;"},
    wrapping=('<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"><mrow>', "</mrow></math>"),
)


class _Writer:
    """Writes the pieces of a document in one language and one alphabet."""

    def __init__(self, document: Principles, lang: str, paper: _Paper, tie: bool = False) -> None:
        self.document = document
        self.lang = lang
        self.paper = paper
        self.tie = tie  # short formulas among words stay on one line
        self.several = len(document.arguments) > 1
        self.numbers = {proof.key: number for number, proof in enumerate(document.theorems, 1)}
        self.own = frozenset([document.main, *document.parts])

    # Formulas

    def form(self, node: Node, proof: Proof | None = None) -> str:
        """A formula; derivatives as ∂u/∂x in the derivation of a function of several variables, as u′ elsewhere."""
        if tree_size(node) > SIZE:
            return ELLIPSIS
        written = self.paper.write(node, lang=self.lang, partial=self.several and proof in self.own)
        before, after = self.paper.wrapping
        return written.removeprefix(before).removesuffix(after).replace(*self.paper.dots)

    def side(self, side: Side, proof: Proof) -> str:
        """An expression with its limit, a sum in brackets after it."""
        body = self.form(side.node, proof)
        if not side.under:
            return body
        lim = self.paper.lim.replace("@", self.paper.to[side.under]).replace(
            "#", self.form(side.letter or proof.letter)
        )
        loose = side.node.op in ("add", "sub") or self.spoken(side.node).startswith("−")
        return lim + (self.paper.bracket.replace("#", body) if loose else body)

    def shown(self, line: Line, proof: Proof) -> str:
        return self.side(Side(line.shown or line.node, line.under, line.letter), proof)

    def equated(self, proof: Proof, equals: str) -> list[str]:
        """The lines, each with an equality sign before it, the first of a chain with the left side of the theorem."""
        rows: list[str] = []
        for before, line in proof.links():
            shown = self.shown(line, proof)
            if before is None:
                rows.append(shown)
            elif before is proof.left and proof is not self.document.main:
                rows.append(self.side(before, proof) + equals + shown)
            else:
                rows.append(equals.lstrip() + shown)
        return rows

    def inline(self, node: Node, proof: Proof | None = None) -> Spoken:
        """A formula in a sentence; a particle after it follows its sound."""
        written = self.paper.inline.replace("#", self.form(node, proof))
        written = written.replace(" ", TIE) if self.tie and len(written) <= TIED else written
        return Spoken(written, self.spoken(node))

    def spoken(self, node: Node) -> str:
        return notation.text(node, lang=self.lang) if tree_size(node) <= SIZE else ELLIPSIS

    # Words

    def clean(self, words: str) -> str:
        for sign, written in self.paper.signs.items():
            words = words.replace(sign, written)
        return words

    def say(self, key: str, facts: Facts = _NO_FACTS, proof: Proof | None = None, **more: object) -> str:
        said: dict[str, object] = {name: self.inline(node, proof) for name, node in facts.items()}
        if "nth" in facts:
            said["nth"] = self.ordinal(facts["nth"].attrs)
        if "at" in facts:  # the arguments of an application, as a point
            said["at"] = f"({', '.join([self.inline(arg, proof) for arg in facts['at'].args])})"
        return fill(self.clean(WORDS[key][self.lang]), {**said, **more}, self.lang)

    def ordinal(self, n: int) -> str:
        words = ORDINALS[self.lang]
        return words[n - 1] if n <= len(words) else f"{n}th" if self.lang == "en" else f"{n}번째"

    def title(self, name: Name) -> str:
        return self.clean(str(getattr(name, self.lang)))

    def reason(self, line: Line, proof: Proof) -> str:
        if line.name is not None:
            return self.title(line.name)
        return self.say(line.key, line.facts, proof, parts=", ".join(f"({i + 1})" for i in line.parts))

    def formula(self, line: Line) -> str:
        """The formula of the rule that a line applies, "" if it applies none."""
        return "" if line.formula is None else self.inline(line.formula)

    def given(self, line: Line, proof: Proof) -> str:
        if line.given is None or line.key in _SAID:
            return ""
        return self.say("given", {"condition": line.given}, proof)

    def cited(self, line: Line) -> tuple[int, ...]:
        return tuple(sorted(self.numbers[key] for key in line.cites))

    def because(self, line: Line, proof: Proof) -> str:
        """The reason, the formula of the rule, and the numbers of the theorems."""
        numbers = ", ".join(map(str, self.cited(line)))
        reason = ": ".join(filter(None, [self.reason(line, proof), self.formula(line)]))
        return f"{reason} [{numbers}]" if numbers else reason

    def hypotheses(self, proof: Proof) -> str:
        """The conditions of a theorem or of a derivation, "" if there are none."""
        said = [
            self.say(given.key, given.facts, proof) if isinstance(given, Said) else str(self.inline(given, proof))
            for given in proof.hypotheses
        ]
        return self.say("for", conditions=", ".join(said)) if said else ""

    def statement(self, proof: Proof) -> str:
        return f"{self.side(proof.left, proof)} = {self.side(proof.right, proof)}"

    def named(self, proof: Proof) -> str:
        """The name of a theorem, and that it is not proved."""
        mark = "defined" if proof.key in _DEFINITIONS else "cited"
        return self.title(proof.name) + ("" if proof.proved else f" ({self.say(mark)})")

    def part(self, number: int, part: Proof) -> str:
        return self.say("part", {"f": part.left.node.args[0]}, number=number)

    def _values(self) -> tuple[Node, Node]:
        """f(x) and f′(x)."""
        document = self.document
        args = [symbol(name) for name in document.arguments]
        orders = tuple([int(arg is document.variable) for arg in args])
        return apply(document.name, *args), apply(document.name, *args, orders=orders)

    def definition(self) -> str:
        """f′(x) = lim (f(x + h) − f(x))/h, in the letters of the document."""
        x, main = self.document.variable, self.document.main
        value, slope = self._values()
        shifted = [make("add", x, main.letter) if arg is x else arg for arg in value.args]
        change = make("sub", apply(self.document.name, *shifted), value)
        return f"{self.form(slope, main)} = {self.side(Side(make('div', change, main.letter), '0'), main)}"

    def equations(self) -> list[str]:
        """The function and its derivative, unless they are those two names."""
        document, values = self.document, self._values()
        nodes = (document.node, document.result)
        return [
            f"{self.form(left, document.main)} = {self.form(right, document.main)}"
            for left, right in zip(values, nodes, strict=True)
            if left is not right
        ]

    def remark(self) -> str:
        """What varies and what does not, "" for a function of one variable."""
        held = [symbol(name) for name in self.document.held]
        if not held:
            return ""
        names = Spoken(", ".join([self.inline(name) for name in held]), notation.text(held[-1]))
        key = ("partial" if self.several else "held") + (" many" if len(held) > 1 else "")
        key = key if len(held) <= HELD else "held all"
        return self.say(key, {"wrt": self.document.variable}, held=names)

    def notes(self) -> list[str]:
        """What is said before the derivation."""
        proofs = (self.document.main, *self.document.parts)
        also = dict.fromkeys([proof.also for proof in proofs if proof.also])
        seen = [self.say("also", number=self.numbers[key]) for key in also]
        seen += [self.say("omitted", {"case": case}) for proof in proofs for case in proof.omitted]
        return [note for note in (self.remark(), self.hypotheses(self.document.main), *seen, self.legend()) if note]

    def legend(self) -> str:
        """What f[1, 0](x, x) means, "" where no derivative is written that way."""
        for node in postorder(self.document.result):
            if node.op != "apply" or len(node.args) < 2 or sum(node.attrs[1]) != 1:
                continue
            if len({arg.attrs for arg in node.args if arg.op == "symbol"}) == len(node.args):
                continue  # written with ∂
            letter, orders = node.attrs
            slope, _, _ = self.form(node).partition(self.form(apply("F", *node.args)).removeprefix("F"))
            said = Spoken(self.paper.inline.replace("#", slope), str(orders[-1]))  # read to its last figure
            return self.say("legend", {"f": symbol(letter), "nth": const(orders.index(1) + 1)}, slope=said)
        return ""

    def steps(self, proof: Proof, after: int = 0) -> list[ProofStep]:
        """The lines of one proof, numbered from ``after`` + 1."""
        return [
            ProofStep(
                number=number,
                key=line.key,
                name=self.reason(line, proof),
                formula=self.formula(line),
                before="" if before is None else self.side(before, proof),
                after=self.shown(line, proof),
                nodes=(None if before is None else before.node, line.node),
                limits=(before is not None and bool(before.under), line.limit),
                condition=line.given,
                hypothesis="" if line.given is None else self.inline(line.given, proof),
                cites=self.cited(line),
                line=line,
            )
            for number, (before, line) in enumerate(proof.links(), after + 1)
        ]


def _numbered(document: Principles) -> list[tuple[Proof, int]]:
    """The derivation and its parts, each with how many lines come before it."""
    proofs = [document.main, *document.parts]
    return list(zip(proofs, [0, *accumulate(len(proof.lines) for proof in proofs)], strict=False))


def _text(writer: _Writer, columns: int) -> str:
    document = writer.document
    (main, _), *parts = _numbered(document)
    head = [line for row in writer.equations() for line in wrap(row, columns, "  ", "      ")]
    body = [writer.say("principles"), *wrap(writer.definition(), columns, "  ", "      ")]
    body += [line for note in writer.notes() for line in wrap(note, columns, "  ", "  ")]
    blocks = [head, body, _rows(writer, main, columns, 0)]
    for i, (part, after) in enumerate(parts, 1):
        given = writer.hypotheses(part)
        lines = wrap(writer.part(i, part), columns, "  ", "      ")
        lines += wrap(given, columns, "  ", "  ") if given else []
        blocks.append(lines + _rows(writer, part, columns, after))
    if document.theorems:
        blocks.append([writer.say("theorems")])
    for i, proof in enumerate(document.theorems, 1):
        mark = f"  [{i}] "
        margin = " " * len(mark)
        lines = wrap(writer.named(proof), columns, mark, margin)
        given = writer.hypotheses(proof)
        lines += wrap(writer.statement(proof), columns, margin, margin + "    ")
        lines += wrap(given, columns, margin, margin) if given else []
        blocks.append(lines + _rows(writer, proof, columns, None, margin + "  "))
    return "\n\n".join("\n".join(block) for block in blocks if block).replace(TIE, " ")


def _rows(writer: _Writer, proof: Proof, columns: int, after: int | None, indent: str = "  ") -> list[str]:
    """Lines of number, reason and formula: side by side where all of them fit, else the formula below.

    ``after``: how many numbers are used up; ``None`` for lines without numbers.
    """
    rows: list[tuple[str, str, str]] = []
    digits = 0 if after is None else len(str(after + len(proof.lines)))
    for i, (line, outcome) in enumerate(zip(proof.lines, writer.equated(proof, " = "), strict=True), 1):
        given = writer.given(line, proof)
        mark = indent if after is None else f"{indent}{after + i:>{digits}}  "
        rows.append((mark, writer.because(line, proof), f"{outcome}  {given}" if given else outcome))
    beside = max((width(reason) for _, reason, _ in rows), default=0)
    if beside <= BESIDE and all(width(mark) + beside + 2 + width(outcome) <= columns for mark, _, outcome in rows):
        return [f"{mark}{pad(reason, beside)}  {outcome}" for mark, reason, outcome in rows]
    lines: list[str] = []
    for mark, reason, outcome in rows:
        margin = " " * width(mark)
        lines += wrap(reason, columns, mark, margin)
        left, equals, right = outcome.partition(" = lim")
        if left and equals and len(margin) + 2 + width(outcome) > columns:  # the left side on a line of its own
            lines += wrap(left, columns, margin + "  ", margin + "    ")
            lines += wrap(equals.lstrip() + right, columns, margin + "  ", margin + "    ")
        else:
            lines += wrap(outcome, columns, margin + "  ", margin + "    ")
    return lines


def _latex(writer: _Writer) -> str:
    document = writer.document
    (main, _), *parts = _numbered(document)
    blocks = [rf"\textbf{{{writer.say('principles')}}}"]
    blocks += [rf"\[{row}\]" for row in [*writer.equations(), writer.definition()]]
    blocks += [*writer.notes(), _align(writer, main)]
    for i, (part, _) in enumerate(parts, 1):
        blocks += [" ".join(filter(None, [writer.part(i, part), writer.hypotheses(part)])), _align(writer, part)]
    if document.theorems:
        blocks.append(rf"\textbf{{{writer.say('theorems')}}}")
    for i, proof in enumerate(document.theorems, 1):
        statement = f"${writer.statement(proof)}$"
        blocks.append(" ".join(filter(None, [f"[{i}] {writer.named(proof)}:", statement, writer.hypotheses(proof)])))
        blocks += [_align(writer, proof)] if proof.proved else []
    return re.sub(_JOINED, _joined, "\n\n".join(blocks))


def _joined(found: re.Match[str]) -> str:
    number = found[2] and found[2] + (found[3] or "").replace("$", "")
    return f" {found[1]} {number or found[4]}$"


# $h$ $\to$ 0 and $s$ $\to$ $0$, which are one formula
_JOINED: Final = re.compile(r"\$ \$(\\to|\\ne|[<>])\$ (?:(\d+)(\+|\$-\$)?|\$([^$]*)\$)")


def _align(writer: _Writer, proof: Proof) -> str:
    rows: list[str] = []
    for line, formula in zip(proof.lines, writer.equated(proof, " &= "), strict=True):
        equation = formula if "&=" in formula else f"&{formula}"
        words = " ".join(filter(None, [writer.because(line, proof), writer.given(line, proof)]))
        rows.append(rf"{equation} && \text{{{words}}}")
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


def _html(writer: _Writer) -> str:
    document = writer.document
    (main, _), *parts = _numbered(document)

    def display(formula: str) -> str:
        before, after = MATHML.wrapping
        return before + formula + after

    def listed(proof: Proof, start: int) -> list[str]:
        items = []
        for line, formula in zip(proof.lines, writer.equated(proof, "<mo>=</mo>"), strict=True):
            given = writer.given(line, proof)
            words = f'<span class="rule">{writer.because(line, proof)}</span>'
            words += f' <span class="assuming">{given}</span>' if given else ""
            items.append(f"<li>{words}{display(formula)}</li>")
        return [f'<ol start="{start}">', *items, "</ol>"] if items else []

    def equation(text: str) -> str:
        return f"<p>{display(text.replace(' = ', '<mo>=</mo>', 1))}</p>"

    rows = [f'<section class="mibun-principles" lang="{writer.lang}">', f"<h3>{writer.say('principles')}</h3>"]
    rows += [equation(row) for row in [*writer.equations(), writer.definition()]]
    rows += [f"<p>{note}</p>" for note in writer.notes()]
    rows += listed(main, 1)
    for i, (part, after) in enumerate(parts, 1):
        rows.append(f"<h4>{writer.part(i, part)}</h4>")
        rows += [f"<p>{given}</p>" for given in [writer.hypotheses(part)] if given]
        rows += listed(part, after + 1)
    rows += [f"<h3>{writer.say('theorems')}</h3>"] if document.theorems else []
    for i, proof in enumerate(document.theorems, 1):
        rows += [f"<h4>[{i}] {writer.named(proof)}</h4>", equation(writer.statement(proof))]
        rows += [f"<p>{given}</p>" for given in [writer.hypotheses(proof)] if given]
        rows += listed(proof, 1)
    return "\n".join([*rows, "</section>"])
