"""What moderators decide about reports is signed, and a deleted text cannot be guessed from what is kept."""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, scalar, statement
from idvault.core.tables.log import moderator_papers
from idvault.core.tables.tip_off import tip_off_texts
from idvault.tip_off.acts import reporter
from idvault.tip_off.acts import tip_off as acts
from idvault.tip_off.acts.case import TipOffCall
from idvault_verify.attest import sanction as papers
from idvault_verify.error import IdvaultError, Reason
from idvault_verify.tip_off import ReporterStanding, TipOff
from tests.support.tip_off_world import DAY, TipOffWorld, key_files
from tools.support.flow_world import at
from tools.support.sanction_world import LateVault

_PAPERS: Statement[bytes] = statement(select(moderator_papers.c.paper), scalar)
_NAMES: Statement[str] = statement(select(tip_off_texts.c.name), scalar)
NOTE = "the photograph is from 2015"


@pytest_asyncio.fixture
async def world(main_database: Database, tmp_path: Path) -> AsyncIterator[TipOffWorld]:
    made = TipOffWorld(main_database, key_files(tmp_path))
    yield made
    await made.world.claims.verification.drain()


async def reason_of(work: Awaitable[object]) -> Reason:
    with pytest.raises(IdvaultError) as refused:
        await work
    return refused.value.reason


async def test_a_note_is_signed_and_then_forgotten(world: TipOffWorld) -> None:
    """The vault keeps the paper; the text's own hash is in none of it once the salt is deleted."""
    me = (await world.world.moderator(1)).moderator_id
    filed = (await world.file()).tip_off
    await world.assign(filed, me)
    await world.note(filed, me, NOTE)
    await world.dismiss(filed, me, reply="no rule", seconds=1)

    async def signed(connection: Connection) -> list[bytes]:
        return await connection.all(_PAPERS)

    async def names(connection: Connection) -> list[str]:
        return await connection.all(_NAMES)

    kept = b"".join(await world.database.read("test", signed))
    mark = papers.text_mark(NOTE, salt=bytes(32))
    assert kept.count(b"idvault/moderator-act/v1") >= 3
    assert mark in kept
    assert NOTE.encode() not in kept
    assert papers.text_mark(NOTE, salt=b"") not in kept
    assert any(each.startswith("salt-note-") for each in await world.database.read("test", names))
    await world.delete_texts(seconds=92 * DAY)
    assert await world.database.read("test", names) == []


async def test_nothing_is_decided_unsigned(world: TipOffWorld) -> None:
    """Without a signature, with another's, for another report, text or request, and by who was revoked."""
    key, other = await world.world.moderator(1), await world.world.moderator(2)
    me, filed = key.moderator_id, (await world.file()).tip_off
    ids = (filed.tip_off_id, me)
    await world.assign(filed, me)

    async def note(call: TipOffCall, *, seconds: float = 0) -> TipOff:
        return await acts.note(world.vault, call, at(seconds), *ids, text=NOTE, sealer=world.context.sealer)

    signed = await world.decided("AddTipOffNote", *ids, by=me, words=NOTE)
    assert signed.decision is not None
    assert await reason_of(note(replace(signed, decision=None))) is Reason.INVALID_MESSAGE
    for wrong in (
        replace(signed.decision, moderator_id=other.moderator_id),
        replace(signed.decision, request_id="b" * 36),
        replace(signed.decision, relying_party="platform-b"),
        replace(signed.decision, method="AnswerTipOff"),
        replace(signed.decision, fields=(*signed.decision.fields[:-1], b"another mark")),
        replace(signed.decision, fields=("9" * 32, *signed.decision.fields[1:])),
        replace(signed.decision, signed_at=at(1).real),
    ):
        assert await reason_of(note(replace(signed, decision=wrong))) in {
            Reason.INVALID_MESSAGE,
            Reason.MODERATOR_NOT_FOUND,
        }
    assert await reason_of(note(signed, seconds=601)) is Reason.INVALID_MESSAGE
    await note(signed)
    assert (await note(signed, seconds=601)).tip_off_id == filed.tip_off_id
    await world.world.revoke(key)
    fresh = await world.decided("AddTipOffNote", *ids, by=me, words=NOTE)
    assert await reason_of(note(fresh)) is Reason.MODERATOR_REVOKED
    assert [each.note for each in (await world.get(filed)).notes] == [NOTE]


async def test_an_assignment_may_be_to_somebody_else(world: TipOffWorld) -> None:
    """The signature is of whoever assigns, and must be of a moderator who is not revoked."""
    key, other = await world.world.moderator(1), await world.world.moderator(2)
    filed = (await world.file()).tip_off
    fields = (filed.tip_off_id, other.moderator_id, "")
    call = await world.decided("AssignTipOff", *fields, by=key.moderator_id)
    assigned = await acts.assign(world.vault, call, at(0), *fields[:2], None)
    assert assigned.assignee == other.moderator_id
    await world.world.revoke(key)
    again = await world.decided("AssignTipOff", fields[0], key.moderator_id, fields[1], by=key.moderator_id)
    work = acts.assign(world.vault, again, at(0), fields[0], key.moderator_id, fields[1])
    assert await reason_of(work) is Reason.MODERATOR_REVOKED


async def test_a_revocation_just_before_an_act(world: TipOffWorld) -> None:
    """A moderator who is revoked after the signature was read sets no standing and assigns nothing."""
    key, other = await world.world.moderator(1), await world.world.moderator(2)
    filed = (await world.file()).tip_off
    vault = LateVault.of(world.world)
    standing = await world.decided("SetReporterStanding", "9" * 32, by=key.moderator_id)
    trusted = ReporterStanding.TRUSTED
    work = reporter.set_standing(vault, standing, at(0), "9" * 32, standing=trusted, limited_until=None)
    assert await reason_of(work) is Reason.MODERATOR_REVOKED
    third = await world.world.moderator(3)
    fields = (filed.tip_off_id, other.moderator_id, "")
    call = await world.decided("AssignTipOff", *fields, by=third.moderator_id)
    assign = acts.assign(vault, call, at(0), *fields[:2], None)
    assert await reason_of(assign) is Reason.MODERATOR_REVOKED
    assert (await world.get(filed)).tip_off.assignee is None
