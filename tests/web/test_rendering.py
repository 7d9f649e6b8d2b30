"""Every page of the table in a real browser: axe, 320 pixels, zoom, print, keyboard, names and descriptions.

The pages are recorded over HTTP, as visitors without script get them, and shown to the browser as they were
answered, headers included. So a page that only a POST answers is checked like the others.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from operator import sub
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.support.session_world import BASE_URL
from tests.web import browser as client
from tests.web.conftest import Site
from tests.web.page_table import PAGES, assets, tour
from tools.support.browser import SHARED, equip
from tools.support.page_checks import RECORDED, SMALL, ZOOMED, examine, sizes, stay, stops
from tools.support.sampling import sampled

pytestmark = pytest.mark.process

PICTURES = "IDVAULT_TEST_PICTURES"
ROOT = Path(__file__).resolve().parents[2]
# A receipt's form works by script alone, so that nothing is sent; without it the page names the program.
# Help and privacy have a button that leads back in the history; a filed report one that copies its numbers,
# and disclosures one that copies a command.
# The page with a file says what the script does to a picture; after one too large, a button leads back.
CHECKS = (
    "report-check",
    "report-check-wrong",
    "report-check-large",
    "report-check-long",
    "report-check-unsent",
)
SCRIPTED = ("own-receipt", "own-disclosures", "help", "privacy", "report-done", *CHECKS)
LANGUAGES = ("zh", "en")
MOST_COLOURS, NEAR = 64, 8


@dataclass
class Screen:
    """One browser page that is shown recorded answers. fetched: style sheet and script, by address.

    answered: whether the page has the recorded one. strays: what it asked for besides.
    """

    page: Page
    fetched: Mapping[str, client.Page]
    recorded: client.Page | None = None
    answered: bool = False
    strays: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.context.route("**/*", self._answer)
        self.page.on("console", lambda message: self._complain(message.type, message.text))
        self.page.on("pageerror", lambda error: self._complain("error", str(error)))

    def show(self, recorded: client.Page) -> None:
        """Load an answer at its address."""
        self.recorded, self.answered = recorded, False
        self.page.goto(f"{BASE_URL}{recorded.path}")

    def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        found = self.fetched.get(path)
        if found is None and self.recorded is not None and path == urlsplit(self.recorded.path).path:
            if self.answered:
                # A page that waits loads itself anew, however long it is looked at.
                return stay(route)
            found, self.answered = self.recorded, True
        if found is not None:
            headers = {name: value for name, value in found.headers.items() if name != "Set-Cookie"}
            route.fulfill(status=found.status, headers=headers, body=found.text)
        else:
            if path != "/favicon.ico":
                self.strays.append(route.request.url)
            route.abort()

    def _complain(self, kind: str, text: str) -> None:
        # The status of a page that refuses is no complaint.
        if kind == "error" and "the server responded with a status of" not in text:
            self.complaints.append(text)


def look(screen: Screen, bare: Screen, name: str, recorded: client.Page, language: str) -> list[str]:
    """Return what is wrong with a page. bare: a screen without script."""
    screen.show(recorded)
    found = examine(screen.page, RECORDED)
    if folder := os.environ.get(PICTURES):
        screen.page.set_viewport_size(SMALL if language == "zh" else ZOOMED)
        keep(screen.page.screenshot(full_page=True), Path(folder) / f"{name}-{language}.png")
    bare.show(recorded)
    trees = [each.page.locator("body").aria_snapshot() for each in (screen, bare)]
    if name not in SCRIPTED and trees[0].replace(" [active]", "") != trees[1].replace(" [active]", ""):
        found.append("differs without script")
    found += [*stops(bare.page), *screen.complaints, *bare.complaints, *screen.strays, *bare.strays]
    for each in (screen, bare):
        each.complaints.clear()
        each.strays.clear()
    return found


def widths(screen: Screen, recorded: client.Page) -> list[str]:
    """Return where a page is too wide: texts are longer in the other language."""
    screen.show(recorded)
    found = [*sizes(screen.page), *screen.complaints, *screen.strays]
    screen.complaints.clear()
    screen.strays.clear()
    return found


def looked_at(names: Iterable[str], language: str) -> set[str]:
    """Return the pages that are looked at in full in a language: the same number in each, and every one."""
    if os.environ.get(PICTURES):
        return {*names}
    return {name for turn, name in enumerate(names) if language in sampled(LANGUAGES, 1, turn=turn)}


def keep(picture: bytes, path: Path) -> None:
    """Save a picture in few of its own colours: docs/pages.md shows many.

    Each stands for those near it, so that a rare one, such as that of links, has a place beside the shades of
    the letters' edges; Pillow's own ways lose it, or shift the grounds.
    """
    whole, palette = Image.open(BytesIO(picture)).convert("RGB"), Image.new("P", (1, 1))
    palette.putpalette([level for colour in colours_of(whole) for level in colour])
    whole.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)


def colours_of(picture: Image.Image) -> list[tuple[int, int, int]]:
    """Return the most frequent colours of an RGB picture of which none is near another."""
    counted = cast(
        "list[tuple[int, tuple[int, int, int]]]", picture.getcolors(picture.width * picture.height)
    )
    found: list[tuple[int, int, int]] = []
    for _, colour in sorted(counted, reverse=True):
        if all(max(map(abs, map(sub, colour, each))) > NEAR for each in found):
            found.append(colour)
        if len(found) == MOST_COLOURS:
            break
    return found


@contextmanager
def screens(browser: Browser, fetched: Mapping[str, client.Page]) -> Iterator[tuple[Screen, Screen]]:
    """Open a screen, and one without script, for the duration of the block."""
    contexts: list[BrowserContext] = [
        browser.new_context(java_script_enabled=scripts, viewport=SMALL) for scripts in (True, False)
    ]
    try:
        for context in contexts:
            context.set_default_timeout(60_000)
        screen, bare = (Screen(context.new_page(), fetched) for context in contexts)
        equip(screen.page)
        yield screen, bare
    finally:
        for context in contexts:
            context.close()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_is_for_everybody(site: Site, language: str) -> None:
    """Each page of the table, with and without script; its width in both languages, the rest in one."""
    visited, fetched = await tour(site, language), await assets(site)
    whole = looked_at(visited, language)

    wrong: dict[str, list[str]] = {}

    def run(browser: Browser) -> None:
        with screens(browser, fetched) as (screen, bare):
            for name, (page, _) in visited.items():
                if name not in whole:
                    problems = widths(screen, page)
                else:
                    problems = look(screen, bare, name, page, language)
                if problems:
                    wrong[name] = problems

    await SHARED.use(run)
    assert wrong == {}


BROKEN = """<html lang="en"><title>x</title><script src="/static/form.js"></script><script>1</script>
<img src="https://evil.example/x.png">
<main><h1>One</h1><h1>Two</h1><div style="width:2000px">wide</div><p class="error">lost</p>
<div class="terms"><p>text</p></div><header>kept</header>
<div class="field"><input id="a" aria-describedby="a-hint"><p class="hint" id="a-hint">hint</p>
<label for="a">Name</label></div>
<a href="/b" tabindex="2">second</a><a href="/a" tabindex="1">first</a></main>"""


CHANGES = "addEventListener('resize', () => { document.querySelector('h1').textContent = 'Changed'; });"


async def test_a_broken_page_is_found() -> None:
    """The checks find a page that breaks them: none passes whatever it is shown."""
    headers = {"Content-Type": "text/html", "Content-Security-Policy": "script-src 'self'"}
    recorded = client.Page(200, headers, BROKEN, "/broken")
    script = client.Page(200, {"Content-Type": "text/javascript"}, CHANGES, "/static/form.js")

    problems: list[str] = []

    def run(browser: Browser) -> None:
        with screens(browser, {script.path: script}) as (screen, bare):
            problems.extend(look(screen, bare, "broken", recorded, "en"))

    await SHARED.use(run)
    found = "\n".join(problems)
    for part in (
        "wider than 320",
        "wider than the screen with letters",
        "order of a field: input hint label",
        "belongs to no field",
        "not one heading",
        "Tab leads to",
        "differs without script",
        "https://evil.example/x.png",
        "Content Security Policy",
        "printed: ",
        "image-alt",
    ):
        assert part in found, part


def test_a_picture_keeps_its_rare_colours(tmp_path: Path) -> None:
    """A few pixels of a link, beside grounds and the many shades of letters, which fill the palette."""
    ground, paper, link = (246, 248, 250), (255, 255, 255), (10, 90, 156)
    drawn = Image.new("RGB", (400, 400), ground)
    pen = ImageDraw.Draw(drawn)
    pen.rectangle((20, 20, 380, 300), fill=paper)
    for shade in range(20, 236):
        for other in range(20):
            # More of each shade than of the link; browsers draw the edges of letters so.
            pen.line((other * 20, shade, other * 20 + 8, shade), fill=(shade, shade, shade - other))
    pen.rectangle((100, 350, 109, 351), fill=link)
    raw = BytesIO()
    drawn.save(raw, "PNG")
    keep(raw.getvalue(), tmp_path / "kept.png")
    kept = Image.open(tmp_path / "kept.png")
    assert len(kept.getcolors() or ()) <= MOST_COLOURS
    shown = kept.convert("RGB")
    assert [shown.getpixel(at) for at in ((0, 0), (375, 290), (105, 350))] == [ground, paper, link]
    assert (tmp_path / "kept.png").stat().st_size < len(raw.getvalue())


def test_pictures_are_of_few_screens() -> None:
    """docs/pages.md shows the screens that matter, each in two ways, and no picture is left over."""
    text = (ROOT / "docs" / "pages.md").read_text("utf-8")
    shown = re.findall(r"\]\(pages/([a-z_-]+)-(zh|en|light|dark)\.png\)", text)
    assert len(shown) == len(set(shown))
    screens = {name for name, _ in shown}
    assert len(screens) <= 40
    others = {"components", "supervision"}
    hosted = {
        name
        for name in screens
        if not name.startswith(("authority-", "console-", "moderation-", "operator-"))
    }
    assert hosted - others <= set(PAGES)
    beside = {"zh": "en", "en": "zh", "light": "dark", "dark": "light"}
    assert {(name, beside[way]) for name, way in shown} == set(shown)
    kept = {path.stem for path in (ROOT / "docs" / "pages").glob("*.png")}
    assert kept == {f"{name}-{way}" for name, way in shown}
