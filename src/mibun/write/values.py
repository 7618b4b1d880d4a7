"""Numbers and arrays as a diagram writes them, in words and as plain data.

A value is a float, a truth value, an array of either, or ``None`` where none is known.
"""

from __future__ import annotations

import math
from typing import Any, Final

from mibun.write import canvas

ENTRIES: Final = 6  # of an array that is written out
DIGITS: Final = 6

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {"nan": "no value", "True": "true", "False": "false"},
    "ko": {"nan": "값 없음", "True": "참", "False": "거짓"},
}


def is_array(value: Any) -> bool:
    return bool(getattr(value, "shape", ()))


def is_number(value: Any) -> bool:
    """Whether arithmetic can be shown with it: no array, no truth value, not unknown."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def written(value: Any, lang: str, digits: int = DIGITS, columns: int = 60) -> str:
    """A number to ``digits`` digits; an array of up to six entries whole, a larger one, or one of more ``columns``, by
    its shape and its range.

    >>> written(-0.7568025, "en", 4), written(math.nan, "ko"), written(True, "en")
    ('−0.7568', '값 없음', 'true')
    """
    if is_array(value):
        return _array(value, lang, digits, columns)
    if isinstance(value, bool) or math.isnan(value):
        return WORDS[lang][str(value)]
    return canvas.number(value, DIGITS if canvas.exact(value) and not digits < 4 else digits)


def _array(value: Any, lang: str, digits: int, columns: int) -> str:
    if value.size <= ENTRIES:
        entries = _entries(value, lang, min(digits, 4))
        if len(entries) <= columns:
            return entries
    known = value if value.dtype == bool else value[abs(value) >= 0]  # no NaN
    if not known.size:
        return f"{size(value.shape)} [{WORDS[lang]['nan'] if value.size else ''}]"
    low, high = (written(bound.item(), lang, 3) for bound in (known.min(), known.max()))
    span = low if low == high else f"{low} … {high}"
    return f"{size(value.shape)} [{span}]"


def _entries(value: Any, lang: str, digits: int) -> str:
    if not value.shape:
        return written(value.item(), lang, digits)
    return f"[{', '.join(_entries(part, lang, digits) for part in value)}]"


def size(shape: tuple[int, ...]) -> str:
    """A shape, as NumPy writes it."""
    return str(shape)


def equals(value: Any, lang: str, digits: int = DIGITS) -> str:
    """What follows a name: `` = 4``, `` ≈ −0.7568`` where digits are left out, ``: …`` for what is no number.

    >>> equals(4.0, "en"), equals(1 / 3, "en"), equals(math.nan, "en")
    (' = 4', ' ≈ 0.333333', ': no value')
    """
    text = written(value, lang, digits)
    if is_array(value):
        if text.startswith("("):
            return f": {text}"
        numbers = value.ravel().tolist()
        exact = all(_is_exact(number, 4) for number in numbers)
    else:
        if math.isnan(value):
            return f": {text}"
        exact = _is_exact(value)
    return f" {'=' if exact else '≈'} {text}"


def _is_exact(value: Any, digits: int = DIGITS) -> bool:
    if isinstance(value, bool) or not math.isfinite(value):
        return True
    return canvas.exact(value) and float(f"{value:.{digits}g}") == float(f"{value:.{DIGITS}g}")


def factor(value: Any, lang: str) -> str:
    """A number within a product: a negative one in brackets."""
    text = written(value, lang)
    return f"({text})" if text.startswith("−") or " " in text else text


def plain(value: Any) -> Any:
    """Plain data; what is no finite number is ``"nan"``, ``"inf"`` or ``"-inf"``.

    >>> plain(math.inf), plain(1.5), plain(None)
    ('inf', 1.5, None)
    """
    if value is None or isinstance(value, bool):
        return value
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value if math.isfinite(value) else str(value)


def parsed(data: Any) -> Any:
    """The value of plain data."""
    if not isinstance(data, list):
        return float(data) if isinstance(data, int | float | str) and not isinstance(data, bool) else data
    import numpy as np

    found = _parsed(data)
    return np.array(found, dtype=bool if found and _is_truth(found) else float)


def _parsed(data: Any) -> Any:
    return [_parsed(part) for part in data] if isinstance(data, list) else parsed(data)


def _is_truth(data: Any) -> bool:
    return _is_truth(data[0]) if isinstance(data, list) and data else isinstance(data, bool)
