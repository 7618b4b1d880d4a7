"""What a function's machine code is called through, and how a function comes to have some.

Code takes floats; all else that a call may hold goes through an *owner*, the object that the code is bound to:
:class:`Compiled` for what ``f.compile()`` returns, a :class:`Forward` for the function itself.
"""

from __future__ import annotations

import keyword
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import ref

from mibun.errors import ShapeError, UnsupportedOperation
from mibun.node import Node
from mibun.run import interpret, memory
from mibun.run.binding import Form, Owner
from mibun.run.kernel import Kernel
from mibun.run.tiers import Tiered, is_array


def kernel(
    nodes: Sequence[Node], names: Sequence[str], kind: str, shape: tuple[int, ...], continued: Sequence[bool]
) -> Kernel:
    return Kernel(nodes, names, Form(kind, shape), continued)


class Forward(Owner):
    """Passes on to an object that lives on its own: the function that holds the code."""

    __slots__ = ("_kernel", "_target")

    def __init__(self, target: Any, kernel: Kernel) -> None:
        super().__init__()
        self._target = ref(target)
        self._kernel = kernel

    def __call__(self, /, *args: Any, out: Any = None, **named: Any) -> Any:
        found = shortly(self._kernel, args, out) if not named else None
        if found is not None:
            return found
        target = self._target()
        assert target is not None  # who calls holds it
        return target._evaluate(args, out, named)


class Compiled(Owner):
    """The values of a kernel for whatever a call may hold: numbers of any kind as floats, arrays, names, ``out=``.

    Python's own errors for wrong arguments: ``TypeError`` for a wrong number of them, or for one that is no number.
    """

    __slots__ = ("_again", "kernel", "name")

    def __init__(self, kernel: Kernel, name: str) -> None:
        super().__init__()
        self.kernel = kernel
        self.name = name
        self._again: Callable[[], Any] = lambda: None

    def __call__(self, /, *args: Any, out: Any = None, **named: Any) -> Any:
        found = shortly(self.kernel, args, out, single=True) if not named else None
        if found is not None:
            return found
        values = self._bound(args, named)
        if any(map(is_array, values)):
            return along(self.kernel, values, out, single=_all_single(values))
        function = self._again()
        if function is None or all(type(value) is float for value in values):
            found = looked_at_again(self.kernel, [*map(_float, values)])
        else:
            found = function(*map(_float, values))
        return found if out is None else delivered(self.kernel, found, out)

    def _bound(self, args: tuple[Any, ...], named: Mapping[str, Any]) -> list[Any]:
        names = self.kernel.names
        if not named and len(args) == len(names):
            return [*args]
        plural = "" if len(names) == 1 else "s"
        if len(args) > len(names):
            raise TypeError(f"{self.name}() takes {len(names)} positional argument{plural} but {len(args)} were given")
        values = dict(zip(names, args, strict=False))
        for name, value in named.items():
            if name not in names:
                raise TypeError(f"{self.name}() got an unexpected keyword argument {name!r}")
            if name in values:
                raise TypeError(f"{self.name}() got multiple values for argument {name!r}")
            values[name] = value
        missing = [name for name in names if name not in values]
        if missing:
            plural = "" if len(missing) == 1 else "s"
            raise TypeError(
                f"{self.name}() missing {len(missing)} required positional argument{plural}: "
                f"{', '.join(map(repr, missing))}"
            )
        return [values[name] for name in names]


def shortly(kernel: Kernel, args: tuple[Any, ...], out: Any, *, single: bool = False) -> Any:
    """What the kernel's short way for arrays makes of a call; ``None`` if that is none for it. ``single`` is whether
    arrays of float32 are computed with 32 bits."""
    entries = kernel.entries[False] + kernel.entries[True] if single else kernel.entries[False]
    if not entries or len(args) != len(kernel.names):
        return None
    given = args
    if out is not None:
        outs = _flat(kernel, out)
        if kernel.form.kind == "array" or len(outs) != len(kernel.nodes):
            return None
        given = (*args, *outs)
    for entry in entries:
        found = entry(*given)
        if found is not None:
            return None if found is False else found if out is None else out
    return None


def _float(value: Any) -> float:
    if type(value) is int:
        return interpret._float(value)  # one that is too large is infinite
    math.fabs(value)  # complains in Python's words about what is no real number
    return float(value)


def compiled(kernel: Kernel, name: str) -> Callable[..., Any]:
    """The kernel as a function of Python's kind."""
    owner = Compiled(kernel, name)
    names = [f"{one}_" if keyword.iskeyword(one) else one for one in kernel.names]
    text = f"{name}({', '.join([*names, 'out=None'])})\n--\n\nMachine code of a formula, made by mibun."
    function = kernel.builtin(name, text, owner)
    owner._again = ref(function)
    return function


def install(function: Tiered, kernel: Kernel) -> None:
    """Give a function its code. What the code does not take itself goes to the function's ``_evaluate``."""
    function._native = kernel.builtin(function._name, "", Forward(function, kernel))


def _all_single(values: Sequence[Any]) -> bool:
    """Whether NumPy would compute with 32 bits: numbers adapt to arrays."""
    return all(getattr(value, "dtype", None) == "float32" for value in values if is_array(value))


def delivered(kernel: Kernel, found: Any, out: Any) -> Any:
    """``out`` with the value of floats in it: of each number an array without axes."""
    places, values = _flat(kernel, out), _flat(kernel, found)
    if len(places) != len(values):
        raise ShapeError("out_tuple", count=len(values), given=f"tuple[{len(places)}]")
    for place, value in zip(places, values, strict=True):
        interpret.deliver(value, place)
    return out


def looked_at_again(kernel: Kernel, values: Sequence[float]) -> Any:
    """The value by the interpreter: where code has found no number, there may be one beyond the real line."""
    named = dict(zip(kernel.names, values, strict=True))
    results = interpret.call_all(kernel.nodes, named, kernel.continued)
    if kernel.form.kind == "array":
        return interpret.stack(results, kernel.form.shape, False)
    return arranged(kernel, results)


def arranged(kernel: Kernel, results: Sequence[Any]) -> Any:
    """Several values as the kernel's form says."""
    kind = kernel.form.kind
    if kind == "number":
        return results[0]
    if kind == "tuple":
        return tuple(results)
    return results[0], results[1] if len(results) == 2 else tuple(results[1:])


def along(kernel: Kernel, values: Sequence[Any], out: Any = None, *, single: bool = False) -> Any:
    """The values along arrays, in the kernel's form; the components of an ``array`` come first in its shape."""
    import numpy as np

    given = [_real(name, value, single) for name, value in zip(kernel.names, values, strict=True)]
    shape = interpret._common_shape([np.shape(value) for value in given])
    dtype = np.dtype(np.float32 if single else np.float64)
    if kernel.form.kind == "array":
        wanted = kernel.form.shape + shape
        if out is not None:
            interpret.fitting(out, wanted, dtype)
            kernel.arrays(given, shape, single, [out[place] for place in np.ndindex(kernel.form.shape)])
            return out
        whole = memory.empty(wanted, dtype)
        kernel.arrays(given, shape, single, [whole[place] for place in np.ndindex(kernel.form.shape)])
        return whole
    outs = None
    if out is not None:
        outs = [interpret.fitting(one, shape, kernel.dtype(i, single)) for i, one in enumerate(_flat(kernel, out))]
    results = kernel.arrays(given, shape, single, outs)
    return arranged(kernel, results) if out is None else out


def _real(name: str, value: Any, single: bool) -> Any:
    import numpy as np

    if type(value) is np.ndarray and value.dtype in (np.float64, np.float32):
        return value
    if hasattr(value, "mask") and hasattr(value, "filled"):  # NumPy would take what lies behind the mask
        raise UnsupportedOperation("masked", name=name)
    if isinstance(value, np.ndarray | list | tuple):
        return interpret._real(name, value)
    return _float(value)


def _flat(kernel: Kernel, out: Any) -> list[Any]:
    if kernel.form.kind in ("number", "array"):
        return [out]
    if not isinstance(out, tuple):
        raise ShapeError("out_tuple", count=len(kernel.nodes), given=type(out).__name__)
    if kernel.form.kind == "pair" and len(out) == 2 and isinstance(out[1], tuple):
        return [out[0], *out[1]]
    return [*out]
