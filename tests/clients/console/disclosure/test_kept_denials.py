"""The reason of a denial survives a console that is killed, and only the custodian's keys open it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from google.protobuf.message import Message

from idvault_client.errors import Unavailable
from idvault_people.disclosure.denial_draft import DenialDrafts
from idvault_people.disclosure.sealed_draft import FOLDER
from tests.support.console import Visitor
from tests.support.console_room import ConsoleRoom
from tools.support.chamber import CUSTODIANS, identity

A, B, _ = CUSTODIANS
REASON = "依据不足 (synthetic)"
UNSENT = "Denial not sent"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def files(house: ConsoleRoom) -> list[Path]:
    """Return the files of drafts of the custodian."""
    return sorted((house.room.folder / A / FOLDER).glob("*"))


async def waiting(house: ConsoleRoom) -> tuple[Visitor, str]:
    """File a request; return a custodian's browser, and the form that denies it once it verifies."""
    disclosure_id = await house.room.request(await house.room.account())
    await house.pending(A, disclosure_id)
    return await house.enter(A), f"/requests/{disclosure_id}/deny"


async def test_a_reason_is_kept_for_later(house: ConsoleRoom) -> None:
    """Another process has it, and says which request it is of; nothing was signed until it is sent."""
    owner, path = await waiting(house)
    kept = await owner.post(path, await owner.get(path), reason=REASON, step="keep")
    assert ("Nothing was signed or sent." in kept.words, REASON in kept.text) == (True, True)
    [case] = await house.filed()
    assert not case.decisions
    # A new console has nothing of the memory of the first one, as after kill -9.
    again = await house.enter(A)
    listed = await again.get("/")
    assert UNSENT in listed.words
    form = await again.get(path)
    assert (REASON in form.text, "Nothing was signed or sent." in form.words) == (True, False)
    done = await again.post(path, form, reason=REASON)
    assert ("You denied it." in done.words, files(house)) == (True, [])
    [case] = await house.filed()
    assert [each.reason for each in case.decisions] == [REASON]


async def test_a_reason_survives_a_vault_that_does_not_answer(house: ConsoleRoom) -> None:
    """It is on the disk before the vault is asked, so neither the failure nor a kill takes it."""
    owner, path = await waiting(house)
    form = await owner.get(path)

    def lose(_method: str, _answer: Message) -> Message:
        raise Unavailable(None, "UNAVAILABLE")

    house.edge(A).tamper = lose
    assert (await owner.post(path, form, reason=REASON)).status == 503
    house.edge(A).tamper = lambda _method, answer: answer
    assert REASON in (await (await house.enter(A)).get(path)).text


async def test_an_empty_reason_and_an_approval_end_the_draft(house: ConsoleRoom) -> None:
    """A long one is refused and not kept; so is none at all."""
    owner, path = await waiting(house)
    await owner.post(path, await owner.get(path), reason=REASON, step="keep")
    long = await owner.post(path, await owner.get(path), reason="x" * 501, step="keep")
    assert (long.status, REASON in (await owner.get(path)).text) == (422, True)
    emptied = await owner.post(path, await owner.get(path), reason=" ", step="keep")
    assert ("Nothing was signed" in emptied.words, files(house)) == (False, [])
    await owner.post(path, await owner.get(path), reason=REASON, step="keep")
    approval = path.replace("/deny", "/approve")
    await owner.post(approval, await owner.get(approval), code=house.room.codes.code())
    assert files(house) == []


async def test_only_its_custodian_reads_it_for_a_week(house: ConsoleRoom) -> None:
    """Nothing is in clear on the disk, other keys open nothing, and the next console destroys an old one."""
    owner, path = await waiting(house)
    await owner.post(path, await owner.get(path), reason=REASON, step="keep")
    [file] = files(house)
    assert (file.stat().st_mode & 0o777, REASON.encode() in file.read_bytes()) == (0o600, False)
    disclosure_id, folder, now = path.split("/")[2], house.room.folder / A, house.room.now().real
    mine = DenialDrafts(folder=folder, identity=identity(A))
    assert mine.get(disclosure_id, now=now) == REASON
    assert DenialDrafts(folder=folder, identity=identity(B)).get(disclosure_id, now=now) == ""
    assert mine.get("../keys", now=now) == ""
    house.room.pass_time(days=7, seconds=1)
    assert mine.get(disclosure_id, now=house.room.now().real) == ""
    await house.enter(A)
    assert files(house) == []


def lose(house: ConsoleRoom) -> None:
    """Let a denial arrive and its answer be lost."""

    def lost(method: str, answer: Message) -> Message:
        if method.endswith("DenyDisclosure"):
            raise Unavailable(None, "UNAVAILABLE")
        return answer

    house.edge(A).tamper = lost


async def test_a_denial_that_arrived_leaves_no_draft(house: ConsoleRoom) -> None:
    """Its answer was lost: whoever sends it again is told that nothing waits, and the reason is destroyed."""
    owner, path = await waiting(house)
    form = await owner.get(path)
    lose(house)
    assert ((await owner.post(path, form, reason=REASON)).status, len(files(house))) == (503, 1)
    house.edge(A).tamper = lambda _method, answer: answer
    again = await owner.post(path, form, reason=REASON)
    assert (again.status, files(house)) == (409, [])
    [case] = await house.filed()
    assert [each.reason for each in case.decisions] == [REASON]


async def test_the_list_ends_the_drafts_of_what_was_decided(house: ConsoleRoom) -> None:
    """Elsewhere, or by a call whose answer was lost; the reason for a request that waits stays."""
    owner, path = await waiting(house)
    _, other = await waiting(house)
    for each in (path, other):
        await owner.post(each, await owner.get(each), reason=REASON, step="keep")
    lose(house)
    assert (await owner.post(path, await owner.get(path), reason=REASON)).status == 503
    house.edge(A).tamper = lambda _method, answer: answer
    assert len(files(house)) == 2
    await owner.get("/")
    assert [each.stem for each in files(house)] == [other.split("/")[2]]


async def test_a_folder_that_is_full_takes_no_denial_away(house: ConsoleRoom) -> None:
    """Only what was to be kept for later is told not to be; the text stays in the form, and is sent."""
    owner, path = await waiting(house)
    # No file can be written below it, whoever runs this.
    (house.room.folder / A / FOLDER).write_bytes(b"")
    kept = await owner.post(path, await owner.get(path), reason=REASON, step="keep")
    told = ("Your reason was not kept: your folder cannot be written to." in kept.words, REASON in kept.text)
    assert (kept.status, *told) == (422, True, True)
    done = await owner.post(path, kept, reason=REASON)
    assert "You denied it." in done.words
    [case] = await house.filed()
    assert [each.reason for each in case.decisions] == [REASON]


def test_no_number_of_reasons_ends_one(tmp_path: Path) -> None:
    """Each is of a request that waits: only its decision and the week do."""
    kept = DenialDrafts(folder=tmp_path, identity=identity(A))
    ids = [f"{each:032x}" for each in range(22)]
    for each in ids:
        kept.put(each, REASON, now=NOW)
    assert [kept.get(each, now=NOW) for each in ids] == [REASON] * 22


def test_what_waits_no_more_is_destroyed_unopened(tmp_path: Path) -> None:
    """By its name: also what these keys do not open, and what is a week old; one that waits stays."""
    mine, theirs = (DenialDrafts(folder=tmp_path, identity=identity(each)) for each in (A, B))
    gone, stays, old = (f"{each:032x}" for each in range(3))
    theirs.put(gone, REASON, now=NOW)
    mine.put(stays, REASON, now=NOW)
    mine.put(old, REASON, now=NOW - timedelta(days=7, seconds=1))
    mine.destroy_others({stays, old}, now=NOW)
    assert [each.stem for each in (tmp_path / FOLDER).iterdir()] == [stays]


async def test_a_second_tab_keeps_no_reason_for_what_is_decided(house: ConsoleRoom) -> None:
    """It is led to the decision, whether it sends or keeps."""
    owner, path = await waiting(house)
    tabs = [await owner.get(path) for _ in range(3)]
    await owner.post(path, tabs[0], reason=REASON)
    for tab, step in ((tabs[1], "keep"), (tabs[2], "")):
        led = await owner.post(path, tab, reason=REASON, step=step)
        assert ("You denied it." in led.words, files(house)) == (True, [])
