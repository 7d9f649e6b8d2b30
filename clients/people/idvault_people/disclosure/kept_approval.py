"""A custodian's approvals whose shares are not released yet; each is written before anything is sent.

The approval holds the hash of the re-sealed share, and sealing it again gives another hash. So the share is
kept, sealed to the auditor's one-time key, until the log has its release or the request ends.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from idvault_verify import disclosure, durable_file, small_file
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest import reading
from idvault_verify.attest.disclosure import Terms
from idvault_verify.attest.reading import RosterError
from idvault_verify.error import InvalidError

FOLDER = "approvals"
_FIELDS = ("signed_request", "signed_approval", "resealed_share", "approval_id", "release_id", "logged")


class KeptApprovalError(Exception):
    """A kept approval is damaged; the text names its file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptApproval:
    """An approval and its share. approval_id, release_id: of the two calls, so that a repeat is the same act.

    is_logged: whether the approval was seen in the log, so that no further code is needed.
    """

    signed_request: bytes = field(repr=False)
    signed_approval: bytes
    resealed: bytes = field(repr=False)
    approval_id: str
    release_id: str
    is_logged: bool = False

    @property
    def terms(self) -> Terms:
        """The terms of the request."""
        return papers.parse_request(self.signed_request)


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptApprovals:
    """The approvals of one custodian; folder: the identity folder."""

    folder: Path

    def find(self, disclosure_id: str) -> KeptApproval | None:
        """Return a kept approval, None if there is none or the id is invalid; raises KeptApprovalError."""
        try:
            path = self._path(disclosure.check_id(disclosure_id))
        except InvalidError:
            # The service chooses the ids that it lists: none of them may name a file elsewhere.
            return None
        return _read(path) if path.exists() else None

    def put(self, kept: KeptApproval) -> None:
        """Store an approval durably."""
        path = self._path(kept.terms.disclosure_id)
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, parents=True)
            durable_file.sync_folder(self.folder)
        document = {
            "signed_request": reading.base64url(kept.signed_request),
            "signed_approval": reading.base64url(kept.signed_approval),
            "resealed_share": reading.base64url(kept.resealed),
            "approval_id": kept.approval_id,
            "release_id": kept.release_id,
            "logged": kept.is_logged,
        }
        durable_file.replace(path, json.dumps(document, indent=1).encode() + b"\n")

    def mark_logged(self, kept: KeptApproval) -> None:
        """Store that the approval was seen in the log."""
        if not kept.is_logged:
            self.put(replace(kept, is_logged=True))

    def destroy(self, disclosure_id: str) -> None:
        """Destroy an approval with its share; a missing one is fine."""
        durable_file.destroy(self._path(disclosure_id))

    def destroy_expired(self, *, now: datetime) -> None:
        """Destroy the approvals of expired requests."""
        for kept in self._all():
            if now >= kept.terms.expire_at:
                self.destroy(kept.terms.disclosure_id)

    def _all(self) -> Iterator[KeptApproval]:
        for path in sorted((self.folder / FOLDER).glob("*.json")):
            yield _read(path)

    def _path(self, disclosure_id: str) -> Path:
        return self.folder / FOLDER / f"{disclosure_id}.json"


def _read(path: Path) -> KeptApproval:
    data = small_file.read(path)
    try:
        fields = reading.document(data)
        reading.exactly(fields, path.name, *_FIELDS)
        return KeptApproval(
            signed_request=reading.raw(fields["signed_request"], "signed_request"),
            signed_approval=reading.raw(fields["signed_approval"], "signed_approval"),
            resealed=reading.raw(fields["resealed_share"], "resealed_share"),
            approval_id=reading.text(fields["approval_id"], "approval_id"),
            release_id=reading.text(fields["release_id"], "release_id"),
            is_logged=fields["logged"] is True,
        )
    except RosterError as error:
        raise KeptApprovalError(f"{path.name} in {path.parent.name} is damaged: {error}") from error
