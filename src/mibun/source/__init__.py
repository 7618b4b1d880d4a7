"""Formulas as code that a person can read and build elsewhere: C, NumPy, LaTeX, LLVM's own language.

:mod:`mibun.source.plan` says what is common to them, a module for each the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final

from mibun.errors import UnsupportedOperation
from mibun.source.plan import Program

LANGUAGES: Final = {"c": "c", "numpy": "python", "latex": "latex", "llvm": "llvm"}  # and the module of each


def source(programs: Sequence[Program], language: str, lang: str) -> str:
    """The programs in a language, in one text; ``lang`` is that of its comments.

    ``UnsupportedOperation`` for another language, and for what has no value: f(x) of an abstract f.
    """
    if language not in LANGUAGES:
        raise UnsupportedOperation("source_language", given=language, languages=", ".join(LANGUAGES))
    write: Callable[[Sequence[Program], str], str] = import_module(f"mibun.source.{LANGUAGES[language]}").source
    return write(programs, lang)
