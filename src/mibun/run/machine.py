"""What this processor can do, as far as code for it is concerned.

Two environment variables take abilities away, for comparison and for tests: ``MIBUN_VECTORS`` = ``avx512``, ``avx2``,
``neon``, ``sse2`` or ``none`` is the widest kind of vector to use, ``MIBUN_LIBMVEC=off`` leaves glibc's vector
mathematics alone. What a processor lacks can not be asked for.
"""

from __future__ import annotations

import os
import platform
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from mibun.run.tiers import OFF

PAYS: Final = 1e5  # nanoseconds of work for which a thread pays
LONG: Final = 32 << 20  # bytes of arguments and results that no cache may be expected to hold
LIGHT: Final = 100  # operations up to which moving the results takes much of the time


@dataclass(frozen=True)
class Machine:
    """``vectors`` names the kind of vectors, ``doubles`` is how many numbers one holds. ``fma`` is whether x·y + z is
    one operation, ``prefix`` how names of glibc's functions of vectors of doubles begin (``""``: there are none).

    ``native`` is whether all that the processor has may be used; otherwise ``cpu`` is the model that code is for.
    ``identity`` tells processors apart: code for one may not run on another.
    """

    vectors: str
    doubles: int
    fma: bool
    prefix: str
    native: bool
    cpu: str
    identity: str

    @property
    def singles(self) -> int:
        return 2 * self.doubles if self.doubles > 1 else 1


# Kinds of vectors of x86-64: doubles, whether with FMA, the model that has them, what the processor must be able to.
_X86: Final = {
    "avx512": (8, True, "x86-64-v4", "avx512f avx512dq avx512bw avx512vl avx512cd"),
    "avx2": (4, True, "x86-64-v3", "avx2 fma bmi1 bmi2 f16c movbe"),
    "sse2": (2, False, "x86-64", ""),
    "none": (1, False, "x86-64", ""),
}
_NAMES: Final = {"avx512": "_ZGVeN8v", "avx2": "_ZGVdN4v", "sse2": "_ZGVbN2v", "neon": "_ZGVnN2v"}


def machine() -> Machine:
    """This machine, less what the environment takes away."""
    return _machine(os.environ.get("MIBUN_VECTORS", ""), os.environ.get("MIBUN_LIBMVEC", ""))


@cache
def _machine(wanted: str, libmvec: str) -> Machine:
    kind = platform.machine().lower()
    identity, abilities = _processor()
    if kind in ("x86_64", "amd64"):
        found = [name for name, row in _X86.items() if abilities.issuperset(row[3].split())]
        best = found[0]
        level = wanted if wanted in found else best
        doubles, fma, cpu, _ = _X86[level]
    elif kind in ("aarch64", "arm64"):
        best, doubles, fma, cpu = "neon", 2, True, "generic"
        level = wanted if wanted in ("neon", "none") else best
        doubles = doubles if level == "neon" else 1
    else:
        best = level = "none"
        doubles, fma, cpu = 1, False, ""
    has_libmvec = level in _NAMES and libmvec not in OFF and _has_libmvec(_NAMES[level])
    prefix = _NAMES[level] if has_libmvec else ""
    return Machine(level, doubles, fma, prefix, level == best, cpu, identity)


@cache
def _processor() -> tuple[str, frozenset[str]]:
    """What identifies the processor, and what it can do, by the operating system's names."""
    if sys.platform != "linux":
        return _asked_of_llvm()
    with open("/proc/cpuinfo", "rb", buffering=0) as file:
        first = file.read(8192).decode(errors="replace").partition("\n\n")[0]  # all processors are alike
    facts = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in first.splitlines())}
    flags = facts.get("flags", facts.get("Features", ""))
    who = [facts.get(name, "") for name in _IDENTITY]
    return " ".join([platform.machine(), *who, flags]), frozenset(flags.split())


def _asked_of_llvm() -> tuple[str, frozenset[str]]:
    try:
        import llvmlite.binding as llvm
    except ImportError:
        return platform.machine(), frozenset()
    has = [name for name, there in llvm.get_host_cpu_features().items() if there]
    names = [{"bmi": "bmi1"}.get(name, name) for name in sorted(has)]
    return " ".join([platform.machine(), llvm.get_host_cpu_name(), *names]), frozenset(names)


_IDENTITY: Final = (
    "vendor_id", "cpu family", "model", "stepping", "CPU implementer", "CPU variant", "CPU part", "CPU revision"
)  # fmt: skip


@cache
def _has_libmvec(prefix: str) -> bool:
    import ctypes

    try:
        return hasattr(ctypes.CDLL("libmvec.so.1"), f"{prefix}_exp")
    except OSError:
        return False


def libllvm() -> Path | None:
    """Where llvmlite's library is, without importing it. ``None`` if it is not installed."""
    from importlib.util import find_spec

    try:
        spec = find_spec("llvmlite")
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "binding"
    with suppress(OSError):  # a folder's glob would make a pattern first
        return next((folder / name for name in sorted(os.listdir(folder)) if name.startswith("libllvmlite.")), folder)
    return folder
