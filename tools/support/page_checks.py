"""Whether everybody can use a page that a browser shows: axe in both schemes, sizes, print, keyboard, fields.

Each check yields what is wrong, in words, and leaves the page as it was.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page, Route, ViewportSize, expect

from tools.support.browser import violations

Check = Callable[[Page], Iterator[str]]
# A telephone, and half of a screen of 1,280 pixels: what a zoom of 200 % leaves.
SMALL, ZOOMED = ViewportSize(width=320, height=640), ViewportSize(width=640, height=360)
_TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
_LARGE_LETTERS = "size => { document.documentElement.style.fontSize = size; }"
# A menu is not printed, nor what is not for whoever gets the paper (.screen); what is folded is not shown.
_TEXTS = """() => [...document.querySelectorAll(
    "main :is(h1, h2, p, li, dt, dd, th, td, label, legend, .terms)")]
  .filter(each => !each.querySelector("a.button") && !each.closest("nav, .screen") && each.checkVisibility()
    && each.getClientRects().length)
  .map(each => each.textContent.trim())"""
_CONTROLS = """() => [...document.querySelectorAll("header, footer, nav, .skip, button, a.button")]
  .filter(each => each.checkVisibility() && each.getClientRects().length).map(each => each.outerHTML)"""
_CUT_OFF = """() => [...document.querySelectorAll("main *")].filter(each => each.checkVisibility()
    && each.scrollHeight > each.clientHeight + 1 && getComputedStyle(each).overflowY !== "visible")
  .map(each => each.outerHTML.slice(0, 200))"""
# Radio buttons of one name in one form are one stop: the chosen one, or else the first.
_STOPS = """() => [...document.querySelectorAll(
    "a[href], :is(button, input:not([type=hidden]), textarea, select):enabled, summary, [tabindex='0']")]
  .filter(each => each.checkVisibility() && each.getClientRects().length)
  .filter((each, _, all) => {
    const group = all.filter(one => one.type === "radio" && one.name === each.name && one.form === each.form);
    return each.type !== "radio" || each === (group.find(one => one.checked) ?? group[0]); })
  .map(each => each.outerHTML)"""
_FOCUSED = """() => { const each = document.activeElement, style = getComputedStyle(each);
  return [each.outerHTML, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0]; }"""
# The next Tab begins at the top of the page, wherever a script or a click had put the focus.
_TO_THE_TOP = """() => { const body = document.body;
  body.tabIndex = -1; body.focus({preventScroll: true}); body.removeAttribute("tabindex"); }"""
_HEADINGS = """() => { const all = [...document.querySelectorAll("h1")];
  return [all.length, document.title.includes(all[0]?.textContent)]; }"""
# In this order a screen reader meets what belongs to a field. A page for people explains each field; a
# console's label may say enough.
_ORDER = """() => { const hint = document.body.matches(".console") ? "( hint)?" : " hint";
  const whole = new RegExp(`^label${hint}( error)? (input|textarea|select)$`
    + "|^legend( hint)?( error)?( choice)+$|^(error )?choice$");
  return [...document.querySelectorAll(".field")].flatMap(each => {
    const all = [...each.querySelectorAll("label, legend, .hint, .error, input, textarea, select, .choice")]
      .filter(one => one.matches(".choice") || !one.closest(".choice"));
    const kinds = all.map(one => ["hint", "error", "choice"].find(name => one.classList.contains(name))
      ?? one.tagName.toLowerCase()).join(" ");
    return whole.test(kinds) ? [] : [kinds]; }); }"""
# A line has the label without its question mark: a colon follows there. A button has the name of its group.
_UNNAMED = """() => [...document.querySelectorAll(".errors li a")].flatMap(link => {
  const field = document.getElementById(link.hash.slice(1));
  const group = field?.matches("[type=radio], [type=checkbox]") ? field.closest("fieldset") : field;
  const label = group?.querySelector("legend, dt") ?? field?.labels?.[0];
  const words = text => text.replace(/\\s+/g, " ").trim();
  return label && words(link.textContent).includes(words(label.textContent).replace(/[?\uff1f]$/, "")) ? []
    : [words(link.textContent)]; })"""
# Day, month, year and the calendar of a date, or the parts of a time, are stops within one element.
_OF_PARTS, _PARTS = re.compile(r"^<input [^>]*type=\"(date|time)\""), 4
_IS_DARK = "matchMedia('(prefers-color-scheme: dark)').matches"
_BOXES = "input:not([type=hidden]), textarea, select"


def sizes(page: Page) -> Iterator[str]:
    """Yield where something is wider than the screen."""
    before = page.viewport_size
    for size in (SMALL, ZOOMED):
        page.set_viewport_size(size)
        if page.evaluate(_TOO_WIDE):
            yield f"wider than {size['width']} pixels"
    page.evaluate(_LARGE_LETTERS, "200%")
    if page.evaluate(_TOO_WIDE):
        yield "wider than the screen with letters of twice the size"
    page.evaluate(_LARGE_LETTERS, "")
    if before is not None:
        page.set_viewport_size(before)


def prints(page: Page) -> Iterator[str]:
    """Yield what a printed page loses, and what it keeps in vain."""
    shown = page.evaluate(_TEXTS)
    page.emulate_media(media="print")
    printed = page.evaluate(_TEXTS)
    if printed != shown:
        yield f"not printed: {[text for text in shown if text not in printed][:3]}"
    if kept := page.evaluate(_CONTROLS):
        yield f"printed: {kept}"
    if cut := page.evaluate(_CUT_OFF):
        yield f"a printed text is cut off: {cut[0]}"
    page.emulate_media(media="screen")


def headings(page: Page) -> Iterator[str]:
    """Yield whether a page has more or fewer than one heading of the first level, or another title."""
    if page.evaluate(_HEADINGS) != [1, True]:
        yield "not one heading, or another title"


def named(page: Page) -> Iterator[str]:
    """Yield fields whose name or description a screen reader would not tell, or in another order."""
    for kinds in page.evaluate(_ORDER):
        yield f"order of a field: {kinds}"
    shown = page.locator("main .field:visible")
    tree, place = page.locator("main").aria_snapshot(), 0
    for each in shown.all():
        group = each.locator("fieldset")
        if group.count():
            yield from _told(each, group, group.locator("legend").inner_text())
        elif each.locator(".choice").count() == 0:
            box, label = each.locator(_BOXES), each.locator("label").inner_text()
            yield from _told(each, box, label)
            if box.get_attribute("type") != "file":
                place = _place(tree, label, place)
                if place < 0:
                    yield f"{label} is not in the tree, or in another order"
    wrong = page.locator("[aria-invalid=true]").count()
    if page.locator(".errors").count() and not tree.index("alert") <= tree.index("heading"):
        yield "the summary of errors does not come first"
    for line in page.evaluate(_UNNAMED):
        yield f"the summary of errors does not name the field: {line}"
    if page.locator(".error").count() != max(wrong, page.locator("fieldset.wrong").count()):
        yield "an error belongs to no field"


def _told(each: Locator, box: Locator, label: str) -> Iterator[str]:
    # A choice has a hint of its own, in its label.
    notes = each.locator(":is(.hint, .error):not(.choice *)").all()
    described = re.sub(r"\s+", " ", " ".join(one.inner_text() for one in notes)).strip()
    # Playwright tells the computed name and description by expectations alone.
    told = {
        "name": (label, expect(box).to_have_accessible_name),
        "description": (described, expect(box).to_have_accessible_description),
    }
    for what, (wanted, expected) in told.items():
        try:
            expected(wanted)
        except AssertionError:
            yield f"the {what} of {label} is not {wanted} to a screen reader"


def _place(tree: str, label: str, begin: int) -> int:
    found = re.compile(rf'(textbox|searchbox|combobox|spinbutton) "{re.escape(label)}').search(tree, begin)
    return found.start() if found else -1


def stops(page: Page) -> Iterator[str]:
    """Yield what Tab does not reach in order, or reaches unseen."""
    page.evaluate(_TO_THE_TOP)
    got = ""
    for wanted in page.evaluate(_STOPS):
        got, is_seen = _next_stop(page, got)
        if got != wanted:
            yield f"Tab leads to {got[:80]} and not to {wanted[:80]}"
            break
        if not is_seen:
            yield f"nobody sees the focus of {got[:80]}"
    page.evaluate(_TO_THE_TOP)


def _next_stop(page: Page, before: str) -> tuple[str, bool]:
    """Press Tab until another element has the focus; return it, and whether that is seen."""
    for _ in range(_PARTS):
        page.keyboard.press("Tab")
        got, is_seen = page.evaluate(_FOCUSED)
        if got != before or not _OF_PARTS.search(got):
            break
    return got, is_seen


def axe(page: Page) -> Iterator[str]:
    """Yield what axe finds in the scheme that is shown."""
    if report := violations(page):
        yield report


def other_scheme(page: Page) -> Iterator[str]:
    """Yield what axe finds of the colours in the other scheme: nothing else may differ there."""
    shown = "dark" if page.evaluate(_IS_DARK) else "light"
    page.emulate_media(color_scheme="light" if shown == "dark" else "dark")
    if report := violations(page, colours=True):
        yield f"in the other scheme: {report}"
    page.emulate_media(color_scheme="light" if shown == "light" else "dark")


# Of a recorded page; Tab is tried apart, without script, which moves the focus.
RECORDED: Sequence[Check] = (sizes, headings, named, prints, axe, other_scheme)
# A journey in each language examines a half: what depends on the words is in both, what the elements alone
# decide is in one.
_HALVES: Mapping[str, Sequence[Check]] = {
    "zh": (sizes, headings, named),
    "en": (sizes, headings, named, prints, stops, axe, other_scheme),
}


def examine(page: Page, checks: Sequence[Check]) -> list[str]:
    """Return what checks find wrong with a page that has been loaded, and keep it there meanwhile."""
    with _kept(page):
        return [each for check in checks for each in check(page)]


@contextmanager
def _kept(page: Page) -> Iterator[None]:
    """Let nothing take the page's place within: one that waits loads itself anew, another one leaves in time.

    Either would take away the elements under a check that lasts longer. It does not try again afterwards.
    """

    def refuse(route: Route) -> None:
        if route.request.is_navigation_request() and route.request.frame == page.main_frame:
            stay(route)
        else:
            route.fallback()

    page.route("**/*", refuse)
    yield
    page.unroute("**/*", refuse)


def stay(route: Route) -> None:
    """Answer a navigation so that the browser stays where it is (RFC 9110, 15.3.5)."""
    route.fulfill(status=204)


@dataclass
class Examiner:
    """Examines the pages of a journey, each once in a language. seen: their names and languages."""

    seen: set[tuple[str, str]] = field(default_factory=set)

    def look(self, page: Page, name: str, language: str) -> None:
        """Examine a loaded page; raises AssertionError with what is wrong with it."""
        if (name, language) not in self.seen:
            self.seen.add((name, language))
            wrong = examine(page, _HALVES[language])
            assert not wrong, (name, wrong)
