"""The demo's steps with legacy accounts: an import, a campaign over simulated days, and nobody locked out.

They use a separate vault, whose clock file moves its clock from day to day.
"""

import csv
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from typer.testing import CliRunner

from idvault.processes.shifted_clock import READ_EVERY
from idvault_client import Standing, State, Vault, testing
from idvault_client.backend.campaign import Invitation
from idvault_client.campaigns import Cohort, InvitationEvent, Method, Plan
from idvault_client.commands.app import app as client_command
from idvault_dev.session import Session
from idvault_verify.period import month_of
from tools.demo.step import check
from tools.support import programs
from tools.support.sandbox import Person, Registry, invent, verify

_ACCOUNTS, _DAYS, _EACH_DAY = 500, 6, 170
_CALLS_AT_ONCE = 8
_LABEL = "before-2014"
_DAY = timedelta(days=1)
# The zone of a vault that is not told another one.
_ZONE = ZoneInfo("Asia/Shanghai")
# No call returns the current business time.
_CLOCK_WAIT = 2 * READ_EVERY


class LegacySteps:
    """A vault with legacy accounts; later steps use the results of earlier ones."""

    def __init__(self, *, scratch: Path) -> None:
        self._scratch = scratch
        self._clock = scratch / "legacy-clock"
        self._session = Session(
            server=programs.server(),
            state=scratch / "legacy-state",
            output=scratch / "legacy.log",
            arguments=("--ports", "free", "--clock-file", str(self._clock)),
        )
        self._ready: dict[str, Any] = {}
        self._tokens: list[str] = []
        self._campaign = ""
        self._passed = timedelta()
        self._started = date.min
        self._verified: set[str] = set()
        self._failed: set[str] = set()

    def import_accounts(self) -> None:
        """Import a file of accounts twice: the second import creates nothing."""
        self._clock.write_text("0", "ascii")
        self._ready = self._session.start()
        file, result = self._scratch / "accounts.csv", self._scratch / "result.csv"
        rows = [f"user-{place:03},20{10 + place % 4}-05-01\n" for place in range(_ACCOUNTS)]
        file.write_text("".join(["reference,create_date\n", *rows]), "utf-8")
        for created, repeated in ((_ACCOUNTS, 0), (0, _ACCOUNTS)):
            last = self._client("import-legacy", str(file), "--label", _LABEL, "--result", str(result))
            told = f"import: {_ACCOUNTS} accounts, {created} created, {repeated} repeated, 0 failed"
            check(last.splitlines()[-1] == told, "every account should be created once")
        with result.open(encoding="utf-8", newline="") as lines:
            self._tokens = [row["account_token"] for row in csv.DictReader(lines)]
        check(len(set(self._tokens)) == _ACCOUNTS, "every account should have a token of its own")

    def run_campaign(self) -> None:
        """Invite all owners, some each day; owners behave in different ways or do not answer."""
        with self._vault() as vault:
            plan = Plan(
                title="Verify your account",
                cohort=Cohort(_LABEL),
                methods=(Method.WHEN_DUE, Method.AT_LOGIN),
                daily_limit=_EACH_DAY,
                reminder_days=(3, 7),
                incentive_text="A badge beside your nickname",
            )
            self._campaign = vault.campaigns.create(plan).campaign_id
            vault.campaigns.start(self._campaign)
            self._started = datetime.now(_ZONE).date()
            for day in range(_DAYS):
                self._clock.write_text(str((day * _DAY).total_seconds()), "ascii")
                time.sleep(_CLOCK_WAIT)
                self._one_day(vault)
        shown = self._client("campaign", "progress", self._campaign)
        print(shown, file=sys.stderr, flush=True)
        check(bool(self._verified) and bool(self._failed), "some owners should verify, and some should fail")

    def end_month(self) -> tuple[Mapping[str, Any], date, date]:
        """Move the clock into the month after today's; return the vault, the campaign's start, and today."""
        now = datetime.now(_ZONE)
        today = (now + max(self._passed, _DAYS * _DAY)).date()
        over = datetime.combine(month_of(today).last + _DAY, clock_time(6), _ZONE) - now
        self._clock.write_text(str(over.total_seconds()), "ascii")
        return self._ready, self._started, today

    def shift(self, passed: timedelta) -> None:
        """Move the clock so far from the start of the campaign; it never goes back."""
        self._passed = passed
        self._clock.write_text(str(passed.total_seconds()), "ascii")
        time.sleep(_CLOCK_WAIT)

    def nobody_is_locked_out(self) -> None:
        """Owners who did not verify are unchanged, and the funnel agrees with the statuses."""
        with self._vault() as vault:
            found = vault.batch_get_statuses(self._tokens)
            progress = vault.campaigns.progress(self._campaign)
        check(not found.unknown_account_tokens, "every account should be there under its token")
        states = Counter(
            (status.state, status.standing, status.revision)
            for status in found.statuses
            if status.account_token not in self._verified
        )
        untouched = _ACCOUNTS - len(self._verified)
        check(
            states == {(State.UNVERIFIED, Standing.GOOD, 1): untouched},
            "who did not verify should be UNVERIFIED and GOOD with the first revision",
        )
        check(
            all(found.by_token[token].is_verified for token in self._verified),
            "who verified should have the badge",
        )
        check(
            (progress.total.invited, progress.total.verified, progress.cohort_size)
            == (_ACCOUNTS, len(self._verified), _ACCOUNTS),
            "the funnel should count all of them",
        )
        check(self._session.stop() == 0, "the vault should stop cleanly")

    @property
    def ready_file(self) -> Path:
        """The ready file of this vault."""
        return self._session.ready_file

    @property
    def verified_owner(self) -> str:
        """The token of an owner who verified in the campaign."""
        return min(self._verified)

    def close(self) -> None:
        """Leave no process behind, even after a failure."""
        self._session.close()

    def _one_day(self, vault: Vault) -> None:
        """Deliver the invitations due today, and let some owners answer."""
        batch = vault.campaigns.claim_due_invitations(self._campaign, limit=1_000).invitations
        check(len(batch) <= _EACH_DAY, "no day should deliver more than its limit")
        _at_once(batch, lambda one: self._answer(vault, one))
        willing = [one for one in batch if _habit(one) == "verifies"]
        people = [invent() for _ in willing]
        Registry(self._ready["registry"]["admin_url"]).add(*people)
        pairs = list(zip(willing, people, strict=True))
        _at_once(pairs, lambda pair: self._hand_in(vault, *pair))

    def _answer(self, vault: Vault, one: Invitation) -> None:
        events = {
            "is away": (),
            "looks": (InvitationEvent.SHOWN,),
            "later": (InvitationEvent.LATER,),
            "refuses": (InvitationEvent.DISMISSED,),
            "verifies": (InvitationEvent.OPENED, InvitationEvent.COMPLETED),
        }
        for event in events[_habit(one)]:
            vault.campaigns.record_invitation_event(
                one.account_token, self._campaign, method=Method.WHEN_DUE, event=event
            )

    def _hand_in(self, vault: Vault, one: Invitation, person: Person) -> None:
        """Verify an owner; one in six mistypes the name and does not try again."""
        mistyped = _lot(one, 6) == 0
        name = person.name[::-1] if mistyped else person.name
        answer = verify(vault, Person(name, person.number), account_token=one.account_token)
        (self._failed if mistyped else self._verified).add(one.account_token)
        check(answer.failed == mistyped, "a right name should be verified, and a wrong one should not")

    def _vault(self) -> Vault:
        return testing.connect(self._session.ready_file, timeout=10)

    def _client(self, *arguments: str) -> str:
        """Run `idvault-client` and return its stdout."""
        result = CliRunner().invoke(
            client_command, ["--ready-file", str(self._session.ready_file), *arguments]
        )
        check(result.exit_code == 0, f"idvault-client {arguments[0]} should succeed")
        return result.stdout


def _habit(one: Invitation) -> str:
    """Return how an owner behaves; most have not answered when the demo ends."""
    lot = _lot(one, 20)
    if lot < 1 + one.deliveries:
        return "verifies"
    return {2: "looks", 3: "looks", 4: "looks", 5: "later", 6: "refuses"}.get(lot, "is away")


def _lot(one: Invitation, sides: int) -> int:
    """Return a fixed number for each owner."""
    return sum(one.account_token.encode()) % sides


def _at_once(items: Iterable[Any], work: Callable[[Any], None]) -> None:
    """Do work for each item, several at a time; raises an error that one of them raised."""
    with ThreadPoolExecutor(_CALLS_AT_ONCE) as threads:
        list(threads.map(work, items))
