"""Reports and the page of public supervision in a real browser: readable at 320 pixels, in both languages."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from idvault.report.acts import headline, provider_page
from idvault.report.acts import page as report_page
from idvault.report.acts import supervision as report_supervision
from idvault.report.acts.supervision import Supervised
from idvault_verify.attest.people.roster import Roster
from idvault_verify.report import catalogue as report_catalogue
from idvault_verify.report.figure import Language
from idvault_verify.report.provider import ACTS, MISSED
from idvault_verify.transparency import checkpoint
from idvault_verify.transparency.platforms import PlatformEntries, Platforms
from tests.support.report_world import at, made_up
from tests.web.test_rendering import PICTURES, keep
from tools.support import logs, people
from tools.support.browser import NoBrowserError, browsing, chromium, violations
from tools.support.merkle import log_of, witness
from tools.support.page_checks import RECORDED, examine, stops

pytestmark = pytest.mark.process

WIDTHS = (320, 1280)
# The longest name and title, and every figure.
LATE = "a" * 63
PAGES = (
    *("index.html", "index.en.html", "report/2026-10.zh.html", "report/2026-10.en.html"),
    *(f"report/2026-10.{LATE}.zh.html", f"report/2026-10.{LATE}.en.html"),
)
ENTRIES = PlatformEntries(
    "某" * 60,
    ("ab" * 16,),
    {each.name: 12_345_678 for each in ACTS},
    {each.name: {"2026-09": 1_234, "2026-10": 12_345_678} for each in MISSED},
)
ONE = witness("witness.example/w1", seed=2)
# Labels and numbers of a chart, and what of them is cut off or covers another one.
CLASHES = """() => [...document.querySelectorAll(".chart")].flatMap(chart => {
  const box = chart.getBoundingClientRect();
  const place = cell => [cell.textContent, cell.getBoundingClientRect()];
  const cells = [...chart.querySelectorAll("th, td")].map(place);
  const cut = cells.filter(([, one]) => one.left < box.left - 1 || one.right > box.right + 1);
  const over = cells.filter(([, one], place) => cells.some(([, other], after) => after > place &&
    one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom));
  return [...cut, ...over].map(([text]) => text);
})"""
SMALLEST = """() => Math.min(...[...document.querySelectorAll(".chart th, .chart td")].map(
  cell => parseFloat(getComputedStyle(cell).fontSize)))"""
BARS = """chart => [...chart.querySelectorAll("tr")].map(row => [row.querySelector("td").textContent,
  row.querySelector("rect").getBoundingClientRect().width / row.querySelector("svg").clientWidth])"""
HIDDEN_WIDTH = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_without_a_browser_the_tests_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is skipped: who may not install packages is told which."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("IDVAULT_TEST_CHROMIUM", raising=False)
    monkeypatch.setattr("os.geteuid", lambda: 1_000)
    with pytest.raises(NoBrowserError, match="install Debian's packages chromium-headless-shell and fonts-"):
        chromium()
    monkeypatch.setenv("IDVAULT_TEST_CHROMIUM", "/opt/chromium")
    assert chromium() == "/opt/chromium"


def test_a_debian_without_the_first_package_is_asked_for_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not every Debian needs to have the Chromium without windows."""
    asked: list[str] = []

    def install(missing: Callable[[], Sequence[str]]) -> str:
        asked.extend(missing())
        return ""

    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("IDVAULT_TEST_CHROMIUM", raising=False)
    monkeypatch.setattr("tools.support.debian.install", install)
    with pytest.raises(NoBrowserError):
        chromium()
    assert asked == ["chromium-headless-shell", "fonts-noto-cjk", "chromium", "fonts-noto-cjk"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as opened:
        yield opened


def with_authority() -> Roster:
    """Return a roster with an authority of a long name, whose key is on the page."""
    found = people.roster_member("office-a", role="authority")
    made = people.roster()
    return replace(made, people=(*made.people, replace(found, organisation="某" * 60)))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a public directory with a month's report and the page of public supervision."""
    folder = tmp_path_factory.mktemp("public")
    (folder / "report").mkdir()
    drawn = made_up()
    in_time = {"tip_offs.reply_missed": 1_234, "tip_offs.flood_missed": 0}
    made = replace(drawn, logged={**drawn.logged, **in_time})
    leaves = log_of(1_234_567 % 5_000)
    policy = checkpoint.CosignaturePolicy(logs.ORIGIN, (logs.SIGNER.key,), (ONE.key,))
    shown = Supervised(
        key=logs.SIGNER.key,
        roster=with_authority(),
        newest=checkpoint.verify(logs.signed(leaves, ONE, time=1_800_000_000), policy),
        reports=[made],
        made=at("2026-11-01T00:15"),
        so_far=("2026-11", made.logged),
        late={LATE: 3},
        platforms=(made.period, Platforms("0" * 64, {LATE: ENTRIES}, {})),
    )
    for language, name in report_supervision.PATHS.items():
        (folder / name).write_text(report_supervision.render(shown, language=language), "utf-8")
        path = folder / "report" / f"2026-10.{language.value}.html"
        path.write_text(report_page.render(made, language=language, platforms=[LATE]), "utf-8")
        page = provider_page.render(made, LATE, ENTRIES, language=language)
        (folder / "report" / f"2026-10.{LATE}.{language.value}.html").write_text(page, "utf-8")
    (folder / "report" / "2026-10.json").write_bytes(made.to_bytes())
    return folder


@pytest.fixture
def opened(browser: Browser) -> Iterator[Page]:
    """Return a tab that fails on anything that the page loads or reports."""
    tab = browser.new_page()
    loaded: list[str] = []
    said: list[str] = []
    tab.on("request", lambda request: loaded.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    yield tab
    assert all(url.startswith("file:") and url.endswith((".html", ".json")) for url in loaded)
    assert said == []
    tab.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_readable(opened: Page, site: Path, width: int, name: str) -> None:
    """Nothing is wider than the screen, no label of a chart is cut off, covered or tiny."""
    opened.set_viewport_size({"width": width, "height": 800})
    opened.goto((site / name).as_uri())
    for each in opened.locator("summary").all():
        each.click()
    assert opened.evaluate(HIDDEN_WIDTH) <= 0
    assert opened.evaluate(CLASHES) == []
    assert violations(opened) == ""
    if name.startswith("report/") and LATE not in name:
        assert opened.locator("figure").count() == len(report_catalogue.breakdowns()) + len(
            report_catalogue.levels()
        )
        assert opened.evaluate(SMALLEST) >= 13


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody(opened: Page, site: Path, name: str) -> None:
    """At 320 pixels, at 200 %, on paper, in both schemes and by keyboard; axe finds nothing."""
    opened.set_viewport_size({"width": 1280, "height": 800})
    opened.goto((site / name).as_uri())
    assert [*stops(opened), *examine(opened, RECORDED)] == []


@pytest.mark.parametrize("language", Language)
def test_a_reader_gets_from_page_to_report_and_back(opened: Page, site: Path, language: Language) -> None:
    """By links alone; each language links to the other one."""
    opened.goto((site / report_supervision.PATHS[language]).as_uri())
    name = {Language.ZH: "2026年10月", Language.EN: "2026-10"}[language]
    opened.get_by_role("link", name=name, exact=True).click()
    assert opened.url.endswith(f"report/2026-10.{language.value}.html")
    assert opened.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[language.value]
    figures = [section.title.in_language(language) for section in report_catalogue.SECTIONS]
    assert opened.get_by_role("heading", level=2).all_inner_texts()[: len(figures)] == figures
    other = {Language.ZH: "English", Language.EN: "中文"}[language]
    opened.get_by_role("link", name=other).click()
    assert not opened.url.endswith(f".{language.value}.html")
    opened.get_by_role("link").first.click()
    assert "index" in opened.url


@pytest.mark.parametrize("language", Language)
def test_a_reader_finds_who_was_late(opened: Page, site: Path, language: Language) -> None:
    """From the report to the platform's page and back; a row tells a screen reader all three numbers."""
    opened.goto((site / "report" / f"2026-10.{language.value}.html").as_uri())
    opened.get_by_role("link", name=LATE).click()
    assert opened.url.endswith(f"2026-10.{LATE}.{language.value}.html")
    [figure] = [each for each in MISSED if each.name == "tip_offs.reply_missed"]
    rows = opened.get_by_role("row").all_inner_texts()
    # Each row says of which matter a deadline was missed.
    assert len({each.split("\t")[0] for each in rows[: 1 + len(MISSED)]}) == 1 + len(MISSED)
    matter = {Language.ZH: "公众举报：", Language.EN: "Reports by the public: "}[language]
    row = opened.get_by_role("row", name=f"{matter}{figure.title.in_language(language)}")
    assert row.get_by_role("cell").all_inner_texts() == ["12346912", "12345678", "1234"]
    opened.get_by_role("link").first.click()
    assert opened.url.endswith(f"2026-10.{language.value}.html")


def test_a_chart_is_read_aloud(opened: Page, site: Path) -> None:
    """A screen reader gets every label and number; withheld ones as such, once they are unfolded."""
    opened.goto((site / "report" / "2026-10.en.html").as_uri())
    told = opened.get_by_role("table", name="By outcome")
    withheld = told.get_by_role("row", name="number unknown to the registry withheld", exact=True)
    assert told.get_by_role("row", name="verified 90", exact=True).count() == 1
    assert withheld.count() == 0
    opened.locator("figure", has_text="number unknown to the registry").locator("summary").click()
    assert withheld.count() == 1


def test_bars_are_as_long_as_their_numbers(opened: Page, site: Path) -> None:
    """The longest fills its row, a zero has none, and a withheld number has a frame over the whole row."""
    opened.goto((site / "report" / "2026-10.en.html").as_uri())
    chart = opened.locator("figure", has_text="number unknown to the registry")
    chart.locator("summary").click()
    drawn = chart.evaluate(BARS)
    longest = max(int(text) for text, _ in drawn if text.isdigit())
    assert any(text == "withheld" for text, _ in drawn)
    for text, part in drawn:
        assert part == pytest.approx(int(text) / longest if text.isdigit() else 1, abs=0.01), text


@pytest.mark.parametrize("language", Language)
def test_five_numbers_come_first(opened: Page, site: Path, language: Language) -> None:
    """On the first screen, each with a chart that has a name, and a table behind it that says the same."""
    opened.set_viewport_size({"width": 1280, "height": 800})
    opened.goto((site / report_supervision.PATHS[language]).as_uri())
    assert opened.locator(".tiles b").all_inner_texts()[0] == "90"
    if folder := os.environ.get(PICTURES):
        keep(opened.screenshot(), Path(folder) / f"supervision-{language.value}.png")
    tiles = opened.locator(".tiles > li").all()
    places = [tile.bounding_box() for tile in tiles]
    assert all(place is not None and place["y"] + place["height"] < 800 for place in places)
    # One under the other if their texts are of different lengths, charts could not be compared.
    assert len({round(chart["y"]) for tile in tiles if (chart := tile.locator("svg").bounding_box())}) == 1
    for tile in tiles:
        first = {Language.ZH: "2025年11月", Language.EN: "2025-11"}[language]
        assert first in (tile.get_by_role("img").get_attribute("aria-label") or "")
        assert tile.locator("rect").count() == 1
        tile.locator("summary").click()
        rows = tile.get_by_role("row").all_inner_texts()
        # The months without a report are one line, not a row each.
        assert len(rows) == 1 + 1
        assert tile.locator("b").inner_text() in rows[1]
        assert str(headline.MONTHS - 1) in tile.locator("details p").inner_text()


def test_each_bar_stands_in_its_month(opened: Page, site: Path) -> None:
    """The only month with a report is the last one: its bar fills the height at the right end."""
    opened.goto((site / "index.en.html").as_uri())
    bar, chart = (opened.locator(f".tiles svg{part}").first.bounding_box() for part in (" rect", ""))
    assert bar is not None
    assert chart is not None
    assert bar["height"] == pytest.approx(chart["height"], abs=2)
    assert bar["x"] > chart["x"] + chart["width"] * 11 / 12


def test_a_passed_deadline_leads_to_the_page_of_the_platform(opened: Page, site: Path) -> None:
    """The number of this month stands beside that of the last report."""
    opened.goto((site / "index.en.html").as_uri())
    row = opened.get_by_role("region", name="Deadlines that platforms let pass").get_by_role("row").nth(1)
    assert row.get_by_role("cell").all_inner_texts() == ["3", str(sum(ENTRIES.total().values())), "12345678"]
    row.get_by_role("link").click()
    assert opened.url.endswith(f"2026-10.{LATE}.en.html")


def test_no_page_needs_a_script(browser: Browser, site: Path) -> None:
    """The pages are the same without one."""
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto((site / "report" / "2026-10.en.html").as_uri())
    assert tab.get_by_text("Numbers marked").count() == 1
    assert tab.locator("script").count() == 0
    context.close()
