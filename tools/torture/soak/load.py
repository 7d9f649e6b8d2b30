"""The mixed load: what platforms do, each kind of call at its rate, and every error."""

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from idvault_client import Consent, VaultError, Verification, aio, resident_id
from idvault_client.backend.campaign import LegacyAccount
from idvault_verify.campaign import CampaignPlan, Cohort, InvitationEvent, ReverificationMethod
from tools.support.sandbox import Person, Registry, invent

_LABEL = "before-2014"
_LEGACY, _CHUNK = 6_000, 2_000
_KNOWN_AT_ONCE = 200
_REMEMBERED = 5_000
_BATCH = 1_000
_MISMATCH_EACH, _REPEAT_EACH = 10, 20
_CAUGHT_UP = 20.0
_BEHIND = 10.0
_random = random.SystemRandom()


class LoadError(Exception):
    """An answer is wrong; the text holds no name, number or token."""


@dataclass(slots=True)
class Counts:
    """How often each call was made, and the errors."""

    done: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)

    def wrong(self, name: str, error: Exception) -> None:
        """Count an error by place and class, and a client's error also by reason."""
        reason = getattr(error, "reason", None) or str(error)
        self.errors[f"{name}: {type(error).__name__} {reason}"] += 1


Step = Callable[[], Awaitable[None]]


class Load:
    """All callers; `run` returns once `stop` is set and all have ended."""

    def __init__(self, *, client: Callable[[], aio.Vault], registry: Registry, counts: Counts) -> None:
        """Set how to connect, the registry's admin port, and the counts."""
        self._client = client
        self._registry = registry
        self._counts = counts
        self._vault = client()
        self._people: deque[Person] = deque()
        self._knowing = asyncio.Lock()
        self._tokens: deque[str] = deque(maxlen=_REMEMBERED)
        self._pending: deque[str] = deque()
        self._legacy: list[str] = []
        self._campaign = ""
        self._number = 0

    async def prepare(self) -> None:
        """Import legacy accounts, start a campaign, and sign up one person."""
        campaigns = self._vault.campaigns
        for first in range(0, _LEGACY, _CHUNK):
            rows = [LegacyAccount(f"user-{first + place}", "2012-05-01") for place in range(_CHUNK)]
            self._legacy += [
                row.account_token for row in await campaigns.import_legacy_accounts(_LABEL, rows)
            ]
        plan = CampaignPlan(
            title="Verify your account",
            cohort=Cohort(_LABEL),
            methods=(ReverificationMethod.WHEN_DUE, ReverificationMethod.AT_LOGIN),
            daily_limit=_LEGACY,
            reminder_days=(3, 7),
            incentive_text="",
        )
        self._campaign = (await campaigns.create(plan)).campaign_id
        await campaigns.start(self._campaign)
        await self.sign_up()

    async def run(self, *, stop: asyncio.Event) -> None:
        """Make every kind of call at its rate until stopped."""
        paces: list[tuple[str, float, Step]] = [
            *[("sign-up", 4.0, self.sign_up)] * 4,
            *[("status", 25.0, self.read)] * 2,
            ("batch", 1.0, self.read_many),
            ("watch", 0.1, self.watch),
            ("token", 4.0, self.token),
            ("credential", 2.0, self.credential),
            ("history", 1.0, self.history),
            ("invitation", 4.0, self.invitation),
            ("campaign batch", 0.5, self.deliver),
            ("campaign progress", 0.2, self.progress),
            ("pending claim", 4.0, self.ask_again),
        ]
        followers = [self._follow(stop) for _ in range(3)]
        await asyncio.gather(*(self.pace(*one, stop=stop) for one in paces), *followers)

    async def pace(self, name: str, a_second: float, step: Step, *, stop: asyncio.Event) -> None:
        """Run a step at a rate; a late step is not made up for."""
        while not stop.is_set():
            begun = time.monotonic()
            try:
                await step()
                self._counts.done[name] += 1
            except Exception as error:
                self._counts.wrong(name, error)
            left = 1 / a_second - (time.monotonic() - begun)
            if left > 0:
                await _until(stop, left)

    async def close(self) -> None:
        """Ask until every waiting claim has ended, then close the connection."""
        deadline = time.monotonic() + 60
        while self._pending and time.monotonic() < deadline:
            await self.ask_again()
            await asyncio.sleep(0.05)
        if self._pending:
            self._counts.errors["claims that never ended"] += len(self._pending)
        await self._vault.close()

    async def sign_up(self) -> None:
        """Verify a new person; one in ten mistypes the name, one request in twenty is repeated."""
        person, request_id, consent = (
            await self._newcomer(),
            str(uuid4()),
            Consent("terms-3", datetime.now(UTC)),
        )
        self._number += 1
        mistyped = self._number % _MISMATCH_EACH == 0
        name = person.name[::-1] if mistyped else person.name
        answer = await self._verify(Person(name, person.number), request_id, consent)
        if self._number % _REPEAT_EACH == 1:
            again = await self._verify(Person(name, person.number), request_id, consent)
            _check(again.account_token == answer.account_token, "a repeated request is the same claim")
        if answer.pending:
            self._pending.append(request_id)
        else:
            _check(answer.failed == mistyped, "a right name is verified, and a wrong one is not")
        if not answer.failed:
            self._tokens.append(answer.account_token)

    async def read(self) -> None:
        token = _random.choice(self._tokens)
        _check((await self._vault.get_status(token)).account_token == token, "the status is the account's")

    async def read_many(self) -> None:
        found = await self._vault.batch_get_statuses(_random.sample(self._legacy, _BATCH))
        _check(len(found.statuses) == _BATCH, "every account is known")

    async def watch(self) -> None:
        """Connect, follow the feed from the start until it is caught up, and disconnect."""
        async with self._client() as vault:
            _check(await vault.statuses.wait(_CAUGHT_UP), "the feed is caught up with")

    async def token(self) -> None:
        await self._vault.issue_status_token(self._verified_token(), "https://taxi.example")

    async def credential(self) -> None:
        """Issue a credential for a third party, or repeat the same request."""
        try:
            await self._vault.issue_status_credential(self._verified_token(), "https://taxi.example")
        except VaultError as error:
            # The account's claim may still be waiting.
            if error.reason != "ILLEGAL_TRANSITION":
                raise

    async def history(self) -> None:
        """Read who opened an account's record."""
        await self._vault.get_disclosure_history(self._verified_token())

    async def invitation(self) -> None:
        """Ask at a login whether to invite the owner."""
        await self._vault.campaigns.get_invitation(
            _random.choice(self._legacy), ReverificationMethod.AT_LOGIN
        )

    async def deliver(self) -> None:
        """Lease due invitations, and record events for some of them."""
        batch = await self._vault.campaigns.claim_due_invitations(self._campaign, limit=20)
        for one in batch.invitations[:5]:
            await self._vault.campaigns.record_invitation_event(
                one.account_token,
                self._campaign,
                method=ReverificationMethod.WHEN_DUE,
                event=InvitationEvent.SHOWN,
            )

    async def progress(self) -> None:
        found = await self._vault.campaigns.progress(self._campaign)
        _check(found.cohort_size == _LEGACY, "the cohort is as it was imported")

    async def ask_again(self) -> None:
        """Ask for the outcome of a claim that was waiting."""
        if self._pending:
            request_id = self._pending.popleft()
            if (await self._vault.get_verification(request_id)).pending:
                self._pending.append(request_id)

    async def verified(self) -> tuple[Person, str]:
        """Sign up a person who is verified at once or soon; return the person and the account."""
        person, request_id = await self._newcomer(), str(uuid4())
        answer = await self._verify(person, request_id, Consent("terms-3", datetime.now(UTC)))
        while answer.pending:
            await asyncio.sleep(0.2)
            answer = await self._vault.get_verification(request_id)
        _check(answer.succeeded, "a right name is verified")
        return person, answer.account_token

    async def _verify(self, person: Person, request_id: str, consent: Consent) -> Verification:
        return await self._vault.verify_individual(
            person.name, resident_id(person.number), consent=consent, request_id=request_id
        )

    async def _follow(self, stop: asyncio.Event) -> None:
        """Follow the feed for the whole run, and read statuses from it."""
        async with self._client() as vault:
            if not await vault.statuses.wait(_CAUGHT_UP):
                self._counts.errors["follower: never caught up"] += 1
            while not stop.is_set():
                await _until(stop, 2.0)
                # The answer is right even if the feed is behind: it then asks idvault.
                token = _random.choice(self._tokens)
                try:
                    found = await vault.statuses.get(token)
                    _check(found.account_token == token, "the status is the account's")
                except Exception as error:
                    self._counts.wrong("follower", error)
                behind = vault.statuses.age > _BEHIND
                self._counts.done["follower behind" if behind else "follower"] += 1

    async def _newcomer(self) -> Person:
        async with self._knowing:
            if not self._people:
                made = [invent() for _ in range(_KNOWN_AT_ONCE)]
                await asyncio.to_thread(self._registry.add, *made)
                self._people.extend(made)
            return self._people.popleft()

    def _verified_token(self) -> str:
        return _random.choice(self._tokens)


async def _until(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def _check(condition: bool, text: str) -> None:
    if not condition:
        raise LoadError(text)
