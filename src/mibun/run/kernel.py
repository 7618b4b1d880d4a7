"""Machine code for some nodes: made when it is first needed, called with floats or along arrays.

A :class:`Kernel` is the code of one or several nodes for given variables. Calls with floats are one function of
Python's kind (:mod:`mibun.run.calls`); along arrays there is code for every combination of which values are arrays and
which are single numbers (:mod:`mibun.run.sweep`). Both come from the disk if they were made before.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from mibun.errors import UnsupportedOperation
from mibun.node import Node, postorder
from mibun.ops import BOOL
from mibun.run import binding, interpret, loader, store, symbols
from mibun.run.analytic import has_root_of_negative
from mibun.run.binding import Form
from mibun.run.machine import LIGHT, LONG, PAYS, Machine, machine

if TYPE_CHECKING:
    from mibun.run import llvm

Kind = tuple[bool, tuple[bool, ...]]
"""Of code along arrays: whether it takes numbers of 32 bits, and which of the values are single numbers."""

LEVEL: Final = 2  # how hard LLVM tries, from 0 to 3
LARGE, HUGE = 3000, 30_000  # operations beyond which it tries less hard; and beyond which hardly, for arrays

_living: Final[WeakValueDictionary[str, loader.Loaded]] = WeakValueDictionary()  # by what they were made of
_making: Final = Lock()
if hasattr(os, "register_at_fork"):  # LLVM must not be at work: in the new process, no one would end that
    os.register_at_fork(before=_making.acquire, after_in_parent=_making.release, after_in_child=_making.release)


def code(content: str, text: Callable[[], str] | None, target: Machine, level: int = LEVEL) -> loader.Loaded | None:
    """Code for what ``content`` describes: what is in memory already, else from the disk, else made of LLVM's
    ``text()``, if that is given.

    ``ImportError`` without LLVM.
    """
    name = store.key(content, target, level)
    found = _living.get(name)
    if found is not None:
        return found
    image = store.load(name)
    if image is not None:
        with suppress(LookupError):  # another system, at the same home, may have had functions that this one lacks
            return _living.setdefault(name, loader.Loaded(image, _address))
    if text is None:
        return None
    written = text()
    with _making:
        found = _living.get(name)
        if found is not None:  # another thread was faster
            return found
        image = loader.compile(written, target, level)
    store.save(name, image)
    return _living.setdefault(name, loader.Loaded(image, _address))


def _address(name: str) -> int:
    return shared().address("arrays") if name == "mibun_arrays" else symbols.address(name)


@cache
def shared() -> loader.Loaded:
    """The code around kernels. It stays to the end of the process."""
    import ctypes

    def text() -> str:
        from mibun.run import drive

        return drive.text()

    found = code("drive", text, machine(), level=1)
    assert found is not None
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(found))  # a helper that begins late may be in it to the very end
    return found


class Kernel:
    """``nodes`` as functions of ``names``. ``form`` says how several values come out of a call with floats.

    ``continued``: for each node whether :mod:`mibun.run.analytic` is to be asked where it is no number.
    ``UnsupportedOperation`` for nodes that there is no code for, see :class:`mibun.run.llvm.Graph`.
    """

    __slots__ = (
        "__weakref__",
        "_call",
        "_graph",
        "_order",
        "_sweeps",
        "_text",
        "continued",
        "entries",
        "form",
        "lines",
        "machine",
        "names",
        "nodes",
        "size",
    )

    def __init__(self, nodes: Sequence[Node], names: Sequence[str], form: Form, continued: Sequence[bool]) -> None:
        self.nodes = tuple(nodes)
        self.names = tuple(names)
        self.form = form
        self.continued = tuple(
            [flag and node.dtype != BOOL and bool(node.args) for flag, node in zip(continued, nodes, strict=True)]
        )
        for node, flag in zip(nodes, self.continued, strict=True):
            if flag and has_root_of_negative(node):
                raise UnsupportedOperation("not_native_root")
        self.machine = machine()
        self._order: list[Node] | None = postorder(*self.nodes)
        self.size = len(self._order)
        self.lines = self.size + 8 * (len(self.nodes) + len(self.names))
        self._text = ""
        self._graph: llvm.Graph | None = None
        self._call: loader.Loaded | None = None
        self._sweeps: dict[tuple[Kind, bool], Sweep] = {}
        self.entries: dict[bool, tuple[Callable[..., Any], ...]] = {False: (), True: ()}  # the short ways, by precision

    @property
    def content(self) -> str:
        """What is compiled, as text, the same for the same only."""
        if self._order is not None:
            self._text = "\n".join([repr((self.names, self.form, self.continued)), _written(self._order, self.nodes)])
            self._order = None
        return self._text

    @property
    def graph(self) -> llvm.Graph:
        if self._graph is None:
            from mibun.run import llvm
            from mibun.run.safe import safe

            self._graph = llvm.Graph(safe(self.nodes), self.names)
        return self._graph

    def call(self, make: bool = True) -> loader.Loaded | None:
        """The code for floats; without ``make``, only if there is some already."""
        if self._call is None:

            def text() -> str:
                from mibun.run import calls

                return calls.text(self.graph, self.form, self.continued)

            level = 1 if self.lines > LARGE else LEVEL
            self._call = code(f"call\n{self.content}", text if make else None, self.machine, level)
        return self._call

    def builtin(self, name: str, text: str, owner: binding.Owner) -> Callable[..., Any]:
        """A function of Python's kind for floats, which passes on to ``owner`` what it does not take itself."""
        loaded = self.call()
        assert loaded is not None
        owner.held = (loaded,)
        return binding.builtin(loaded.address("call"), name, text, owner)  # type: ignore[no-any-return]

    def kind(self, values: Mapping[str, Any], single: bool = False) -> Kind:
        """Which code along arrays ``values`` need; a value that is missing is a number."""
        import numpy as np

        given = [values.get(name, 0.0) for name in self.names]
        return single, tuple([type(value) is float or np.size(value) == 1 for value in given])

    def has(self, kind: Kind) -> bool:
        return (kind, False) in self._sweeps

    def sweep(self, kind: Kind, streamed: bool = False) -> Sweep:
        """The code along arrays; ``streamed`` for results that no cache can hold."""
        found = self._sweeps.get((kind, streamed))
        if found is None:

            def text() -> str:
                from mibun.run import sweep

                return sweep.text(self.graph, self.machine, *kind, self.continued, self.form, self.most(kind), streamed)

            content = f"sweep {kind} {streamed} {self.most(kind)} {PAYS}\n{self.content}"
            level = 0 if self.lines > HUGE else 1 if self.lines > LARGE else LEVEL
            loaded = code(content, text, self.machine, level)
            assert loaded is not None
            found = self._sweeps[kind, streamed] = Sweep(loaded)
        return found

    def most(self, kind: Kind) -> int:
        """Up to how many elements results are written as usual; beyond that they are streamed, where they can be."""
        single, uniform = kind
        if self.size > LIGHT:
            return 2**62
        return LONG // ((len(self.nodes) + uniform.count(False)) * (4 if single else 8))

    def dtype(self, i: int, single: bool) -> Any:
        """The type of the numbers in the array of the i-th node."""
        import numpy as np

        return np.dtype(np.bool_ if self.nodes[i].dtype == BOOL else np.float32 if single else np.float64)

    def arrays(
        self, given: Sequence[Any], shape: tuple[int, ...], single: bool = False, outs: Sequence[Any] | None = None
    ) -> list[Any]:
        """The value of each node, as arrays of ``shape``, to which the values ``given``, numbers and arrays, broadcast.

        ``outs`` are written to, if given: arrays of that shape, and of the right types.
        """
        import numpy as np

        from mibun.run.walk import Walk

        item = np.dtype(np.float32 if single else np.float64)
        values = [np.asarray(value, item) for value in given]
        uniform = tuple([value.size == 1 for value in values])
        walk = Walk(values, shape)
        types = [self.dtype(i, single) for i in range(len(self.nodes))]
        results = [walk.empty(dtype) for dtype in types] if outs is None else [*outs]
        watched = any(self.continued)
        direct: list[Any] = []
        for out, dtype in zip(results, types, strict=True):
            apart = outs is None or not (overlaps(out, values, watched) or overlaps(out, direct, True))
            direct.append(out if apart else walk.empty(dtype))
        kind = single, uniform
        vector = (self.machine.singles * 4) if single else self.machine.doubles * 8
        streamed = walk.count > self.most(kind) and walk.streams(direct, vector)
        sweep = self.sweep(kind, streamed)
        bad = False
        if walk.count:
            given = [float(value.item()) if one else value for value, one in zip(values, uniform, strict=True)]
            found = sweep.entry(*given, *direct)
            bad = walk.run(sweep, direct, vector if streamed else 0) if found is None else found is False
        if bad and watched:
            for i, (node, flag) in enumerate(zip(self.nodes, self.continued, strict=True)):
                if flag:
                    direct[i][...] = interpret._continued(node, direct[i], self.names, values)
        for out, found in zip(results, direct, strict=True):
            if out is not found:
                out[...] = found
        both = [self._sweeps.get((kind, past)) for past in (False, True)]
        self.entries[single] = tuple([one.entry for one in both if one is not None])
        return results


def _written(order: Sequence[Node], roots: Sequence[Node]) -> str:
    """A graph as text, the same for the same graph only."""
    place = {node: i for i, node in enumerate(order)}
    rows = [f"{n.op} {[place[arg] for arg in n.args]} {_plain(n.attrs)} {n.shape} {n.dtype}" for n in order]
    return "\n".join([*rows, repr([place[root] for root in roots])])


def _plain(attrs: Any) -> str:
    """Digits of a large number would take long, and Python refuses to write them."""
    if isinstance(attrs, int):
        return hex(attrs)
    if isinstance(attrs, Fraction):
        return f"{attrs.numerator:x}/{attrs.denominator:x}"
    return repr(attrs)


def overlaps(out: Any, values: Sequence[Any], wholly: bool) -> bool:
    """Whether writing to ``out`` would change a value before it is read; with ``wholly``, at any time."""
    import numpy as np

    return any(
        np.may_share_memory(out, value)
        and (wholly or (out.ctypes.data, out.shape, out.strides) != (value.ctypes.data, value.shape, value.strides))
        for value in values
    )


class Sweep:
    """Code along arrays: where ``run`` stands, what an element costs in nanoseconds, and the short way in."""

    __slots__ = ("cost", "entry", "run")

    def __init__(self, loaded: loader.Loaded) -> None:
        import ctypes

        self.run = loaded.address("run")
        self.cost = ctypes.CFUNCTYPE(ctypes.c_double)(loaded.address("cost"))()
        owner = binding.Owner(loaded)
        self.entry = binding.builtin(loaded.address("enter"), "arrays", "", owner, binding.FASTCALL)
