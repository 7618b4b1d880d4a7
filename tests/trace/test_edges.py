"""Edges: the table of the policy, row by row, in both modes, to second order, at a first and at a replayed call."""

from __future__ import annotations

from typing import Any

import pytest
from tests.trace.edges import DOCUMENTS, GROUPS, PEERS, ROWS, ask, document, group_of, same, stored

ANSWERS = stored()
NAMES = [f"{row['key']} at {row['point']}" for row in ROWS]


@pytest.mark.parametrize(("row", "answer"), list(zip(ROWS, ANSWERS, strict=True)), ids=NAMES)
def test_row(row: dict[str, Any], answer: dict[str, Any]) -> None:
    assert (row["expression"], row["point"]) == (answer["expression"], answer["point"])
    found = ask(row)
    assert same(found["first"], answer["first"])
    assert same(found["second"], answer["second"])


def _holds(value: Any, word: str) -> bool:
    return any(_holds(part, word) for part in value) if isinstance(value, list) else value == word


def test_a_branch_that_is_not_taken_never_gives_nan() -> None:
    dead = [
        (row, answer)
        for row, answer in zip(ROWS, ANSWERS, strict=True)
        if row["key"].startswith(
            ("where sqrt", "where log", "where 1/x", "where x**0.5", "where vmap", "where jacobian")
        )
    ]
    assert len(dead) >= 8
    for row, answer in dead:
        assert not _holds(answer["first"], "nan"), row
        assert not _holds(answer["second"], "nan"), row


def test_every_row_has_its_rule_and_every_peer_its_answer() -> None:
    assert {group_of(row).en for row in ROWS} == {group.en for group in GROUPS}
    assert all({"jax", "pytorch", "autograd"} <= set(row) for row in ROWS)
    assert set(PEERS["versions"]) >= {"jax", "pytorch", "autograd"}


@pytest.mark.parametrize("lang", DOCUMENTS)
def test_the_document_is_the_table(lang: str) -> None:
    assert DOCUMENTS[lang].read_text(encoding="utf-8") == document(lang, ANSWERS)
