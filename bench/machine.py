"""The machine and the versions that a measurement belongs to."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from mibun._version import __version__

PACKAGES = (
    "numpy",
    "llvmlite",
    "scipy",
    "numba",
    "numexpr",
    "jax",
    "jaxlib",
    "torch",
    "autograd",
    "sympy",
    "symengine",
    "casadi",
    "numdifftools",
)
FEATURES = ("sse2", "avx", "avx2", "fma", "avx512f", "avx512dq", "avx512vl", "asimd", "sve")


def describe() -> dict[str, str]:
    """What to know about where figures come from: processor, cores, vector instructions, memory, libc, versions."""
    facts = _processor()
    flags = (facts.get("flags") or facts.get("Features", "")).split()
    found = {
        "processor": facts.get("model name", platform.processor() or platform.machine()),
        "architecture": platform.machine(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "features": " ".join(name for name in FEATURES if name in flags),
        "cache": facts.get("cache size", ""),
        "memory": _memory(),
        "system": platform.system(),
        "libc": " ".join(platform.libc_ver()),
        "load": " ".join(f"{value:.2f}" for value in os.getloadavg()) if hasattr(os, "getloadavg") else "",
        "Python": platform.python_version(),
        "mibun": __version__,
    }
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return {name: value for name, value in found.items() if value}


def _processor() -> dict[str, str]:
    """What Linux says about the first processor."""
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return {}
    first = path.read_text(encoding="utf-8").partition("\n\n")[0]
    pairs = [line.partition(":") for line in first.splitlines()]
    return {name.strip(): value.strip() for name, _, value in pairs}


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    except (AttributeError, OSError, ValueError):
        return ""
