"""What the consoles of auditors and custodians tell of their acts: what was done, what is due, what waits."""

import re
import shutil

from google.protobuf.message import Message

from idvault_client.errors import Unavailable
from tests.clients.console.disclosure.steps import CASE, here, open_record, request
from tests.clients.console.disclosure.test_custodian import until, waiting
from tests.support.console import Seen
from tests.support.console_room import ConsoleRoom
from tools.support.chamber import CUSTODIANS

A, B, C = CUSTODIANS
SENT = "The request is signed and sent."


def beside(page: Seen, path: str) -> str:
    """Return what stands beside a link of the menu, "" for nothing."""
    found = re.search(
        rf'<li><a href="{re.escape(path)}"[^>]*>(?:(?!</li>).)*<span class="count[^"]*">([^<]*)<', page.text
    )
    return found[1] if found else ""


async def test_each_act_of_an_auditor_is_told_once_it_is_true(house: ConsoleRoom) -> None:
    """Sent, cancelled, opened, destroyed and discarded; an address that claims more is not believed."""
    owner = await house.enter("auditor-a")
    for path, act in (("/new", "discarded"), ("/evidence", "destroyed")):
        assert "destroyed." not in (await owner.get(f"{path}?done={act}")).words
    form = await owner.get("/new")
    begun = await owner.post("/new", form, account=await house.room.account())
    draft = here(begun).split("/")[2]
    gone = await owner.post(f"/new/{draft}/discard", await owner.get("/new"))
    assert "The draft is destroyed." in gone.words
    assert "The draft is destroyed." not in (await owner.get("/new?done=discarded")).words
    first, second = [await request(owner, await house.room.account()) for _ in range(2)]
    assert SENT in owner.seen[-1].words
    assert SENT not in (await owner.get(f"/cases/{first}")).words
    path = f"/cases/{second}/cancel"
    cancelled = await owner.post(path, await owner.get(path))
    assert "The request is cancelled, and its one-time key is destroyed." in cancelled.words
    assert SENT not in (await owner.get(f"/cases/{second}?done=sent")).words
    assert "The request is cancelled" not in (await owner.get(f"/cases/{first}?done=cancelled")).words
    assert (await owner.get(f"/cases/{first}?done=x")).status == 200
    await house.approve(first, A, B)
    record = await open_record(owner, first, house.room.codes.code())
    assert "The record is opened. The opening is in the public log." in record.words
    for act in ("opened", "received"):
        again = await owner.get(f"{here(record)}?done={act}")
        assert not any(text in again.words for text in ("The record is opened.", "The file was checked"))
    path = f"{here(record)}/destroy"
    destroyed = await owner.post(path, await owner.get(path))
    assert "This evidence is destroyed on this machine." in destroyed.words
    assert "is destroyed on this machine." not in (await owner.get("/evidence?done=destroyed")).words


async def test_a_list_of_cases_has_states_and_drafts(house: ConsoleRoom) -> None:
    """A badge for each state; a draft is first, and is told at the case whose reference it has."""
    owner = await house.enter("auditor-a")
    disclosure_id = await request(owner, await house.room.account())
    page = await owner.post("/new", await owner.get("/new"), account=await house.room.account())
    await owner.post(here(page), page, case=CASE)
    listed = await owner.get("/")
    assert '<span class="badge amber">' in listed.text
    assert listed.text.index("Draft, not sent") < listed.text.index(f'href="/cases/{disclosure_id}"')
    assert "Has a draft that is not sent" in listed.words
    assert f'href="/new/{here(page).split("/")[2]}/check"' in listed.text
    searched = await owner.get("/?case=other")
    assert ("Draft, not sent" in searched.words, "No case matches." in searched.words) == (False, True)
    assert "Draft, not sent" not in (await owner.get("/?state=REQUESTED")).words
    folded = re.sub(
        r"<details.*?</details>", "", listed.text.replace(f'"/cases/{disclosure_id}"', ""), flags=re.S
    )
    assert (disclosure_id in folded, disclosure_id in listed.text) == (False, True)
    assert 'class="due"' in listed.text


async def test_the_menu_counts_what_waits_for_an_auditor(house: ConsoleRoom) -> None:
    """Cases to open, drafts, and evidence that must be destroyed; nothing where nothing waits."""
    owner = await house.enter("auditor-a")
    disclosure_id = await request(owner, await house.room.account())
    page = await owner.get("/")
    assert [beside(page, path) for path in ("/", "/new", "/evidence")] == ["", "", ""]
    await owner.post("/new", await owner.get("/new"), account=await house.room.account())
    await house.approve(disclosure_id, A, B)
    page = await owner.get("/")
    assert [beside(page, path) for path in ("/", "/new", "/evidence")] == ["1", "1", ""]
    await open_record(owner, disclosure_id, house.room.codes.code(), days="1")
    page = await owner.get("/evidence")
    assert [beside(page, path) for path in ("/", "/evidence")] == ["", ""]
    assert re.search(r"\(\d+ hours left\)<progress", page.text)
    house.room.pass_time(days=3)
    page = await owner.get("/evidence")
    assert (beside(page, "/evidence"), "overdue: destroy it" in page.words) == ("1 to destroy", True)
    # A command works on the same folder.
    (kept,) = (house.room.folder / "auditor-a" / "evidence").iterdir()
    copy = kept.with_name(f"{disclosure_id}-2.json")
    shutil.copy(kept, copy)
    assert beside(await owner.get("/own"), "/evidence") == "2 to destroy"
    for file in (kept, copy):
        file.unlink()
    assert beside(await owner.get("/own"), "/evidence") == ""


async def test_the_menu_counts_what_waits_for_a_custodian(house: ConsoleRoom) -> None:
    """A request until it is decided, and a drill that is overdue; each request has a badge and a bar."""
    disclosure_id = await house.room.request(await house.room.account())
    owner = await house.enter(A)
    page = await waiting(owner)
    assert (beside(page, "/"), "Waits for you" in page.words) == ("1", True)
    assert re.search(r'Decide by</dt><dd>[^<]* UTC \(2 days left\)<progress class="due"', page.text)
    path = f"/requests/{disclosure_id}/deny"
    done = await owner.post(path, await owner.get(path), reason="x")
    assert beside(done, "/") == ""
    await house.room.keep_drill()
    await until(owner, "/drill", lambda page: "due by" in page.words)
    assert beside(await owner.get("/own"), "/drill") == ""
    house.room.pass_time(days=100)
    assert beside(await owner.get("/drill"), "/drill") == "overdue"


async def test_a_decision_tells_whether_the_record_was_opened(house: ConsoleRoom) -> None:
    """With its purpose in the list, and when the auditor confirmed the opening."""
    owner = await house.enter("auditor-a")
    disclosure_id = await request(owner, await house.room.account())
    await house.approve(disclosure_id, A, B)
    keeper = await house.enter(A)
    before = await keeper.get("/decisions")
    assert ("一次核查" in before.words, "not opened" in before.words) == (True, True)
    await open_record(owner, disclosure_id, house.room.codes.code())
    after = (await keeper.get("/decisions")).words
    assert "not opened" not in after
    assert re.search(r"1 of 1 \(1 Mar 2026, \d\d:\d\d UTC\)", after), after


async def test_evidence_is_listed_without_the_vault(house: ConsoleRoom) -> None:
    """By its number and day alone: whose case it is of, only the vault tells."""
    owner = await house.enter("auditor-a")
    disclosure_id = await request(owner, await house.room.account())
    await house.approve(disclosure_id, A, B)
    await open_record(owner, disclosure_id, house.room.codes.code())
    assert f"{CASE}, evidence 1" in (await owner.get("/evidence")).words

    def lose(_method: str, _answer: Message) -> Message:
        raise Unavailable(None, "UNAVAILABLE")

    house.edge("auditor-a").tamper = lose
    listed = await owner.get("/evidence")
    assert (listed.status, "Case unknown, evidence 1" in listed.words) == (200, True)
