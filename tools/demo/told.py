"""The demo's steps with notifications: who is told by webhook and mail, and an address that a code proves."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from idvault_client import Vault
from idvault_dev.layout import Layout
from tools.demo import browsing
from tools.demo.step import check
from tools.support.receiving import SECRET, Mailbox, Receiver
from tools.support.sandbox import wait_for

ADDRESS = "careful.reader@example.org"
_TEXT = "The photograph is from another year (synthetic)."
_OFFICE, _STAFF = "office", "desk@example.org"
# Until the worker's next minute, and until the pages have noticed.
_OFFERED = 150.0
_SENT = 60.0


class ToldSteps:
    """An authority with a webhook, a desk with a mailbox, and a reporter with another one."""

    def __init__(self, vault: Callable[[], Vault], ready: Callable[[], Mapping[str, Any]]) -> None:
        self._vault, self._ready = vault, ready
        self._hook: Receiver | None = None
        self._mails = Mailbox()

    def begin(self, state: Path) -> None:
        """Name the recipients in the running vault's file; the worker follows it."""
        self._hook = Receiver()
        self._mails.open()
        file = Layout(state).keys / "notify.toml"
        file.touch(mode=0o600)
        file.write_text(
            f'[smtp]\nurl = "smtp://127.0.0.1:{self._mails.port}"\nfrom = "vault@vault.example"\n'
            f'[[recipient]]\nname = "{_OFFICE}"\nfor = "authority"\nwebhook = "{self._hook.url}"\n'
            f'secret = "{SECRET}"\n'
            f'[[recipient]]\nname = "desk"\nfor = "moderator"\nof = "platform-a"\nemail = "{_STAFF}"\n'
            'topics = ["report_filed"]\n',
            "utf-8",
        )

    def close(self) -> None:
        """Receive nothing more."""
        if self._hook is not None:
            self._hook.close()
        self._mails.close()

    def check_hook(self, kind: str, *, unsaid: tuple[str, ...]) -> None:
        """The authority is told of a kind of thing by signed webhook within a minute, and of nothing else."""
        hook = self._hook
        assert hook is not None
        heard = wait_for(lambda: bool(hook.heard(_OFFICE, kind)), patience=_SENT)
        check(heard, f"the authority should be told of {kind}")
        said = b"".join(hook.bodies).decode()
        check(not any(each in said for each in unsaid), "a webhook should say how many, and nothing else")
        kinds = {each["kind"] for body in hook.bodies for each in json.loads(body)["data"]["waiting"]}
        check(kinds <= {"report_referred", "order_objected"}, f"it should be told of its own: {kinds}")

    def prove(self) -> None:
        """A wrong code proves nothing, the right one does: the report has a reporter, the desk is told."""
        before = len(self._mails.texts.get(_STAFF, []))
        browsing.by_clicks(self._report)
        with self._vault() as vault:
            made = max((each for each in _listed(vault) if each.reporter_id), key=lambda each: each.file_time)
            case = vault.tip_offs.get(made.tip_off_id)
        check(case.contact_proved and case.contact == ADDRESS, "the desk should read a proved address")
        check(case.text == _TEXT, "it should be the report that was typed")
        told = wait_for(lambda: len(self._mails.texts.get(_STAFF, [])) > before, patience=_SENT)
        check(told, "the desk should be told by mail")
        mails = "".join(self._mails.texts[_STAFF])
        check(ADDRESS not in mails and _TEXT not in mails, "a mail should say how many, and nothing else")

    def _report(self, page: Page) -> None:
        page.goto(self._ready()["pages"]["report form"] + "?lang=en")
        page.get_by_role("button", name="Start a report").click()
        page.get_by_label("Spreading rumours").check()
        page.get_by_role("button", name="Continue").click()
        page.get_by_label("Place").fill("post/9013")
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("heading", name="Do you want to be contacted?").wait_for()
        proving = page.get_by_role("button", name="Send me a code to this e-mail address")

        def offered() -> bool:
            page.reload()
            return proving.count() > 0

        check(proving.count() > 0 or wait_for(offered, patience=_OFFERED), "the form should offer a proof")
        page.get_by_label("How you can be reached").fill(ADDRESS)
        proving.click()
        page.get_by_role("heading", name="Which code did you get?").wait_for()
        sent = wait_for(lambda: bool(self._mails.texts.get(ADDRESS)), patience=_SENT)
        check(sent, "a code should be sent")
        [mail] = self._mails.texts[ADDRESS]
        check("platform-a" not in mail and "http" not in mail, "the mail should have a code and no link")
        found = re.search(r"([0-9]{4}) ([0-9]{4})", mail)
        assert found is not None
        code = found[1] + found[2]
        self._type(page, f"{(int(code) + 1) % 10**8:08}")
        page.get_by_text("The address is not proved").first.wait_for()
        self._type(page, code)
        page.get_by_label("What is wrong").fill(_TEXT)
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Send the report").click()
        page.get_by_role("heading", name="Your report has been sent").wait_for()

    def _type(self, page: Page, code: str) -> None:
        page.get_by_label("Code", exact=True).fill(code)
        page.get_by_role("button", name="Prove the address").click()


def _listed(vault: Vault) -> list[Any]:
    """Return the reports that are open."""
    found, token, last = list[Any](), "", False
    while not last:
        page = vault.tip_offs.list_page(open_only=True, page_token=token)
        found += page.tip_offs
        token, last = page.next_page_token, not page.next_page_token
    return found
