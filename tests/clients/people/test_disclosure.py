"""Auditors and custodians with their clients, against the real flows and databases."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from idvault_client.errors import Unavailable
from idvault_people.disclosure.custodian import Custodian
from idvault_people.disclosure.one_time_key import OneTimeKeyError, OneTimeKeys
from idvault_people.disclosure.pending import NotPendingError
from idvault_people.trust import FindingError, Trust
from idvault_verify import durable_file
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest.witness import WitnessPolicy
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.disclosure import Verdict
from idvault_verify.error import InvalidError, Reason
from idvault_verify.event import EventType
from idvault_verify.transparency import note
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.v1 import disclosure_pb2
from tools.support import builders, merkle, people
from tools.support.chamber import CUSTODIANS, Chamber, Local, chamber, identity, roster_member
from tools.support.databases import Databases

A, B, C = CUSTODIANS
REQUESTED, APPROVED = disclosure_pb2.DISCLOSURE_STATE_REQUESTED, disclosure_pb2.DISCLOSURE_STATE_APPROVED


@pytest_asyncio.fixture
async def room(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber over SQLite files."""
    async with chamber(sqlite_databases, tmp_path) as made:
        yield made


def _open(room: Chamber, disclosure_id: str, edge: Local | None = None) -> Any:
    auditor = room.auditor(edge=edge)
    return room.open(disclosure_id, auditor=auditor)


async def test_a_page_of_requests_has_one_checkpoint(room: Chamber, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is verified once for all requests, and written once; the same one again is not written at all."""
    for _ in range(3):
        await room.request(await room.account())
    verified: list[bytes] = []
    written: list[Path] = []
    verify, replace_file = Trust.checkpoint, durable_file.replace

    def verifying(trust: Trust, note: bytes, **rest: Any) -> Checkpoint:
        verified.append(note)
        return verify(trust, note, **rest)

    def writing(path: Path, data: bytes) -> None:
        written.append(path)
        replace_file(path, data)

    monkeypatch.setattr(Trust, "checkpoint", verifying)
    monkeypatch.setattr(durable_file, "replace", writing)
    custodian = room.custodian(A)
    for times in (1, 2):
        found = await asyncio.to_thread(custodian.pending)
        assert [each.refused for each in found] == [None] * 3
        assert len(verified) == times
        assert written == [room.folder / f"{A}.checkpoint"]


async def test_a_page_with_a_bad_checkpoint_refuses_each_request(room: Chamber) -> None:
    """What the first request finds is found for all; a request that is bad by itself says so."""
    for _ in range(2):
        await room.request(await room.account())
    room.pass_time(minutes=16)
    found = await asyncio.to_thread(room.custodian(A).pending)
    refused = [each.refused.finding for each in found if each.refused is not None]
    assert refused == [Finding.LOG_NOT_WITNESSED] * 2


async def test_two_custodians_open_one_record_to_the_auditor(room: Chamber) -> None:
    """The identity is returned, both entries are proved, and the one-time key is deleted afterwards."""
    account = await room.account()
    disclosure_id = await room.request(account)
    assert (await room.approve(disclosure_id, A)).state == REQUESTED
    assert (await room.approve(disclosure_id, C)).state == APPROVED
    opened = await _open(room, disclosure_id)
    assert opened.payload.identity == builders.identity()
    assert opened.terms.account_token == account
    assert opened.log_size > 0
    assert builders.NAME not in repr(opened)
    with pytest.raises(OneTimeKeyError, match="not on this machine"):
        await _open(room, disclosure_id)
    assert not list((room.folder / "auditor-a" / "disclosures").iterdir())
    assert room.counted == ["request", "approve", "release", "approve", "release", "open", "confirm"]
    for kind in (EventType.DISCLOSURE_REQUEST, EventType.DISCLOSURE_OPEN):
        (logged,) = await room.logged(kind)
        assert logged.actor_id == roster_member("auditor-a").actor_id
    assert len(await room.logged(EventType.DISCLOSURE_APPROVE)) == 2


async def test_the_card_says_who_asks_and_why(room: Chamber) -> None:
    """All of it from the signed request, the roster and the log; disclosures of the last 30 days count."""
    first = await room.request(await room.account())
    await room.approve(first, A, B)
    await _open(room, first)
    disclosure_id = await room.request(await room.account())
    (pending,) = await asyncio.to_thread(room.custodian(A).pending)
    assert pending.disclosure_id == disclosure_id
    assert pending.refused is None
    assert pending.terms is not None
    assert (pending.terms.auditor, pending.terms.legal_basis) == ("auditor-a", "第一条 (synthetic)")
    assert pending.signer is not None
    assert (pending.signer.member, pending.signer.since_version) == (roster_member("auditor-a"), 1)
    assert (pending.threshold, pending.approvals, pending.denials, pending.recent_disclosures) == (2, 0, 0, 1)
    assert pending.requested_at is not None
    assert pending.log_size > 0
    room.pass_time(days=31)
    await room.request(await room.account())
    (pending,) = await asyncio.to_thread(room.custodian(A).pending)
    assert pending.recent_disclosures == 0


async def test_several_openings_and_a_lost_answer(room: Chamber) -> None:
    """Two openings are allowed; an interrupted call is repeated under the same id, without a second code."""
    disclosure_id = await room.request(await room.account(), openings=2)
    await room.approve(disclosure_id, A, B)
    room.remaining = 0.5
    auditor = room.auditor()
    with pytest.raises(Unavailable) as cut:  # no worker sequences, so no checkpoint covers the opening
        await asyncio.to_thread(auditor.open, disclosure_id, code=room.codes.code())
    assert cut.value.reason == Reason.LOG_UNAVAILABLE
    room.remaining = 10.0
    room.restart()
    async with room.sequencing():
        again = await asyncio.to_thread(room.auditor().open, disclosure_id, code="")
    assert again.answer.disclosure.opened == 1
    second = await _open(room, disclosure_id)
    assert second.answer.disclosure.opened == 2
    assert len(await room.logged(EventType.DISCLOSURE_OPEN)) == 2
    with pytest.raises(OneTimeKeyError):
        await _open(room, disclosure_id)


async def test_denials_end_a_request(room: Chamber) -> None:
    """Two of three end it; then there is nothing left to open or decide."""
    disclosure_id = await room.request(await room.account())
    for name in (A, B):
        custodian = room.custodian(name)
        pending = await asyncio.to_thread(custodian.find, disclosure_id)
        answer = await asyncio.to_thread(partial(custodian.deny, pending, reason=f"理由 {name} (synthetic)"))
    assert answer.state == disclosure_pb2.DISCLOSURE_STATE_DENIED
    with pytest.raises(NotPendingError):
        await asyncio.to_thread(room.custodian(C).find, disclosure_id)
    shown = await asyncio.to_thread(room.auditor().show, disclosure_id)
    assert [decision.custodian for decision in shown.decisions] == [A, B]
    case = await asyncio.to_thread(room.auditor().case, disclosure_id)
    told = [(made.custodian, made.verdict, made.reason) for made in case.decisions]
    assert told == [(name, Verdict.DENY, f"理由 {name} (synthetic)") for name in (A, B)]
    assert (case.terms.disclosure_id, case.disclosure) == (disclosure_id, shown)


async def test_a_withdrawal_destroys_the_key(room: Chamber) -> None:
    """The disclosure is listed as cancelled afterwards."""
    disclosure_id = await room.request(await room.account())
    cancelled = await asyncio.to_thread(room.auditor().cancel, disclosure_id)
    assert cancelled.state == disclosure_pb2.DISCLOSURE_STATE_CANCELLED
    (listed,) = await asyncio.to_thread(room.auditor().list)
    assert listed.state == cancelled.state
    assert not list((room.folder / "auditor-a" / "disclosures").iterdir())
    assert await asyncio.to_thread(room.auditor("auditor-b").list) == []


async def test_expired_keys_are_destroyed(room: Chamber) -> None:
    """The next list call destroys them."""
    await room.request(await room.account())
    room.pass_time(hours=73)
    await asyncio.to_thread(room.auditor().list)
    assert not list((room.folder / "auditor-a" / "disclosures").iterdir())


async def test_terms_are_checked_before_anything_is_sent(room: Chamber) -> None:
    """Invalid terms are refused before anything is stored or sent."""
    edge = Local(room, "auditor-a")
    with pytest.raises(InvalidError):
        room.auditor(edge=edge).request(
            account_token=builders.TOKEN, case_reference="", legal_basis="x", purpose="x"
        )
    assert not edge.calls
    assert not (room.folder / "auditor-a").exists()


async def test_lists_go_on(room: Chamber) -> None:
    """All pages are read, newest first for auditors and oldest first for custodians."""
    account = await room.account()
    room.daily = 200
    room.restart()
    made = []
    for _ in range(3):
        made.append(await room.request(account))
        room.pass_time(seconds=1)
    edge = Local(room, "auditor-a")
    request = disclosure_pb2.ListDisclosuresRequest(page_size=2)
    page = await asyncio.to_thread(
        edge.call, "DisclosureService/ListDisclosures", request, disclosure_pb2.ListDisclosuresResponse
    )
    assert [each.disclosure_id for each in page.disclosures] == made[:0:-1]
    request.page_token = page.next_page_token
    page = await asyncio.to_thread(
        edge.call, "DisclosureService/ListDisclosures", request, disclosure_pb2.ListDisclosuresResponse
    )
    assert ([each.disclosure_id for each in page.disclosures], page.next_page_token) == (made[:1], "")
    waiting = await asyncio.to_thread(room.custodian(A).pending)
    assert [pending.disclosure_id for pending in waiting] == made


# Attacks by a lying service. The member's client refuses each and reports it to the log.


async def _refused_request(room: Chamber, tamper: Any) -> Finding:
    disclosure_id = await room.request(await room.account())
    edge = Local(room, A)
    edge.tamper = tamper
    custodian = room.custodian(A, edge=edge)
    (pending,) = await asyncio.to_thread(custodian.pending)
    with pytest.raises(FindingError) as refused:
        await asyncio.to_thread(
            custodian.approve, replace(pending, disclosure_id=disclosure_id), code=room.codes.code()
        )
    asked = {method for method, _ in edge.calls}
    assert "CustodianService/GetSealedShare" not in asked  # no share is opened or even requested
    assert "CustodianService/ApproveDisclosure" not in asked
    assert await room.refusals(A) == 1
    return refused.value.finding


def changed_request(**changes: Any) -> Any:
    """Return a tamper that replaces the request's terms, signed by a key that the server can have."""
    signer = changes.pop("signer", "mallory")

    def tamper(method: str, answer: Any) -> Any:
        if method.endswith("ListPendingDisclosures"):
            terms = replace(papers.parse_request(answer.disclosures[0].signed_request), **changes)
            canonical = terms.canonical()
            answer.disclosures[0].signed_request = canonical + people.signer(signer).sign(canonical)
        return answer

    return tamper


async def test_a_server_that_swaps_the_one_time_key_gets_no_share(room: Chamber) -> None:
    """The server cannot sign as the auditor, so its key in the request is SIGNATURE_INVALID."""
    own = roster_member("mallory").hpke_public_key
    assert await _refused_request(room, changed_request(public_key=own)) is Finding.SIGNATURE_INVALID


async def test_a_server_that_swaps_the_auditor_gets_no_share(room: Chamber) -> None:
    """An auditor who is not in the roster is NOT_IN_ROSTER."""
    found = await _refused_request(room, changed_request(auditor="mallory"))
    assert found is Finding.NOT_IN_ROSTER


async def test_a_custodian_is_no_auditor(room: Chamber) -> None:
    """A request signed by a custodian is NOT_IN_ROSTER."""
    found = await _refused_request(room, changed_request(auditor=B, signer=B))
    assert found is Finding.NOT_IN_ROSTER


async def test_a_request_that_is_not_in_the_log_gets_no_share(room: Chamber) -> None:
    """Even with the auditor's signature a request must be in the log."""
    found = await _refused_request(room, changed_request(purpose="другое", signer="auditor-a"))
    assert found is Finding.NOT_IN_LOG


async def test_a_request_without_a_proof_gets_no_share(room: Chamber) -> None:
    """A request whose entry is not covered by a checkpoint yet gets no share."""

    def tamper(method: str, answer: Any) -> Any:
        if method.endswith("ListPendingDisclosures"):
            answer.disclosures[0].entry.ClearField("proof")
        return answer

    assert await _refused_request(room, tamper) is Finding.NOT_IN_LOG


async def test_a_log_without_a_checkpoint_gets_no_share(room: Chamber) -> None:
    """Without a checkpoint nothing can be proved."""

    def tamper(method: str, answer: Any) -> Any:
        if method.endswith("ListPendingDisclosures"):
            answer.checkpoint.note = b""
        return answer

    assert await _refused_request(room, tamper) is Finding.NOT_IN_LOG


async def test_a_log_of_another_key_gets_no_share(room: Chamber) -> None:
    """The checkpoint is not signed by the pinned key."""

    def tamper(method: str, answer: Any) -> Any:
        if method.endswith("ListPendingDisclosures"):
            text = answer.checkpoint.note.decode().partition("\n\n")[0] + "\n"
            answer.checkpoint.note = note.sign_note(text, [merkle.signer("log.example/idvault", seed=9)])
        return answer

    assert await _refused_request(room, tamper) is Finding.LOG_INVALID


async def test_a_request_of_another_id_gets_no_share(room: Chamber) -> None:
    """The signed id counts, not the server's."""

    def tamper(method: str, answer: Any) -> Any:
        if method.endswith("ListPendingDisclosures"):
            answer.disclosures[0].disclosure_id = "0" * 32
        return answer

    assert await _refused_request(room, tamper) is Finding.OTHER_REQUEST


async def test_noise_instead_of_a_request_gets_no_share(room: Chamber) -> None:
    """Its content is not shown either."""

    def tamper(method: str, answer: Any) -> Any:
        if method.endswith("ListPendingDisclosures"):
            answer.disclosures[0].signed_request = b"noise"
        return answer

    assert await _refused_request(room, tamper) is Finding.OTHER_REQUEST


async def test_a_request_whose_time_is_over_gets_no_share(room: Chamber) -> None:
    """The custodian's clock counts, not the server's."""
    disclosure_id = await room.request(await room.account())
    custodian = replace(room.custodian(A), now=lambda: room.now().real + timedelta(hours=73))
    pending = await asyncio.to_thread(custodian.find, disclosure_id)
    with pytest.raises(FindingError, match="expired"):
        await asyncio.to_thread(custodian.approve, pending, code=room.codes.code())


async def test_a_damaged_kept_checkpoint_is_told(room: Chamber) -> None:
    """Nothing is accepted while the client cannot read what it has seen last."""
    await room.request(await room.account())
    custodian = room.custodian(A)
    await asyncio.to_thread(custodian.pending)
    (room.folder / f"{A}.checkpoint").write_bytes(b"noise")
    (pending,) = await asyncio.to_thread(custodian.pending)
    assert pending.refused is not None
    assert "not a checkpoint of this log" in str(pending.refused)


async def test_an_older_checkpoint_counts_if_the_log_has_grown_from_it(room: Chamber) -> None:
    """A delayed answer is not a fork, and does not replace the newer checkpoint."""
    await room.request(await room.account())
    custodian = room.custodian(A)
    await asyncio.to_thread(custodian.pending)
    state = room.folder / f"{A}.checkpoint"
    older = state.read_bytes()
    await room.request(await room.account())
    await asyncio.to_thread(custodian.pending)
    newer = state.read_bytes()
    assert newer != older

    def tamper(method: str, answer: Any) -> Any:
        if method.endswith("ListPendingDisclosures"):
            answer.checkpoint.note = older
        return answer

    edge = Local(room, A)
    edge.tamper = tamper
    await asyncio.to_thread(room.custodian(A, edge=edge).pending)
    assert state.read_bytes() == newer
    assert any(method.endswith("GetConsistencyProof") for method, _ in edge.calls)


async def test_witnesses_that_the_roster_demands_must_have_cosigned(room: Chamber) -> None:
    """The roster sets the policy, so no server can avoid it."""
    disclosure_id = await room.request(await room.account())
    witness = merkle.witness("witness.example", seed=2)
    first = room.rosters.current
    policy = WitnessPolicy(1, (("witness-a", witness.key.public_key),))
    demanding = replace(first, version=2, witness=policy)
    custodian = replace(room.custodian(A), trust=room.trust(A, first, demanding))
    pending = await asyncio.to_thread(custodian.find, disclosure_id)
    assert pending.refused is not None
    assert pending.refused.finding is Finding.LOG_NOT_WITNESSED


async def test_a_share_of_another_account_is_not_given(room: Chamber) -> None:
    """A server that substitutes another account's sealed share gets SHARE_WRONG."""
    other = room.records[await room.account()]
    disclosure_id = await room.request(await room.account())

    def tamper(method: str, answer: Any) -> Any:
        if method.endswith("GetSealedShare"):
            answer.account_token, answer.record_id = other.account_token, other.record_id
            answer.sealed_share, answer.share_hash = other.shares[0], other.share_hashes[0]
        return answer

    edge = Local(room, A)
    edge.tamper = tamper
    custodian = room.custodian(A, edge=edge)
    pending = await asyncio.to_thread(custodian.find, disclosure_id)
    with pytest.raises(FindingError) as refused:
        await asyncio.to_thread(custodian.approve, pending, code=room.codes.code())
    assert refused.value.finding is Finding.SHARE_WRONG
    assert await room.refusals(A) == 1


async def _tampered_opening(room: Chamber, tamper: Any) -> FindingError:
    """Return the finding of an auditor's client about a changed opening."""
    before = await room.refusals("auditor-a")
    disclosure_id = await room.request(await room.account())
    await room.approve(disclosure_id, A, B)
    edge = Local(room, "auditor-a")
    edge.tamper = lambda method, answer: tamper(answer) if method.endswith("/OpenDisclosure") else answer
    with pytest.raises(FindingError) as refused:
        await _open(room, disclosure_id, edge)
    assert await room.refusals("auditor-a") == before + 1
    room.pass_time(minutes=1)
    return refused.value


async def test_a_wrong_share_is_called_by_its_custodian(
    room: Chamber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A custodian who seals something else is named: SHARE_WRONG."""
    disclosure_id = await room.request(await room.account())
    await room.approve(disclosure_id, A)
    liar = room.custodian(B)
    pending = await asyncio.to_thread(liar.find, disclosure_id)
    monkeypatch.setattr(Custodian, "_open_share", lambda *_: bytes([2]) + bytes(32))
    async with room.sequencing():
        await asyncio.to_thread(liar.approve, pending, code=room.codes.code())
    with pytest.raises(FindingError, match="the share of custodian-b is not the one") as refused:
        await _open(room, disclosure_id)
    assert refused.value.finding is Finding.SHARE_WRONG
    assert await room.refusals("auditor-a") == 1


async def test_a_missing_share_is_told(room: Chamber) -> None:
    """One of two shares is SHARES_MISSING."""

    def tamper(answer: Any) -> Any:
        del answer.shares[1]
        return answer

    found = await _tampered_opening(room, tamper)
    assert found.finding is Finding.SHARES_MISSING


async def test_a_share_that_nobody_approved_is_refused(room: Chamber) -> None:
    """The approval must cover exactly this share and be signed by its custodian."""

    def other_paper(answer: Any) -> Any:
        answer.shares[0].signed_approval = answer.shares[1].signed_approval
        return answer

    def other_share(answer: Any) -> Any:
        answer.shares[0].resealed = answer.shares[1].resealed
        return answer

    def noise(answer: Any) -> Any:
        answer.shares[0].signed_approval = bytes(64)
        return answer

    for tamper, finding in (
        (other_paper, Finding.SIGNATURE_INVALID),
        (other_share, Finding.OTHER_REQUEST),
        (noise, Finding.SIGNATURE_INVALID),
    ):
        assert (await _tampered_opening(room, tamper)).finding is finding


async def test_another_record_is_refused(room: Chamber) -> None:
    """A record of another account, or one not named by its settlement, is refused."""
    other = room.records[await room.account()]

    def other_account(answer: Any) -> Any:
        answer.record.account_token = other.account_token
        return answer

    def other_content(answer: Any) -> Any:
        answer.record.ciphertext = other.ciphertext
        return answer

    for tamper, finding in (
        (other_account, Finding.OTHER_REQUEST),
        (other_content, Finding.RECORD_DAMAGED),
    ):
        assert (await _tampered_opening(room, tamper)).finding is finding


async def test_an_opening_that_is_not_in_the_log_is_refused(room: Chamber) -> None:
    """The auditor's client shows nothing that is not logged: NOT_IN_LOG."""

    def tamper(answer: Any) -> Any:
        answer.opening.CopyFrom(answer.settlement)
        return answer

    assert (await _tampered_opening(room, tamper)).finding is Finding.NOT_IN_LOG


async def test_a_wrong_shred_value_opens_nothing(room: Chamber) -> None:
    """The record's commitment detects it."""

    def tamper(answer: Any) -> Any:
        answer.shred_value = bytes(32)
        return answer

    assert (await _tampered_opening(room, tamper)).finding is Finding.RECORD_DAMAGED


async def test_a_quorum_that_no_roster_has_is_refused(room: Chamber) -> None:
    """The roster sets the threshold, never the server."""

    def tamper(answer: Any) -> Any:
        answer.record.sealing_quorum_id = "0" * 64
        return answer

    assert (await _tampered_opening(room, tamper)).finding is Finding.RECORD_DAMAGED
    with pytest.raises(FindingError) as refused:
        room.trust(A).quorum("0" * 64)
    assert refused.value.finding is Finding.NOT_IN_ROSTER


async def test_a_key_is_since_the_version_that_brought_it(room: Chamber) -> None:
    """A changed key dates from the version that changed it."""
    first = room.rosters.current
    others = tuple(each for each in first.people if each.name != "auditor-a")
    changed = replace(roster_member("auditor-a"), ed25519=roster_member("mallory").ed25519)
    second = replace(first, version=2, people=(*others, changed))
    trust = room.trust(A, first, second)
    assert trust.member("auditor-a", role="auditor").since_version == 2
    assert trust.member("auditor-b", role="auditor").since_version == 1


async def test_a_damaged_key_file_is_told(room: Chamber) -> None:
    """It is named without its content; another member's key does not open it."""
    disclosure_id = await room.request(await room.account())
    keys = OneTimeKeys(folder=room.folder / "auditor-a")
    kept = keys.get(disclosure_id)
    with pytest.raises(OneTimeKeyError, match="does not open with your keys"):
        kept.private_key(identity("auditor-b"))
    assert kept.private_key(identity("auditor-a")).hex() not in repr(kept)
    (path,) = (room.folder / "auditor-a" / "disclosures").iterdir()
    path.write_bytes(b"{}")
    with pytest.raises(OneTimeKeyError, match=f"{disclosure_id}.json"):
        keys.get(disclosure_id)
    keys.destroy(disclosure_id)
    keys.destroy(disclosure_id)
    assert not path.exists()
