"""What engineers call: ``grad`` and its family, over any Python function of numbers, arrays and nests of them.

Every transform is a way to make output nodes of a traced function's nodes; :mod:`mibun.transforms.derived` does the
rest: it traces, remembers the paths, and runs them.
"""

from mibun.transforms.batching import vmap
from mibun.transforms.first import grad, hvp, jvp, value_and_grad, vjp
from mibun.transforms.foreign import custom, implicit
from mibun.transforms.looping import scan, while_loop
from mibun.transforms.matrices import hessian, jacobian

__all__ = [
    "custom",
    "grad",
    "hessian",
    "hvp",
    "implicit",
    "jacobian",
    "jvp",
    "scan",
    "value_and_grad",
    "vjp",
    "vmap",
    "while_loop",
]
