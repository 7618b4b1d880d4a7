"""The canvas of a picture: its style and fonts, its files, and a record of what is where, so that words find room.

What is drawn is decided in :mod:`mibun.write.figure`. Matplotlib, an extra, is used without pyplot and under a style of
our own that is undone again: a picture looks the same in every program and changes nothing in it.
"""

from __future__ import annotations

import importlib.util
import io
import itertools
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mibun.errors import MibunError, ShapeError, UnsupportedOperation
from mibun.language import wrap
from mibun.write.curve import Range

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mibun.write.curve import Array

SUFFIXES: Final = (".svg", ".png", ".pdf")

# Three inks that stay apart for the colour-blind (Okabe and Ito 2008) and, by their dashes and widths, in grey print.
INK: Final = "#000000"
TANGENT: Final = "#D55E00"
SECANT: Final = "#0072B2"
# The same for words, dark enough to read on white.
WORD: Final = {INK: "#000000", TANGENT: "#A84300", SECANT: "#005A8E"}
GUIDE: Final = "#777777"
QUIET: Final = "#555555"
DASHES: Final = (0, (5, 2.2))
DOTS: Final = (0, (1, 2.2))

STYLE: Final[dict[str, Any]] = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#555555",
    "axes.linewidth": 0.7,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": 100,
    "font.size": 10,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "lines.dash_capstyle": "butt",
    "lines.linewidth": 1.6,
    "lines.scale_dashes": True,
    "lines.solid_capstyle": "round",
    "pdf.fonttype": 42,
    "savefig.dpi": 150,
    "svg.fonttype": "path",
    "svg.hashsalt": "mibun",
    "text.hinting": "none",  # hinting differs from one version of FreeType to the next
    "text.parse_math": False,
    "xtick.color": "#555555",
    "xtick.labelcolor": "#333333",
    "xtick.labelsize": 9,
    "xtick.major.size": 3,
    "xtick.major.width": 0.7,
    "ytick.color": "#555555",
    "ytick.labelcolor": "#333333",
    "ytick.labelsize": 9,
    "ytick.major.size": 3,
    "ytick.major.width": 0.7,
}
LATIN: Final = "DejaVu Sans"  # comes with Matplotlib and has all signs of a formula
# Fonts with Hangul that a system may have, the better ones first.
HANGUL: Final = ("NanumGothic", "Noto Sans KR", "Noto Sans CJK KR", "Apple SD Gothic Neo", "Malgun Gothic")


# The picture


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture: ``figure`` is Matplotlib's, ``alt`` says in words what is to be seen."""

    figure: Figure
    alt: str

    def svg(self) -> str:
        """The picture as SVG, letters drawn as outlines; the same picture gives the same text."""
        return self._bytes("svg").decode()

    def png(self, dpi: float = 150) -> bytes:
        """The picture as PNG. ``ShapeError`` unless ``dpi`` is from 10 to 1200."""
        if not (isinstance(dpi, int | float) and 10 <= dpi <= 1200):
            raise ShapeError("picture_dpi", given=dpi)
        return self._bytes("png", dpi)

    def pdf(self) -> bytes:
        """The picture as PDF."""
        return self._bytes("pdf")

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a file, SVG, PNG or PDF by its ending, and return its path. ``UnsupportedOperation`` for another
        ending, ``MibunError`` where nothing can be written."""
        place = Path(path)
        suffix = place.suffix.lower()
        if suffix not in SUFFIXES:
            raise UnsupportedOperation("picture_suffix", path=str(path), suffixes=", ".join(SUFFIXES))
        data = self._bytes(suffix[1:])
        try:
            place.write_bytes(data)
        except (OSError, ValueError) as error:
            raise MibunError("usage_output", reason=getattr(error, "strerror", None) or str(error)) from error
        return place

    def _bytes(self, form: str, dpi: float = 150) -> bytes:
        # Nothing that changes from day to day or from version to version.
        undated: dict[str, dict[str, Any]] = {
            "svg": {"Date": None, "Creator": None, "Title": self.alt},
            "png": {"Software": None, "Description": self.alt},
            "pdf": {"CreationDate": None, "Creator": None, "Producer": None, "Title": self.alt},
        }
        file = io.BytesIO()
        with _style():
            self.figure.savefig(file, format=form, dpi=dpi, metadata=undated[form])
        return file.getvalue()

    def __str__(self) -> str:
        return self.alt

    def __repr__(self) -> str:
        return f"Picture({self.alt!r})"

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_png_(self) -> bytes:
        return self.png()


@contextmanager
def _style(*families: str) -> Iterator[None]:
    """Matplotlib's defaults and ours, whatever the program has set, until the end of the block."""
    try:
        from matplotlib import style
    except ImportError as error:
        raise UnsupportedOperation("no_matplotlib") from error
    import numpy as np

    with style.context(["default", {**STYLE, "font.family": [LATIN, *families]}]), np.errstate(all="ignore"):
        yield


@contextmanager
def drawing(lang: str, size: Range, texts: Iterable[str] = ()) -> Iterator[Canvas]:
    """A canvas of a size in inches, with a font that has Hangul where the language or one of the texts needs it.

    ``UnsupportedOperation`` without Matplotlib or without such a font.
    """
    with _style():
        hangul = _hangul()
    if hangul is None and (lang == "ko" or any("가" <= char <= "힣" for text in texts for char in text)):
        raise UnsupportedOperation("no_hangul_font")
    with _style(*([hangul] if hangul else [])):
        yield Canvas(size)


def _hangul() -> str | None:
    """The name of a font with Hangul: Nanum Gothic as koreanize-matplotlib brings it, else one of the system's.

    Of that package only the file is used; importing it would change Matplotlib for the whole program.
    """
    from matplotlib.font_manager import fontManager

    def usable(name: str) -> bool:
        return any(font.name == name and _has_hangul(font.fname) for font in fontManager.ttflist)

    try:
        spec = importlib.util.find_spec("koreanize_matplotlib")
    except ValueError:
        spec = None
    if spec is not None and spec.origin and not usable(HANGUL[0]):
        path = Path(spec.origin).parent / "fonts" / "NanumGothic.ttf"
        if path.is_file():
            fontManager.addfont(path)
    for name in HANGUL:
        if usable(name):
            return name
    plain = [font for font in fontManager.ttflist if font.style == "normal" and str(font.weight) in ("400", "normal")]
    return next((font.name for font in plain if _has_hangul(font.fname)), None)


@cache
def _has_hangul(path: str) -> bool:
    from matplotlib.font_manager import get_font

    try:
        return ord("가") in get_font(path).get_charmap()
    except (OSError, RuntimeError):
        return False


def legible(text: str) -> str:
    """``text`` with a □ for every sign that no font of the style has."""
    from matplotlib import rcParams

    if text.isascii():
        return text
    known = _signs(*rcParams["font.family"])
    return "".join(char if char == "\n" or ord(char) in known else "□" for char in text)


@cache
def _signs(*families: str) -> frozenset[int]:
    """The characters that some font of the families has."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    paths = [findfont(FontProperties(family=[family])) for family in families]
    return frozenset().union(*(get_font(path).get_charmap() for path in paths))


# Numbers in words


def number(value: float, digits: int = 6) -> str:
    """A number as it is printed: ``1.25``, ``−3``, ``5 × 10⁻⁵``."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
    mantissa = "0" if mantissa == "-0" else mantissa.replace("-", "−")
    if not exponent:
        return mantissa
    power = "10" + raised(int(exponent))
    return mantissa.replace("1", power) if mantissa in ("1", "−1") else f"{mantissa} × {power}"


def raised(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))


def equals(value: float, digits: int = 6) -> str:
    """``= 1.25``, or ``≈ 0.540302`` where digits are left out."""
    return f"= {number(value)}" if exact(value) else f"≈ {number(value, digits)}"


def exact(value: float) -> bool:
    """Whether six digits say it all. A quotient in doubles is good to some ten."""
    shown = float(f"{value:.6g}")
    return shown == value or math.isclose(shown, value, rel_tol=1e-10)


def brief(value: float) -> str:
    """A coordinate: four digits, six where they are all there is."""
    return number(value, 6 if exact(value) else 4)


# The sheet: what is on it already, in pixels, so that words find a free place

LONGEST: Final = 400  # characters of a heading that are looked at; two lines hold fewer
KEY: Final = 28  # pixels that a bit of line takes before a word
DISTANCES: Final = (5, 9, 15, 24, 36, 52)
DIRECTIONS: Final = ((1, 1), (-1, 1), (1, -1), (-1, -1), (0, 1), (0, -1), (1, 0), (-1, 0))


class Canvas:
    """A figure while it is drawn."""

    def __init__(self, size: Range) -> None:
        import numpy as np
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.figure: Any = Figure(figsize=size)
        surface: Any = FigureCanvasAgg(self.figure)
        self.renderer = surface.get_renderer()
        self.wide, self.high = (round(float(each)) for each in self.figure.get_size_inches() * self.figure.dpi)
        self.ink = np.zeros((self.high, self.wide), np.int32)
        self.words = np.zeros((self.high, self.wide), np.int32)

    def axes(self, variable: str, span: Range, view: Range, **options: Any) -> Any:
        """Calm axes: left and bottom, hairlines where a coordinate is 0, the variable at the end."""
        axes = self.figure.add_axes((0.1, 0.1, 0.8, 0.8), facecolor="none", **options)
        axes.set_xlim(*span)
        axes.set_ylim(*view)
        for axis in (axes.xaxis, axes.yaxis):
            ticks(axis)
        for line, (low, high) in ((axes.axvline, span), (axes.axhline, view)):
            if low < 0 < high:
                line(0, color="#d4d4d4", linewidth=0.7, zorder=0)
        if variable:
            axes.annotate(short(variable, 16), (1, 0), (7, 0), "axes fraction", textcoords="offset points", va="center")
        return axes

    def width(self, text: str, size: float = 10) -> float:
        """How wide a text is, in pixels."""
        return float(self.extent(text, size).width)

    def extent(self, text: str, size: float) -> Any:
        from matplotlib.text import Text

        return Text(0, 0, legible(text), size=size, figure=self.figure).get_window_extent(self.renderer)

    def title(self, text: str, left: float, top: float, width: float, size: float = 11) -> float:
        """A heading whose upper left corner is given in pixels; returns its height."""
        if not text:
            return 0.0
        text = " ".join(legible(text[:LONGEST]).split())
        lines = [text]
        columns = len(text)
        while max(self.width(line, size) for line in lines) > width and columns > 8:
            columns = min(columns - 1, int(columns * 0.95))
            lines = wrap(text, columns, "", "    ")
        if len(lines) > 2:
            lines = [lines[0], lines[1].rstrip() + " …"]
            while self.width(lines[1], size) > width:
                lines[1] = lines[1][:-3].rstrip() + " …" if len(lines[1]) > 8 else "…"
        written = "\n".join(lines)
        made = self.figure.text(left / self.wide, top / self.high, written, size=size, va="top", linespacing=1.3)
        box = made.get_window_extent(self.renderer)
        self.box(box)
        return float(box.height)

    def fit(self, axes: Any, box: tuple[float, float, float, float]) -> None:
        """Make axes with their tick labels fill a box in pixels (left, bottom, right, top)."""
        left, bottom, right, top = box
        for _ in range(2):
            inner, outer = axes.get_window_extent(self.renderer), axes.get_tightbbox(self.renderer)
            left_, bottom_ = left + inner.x0 - outer.x0, bottom + inner.y0 - outer.y0
            right_, top_ = right + inner.x1 - outer.x1, top + inner.y1 - outer.y1
            place = (left_ / self.wide, bottom_ / self.high, (right_ - left_) / self.wide, (top_ - bottom_) / self.high)
            axes.set_position(place)
        self.note(axes)

    def fit3d(self, axes: Any, box: tuple[float, float, float, float]) -> None:
        """The same for axes in space, which keep their shape: as large as they can be, in the middle."""
        import numpy as np
        from matplotlib.text import Text
        from matplotlib.transforms import Bbox

        left, bottom, right, top = box
        corners = np.array(list(itertools.product(axes.get_xlim(), axes.get_ylim(), axes.get_zlim())))
        for _ in range(4):
            self.figure.draw_without_rendering()
            texts = [text for text in axes.findobj(Text) if text.get_visible() and text.get_text()]
            boxes = [text.get_window_extent(self.renderer) for text in texts]
            outer, inner = Bbox.union([Bbox([dot, dot]) for dot in flat(axes, corners)] + boxes), axes.get_position()
            scale = min((right - left) / outer.width, (top - bottom) / outer.height)
            x = inner.x0 + inner.width / 2 + ((left + right) / 2 - (outer.x0 + outer.x1) / 2) / self.wide
            y = inner.y0 + inner.height / 2 + ((bottom + top) / 2 - (outer.y0 + outer.y1) / 2) / self.high
            half_x, half_y = inner.width * scale / 2, inner.height * scale / 2
            axes.set_position(Bbox.from_extents(x - half_x, y - half_y, x + half_x, y + half_y))
        self.figure.draw_without_rendering()
        self.note(axes)

    def align(self, panels: Sequence[Any]) -> None:
        """Give axes the same left and right edges."""
        from matplotlib.transforms import Bbox

        boxes = [axes.get_position() for axes in panels]
        x0, x1 = max(box.x0 for box in boxes), min(box.x1 for box in boxes)
        for axes, box in zip(panels, boxes, strict=True):
            axes.set_position(Bbox.from_extents(x0, box.y0, x1, box.y1))
        self.words[:] = 0
        for text in self.figure.texts:
            self.box(text.get_window_extent(self.renderer))
        for axes in self.figure.axes:
            axes.get_tightbbox(self.renderer)  # puts the tick labels where they will be
            self.note(axes)

    def note(self, axes: Any) -> None:
        """Remember where the tick labels and other words of the axes are."""
        from matplotlib.text import Text

        for text in axes.findobj(Text):
            if text.get_visible() and text.get_text():
                self.box(text.get_window_extent(self.renderer))

    def picture(self, seen: Iterable[str]) -> Picture:
        """The finished picture, and in words what is to be seen."""
        return Picture(self.figure, " ".join(filter(None, seen)))

    def box(self, box: Any) -> None:
        """Remember a rectangle of words."""
        x0, y0, x1, y1 = (max(0, int(each)) for each in (box.x0, box.y0, box.x1 + 1, box.y1 + 1))
        self.words[y0:y1, x0:x1] = 1

    def line(self, axes: Any, x: Any, y: Any, weight: int = 1) -> Array:
        """Remember a line, given in the coordinates of the axes; returns its pixels."""
        import numpy as np

        points = axes.transData.transform(np.column_stack([np.asarray(x, float), np.asarray(y, float)]))
        return self.path(points, axes.get_window_extent(self.renderer), weight)

    def path(self, points: Any, within: Any = None, weight: int = 1) -> Array:
        """Remember a line given in pixels, as far as it lies ``within``; returns its pixels."""
        import numpy as np

        points = np.asarray(points, float)
        far = 4 * max(self.wide, self.high)
        points = np.clip(points, -far, far)
        steps = np.hypot(*np.diff(points, axis=0).T)
        dense = [points[:1]] if len(points) == 1 else []
        for i in np.flatnonzero(np.isfinite(steps)):
            share = np.linspace(0, 1, int(steps[i] / 0.7) + 2)[:, None]
            dense.append(points[i] + share * (points[i + 1] - points[i]))
        dots = np.concatenate(dense) if dense else np.empty((0, 2))
        x0, y0, x1, y1 = (0, 0, self.wide - 1, self.high - 1) if within is None else within.extents
        seen = (dots[:, 0] >= x0) & (dots[:, 0] <= x1) & (dots[:, 1] >= y0) & (dots[:, 1] <= y1)
        dots = dots[seen]
        pixels = np.clip(dots.astype(int), 0, (self.wide - 1, self.high - 1))
        self.ink[pixels[:, 1], pixels[:, 0]] = weight
        return dots

    def dot(self, axes: Any, x: float, y: float, **style: Any) -> None:
        """Draw a dot, and keep words off it."""
        px, py = axes.transData.transform((x, y))
        if not (math.isfinite(px) and math.isfinite(py)):
            return
        if not axes.get_window_extent(self.renderer).padded(1).contains(px, py):
            return
        style = {"marker": "o", "markersize": 5.5, "color": INK, "zorder": 6, "linestyle": "none", **style}
        axes.plot([x], [y], clip_on=False, **style)
        self.keep_off((px, py), 4)

    def keep_off(self, place: Any, room: int) -> None:
        """Keep words off a square around a place in pixels."""
        x, y = place
        self.ink[max(0, int(y) - room) : int(y) + room + 1, max(0, int(x) - room) : int(x) + room + 1] = 3

    def word(
        self,
        text: str,
        anchors: Array,
        within: Any,
        color: str = INK,
        *,
        weights: Array | None = None,
        directions: Sequence[tuple[int, int]] = DIRECTIONS,
        distances: Sequence[float] = DISTANCES,
        optional: bool = False,
        size: float = 10,
        key: Mapping[str, Any] | None = None,
    ) -> bool:
        """Write a text beside one of the anchors (pixels, the better ones first), where it hides least.

        An optional one is left out where it would cover anything. ``key`` is the style of a line of which a bit is
        drawn before the text, to know it by without its colour.
        """
        import numpy as np

        if not len(anchors):
            return False
        wide, high = (float(each) for each in self.extent(text, size).size)
        wide += KEY if key else 0
        if len(anchors) > 90:
            chosen = np.linspace(0, len(anchors) - 1, 90).astype(int)
            anchors, weights = anchors[chosen], None if weights is None else weights[chosen]
        if weights is None:
            weights = np.linspace(0, 30, len(anchors))
        places, costs = [], []
        directions = [*directions, *(each for each in DIRECTIONS if each not in directions)]
        for rank, (dx, dy) in enumerate(directions):
            for distance in distances:
                away = distance * (0.75 if dx and dy else 1.0)
                x = anchors[:, 0] + dx * away + (dx - 1) / 2 * wide
                y = anchors[:, 1] + dy * away + (dy - 1) / 2 * high
                places.append(np.column_stack([x, y]))
                costs.append(weights + 1.1 * distance + 0.8 * rank)
        place, cost = np.concatenate(places), np.concatenate(costs)
        x0, y0, x1, y1 = within.extents
        fits = (place[:, 0] >= x0 + 2) & (place[:, 0] + wide <= x1 - 2)
        fits &= (place[:, 1] >= y0 + 2) & (place[:, 1] + high <= y1 - 2)
        if not fits.any():
            return False
        place, cost = place[fits], cost[fits]
        covered = self.inside(self.words, place, (wide, high), 4)
        crossed = self.inside(self.ink, place, (wide, high), 3)
        cost = cost + 3 * crossed + 1e4 * (covered > 0) + 20 * (crossed > 0)
        best = int(cost.argmin())
        if optional and (crossed[best] or covered[best]):
            return False
        x, y = place[best]
        patch = {"facecolor": "white", "linewidth": 0, "pad": 1.0, "alpha": 0.85} if crossed[best] else None
        if key:
            self.key(x, y + high / 2, key)
            x += KEY
        self.put(text, (x, y), WORD.get(color, color), size, patch)
        return True

    def key(self, x: float, y: float, style: Mapping[str, Any]) -> None:
        """A bit of a line, from a place in pixels to the right."""
        from matplotlib.lines import Line2D

        ends = [x / self.wide, (x + KEY - 6) / self.wide], [y / self.high, y / self.high]
        self.figure.add_artist(Line2D(*ends, **{**style, "zorder": 9}))
        self.path([(x, y), (x + KEY - 6, y)])

    def put(self, text: str, corner: Any, color: str, size: float, patch: dict[str, Any] | None = None) -> None:
        """Write a text whose lower left corner is given in pixels."""
        x, y = corner
        text = legible(text)
        made = self.figure.text(
            x / self.wide, y / self.high, text, color=color, size=size, va="bottom", bbox=patch, zorder=9
        )
        found = made.get_window_extent(self.renderer)
        # glyphs do not start at the very place they are put
        made.set_position(((2 * x - found.x0) / self.wide, (2 * y - found.y0) / self.high))
        self.box(made.get_window_extent(self.renderer))

    def inside(self, grid: Any, place: Array, size: Range, room: int) -> Array:
        """How much of ``grid`` lies in boxes of one size, by sums over all rectangles from the corner."""
        import numpy as np

        wide, high = size
        sums = np.zeros((self.high + 1, self.wide + 1), np.int32)
        sums[1:, 1:] = grid.cumsum(0, np.int32).cumsum(1, np.int32)
        x0 = np.clip(place[:, 0] - room, 0, self.wide).astype(int)
        y0 = np.clip(place[:, 1] - room, 0, self.high).astype(int)
        x1 = np.clip(place[:, 0] + wide + room, 0, self.wide).astype(int)
        y1 = np.clip(place[:, 1] + high + room, 0, self.high).astype(int)
        found: Array = sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0]
        return found


def flat(axes: Any, line: Array) -> Array:
    """The pixels of points in space."""
    import numpy as np
    from mpl_toolkits.mplot3d import proj3d

    x, y, _ = proj3d.proj_transform(*line.T, axes.get_proj())
    dots: Array = axes.transData.transform(np.column_stack([x, y]))
    return dots


def short(text: str, most: int) -> str:
    """A name that fits."""
    text = legible(text)
    return text if len(text) <= most else text[: most - 1] + "…"


def ticks(axis: Any, most: int = 6, prune: str | None = None) -> None:
    """Round numbers at an axis, a common power of ten or a common summand written once at its end."""
    from matplotlib.ticker import Formatter, MaxNLocator

    class Plain(Formatter):  # type: ignore[misc,unused-ignore]
        base, power, decimals = 0.0, 0, 0

        def set_locs(self, locs: Any) -> None:
            low, high = sorted(axis.get_view_interval())
            places = [float(each) for each in locs if low <= each <= high]
            self.base, self.power, self.decimals = 0.0, 0, 0
            if len(places) < 2:
                return
            step = places[1] - places[0]
            largest = max(map(abs, places))
            if step < 1e-6 * largest:
                unit = 10.0 ** (math.floor(math.log10(step)) + 2)
                self.base = round(places[0] / unit) * unit
                largest = max(abs(each - self.base) for each in places)
            exponent = math.floor(math.log10(largest)) if largest else 0
            self.power = 0 if -4 < exponent < 5 else exponent
            scaled = [(each - self.base) / 10.0**self.power for each in places]
            near = step / 10.0**self.power / 1000
            fits = (d for d in range(9) if all(abs(round(each, d) - each) < near for each in scaled))
            self.decimals = next(fits, 9)

        def __call__(self, x: float, pos: int | None = None) -> str:
            written = f"{(x - self.base) / 10.0**self.power:.{self.decimals}f}"
            return written.replace("-", "−") if float(written) else written.removeprefix("-")

        def get_offset(self) -> str:
            power = f"× 10{raised(self.power)}" if self.power else ""
            return f"{power} + {number(self.base, 15)}".strip() if self.base else power

    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10], prune=prune))
    axis.set_major_formatter(Plain())
    axis.get_offset_text().set_size(9)
