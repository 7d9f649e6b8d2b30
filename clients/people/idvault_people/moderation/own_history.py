"""What this moderator did at this desk: kept in the moderator's own folder, newest first, without any text.

One line of JSON for each form that was sent and did something: when, at which address, and the word of a
fixed list that was chosen. Addresses hold random ids only. Where an address does not say what a form was
about, such as the choice of several reports, the handler's answer does (`about`).
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from idvault_client.sanctions import Degree, Scope
from idvault_people.console.visit import Answer, ConsolePage, Download, GoTo, Handler, Visit
from idvault_people.moderation.texts import TEXTS
from idvault_verify import durable_file

FILE = "history.jsonl"
_MOST, _LONGEST = 10_000, 2_000_000
_ACT = re.compile(r"(/([a-z-]+)/(?:[0-9a-f]{32}|new))(?:/([a-z]+))?")
_PLACE = re.compile(r"/[a-z-]+/[0-9a-f]{32}")
_ONWARD = ("sanction", "content")
_NO_CASE = "templates"
_NEW = "new"
# The fields of forms whose value says what was decided, with the list of words that it is one of.
_CHOSEN = (
    ("degree", "degree"),
    ("content_kind", "content_kind"),
    ("standing", "reporter"),
)
# The words of a verdict, by the kind of case; two moderators uphold the last ones, the first proposes.
_VERDICTS = {
    "appeals": "verdict",
    "measures": "measure_verdict",
    "contests": "contest",
    "disavowals": "disavowal",
    "reinstatements": "reinstatement",
}
_BY_TWO = ("contests", "disavowals", "reinstatements")
# Decisions that are words of their own, and those that are another act than a decision.
_DECIDED = ("abusive", "approve", "reject")
_OTHER_ACTS = {"reply": "reply", "refer": "refer"}


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
            if visit.fields and not isinstance(answer, Download):
                for act in done(visit, answer, clock()):
                    if not self._was_made(act):
                        self.add(act)
            return answer

        return handle

    def _was_made(self, act: OwnAct) -> bool:
        """Return whether an act only shows again what was made before: nothing is made twice."""
        return act.act == _NEW and any(each.act == _NEW and each.where == act.where for each in self._acts)


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


def done(visit: Visit, answer: GoTo | ConsolePage, now: datetime) -> Sequence[OwnAct]:
    """Return what a form did: nothing if it only led to another form, or was about no case."""
    if answer.about:
        return _each(visit, answer.about, now)
    found = _ACT.fullmatch(visit.path)
    if not isinstance(answer, GoTo) or found is None or found[2] == _NO_CASE:
        return ()
    if visit.given("decision") in _ONWARD:
        return ()
    if found[3] in _ONWARD and answer.path == found[1]:
        # An order that waits for a second moderator: the form led back to it, and imposed nothing.
        return ()
    # The address to which a form leads may have a question, such as that of moderation.done.
    place = found[1] if _PLACE.fullmatch(found[1]) else answer.path.partition("?")[0]
    if not _PLACE.fullmatch(place):
        return ()
    kind, act = found[2], _act(found[2], found[3] or _NEW, visit)
    return (OwnAct(at=now, where=place, kind=kind, act=act, word=_word(kind, visit)),)


def _each(visit: Visit, about: Sequence[str], now: datetime) -> Sequence[OwnAct]:
    """Return one act for each case that an answer names. The form's address ends with what was done."""
    _, kind, act = visit.path.split("/")
    return [OwnAct(at=now, where=each, kind=kind, act=act) for each in about]


def _act(kind: str, act: str, visit: Visit) -> str:
    """Return what was done: a form that imposes proposes what needs a second moderator."""
    if act == "decision":
        by_two = kind in _BY_TWO and visit.given("verdict") == "UPHELD"
        return "propose" if by_two else _OTHER_ACTS.get(visit.given("decision"), act)
    imposes = act == "sanction" or (kind, act) == ("sanctions", _NEW)
    by_two = visit.given("degree") == Degree.CLOSE or visit.given("scope") == Scope.PERSON
    return "propose" if imposes and by_two else act


def _word(kind: str, visit: Visit) -> str:
    """Return the key of the word that was chosen, "" if none was."""
    decision = visit.given("decision")
    keys = [f"dismissal.{decision.removeprefix('dismiss.')}"]
    keys += [decision.lower()] if decision.lower() in _DECIDED else []
    keys += [f"{_VERDICTS[kind]}.{visit.given('verdict')}"] if kind in _VERDICTS else []
    keys += [f"{words}.{visit.given(name)}" for name, words in _CHOSEN]
    return next((key for key in keys if key in TEXTS), "")
