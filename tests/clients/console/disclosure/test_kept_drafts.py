"""An auditor's unfinished request survives a console that is killed, and only the auditor's keys open it."""

import json
from dataclasses import replace
from pathlib import Path

from google.protobuf.message import Message

from idvault_client.errors import Unavailable
from idvault_people.disclosure.request_draft import RequestDraft, RequestDrafts
from idvault_people.disclosure.sealed_draft import FOLDER
from tests.clients.console.disclosure.steps import BASIS, CASE, ORDER_HASH, PURPOSE, draft, here
from tests.support.console_room import ConsoleRoom
from tools.support.chamber import identity

OWNER = "auditor-a"


def files(house: ConsoleRoom) -> list[Path]:
    """Return the files of drafts of the auditor."""
    return sorted((house.room.folder / OWNER / FOLDER).glob("*"))


async def test_a_killed_console_goes_on_where_it_was(house: ConsoleRoom) -> None:
    """Another process has every answer, offers the draft, signs it anew, and destroys the file."""
    account = await house.room.account()
    first = await house.enter(OWNER)
    preview = await draft(first, account)
    # A new console has nothing of the memory of the first one, as after kill -9.
    again = await house.enter(OWNER)
    start = await again.get("/new")
    assert ("Unfinished requests" in start.words, CASE in start.words) == (True, True)
    assert f'href="{here(preview)}"' in start.text
    shown = await again.get(here(preview))
    for text in (account, CASE, f"{BASIS} [SHA-256 {ORDER_HASH}]", PURPOSE, ".pdf"):
        assert text in shown.words
    # A page of the process that is gone signs nothing.
    assert (await again.post(here(preview), preview, digest=preview.hidden("digest"))).status == 403
    shown = await again.get(here(preview))
    sent = await again.post(here(preview), shown, digest=shown.hidden("digest"))
    assert "Waiting for custodians" in sent.words
    assert (len(await house.filed()), files(house)) == (1, [])
    assert "Unfinished requests" not in (await again.get("/new")).words


async def test_half_a_request_survives(house: ConsoleRoom) -> None:
    """With the questions that were answered; the next one is asked."""
    first = await house.enter(OWNER)
    page = await first.post("/new", await first.get("/new"), account=await house.room.account())
    await first.post(here(page), page, case=CASE)
    again = await house.enter(OWNER)
    asked = await again.get(here(page).replace("/case", "/check"))
    assert asked.title == "What is the legal basis?"
    assert CASE in (await again.get(here(page))).text


async def test_a_lost_answer_is_no_second_request_after_a_kill(house: ConsoleRoom) -> None:
    """What the vault may have is looked for by the next process, too."""
    first = await house.enter(OWNER)
    preview = await draft(first, await house.room.account())

    def lose(_method: str, _answer: Message) -> Message:
        raise Unavailable(None, "UNAVAILABLE")

    house.edge(OWNER).tamper = lose
    assert (await first.post(here(preview), preview, digest=preview.hidden("digest"))).status == 503
    house.edge(OWNER).tamper = lambda _method, answer: answer
    again = await house.enter(OWNER)
    shown = await again.get(here(preview))
    found = await again.post(here(preview), shown, digest=shown.hidden("digest"))
    assert "Waiting for custodians" in found.words
    assert (len(await house.filed()), files(house)) == (1, [])


async def test_nothing_can_be_read_without_the_keys(house: ConsoleRoom) -> None:
    """No text is on the disk in clear, nobody else's keys open it, and it is its owner's alone."""
    owner = await house.enter(OWNER)
    account = await house.room.account()
    preview = await draft(owner, account)
    (file,) = files(house)
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    content = file.read_bytes()
    for text in (account, CASE, BASIS, PURPOSE, ORDER_HASH, ".pdf"):
        assert text.encode() not in content
        assert json.dumps(text).encode() not in content
    assert set(json.loads(content)) == {"kept_at", "suite", "sealed"}
    number = here(preview).split("/")[2]
    folder = house.room.folder / OWNER
    now = house.room.now().real
    mine = RequestDrafts(folder=folder, identity=identity(OWNER)).get(number, now=now)
    assert mine is not None
    assert mine.answers["case"] == CASE
    assert RequestDrafts(folder=folder, identity=identity("auditor-b")).get(number, now=now) is None


async def test_an_old_draft_is_none(house: ConsoleRoom) -> None:
    """A week after its last change its address leads nowhere, and the next console destroys it unasked."""
    owner = await house.enter(OWNER)
    page = await owner.post("/new", await owner.get("/new"), account=await house.room.account())
    number = here(page).split("/")[2]
    kept = RequestDrafts(folder=house.room.folder / OWNER, identity=identity(OWNER))
    house.room.pass_time(days=7)
    assert kept.get(number, now=house.room.now().real) is not None
    house.room.pass_time(seconds=1)
    assert kept.get(number, now=house.room.now().real) is None
    assert len(files(house)) == 1
    await house.enter(OWNER)
    assert files(house) == []


async def test_a_draft_leads_to_no_request_of_another_account(house: ConsoleRoom) -> None:
    """Anybody can seal a draft to public keys: what it names as sent is looked at, before it counts."""
    other = await house.room.request(await house.room.account())
    account = await house.room.account()
    preview = await draft(await house.enter(OWNER), account)
    number, now = here(preview).split("/")[2], house.room.now().real
    kept = RequestDrafts(folder=house.room.folder / OWNER, identity=identity(OWNER))
    planted = kept.get(number, now=now)
    assert planted is not None
    kept.put(number, replace(planted, tried=[other]), now=now)
    again = await house.enter(OWNER)
    shown = await again.get(here(preview))
    await again.post(here(preview), shown, digest=shown.hidden("digest"))
    assert [each.terms.account_token == account for each in await house.filed()] == [True, False]


async def test_drafts_end(house: ConsoleRoom) -> None:
    """By discarding, after a week, beyond the twenty newest; a damaged file is no draft."""
    owner = await house.enter(OWNER)
    account, folder = await house.room.account(), house.room.folder / OWNER
    page = await owner.post("/new", await owner.get("/new"), account=account)
    number = here(page).split("/")[2]
    gone = await owner.post(f"/new/{number}/discard", await owner.get("/new"))
    assert (gone.title, files(house)) == ("Which account's record do you need?", [])
    await owner.post("/new", await owner.get("/new"), account=account)
    house.room.pass_time(days=7, seconds=1)
    assert "Unfinished requests" not in (await owner.get("/new")).words
    assert files(house) == []
    kept = RequestDrafts(folder=folder, identity=identity(OWNER))
    now = house.room.now().real
    for each in range(22):
        house.room.pass_time(seconds=1)
        kept.put(f"{each:032x}", RequestDraft({"case": str(each)}), now=house.room.now().real)
    found = [draft.answers["case"] for _, draft in kept.every(now=now)]
    assert found == [str(each) for each in range(21, 1, -1)]
    files(house)[0].write_bytes(b"{}")
    files(house)[1].write_text('{"kept_at": "0001-01-01T00:00:00+14:00", "suite": "", "sealed": ""}')
    again = await house.enter(OWNER)
    assert (await again.get("/new")).words.count("Discard") == 18
