"""What this moderator did at this desk: kept in the moderator's own folder, newest first, without any text.

One line of JSON for each form that was sent and did something: when, at which address, and the word of a
fixed list that was chosen. Addresses hold random ids only.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from idvault_people.console.visit import Answer, GoTo, Handler, Visit
from idvault_people.moderation.texts import TEXTS

FILE = "history.jsonl"
_MOST = 10_000
_ACT = re.compile(r"(/([a-z-]+)/(?:[0-9a-f]{32}|new))(?:/([a-z]+))?")
_PLACE = re.compile(r"/[a-z-]+/[0-9a-f]{32}")
_ONWARD = ("sanction", "content")
# The fields of forms whose value says what was decided, with the list of words that it is one of.
_CHOSEN = (
    ("verdict", "verdict"),
    ("degree", "degree"),
    ("content_kind", "content_kind"),
    ("standing", "reporter"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnAct:
    """One act. where: the case; kind: of which list; act: the form; word: the key of what was chosen."""

    at: datetime
    where: str
    kind: str
    act: str
    word: str = ""


@dataclass(eq=False, repr=False)
class OwnHistory:
    """The acts of a moderator's folder; file: None keeps them for the session only."""

    file: Path | None = None
    _acts: list[OwnAct] = field(init=False)

    def __post_init__(self) -> None:
        """Read the newest acts; a line that a crash has cut is left out."""
        lines = self.file.read_text("utf-8").splitlines() if self.file and self.file.exists() else []
        self._acts = [act for line in lines[-_MOST:] for act in _read(line)]

    def add(self, act: OwnAct) -> None:
        """Keep an act; raises OSError."""
        self._acts.append(act)
        if self.file is not None:
            kept = {"at": act.at.isoformat(), "where": act.where, "kind": act.kind, "act": act.act}
            with self.file.open("a", encoding="utf-8") as file:
                file.write(json.dumps({**kept, "word": act.word}) + "\n")
            self.file.chmod(0o600)

    def newest(self) -> Iterator[OwnAct]:
        """Yield the acts, the newest first."""
        return reversed(self._acts)

    def beside(self, handler: Handler, *, clock: Callable[[], datetime]) -> Handler:
        """Return a handler that keeps what a form did once it has led on."""

        def handle(visit: Visit) -> Answer:
            answer = handler(visit)
            if visit.fields and isinstance(answer, GoTo) and (act := done(visit, answer, clock())):
                self.add(act)
            return answer

        return handle


def _read(line: str) -> Iterator[OwnAct]:
    try:
        fields = json.loads(line)
        yield OwnAct(**{**fields, "at": datetime.fromisoformat(fields["at"])})
    except (ValueError, TypeError, KeyError):
        return


def done(visit: Visit, answer: GoTo, now: datetime) -> OwnAct | None:
    """Return what a form did; None for one that only led to another form."""
    found = _ACT.fullmatch(visit.path)
    if found is None or visit.given("decision") in _ONWARD:
        return None
    place = found[1] if _PLACE.fullmatch(found[1]) else answer.path
    if not _PLACE.fullmatch(place):
        return None
    return OwnAct(at=now, where=place, kind=found[2], act=found[3] or "new", word=_word(visit))


def _word(visit: Visit) -> str:
    """Return the key of the word that was chosen, "" if none was."""
    decision = visit.given("decision")
    keys = [f"dismissal.{decision.removeprefix('dismiss.')}"]
    keys += [f"{words}.{visit.given(name)}" for name, words in _CHOSEN]
    return next((key for key in keys if key in TEXTS), "")
