"""Helpers for disclosure tests: papers, decisions, openings, and refusals that must be in the log."""

from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from idvault.core.request import MemberAsked
from idvault.core.tables.disclosure import disclosure_refusals
from idvault.disclosure.acts import auditor, custodian
from idvault.disclosure.acts.custodian import DecideCommand, ReleaseCommand
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest import hpke
from idvault_verify.attest.disclosure import DecisionTerms, Terms
from idvault_verify.disclosure import Verdict
from idvault_verify.error import IdvaultError, Reason
from idvault_verify.seal import Part
from tools.support import builders, people
from tools.support.chamber import CUSTODIANS, SUITE, Chamber, identity, roster_member

A, B, C = CUSTODIANS
SHARE = b"re-sealed share (synthetic)"
REASON = "理由不足 (synthetic)"
_numbers = iter(range(1, 1_000_000))


def request_id(number: int | None = None) -> str:
    """Return a UUID; a new one unless a number is given."""
    return str(UUID(int=number if number is not None else next(_numbers) + 10_000))


def asked(name: str, method: str, *parts: Part, id: str = "") -> MemberAsked:
    """Return a member's request, a new one unless its id is given."""
    return MemberAsked(roster_member(name).actor_id, id or request_id(), method, builders.content(*parts))


def terms(room: Chamber, account: str, **changes: Any) -> Terms:
    """Return the terms of a request by auditor-a."""
    now = int(room.now().real.timestamp())
    made = Terms(
        disclosure_id=f"{next(_numbers):032x}",
        auditor="auditor-a",
        account_token=account,
        case_reference="案 2026-1",
        legal_basis="第一条 (synthetic)",
        purpose="一次核查",
        suite=SUITE,
        public_key=hpke.public_key(suite=SUITE, private_key=people.secret("once", "hpke")),
        openings=1,
        create_time=now,
        expire_time=now + 72 * 3600,
        roster_digest=room.rosters.current.digest(),
    )
    return replace(made, **changes)


def signed(paper: Terms | DecisionTerms, name: str = "auditor-a") -> bytes:
    return paper.canonical() + identity(name).sign(paper.canonical())


async def file(room: Chamber, paper: bytes, *, name: str = "auditor-a", number: int | None = None) -> Any:
    call = asked(name, "RequestDisclosure", paper, id=request_id(number))
    return await auditor.request(room.context, call, signed=paper, now=room.now())


async def filed(room: Chamber, **changes: Any) -> tuple[str, bytes]:
    """File a valid request; return its id and bytes."""
    asked = terms(room, await room.account(), **changes)
    await file(room, signed(asked))
    await room.step()
    return asked.disclosure_id, signed(asked)


def decision(
    paper: bytes, name: str, *, verdict: Verdict = Verdict.APPROVE, code: str = "", **changes: Any
) -> DecideCommand:
    """Return a custodian's decision about a signed request."""
    given = sha256(SHARE).digest() if verdict is Verdict.APPROVE else b""
    why = "" if verdict is Verdict.APPROVE else REASON
    said = DecisionTerms(verdict, papers.digest(paper), name, CUSTODIANS.index(name) + 1, given, why)
    method = "ApproveDisclosure" if verdict is Verdict.APPROVE else "DenyDisclosure"
    made = DecideCommand(
        call=asked(name, method, signed(said, name)),
        disclosure_id=papers.parse_request(paper).disclosure_id,
        verdict=verdict,
        signed=signed(said, name),
        code=code,
    )
    return replace(made, **changes)


def release_of(command: DecideCommand, **changes: Any) -> ReleaseCommand:
    """Return the release of the share that an approval holds the hash of."""
    share = changes.get("resealed", SHARE)
    content = builders.content(command.disclosure_id, share)
    call = replace(command.call, request_id=request_id(), method="ReleaseShare", content=content)
    return replace(ReleaseCommand(call, command.disclosure_id, SHARE), **changes)


async def decide(room: Chamber, command: DecideCommand) -> Any:
    """Decide, with a valid code if one is needed and none is given."""
    if command.verdict is Verdict.APPROVE and not command.code:
        command = replace(command, code=room.codes.code())
    async with room.sequencing():
        return (await custodian.decide(room.context, command, now=room.now(), patience=5.0)).filed


async def release(room: Chamber, command: ReleaseCommand) -> Any:
    """Release an approved share while the worker runs."""
    async with room.sequencing():
        return (await custodian.release(room.context, command, now=room.now(), patience=5.0)).filed


async def give(room: Chamber, paper: bytes, name: str) -> Any:
    """Approve and release as a custodian."""
    command = decision(paper, name)
    await decide(room, command)
    return await release(room, release_of(command))


async def approved(room: Chamber, **changes: Any) -> str:
    """File a request and let two custodians approve it with their clients."""
    disclosure_id = await room.request(await room.account(), **changes)
    await room.approve(disclosure_id, A, B)
    return disclosure_id


async def confirm(room: Chamber, disclosure_id: str, *, name: str = "auditor-a", id: str = "") -> Any:
    """Confirm that the shares open the record."""
    call = asked(name, "ConfirmOpening", disclosure_id, id=id)
    return await auditor.confirm(room.context, call, disclosure_id=disclosure_id, now=room.now())


async def cancel(room: Chamber, disclosure_id: str, *, name: str = "auditor-a", id: str = "") -> Any:
    """Cancel a disclosure."""
    call = asked(name, "CancelDisclosure", disclosure_id, id=id)
    return await auditor.cancel(room.context, call, disclosure_id=disclosure_id, now=room.now())


async def open_once(
    room: Chamber,
    disclosure_id: str,
    *,
    code: str | None = None,
    name: str = "auditor-a",
    id: str = "",
    patience: float = 5.0,
) -> Any:
    """Open while the worker runs."""
    async with room.sequencing():
        return await open_alone(room, disclosure_id, code=code, name=name, id=id, patience=patience)


async def open_alone(
    room: Chamber, disclosure_id: str, *, code: str | None, name: str, id: str, patience: float
) -> Any:
    """Open whether the worker runs or not."""
    return await auditor.open_record(
        room.context,
        asked(name, "OpenDisclosure", disclosure_id, id=id),
        disclosure_id=disclosure_id,
        code=room.codes.code() if code is None else code,
        now=room.now(),
        patience=patience,
    )


async def refused(room: Chamber, name: str, act: Any, reason: Reason) -> IdvaultError:
    """Run an act that must be refused with a reason, and find the refusal in the log."""
    before = await room.refusals(name)
    with pytest.raises(IdvaultError) as caught:
        await act
    assert caught.value.reason is reason
    assert await room.refusals(name) == before + 1
    (row,) = await room.world.all(
        select(disclosure_refusals).where(
            disclosure_refusals.c.actor_id == roster_member(name).actor_id,
            disclosure_refusals.c.reason == reason.value,
        )
    )
    assert row.silent == 0
    return caught.value
