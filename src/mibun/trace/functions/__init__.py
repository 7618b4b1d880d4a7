"""NumPy's functions over traced arrays: each is read as operations of the graph.

A function in these modules bears NumPy's arguments, takes stand-ins, arrays and numbers, and gives nodes; it is
registered under NumPy's name. ``dispatch`` finds it by the NumPy function that was called.
"""

from mibun.trace.functions import choosing, linalg, order, products, reductions, shapes, writing
from mibun.trace.functions.common import FUNCTIONS
from mibun.trace.functions.dispatch import call_function, call_ufunc, method

__all__ = [
    "FUNCTIONS",
    "call_function",
    "call_ufunc",
    "choosing",
    "linalg",
    "method",
    "order",
    "products",
    "reductions",
    "shapes",
    "writing",
]
