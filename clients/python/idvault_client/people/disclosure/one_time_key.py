"""An auditor's one-time keys: one for each request, kept sealed to the auditor's own key until it is used up.

A file of the folder `disclosures` in the identity folder holds one request as it was signed, the private key
sealed to the person (HPKE, so that it is safe where keys.json is), and the id of an opening that has begun.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from idvault import durable_file
from idvault.attest import disclosure as papers
from idvault.attest import hpke, reading
from idvault.attest.disclosure import Terms
from idvault.attest.hpke import UnsealError
from idvault.attest.reading import RosterError
from idvault.custody.identity import PersonalIdentity
from idvault.domain import seal

FOLDER = "disclosures"
_FIELDS = ("signed_request", "key_suite", "sealed_key", "opening_request_id")


class OneTimeKeyError(Exception):
    """There is no key for this disclosure here, or it does not open; the text says what follows from it."""


@dataclass(frozen=True, slots=True)
class OneTimeKey:
    """A request of one's own. opening_request_id: of an opening whose answer is still to come, or empty."""

    signed_request: bytes
    key_suite: str
    sealed_key: bytes = field(repr=False)
    opening_request_id: str = ""

    @property
    def terms(self) -> Terms:
        """What the request says."""
        return papers.parse_request(self.signed_request)

    def private_key(self, identity: PersonalIdentity) -> bytes:
        """Return the 32-byte private key; raises OneTimeKeyError."""
        info = seal.one_time_key_info(disclosure_id=self.terms.disclosure_id)
        try:
            return identity.unseal(self.sealed_key, suite=self.key_suite, info=info)
        except UnsealError as error:
            raise OneTimeKeyError("the one-time key does not open with your keys") from error


class OneTimeKeys:
    """The folder of one auditor."""

    def __init__(self, *, folder: Path) -> None:
        """Take the identity folder."""
        self._folder = folder / FOLDER

    def add(self, *, identity: PersonalIdentity, signed_request: bytes, private_key: bytes) -> OneTimeKey:
        """Keep a new key, durably, before its request is sent."""
        terms = papers.parse_request(signed_request)
        own = identity.person(spki="")
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
        """Return a kept key; raises OneTimeKeyError."""
        try:
            return _read(self._path(disclosure_id))
        except FileNotFoundError as error:
            text = "its one-time key is not on this machine, or was destroyed after the last opening"
            raise OneTimeKeyError(text) from error

    def begin_opening(self, kept: OneTimeKey, *, request_id: Callable[[], str]) -> OneTimeKey:
        """Return the key with the id of its opening, kept before the call: a lost answer can be asked for."""
        if kept.opening_request_id:
            return kept
        begun = replace(kept, opening_request_id=request_id())
        self._write(begun)
        return begun

    def end_opening(self, kept: OneTimeKey) -> None:
        """Forget the id of an opening that was answered; the next one is another."""
        self._write(replace(kept, opening_request_id=""))

    def destroy(self, disclosure_id: str) -> None:
        """Destroy a key; one that is not there is gone already."""
        durable_file.destroy(self._path(disclosure_id))

    def destroy_expired(self, *, now: datetime) -> None:
        """Destroy the keys of requests whose time is over."""
        for kept in self._all():
            if now >= kept.terms.expire_at:
                self.destroy(kept.terms.disclosure_id)

    def _all(self) -> Iterator[OneTimeKey]:
        if self._folder.is_dir():
            for path in sorted(self._folder.glob("*.json")):
                yield _read(path)

    def _path(self, disclosure_id: str) -> Path:
        return self._folder / f"{disclosure_id}.json"

    def _write(self, kept: OneTimeKey) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        document = {
            "signed_request": reading.base64url(kept.signed_request),
            "key_suite": kept.key_suite,
            "sealed_key": reading.base64url(kept.sealed_key),
            "opening_request_id": kept.opening_request_id,
        }
        durable_file.replace(
            self._path(kept.terms.disclosure_id), json.dumps(document, indent=1).encode() + b"\n"
        )


def _read(path: Path) -> OneTimeKey:
    data = path.read_bytes()
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
