"""The pattern holds every entry that differs from 0: for each operation, for random graphs, for loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from tests.sparse import graphs
from tests.sparse.graphs import DOMAINS, EVERY_OPERATION, LEAVES, S, T, V, X, Y

from mibun import arrays, chain
from mibun.arrays import item
from mibun.errors import BudgetExceeded
from mibun.node import Node
from mibun.ops import ONE, OPS, apply, const, data, derivative, make, symbol
from mibun.sparse import pattern as module
from mibun.sparse import reach
from mibun.sparse.pattern import RULES, SEVERAL, pattern


def shown(outputs: list[Node], inputs: list[Node]) -> list[str]:
    """The pattern, a line for each row."""
    found = pattern(outputs, inputs)
    return ["".join(".1"[entry] for entry in row) for row in found.toarray().astype(int).tolist()]


def test_every_operation_has_a_rule_and_a_case() -> None:
    assert set(RULES) | set(SEVERAL) == set(OPS)
    assert not set(RULES) & set(SEVERAL)
    assert set(EVERY_OPERATION) | LEAVES == set(OPS)


@pytest.mark.parametrize(
    ("op", "node", "exact"),
    [(op, node, exact) for op, rows in EVERY_OPERATION.items() for node, exact in rows],
    ids=[f"{op}-{i}" for op, rows in EVERY_OPERATION.items() for i in range(len(rows))],
)
def test_every_operation(op: str, node: Node, exact: bool) -> None:
    symbols = graphs.variables(node)
    found = pattern([node], symbols)
    assert found.dtype == bool and found.has_canonical_format
    seen = found.toarray()
    wanted = graphs.numerical(
        [node], dict(zip(symbols, graphs.values(symbols, *DOMAINS.get(op, (0.2, 0.8))), strict=True))
    )
    assert seen.shape == wanted.shape
    if OPS[op].kind == "predicate" or op in ("floor", "ceil", "rint", "sign"):
        assert not seen.any()
    else:
        assert (seen >= (wanted != 0)).all()
    if exact:
        assert (seen == (wanted != 0)).all()


@given(graphs.random_graphs())
def test_random_graphs(node: Node) -> None:
    inputs = [symbol("p", (3, 2)), symbol("q", (3, 2))]
    at = dict(zip(inputs, graphs.values(inputs, 1.2, 1.8), strict=True))
    seen = pattern([node], inputs).toarray()
    assert (seen >= (np.abs(graphs.numerical([node], at)) > 1e-9)).all()


@given(graphs.random_graphs())
def test_random_gradients(node: Node) -> None:
    inputs = [symbol("p", (3, 2)), symbol("q", (3, 2))]
    at = dict(zip(inputs, graphs.values(inputs, 0.2, 0.8), strict=True))
    output = arrays.total(make("mul", node, node), (0, 1))
    gradient = [arrays.full(g, x) for g, x in zip(chain.pull(output, inputs), inputs, strict=True)]
    seen = pattern(gradient, inputs).toarray()
    found = graphs.numerical(gradient, at)
    assert (seen >= (np.abs(found) > 1e-6 * np.abs(found).max(initial=0))).all()


# What the pattern looks like


def test_several_outputs_and_inputs() -> None:
    u, w = symbol("u", (2,)), symbol("w", (2,))
    assert shown([make("mul", u, w), arrays.total(u, (0,))], [w, u]) == ["1.1.", ".1.1", "..11"]
    assert shown([], [u]) == [] and pattern([], [u]).shape == (0, 2)
    assert pattern([u], []).shape == (2, 0)
    assert shown([w], [u]) == ["..", ".."]
    assert shown([u], [u]) == ["1.", ".1"]


def test_inputs_may_be_any_nodes() -> None:
    inner = make("sin", V)
    assert pattern([make("exp", inner)], [inner]).nnz == 4


def test_numbers() -> None:
    u = symbol("u", (3,))
    scaled = make("mul", u, arrays.total(u, (0,)))
    assert shown([scaled], [u]) == ["111"] * 3
    assert shown([make("mul", S, S)], [S]) == ["1"]


def test_what_has_no_derivative_is_left_out() -> None:
    stepped = make("mul", make("floor", V), make("where", make("gt", V, const(0)), const(1), const(2)))
    assert pattern([stepped], [V]).nnz == 0
    assert pattern([make("add", stepped, arrays.flip(V, (0,)))], [V]).nnz == 4


def test_a_where_changes_with_both_branches() -> None:
    u, w = symbol("u", (2,)), symbol("w", (2,))
    assert shown([make("where", make("gt", u, w), u, w)], [u, w]) == ["1.1.", ".1.1"]


def test_written_masks() -> None:
    lower = data(np.tril(np.ones((3, 3))))
    x = symbol("x", (3,))
    assert shown([arrays.contract(("ab", "b", "a"), lower, x)], [x]) == ["1..", "11.", "111"]
    square = symbol("q", (3, 3))
    product = arrays.contract(("ab", "b", "a"), make("mul", lower, square), x)
    assert shown([product], [x]) == ["1..", "11.", "111"]


def test_unnamed_functions() -> None:
    u, w = symbol("u"), symbol("w")
    assert shown([apply("f", u, const(1))], [u, w]) == ["1."]
    assert shown([derivative(apply("f", u), u)], [u, w]) == ["1."]


def test_few_turns_are_followed_one_by_one() -> None:
    for length, rows in ((1, ["11.", ".11", "1.1"]), (3, ["111", "111", "111"]), (70, ["111"] * 3)):
        loop = graphs.scan(length)
        assert shown([item(loop, 0)], [symbol("a", (3,))]) == rows
        assert pattern([item(loop, 1)], [symbol("a", (3,))]).nnz == 0
        assert shown([item(loop, 1)], [S]) == ["1"]
        for index in (0, 1):
            assert pattern([item(loop, index)], [symbol("rows", (length, 3))]).nnz == 0
        each = pattern([item(loop, 2)], [symbol("rows", (length, 3))])
        assert (each.toarray() == np.eye(3 * length, dtype=bool)).all()  # each turn has its own slice


def test_loops_of_unknown_length() -> None:
    loop = graphs.loop()
    start = symbol("a", (3,))
    assert shown([item(loop, 0)], [start]) == ["111", ".11", "..1"]
    output = arrays.total(make("sin", item(loop, 0)), (0,))
    inputs = [start, symbol("k")]
    gradient = [arrays.full(g, x) for g, x in zip(chain.pull(output, inputs), inputs, strict=True)]
    assert pattern(gradient, inputs).toarray().all()


def test_a_computed_index_may_be_any() -> None:
    seen = shown([arrays.take(symbol("u", (2, 2)), graphs.ROUNDED)], [symbol("u", (2, 2))])
    assert seen == ["1.1.", ".1.1"] * 4


# Large ones


def test_the_chained_rosenbrock_function() -> None:
    output, x = graphs.rosenbrock(6)
    assert shown(chain.pull(output, [x]), [x]) == ["11....", "111...", ".111..", "..111.", "...111", "....11"]
    output, x = graphs.rosenbrock(100_000)
    assert pattern(chain.pull(output, [x]), [x]).nnz == 3 * 100_000 - 2


def test_a_dense_intermediate_stays_small() -> None:
    x = symbol("x", (200_000,))
    dense = make("div", x, arrays.total(x, (0,)))
    found = pattern([arrays.total(dense, (0,))], [x])
    assert found.shape == (1, 200_000) and found.nnz == 200_000
    with pytest.raises(BudgetExceeded):
        pattern([dense], [x])


def test_what_would_be_too_much_on_the_way_is_taken_together(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = {}
    nodes = {op: rows[0][0] for op, rows in EVERY_OPERATION.items()}
    for op, node in nodes.items():
        exact[op] = pattern([node], graphs.variables(node)).toarray()
    for place in (module, reach):
        monkeypatch.setattr(place, "SPREAD", 0)
    monkeypatch.setattr("mibun.sparse.zeros.SPREAD", 0)
    for op, node in nodes.items():
        assert (pattern([node], graphs.variables(node)).toarray() >= exact[op]).all(), op


def test_only_what_is_needed_is_kept() -> None:
    walk = module.Walk([X, Y])
    outputs = [make("exp", make("sin", make("mul", X, Y)))]
    walk.visit(outputs)
    assert set(walk.reaches) == {X, Y, *outputs}
    assert walk.reach(T).nothing and walk.reach(ONE).nothing
