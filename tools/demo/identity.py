"""The demo's steps with verifications that were wrong, that are proven at a provider, and that end."""

import json
import os
import socket
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page

from idvault_client import Assurance, Consent, FailureReason, Standing, State, Vault, testing
from idvault_client.errors import AccessDenied
from idvault_client.reviews import SeenDocument, passport
from idvault_client.sanctions import AccountSanction, Degree, ModeratorKey, Scope
from idvault_client.sessions import ContestState, Proof, ReinstatementState
from idvault_dev import environment
from idvault_dev.layout import LOG_ORIGIN, REGISTRIES, Layout
from idvault_verify.session import ACCEPTED
from tools.demo import browsing
from tools.demo.sanction import STATEMENT
from tools.demo.step import StepError, check
from tools.support import programs
from tools.support.sandbox import Person, Registry, claim, verify, wait_for

SEEN = ("ANNA KVISTGAARD (synthetic)", "L898902C3")
"""Name and number of the passport that reviewers see."""
_PROVIDER = "IDVAULT_HOLDER_PROVIDER"


class IdentitySteps:
    """Somebody's verification by a stranger, a proof at a provider, and a notice of the registry.

    people: whose name and number a stranger typed, who proves to be present, and of whom the registry gives
    notice. vault, ready: of the running vault, whose state is in a folder.
    """

    def __init__(
        self,
        *,
        people: tuple[Person, Person, Person],
        vault: Callable[[], Vault],
        ready: Callable[[], Mapping[str, Any]],
        state: Path,
        scratch: Path,
    ) -> None:
        self._stolen, self._holder, self._ended = people
        self._vault, self._ready = vault, ready
        self._state, self._scratch = state, scratch
        self._keys: list[ModeratorKey] = []
        self._token = ""
        self._sanction: AccountSanction | None = None
        self._provider: programs.Started | None = None

    @property
    def _registry(self) -> Registry:
        return Registry(self._ready()["registry"]["admin_url"])

    def begin(self) -> None:
        """Start the mock provider, whose file the vault reads at its start."""
        file, ready = self._scratch / "provider.json", self._scratch / "provider-ready.json"
        ports = [_free_port() for _ in range(2)]
        self._provider = programs.start(
            programs.VAULT,
            "mock-provider",
            *("--file", file, "--log-origin", LOG_ORIGIN, "--ready-file", ready),
            *("--listen", f"127.0.0.1:{ports[0]}", "--admin-listen", f"127.0.0.1:{ports[1]}"),
        )
        check(wait_for(ready.exists), "the mock provider should start")
        os.environ[_PROVIDER] = str(file)

    def end(self) -> None:
        """End the mock provider."""
        os.environ.pop(_PROVIDER, None)
        if self._provider is not None:
            self._provider.kill()
            self._provider.communicate()

    def withdraw(self) -> None:
        """Two moderators uphold "that was not me": no badge, a free place, and the sanction stays."""
        self._registry.add(self._stolen)
        with self._vault() as vault:
            self._withdraw(vault)

    def _withdraw(self, vault: Vault) -> None:
        self._keys = [testing.moderator(vault) for _ in range(4)]
        first, second, *_ = self._keys
        signed_up = verify(vault, self._stolen)
        check(signed_up.receipt is not None, "the stranger should have been verified")
        self._token = signed_up.account_token
        proposed = vault.sanctions.impose(self._token, Degree.CLOSE, STATEMENT, key=first, scope=Scope.PERSON)
        self._sanction = vault.sanctions.confirm(proposed, key=second)
        check(verify(vault, self._stolen).failed, "the victim should be closed for a stranger's deeds")
        shown = wait_for(lambda: vault.get_verification(signed_up.request_id).receipt is not None)
        check(shown, "the verification should have a receipt")
        receipt = vault.get_verification(signed_up.request_id).receipt
        claim_id = "" if receipt is None else json.loads(receipt.to_json())["claimId"]
        contest = vault.sessions.contest(self._token, claim_id, "That was not me (synthetic)")
        asked = vault.sessions.decide_contest(
            contest.contest_id, ContestState.UPHELD, "other logins (synthetic)", key=first
        )
        status = vault.get_status(self._token)
        check(status.state is State.VERIFIED, "one moderator should only propose")
        vault.sessions.confirm_contest(asked, key=second)
        status = vault.get_status(self._token)
        check(status.state is State.REVOKED, "the verification should be withdrawn")
        check(status.standing is Standing.CLOSED, "the account should stay closed")

    def narrow(self) -> None:
        """Two others make the sanction one of the account: its person is free, and needs a proof."""
        with self._vault() as vault:
            self._narrow(vault)

    def _narrow(self, vault: Vault) -> None:
        *_, third, fourth = self._keys
        fresh = verify(vault, self._stolen)
        check(fresh.failure_reason is FailureReason.PERSON_CLOSED, "the person should still be closed")
        (waiting,) = vault.narrowings.list_page(open_only=True).narrowings
        asked = vault.narrowings.propose(waiting.sanction_id, key=third)
        vault.narrowings.confirm(asked, key=fourth)
        check(vault.get_status(self._token).standing is Standing.CLOSED, "the account should stay closed")
        again = verify(vault, self._stolen)
        check(
            again.failure_reason is FailureReason.HOLDER_REQUIRED,
            "name and number alone should not suffice any more",
        )

    def reinstate(self) -> None:
        """The account's holder appeals, and the two who had no part give the verification back."""
        with self._vault() as vault:
            self._reinstate(vault)

    def _reinstate(self, vault: Vault) -> None:
        *_, third, fourth = self._keys
        appeal = vault.sessions.appeal_withdrawal(self._token, "It was me (synthetic)")
        asked = vault.sessions.decide_reinstatement(
            appeal.reinstatement_id, ReinstatementState.UPHELD, "same telephone (synthetic)", key=third
        )
        done = vault.sessions.confirm_reinstatement(asked, key=fourth)
        check(done.reinstated, "the account should have its verification back")
        status = vault.get_status(self._token)
        check(status.state is State.VERIFIED, "its status should say so")
        check(status.standing is Standing.CLOSED, "its own sanction should stay")

    def review(self) -> None:
        """Two moderators read the same passport and sign: DOCUMENT_SEEN, and no registry is asked."""
        proofs = [f"--proof={each.value}" for each in (*ACCEPTED, Proof.TWO_REVIEWERS)]
        done = programs.run(
            programs.VAULT,
            *("platform", "accept", "platform-a", "--separate-persons", *proofs),
            environment=environment.common(Layout(self._state)),
        )
        check(done.returncode == 0, "the operator should let the platform accept reviewed documents")
        with self._vault() as vault:
            self._review(vault)

    def _review(self, vault: Vault) -> None:
        first, second, *_ = self._keys
        before = self._registry.charged()
        seen = SeenDocument(SEEN[0], passport("GBR", SEEN[1], "6"))
        asked = vault.reviews.sign(seen, consent=Consent("terms-3", datetime.now(UTC)), key=first)
        try:
            vault.reviews.confirm(asked.review_id, seen, paper_digest=asked.paper_digest, key=first)
        except AccessDenied as refused:
            check(refused.reason == "SELF_APPROVAL", "nobody should sign twice")
        else:
            raise StepError("nobody should sign twice")
        done = vault.reviews.confirm(asked.review_id, seen, paper_digest=asked.paper_digest, key=second)
        status = vault.get_status(done.account_token)
        check(status.assurances == (Assurance.DOCUMENT_SEEN,), "the platform should read DOCUMENT_SEEN")
        check(self._registry.charged() == before, "the registry should not be asked")

    def prove(self) -> None:
        """The platform asks for a proof of presence, and reads HOLDER; no registry is asked."""
        with self._vault() as vault:
            self._prove(vault)

    def _prove(self, vault: Vault) -> None:
        before = self._registry.charged()
        site = urlsplit(self._ready()["pages"]["hosted verification"])
        made = vault.sessions.create(
            return_url=f"{site.scheme}://{site.netloc}/verified",
            policy_version="terms-3",
            policy_text="The terms (synthetic)",
            proof=Proof.HOLDER,
            locale="en",
        )
        browsing.by_clicks(lambda page: self._at_the_provider(page, vault, made.url))
        ended = vault.sessions.get(made.session_id)
        if ended.verification is None:
            raise StepError("the session should have a verification")
        status = vault.get_status(ended.verification.account_token)
        check(Assurance.HOLDER in status.assurances, "the platform should read HOLDER")
        check(self._registry.charged() == before, "the registry should not be asked")

    def _at_the_provider(self, page: Page, vault: Vault, url: str) -> None:
        browsing.enter(page, vault, url)
        page.locator("#name").fill(self._holder.name)
        page.locator("#number").fill(self._holder.number)
        page.get_by_role("button", name="Continue").click()
        page.locator("main a.button").click()
        page.get_by_role("button", name="It is me").click()
        page.get_by_role("button", name="See the result").click()
        page.get_by_role("heading", name="You are verified").wait_for()

    def notice(self) -> None:
        """The registry says that somebody is no more: that name and number alone verify nobody again."""
        self._registry.add(self._ended)
        with self._vault() as vault:
            self._notice(vault, self._ready())

    def _notice(self, vault: Vault, ready: Mapping[str, Any]) -> None:
        check(verify(vault, self._ended).succeeded, "the person should be verified first")
        document = {"type": "RESIDENT_ID", "number": self._ended.number}
        self._registry.notify({"kind": "PERSON_ENDED", "document": document})
        layout, (name,) = Layout(self._state), REGISTRIES
        base_url = ready["registry"]["base_url"]
        settings = {
            **environment.common(layout),
            **environment.registry(layout, base_url=base_url),
            "IDVAULT_TLS_CERTIFICATE": str(layout.certificate(name)),
            "IDVAULT_TLS_KEY": str(layout.key(name)),
            "IDVAULT_TLS_CA": str(layout.authority),
        }
        options = ("--feed", base_url, "--target", ready["grpc"], "--server-name", "localhost", "--once")
        for expected in ("notices: 1 new", "notices: 0 new"):
            done = programs.run(programs.VAULT, "notices", "follow", *options, environment=settings)
            check(done.stdout.splitlines()[-1:] == [expected], f"it should say {expected}")
        answer = claim(vault, self._ended)
        check(answer.failure_reason is FailureReason.MISMATCH, "the answer should be MISMATCH")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
