"""Drafts of a member, each a file sealed to the member's own key: a killed console loses no text.

They are in the folder `drafts` of the identity folder (docs/formats.md, section 12), and hold no key. One is
destroyed once it was sent. A week after its last change it is none any more; it is destroyed when a console
starts or lists what was begun.
"""

import json
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from idvault_people.opens.identity import PersonalIdentity
from idvault_verify import durable_file, seal, small_file
from idvault_verify.attest import hpke, reading
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.reading import RosterError

FOLDER = "drafts"
LASTS = timedelta(days=7)
_NAME = re.compile(r"[0-9a-f]{32}\Z")
_OUTSIDE = ("kept_at", "suite", "sealed")


@dataclass(frozen=True, kw_only=True, slots=True)
class SealedDrafts:
    """The drafts of one member. folder: the identity folder; label: of the bytes to which each is bound.

    A draft's name is 32 digits of hex, and its content is a JSON object.
    """

    folder: Path
    identity: PersonalIdentity
    label: str

    def put(self, name: str, content: Mapping[str, Any], *, now: datetime) -> None:
        """Store a draft under its name."""
        kept_at = now.astimezone(UTC).isoformat(timespec="microseconds")
        own = self.identity.member(spki="")
        sealed = hpke.seal(
            suite=own.suite,
            public_key=own.hpke_public_key,
            plaintext=json.dumps(content, ensure_ascii=False).encode(),
            info=seal.encode(self.label, name, kept_at),
        )
        if not self._files.is_dir():
            self._files.mkdir(mode=0o700, parents=True)
            durable_file.sync_folder(self.folder)
        document = {"kept_at": kept_at, "suite": own.suite, "sealed": reading.base64url(sealed)}
        durable_file.replace(self._path(name), json.dumps(document, indent=1).encode() + b"\n")

    def get(self, name: str, *, now: datetime) -> dict[str, Any] | None:
        """Return a draft, None if there is none of the last week that these keys open."""
        # The service chooses the ids that it lists: none of them may name a file elsewhere.
        if not _NAME.match(name) or _is_old(self._path(name), now):
            return None
        try:
            outside = _outside(self._path(name))
            info = seal.encode(self.label, name, str(outside["kept_at"]))
            sealed = reading.raw(outside["sealed"], "sealed")
            content = self.identity.unseal(sealed, suite=str(outside["suite"]), info=info)
        except (OSError, RosterError, UnsealError):
            return None
        found: dict[str, Any] = json.loads(content)
        return found

    def every(self, *, now: datetime) -> list[tuple[str, dict[str, Any]]]:
        """Return the drafts with their names, the newest first; destroy those of more than a week."""
        destroy_old(self.folder, now=now)
        found = [(name, self.get(name, now=now)) for name in self._newest()]
        return [(name, draft) for name, draft in found if draft is not None]

    def destroy(self, name: str) -> None:
        """Destroy a draft; a missing one is fine."""
        durable_file.destroy(self._path(name))

    def destroy_beyond(self, most: int) -> None:
        """Destroy all but so many, the newest."""
        for name in self._newest()[most:]:
            self.destroy(name)

    @property
    def _files(self) -> Path:
        return self.folder / FOLDER

    def _newest(self) -> list[str]:
        return sorted(names(self.folder), key=lambda name: (_kept_at(self._path(name)), name), reverse=True)

    def _path(self, name: str) -> Path:
        return self._files / f"{name}.json"


def names(folder: Path) -> Set[str]:
    """Return the names of the drafts of an identity folder, without opening any."""
    return {path.stem for path in (folder / FOLDER).glob("*.json")}


def destroy_old(folder: Path, *, now: datetime) -> None:
    """Destroy the drafts of an identity folder that nobody changed for a week."""
    for path in (folder / FOLDER).glob("*.json"):
        if _is_old(path, now):
            durable_file.destroy(path)


def _is_old(path: Path, now: datetime) -> bool:
    return now - _kept_at(path) > LASTS


def _outside(path: Path) -> Mapping[str, object]:
    fields = reading.document(small_file.read(path))
    reading.exactly(fields, path.name, *_OUTSIDE)
    return fields


def _kept_at(path: Path) -> datetime:
    """Return when a draft was kept; a file that is none is the oldest of all."""
    try:
        return datetime.fromisoformat(str(_outside(path)["kept_at"])).astimezone(UTC)
    except (OSError, RosterError, ValueError, OverflowError):
        return datetime.min.replace(tzinfo=UTC)
