"""The first page: what is broken now is red there, whatever else can be read."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from idvault_client.errors import Unavailable
from idvault_people.console.operator import vault_commands
from idvault_people.console.operator.vault_commands import CommandEnd
from tests.support.console import Seen
from tests.support.operator_room import OperatorRoom


def red(page: Seen) -> list[str]:
    """Return the red notes of a page, as text."""
    return [
        Seen(200, {}, each.partition("</div>")[0]).words
        for each in page.text.split('<div class="note stop">')[1:]
    ]


def found(*checks: tuple[str, bool, str]) -> CommandEnd:
    """Return what doctor tells. checks: name, whether it was made, and the advice of a failed one."""
    lines = [
        json.dumps(
            {"check": name, "passed": not advice, "made": made, "advice": advice or None, "remark": None}
        )
        for name, made, advice in checks
    ]
    return CommandEnd(1, "\n".join(lines), "")


async def told(office: OperatorRoom, **parts: object) -> None:
    """Have the state of the vault with other parts."""
    end = await asyncio.to_thread(office.run, ["--json", "overview"])
    state = json.loads(end.out)
    for name, values in parts.items():
        state[name] = {**state[name], **values}  # type: ignore[dict-item]
    office.replaced["overview"] = CommandEnd(0, json.dumps(state), "")


def ago(**length: float) -> str:
    """Return a time of the past, as the vault tells it."""
    return (datetime.now(UTC) - timedelta(**length)).isoformat()


async def test_what_the_check_found_is_red_at_the_first_visit(office: OperatorRoom) -> None:
    """Nobody has to ask for it; what has one cause is one note, and a check that was not made is none."""
    away = "the registry does not answer"
    office.replaced["doctor"] = found(
        ("registry", True, away),
        ("registry-clock", True, away),
        ("log", False, "mend disk"),
        ("disk", True, ""),
    )
    page = await (await office.enter()).get("/")
    assert [each for each in red(page) if " failed:" in each] == [
        f"Registry of persons, Clock of the registry failed: {away} Check of the vault"
    ]
    assert "Failed checks of the vault, just now 2" in page.words


async def test_asking_again_keeps_what_was_found(office: OperatorRoom) -> None:
    """Until the next run has ended the red stays, marked as old; then it is what that run found."""
    office.replaced["doctor"] = found(("disk", True, "free a gigabyte"))
    visitor = await office.enter()
    await visitor.get("/")
    office.held = []
    office.replaced["doctor"] = found(("disk", True, ""))
    for path in ("/?fresh=1", "/"):
        page = await visitor.get(path)
        assert any("free a gigabyte" in each for each in red(page)), path
    assert page.headers["Refresh"] == "4; url=/?anew=1"
    check = await visitor.get("/doctor")
    assert "Found just now, older than your last change: not checked again yet." in check.words
    assert "The check is running;" in check.words
    assert "free a gigabyte" in check.words
    assert len(office.held) == 1
    await asyncio.to_thread(office.held.pop())
    page = await visitor.get("/")
    assert not any("free a gigabyte" in each for each in red(page))
    assert "Refresh" not in page.headers


async def test_no_page_waits_for_the_check(office: OperatorRoom) -> None:
    """While the first run is under way, pages say so; its result is renewed after five minutes."""
    office.held = []
    visitor = await office.enter()
    assert "Failed checks of the vault running" in (await visitor.get("/")).words
    page = await visitor.get("/doctor")
    assert (page.status, "The check is running;" in page.words, "Found" in page.words) == (200, True, False)
    await asyncio.to_thread(office.held.pop())
    office.ahead = timedelta(minutes=4)
    assert "Failed checks of the vault, 4 min ago" in (await visitor.get("/")).words
    assert office.held == []
    office.ahead = timedelta(minutes=5)
    await visitor.get("/")
    assert len(office.held) == 1


async def test_a_check_that_did_not_end_is_told(office: OperatorRoom) -> None:
    """Its figure is not known, and the reason is shown on both pages."""
    office.replaced["doctor"] = CommandEnd(2, "", "IDVAULT_KEYS is missing")
    visitor = await office.enter()
    for path in ("/", "/doctor"):
        page = await visitor.get(path)
        assert (
            "The last check of the vault did not end. Technical details IDVAULT_KEYS is missing" in page.words
        ), path


async def test_a_kind_of_a_newer_vault_takes_no_page_away(office: OperatorRoom) -> None:
    """A deadline that this console has no word for has its own name."""
    await office.register("im")
    late = {"platform": "im", "kind": "oaths", "open": 5, "overdue": 4, "first_due_time": ago(hours=1)}
    await told(office, deadlines={"overdue": {"oaths": 4}, "open": [late]})
    visitor = await office.enter()
    for path, text in (
        ("/", "Overdue: oaths: im (4)."),
        ("/", "im oaths 5 4"),
        ("/deadlines", "oaths 5 4"),
        ("/platforms/im", "oaths 5 4"),
    ):
        page = await visitor.get(path)
        assert (page.status, text in page.words) == (200, True), (path, page.words)


@pytest.mark.parametrize(
    ("part", "values", "text"),
    [
        ("log", {"waiting": 5, "waiting_since": ago(seconds=67)}, "the vault refuses every change"),
        ("log", {"uncovered_since": ago(minutes=4)}, "a checkpoint with enough cosignatures since"),
        ("queue", {"oldest_time": ago(minutes=61)}, "Claims have waited for the registry since"),
    ],
)
async def test_what_waits_for_too_long_is_red(
    office: OperatorRoom, part: str, values: dict[str, object], text: str
) -> None:
    """Entries for the log and for witnesses, claims for the registry: not only a black figure."""
    await office.register("im")
    await told(office, **{part: values})
    page = await (await office.enter()).get("/")
    assert [text in each for each in red(page)].count(True) == 1


async def test_what_waits_a_moment_is_not_red(office: OperatorRoom) -> None:
    """A log, a witness and a queue at work."""
    await office.register("im")
    log = {"waiting": 5, "waiting_since": ago(seconds=5), "uncovered_since": ago(seconds=5)}
    await told(office, log=log, queue={"oldest_time": ago(minutes=5)})
    page = await (await office.enter()).get("/")
    assert not any("since" in each for each in red(page))


async def test_an_edge_that_does_not_answer_is_red(office: OperatorRoom) -> None:
    """On the first page and on the log's, in the words of an operator and not of an end user."""

    def lose(_method: str, _found: object) -> object:
        raise Unavailable(None, "UNAVAILABLE")

    await office.register("im")
    office.edge.tamper = lose  # type: ignore[assignment]
    visitor = await office.enter()
    for path in ("/", "/log"):
        page = await visitor.get(path)
        assert any("The custody edge does not answer" in each for each in red(page)), path
    assert "Please try again later" not in page.words


async def test_a_silent_edge_is_not_asked_at_each_visit(office: OperatorRoom) -> None:
    """The first page tells for some seconds what it found, until somebody asks anew."""

    def lose(_method: str, _found: object) -> object:
        raise Unavailable(None, "UNAVAILABLE")

    await office.register("im")
    office.edge.tamper = lose  # type: ignore[assignment]
    visitor = await office.enter()
    for path, kept, count in (("/", 3600.0, 1), ("/", 3600.0, 1), ("/?fresh=1", 3600.0, 2), ("/", 0.0, 3)):
        office.patch.setattr(vault_commands, "KEPT", kept)
        page = await visitor.get(path)
        assert any("The custody edge does not answer" in each for each in red(page))
        asked = [name for name, _ in office.edge.calls if name.endswith("GetCheckpoint")]
        assert len(asked) == count, path


async def test_a_witness_behind_is_not_green(office: OperatorRoom) -> None:
    """As soon as an entry has waited for a minute, whatever was cosigned before."""
    await office.register("im")
    visitor = await office.enter()
    await told(office, log={"uncovered_since": ago(minutes=3)})
    page = await visitor.get("/log?fresh=1")
    assert "behind since" in page.words
    assert "within ten minutes" not in page.words


async def test_a_finding_has_its_section_under_it(office: OperatorRoom) -> None:
    """Once for one outage, folded and in English; a registry that is away is no clock that is wrong."""
    away = "the registry does not answer: check IDVAULT_REGISTRY_CHECK_URL"
    office.replaced["doctor"] = found(("registry", True, away), ("registry-clock", True, away))
    page = await (await office.enter(**{"Accept-Language": "zh"})).get("/doctor")
    assert page.words.count(away) == 1
    assert "个人登记系统、登记系统的时钟" in page.words
    assert "IdvaultClockDoubted" not in page.words
    assert '<span lang="en">More than half of the calls of a provider get no answer' in page.text


async def test_a_worker_that_does_not_answer_is_red(office: OperatorRoom) -> None:
    """So is one that is not ready, with its reason; one that is ready has its version and start."""
    visitor = await office.enter()
    page = await visitor.get("/storage")
    for text in ("State ready", "Its version 9.8.7", "Runs since 1 Dec 2025, 22:40 UTC+8"):
        assert text in page.words
    assert not any("of these settings" in each for each in red(await visitor.get("/")))
    await told(office, process={"not_ready": ["log: entries wait"]})
    page = await visitor.get("/?fresh=1")
    assert any("is not ready. Technical details log: entries wait" in each for each in red(page))
    office.replaced.clear()
    await told(office, process={"answers": False})
    assert any("does not answer at 127.0.0.1:" in each for each in red(await visitor.get("/?fresh=1")))
    assert "State does not answer" in (await visitor.get("/storage")).words
