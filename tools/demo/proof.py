"""The demo's steps with a child and an adult, and with somebody who is vouched for without a name."""

import json
import os
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page

from idvault_client import Assurance, FailureReason, PreconditionFailed, Status, Vault
from idvault_client.sessions import HostedSession, Proof
from idvault_dev import environment
from idvault_dev.layout import Layout
from idvault_verify.session import ACCEPTED
from tools.demo import browsing
from tools.demo.disclosure import DisclosureSteps
from tools.demo.step import StepError, check
from tools.support import programs
from tools.support.sandbox import Person, Registry, claim, invent, verify, wait_for

_PROVIDER, _HOLDER_PROVIDER = "IDVAULT_RESULT_PROVIDER", "IDVAULT_HOLDER_PROVIDER"
_PERSONAL = ("real_name", "document_type", "document_number")


class ProofSteps:
    """A child, its parent, and a person with a network credential.

    vault, ready: of the running vault, whose state is in a folder. disclosure: the auditor's commands.
    """

    def __init__(
        self,
        vault: Callable[[], Vault],
        ready: Callable[[], Mapping[str, Any]],
        disclosure: DisclosureSteps,
        *,
        state: Path,
    ) -> None:
        self._vault, self._ready, self._state, self._disclosure = vault, ready, state, disclosure
        self._child = invent(born=datetime.now(UTC).date() - timedelta(days=10 * 365))
        self._parent, self._twin = invent(), invent()
        # What only the provider has, and the id that it makes of it.
        self._credential = f"credential {random.SystemRandom().randrange(10**12)}"
        self._opaque_id = ""

    @property
    def secrets(self) -> list[str]:
        """What no file of the vault may hold."""
        people = (self._child, self._parent, self._twin)
        texts = [text for each in people for text in (each.name, each.number)]
        return [*texts, self._credential, *([self._opaque_id] if self._opaque_id else [])]

    @staticmethod
    def begin() -> None:
        """Let the mock provider of presence vouch without a name, too; the vault reads that at its start."""
        os.environ[_PROVIDER] = os.environ[_HOLDER_PROVIDER]

    @staticmethod
    def end() -> None:
        """Forget the provider."""
        os.environ.pop(_PROVIDER, None)

    def refuse_child(self) -> None:
        """Whoever sends a child's number hears it after a match alone, and the vault keeps a MISMATCH."""
        Registry(self._ready()["registry"]["admin_url"]).add(self._child, self._parent, self._twin)
        with self._vault() as vault:
            guessed = verify(vault, Person(self._parent.name, self._child.number))
            check(guessed.failure_reason is FailureReason.MISMATCH, "a wrong name should tell no age")
            answer = claim(vault, self._child)
            check(answer.failure_reason is FailureReason.GUARDIAN_REQUIRED, "an adult should be missing")
            check(not answer.status.is_verified, "the child should not be verified")
            kept = vault.get_verification(answer.request_id)
            check(kept.failure_reason is FailureReason.MISMATCH, "what is kept should tell no age")

    def guard_child(self) -> None:
        """The page asks for an adult after the match; a wrong one is refused, and the parent suffices."""
        with self._vault() as vault:
            made = self._session(vault)
            browsing.by_clicks(lambda page: self._with_parent(page, vault, made))
            ended = vault.sessions.get(made.session_id).verification
            if ended is None:
                raise StepError("the session should have a verification")
            child, adult = vault.get_status(ended.account_token), verify(vault, self._twin).status
            check(child.is_verified, "the child should be verified")
            check(_facts(child) == _facts(adult), "the platform should read what it reads of an adult")

    def vouch(self) -> None:
        """Custodians open the record: a provider and its id for the person, and nothing else."""
        numbers = [each.value for each in (*ACCEPTED, Proof.TWO_REVIEWERS, Proof.RESULT_ONLY)]
        done = programs.run(
            programs.VAULT,
            *("platform", "accept", "platform-a", "--separate-persons"),
            *(f"--proof={each}" for each in numbers),
            environment=environment.common(Layout(self._state)),
        )
        check(done.returncode == 0, "the operator should let the platform accept proofs without a name")
        with self._vault() as vault:
            made = self._session(vault, proof=Proof.RESULT_ONLY)
            browsing.by_clicks(lambda page: self._at_the_provider(page, vault, made))
            ended = vault.sessions.get(made.session_id).verification
            if ended is None:
                raise StepError("the session should have a verification")
            status = vault.get_status(ended.account_token)
        check(status.assurances == (Assurance.RESULT_ONLY,), "the platform should read RESULT_ONLY")
        opened = self._disclosure.open_by_two(self._ready(), account_token=ended.account_token)
        check([opened[each] for each in _PERSONAL] == [None] * 3, "the record should have no name or number")
        provider = json.loads(Path(os.environ[_PROVIDER]).read_text("utf-8"))
        check(opened["provider"] == provider["url"], "it should have the provider")
        self._opaque_id = opened["opaque_id"]
        check(bool(self._opaque_id), "it should have the provider's id for the person")
        check(self._credential not in json.dumps(opened), "the credential should be the provider's alone")

    def _session(self, vault: Vault, **changes: Any) -> HostedSession:
        """Make a session; the edge heeds within seconds what its platform accepts."""
        site = urlsplit(self._ready()["pages"]["hosted verification"])
        made: list[HostedSession] = []

        def is_made() -> bool:
            try:
                found = vault.sessions.create(
                    return_url=f"{site.scheme}://{site.netloc}/verified",
                    policy_version="terms-3",
                    policy_text="The terms (synthetic)",
                    locale="en",
                    **changes,
                )
            except PreconditionFailed:
                return False
            made.append(found)
            return True

        check(wait_for(is_made), "the platform should be allowed to ask for that")
        return made[0]

    def _with_parent(self, page: Page, vault: Vault, made: HostedSession) -> None:
        browsing.enter(page, vault, made.url)
        page.get_by_label("Resident identity card").check()
        page.get_by_role("button", name="Continue").click()
        section = page.get_by_text("A parent or responsible adult", exact=True)
        check(section.count() == 0, "nobody should be asked for an adult before a match")
        self._type(page)
        section.wait_for()
        self._type(page, adult=Person(self._twin.name, self._parent.number))
        page.get_by_text("The name and number of the adult do not belong together.").first.wait_for()
        self._type(page, adult=self._parent)
        page.get_by_role("heading", name="You are verified").wait_for()
        for each in self.secrets:
            check(each not in page.content(), "the page should not repeat what was typed")

    def _type(self, page: Page, *, adult: Person | None = None) -> None:
        page.locator("#name").fill(self._child.name)
        page.locator("#number").fill(self._child.number)
        if adult is not None:
            page.locator("#guardian_name").fill(adult.name)
            page.locator("#guardian_number").fill(adult.number)
        page.get_by_role("button", name="Verify").click()

    def _at_the_provider(self, page: Page, vault: Vault, made: HostedSession) -> None:
        browsing.enter(page, vault, made.url)
        check(page.locator("#name").count() == 0, "nothing should be typed at the vault")
        page.get_by_role("button", name="Continue").click()
        page.locator("main a.button").click()
        page.locator("input[name=credential]").fill(self._credential)
        page.get_by_role("button", name="It is me").click()
        page.get_by_role("button", name="See the result").click()
        page.get_by_role("heading", name="You are verified").wait_for()


def _facts(status: Status) -> dict[str, Any]:
    """Return what a platform reads of an account, without whose it is and how often it has changed."""
    own = ("account_token", "revision")
    return {name: getattr(status, name) for name in status.__slots__ if name not in own}
