"""Functions that write into an array."""

from __future__ import annotations

from typing import Any

from mibun.trace.functions.common import axis_of, numpy_function
from mibun.trace.traced import Traced


@numpy_function("copyto")
def _copyto(dst: Any, src: Any, casting: Any = None, where: Any = True) -> None:
    if where is True:
        dst[...] = src
    else:
        import numpy as np

        dst[...] = np.where(where, src, dst)


@numpy_function("fill")
def _fill(a: Any, value: Any) -> None:
    a[...] = value


@numpy_function("fill_diagonal")
def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    import numpy as np

    n = min(a.shape)
    places = np.arange(n)
    a[(places,) * a.ndim] = val


@numpy_function("put_along_axis")
def _put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    import numpy as np

    index = np.asarray(indices)
    axis = axis_of(axis, arr.ndim)
    grid = list(np.ogrid[tuple(slice(n) for n in index.shape)])
    grid[axis] = index
    arr[tuple(grid)] = values


@numpy_function("sort_in_place")
def _sort_in_place(a: Traced, axis: int = -1, kind: Any = None) -> None:
    import numpy as np

    a[...] = np.sort(a, axis)
