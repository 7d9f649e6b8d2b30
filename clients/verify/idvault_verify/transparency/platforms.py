"""The file of a month that says whose the log's entries are, and the note with which the log's key signs it.

- It belongs to one report: it has the SHA-256 of the report's file, and so its days, zone and checkpoint.
- Of each platform it has the actor ids that wrote entries in the month, the counts of these entries by
  figure, and its missed deadlines by the month in which the case was filed. Counts of 0 are left out.
- `unnamed` are missed deadlines whose entries name nobody: they are of the first version of the leaf.
- The file is JSON with exactly these members; unknown ones are refused.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idvault_verify import strict_json
from idvault_verify.event import PLATFORM_NAME
from idvault_verify.strict_json import HIGHEST, JsonError
from idvault_verify.transparency import note
from idvault_verify.transparency.note import NoteError, NoteSigner, VerifierKey

FORMAT = "idvault/platforms/v1"
MAX_BYTES = 4 * 1024 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ACTOR = re.compile(r"[0-9a-f]{32}")
_FIGURE = re.compile(r"[a-z_]+(?:\.[a-z_]+)?")
_MONTH = re.compile(r"[1-8][0-9]{3}-(?:0[1-9]|1[0-2])")
_LONGEST_TITLE = 60


class PlatformsError(ValueError):
    """The file is none of a month's platforms, or its signature does not verify; the text names the field."""


@dataclass(frozen=True, slots=True)
class PlatformEntries:
    """A platform in a month. title: what the hosted pages call it, empty for its name.

    actors: the ids of the log's entries that are its, in order. acts: their number by figure. missed: by
    figure, and then by the month of filing, such as 2026-10.
    """

    title: str = ""
    actors: tuple[str, ...] = ()
    acts: Mapping[str, int] = field(default_factory=dict)
    missed: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def total(self) -> dict[str, int]:
        """Return what it missed by figure, whenever that was filed."""
        return {name: sum(months.values()) for name, months in self.missed.items()}


@dataclass(frozen=True, slots=True)
class Platforms:
    """The file. report: the SHA-256 of the report's file in hex. platforms: by their registered names."""

    report: str
    platforms: Mapping[str, PlatformEntries]
    unnamed: Mapping[str, int]

    def to_bytes(self) -> bytes:
        """Return the file."""
        document = {
            "format": FORMAT,
            "report": self.report,
            "platforms": {
                name: {
                    "title": each.title,
                    "actors": list(each.actors),
                    "acts": dict(each.acts),
                    "missed": {figure: dict(months) for figure, months in each.missed.items()},
                }
                for name, each in self.platforms.items()
            },
            "unnamed": dict(self.unnamed),
        }
        return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def parse(data: bytes) -> Platforms:
    """Return the file's content; raises PlatformsError, which names the field."""
    try:
        document = strict_json.parse(data, limit=MAX_BYTES)
    except JsonError as error:
        raise PlatformsError(f"the platforms: {error}") from error
    fields = _members(document, "the file", ("format", "report", "platforms", "unnamed"))
    if fields["format"] != FORMAT:
        raise PlatformsError(f"format must be {FORMAT}")
    found = {
        name: _platform(value, name)
        for name, value in _by(fields["platforms"], "platforms", PLATFORM_NAME).items()
    }
    actors = [actor for each in found.values() for actor in each.actors]
    if len(set(actors)) != len(actors):
        raise PlatformsError("an actor must be one platform's, and listed once")
    return Platforms(_text(fields["report"], "report", _DIGEST), found, _counts(fields["unnamed"], "unnamed"))


def sign(data: bytes, signer: NoteSigner) -> bytes:
    """Return the note that says whose file this is."""
    return note.sign_file(data, signer, format=FORMAT)


def verify(data: bytes, raw: bytes, *keys: VerifierKey) -> None:
    """Raise PlatformsError unless the note is this file's, signed by one of the log's keys."""
    try:
        note.open_file(data, raw, keys, format=FORMAT)
    except NoteError as error:
        raise PlatformsError(f"the signature of the platforms does not verify: {error}") from error


def _platform(value: Any, name: str) -> PlatformEntries:
    fields = _members(value, name, ("title", "actors", "acts", "missed"))
    title, actors = fields["title"], fields["actors"]
    if not isinstance(title, str) or len(title) > _LONGEST_TITLE or not title.isprintable():
        raise PlatformsError(f"{name}: title must be a short text")
    if not isinstance(actors, list):
        raise PlatformsError(f"{name}: actors must be a list")
    return PlatformEntries(
        title,
        tuple(_text(each, f"{name}: an actor", _ACTOR) for each in actors),
        _counts(fields["acts"], f"{name}: acts"),
        {
            figure: _counts(months, f"{name}: {figure}", _MONTH)
            for figure, months in _by(fields["missed"], f"{name}: missed", _FIGURE).items()
        },
    )


def _members(value: Any, where: str, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != set(names):
        raise PlatformsError(f"{where} must have exactly the members {', '.join(names)}")
    return value


def _by(value: Any, where: str, form: re.Pattern[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(form.fullmatch(name) for name in value):
        raise PlatformsError(f"{where} has a wrong name")
    return value


def _counts(value: Any, where: str, form: re.Pattern[str] = _FIGURE) -> dict[str, int]:
    found = _by(value, where, form)
    if not all(type(count) is int and 0 < count <= HIGHEST for count in found.values()):
        raise PlatformsError(f"{where} must have whole numbers above 0")
    return found


def _text(value: Any, where: str, form: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise PlatformsError(f"{where} has a wrong form")
    return value
