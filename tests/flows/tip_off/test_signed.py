"""What moderators decide about reports is signed, and a deleted text cannot be guessed from what is kept.

Notes are given to the act itself: the client signs what it sends, so it cannot send another's signature.
"""

from dataclasses import replace

from sqlalchemy import select

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, scalar, statement
from idvault.core.tables.log import moderator_papers
from idvault.core.tables.tip_off import tip_off_texts
from idvault.moderator.acts import ModerationCall
from idvault.tip_off.acts import tip_off as acts
from idvault.tip_off.acts.case import TipOffCall
from idvault_client.tip_offs import TipOffReport
from idvault_verify.attest import sanction as papers
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.error import Reason
from idvault_verify.tip_off import ReporterStanding, TipOff
from tests.support.refusal import reason_of
from tests.support.tip_off_world import DAY, TipOffWorld
from tools.support.flow_world import PARTY, at
from tools.support.sanction_world import ACTOR, LateVault, signing

_PAPERS: Statement[bytes] = statement(select(moderator_papers.c.paper), scalar)
_NAMES: Statement[str] = statement(select(tip_off_texts.c.name), scalar)
NOTE, METHOD, SALT = "the photograph is from 2015", "AddTipOffNote", bytes(32)


async def test_a_note_is_signed_and_then_forgotten(world: TipOffWorld) -> None:
    """The vault keeps the paper; the text's own hash is in none of it once the salt is deleted."""
    key = await world.world.moderator(1)
    me, filed = key.moderator_id, (await world.file()).tip_off
    await world.assign(filed, me)
    call, sealer = signed_note(world, filed, key), world.context.sealer
    await acts.note(world.vault, call, at(0), filed.tip_off_id, me, text=NOTE, sealer=sealer)
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


def signed_note(world: TipOffWorld, tip_off: TipOffReport, key: ModeratorKey) -> TipOffCall:
    """Return the call of a note, with what its moderator signed."""
    mark, request_id = papers.text_mark(NOTE, salt=SALT), world.world.new_id()
    fields = (tip_off.tip_off_id, key.moderator_id, mark)
    call = ModerationCall(
        PARTY, ACTOR, request_id, METHOD, b"", fields, key.moderator_id, at(0).real, text_salt=SALT
    )
    signature = key.sign(papers.act(call.occasion, method=METHOD, fields=fields))
    return TipOffCall(PARTY, ACTOR, request_id, METHOD, b"", replace(call, signature=signature))


async def test_nothing_is_decided_unsigned(world: TipOffWorld) -> None:
    """Without a signature, with another's, for another report, text or request, and by who was revoked."""
    key, other = await world.world.moderator(1), await world.world.moderator(2)
    me, filed = key.moderator_id, (await world.file()).tip_off
    ids = (filed.tip_off_id, me)
    await world.assign(filed, me)

    async def note(call: TipOffCall, *, seconds: float = 0) -> TipOff:
        return await acts.note(world.vault, call, at(seconds), *ids, text=NOTE, sealer=world.context.sealer)

    signed = signed_note(world, filed, key)
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
    assert await reason_of(note(signed_note(world, filed, key))) is Reason.MODERATOR_REVOKED
    assert [each.note for each in (await world.get(filed)).notes] == [NOTE]


async def test_an_assignment_may_be_to_somebody_else(world: TipOffWorld) -> None:
    """The signature is of whoever assigns; neither this one nor the other moderator may be revoked."""
    key, other = await world.world.moderator(1), await world.world.moderator(2)
    filed = (await world.file()).tip_off
    signer, of_other = signing(key, 0), signing(other, 0)
    assigned = await world.asks().assign(filed, key=signer, to=other.moderator_id)
    assert assigned.moderator_id == other.moderator_id
    await world.world.revoke(key)
    assert await reason_of(world.asks().assign(assigned, key=signer)) is Reason.MODERATOR_REVOKED
    to_revoked = world.asks().assign(assigned, key=of_other, to=key.moderator_id)
    assert await reason_of(to_revoked) is Reason.MODERATOR_REVOKED


async def test_a_revocation_just_before_an_act(world: TipOffWorld) -> None:
    """A moderator who is revoked after the signature was read sets no standing and assigns nothing."""
    key, other = await world.world.moderator(1), await world.world.moderator(2)
    filed = (await world.file()).tip_off
    world.vault = LateVault.of(world.world)
    asks, trusted = world.asks(), ReporterStanding.TRUSTED
    work = asks.set_reporter_standing("9" * 32, trusted, key=signing(key, 0))
    assert await reason_of(work) is Reason.MODERATOR_REVOKED
    third = signing(await world.world.moderator(3), 0)
    assign = asks.assign(filed, key=third, to=other.moderator_id)
    assert await reason_of(assign) is Reason.MODERATOR_REVOKED
    assert (await world.get(filed)).tip_off.moderator_id == ""
