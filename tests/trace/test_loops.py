"""What functions in loops and batches may see and give away."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mibun as mb


def inner_scan(c: Any) -> Any:
    return mb.scan(lambda d, u: (d * c, None), 1.0, np.ones(2))[0]


def inner_while(c: Any) -> Any:
    return mb.while_loop(lambda d: d < c, lambda d: d + 1, 0.0)


@pytest.mark.parametrize("inner", [inner_scan, inner_while])
def test_nothing_is_decided_by_an_inner_loop_that_reads_the_outer_one(inner: Any) -> None:
    def turn(c: Any, t: Any) -> tuple[Any, None]:
        return (c * 0.5 * t if inner(c) > 1 else c * 2 * t), None

    with pytest.raises(mb.UnsupportedOperation) as caught:
        mb.grad(lambda x: mb.scan(turn, x, np.ones(4))[0])(0.3)
    assert caught.value.key == "trace_branch_in_loop"


def test_an_inner_loop_that_reads_nothing_of_the_outer_one_decides() -> None:
    def turn(c: Any, t: Any) -> tuple[Any, None]:
        return (c * 0.5 if inner_scan(2.0) > 1 else c * 2), None

    assert mb.grad(lambda x: mb.scan(turn, x, np.ones(4))[0])(0.3) == 0.0625


def kept_from_a_scan(x: Any) -> Any:
    kept = []

    def turn(c: Any, t: Any) -> tuple[Any, None]:
        kept.append(c)
        return c * t, None

    mb.scan(turn, x, np.array([2.0, 3.0]))
    return kept[0] * x


def written_in_a_while(x: Any) -> Any:
    kept = np.ones(2) * x

    def turn(c: Any) -> Any:
        kept[0] = c
        return c * 2

    return mb.while_loop(lambda c: c < 9.0, turn, x) + np.sum(kept)


def kept_from_a_batch(x: Any) -> Any:
    kept = []

    def one(y: Any) -> Any:
        kept.append(y * y)
        return y

    return np.sum(mb.vmap(one)(np.ones(3) * x)) * kept[0]


@pytest.mark.parametrize("fn", [kept_from_a_scan, written_in_a_while, kept_from_a_batch])
def test_what_gets_out_of_a_loop_without_being_returned_is_refused(fn: Any) -> None:
    for _ in range(2):
        with pytest.raises(mb.UnsupportedOperation) as caught:
            mb.grad(fn)(1.5)
        assert "got out without being returned" in caught.value.text("en")
