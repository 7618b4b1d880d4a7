"""Whatever the pattern, the matrix comes back from its products; few passes; text and picture say what was done."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from tests.sparse.patterns import arrow, band, brusselator, patterns, symmetric_patterns

from mibun.errors import ShapeError, UnsupportedOperation
from mibun.language import LANGUAGES, width
from mibun.sparse.compressed import Compression, Mixed, compress
from mibun.sparse.report import METHODS, WORDS


def filled(pattern: Any) -> Any:
    """A matrix with this pattern."""
    return np.where(pattern, np.random.default_rng(1).normal(size=pattern.shape), 0)


def products(matrix: Any, part: Compression) -> Any:
    return part.seeds @ matrix if part.mode == "reverse" else part.seeds @ matrix.T


def recovered(found: Compression | Mixed, matrix: Any) -> Any:
    given_back = [products(matrix, part) for part in found.parts]
    return found.recover(given_back) if isinstance(found, Mixed) else found.recover(given_back[0])


@given(patterns(), st.sampled_from([None, "forward", "reverse"]))
def test_any_matrix_comes_back(pattern: Any, mode: str | None) -> None:
    matrix, found = filled(pattern), compress(pattern, mode=mode)
    back = recovered(found, matrix)
    assert isinstance(back, sp.csr_array) and back.shape == pattern.shape and back.nnz == pattern.sum()
    assert (back.toarray() == matrix).all()
    assert found.passes <= max(pattern.shape, default=0) + 2 and found.numbers.max(initial=0) <= found.passes


@given(symmetric_patterns())
def test_any_symmetric_matrix_comes_back(pattern: Any) -> None:
    matrix = filled(pattern)
    matrix = matrix + matrix.T
    found = compress(pattern, symmetric=True)
    back = recovered(found, matrix)
    assert np.allclose(back.toarray(), matrix, rtol=1e-14, atol=0)
    assert (back != back.T).nnz == 0
    assert found.passes <= compress(pattern).cost or found.passes <= len(pattern)


@pytest.mark.parametrize(
    ("pattern", "mode", "passes"),
    [
        (np.ones((1, 50)), "reverse", 1),
        (np.ones((50, 1)), "forward", 1),
        (np.ones((3, 50)), "reverse", 3),
        (np.ones((5, 5)), "forward", 5),
        (np.zeros((0, 4)), "forward", 0),
        (np.zeros((4, 0)), "forward", 0),
        (np.zeros((4, 4)), "forward", 0),
        (np.vstack([np.ones((1, 50)), np.eye(50)]), "mixed", 2),
        (np.hstack([np.ones((50, 1)), np.eye(50)]), "forward", 2),
        (band(50).toarray(), "forward", 3),
    ],
    ids=lambda value: str(getattr(value, "shape", value)),
)
def test_the_cheapest_way(pattern: Any, mode: str, passes: int) -> None:
    found = compress(pattern)
    assert (found.mode, found.passes) == (mode, passes)
    assert (recovered(found, filled(pattern != 0)).toarray() == filled(pattern != 0)).all()


def test_full_rows_and_full_columns() -> None:
    found = compress(arrow(40))
    assert isinstance(found, Mixed) and (found.passes, found.cost) == (3, 4)
    crossed = np.vstack([arrow(40), np.ones((1, 40)), np.ones((1, 40))])
    assert compress(crossed).passes == 5
    upright = np.hstack([np.eye(40)[:, :1] * 0 + 1, np.kron(np.eye(8), np.ones((5, 1)))])
    assert compress(upright).passes == 2


def test_entries_that_happen_to_be_zero_are_stored() -> None:
    found = compress(np.eye(3))
    assert found.recover(np.zeros((1, 3))).nnz == 3


def test_the_matrix_may_be_changed_in_place() -> None:
    found = compress(np.eye(3))
    found.recover(np.zeros((1, 3))).eliminate_zeros()
    assert found.recover(np.ones((1, 3))).toarray().tolist() == np.eye(3).tolist()


def test_precision_stays() -> None:
    assert compress(np.eye(3)).recover(np.ones((1, 3), np.float32)).dtype == np.float32


def test_products_that_do_not_fit() -> None:
    with pytest.raises(ShapeError):
        compress(np.eye(3)).recover(np.ones((2, 3)))


def test_seeds() -> None:
    found = Compression(np.eye(3, k=1) + np.eye(3), [1, 2, 1])
    assert found.seeds.dtype == np.float64 and found.seeds.tolist() == [[1, 0, 1], [0, 1, 0]]


# In words and as a picture

EXAMPLES = {
    "small": compress(band(6), symmetric=True),
    "given": Compression(np.eye(3), [1, 1, 1]),
    "row": compress(np.ones((1, 7))),
    "nothing": compress(np.zeros((0, 0))),
    "arrow": compress(arrow(12)),
    "many": compress(np.ones((30, 30))),
    "medium": compress(brusselator(6, False, False)),
    "large": compress(brusselator(32, True, True)),
    "long": compress(band(100_000)),
    "tall": compress(np.ones((3000, 2))),
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_text(name: str, lang: str) -> None:
    found = EXAMPLES[name]
    text = found.text(lang, 60)
    assert max(width(line) for line in text.splitlines()) <= 60
    assert "{" not in text and "  \n" not in text
    assert str(found.passes) in text and str(found.pattern.nnz) in text and str(found.shape[0]) in text


def test_text_of_a_hessian() -> None:
    text = EXAMPLES["small"].text("en")
    assert "Sparse Hessian, 6 × 6: 16 entries" in text
    assert "Coleman, Moré 1984" in text and "Colours: 3" in text and "Passes: 3 forward" in text
    assert text.splitlines()[-8:-2] == [
        "1 2 · · · ·",
        "2 2 2 · · ·",
        "· 2 1 3 · ·",
        "· · 3 3 3 ·",
        "· · · 3 1 2",
        "· · · · 2 2",
    ]
    korean = EXAMPLES["small"].text("ko")
    assert "희소 헤세 행렬, 6 × 6: 0이 아닐 수 있는 성분 16개" in korean and "색의 수: 3" in korean


def test_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert str(EXAMPLES["small"]) == EXAMPLES["small"].text("ko")
    with pytest.raises(UnsupportedOperation):
        EXAMPLES["small"].text("fr")
    assert repr(EXAMPLES["row"]) == "Compression(1 × 7, 7 entries, reverse, 1 passes)"


def test_words_are_complete() -> None:
    assert WORDS["en"].keys() == WORDS["ko"].keys()
    assert all(len(row) == 3 and all(row[:2]) for row in METHODS.values())


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_picture(name: str, lang: str) -> None:
    found = EXAMPLES[name]
    svg = found.svg(lang)
    assert svg == found.svg(lang) and len(svg) < 2_000_000
    root = ElementTree.fromstring(svg)
    across, down = float(root.get("width", "")), float(root.get("height", ""))
    assert 0 < across < 1500 and 0 < down < 1500
    space = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{space}title")
    for text in root.iter(f"{space}text"):
        assert 0 <= float(text.get("x", "")) <= across and 0 <= float(text.get("y", "")) <= down
        assert text.get("text-anchor") or float(text.get("x", "")) + 5 * width(text.text or "") <= across
    for path in root.iter(f"{space}path"):
        for x, y, side in re.findall(r"M(\d+) (\d+)h(\d+)", path.get("d", "")):
            assert float(x) + float(side) <= across and float(y) + float(side) <= down


def test_every_cell_of_a_small_picture_has_its_number() -> None:
    found = EXAMPLES["small"]
    numbers = re.findall(r'text-anchor="middle">(\d+)<', found.svg("en"))
    assert sorted(map(int, numbers)) == sorted([*found.numbers.tolist(), 1, 2, 3])
