"""Do the ways to the derivatives of plain NumPy code agree? Forward mode, reverse mode, a second call that replays what
the first recorded, and numerical derivatives from the function's values alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mibun.checks.gradients import Audit, Component, audit
from mibun.language import fill, preferred, wrap
from mibun.transforms import jacobian
from mibun.transforms.trees import flatten

GAP: Final = 1e-9  # between the modes, relative to the largest entry: more is no rounding error

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "agree": "Forward mode, reverse mode and a replayed call agree (largest relative gap {gap}).",
        "modes": "Forward and reverse mode differ: relative gap {gap}.",
        "replay": "A second call gives other derivatives than the first: relative gap {gap}.",
    },
    "ko": {
        "agree": "순방향, 역방향, 다시 호출한 결과가 일치합니다(가장 큰 상대 오차 {gap}).",
        "modes": "순방향과 역방향의 결과가 다릅니다: 상대 오차 {gap}.",
        "replay": "두 번째로 호출하면 미분계수가 처음과 다릅니다: 상대 오차 {gap}.",
    },
}


@dataclass(frozen=True, slots=True)
class CodeReport:
    """``gap`` is the largest relative difference between the two modes, ``replayed`` that between a first and a second
    call, ``audit`` the comparison with numerical derivatives."""

    gap: float
    replayed: float
    audit: Audit

    @property
    def ok(self) -> bool:
        """Whether all agree."""
        return self.gap <= GAP and self.replayed <= GAP and self.audit.ok

    @property
    def worst(self) -> Component | None:
        """The derivative that is furthest from the numerical one."""
        return self.audit.worst

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<CodeReport: {self.text()}>"

    def text(self, lang: str | None = None, columns: int = 80) -> str:
        """The verdict in sentences."""
        lang = lang or preferred()
        key = "modes" if not self.gap <= GAP else "replay" if not self.replayed <= GAP else "agree"
        gap = self.replayed if key == "replay" else max(self.gap, self.replayed) if key == "agree" else self.gap
        sentence = fill(WORDS[lang][key], {"gap": f"{gap:.1g}"}, lang)
        return "\n".join([*wrap(sentence, columns, "", "  "), self.audit.text(lang, columns)])

    def json(self) -> dict[str, Any]:
        """The report as plain data."""
        gaps = {"gap": self.gap, "replayed": self.replayed}
        finite = {name: value if math.isfinite(value) else None for name, value in gaps.items()}
        return {"ok": self.ok, **finite, "audit": self.audit.json()}


def check_code(fn: Callable[..., Any], args: Sequence[Any]) -> CodeReport:
    """Check the derivatives that mibun finds of plain NumPy code, at one point; see :func:`mibun.check`."""
    import numpy as np

    leaves, tree = flatten(tuple(args))
    chosen = [i for i, leaf in enumerate(leaves) if _is_real(leaf)]

    def flat(*values: Any) -> Any:
        full = list(leaves)
        for i, value in zip(chosen, values, strict=True):
            full[i] = value
        return _joined(fn(*tree.build(full)))

    point = tuple([np.asarray(leaves[i], dtype=_precision(leaves[i]))[()] for i in chosen])
    numbers = tuple(range(len(point)))
    backward = jacobian(flat, numbers, mode="reverse")
    first = backward(*point)
    second = backward(*point)
    forward = jacobian(flat, numbers, mode="forward")(*point)
    found = audit(flat, first if len(point) > 1 else first[0], point if len(point) > 1 else point[0])
    return CodeReport(_gap(first, forward), _gap(first, second), found)


def _precision(leaf: Any) -> Any:
    import numpy as np

    return np.float32 if getattr(leaf, "dtype", None) == np.float32 else np.float64


def _is_real(leaf: Any) -> bool:
    kind = getattr(getattr(leaf, "dtype", None), "kind", None)
    return kind in ("f", "i", "u") or (isinstance(leaf, int | float) and not isinstance(leaf, bool))


def _joined(result: Any) -> Any:
    """All numbers of a nested result in one row; a single one as it is."""
    import numpy as np

    leaves, tree = flatten(result)
    if tree.single:
        return result
    return np.concatenate([np.ravel(leaf) for leaf in leaves if leaf is not None])


def _gap(a: Sequence[Any], b: Sequence[Any]) -> float:
    import numpy as np

    worst = 0.0
    for x, y in zip(a, b, strict=True):
        x, y = np.asarray(x), np.asarray(y)  # noqa: PLW2901
        same = (x == y) | (np.isnan(x) & np.isnan(y))
        scale = max(float(np.max(np.abs(x), initial=0.0)), float(np.max(np.abs(y), initial=0.0)))
        if not same.all():
            with np.errstate(all="ignore"):
                off = np.abs(x - y)[~same]
            worst = max(worst, math.inf if not np.isfinite(off).all() else float(off.max()) / (scale or 1.0))
    return worst
