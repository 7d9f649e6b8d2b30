"""An auditor's one-time keys: one for each request, sealed to the auditor's own key until the last use.

A file in the folder `disclosures` of the identity folder holds one signed request, the private key sealed to
the auditor (HPKE, so that it is as safe as keys.json), and the request id of an unanswered attempt to open
the record.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from idvault_people.opens.identity import PersonalIdentity
from idvault_verify import durable_file, seal, small_file
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest import hpke, reading
from idvault_verify.attest.disclosure import Terms
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.reading import RosterError

FOLDER = "disclosures"
_FIELDS = ("signed_request", "key_suite", "sealed_key", "opening_request_id")


class OneTimeKeyError(Exception):
    """The key of this disclosure is not here, or does not open; the text says which."""


@dataclass(frozen=True, slots=True)
class OneTimeKey:
    """One request and its key. attempt_id: the request id of an unanswered attempt, or empty."""

    signed_request: bytes = field(repr=False)
    key_suite: str
    sealed_key: bytes = field(repr=False)
    attempt_id: str = ""

    @property
    def terms(self) -> Terms:
        """The terms of the request."""
        return papers.parse_request(self.signed_request)

    def private_key(self, identity: PersonalIdentity) -> bytes:
        """Return the 32-byte private key; raises OneTimeKeyError."""
        info = seal.one_time_key_info(disclosure_id=self.terms.disclosure_id)
        try:
            return identity.unseal(self.sealed_key, suite=self.key_suite, info=info)
        except UnsealError as error:
            raise OneTimeKeyError("the one-time key does not open with your keys") from error


@dataclass(frozen=True, kw_only=True, slots=True)
class OneTimeKeys:
    """The keys of one auditor; folder: the identity folder."""

    folder: Path

    @property
    def _keys(self) -> Path:
        return self.folder / FOLDER

    def add(self, *, identity: PersonalIdentity, signed_request: bytes, private_key: bytes) -> OneTimeKey:
        """Store a new key durably; to be called before the request is sent."""
        terms = papers.parse_request(signed_request)
        own = identity.member(spki="")
        sealed = hpke.seal(
            suite=own.suite,
            public_key=own.hpke_public_key,
            plaintext=private_key,
            info=seal.one_time_key_info(disclosure_id=terms.disclosure_id),
        )
        made = OneTimeKey(signed_request, own.suite, sealed)
        self._write(made)
        return made

    def get(self, disclosure_id: str) -> OneTimeKey:
        """Return a stored key; raises OneTimeKeyError."""
        try:
            return _read(self._path(disclosure_id))
        except FileNotFoundError as error:
            text = "its one-time key is not on this machine, or was destroyed after the last opening"
            raise OneTimeKeyError(text) from error

    def start_attempt(self, kept: OneTimeKey, *, request_id: Callable[[], str]) -> OneTimeKey:
        """Return the key with the attempt's id, stored before the call so that the call can be repeated."""
        if kept.attempt_id:
            return kept
        begun = replace(kept, attempt_id=request_id())
        self._write(begun)
        return begun

    def end_attempt(self, kept: OneTimeKey) -> None:
        """Remove the id of an attempt that was answered; the next attempt gets a new one."""
        self._write(replace(kept, attempt_id=""))

    def destroy(self, disclosure_id: str) -> None:
        """Destroy a key; a missing one is fine."""
        durable_file.destroy(self._path(disclosure_id))

    def destroy_expired(self, *, now: datetime) -> None:
        """Destroy the keys of expired requests."""
        for kept in self._all():
            if now >= kept.terms.expire_at:
                self.destroy(kept.terms.disclosure_id)

    def _all(self) -> Iterator[OneTimeKey]:
        if self._keys.is_dir():
            for path in sorted(self._keys.glob("*.json")):
                yield _read(path)

    def _path(self, disclosure_id: str) -> Path:
        return self._keys / f"{disclosure_id}.json"

    def _write(self, kept: OneTimeKey) -> None:
        if not self._keys.is_dir():
            self._keys.mkdir(mode=0o700, parents=True)
            durable_file.sync_folder(self.folder)
        document = {
            "signed_request": reading.base64url(kept.signed_request),
            "key_suite": kept.key_suite,
            "sealed_key": reading.base64url(kept.sealed_key),
            "opening_request_id": kept.attempt_id,
        }
        durable_file.replace(
            self._path(kept.terms.disclosure_id), json.dumps(document, indent=1).encode() + b"\n"
        )


def _read(path: Path) -> OneTimeKey:
    data = small_file.read(path)
    try:
        fields = reading.document(data)
        reading.exactly(fields, path.name, *_FIELDS)
        return OneTimeKey(
            reading.raw(fields["signed_request"], "signed_request"),
            reading.text(fields["key_suite"], "key_suite"),
            reading.raw(fields["sealed_key"], "sealed_key"),
            str(fields["opening_request_id"]),
        )
    except RosterError as error:
        raise OneTimeKeyError(f"{path.name} in {path.parent.name} is damaged: {error}") from error
