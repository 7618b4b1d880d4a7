"""Where the functions stand that compiled code calls: in Python, in NumPy, in the C library, or here.

The C library has no polygamma function, and Python's ``digamma`` of :mod:`mibun.run.special` is the one that counts:
compiled code calls it back.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, Final

from mibun.run import special

CALLED_BACK: Final[dict[str, tuple[Callable[..., float], int]]] = {
    "mibun_lgamma": (special.lgamma, 1),
    "mibun_digamma": (special.digamma, 1),
    "mibun_polygamma": (special.polygamma, 2),
}
"""Functions of floats that are Python's, and how many arguments they take: slow, and right."""

_NUMPY_TYPES: Final = {"mibun_float64": "float64", "mibun_float32": "float32"}  # NumPy has one object of each
_OBJECTS: Final = {"_Py_NoneStruct": None, "_Py_FalseStruct": False, "PyFloat_Type": float}
_PYARRAY_NEW: Final = 93  # the place in NumPy's table of functions


@cache
def address(name: str) -> int:
    """Where ``name`` stands. ``LookupError`` if there is none."""
    import ctypes

    if name == "PyArray_Type":
        import numpy as np

        return id(np.ndarray)
    if name in _NUMPY_TYPES:
        import numpy as np

        return id(np.dtype(_NUMPY_TYPES[name]))
    if name == "PyArray_New":
        return _of_numpy(_PYARRAY_NEW)
    if name in CALLED_BACK:
        return _address(_callback(name))
    if name in _OBJECTS:
        return id(_OBJECTS[name])
    if name == "mibun_settings":
        from mibun.run import walk

        return ctypes.addressof(walk.settings())
    if name.startswith("Py"):
        return _address(getattr(ctypes.pythonapi, name))
    for library in ("libmvec.so.1",) if name.startswith("_ZGV") else (None, "libm.so.6", "libm.dylib", "ucrtbase.dll"):
        try:
            return _address(getattr(_library(library), name))
        except (AttributeError, OSError):
            continue
    raise LookupError(name)


@cache
def exists(name: str) -> bool:
    try:
        return address(name) != 0
    except LookupError:
        return False


def _address(function: Any) -> int:
    import ctypes

    return ctypes.cast(function, ctypes.c_void_p).value or 0


@cache
def _library(name: str | None) -> Any:
    import ctypes

    return ctypes.CDLL(name)


@cache
def _callback(name: str) -> Any:
    import ctypes

    function, count = CALLED_BACK[name]
    return ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_double] * count)(function)


def _of_numpy(place: int) -> int:
    import ctypes

    try:
        numpy_core = import_module("numpy._core._multiarray_umath")
    except ImportError:  # before NumPy 2
        numpy_core = import_module("numpy.core._multiarray_umath")
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    table = get(numpy_core._ARRAY_API, None)
    return ctypes.c_void_p.from_address(table + place * ctypes.sizeof(ctypes.c_void_p)).value or 0
