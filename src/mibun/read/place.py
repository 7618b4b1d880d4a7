"""Where in the user's code something happened: the line, and in it the very expression.

An error about a traced value is found deep inside mibun, called by NumPy, called by the user. :func:`place` looks
outward for the first line of code that is not a library's, and at what the interpreter is doing there. Positions come
from the compiled code, so that they are exact in a long line, and known where there is no source text.
"""

from __future__ import annotations

import dis
import linecache
import os
import sys
import types
from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

LIBRARIES: Final = frozenset(["mibun", "numpy", "scipy", "optree"])
_STANDARD: Final = os.path.dirname(os.__file__) + os.sep
_SITE: Final = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)

# operation of the interpreter: what the user's code does; 3.11, 3.12 and 3.13 name some of them differently
_KINDS: Final[Mapping[str, str]] = {
    operation: kind
    for kind, operations in {
        "store": "STORE_SUBSCR STORE_SLICE DELETE_SUBSCR",
        "subscript": "BINARY_SUBSCR BINARY_SLICE",
        "call": "CALL CALL_KW CALL_FUNCTION_EX PRECALL",
        "format": "FORMAT_VALUE FORMAT_SIMPLE FORMAT_WITH_SPEC CONVERT_VALUE",
        "compare": "COMPARE_OP CONTAINS_OP",
        "bool": """
            UNARY_NOT TO_BOOL JUMP_IF_TRUE_OR_POP JUMP_IF_FALSE_OR_POP POP_JUMP_IF_TRUE POP_JUMP_IF_FALSE
            POP_JUMP_FORWARD_IF_TRUE POP_JUMP_FORWARD_IF_FALSE POP_JUMP_BACKWARD_IF_TRUE POP_JUMP_BACKWARD_IF_FALSE
        """,
        "iterate": "GET_ITER FOR_ITER UNPACK_SEQUENCE UNPACK_EX LIST_EXTEND SET_UPDATE",
        "operator": "BINARY_OP UNARY_NEGATIVE UNARY_POSITIVE UNARY_INVERT CALL_INTRINSIC_1",
        "attribute": "LOAD_ATTR LOAD_METHOD STORE_ATTR DELETE_ATTR",
        "key": "BUILD_MAP BUILD_CONST_KEY_MAP MAP_ADD BUILD_SET SET_ADD",
    }.items()
    for operation in operations.split()
}


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the user's code.

    ``file`` is named as the user would name it, ``function`` by its qualified name. ``source`` is the line, without its
    indentation, and ``span`` the expression's columns in it; ``text`` is the whole expression, on one line. These three
    are ``None`` where there is no source text. ``kind`` is what is being done: ``store``, ``subscript``, ``call``,
    ``format``, ``compare``, ``bool``, ``iterate``, ``operator``, ``attribute``, ``key`` or ``other``. For a call,
    ``callee`` is what is called as it is written, ``np.sin``, or ``.item`` where that is a method of a longer
    expression, and ``target`` its full name, ``numpy.sin``, if it can be told.
    """

    file: str
    line: int
    function: str
    kind: str
    source: str | None = None
    span: tuple[int, int] | None = None
    text: str | None = None
    callee: str | None = None
    target: str | None = None


def place(skip: Collection[str] = LIBRARIES) -> Place | None:
    """The innermost place in the stack that is neither in the packages ``skip`` nor in the standard library."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None and _is_library(frame, skip):
        frame = frame.f_back
    return None if frame is None else _describe(frame)


def _is_library(frame: types.FrameType, skip: Collection[str]) -> bool:
    code = frame.f_code
    module = str(frame.f_globals.get("__name__", ""))
    if module.partition(".")[0] in skip:
        return not code.co_filename.startswith("<doctest")
    if code.co_filename.startswith(("<frozen", "<__array_function__")):
        return True
    if code.co_qualname.startswith("__create_fn__"):  # made by dataclasses, in the user's name
        return True
    return code.co_filename.startswith(_STANDARD) and not any(site in code.co_filename for site in _SITE)


def _describe(frame: types.FrameType) -> Place:
    code = frame.f_code
    steps = [step for step in dis.get_instructions(code) if step.opname not in ("EXTENDED_ARG", "NOP", "CACHE")]
    now = max(0, bisect_right(steps, frame.f_lasti, key=lambda step: step.offset) - 1)
    kind = _kind(steps[now])
    span = _positions(_operand(steps, now) if kind in ("bool", "iterate") else steps[now])
    names: list[str] = []
    if kind == "call":
        names, first = _called(steps, now)
        if first is not None and first.column is not None:  # in a chain of methods over lines, the first name
            span = span._replace(line=first.line, column=first.column)
    line = span.line or frame.f_lineno or code.co_firstlineno
    source, columns, text = _source(frame, line, span)
    return Place(
        _file(code.co_filename),
        line,
        _function(code.co_qualname),
        kind,
        source,
        columns,
        text,
        ".".join(names) or None,
        _target(frame, names),
    )


def _kind(step: dis.Instruction) -> str:
    if step.opname == "BINARY_OP" and step.argrepr == "[]":  # from 3.14 on
        return "subscript"
    return _KINDS.get(step.opname, "other")


# Columns


class _Span(NamedTuple):
    """From line and column to line and column; the columns count bytes."""

    line: int | None
    end_line: int | None
    column: int | None
    end_column: int | None

    @property
    def start(self) -> tuple[int | None, int | None]:
        return self.line, self.column

    @property
    def end(self) -> tuple[int, int]:
        return self.end_line or 0, self.end_column or 0


def _positions(step: dis.Instruction) -> _Span:
    found = step.positions
    return _Span(None, None, None, None) if found is None else _Span(*found)


def _operand(steps: list[dis.Instruction], now: int) -> dis.Instruction:
    """What a test or a loop looks at, computed just before; the place of the operation itself may be the statement."""
    before = now - 1
    while before >= 0 and steps[before].opname in ("COPY", "TO_BOOL"):
        before -= 1
    alone = before < 0 or "JUMP" in steps[before].opname or steps[now].opname == "FOR_ITER"
    return steps[now if alone else before]


def _source(frame: types.FrameType, line: int, span: _Span) -> tuple[str | None, tuple[int, int] | None, str | None]:
    """The line, the columns of the expression in it, and the whole expression."""
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    if not 0 < line <= len(lines) or lines[line - 1].isspace():
        return None, None, None
    whole = lines[line - 1].rstrip()
    source = whole.lstrip()
    indent = len(whole) - len(source)
    if span.column is None or span.end_column is None or span.end_line is None or span.end_line > len(lines):
        return source, (0, len(source)), source
    start = _characters(whole, span.column)
    if span.end_line == line:
        stop = _characters(whole, span.end_column)
        text = whole[start:stop]
    else:
        stop = len(whole)
        last = lines[span.end_line - 1]
        parts = [whole[start:], *lines[line : span.end_line - 1], last[: _characters(last, span.end_column)]]
        text = " ".join(part.strip() for part in parts)
    if start >= stop or start < indent:  # the file is not what was compiled
        return source, (0, len(source)), source
    return source, (start - indent, stop - indent), text


def _characters(line: str, column: int) -> int:
    return len(line.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "replace"))


# What is called

_HELPERS: Final = frozenset(["KW_NAMES", "LOAD_CONST", "PUSH_NULL"])  # some come between what is called and the call
_ROOTS: Final = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FAST", "LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT")


def _called(steps: list[dis.Instruction], now: int) -> tuple[list[str], _Span | None]:
    """The names in what is called, the first ``""`` if there is none, and where they begin.

    It is what was computed last from where the call begins to where its brackets open.
    """
    call = _positions(steps[now])
    for i in range(now - 1, -1, -1):
        found = _positions(steps[i])
        if found.start == call.start and found.end < call.end and steps[i].opname not in _HELPERS:
            return _names(steps, i)
    return [], None


def _names(steps: list[dis.Instruction], i: int) -> tuple[list[str], _Span | None]:
    names: list[str] = []
    while i >= 0 and steps[i].opname in ("LOAD_ATTR", "LOAD_METHOD"):
        names.insert(0, steps[i].argval)
        i -= 1
    if i >= 0 and steps[i].opname.startswith(_ROOTS):
        root = steps[i].argval  # two of them where two variables are loaded at once
        return [root[-1] if isinstance(root, tuple) else root, *names], _positions(steps[i])
    return ["", *names] if names else [], None


def _target(frame: types.FrameType, names: list[str]) -> str | None:
    """The full name of what ``names`` mean: by the module in which they are looked up, else by its own."""
    scopes = [scope for scope in (frame.f_locals, frame.f_globals, frame.f_builtins) if names and names[0] in scope]
    if not scopes:
        return None
    value: Any = scopes[0][names[0]]
    if len(names) == 1:
        return _own_name(value)
    for name in names[1:-1]:
        value = vars(value).get(name) if isinstance(value, types.ModuleType) else None
    return f"{value.__name__}.{names[-1]}" if isinstance(value, types.ModuleType) else None


def _own_name(value: Any) -> str | None:
    try:
        name, module = value.__name__, getattr(value, "__module__", None)
    except Exception:  # it has none, or is a stand-in that refuses to be asked
        return None
    if module == "builtins":
        return str(name)
    if isinstance(module, str):
        return f"{module}.{name}"
    packages = [sys.modules[package] for package in ("numpy", "scipy.special") if package in sys.modules]
    return next((f"{package.__name__}.{name}" for package in packages if vars(package).get(name) is value), None)


# What the function and the file are called


def _function(name: str) -> str:
    """A comprehension belongs to the function around it."""
    while name.endswith(("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")):
        name = name.rpartition(".")[0].removesuffix(".<locals>") or "<module>"
    return name


def _file(name: str) -> str:
    """A notebook's cell by its number, a file below the current directory relative to it."""
    cell = _cell(name)
    if cell is not None:
        return cell
    try:
        relative = os.path.relpath(name)
    except (ValueError, OSError):  # another drive; no current directory
        return name
    return relative if os.path.isabs(name) and not relative.startswith(os.pardir) else name


def _cell(name: str) -> str | None:
    shell: Any = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    try:
        label = shell.compile.format_code_name(name)
        return None if label is None else " ".join(label)
    except Exception:  # no notebook, or one of another make
        return None


# What takes plain numbers only, by its full name: what to write instead.
INSTEAD: Final[Mapping[str, str]] = {
    "math.acos": "np.arccos",
    "math.acosh": "np.arccosh",
    "math.asin": "np.arcsin",
    "math.asinh": "np.arcsinh",
    "math.atan": "np.arctan",
    "math.atan2": "np.arctan2",
    "math.atanh": "np.arctanh",
    "math.cbrt": "np.cbrt",
    "math.ceil": "np.ceil",
    "math.comb": "scipy.special.binom",
    "math.copysign": "np.copysign",
    "math.cos": "np.cos",
    "math.cosh": "np.cosh",
    "math.degrees": "np.degrees",
    "math.dist": "np.linalg.norm(p - q)",
    "math.erf": "scipy.special.erf",
    "math.erfc": "scipy.special.erfc",
    "math.exp": "np.exp",
    "math.exp2": "np.exp2",
    "math.expm1": "np.expm1",
    "math.fabs": "np.abs",
    "math.factorial": "scipy.special.gamma(n + 1)",
    "math.floor": "np.floor",
    "math.fma": "x * y + z",
    "math.fmod": "np.fmod",
    "math.fsum": "np.sum",
    "math.gamma": "scipy.special.gamma",
    "math.hypot": "np.hypot",
    "math.isclose": "np.isclose",
    "math.isfinite": "np.isfinite",
    "math.isinf": "np.isinf",
    "math.isnan": "np.isnan",
    "math.ldexp": "x * 2.0**n",
    "math.lgamma": "scipy.special.gammaln",
    "math.log": "np.log",
    "math.log10": "np.log10",
    "math.log1p": "np.log1p",
    "math.log2": "np.log2",
    "math.modf": "np.modf",
    "math.pow": "np.power",
    "math.prod": "np.prod",
    "math.radians": "np.radians",
    "math.remainder": "x - y * np.round(x / y)",
    "math.sin": "np.sin",
    "math.sinh": "np.sinh",
    "math.sqrt": "np.sqrt",
    "math.sumprod": "np.dot",
    "math.tan": "np.tan",
    "math.tanh": "np.tanh",
    "math.trunc": "np.trunc",
    # statistics, on lists of values
    "statistics.fmean": "np.mean",
    "statistics.mean": "np.mean",
    "statistics.pstdev": "np.std",
    "statistics.pvariance": "np.var",
    "statistics.stdev": "np.std(…, ddof=1)",
    "statistics.variance": "np.var(…, ddof=1)",
    # what makes an array of values
    "numpy.array": "np.stack",
    "numpy.fromiter": "np.stack",
}
# math.frexp, gcd, isqrt, lcm, nextafter, perm and ulp take whole numbers or the bits of a float.
