"""Registries and a provider that fail over real HTTP, as the newer calls see it.

A child's adult, the four elements of an organisation, and proofs at a provider: nobody is verified without
an answer, nothing is charged twice, and what was refused or not answered can be begun anew.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault.core.db.database import Database
from idvault.core.tables.claim import attempts, claims, representatives
from idvault.registry.ports import Reserved
from idvault.registry.provider import HttpProofProvider, ProviderSettings
from idvault_client.errors import Unavailable
from idvault_dev.mock_provider.book import ProofBook, ProviderFault
from idvault_dev.mock_provider.server import ProviderPages
from idvault_dev.mock_registry.server import Options
from idvault_verify import document
from idvault_verify.account import SubjectKind
from idvault_verify.claim import ClaimState, Identity
from idvault_verify.error import Reason
from idvault_verify.registry import RegistryAnswer
from idvault_verify.session import Proof, SessionPurpose
from idvault_verify.v1 import session_pb2 as pb
from tests.support.mock_registry import Running
from tests.support.refusal import reason_of
from tests.support.registry_session import Uncapped, registry_session
from tests.support.session_world import SessionWorld
from tools.support import builders, sql
from tools.support.fakes.provider import VAULT
from tools.support.flow_world import at
from tools.support.organizations import REPRESENTATIVE, organization

States = pb.VerificationSession.State
UNDECIDED = ("lose_answer", "half_answer", "maintenance", "source_error", "wrong_signature", "hang")
HOUR, _SLOW = 3_600, 300


@dataclass(kw_only=True, eq=False)
class FailingAt(Uncapped):
    """A registry that begins to fail with its n-th call from now on, once."""

    registry: Running
    mode: str = "normal"
    left: int = 0

    async def check(
        self, *, ai: str, identity: Identity, patience: float, reserved: Reserved | None = None
    ) -> RegistryAnswer:
        """Fail if it is time."""
        if self.left == 1:
            await self.registry.behave(self.mode, count=1, latency_ms=_SLOW if self.mode == "slow" else 0)
        self.left -= 1
        return await super().check(ai=ai, identity=identity, patience=patience)


def _born(year: int, number: int) -> Identity:
    body = f"110000{year}0105{number:03}"
    return builders.identity(number=body + document.resident_check_character(body=body))


@asynccontextmanager
async def _failing(
    world: SessionWorld, folder: Path, wire: str, options: Options | None = None
) -> AsyncIterator[FailingAt]:
    """Let one registry of a world be a mock over HTTP."""
    kind = SubjectKind.INDIVIDUAL if wire == "nppa" else SubjectKind.ORGANIZATION
    async with registry_session(folder, wire, options=options) as session:
        made = FailingAt(inner=session.adapter, registry=session.registry)
        settlement = world.claims.settlement
        settlement.registries = {**settlement.registries, kind: made}
        yield made


async def _form(world: SessionWorld, child: Identity, adult: Identity, **more: Any) -> pb.SessionPage:
    """Send the form of a new session."""
    session_id = await world.agreed()
    typed = adult.name, adult.document.number
    return await world.submit(
        session_id, name=child.name, number=child.document.number, guardian=typed, **more
    )


@pytest.mark.parametrize("place", [1, 2], ids=["the child", "the adult"])
async def test_a_child_and_an_adult_at_a_registry_that_fails(
    sqlite_main: Database, tmp_path: Path, place: int
) -> None:
    """Each way to fail, in the check of either: no claim that could wait; the form is sent again."""
    world = SessionWorld(sqlite_main)
    await world.prepare()
    async with _failing(world, tmp_path, "nppa") as registry:
        people = [(_born(2016, number), _born(1986, number)) for number in range(len(UNDECIDED) + 1)]
        added = [{"name": each.name, "number": each.document.number} for pair in people for each in pair]
        assert (await registry.registry.admin("POST", "/people", added))[0] == 200
        for (child, adult), mode in zip(people, UNDECIDED, strict=False):
            world.context.patience = 0.3 if mode == "hang" else 20.0
            registry.mode, registry.left = mode, place
            with pytest.raises(Unavailable, match="STORE_UNAVAILABLE"):
                await _form(world, child, adult)
            assert await sql.count(sqlite_main, attempts) == 1
            world.context.patience = 20.0
            assert (await _form(world, child, adult)).state == States.STATE_SUCCEEDED
            assert await sql.count(sqlite_main, attempts) == 0
        registry.mode, registry.left = "slow", place
        assert (await _form(world, *people[-1])).state == States.STATE_SUCCEEDED
        assert await sql.count(sqlite_main, claims) == len(people)
    await world.claims.verification.drain()


async def test_a_child_at_a_registry_that_is_asked_too_often(sqlite_main: Database, tmp_path: Path) -> None:
    """The adult's check is the second of this second: nobody passes, and no claim was made."""
    world = SessionWorld(sqlite_main)
    await world.prepare()
    child, adult = _born(2016, 1), _born(1986, 1)
    async with _failing(world, tmp_path, "nppa", Options(check_cap=1)) as registry:
        added = [{"name": each.name, "number": each.document.number} for each in (child, adult)]
        await registry.registry.admin("POST", "/people", added)
        with pytest.raises(Unavailable, match="STORE_UNAVAILABLE"):
            await _form(world, child, adult)
        assert (await registry.registry.counters())["refused_rate"] == 1
        assert await sql.count(sqlite_main, claims) == 0


async def test_four_elements_at_a_registry_that_fails(sqlite_main: Database, tmp_path: Path) -> None:
    """Each way to fail: the claim waits, the worker asks again, and then the representative is awaited."""
    world = SessionWorld(sqlite_main)
    await world.prepare()
    async with _failing(world, tmp_path, "enterprise") as registry:
        for number, mode in enumerate((*UNDECIDED, "slow"), start=1):
            firm = organization(body=f"MB{number:06}")
            await registry.registry.admin("POST", "/organizations", [_entry(firm)])
            registry.mode, registry.left = mode, 1
            patience = 0.3 if mode == "hang" else 20.0
            now = number * 100 * HOUR
            asked = await world.claims.claim(number, firm, patience=patience, seconds=now)
            assert asked.pending is (mode != "slow")
            await world.claims.work(seconds=now + HOUR)
            found = await world.claims.claimed(number, seconds=now + HOUR)
            assert found.failure_reason == "REPRESENTATIVE_PENDING", mode
            done = await world.claims.prove(asked.account_token, 100 + number, seconds=now + HOUR)
            assert done.state is ClaimState.SUCCEEDED
        assert (await registry.registry.counters())["charged"] == len(UNDECIDED) + 1
        assert await sql.count(sqlite_main, representatives) == 0
    await world.claims.verification.drain()


def _entry(firm: Identity) -> dict[str, object]:
    return {
        "name": firm.name,
        "number": firm.document.number,
        "representative_name": REPRESENTATIVE.name,
        "representative_number": REPRESENTATIVE.document.number,
    }


@dataclass
class FarProvider:
    """A world whose provider is the mock over HTTP."""

    world: SessionWorld
    book: ProofBook
    token: str = ""

    async def begun(self, purpose: str, session_id: str, proof: int) -> str:
        """Begin a proof; return its page."""
        if purpose == "result":
            return (await self.world.begin_result(session_id, proof)).proof_url
        who = REPRESENTATIVE if purpose == "representative" else builders.identity()
        page = await self.world.begin_proof(session_id, proof, name=who.name, number=who.document.number)
        return page.proof_url

    async def session(self, purpose: str) -> str:
        """Bring a session to the form."""
        if purpose == "representative":
            return await self.world.agreed(
                purpose=SessionPurpose.REPRESENTATIVE, account_token=self.token, proof=Proof.HOLDER
            )
        return await self.world.agreed(proof=Proof.RESULT_ONLY if purpose == "result" else Proof.HOLDER)

    async def end(self, page: str, outcome: str = "CONFIRMED") -> None:
        """End a proof on its page, as a browser does."""
        url = page.removesuffix("/page") + "/end"
        async with ClientSession() as session:
            form = {"outcome": outcome, "credential": "1"}
            ended = await session.post(url, data=form, allow_redirects=False)
            assert ended.status == 303


@asynccontextmanager
async def _far(world: SessionWorld) -> AsyncIterator[FarProvider]:
    key = Ed25519PrivateKey.from_private_bytes(b"p" * 32)
    book = ProofBook(issuer="", audience=VAULT, key=key, clock=lambda: at(0).real)
    server = TestServer(ProviderPages(book=book, secret="s" * 32).application())
    await server.start_server()
    book.issuer = str(server.make_url("")).rstrip("/")
    client = HttpProofProvider(ProviderSettings("核验机构", book.issuer, book.public_key, "s" * 32))
    world.context.providers = dict.fromkeys((Proof.HOLDER, Proof.RESULT_ONLY), client)
    try:
        yield FarProvider(world, book)
    finally:
        await client.close()
        await server.close()


_LIES = (
    ProviderFault.LATE,
    ProviderFault.REPLAYED,
    ProviderFault.OTHER_SESSION,
    ProviderFault.OTHER_VAULT,
    ProviderFault.WRONG_KEY,
)


@pytest.mark.parametrize("purpose", ["holder", "result", "representative"])
async def test_a_far_provider_that_lies_or_is_silent(sqlite_main: Database, purpose: str) -> None:
    """Late, replayed, of another session or vault, under another key, cancelled, silent: none is charged."""
    world = SessionWorld(sqlite_main)
    world.accepted = frozenset(Proof)
    await world.prepare()
    async with _far(world) as far:
        far.token = (await world.claims.claim(1, organization())).account_token
        before = await sql.count(sqlite_main, claims)
        for fault in _LIES:
            session_id = await far.session(purpose)
            page = await far.begun(purpose, session_id, 1)
            far.book.fault = fault
            await far.end(page)
            assert await reason_of(world.finish_proof(session_id)) is Reason.PROOF_REFUSED, fault
            far.book.fault = ProviderFault.NONE
        page = await far.begun(purpose, session_id, 2)
        await far.end(page, "CANCELLED")
        assert await reason_of(world.finish_proof(session_id, 2)) is Reason.PROOF_REFUSED
        page = await far.begun(purpose, session_id, 3)
        assert await reason_of(world.finish_proof(session_id, 3)) is Reason.PROOF_OPEN
        await far.end(page)
        far.book.fault = ProviderFault.SILENT
        assert await reason_of(world.finish_proof(session_id, 3)) is Reason.PROVIDER_UNAVAILABLE
        assert (await sql.count(sqlite_main, claims), await sql.count(sqlite_main, attempts)) == (before, 0)
        far.book.fault = ProviderFault.NONE
        done = [await world.finish_proof(session_id, 3) for _ in range(2)]
        assert [each.state for each in done] == [States.STATE_SUCCEEDED] * 2
        assert await sql.count(sqlite_main, claims) == before + 1
