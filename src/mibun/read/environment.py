"""What a Python function reads besides its arguments, remembered, so that one can tell later whether it still holds.

A traced function is not called again: its recorded graph is replayed. That is right as long as everything the function
reads is what it was, and calling it does nothing but return a value. :func:`snapshot` walks the function's code and the
objects that it reaches, and keeps what it finds; :meth:`Snapshot.unchanged` compares.

Three decisions keep the walk small and on the safe side.

Code is read for names only. A name that some reached code reads or writes as an attribute counts as read in every
user's module, class and instance that is reached, whichever of them is meant. More is watched than needed, never less.

What the function changes is not looked for in its code: whoever traces asks ``unchanged()`` once more right after the
call. A function that fills a list, counts its calls or keeps its last result has by then changed what it reads.

What cannot be seen through (a random generator, an iterator, a file, an object that keeps its state in C) makes the
function unknown: no snapshot, and no replay. NumPy, SciPy, mibun and a list of modules of the standard library are
trusted to depend on their arguments alone.
"""

from __future__ import annotations

import dis
import functools
import importlib
import importlib.util
import re
import struct
import sys
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from operator import is_
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

ENTRIES: Final = 1_000  # values looked at, elements of containers included
BYTES: Final = 64 << 20  # of arrays, in all
INSTRUCTIONS: Final = 50_000  # of code
_PIECE: Final = 1 << 16  # bytes of an array compared at a time: both sides stay in the cache


class _Missing:
    """The value of a name that is not there."""


class _Unknown(Exception):
    """What the function depends on cannot be known."""


# Whom to trust


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TRUSTED: Final = _words("numpy scipy mibun")
_PURE: Final = _words(  # of the standard library
    """
    __future__ _bisect _collections _collections_abc _functools _heapq _operator abc bisect builtins cmath collections
    contextlib copy dataclasses decimal enum fractions functools heapq itertools math numbers operator re reprlib
    statistics string struct types typing
    """
)
_IMPURE: Final = _words(
    """
    builtins.__import__ builtins.breakpoint builtins.compile builtins.eval builtins.exec builtins.globals
    builtins.id builtins.input builtins.open builtins.print
    numpy.fromfile numpy.fromregex numpy.genfromtxt numpy.load numpy.loadtxt numpy.memmap numpy.random numpy.save
    numpy.savetxt numpy.savez numpy.savez_compressed numpy.set_printoptions numpy.setbufsize numpy.seterr
    numpy.seterrcall
    scipy.cluster.vq.kmeans scipy.cluster.vq.kmeans2 scipy.datasets scipy.io scipy.optimize.basinhopping
    scipy.optimize.differential_evolution scipy.optimize.dual_annealing scipy.sparse.rand scipy.sparse.random
    scipy.sparse.random_array scipy.stats.bootstrap scipy.stats.monte_carlo_test scipy.stats.permutation_test
    scipy.stats.qmc
    """
)
# These read attributes whose names do not stand in the code.
_DYNAMIC: Final = _words(
    """
    builtins.delattr builtins.dir builtins.getattr builtins.hasattr builtins.setattr builtins.vars copy.copy
    copy.deepcopy dataclasses.asdict dataclasses.astuple dataclasses.fields dataclasses.replace operator.attrgetter
    operator.methodcaller
    """
)
_MAKERS: Final = _words(
    "builtins.type copy.copy copy.deepcopy dataclasses.replace"
)  # these make an instance of a class
_DYNAMIC_NAMES: Final = _words("__dict__ __getattribute__ __setattr__ __delattr__ __slots__ format format_map")
# Doors to everything.
_OPEN_NAMES: Final = _words("__builtins__ __globals__ __subclasses__ cr_frame f_back f_globals gi_frame tb_frame")
# What trusted code reads of an object that is handed to it; the last three are those of an enum.
_PROTOCOLS: Final = _words(
    """
    shape dtype ndim size T real imag keys items values tolist toarray matvec rmatvec matmat rmatmat adjoint
    _value_ _name_ _member_map_
    """
)
# Methods that run only when an instance or a subclass is made, copied or dropped.
_MAKING: Final = _words(
    """
    __init__ __new__ __post_init__ __init_subclass__ __class_getitem__ __set_name__ __prepare__ __del__ __reduce__
    __reduce_ex__ __getstate__ __setstate__ __getnewargs__ __getnewargs_ex__ __copy__ __deepcopy__ __dir__ __sizeof__
    """
)
_BARE: Final = _words("abc builtins collections.abc enum typing")
_OWN: Final = _words("mibun.function.Function mibun.node.Node")  # immutable
_HERE: Final = str(Path(__file__).parents[1])


def _trusted(module: object) -> bool:
    """Whether a module is trusted; a user's is not. ``_Unknown`` for one that is known to depend on other things."""
    if not isinstance(module, str):
        return False
    root = module.partition(".")[0]
    if root in _PURE or root in _TRUSTED:
        _permit(module)
        return True
    if root in sys.stdlib_module_names:
        raise _Unknown(module)
    return False


def _permit(name: str) -> None:
    """``_Unknown`` for a name whose value is known to depend on other things, or a part of such a one."""
    while name:
        if name in _IMPURE:
            raise _Unknown(name)
        name = name.rpartition(".")[0]


def _permit_member(module: str, name: str) -> None:
    """The same for what a module defines, which users may know by the name of a package above it."""
    public = [part for part in module.split(".") if not part.startswith("_")]
    for home in (module, ".".join(public), module.partition(".")[0]):
        _permit(f"{home}.{name}")


# What code reads


@dataclass(slots=True)
class _Reads:
    """Names in one code object and in those inside it."""

    globals: set[tuple[str, ...]] = field(default_factory=set)  # dotted as far as attributes follow: np, linalg, norm
    cells: set[tuple[str, ...]] = field(default_factory=set)  # the same for variables of enclosing functions
    names: set[str] = field(default_factory=set)  # attributes read or written
    stored: set[str] = field(default_factory=set)  # attributes written
    assigned: set[str] = field(default_factory=set)  # variables of enclosing functions that are written
    imports: set[tuple[str, int]] = field(default_factory=set)  # module, level
    operations: set[str] = field(default_factory=set)
    length: int = 0

    def merge(self, inner: _Reads) -> None:
        for name in ("globals", "cells", "names", "stored", "assigned", "imports", "operations"):
            getattr(self, name).update(getattr(inner, name))
        self.length += inner.length


_GLOBAL: Final = _words("LOAD_GLOBAL LOAD_NAME LOAD_FROM_DICT_OR_GLOBALS")
_CELL: Final = _words("LOAD_DEREF LOAD_CLASSDEREF LOAD_FROM_DICT_OR_DEREF")
_ATTRIBUTE: Final = _words("LOAD_ATTR LOAD_METHOD")
_OTHER_READ: Final = _words("LOAD_SUPER_ATTR IMPORT_FROM")
_STORE: Final = _words("STORE_ATTR DELETE_ATTR")
_ASSIGN: Final = _words("STORE_DEREF DELETE_DEREF")

_WRITES_GLOBAL: Final = _words("STORE_GLOBAL DELETE_GLOBAL")

_analyses: WeakKeyDictionary[types.CodeType, _Reads] = WeakKeyDictionary()


def _reads(code: types.CodeType) -> _Reads:
    found = _analyses.get(code)
    if found is None:
        found = _analyses[code] = _analyse(code)
    return found


def _analyse(code: types.CodeType) -> _Reads:
    reads = _Reads()
    chain: list[str] = []
    dotted = reads.globals
    loaded: deque[Any] = deque([0, None], maxlen=2)  # what an import takes: its level and its names
    for step in dis.get_instructions(code):
        operation, name = step.opname, step.argval
        reads.length += 1
        if operation == "EXTENDED_ARG":
            continue
        if operation in _ATTRIBUTE:
            reads.names.add(name)
            if chain:
                chain.append(name)
            continue
        if chain:
            dotted.add(tuple(chain))
            chain = []
        if operation in _GLOBAL:
            chain, dotted = [name], reads.globals
        elif operation in _CELL:
            chain, dotted = [name], reads.cells
        elif operation in _OTHER_READ:
            reads.names.add(name)
        elif operation in _STORE:
            reads.names.add(name)
            reads.stored.add(name)
        elif operation in _ASSIGN:
            reads.assigned.add(name)
        elif operation == "IMPORT_NAME":
            reads.imports.add((name, loaded[0]))
        reads.operations.add(operation)
        loaded.append(name)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            reads.merge(_reads(constant))
    free = set(code.co_freevars)  # the variables of this function's own are no environment
    reads.cells = {names for names in reads.cells if names[0] in free}
    reads.assigned &= free
    return reads


# Comparing

Fetch = Callable[[Any, Any, Any], Any]
Reader = Callable[[Any], Iterable[Any]]


class Snapshot:
    """What a function read. It keeps these objects alive, the function among them if it calls itself."""

    __slots__ = ("_absent", "_arrays", "_contents", "_lookups")

    def __init__(self, survey: _Survey) -> None:
        self._lookups = tuple(survey.lookups.values())
        self._contents = tuple(survey.contents)
        self._arrays = tuple(survey.arrays)
        self._absent = tuple(survey.absent)

    def unchanged(self) -> bool:
        """Whether the function would read the same now. ``False`` where that cannot be told."""
        try:
            for fetch, owner, key, before in self._lookups:
                now = fetch(owner, key, _Missing)
                if now is not before and not _alike(now, before):
                    return False
            for reader, container, items in self._contents:
                if not _same_contents(reader, container, items):
                    return False
            for mapping, names in self._absent:
                if not mapping.keys().isdisjoint(names):
                    return False
            return all(_same_array(*check) for check in self._arrays) if self._arrays else True
        except Exception:
            return False


def snapshot(fn: Any, *others: Any) -> Snapshot | None:
    """What ``fn`` reads besides its arguments, as it is now; ``None`` where it cannot be known, or where calling ``fn``
    is known to have effects. ``others`` are objects that it gets as arguments: what it may read of them counts as well.

    >>> rate = [0.1]
    >>> seen = snapshot(lambda x: rate[0] * x)
    >>> seen.unchanged()
    True
    >>> rate[0] = 0.2
    >>> seen.unchanged()
    False
    """
    try:
        survey = _Survey()
        survey.walk(fn, *others)
        return Snapshot(survey)
    except Exception:  # whatever is wrong with an object, it is not known then
        return None


def _bits(value: float) -> bytes:
    return struct.pack("<d", value)


# Immutable values that are compared by what they are, floats by their bits: 0.0 is not -0.0, NaN is itself.
_EXACT: Final[dict[type, Callable[[Any], Any]]] = {
    int: int,
    bool: bool,
    float: _bits,
    complex: lambda value: (_bits(value.real), _bits(value.imag)),
    str: str,
    bytes: bytes,
    range: lambda value: value,
    Fraction: lambda value: value,
    Decimal: lambda value: value.as_tuple(),
}


def _alike(now: Any, before: Any) -> bool:
    """Whether two values, perhaps different objects, can never be told apart."""
    if now is before:
        return True
    kind = type(before)
    if type(now) is not kind:
        return False
    if kind in _EXACT:
        exact = _EXACT[kind]
        return bool(exact(now) == exact(before))
    if kind is tuple:
        return len(now) == len(before) and all(map(_alike, now, before))
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(before, numpy.generic) and not isinstance(before, numpy.void):
        return bool(now.dtype == before.dtype) and now.tobytes() == before.tobytes()
    return False


def _same_contents(reader: Reader, container: Any, before: tuple[Any, ...]) -> bool:
    now = tuple(reader(container))
    if len(now) != len(before):
        return False
    return all(map(is_, now, before)) or all(map(_alike, now, before))


def _same_array(array: Any, shape: tuple[int, ...], dtype: Any, before: tuple[bytes, ...]) -> bool:
    if array.shape != shape or array.dtype is not dtype:
        return False
    return all(piece.tobytes() == bytes_ for piece, bytes_ in zip(_pieces(array), before, strict=True))


def _pieces(array: Any) -> Iterator[Any]:
    if array.nbytes <= _PIECE or array.ndim == 0:
        yield array
        return
    rows = max(1, _PIECE * len(array) // array.nbytes)
    for start in range(0, len(array), rows):
        yield array[start : start + rows]


def _state(owner: Any, kind: Any, _default: Any) -> Any:
    """The attributes of an instance, ``None`` if it has only slots, if it is still of the class ``kind``."""
    return _attributes(owner) if type(owner) is kind else _Missing


def _attributes(value: Any) -> Any:
    try:
        return object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None


def _keys(mapping: Mapping[str, Any]) -> Iterable[str]:
    return mapping.keys()


def _count(owner: Any, _key: Any, _default: Any) -> int:
    return len(owner)


def _slot(owner: Any, descriptor: Any, default: Any) -> Any:
    try:
        return descriptor.__get__(owner)
    except AttributeError:
        return default


# Walking

# How to read what an instance of a built-in type, or of a subclass of it, holds.
_CONTENTS: Final[dict[type, tuple[Reader, ...]]] = {
    list: (list.__iter__,),
    dict: (dict.__iter__, dict.values),
    defaultdict: (dict.__iter__, dict.values),
    OrderedDict: (OrderedDict.__iter__, dict.values),
    set: (set.__iter__,),
    deque: (deque.__iter__,),
    types.MappingProxyType: (types.MappingProxyType.keys, types.MappingProxyType.values),
    tuple: (tuple.__iter__,),
    frozenset: (frozenset.__iter__,),
    **dict.fromkeys((int, float, complex, str, bytes), ()),
}
_FROZEN: Final = frozenset([tuple, frozenset])
_ATOMS: Final = frozenset(
    [
        *_EXACT,
        type(None),
        type(...),
        type(NotImplemented),
        re.Pattern,
        types.ClassMethodDescriptorType,
        types.CodeType,
        types.GenericAlias,
        types.GetSetDescriptorType,
        types.MemberDescriptorType,
        types.MethodDescriptorType,
        types.UnionType,
        types.WrapperDescriptorType,
        type(dis.Instruction.opname),  # a field of a named tuple
    ]
)


@dataclass(slots=True, eq=False)
class _Space:
    """Something with attributes, of which those count whose names are read."""

    kind: str  # instance, slots, function, class, module, library
    mapping: Mapping[str, Any]
    owner: Any = None  # of slots: the instance
    makes: bool = False  # of a class: it is reached as a value, so that instances may be made
    done: set[str] = field(default_factory=set)


class _Survey:
    """One walk over everything that a function reaches."""

    def __init__(self) -> None:
        self.lookups: dict[tuple[int, int, Any], tuple[Fetch, Any, Any, Any]] = {}
        self.contents: list[tuple[Reader, Any, tuple[Any, ...]]] = []
        self.arrays: list[tuple[Any, tuple[int, ...], Any, tuple[bytes, ...]]] = []
        self.absent: list[tuple[Mapping[str, Any], frozenset[str]]] = []
        self._spaces: dict[int, _Space] = {}
        self._names = set(_PROTOCOLS)
        self._stored: set[str] = set()
        self._all_names = False  # attributes are read by names that are not written in the code
        self._all_make = False  # an instance may be made of the class of any instance
        self._waiting: list[Any] = []
        self._seen: dict[int, Any] = {}
        self._entries, self._bytes, self._instructions = ENTRIES, BYTES, INSTRUCTIONS

    def walk(self, fn: Any, *others: Any) -> None:
        if not callable(fn):
            raise _Unknown(fn)
        self._waiting += [fn, *others]
        while self._waiting:
            self._look(self._waiting.pop())
            if not self._waiting:
                for space in list(self._spaces.values()):
                    self._spread(space)
        for space in self._spaces.values():
            self._seal(space)

    def _seal(self, space: _Space) -> None:
        """An attribute that is not there, but is read or written, would change what is found if it were."""
        if self._all_names and space.kind in ("instance", "class", "function"):
            self.contents.append((_keys, space.mapping, tuple(space.mapping)))
        elif space.kind == "class":
            self._check(_count, space.mapping, None, len(space.mapping))
        elif space.kind in ("instance", "function", "module"):
            names = self._names if space.kind == "instance" else self._stored
            absent = names.difference(space.mapping)
            if absent:
                self.absent.append((space.mapping, frozenset(absent)))

    def _spend(self, entries: int) -> None:
        self._entries -= entries
        if self._entries < 0:
            raise _Unknown("too much to look at")

    def _note(self, name: str) -> None:
        self._all_names |= name in _DYNAMIC
        self._all_make |= name in _MAKERS

    def _check(self, fetch: Fetch, owner: Any, key: Any, value: Any) -> None:
        place = key if type(key) is str else id(key)
        self.lookups.setdefault((id(fetch), id(owner), place), (fetch, owner, key, value))

    def _read(self, fetch: Fetch, owner: Any, key: Any) -> Any:
        value = fetch(owner, key, _Missing)
        self._check(fetch, owner, key, value)
        return value

    def _look(self, value: Any) -> None:
        kind = type(value)
        if kind in _ATOMS or value is _Missing or id(value) in self._seen:
            return
        self._seen[id(value)] = value
        self._spend(1)
        if kind in _PARTS:
            self._waiting += _PARTS[kind](value)
        elif kind in _CONTENTS:
            self._fill(value, kind)
        elif kind is types.FunctionType:
            self._function(value)
        elif kind is types.BuiltinFunctionType:
            self._builtin(value)
        elif issubclass(kind, types.ModuleType):
            self._module(value)
        elif issubclass(kind, type):
            self._class(value, makes=True)
        elif not self._numeric(value, kind):
            self._object(value, kind)

    # Code

    def _function(self, fn: types.FunctionType) -> None:
        home = _home(fn)
        if home is not None:
            self._trusted_function(fn, home)
            return
        for name in ("__code__", "__defaults__", "__kwdefaults__"):
            self._read(getattr, fn, name)
        self._waiting += [fn.__defaults__, fn.__kwdefaults__]
        self._spaces[id(fn)] = _Space("function", fn.__dict__)
        reads = _reads(fn.__code__)
        self._instructions -= reads.length
        writes = reads.assigned or not reads.operations.isdisjoint(_WRITES_GLOBAL)
        if writes or not reads.names.isdisjoint(_OPEN_NAMES) or self._instructions < 0:
            raise _Unknown(fn)
        self._names |= reads.names
        self._stored |= reads.stored
        self._all_names |= "MATCH_CLASS" in reads.operations or not reads.names.isdisjoint(_DYNAMIC_NAMES)
        for chain in reads.globals:
            self._follow(self._global(fn, chain[0]), chain[1:])
        for name, cell in zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=True):
            self._cell(name, cell, [chain[1:] for chain in reads.cells if chain[0] == name])
        for name, level in reads.imports:
            self._import(name, level, fn.__globals__)

    def _trusted_function(self, fn: types.FunctionType, home: str) -> None:
        for module in (home, fn.__module__):  # different for a decorated function
            _permit_member(module, fn.__name__)
            self._note(f"{module}.{fn.__name__}")
        root = home.partition(".")[0]
        if root == "mibun":
            self._all_names = True  # transforms take objects apart
            self._waiting.append(getattr(fn, "__wrapped__", None))
        elif root not in _TRUSTED:  # contextlib and functools keep users' functions in closures
            self._waiting += [cell.cell_contents for cell in fn.__closure__ or ()]

    def _global(self, fn: types.FunctionType, name: str) -> Any:
        value = self._read(dict.get, fn.__globals__, name)
        if value is _Missing:
            function: Any = fn  # what a type checker knows of it differs
            value = self._read(dict.get, function.__builtins__, name)
        return value

    def _cell(self, name: str, cell: types.CellType, chains: list[tuple[str, ...]]) -> None:
        value = cell.cell_contents
        self._check(getattr, cell, "cell_contents", value)
        if name == "__class__" and isinstance(value, type):  # what super() reads
            self._class(value, makes=False)
            return
        for chain in chains or [()]:
            self._follow(value, chain)

    def _follow(self, value: Any, attributes: Iterable[str]) -> None:
        """Look at what a dotted name means, as far as it leads through modules."""
        for name in attributes:
            if not isinstance(value, types.ModuleType):
                break
            value = self._member(value, name)
        self._waiting.append(value)

    def _member(self, module: types.ModuleType, name: str) -> Any:
        if _trusted(module.__name__):
            _permit(f"{module.__name__}.{name}")
            return getattr(module, name)  # which may load a part that nobody has used yet
        value = self._read(dict.get, vars(module), name)
        if value is _Missing and "__getattr__" in vars(module):
            raise _Unknown(module)
        return value

    def _import(self, name: str, level: int, globals_: Mapping[str, Any]) -> None:
        full = importlib.util.resolve_name("." * level + name, globals_.get("__package__"))
        if _trusted(full):
            importlib.import_module(full)
        self._waiting += [sys.modules[full], sys.modules[full.partition(".")[0]]]

    def _builtin(self, fn: types.BuiltinFunctionType) -> None:
        """A function in C, or a bound method of an object in C."""
        owner: Any = fn.__self__
        if owner is None or isinstance(owner, types.ModuleType):
            home = fn.__module__ if owner is None else owner.__name__
            if not _trusted(home):
                raise _Unknown(fn)
            _permit_member(home, fn.__name__)
            self._note(f"{home}.{fn.__name__}")
        else:
            self._waiting.append(owner)

    # Things with attributes

    def _module(self, module: types.ModuleType) -> None:
        """A module that is passed on: any attribute may be read."""
        trusted = _trusted(module.__name__)
        self._spaces[id(module)] = _Space("library" if trusted else "module", vars(module))
        if not trusted and "__getattr__" in vars(module):
            raise _Unknown(module)

    def _class(self, cls: type, makes: bool) -> None:
        self._note(f"{cls.__module__}.{cls.__name__}")
        self._check(getattr, cls, "__mro__", cls.__mro__)
        for part in cls.__mro__:
            if _trusted(part.__module__):
                _permit_member(part.__module__, part.__name__)
                continue
            space = self._spaces.setdefault(id(part), _Space("class", vars(part)))
            space.makes |= makes
        if not _trusted(type(cls).__module__):
            self._class(type(cls), makes=False)

    def _object(self, value: Any, kind: type) -> None:
        module = kind.__module__
        if module == "mibun" or module.startswith("mibun."):
            self._own(value, f"{module}.{kind.__name__}")
        elif module == "builtins" or module.startswith("_cython"):
            self._foreign(value)
        elif not _trusted(module):
            self._instance(value, kind)
        elif module.startswith("scipy.sparse"):
            self._sparse(value)
        elif _is_opaque(kind):
            self._foreign(value)
        else:
            self._library_object(value, kind)

    def _instance(self, value: Any, kind: type) -> None:
        """An instance of a user's class."""
        self._class(kind, makes=False)
        if any(_is_library(part) for part in kind.__mro__):
            self._library_object(value, kind)
            return
        self._fill(value, _carrier(kind))
        attributes = _attributes(value)
        self._check(_state, value, kind, attributes)
        if attributes is not None:
            self._spaces[id(value)] = _Space("instance", attributes)
        for part in kind.__mro__:
            slots = _slots(part)
            if slots:
                self._spaces[id(slots)] = _Space("slots", slots, value)

    def _library_object(self, value: Any, kind: type) -> None:
        """An instance with trusted methods, which may read everything that it holds."""
        self._fill(value, _carrier(kind))
        attributes = _attributes(value)
        self._check(_state, value, kind, attributes)
        self._waiting.append(attributes)
        for part in kind.__mro__:
            self._waiting += [self._read(_slot, value, slot) for slot in _slots(part).values()]

    def _own(self, value: Any, name: str) -> None:
        """An object of mibun: a node, a function, or what a transform made of one."""
        self._all_names = True
        wrapped = getattr(value, "__wrapped__", None)
        if wrapped is not None:
            self._waiting += [wrapped, getattr(value, "rule", None)]  # a custom function has both
        elif name not in _OWN:
            raise _Unknown(value)

    def _foreign(self, value: Any) -> None:
        """An object in C: a function of NumPy's or SciPy's, or unknown."""
        module = getattr(value, "__module__", None)
        if not callable(value) or not isinstance(module, str) or module.partition(".")[0] not in _TRUSTED:
            raise _Unknown(value)
        _permit_member(module, getattr(value, "__name__", ""))

    def _spread(self, space: _Space) -> None:
        """Look at the attributes of ``space`` whose names have turned out to be read."""
        for name in self._wanted(space) - space.done:
            space.done.add(name)
            value = space.mapping[name]
            if space.kind == "slots":
                value = self._read(_slot, space.owner, value)
            elif space.kind == "class":
                self._check(types.MappingProxyType.get, space.mapping, name, value)
            elif space.kind == "library":
                _permit(f"{space.mapping['__name__']}.{name}")
            else:
                self._check(dict.get, space.mapping, name, value)
            self._waiting.append(value)

    def _wanted(self, space: _Space) -> set[str]:
        if self._all_names:
            wanted = {name for name in space.mapping if not _is_special(name) and name != "_abc_impl"}
        else:
            wanted = self._names.intersection(space.mapping)
        if space.kind == "library":
            for name in self._names:
                _permit(f"{space.mapping['__name__']}.{name}")  # NumPy loads some parts when they are asked for
        if space.kind == "class":
            makes = space.makes or self._all_make or "__class__" in self._names
            wanted |= {
                name
                for name, value in space.mapping.items()
                if _is_special(name) and isinstance(value, _METHODS) and (makes or name not in _MAKING)
            }
        return wanted

    # Values

    def _fill(self, container: Any, carrier: type) -> None:
        for reader in _CONTENTS.get(carrier, ()):
            items = tuple(reader(container))
            self._spend(len(items))
            self._waiting += items
            if carrier not in _FROZEN:
                self.contents.append((reader, container, items))
        if isinstance(container, defaultdict):
            self._waiting.append(container.default_factory)

    def _numeric(self, value: Any, kind: type) -> bool:
        """Whether ``value`` is one of NumPy's immutable values or an array, which is copied."""
        numpy = sys.modules.get("numpy")
        if numpy is None:
            return False
        if issubclass(kind, numpy.ndarray):
            if kind not in (numpy.ndarray, numpy.matrix, numpy.memmap) or value.dtype.hasobject:
                raise _Unknown(value)
            if value.flags.writeable or value.base is not None:
                self._bytes -= value.nbytes
                if self._bytes < 0:
                    raise _Unknown("too large")
                pieces = tuple(piece.tobytes() for piece in _pieces(value))
                self.arrays.append((value, value.shape, value.dtype, pieces))
            return True
        if issubclass(kind, numpy.ufunc):
            if "(vectorized)" in value.__name__:  # frompyfunc: a function of the user's inside, out of sight
                raise _Unknown(value)
            return True
        return issubclass(kind, numpy.dtype) or (issubclass(kind, numpy.generic) and not issubclass(kind, numpy.void))

    def _sparse(self, value: Any) -> None:
        """A sparse matrix: its arrays. SciPy keeps other things beside them, such as whether indices are sorted."""
        held = _attributes(value)
        if value.format not in ("bsr", "coo", "csc", "csr", "dia"):
            raise _Unknown(value)
        for name in ("_shape", "coords", "data", "indices", "indptr", "offsets"):
            if name in held:
                self._waiting.append(self._read(dict.get, held, name))


_PARTS: Final[dict[type, Callable[[Any], Iterable[Any]]]] = {
    types.MethodType: lambda method: (method.__func__, method.__self__),
    types.MethodWrapperType: lambda method: (method.__self__,),
    functools.partial: lambda partial: (partial.func, partial.args, partial.keywords, partial.__dict__),
    functools.partialmethod: lambda partial: (partial.func, partial.args, partial.keywords),
    functools.cached_property: lambda cached: (cached.func,),
    functools._lru_cache_wrapper: lambda cached: (cached.__wrapped__,),
    property: lambda found: (found.fget, found.fset, found.fdel),
    staticmethod: lambda method: (method.__func__,),
    classmethod: lambda method: (method.__func__,),
    slice: lambda cut: (cut.start, cut.stop, cut.step),
}
_METHODS: Final = (types.FunctionType, types.BuiltinFunctionType, *_PARTS)


def _home(fn: types.FunctionType) -> str | None:
    """The trusted module that defines a function; ``None`` for a user's."""
    module = fn.__globals__.get("__name__")
    if not isinstance(module, str) or module == "builtins" or not _trusted(module):
        return None
    if module.partition(".")[0] == "mibun" and not fn.__code__.co_filename.startswith(_HERE):
        return None  # an example in a docstring
    return module


def _is_special(name: object) -> bool:
    return isinstance(name, str) and name.startswith("__") and name.endswith("__")


def _is_library(cls: type) -> bool:
    """Whether a class is a trusted one that has methods of its own, other than those of a protocol."""
    return cls not in _CONTENTS and _trusted(cls.__module__) and cls.__module__ not in _BARE


def _slots(cls: type) -> dict[str, Any]:
    return {name: value for name, value in vars(cls).items() if isinstance(value, types.MemberDescriptorType)}


def _is_opaque(cls: type) -> bool:
    """Whether instances keep something that Python cannot see: they are larger than their slots."""
    visible = len(_slots(cls)) + ("__dict__" in vars(cls)) + ("__weakref__" in vars(cls))
    base = cls.__base__ or object
    more = cls.__basicsize__ - base.__basicsize__
    return more > struct.calcsize("P") * visible or cls.__itemsize__ != base.__itemsize__


def _carrier(cls: type) -> type:
    """The built-in type whose contents an instance of ``cls`` holds; ``object`` if it has nothing but attributes."""
    while cls is not object and cls not in _CONTENTS:
        if _is_opaque(cls):
            raise _Unknown(cls)
        cls = cls.__base__ or object
    return cls
