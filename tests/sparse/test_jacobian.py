"""Sparse Jacobians and Hessians equal the dense ones, in few passes; the two large examples are quick."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from tests.sparse import graphs

from mibun import arrays, chain
from mibun.node import Node
from mibun.ops import const, data, make, symbol
from mibun.run import interpret
from mibun.sparse.jacobian import sparse_hessian, sparse_jacobian


def dense(outputs: list[Node], inputs: list[Node], values: list[Any], backward: bool = False) -> Any:
    """The Jacobian, one column (row) after the other, by the chain rule alone."""
    starts, ends = (outputs, inputs) if backward else (inputs, outputs)
    lines = []
    for chosen in starts:
        for place in range(int(np.prod(chosen.shape))):
            unit = {node: data(np.zeros(node.shape)) for node in starts}
            unit[chosen] = data(np.eye(int(np.prod(chosen.shape)))[place].reshape(chosen.shape))
            found = chain.pull_back(unit, inputs) if backward else chain.push_along(outputs, unit)
            whole = [arrays.full(node, end) for node, end in zip(found, ends, strict=True)]
            memory = dict(zip(inputs, values, strict=True))
            with np.errstate(all="ignore"):
                interpret.fill(whole, memory)
            lines.append(np.concatenate([np.asarray(memory[node], float).reshape(-1) for node in whole]))
    return np.array(lines) if backward else np.array(lines).T


@given(graphs.random_graphs(), st.sampled_from([None, "forward", "reverse"]))
def test_random_graphs(node: Node, mode: str | None) -> None:
    inputs = [symbol("p", (3, 2)), symbol("q", (3, 2))]
    values = graphs.values(inputs)
    found = sparse_jacobian([node], inputs, mode=mode)(*values)
    assert isinstance(found, sp.csr_array)
    assert np.allclose(found.toarray(), dense([node], inputs, values), rtol=1e-12, atol=1e-12)
    assert np.allclose(found.toarray(), dense([node], inputs, values, True), rtol=1e-12, atol=1e-12)


@given(graphs.random_graphs())
def test_random_hessians(node: Node) -> None:
    inputs = [symbol("p", (3, 2)), symbol("q", (3, 2))]
    values = graphs.values(inputs)
    output = arrays.total(make("sin", node), (0, 1))
    found = sparse_hessian(output, inputs)(*values)
    gradient = [arrays.full(g, x) for g, x in zip(chain.pull(output, inputs), inputs, strict=True)]
    wanted = dense(gradient, inputs, values)
    assert np.allclose(found.toarray(), wanted, rtol=1e-10, atol=1e-10 * max(1, np.abs(wanted).max()))
    assert (found != found.T).nnz == 0


@pytest.mark.parametrize("op", [op for op in graphs.EVERY_OPERATION if op not in ("call", "nonzero")])
def test_every_operation(op: str) -> None:
    node = graphs.EVERY_OPERATION[op][-1][0]
    inputs = graphs.variables(node)
    values = graphs.values(inputs, *graphs.DOMAINS.get(op, (0.2, 0.8)))
    for mode in ("forward", "reverse"):
        found = sparse_jacobian([node], inputs, mode=mode)(*values)
        wanted = graphs.numerical([node], dict(zip(inputs, values, strict=True)))
        if op in ("floor", "ceil", "rint", "sign"):
            wanted = np.zeros_like(wanted)
        assert np.allclose(found.toarray(), wanted, rtol=1e-5, atol=1e-7), (op, mode)


def test_several_outputs_inputs_and_parameters() -> None:
    u, w, k = symbol("u", (2,)), symbol("w"), symbol("k")
    outputs = [make("mul", make("mul", u, w), k), make("mul", w, w)]
    found = sparse_jacobian(outputs, [u, w], [k])
    assert found(np.array([1.0, 2.0]), 3.0, 10.0).toarray().tolist() == [[30, 0, 10], [0, 30, 20], [0, 0, 6]]
    assert found(np.array([0.0, 2.0]), 1.0, 1.0).toarray().tolist() == [[1, 0, 0], [0, 1, 2], [0, 0, 2]]


def test_a_full_row_beside_a_band() -> None:
    x = symbol("x", (300,))
    outputs = [make("mul", x, arrays.flip(x, (0,))), arrays.total(make("mul", x, x), (0,))]
    found = sparse_jacobian(outputs, [x])
    assert found.compression.mode == "mixed" and found.compression.passes == 3
    value = np.arange(300.0)
    assert (found(value).toarray()[-1] == 2 * value).all() and found(value).toarray()[1, 1] == 298


def test_nothing_varies() -> None:
    x = symbol("x", (3,))
    found = sparse_jacobian([arrays.broadcast(const(2.0), (2,))], [x])
    assert found.compression.passes == 0 and found(np.ones(3)).toarray().tolist() == [[0] * 3] * 2
    assert sparse_hessian(arrays.total(x, (0,)), [x])(np.ones(3)).nnz == 0
    assert sparse_jacobian([symbol("e", (0,))], [symbol("e", (0,))])(np.ones(0)).shape == (0, 0)


def test_edges_do_not_spread() -> None:
    x = symbol("x", (3,))
    root = make("where", make("gt", x, const(0)), make("sqrt", x), const(0))
    found = sparse_jacobian([root], [x])(np.array([4.0, 0.0, -1.0]))
    assert found.toarray().tolist() == [[0.25, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_single_precision() -> None:
    x = symbol("x", (3,), "float32")
    found = sparse_jacobian([make("mul", x, x)], [x])(np.ones(3, np.float32))
    assert found.toarray().tolist() == (2 * np.eye(3)).tolist()


# The two large examples


def rosenbrock_hessian(x: Any) -> Any:
    below = -400 * x[:-1]
    diagonal = np.append(1200 * x[:-1] ** 2 - 400 * x[1:] + 2, 0) + np.append(0, np.full(len(x) - 1, 200.0))
    return sp.diags_array([below, diagonal, below], offsets=[-1, 0, 1])


@pytest.mark.parametrize("n", [2, 3, 50, 100_000])
def test_the_chained_rosenbrock_function(n: int) -> None:
    output, x = graphs.rosenbrock(n)
    value = np.random.default_rng(1).normal(size=n)
    found = sparse_hessian(output, [x])
    assert found.pattern.nnz == 3 * n - 2
    begin = time.process_time()
    assert found.compression.passes == (2 if n <= 3 else 3)
    matrix = found(value)
    assert time.process_time() - begin < 2  # 0.15 s on a quiet machine
    assert np.abs((matrix - rosenbrock_hessian(value)).data).max() < 1e-10
    assert (matrix != matrix.T).nnz == 0


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("n", [4, 32])
def test_the_brusselator(n: int, periodic: bool) -> None:
    rates, y = graphs.brusselator(n, periodic)
    found = sparse_jacobian([rates], [y])
    assert found.pattern.nnz == (2 * n * n * 6 if periodic else 2 * n * n * 6 - 8 * n)
    begin = time.process_time()
    assert found.compression.passes <= (10 if periodic else 6)
    value = np.random.default_rng(1).uniform(0.5, 3, (2, n, n))
    matrix = found(value)
    assert time.process_time() - begin < 2
    if n == 4:
        assert np.allclose(matrix.toarray(), dense([rates], [y], [value]), rtol=1e-13, atol=1e-13)
    else:
        u, v = value
        assert np.allclose(matrix.diagonal()[: n * n].reshape(n, n), 2 * u * v - 4.4 - 0.08, atol=0.05)
        assert np.allclose(matrix.diagonal(n * n).reshape(n, n), u * u)
