"""Helpers for disclosure tests: papers, decisions, openings, and refusals that must be in the log."""

from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from idvault.core.tables.disclosure import disclosure_refusals
from idvault_client.errors import VaultError
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest import hpke
from idvault_verify.attest.disclosure import DecisionTerms, Terms
from idvault_verify.disclosure import Verdict
from idvault_verify.error import Reason
from idvault_verify.v1 import disclosure_pb2 as pb
from tools.support import people
from tools.support.chamber import CUSTODIANS, SUITE, Chamber, Local, identity, roster_member

A, B, C = CUSTODIANS
SHARE = b"re-sealed share (synthetic)"
REASON = "理由不足 (synthetic)"
_numbers = iter(range(1, 1_000_000))


def request_id(number: int | None = None) -> str:
    """Return a UUID; a new one unless a number is given."""
    return str(UUID(int=number if number is not None else next(_numbers) + 10_000))


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
    request = pb.RequestDisclosureRequest(request_id=request_id(number), signed_request=paper)
    return await Local(room, name).ask("DisclosureService/RequestDisclosure", request, pb.Disclosure)


async def filed(room: Chamber, **changes: Any) -> tuple[str, bytes]:
    """File a valid request; return its id and bytes."""
    asked = terms(room, await room.account(), **changes)
    await file(room, signed(asked))
    await room.step()
    return asked.disclosure_id, signed(asked)


@dataclass(frozen=True, slots=True)
class AskedDecision:
    """What a custodian asks for. name: who calls. id: of the request."""

    name: str
    disclosure_id: str
    verdict: Verdict
    signed: bytes
    code: str = ""
    id: str = field(default_factory=request_id)


def decision(
    paper: bytes, name: str, *, verdict: Verdict = Verdict.APPROVE, code: str = "", **changes: Any
) -> AskedDecision:
    """Return a custodian's decision about a signed request."""
    given = sha256(SHARE).digest() if verdict is Verdict.APPROVE else b""
    why = "" if verdict is Verdict.APPROVE else REASON
    said = DecisionTerms(verdict, papers.digest(paper), name, CUSTODIANS.index(name) + 1, given, why)
    disclosure_id = papers.parse_request(paper).disclosure_id
    return replace(AskedDecision(name, disclosure_id, verdict, signed(said, name), code), **changes)


async def decide(room: Chamber, asked: AskedDecision) -> Any:
    """Decide while the worker runs, with a valid code if one is needed and none is given."""
    edge = Local(room, asked.name, role="custodian")
    made: dict[str, Any] = {"request_id": asked.id, "disclosure_id": asked.disclosure_id}
    if asked.verdict is Verdict.DENY:
        denial = pb.DenyDisclosureRequest(signed_denial=asked.signed, **made)
        return await edge.ask("CustodianService/DenyDisclosure", denial, pb.DecidedDisclosure)
    code = asked.code or room.codes.code()
    approval = pb.ApproveDisclosureRequest(signed_approval=asked.signed, code=code, **made)
    async with room.sequencing():
        return await edge.ask("CustodianService/ApproveDisclosure", approval, pb.DecidedDisclosure)


async def release(room: Chamber, approval: AskedDecision, *, share: bytes = SHARE, id: str = "") -> Any:
    """Release an approved share while the worker runs."""
    request = pb.ReleaseShareRequest(
        request_id=id or request_id(), disclosure_id=approval.disclosure_id, resealed_share=share
    )
    async with room.sequencing():
        return await Local(room, approval.name).ask(
            "CustodianService/ReleaseShare", request, pb.DecidedDisclosure
        )


async def give(room: Chamber, paper: bytes, name: str) -> Any:
    """Approve and release as a custodian."""
    approval = decision(paper, name)
    await decide(room, approval)
    return await release(room, approval)


async def approved(room: Chamber, **changes: Any) -> str:
    """File a request and let two custodians approve it with their clients."""
    disclosure_id = await room.request(await room.account(), **changes)
    await room.approve(disclosure_id, A, B)
    return disclosure_id


async def get(room: Chamber, disclosure_id: str, *, name: str = "auditor-a") -> Any:
    """Read a disclosure."""
    request = pb.GetDisclosureRequest(disclosure_id=disclosure_id)
    return await Local(room, name).ask("DisclosureService/GetDisclosure", request, pb.Disclosure)


async def pending(room: Chamber, name: str) -> Any:
    """Return what waits for a custodian, with the checkpoint."""
    request = pb.ListPendingDisclosuresRequest(page_size=10)
    return await Local(room, name, role="custodian").ask(
        "CustodianService/ListPendingDisclosures", request, pb.ListPendingDisclosuresResponse
    )


async def report(room: Chamber, disclosure_id: str, *, name: str = A) -> Any:
    """Report as a custodian that the log lacks a request."""
    request = pb.ReportFindingRequest(
        request_id=request_id(), disclosure_id=disclosure_id, finding=pb.FINDING_NOT_IN_LOG
    )
    return await Local(room, name).ask("CustodianService/ReportFinding", request, pb.ReportFindingResponse)


async def confirm(room: Chamber, disclosure_id: str, *, name: str = "auditor-a", id: str = "") -> Any:
    """Confirm that the shares open the record."""
    request = pb.ConfirmOpeningRequest(request_id=id or request_id(), disclosure_id=disclosure_id)
    return await Local(room, name).ask("DisclosureService/ConfirmOpening", request, pb.Disclosure)


async def cancel(room: Chamber, disclosure_id: str, *, name: str = "auditor-a", id: str = "") -> Any:
    """Cancel a disclosure."""
    request = pb.CancelDisclosureRequest(request_id=id or request_id(), disclosure_id=disclosure_id)
    return await Local(room, name).ask("DisclosureService/CancelDisclosure", request, pb.Disclosure)


async def open_once(room: Chamber, disclosure_id: str, **asked: Any) -> Any:
    """Open while the worker runs."""
    async with room.sequencing():
        return await open_alone(room, disclosure_id, **asked)


async def open_alone(
    room: Chamber,
    disclosure_id: str,
    *,
    code: str | None = None,
    name: str = "auditor-a",
    id: str = "",
    remaining: float | None = None,
) -> Any:
    """Open whether the worker runs or not. remaining: the seconds that the service is told to have."""
    request = pb.OpenDisclosureRequest(
        request_id=id or request_id(),
        disclosure_id=disclosure_id,
        code=room.codes.code() if code is None else code,
    )
    edge = Local(room, name, remaining=remaining)
    return await edge.ask("DisclosureService/OpenDisclosure", request, pb.OpenedDisclosure)


async def refused(room: Chamber, name: str, act: Any, reason: Reason) -> VaultError:
    """Run a call that must be refused with a reason, and find the refusal in the log."""
    before = await room.refusals(name)
    with pytest.raises(VaultError) as caught:
        await act
    assert caught.value.reason == reason
    assert await room.refusals(name) == before + 1
    (row,) = await room.world.all(
        select(disclosure_refusals).where(
            disclosure_refusals.c.actor_id == roster_member(name).actor_id,
            disclosure_refusals.c.reason == reason.value,
        )
    )
    assert row.silent == 0
    return caught.value
