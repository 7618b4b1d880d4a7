"""A second call runs the recorded graph again, and writes over memory that nothing needs any more."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.trace.forms import FORMS, Form, sample

import mibun as mb


@pytest.mark.parametrize("form", [pytest.param(form, id=form.name) for form in FORMS])
def test_a_second_call_gives_what_the_first_gave(form: Form) -> None:
    def squares(*args: Any) -> Any:
        value = form.fn(*args)
        return np.sum(np.exp(-value * value / 100) + value * value)

    argnums = tuple(range(len(form.args)))
    derived = mb.value_and_grad(squares, argnums)
    args = sample(form)
    given = [np.array(arg) for arg in args]
    first = derived(*args)
    for _ in range(2):
        again = derived(*args)
        assert again[0] == first[0]
        for one, other in zip(again[1], first[1], strict=True):
            np.testing.assert_array_equal(one, other)
    for arg, before in zip(args, given, strict=True):
        np.testing.assert_array_equal(arg, before)
    other = sample(form, 1)
    fresh = mb.value_and_grad(lambda *args: squares(*args), argnums)(*other)  # noqa: PLW0108
    found = derived(*other)
    for one, wanted in zip((found[0], *found[1]), (fresh[0], *fresh[1]), strict=True):
        np.testing.assert_allclose(one, wanted, rtol=1e-13)
