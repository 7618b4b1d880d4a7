"""What mibun says when it cannot do what was asked, in both languages.

    MibunError
    ├── ParseError             the text cannot be read; the span is underlined
    ├── DomainError            a value lies outside a function's domain
    ├── NotDifferentiable      no derivative exists there
    ├── ShapeError             arguments do not fit: their number, names or shapes
    ├── UnsupportedOperation   a thing mibun does not do, with the nearest that it does
    └── BudgetExceeded         the answer would be too large or take too long

An error is a key of :data:`mibun.messages.MESSAGES` and the facts that fill its sentence; the sentence itself is looked
up in the reader's language when it is shown. A sentence says what is wrong; the hint after it says what to do instead.
"""

from __future__ import annotations

Span = tuple[int, int]


class MibunError(Exception):
    """The base of every error that mibun raises on purpose.

    ``key`` names the message, ``facts`` fill it, ``source`` and ``span`` (start and end, in characters of ``source``)
    say where. ``str(error)`` is in the language of the process; :meth:`text` in any.
    """

    def __init__(self, key: str, *, source: str | None = None, span: Span | None = None, **facts: object) -> None:
        super().__init__(key)
        self.key = key
        self.facts = facts
        self.source = source
        self.span = span

    def message(self, lang: str = "en") -> str:
        """The sentence alone."""
        return _say(self, lang, 0)

    def hint(self, lang: str = "en") -> str:
        """What to do instead."""
        return _say(self, lang, 1)

    def text(self, lang: str = "en", columns: int | None = None) -> str:
        """Sentence, the place underlined, hint; with ``columns``, the words wrapped to that width."""
        from mibun.language import underline, wrap

        message, hint = (
            wrap(words, columns) if columns else [words] for words in (self.message(lang), self.hint(lang))
        )
        return "\n".join(part for part in [*message, *underline(self.source, self.span), *hint] if part)

    def __str__(self) -> str:
        from mibun.language import preferred

        return self.text(preferred())

    def __repr__(self) -> str:
        from mibun.language import preferred

        return f"{type(self).__name__}({self.key!r}: {self.message(preferred())})"

    def __reduce__(self) -> tuple[object, ...]:
        return _revive, (type(self), self.key, self.source, self.span, self.facts)


def _say(error: MibunError, lang: str, part: int) -> str:
    # Words are loaded when there is something to say, not when mibun is.
    from mibun.language import fill
    from mibun.messages import MESSAGES

    return fill(MESSAGES[error.key][lang][part], error.facts, lang)


def spoken(lang: str | None) -> str:
    """The language to speak: the one asked for, else the reader's. ``UnsupportedOperation`` for any other."""
    from mibun.language import LANGUAGES, preferred

    if lang is not None and lang not in LANGUAGES:
        raise UnsupportedOperation("language", given=lang)
    return lang or preferred()


def _revive(
    kind: type[MibunError], key: str, source: str | None, span: Span | None, facts: dict[str, object]
) -> MibunError:
    return kind(key, source=source, span=span, **facts)


class ParseError(MibunError):
    """The text cannot be read."""


class DomainError(MibunError):
    """A value lies outside the domain of a function."""


class NotDifferentiable(MibunError):
    """The derivative does not exist."""


class ShapeError(MibunError):
    """Arguments do not fit: their number, their names or their shapes."""


class UnsupportedOperation(MibunError):
    """A thing that mibun does not do."""


class BudgetExceeded(MibunError):
    """The answer would be too large, or take too long."""
