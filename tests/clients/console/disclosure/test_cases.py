"""What an auditor's list and cases say alike: what can be opened, drafts, evidence, and the way back."""

import re
import shutil

from google.protobuf.message import Message

from idvault_client.errors import Unavailable
from idvault_people.disclosure.request_draft import RequestDraft, RequestDrafts
from idvault_people.disclosure.sealed_draft import FOLDER
from idvault_verify.v1 import disclosure_pb2
from tests.clients.console.disclosure.steps import CASE, draft, here, open_record, request
from tests.clients.console.disclosure.test_told import beside
from tests.support.console import Visitor
from tests.support.console_room import ConsoleRoom
from tools.support.chamber import CUSTODIANS, identity

A, B, _ = CUSTODIANS
OWNER = "auditor-a"


async def has_time_left(owner: Visitor, disclosure_id: str) -> list[bool]:
    """Return whether the list, the case and the menu say that there is something to open in time."""
    listed, case = await owner.get("/"), await owner.get(f"/cases/{disclosure_id}")
    ends = re.search(r"<dt>Ends</dt><dd>(.*?)</dd>", case.text)
    assert ends is not None
    return ['class="due"' in listed.text, 'class="due"' in ends[1], beside(case, "/") == "1"]


def lose(house: ConsoleRoom, member: str, name: str) -> None:
    """Let a call arrive and its answer be lost."""

    def lost(method: str, answer: Message) -> Message:
        if method.endswith(name):
            raise Unavailable(None, "UNAVAILABLE")
        return answer

    house.edge(member).tamper = lost


def mend(house: ConsoleRoom, member: str) -> None:
    """Let every answer arrive again."""
    house.edge(member).tamper = lambda _method, answer: answer


async def test_a_last_opening_that_was_cut_has_time_left(house: ConsoleRoom) -> None:
    """With its key it goes on until the request ends; once it is complete nothing is due."""
    owner = await house.enter(OWNER)
    disclosure_id = await request(owner, await house.room.account())
    await house.approve(disclosure_id, A, B)
    assert await has_time_left(owner, disclosure_id) == [True] * 3
    lose(house, OWNER, "OpenDisclosure")
    assert (await open_record(owner, disclosure_id, house.room.codes.code())).status == 503
    mend(house, OWNER)
    assert await has_time_left(owner, disclosure_id) == [True] * 3
    path = f"/cases/{disclosure_id}/open"
    await owner.post(path, await owner.get(path), keep="yes", days="365")
    assert await has_time_left(owner, disclosure_id) == [False] * 3


async def test_a_case_without_its_key_is_not_counted(house: ConsoleRoom) -> None:
    """Nobody can open it on this machine, so that no time is left for it here."""
    owner = await house.enter(OWNER)
    disclosure_id = await request(owner, await house.room.account())
    await house.approve(disclosure_id, A, B)
    (house.room.folder / OWNER / "disclosures" / f"{disclosure_id}.json").unlink()
    assert await has_time_left(owner, disclosure_id) == [False] * 3


async def test_what_can_be_opened_no_more_is_not_counted(house: ConsoleRoom) -> None:
    """Once its time is over, on every page; and at the next whole list, once the vault has it no more."""
    owner = await house.enter(OWNER)
    for _ in range(2):
        await house.approve(await request(owner, await house.room.account()), A, B)
    assert beside(await owner.get("/"), "/") == "2"

    def without(_method: str, answer: Message) -> Message:
        if isinstance(answer, disclosure_pb2.ListDisclosuresResponse):
            del answer.disclosures[1:]
        return answer

    house.edge(OWNER).tamper = without
    assert beside(await owner.get("/?case=other"), "/") == "2"
    assert beside(await owner.get("/"), "/") == "1"
    house.room.pass_time(days=3)
    assert beside(await owner.get("/own"), "/") == ""


async def test_the_openings_of_a_case_are_those_that_were_signed(house: ConsoleRoom) -> None:
    """Not those that the vault says."""
    owner = await house.enter(OWNER)
    disclosure_id = await request(owner, await house.room.account())

    def more(_method: str, answer: Message) -> Message:
        if isinstance(answer, disclosure_pb2.Disclosure):
            answer.openings = 3
        return answer

    house.edge(OWNER).tamper = more
    case = (await owner.get(f"/cases/{disclosure_id}")).words
    assert ("Opened 0 of 1" in case, "0 of 3" in case) == (True, False)


async def test_a_draft_whose_request_arrived_is_told_as_sent(house: ConsoleRoom) -> None:
    """It is no line of its own, and its case leads to it; one of the same case that ended has no draft."""
    owner = await house.enter(OWNER)
    ended = await request(owner, await house.room.account())
    await owner.post(f"/cases/{ended}/cancel", await owner.get(f"/cases/{ended}/cancel"))
    preview = await draft(owner, await house.room.account())
    listed = await owner.get("/")
    assert ("Draft, not sent" in listed.words, "Has a draft" in listed.words) == (True, False)
    lose(house, OWNER, "RequestDisclosure")
    assert (await owner.post(here(preview), preview, digest=preview.hidden("digest"))).status == 503
    mend(house, OWNER)
    assert len(await house.filed()) == 2
    listed = await owner.get("/")
    assert ("Draft, not sent" in listed.words, "Has a draft" in listed.words) == (False, False)
    assert "Sent; its draft is still kept" in listed.words
    assert listed.text.count(f'href="{here(preview)}"') == 1
    begun = await owner.get("/new")
    assert ("Draft, not sent" in begun.words, "Sent; its draft is still kept" in begun.words) == (False, True)
    assert [beside(each, "/new") for each in (listed, begun)] == ["", ""]


async def test_the_menu_counts_drafts_that_can_be_sent(house: ConsoleRoom) -> None:
    """No file that other keys sealed, and none that a command or another console has destroyed."""
    folder, now = house.room.folder / OWNER, house.room.now().real
    other = RequestDrafts(folder=folder, identity=identity("auditor-b"))
    other.put("0" * 32, RequestDraft({"case": CASE}), now=now)
    owner = await house.enter(OWNER)
    assert beside(await owner.get("/"), "/new") == ""
    await draft(owner, await house.room.account())
    assert beside(await owner.get("/own"), "/new") == "1"
    for file in (folder / FOLDER).iterdir():
        file.unlink()
    assert beside(await owner.get("/own"), "/new") == ""


async def test_evidence_has_one_number(house: ConsoleRoom) -> None:
    """That of its file, on the case and in the list; the tenth comes after the second."""
    owner = await house.enter(OWNER)
    disclosure_id = await request(owner, await house.room.account())
    await house.approve(disclosure_id, A, B)
    await open_record(owner, disclosure_id, house.room.codes.code())
    folder = house.room.folder / OWNER / "evidence"
    first = folder / f"{disclosure_id}-1.json"
    for number in ("2", "10"):
        shutil.copy(first, folder / f"{disclosure_id}-{number}.json")
    first.unlink()
    case, listed = await owner.get(f"/cases/{disclosure_id}"), await owner.get("/evidence")
    for page, title in ((case, "Evidence {}"), (listed, f"{CASE}, evidence {{}}")):
        shown = [
            f'<a href="/evidence/{disclosure_id}-{number}.json">{title.format(number)}</a>'
            for number in ("2", "10")
        ]
        assert [each in page.text for each in shown] == [True, True]
        assert page.text.index(shown[0]) < page.text.index(shown[1])


async def test_a_case_leads_back_to_its_list(house: ConsoleRoom) -> None:
    """With the search and the state it was seen with last; neither language nor note is a part of it."""
    owner = await house.enter(OWNER)
    disclosure_id = await request(owner, await house.room.account())
    await owner.get("/?state=REQUESTED&case=2026&account=&lang=en")
    case = await owner.get(f"/cases/{disclosure_id}")
    assert '<a href="/?state=REQUESTED&amp;case=2026">Back</a>' in case.text
    await owner.get("/")
    assert '<a href="/">Back</a>' in (await owner.get(f"/cases/{disclosure_id}")).text


async def test_a_denied_case_has_no_clock(house: ConsoleRoom) -> None:
    """A clock stands beside what is late; a denial is no matter of time, in the list and on the case."""
    owner = await house.enter(OWNER)
    disclosure_id = await request(owner, await house.room.account())
    for custodian in (A, B):
        await house.deny(disclosure_id, custodian, reason="x")
    for path in ("/", f"/cases/{disclosure_id}"):
        badge = re.search(r'<span class="badge red">.*?</span>', (await owner.get(path)).text, re.S)
        assert badge is not None, path
        assert ("#stop" in badge[0], "#clock" in badge[0]) == (True, False), path
