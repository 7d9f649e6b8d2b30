"""The mock registry's feed of notices: signed when they are given, kept in order, and read page by page.

Its key is derived from the secret key that callers sign with, so that it is the same after a restart. So are
the notices, which stand in the population's file: whoever follows them goes on where it was.
"""

import json
import secrets
from collections.abc import Sequence
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault.registry import notice_feed
from idvault.registry.notice_feed import PAGE, FedNotice
from idvault.registry.nppa import NppaCode, NppaWireError
from idvault_dev.mock_registry import population
from idvault_dev.mock_registry.counting import ZONE
from idvault_dev.mock_registry.population import PopulationError
from idvault_dev.mock_registry.registry_half import MESSAGES, RefusedError
from idvault_verify import strict_base64
from idvault_verify.attest import notice as signed_notice
from idvault_verify.document import Document, DocumentType
from idvault_verify.error import InvalidError
from idvault_verify.notice import NoticeKind, RegistryNotice

_FIELDS = {"kind", "day", "document", "newDocument", "reverses"}
_ID_SIZE = 16
_KIND = "notices"


def key_of(secret_key: str) -> Ed25519PrivateKey:
    """Return the key with which a mock registry signs, which anybody can derive who may call it."""
    return Ed25519PrivateKey.from_private_bytes(sha256(f"notices of {secret_key}".encode()).digest())


class NoticeLedger:
    """The notices that were given, oldest first."""

    def __init__(self, *, key: Ed25519PrivateKey, file: Path | None = None) -> None:
        """Start with the notices of a population's file; raises PopulationError. file: None keeps none."""
        self._key, self._file = key, file
        self._given: list[FedNotice] = []
        self._places = {"": 0}
        for each in [] if file is None else population.kept(file, _KIND):
            try:
                self._append(notice_feed.parse(each))
            except NppaWireError:
                raise PopulationError("a notice is not well formed") from None

    @property
    def public_key(self) -> str:
        """The public key, as IDVAULT_REGISTRY_NOTICE_KEYS has it."""
        return strict_base64.encode_standard(self._key.public_key().public_bytes_raw())

    def add(self, notices: Sequence[RegistryNotice]) -> int:
        """Sign and append notices; return how many."""
        for each in notices:
            self._append(FedNotice(each, self._key.sign(signed_notice.canonical(each))))
        if self._file is not None:
            population.keep(self._file, _KIND, [render(each) for each in self._given])
        return len(notices)

    def _append(self, fed: FedNotice) -> None:
        self._given.append(fed)
        self._places[fed.notice.notice_id] = len(self._given)

    def after(self, notice_id: str) -> list[FedNotice]:
        """Return the page after a notice; raises RefusedError (BODY_ERROR) for an unknown id."""
        place = self._places.get(notice_id)
        if place is None:
            raise RefusedError(NppaCode.BODY_ERROR)
        return self._given[place : place + PAGE]


def read(entry: object, *, now: datetime) -> RegistryNotice:
    """Return the notice that a JSON object asks for, with a new id; raises PopulationError.

    kind is required, and what it needs of document, newDocument and reverses; day is today without one.
    """
    if not isinstance(entry, dict) or not set(entry) <= _FIELDS:
        raise PopulationError("a notice must have only kind, day, document, newDocument, reverses")
    today = now.astimezone(ZONE).date()
    try:
        made = RegistryNotice(
            secrets.token_hex(_ID_SIZE),
            NoticeKind(str(entry.get("kind"))),
            date.fromisoformat(entry["day"]) if "day" in entry else today,
            _document(entry.get("document")),
            _document(entry.get("newDocument")),
            str(entry.get("reverses", "")),
        )
        made.check(today=today)
    except (InvalidError, KeyError, TypeError, ValueError):
        raise PopulationError("a notice is not well formed") from None
    return made


def _document(entry: object) -> Document | None:
    if entry is None:
        return None
    if not isinstance(entry, dict):
        raise TypeError
    return Document(DocumentType(str(entry.get("type"))), str(entry.get("number", "")))


def render(fed: FedNotice) -> dict[str, object]:
    """Return the JSON of a notice."""
    made = fed.notice
    whole = {
        "id": made.notice_id,
        "kind": made.kind.value,
        "day": made.day.isoformat(),
        "document": _rendered(made.document),
        "newDocument": _rendered(made.new_document),
        "reverses": made.reversed_id or None,
        "signature": strict_base64.encode_standard(fed.signature),
    }
    return {name: value for name, value in whole.items() if value is not None}


def _rendered(document: Document | None) -> dict[str, str] | None:
    return None if document is None else {"type": document.type.value, "number": document.number}


def build_answer(page: Sequence[FedNotice]) -> bytes:
    """Return the body of an answer."""
    answer = {
        "errcode": int(NppaCode.OK),
        "errmsg": MESSAGES[NppaCode.OK],
        "data": {"result": {"notices": [*map(render, page)]}},
    }
    return json.dumps(answer, separators=(",", ":")).encode()
