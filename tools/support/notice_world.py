"""Notices of a made-up registry beside claims and sanctions of two platforms, over one database."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from idvault.claim.rules import Claim
from idvault.core.act import SYSTEM
from idvault.core.db.database import Database
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.core.tables.notice import account_notices
from idvault.notice import acts
from idvault.notice.acts import NoticeContext
from idvault.notice.api import NoticeMethods
from idvault.platform import acts as platform_acts
from idvault_verify import document
from idvault_verify.account import Status
from idvault_verify.attest import notice as signed_notice
from idvault_verify.claim import Identity
from idvault_verify.clock import ClockReading
from idvault_verify.document import Document, DocumentType
from idvault_verify.notice import NoticeKind, RegistryNotice
from idvault_verify.v1 import common_pb2, notice_pb2
from tools.support import builders, sql
from tools.support.fakes.sealing import FakeIndexer
from tools.support.flow_world import PARTY, at, command
from tools.support.in_process import InProcessChannel
from tools.support.sanction_world import SanctionWorld

DAY = 86_400
OTHER_PARTY = "platform-b"
REGISTRY = "registry-a"
KEY = Ed25519PrivateKey.from_private_bytes(bytes([77]) * 32)
_SERVICE = notice_pb2.DESCRIPTOR.services_by_name["RegistryNoticeService"]
_TODAY = builders.reading(after=timedelta()).today(builders.ZONE)


def resident(number: int) -> Document:
    """Return the document of a made-up person: the region is not one that is issued."""
    body = f"1100001990{number // 899 % 12 + 1:02}{number % 28 + 1:02}{number % 899 + 100:03}"
    return Document(DocumentType.RESIDENT_ID, body + document.resident_check_character(body=body))


def person(number: int, *, name: str = builders.NAME) -> Identity:
    """Return a made-up person's identity."""
    return Identity(name, resident(number))


def notice_id(number: int) -> str:
    """Return the id of a notice, the same for the same number."""
    return sha256(f"notice {number}".encode()).hexdigest()[:32]


def notice(
    number: int, kind: NoticeKind, document: Document | None = None, *, day: date = _TODAY, **changes: Any
) -> RegistryNotice:
    """Return a notice."""
    return replace(RegistryNotice(notice_id(number), kind, day, document), **changes)


def signed(made: RegistryNotice, *, key: Ed25519PrivateKey = KEY) -> notice_pb2.RegistryNotice:
    """Return the message of a notice with the registry's signature."""
    message = notice_pb2.RegistryNotice(
        notice_id=made.notice_id,
        kind=notice_pb2.RegistryNotice.Kind.Value(f"KIND_{made.kind.name}"),
        day=made.day.isoformat(),
        reversed_notice_id=made.reversed_id,
        signature=key.sign(signed_notice.canonical(made)),
    )
    for field, found in ((message.document, made.document), (message.new_document, made.new_document)):
        if found is not None:
            field.type = common_pb2.DocumentType.Value(f"DOCUMENT_TYPE_{found.type.name}")
            field.number = found.number
    return message


class NoticeWorld:
    """What a registry says, and what platforms see of it."""

    def __init__(self, database: Database, *, life: int = 0) -> None:
        """Build the flows as bootstrap does. life: how often the same database was opened before."""
        self.sanctions = SanctionWorld(database, life=life)
        self.claims, self.vault, self.database = self.sanctions.claims, self.sanctions.vault, database
        self.applied: list[NoticeKind] = []
        self.context = NoticeContext(
            indexer=FakeIndexer(),
            public_keys=[KEY.public_key().public_bytes_raw()],
            zone=builders.ZONE,
            applied=self.applied.append,
        )
        self._number = 700_000 + life * 10_000

    async def begin(self, *parties: str) -> None:
        """Register platforms."""
        for party in parties or (PARTY, OTHER_PARTY):
            spki = sha256(party.encode()).hexdigest()
            await platform_acts.register(self.vault, SYSTEM, at(0), name=party, role="platform", spki=spki)

    def channel(self, seconds: float = 0, *, registry: str = REGISTRY) -> InProcessChannel:
        """Return the channel of a registry's program."""
        methods = NoticeMethods(vault=self.vault, context=self.context)
        return InProcessChannel(
            services=lambda: [Service(_SERVICE, methods)],
            caller=Caller(registry, "registry", "e" * 32),
            now=lambda: at(seconds),
        )

    async def send(
        self,
        messages: Sequence[notice_pb2.RegistryNotice] = (),
        *,
        seconds: float = 0,
        caught_up: bool = False,
    ) -> notice_pb2.SubmitNoticesResponse:
        """Submit messages as they are."""
        request = notice_pb2.SubmitNoticesRequest(notices=messages, caught_up=caught_up)
        found: notice_pb2.SubmitNoticesResponse = await self.channel(seconds).call(
            "RegistryNoticeService/SubmitNotices", request, notice_pb2.SubmitNoticesResponse
        )
        return found

    async def submit(self, *notices: RegistryNotice, seconds: float = 0) -> int:
        """Submit notices, signed; return how many were new."""
        return (await self.send([signed(each) for each in notices], seconds=seconds)).fresh

    async def verify(
        self, who: Identity, token: str | None = None, *, party: str = PARTY, seconds: float = 0
    ) -> Claim:
        """Claim an identity with a request id that is never used twice."""
        self._number += 1
        asked = command(self._number, who, account_token=token, relying_party=party)
        return await self.claims.represented(asked, seconds=seconds)

    async def sign_up(self, who: Identity, *, party: str = PARTY, seconds: float = 0) -> str:
        """Verify a new account and return its token."""
        return (await self.verify(who, party=party, seconds=seconds)).account.account_token

    async def status(self, token: str, *, party: str = PARTY, seconds: float = 0) -> Status:
        """Return a status as a platform sees it."""
        return await self.claims.status.get(relying_party=party, account_token=token, now=at(seconds))

    async def expire(self, *, seconds: float, limit: int = 1_000) -> int:
        """Let the worker end what is due."""
        return await acts.expire_all(self.vault, at(seconds), zone=builders.ZONE, limit=limit)

    async def due(self) -> dict[str, date]:
        """Return the day of every account on which a notice still bears."""
        rows = await sql.rows(self.database, select(account_notices))
        return {row.account_token: row.due_on for row in rows}


def day(seconds: float) -> date:
    """Return the day of a time of the tests."""
    reading: ClockReading = at(seconds)
    return reading.today(builders.ZONE)
