"""For every call form of the table the sparse Jacobian is the dense one: no entry that differs from 0 is left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.trace.forms import GROUPS, Form, sample

from mibun.transforms.matrices import jacobian

INSTALLED = tuple(int(part) for part in np.__version__.split(".")[:2])


def blocks(found: Any, form: Form) -> list[Any]:
    return [found] if len(form.args) == 1 else list(found)


@pytest.mark.parametrize("group", GROUPS)
def test_sparse_is_dense(group: str) -> None:
    for form in GROUPS[group]:
        if form.since > INSTALLED:
            continue
        args = sample(form, 0)
        numbers = 0 if len(args) == 1 else tuple(range(len(args)))
        single = any(getattr(arg, "dtype", None) == np.float32 for arg in args)
        with np.errstate(all="ignore"):
            sparse = blocks(jacobian(form.fn, numbers, sparse=True)(*args), form)
            dense = blocks(jacobian(form.fn, numbers)(*args), form)
        for one, other in zip(sparse, dense, strict=True):
            wanted = np.reshape(other, one.shape)
            assert np.allclose(
                one.toarray(), wanted, rtol=1e-4 if single else 1e-11, atol=1e-5 if single else 1e-12, equal_nan=True
            ), form.name
