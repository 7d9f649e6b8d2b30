"""What is new since the operator's last visit, and the first page that comes anew while it is open."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Route

from idvault_people.console.operator.last_visit import NAME, LastVisit, Missed, Sight
from idvault_people.console.operator.vault_commands import CommandEnd
from tests.clients.console.operator.test_today import found, red, told
from tests.support.operator_room import OperatorRoom
from tools.support.browser import browsing, pass_until, violations
from tools.support.chamber import OPERATOR

ANEW = re.compile(r"/\?anew=1$")
AWAY = CommandEnd(0, "no JSON", "")
NAMES_ALONE = b'[{"at": "2026-12-01T12:00:00Z", "findings": ["disk"], "month": "", "missed": null}, null]'
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
REPLIES = "tip_offs.reply_missed"


def seen(
    hours: float,
    *findings: str,
    remarks: Sequence[str] = (),
    missed: Missed | None = None,
    month: str = "2026-12",
) -> Sight:
    """Return what was seen so many hours after noon. findings: checks that failed; remarks: that passed."""
    found = {**dict.fromkeys(findings, False), **dict.fromkeys(remarks, True)}
    return Sight(at=NOON + timedelta(hours=hours), findings=found, month=month, missed=missed or {})


def after(path: Path, *sights: Sight) -> LastVisit:
    """Return the visit of a console that starts anew for each sight."""
    for each in sights:
        visit = LastVisit(path=path)
        visit.look(each)
    return visit


def test_the_first_visit_has_nothing_new(tmp_path: Path) -> None:
    """There is nothing to compare with, and a damaged file counts as none."""
    visit = after(tmp_path / NAME, seen(0, "disk"))
    assert (visit.before, visit.is_new("disk", passed=False), visit.new_misses()) == (None, False, {})
    for damage in (b"[", b"[1, 2]", b'[null, {"at": "2026-12-01T12:00:00"}]', b"{}", b"\xff", NAMES_ALONE):
        (tmp_path / NAME).write_bytes(damage)
        assert after(tmp_path / NAME, seen(9, "disk")).before is None, damage


def test_a_visit_ends_after_an_hour(tmp_path: Path) -> None:
    """Within it what is new stays new, also over a restart; the next visit knows it."""
    path = tmp_path / NAME
    visit = after(path, seen(0, "disk"), seen(2, "disk", "log"), seen(2.9, "disk", "log"))
    assert (visit.is_new("log", passed=False), visit.is_new("disk", passed=False)) == (True, False)
    assert visit.before == seen(0, "disk")
    assert not after(path, seen(4, "disk", "log")).is_new("log", passed=False)
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_was_not_known_is_not_forgotten(tmp_path: Path) -> None:
    """While the check of the vault runs, or the deadlines cannot be read, what was seen before counts."""
    unread = Sight(at=NOON + timedelta(hours=2.5))
    missed = {"im": {REPLIES: 2}}
    last = seen(5, "disk", missed=missed)
    visit = after(tmp_path / NAME, seen(2, "disk", missed=missed), unread, last)
    assert (visit.is_new("disk", passed=False), visit.new_misses()) == (False, {})


def test_a_remark_that_fails_now_is_new(tmp_path: Path) -> None:
    """What became worse stands out; what failed and has only a remark now does not."""
    visit = after(tmp_path / NAME, seen(0, "log", remarks=["disk"]), seen(2, "disk", remarks=["log"]))
    assert (visit.is_new("disk", passed=False), visit.is_new("disk", passed=True)) == (True, False)
    assert (visit.is_new("log", passed=True), visit.is_new("log", passed=False)) == (False, False)


def test_a_page_that_came_anew_by_itself_is_no_look(tmp_path: Path) -> None:
    """A tab that is left open tells what is new, and keeps nothing: so the visit ends, and it stays new."""
    visit = after(tmp_path / NAME, seen(0, "disk", missed={"im": {REPLIES: 1}}), seen(2, "disk"))
    for hours in (2.5, 3.5):
        visit.look(seen(hours, "disk", "log", missed={"im": {REPLIES: 3}}), by_itself=True)
        assert (visit.is_new("log", passed=False), visit.new_misses()) == (True, {"im": 2})
    visit.look(seen(3.6, "disk", "log"))
    assert (visit.before, visit.is_new("log", passed=False)) == (seen(2, "disk"), True)


def test_the_first_result_is_what_later_ones_are_compared_with(tmp_path: Path) -> None:
    """Doctor ends after the page is shown: a visit of one look knows it; then looks alone count."""
    path = tmp_path / NAME
    visit = after(path, Sight(at=NOON))
    visit.look(seen(0.1, "disk"), by_itself=True)
    visit.look(seen(0.2, "disk", "log"), by_itself=True)
    visit = after(path, seen(2, "disk", "log"))
    assert (visit.is_new("log", passed=False), visit.is_new("disk", passed=False)) == (True, False)


def test_a_visit_that_cannot_be_kept_goes_on(tmp_path: Path) -> None:
    """In memory it still ends, and what is new is told; once there is room, it is written."""
    folder = tmp_path / "full"
    visit = LastVisit(path=folder / NAME)
    for hours, names in ((0, ("disk",)), (2, ("disk", "log"))):
        visit.look(seen(hours, *names))
        assert not visit.is_kept
    assert visit.is_new("log", passed=False)
    folder.mkdir()
    visit.look(seen(2.1, "disk", "log"))
    assert (visit.is_kept, after(folder / NAME, seen(2.2)).before) == (True, seen(0, "disk"))


@pytest.mark.parametrize(
    ("month", "missed", "new"),
    [
        ("2026-12", {"im": {REPLIES: 2}}, {}),
        ("2026-12", {"im": {REPLIES: 3, "orders.missed": 1}, "a": {REPLIES: 1}}, {"a": 1, "im": 2}),
        ("2027-01", {"im": {REPLIES: 2}}, {"im": 2}),
    ],
)
def test_misses_are_counted_from_the_last_visit(
    tmp_path: Path, month: str, missed: Missed, new: Mapping[str, int]
) -> None:
    """By platform, over all kinds; those of another month are all new."""
    visit = after(tmp_path / NAME, seen(0, missed={"im": {REPLIES: 2}}), seen(3, missed=missed, month=month))
    assert visit.new_misses() == new


async def test_the_first_page_marks_what_is_new(office: OperatorRoom) -> None:
    """A finding and a miss of today; what was there at the last visit has no mark, nor has it other text."""
    office.replaced["doctor"] = found(("disk", True, "free a gigabyte"))
    await told(office, deadlines={"missed": {"im": {REPLIES: 1}}})
    first = await (await office.enter()).get("/")
    assert ("Your last visit" in first.words, "New " in first.words) == (False, False)
    office.ahead = timedelta(hours=3)
    office.replaced["doctor"] = found(("disk", True, "free a gigabyte"), ("log", True, "start the worker"))
    await told(office, deadlines={"missed": {"im": {REPLIES: 1}, "mail": {REPLIES: 2}}})
    page = await (await office.enter()).get("/")
    assert "Your last visit ended at" in page.words
    notes = [each for each in red(page) if " failed:" in each]
    assert [each.startswith("New ") for each in notes] == [False, True]
    assert (
        "New Missed since the month began: im (1), mail (2). Since your last visit: mail (2)." in page.words
    )
    kept = (office.folder / OPERATOR / NAME).read_text("utf-8")
    assert "gigabyte" not in kept, "the words of a finding may name anything"


async def test_a_full_disk_takes_no_page_away(office: OperatorRoom) -> None:
    """The first page is shown, and says that the visit was not kept."""
    visitor = await office.enter()
    assert "could not be kept" not in (await visitor.get("/")).words
    kept = office.folder / OPERATOR / NAME
    kept.unlink()
    kept.mkdir()
    page = await visitor.get("/")
    assert (page.status, "What you see now could not be kept in your folder" in page.words) == (200, True)


async def test_a_tab_that_is_left_open_ends_the_visit(office: OperatorRoom) -> None:
    """The address by which the page comes anew is on it, and asking there is no look."""
    visitor = await office.enter()
    page = await visitor.get("/")
    path = page.text.partition('data-state="')[2].partition('"')[0]
    kept = office.folder / OPERATOR / NAME
    before = kept.read_bytes()
    office.ahead = timedelta(minutes=50)
    assert "data-state" in (await visitor.get(path)).text
    assert kept.read_bytes() == before
    office.ahead = timedelta(minutes=70)
    assert "Your last visit ended at" in (await visitor.get("/")).words


async def test_what_a_run_found_is_not_seen_by_itself(office: OperatorRoom) -> None:
    """The page that comes again while doctor runs is no look: a failure that it shows stays new."""
    office.replaced["doctor"] = found(("disk", True, ""))
    visitor = await office.enter()
    await visitor.get("/")
    kept = office.folder / OPERATOR / NAME
    office.ahead, office.held = timedelta(minutes=5), []
    office.replaced["doctor"] = found(("disk", True, "free a gigabyte"))
    page = await visitor.get("/")
    before = kept.read_bytes()
    await asyncio.to_thread(office.held.pop())
    again = await visitor.get(page.headers["Refresh"].partition("url=")[2])
    assert any("free a gigabyte" in each for each in red(again))
    assert kept.read_bytes() == before


async def test_a_figure_alone_is_no_news(office: OperatorRoom) -> None:
    """Figures change each minute while all is well; what became red is told."""
    office.replaced["doctor"] = found(("disk", True, ""))
    visitor = await office.enter()
    states: Sequence[Mapping[str, object]] = (
        {"queue": {"waiting": {"im": 1}}},
        {"queue": {"waiting": {"im": 2}}},
        {"deadlines": {"overdue": {"appeals": 1}, "open": []}},
    )
    known = []
    for parts in states:
        await told(office, **parts)
        page = await visitor.get("/?fresh=1")
        known.append(page.text.partition('data-known="')[2].partition('"')[0])
    assert (known[0] == known[1], known[1] == known[2]) == (True, False)


def hang(page: Page) -> None:
    """Read the first page while the console takes requests and answers none."""
    held: list[Route] = []
    page.route(ANEW, lambda each: held.append(each))  # noqa: PLW0108 - playwright marks its handlers
    with page.expect_request(ANEW):
        page.clock.run_for(61_000)
    given_up: list[Request] = []
    page.on("requestfailed", lambda each: given_up.append(each))  # noqa: PLW0108 - as above
    page.clock.run_for(59_000)
    assert given_up == [], "a command of the vault may still run"
    pass_until(page, "The console does not answer: what you see may be old.")
    assert (len(held) > 1, len(given_up) > 1) == (True, True)
    page.unroute(ANEW)
    pass_until(page, "what you see may be old", "detached")


def anew(page: Page, office: OperatorRoom, change: CommandEnd) -> None:
    """Read the first page while the state changes, cannot be read, and while nothing answers."""
    page.clock.install()
    page.goto(page.url)
    page.locator("[data-state]").wait_for()
    before = page.evaluate("performance.timeOrigin")
    page.locator("h1").hover()
    office.replaced["overview"] = change
    page.clock.run_for(61_000)
    page.locator("[data-state]").get_by_text("Overdue: Appeals: im (4).").wait_for()
    assert page.locator("[data-news]").inner_text() == "The state has changed since you opened this page."
    assert page.evaluate("performance.timeOrigin") == before, "the page was loaded again"
    assert violations(page) == ""
    held: list[Route] = []
    page.route(ANEW, lambda each: held.append(each))  # noqa: PLW0108 - playwright marks its handlers
    with page.expect_request(ANEW):
        page.clock.run_for(61_000)
    page.clock.run_for(61_000)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert len(held) == 1, "asked again before the answer"
    office.replaced["overview"] = AWAY
    with page.expect_request_finished(lambda each: bool(ANEW.search(each.url))) as first:
        held[0].continue_()
    unread = first.value.response()
    assert unread is not None
    assert unread.status == 503
    page.unroute(ANEW)
    asked = 0

    def count(request: Request) -> None:
        nonlocal asked
        asked += bool(ANEW.search(request.url))

    page.on("request", count)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.clock.run_for(61_000)
    assert asked == 0, "no longer pause after a failure"
    pass_until(page, "The vault's state could not be read: what you see may be old.")
    page.route(ANEW, lambda each: each.abort())
    pass_until(page, "The console does not answer: what you see may be old.")
    page.unroute(ANEW)
    office.replaced["overview"] = change
    pass_until(page, "what you see may be old", "detached")
    hang(page)


@pytest.mark.process
async def test_the_first_page_comes_anew(office: OperatorRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Chromium: what changed is there without a reload; vault and console that are away are told apart."""
    monkeypatch.setattr("idvault_people.console.operator.vault_commands.KEPT", 0.0)
    await office.register("im")
    late = {"platform": "im", "kind": "appeals", "open": 5, "overdue": 4, "first_due_time": NOON.isoformat()}
    await told(office, deadlines={"overdue": {"appeals": 4}, "open": [late]})
    change = office.replaced.pop("overview")
    running = await office.running()

    def look() -> None:
        with browsing() as browser:
            page = browser.new_context(locale="en-GB").new_page()
            page.goto(running.address)
            page.get_by_role("navigation").first.wait_for()
            anew(page, office, change)

    await asyncio.to_thread(look)
