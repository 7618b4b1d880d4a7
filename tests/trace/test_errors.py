"""What cannot be traced is refused: with the file, the line and the very piece of the user's code, the reason, and what
to write instead, in both languages.
"""

# ruff: noqa: PLW0108 - a row shows the call as people write it

from __future__ import annotations

import copy
import functools
import math
import os
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import scipy.integrate
import scipy.special

import mibun as mb

FILE = os.path.relpath(__file__)
POINT = np.array([1.0, 2.0, 3.0])
SQUARE = np.array([[2.0, 1.0], [1.0, 3.0]])


class Words(NamedTuple):
    """Sentence and hint in English, sentence and hint in Korean."""

    en: str
    en_hint: str
    ko: str
    ko_hint: str


WORDS = {
    "math": Words(
        "{callee} makes a plain number of its argument, and the derivative would be lost.",
        "Write {instead} instead, which takes numbers and arrays alike.",
        "{callee} 함수는 인수를 보통의 수로 바꾸므로 미분할 수 없게 됩니다.",
        "대신 {instead}처럼 써 주세요. 수에도 배열에도 쓸 수 있습니다.",
    ),
    "float": Words(
        "As a plain float this value would lose its derivative.",
        "Leave float(…) out and calculate with the value itself. "
        "A function that takes plain numbers only goes into mb.custom, together with its derivative.",
        "이 값을 보통의 float으로 바꾸면 미분할 수 없게 됩니다.",
        "float(…)을 빼고 값을 그대로 계산에 써 주세요. "
        "보통의 수만 받는 함수라면 도함수와 함께 mb.custom에 넣어 주세요.",
    ),
    "int": Words(
        "As a plain int this value would lose its derivative.",
        "To round, use np.floor, np.trunc or np.round. "
        "Calculate indices and counts from values that are not differentiated.",
        "이 값을 보통의 int로 바꾸면 미분할 수 없게 됩니다.",
        "어림하려면 np.floor, np.trunc, np.round 가운데 하나를 쓰고, "
        "인덱스나 횟수는 미분하지 않는 값으로 계산해 주세요.",
    ),
    "complex": Words(
        "Complex numbers are not differentiated.",
        "Calculate with the real and the imaginary part as two real numbers.",
        "복소수는 미분하지 않습니다.",
        "실수부분과 허수부분을 두 실수로 따로 계산해 주세요.",
    ),
    "kind": Words(
        "Values of type {kind} cannot be calculated with here.",
        "Use float64 or float32. A complex number can be written as two real ones, its real and imaginary part.",
        "{kind} 형의 값은 여기서 계산에 쓸 수 없습니다.",
        "float64나 float32를 써 주세요. 복소수는 실수부분과 허수부분을 두 실수로 쓰면 됩니다.",
    ),
    "index": Words(
        "A value that is differentiated cannot be an index: an index is a whole number.",
        "To choose by a condition, use np.where; to read a table between its entries, np.interp. "
        "An argument that only counts should not be in argnums.",
        "미분하는 값은 인덱스로 쓸 수 없습니다. 인덱스는 정수여야 합니다.",
        "조건에 따라 값을 고르려면 np.where를, 표의 값 사이를 이으려면 np.interp를 써 주세요. "
        "개수나 번호인 인수는 argnums에서 빼 주세요.",
    ),
    "store": Words(
        "A value that is differentiated cannot be put into an ordinary array, which holds plain numbers.",
        "Make the array with out = np.zeros_like(x), or np.zeros_like(x, shape=…), where x is differentiated; "
        "or collect the values in a list and join them with np.stack.",
        "보통의 배열에는 보통의 수만 담을 수 있어 미분하는 값을 넣을 수 없습니다.",
        "미분하는 값 x로 out = np.zeros_like(x)나 np.zeros_like(x, shape=…)처럼 배열을 만들거나, "
        "값을 리스트에 모아 np.stack으로 합쳐 주세요.",
    ),
    "array": Words(
        "An ordinary array holds plain numbers, and the derivative would be lost.",
        "Write np.stack([…]) to make an array of values, np.concatenate to join arrays. "
        "Around a single array np.array and np.asarray are not needed.",
        "보통의 배열에는 보통의 수만 담을 수 있어 미분할 수 없게 됩니다.",
        "값으로 배열을 만들려면 np.stack([…]), 배열을 이으려면 np.concatenate를 써 주세요. "
        "배열 하나를 감싼 np.array나 np.asarray는 빼도 됩니다.",
    ),
    "item": Words(
        "{callee}() makes plain numbers, and the derivative would be lost.",
        "Calculate with the value itself; one entry is x[i], all in one row x.ravel().",
        "{callee}() 메서드는 값을 보통의 수로 바꾸므로 미분할 수 없게 됩니다.",
        "값을 그대로 계산에 써 주세요. 성분 하나는 x[i], 한 줄로 편 배열은 x.ravel()로 얻습니다.",
    ),
    "hash": Words(
        "A value that is differentiated cannot be the key of a dict, in a set, or given to a cached function.",
        "Choose by a condition with np.where, or use the position in a list as the key.",
        "미분하는 값은 dict의 키나 set의 원소, 결과를 저장해 두는 함수(lru_cache)의 인수로 쓸 수 없습니다.",
        "조건에 따라 고르려면 np.where를 쓰고, 키로는 리스트에서의 번호를 써 주세요.",
    ),
    "format": Words(
        "Here only the shape of the value is known, and {spec} needs a number.",
        "Return the value, and format it outside of the function.",
        "여기서는 값의 모양만 알 수 있어 {spec} 서식으로 쓸 수 없습니다.",
        "값을 돌려주고 함수 밖에서 서식을 적용해 주세요.",
    ),
    "pickle": Words(
        "A value that is being differentiated cannot be saved or sent to another process.",
        "Return it from the function first.",
        "미분하는 동안에는 값을 저장하거나 다른 프로세스로 보낼 수 없습니다.",
        "먼저 함수의 결과로 돌려준 다음 저장해 주세요.",
    ),
    "function": Words(
        "{name} cannot be differentiated here.",
        "Write it with other NumPy functions, or give it to mb.custom together with its derivative.",
        "{name} 함수는 여기서 미분할 수 없습니다.",
        "다른 NumPy 함수로 바꾸어 쓰거나, 도함수와 함께 mb.custom에 넣어 주세요.",
    ),
    "scipy": Words(
        "mibun cannot look into {name}, a function of SciPy.",
        "Give it to mb.custom together with its derivative. For the solution of an equation there is mb.implicit.",
        "SciPy의 {name} 함수는 안을 들여다볼 수 없어 미분할 수 없습니다.",
        "도함수와 함께 mb.custom에 넣어 주세요. 방정식의 해라면 mb.implicit을 써 주세요.",
    ),
    "option": Words(
        "{name} cannot be differentiated with {option}.",
        "Leave it out, or write the calculation with other NumPy functions.",
        "{name} 함수에 {option} 옵션을 쓰면 미분할 수 없습니다.",
        "옵션을 빼거나 다른 NumPy 함수로 바꾸어 써 주세요.",
    ),
    "attribute": Words(
        "A value that is differentiated has no .{name}.",
        "Use the NumPy functions, np.sum(x), or the attributes shape, ndim, size, dtype and T.",
        "미분하는 값에는 .{name} 속성이 없습니다.",
        "np.sum(x) 같은 NumPy 함수나 shape, ndim, size, dtype, T 속성을 써 주세요.",
    ),
    "operand": Words(
        "A value that is differentiated cannot be calculated with one of type {kind}.",
        'Calculate with numbers and arrays. For a text write f"{{x}}".',
        "미분하는 값을 {kind} 형의 값과 함께 계산할 수 없습니다.",
        '수와 배열로 계산해 주세요. 텍스트를 만들려면 f"{{x}}"처럼 써 주세요.',
    ),
    "bits": Words(
        "Bits of numbers are not differentiated.",
        "~ and np.logical_not are for conditions, such as ~(x > 0).",
        "수의 비트 연산은 미분하지 않습니다.",
        "~와 np.logical_not은 ~(x > 0)처럼 조건에만 써 주세요.",
    ),
    "alias": Words(
        "This array is a view: in NumPy, writing to it would change another array as well.",
        "Write to the array itself, as in a[1:3] = …, or take a copy first: b = a[1:3].copy().",
        "이 배열은 다른 배열의 일부(뷰)라서, 여기에 쓰면 NumPy에서는 그 배열도 바뀝니다.",
        "a[1:3] = …처럼 원래 배열에 직접 쓰거나, 먼저 b = a[1:3].copy()처럼 복사해 주세요.",
    ),
    "fit": Words(
        "A value of shape {given} does not fit into a place of shape {wanted}.",
        "From the last axis on, its sizes must be equal to those of the place or 1.",
        "모양이 {wanted}인 자리에 모양이 {given}인 값을 넣을 수 없습니다.",
        "마지막 축부터 견주어 값의 크기가 자리의 크기와 같거나 1이 되게 해 주세요.",
    ),
    "axis": Words(
        "An array with {ndim} axes has no axis {axis}.",
        "Axes count from 0, or from -1 back.",
        "축이 {ndim}개인 배열에는 축 {axis}가 없습니다.",
        "축의 번호는 앞에서부터 0, 1, …이고 뒤에서부터는 -1, -2, …입니다.",
    ),
    "truth": Words(
        "The truth value of an array with more than one element is ambiguous; its shape is {shape}.",
        "Use np.all or np.any for one answer, np.where for one for each element.",
        "모양이 {shape}인 배열은 성분이 하나가 아니어서 참인지 거짓인지 정할 수 없습니다.",
        "답 하나를 얻으려면 np.all이나 np.any를, 성분마다 고르려면 np.where를 써 주세요.",
    ),
    "branch": Words(
        "The body of mb.scan or mb.while_loop is run once for all its turns, "
        "and the rule of mb.custom once for all its calls, so it cannot branch on a value.",
        "Calculate both branches and choose with np.where(condition, a, b).",
        "mb.scan이나 mb.while_loop에 넣은 함수는 모든 반복에 대하여, "
        "mb.custom의 규칙은 모든 호출에 대하여 한 번만 실행되므로, 그 안에서 값에 따라 갈라질 수 없습니다.",
        "두 경우를 모두 계산하고 np.where(조건, a, b)로 골라 주세요.",
    ),
}


class Case(NamedTuple):
    """A function that is refused at a point: the piece of its code that is underlined, the words, what fills them."""

    words: str
    fn: Callable[[Any], Any]
    at: Any
    piece: str
    facts: dict[str, Any]


def case(words: str, fn: Callable[[Any], Any], at: Any, piece: str, **facts: Any) -> Case:
    return Case(words, fn, at, piece, facts)


def store(x: Any) -> Any:
    out = np.zeros(3)
    out[1] = x
    return out.sum()


def store_part(x: Any) -> Any:
    out = np.zeros(5)
    out[1:4] = x
    return out.sum()


def store_all(x: Any) -> Any:
    out = np.zeros(3)
    out[...] = x
    return out.sum()


def store_by_mask(x: Any) -> Any:
    out = np.zeros(3)
    out[out == 0] = x
    return out.sum()


def store_sum(x: Any) -> Any:
    out = np.zeros(3)
    out[0] += x[0]
    return out.sum()


def store_sums(x: Any) -> Any:
    out = np.zeros(3)
    out += x
    return out.sum()


def store_out(x: Any) -> Any:
    out = np.zeros(3)
    np.multiply(x, 2, out=out)
    return out.sum()


def store_total(x: Any) -> Any:
    out = np.zeros(())
    np.sum(x, out=out)
    return out


def store_in_a_loop(x: Any) -> Any:
    out = np.zeros(3)
    for i in range(3):
        out[i] = x[i] ** 2
    return out.sum()


def write_transposed(x: Any) -> Any:
    turned = (x * 1.0).T
    turned[0] = 0.0
    return turned.sum()


def write_reshaped(x: Any) -> Any:
    flat = (x * 1.0).reshape(4)
    flat[1:] = 0.0
    return flat.sum()


def write_raveled(x: Any) -> Any:
    flat = np.ravel(x)
    flat += 1.0
    return flat.sum()


def write_too_much(x: Any) -> Any:
    out = np.zeros_like(x)
    out[:2] = x
    return out.sum()


@functools.lru_cache
def cached(x: Any) -> Any:
    return x * x


def branch_in_scan(x: Any) -> Any:
    def turn(carry: Any, _: Any) -> Any:
        if carry > 10.0:
            carry = carry / 2
        return carry * 1.5, None

    return mb.scan(turn, x, length=3)[0]


def maximum_in_while(x: Any) -> Any:
    return mb.while_loop(lambda v: v < 9.0, lambda v: max(v, 1.0) * 2, x)


def text_in_scan(x: Any) -> Any:
    return mb.scan(lambda c, _: (c, f"{c:.2f}"), x, length=2)[0]


def float_in_scan(x: Any) -> Any:
    return mb.scan(lambda c, _: (float(c), None), x, length=2)[0]


absolute = mb.custom(abs, lambda x, dx: dx[0] if x[0] > 0 else -dx[0])

CASES = [
    # Plain numbers
    case("math", lambda x: math.sin(x), 1.0, "math.sin(x)", callee="math.sin", instead="np.sin"),
    case("math", lambda x: 2 * math.pow(x, 3), 1.0, "math.pow(x, 3)", callee="math.pow", instead="np.power"),
    case("math", lambda x: math.fsum(x), POINT, "math.fsum(x)", callee="math.fsum", instead="np.sum"),
    case("math", lambda x: math.hypot(x, 1), 1.0, "math.hypot(x, 1)", callee="math.hypot", instead="np.hypot"),
    case("float", lambda x: float(x) * 2, 1.0, "float(x)"),
    case("float", lambda x: x * float(x[0]), POINT, "float(x[0])"),
    case("float", lambda x: np.float64(x), 1.0, "np.float64(x)"),
    case("int", lambda x: int(x) * 2, 1.0, "int(x)"),
    case("complex", lambda x: complex(x).real, 1.0, "complex(x)"),
    case("complex", lambda x: abs(complex(0.0, x)), 1.0, "complex(0.0, x)"),
    case("kind", lambda x: x * 1j, 1.0, "x * 1j", kind="complex128"),
    case("kind", lambda x: np.exp(1j * x), 1.0, "1j * x", kind="complex128"),
    case("kind", lambda x: np.sum(np.array([1j, 2.0]) * x), 1.0, "np.array([1j, 2.0]) * x", kind="complex128"),
    case("kind", lambda x: x + object(), 1.0, "x + object()", kind="object"),
    case("item", lambda x: x.item(), 1.0, "x.item()", callee="x.item"),
    case("item", lambda x: x.item(1), POINT, "x.item(1)", callee="x.item"),
    case("item", lambda x: x.tolist()[0], POINT, "x.tolist()", callee="x.tolist"),
    # Indices
    case("index", lambda x: [1.0, 2.0][x], 1.0, "[1.0, 2.0][x]"),
    case("index", lambda x: POINT[x], 1.0, "POINT[x]"),
    case("index", lambda x: POINT[x], POINT, "POINT[x]"),
    case("index", lambda x: x[x[0]], POINT, "x[x[0]]"),
    case("index", lambda x: sum(range(x)), 3.0, "range(x)"),
    case("index", lambda x: np.zeros(x), 3.0, "np.zeros(x)"),
    case("index", lambda x: np.take(POINT, x), 1.0, "np.take(POINT, x)"),
    # Ordinary arrays
    case("store", store, 1.0, "out[1]"),
    case("store", store_part, POINT, "out[1:4]"),
    case("store", store_all, POINT, "out[...]"),
    case("store", store_by_mask, POINT, "out[out == 0]"),
    case("store", store_sum, POINT, "out[0]"),
    case("store", store_sums, POINT, "out += x"),
    case("store", store_out, POINT, "np.multiply(x, 2, out=out)"),
    case("store", store_total, POINT, "np.sum(x, out=out)"),
    case("store", store_in_a_loop, POINT, "out[i]"),
    case("array", lambda x: np.array([x[0], x[1]]).sum(), POINT, "np.array([x[0], x[1]])"),
    case("array", lambda x: np.array([[x, 0.0], [0.0, 1.0]]), 1.0, "np.array([[x, 0.0], [0.0, 1.0]])"),
    case("array", lambda x: np.array(x).sum(), POINT, "np.array(x)"),
    case("array", lambda x: np.asarray(x).sum(), POINT, "np.asarray(x)"),
    case("array", lambda x: np.asarray([x, x]).sum(), 1.0, "np.asarray([x, x])"),
    case("array", lambda x: np.fromiter((v for v in x), float).sum(), POINT, "np.fromiter((v for v in x), float)"),
    # Views
    case("alias", write_transposed, SQUARE, "turned[0]"),
    case("alias", write_reshaped, SQUARE, "flat[1:]"),
    case("alias", write_raveled, SQUARE, "flat += 1.0"),
    case("fit", write_too_much, POINT, "out[:2]", given="(3,)", wanted="(2,)"),
    # What is not covered
    case("function", lambda x: np.fft.fft(x), POINT, "np.fft.fft(x)", name="np.fft.fft"),
    case("function", lambda x: np.unique(x), POINT, "np.unique(x)", name="np.unique"),
    case("function", lambda x: np.linalg.qr(x)[1], SQUARE, "np.linalg.qr(x)", name="np.linalg.qr"),
    case("function", lambda x: np.linalg.eig(x)[0], SQUARE, "np.linalg.eig(x)", name="np.linalg.eig"),
    case("function", lambda x: np.spacing(x), 1.0, "np.spacing(x)", name="np.spacing"),
    case("function", lambda x: np.arctan2.reduce(x), POINT, "np.arctan2.reduce(x)", name="np.arctan2.reduce"),
    case("function", lambda x: scipy.special.j0(x), 1.0, "scipy.special.j0(x)", name="scipy.special.j0"),
    case(
        "option", lambda x: np.interp(0.5, POINT, x, period=2.0), POINT, "np.interp", name="np.interp", option="period"
    ),
    case(
        "option",
        lambda x: np.quantile(x, 0.3, method="weibull"),
        POINT,
        "np.quantile",
        name="np.quantile",
        option="method",
    ),
    case("option", lambda x: np.pad(x, 1, mode="empty"), POINT, "np.pad", name="np.pad", option="mode='empty'"),
    case("option", lambda x: np.add(x, 1, where=x > 0), POINT, "np.add", name="np.add", option="where"),
    case("option", lambda x: np.cov(x, fweights=[1, 2, 1]), POINT, "np.cov", name="np.cov", option="fweights"),
    case(
        "scipy",
        lambda x: scipy.special.logsumexp(x),
        POINT,
        "scipy.special.logsumexp(x)",
        name="scipy.special.logsumexp",
    ),
    case(
        "scipy",
        lambda x: scipy.integrate.quad(lambda t: t * x, 0, 1)[0],
        1.0,
        "scipy.integrate.quad",
        name="scipy.integrate.quad",
    ),
    case(
        "scipy",
        lambda x: scipy.special.logsumexp(x),
        POINT,
        "scipy.special.logsumexp",
        name="scipy.special.logsumexp",
    ),
    case("attribute", lambda x: x.imag, 1.0, "x.imag", name="imag"),
    case("attribute", lambda x: x.append(1.0), POINT, "x.append", name="append"),
    case("bits", lambda x: x & 1, 3.0, "x & 1"),
    case("bits", lambda x: 1 | x, 3.0, "1 | x"),
    case("bits", lambda x: ~x, 3.0, "~x"),
    case("bits", lambda x: x << 1, 3.0, "x << 1"),
    case("operand", lambda x: x + "a", 1.0, 'x + "a"', kind="str"),
    case("operand", lambda x: "a" + x, 1.0, '"a" + x', kind="str"),
    case("operand", lambda x: x * None, POINT, "x * None", kind="NoneType"),
    case("operand", lambda x: 1.0 if x < "a" else 0.0, 1.0, 'x < "a"', kind="str"),
    case("operand", lambda x: x - {"a": 1}, 1.0, 'x - {"a": 1}', kind="dict"),
    # Other things that values are used for
    case("hash", lambda x: {x: 1.0}[x], 1.0, "{x: 1.0}"),
    case("hash", lambda x: len({x}), 1.0, "{x}"),
    case("hash", lambda x: cached(x), 1.0, "cached(x)"),
    case("pickle", lambda x: pickle.dumps(x), 1.0, "pickle.dumps(x)"),
    case("axis", lambda x: np.sum(x, axis=2), POINT, "np.sum(x, axis=2)", ndim=1, axis=2),
    # Decisions
    case("truth", lambda x: x.sum() if x > 0 else 0.0, POINT, "x > 0", shape="(3,)"),
    case("truth", lambda x: 0.0 if not x else x.sum(), POINT, "x", shape="(3,)"),
    case("truth", lambda x: x.sum() if 0 < x < 9 else 0.0, POINT, "0 < x", shape="(3,)"),
    case("truth", lambda x: x[0] if any(x > SQUARE[0, 1]) and x != 0 else 0.0, POINT, "x != 0", shape="(3,)"),
    case("truth", lambda x: max(x, 1.0), POINT, "max(x, 1.0)", shape="(3,)"),
    case("branch", branch_in_scan, 1.0, "carry > 10.0"),
    case("branch", maximum_in_while, 1.0, "max(v, 1.0)"),
    case("branch", lambda x: absolute(x), 1.0, "x[0] > 0"),
    case("format", text_in_scan, 1.0, 'f"{c:.2f}"', spec="{:.2f}"),
    case("float", float_in_scan, 1.0, "float(c)"),
]


def refusal(fn: Callable[[Any], Any], at: Any) -> mb.MibunError:
    with pytest.raises(mb.MibunError) as caught:
        mb.grad(fn)(copy.copy(at))
    assert isinstance(caught.value, mb.ShapeError | mb.UnsupportedOperation)
    return caught.value


@pytest.mark.parametrize("row", CASES, ids=[f"{row.words}: {row.piece}" for row in CASES])
def test_refused(row: Case) -> None:
    error = refusal(row.fn, row.at)
    words = WORDS[row.words]
    for lang, sentence, hint in (("en", words.en, words.en_hint), ("ko", words.ko, words.ko_hint)):
        first, source, carets, last = error.text(lang).split("\n")
        line = {"en": "{file}, line {line}: ", "ko": "{file} {line}번째 줄: "}[lang]
        number = error.facts["line"]
        assert first == line.format(file=FILE, line=number) + sentence.format(**row.facts)
        assert last == hint.format(**row.facts)
        underlined = source[carets.index("^") : carets.rindex("^") + 1]
        assert underlined.startswith(row.piece)
        written = open_lines()[number - 1]
        assert source.strip("…") in written
        assert row.piece in written


@functools.cache
def open_lines() -> list[str]:
    with open(__file__, encoding="utf-8") as file:
        return file.read().splitlines()


def test_every_reason_is_tried() -> None:
    assert {row.words for row in CASES} == set(WORDS)


def test_the_place_is_where_it_happens_however_deep() -> None:
    def inner(x: Any) -> Any:
        return math.exp(x)  # here

    def outer(x: Any) -> Any:
        return sum([inner(v) for v in x])

    for derived in (
        mb.grad(outer),
        mb.jacobian(outer),
        mb.hessian(outer),
        mb.vmap(mb.grad(lambda t: outer(t * POINT))),
    ):
        with pytest.raises(mb.UnsupportedOperation) as caught:
            derived(POINT)
        (line,) = [i for i, text in enumerate(open_lines(), 1) if text.endswith("# here")][:1]
        assert caught.value.facts["line"] == line
        assert str(caught.value).startswith(f"{FILE}, line {line}: math.exp makes a plain number")


def test_errors_of_the_user_pass_through() -> None:
    def raises(x: Any) -> Any:
        raise LookupError("mine")

    def chains(x: Any) -> Any:
        try:
            return math.sin(x)
        except mb.UnsupportedOperation as error:
            raise ValueError("mine, too") from error

    for fn, kind in ((raises, LookupError), (chains, ValueError)):
        with pytest.raises(kind, match="mine"):
            mb.grad(fn)(1.0)
    for fn, kind in (
        (lambda x: x[5], IndexError),
        (lambda x: np.reshape(x, (2, 2)), ValueError),
        (lambda x: SQUARE @ x, ValueError),
        (len, TypeError),
    ):
        with pytest.raises(kind):
            mb.grad(fn)(np.float64(1.0) if fn is len else POINT)


# What is not differentiated may become anything


def test_values_that_are_not_differentiated_become_plain_numbers() -> None:
    def fn(x: Any, n: Any, table: Any) -> Any:
        assert math.floor(table[0]) == 1
        plain = [float(table[0]), int(table[1]), table[2].item(), math.sqrt(table[2])]
        return x * sum(plain) * n[0] + (n[1] & 6) * x + (~n[0] << 1) * x + POINT[n[1]] * x + np.zeros(n[0]).size * x

    gradient = mb.grad(fn)
    for scale in (1.0, 1.1):
        table = np.array([1.0, 2.0, 4.0]) * scale
        wanted = (table[0] + int(table[1]) + table[2] + math.sqrt(table[2])) * 2 + 2 - 6 + 3 + 2
        assert gradient(1.0, np.array([2, 2]), table) == pytest.approx(wanted, rel=1e-15)


def test_whole_numbers_that_come_of_differentiated_ones() -> None:
    table = np.array([10.0, 20.0, 30.0])
    choose = mb.grad(lambda x: x[np.argmax(x)] * table[np.argmin(x)] + [1.0, 2.0, 3.0][int(np.argmax(x))] * x[0])
    assert choose(np.array([3.0, 1.0, 2.0])).tolist() == [21.0, 0.0, 0.0]
    assert choose(np.array([1.0, 3.0, 2.0])).tolist() == [2.0, 10.0, 0.0]
    assert choose(np.array([2.0, 3.0, 1.0])).tolist() == [2.0, 30.0, 0.0]


# Texts


TABLE = {"1.0": 2.0, "2.0": 5.0}


@pytest.mark.parametrize(
    "key",
    [
        str,
        lambda x: f"{x}",
        lambda x: f"{x:.1f}",
        lambda x: f"{x:{'.1f'}}",
        lambda x: "%.1f" % x,  # noqa: UP031
        lambda x: "%s" % x,  # noqa: UP031
        lambda x: "{:.1f}".format(x),  # noqa: UP032
        lambda x: "".join(["", format(x, ".1f")]),
        lambda x: str([x])[len("[Traced(np.float64(") : -len("))]")] if "np." in repr(x) else str(x),
    ],
)
def test_a_text_is_that_of_the_number_at_hand(key: Callable[[Any], str]) -> None:
    gradient = mb.grad(lambda x: x * TABLE[key(x)])
    assert [gradient(x) for x in (1.0, 2.0, 1.0, 2.0)] == [2.0, 5.0, 2.0, 5.0]
    with pytest.raises(KeyError):
        gradient(3.0)


def test_texts_of_arrays_and_of_values_on_the_way() -> None:
    seen: dict[str, float] = {"[1. 4.]": 3.0, "[9. 4.]": 7.0}
    gradient = mb.grad(lambda x: np.sum(x) * seen[str(x**2)])
    assert gradient(np.array([1.0, 2.0])).tolist() == [3.0, 3.0]
    assert gradient(np.array([3.0, 2.0])).tolist() == [7.0, 7.0]


def test_printing_prints_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    def fn(x: Any) -> Any:
        print("x is", x, f"and its square {x * x:.2f}")
        return x * x

    gradient = mb.grad(fn)
    assert [gradient(1.0), gradient(1.5), gradient(1.5)] == [2.0, 3.0, 3.0]
    assert capsys.readouterr().out.splitlines() == ["x is 1.0 and its square 1.00"] + 2 * [
        "x is 1.5 and its square 2.25"
    ]


def test_a_value_of_a_loop_shows_its_shape() -> None:
    shown = []

    def turn(carry: Any, _: Any) -> Any:
        shown.append(repr(carry))
        return carry * 2, None

    mb.grad(lambda x: np.sum(mb.scan(turn, x, length=2)[0]))(POINT)
    assert set(shown) == {"Traced(float64[3])"}


def test_equal_to_something_else() -> None:
    assert mb.grad(lambda x: x if x == "a" or x in (None, {}) else 2 * x)(1.0) == 2.0


def test_other_kinds_of_numbers_may_calculate_with_a_traced_one() -> None:
    class Doubled:
        def __init__(self, value: Any) -> None:
            self.value = value

        def __radd__(self, other: Any) -> Any:
            return other + 2 * self.value

    assert mb.grad(lambda x: x**2 + Doubled(x))(3.0) == 8.0


# Arguments and results: no line of the user's is to blame


def two(x: Any, y: Any) -> Any:
    return x * y


RESULTS = [
    (
        lambda: mb.grad(lambda x: x * 2)(POINT),
        "mb.grad needs a function with one number as its value; this one returned an array of shape (3,).\n"
        "For all derivatives of an array use mb.jacobian; for a loss take np.sum or np.mean of it.",
        "mb.grad에 넣는 함수의 값은 수 하나여야 하는데, 모양이 (3,)인 배열을 돌려주었습니다.\n"
        "배열의 모든 미분계수를 구하려면 mb.jacobian을 쓰고, 손실 함수라면 np.sum이나 np.mean을 취해 주세요.",
    ),
    (
        lambda: mb.hvp(lambda x: [x], 1.0, 1.0),
        "mb.hvp needs a function with one number as its value; this one returned a collection of type list.\n"
        "Return the number by itself. With has_aux=True, mb.grad takes a number and anything else; "
        "for the derivatives of several values there is mb.jacobian.",
        "mb.hvp에 넣는 함수의 값은 수 하나여야 하는데, list 형의 묶음을 돌려주었습니다.\n"
        "수만 돌려주게 해 주세요. mb.grad에서 다른 값도 함께 받으려면 has_aux=True를 쓰고, "
        "여러 값의 미분계수를 구하려면 mb.jacobian을 써 주세요.",
    ),
    (
        lambda: mb.grad(lambda x: {"loss": x})(1.0),
        "mb.grad needs a function with one number as its value; this one returned a collection of type dict.\n"
        "Return the number by itself. With has_aux=True, mb.grad takes a number and anything else; "
        "for the derivatives of several values there is mb.jacobian.",
        "mb.grad에 넣는 함수의 값은 수 하나여야 하는데, dict 형의 묶음을 돌려주었습니다.\n"
        "수만 돌려주게 해 주세요. mb.grad에서 다른 값도 함께 받으려면 has_aux=True를 쓰고, "
        "여러 값의 미분계수를 구하려면 mb.jacobian을 써 주세요.",
    ),
    (
        lambda: mb.grad(lambda x: None)(1.0),
        "mb.grad needs a function with a number as its value; this one returned an object of type NoneType.\n"
        "Return the number that is to be differentiated; perhaps return is missing.",
        "mb.grad에 넣는 함수의 값은 수여야 하는데, NoneType 형의 값을 돌려주었습니다.\n"
        "미분할 수를 돌려주게 해 주세요. return이 빠지지 않았는지 확인해 주세요.",
    ),
    (
        lambda: mb.grad(two, argnums=2)(1.0, 2.0),
        "mb.grad is to differentiate by argument 2; arguments given: 2.\n"
        "Arguments count from 0; those given by name are not counted.",
        "mb.grad에서 미분할 인수의 번호는 2인데, 인수는 2개만 주어졌습니다.\n"
        "인수의 번호는 0부터 세어 주세요. 이름으로 준 인수는 세지 않습니다.",
    ),
    (
        lambda: mb.hessian(two, argnums=(0, -3))(1.0, 2.0),
        "mb.jacobian is to differentiate by argument -3; arguments given: 2.\n"
        "Arguments count from 0; those given by name are not counted.",
        "mb.jacobian에서 미분할 인수의 번호는 -3인데, 인수는 2개만 주어졌습니다.\n"
        "인수의 번호는 0부터 세어 주세요. 이름으로 준 인수는 세지 않습니다.",
    ),
    (
        lambda: mb.grad(two, argnums="x"),  # type: ignore[arg-type]
        "This does not name arguments: 'x'\nGive the number of one argument, from 0, or a tuple of them.",
        "인수의 번호가 아닙니다: 'x'\n0부터 센 인수의 번호 하나나 번호의 튜플을 써 주세요.",
    ),
    (
        lambda: mb.jacobian(two, argnums=(0, 1.5)),  # type: ignore[arg-type]
        "This does not name arguments: (0, 1.5)\nGive the number of one argument, from 0, or a tuple of them.",
        "인수의 번호가 아닙니다: (0, 1.5)\n0부터 센 인수의 번호 하나나 번호의 튜플을 써 주세요.",
    ),
    (
        lambda: mb.grad(two)("x", 2.0),
        "mb.grad cannot differentiate by an argument of type str.\n"
        "Give real numbers: float, int or arrays of them. A complex number becomes two real ones; "
        "leave text and other objects out with argnums.",
        "mb.grad: str 형의 인수로는 미분할 수 없습니다.\n"
        "float, int 또는 이들로 된 배열을 써 주세요. 복소수는 두 실수로 나누고, "
        "텍스트나 다른 객체는 argnums에서 빼 주세요.",
    ),
    *[
        (
            lambda given=given: mb.grad(two)(given, 2.0),
            f"mb.grad cannot differentiate by an argument of type {kind}.\n"
            "Give real numbers: float, int or arrays of them. A complex number becomes two real ones; "
            "leave text and other objects out with argnums.",
            f"mb.grad: {kind} 형의 인수로는 미분할 수 없습니다.\n"
            "float, int 또는 이들로 된 배열을 써 주세요. 복소수는 두 실수로 나누고, "
            "텍스트나 다른 객체는 argnums에서 빼 주세요.",
        )
        for given, kind in [
            (True, "bool"),
            (1j, "complex"),
            (np.array([1j]), "complex128"),
            (np.array(["a"]), "<U1"),
            (np.array([1.0, None]), "object"),
            (object(), "object"),
        ]
    ],
    (
        lambda: mb.grad(3),  # type: ignore[arg-type]
        "This is not a function: int.\nGive the function itself, without calling it: mb.grad(f)(x).",
        "함수가 아닙니다: int.\nmb.grad(f)(x)처럼 함수를 호출하지 말고 그대로 써 주세요.",
    ),
    (
        lambda: mb.grad(two, has_aux=True)(1.0, 2.0),
        "With has_aux, the function given to mb.grad has to return two things: the value and the rest.\n"
        "Write return value, rest; or leave has_aux out.",
        "has_aux를 쓰면 mb.grad에 넣는 함수는 값과 나머지, 두 가지를 돌려주어야 합니다.\n"
        "return 값, 나머지처럼 쓰거나 has_aux를 빼 주세요.",
    ),
    (
        lambda: mb.jvp(two, (1.0, 2.0), (1.0,)),
        "mb.jvp takes two tuples of equal length: the arguments, and a vector for each.\n"
        "For one argument write mb.jvp(f, (x,), (v,)).",
        "mb.jvp에는 길이가 같은 튜플 두 개가 필요합니다: 인수들과, 인수마다 하나씩의 벡터.\n"
        "인수가 하나이면 mb.jvp(f, (x,), (v,))처럼 써 주세요.",
    ),
    (
        lambda: mb.jvp(np.sin, (POINT,), (SQUARE,)),
        "A vector of shape (2, 2) was given to mb.jvp where (3,) is needed.\n"
        "Give it the shape of what it belongs to, as in np.ones_like(x).",
        "mb.jvp에 준 벡터의 모양이 (2, 2)입니다. (3,)이 필요합니다.\n"
        "np.ones_like(x)처럼 대응하는 인수나 값과 같은 모양으로 써 주세요.",
    ),
    (
        lambda: mb.vjp(lambda p: p["a"] * 2, {"a": 1.0})[1]((1.0, 2.0)),
        "The vector given to mb.vjp is not nested like what it belongs to.\n"
        "Give it as the same tuples, lists and dicts, with a number or an array in each place.",
        "mb.vjp에 준 벡터의 짜임이 대응하는 인수나 값과 다릅니다.\n"
        "같은 튜플, 리스트, dict로 쓰고 자리마다 수나 배열을 넣어 주세요.",
    ),
    (
        lambda: mb.jacobian(np.sin, mode="sideways"),
        "There is no mode sideways.\nChoose one of these: forward, reverse, auto.",
        "sideways라는 방식은 없습니다.\nforward, reverse, auto 가운데 하나를 써 주세요.",
    ),
    (
        lambda: mb.jacobian(np.sin)(np.zeros(20_000)),
        "A dense matrix of 20000 × 20000 entries is beyond the limit, 100000000.\n"
        "Ask for sparse=True, or for products with vectors: mb.jvp, mb.vjp, mb.hvp.",
        "크기가 20000 × 20000인 행렬은 한도(100000000)를 넘어 통째로 만들 수 없습니다.\n"
        "sparse=True를 쓰거나 벡터와의 곱을 구하는 mb.jvp, mb.vjp, mb.hvp를 써 주세요.",
    ),
]


@pytest.mark.parametrize(("call", "en", "ko"), RESULTS, ids=[en.split("\n")[0] for _, en, _ in RESULTS])
def test_arguments_and_results(call: Callable[[], Any], en: str, ko: str) -> None:
    with pytest.raises(mb.MibunError) as caught:
        call()
    assert caught.value.text("en") == en
    assert caught.value.text("ko") == ko


def test_within_a_trace_the_same_is_said() -> None:
    for call in (lambda x: mb.grad(np.sin)(x * POINT), lambda x: mb.jvp(np.sin, (x,), (POINT,))[0]):
        with pytest.raises(mb.ShapeError):
            mb.grad(call)(1.0)
