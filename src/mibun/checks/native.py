"""The route by machine code: held against balls where these tell, and elsewhere against the interpreter.

Code for arrays computes many numbers at once, and those that fill no whole vector in another way; code for floats is
another again. So the same points go through both, and through code in 32 bits, too. At the values that arithmetic has
besides ordinary numbers, and near the ends of its range, the interpreter says what there should be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from mibun.errors import UnsupportedOperation
from mibun.node import Node, postorder
from mibun.ops import symbol
from mibun.run import balls, interpret

Code = Callable[..., tuple[Any, ...]]
"""Machine code of several formulas, called with floats or with arrays of one type."""

PIECE: Final = 3  # points that fill no vector, or one of two numbers and no other
SPECIAL: Final = (0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 1e300, -1e300)
SPECIAL_SINGLE: Final = (0.0, -0.0, math.inf, -math.inf, math.nan, 1e-45, -1e-45, 1e37, -1e37)
CLOSE: Final = 1e-6  # what may differ, relative and absolute, where no one knows what rounding does
CLOSE_SINGLE: Final = 1e-2
SLACK: Final = 64  # times the rounding errors of balls


def code(nodes: Sequence[Node], names: Sequence[str]) -> Code | None:
    """Machine code of ``nodes``; ``None`` where there can be none."""
    from mibun.run import native

    try:
        kernel = native.kernel(nodes, names, "tuple", (), [False] * len(nodes))
        return native.compiled(kernel, "derivatives")
    except UnsupportedOperation:
        return None


class Difference(NamedTuple):
    """A special value at which code and interpreter differ: the values by name, of which derivative, what they say."""

    point: dict[str, float]
    which: int
    found: float
    wanted: float


def along(code: Code, columns: Sequence[Any]) -> list[Any]:
    """The values at all points, by code for arrays, as float64."""
    import numpy as np

    return [np.broadcast_to(np.asarray(value, dtype=float), len(columns[0])) for value in code(*columns)]


def in_pieces(code: Code, columns: Sequence[Any]) -> list[Any]:
    """The same, a few points at a time: they fill no whole vector."""
    import numpy as np

    starts = range(0, len(columns[0]), PIECE)
    parts = [along(code, [column[start : start + PIECE] for column in columns]) for start in starts]
    return [np.concatenate(values) for values in zip(*parts, strict=True)]


def differences(
    code: Code, nodes: Sequence[Node], names: Sequence[str], usual: Sequence[float]
) -> Iterator[Difference]:
    """Where code and interpreter differ if one variable has a special value and the others have their ``usual`` ones,
    in 64 bits and in 32."""
    import numpy as np

    from mibun.run.safe import safe

    forms = safe(nodes)  # what the code was made of
    program = interpret.program(forms, names)
    for kind, values, close in ((np.float64, SPECIAL, CLOSE), (np.float32, SPECIAL_SINGLE, CLOSE_SINGLE)):
        for i in range(len(names)):
            with np.errstate(all="ignore"):
                columns = [np.full(len(values), value, kind) for value in usual]
            columns[i] = np.array(values, kind)
            found = along(code, columns)
            wide = [column.astype(float) for column in columns]
            wanted = [np.broadcast_to(value, len(values)) for value in program(*wide)]
            narrow = wanted if kind is np.float64 else [np.broadcast_to(v, len(values)) for v in program(*columns)]
            for k, form in enumerate(forms):
                for j in range(len(values)):
                    references = float(wanted[k][j]), float(narrow[k][j])
                    if any(_alike(float(found[k][j]), reference, close) for reference in references):
                        continue
                    point = {name: float(column[j]) for name, column in zip(names, wide, strict=True)}
                    if not _explained(form, point, float(found[k][j]), references[0], kind):
                        yield Difference(point, k, float(found[k][j]), references[0])


def _alike(found: float, wanted: float, close: float) -> bool:
    if math.isnan(wanted):
        return math.isnan(found)
    return math.isclose(found, wanted, rel_tol=close, abs_tol=close)


def _explained(form: Node, point: dict[str, float], found: float, wanted: float, kind: Any) -> bool:
    """Whether rounding can explain a difference. Where some number on the way is too large or too small for its type,
    the order of operations decides what comes out; else balls of as many bits tell, or at infinities, roughly, the size
    of the numbers on the way."""
    import numpy as np
    from flint import arb

    limits = np.finfo(kind)
    small, large = float(limits.tiny) * 1e8, float(limits.max) / 1e8
    values: dict[Node, Any] = {symbol(name): np.float64(value) for name, value in point.items()}
    largest = 0.0
    with np.errstate(all="ignore"):
        for node in postorder(form):
            if node not in values:
                values[node] = interpret.evaluate(node, {arg: np.float64(values[arg]) for arg in node.args})
            if not node.args:
                continue
            value, args = float(values[node]), [float(values[arg]) for arg in node.args]
            ordinary = all(map(math.isfinite, args))
            if math.isfinite(value):
                if value and not small < abs(value) < large:
                    return True
                if not value and ordinary and node.op in _VANISHING and all(args):
                    return True
                largest = max(largest, abs(value))
            elif ordinary and not math.isnan(value) and 0 not in args:
                return True
    if not math.isfinite(found) or not math.isfinite(wanted):
        return False
    if not all(map(math.isfinite, point.values())):
        return abs(found - wanted) <= SLACK * float(limits.eps) * largest
    with balls.precision(limits.nmant + 1):
        rough = balls.evaluate(form, {name: arb(value) for name, value in point.items()})
        return not balls.known(rough) or abs(found - wanted) <= SLACK * float(arb(rough).rad())


_VANISHING: Final = ("mul", "div", "pow", "exp", "sech", "csch", "sigmoid", "softplus")  # 0 only where it is too small
