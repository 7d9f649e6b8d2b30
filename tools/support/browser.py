"""A real browser for tests: any Chromium that is there, or Debian's, installed where that is allowed."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT, AxeResults  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

from tools.support import debian

# The one without windows needs a quarter less of CPU time, and fewer packages.
NAMES = (
    *("chromium-headless-shell", "chromium", "chromium-browser"),
    *("google-chrome", "google-chrome-stable", "chrome"),
)
# The second one for a Debian that does not have the first.
PACKAGES = ("chromium-headless-shell", "chromium")
FONT = "fonts-noto-cjk"
ADVICE = (
    f"the tests of pages need a Chromium: install Debian's packages {PACKAGES[0]} and {FONT}, or name one "
    "in IDVAULT_TEST_CHROMIUM"
)
# What is well is not told: that would be most of the cost of a page.
_VIOLATIONS = """more => axe.run({resultTypes: ["violations"], ...more})
  .then(found => ({violations: found.violations}))"""
# Of the rules about colours, those that axe tries on a page unasked.
_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


class NoBrowserError(Exception):
    """There is no Chromium, and this process may not install one."""


def chromium() -> str:
    """Return the path of a Chromium; installs Debian's as root, once for all test processes."""
    return found() or _installed()


def found() -> str | None:
    """Return the path of a Chromium that is there, None if there is none."""
    named = os.environ.get("IDVAULT_TEST_CHROMIUM")
    if named:
        return named
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _installed() -> str:
    for package in PACKAGES:
        failed = debian.install(partial(_missing, package))
    path = found()
    if path is None:
        raise NoBrowserError(f"{ADVICE}{failed}")
    return path


def _missing(package: str) -> tuple[str, ...]:
    return () if found() else (package, FONT)


@contextmanager
def browsing() -> Iterator[Browser]:
    """Run a browser; it needs no network."""
    path = chromium()
    with sync_playwright() as playwright:
        # Containers and root have no sandbox; the tests open their own pages alone.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


def unfold(page: Page) -> None:
    """Open a console's menu, if it is folded because the screen is small."""
    menu = page.locator(".fold:not([open]) > summary")
    if menu.is_visible():
        menu.click()


class SharedBrowser:
    """One browser for many tests, in a thread of its own, to which playwright's objects belong."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "browser")
        self._stack = ExitStack()
        self._browser: Browser | None = None

    async def use(self, work: Callable[[Browser], None]) -> None:
        """Let work use the browser, which begins with the first use."""
        await asyncio.get_running_loop().run_in_executor(self._pool, self._run, work)

    def begin(self) -> None:
        """Let the browser begin now, for a use later, and do not wait for it."""
        self._pool.submit(self._start)

    def work(self, work: Callable[[Browser], None]) -> None:
        """Do as `use` does, outside an event loop."""
        self._pool.submit(self._run, work).result()

    def close(self) -> None:
        """End the browser if there is one; a later use begins another one."""
        self._pool.submit(self._end).result()

    def _run(self, work: Callable[[Browser], None]) -> None:
        work(self._start())

    def _start(self) -> Browser:
        if self._browser is None:
            self._browser = self._stack.enter_context(browsing())
        return self._browser

    def _end(self) -> None:
        self._stack.close()
        self._browser = None


SHARED = SharedBrowser()
"""The browser of the journeys; tests.web.conftest ends it."""


def equip(page: Page) -> None:
    """Have axe in every document that a page with script shows: half a megabyte is not sent for each."""
    page.add_init_script(AXE_SCRIPT)


def violations(page: Page, *, colours: bool = False) -> str:
    """Return what axe finds that readers with a disability cannot use on a page, nothing if all is well.

    colours: whether its rules about colours are tried alone.
    """
    if page.evaluate("!window.axe"):
        page.evaluate(AXE_SCRIPT)
    found = AxeResults(page.evaluate(_VIOLATIONS, _COLOURS if colours else {}))
    return str(found.generate_report()) if found.violations_count else ""


def pass_until(
    page: Page, text: str, state: Literal["visible", "detached"] = "visible", *, step: int = 60
) -> None:
    """Let the page's clock go on by steps of so many seconds until a text is there or gone.

    After each step there is a moment for an answer to arrive: the page gives up on one by its own clock.
    """
    for _ in range(40):
        page.clock.run_for(step * 1_000)
        with suppress(TimeoutError):
            page.get_by_text(text).wait_for(state=state, timeout=1_000)
            return
    raise AssertionError(text)
