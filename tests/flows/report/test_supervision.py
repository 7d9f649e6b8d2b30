"""The page of public supervision: what is published, by whom, and no member of the roster."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from typer.testing import CliRunner

from idvault.report.acts import supervision
from idvault.report.acts.report import RunningMonth
from idvault.report.acts.supervision import PublicPage
from idvault_verify.attest.people.roster_member import fingerprint
from idvault_verify.commands.app import app
from idvault_verify.event import EventType
from idvault_verify.report import catalogue as report_catalogue
from idvault_verify.report.figure import Language
from tests.support.report_world import ReportWorld
from tools.support import orders, people
from tools.support.fakes.log import FakeWitness
from tools.support.log_world import COSIGNER, KEY, PLAIN, LogWorld, demanding


@pytest.fixture
def world(log_world: LogWorld) -> ReportWorld:
    return ReportWorld(log_world)


def page_of(world: ReportWorld, *, quorum: int = 0, web_url: str = "") -> PublicPage:
    """Return the page of the world's public directory."""
    return PublicPage(
        files=world.files,
        running=RunningMonth(sources=world.sources()),
        key=KEY,
        roster=people.roster,
        policy=lambda: demanding(quorum) if quorum else PLAIN,
        web_url=web_url,
    )


def shown(world: ReportWorld, language: Language = Language.EN) -> str:
    """Return the published page as text."""
    name = {Language.ZH: "index.html", Language.EN: "index.en.html"}[language]
    return unescape((world.log.folder / name).read_text("utf-8"))


async def test_there_is_no_page_before_the_first_checkpoint(world: ReportWorld) -> None:
    """Nothing could be verified yet."""
    await supervision.publish(page_of(world), now=world.now("2026-10-05T10:00"))
    assert not (world.log.folder / "index.html").exists()


async def test_the_page_shows_log_people_and_how_to_check(world: ReportWorld) -> None:
    """In both languages: size, key, organisations, commands; and no name of a member."""
    await world.events(EventType.DISCLOSURE_OPEN, "2026-10-05T10:00", 3)
    await world.sequence()
    await supervision.publish(page_of(world), now=world.now("2026-10-05T10:00"))
    for language, text in ((Language.EN, "No witness has signed it."), (Language.ZH, "目前没有见证人签名。")):
        page = shown(world, language)
        assert text in page
        assert str(KEY) in page
        assert all(
            member.organisation in page for member in people.roster().people if member.role != "operator"
        )
        assert not any(f">{member.name}<" in page for member in people.roster().people)
        assert all(command in page for command in ("mirror-log", "check-report", "follow-log"))
        assert "<script" not in page
    assert ">3<" in shown(world)
    assert "The first report is published after" in shown(world)


async def test_the_page_is_headed_by_the_operators_name(world: ReportWorld) -> None:
    """In the page's language; the log's name stands with its key, and is the heading without a name."""
    await world.events(EventType.DISCLOSURE_OPEN, "2026-10-05T10:00")
    await world.sequence()
    names = {"zh": "示例身份保管库", "en": "Example Vault"}
    page = replace(page_of(world), run_by=names)
    await supervision.publish(page, now=world.now("2026-10-05T10:00"))
    for language in Language:
        told = shown(world, language)
        before = {Language.ZH: "公众监督：", Language.EN: "Public supervision: "}[language]
        assert re.findall(r"<h1>(.*)</h1>", told) == [f"{before}{names[language.value]}"]
        assert f"<title>{before}{names[language.value]}</title>" in told
        assert str(KEY) in told
    await supervision.publish(page_of(world), now=world.now("2026-10-05T10:00"))
    assert re.findall(r"<h1>.*: (.*)</h1>", shown(world)) == [KEY.name]


async def test_the_page_leads_back_to_the_hosted_pages(world: ReportWorld) -> None:
    """In its language, with help and privacy at its end; its commands name its own address."""
    await world.events(EventType.DISCLOSURE_OPEN, "2026-10-05T10:00")
    await world.sequence()
    page = page_of(world, web_url="https://verify.example")
    here = "https://files.example/log/"
    await supervision.publish(replace(page, url=here), now=world.now("2026-10-05T10:00"))
    for language in Language:
        told = shown(world, language)
        for name in ("", "help", "privacy"):
            assert told.count(f'href="https://verify.example/{name}?lang={language.value}"') == 1
        assert (told.count(f"--from {here} "), told.count(f"--url {here} ")) == (1, 1)
    await supervision.publish(page_of(world), now=world.now("2026-10-05T10:00"))
    assert ("verify.example" in shown(world), f"--from https://{KEY.name}/ " in shown(world)) == (False, True)


async def test_a_person_checks_in_three_steps(world: ReportWorld) -> None:
    """By the key's fingerprint, the last signature, and a witness; commands are folded; times have a zone."""
    await world.events(EventType.DISCLOSURE_OPEN, "2026-10-05T10:00", 3)
    await world.log.worker(policy=demanding(1), witness=FakeWitness(COSIGNER)).step()
    await supervision.publish(page_of(world, quorum=1), now=world.now("2026-10-05T10:00"))
    told = shown(world, Language.ZH)
    [steps] = re.findall(r"<h2>自己验证</h2>\n<ol>(.*?)</ol>\n<details>", told, re.S)
    assert steps.count("<li>") == 3
    assert fingerprint(KEY.public_key) in steps
    assert '<th scope="row">witness.example</th><td class="text">2026-03-01 08:00 UTC+8</td>' in steps
    assert "mirror-log" not in steps
    assert "2026-10-05 10:00 UTC+8" in told
    assert "2026年10月至今" in told


async def test_an_authority_is_named_with_its_key(world: ReportWorld, tmp_path: Path) -> None:
    """A stranger checks an order with the page's key; without an authority nothing is said of orders."""
    await world.events(EventType.DISCLOSURE_OPEN, "2026-10-05T10:00")
    await world.sequence()
    await supervision.publish(page_of(world), now=world.now("2026-10-05T10:00"))
    assert "Who may give orders" not in shown(world)
    authority = people.roster_member("office-a", role="authority")
    roster = replace(people.roster(), people=(*people.roster().people, authority))
    page = replace(page_of(world), roster=lambda: roster)
    await supervision.publish(page, now=world.now("2026-10-05T10:00"))
    named = {Language.ZH: "（office-a）", Language.EN: " (office-a)"}
    for language in Language:
        told = shown(world, language)
        assert f"{authority.organisation}{named[language]}" in told
        assert authority.fingerprints()["signing key"] in told
        assert roster.digest() in told
        [shown_key] = re.findall(r'<pre class="copy">([^<]*)</pre>', told)
        order = tmp_path / "an-order"
        order.write_bytes(orders.signed(orders.terms()))
        checked = CliRunner().invoke(app, ["check-order", str(order), "--key", shown_key])
        assert (checked.exit_code, checked.stdout.splitlines()[-1]) == (0, "check: valid"), checked.stderr


async def test_witnesses_are_named_with_their_last_signature(world: ReportWorld) -> None:
    """The reader sees who cosigned, and when."""
    await world.events(EventType.DISCLOSURE_OPEN, "2026-10-05T10:00")
    await world.log.worker(policy=demanding(1), witness=FakeWitness(COSIGNER)).step()
    await supervision.publish(page_of(world, quorum=1), now=world.now("2026-10-05T10:00"))
    assert "witness.example" in shown(world)
    assert "2026-03-01 08:00 UTC+8" in shown(world)


async def test_reports_and_missed_deadlines_are_listed(world: ReportWorld) -> None:
    """The newest first, with their signatures; months alone count in the table of deadlines."""
    await world.events(EventType.DISCLOSURE_REQUEST, "2026-10-05T10:00", 9)
    await world.events(EventType.DISCLOSURE_EXPIRE, "2026-10-06T10:00", 4)
    await world.events(EventType.DISCLOSURE_OPEN, "2026-12-05T10:00")
    await world.sequence()
    await world.publish("2027-01-01T00:15")
    now = world.now("2027-01-01T00:15")
    await supervision.publish(page_of(world), now=now)
    page = shown(world)
    order = [page.index(f"report/{name}.en.html") for name in ("2026-12", "2026-Q4", "2026-11", "2026-10")]
    assert order == sorted(order)
    assert "report/2026-10.note" in page
    assert "report/2026-10.platforms.json" in page
    assert "report/2026-10.platforms.note" in page
    assert "2026-Q4.platforms" not in page
    for kind in report_catalogue.DEADLINES:
        assert kind.title.in_language("en") in page
    # What was never missed stands folded in one place.
    shown_kinds, _, met = page.partition(f"No deadline missed: {len(report_catalogue.DEADLINES) - 1}")
    assert "(missed: 4)" in shown_kinds
    assert "(missed: 0)" not in page
    assert met.count("<h3>") == len(report_catalogue.DEADLINES) - 1
    assert '<tr><th scope="row">2026-10</th><td class="number">9</td><td class="number">4</td></tr>' in page
    assert '<th scope="row">2026-Q4</th>' not in page


async def test_a_missed_deadline_shows_at_once(world: ReportWorld) -> None:
    """The running month is counted as it grows, and a month that begins starts from nothing."""
    page = page_of(world)
    for count, day in enumerate(("05", "06", "07"), start=1):
        await world.events(EventType.DISCLOSURE_EXPIRE, f"2026-10-{day}T10:00")
        await world.sequence()
        await supervision.publish(page, now=world.now(f"2026-10-{day}T11:00"))
        row = f'2026-10 so far</th><td class="number">0</td><td class="number">{count}</td>'
        assert row in shown(world)
    await supervision.publish(page, now=world.now("2026-11-01T00:00"))
    assert '2026-11 so far</th><td class="number">0</td><td class="number">0</td>' in shown(world)


LATE_NOW = '<td class="number late">{now}</td><td class="number{class_}">{before}</td>'


async def test_late_platforms_are_named_at_once(world: ReportWorld) -> None:
    """With what was late before, from the signed file of the last month; each leads to its own page."""
    await world.platform("platform-a", "aa" * 16, title="Example Chat")
    await world.events(EventType.TIP_OFF_ANSWER, "2026-10-05T10:00", 6, actor_id="aa" * 16)
    await world.missed(
        EventType.APPEAL_OVERDUE, "2026-10-20T10:00", "platform-b", filed="2026-10-05T10:00", count=2
    )
    await world.events(EventType.DISCLOSURE_OPEN, "2026-11-01T10:00")
    await world.sequence()
    await world.publish("2026-11-01T00:20")
    page = page_of(world)
    await supervision.publish(page, now=world.now("2026-11-02T10:00"))
    told = shown(world)
    assert "No platform has missed a deadline in 2026-11 so far." in told
    assert '<a href="report/2026-10.platform-b.en.html">platform-b</a>' in told
    assert '<td class="number">0</td><td class="number late">2</td>' in told
    assert '<a href="report/2026-10.platform-a.en.html">Example Chat (platform-a)</a>' in told
    await world.missed(
        EventType.TIP_OFF_MISS_REPLY, "2026-11-03T10:00", "platform-c", filed="2026-10-27T10:00", count=3
    )
    await world.events(EventType.APPEAL_OVERDUE, "2026-11-03T11:00")
    await world.sequence()
    await supervision.publish(page, now=world.now("2026-11-03T12:00"))
    await supervision.publish(page, now=world.now("2026-11-03T12:01"))
    told = shown(world)
    assert "No platform has missed a deadline" not in told
    assert f"platform-c</th>{LATE_NOW.format(now=3, class_='', before=0)}" in told
    assert told.index("platform-c</th>") < told.index("platform-b.en.html")
    assert f"Platforms that no entry names</th>{LATE_NOW.format(now=1, class_='', before=0)}" in told


async def test_the_first_command_can_be_run_as_it_stands(world: ReportWorld) -> None:
    """Who watches is named before it; the second one names the newest report that there is."""
    await world.events(EventType.DISCLOSURE_OPEN, "2026-10-05T10:00")
    await world.events(EventType.DISCLOSURE_OPEN, "2026-11-05T10:00")
    await world.sequence()
    await supervision.publish(page_of(world), now=world.now("2026-11-05T11:00"))
    assert "check-report copy/report/REPORT.json" in shown(world)
    await world.publish("2026-11-05T11:00")
    await supervision.publish(page_of(world), now=world.now("2026-11-05T11:00"))
    told = shown(world)
    assert "check-report copy/report/2026-10.json" in told
    order = [
        "Deadlines that platforms let pass",
        "Who watches",
        "mirror-log",
        "check-report",
        "follow-log",
        "The log<",
    ]
    assert [told.index(each) for each in order] == sorted(told.index(each) for each in order)


def test_deadlines_are_figures_of_the_log() -> None:
    """Whoever counts the log finds the same numbers."""
    for kind in report_catalogue.DEADLINES:
        assert {kind.due, *kind.missed} <= report_catalogue.BY_NAME.keys()


async def test_the_page_links_to_the_public_reports(world: ReportWorld) -> None:
    """In the page's language, if there are hosted pages; else nothing is said of them."""
    await world.events(EventType.DISCLOSURE_OPEN, "2026-10-05T10:00", 1)
    await world.sequence()
    for web_url, links in (("https://verify.example", 1), ("", 0)):
        await supervision.publish(page_of(world, web_url=web_url), now=world.now("2026-10-05T10:00"))
        for language in Language:
            assert shown(world, language).count(f"https://verify.example/r?lang={language.value}") == links
