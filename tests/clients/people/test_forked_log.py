"""A second copy of the vault that only the custody port shows: unmodified clients open nothing there.

The attacker has both databases, every online key and the code of the service, but no person's and no
witness's key.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from idvault.log.acts import stored_log
from idvault_client.errors import AccessDenied
from idvault_people.disclosure.auditor import Auditor
from idvault_people.trust import FindingError
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.witness import WitnessPolicy
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.event import EventType
from idvault_verify.offline.evidence.file import EvidenceError
from idvault_verify.transparency import checkpoint
from idvault_verify.transparency import note as notes
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.note import NoteSigner
from tools.support import builders, evidence_world, people
from tools.support.chamber import CUSTODIANS, SUITE, Chamber, Local, chamber, first_roster
from tools.support.databases import Databases
from tools.support.log_world import KEY, PLAIN, SIGNER
from tools.support.second_vault import copied

A, B, _ = CUSTODIANS


@pytest_asyncio.fixture
async def room(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return the honest vault, whose roster demands a witness."""
    async with chamber(sqlite_databases, tmp_path) as made:
        yield made


def _unwatched() -> Roster:
    """Return a roster of the time before witnesses were demanded, for development."""
    made = replace(first_roster(), development=True, witness=None, signatures=())
    return people.signed(made, *CUSTODIANS)


async def _requested(fork: Chamber, auditor: Auditor, account: str) -> str:
    """Let an auditor request a disclosure at the copy; return its id."""
    asked: dict[str, Any] = {"account_token": account, "case_reference": "c", "legal_basis": "l"}
    made = await asyncio.to_thread(lambda: auditor.request(purpose="p", suite=SUITE, **asked))
    await fork.step()
    return made.disclosure_id


async def _attack(room: Chamber, fork: Chamber, account: str) -> Any:
    """Request, approve and open with the honest people's clients, each pointed to the copy."""
    auditor = room.auditor(edge=Local(fork, "auditor-a"))
    disclosure_id = await _requested(fork, auditor, account)
    for name in (A, B):
        custodian = room.custodian(name, edge=Local(fork, name))
        pending = await asyncio.to_thread(custodian.find, disclosure_id)
        async with fork.sequencing():
            await asyncio.to_thread(custodian.approve, pending, code=fork.codes.code())
    async with fork.sequencing():
        return await asyncio.to_thread(auditor.open, disclosure_id, code=fork.codes.code())


async def test_without_witnesses_the_attack_succeeds(room: Chamber) -> None:
    """The record opens, and the public log has no entry of it: this is why witnesses are demanded."""
    room.rosters.versions[:] = [_unwatched()]
    account = await room.account()
    await room.step()
    fork = await copied(room)
    opened = await _attack(room, fork, account)
    assert opened.payload.identity.document.number == builders.identity().document.number
    assert await room.logged(EventType.DISCLOSURE_OPEN) == []
    await fork.close()


async def test_with_witnesses_no_share_leaves(room: Chamber) -> None:
    """The first custodian's client refuses: nobody has cosigned the copy's log."""
    account = await room.account()
    await room.step()
    fork = await copied(room)
    with pytest.raises(FindingError) as caught:
        await _attack(room, fork, account)
    assert caught.value.finding is Finding.LOG_NOT_WITNESSED
    assert await fork.logged(EventType.DISCLOSURE_APPROVE) == []
    await fork.close()


async def test_a_copy_cannot_show_cosigned_checkpoints_of_the_public_log(room: Chamber) -> None:
    """With every true checkpoint at hand, the copy has none that covers its own entries."""
    account = await room.account()
    await room.step()
    fork = await copied(room)
    true = await stored_log.latest_note(room.shred)

    edge = Local(fork, A)

    def tamper(method: str, answer: Any) -> Any:
        if method.endswith("ListPendingDisclosures"):
            answer.checkpoint.note = true
        return answer

    edge.tamper = tamper
    auditor = room.auditor(edge=Local(fork, "auditor-a"))
    disclosure_id = await _requested(fork, auditor, account)
    pending = await asyncio.to_thread(room.custodian(A, edge=edge).find, disclosure_id)
    assert pending.refused is not None
    assert pending.refused.finding is Finding.NOT_IN_LOG
    await fork.close()


async def _forked(room: Chamber) -> Chamber:
    """Let the honest log grow past the copy, seen by a custodian; return the copy with a request in it."""
    account = await room.account()
    await room.step()
    fork = await copied(room)
    await room.request(await room.account())
    await asyncio.to_thread(room.custodian(A).pending)
    auditor = room.auditor(edge=Local(fork, "auditor-a"))
    await _requested(fork, auditor, account)
    return fork


@pytest.mark.parametrize("grown", [0, 9], ids=["smaller", "larger"])
async def test_a_fork_is_told_and_kept_as_evidence(room: Chamber, grown: int) -> None:
    """A copy smaller or larger than what the client has seen: LOG_FORKED, and two signed notes."""
    fork = await _forked(room)
    for _ in range(grown):
        await fork.account()
    await fork.step()
    state = room.folder / f"{A}.checkpoint"
    before = state.read_bytes()
    with pytest.raises(FindingError) as caught:
        await asyncio.to_thread(room.custodian(A, edge=Local(fork, A)).pending)
    assert caught.value.finding is Finding.LOG_FORKED
    assert state.read_bytes() == before
    (place,) = (room.folder / "forks").iterdir()
    assert (place / "kept").read_bytes() == before
    kept, refused = (checkpoint.verify((place / name).read_bytes(), PLAIN) for name in ("kept", "refused"))
    assert kept.checkpoint != refused.checkpoint
    # The honest vault is still accepted.
    (pending,) = await asyncio.to_thread(room.custodian(A).pending)
    assert pending.refused is None
    await fork.close()


async def test_a_second_fork_does_not_replace_the_evidence_of_the_first(room: Chamber) -> None:
    """Each pair of checkpoints has a folder of its own."""
    fork = await _forked(room)
    custodian = room.custodian(A, edge=Local(fork, A))
    for _ in range(2):
        with pytest.raises(FindingError):
            await asyncio.to_thread(custodian.pending)
    await fork.account()
    await fork.step()
    with pytest.raises(FindingError):
        await asyncio.to_thread(custodian.pending)
    assert len(list((room.folder / "forks").iterdir())) == 2
    await fork.close()


def _stale(room: Chamber) -> None:
    room.pass_time(minutes=16)


def _from_the_future(room: Chamber) -> None:
    room.pass_time(minutes=-16)


@pytest.mark.parametrize("change", [_stale, _from_the_future])
async def test_cosignatures_must_be_of_the_moment(room: Chamber, change: Callable[[Chamber], None]) -> None:
    """A true but old checkpoint is refused at an act, so that nobody is held at an old state of the log."""
    await room.request(await room.account())
    change(room)
    (pending,) = await asyncio.to_thread(room.custodian(A).pending)
    assert pending.refused is not None
    assert pending.refused.finding is Finding.LOG_NOT_WITNESSED
    if change is _stale:
        await room.step()
        (pending,) = await asyncio.to_thread(room.custodian(A).pending)
        assert pending.refused is None


async def test_a_roster_without_witnesses_is_of_no_use_for_acts(room: Chamber) -> None:
    """A roster in force that names no witnesses, or demands too few, needs a successor."""
    await room.request(await room.account())
    keys = [people.signer(f"w{number}").public_key().public_bytes_raw() for number in range(2)]
    half = WitnessPolicy(1, tuple((f"w{number}", key) for number, key in enumerate(keys)))
    for policy, why in ((None, "names no witnesses"), (half, "more than half")):
        weak = people.signed(replace(first_roster(), witness=policy, signatures=()), *CUSTODIANS)
        custodian = replace(room.custodian(A), trust=room.trust(A, weak))
        (pending,) = await asyncio.to_thread(custodian.pending)
        assert pending.refused is not None
        assert pending.refused.finding is Finding.LOG_NOT_WITNESSED
        assert why in str(pending.refused)


@pytest.mark.parametrize("own", ["key", "name"])
async def test_the_vault_itself_is_no_witness(room: Chamber, own: str) -> None:
    """A witness with the log's key, or named under the log's name, could cosign a second copy as well."""
    await room.request(await room.account())
    named = {"key": ("w1", KEY.public_key), "name": ("w1.log.example/w", people.WITNESS.key.public_key)}
    policy = WitnessPolicy(1, (named[own],))
    weak = people.signed(replace(first_roster(), witness=policy, signatures=()), *CUSTODIANS)
    custodian = replace(room.custodian(A), trust=room.trust(A, weak))
    (pending,) = await asyncio.to_thread(custodian.pending)
    assert pending.refused is not None
    assert pending.refused.finding is Finding.LOG_NOT_WITNESSED
    assert "vault" in str(pending.refused)


async def test_a_forged_root_of_a_known_size_is_a_fork(room: Chamber) -> None:
    """Two roots of one size, both signed, need no proof."""
    await room.request(await room.account())
    await asyncio.to_thread(room.custodian(A).pending)
    size = checkpoint.verify((room.folder / f"{A}.checkpoint").read_bytes(), PLAIN).checkpoint.size
    other = checkpoint.sign(Checkpoint(KEY.name, size, bytes(32)), [NoteSigner(KEY, SIGNER.sign)])
    edge = Local(room, A)

    def tamper(method: str, answer: Any) -> Any:
        if method.endswith("ListPendingDisclosures"):
            answer.checkpoint.note = other
        return answer

    edge.tamper = tamper
    with pytest.raises(FindingError) as caught:
        await asyncio.to_thread(room.custodian(A, edge=edge).pending)
    assert caught.value.finding is Finding.LOG_FORKED


async def _opened(room: Chamber) -> tuple[str, Any]:
    """Open a record; return the disclosure's id and what was opened."""
    disclosure_id = await room.request(await room.account())
    await room.approve(disclosure_id, A, B)
    return disclosure_id, await room.open(disclosure_id)


def _verify(room: Chamber, opened: Any, *versions: Roster) -> Any:
    auditor = replace(room.auditor(), trust=room.trust("auditor-a", *versions or room.rosters.versions))
    return auditor.verify_evidence(evidence_world.made(opened, tuple(room.rosters.versions)))


async def test_stored_evidence_is_measured_at_the_time_of_its_act(room: Chamber) -> None:
    """Months later it verifies, under the roster of that time; a cosignature of another time does not."""
    _, opened = await _opened(room)
    room.pass_time(days=100)
    assert (await asyncio.to_thread(_verify, room, opened)).opening.occurred_at == opened.opened_at
    (first,) = room.rosters.versions
    stranger = people.signer("another witness").public_key().public_bytes_raw()
    moved = replace(first, version=2, witness=WitnessPolicy(1, (("another", stranger),)), signatures=())
    second = people.signed(moved, A, B)
    proved = await asyncio.to_thread(_verify, room, opened, first, second)
    assert proved.opening.occurred_at == opened.opened_at
    with pytest.raises(EvidenceError) as caught:
        await asyncio.to_thread(_verify, room, opened, second)
    assert caught.value.reason == "OTHER_ROSTER"
    room.pass_time(days=-101)
    room.witness.seen = None
    text = checkpoint.verify(opened.answer.checkpoint.note, PLAIN).checkpoint
    early = checkpoint.sign(text, [NoteSigner(KEY, SIGNER.sign)])
    line = notes.sign(people.WITNESS, text.text, time=int(room.now().real.timestamp()))
    opened.answer.checkpoint.note = notes.parse(early).with_signatures([line]).encode()
    with pytest.raises(EvidenceError) as caught:
        await asyncio.to_thread(_verify, room, opened)
    assert caught.value.reason == "LOG_INVALID"
    opened.answer.opening.leaf = b"no leaf"
    with pytest.raises(EvidenceError) as caught:
        await asyncio.to_thread(_verify, room, opened)
    assert caught.value.reason == "OTHER_ENTRY"


async def test_a_service_that_refuses_the_report_does_not_hide_the_finding(room: Chamber) -> None:
    """The copy answers the report of a finding with a refusal; the client still tells the finding."""
    account = await room.account()
    await room.step()
    fork = await copied(room)
    auditor = room.auditor(edge=Local(fork, "auditor-a"))
    disclosure_id = await _requested(fork, auditor, account)
    edge = Local(fork, A)
    honest = edge.call

    def refuse(method: str, request: Any, answer: type[Any]) -> Any:
        if method.endswith("ReportFinding"):
            raise AccessDenied("ACCESS_DENIED", "PERMISSION_DENIED")
        return honest(method, request, answer)

    edge.call = refuse  # type: ignore[method-assign]
    custodian = room.custodian(A, edge=edge)
    pending = await asyncio.to_thread(custodian.find, disclosure_id)
    with pytest.raises(FindingError) as caught:
        await asyncio.to_thread(custodian.approve, pending, code=fork.codes.code())
    assert caught.value.finding is Finding.LOG_NOT_WITNESSED
    await fork.close()
