"""A diagram as a page: groups open and close at a click, buttons and arrow keys go through the steps, in two languages.

The page is one file that fetches nothing. Every drawing that can be reached is in it, made where all others are made;
the script only chooses which one is seen and how much of it, so without a script the page still shows the graph.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html import escape
from typing import TYPE_CHECKING, Any, Final

from mibun.language import LANGUAGES, fill, visible
from mibun.write.canvas import INK, QUIET
from mibun.write.circuit import BACK, BLUE, FONT, MIDDLE, MOST, PAPER, RED, Drawing, called

if TYPE_CHECKING:
    from mibun.write.diagram import Diagram, Group

DRAWINGS: Final = 24  # of all ways to open groups; with more of them, one group at a time is open

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "whole": "The whole graph",
        "back": "Back",
        "next": "Next",
        "keys": "The arrow keys ← and → go through the steps.",
        "groups": "A box with a double border opens at a click; the small name above a box folds it again.",
        "open": "open all",
        "fold": "fold all",
        "forward": "forward",
        "backward": "backward",
    },
    "ko": {
        "whole": "전체 그래프",
        "back": "이전",
        "next": "다음",
        "keys": "화살표 키 ←, →로 한 단계씩 볼 수 있습니다.",
        "groups": "테두리가 두 줄인 상자는 누르면 열리고, 상자 위의 작은 이름을 누르면 다시 접힙니다.",
        "open": "모두 열기",
        "fold": "모두 접기",
        "forward": "순전파",
        "backward": "역전파",
    },
}
NAMES: Final = {"en": "English", "ko": "한국어"}

STYLE: Final = f"""
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.5 {FONT}; margin: 1.5rem; background: Canvas; color: CanvasText; }}
h1 {{ font-size: 1.2rem; margin: 0 0 .75rem; }}
:root[lang=ko] .t[lang=en], :root[lang=en] .t[lang=ko], [hidden] {{ display: none; }}
header {{ position: sticky; top: 0; background: Canvas; padding: .1rem 0 .4rem; z-index: 1; }}
nav {{ display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: .5rem 0; }}
button {{ font: inherit; padding: .15rem .7rem; }}
input[type=range] {{ flex: 1 1 12rem; max-width: 30rem; }}
output {{ display: block; min-height: 3.2em; padding: .4rem .7rem; border: 1px solid {MIDDLE}; border-radius: 5px; }}
.view {{ overflow-x: auto; padding: .5rem 0; }}
.box {{ scroll-margin: 11rem 1rem 2rem; }}
.note {{ color: {MIDDLE}; font-size: .9rem; margin: .4rem 0; }}
ul {{ list-style: none; padding: 0; margin: .6rem 0; font-size: .9rem; }}
ul b {{ display: inline-block; min-width: 2.2em; text-align: center; background: {PAPER}; border-radius: 4px;
  font-weight: 400; margin-right: .5em; }}
.value {{ color: {INK}; border: 1px solid {QUIET}; }} .adjoint {{ color: {RED}; }} .tangent, .local {{ color: {BLUE}; }}
.group {{ color: {INK}; border: 3px double {QUIET}; }}
.halo, .back, .unknown {{ visibility: hidden; }}
.now > .halo, .now.backward > .back {{ visibility: visible; }}
.wire.now path {{ stroke: {BACK}; stroke-width: 2.8; }}
.wire.now polygon {{ fill: {BACK}; }}
[data-group], .tag {{ cursor: pointer; }}
[data-group]:focus {{ outline: 3px solid {BACK}; outline-offset: 2px; }}
.sr {{ position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }}
"""

SCRIPT: Final = """
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement, slider = document.getElementById("at");
  const each = (selector, action) => document.querySelectorAll(selector).forEach(action);
  let open = new Set(data.open), at = 0;
  const keyOf = set => [...set].sort((a, b) => a - b).join(",");
  const steps = () => data.views[keyOf(open)];
  const begins = (whole, part) => (whole + "/").startsWith(part + "/");
  const places = data.groups.map((path, i) => i);
  const around = g => places.filter(i => begins(data.groups[g], data.groups[i]));
  const within = g => places.filter(i => begins(data.groups[i], data.groups[g]));

  function show() {
    const key = keyOf(open), list = steps(), step = at ? list[at - 1] : null;
    each(".view", view => { view.hidden = view.dataset.key !== key; });
    each(".view .known", part => part.classList.toggle("unknown", at > 0 && Number(part.dataset.since) > at));
    each(".view .box, .view .wire", part => {
      const now = step !== null && part.dataset.steps.split(" ").includes(String(at))
        && (part.classList.contains("box") || wireUsed(part, step));
      part.classList.toggle("now", now);
      part.classList.toggle("backward", now && step[0] === "backward");
    });
    document.querySelector(".view:not([hidden]) .box.now")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    slider.max = list.length;
    slider.value = at;
    each("output .t", line => {
      const lang = line.lang, word = step ? data.words[lang][step[0]] : data.words[lang].whole;
      line.textContent = step ? `${at}/${list.length} ${word}: ${step[lang === "ko" ? 3 : 2]}` : word;
    });
  }
  const wireUsed = (part, step) => part.dataset[step[0]].split(" ").includes(String(at));
  function go(to) {
    at = Math.max(0, Math.min(steps().length, to));
    show();
  }
  function change(wanted, fallback) {
    const seen = at ? steps()[at - 1] : null;
    open = keyOf(wanted) in data.views ? wanted : fallback;
    at = seen ? 1 + steps().findIndex(step => step[0] === seen[0] && step[1] === seen[1]) : 0;
    show();
  }
  const opened = path => {
    const g = data.groups.indexOf(path);
    change(new Set([...open, ...around(g)]), new Set(around(g)));
  };
  const folded = path => {
    const g = data.groups.indexOf(path), inner = new Set(within(g));
    change(new Set([...open].filter(i => !inner.has(i))), new Set(around(g).filter(i => i !== g)));
  };
  each("[data-group]", box => {
    box.addEventListener("click", () => opened(box.dataset.group));
    box.addEventListener("keydown", event => { if (event.key === "Enter") opened(box.dataset.group); });
  });
  each(".tag", tag => tag.addEventListener("click", event => {
    event.stopPropagation();
    const box = tag.closest(".box");
    folded(box.dataset.within || box.dataset.group.replace(/\\/[^/]*$/, ""));
  }));
  const press = (id, action) => document.getElementById(id)?.addEventListener("click", action);
  press("back", () => go(at - 1));
  press("next", () => go(at + 1));
  press("whole", () => go(0));
  press("open", () => change(new Set(data.groups.keys()), open));
  press("fold", () => change(new Set(), open));
  slider.addEventListener("input", () => go(Number(slider.value)));
  each("[data-lang]", button => button.addEventListener("click", () => { root.lang = button.dataset.lang; }));
  document.addEventListener("keydown", event => {
    if (event.target === slider || event.altKey || event.ctrlKey || event.metaKey) return;
    const move = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: Infinity }[event.key];
    if (move !== undefined) { event.preventDefault(); go(move); }
  });
  show();
})();
"""


def page(diagram: Diagram, lang: str) -> str:
    """The page of a diagram, in ``lang`` at first. ``BudgetExceeded`` where what is seen first has too many boxes."""
    groups = diagram.groups
    place = {path: i for i, path in enumerate(groups)}
    first = _opened(diagram)
    views: dict[str, list[tuple[str, int, str, str]]] = {}
    drawings: list[str] = []
    for opened in _states(diagram, first):
        state = diagram.fold().open(*opened) if opened else diagram.fold()
        key = ",".join(str(i) for i in sorted(place[path] for path in opened))
        if key in views or (opened != first and len(state.view.boxes) > MOST):
            continue
        views[key] = [
            (step.way, step.target, visible(step.sentence("en")), visible(step.sentence("ko"))) for step in state.steps
        ]
        drawings += _drawn(state, key, hidden=opened != first)
    data = {
        "groups": list(map(called, groups)),
        "open": sorted(place[path] for path in first),
        "views": views,
        "words": {each: {key: WORDS[each][key] for key in ("whole", "forward", "backward")} for each in LANGUAGES},
    }
    title = _safe(diagram.title or diagram.name)
    return "\n".join([
        "<!DOCTYPE html>",
        f'<html lang="{lang}">',
        '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        f"<title>{title}</title><style>{STYLE}</style></head>",
        "<body>",
        f"<h1>{title}</h1>",
        "".join(f'<p class="sr t" lang="{each}">{_safe(diagram.describe(each))}</p>' for each in LANGUAGES),
        _controls(diagram),
        *drawings,
        *_legend(diagram),
        *_notes(diagram),
        f'<script type="application/json" id="data">{_data(data)}</script>',
        f"<script>{SCRIPT}</script>",
        "</body></html>",
        "",
    ])  # fmt: skip


def _opened(diagram: Diagram) -> frozenset[Group]:
    """The groups that are open to be seen: they, and all around them."""
    return frozenset(
        path for path in diagram.groups if not any(path[:depth] in diagram.closed for depth in range(1, len(path) + 1))
    )


def _states(diagram: Diagram, first: frozenset[Group]) -> Iterator[frozenset[Group]]:
    """Which groups may be open together: any, if those are few drawings; else one, with all around it."""
    yield first
    groups = diagram.groups
    every: list[frozenset[Group]] = [frozenset()]
    for path in groups:
        if len(every) > DRAWINGS:
            break
        every += [opened | {path} for opened in every if len(path) == 1 or path[:-1] in opened]
    if len(every) <= DRAWINGS:
        yield from every
        return
    yield frozenset()
    yield frozenset(groups)
    for path in groups[: 2 * DRAWINGS]:
        yield frozenset(path[:depth] for depth in range(1, len(path) + 1))


def _drawn(state: Diagram, key: str, hidden: bool) -> list[str]:
    """One drawing for both languages, or one each where they differ."""
    found = {lang: Drawing(state, lang, marks=True).plain() for lang in LANGUAGES}
    concealed = " hidden" if hidden else ""
    if len(set(found.values())) == 1:
        return [f'<div class="view" data-key="{key}"{concealed}>{found["en"]}</div>']
    return [
        f'<div class="view t" lang="{lang}" data-key="{key}"{concealed}>{drawing}</div>'
        for lang, drawing in found.items()
    ]


def _controls(diagram: Diagram) -> str:
    parts = [f'<button id="{key}">{mark}{_both(key)}</button>' for key, mark in (("back", "◀ "), ("next", "▶ "))]
    parts.append(f'<button id="whole">{_both("whole")}</button>')
    parts.append('<input type="range" id="at" min="0" value="0" step="1" aria-label="step">')
    if diagram.groups:
        parts += [f'<button id="{key}">{_both(key)}</button>' for key in ("open", "fold")]
    parts += [f'<button data-lang="{lang}">{NAMES[lang]}</button>' for lang in LANGUAGES]
    help_ = ["keys", *(["groups"] if diagram.groups else [])]
    lines = "".join(f'<span class="t" lang="{lang}"></span>' for lang in LANGUAGES)
    told = " ".join(_both(key) for key in help_)
    said = f'<output aria-live="polite">{lines}</output>'
    return f'<header><nav>{"".join(parts)}</nav>{said}</header><p class="note">{told}</p>'


def _legend(diagram: Diagram) -> Iterable[str]:
    signs = {"value": "2", "adjoint": "◂ 2", "tangent": "▸ 2", "local": "2", "group": "&nbsp;"}
    states = [diagram] if len(diagram.boxes) > MOST else [diagram.open_all(), diagram]
    told = {
        lang: dict.fromkeys(line for state in states for line in Drawing(state, lang).legend()) for lang in LANGUAGES
    }
    yield "<ul>"
    for (english, key), (korean, _) in zip(told["en"], told["ko"], strict=True):
        words = f'<span class="t" lang="en">{_safe(english)}</span><span class="t" lang="ko">{_safe(korean)}</span>'
        yield f'<li><b class="{key}">{signs[key]}</b>{words}</li>'
    yield "</ul>"


def _notes(diagram: Diagram) -> Iterable[str]:
    for note in diagram.notes:
        yield "".join(f'<p class="t" lang="{lang}">{_safe(note[lang])}</p>' for lang in LANGUAGES)


def _both(key: str) -> str:
    return "".join(f'<span class="t" lang="{lang}">{fill(WORDS[lang][key], {}, lang)}</span>' for lang in LANGUAGES)


def _safe(text: str) -> str:
    return escape(visible(text))


def _data(data: Any) -> str:
    """JSON that no ``</script>`` can end."""
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
