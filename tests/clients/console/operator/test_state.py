"""The pages of roster, log, queue, deadlines, check, host and keys, over the vault's own commands."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idvault.core.act import SYSTEM
from idvault.core.check import AilmentError, Check
from idvault.key.acts import version as version_acts
from idvault.platform import acts as platform_acts
from idvault.processes.bootstrap import overview
from idvault.processes.bootstrap.checks import asked
from idvault.registry import store as registry_store
from idvault.sealing.key_version import HeldKey
from idvault_client.errors import Unavailable
from idvault_people.console.operator import findings
from idvault_people.console.operator.checks import SECTIONS
from idvault_people.console.operator.vault_commands import CommandEnd, CommandsAwayError
from idvault_verify.attest.people import roster as rosters
from idvault_verify.v1 import roster_pb2, transparency_pb2
from tests.support.operator_room import OperatorRoom
from tools.support import people
from tools.support.chamber import CUSTODIANS, OPERATOR, identity
from tools.support.generate import runbook

RUNBOOK = Path(__file__).resolve().parents[4] / "docs" / "runbook.md"
AWAY = CommandEnd(0, "no JSON", "")


async def test_the_roster_with_its_drills(office: OperatorRoom) -> None:
    """Members as this machine has verified them, drills as the vault counts them, and last days of copies."""
    visitor = await office.enter()
    page = await visitor.get("/members")
    assert (page.status, page.words.count("none recorded")) == (200, 3)
    for name in (*CUSTODIANS, "auditor-a", "operator-a"):
        assert name in page.words
    assert "2 of 3" in page.words
    await office.drilled()
    assert "first one due in 90 days" in (await visitor.get("/members?fresh=1")).words
    due = datetime.now(UTC) - timedelta(days=91)
    drill = {"custodian": "custodian-b", "pass_time": None, "due_time": due.isoformat(), "overdue": True}
    told = json.dumps({"drills": [drill]})
    office.replaced["overview"] = CommandEnd(0, told, "")
    late = await visitor.get("/members?fresh=1")
    assert "The drill of custodian-b is overdue." in late.words
    assert "Overdue drills" in (await visitor.get("/")).words


async def test_proposals_are_named_with_who_has_signed(office: OperatorRoom) -> None:
    """What waits for signatures; without the vault's commands and without the edge, the rest is shown."""
    current = office.room.rosters.current
    following = rosters.Roster(2, False, current.people, current.quorums, current.witness)
    proposed = people.signed(following, CUSTODIANS[0])
    answer = roster_pb2.Roster(
        version=1,
        file=current.to_bytes(),
        newest_version=1,
        proposals=[roster_pb2.RosterProposal(version=2, file=proposed.to_bytes())],
    )
    visitor = await office.enter()
    assert "No version waits for signatures." in (await visitor.get("/members")).words
    office.edge.tamper = lambda method, found: answer if method.endswith("GetRoster") else found
    page = await visitor.get("/members")
    assert f'<code class="copy">{proposed.digest()[:16]}</code>' in page.text
    assert re.search(rf"{proposed.digest()[:16]} .*{CUSTODIANS[0]}", page.words)

    def lose(_method: str, _found: object) -> object:
        raise Unavailable(None, "UNAVAILABLE")

    office.edge.tamper = lose  # type: ignore[assignment]
    office.replaced["overview"] = AWAY
    alone = await visitor.get("/members?fresh=1")
    assert (alone.status, "The custody edge does not answer" in alone.words) == (200, True)
    assert "cannot be run from here" in alone.words
    assert CUSTODIANS[0] in alone.words


async def test_what_was_not_read_is_no_good_news(office: OperatorRoom) -> None:
    """No figure is 0, and no list is called empty, because a part of the state could not be read."""
    visitor = await office.enter()
    told = json.dumps({name: {"problem": "permission denied"} for name in overview.NAMES})
    office.replaced["overview"] = CommandEnd(0, told, "")
    today = await visitor.get("/")
    for figure in (
        *("Certificates that end within 14 days", "Verifications this month", "Overdue decisions"),
        *(
            "Claims that wait for the registry",
            "Entries that wait for the log or its witnesses",
            "Overdue drills",
        ),
    ):
        assert f"{figure} not read" in today.words
    for path, *good_news in (
        ("/platforms", "No platform is registered yet"),
        ("/queue", "Nothing waits for the registry.", "No call is held back."),
        ("/deadlines", "No platform has missed a deadline"),
        ("/members", "none recorded"),
        ("/storage", "These settings name no"),
        ("/keys", "There are none yet."),
    ):
        page = await visitor.get(path)
        assert (page.status, "permission denied" in page.words) == (200, True), path
        assert [text for text in good_news if text in page.words] == []
    office.replaced["overview"] = AWAY
    assert "none recorded" not in (await visitor.get("/members?fresh=1")).words


async def test_the_figures_of_a_platform_that_were_not_read(office: OperatorRoom) -> None:
    """Neither 0 calls nor "none" stands where usage, queue and hosted pages could not be read."""
    await office.register("im")
    end = await asyncio.to_thread(office.run, ["--json", "overview"])
    parts = {name: {"problem": "permission denied"} for name in ("usage", "queue", "pages")}
    office.replaced["overview"] = CommandEnd(0, json.dumps({**json.loads(end.out), **parts}), "")
    visitor = await office.enter()
    page = await visitor.get("/platforms/im")
    for row in (
        "Title on the hosted pages",
        "Calls this month",
        "Accounts at the last hourly count",
        "Waiting for the registry",
    ):
        assert f"{row} not read" in page.words
    assert (await visitor.get("/platforms")).words.count("not read") == 2


async def test_the_log_is_verified_here(office: OperatorRoom) -> None:
    """The newest checkpoint with its witnesses; of a forged one a red note, beside the vault's word."""
    await office.register("im")
    visitor = await office.enter()
    page = await visitor.get("/log")
    assert "This machine has verified the newest checkpoint" in page.words
    assert "witness.example/w1" in page.words
    assert "within ten minutes" in page.words
    assert "1 of 1" in page.words
    office.edge.tamper = lambda method, found: (
        transparency_pb2.Checkpoint(note=b"forged") if method.endswith("GetCheckpoint") else found
    )
    forged = await visitor.get("/log")
    assert (forged.status, "The public log does not verify." in forged.words) == (200, True)
    assert "This machine has verified" not in forged.words
    office.replaced["overview"] = AWAY
    assert "cannot be run from here" in (await visitor.get("/log?fresh=1")).words


async def test_witnesses_that_are_away_are_told_first(office: OperatorRoom) -> None:
    """Above what was verified of the others, with a row, a red tile, and no green badge beside the lag."""
    await office.register("im")
    visitor = await office.enter()
    since = datetime.now(UTC) - timedelta(minutes=5)
    head: dict[str, object] = {
        "entries": 66,
        "checkpoint_entries": 40,
        "waiting": 1,
        "waiting_since": None,
        "demanded": 1,
    }
    seen = [{"name": "witness.example/w1", "cosign_time": since.isoformat()}]
    told = {
        **head,
        "sequence_time": since.isoformat(),
        "witnesses": seen,
        "uncovered_since": since.isoformat(),
    }
    office.replaced["overview"] = CommandEnd(0, json.dumps({"log": told}), "")
    page = await visitor.get("/log?fresh=1")
    assert page.words.index("Entries have waited for a checkpoint") < page.words.index("This machine has")
    assert re.search(r"Entries without enough cosignatures 26, since \d", page.words)
    assert re.search(r"log or its witnesses 27\b", (await visitor.get("/")).words)
    soon = {**told, "uncovered_since": (since + timedelta(minutes=4)).isoformat()}
    office.replaced["overview"] = CommandEnd(0, json.dumps({"log": soon}), "")
    page = await visitor.get("/log?fresh=1")
    assert ("newer entries wait" in page.words, "within ten minutes" in page.words) == (True, False)
    assert "Entries have waited for a checkpoint" not in page.words


async def test_a_host_that_does_not_answer(office: OperatorRoom) -> None:
    """A page that was only read says so, and leads to what is known without the host."""
    visitor = await office.enter()

    asked: list[object] = []

    def away(arguments: object) -> CommandEnd:
        asked.append(arguments)
        raise CommandsAwayError("Connection refused", "ssh vault.example idvault-work", is_silent=True)

    office.run = away  # type: ignore[method-assign]
    visitor = await office.enter()
    page = await visitor.get("/storage?fresh=1")
    assert (page.status, page.title) == (503, "The vault's host does not answer")
    assert "did not run its command: ssh vault.example idvault-work" in page.words
    assert "--vault" not in page.words
    assert [
        link in page.text for link in ('href="/storage?fresh=1">Try again', 'href="/log"', 'href="/members"')
    ] == [*(True, True, True)]
    assert "did not run its command" in (await visitor.get("/log")).words
    assert len(asked) == 1, "the next page waited for the host, too"
    await visitor.get("/storage?fresh=1")
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("", "Start the console with --vault"),
        ("ssh vault.example idvault-work", "See whether the program is there and may be run"),
    ],
)
async def test_commands_that_do_not_run(office: OperatorRoom, command: str, text: str) -> None:
    """No host is blamed that was not asked, nor one that has answered: a program was not found."""
    visitor = await office.enter()

    def away(_arguments: object) -> CommandEnd:
        raise CommandsAwayError("command not found", command)

    office.run = away  # type: ignore[assignment]
    visitor = await office.enter()
    page = await visitor.get("/storage?fresh=1")
    assert (page.status, page.title) == (503, "The vault's commands cannot be run")
    assert (text in page.words, "See whether it answers" in page.words) == (True, False)


async def test_entries_that_wait_are_counted(office: OperatorRoom) -> None:
    """What has no place in the log yet, on the log's page and on the first one."""
    visitor = await office.enter()
    issued = office.issue("im")
    room = office.room
    await platform_acts.register(room.vault, SYSTEM, room.now(), name="im", role="platform", spki=issued.spki)
    page = await visitor.get("/log")
    assert re.search(r"Entries that wait for a place 1\b", page.words)
    assert "Waiting since" in page.words
    assert re.search(r"Entries that wait for the log or its witnesses 1\b", (await visitor.get("/")).words)


async def test_the_queue_by_platform_and_what_holds_it(office: OperatorRoom) -> None:
    """Claims that wait by platform, the oldest, and a ban of the registry with its end."""
    visitor = await office.enter()
    assert "Nothing waits for the registry." in (await visitor.get("/queue")).words
    await office.room.world.job()
    await registry_store.pause(office.room.main, "nppa/check", until=datetime.now(UTC) + timedelta(minutes=1))
    page = await visitor.get("/queue?fresh=1")
    assert re.search(r"Claims that wait 1\b", page.words)
    assert "The oldest since" in page.words
    assert "Held back until (nppa/check)" in page.words
    assert "No call is held back." not in page.words


async def test_what_is_overdue_and_who_missed_it(office: OperatorRoom) -> None:
    """Kinds with their counts; misses of this month by platform, with the words of the report."""
    visitor = await office.enter()
    assert "No platform has missed a deadline this month." in (await visitor.get("/deadlines")).words
    told = (
        '{"vault": {"time_zone": "Asia/Shanghai"}, "deadlines": {"overdue": {"reports": 3, "appeals": 0}, '
        '"time": "2026-12-01T01:00:00+00:00", "open": [{"platform": "im", "kind": "reports", "open": 5, '
        '"overdue": 2, "first_due_time": "2026-11-30T01:00:00+00:00"}, {"platform": "mail", "kind": '
        '"reports", "open": 1, "overdue": 1, "first_due_time": "2026-12-01T00:00:00+00:00"}, {"platform": '
        '"im", "kind": "appeals", "open": 1, "overdue": 0, "first_due_time": "2026-12-03T01:00:00+00:00"}], '
        '"erasures_due_since": "2026-12-01T00:00:00+00:00", "month": "2026-12", '
        '"missed": {"im": {"tip_offs.reply_missed": 2}, "": {"unknown.figure": 1}}}}'
    )
    office.replaced["overview"] = CommandEnd(0, told, "")
    page = await visitor.get("/deadlines?fresh=1")
    for text in (
        "Replies to reports 6 3",
        "Appeals 1 0",
        "of no named platform",
        "unknown.figure",
        "Missed in December 2026",
    ):
        assert text in page.words, text
    assert "A step of an erasure was due at 1 Dec 2026, 08:00 UTC+8" in page.words
    rows = [
        "im Replies to reports 5 2 30 Nov 2026, 09:00 UTC+8",
        "mail Replies to reports 1 1 1 Dec 2026, 08:00 UTC+8",
        "im Appeals 1 0 3 Dec 2026, 09:00 UTC+8 2 days left",
    ]
    today = await visitor.get("/")
    for each in (page, today):
        places = [each.words.index(row) for row in rows]
        assert places == sorted(places), "the earliest deadline is the first one"
    assert 'href="/platforms/im"' in page.text
    assert "Overdue: Replies to reports: im (2), mail (1)." in today.words
    assert "Missed since the month began: of no named platform (1), im (2)." in today.words
    assert (
        "3 Overdue decisions" in (await visitor.get("/")).words
        or "Overdue decisions 3" in (await visitor.get("/")).words
    )


async def test_what_is_open_at_a_vault_of_another_version(office: OperatorRoom) -> None:
    """It told only totals: they are shown, and nothing says that nothing is open."""
    await office.register("im")
    end = await asyncio.to_thread(office.run, ["--json", "overview"])
    state = json.loads(end.out)
    state["deadlines"]["overdue"]["reports"] = 1_203
    del state["deadlines"]["open"]
    office.replaced["overview"] = CommandEnd(0, json.dumps(state), "")
    visitor = await office.enter()
    for path in ("/", "/deadlines", "/platforms/im"):
        page = await visitor.get(path)
        assert "Not read: what is open, and until when." in page.words, path
        assert "Nothing is open." not in page.words, path
    assert "Overdue: Replies to reports: 1,203." in (await visitor.get("/")).words
    assert "Replies to reports not read 1,203" in (await visitor.get("/deadlines")).words


@pytest.mark.parametrize(("minutes", "is_late"), [(4, False), (6, True)])
async def test_steps_of_erasures_are_the_workers(office: OperatorRoom, minutes: int, is_late: bool) -> None:
    """No platform owes them: they are in no table until one is due for longer than the worker takes."""
    await office.register("im")
    end = await asyncio.to_thread(office.run, ["--json", "overview"])
    state, due = json.loads(end.out), datetime(2026, 12, 1, tzinfo=UTC)
    step = {"platform": "im", "kind": "erasures", "first_due_time": due.isoformat()}
    state["deadlines"] |= {
        "time": (due + timedelta(minutes=minutes)).isoformat(),
        "open": [{**step, "open": 2, "overdue": 1}, {**step, "platform": "mail", "open": 1, "overdue": 0}],
        "erasures_due_since": due.isoformat(),
    }
    office.replaced["overview"] = CommandEnd(0, json.dumps(state), "")
    visitor = await office.enter()
    for path in ("/", "/deadlines", "/platforms/im"):
        page = await visitor.get(path)
        assert ("Steps of erasures, which the worker takes 2 1" in page.words) is is_late, path
        assert "mail Steps of erasures" not in page.words, path
    assert ("A step of an erasure was due at" in (await visitor.get("/deadlines")).words) is is_late


async def test_own_fingerprints_can_be_copied(office: OperatorRoom) -> None:
    """Each has the button that the pages of auditors and custodians have."""
    page = await (await office.enter()).get("/own")
    own = identity(OPERATOR).member(spki="").fingerprints()
    wanted = [own["signing key"], own["sealing key"]]
    assert re.findall(r'<code class="copy">([^<]*)</code>', page.text) == wanted


async def test_findings_have_their_section(office: OperatorRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed first, then remarks, in the doctor's own words; the rest is folded and counted."""

    async def ill() -> None:
        raise AilmentError("free a gigabyte")

    async def told() -> str:
        return "accounts are overdue at im (2)"

    async def well() -> None:
        return None

    later = Check("log", well, needs="disk")
    checks = [
        Check("records", well),
        Check("disavowals", told),
        Check("disk", ill),
        Check("registry", ill),
        later,
    ]
    monkeypatch.setattr(asked, "by_operator", lambda _deployment: checks)
    visitor = await office.enter()
    page = await visitor.get("/doctor")
    order = [page.words.index(each) for each in ("free a gigabyte", "accounts are overdue at im (2)")]
    assert order == sorted(order)
    for section in ("IdvaultDiskFull", "IdvaultDisavowalsOverdue", "IdvaultRegistryAway"):
        assert section in page.words
    assert "Passed checks: 1" in page.words
    assert '<span lang="en">free a gigabyte</span>' in page.text
    assert re.search(r"Places in the log Not made: not checked: mend disk first", page.words)
    assert re.search(r"Failed checks of the vault, just now 2\b", (await visitor.get("/")).words)
    assert "The last check of the registry failed." in (await visitor.get("/queue")).words


def test_every_check_has_a_section_of_the_runbook() -> None:
    """Each name of a check leads to a heading that is there."""
    headings = set(re.findall(r"^### (\w+)$", RUNBOOK.read_text("utf-8"), re.M))
    assert set(SECTIONS.values()) <= headings
    assert findings.runbook() == runbook.sections(RUNBOOK.read_text("utf-8"))
    assert all(findings.runbook()[each] for each in SECTIONS.values())


async def test_every_check_of_the_doctor_is_known(office: OperatorRoom) -> None:
    """Those that this vault's doctor makes have their section."""
    end = await asyncio.to_thread(office.run, ["--json", "doctor"])
    names = set(re.findall(r'"check": "([a-z-]+)"', end.out))
    assert len(names) > 10
    assert names <= {*SECTIONS}


async def test_databases_backups_and_certificates(office: OperatorRoom) -> None:
    """Schemas that fit, a backup that is missing, then both; what cannot be read stands out."""
    visitor = await office.enter()
    page = await visitor.get("/storage")
    assert page.words.count("fits") == 2
    assert page.words.count("no backup yet") == 2
    none = "There is no backup of Main database, Database of the shred keys in the folder of backups"
    assert none in (await visitor.get("/")).words
    office.back_up("main")
    assert (await visitor.get("/storage?fresh=1")).words.count("no backup yet") == 1
    today = await visitor.get("/")
    assert "There is no backup of Database of the shred keys in the folder" in today.words
    assert re.search(r"Age of the newest backups no backup yet", today.words)
    office.back_up()
    assert (await visitor.get("/storage?fresh=1")).words.count("within three hours") == 2
    today = await visitor.get("/")
    assert re.search(r"Age of the newest backups 0 h", today.words)
    assert "backup of" not in today.words
    office.ahead = timedelta(hours=4)
    assert (await visitor.get("/storage")).words.count("older than three hours") == 2
    old = "The newest backup of Main database, Database of the shred keys is older than three hours"
    assert old in (await visitor.get("/")).words
    told = (
        '{"databases": [{"database": "main", "version": "0044", "needed": "0045", "usable": false, '
        '"to_contract": []}, {"database": "shred", "version": "7", "needed": "7", "usable": true, '
        '"to_contract": ["8"]}], "certificates": [{"setting": "IDVAULT_TLS_CA", "end_time": null}]}'
    )
    office.replaced["overview"] = CommandEnd(0, told, "")
    page = await visitor.get("/storage?fresh=1")
    for text in ("does not fit", "a step waits", "cannot be read"):
        assert text in page.words


async def test_versions_of_keys(office: OperatorRoom) -> None:
    """Announced versions with their state; without a key file among the settings, why it was not read."""
    office.room.pass_time(hours=-2)
    for version in (0, 1):
        held, now = HeldKey("index", version, bytes(8)), office.room.now()
        await version_acts.announce(office.room.vault, SYSTEM, now, held)
        office.room.pass_time(hours=2)
    visitor = await office.enter()
    page = await visitor.get("/keys")
    assert "announced, used an hour later" in page.words
    assert "in use" in page.words
    assert "IDVAULT_KEYS is missing" in page.words
    listed = (
        '{"purpose": "log", "version": "0", "primary": true, "check": "aa bb"}\n'
        '{"purpose": "index", "version": "1", "primary": true, "check": "cc dd", "stored": 1200}\n'
    )
    office.replaced["keys"] = CommandEnd(0, listed, "")
    found = await visitor.get("/keys?fresh=1")
    for text in ("aa bb", "1,200", "not counted"):
        assert text in found.words
