"""What the doctor said, in the operator's language: a text that is known here is shown in Chinese.

A text of another version of the vault, which is not known, stays English, and so do the words of a program
within one.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from string import Formatter
from typing import Any

from markupsafe import Markup, escape

from idvault_people.console.operator.advice_texts import ADVICE
from idvault_people.console.operator.checks import check_name
from idvault_people.console.operator.parts import OperatorNote
from idvault_people.console.visit import Visit

_ENGLISH = "en"
_ERROR = "error"
_SPOKEN = frozenset({_ERROR, "servers", "shares"})
_MARKED = Markup('<span lang="en">{}</span>')
_BETWEEN = "; "


def note(word: str, advice: str, visit: Visit, **more: Any) -> OperatorNote:
    """Return a note with a text of the doctor after a word of the console. more: what a note has besides."""
    told = in_language(advice, visit)
    if told is None:
        return OperatorNote(text=word, said=advice, **more)
    return OperatorNote(text=Markup("{}{}").format(word, told), **more)


def in_language(advice: str, visit: Visit) -> Markup | None:
    """Return a text of the doctor in the visit's language; None if it stays as it is."""
    if visit.language == _ENGLISH:
        return None
    found = _told(advice.split(_BETWEEN), visit)
    return Markup("；").join(found) if found is not None else None


def _told(parts: Sequence[str], visit: Visit) -> Sequence[Markup] | None:
    """Return what a check has found one after the other; None if some of it is not known.

    One text may have several parts. Of two ways to read them, the one with the shorter texts counts: a long
    one might hide another one in its blank.
    """
    told: list[Sequence[Markup] | None] = [*[None] * len(parts), ()]
    for start in reversed(range(len(parts))):
        for end in range(start + 1, len(told)):
            if (rest := told[end]) is None:
                continue
            if (first := _translated(_BETWEEN.join(parts[start:end]), visit)) is not None:
                told[start] = (first, *rest)
                break
    return told[0]


def _translated(advice: str, visit: Visit) -> Markup | None:
    for key, pattern in _patterns().items():
        if (found := pattern.fullmatch(advice)) is not None:
            values = {name: _value(name, text, visit) for name, text in found.groupdict().items()}
            return escape(ADVICE[key].in_language(visit.language)).format(**values)
    return None


def _value(name: str, text: str, visit: Visit) -> str:
    if name in _SPOKEN:
        return _MARKED.format(text)
    return check_name(text, visit) if name == "check" else text


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    """Return what each known text looks like."""
    return {key: re.compile(_pattern(text.english), re.DOTALL) for key, text in ADVICE.items()}


def _pattern(english: str) -> str:
    parts = Formatter().parse(english)
    return "".join(re.escape(before) + (_blank(name) if name else "") for before, name, _, _ in parts)


def _blank(name: str) -> str:
    """Return what fits a blank: only a program's words may go on after what parts two texts."""
    return f"(?P<{name}>.+?)" if name == _ERROR else f"(?P<{name}>(?:(?!{_BETWEEN}).)+?)"
