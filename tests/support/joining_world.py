"""Sessions with a provider and a registry's notices over one database: two numbers of one person."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from idvault.account.store import person as account_person
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.tables.account import accounts
from idvault.core.tables.claim import persons
from idvault.core.tables.sanction import sanctions
from idvault.notice import acts
from idvault_verify import secret
from idvault_verify.attest.assertion import ProofEnd
from idvault_verify.claim import Identity
from idvault_verify.notice import NoticeKind
from idvault_verify.session import Proof, SessionPurpose
from idvault_verify.v1 import session_pb2 as pb
from tests.support.inquiry_world import InquiryWorld
from tests.support.session_world import browser_key
from tools.support import sql
from tools.support.fakes.provider import FakeProofProvider
from tools.support.flow_world import PARTY, at
from tools.support.notice_world import KEY, NoticeWorld, notice, person, signed

OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes([78]) * 32)
OLD, NEW, NEWEST, LATEST = (person(number) for number in (1, 2, 3, 4))


@dataclass
class Joining:
    """Sessions with a provider, and a registry's notices, over one database."""

    sessions: InquiryWorld
    notices: NoticeWorld
    provider: FakeProofProvider
    browser: int = 0

    @property
    def database(self) -> Database:
        """Return the database of both."""
        return self.sessions.database

    async def pair(
        self,
        number: int = 1,
        old: Identity = OLD,
        new: Identity = NEW,
        *,
        seconds: float = 0,
        key: Ed25519PrivateKey = KEY,
    ) -> None:
        """Let the registry say that a number replaced another one."""
        kind = NoticeKind.NUMBER_REPLACED
        made = notice(number, kind, old.document, new_document=new.document)
        await self.notices.send([signed(made, key=key)], seconds=seconds)

    async def prove(
        self, who: Identity = NEW, former: Identity | None = OLD, token: str | None = None
    ) -> pb.SessionPage:
        """Let somebody prove a number, and the former one; return the session's last page."""
        session_id = await self.begin(who, former, token)
        return await self.sessions.finish_proof(session_id, browser=self.browser)

    async def begin(
        self,
        who: Identity,
        former: Identity | None,
        token: str | None = None,
        *,
        end: ProofEnd = ProofEnd.CONFIRMED,
    ) -> str:
        """Bring somebody to the provider and back; return the session."""
        self.browser += 1
        changes: dict[str, Any] = {"proof": Proof.HOLDER}
        if token is not None:
            changes |= {"account_token": token, "purpose": SessionPurpose.RENEWAL}
        session_id = await self.sessions.agreed(browser=self.browser, **changes)
        before = "" if former is None else former.document.number
        page = await self.sessions.begin_proof(
            session_id, browser=self.browser, name=who.name, number=who.document.number, former=before
        )
        self.provider.end(page.proof_url, end)
        return session_id

    async def contest(self, session_id: str, *, browser: int = 0, seconds: float = 0) -> pb.SessionPage:
        """Let the browser say that its number never replaced another one."""
        key = browser_key(browser or self.browser)
        request_id = secret.request_id(key, session_id=session_id, step="pairing")
        message = pb.ContestPairingRequest(request_id=request_id, session_id=session_id, browser_key=key)
        page: pb.SessionPage = await self.sessions.page_asks("ContestPairing", message, seconds=seconds)
        return page

    async def deny(self, who: Identity = NEW) -> pb.SessionPage:
        """Let the holder of a number prove it, and contest what it is said to have replaced."""
        page = await self.prove(who, None)
        await self.contest(page.session_id)
        return page

    async def release(self, *tokens: str) -> None:
        """Give back the place of each account, as its erasure does."""
        owners = {row.account_token: row.person_id for row in await sql.rows(self.database, select(accounts))}
        for token in tokens:

            async def run(connection: Connection, person_id: str = owners[token]) -> None:
                await account_person.release(connection, relying_party=PARTY, person_id=person_id)

            await self.database.act("test", run)

    async def fall(self, seconds: float) -> int:
        """Let the worker end what is due."""
        return await acts.fall_all(self.notices.vault, at(seconds), limit=10)

    async def people(self) -> list[tuple[int, int]]:
        """Return accounts and sanctions of each person, the most first, after checking both sums."""
        rows = await sql.rows(self.database, select(persons))
        owned = Counter(row.person_id for row in await sql.rows(self.database, select(accounts)))
        held = Counter(row.person_id for row in await sql.rows(self.database, select(sanctions)))
        present = [row for row in rows if row.joined_id is None]
        for row in present:
            assert (row.accounts, row.sanctions) == (owned.pop(row.person_id, 0), held.pop(row.person_id, 0))
        assert set(owned) | set(held) <= {None}
        ids = {row.person_id for row in present}
        assert all(row.joined_id in ids for row in rows if row.joined_id is not None)
        return sorted(((row.accounts, row.sanctions) for row in present), reverse=True)


async def open_joining(database: Database) -> Joining:
    """Return the flows; a notice may be signed by either of two keys."""
    sessions = InquiryWorld(database, patience=0.3)
    await sessions.prepare()
    notices = NoticeWorld(database, life=1)
    notices.context.public_keys = [key.public_key().public_bytes_raw() for key in (KEY, OTHER_KEY)]
    return Joining(sessions, notices, sessions.prover)
