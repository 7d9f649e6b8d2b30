"""Reports are made from the log up to one checkpoint; what it does not tell is suppressed, month by month."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import delete

from idvault.core.db.connection import Connection
from idvault.core.public_files import LocalPublicFiles
from idvault.core.tables.log import log_entries
from idvault.report import store as report_store
from idvault.report.acts import page as report_page
from idvault.sanction.rules import StatementKind
from idvault_verify.error import UnavailableError
from idvault_verify.event import EventType
from idvault_verify.period import Period
from idvault_verify.report.figure import Language
from idvault_verify.sanction import Automation, Degree, Ground, IssuerKind, SanctionCategory
from idvault_verify.transparency import checkpoint, report
from idvault_verify.transparency.report import Hours
from tests.support.report_world import NOVEMBER, OCTOBER, QUARTER, ReportWorld
from tools.support.fakes.flaky import Fault, Flaky
from tools.support.log_world import KEY, PLAIN, LogWorld

KIND = StatementKind(
    decided=Degree.WARN,
    ground=Ground.ILLEGAL,
    category=SanctionCategory.FRAUD,
    detection=Automation.NONE,
    decision=Automation.NONE,
    issuer_kind=IssuerKind.PLATFORM,
    territory="CN",
)


@pytest.fixture
def world(log_world: LogWorld) -> ReportWorld:
    return ReportWorld(log_world)


async def test_logged_figures_are_counted_in_the_operator_s_days(world: ReportWorld) -> None:
    """From midnight to midnight of the zone; the checkpoint is the newest complete one."""
    for time in ("2026-09-30T23:59", "2026-10-01T00:00", "2026-10-31T23:59", "2026-11-01T00:00"):
        await world.events(EventType.DISCLOSURE_OPEN, time)
    await world.events(EventType.CLAIM_POSTPONE, "2026-10-05T10:00", 3)
    await world.events(EventType.CLAIM_POSTPONE, "2026-10-05T11:00", 1)
    await world.sequence()
    made = await world.make(OCTOBER, "2026-11-02T00:00")
    assert made.logged["disclosures.openings"] == 2
    assert (made.logged["verifications.postponed"], made.logged["registry.outage_hours"]) == (4, 2)
    assert checkpoint.verify(made.checkpoint.encode(), PLAIN).checkpoint.size == world.counted
    assert report.parse(made.to_bytes()).logged == made.logged


async def test_a_report_covers_every_entry_of_its_period(world: ReportWorld) -> None:
    """While one waits for its place, there is no report of an ended period; a running one is no obstacle."""
    with pytest.raises(UnavailableError):
        await world.make(OCTOBER, "2026-11-02T00:00")
    await world.events(EventType.DISCLOSURE_OPEN, "2026-10-05T10:00")
    await world.sequence()
    await world.events(EventType.DISCLOSURE_OPEN, "2026-10-31T23:59")
    with pytest.raises(UnavailableError):
        await world.make(OCTOBER, "2026-11-02T00:00")
    assert (await world.make(OCTOBER, "2026-10-31T23:59")).logged["disclosures.openings"] == 1
    await world.sequence()
    await world.events(EventType.DISCLOSURE_OPEN, "2026-11-01T00:00")
    assert (await world.make(OCTOBER, "2026-11-02T00:00")).logged["disclosures.openings"] == 2


async def test_small_outcomes_are_hidden(world: ReportWorld) -> None:
    """With others until nobody can compute them; what belongs to no cell is OTHER."""
    await world.decided("2026-10-05T10:00", SUCCEEDED=90, MISMATCH=12, NO_RECORD=3)
    await world.events(EventType.CLAIM_SETTLE, "2026-10-06T10:00", 6)
    await world.sequence()
    made = await world.make(OCTOBER, "2026-11-02T00:00")
    cells = made.breakdowns["verifications.outcome"]
    assert cells is not None
    assert made.logged["verifications.decided"] == 111
    assert {cell: count for cell, count in cells.items() if count != 0} == {
        "OTHER": None,
        "NO_RECORD": None,
        "MISMATCH": 12,
        "SUCCEEDED": 90,
    }
    assert made.levels["accounts.state"]["VERIFIED"] == 105
    assert made.levels["accounts.state"]["ERASED"] == 0


async def test_a_database_that_disagrees_with_the_log_tells_nothing(world: ReportWorld) -> None:
    """More claims than entries of their settlement: no breakdown."""
    await world.decided("2026-10-05T10:00", SUCCEEDED=20)
    await world.sequence()
    made = await world.make(OCTOBER, "2026-11-02T00:00")
    assert made.breakdowns["verifications.outcome"] is not None
    await world.decided("2026-10-05T10:00", SUCCEEDED=20)
    late = await world.make(OCTOBER, "2026-10-20T00:00")
    assert set(late.breakdowns.values()) == {None}, "a month that is not over would tell its rest"
    await world.log.do(delete(log_entries).where(log_entries.c.log_index.is_(None)))
    late = await world.make(OCTOBER, "2026-11-02T00:00")
    assert late.breakdowns["verifications.outcome"] is None
    assert late.breakdowns["sanctions.issuer"] is not None


async def test_a_quarter_adds_up_its_months(world: ReportWorld) -> None:
    """A cell that a month hides is hidden in the quarter; what was published of a month counts."""
    await world.decided("2026-10-05T10:00", SUCCEEDED=20, MISMATCH=9)
    await world.decided("2026-11-05T10:00", SUCCEEDED=30, MISMATCH=2)
    await world.decided("2026-12-05T10:00", SUCCEEDED=40, MISMATCH=7)
    await world.sequence()
    now = "2027-01-02T00:00"
    made = await world.make(QUARTER, now)
    cells = made.breakdowns["verifications.outcome"]
    assert cells is not None
    assert (made.logged["verifications.decided"], cells["MISMATCH"]) == (108, None)
    await world.publish(now)
    await world.decided("2026-10-06T10:00", MISMATCH=11)
    await world.sequence()
    again = await world.make(QUARTER, now)
    assert again.breakdowns == made.breakdowns
    anew = await world.make(OCTOBER, now, published=False)
    published = await world.make(OCTOBER, now)
    assert (anew.breakdowns["verifications.outcome"] or {})["MISMATCH"] == 20
    assert (published.breakdowns["verifications.outcome"] or {})["MISMATCH"] == 9


async def test_days_that_are_no_month_have_no_breakdown(world: ReportWorld) -> None:
    """Two overlapping periods would tell their difference."""
    await world.decided("2026-10-05T10:00", SUCCEEDED=20)
    await world.sequence()
    almost = Period(OCTOBER.first, OCTOBER.last - timedelta(days=1))
    made = await world.make(almost, "2026-11-02T00:00")
    assert made.logged["verifications.decided"] == 20
    assert set(made.breakdowns.values()) == {None}


async def test_each_month_is_published_once(world: ReportWorld) -> None:
    """From the log's first month on, a quarter of an hour after the end, each quarter after its months."""
    await world.events(EventType.DISCLOSURE_OPEN, "2026-11-30T23:59")
    await world.sequence()
    done = set[str]()
    await world.publish("2026-12-01T00:14", done=done)
    assert not (world.log.folder / "report").exists()
    await world.publish("2026-12-01T00:15", done=done)
    endings = ["en.html", "json", "note", "platforms.json", "platforms.note", "zh.html"]
    names = [f"2026-11.{ending}" for ending in endings]
    assert sorted(path.name for path in (world.log.folder / "report").iterdir()) == names
    data = (world.log.folder / "report" / "2026-11.json").read_bytes()
    assert report.parse(data).logged["disclosures.openings"] == 1
    (world.log.folder / "report" / "2026-11.en.html").unlink()
    await world.publish("2026-12-01T00:16", done=done)
    await world.publish("2027-02-01T01:00")
    assert (world.log.folder / "report" / "2026-11.json").read_bytes() == data
    found = sorted(path.name for path in (world.log.folder / "report").glob("*.json"))
    assert [name for name in found if "platforms" not in name] == [
        "2026-11.json", "2026-12.json", "2026-Q4.json", "2027-01.json",
    ]  # fmt: skip
    assert len(list((world.log.folder / "report").iterdir())) == 22


async def test_what_a_worker_left_out_is_completed(world: ReportWorld) -> None:
    """After a crash between file and note, and with two workers at once, there is one report."""
    await world.events(EventType.DISCLOSURE_OPEN, "2026-11-30T23:59")
    await world.sequence()
    now = "2026-12-02T00:00"
    failing = Flaky(world.files)
    failing.plant("write", Fault.REFUSE)
    with pytest.raises(UnavailableError):
        await world.publish(now, files=cast(LocalPublicFiles, failing))
    folder = world.log.folder / "report"
    assert [path.name for path in folder.iterdir()] == ["2026-11.json"]
    data = (folder / "2026-11.json").read_bytes()
    later = "2026-12-02T05:00"
    await asyncio.gather(world.publish(later), world.publish(now))
    assert (folder / "2026-11.json").read_bytes() == data
    report.verify(data, (folder / "2026-11.note").read_bytes(), KEY)
    assert len(list(folder.iterdir())) == 6


async def test_a_legal_basis_is_named_if_it_is_no_single_case(
    world: ReportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts of fewer than 5 records, and long ones, are in the rest."""
    store = Counted({"law, art. 1": 7, "order 9": 2, "x" * 101: 6, "law, art. 2": 5})
    await world.events(EventType.DISCLOSURE_DISCLOSE, "2026-10-05T10:00", 20)
    await world.sequence()
    store.replace(monkeypatch)
    made = await world.make(OCTOBER, "2026-11-02T00:00")
    assert made.breakdowns["disclosures.legal_basis"] == {"OTHER": 8, "law, art. 1": 7, "law, art. 2": 5}


async def test_what_statements_tell_is_no_protection(
    world: ReportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve sanctions of which ten are listed by the week are two: hidden, with the others."""
    await world.events(EventType.SANCTION_WARN_IMPOSE, "2026-10-13T10:00", 112)
    await world.sequence()
    store = Stated(fraud=12, rumour=100, listed=10)
    store.replace(monkeypatch)
    made = await world.make(OCTOBER, "2026-11-02T00:00")
    cells = made.breakdowns["sanctions.category"]
    assert cells is not None
    assert (cells["FRAUD"], cells["RUMOUR"]) == (None, None)
    store.listed = 0
    made = await world.make(OCTOBER, "2026-11-02T00:00")
    assert (made.breakdowns["sanctions.category"] or {})["FRAUD"] == 12


@pytest.mark.parametrize(
    ("hours", "answered", "shown"),
    [
        ([1.0, 2.0, 2.5, 30.0, 160.2], 5, Hours(3, 161)),
        ([float(each) for each in range(1, 101)], 100, Hours(50, 90)),
        ([1.0, 2.0, 3.0, 4.0], 4, None),
        ([1.0] * 9, 8, None),
    ],
)
async def test_times_need_five_cases(
    world: ReportWorld,
    monkeypatch: pytest.MonkeyPatch,
    hours: list[float],
    answered: int,
    shown: Hours | None,
) -> None:
    """Median and 90th percentile in whole hours, of a month alone, and not of more cases than the log has."""
    await world.events(EventType.TIP_OFF_ANSWER, "2026-10-05T10:00", answered)
    await world.sequence()
    Counted({}, [each * 3_600 for each in hours]).replace(monkeypatch)
    now = "2027-01-02T00:00"
    assert (await world.make(OCTOBER, now)).durations["tip_offs.reply_time"] == shown
    assert (await world.make(QUARTER, now)).durations["tip_offs.reply_time"] is None


class Stated:
    """Statements with sanctions for two categories, some of the first listed in a week of October."""

    def __init__(self, *, fraud: int, rumour: int, listed: int) -> None:
        self._counts = {"FRAUD": fraud, "RUMOUR": rumour}
        self.listed = listed

    def replace(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of the statements."""
        for name in ("breakdown", "statements"):
            monkeypatch.setattr(report_store, name, getattr(self, name))

    async def breakdown(self, _: Connection, name: str, **__: Any) -> dict[str, int]:
        return self._counts if name == "sanctions.category" else {}

    async def statements(
        self, _: Connection, *, since: datetime, until: datetime
    ) -> dict[StatementKind, int]:
        is_week = since <= datetime(2026, 10, 13, tzinfo=UTC) < until
        return {KIND: self.listed} if is_week and self.listed else {}


class Counted:
    """Statements with given legal bases and times of replies, and no others."""

    def __init__(self, counts: dict[str, int], seconds: Sequence[float] = ()) -> None:
        self._counts = counts
        self._seconds = seconds

    def replace(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Take the place of the statements."""
        for name in ("breakdown", "durations"):
            monkeypatch.setattr(report_store, name, getattr(self, name))

    async def breakdown(self, _: Connection, name: str, **__: Any) -> dict[str, int]:
        return self._counts if name == "disclosures.legal_basis" else {}

    async def durations(self, _: Connection, name: str, **__: Any) -> Sequence[float]:
        return self._seconds if name == "tip_offs.reply_time" else ()


async def test_a_vault_without_entries_has_no_report(world: ReportWorld) -> None:
    """There is nothing to report."""
    await world.publish("2027-02-01T01:00")
    assert not (world.log.folder / "report").exists()


async def test_the_note_names_the_published_file(world: ReportWorld) -> None:
    """The log's key signs the bytes that are published."""
    await world.events(EventType.DISCLOSURE_OPEN, "2026-11-30T23:59")
    await world.sequence()
    await world.publish("2026-12-02T00:00")
    folder = world.log.folder / "report"
    report.verify((folder / "2026-11.json").read_bytes(), (folder / "2026-11.note").read_bytes(), KEY)


async def test_texts_and_pages_show_every_figure(world: ReportWorld) -> None:
    """In both languages, with hidden numbers named as such, and no script."""
    await world.decided("2026-11-05T10:00", SUCCEEDED=30, MISMATCH=2)
    await world.sequence()
    made = await world.make(NOVEMBER, "2026-12-02T00:00")
    days = await world.make(Period(date(2026, 11, 1), date(2026, 11, 5)), "2026-12-02T00:00")
    for language, hidden, whole in (
        (Language.EN, "withheld", "published for whole months only"),
        (Language.ZH, "不公布", "只按整月公布"),
    ):
        for shown in (
            report_page.render(made, language=language),
            report_page.render_text(made, language=language),
        ):
            assert hidden in shown
            assert whole not in shown
            assert "<script" not in shown
        for shown in (
            report_page.render(days, language=language),
            report_page.render_text(days, language=language),
        ):
            assert whole in shown
    assert "name and number do not match: withheld" in report_page.render_text(made, language=Language.EN)
    assert 'lang="zh-CN"' in report_page.render(made, language=Language.ZH)
