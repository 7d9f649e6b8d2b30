"""The demo's steps with the hosted pages: a verification, and a report with its reply."""

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Page

from tools.demo import browsing
from tools.demo.step import check
from tools.support.sandbox import Person

_PLACE = "post/9012"
TEXT = "It says that the bridge has fallen; I stand on it (synthetic)."


class HostedSteps:
    """A person with a browser. person: who verifies."""

    def __init__(self, *, person: Person) -> None:
        self._person = person

    def verify(self, ready: Mapping[str, Any]) -> None:
        """From the platform to the vault's page and back, with a mistyped name on the way."""

        def person(page: Page) -> None:
            page.goto(ready["pages"]["hosted verification"])
            page.get_by_role("button", name="Continue").click()
            page.get_by_role("link", name="Go to Example A").click()
            page.get_by_role("button", name="Agree and continue").click()
            page.get_by_label("Resident identity card").check()
            page.get_by_role("button", name="Continue").click()
            self._type(page, self._person.name + self._person.name[-1])
            page.get_by_role("heading", name="Not confirmed").wait_for()
            self._type(page, self._person.name)
            page.get_by_role("heading", name="You are verified").wait_for()
            check(self._person.name not in page.content(), "the page should not repeat the name")
            page.get_by_role("link", name="Back to Example A").click()
            page.get_by_role("heading", name="Back at the platform: verified").wait_for()

        browsing.by_clicks(person)

    def report(self, ready: Mapping[str, Any]) -> None:
        """Four questions, number and secret, and the state that these two show."""

        def reporter(page: Page) -> None:
            page.goto(ready["pages"]["report form"] + "?lang=en")
            page.get_by_role("button", name="Start a report").click()
            page.get_by_label("Spreading rumours").check()
            page.get_by_role("button", name="Continue").click()
            page.get_by_label("Place").fill(_PLACE)
            page.get_by_role("button", name="Continue").click()
            page.get_by_role("heading", name="Do you want to be contacted?").wait_for()
            page.get_by_role("button", name="Continue").click()
            page.get_by_label("What is wrong").fill(TEXT)
            page.get_by_role("button", name="Continue").click()
            page.get_by_role("heading", name="Check your answers").wait_for()
            page.get_by_role("button", name="Send the report").click()
            page.get_by_role("heading", name="Your report has been sent").wait_for()
            reference, secret = page.locator(".number").all_inner_texts()
            page.get_by_role("button", name="clear this page").click()
            page.get_by_role("link", name="Read the reply to a report").click()
            page.get_by_label("Number").fill(reference)
            page.get_by_label("Secret").fill(secret)
            page.get_by_role("button", name="Show").click()
            page.get_by_text("Received").wait_for()

        browsing.by_clicks(reporter)

    def _type(self, page: Page, name: str) -> None:
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("Document number").fill(self._person.number)
        page.get_by_role("button", name="Verify").click()
