"""Public accounts over a real database: what a platform does with them, as short calls."""

from datetime import date
from typing import Any

from idvault.core.db.database import Database
from idvault.processes.bootstrap.vault import vault_of
from idvault.public_account.acts import public_account as acts
from idvault.public_account.acts.step import PublicAccountCall, ShownPublicAccount
from idvault.public_account.api import PublicAccountMethods
from idvault.public_account.rules.owner import Owned
from idvault.public_account.rules.public_account import PublicAccount, PublicProfile
from idvault.public_account.store import store
from idvault_verify import seal
from idvault_verify.public_account import Licence, PublicAccountCategory, PublicAccountState, RejectReason
from tools.support import builders
from tools.support.fakes.sealing import CountingEntropy, FakeFingerprinter
from tools.support.flow_world import PARTY, at, command
from tools.support.organizations import organization
from tools.support.sanction_world import SanctionWorld

DAY = 86_400
# The tests' time is noon of 1 March 2026 in the deployment's time zone: this long after it, a day begins.
MIDNIGHT = 12 * 3_600


def licence(
    end: date, category: PublicAccountCategory = PublicAccountCategory.MEDIA, **changes: Any
) -> Licence:
    """Return a licence that runs out on a day."""
    return Licence(category, changes.pop("reference", "licence 7 (synthetic)"), end)


class PublicAccountWorld:
    """Public accounts beside claims and sanctions, over one database."""

    def __init__(self, database: Database, *, sanctions: SanctionWorld | None = None) -> None:
        self.sanctions = sanctions or SanctionWorld(database)
        self.claims = self.sanctions.claims
        self.database = database
        self.policy = self.claims.policy
        self.vault = vault_of(
            database,
            guard=self.claims.guard,
            fingerprinter=FakeFingerprinter(),
            entropy=CountingEntropy(start=7_000_000),
        )

    @property
    def servicer(self) -> PublicAccountMethods:
        return PublicAccountMethods(vault=self.vault, policy=self.policy)

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

    def call(self, method: str, *fields: seal.Part, **changes: Any) -> PublicAccountCall:
        party, request_id = (
            changes.pop("party", PARTY),
            changes.pop("request_id", "") or self.sanctions.new_id(),
        )
        return PublicAccountCall(party, "b" * 32, request_id, method, builders.content(*fields), **changes)

    async def apply(
        self, token: str, given: Licence | None = None, *, seconds: float = 0, **options: Any
    ) -> ShownPublicAccount:
        call = self.call("ApplyPublicAccount", token, repr(given), **options)
        return await acts.apply(
            self.vault, call, at(seconds), self.policy, account_token=token, licence=given
        )

    async def approve(
        self, shown: ShownPublicAccount, *, seconds: float = 0, **options: Any
    ) -> ShownPublicAccount:
        found = shown.public_account.public_account_id
        call = self.call("DecidePublicAccount", found, 1, 0, **options)
        return await acts.approve(self.vault, call, at(seconds), found, self.policy)

    async def reject(
        self,
        shown: ShownPublicAccount,
        reason: RejectReason = RejectReason.INCOMPLETE,
        *,
        seconds: float = 0,
        **options: Any,
    ) -> ShownPublicAccount:
        found = shown.public_account.public_account_id
        call = self.call("DecidePublicAccount", found, 2, reason.value, **options)
        return await acts.reject(self.vault, call, at(seconds), found, self.policy, reason)

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
        call = self.call("RenewPublicAccount", found, repr(given), **options)
        return await acts.renew(self.vault, call, at(seconds), found, self.policy, licence=given)

    async def close(
        self, shown: ShownPublicAccount, *, seconds: float = 0, **options: Any
    ) -> ShownPublicAccount:
        found = shown.public_account.public_account_id
        call = self.call("ClosePublicAccount", found, **options)
        return await acts.close(self.vault, call, at(seconds), found, self.policy)

    async def add_operator(
        self, shown: ShownPublicAccount, token: str, *, seconds: float = 0, **options: Any
    ) -> ShownPublicAccount:
        found = shown.public_account.public_account_id
        call = self.call("AddOperator", found, token, **options)
        return await acts.add_operator(self.vault, call, at(seconds), found, self.policy, token)

    async def remove_operator(
        self, shown: ShownPublicAccount, token: str, *, seconds: float = 0, **options: Any
    ) -> ShownPublicAccount:
        found = shown.public_account.public_account_id
        call = self.call("RemoveOperator", found, token, **options)
        return await acts.remove_operator(self.vault, call, at(seconds), found, self.policy, token)

    async def offer(
        self, shown: ShownPublicAccount, token: str, *, seconds: float = 0, **options: Any
    ) -> ShownPublicAccount:
        found = shown.public_account.public_account_id
        call = self.call("OfferTransfer", found, token, **options)
        return await acts.offer(self.vault, call, at(seconds), found, self.policy, token)

    async def accept(
        self, shown: ShownPublicAccount, token: str, *, seconds: float = 0, **options: Any
    ) -> ShownPublicAccount:
        found, consent = shown.public_account.public_account_id, builders.consent()
        call = self.call("AcceptTransfer", found, token, **options)
        return await acts.accept(self.vault, call, at(seconds), found, self.policy, token, consent)

    async def get(
        self, shown: ShownPublicAccount, *, seconds: float = 0, party: str = PARTY
    ) -> ShownPublicAccount:
        found = shown.public_account.public_account_id
        return await acts.get(self.vault, party, found, zone=self.policy.zone, now=at(seconds))

    async def stored(self, shown: ShownPublicAccount) -> Owned:
        """Return a public account as it is stored."""
        found = shown.public_account.public_account_id
        return await self.vault.read("test", lambda one: store.get(one, PARTY, found))

    async def profile(self, shown: ShownPublicAccount, *, seconds: float = 0) -> PublicProfile:
        return (await self.get(shown, seconds=seconds)).profile

    async def page(
        self,
        *,
        size: int = 9,
        seconds: float = 0,
        account_token: str | None = None,
        state: PublicAccountState | None = None,
        after: str = "",
    ) -> tuple[list[ShownPublicAccount], str]:
        """Return a page of a list, and the last one's id if there are more."""
        return await acts.page(
            self.vault,
            PARTY,
            account_token=account_token,
            state=state,
            after=after,
            limit=size,
            zone=self.policy.zone,
            now=at(seconds),
        )

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
            page, after = await self.page(
                size=size, seconds=seconds, account_token=account_token, state=state, after=after
            )
            found.append([each.public_account.public_account_id for each in page])
            if not after:
                return found

    async def expiring(self, *, days: int = 60, size: int = 9, seconds: float = 0) -> list[list[str]]:
        """Return the ids on every page of the list of expiring ones."""
        after, found = None, []
        while True:
            page, after = await acts.expiring(
                self.vault,
                PARTY,
                days=days,
                after=after,
                limit=size,
                zone=self.policy.zone,
                now=at(seconds),
            )
            found.append([each.public_account.public_account_id for each in page])
            if after is None:
                return found

    async def filings(
        self, *, seconds: float, day: date | None = None, category: PublicAccountCategory | None = None
    ) -> list[PublicAccount]:
        """Return the filings of a day, as exported at a time."""
        chunks = acts.export(
            self.vault, PARTY, category=category, day=day, zone=self.policy.zone, now=at(seconds)
        )
        return [each async for chunk in chunks for each in chunk.public_accounts]

    async def work(self, *, seconds: float) -> int:
        """Let the worker store what has come due."""
        count = 0
        while done := await self.fall(seconds=seconds, limit=100):
            count += done
        return count

    async def fall(self, *, seconds: float, limit: int) -> int:
        """Let the worker store one step of each that has one due."""
        return await acts.fall_all(self.vault, at(seconds), zone=self.policy.zone, limit=limit)

    async def events(self) -> list[str]:
        """Return the types of the log's entries about public accounts, in alphabetical order."""
        return await self.sanctions.events("publicaccount:")
