"""The demo's step with the auditor's console: a disclosure by clicks in a browser, if there is one."""

import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page

from idvault_client import Vault
from tools.demo import browsing
from tools.demo.disclosure import DisclosureSteps
from tools.demo.step import StepError, check
from tools.support import programs
from tools.support.sandbox import Person, verify

_AUDITOR = "auditor-b"
_PATIENCE = 60.0


class ConsoleSteps:
    """An auditor who works in a browser. person: whose record is opened."""

    def __init__(self, *, person: Person, disclosure: DisclosureSteps) -> None:
        self._person = person
        self._disclosure = disclosure

    def disclose(self, vault: Vault, ready: Mapping[str, Any]) -> None:
        """Request, have it approved, open, reveal; the redirect file is gone afterwards."""
        verified = verify(vault, self._person)
        check(verified.succeeded, "the person should be verified")
        folder = Path(ready["identities"][_AUDITOR])

        def auditor(page: Page) -> None:
            with self._console(folder) as file:
                self._work(page, file, verified.account_token, ready)
            check(not file.exists(), "the redirect file should be gone")

        browsing.by_clicks(auditor)

    def _work(self, page: Page, file: Path, account_token: str, ready: Mapping[str, Any]) -> None:
        page.goto(file.as_uri())
        disclosure_id = _request(page, account_token)
        self._disclosure.approve_by(ready, disclosure_id, "custodian-b", "custodian-c")
        page.reload()
        page.get_by_role("link", name="Open the record").click()
        page.get_by_label("One-time code").fill(self._disclosure.code(_AUDITOR))
        page.get_by_role("button", name="Open", exact=True).click()
        page.get_by_text("Name and number are masked").wait_for()
        check(self._person.name not in page.content(), "the name should be masked at first")
        page.get_by_role("button", name="Show for 30 seconds").click()
        page.get_by_text(self._person.name).wait_for()
        page.get_by_role("button", name="End the session").click()
        page.get_by_role("heading", name="The session has ended").wait_for()

    @contextmanager
    def _console(self, folder: Path) -> Iterator[Path]:
        """Run the console; it ends by its own button."""
        file = folder / "console.html"
        given = ("--identity", folder, "--passphrase-file", self._disclosure.passphrase_file)
        started = programs.start(programs.VAULT, "auditor", *given, "console", "--no-browser")
        try:
            deadline = time.monotonic() + _PATIENCE
            while not file.exists():
                if started.poll() is not None or time.monotonic() > deadline:
                    raise StepError("the console should start")
                time.sleep(0.01)
            yield file
            _, err = started.communicate(_PATIENCE)
            check((started.returncode, err) == (0, ""), "the console should end cleanly")
        finally:
            if started.poll() is None:
                started.send_signal(signal.SIGTERM)


def _request(page: Page, account_token: str) -> str:
    page.get_by_role("link", name="New request").first.click()
    for field, value in (
        ("account", account_token),
        ("case", "demo 2"),
        ("legal_basis", "synthetic"),
        ("order", None),
        ("purpose", "to show how it is done"),
        ("hours", "24"),
    ):
        page.locator(f"#{field}").wait_for()
        if value is not None:
            page.locator(f"#{field}").fill(value)
        page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Sign and send").click()
    page.get_by_text("Waiting for custodians").wait_for()
    return urlsplit(page.url).path.rpartition("/")[2]
