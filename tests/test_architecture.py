"""The rooms and the order in which they stand: data flows one way, doors are thin, `import mibun` stays cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import mibun
from mibun.messages import MESSAGES
from mibun.ops import FORMULA, OPS

SOURCE = Path(mibun.__file__).parent

# A room imports from the lines above its own. Rooms on one line do not know each other.
ROOMS = [
    ["_version", "language", "messages", "node"],
    ["errors"],
    ["ops"],
    ["fold", "loops"],
    ["arrays"],
    ["batch", "rules", "step"],
    ["chain", "identities", "rational"],
    ["rewrite"],
    ["derivation"],
    ["read", "write", "run"],
    ["trace"],
    ["sparse"],
    ["transforms"],
    ["limit"],
    ["checks", "diagrams", "pictures", "places", "source"],
    ["blackbox"],
    ["function"],
    ["calls"],
    ["__init__"],
    ["sheet"],
    ["cli", "web"],
    ["__main__"],
]
DOORS = {"cli", "web", "__main__"}

# Imported at the top of a module by nobody but these: they cost time, and some are extras.
HEAVY = {"numpy", "flint", "rich", "typer", "click", "sympy", "scipy", "matplotlib", "llvmlite", "optree", "symengine"}
HEAVY |= {"mpl_toolkits", "koreanize_matplotlib"}
HEAVY_AT_THE_TOP = {"cli": {"typer"}}

LEVEL = {room: level for level, rooms in enumerate(ROOMS) for room in rooms}


@dataclass(frozen=True)
class Import:
    module: str  # the importing one, from mibun on: "read.text"
    line: int
    target: str
    top: bool  # runs when the module is imported


def imports(path: Path, text: str | None = None) -> Iterator[Import]:
    """Every import of a module, those inside functions and those for the type checker included."""
    module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
    stack: list[tuple[ast.AST, bool]] = [(ast.parse(path.read_text(encoding="utf-8") if text is None else text), True)]
    while stack:
        node, top = stack.pop()
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, node.lineno, alias.name, top)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: write imports in full"
            assert node.module is not None
            for alias in node.names:
                # `from mibun import chain` imports mibun.chain; `from mibun.node import Node` mibun.node
                whole = f"{node.module}.{alias.name}"
                yield Import(module, node.lineno, whole if _is_module(whole) else node.module, top)
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _type_checking(node)
        stack += [(child, top and not inside) for child in ast.iter_child_nodes(node)]


def _is_module(name: str) -> bool:
    path = SOURCE.parent.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or path.is_dir()


def _type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def room_of(module: str) -> str:
    return module.partition(".")[0]


def wrong(found: Import) -> str | None:
    """What is wrong with an import, if anything is."""
    where, mine = f"{found.module}:{found.line} imports {found.target}", room_of(found.module)
    package, _, inner = found.target.partition(".")
    if package in HEAVY and found.top and package not in HEAVY_AT_THE_TOP.get(mine, set()):
        return f"{where} at its top"
    if package not in {"mibun", *HEAVY, *sys.stdlib_module_names}:
        return f"{where}, which is no dependency"
    if package != "mibun":
        return None
    theirs = room_of(inner) or "__init__"
    if theirs == mine:
        return None
    if theirs in DOORS and mine not in DOORS:
        return f"{where}: nothing imports the doors"
    return None if LEVEL[theirs] < LEVEL[mine] else f"{where}: against the order of the rooms"


MODULES = sorted(SOURCE.rglob("*.py"))


def test_every_room_has_its_place() -> None:
    assert {room_of(".".join(path.relative_to(SOURCE).with_suffix("").parts)) for path in MODULES} <= set(LEVEL)


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(SOURCE)) for path in MODULES])
def test_imports_go_one_way(path: Path) -> None:
    assert [problem for found in imports(path) if (problem := wrong(found))] == []


@pytest.mark.parametrize(
    ("module", "text", "complaint"),
    [
        ("node.py", "from mibun import ops", "against the order"),
        ("node.py", "def f():\n    from mibun.chain import push", "against the order"),
        ("read/text.py", "from mibun.write.notation import ascii", "against the order"),
        ("run/interpret.py", "from mibun.read import read", "against the order"),
        ("write/prose.py", "import mibun", "against the order"),
        ("function.py", "from mibun import cli", "doors"),
        ("run/interpret.py", "import numpy as np", "at its top"),
        ("rational.py", "if True:\n    from flint import fmpq", "at its top"),
        ("node.py", "import attrs", "no dependency"),
    ],
)
def test_a_wrong_import_is_seen(module: str, text: str, complaint: str) -> None:
    (problem,) = [problem for found in imports(SOURCE / module, text) if (problem := wrong(found))]
    assert complaint in problem


def test_importing_mibun_imports_nothing_heavy() -> None:
    program = f"import sys; sys.path.insert(0, {str(SOURCE.parent)!r}); import mibun; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert not HEAVY & {name.partition(".")[0] for name in run.stdout.split()}


def test_what_is_promised_is_there() -> None:
    assert list(mibun.__all__) == sorted(mibun.__all__)
    assert all(hasattr(mibun, name) for name in mibun.__all__)
    promised = {"function", "Function", "symbols", "MibunError", "ParseError", "DomainError", "NotDifferentiable"}
    assert promised | {"ShapeError", "UnsupportedOperation", "BudgetExceeded"} <= set(mibun.__all__)
    for name in mibun.__all__:
        assert getattr(mibun, name).__doc__, name


def test_every_interpreter_is_complete_over_the_operations() -> None:
    from mibun import fold
    from mibun.run import interpret
    from mibun.run.arrays import FUNCTIONS
    from mibun.write import notation

    assert set(fold.BUILDERS) == set(OPS)
    assert {*interpret.functions(), *interpret.CONSTANTS, *interpret.REFUSED, *FUNCTIONS, "symbol", "data"} == set(OPS)
    for alphabet in (notation.ASCII, notation.TEXT, notation.LATEX, notation.MATHML):
        assert set(alphabet.writers) == set(OPS)


def test_every_operation_can_be_read() -> None:
    from mibun.ops import apply, const, make, symbol
    from mibun.read import read
    from mibun.write import notation

    x, y = symbol("x"), symbol("y")
    for op in FORMULA.values():
        args = {1: (x,), 2: (x, y), 3: (make("lt", x, y), x, y)}.get(op.arity or 0, ())
        if op.name in ("and", "or", "not"):
            args = (make("lt", x, y), make("ge", y, x))[: op.arity]
        if op.name == "polygamma":
            args = (const(2), x)
        node = {"symbol": x, "const": const(3), "apply": apply("f", x)}.get(op.name) or make(op.name, *args)
        if op.kind == "predicate":
            node = make("where", node, x, y)
        assert read(notation.ascii(node)).node is node


def test_every_message_speaks_both_languages() -> None:
    for key, languages in MESSAGES.items():
        assert set(languages) == {"en", "ko"}, key
        assert all(sentence for sentence, _ in languages.values()), key
