"""The drafts of an auditor's requests, sealed to the auditor's own key: a killed console loses no text.

Each is a file in the folder `drafts` of the identity folder (docs/formats.md, section 12). It holds what was
answered and the name and SHA-256 of the order's file, and no key: what is signed is made anew. It is
destroyed once its request was sent, and when there are twenty newer ones. A week after its last change it
is none any more; it is destroyed when a console starts or lists what was begun.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from idvault_people.opens.identity import PersonalIdentity
from idvault_verify import durable_file, seal, small_file
from idvault_verify.attest import hpke, reading
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.reading import RosterError

FOLDER = "drafts"
MOST = 20
LASTS = timedelta(days=7)
_OUTSIDE = ("kept_at", "suite", "sealed")
_INSIDE = ("answers", "order_name", "order_digest", "tried")


@dataclass(eq=False)
class RequestDraft:
    """What was answered so far, by question. order_digest: SHA-256 in hex, "" for no file.

    tried: ids of the disclosures that were sent without an answer: the vault may have one of them.
    """

    answers: dict[str, str] = field(default_factory=dict)
    order_name: str = ""
    order_digest: str = ""
    tried: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestDrafts:
    """The drafts of one auditor; folder: the identity folder."""

    folder: Path
    identity: PersonalIdentity

    def put(self, number: str, draft: RequestDraft, *, now: datetime) -> None:
        """Store a draft under its number, and destroy those beyond the twenty newest."""
        kept_at = now.astimezone(UTC).isoformat(timespec="microseconds")
        own = self.identity.member(spki="")
        content = {name: getattr(draft, name) for name in _INSIDE}
        sealed = hpke.seal(
            suite=own.suite,
            public_key=own.hpke_public_key,
            plaintext=json.dumps(content, ensure_ascii=False).encode(),
            info=_info(number, kept_at),
        )
        if not self._files.is_dir():
            self._files.mkdir(mode=0o700, parents=True)
            durable_file.sync_folder(self.folder)
        document = {"kept_at": kept_at, "suite": own.suite, "sealed": reading.base64url(sealed)}
        durable_file.replace(self._path(number), json.dumps(document, indent=1).encode() + b"\n")
        for old in self._newest()[MOST:]:
            durable_file.destroy(self._path(old))

    def get(self, number: str, *, now: datetime) -> RequestDraft | None:
        """Return a draft, None if there is none of the last week that these keys open."""
        if _is_old(self._path(number), now):
            return None
        try:
            outside = _outside(self._path(number))
            info = _info(number, str(outside["kept_at"]))
            sealed = reading.raw(outside["sealed"], "sealed")
            content = self.identity.unseal(sealed, suite=str(outside["suite"]), info=info)
        except (OSError, RosterError, UnsealError):
            return None
        return RequestDraft(**json.loads(content))

    def every(self, *, now: datetime) -> list[tuple[str, RequestDraft]]:
        """Return the drafts with their numbers, the newest first; destroy those of more than a week."""
        destroy_old(self.folder, now=now)
        found = [(number, self.get(number, now=now)) for number in self._newest()]
        return [(number, draft) for number, draft in found if draft is not None]

    def destroy(self, number: str) -> None:
        """Destroy a draft; a missing one is fine."""
        durable_file.destroy(self._path(number))

    @property
    def _files(self) -> Path:
        return self.folder / FOLDER

    def _newest(self) -> list[str]:
        return sorted(
            (path.stem for path in self._files.glob("*.json")),
            key=lambda number: _kept_at(self._path(number)),
            reverse=True,
        )

    def _path(self, number: str) -> Path:
        return self._files / f"{number}.json"


def destroy_old(folder: Path, *, now: datetime) -> None:
    """Destroy the drafts of an identity folder that nobody changed for a week."""
    for path in (folder / FOLDER).glob("*.json"):
        if _is_old(path, now):
            durable_file.destroy(path)


def _is_old(path: Path, now: datetime) -> bool:
    return now - _kept_at(path) > LASTS


def _info(number: str, kept_at: str) -> bytes:
    return seal.encode("idvault/request-draft/v1", number, kept_at)


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
