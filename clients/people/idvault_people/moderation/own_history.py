"""What this moderator did at this desk: kept in the moderator's own folder, newest first, without any text.

One line of JSON for each form that was sent and did something: when, at which address, and the word of a
fixed list that was chosen. Addresses hold random ids only.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from idvault_people.console.visit import Answer, GoTo, Handler, Visit
from idvault_people.moderation.texts import TEXTS
from idvault_verify import durable_file

FILE = "history.jsonl"
_MOST, _LONGEST = 10_000, 2_000_000
_ACT = re.compile(r"(/([a-z-]+)/(?:[0-9a-f]{32}|new))(?:/([a-z]+))?")
_PLACE = re.compile(r"/[a-z-]+/[0-9a-f]{32}")
_ONWARD = ("sanction", "content")
_NO_CASE = "templates"
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
        """Read the newest acts, and keep no others; a line that a crash has cut is left out."""
        found = _end(self.file, _LONGEST) if self.file else b""
        lines = found.decode("utf-8", "replace").splitlines()
        self._acts = [act for line in lines[-_MOST:] for act in _read(line)]
        if self.file and (len(found) == _LONGEST or len(lines) > _MOST):
            with suppress(OSError):
                durable_file.replace(self.file, "".join(map(_line, self._acts)).encode())

    def add(self, act: OwnAct) -> None:
        """Keep an act. It is done: a disk that is full must not say otherwise, so it costs its line only."""
        self._acts.append(act)
        if self.file is None:
            return
        line = _line(act)
        with suppress(OSError):
            file = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                # After a line that a crash has cut, this one begins a line of its own.
                os.write(
                    file, f"\n{line}".encode() if _end(self.file, 1) not in {b"", b"\n"} else line.encode()
                )
            finally:
                os.close(file)

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


def _end(file: Path, size: int) -> bytes:
    """Return the last bytes of a file, nothing if there is none."""
    try:
        with file.open("rb") as opened:
            opened.seek(max(0, opened.seek(0, os.SEEK_END) - size))
            return opened.read(size)
    except FileNotFoundError:
        return b""


def _line(act: OwnAct) -> str:
    return json.dumps({**asdict(act), "at": act.at.isoformat()}) + "\n"


def _read(line: str) -> Iterator[OwnAct]:
    try:
        fields = json.loads(line)
        yield OwnAct(**{**fields, "at": datetime.fromisoformat(fields["at"])})
    except (ValueError, TypeError, KeyError):
        return


def done(visit: Visit, answer: GoTo, now: datetime) -> OwnAct | None:
    """Return what a form did; None for one that only led to another form, or was about no case."""
    found = _ACT.fullmatch(visit.path)
    if found is None or found[2] == _NO_CASE or visit.given("decision") in _ONWARD:
        return None
    if found[3] in _ONWARD and answer.path == found[1]:
        # An order that waits for a second moderator: the form led back to it, and imposed nothing.
        return None
    # The address to which a form leads may have a question, such as that of moderation.done.
    place = found[1] if _PLACE.fullmatch(found[1]) else answer.path.partition("?")[0]
    if not _PLACE.fullmatch(place):
        return None
    return OwnAct(at=now, where=place, kind=found[2], act=found[3] or "new", word=_word(visit))


def _word(visit: Visit) -> str:
    """Return the key of the word that was chosen, "" if none was."""
    decision = visit.given("decision")
    keys = [f"dismissal.{decision.removeprefix('dismiss.')}"]
    keys += [f"{words}.{visit.given(name)}" for name, words in _CHOSEN]
    return next((key for key in keys if key in TEXTS), "")
