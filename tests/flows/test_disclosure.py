"""Disclosures: what the service refuses, with its reason and its entry in the log."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import delete, select, update

from idvault.attest import disclosure as papers
from idvault.attest import hpke
from idvault.attest.disclosure import DecisionTerms, Terms
from idvault.domain.disclosure import Finding, State, Verdict
from idvault.domain.error import (
    AlreadyExistsError,
    DamagedError,
    ExhaustedError,
    IdvaultError,
    Reason,
    UnavailableError,
)
from idvault.domain.event import EventType
from idvault.flows.custodian import LONGEST_SHARE, DecideCommand
from idvault.storage import record as record_rows
from idvault.storage.schema import log_openings, records, shred_keys
from idvault.storage.schema_disclosure import disclosure_decisions, disclosure_refusals, disclosures
from tests import builders
from tests.attest import people
from tests.chamber import CUSTODIANS, SUITE, Chamber, chamber, identity, person
from tests.databases import Databases
from tests.fakes.flaky import Fault
from tests.storage.world import MISMATCHED

A, B, C = CUSTODIANS
SHARE = b"re-sealed share (synthetic)"


@pytest_asyncio.fixture
async def room(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber over SQLite files."""
    async with chamber(sqlite_databases, tmp_path) as made:
        yield made


_numbers = iter(range(1, 1_000_000))


def request_id(number: int | None = None) -> str:
    """Return a UUID, a new one unless a number is given."""
    return str(UUID(int=number if number is not None else next(_numbers) + 10_000))


def terms(room: Chamber, account: str, **changes: Any) -> Terms:
    """Return what auditor-a asks for."""
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
    """Return a paper with a signature."""
    return paper.canonical() + identity(name).sign(paper.canonical())


async def file(room: Chamber, paper: bytes, *, name: str = "auditor-a", number: int | None = None) -> Any:
    """File a signed request as an auditor."""
    return await room.auditing.request(
        actor_id=person(name).actor_id, request_id=request_id(number), signed=paper, now=room.now()
    )


async def filed(room: Chamber, **changes: Any) -> tuple[str, bytes]:
    """File a good request; return its id and its bytes."""
    asked = terms(room, await room.account(), **changes)
    await file(room, signed(asked))
    await room.step()
    return asked.disclosure_id, signed(asked)


def decision(
    paper: bytes, name: str, *, verdict: Verdict = Verdict.APPROVE, code: str = "", **changes: Any
) -> DecideCommand:
    """Return a custodian's decision about a signed request."""
    given = sha256(SHARE).digest() if verdict is Verdict.APPROVE else b""
    said = DecisionTerms(verdict, papers.digest(paper), name, CUSTODIANS.index(name) + 1, given)
    made = DecideCommand(
        actor_id=person(name).actor_id,
        request_id=request_id(),
        disclosure_id=papers.parse_request(paper).disclosure_id,
        verdict=verdict,
        signed=signed(said, name),
        resealed=SHARE if verdict is Verdict.APPROVE else b"",
        code=code,
    )
    return replace(made, **changes)


async def decide(room: Chamber, command: DecideCommand) -> Any:
    """Decide, with a good code where one is needed and none is given."""
    if command.verdict is Verdict.APPROVE and not command.code:
        command = replace(command, code=room.codes.code())
    return await room.custody.decide(command, now=room.now())


async def approved(room: Chamber, **changes: Any) -> str:
    """File a request and let two custodians approve it with their own clients."""
    disclosure_id = await room.request(await room.account(), **changes)
    await room.approve(disclosure_id, A, B)
    return disclosure_id


async def open_once(room: Chamber, disclosure_id: str, *, code: str | None = None, **changes: Any) -> Any:
    """Open as auditor-a while the worker goes on."""
    asked: dict[str, Any] = {
        "actor_id": person("auditor-a").actor_id,
        "request_id": request_id(),
        "disclosure_id": disclosure_id,
        "code": room.codes.code() if code is None else code,
        "now": room.now(),
        "patience": 5.0,
    }
    async with room.sequencing():
        return await room.auditing.open(**asked | changes)


async def refused(room: Chamber, name: str, act: Any, reason: Reason) -> IdvaultError:
    """Run an act that must be refused for a reason, and find that refusal in the log."""
    before = await room.refusals(name)
    with pytest.raises(IdvaultError) as caught:
        await act
    assert caught.value.reason is reason
    assert await room.refusals(name) == before + 1
    (row,) = await room.world.all(
        select(disclosure_refusals).where(
            disclosure_refusals.c.actor_id == person(name).actor_id,
            disclosure_refusals.c.reason == reason.value,
        )
    )
    assert row.silent == 0
    return caught.value


async def test_self_approval(room: Chamber) -> None:
    """An auditor whom a later roster makes a custodian decides on no request of the own: SELF_APPROVAL."""
    disclosure_id, paper = await filed(room)
    roster = room.rosters.current
    turned = replace(person(A), name="auditor-a", actor_id=person("auditor-a").actor_id)
    quorum = replace(roster.quorums[0], custodians=(turned, person(B), person(C)))
    others = tuple(each for each in roster.people if each.name not in ("auditor-a", A))
    room.rosters.versions.append(replace(roster, version=2, people=(turned, *others), quorums=(quorum,)))
    command = replace(decision(paper, A), actor_id=turned.actor_id, code=room.codes.code())
    await refused(room, "auditor-a", decide(room, command), Reason.SELF_APPROVAL)
    room.pass_time(minutes=1)
    share = room.custody.sealed_share(actor_id=turned.actor_id, disclosure_id=disclosure_id, now=room.now())
    await refused(room, "auditor-a", share, Reason.SELF_APPROVAL)


async def test_a_used_code(room: Chamber) -> None:
    """A code is good for one approval of one person: SECOND_FACTOR_REFUSED the next time."""
    code = room.codes.code()
    _, first = await filed(room)
    _, second = await filed(room)
    await decide(room, decision(first, A, code=code))
    await refused(room, A, decide(room, decision(second, A, code=code)), Reason.SECOND_FACTOR_REFUSED)


@pytest.mark.parametrize("code", ["１２３４５６", "000000", "12345", " 123456", "٠١٢٣٤٥"])
async def test_a_code_that_is_none(room: Chamber, code: str) -> None:
    """Full-width digits, a late or wrong code, and anything else are SECOND_FACTOR_REFUSED."""
    _, paper = await filed(room)
    await refused(room, A, decide(room, decision(paper, A, code=code)), Reason.SECOND_FACTOR_REFUSED)
    disclosure_id = await approved(room)
    await refused(room, "auditor-a", open_once(room, disclosure_id, code=code), Reason.SECOND_FACTOR_REFUSED)


async def test_an_approval_that_comes_too_late(room: Chamber) -> None:
    """After the end of the request: DISCLOSURE_EXPIRED, also before the worker has noticed."""
    _, paper = await filed(room)
    room.pass_time(hours=72)
    await refused(room, A, decide(room, decision(paper, A)), Reason.DISCLOSURE_EXPIRED)


async def test_a_paper_of_another_purpose(room: Chamber) -> None:
    """A denial is no approval, and no paper of any other purpose is one: INVALID_MESSAGE."""
    _, paper = await filed(room)
    command = decision(paper, A)
    denial = decision(paper, A, verdict=Verdict.DENY).signed
    await refused(room, A, decide(room, replace(command, signed=denial)), Reason.INVALID_MESSAGE)
    room.pass_time(minutes=1)
    await refused(room, A, decide(room, replace(command, signed=paper)), Reason.INVALID_MESSAGE)


@pytest.mark.parametrize("what", ["share", "name", "place", "request", "signature", "long", "none"])
async def test_a_paper_that_says_something_else(room: Chamber, what: str) -> None:
    """Another share, custodian, place or request, another's signature: INVALID_MESSAGE."""
    _, paper = await filed(room)
    _, other = await filed(room)
    command = decision(paper, A)
    said = papers.parse_decision(command.signed, verdict=Verdict.APPROVE)
    changed = {
        "share": replace(command, resealed=b"another share"),
        "name": replace(command, signed=signed(replace(said, custodian=B), A)),
        "place": replace(command, signed=signed(replace(said, share_index=2), A)),
        "request": replace(command, signed=decision(other, A).signed),
        "signature": replace(command, signed=signed(said, B)),
        "long": replace(command, resealed=bytes(LONGEST_SHARE + 1)),
        "none": replace(command, resealed=b""),
    }
    await refused(room, A, decide(room, changed[what]), Reason.INVALID_MESSAGE)


async def test_too_few_shares(room: Chamber) -> None:
    """M - 1 approvals open nothing: ILLEGAL_TRANSITION, and the code is not spent."""
    disclosure_id, paper = await filed(room)
    await decide(room, decision(paper, A))
    code = room.codes.code()
    await refused(room, "auditor-a", open_once(room, disclosure_id, code=code), Reason.ILLEGAL_TRANSITION)
    assert code in room.codes.good


async def test_a_second_decision(room: Chamber) -> None:
    """Of one custodian: ILLEGAL_TRANSITION."""
    _, paper = await filed(room)
    await decide(room, decision(paper, A))
    await refused(room, A, decide(room, decision(paper, A, verdict=Verdict.DENY)), Reason.ILLEGAL_TRANSITION)


async def test_somebody_who_holds_no_share(room: Chamber) -> None:
    """A custodian of another quorum is ACCESS_DENIED, and sees nothing of the request."""
    _, paper = await filed(room)
    roster = room.rosters.current
    outsider = person("mallory")
    room.rosters.versions[0] = replace(roster, people=(*roster.people, outsider))
    command = replace(decision(paper, A), actor_id=outsider.actor_id)
    await refused(room, "mallory", decide(room, command), Reason.ACCESS_DENIED)
    waiting, _, note = await room.custody.pending(
        actor_id=outsider.actor_id, offset=0, limit=10, now=room.now()
    )
    assert (waiting, note) == ([], b"")


async def test_a_key_that_is_not_in_the_roster(room: Chamber) -> None:
    """A request that another key signed, or that is in another's name: INVALID_MESSAGE."""
    asked = terms(room, await room.account())
    await refused(room, "auditor-a", file(room, signed(asked, "mallory")), Reason.INVALID_MESSAGE)
    room.pass_time(minutes=1)
    other = replace(asked, auditor="auditor-b")
    await refused(room, "auditor-a", file(room, signed(other)), Reason.INVALID_MESSAGE)


async def test_a_person_who_left_the_roster(room: Chamber) -> None:
    """ACCESS_DENIED from the next call on."""
    asked = terms(room, await room.account())
    roster = room.rosters.current
    left = tuple(each for each in roster.people if each.name != "auditor-a")
    room.rosters.versions.append(replace(roster, version=2, people=left))
    await refused(room, "auditor-a", file(room, signed(asked)), Reason.ACCESS_DENIED)


async def test_a_request_under_another_roster(room: Chamber) -> None:
    """Signed under a version that is not in force: ROSTER_INVALID."""
    asked = terms(room, await room.account(), roster_digest="0" * 64)
    await refused(room, "auditor-a", file(room, signed(asked)), Reason.ROSTER_INVALID)


async def test_a_replayed_request(room: Chamber) -> None:
    """The same signed bytes under another request_id, or by another auditor: refused and logged."""
    asked = terms(room, await room.account())
    await file(room, signed(asked), number=1)
    again = await file(room, signed(asked), number=1)
    assert again.filed.disclosure.disclosure_id == asked.disclosure_id
    await refused(room, "auditor-a", file(room, signed(asked), number=2), Reason.REQUEST_ID_REUSED)
    await refused(room, "auditor-b", file(room, signed(asked), name="auditor-b"), Reason.INVALID_MESSAGE)
    other = signed(terms(room, asked.account_token))
    room.pass_time(minutes=1)
    await refused(room, "auditor-a", file(room, other, number=1), Reason.REQUEST_ID_REUSED)
    assert len(await room.logged(EventType.DISCLOSURE_REQUEST)) == 1


async def test_an_old_request(room: Chamber) -> None:
    """One that was signed an hour ago is DISCLOSURE_EXPIRED, although its own time is not over."""
    asked = terms(room, await room.account())
    room.pass_time(hours=1)
    await refused(room, "auditor-a", file(room, signed(asked)), Reason.DISCLOSURE_EXPIRED)


async def test_too_many_requests(room: Chamber) -> None:
    """The budget is one auditor's own, and for a day: TOO_MANY_ATTEMPTS, then again."""
    room.daily = 2
    room.restart()
    account = await room.account()
    for _ in range(2):
        await file(room, signed(terms(room, account)))
    error = await refused(
        room, "auditor-a", file(room, signed(terms(room, account))), Reason.TOO_MANY_ATTEMPTS
    )
    assert isinstance(error, ExhaustedError)
    own = terms(room, account, auditor="auditor-b")
    await file(room, signed(own, "auditor-b"), name="auditor-b")
    room.pass_time(hours=24)
    await file(room, signed(terms(room, account)))


async def test_parallel_requests_keep_the_budget(room: Chamber) -> None:
    """Of eight at once, exactly as many pass as are left."""
    room.daily = 3
    room.restart()
    account = await room.account()
    made = [file(room, signed(terms(room, account))) for _ in range(8)]
    answers = await asyncio.gather(*made, return_exceptions=True)
    assert sum(isinstance(answer, ExhaustedError) for answer in answers) == 5
    assert len(await room.logged(EventType.DISCLOSURE_REQUEST)) == 3


async def test_an_account_without_a_record(room: Chamber) -> None:
    """Nobody, and one that was never verified: ACCOUNT_NOT_FOUND."""
    job = await room.world.job()
    for account in (builders.TOKEN, job.account_token):
        asked = signed(terms(room, account))
        await refused(room, "auditor-a", file(room, asked), Reason.ACCOUNT_NOT_FOUND)
        room.pass_time(minutes=1)


async def test_another_auditors_disclosure(room: Chamber) -> None:
    """It does not exist for others: REQUEST_NOT_FOUND, to look at, to withdraw and to open."""
    disclosure_id = await approved(room)
    actor_id = person("auditor-b").actor_id
    acts: list[Any] = [
        room.auditing.get(actor_id=actor_id, disclosure_id=disclosure_id, now=room.now()),
        room.auditing.cancel(
            actor_id=actor_id, request_id=request_id(), disclosure_id=disclosure_id, now=room.now()
        ),
        open_once(room, disclosure_id, actor_id=actor_id),
        room.auditing.get(actor_id=actor_id, disclosure_id="0" * 32, now=room.now()),
    ]
    first = acts.pop(0)
    await refused(room, "auditor-b", first, Reason.REQUEST_NOT_FOUND)
    for act in acts:
        with pytest.raises(IdvaultError) as caught:
            await act
        assert caught.value.reason is Reason.REQUEST_NOT_FOUND
    assert await room.refusals("auditor-b") == 1  # within a minute: the rest is a count


async def test_a_record_that_was_replaced(room: Chamber) -> None:
    """After a re-verification neither an approval nor an opening of the old request counts."""
    disclosure_id, paper = await filed(room)
    account = papers.parse_request(paper).account_token
    ready = await approved(room)
    await room.verify_again(account)
    found = await room.store.get(disclosure_id=ready)
    assert found is not None
    await room.verify_again(found.disclosure.account_token)
    await refused(room, A, decide(room, decision(paper, A)), Reason.ILLEGAL_TRANSITION)
    await refused(room, "auditor-a", open_once(room, ready), Reason.ILLEGAL_TRANSITION)
    waiting, _, _ = await room.custody.pending(
        actor_id=person(A).actor_id, offset=0, limit=10, now=room.now()
    )
    assert disclosure_id not in {each.filed.disclosure.disclosure_id for each in waiting}


async def test_a_quorum_that_no_roster_has(room: Chamber) -> None:
    """A record that claims other custodians is QUORUM_INVALID: to ask for it and to decide."""
    _, paper = await filed(room)
    await room.world.do(update(records).values(present_quorum_id="0" * 64))
    await refused(room, A, decide(room, decision(paper, A)), Reason.QUORUM_INVALID)
    asked = terms(room, papers.parse_request(paper).account_token)
    await refused(room, "auditor-a", file(room, signed(asked)), Reason.QUORUM_INVALID)


async def test_nothing_is_released_before_the_log_has_it(room: Chamber) -> None:
    """Without a checkpoint LOG_UNAVAILABLE; then the same request goes on, and it is one opening."""
    disclosure_id = await approved(room)
    asked: dict[str, Any] = {
        "actor_id": person("auditor-a").actor_id,
        "request_id": request_id(7),
        "disclosure_id": disclosure_id,
        "now": room.now(),
    }
    code = room.codes.code()
    with pytest.raises(UnavailableError) as caught:
        await room.auditing.open(**asked, code=code, patience=0.2)
    assert caught.value.reason is Reason.LOG_UNAVAILABLE
    assert await room.refusals("auditor-a") == 0
    room.restart()
    async with room.sequencing():
        opened = await room.auditing.open(**asked, code="", patience=5.0)
    assert opened.shown.filed.disclosure.opened == 1
    assert len(opened.shares) == 2
    assert len(await room.logged(EventType.DISCLOSURE_OPEN)) == 1


async def test_nothing_changes_while_the_log_stands_still(room: Chamber) -> None:
    """Every act is LOG_UNAVAILABLE, and nothing of it is stored."""
    _, paper = await filed(room)
    ready = await approved(room)
    room.pass_time(minutes=5)
    room.waiting.count, room.waiting.oldest = 1, room.now().real - timedelta(minutes=2)
    acts: list[Any] = [
        file(room, signed(terms(room, papers.parse_request(paper).account_token))),
        decide(room, decision(paper, A)),
        room.auditing.cancel(
            actor_id=person("auditor-a").actor_id,
            request_id=request_id(),
            disclosure_id=ready,
            now=room.now(),
        ),
        room.auditing.open(
            actor_id=person("auditor-a").actor_id,
            request_id=request_id(),
            disclosure_id=ready,
            code=room.codes.code(),
            now=room.now(),
            patience=0.1,
        ),
        room.custody.report(
            actor_id=person(A).actor_id, disclosure_id=ready, finding=Finding.NOT_IN_LOG, now=room.now()
        ),
    ]
    before = await room.world.contents()
    for act in acts:
        with pytest.raises(UnavailableError) as caught:
            await act
        assert caught.value.reason is Reason.LOG_UNAVAILABLE
    assert await room.world.contents() == before


async def test_a_lost_answer_is_asked_for_again(room: Chamber) -> None:
    """Each act may lose its answer; the repeat finds it done, and spends no second code."""
    account = await room.account()
    asked = signed(terms(room, account))
    room.flaky.plant("request", Fault.LOSE_ANSWER)
    with pytest.raises(UnavailableError):
        await file(room, asked, number=11)
    assert (await file(room, asked, number=11)).filed.disclosure.state is State.REQUESTED
    for name in (A, B):
        command = decision(asked, name, code=room.codes.code())
        room.flaky.plant("decide", Fault.LOSE_ANSWER)
        with pytest.raises(UnavailableError):
            await decide(room, command)
        again = await decide(room, replace(command, code="used up"))
    assert again.disclosure.state is State.APPROVED
    disclosure_id = papers.parse_request(asked).disclosure_id
    withdrawal: dict[str, Any] = {
        "actor_id": person("auditor-a").actor_id,
        "request_id": request_id(),
        "disclosure_id": disclosure_id,
        "now": room.now(),
    }
    room.flaky.plant("cancel", Fault.LOSE_ANSWER)
    with pytest.raises(UnavailableError):
        await room.auditing.cancel(**withdrawal)
    assert (await room.auditing.cancel(**withdrawal)).filed.disclosure.state is State.CANCELLED
    assert [
        len(await room.logged(kind))
        for kind in (EventType.DISCLOSURE_REQUEST, EventType.DISCLOSURE_APPROVE, EventType.DISCLOSURE_CANCEL)
    ] == [1, 2, 1]


async def test_the_worker_ends_what_time_has_ended(room: Chamber) -> None:
    """EXPIRED with an entry; re-sealed shares are gone then, and after the last opening as well."""
    waiting, _ = await filed(room)
    ready = await approved(room)
    opened = await approved(room)
    await open_once(room, opened)

    async def shares(disclosure_id: str) -> list[bytes | None]:
        return [share.resealed for share in await room.store.shares(disclosure_id=disclosure_id)]

    await room.retention.sweep(now=room.now(), limit=10)
    assert all(await shares(opened))
    room.pass_time(minutes=10)
    await room.retention.sweep(now=room.now(), limit=10)
    assert await shares(opened) == [None, None]
    assert all(await shares(ready))
    room.pass_time(hours=72)
    assert await room.retention.sweep(now=room.now(), limit=10) == 2
    assert await room.retention.sweep(now=room.now(), limit=10) == 0
    assert await shares(ready) == [None, None]
    for disclosure_id, state in ((waiting, State.EXPIRED), (ready, State.EXPIRED), (opened, State.OPENED)):
        found = await room.store.get(disclosure_id=disclosure_id)
        assert found is not None
        assert found.disclosure.state is state
    assert len(await room.logged(EventType.DISCLOSURE_EXPIRE)) == 2
    assert room.counted.count("expire") == 2


async def test_a_late_repeat_gets_no_shares(room: Chamber) -> None:
    """Once they are destroyed the same request_id is DISCLOSURE_EXPIRED."""
    disclosure_id = await approved(room)
    await open_once(room, disclosure_id, request_id=request_id(77))
    room.pass_time(minutes=10)
    late = open_once(room, disclosure_id, request_id=request_id(77))
    await refused(room, "auditor-a", late, Reason.DISCLOSURE_EXPIRED)


async def test_shares_that_are_gone_are_told(room: Chamber) -> None:
    """Whoever deleted them: DISCLOSURE_EXPIRED, never half an answer."""
    disclosure_id = await approved(room)
    await room.world.do(update(disclosure_decisions).values(resealed=None))
    await refused(room, "auditor-a", open_once(room, disclosure_id), Reason.DISCLOSURE_EXPIRED)


async def test_denials_destroy_the_shares(room: Chamber) -> None:
    """One approval and two denials: DENIED, and the given share is gone."""
    disclosure_id, paper = await filed(room)
    await decide(room, decision(paper, A))
    await decide(room, decision(paper, B, verdict=Verdict.DENY))
    ended = await decide(room, decision(paper, C, verdict=Verdict.DENY))
    assert ended.disclosure.state is State.DENIED
    assert [share.resealed for share in await room.store.shares(disclosure_id=disclosure_id)] == [None]


async def test_refusals_within_a_minute_are_one_entry(room: Chamber) -> None:
    """The rest is counted, and told with the next one or by the worker; each person and reason by itself."""
    for _ in range(5):
        with pytest.raises(IdvaultError):
            await room.auditing.get(
                actor_id=person("auditor-a").actor_id, disclosure_id="0" * 32, now=room.now()
            )
    assert await room.refusals("auditor-a") == 1
    await room.retention.sweep(now=room.now(), limit=10)
    assert await room.refusals("auditor-a") == 1
    room.pass_time(minutes=1)
    await room.retention.sweep(now=room.now(), limit=10)
    assert await room.refusals("auditor-a") == 2
    (row,) = await room.world.all(select(disclosure_refusals))
    assert (row.silent, row.reason) == (0, "REQUEST_NOT_FOUND")
    assert room.counted == ["refuse"] * 5


async def test_a_refusal_that_cannot_be_logged_is_not_told(room: Chamber) -> None:
    """STORE_UNAVAILABLE instead: nobody learns what the log does not know."""
    room.flaky.plant("refuse", Fault.REFUSE)
    with pytest.raises(UnavailableError):
        await room.auditing.get(actor_id=person("auditor-a").actor_id, disclosure_id="0" * 32, now=room.now())


async def test_a_finding_is_logged(room: Chamber) -> None:
    """What a person's own client refused is an entry of that person; of an unknown request it is not."""
    disclosure_id, _ = await filed(room)
    await room.custody.report(
        actor_id=person(A).actor_id,
        disclosure_id=disclosure_id,
        finding=Finding.NOT_IN_LOG,
        now=room.now(),
    )
    assert await room.refusals(A) == 1
    with pytest.raises(IdvaultError) as caught:
        await room.custody.report(
            actor_id=person(A).actor_id, disclosure_id="0" * 32, finding=Finding.NOT_IN_LOG, now=room.now()
        )
    assert caught.value.reason is Reason.REQUEST_NOT_FOUND


async def test_case_texts_are_nowhere_in_clear(room: Chamber) -> None:
    """Neither in a table nor in a leaf."""
    await filed(room)
    contents = str(await room.world.contents())
    for text in ("案 2026-1", "第一条", "一次核查"):
        assert text not in contents
        assert repr(text.encode())[2:-1] not in contents
    (row,) = await room.world.all(select(disclosures.c.text))
    assert "一次核查".encode() not in row.text


async def test_a_record_that_does_not_fit_the_log(room: Chamber) -> None:
    """Any change of it, and any change of what it is checked by, is RECORD_DAMAGED; no code is spent."""
    disclosure_id = await approved(room)
    (row,) = await room.world.all(select(records))
    changes: list[Any] = [
        update(records).values(ciphertext=row.ciphertext[:-1] + bytes([row.ciphertext[-1] ^ 1])),
        update(records).values(ciphertext=row.ciphertext, salt=bytes(32)),
        update(records).values(salt=row.salt, commitment=bytes(32)),
        update(records).values(commitment=row.commitment, sealing_quorum_id="0" * 64),
    ]
    for change in changes:
        await room.world.do(change)
        code = room.codes.code()
        await refused(room, "auditor-a", open_once(room, disclosure_id, code=code), Reason.RECORD_DAMAGED)
        assert code in room.codes.good
        room.pass_time(minutes=1)
    await room.world.do(update(records).values(sealing_quorum_id=row.sealing_quorum_id))
    await open_once(room, disclosure_id)


async def test_missing_evidence_is_damage(room: Chamber) -> None:
    """Without the opening keys nothing can be proved, so nothing is released."""
    disclosure_id = await approved(room)
    await filed(room)
    await room.world.do(delete(log_openings))
    await refused(room, "auditor-a", open_once(room, disclosure_id), Reason.RECORD_DAMAGED)
    with pytest.raises(DamagedError):
        await room.custody.pending(actor_id=person(C).actor_id, offset=0, limit=10, now=room.now())


async def test_an_old_version_that_was_put_back_is_refused(room: Chamber) -> None:
    """It opens by itself, but the newest settlement entry names another digest: RECORD_DAMAGED."""
    account = await room.account()
    former = await room.verify_again(account)
    await room.world.database.act("test", lambda connection: record_rows.put(connection, former))
    disclosure_id = await room.request(account)
    await room.approve(disclosure_id, A, B)
    await refused(room, "auditor-a", open_once(room, disclosure_id), Reason.RECORD_DAMAGED)


async def test_a_failed_verification_leaves_the_record_fitting(room: Chamber) -> None:
    """Its settlement entry is newer than the record's, and says nothing about it."""
    account = await room.account()
    job = await room.world.job(account_token=account, new_account=False)
    await room.settle(job, MISMATCHED)
    disclosure_id = await room.request(account)
    await room.approve(disclosure_id, A, B)
    assert (await open_once(room, disclosure_id)).checked.record == room.records[account]


async def test_an_erased_shred_key_releases_nothing(room: Chamber) -> None:
    """RECORD_DAMAGED, and none is made in its place."""
    disclosure_id = await approved(room)

    async def work(connection: Any) -> None:
        await connection.execute(delete(shred_keys))

    await room.shred.act("test", work)
    with pytest.raises(DamagedError):
        await open_once(room, disclosure_id)


async def test_reused_ids_are_refused(room: Chamber) -> None:
    """A request_id of one act is not one of another."""
    disclosure_id, paper = await filed(room)
    command = decision(paper, A)
    await decide(room, command)
    other = replace(decision(paper, A, verdict=Verdict.DENY), request_id=command.request_id)
    with pytest.raises(AlreadyExistsError):
        await decide(room, other)
    assert (await room.store.get(disclosure_id=disclosure_id)) is not None
