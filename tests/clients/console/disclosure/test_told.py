"""What the consoles of auditors and custodians tell of their acts: what was done, what is due, what waits."""

import os
import re
import shutil
from dataclasses import replace

from google.protobuf.message import Message

from idvault_client.errors import Unavailable
from idvault_people.console.disclosure import auditor as pages
from idvault_people.disclosure.auditor import Auditor
from idvault_verify.attest.reading import RosterError
from tests.clients.console.disclosure.steps import CASE, here, open_record, request, unfolded
from tests.clients.console.disclosure.test_custodian import until, waiting
from tests.support.console import Seen, running
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
    copy, damaged = (kept.with_name(f"{disclosure_id}-{number}.json") for number in (2, 3))
    shutil.copy(kept, copy)
    assert beside(await owner.get("/own"), "/evidence") == "2 to destroy"
    damaged.write_bytes(b"{")
    assert beside(await owner.get("/own"), "/evidence") == "2 to destroy"
    for file in (kept, copy, damaged):
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


async def test_evidence_is_read_once(house: ConsoleRoom) -> None:
    """A file is read again when it has changed, also beside one that cannot be read: each page counts."""
    owner = await house.enter("auditor-a")
    disclosure_id = await request(owner, await house.room.account())
    await house.approve(disclosure_id, A, B)
    await open_record(owner, disclosure_id, house.room.codes.code(), days="1")
    (kept,) = (house.room.folder / "auditor-a" / "evidence").iterdir()
    kept.with_name(f"{disclosure_id}-2.json").write_bytes(b"{")
    house.room.pass_time(days=3)
    assert beside(await owner.get("/own"), "/evidence") == "1 to destroy"
    before = kept.stat()
    later = kept.read_text("utf-8").replace('"destroy_after": "2026-', '"destroy_after": "2036-')
    kept.write_text(later, "utf-8")
    os.utime(kept, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert beside(await owner.get("/own"), "/evidence") == "1 to destroy"
    os.utime(kept)
    assert beside(await owner.get("/own"), "/evidence") == ""


async def test_evidence_is_listed_without_the_vault(house: ConsoleRoom) -> None:
    """With the case that the vault once told, or the file when it was opened; else by the request's id."""
    owner = await house.enter("auditor-a")
    disclosure_id = await request(owner, await house.room.account())
    await house.approve(disclosure_id, A, B)
    await open_record(owner, disclosure_id, house.room.codes.code())
    assert f"{CASE}, evidence 1" in (await owner.get("/evidence")).words

    def lose(_method: str, _answer: Message) -> Message:
        raise Unavailable(None, "UNAVAILABLE")

    house.edge("auditor-a").tamper = lose
    calls = len(house.edge("auditor-a").calls)
    assert f"{CASE}, evidence 1" in (await owner.get("/evidence")).words
    assert len(house.edge("auditor-a").calls) == calls
    again = await house.enter("auditor-a")
    unknown, known = f"Case unknown ({disclosure_id[:8]}), evidence 1", f"{CASE}, evidence 1"
    listed = await again.get("/evidence")
    assert (listed.status, unknown in unfolded(listed), known in listed.words) == (200, True, False)
    await again.get(f"/evidence/{disclosure_id}-1.json")
    listed = await again.get("/evidence")
    assert (unknown in listed.words, known in listed.words) == (False, True)


async def test_evidence_of_colleagues_is_told_apart(house: ConsoleRoom) -> None:
    """By the requests' ids: the vault tells nobody else their cases. It is asked once, not by each page."""
    owner = await house.enter("auditor-a")
    ids = [await request(owner, await house.room.account()) for _ in range(2)]
    colleague = await house.enter("auditor-b")
    for each in ids:
        await house.approve(each, A, B)
        record = await open_record(owner, each, house.room.codes.code())
        export = f"{here(record)}/export"
        sealed = await owner.post(export, await owner.get(export), reader="auditor-b")
        await colleague.upload("/evidence", await colleague.get("/evidence"), {"file": ("a", sealed.body)})
    again = await house.enter("auditor-b")
    edge = house.edge("auditor-b")
    for asked in (1, 0):
        before = len(edge.calls)
        words = unfolded(await again.get("/evidence"))
        assert [f"Case unknown ({each[:8]}), evidence 1" in words for each in ids] == [True, True]
        assert sum(method.endswith("ListDisclosures") for method, _ in edge.calls[before:]) == asked
    assert CASE not in words


async def test_evidence_is_listed_without_the_roster(house: ConsoleRoom) -> None:
    """A roster that cannot be read takes no file away."""
    owner = await house.enter("auditor-a")
    disclosure_id = await request(owner, await house.room.account())
    await house.approve(disclosure_id, A, B)
    await open_record(owner, disclosure_id, house.room.codes.code())
    session, damaged = house.auditor(), list[RosterError]()

    def auditor() -> Auditor:
        if damaged:
            raise damaged[0]
        return session.auditor()

    console = pages.console(replace(session, auditor=auditor))
    again = await (await house.stack.enter_async_context(running(console, session.folder))).enter()
    damaged.append(RosterError("synthetic"))
    listed = await again.get("/evidence")
    assert (listed.status, f"({disclosure_id[:8]}), evidence 1" in listed.words) == (200, True)
