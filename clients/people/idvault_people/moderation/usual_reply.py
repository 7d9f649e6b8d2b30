"""The usual replies to a reporter: in the language of the report, which its script tells, or in another."""

import re
from collections.abc import Sequence
from dataclasses import replace

from idvault_people.console.visit import Visit
from idvault_people.moderation.shown import Field, Row
from idvault_people.moderation.texts import TEXTS
from idvault_verify.text import LANGUAGES

LANGUAGE = "reply_language"
"""The field that chooses the language of the usual reply."""
UPHELD = "UPHELD"
_REPLY = "reply"
_KNOWN = ("NO_VIOLATION", "NOT_ESTABLISHED", "NOT_COMPETENT", "GONE", "refer", UPHELD)
_HAN, _WORD = re.compile("[\u3400-\u9fff]"), re.compile("[A-Za-z]{2,}")
_ADDRESS = re.compile(r"https?://\S+|\S+@\S+")


def language_of(text: str, *, otherwise: str) -> str:
    """Return the language of what a reporter wrote. otherwise: of a text without a word of either."""
    said = _ADDRESS.sub(" ", text)
    characters, words = len(_HAN.findall(said)), len(_WORD.findall(said))
    if not characters and not words:
        return otherwise
    return "zh" if characters >= words else "en"


def in_language(decision: str, language: str) -> str:
    """Return the reply of a decision for which nothing is typed, "" if it needs one."""
    return TEXTS[f"reply_to.{decision}"].in_language(language) if decision in _KNOWN else ""


def in_both(decision: str) -> Sequence[Row]:
    """Return languages and their usual replies to a decision, none if it has none."""
    return [(each, in_language(decision, each)) for each in LANGUAGES] if decision in _KNOWN else []


def chosen(visit: Visit) -> str:
    """Return the language that a form chooses, that of the pages if it chooses none."""
    given = visit.given(LANGUAGE)
    return given if given in LANGUAGES else visit.language


def field(text: str, visit: Visit, *, decision: str = "") -> Field:
    """Return the field of the language. text: of the report; decision: whose replies stand beside it."""
    say, asked = visit.say, visit.query.get(LANGUAGE, "")
    return Field(
        kind="choices",
        id=LANGUAGE,
        label=say("reply_language"),
        value=asked if asked in LANGUAGES else language_of(text, otherwise=visit.language),
        options=[(each, say(f"reply_in.{each}")) for each in LANGUAGES],
        replies={language: [(language, reply)] for language, reply in in_both(decision)},
        required=False,
    )


def meant(visit: Visit) -> Visit:
    """Return the visit with the usual reply to a report that is right, if nothing was typed."""
    return _with(visit, visit.given(_REPLY) or _upheld()[chosen(visit)])


def typed(visit: Visit) -> Visit:
    """Return the visit with what was typed: a form that is shown again can still choose a language.

    The page that is read before it is signed hides the usual reply in the field of the reply.
    """
    return _with(visit, "") if visit.given(_REPLY) in _upheld().values() else visit


def _upheld() -> dict[str, str]:
    return dict(in_both(UPHELD))


def _with(visit: Visit, reply: str) -> Visit:
    return replace(visit, fields={**visit.fields, _REPLY: reply})
