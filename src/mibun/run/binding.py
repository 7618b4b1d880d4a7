"""Functions of Python's kind whose code stands somewhere in memory, and the forms in which values come out of them.

What is here is all that code from the disk needs; :mod:`mibun.run.calls` writes such code.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final, NamedTuple
from weakref import ref

FASTCALL: Final = 0x0080
KEYWORDS: Final = 0x0002
HEAD: Final = object.__basicsize__  # bytes of what every object begins with; its type is the last of it
ITEMS: Final = tuple.__basicsize__


class Form(NamedTuple):
    """What comes out: ``number`` (one value), ``array`` (of ``shape``), ``tuple``, or ``pair``: the first value, and
    the others as a tuple, or the only other one."""

    kind: str
    shape: tuple[int, ...] = ()


class Owner:
    """What a function is bound to. It holds what has to live as long: the code, mostly."""

    __slots__ = ("__weakref__", "held")

    def __init__(self, *held: Any) -> None:
        self.held = held


def builtin(address: int, name: str, text: str, owner: Owner, flags: int = FASTCALL | KEYWORDS) -> Any:
    """A function of Python's kind whose code stands at ``address``; ``owner`` is the object that it is bound to."""
    import ctypes

    class Definition(ctypes.Structure):  # PyMethodDef
        _fields_ = (
            ("name", ctypes.c_char_p),
            ("code", ctypes.c_void_p),
            ("flags", ctypes.c_int),
            ("text", ctypes.c_char_p),
        )

    definition = Definition(name.encode(), address, flags, text.encode())
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype, make.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)
    function = make(ctypes.byref(definition), owner, None)
    key = id(definition)

    def gone(_: object) -> None:
        _graves.append(_living.pop(key)[1])

    _living[key] = ref(function, gone), definition
    return function


# Python looks at a function's definition once more when it takes the function away. Where the collector of cycles does
# that, what an owner holds may be gone by then; so definitions are not held by owners, and stay for a while.
_living: Final[dict[int, tuple[ref[Any], Any]]] = {}
_graves: Final[deque[Any]] = deque(maxlen=256)
