"""How much waits in each queue, beside the menu: from the overview, then one queue with each page."""

from datetime import UTC, datetime, timedelta

from idvault_client.errors import DeadlineExceeded
from idvault_client.pages.rendering import saying
from idvault_people.console.visit import ConsolePage, GoTo, Visit
from idvault_people.moderation.counts import QUEUES, CountedPages, QueueCounts
from idvault_people.moderation.texts import TEXTS
from idvault_verify.attest.moderator_key import ModeratorKey
from tests.support.console import Visitor
from tests.support.moderation_console import Office, submit


def visit(path: str = "/figures", **fields: str) -> Visit:
    return Visit(language="en", say=saying(TEXTS, "en"), path=path, fields=fields)


class Lists:
    """Lists of the overview, and who asked for which."""

    def __init__(self) -> None:
        self.now, self.counts, self.asked = datetime(2026, 3, 1, tzinfo=UTC), dict[str, int](), list[str]()
        self.fails = False
        self.known = QueueCounts(clock=lambda: self.now)
        self.pages = CountedPages(counts=self.known, count=self.count)

    def count(self, name: str, most: int) -> int:
        self.asked.append(name)
        if self.fails:
            raise DeadlineExceeded(code="DEADLINE_EXCEEDED")
        return min(self.counts.get(name, 0), most)

    def look(self, where: Visit, to: str = "") -> list[str]:
        """Visit a page; return which lists were counted."""
        self.asked.clear()
        answer = GoTo(to) if to else ConsolePage(template="", title="")
        assert self.pages.beside(lambda _: answer)(where) is answer
        return self.asked

    def told(self) -> dict[str, str]:
        return {path: each.text for path, each in self.known.shown(visit()).items()}


def test_one_queue_is_counted_with_each_page() -> None:
    """Until all are known; then none before a minute has passed, and the oldest first."""
    lists = Lists()
    lists.counts = {"open_reports": 7, "overdue_reports": 2, "to_confirm": 180}
    assert lists.look(visit()) == ["open_reports", "overdue_reports"]
    assert lists.look(visit()) == ["to_confirm"]
    assert lists.told() == {"/reports": "2 overdue · 7", "/sanctions": "99+"}
    for _ in range(len(QUEUES) - 2):
        assert len(lists.look(visit())) == 1, "nothing waits, so nothing is overdue"
    assert lists.look(visit()) == []
    lists.now += timedelta(minutes=1)
    assert lists.look(visit())[0] == "open_reports"


def test_a_form_counts_its_own_queue() -> None:
    """And only if it did something."""
    lists = Lists()
    lists.known.learn({name: 0 for pair in QUEUES.values() for name in pair if name})
    assert lists.look(visit("/appeals/1/decision", verdict="UPHELD"), "/appeals/1") == ["appeals_to_decide"]
    assert lists.look(visit("/appeals/1/decision", verdict="")) == []
    assert lists.look(visit("/campaigns/1/start", step=""), "/campaigns/1") == []
    assert lists.look(visit("/sanctions/1/narrowing", paper=""), "/sanctions/1") == ["to_narrow"]


def test_a_count_that_fails_is_not_shown() -> None:
    """The page is answered all the same."""
    lists = Lists()
    lists.known.learn({name: 3 for pair in QUEUES.values() for name in pair if name})
    assert lists.told()["/reports"] == "3 overdue · 3"
    lists.fails = True
    lists.look(visit("/reports/1/note", note="x"), "/reports/1")
    assert "/reports" not in lists.told()


async def test_the_menu_has_the_counts(place: Office, browser: Visitor) -> None:
    """From the first page on; an assignment is seen at once."""
    filed = [(await place.world.file(seconds=place.age)).tip_off for _ in range(2)]
    await browser.get("/")
    page = await browser.get("/figures")
    assert 'Reports</a> <span class="count">2</span>' in page.text
    here = f"/reports/{filed[0].tip_off_id}"
    await submit(browser, f"{here}/assignment")
    page = await submit(browser, f"{here}/decision", decision="dismiss.GONE", reply="gone")
    assert '<span class="count">1</span>' in page.text


async def test_an_overdue_report_that_somebody_has_is_counted(
    place: Office, browser: Visitor, key: ModeratorKey
) -> None:
    """What is overdue is of what is counted, also if all reports are assigned."""
    for filed in [(await place.world.file()).tip_off for _ in range(2)]:
        await place.world.assign(filed, key.moderator_id)
    page = await browser.get("/")
    assert "Reports to decide How many 2" in page.words
    assert '<span class="count late">2 overdue · 2</span>' in page.text


async def test_who_works_here_is_told_in_short(browser: Visitor, key: ModeratorKey) -> None:
    """The whole id, which others may need, is under "Technical details", to be copied."""
    page = await browser.get("/")
    assert f"You are moderator {key.moderator_id[:8]} " in page.words
    copied = f'<code class="copy">{key.moderator_id}</code>'
    assert copied in page.text.partition("<main")[2].partition("Technical details")[2]
    assert page.text.partition("<main")[2].count(key.moderator_id) == 1
