"""The custodian's own decisions as a history: what, when, what became of it, page by page."""

import asyncio

from google.protobuf.message import Message
from sqlalchemy import update

from idvault.core.tables.disclosure import disclosure_decisions, disclosures
from idvault_people.disclosure import decided
from idvault_verify.disclosure import DisclosureState, HistoryFinding, Verdict
from idvault_verify.v1 import disclosure_pb2
from tests.clients.console.disclosure.test_custodian import until
from tests.support.console_room import ConsoleRoom
from tools.support.chamber import CUSTODIANS

A, B, C = CUSTODIANS


async def test_decisions_are_listed_the_newest_first(house: ConsoleRoom) -> None:
    """Approved and denied, with the share, the reason, what became of the request, and the last drill."""
    room, owner = house.room, await house.enter(A)
    await room.keep_drill()
    empty = await until(owner, "/decisions", lambda page: "Last drill" in page.words)
    assert ("You have decided nothing yet" in empty.words, "<table" in empty.text) == (True, False)
    # There are no others before the first decision.
    assert ("other requests" in empty.words, '<a href="/">Requests</a></p>' in empty.text) == (False, True)
    assert "Last drill: never with these keys" in empty.words
    account = await room.account()
    approved = await room.request(account, case_reference="案 甲")
    await house.approve(approved, A, B)
    room.pass_time(seconds=60)
    denied = await room.request(account, case_reference="案 乙")
    await house.deny(denied, A, reason="依据不足 (synthetic)")
    others = await room.request(account, case_reference="案 丙")
    await house.deny(others, B, reason="x")
    page = await owner.get("/decisions")
    assert page.words.index("案 乙") < page.words.index("案 甲")
    assert "案 丙" not in page.words
    for text in ("approved", "denied", "not given", "Approved, can be opened", "Waiting for custodians"):
        assert text in page.words, text
    for text in (approved, denied, account, "依据不足 (synthetic)", "UTC"):
        assert text in page.words, text
    other = await (await house.enter(C)).get("/decisions")
    assert "You have decided nothing yet" in other.words


async def test_a_drill_is_told_with_the_decisions(house: ConsoleRoom) -> None:
    """With its time once it was passed; without a drill record the page says nothing of it."""
    owner = await house.enter(A)
    assert "Last drill" not in (await owner.get("/decisions")).words
    await house.room.keep_drill()
    drill = await until(owner, "/drill", lambda page: "due by" in page.words)
    await owner.post("/drill", drill, code=house.room.codes.code())
    words = (await owner.get("/decisions")).words
    assert ("Last drill: " in words, "never with these keys" in words) == (True, False)


async def test_a_long_history_has_pages(house: ConsoleRoom) -> None:
    """Twenty on each; each decision is on one page, and a token that is none is refused."""
    room, owner = house.room, await house.enter(A)
    ids = []
    for number in range(decided.PAGE + 2):
        ids.append(await room.request(await room.account(), case_reference=f"case {number}"))
        if len(ids) % 20 == 0:
            room.pass_time(days=1)
        await house.deny(ids[-1], A, reason="x")
    first = await owner.get("/decisions")
    link = first.text.partition('href="/decisions?page=')[2].partition('"')[0].replace("&amp;", "&")
    second = await owner.get(f"/decisions?page={link}")
    assert [each in first.text for each in ids] == [False, False, *[True] * decided.PAGE]
    assert [each in second.text for each in ids] == [True, True, *[False] * decided.PAGE]
    assert ("The newest decisions" in second.words, "Earlier decisions" in second.words) == (True, False)
    assert (await owner.get("/decisions?page=x")).status == 409


async def test_texts_that_do_not_verify_are_not_shown(house: ConsoleRoom) -> None:
    """A request that no auditor of the roster signed, or of another id, is named by its id and why."""
    disclosure_id = await house.room.request(await house.room.account(), case_reference="案 甲")
    await house.deny(disclosure_id, A, reason="x")
    owner = await house.enter(A)

    def forge(change: bytes, at: int) -> None:
        def tamper(_method: str, answer: Message) -> Message:
            if isinstance(answer, disclosure_pb2.ListDecidedDisclosuresResponse):
                signed = bytearray(answer.disclosures[0].signed_request)
                signed[at] ^= change[0]
                answer.disclosures[0].signed_request = bytes(signed)
            return answer

        house.edge(A).tamper = tamper

    forge(b"\x01", -1)
    page = await owner.get("/decisions")
    assert ("Its texts do not verify" in page.words, "案 甲" in page.words) == (True, False)
    assert disclosure_id in page.words
    forge(b"\xff", 0)
    assert "案 甲" not in (await owner.get("/decisions")).words

    def swap(_method: str, answer: Message) -> Message:
        if isinstance(answer, disclosure_pb2.ListDecidedDisclosuresResponse):
            answer.disclosures[0].disclosure_id = "0" * 32
        return answer

    house.edge(A).tamper = swap
    assert "案 甲" not in (await owner.get("/decisions")).words


async def test_a_damaged_text_hides_no_other_decision(house: ConsoleRoom) -> None:
    """The request of a damaged row or denial is shown without its texts, the others with them."""
    ids = []
    for case in ("案 甲", "案 乙", "案 丙"):
        ids.append(await house.room.request(await house.room.account(), case_reference=case))
        await house.deny(ids[-1], A, reason="x")
    for each, table, column in ((ids[0], disclosures, "text"), (ids[1], disclosure_decisions, "signed")):
        damage = update(table).where(table.c.disclosure_id == each).values({column: b"x" * 60})
        await house.room.world.do(damage)
    page = await (await house.enter(A)).get("/decisions")
    assert [case in page.words for case in ("案 甲", "案 乙", "案 丙")] == [False, False, True]
    assert [each in page.words for each in ids] == [True, True, True]


async def test_the_client_reads_what_it_knows(house: ConsoleRoom) -> None:
    """A state of a newer vault, and a list without the own decision, are no errors."""
    disclosure_id = await house.room.request(await house.room.account())
    await house.approve(disclosure_id, A)
    client = house.room.custodian(A, edge=house.edge(A))
    (found,) = (await asyncio.to_thread(decided.page, client)).requests
    assert (found.disclosure_id, found.state) == (disclosure_id, DisclosureState.REQUESTED)
    assert (found.decision and found.decision.verdict, found.refused) == (Verdict.APPROVE, None)

    def strip(_method: str, answer: Message) -> Message:
        if isinstance(answer, disclosure_pb2.ListDecidedDisclosuresResponse):
            answer.disclosures[0].state = disclosure_pb2.DISCLOSURE_STATE_UNSPECIFIED
            del answer.disclosures[0].decisions[:]
            answer.disclosures.add().CopyFrom(answer.disclosures[0])
            answer.disclosures[1].signed_request = b""
        return answer

    house.edge(A).tamper = strip
    bare, unsigned = (await asyncio.to_thread(decided.page, client)).requests
    assert (bare.state, bare.decision) == (None, None)
    assert unsigned.refused is not None
    assert unsigned.refused.finding is HistoryFinding.OTHER_REQUEST
    owner = await house.enter(A)
    assert "Of a newer version of the vault" in (await owner.get("/decisions")).words
