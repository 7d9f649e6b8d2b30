"""Denials hold a reason: signed, logged, encrypted at rest, shown to auditor and custodians."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from idvault.core.tables.disclosure import disclosure_decisions
from idvault_client.errors import RecordDamaged
from idvault_verify.attest import disclosure as papers
from idvault_verify.disclosure import Verdict
from idvault_verify.error import Reason
from idvault_verify.event import EventType
from tests.support.disclosure_world import (
    REASON,
    A,
    B,
    C,
    decide,
    decision,
    filed,
    get,
    pending,
    refused,
    signed,
)
from tools.support.chamber import Chamber


def denial(paper: bytes, name: str, reason: str = REASON) -> bytes:
    """Return a signed denial with a reason."""
    plain = papers.parse_decision(decision(paper, name, verdict=Verdict.DENY).signed, verdict=Verdict.DENY)
    return signed(replace(plain, reason=reason), name)


async def test_a_reason_is_kept_and_shown(room: Chamber) -> None:
    """The auditor and the other custodians get the signed paper; the database has no word of it."""
    disclosure_id, paper = await filed(room)
    made = denial(paper, A)
    await decide(room, decision(paper, A, verdict=Verdict.DENY, signed=made))
    (waiting,) = (await pending(room, B)).disclosures
    for shown in (await get(room, disclosure_id), waiting):
        assert [(each.custodian, each.signed_denial) for each in shown.decisions] == [(A, made)]
    (row,) = await room.world.all(select(disclosure_decisions))
    assert row.key_version == "0"
    assert REASON.encode() not in row.signed
    assert len(await room.logged(EventType.DISCLOSURE_DENY)) == 1


async def test_a_reason_cannot_be_exchanged(room: Chamber) -> None:
    """Whoever moves a stored denial to another custodian's row destroys it, and shows nothing false."""
    disclosure_id, paper = await filed(room)
    await decide(room, decision(paper, A, verdict=Verdict.DENY, signed=denial(paper, A)))
    await room.world.do(update(disclosure_decisions).values(custodian=C))
    with pytest.raises(RecordDamaged):
        await get(room, disclosure_id)


@pytest.mark.parametrize("reason", ["", "x" * 501, "a\u202eb", " "])
async def test_a_reason_follows_the_rules_of_texts(room: Chamber, reason: str) -> None:
    """The service refuses what a client should not have signed, and names the field."""
    _, paper = await filed(room)
    made = decision(paper, A, verdict=Verdict.DENY, signed=denial(paper, A, reason))
    error = await refused(room, A, decide(room, made), Reason.INVALID_MESSAGE)
    assert list(error.fields) == ["signed_denial"]
