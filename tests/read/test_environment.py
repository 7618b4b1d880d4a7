"""Snapshots of what functions read: every way in which it can change, what does not matter, what cannot be known."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import enum
import functools
import gc
import itertools
import math
import operator
import random
import sys
import threading
import time
import timeit
import types
import weakref
from collections import Counter, OrderedDict, UserDict, defaultdict, deque, namedtuple
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest
import scipy.sparse
import scipy.special
from hypothesis import given
from hypothesis import strategies as st

from mibun.read import environment
from mibun.read.environment import Snapshot, snapshot


def taken(fn: Any) -> Snapshot:
    found = snapshot(fn)
    assert found is not None
    assert found.unchanged()
    return found


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    """A user's module."""
    module = types.ModuleType("settings_of_a_user")
    source = """
RATE = 0.1
TABLE = {"a": [1.0, 2.0]}
def double(x):
    return RATE * x
"""
    exec(source, vars(module))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    yield module


def namespace(source: str, **values: Any) -> dict[str, Any]:
    """The globals of a user's script."""
    scope = {"__name__": "__main__", "np": np, **values}
    exec(source, scope)
    return scope


# What a script reads, and the statement after which it reads something else. f is the function.
CHANGES = [
    ("rate = 0.1\ndef f(x): return rate * x", "rate = 0.2"),
    ("rate = 0.0\ndef f(x): return rate * x", "rate = -0.0"),
    ("rate = 1\ndef f(x): return rate * x", "rate = 1.0"),
    ("rate = 1\ndef f(x): return rate * x", "rate = True"),
    ("rate = 1\ndef f(x): return rate * x", "del rate"),
    ("rate = 2 + 0j\ndef f(x): return rate * x", "rate = complex(2, -0.0)"),
    ("rate = np.float64(1)\ndef f(x): return rate * x", "rate = np.float32(1)"),
    ("rate = None\ndef f(x): return x if rate is None else rate", "rate = 1"),
    ("name = 'sin'\ndef f(x): return x if name == 'sin' else -x", "name = 'cos'"),
    ("def f(x): return later(x)", "def later(x): return x"),
    ("def f(x): return sum(x)", "sum = max"),
    ("def g(x): return x\ndef f(x): return g(x)", "def g(x): return -x"),
    ("def g(x): return x\ndef f(x): return g(x)", "g.__code__ = (lambda x: -x).__code__"),
    ("def g(x, k=2): return k * x\ndef f(x): return g(x)", "g.__defaults__ = (3,)"),
    ("def g(x, k=[2]): return k[0] * x\ndef f(x): return g(x)", "g.__defaults__[0][0] = 3"),
    ("def g(x, *, k=2): return k * x\ndef f(x): return g(x)", "g.__kwdefaults__['k'] = 3"),
    ("c = 1\ndef h(x): return c * x\ndef g(x): return h(x)\ndef f(x): return g(x)", "c = 2"),
    ("c = 1\ndef f(x): return [c * y for y in x]", "c = 2"),
    ("c = 1\ndef f(x): return (lambda y: c * y)(x)", "c = 2"),
    ("c = 1\ndef f(x):\n def g(y):\n  return {y: z + c for z in x}\n return g(x)", "c = 2"),
    ("c = 1\ndef f(x):\n class P:\n  k = c\n return P.k * x", "c = 2"),
    ("def f(x): return f(x - 1) if x > 0 else 1", "def f(x): return 1"),
    ("w = np.ones(3)\ndef f(x): return w @ x", "w[1] = 5"),
    ("w = np.ones(3)\ndef f(x): return w @ x", "w = np.ones(3) * 2"),
    ("w = np.ones(6)\ndef f(x): return w * x", "w.shape = (2, 3)"),
    ("w = np.zeros(3)\ndef f(x): return w * x", "w[0] = -0.0"),
    ("w = np.ones((300, 200))\ndef f(x): return w * x", "w[299, 199] = 2"),
    ("w = np.ones((2, 30000))\ndef f(x): return w * x", "w[1, 29999] = 2"),
    ("w = np.array(1.0)\ndef f(x): return w * x", "w[...] = 2"),
    ("base = np.ones(6); w = base[::2]\ndef f(x): return w * x", "base[2] = 0"),
    ("base = np.ones(6); w = base[:]; w.flags.writeable = False\ndef f(x): return w * x", "base[2] = 0"),
    ("w = np.ones(2, dtype=[('a', float), ('b', int)])\ndef f(x): return w['a'] * x", "w['a'][1] = 3"),
    ("w = [np.ones(2), np.ones(2)]\ndef f(x): return w[0] * x", "w[1][0] = 3"),
    ("w = {'a': np.ones(2)}\ndef f(x): return w['a'] * x", "w['a'] = w['a'] - 1"),
    ("w = {'a': 1, 'b': 2}\ndef f(x): return [x * k for k in w.values()]", "w['a'] = w.pop('a')"),
    ("w = {'a': {'b': (1, [2])}}\ndef f(x): return w['a']['b'][1][0] * x", "w['a']['b'][1].append(1)"),
    ("w = {1, 2}\ndef f(x): return len(w) * x", "w.add(3)"),
    ("w = {1, 2}\ndef f(x): return len(w) * x", "w.clear()"),
    ("w = deque([1, 2])\ndef f(x): return w[0] * x", "w.rotate()"),
    ("w = OrderedDict(a=1, b=2)\ndef f(x): return next(iter(w)) + x", "w.move_to_end('a')"),
    ("w = defaultdict(lambda: c, a=1); c = 1\ndef f(x): return w['a'] * x", "c = 2"),
    ("w = Counter('aab')\ndef f(x): return w['a'] * x", "w['a'] += 1"),
    ("w = types.MappingProxyType(d := {'a': 1})\ndef f(x): return w['a'] * x", "d['a'] = 2"),
    ("w = types.SimpleNamespace(a=1)\ndef f(x): return w.a * x", "w.a = 2"),
    ("table = {'f': lambda x: c * x}; c = 1\ndef f(x): return table['f'](x)", "c = 2"),
    ("P = namedtuple('P', 'a b'); p = P(1, [2])\ndef f(x): return p.b[0] * x", "p.b[0] = 3"),
    ("c = 1\ndef g(a, x): return a * c * x\nf = functools.partial(g, 2)", "c = 2"),
    ("def g(a, x): return a[0] * x\nk = [1]\nf = functools.partial(g, k)", "k[0] = 2"),
    ("def g(x, a): return a * x\nf = functools.partial(g, a=2)", "f.keywords['a'] = 3"),
    ("c = 1\n@functools.lru_cache\ndef n(k): return c * k\ndef f(x): return n(2) * x", "c = 2"),
    (
        "def twice(g):\n @functools.wraps(g)\n def h(x): return g(x) * 2\n return h\nc = 1\n"
        "@twice\ndef f(x): return c * x",
        "c = 2",
    ),
    ("c = 1\n@contextlib.contextmanager\ndef on(): yield c\ndef f(x):\n with on() as k: return k * x", "c = 2"),
    ("def f(x): return x * f.rate\nf.rate = 1", "f.rate = 2"),
    ("w = scipy.sparse.csr_array(np.eye(3))\ndef f(x): return w @ x", "w.data[1] = 2"),
    ("w = scipy.sparse.coo_matrix(np.eye(3))\ndef f(x): return w @ x", "w.data[1] = 2"),
    ("w = np.poly1d([1, 2, 3])\ndef f(x): return w(x)", "w[0] = 5"),
    ("w = np.polynomial.Polynomial([1, 2, 3])\ndef f(x): return w(x)", "w.coef[0] = 5"),
    # modules
    ("def f(x): return settings.RATE * x", "settings.RATE = 2"),
    ("def f(x): return settings.TABLE['a'][0] * x", "settings.TABLE['a'][0] = 2"),
    ("def f(x): return settings.double(x)", "settings.RATE = 2"),
    ("def f(x): return settings.double(x)", "settings.double = abs"),
    ("def f(x):\n s = settings\n return s.RATE * x", "settings.RATE = 2"),
    ("def f(x, s=settings): return s.RATE * x", "settings.RATE = 2"),
    ("def f(x):\n from settings_of_a_user import RATE as r\n return r * x", "settings.RATE = 2"),
    ("def f(x):\n import settings_of_a_user as s\n return s.RATE * x", "settings.RATE = 2"),
    # classes and their instances
    ("class A:\n rate = 1\ndef f(x): return A.rate * x", "A.rate = 2"),
    ("class A:\n rate = 1\nclass B(A): pass\ndef f(x): return B.rate * x", "A.rate = 2"),
    ("class A:\n rate = 1\nclass B(A): pass\ndef f(x): return B.rate * x", "B.rate = 2"),
    ("class A:\n rate = 1\na = A()\ndef f(x): return a.rate * x", "a.rate = 2"),
    ("class A:\n rate = 1\na = A()\ndef f(x): return a.rate * x", "A.rate = 2"),
    ("class A: pass\na = A(); a.w = [1]\ndef f(x): return a.w[0] * x", "a.w[0] = 2"),
    ("class A: pass\na = A(); a.w = 1\ndef f(x): return a.w * x", "a.__dict__ = {'w': 2}"),
    ("class A: pass\nclass B(A): pass\na = A(); a.w = 1\ndef f(x): return a.w * x", "a.__class__ = B"),
    ("class A:\n def g(self, x): return self.w * x\na = A(); a.w = 1\nf = a.g", "a.w = 2"),
    ("class A:\n def g(self, x): return x\na = A()\ndef f(x): return a.g(x)", "A.g = lambda self, x: -x"),
    ("class A:\n def g(self, x): return x\na = A()\ndef f(x): return a.g(x)", "a.g = lambda x: -x"),
    ("class A:\n def __call__(self, x): return c * x\nc = 1\nf = A()", "c = 2"),
    ("class A:\n @property\n def w(self): return c\nc = 1; a = A()\ndef f(x): return a.w * x", "c = 2"),
    ("class A:\n @staticmethod\n def w(): return c\nc = 1\ndef f(x): return A.w() * x", "c = 2"),
    ("class A:\n @classmethod\n def w(cls): return cls.k\n k = 1\ndef f(x): return A.w() * x", "A.k = 2"),
    ("class A:\n def __mul__(self, x): return c * x\nc = 1; a = A()\ndef f(x): return a * x", "c = 2"),
    ("class A:\n def __init__(self): self.k = c\nc = 1\ndef f(x): return A().k * x", "c = 2"),
    ("class A:\n def __getattr__(self, n): return c\nc = 1; a = A()\ndef f(x): return a.any * x", "c = 2"),
    ("class A:\n __slots__ = ('w',)\na = A(); a.w = 1\ndef f(x): return a.w * x", "a.w = 2"),
    ("class A:\n __slots__ = ('w',)\na = A(); a.w = 1\ndef f(x): return a.w * x", "del a.w"),
    ("class A(dict): pass\na = A(w=1)\ndef f(x): return a['w'] * x", "a['w'] = 2"),
    ("class A(np.poly1d): pass\na = A([1, 2])\ndef f(x): return a(x)", "a[0] = 5"),
    ("class A(UserDict): pass\na = A(w=1)\ndef f(x): return a['w'] * x", "a['w'] = 5"),
    ("class A: pass\na = A(); a.w = 1\ndef f(x): return float('{.w}'.format(a)) * x", "a.w = 5"),
    ("class M(type): pass\nclass A(metaclass=M): pass\nM.k = 1\ndef f(x): return A.k * x", "M.k = 5"),
    ("class D:\n def __get__(s, i, o): return c\nclass A:\n k = D()\nc = 1\ndef f(x): return A.k * x", "c = 5"),
    ("class A(list): pass\na = A([1])\ndef f(x): return a[0] * x", "a.append(2)"),
    ("class A: pass\na = A(); a.w = 1\ndef f(x): return getattr(a, 'w') * x", "a.w = 2"),
    ("class A: pass\na = A(); a.w = 1\ndef f(x): return operator.attrgetter('w')(a) * x", "a.w = 2"),
    ("class A: pass\na = A(); a.w = 1\ndef f(x): return vars(a)['w'] * x", "a.w = 2"),
    ("class A: pass\na = A(); a.w = 1\ndef f(x): return x * (2 if hasattr(a, 'v') else 1)", "a.v = 2"),
    ("class A: pass\na = A(); a.w = 1\ndef f(x):\n b = copy.copy(a)\n return b.__dict__['w'] * x", "a.w = 2"),
    ("class A: pass\na = A(); a.w = 1\nt = [a, {'b': (a,)}]\ndef f(x): return t[1]['b'][0].w * x", "a.w = 2"),
    ("@dataclass\nclass A:\n w: float = 1\na = A()\ndef f(x): return a.w * x", "a.w = 2"),
    ("@dataclass(frozen=True)\nclass A:\n w: list\na = A([1])\ndef f(x): return a.w[0] * x", "a.w[0] = 2"),
    (
        "@dataclass\nclass A:\n w: float = 1\n v: float = 1\na = A()\ndef f(x): return sum(dataclasses.astuple(a)) * x",
        "a.v = 2",
    ),
    (
        "@dataclass\nclass A:\n w: float = 1\na = A()\ndef f(x):\n match a:\n  case A(1): return x\n return -x",
        "a.w = 2",
    ),
    ("class A:\n def g(self, x): return x\nclass B(A):\n def g(self, x): return super().g(x)\nf = B().g", "A.g = min"),
    ("class C(enum.Enum):\n A = 1\n B = 2\nmode = C.A\ndef f(x): return x * mode.value", "mode = C.B"),
]


@pytest.mark.filterwarnings("ignore:Setting the shape")  # NumPy 2.5
@pytest.mark.parametrize(("source", "change"), CHANGES, ids=[f"{a}|{b}" for a, b in CHANGES])
def test_changes(source: str, change: str, config: types.ModuleType) -> None:
    scope = namespace(source, **KNOWN, settings=config)
    f = scope["f"]
    found = taken(f)
    exec(change, scope)
    assert not found.unchanged()
    again = snapshot(scope["f"])
    assert again is not None
    assert again.unchanged()


KNOWN: dict[str, Any] = {
    "Counter": Counter,
    "OrderedDict": OrderedDict,
    "UserDict": UserDict,
    "contextlib": contextlib,
    "copy": copy,
    "dataclass": dataclass,
    "dataclasses": dataclasses,
    "defaultdict": defaultdict,
    "deque": deque,
    "enum": enum,
    "field": field,
    "functools": functools,
    "itertools": itertools,
    "math": math,
    "namedtuple": namedtuple,
    "operator": operator,
    "random": random,
    "scipy": scipy,
    "sys": sys,
    "threading": threading,
    "time": time,
    "types": types,
}

# What a script reads, and a statement after which it still reads the same.
SAME = [
    ("rate = 0.1\ndef f(x): return rate * x", "rate = float('0.1')"),
    ("rate = float('nan')\ndef f(x): return rate * x", "rate = float('nan')"),
    ("rate = 10 ** 30\ndef f(x): return rate * x", "rate = 10 ** 29 * 10"),
    ("rate = np.float32(0.1)\ndef f(x): return rate * x", "rate = np.float32(0.1)"),
    ("shape = (1000, 2000)\ndef f(x): return x.reshape(shape)", "shape = (500 * 2, 1000 * 2)"),
    ("rates = [0.1, 0.2]\ndef f(x): return rates[0] * x", "rates[0] = float('0.1')"),
    ("rate = 0.1\ndef f(x): return x", "rate = 0.2"),
    ("w = np.ones(3)\ndef f(x): return w * x", "w[0] = 1"),
    ("def f(x, rate=0.1): return rate * x", "rate = 1"),
    ("def f(x): return settings.RATE * x", "settings.TABLE['a'].clear()"),
    ("class A: pass\na = A(); a.w = 1; a.losses = []\ndef f(x): return a.w * x", "a.losses.append(1)"),
    ("class A: pass\na = A(); a.w = 1; a.log = open\ndef f(x): return a.w * x", "a.log = None"),
    ("class A: pass\na = A(); a.w = 1; a.rng = random.Random()\ndef f(x): return a.w * x", "a.rng.random()"),
    ("class A:\n def __init__(self): self.w = np.random.rand()\na = A()\ndef f(x): return a.w * x", "A()"),
    ("class A:\n def f(self, x): return x\n def save(self): open('f')\na = A()\ndef f(x): return a.f(x)", "pass"),
    ("w = scipy.sparse.csr_array(np.eye(3))\ndef f(x): return w @ x", "w.has_sorted_indices"),
    ("def f(x):\n n = 0\n def g():\n  nonlocal n\n  n += 1\n g()\n return n * x", "f(1)"),
    ("def f(x):\n out = np.zeros(3)\n for i in range(3): out[i] = i\n return out * x", "f(1)"),
    ("class A: pass\ndef f(x):\n a = A()\n a.w = x\n return a.w", "f(1)"),
    ("def g(x):\n yield x\n yield 2 * x\ndef f(x): return sum(g(x))", "f(1)"),
    ("def f(x, memo={}):\n if x not in memo: memo[x] = x\n return memo[x]\nf(1)", "f(1)"),
    ("@functools.lru_cache\ndef n(k): return k\ndef f(x): return n(2) * x", "f(1); f(2)"),
]


@pytest.mark.parametrize(("source", "statement"), SAME, ids=[f"{a}|{b}" for a, b in SAME])
def test_what_does_not_matter(source: str, statement: str, config: types.ModuleType) -> None:
    scope = namespace(source, **KNOWN, settings=config)
    found = taken(scope["f"])
    exec(statement, scope)
    assert found.unchanged()


UNKNOWN = [
    "def f(x): return x + random.random()",
    "from random import random\ndef f(x): return x + random()",
    "def f(x): return x + np.random.normal()",
    "from numpy.random import normal\ndef f(x): return x + normal()",
    "import numpy.random as r\ndef f(x): return x + r.normal()",
    "def f(x):\n import numpy as n\n return x + n.random.normal()",
    "def f(x, xp=np): return x + xp.random.normal()",
    "def f(x):\n xp = np\n return x + xp.random.normal()",
    "def f(x):\n from numpy.random import normal\n return x + normal()",
    "def f(x):\n import random\n return x + random.random()",
    "def f(x):\n from numpy import random\n return x + random.normal()",
    "rng = np.random.default_rng(0)\ndef f(x): return x + rng.normal()",
    "rng = np.random.default_rng(0)\nnoise = rng.normal\ndef f(x): return x + noise()",
    "rng = random.Random(0)\ndef f(x): return x + rng.random()",
    "class A: pass\na = A(); a.rng = np.random.default_rng(0)\ndef f(x): return a.rng.normal() + x",
    "def f(x): return x + scipy.sparse.random(3, 3)",
    "from scipy.sparse import random as r\ndef f(x): return x + r(3, 3)",
    "def f(x): return x + scipy.stats.norm.rvs()",
    "def f(x): return x + time.time()",
    "from time import time\ndef f(x): return x + time()",
    "import os\ndef f(x): return x + float(os.environ['X'])",
    "def f(x): return x + len(sys.argv)",
    "def f(x): return x * np.load('a.npy')",
    "def f(x): return x * len(open('a').read())",
    "def f(x): return x + float(input())",
    "def f(x):\n print(x)\n return x",
    "def f(x): return eval('x')",
    "def f(x):\n exec('x')\n return x",
    "def f(x): return x * globals()['a']",
    "def g(x): return x\ndef f(x): return x * g.__globals__['a']",
    "def f(x):\n breakpoint()\n return x",
    "import logging\ndef f(x):\n logging.info('x')\n return x",
    "import logging\nlog = logging.getLogger()\ndef f(x):\n log.info('x')\n return x",
    "import warnings\ndef f(x):\n warnings.warn('x')\n return x",
    "def f(x):\n global n\n n = 1\n return x",
    "def make():\n n = 0\n def f(x):\n  nonlocal n\n  n += 1\n  return n * x\n return f\nf = make()",
    "it = iter([1, 2])\ndef f(x): return x * next(it)",
    "it = itertools.count()\ndef f(x): return x * next(it)",
    "def g(): yield 1\nit = g()\ndef f(x): return x * next(it)",
    "lock = threading.Lock()\ndef f(x):\n with lock: return x",
    "file = sys.stdout\ndef f(x):\n file.write('x')\n return x",
    "w = np.array([1, [2]], dtype=object)\ndef f(x): return w[0] * x",
    "w = np.ma.array([1.0, 2.0])\ndef f(x): return w * x",
    "w = scipy.sparse.lil_array((3, 3))\ndef f(x): return w @ x",
    "g = np.frompyfunc(lambda x: x, 1, 1)\ndef f(x): return g(x)",
    "w = list(range(2000))\ndef f(x): return w[0] * x",
    "w = np.zeros(9_000_000)\ndef f(x): return w * x",
    "g = functools.singledispatch(lambda x: x)\ndef f(x): return g(x)",
    "g = functools.cmp_to_key(lambda x, y: 0)\ndef f(x): return g(x)",
    "def make():\n def f(x): return later(x)\n return f\n later = 1\nf = make()",
    "import weakref\nclass A: pass\na = A(); r = weakref.ref(a)\ndef f(x): return r().w * x",
    "def f(x): return missing.normal() * x\nimport types; missing = types.ModuleType('m')\n"
    "missing.__getattr__ = lambda name: 1",
    "f = 3",
]


@pytest.mark.parametrize("source", UNKNOWN)
def test_what_cannot_be_known(source: str) -> None:
    assert snapshot(namespace(source, **KNOWN)["f"]) is None


# Calling these changes what they read, so that asking right after the call tells.
EFFECTS = [
    "w = []\ndef f(x):\n w.append(x)\n return x",
    "w = {}\ndef f(x):\n w['x'] = x\n return x",
    "w = np.zeros(3)\ndef f(x):\n w[0] += 1\n return x",
    "class A: n = 0\na = A()\ndef f(x):\n a.n += 1\n return x",
    "class A: pass\na = A()\ndef f(x):\n a.last = x\n return x",
    "class A: pass\ndef f(x):\n A.last = x\n return x",
    "class A:\n __slots__ = ('last',)\na = A()\ndef f(x):\n a.last = x\n return x",
    "class A: pass\na = A()\ndef f(x):\n setattr(a, 'last', x)\n return x",
    "class A:\n k = None\n def g(self, x):\n  self.k = self.k or 2\n  return self.k * x\nf = A().g",
    "class A:\n @functools.cached_property\n def k(self): return 2\na = A()\ndef f(x): return a.k * x",
    "def f(x):\n f.calls += 1\n return x\nf.calls = 0",
    "def f(x):\n f.last = x\n return x",
    "def f(x, memo={}):\n memo[x] = x\n return x",
    "def f(x):\n settings.last = x\n return x",
    "def f(x):\n settings.TABLE['a'][0] = x\n return x",
    "w = defaultdict(float)\ndef f(x): return w['x'] + x",
    "w = [3, 1, 2]\ndef f(x):\n w.sort()\n return w[0] * x",
    "push = [].append\ndef f(x):\n push(x)\n return x",
]


@pytest.mark.parametrize("source", EFFECTS)
def test_effects_show_themselves(source: str, config: types.ModuleType) -> None:
    scope = namespace(source, **KNOWN, settings=config)
    found = taken(scope["f"])
    scope["f"](7.5)
    assert not found.unchanged()


def test_lazy_values_settle() -> None:
    """A value that is computed at the first call and kept changes the environment once."""
    scope = namespace("class A:\n @functools.cached_property\n def k(self): return 2\na = A()", **KNOWN)
    exec("def f(x): return a.k * x", scope)
    scope["f"](1)
    found = taken(scope["f"])
    scope["f"](1)
    assert found.unchanged()


class Wrapped:
    """What a transform of mibun will make."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        self.__wrapped__ = fn
        self.traces: dict[Any, Any] = {}

    def __call__(self, x: Any) -> Any:
        self.traces[x] = 1
        return self.__wrapped__(x)


Wrapped.__module__ = "mibun.transforms"
Opaque = type("Opaque", (), {"__module__": "mibun.read.trace", "__call__": abs})


def test_transforms() -> None:
    rate = [1.0]
    inner = Wrapped(lambda x: rate[0] * x)

    def f(x: Any) -> Any:
        return inner(x) + 1

    found = taken(f)
    f(2.0)
    assert found.unchanged()
    rate[0] = 2.0
    assert not found.unchanged()
    assert snapshot(Opaque()) is None


def test_functions_of_mibun() -> None:
    import mibun as mb

    g = mb.function("x^2")

    def f(x: Any) -> Any:
        return g(x)

    assert taken(f)


@pytest.mark.parametrize(
    "fn",
    [np.sin, np.sum, np.linalg.norm, np.add.reduce, math.sin, abs, scipy.special.erf, operator.add, len, dict, complex],
    ids=lambda fn: fn.__name__,
)
def test_functions_of_libraries(fn: Any) -> None:
    assert taken(fn)


ORDINARY = [
    "from numpy import *\ndef f(x): return sin(x) + pi",
    "def f(x): return np.linalg.norm(np.where(x > 0, x, 0)) + np.pi",
    "def f(x): return scipy.special.erf(x) + scipy.constants.c + scipy.linalg.expm(x)",
    "def f(x):\n import numpy as np\n return np.sin(x)",
    "def f(x):\n import math\n from numpy.linalg import norm\n return norm(x) * math.pi",
    "def f(x):\n with np.errstate(all='ignore'): return 1 / x",
    "def f(x): return np.r_[x, x] + np.finfo(float).eps",
    "eps = np.finfo(float)\nindex = np.s_[1:3]\ndef f(x): return x[index] + eps.eps",
    "def f(x): return functools.reduce(operator.mul, x) + math.prod(x) + sum(map(abs, x))",
    "import scipy.interpolate\ns = scipy.interpolate.CubicSpline([0., 1., 2.], [0., 1., 4.])\ndef f(x): return s(x)",
    "g = np.vectorize(lambda x: x)\ndef f(x): return g(x)",
    "import typing\nT = typing.Optional[int]\ndef f(x): return typing.cast(T, x)",
    "def f(x: float) -> float:\n if not isinstance(x, float): raise ValueError(f'{x!r}')\n return x",
    "class A(Exception): pass\ndef f(x):\n try: return x\n except A: return 0",
    "def f(x): return type(x)(1) * x",
    "cut = slice(1, 3)\ndef f(x): return x[cut] * x[..., None]",
    "class Base(metaclass=abc.ABCMeta):\n @abc.abstractmethod\n def g(self, x): pass\n"
    "class A(Base):\n def g(self, x): return x\na = A()\ndef f(x): return a.g(x)",
    "def f(x): return scipy.optimize.root(lambda y: y - x, 0.0).x",
]


@pytest.mark.parametrize("source", ORDINARY)
def test_ordinary_functions_are_known(source: str) -> None:
    import abc

    taken(namespace(source, **KNOWN, abc=abc)["f"])


class Point(NamedTuple):
    x: float
    y: list[float]


def test_closures() -> None:
    values: Any = {"rate": 1.0}
    point = Point(1.0, [2.0])
    exact = [Fraction(1, 3), Decimal("0.1"), range(3), 2**70, b"a", ..., np.dtype(float), np.datetime64("2020")]

    def make(scale: float) -> tuple[Callable[[float], Any], Callable[[float], None]]:
        def f(x: float) -> Any:
            return scale * values["rate"] * point.y[0] * exact[0] * x

        def change(to: float) -> None:
            nonlocal scale
            scale = to

        return f, change

    f, change = make(1.0)
    found = taken(f)
    change(float("1.0"))
    exact[:] = [Fraction(2, 6), Decimal("0.1"), range(0, 3), 2**69 * 2, b"a", ..., np.dtype(float), exact[-1].copy()]
    assert found.unchanged()
    change(2.0)
    assert not found.unchanged()
    change(1.0)
    assert found.unchanged()
    point.y[0] = 3.0
    assert not found.unchanged()


def test_a_variable_that_is_gone() -> None:
    def make() -> tuple[Callable[[float], float], Callable[[], None]]:
        scale = 1.0

        def f(x: float) -> float:
            return scale * x

        def forget() -> None:
            nonlocal scale
            del scale

        return f, forget

    f, forget = make()
    found = taken(f)
    forget()
    assert not found.unchanged()


def test_frozen_arrays_are_not_copied() -> None:
    weights = np.zeros(9_000_000)
    weights.flags.writeable = False

    def f(x: Any) -> Any:
        return weights * x

    assert taken(f)


def test_never_raises() -> None:
    class Hostile:
        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError(name)

        def __eq__(self, other: object) -> bool:
            raise RuntimeError

        __hash__ = None  # type: ignore[assignment]

    thing = Hostile()
    assert snapshot(thing) is None

    def f(x: Any) -> Any:
        return thing.w * x  # type: ignore[attr-defined]

    found = snapshot(f)
    assert found is None or found.unchanged()
    deep: Any = []
    for _ in range(450):
        deep = [deep]

    def g(x: Any) -> Any:
        return deep[0]

    assert taken(g)
    ring: list[Any] = []
    ring.append(ring)

    def h(x: Any) -> Any:
        return ring[0]

    assert taken(h)


def test_code_is_analysed_once_and_forgotten() -> None:
    scope = namespace("def f(x): return 12345.678 * x")
    code = scope["f"].__code__
    taken(scope["f"])
    assert code in environment._analyses
    gone = weakref.ref(code)
    del code
    scope.clear()
    gc.collect()
    assert gone() is None


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(max_size=3)


@st.composite
def trees(draw: st.DrawFn) -> Any:
    return draw(
        st.recursive(
            leaves,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
            max_leaves=12,
        )
    )


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Every container and key in it."""
    keys = range(len(tree)) if isinstance(tree, list) else tree if isinstance(tree, dict) else ()
    return [found for key in keys for found in [(tree, key), *places(tree[key])]]


@given(trees().filter(places), st.data(), leaves)
def test_any_leaf(tree: Any, data: st.DataObject, value: Any) -> None:
    def f(x: Any) -> Any:
        return tree, x

    found = taken(f)
    container, key = data.draw(st.sampled_from(places(tree)))
    before = container[key]
    container[key] = copy.deepcopy(before)
    assert found.unchanged() or isinstance(before, list | dict)
    container[key] = value
    same = type(value) is type(before) and repr(value) == repr(before) and not isinstance(value, float)
    if isinstance(value, float) and isinstance(before, float):
        same = np.float64(value).tobytes() == np.float64(before).tobytes()
    assert found.unchanged() == same


SPEED = """
rate, count, kind, shape = 0.1, 3, "tanh", (3, 4)
def tanh(x): return np.tanh(x) * rate
def power(x, k=2): return np.maximum(x, 0) ** k
def f(x):
    y = power(tanh(x)) * rate + count
    return np.sum(y) if kind == "tanh" else len(y)
"""


def test_asking_is_cheap() -> None:
    found = taken(namespace(SPEED)["f"])
    seconds = min(timeit.repeat(found.unchanged, number=1000, repeat=20)) / 1000
    assert seconds < 6e-6  # about 1 µs on a quiet machine
