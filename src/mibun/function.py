"""``Function``: what a user holds. A formula with its variables, and everything mibun can do with it."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, Final, overload

from mibun import chain, ops, places
from mibun import node as graph
from mibun.errors import BudgetExceeded, MibunError, ParseError, ShapeError, UnsupportedOperation, spoken
from mibun.node import Node
from mibun.run import tiers

if TYPE_CHECKING:
    from decimal import Decimal

    from mibun.blackbox import BlackBox
    from mibun.checks import Report, Verdict
    from mibun.limit.enclosure import Enclosure
    from mibun.limit.quotient import LimitStudy
    from mibun.limit.zeros import Failure
    from mibun.read import Note, Reading
    from mibun.rewrite import Budget
    from mibun.run import interpret
    from mibun.run.kernel import Kernel
    from mibun.source.plan import Program
    from mibun.write.canvas import Picture
    from mibun.write.diagram import Diagram
    from mibun.write.proofs import Principles
    from mibun.write.prose import Explanation

ORDER_LIMIT: Final = 1000
_VARIABLE_FIRST: Final = frozenset(["diff", "explain", "principles", "quotient"])  # other methods take a point first


def _tidy(node: Node, budget: Budget | None = None, real_roots: bool = False) -> Node:
    from mibun.rewrite import tidy  # what is never shown needs none of it

    return tidy(node, budget, real_roots)[0]


def _budget() -> Budget:
    from mibun.rewrite import Budget

    return Budget()


def _name(given: object) -> str:
    """The name of a variable, as a reader would write it: theta for θ. ``MibunError`` if it cannot be one."""
    from mibun.read import vocabulary as words

    name = words.english(given.strip()) if isinstance(given, str) else ""
    plain = name.isascii() and name.isalnum() and name[0].isalpha()  # needs no pattern, which takes time to make
    if not plain and not re.fullmatch(rf"{words.IDENTIFIER}(?:_[A-Za-z0-9]+)*", name):
        raise ShapeError("not_a_variable", given=given if isinstance(given, str) and given else repr(given))
    if name in words.FUNCTIONS and name not in words.GREEK_FUNCTIONS:
        raise ParseError("reserved_name", name=name)
    return name


def _names(given: str | Iterable[str]) -> tuple[str, ...]:
    """Names of variables: in one string, with spaces or commas between them, or one by one."""
    if isinstance(given, str):
        given = given.replace(",", " ").split()
    elif not isinstance(given, Iterable):
        raise ShapeError("not_a_variable", given=repr(given))
    names: dict[str, None] = {}
    for name in map(_name, given):
        if name in names:
            raise ParseError("repeated_variable", name=name)
        names[name] = None
    return tuple(names)


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names), key=graph.natural))


def _check_language(lang: object) -> None:
    from mibun.language import LANGUAGES

    if lang not in LANGUAGES:
        raise UnsupportedOperation("language", given=lang)


@overload
def function(  # type: ignore[overload-overlap]  # a Function can be called, too
    source: Function | str | float | Fraction | Decimal,
    *,
    strict: bool = ...,
    profile: str | None = ...,
    variables: str | Iterable[str] | None = ...,
) -> Function: ...
@overload
def function(
    source: Callable[..., Any],
    *,
    strict: bool = ...,
    profile: str | None = ...,
    variables: str | Iterable[str] | None = ...,
) -> BlackBox: ...
def function(
    source: object, *, strict: bool = False, profile: str | None = None, variables: str | Iterable[str] | None = None
) -> Function | BlackBox:
    """The function that ``source`` describes: text, LaTeX, a SymPy expression, a number, or a Python callable.

    >>> f = function("f(x, y) = 2x^2 + x y + 5y")
    >>> f.variables
    ('x', 'y')
    >>> print(f.diff("y").ascii())
    x + 5

    ``strict`` makes every ambiguity an error instead of a note; ``profile="ko-school"`` reads ``log`` to base 10;
    ``variables`` declares names (of several letters, too) and their order. A letter that is not declared is a
    parameter, which a call takes by name:

    >>> function("a x^2", variables="x")(3, a=2)
    18

    An elementary function of another one is made by a call: ``function("sin(x)")(u)`` is the sine of ``u``.

    Numbers of NumPy count as Python's, a ``Decimal`` as the exact fraction that it is; a truth value is no number.
    A callable makes a :class:`mibun.blackbox.BlackBox`: its ``limit`` and ``derivative`` go by its values. All that a
    formula has besides is that of the code's formula, as long as the code is plain calculation with numbers:

    >>> import numpy as np
    >>> print(function(lambda x: np.sin(x) ** 2).diff())
    2 sin x cos x

    Raises ``ParseError`` where the text cannot be read, ``ShapeError`` or ``ParseError`` for names that cannot be
    variables, ``UnsupportedOperation`` for other things than the above.
    """
    from mibun import read

    names = None if variables is None else _names(variables)
    if isinstance(source, Function):
        return source if names is None else source._with(source._nodes, source._shape, names)
    if isinstance(source, str):
        return Function._read(read.read(source, strict=strict, profile=profile, variables=names))
    number = places.number(source)
    if number is not None:
        return Function(ops.const(number), variables=names)
    if type(source).__module__.partition(".")[0] == "sympy" or hasattr(source, "_sympy_"):
        return Function._read(read.read_sympy(source), names)
    if callable(source) and not isinstance(source, type):
        from mibun.blackbox import BlackBox

        return BlackBox(source, names, _of_code)
    raise UnsupportedOperation("not_a_function", kind=type(source).__name__)


def _of_code(node: Node, names: tuple[str, ...], name: str) -> Function:
    return Function(node, variables=names, name=name)


def symbols(names: str | Iterable[str]) -> tuple[Function, ...]:
    """Variables, as functions to build others from with Python's operators. Always a tuple: ``(x,) = symbols("x")``.

    ``names`` is one string, with spaces or commas between the names, or several. Elementary functions of what is built
    are made by a call: ``function("sin(x)")(u)``. Raises ``ShapeError`` or ``ParseError`` for what cannot be a name.

    >>> x, y = symbols("x y")
    >>> print((2 * x**2 + x * y).diff("x").ascii())
    4*x + y
    >>> print(function("sin(x)")(x * y).diff("x").ascii())
    y*cos(x*y)
    """
    return tuple([Function(ops.symbol(name)) for name in _names(names)])


class Function(tiers.Tiered):
    """A formula in named variables, with one value or (a gradient, a Hessian) an array of them.

    ``shape`` is the shape of the value: ``()`` for a number. Python's ``+ - * / **`` and ``abs`` build new functions;
    the variables keep their order where both operands agree on it, or one is a number, and are alphabetical otherwise.
    Calling a function evaluates it: with floats or arrays in double precision, with ``int`` and ``Fraction`` exactly
    where the function allows it. Calling it with functions puts them in for its variables. A function never changes;
    :func:`function` and :func:`symbols` make new ones. What is called often gets machine code, see :meth:`compile`.
    """

    __slots__ = (
        "_assumptions",
        "_derived",
        "_free",
        "_header",
        "_nodes",
        "_notes",
        "_origin",
        "_programs",
        "_resolved",
        "_shape",
        "_shown",
        "_source",
        "_taken",
    )
    __array_ufunc__ = None  # NumPy leaves array + Function to Function.__radd__, which refuses it by name

    def __init__(
        self,
        *nodes: Node,
        variables: tuple[str, ...] | None = None,
        name: str = "f",
        notes: tuple[Note, ...] = (),
        source: str | None = None,
        shape: tuple[int, ...] = (),
        derived: bool = False,
        assumptions: tuple[Node, ...] = (),
    ) -> None:
        if (shape or len(nodes) != 1 or type(nodes[0]) is not Node) and not _fits(nodes, shape):
            raise UnsupportedOperation("no_constructor")
        self._nodes = nodes
        self._header = variables
        self._derived = derived
        self._shown: tuple[Node, ...] | None = None if derived else nodes
        self._resolved: tuple[Node, ...] | None = None
        self._name = name
        self._notes = notes
        self._source = source
        self._shape = shape
        self._assumptions = assumptions
        self._tier: tiers.Tier | None = None
        self._origin: tuple[Node, Node] | None = None  # what was differentiated last, and by which variable
        self._taken: tuple[str, ...] = ()  # the variables differentiated by, "" for all of them in turn

    @classmethod
    def _read(cls, reading: Reading, variables: tuple[str, ...] | None = None) -> Function:
        return cls(
            reading.node,
            variables=reading.variables if variables is None else variables,
            name=reading.name,
            notes=tuple(reading.notes),
            source=reading.source,
            assumptions=reading.assumptions,
        )

    # What it is

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables, in the order in which a call takes them."""
        if self._header is None:
            self._header = graph.symbols(*self._nodes)
        return self._header

    @property
    def name(self) -> str:
        """The name in the header, else ``f``."""
        return self._name

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value: ``()`` for a number, ``(n,)`` for a gradient, ``(n, n)`` for a Hessian."""
        return self._shape

    @property
    def notes(self) -> tuple[Note | Failure, ...]:
        """How ambiguous input was read. Of a derivative: the points that could be found at which there is none.

        >>> [note.text("en") for note in function("|x|").diff().notes]
        ['At x = 0: The slope is −1 on the left and 1 on the right: not differentiable there.']
        """
        if self._origin is None:
            return self._notes
        from mibun.limit.zeros import failures

        return (*self._notes, *failures(*self._origin))

    @property
    def written(self) -> str | None:
        """The text that was read, if the function was."""
        return self._source

    @property
    def assumptions(self) -> tuple[Node, ...]:
        """Conditions that the reading took for granted, such as a > 0 in a^x."""
        return self._assumptions

    @property
    def node(self) -> Node:
        """The graph as it is shown. ``ShapeError`` for a function with several values."""
        if self._shape:
            raise ShapeError("vector_value", shape=self._shape)
        return (self._shown or self._display())[0]

    def _display(self) -> tuple[Node, ...]:
        if self._shown is None:
            self._shown = tuple([_tidy(node) for node in self._exact()])
        return self._shown

    def _exact(self) -> tuple[Node, ...]:
        """The graph that values are computed from: every derivative worked out, nothing rewritten."""
        if self._resolved is None:
            self._resolved = tuple([chain.resolve(node) for node in self._nodes])
        return self._resolved

    def _formulas(self) -> tuple[Node, ...]:
        """The graph that other things are put into: as it is shown, every derivative worked out."""
        return self._display() if self._derived else self._exact()

    def _parameters(self) -> tuple[str, ...]:
        """All free names: with a header, there may be others than its variables, as in f(x) = a x."""
        try:
            return self._free
        except AttributeError:
            self._free: tuple[str, ...] = graph.symbols(*self._exact())
            return self._free

    @property
    def size(self) -> int:
        """The number of nodes of the expression written as a tree."""
        return sum(graph.tree_size(node) for node in self._display()) + bool(self._shape)

    def __getitem__(self, index: int | tuple[int, ...]) -> Function:
        """A component of a gradient or a Hessian. ``ShapeError`` if there is none."""
        try:
            places = [operator.index(i) for i in (index if isinstance(index, tuple) else (index,))]
        except TypeError:
            raise ShapeError("index_kind", given=index) from None
        if len(places) > len(self._shape) or not all(-n <= i < n for i, n in zip(places, self._shape, strict=False)):
            raise ShapeError("index", index=index, shape=self._shape)
        start, count = 0, len(self._nodes)
        for i, n in zip(places, self._shape, strict=False):
            count //= n
            start += (i % n) * count
        part = slice(start, start + count)
        picked = self._with(self._nodes[part], self._shape[len(places) :])
        picked._shown = None if self._shown is None else self._shown[part]
        chosen = iter([self.variables[i % n] for i, n in zip(places, self._shape, strict=False) if self._taken])
        picked._taken = tuple([name or next(chosen, "") for name in self._taken])
        return picked

    def __len__(self) -> int:
        if not self._shape:
            raise TypeError("a function with one value has no length")
        return self._shape[0]

    def __iter__(self) -> Iterator[Function]:
        if not self._shape:
            raise TypeError("a function with one value is not iterable")
        return map(self.__getitem__, range(self._shape[0]))

    def __bool__(self) -> bool:
        return True  # whatever len() says: it is there

    def _with(
        self, nodes: tuple[Node, ...], shape: tuple[int, ...], variables: tuple[str, ...] | None = None
    ) -> Function:
        names = self.variables if variables is None else variables
        return Function(*nodes, variables=names, name=self._name, shape=shape, derived=self._derived)

    def __copy__(self) -> Function:
        return self

    def __deepcopy__(self, memo: object) -> Function:
        return self

    def __reduce__(self) -> Any:
        # One node above all others, so that what they share is written once.
        top = ops.apply(self._name, *self._nodes)
        facts = (self._header, self._notes, self._source, self._shape, self._derived, self._assumptions, self._taken)
        return _load, (top, *facts)

    # Writing

    def _write(self, form: Callable[[Node], str], start: str, between: str, end: str) -> str:
        def part(nodes: Sequence[str], shape: tuple[int, ...]) -> str:
            if not shape:
                return nodes[0]
            step = len(nodes) // max(shape[0], 1)
            inner = [part(nodes[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]
            return start + between.join(inner) + end

        return part([form(node) for node in self._display()], self._shape)

    def text(self, lang: str = "en") -> str:
        """Unicode for a terminal; ``lang`` ("en" or "ko") chooses the words of piecewise functions."""
        from mibun.write import notation

        _check_language(lang)
        return self._write(partial(notation.text, lang=lang), "(", ", ", ")")

    def __str__(self) -> str:
        return self.text()

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def ascii(self) -> str:
        """Plain text that reads back to the same function: explicit ``*``, ``^`` and brackets.

        A header is not written, so where it declares names that would be read otherwise (``e``, ``rate``), or another
        order than the alphabetical, the names have to be declared again:

        >>> df = function("f(e) = e^2").diff()
        >>> function(df.ascii(), variables=df.variables).ascii()
        '2*e'
        """
        from mibun.write import notation

        return self._write(partial(notation.ascii, declared=self.variables), "(", ", ", ")")

    def latex(self, lang: str = "en") -> str:
        """LaTeX, without dollar signs. A vector is a column, a matrix a matrix; ``lang`` as in :meth:`text`."""
        from mibun.write import notation

        _check_language(lang)
        parts = [notation.latex(node, lang=lang) for node in self._display()]
        if not self._shape:
            return parts[0]
        columns = self._shape[1] if len(self._shape) == 2 else 1
        rows = [" & ".join(parts[i : i + columns]) for i in range(0, len(parts), columns)]
        return r"\begin{pmatrix} " + r" \\ ".join(rows) + r" \end{pmatrix}"

    def mathml(self, lang: str = "en") -> str:
        """Presentation MathML; ``lang`` as in :meth:`text`. A function with several values gives a list of formulas."""
        from mibun.write import notation

        _check_language(lang)
        return "\n".join(notation.mathml(node, lang=lang) for node in self._display())

    def source(self, language: str, *, derivatives: int = 0, name: str | None = None, lang: str | None = None) -> str:
        """Code that a person can read and build elsewhere: "c", "numpy", "latex" or "llvm".

        One function computes all that is asked for, and what its parts share is computed once. In C it is
        ``double f(double x)``; of a gradient or a Hessian ``void f_grad(double x, double y, double out[2])``. With
        ``derivatives=1`` the function returns the value and the gradient, with 2 the Hessian as well. ``name`` takes
        the place of f in these names; ``lang`` is the language of comments ("ko" or "en", default: the locale's). Its
        values are those of a call but for rounding, and where a derivative leaves the real line on the way: there the
        code gives NaN.

        >>> print(function("sin(x)^2").diff().source("c", lang="en"))
        /* Written by mibun. */
        <BLANKLINE>
        #include <math.h>
        <BLANKLINE>
        /* df(x) = 2*sin(x)*cos(x) */
        double df(double x)
        {
            return 2.0 * sin(x) * cos(x);
        }
        <BLANKLINE>

        Raises ``UnsupportedOperation`` for another language, for a ``name`` that is no identifier and for what has no
        value, ``ShapeError`` for derivatives
        of a function with several values, or of a higher order.
        """
        from mibun import source

        return source.source([self._program(language, derivatives, name)], language, spoken(lang))

    def _program(self, language: str, derivatives: int, name: str | None = None) -> Program:
        from mibun.source.plan import Program

        if type(derivatives) is not int or derivatives not in (0, 1, 2):
            raise ShapeError("source_derivatives", given=repr(derivatives))
        if derivatives and self._shape:
            raise ShapeError("vector_value", shape=self._shape)
        if name is not None and not (isinstance(name, str) and name.isidentifier()):
            raise UnsupportedOperation("source_name", given=repr(name))
        if not self.variables:  # nothing to differentiate by
            derivatives = 0
        names = self.variables
        parts = [self, *[way(self) for way in (Function.gradient, Function.hessian)[:derivatives]]]
        return Program(
            self._name if name is None else name,
            names,
            tuple(dict.fromkeys([*names, *self._parameters()])),
            tuple([node for part in parts for node in part._exact()]),
            tuple([node for part in (parts if language == "latex" else parts[:1]) for node in part._display()]),
            self._shape,
            self._taken if name is None else (),
            derivatives,
        )

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"

    def _repr_html_(self) -> str:
        return self.mathml()

    def __repr__(self) -> str:
        try:
            formula = str(self)
        except BudgetExceeded:  # too long to be shown
            formula = "…"
        return f"<mibun.Function {self._name}({', '.join(self.variables)}) = {formula}>"

    # Differentiating

    def _symbol(self, wrt: str | Function | None, method: str) -> Node:
        if wrt is None:
            names = self.variables
            if len(names) > 1:
                first = f'"{names[0]}"' if method in _VARIABLE_FIRST else f'…, wrt="{names[0]}"'
                raise ShapeError("which_variable", variables=", ".join(names), example=f"{method}({first})")
            return ops.symbol(names[0] if names else "x")
        if isinstance(wrt, Function):
            node = wrt._nodes[0] if wrt._nodes else ops.ZERO
            if wrt._shape or node.op != "symbol":
                raise ShapeError("not_a_variable", given=str(wrt))
            return node
        return ops.symbol(wrt if wrt in self.variables else _name(wrt))

    def _sequence(self, wrt: tuple[str | Function, ...], order: int, method: str) -> list[Node]:
        """The variables to differentiate by, one after another."""
        if isinstance(order, bool) or not isinstance(order, int) or order < 0:
            raise ShapeError("order", order=order)
        if order > ORDER_LIMIT:
            raise BudgetExceeded("order_limit", order=order, limit=ORDER_LIMIT)
        variables = [self._symbol(name, method) for name in wrt] or [self._symbol(None, method)]
        return [variable for variable in variables for _ in range(order)]

    def diff(self, *wrt: str | Function, order: int = 1) -> Function:
        """The derivative: by one variable, by several in turn, or of higher order.

        >>> function("x^3 y").diff("x", "y").ascii()
        '3*x^2'
        >>> function("sin(x)").diff(order=4).ascii()
        'sin(x)'
        """
        sequence = self._sequence(wrt, order, "diff")
        names = self.variables
        for variable in sequence:
            if variable.attrs not in names:
                names = (*names, variable.attrs)
        nodes = self._exact()
        budget = _budget() if len(sequence) > 1 else None
        origin = None
        for i, variable in enumerate(sequence):
            if i or self._derived:
                nodes = tuple([_tidy(node, budget) for node in nodes])
            origin = (nodes[0], variable)
            derivations = [chain.push(node, variable) for node in nodes]
            if budget is not None:
                budget.spend(sum(len(derivation.tangents) for derivation in derivations))
            nodes = tuple([derivation.result for derivation in derivations])
        made = Function(*nodes, variables=names, name=self._name, shape=self._shape, derived=True)
        made._origin = None if self._shape else origin
        made._taken = (*self._taken, *[variable.attrs for variable in sequence])
        return made

    def gradient(self) -> Function:
        """All first partial derivatives, in the order of ``variables``, by one backward pass. ``shape`` is ``(n,)``.

        >>> fx, fy = function("x^2 y").gradient()
        >>> print(fx.ascii(), fy.ascii())
        2*x*y x^2
        """
        node = self._one()
        order = graph.postorder(node)
        if self._header is None:
            self._header = _in_order([inner.attrs for inner in order if inner.op == "symbol"])
        wrt = [ops.symbol(name) for name in self._header]
        nodes = chain.pull(node, wrt, order)
        made = Function(*nodes, variables=self.variables, name=self._name, shape=(len(wrt),), derived=True)
        made._taken = (*self._taken, "")
        return made

    def hessian(self) -> Function:
        """All second partial derivatives; ``shape`` is ``(n, n)``."""
        wrt = [ops.symbol(name) for name in self.variables]
        rows = chain.pull(self._one(), wrt)
        nodes = [node for row in rows for node in chain.pull(_tidy(row), wrt)]
        made = Function(*nodes, variables=self.variables, name=self._name, shape=(len(wrt),) * 2, derived=True)
        made._taken = (*self._taken, "", "")
        return made

    def _one(self) -> Node:
        if self._shape:
            raise ShapeError("vector_value", shape=self._shape)
        return _tidy(self._exact()[0]) if self._derived else self._exact()[0]

    # Values

    def __call__(self, /, *args: Any, out: Any = None, **named: Any) -> Any:
        """The value. Positional arguments follow ``variables``; arrays broadcast; ``out`` receives an array result.

        Integers and fractions give an exact value where there is one. A gradient or a Hessian is an array of float64,
        but an array of objects if a ``Fraction`` is among the arguments and all its components are exact. NumPy's
        numbers count as Python's, a ``Decimal`` as the fraction that it is.

        With a function among the arguments, the result is a function: each variable replaced, nothing evaluated.

        >>> f = function("x^2 + 1")
        >>> x, y = symbols("x y")
        >>> f(3), f(x + y).ascii()
        (10, '(x + y)^2 + 1')

        A variable that does not occur may be left out, and a named value that is not a variable's changes nothing, so
        that all the values of a larger problem can be passed as they are. ``ShapeError`` for a value that is missing
        or given twice, or for shapes that do not broadcast; ``UnsupportedOperation`` for what is not a real number.

        A derivative is evaluated as its formula says: that of ln x is 1/x, which has a value at -1, too.
        """
        return tiers.called(self, args, out, named)

    def _evaluate(self, args: tuple[Any, ...], out: Any, named: Mapping[str, Any]) -> Any:
        """The value for any call: by the interpreter, along arrays by machine code where that pays."""
        from mibun.run import interpret

        values = self._bind(args, named)
        if out is None and not _FUNCTIONS.isdisjoint(map(type, values.values())):
            return self._compose(values)
        if any(map(_is_traced, values.values())):
            return self._traced(values)
        code = tiers.code(self, values, args, named)
        if code is not None:
            return code(out)
        results = interpret.call_all(self._exact(), values, self._derived, self._cache())
        if not self._shape:
            return interpret.deliver(results[0], out)
        exact = Fraction in map(type, values.values())
        return interpret.deliver(interpret.stack(results, self._shape, exact), out)

    def compile(self, returns: str = "array") -> Callable[..., Any]:
        """The function as machine code: of floats, a builtin of Python's kind, made now.

        It takes numbers of any kind, as floats, and arrays, with ``out=`` and names as in a call. Arrays of float32 are
        computed in 32 bits, all others in 64. A gradient or a Hessian comes as an array, with ``returns="tuple"`` as a
        tuple of its components in reading order. A wrong number of arguments, or what is no number, is a ``TypeError``.

        >>> slope = function("x^3 y").diff("x").compile()
        >>> slope(1.5, 2.0)
        13.5

        ``UnsupportedOperation`` without llvmlite, and for what has no machine code: f(x) of an abstract f, a derivative
        in which a root of a negative number is written.
        """
        from mibun.run import native

        if returns not in ("array", "tuple"):
            raise UnsupportedOperation("returns", given=returns)
        kernel = tiers.force(self)
        if self._shape and returns == "tuple":
            kernel = self._kernel("tuple")
        return native.compiled(kernel, self._name)

    def _kernel(self, several: str = "array") -> Kernel:
        from mibun.run import native

        nodes = self._exact()
        names = tuple(dict.fromkeys([*self.variables, *self._parameters()]))
        kind = several if self._shape else "number"
        return native.kernel(nodes, names, kind, self._shape, [self._derived] * len(nodes))

    def _roots(self) -> tuple[Node, ...]:
        return self._exact()

    def _with_code(self) -> type[Function]:
        return _FunctionWithCode

    def _cache(self) -> interpret.Programs:
        try:
            return self._programs
        except AttributeError:
            self._programs: interpret.Programs = {}
            return self._programs

    def _bind(self, args: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
        names, free = self.variables, self._parameters()
        if len(args) > len(names):
            raise ShapeError("too_many_values", given=len(args), wanted=len(names), variables=", ".join(names))
        values = dict(zip(names, args, strict=False))
        for written, value in named.items():
            name = written if written in names or written.isascii() else _name(written)
            if name in values:
                raise ShapeError("twice", name=name)
            if name in names or name in free:
                values[name] = value
        parameters = _FUNCTIONS.isdisjoint(
            map(type, values.values())
        )  # may stay as they are in a function put together
        missing = [name for name in free if name not in values and (parameters or name in names)]
        if missing or (args and len(values) < len(names)):
            wanted = missing or [name for name in names if name not in values]
            needed = ", ".join(dict.fromkeys([*names, *free]))
            raise ShapeError("missing_values", missing=", ".join(wanted), variables=needed)
        for name, value in values.items():
            if type(value) not in (int, float, Fraction) and type(value) not in _FUNCTIONS and not _is_traced(value):
                values[name] = _value(name, value)
        return values

    def _traced(self, values: Mapping[str, Any]) -> Any:
        """The value within a trace: the formula becomes a part of what is being differentiated."""
        from mibun import arrays
        from mibun.trace.traced import Traced, operand

        trace = next(value.record for value in values.values() if _is_traced(value))
        assert isinstance(trace.values, dict)
        found = {name: operand(value, trace) for name, value in values.items()}
        for node, value, _ in found.values():
            trace.values.setdefault(node, value)
        replace = {ops.symbol(name): node for name, (node, _, _) in found.items()}
        nodes = [chain.put(node, replace) for node in self._exact()]
        if self._shape:
            shape = ops.broadcast(*[node.shape for node in nodes])
            full = [arrays.broadcast(arrays.cast(n, ops.REAL) if n.dtype is ops.NUMBER else n, shape) for n in nodes]
            nodes = [arrays.reshape(arrays.stack(full, 0), self._shape + shape)]
        made: Traced = trace.wrap(nodes[0], max([level for _, _, level in found.values()]))
        return made

    def _compose(self, values: Mapping[str, Any]) -> Function:
        replace: dict[Node, Node] = {}
        inner = []
        for name, value in values.items():
            if isinstance(value, Function):
                inner.append(value)
            elif places.number(value) is None:
                raise UnsupportedOperation("beside_function", name=name, kind=type(value).__name__)
            replace[ops.symbol(name)] = value.node if isinstance(value, Function) else ops.const(value)
        nodes = [chain.put(node, replace) for node in self._formulas()]
        headers = {f._header for f in inner}
        header = headers.pop() if len(headers) == 1 else None
        return Function(
            *nodes, variables=header or _in_order([name for f in inner for name in f.variables]), shape=self._shape
        )

    def value_and_grad(self) -> ValueAndGradient:
        """A callable that returns the value and the gradient, a tuple in the order of ``variables``, in one pass.

        For a function of one variable the gradient is the derivative itself. Arguments as in a call.

        >>> function("x^2 y").value_and_grad()(3.0, 2.0)
        (18.0, (12.0, 9.0))
        """
        nodes = (*self._exact(), *self.gradient()._exact())
        joint = Function(*nodes, variables=self.variables, name=self._name, shape=(len(nodes),))
        return ValueAndGradient(joint, self._derived)

    def at(self, /, **values: Any) -> Function:
        """The function with exact values put in for variables: numbers, functions, or expressions such as ``"pi/4"``.

        The variables that are left come first, then those that the values bring along.

        >>> function("sin(x)").diff().at(x="pi/3").ascii()
        '1/2'
        >>> function("x^2").at(x="y + 1").variables
        ('y',)
        """
        from mibun import read

        names = self.variables
        known = tuple(dict.fromkeys([*names, *self._parameters()]))
        replace: dict[Node, Node] = {}
        brought: list[str] = []
        for written, value in values.items():
            name = written if written in known or written.isascii() else _name(written)
            if name not in known:
                raise ShapeError("unknown_variable", name=name, variables=", ".join(known))
            given = Function._read(read.read(value, variables=known)) if isinstance(value, str) else function(value)
            replace[ops.symbol(name)] = given.node
            order = dict.fromkeys([*given.variables, *given._parameters()])
            brought += [other for other in order if other in given._parameters()]
        nodes = tuple([_tidy(chain.put(node, replace), real_roots=True) for node in self._formulas()])
        rest = [name for name in names if ops.symbol(name) not in replace]
        return Function(*nodes, variables=tuple(dict.fromkeys([*rest, *brought])), name=self._name, shape=self._shape)

    # Explaining

    def explain(
        self, *wrt: str | Function, order: int = 1, lang: str | None = None, depth: str = "working"
    ) -> Explanation:
        """The derivation, step by step, in ``lang`` ("ko" or "en", default: the locale's).

        ``depth``: "idea" names the rules in order, "working" is what a good student writes, "full" shows every line.
        """
        from mibun.write import prose

        sequence = self._sequence(wrt, order, "explain")
        if not sequence:
            raise ShapeError("order", order=order)
        return prose.explain(self._one(), sequence, lang=lang, depth=depth, name=self._name, arguments=self.variables)

    # The limit

    def quotient(self, wrt: str | Function | None = None, h: str = "h") -> Function:
        """The difference quotient (f(x + h) - f(x))/h, simplified: a function of the variables and of h.

        >>> function("x^2/2").quotient().ascii()
        'x + h/2'
        """
        from mibun.limit import principles

        variable, step = self._symbol(wrt, "quotient"), ops.symbol(_name(h))
        if step.attrs in (*self.variables, *self._parameters()):
            raise ShapeError("step_taken", name=step.attrs)
        node = principles.quotient(self._one(), variable, step)
        return Function(node, variables=(*self.variables, step.attrs), name=self._name)

    def limit(self, at: Any = None, wrt: str | Function | None = None, h: Any = None) -> LimitStudy:
        """The difference quotient at ``at``, studied as h shrinks from 1 to 1e-16, and what happens there.

        ``at`` is a number, an expression such as ``"pi/4"``, or for several variables a mapping or a sequence of them;
        ``h`` a further step to look at. Without ``at``, the simplified quotient and its limit alone.

        >>> study = function("x^2/2").limit(at=1)
        >>> study.value, study.quotient, study.kind
        (1.0, 1.00005, 'differentiable')
        >>> study = function("|x|").limit(at=0)
        >>> study.kind, study.left, study.right
        ('kink', -1.0, 1.0)

        Raises ``ShapeError`` where a value is missing, ``DomainError`` for a point or an h that is no usable number.
        """
        from mibun.limit import quotient

        variable = self._symbol(wrt, "limit").attrs
        point = {} if at is None else self._point(at, variable)
        step = None if h is None else places.step(h)
        return quotient.study(self._one(), variable, self.variables or (variable,), point, h=step, name=self._name)

    def principles(self, wrt: str | Function | None = None, *, lang: str | None = None) -> Principles:
        """The derivative derived from the definition, step by step, with the proofs of the rules that it uses.

        >>> print(function("x^2").principles(lang="en").steps[-1].after)
        2x
        """
        from mibun.limit import principles

        variable = self._symbol(wrt, "principles")
        arguments = self.variables or (variable.attrs,)
        return principles.principles(self._one(), variable, name=self._name, arguments=arguments, lang=lang)

    def enclose(
        self, at: Any = None, wrt: str | Function | None = None, digits: int = 30, *, order: int = 1
    ) -> Enclosure:
        """Two numbers between which the derivative at ``at`` is proved to lie, to ``digits`` digits, up to 1,000.

        ``at`` as for :meth:`limit`; ``order=0`` encloses the function itself. Two independent ways, the rules and power
        series, both in ball arithmetic, must overlap.

        >>> enclosure = function("sin x").enclose(at="pi/3", digits=20)
        >>> Fraction(1, 2) in enclosure, float(enclosure.hi - enclosure.lo) < 1e-20
        (True, True)

        Raises ``NotDifferentiable`` or ``DomainError`` where there is no derivative, ``BudgetExceeded`` where it takes
        too many digits.
        """
        from mibun.limit import enclosure

        variable = self._symbol(wrt, "enclose").attrs
        return enclosure.enclose(self._one(), variable, self._point({} if at is None else at, variable), digits, order)

    def equals(self, other: Any, domain: Any = None) -> Verdict:
        """Whether ``other`` is the same function: "proved", "verified", "different" or "undecided".

        ``domain`` is a condition such as ``"x > 0"``, or maps variables to intervals. A difference of domains is
        reported apart from a difference of values, see :class:`mibun.checks.Verdict`.

        >>> str(function("sin(x)^2 + cos(x)^2").equals("1"))
        'verified'
        >>> str(function("(x + 1)^2").equals("x^2 + 2x + 1"))
        'proved'
        >>> verdict = function("x").equals("sqrt(x^2)")
        >>> str(verdict)
        'different'
        """
        from mibun import checks

        theirs = function(other)
        if not isinstance(theirs, Function):
            theirs = theirs.formula()
        names = tuple(dict.fromkeys([*self.variables, *theirs.variables]))
        names = tuple(dict.fromkeys([*names, *self._parameters(), *theirs._parameters()]))
        region = _condition(domain) if isinstance(domain, str) else domain
        if isinstance(domain, tuple | list) and len(domain) == 2 and len(names) == 1:
            region = {names[0]: tuple(domain)}
        return checks.equals(self._one(), theirs._one(), names, region)

    def check(self) -> Report:
        """Whether every route to the derivative agrees with every other, at points chosen inside the domain.

        >>> function("x^2/2").check().ok
        True
        """
        from mibun import checks

        return checks.check(self._one(), self.variables)

    def plot(
        self,
        at: Any = None,
        wrt: str | Function | None = None,
        h: Any = None,
        *,
        kind: str | None = None,
        lang: str | None = None,
        range: Any = None,
    ) -> Picture:
        """A picture: ``.save("tangent.svg")``, ``.svg()``, ``.png()``; it shows itself in a notebook.

        ``kind``: "tangent" (at ``at``, with the secant for ``h``), "secants" (for shrinking h), "error" (against h),
        "derivative" (f above f′; the default without ``at``), and of functions of two variables "contours" or
        "surface". ``range`` is that of the variable, ``at`` as for :meth:`limit`.

        Raises ``UnsupportedOperation`` without Matplotlib (``pip install "mibun[plot]"``), ``ShapeError`` where a
        variable or a point is missing.
        """
        from mibun import pictures

        names = self.variables
        whole = wrt is None and len(names) == 2 and kind in (None, "contours", "surface")
        variable = None if whole else self._symbol(wrt, "plot").attrs
        given = at is not None or bool(self._parameters() and len(self._parameters()) > 1)
        point = self._point({} if at is None else at, variable or names[0]) if given else {}
        step = None if h is None else places.step(h)
        return pictures.draw(
            self._one(), names or ("x",), variable, point, h=step, kind=kind, name=self._name, lang=lang, range=range
        )

    def graph(self, at: Any = None, wrt: str | Function | None = None) -> Diagram:
        """The computation graph: the value of every step, the local partial derivatives, the adjoints coming back.

        ``at`` as for :meth:`limit`; without it, the graph has formulas only. The derivatives by ``wrt``, or by the only
        variable, are carried forward as well. ``.text()``, ``.svg()``, ``.html()`` and ``.json()`` show it, ``.steps``
        go through it, ``.path("x")`` says why the derivative by x is what it is.

        >>> for step in function("y sin(x^2)").graph(at={"x": 2, "y": 3}).backward():
        ...     print(step.text("en"))
        6. ∂f/∂v₃ = 1
        7. ∂f/∂v₂ = ∂f/∂v₃ · ∂v₃/∂v₂ = 1 · 3 = 3
        8. ∂f/∂v₁ = ∂f/∂v₂ · ∂v₂/∂v₁ = 3 · (−0.653644) ≈ −1.96093
        9. ∂f/∂x = ∂f/∂v₁ · ∂v₁/∂x = (−1.96093) · 4 ≈ −7.84372
        10. ∂f/∂y = ∂f/∂v₃ · ∂v₃/∂y = 1 · (−0.756802) ≈ −0.756802
        """
        from mibun import diagrams

        names = self.variables
        forward = self._symbol(wrt, "graph").attrs if wrt is not None or len(names) == 1 else None
        point = {} if at is None else self._point(at, forward or (names[0] if names else "x"))
        return diagrams.of_function(self._one(), names, point, wrt=forward, name=self._name)

    def _point(self, at: Any, variable: str) -> dict[str, Node]:
        """Exact numbers for all free names; see :func:`mibun.places.point`."""
        names, free = self.variables or (variable,), self._parameters()
        if isinstance(at, Mapping):
            at = {name if name in (*names, *free) else _name(name): _as_node(value) for name, value in at.items()}
        elif isinstance(at, list | tuple):
            at = [_as_node(value) for value in at]
        return places.point(_as_node(at), variable, names, free)

    # Building

    def _combine(self, op: str, other: object, swap: bool = False) -> Function:
        header = self._header
        if isinstance(other, Function):
            theirs = other.node
            if other._header != header:
                header = None
        else:
            number = other if type(other) is int else places.number(other)
            if number is None and hasattr(other, "__array__"):  # NumPy's own words would not say what to do
                kind = type(other).__name__
                raise TypeError(
                    f"{kind} and Function do not combine: make the function first, then call it with arrays"
                )
            if number is None:
                return NotImplemented  # type: ignore[no-any-return]
            theirs = ops.const(number)
        node = self.node
        made = Function(ops.make(op, theirs, node) if swap else ops.make(op, node, theirs))
        made._header = header
        return made

    def __add__(self, other: object) -> Function:
        return self._combine("add", other)

    def __radd__(self, other: object) -> Function:
        if type(other) is int and other == 0:
            return self  # what sum() starts with: no one has written it
        return self._combine("add", other, swap=True)

    def __sub__(self, other: object) -> Function:
        return self._combine("sub", other)

    def __rsub__(self, other: object) -> Function:
        return self._combine("sub", other, swap=True)

    def __mul__(self, other: object) -> Function:
        return self._combine("mul", other)

    def __rmul__(self, other: object) -> Function:
        if type(other) is int and other == 1:
            return self  # what math.prod() starts with
        return self._combine("mul", other, swap=True)

    def __truediv__(self, other: object) -> Function:
        return self._combine("div", other)

    def __rtruediv__(self, other: object) -> Function:
        return self._combine("div", other, swap=True)

    def __pow__(self, other: object) -> Function:
        return self._combine("pow", other)

    def __rpow__(self, other: object) -> Function:
        return self._combine("pow", other, swap=True)

    def __neg__(self) -> Function:
        return Function(ops.make("neg", self.node), variables=self._header)

    def __pos__(self) -> Function:
        return self

    def __abs__(self) -> Function:
        return Function(ops.make("abs", self.node), variables=self._header)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Function):
            return NotImplemented
        return self._nodes == other._nodes and self.variables == other.variables and self._shape == other._shape

    def __hash__(self) -> int:
        return hash((self._nodes, self._shape))


def _as_node(value: Any) -> Any:
    return value.node if isinstance(value, Function) else value


def _is_traced(value: object) -> bool:
    """Whether it stands for a value in a trace; without loading what makes these."""
    return type(value).__name__ == "Traced" and type(value).__module__ == "mibun.trace.traced"


def _condition(text: str) -> Node:
    """A condition that a user wrote: ``x > 0``, ``0 < x < 1``."""
    from mibun import read

    # An interval of the only variable cannot be told from a pair; a comma between conditions means "and".
    joined = " and ".join(f"({part})" for part in places.split(text)) if "," in text else text
    try:
        node = read.read(f"where({joined}, 1, 0)").node
    except MibunError:
        raise ParseError("condition", given=text) from None
    if node.op != "where" or node.args[1:] != (ops.ONE, ops.ZERO) or node.args[0].dtype != ops.BOOL:
        raise ParseError("condition", given=text)
    return node.args[0]


def _fits(nodes: Sequence[object], shape: tuple[int, ...]) -> bool:
    return len(nodes) == math.prod(shape) and all(type(node) is Node for node in nodes)


def _load(
    top: Node,
    variables: tuple[str, ...] | None,
    notes: tuple[Note, ...],
    source: str | None,
    shape: tuple[int, ...],
    derived: bool,
    assumptions: tuple[Node, ...],
    taken: tuple[str, ...],
) -> Function:
    made = Function(
        *top.args,
        variables=variables,
        name=top.attrs[0],
        notes=notes,
        source=source,
        shape=shape,
        derived=derived,
        assumptions=assumptions,
    )
    made._taken = taken
    return made


def _value(name: str, value: Any) -> Any:
    """A value that is put in: a plain number, or what the interpreter makes an array of or refuses."""
    number = places.number(value)
    if number is not None:
        return number
    if hasattr(value, "mask") and hasattr(value, "filled"):  # NumPy would take what lies behind the mask
        raise UnsupportedOperation("masked", name=name)
    return value


class ValueAndGradient(tiers.Tiered):
    """What :meth:`Function.value_and_grad` returns: ``(value, gradient)`` in one pass."""

    __slots__ = ("_derived", "_joint")

    def __init__(self, joint: Function, derived: bool) -> None:
        self._joint = joint
        self._derived = derived
        self._name = joint._name
        self._tier: tiers.Tier | None = None

    def __call__(self, /, *args: Any, out: Any = None, **named: Any) -> tuple[Any, Any]:
        """``(value, gradient)``. Arguments as in a call of the function; ``out`` is such a pair of arrays."""
        return tiers.called(self, args, out, named)  # type: ignore[no-any-return]

    def compile(self) -> Callable[..., tuple[Any, Any]]:
        """The same as machine code, see :meth:`Function.compile`."""
        from mibun.run import native

        return native.compiled(tiers.force(self), self._name)

    def _evaluate(self, args: tuple[Any, ...], out: Any, named: Mapping[str, Any]) -> Any:
        from mibun.run import interpret

        joint = self._joint
        values = joint._bind(args, named)
        code = tiers.code(self, values, args, named)
        if code is not None:
            return code(out)
        value, *slopes = interpret.call_all(joint._exact(), values, self._continued(), joint._cache())
        gradient = slopes[0] if len(slopes) == 1 else tuple(slopes)
        return (value, gradient) if out is None else _delivered((value, gradient), out)

    def _continued(self) -> tuple[bool, ...]:
        return (self._derived, *[True] * (len(self._joint._nodes) - 1))

    def _kernel(self) -> Kernel:
        from mibun.run import native

        names = tuple(dict.fromkeys([*self._joint.variables, *self._joint._parameters()]))
        return native.kernel(self._joint._exact(), names, "pair", (), self._continued())

    def _roots(self) -> tuple[Node, ...]:
        return self._joint._exact()

    def _with_code(self) -> type[ValueAndGradient]:
        return _ValueAndGradientWithCode

    def __reduce__(self) -> Any:
        return ValueAndGradient, (self._joint, self._derived)


def _delivered(results: tuple[Any, Any], out: Any) -> Any:
    from mibun.run import interpret

    value, gradient = results
    if not isinstance(out, tuple) or len(out) != 2 or isinstance(out[1], tuple) != isinstance(gradient, tuple):
        raise ShapeError("out_tuple", count=2, given=type(out).__name__)
    interpret.deliver(value, out[0])
    if isinstance(gradient, tuple):
        if len(gradient) != len(out[1]):
            raise ShapeError("out_tuple", count=len(gradient), given=f"tuple[{len(out[1])}]")
        for one, place in zip(gradient, out[1], strict=True):
            interpret.deliver(one, place)
    else:
        interpret.deliver(gradient, out[1])
    return out


class _FunctionWithCode(Function):
    """A function that has machine code: Python finds it, the descriptor of a slot, where it looks for ``__call__``."""

    __slots__ = ()
    __call__ = tiers.Tiered._native  # type: ignore[misc]
    __signature__ = property(lambda self: _signature(Function))


class _ValueAndGradientWithCode(ValueAndGradient):
    __slots__ = ()
    __signature__ = property(lambda self: _signature(ValueAndGradient))
    __call__ = tiers.Tiered._native  # type: ignore[misc]


def _signature(kind: type) -> Any:
    """That of a call before there was code."""
    import inspect

    whole = inspect.signature(kind.__call__)
    return whole.replace(parameters=[*whole.parameters.values()][1:])


_FUNCTIONS: Final = frozenset([Function, _FunctionWithCode])
for _with_code, _without in ((_FunctionWithCode, Function), (_ValueAndGradientWithCode, ValueAndGradient)):
    _with_code.__name__, _with_code.__qualname__ = _without.__name__, _without.__qualname__
    _with_code.__doc__ = _without.__doc__
