"""The demo's step with an account in a person's name that she disowns, and whose openings she reads then."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page

from idvault.processes.shifted_clock import READ_EVERY
from idvault_client import State, Vault, testing
from idvault_client.sessions import AccountDisavowal, DisavowalState
from tools.demo import browsing
from tools.demo.disclosure import LEGAL_BASIS, DisclosureSteps
from tools.demo.step import check
from tools.support.sandbox import Person, Registry, verify, wait_for

_LISTED, _TOLD = timedelta(hours=73), timedelta(days=14)
# The embargo is 90 days by default, and a list ends at the start of the day before.
_LATER = timedelta(days=92)
# The task that tells platforms runs every five seconds, and the clock is read every second.
_PATIENCE = 30.0


class DisavowalSteps:
    """person: in whose name somebody else verifies. shift: shifts the vault's business time.

    disclosure: the auditor's commands.
    """

    def __init__(
        self,
        vault: Callable[[], Vault],
        ready: Callable[[], Mapping[str, Any]],
        disclosure: DisclosureSteps,
        shift: Callable[[timedelta], None],
        person: Person,
    ) -> None:
        self._person, self._vault, self._ready, self._shift = person, vault, ready, shift
        self._disclosure = disclosure

    def disown(self) -> None:
        """Two proofs of presence, 72 hours apart; then her platform is told, and two moderators decide.

        An auditor had opened the record: after the embargo she reads that, and the account does not.
        """
        ready = self._ready()
        Registry(ready["registry"]["admin_url"]).add(self._person)
        try:
            with self._vault() as vault:
                token = verify(vault, self._person).account_token
                opened = self._disclosure.open_by_two(ready, account_token=token)
                check(opened["real_name"] == self._person.name, "the record should have her name")
                self._disown(vault, ready, token)
                self._move(_LATER)
                browsing.by_clicks(lambda page: self._asks(page, ready))
                self._move(_LATER + _LISTED)
                browsing.by_clicks(lambda page: self._reads(page, ready, token))
                found = vault.get_disclosure_history(token)
                check(not (found.disclosures or found.openings), "the account should show nothing of it")
        finally:
            self._move(timedelta())

    def _disown(self, vault: Vault, ready: Mapping[str, Any], token: str) -> None:
        browsing.by_clicks(lambda page: self._asks(page, ready))
        self._move(_LISTED)
        browsing.by_clicks(lambda page: self._disowns(page, ready))
        check(_told(vault) == (), "the platform should not be told at once")
        self._move(_TOLD)
        check(wait_for(lambda: bool(_told(vault)), patience=_PATIENCE), "the platform should be told then")
        [told] = _told(vault)
        check(told.account_token == token, "it should be told of that account")
        first, second = (testing.moderator(vault) for _ in range(2))
        vault.disavowals.decide(
            told.disavowal_id, DisavowalState.UPHELD, "other logins (synthetic)", key=first
        )
        proposed = vault.disavowals.get(told.disavowal_id)
        check(vault.get_status(token).state is State.VERIFIED, "one moderator should only propose")
        vault.disavowals.confirm(proposed, key=second)
        check(vault.get_status(token).state is State.REVOKED, "the verification should be withdrawn")

    def _move(self, passed: timedelta) -> None:
        self._shift(passed)
        time.sleep(2 * READ_EVERY)

    def _asks(self, page: Page, ready: Mapping[str, Any]) -> None:
        self._prove(page, ready)
        page.get_by_role("button", name="Cancel everything that waits").wait_for()

    def _disowns(self, page: Page, ready: Mapping[str, Any]) -> None:
        self._prove(page, ready)
        # On the list, and on the page that says what follows.
        for _ in range(2):
            page.get_by_role("button", name="This account is not mine").click()
        page.get_by_role("button", name="Cancel everything that waits").wait_for()

    def _reads(self, page: Page, ready: Mapping[str, Any], token: str) -> None:
        self._prove(page, ready)
        # It waits for the page, and there is one such text.
        page.get_by_text(LEGAL_BASIS, exact=True).wait_for()
        check(page.get_by_text("Opened", exact=True).count() == 1, "she should read when they were opened")
        check(token not in page.content(), "the page should not name the account")

    def _prove(self, page: Page, ready: Mapping[str, Any]) -> None:
        site = urlsplit(ready["pages"]["report form"])
        page.goto(f"{site.scheme}://{site.netloc}/accounts?lang=en")
        page.locator("#name").fill(self._person.name)
        page.locator("#number").fill(self._person.number)
        page.get_by_role("button", name="Continue").click()
        page.locator("main a.button").click()
        page.get_by_role("button", name="It is me").click()
        page.locator("main form button").first.click()


def _told(vault: Vault) -> tuple[AccountDisavowal, ...]:
    return tuple(vault.disavowals.list_page(state=DisavowalState.FILED).disavowals)
