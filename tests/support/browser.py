"""A real browser for tests: any Chromium that is there, or Debian's, installed where that is allowed."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PACKAGES = ("chromium", "fonts-noto-cjk")
ADVICE = (
    "the tests of pages need a Chromium: install Debian's packages chromium and fonts-noto-cjk, or name one "
    "in IDVAULT_TEST_CHROMIUM"
)


class NoBrowserError(Exception):
    """There is no Chromium, and this process may not install one."""


def chromium() -> str:
    """Return the path of a Chromium; installs Debian's as root, once for all test processes."""
    return _found() or _installed()


def _found() -> str | None:
    named = os.environ.get("IDVAULT_TEST_CHROMIUM")
    if named:
        return named
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _installed() -> str:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise NoBrowserError(ADVICE)
    with (Path(tempfile.gettempdir()) / "idvault-chromium.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _found() is None:
            _install()
    path = _found()
    if path is None:
        raise NoBrowserError(ADVICE)
    return path


def _install() -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # The list of packages may be missing or old; a mirror that is away shows in the installation.
    subprocess.run(["apt-get", "update", "-q"], check=False, env=environment, capture_output=True)
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *PACKAGES]
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise NoBrowserError(f"{ADVICE}\n{done.stdout[-500:]}\n{done.stderr[-500:]}")


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


def violations(page: Page) -> str:
    """Return what axe finds that readers with a disability cannot use on a page, nothing if all is well."""
    found = Axe().run(page)
    return str(found.generate_report()) if found.violations_count else ""
