"""Public accounts over a real database: what a platform does with them, as short calls."""

from datetime import date
from typing import Any

from idvault.core.db.database import Database
from idvault.core.policy import PublicAccountLimits
from idvault.core.request import Asked
from idvault.processes.bootstrap.periodic.public_account import wire_terms
from idvault.processes.bootstrap.public_account import wire_public_accounts
from idvault.public_account.acts import ShownPublicAccount
from idvault.public_account.rules.public_account import (
    PublicAccount,
    PublicAccountState,
    PublicProfile,
    RejectReason,
)
from idvault.public_account.store.lists import SqlFilingStore
from idvault.public_account.store.ownership import SqlOwnershipStore
from idvault.public_account.store.store import SqlPublicAccountStore
from idvault.verify import seal
from idvault.verify.public_account import Licence, PublicAccountCategory
from tests.support import builders
from tests.support.fakes.sealing import CountingEntropy, FakeFingerprinter
from tests.support.flow_world import PARTY, at, command
from tests.support.organizations import organization
from tests.support.sanction_world import SanctionWorld

DAY = 86_400
# The tests' time is noon of 1 March 2026 in the deployment's time zone: this long after it, a day begins.
MIDNIGHT = 12 * 3_600


def licence(
    end: date, category: PublicAccountCategory = PublicAccountCategory.MEDIA, **changes: Any
) -> Licence:
    """Return a licence that runs out on a day."""
    return Licence(category, changes.pop("reference", "licence 7 (synthetic)"), end)


class PublicAccountWorld:
    """The flows of public accounts beside those of claims and sanctions, over one database."""

    def __init__(self, database: Database, *, sanctions: SanctionWorld | None = None) -> None:
        self.sanctions = sanctions or SanctionWorld(database)
        self.claims = self.sanctions.claims
        self.database = database
        self.policy = self.claims.policy
        self.store = SqlPublicAccountStore(database=database)
        entropy = CountingEntropy(start=7_000_000)
        self.servicer = wire_public_accounts(
            store=self.store,
            ownership=SqlOwnershipStore(database=database),
            filings=SqlFilingStore(database=database),
            moderators=self.sanctions.moderators,
            fingerprinter=FakeFingerprinter(),
            guard=self.claims.guard,
            entropy=entropy,
            policy=self.policy,
        )
        self.flow, self.ownership = self.servicer.flow, self.servicer.ownership
        self.terms = wire_terms(
            store=self.store, guard=self.claims.guard, entropy=entropy, zone=self.policy.zone
        )

    @property
    def limits(self) -> PublicAccountLimits:
        return self.policy.public_accounts

    async def person(self, number: int = 1, *, who: int | None = None, **changes: Any) -> str:
        """Sign a person up and return the token. who: the person, if it is not the one of the number."""
        identity = builders.identity(number=f"110000190101{number if who is None else who:02}000X")
        return await self.sanctions.account(number, identity=identity, **changes)

    async def company(self, number: int = 90, *, pair: str = "91", body: str = "MA000001") -> str:
        """Sign an organisation up and return the token."""
        asked = command(number, organization(pair=pair, body=body), method="VerifyOrganization")
        return (await self.claims.verify(asked)).account.account_token

    async def company_again(self, token: str, *, number: int = 190, seconds: float) -> None:
        """Let the usual company verify its account again."""
        asked = command(number, organization(), method="VerifyOrganization", account_token=token)
        await self.claims.verify(asked, seconds=seconds)

    def asked(self, method: str, *fields: seal.Part, party: str = PARTY, request_id: str = "") -> Asked:
        return Asked(party, "b" * 32, request_id or self.sanctions.new_id(), method, fields)

    async def apply(
        self, token: str, given: Licence | None = None, *, seconds: float = 0, **options: Any
    ) -> ShownPublicAccount:
        asked = self.asked("ApplyPublicAccount", token, repr(given), **options)
        return await self.flow.apply(asked, account_token=token, licence=given, now=at(seconds))

    async def approve(
        self, shown: ShownPublicAccount, *, seconds: float = 0, **options: Any
    ) -> ShownPublicAccount:
        found = shown.public_account.public_account_id
        asked = self.asked("DecidePublicAccount", found, 1, 0, **options)
        return await self.flow.approve(asked, public_account_id=found, now=at(seconds))

    async def reject(
        self,
        shown: ShownPublicAccount,
        reason: RejectReason = RejectReason.INCOMPLETE,
        *,
        seconds: float = 0,
        **options: Any,
    ) -> ShownPublicAccount:
        found = shown.public_account.public_account_id
        asked = self.asked("DecidePublicAccount", found, 2, reason.value, **options)
        return await self.flow.reject(asked, public_account_id=found, reason=reason, now=at(seconds))

    async def open(
        self, token: str, given: Licence | None = None, *, seconds: float = 0
    ) -> ShownPublicAccount:
        """Apply and approve."""
        return await self.approve(await self.apply(token, given, seconds=seconds), seconds=seconds)

    async def renew(
        self,
        shown: ShownPublicAccount,
        given: Licence | None = None,
        *,
        seconds: float = 0,
        **options: Any,
    ) -> ShownPublicAccount:
        found = shown.public_account.public_account_id
        asked = self.asked("RenewPublicAccount", found, repr(given), **options)
        return await self.flow.renew(asked, public_account_id=found, licence=given, now=at(seconds))

    async def close(
        self, shown: ShownPublicAccount, *, seconds: float = 0, **options: Any
    ) -> ShownPublicAccount:
        found = shown.public_account.public_account_id
        asked = self.asked("ClosePublicAccount", found, **options)
        return await self.flow.close(asked, public_account_id=found, now=at(seconds))

    async def _about_two(
        self,
        verb: str,
        shown: ShownPublicAccount,
        token: str,
        *,
        seconds: float = 0,
        party: str = PARTY,
        request_id: str = "",
        **more: Any,
    ) -> ShownPublicAccount:
        found = shown.public_account.public_account_id
        asked = self.asked(verb, found, token, party=party, request_id=request_id)
        flow = getattr(self.ownership, verb)
        made: ShownPublicAccount = await flow(
            asked, public_account_id=found, account_token=token, now=at(seconds), **more
        )
        return made

    async def add_operator(self, shown: ShownPublicAccount, token: str, **options: Any) -> ShownPublicAccount:
        return await self._about_two("add_operator", shown, token, **options)

    async def remove_operator(
        self, shown: ShownPublicAccount, token: str, **options: Any
    ) -> ShownPublicAccount:
        return await self._about_two("remove_operator", shown, token, **options)

    async def offer(self, shown: ShownPublicAccount, token: str, **options: Any) -> ShownPublicAccount:
        return await self._about_two("offer", shown, token, **options)

    async def accept(self, shown: ShownPublicAccount, token: str, **options: Any) -> ShownPublicAccount:
        return await self._about_two("accept", shown, token, consent=builders.consent(), **options)

    async def get(
        self, shown: ShownPublicAccount, *, seconds: float = 0, party: str = PARTY
    ) -> ShownPublicAccount:
        found = shown.public_account.public_account_id
        return await self.flow.get(relying_party=party, public_account_id=found, now=at(seconds))

    async def profile(self, shown: ShownPublicAccount, *, seconds: float = 0) -> PublicProfile:
        return (await self.get(shown, seconds=seconds)).profile

    async def pages(
        self,
        *,
        size: int = 9,
        seconds: float = 0,
        account_token: str | None = None,
        state: PublicAccountState | None = None,
    ) -> list[list[str]]:
        """Return the ids on every page of a list."""
        after, found = "", []
        while True:
            page, after = await self.flow.list(
                relying_party=PARTY,
                account_token=account_token,
                state=state,
                after=after,
                limit=size,
                now=at(seconds),
            )
            found.append([each.public_account.public_account_id for each in page])
            if not after:
                return found

    async def expiring(self, *, days: int = 60, size: int = 9, seconds: float = 0) -> list[list[str]]:
        """Return the ids on every page of the list of expiring ones."""
        after, found = None, []
        while True:
            page, after = await self.flow.expiring(
                relying_party=PARTY, days=days, after=after, limit=size, now=at(seconds)
            )
            found.append([each.public_account.public_account_id for each in page])
            if after is None:
                return found

    async def filings(
        self, *, seconds: float, day: date | None = None, category: PublicAccountCategory | None = None
    ) -> list[PublicAccount]:
        """Return the filings of a day, as exported at a time."""
        chunks = self.servicer.filings.export(
            relying_party=PARTY, category=category, day=day, now=at(seconds)
        )
        return [each async for chunk in chunks for each in chunk.public_accounts]

    async def work(self, *, seconds: float) -> int:
        """Let the worker store what has come due."""
        count = 0
        while done := await self.terms.fall(now=at(seconds), limit=100):
            count += done
        return count

    async def events(self) -> list[str]:
        """Return the types of the log's entries about public accounts, in alphabetical order."""
        return await self.sanctions.events("publicaccount:")
