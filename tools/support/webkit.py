"""A second browser engine for tests: WebKit, as in Safari, by Debian's driver, installed where it may be."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from selenium.webdriver import WebKitGTK
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait
from selenium.webdriver.webkitgtk.service import Service

from tools.support import browser, debian

DRIVER, SCREEN = "WebKitWebDriver", "Xvfb"
PACKAGES = {DRIVER: "webkit2gtk-driver", SCREEN: "xvfb"}
ADVICE = f"the tests of a second engine need Debian's packages {' and '.join(PACKAGES.values())}"
NARROW, WIDE = 450, 1280
"""Widths of windows in CSS pixels; WebKit's own are never narrower."""

_WAIT = 60.0


class NoWebKitError(Exception):
    """There is no WebKit with a driver, and this process may not install one."""


@dataclass(frozen=True)
class Visitor:
    """Somebody at a browser that has no cookies. Each wait ends with an error after a minute."""

    driver: WebKitGTK

    def go(self, address: str) -> None:
        self.driver.get(address)

    def press(self, name: str) -> None:
        """Press the button, follow the link or open the details with this text, once it is there."""
        words = f"normalize-space()={_quoted(name)}"
        kinds = " or ".join(f"self::{kind}" for kind in ("a", "button", "summary"))
        self.element(f"//*[{kinds}][{words}]").click()

    def press_like(self, part: str) -> None:
        """Do as `press` does, for the first whose text contains a part."""
        kinds = " or ".join(f"self::{kind}" for kind in ("a", "button"))
        self.element(f"//*[{kinds}][contains(normalize-space(), {_quoted(part)})]").click()

    def choose(self, label: str) -> None:
        """Choose what has this label; a hint may follow it."""
        self.element(f"//label[starts-with(normalize-space(), {_quoted(label)})]").click()

    def fill(self, name: str, text: str) -> None:
        """Type into the field with this id, in place of what is there."""
        field = self.element(f"//*[@id={_quoted(name)}]")
        field.clear()
        field.send_keys(text)

    def type(self, key: str) -> None:
        """Press a key on the page, where no field has the focus."""
        ActionChains(self.driver).send_keys(key).perform()

    def put(self, name: str, file: Path) -> None:
        """Choose a file for the field with this id."""
        self.element(f"//*[@id={_quoted(name)}]").send_keys(str(file))

    def see(self, text: str) -> None:
        """Wait until a page shows a text, and is there with its script and its style."""
        words = f"contains(normalize-space(), {_quoted(text)})"
        self.element(f"//main//*[{words}]")
        self.until("document.readyState === 'complete'")

    def until(self, condition: str) -> None:
        """Wait until a condition of the page's script holds."""
        WebDriverWait(self.driver, _WAIT).until(lambda each: each.execute_script(f"return {condition}"))

    def text(self) -> str:
        """Return what the page shows."""
        return str(self.element("//main").text)

    def fits(self) -> bool:
        """Return whether nothing is wider than the window."""
        return bool(
            self.driver.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
        )

    def element(self, path: str) -> WebElement:
        """Return the first element of a path that is shown, once there is one."""

        def shown(driver: WebKitGTK) -> WebElement | None:
            found = driver.find_elements(By.XPATH, path)
            return next((each for each in found if each.is_displayed() or _is_file(each)), None)

        made = WebDriverWait(self.driver, _WAIT).until(shown)
        assert made is not None
        return made


@contextmanager
def visiting(*, width: int = WIDE) -> Iterator[Visitor]:
    """Run a browser with a screen of its own; it needs no network.

    width: of the window, in CSS pixels.
    """
    with _screen() as display:
        driver = WebKitGTK(service=Service(_found(DRIVER), env={**os.environ, "DISPLAY": display}))
        try:
            driver.set_window_size(width, 900)
            yield Visitor(driver)
        finally:
            driver.quit()


@contextmanager
def _screen() -> Iterator[str]:
    """Run a screen that nobody sees; yield its name."""
    ours, theirs = os.pipe()
    # It chooses a free number, and tells it once it can be used.
    words = [_found(SCREEN), "-displayfd", str(theirs), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
    process = subprocess.Popen(words, pass_fds=(theirs,), stderr=subprocess.DEVNULL)
    os.close(theirs)
    try:
        with os.fdopen(ours, encoding="ascii") as told:
            number = told.readline().strip()
        yield f":{number}"
    finally:
        process.terminate()
        process.wait()


def _found(name: str) -> str:
    failed = "" if debian.which(name) else debian.install(_missing)
    path = debian.which(name)
    if not path:
        raise NoWebKitError(f"{ADVICE}{failed}")
    return path


def _missing() -> tuple[str, ...]:
    missing = tuple(package for name, package in PACKAGES.items() if not debian.which(name))
    return (*missing, browser.FONT) if missing else ()


def _is_file(element: WebElement) -> bool:
    return element.get_attribute("type") == "file"


def _quoted(text: str) -> str:
    """Return a text as XPath writes it; none here has both kinds of quotation marks."""
    return f'"{text}"' if '"' not in text else f"'{text}'"
