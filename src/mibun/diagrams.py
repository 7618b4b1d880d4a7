"""From a graph of nodes to the :class:`mibun.write.diagram.Diagram` that shows it: values, local partials, adjoints.

Every distinct node is one box. What depends on no variable is written into the formulas that use it (``3x``, ``x²``)
unless it is an array, and conditions are written into the cases they decide, as a textbook would. Numbers come from the
interpreter, adjoints and local partials from the table of rules by :mod:`mibun.chain`: what the picture shows is what
is computed.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from mibun import chain, fold
from mibun.errors import MibunError, ShapeError, UnsupportedOperation
from mibun.limit.local import local, sentence
from mibun.node import Node, evaluate, postorder, symbols
from mibun.ops import BOOL, FORMULA, INTEGER, ONE, OPS, ZERO, apply, const, data, make, symbol
from mibun.rewrite import tidy
from mibun.rules import ARRAY_TABLE, abstract
from mibun.run import interpret
from mibun.write import notation
from mibun.write.diagram import SUM, Box, Diagram, Group, Wire
from mibun.write.values import is_array, is_number, written

LETTERS: Final = "vwuzsrqtp"  # for what stands between the variables and the result: the first that no variable uses
OTHERS: Final = "fghFGH"  # names of functions
FIXED: Final = "cdkmnabl"  # for arrays of numbers
SHORT: Final = 14  # characters of a constant that is written into a formula
SMALL: Final = 3  # entries of an array of numbers that is
SOURCE: Final = 80  # nodes of an expression that is written out whole
LABEL: Final = 60  # nodes of a function that is written out as the heading
REMARKS: Final = 400  # nodes of a function that is asked whether it is differentiable
VARIABLES: Final = 6  # by which it is asked
TINY: Final = 1e-12  # what is less than this may be a rounding error
NOISE: Final = 1e-12  # what carries less of a derivative than this part is a rounding error

SIGNS: Final = {
    **{"add": "+", "sub": "−", "mul": "×", "div": "÷", "neg": "−□", "exp": "eˣ", "sqrt": "√", "abs": "|□|"},
    **{"floor": "⌊□⌋", "ceil": "⌈□⌉", "pow": "xʸ", "power": "xʸ", "amax": "max", "amin": "min", "rint": "round"},
    **{"slice": "[…]", "contract": "@"},
}
LIKE: Final = {"power": "pow"}  # what an operation of NumPy's is written as
BACK: Final = {  # how the adjoint passes back through a linear operation
    **{"sum": "broadcast", "broadcast": "sum", "reshape": "reshape", "transpose": "transpose", "slice": "embed"},
    **{"embed": "slice", "cumsum": "reverse cumsum", "take": "scatter", "scatter": "take", "concat": "slice"},
    "place": "slice",
}
TRANSPARENT: Final = frozenset(["alias"])  # the same value under another identity
WHOLE: Final = frozenset([BOOL, INTEGER])


def of_nodes(
    outputs: Node | Sequence[Node],
    values: Mapping[str, Any] | None = None,
    *,
    variables: Sequence[str] = (),
    name: str = "f",
    title: str = "",
    wrt: str | None = None,
    groups: Mapping[Node, Group] | None = None,
    sources: Mapping[Node, str] | None = None,
    labels: Mapping[str, str] | None = None,
    known: Mapping[Node, str] | None = None,
    exact: Mapping[str, Node] | None = None,
) -> Diagram:
    """The computation graph of some nodes.

    ``values`` are numbers or arrays for all free variables; without them the diagram has formulas only. ``variables``
    come first, in this order. The adjoints are the derivatives of the result, or of the sum of all results and their
    entries; with ``wrt``, the derivatives by that variable are carried forward, too. ``groups`` says of which named
    calls a node is part, from the outermost inward, ``sources`` which line of code it comes from, ``labels`` how
    variables are called, ``known`` how arrays of numbers are, ``exact`` what the values of variables are exactly, so
    that rounding errors can be told from numbers. Groups are folded in what is returned.

    Raises as the interpreter for missing values and for graphs that have no value.
    """
    given = [outputs] if isinstance(outputs, Node) else list(outputs)
    results = [chain.resolve(node) for node in given]
    shapes = {key: getattr(value, "shape", ()) for key, value in (values or {}).items()}
    reader = _Reader(results, variables, groups or {}, sources or {}, labels or {}, known or {}, exact or {}, shapes)
    boxes, wires = reader.diagram(values, wrt)
    entries = reader.entry if values is not None else None
    return Diagram(tuple(boxes), tuple(wires), title, name, reader.called(wrt), entries=entries).fold()


def of_function(
    node: Node, variables: Sequence[str], at: Mapping[str, Node], *, wrt: str | None = None, name: str = "f"
) -> Diagram:
    """The diagram of a formula at a point, exact numbers by name, with a remark for each variable by which there is no
    derivative; without a point, its formulas alone."""
    node = chain.resolve(node)
    values = {key: _number(value) for key, value in at.items()} if at or not symbols(node) else None
    taken = {inner.attrs[0] for inner in postorder(node) if inner.op == "apply"}
    name = next((each for each in (name, *OTHERS) if each not in taken), name)
    arguments = f"({', '.join(notation.text(symbol(key)) for key in variables)})" if variables else ""
    whole = _tree_sizes([node])[node]
    title = f"{name}{arguments} = {_text(node)}" if whole <= LABEL else name + arguments
    made = of_nodes(node, values, variables=variables, name=name, title=title, wrt=wrt, exact=at)
    notes = _remarks(node, variables, at) if values and whole <= REMARKS else ()
    return replace(made, notes=notes)


def _remarks(node: Node, variables: Sequence[str], at: Mapping[str, Node]) -> tuple[Mapping[str, str], ...]:
    notes: dict[str, Mapping[str, str]] = {}
    free = symbols(node)
    for variable in [name for name in variables if name in free][:VARIABLES]:
        try:
            found = local(node, variable, at)
        except MibunError:
            continue
        if not found.differentiable and (said := sentence(found, "en")):
            several = len(variables) > 1
            mark = f"∂/∂{notation.text(symbol(variable))}: " if several else ""
            notes[mark + said] = {lang: mark + sentence(found, lang) for lang in ("en", "ko")}
    return tuple(notes.values())


def _number(node: Node) -> float:
    return float(interpret.call(node, {}))


def _text(node: Node) -> str:
    """An expression as it is written; operations that formulas do without as calls."""
    return notation.text(_plain(node))


def _plain(node: Node) -> Node:
    """The same with functions by name in place of what formulas do without, and of cases, which take several lines."""
    if all(inner.op in FORMULA and inner.op != "where" for inner in postorder(node)):
        return node

    def rule(inner: Node, args: list[Node]) -> Node:
        if inner.op == "where":
            return symbol(f"where({', '.join(notation.text(arg) for arg in args)})")
        op = LIKE.get(inner.op, inner.op)
        if op in FORMULA:
            return inner if args == list(inner.args) else fold.remake(make(op, *inner.args), tuple(args))
        return symbol(f"{op}({', '.join(notation.text(arg) for arg in args)})")

    return evaluate(node, rule)


def _tree_sizes(nodes: Sequence[Node]) -> dict[Node, int]:
    sizes: dict[Node, int] = {}
    for node in postorder(*nodes):
        sizes[node] = 1 + sum(sizes[arg] for arg in node.args)
    return sizes


class _Link(NamedTuple):
    """An argument that is a box of its own, or stands in a condition of one."""

    start: Node
    position: int
    varies: bool


class _Reader:
    """The work on one graph: which nodes are boxes, what they are called, what their formulas are."""

    def __init__(
        self,
        results: list[Node],
        variables: Sequence[str],
        groups: Mapping[Node, Group],
        sources: Mapping[Node, str],
        labels: Mapping[str, str],
        known: Mapping[Node, str],
        exact: Mapping[str, Node],
        shapes: Mapping[str, tuple[int, ...]],
    ) -> None:
        self.results = results
        self.known = known
        self.exact = {symbol(name): value for name, value in exact.items()}
        self.groups = groups
        self.sources = sources
        self.order = postorder(*results)
        free = [node for node in self.order if node.op == "symbol"]
        others = {node.attrs: node for node in free}
        first = [others.pop(name) if name in others else symbol(name, shapes.get(name, ())) for name in variables]
        self.inputs = [*first, *others.values()]
        self.moving: set[Node] = set(self.inputs)
        for node in self.order:
            if not self.moving.isdisjoint(node.args):
                self.moving.add(node)
        self.sizes = _tree_sizes(results)
        self.labels = {node: notation.text(symbol(labels.get(node.attrs, node.attrs))) for node in self.inputs}
        self.constants: dict[Node, Any] = {}
        self.boxes = [*self.inputs, *self._boxes()]
        self.number = {node: i for i, node in enumerate(self.boxes)}
        self.names = self._names()
        shown = {node: labels.get(node.attrs, node.attrs) for node in self.labels}
        self.signs = {node: symbol(shown.get(node, name)) for node, name in self.names.items()}

    def called(self, wrt: str | None) -> str:
        return "" if wrt is None else notation.text(symbol(wrt))

    # Which nodes are boxes

    def _boxes(self) -> list[Node]:
        """What is drawn besides the variables, in the order of computation."""
        self.alike: dict[Node, Node] = {}  # what a transparent node stands for
        used: set[Node] = set()
        for node in self.order:
            if node.op in TRANSPARENT:
                self.alike[node] = self.alike.get(node.args[0], node.args[0])
            elif node in self.moving and not _is_condition(node):
                used.update(self._arguments(node))
        found: list[Node] = []
        for node in self.order:
            if node in self.alike or node.op == "symbol":
                continue
            if node in self.moving:
                if not _is_condition(node) or node in self.results:
                    found.append(node)
            elif node in used and self._inline(node) is None:
                found.append(node)
        ends = [self._same(node) for node in self.results]
        found += [node for node in dict.fromkeys(ends) if node not in found and node.op != "symbol"]
        return found

    def _same(self, node: Node) -> Node:
        return self.alike.get(node, node)

    def _arguments(self, node: Node) -> list[Node]:
        """The arguments of an operation, those of the conditions among them in their place."""
        found: list[Node] = []
        stack = list(reversed(node.args))
        while stack:
            arg = self._same(stack.pop())
            if _is_condition(arg) and arg in self.moving:
                stack.extend(reversed(arg.args))
            else:
                found.append(arg)
        return found

    def _inline(self, node: Node) -> Node | None:
        """A number that is written into formulas; ``None`` if it gets a box: an array, or a long expression."""
        if node in self.known:
            return None
        if node not in self.constants:
            self.constants[node] = self._fixed(node)
        return self.constants[node]  # type: ignore[no-any-return]

    def _fixed(self, node: Node) -> Node | None:
        if not node.shape and self.sizes[node] <= SOURCE and _is_formula(node) and len(_text(node)) <= SHORT:
            return node
        if any(inner.op in interpret.REFUSED for inner in postorder(node)):
            return None
        values: dict[Node, Any] = {}
        _fill([node], values)
        value = values[node]
        if isinstance(value, tuple):
            return None
        if not is_array(value):
            return _rounded(_plain_value(value))
        first = value.flat[0].item() if value.size else None
        if first is not None and (value == first).all():  # the same number everywhere
            return _rounded(first)
        return symbol(written(value, "en", 4)) if value.size <= SMALL else None

    def _names(self) -> dict[Node, str]:
        """v_1, v_2, … for operations, c_1, … for arrays of numbers, variables and known arrays by their own names."""
        names = {node: node.attrs for node in self.inputs}
        names |= {node: self.known[node] for node in self.boxes if node in self.known}
        taken = {label[:1] for label in (*self.labels.values(), *self.known.values())}
        letter = next((each for each in LETTERS if each not in taken), "v")
        other = next((each for each in FIXED if each not in taken | {letter}), "c")
        counts = {letter: 0, other: 0}
        for node in self.boxes:
            if node in names:
                continue
            kind = letter if node in self.moving or node in map(self._same, self.results) else other
            counts[kind] += 1
            names[node] = f"{kind}_{counts[kind]}"
        return names

    def name(self, node: Node) -> str:
        """What a box is called."""
        return self.labels.get(node) or notation.text(self.signs[node])

    # Formulas

    def sign(self, node: Node) -> Node:
        """What stands for an argument in a formula: its name, a number, or a condition in terms of names."""
        node = self._same(node)
        if node in self.signs:
            return self.signs[node]
        if _is_condition(node) and node in self.moving:
            return make(node.op, *[self.sign(arg) for arg in node.args])
        fixed = self._inline(node)
        assert fixed is not None
        return fixed

    def pattern(self, node: Node) -> Node | None:
        """The operation by itself, on scalars, if formulas can say it."""
        if OPS[node.op].kind in ("elementwise", "abstract", "predicate") or node.op in ("power", "mod", "logaddexp"):
            args = [self.sign(arg) for arg in node.args]
            if node.op == "apply":
                return apply(node.attrs[0], *args, orders=node.attrs[1])
            return make(LIKE.get(node.op, node.op), *args)
        return None

    def formula(self, node: Node) -> str:
        if node in self.moving:
            pattern = self.pattern(node)
            return _text(pattern) if pattern is not None else self._array_formula(node)
        return _text(node) if self.sizes[node] <= SOURCE and _is_formula(node) else ""

    def _array_formula(self, node: Node) -> str:
        names = [_text(self.sign(arg)) for arg in node.args]
        attrs = node.attrs
        if node.op == "contract":
            return _product(attrs, *names)
        if node.op == "transpose" and attrs == (1, 0):
            return f"{_single(names[0])}ᵀ"
        if node.op in ("reshape", "broadcast"):
            return f"{node.op}({names[0]}, {node.shape})"
        if node.op in ("sum", "prod", "amax", "amin") and len(attrs) < len(node.args[0].shape):
            axes = ", ".join(map(str, attrs))
            return f"{SIGNS.get(node.op, node.op)}({names[0]}, axis={axes})"
        if node.op == "slice":
            return f"{_single(names[0])}{_slices(attrs, node.args[0].shape)}"
        if node.op == "item":
            return f"{_single(names[0])}[{attrs}]"
        if node.op == "cast":
            return f"{attrs}({names[0]})"
        shown = names if len(names) <= 4 else [*names[:3], "…"]
        return f"{self.label(node)}({', '.join(shown)})"

    def label(self, node: Node) -> str:
        if node.op == "symbol":
            return self.labels[node]
        if node not in self.moving:
            return self.formula(node) or self.name(node)
        if node.op == "apply":
            return str(node.attrs[0])
        if node.op == "contract":
            return "@" if _product(node.attrs, "a", "b").count("@") else "einsum"
        if node.op in ("call", "scan", "while"):
            return str(getattr(node.attrs, "name", node.op))
        pattern = self.pattern(node) if len(self._arguments(node)) > 1 else None
        if pattern is not None and len(self.links(node)) == 1:  # with its number: 3□, □²
            text = _text(chain.put(pattern, {self.sign(link.start): symbol("□") for link in self.links(node)}))
            return text if len(text) <= SHORT else SIGNS.get(node.op, node.op)
        return SIGNS.get(node.op) or notation.NAMES.get(node.op, node.op)

    def worked(self, node: Node, values: Mapping[Node, Any]) -> str:
        """The formula with numbers in place of the names; "" where that says nothing."""
        pattern = self.pattern(node)
        links = {self._same(arg) for arg in self._arguments(node)}
        numbers: dict[Node, Node] = {}
        for arg in links:
            if arg in self.number:
                value = _plain_value(values[arg])
                if not is_number(value) or not math.isfinite(value):
                    return ""
                numbers[self.sign(arg)] = _rounded(value)
        if pattern is None or not numbers:
            return ""
        return _text(chain.put(pattern, numbers)) if pattern.op != "apply" else ""

    # Wires

    def links(self, node: Node) -> list[_Link]:
        """The boxes that an operation uses, each once, in order."""
        found: dict[Node, _Link] = {}
        for position, arg in enumerate(map(self._same, node.args)):
            inner = self._arguments_of_condition(arg) if _is_condition(arg) and arg in self.moving else [arg]
            for start in inner:
                if start in self.number:
                    varies = start is arg and self._varies(node, start)
                    before = found.get(start)
                    if before is None or (varies and not before.varies):
                        found[start] = _Link(start, position if before is None else before.position, varies)
        return list(found.values())

    def _arguments_of_condition(self, node: Node) -> list[Node]:
        return [start for arg in node.args for start in ([arg] if not _is_condition(arg) else self._arguments(arg))]

    def _varies(self, node: Node, start: Node) -> bool:
        return start in self.moving and start.dtype not in WHOLE and node.dtype not in WHOLE

    def slope(self, node: Node, start: Node) -> tuple[Node | None, str]:
        """The local partial derivative: as a graph that can be evaluated, elementwise, and as it is written."""
        kind = OPS[node.op].kind
        if kind == "abstract":
            return self._abstract(node, start)
        if kind in ("elementwise", "numeric") and node.op != "cast":
            return self._elementwise(node, start)
        if node.op == "cast":
            return ONE, "1"
        if node.op in ("prod", "amax", "amin", "det", "logdet") and len(node.args) == 1:
            return ARRAY_TABLE[node.op].pull(node, 0, ONE) if not node.shape else None, self._back(node, start)
        if node.op == "contract" and not node.shape and node.attrs[0] == node.attrs[1]:  # a product of vectors
            other = [arg for arg in node.args if self._same(arg) is not start]
            return (other[0], _text(self.sign(other[0]))) if other else (None, f"2{self.name(start)}")
        return None, self._back(node, start)

    def _abstract(self, node: Node, start: Node) -> tuple[Node | None, str]:
        total = ZERO
        pattern = self.pattern(node)
        assert pattern is not None
        for i, arg in enumerate(node.args):
            if self._same(arg) is start:
                total = fold.add(total, abstract(pattern, i))
        return None, _text(total)

    def _elementwise(self, node: Node, start: Node) -> tuple[Node | None, str]:
        value, shown = self._slopes(node, start)
        repeated = SUM if start.shape != node.shape else ""
        return value, repeated + (_slope_text(shown) or self._named(node, start))

    def _slopes(self, node: Node, start: Node) -> tuple[Node, Node]:
        """The local partial derivative of an elementwise operation, in terms of nodes and in terms of their names."""
        varies = tuple([self._same(arg) in self.moving and arg.dtype not in WHOLE for arg in node.args])
        rule = chain.rule_for(node, varies)
        pattern = self.pattern(node)
        shown_rule = rule if pattern is None or pattern.op == node.op else chain.rule_for(pattern, varies)
        signs = [self.sign(arg) for arg in node.args]
        out = self.signs[node]
        value, shown = ZERO, ZERO
        for i, arg in enumerate(node.args):
            if self._same(arg) is start and varies[i]:
                value = fold.add(value, _filled(rule.pulls[i], [*node.args, node]))
                shown = fold.add(shown, _filled(shown_rule.pulls[i], [*signs, out]))
        return value, shown

    def _named(self, node: Node, start: Node) -> str:
        return f"∂{self.name(node)}/∂{self.name(start)}"

    def _back(self, node: Node, start: Node) -> str:
        """How the adjoint passes back through an operation on arrays."""
        if node.op == "contract":
            first, second = map(self._same, node.args)
            if first is not second:
                other = second if start is first else first
                plain = _product(node.attrs, "a", "b").count("@") and len(other.shape) > 1
                return f"{_single(_text(self.sign(other)))}{'ᵀ' if plain else ''}"
        return BACK.get(node.op) or self._named(node, start)

    # All together

    def diagram(self, at: Mapping[str, Any] | None, wrt: str | None) -> tuple[list[Box], list[Wire]]:
        links = {node: self.links(node) for node in self.boxes if node in self.moving and node.op != "symbol"}
        slopes = {
            (node, link.start): self.slope(node, link.start) for node in links for link in links[node] if link.varies
        }
        values: dict[Node, Any] = {}
        adjoints: dict[Node, Any] = {}
        tangents: dict[Node, Any] = {}
        partials: dict[tuple[Node, Node], Any] = {}
        if at is not None:
            self.values = values = self._values(at)
            self.adjoints = adjoints = self._adjoints(values)
            tangents = self._tangents(values, wrt)
            partials = self._partials(slopes, values)
        results = {self._same(node) for node in self.results}
        boxes = [self._box(node, node in results, values, adjoints, tangents) for node in self.boxes]
        wires = [
            Wire(
                self.number[link.start],
                self.number[node],
                link.position,
                partials.get((node, link.start)),
                slopes[node, link.start][1] if link.varies else "",
            )
            for node, found in links.items()
            for link in found
        ]
        for node in results & set(self.inputs):  # a variable that is a result: it gets a box to be one in
            boxes.append(self._copy(boxes[self.number[node]], len(boxes)))
            wires.append(Wire(self.number[node], boxes[-1].id, 0, None if at is None else 1.0, "1"))
        return boxes, wires

    def _box(
        self,
        node: Node,
        result: bool,
        values: Mapping[Node, Any],
        adjoints: Mapping[Node, Any],
        tangents: Mapping[Node, Any],
    ) -> Box:
        kind = "operation" if node in self.moving else "constant"
        if node.op == "symbol":
            kind = "input"
        elif result:
            kind = "output"
        source = self.sources.get(node, "")
        if not source and kind in ("operation", "output") and self.sizes[node] <= SOURCE and _is_formula(node):
            source = _text(node)
        return Box(
            id=self.number[node],
            label=self.label(node),
            kind=kind,
            value=self._settled(node, values.get(node)),
            adjoint=_plain_value(adjoints.get(node)),
            tangent=_plain_value(tangents.get(node)),
            group=self.groups.get(node, ()),
            source=source,
            name=self.name(node),
            formula=self.label(node) if kind == "input" else self.formula(node),
            worked=self.worked(node, values) if values and node in self.moving and node.op != "symbol" else "",
        )

    def _copy(self, box: Box, number: int) -> Box:
        taken = set(self.names.values())
        letter = next((each for each in LETTERS if not any(name.startswith(each) for name in taken)), "v")
        seed = _ones(box.value)
        return Box(number, "=", "output", box.value, seed, box.tangent, (), box.label, f"{letter}₁", box.label)

    # Numbers

    def _settled(self, graph: Node, value: Any) -> Any:
        """A number, 0 where it is exactly that and a rounding error besides."""
        number = _plain_value(value)
        if not self.exact or not is_number(number) or not 0 < abs(number) < TINY or not _is_formula(graph):
            return number
        return 0.0 if tidy(chain.put(graph, self.exact), real_roots=True)[0] is ZERO else number

    def _values(self, at: Mapping[str, Any]) -> dict[Node, Any]:
        values: dict[Node, Any] = {}
        for node in self.order:
            if node.op in interpret.REFUSED:
                raise UnsupportedOperation(interpret.REFUSED[node.op], name=node.attrs[0] if node.attrs else "")
        for node in self.inputs:
            if node.attrs in at:
                value = at[node.attrs]
                values[node] = value if is_array(value) else float(value)
        missing = [self.labels[node] for node in self.inputs if node not in values and node in self.order]
        if missing:
            raise ShapeError("missing_values", missing=", ".join(missing), variables=", ".join(self.labels.values()))
        values |= {node: math.nan for node in self.inputs if node not in values}
        _fill(self.boxes, values)
        return values

    def _adjoints(self, values: dict[Node, Any]) -> dict[Node, Any]:
        """The derivatives of the sum of all results by everything that varies."""
        wanted = [
            node
            for node in self.boxes
            if node in self.moving and node.dtype not in WHOLE and OPS[node.op].kind != "several"
        ]
        seeds = {node: ONE for node in self.results if node.dtype not in WHOLE}
        found = chain.pull_back(seeds, wanted)
        known = dict(values)
        _fill(found, known)
        ends = [values[self._same(node)] for node in self.results]
        lost = any(_is_lost(value) for value in ends)
        made = {}
        for node, adjoint in zip(wanted, found, strict=True):
            made[node] = math.nan if lost else self._settled(adjoint, known[adjoint])
            made[node] = _shaped(made[node], node.shape)
        return made

    def _tangents(self, values: dict[Node, Any], wrt: str | None) -> dict[Node, Any]:
        if wrt is None:
            return {}
        variable = next((node for node in self.inputs if node.attrs == wrt), symbol(wrt))
        wanted = [node for node in self.boxes if OPS[node.op].kind != "several" and node.dtype not in WHOLE]
        found = chain.push_along(wanted, {variable: ONE})
        known = dict(values)
        _fill(found, known)
        return {
            node: _shaped(math.nan if _is_lost(values[node]) else self._settled(tangent, known[tangent]), node.shape)
            for node, tangent in zip(wanted, found, strict=True)
            if node in self.moving or node in map(self._same, self.results)
        }

    def _partials(
        self, slopes: Mapping[tuple[Node, Node], tuple[Node | None, str]], values: dict[Node, Any]
    ) -> dict[tuple[Node, Node], Any]:
        graphs = {key: graph for key, (graph, _) in slopes.items() if graph is not None}
        known = dict(values)
        _fill(list(graphs.values()), known)
        return {
            (node, start): math.nan if _is_lost(values[node]) else self._settled(graph, known[graph])
            for (node, start), graph in graphs.items()
        }

    # One entry of an array

    def entry(self, name: str, number: int, index: tuple[int, ...], limit: int) -> Diagram:
        """The part of the graph that one entry of a box acts through, entry by entry, for the result called ``name``.

        Of each array those ``limit`` entries are kept that carry most of the derivative, and of these the local partial
        derivatives are numbers. ``ShapeError`` for an index that is none.
        """
        start = self.boxes[number]
        place = _flat(index, start.shape)
        total = abs(_entry(self.adjoints[start], place))
        moved: dict[Node, dict[int, float]] = {start: {place: 1.0}}
        slopes: dict[tuple[Node, int, Node, int], float] = {}
        complete = True
        for node in self.boxes:
            if node not in self.adjoints or node is start:
                continue
            found: defaultdict[int, float] = defaultdict(float)
            feet = [(foot, i) for foot, _ in self._feet(node) for i in moved.get(foot, ())]
            for foot, i in feet:
                for j, slope in self._column(node, foot, i).items():
                    slopes[foot, i, node, j] = slope
                    found[j] += slope * moved[foot][i]
            shares = {j: abs(rate * _entry(self.adjoints[node], j)) for j, rate in found.items()}
            order = sorted((j for j in shares if not shares[j] <= NOISE * total), key=lambda j: (-shares[j], j))
            complete = complete and len(order) <= limit
            moved[node] = {j: found[j] for j in sorted(order[:limit])}
        results = {self._same(node) for node in self.results}
        kept = _leading({(node, j): node in results for node, rates in moved.items() for j in rates}, slopes)
        kept = kept or [(start, place)]
        ids = {key: i for i, key in enumerate(kept)}
        nodes = list(dict.fromkeys(node for node, _ in kept))
        rates = dict(zip(nodes, chain.push_along(nodes, {start: _unit(start, place)}), strict=True))
        known = dict(self.values)
        _fill(list(rates.values()), known)
        tangents = {node: _shaped(known[rate], node.shape) for node, rate in rates.items()}
        boxes = [self._entry_box(*key, i, key[0] in results, tangents[key[0]]) for key, i in ids.items()]
        wires = [
            Wire(ids[foot, i], ids[node, j], position, slopes[foot, i, node, j], self._entry_formula(node, foot, i, j))
            for node, j in kept
            for foot, position in self._feet(node)
            for i in moved.get(foot, ())
            if (foot, i, node, j) in slopes and (foot, i) in ids
        ]
        if start in results:
            boxes.append(self._copy(boxes[0], len(boxes)))
            wires.append(Wire(0, boxes[-1].id, 0, 1.0, "1"))
        title = f"∂{name}/∂{boxes[0].called}"
        return Diagram(tuple(boxes), tuple(wires), title, name, boxes[0].called, complete=complete)

    def _feet(self, node: Node) -> list[tuple[Node, int]]:
        """What an operation is made of and varies; one with several values is passed through."""
        if node.op == "symbol":
            return []
        args = node.args[0].args if node.op == "item" else node.args
        found: dict[Node, int] = {}
        for position, arg in enumerate(map(self._same, args)):
            if arg in self.number and arg in self.adjoints:
                found.setdefault(arg, position)
        return list(found.items())

    def _column(self, node: Node, start: Node, place: int) -> dict[int, float]:
        """The local partial derivatives of the entries of an operation by one entry of what it is made of, if any."""
        inner = node.args[0] if node.op == "item" else node
        signs = [
            symbol(f"a{i}", arg.shape, arg.dtype) if arg in self.moving else arg for i, arg in enumerate(inner.args)
        ]
        alone = make(inner.op, *signs, attrs=inner.attrs)
        if node.op == "item":
            alone = make("item", alone, attrs=node.attrs)
        values = {sign: self._value(arg) for sign, arg in zip(signs, inner.args, strict=True) if sign is not arg}
        unit = _unit(start, place)
        moved = {sign: unit for sign, arg in zip(signs, inner.args, strict=True) if self._same(arg) is start}
        (tangent,) = chain.push_along([alone], moved)
        _fill([tangent], values)
        return _nonzero(_shaped(values[tangent], alone.shape))

    def _value(self, node: Node) -> Any:
        if self._same(node) not in self.values:  # a condition, which has no box
            _fill([node], self.values)
        return self.values[self._same(node)]

    def _entry_box(self, node: Node, place: int, number: int, result: bool, tangent: Any) -> Box:
        name = _indexed(self.name(node), place, node.shape)
        kind = "input" if number == 0 else "output" if result else "operation"
        return Box(
            id=number,
            label=self.label(node) if number else name,
            kind=kind,
            value=_entry(self.values[node], place),
            adjoint=_entry(self.adjoints[node], place),
            tangent=_entry(tangent, place),
            group=self.groups.get(node, ()) if number else (),
            source=self.sources.get(node, ""),
            name=name,
            formula=self._entry_of(node, place) if number and node.op != "symbol" else name,
        )

    def _entry_of(self, node: Node, place: int) -> str:
        """The formula of one entry, by entries where it is elementwise, by rows and columns for a product."""
        pattern = self.pattern(node)
        if pattern is not None:
            return _text(chain.put(pattern, self._entries_of(node, place)))
        operands = [self._same(arg) for arg in node.args]
        if node.op != "contract" or not all(arg in self.number for arg in operands) or self.label(node) != "@":
            return self.formula(node)
        known = dict(zip(node.attrs[2], map(str, _unflat(place, node.shape)), strict=True))
        parts = []
        for letters, arg in zip(node.attrs[:2], operands, strict=True):
            at = ", ".join([known.get(letter, ":") for letter in letters])
            parts.append(self.name(arg) + (f"[{at}]" if at != ":" else ""))
        return " @ ".join(parts)

    def _entries_of(self, node: Node, place: int) -> dict[Node, Node]:
        """For the names of an elementwise operation and of what it is made of, those of the entries at a place."""
        index = _unflat(place, node.shape)
        named = {}
        for arg in (*self._arguments(node), node):
            if arg in self.number and arg.shape:
                own = zip(index[-len(arg.shape) :], arg.shape, strict=True)
                at = ", ".join([str(0 if n == 1 else i) for i, n in own])
                named[self.sign(arg)] = symbol(f"{self.name(arg)}[{at}]")
        return named

    def _entry_formula(self, node: Node, start: Node, i: int, j: int) -> str:
        named = f"∂{_indexed(self.name(node), j, node.shape)}/∂{_indexed(self.name(start), i, start.shape)}"
        if node.op == "contract":
            first, second = map(self._same, node.args)
            if first is not second:
                letters = node.attrs if start is first else (node.attrs[1], node.attrs[0], node.attrs[2])
                known = dict(zip(letters[0], _unflat(i, start.shape), strict=True))
                known |= dict(zip(letters[2], _unflat(j, node.shape), strict=True))
                other = second if start is first else first
                if set(letters[1]) <= set(known) and other in self.number:
                    index = ", ".join(str(known[letter]) for letter in letters[1])
                    return f"{self.name(other)}[{index}]"
        if OPS[node.op].kind in ("elementwise", "numeric") and node.op != "cast":
            shown = self._slopes(node, start)[1]
            return _slope_text(chain.put(shown, self._entries_of(node, j))) or named
        return named


def _is_condition(node: Node) -> bool:
    return OPS[node.op].kind == "predicate"


def _is_formula(node: Node) -> bool:
    return all(inner.op in FORMULA for inner in postorder(node))


def _filled(program: Any, values: list[Node]) -> Node:
    return program((*values, ONE))  # type: ignore[no-any-return]


def _fill(nodes: Sequence[Node], values: dict[Node, Any]) -> None:
    import numpy as np

    with np.errstate(all="ignore"):
        interpret.fill(nodes, values)


def _plain_value(value: Any) -> Any:
    """A Python number or an array of one axis or more; ``None`` for what is neither, such as a pair."""
    if value is None or isinstance(value, tuple | list):
        return None
    if is_array(value):
        return value
    item = value.item() if hasattr(value, "item") else value
    return item if isinstance(item, bool) else float(item)


def _is_lost(value: Any) -> bool:
    return not is_array(value) and not isinstance(value, tuple) and math.isnan(value)


def _shaped(value: Any, shape: tuple[int, ...]) -> Any:
    if not shape or getattr(value, "shape", ()) == shape:
        return value
    import numpy as np

    return np.array(np.broadcast_to(value, shape))


def _ones(value: Any) -> Any:
    return None if value is None else value * 0 + 1.0 if is_array(value) else 1.0


def _flat(index: tuple[int, ...], shape: tuple[int, ...]) -> int:
    """The place of an entry in the order of an array."""
    if len(index) != len(shape) or not all(-n <= i < n for i, n in zip(index, shape, strict=True)):
        raise ShapeError("index", index=index, shape=shape)
    place = 0
    for i, n in zip(index, shape, strict=True):
        place = place * n + i % n
    return place


def _unflat(place: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    index: list[int] = []
    for n in reversed(shape):
        place, i = divmod(place, n)
        index.insert(0, i)
    return tuple(index)


def _indexed(name: str, place: int, shape: tuple[int, ...]) -> str:
    return f"{name}[{', '.join(map(str, _unflat(place, shape)))}]" if shape else name


def _unit(node: Node, place: int) -> Node:
    """A one at one place, zeros everywhere else."""
    if not node.shape:
        return ONE
    import numpy as np

    unit = np.zeros(node.shape)
    unit.flat[place] = 1.0
    return data(unit)


def _entry(value: Any, place: int) -> float:
    return float(value.flat[place] if is_array(value) else value)


def _nonzero(value: Any) -> dict[int, float]:
    if not is_array(value):
        return {0: float(value)} if value else {}
    flat = value.ravel()
    return {int(i): float(flat[i]) for i in flat.nonzero()[0]}


def _leading(
    entries: Mapping[tuple[Node, int], bool], slopes: Iterable[tuple[Node, int, Node, int]]
) -> list[tuple[Node, int]]:
    """The entries from which something leads to a result, in order; ``entries`` says which are results."""
    feet: defaultdict[tuple[Node, int], list[tuple[Node, int]]] = defaultdict(list)
    for foot, i, node, j in slopes:
        feet[node, j].append((foot, i))
    stack = [entry for entry, result in entries.items() if result]
    seen = set(stack)
    while stack:
        for entry in feet[stack.pop()]:
            if entry in entries and entry not in seen:
                seen.add(entry)
                stack.append(entry)
    return [entry for entry in entries if entry in seen]


def _rounded(value: float) -> Node:
    """A number as it is put into a formula."""
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return const(int(value))
    return const(float(f"{value:.6g}"))


def _slope_text(node: Node) -> str:
    """A local partial derivative as it is written: a condition in square brackets counts 1 or 0. "" for long cases."""
    if node.op == "where" and node.args[1:] == (ONE, ZERO):
        return f"[{_text(node.args[0])}]"
    if node.op == "where" and node.args[1:] == (ZERO, ONE):
        return f"1 − [{_text(node.args[0])}]"
    if any(inner.op == "where" for inner in postorder(node)):
        return ""
    plain = _text(node)
    tidied = _text(tidy(node)[0]) if _is_formula(node) else plain
    return tidied if len(tidied) + 3 < len(plain) else plain


def _single(text: str) -> str:
    """A name that something can be written behind."""
    return text if text.isalnum() or not any(char in text for char in " +−@·/") else f"({text})"


def _product(attrs: tuple[str, str, str], a: str, b: str) -> str:
    """A contraction as a product of matrices where it is one."""
    first, second, out = attrs
    shared = "".join(letter for letter in first if letter in second and letter not in out)
    lead = "".join(letter for letter in first if letter in second and letter in out)
    if len(shared) == 1 and not lead and len(first) <= 2 and len(second) <= 2:
        left = a if first[-1] == shared else f"{_single(a)}ᵀ"
        right = b if second[0] == shared else f"{_single(b)}ᵀ"
        rest = first.replace(shared, "") + second.replace(shared, "")
        if rest == out:
            return f"{left} @ {right}"
    return f"einsum({first},{second}→{out}; {a}, {b})"


def _slices(which: Any, shape: tuple[int, ...]) -> str:
    try:
        parts = []
        for (start, count, step), n in zip(which, shape, strict=True):
            stop = start + count * step
            whole = start == 0 and count == n and step == 1
            parts.append(":" if whole else f"{start}:{stop}" + (f":{step}" if step != 1 else ""))
    except (TypeError, ValueError):
        return "[…]"
    return f"[{', '.join(parts)}]"
