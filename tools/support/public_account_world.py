"""Public accounts over a real database: what a platform does with them, as short calls."""

from datetime import date
from typing import Any

from idvault.core.db.database import Database
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.processes.bootstrap.vault import vault_of
from idvault.public_account.acts import public_account as acts
from idvault.public_account.api import PublicAccountMethods
from idvault.public_account.rules.owner import Owned
from idvault.public_account.store import rows as public_account_rows
from idvault_client import Consent
from idvault_client.public_accounts import (
    AccountFiling,
    AioPublicAccounts,
    OwnedPublicAccount,
    ReaderProfile,
)
from idvault_verify.public_account import Licence, PublicAccountCategory, RejectReason
from idvault_verify.v1 import public_account_pb2
from tools.support import builders
from tools.support.fakes.sealing import CountingEntropy, FakeFingerprinter
from tools.support.flow_world import PARTY, at, command
from tools.support.in_process import client, ids
from tools.support.organizations import organization
from tools.support.sanction_world import ACTOR, SanctionWorld

_SERVICE = public_account_pb2.DESCRIPTOR.services_by_name["PublicAccountService"]
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
        return (await self.claims.represented(asked)).account.account_token

    async def company_again(self, token: str, *, number: int = 190, seconds: float) -> None:
        """Let the usual company verify its account again."""
        asked = command(number, organization(), method="VerifyOrganization", account_token=token)
        await self.claims.represented(asked, seconds=seconds)

    def asks(self, seconds: float = 0, *, party: str = PARTY) -> AioPublicAccounts:
        """Return the calls of a platform's client about public accounts, which come at a time."""
        caller = Caller(party, "platform", ACTOR)
        return client([Service(_SERVICE, self.servicer)], caller, at(seconds)).public_accounts

    async def apply(
        self,
        token: str,
        given: Licence | None = None,
        *,
        seconds: float = 0,
        party: str = PARTY,
        **options: Any,
    ) -> OwnedPublicAccount:
        return await self.asks(seconds, party=party).apply(token, licence=given, **options)

    async def approve(
        self, shown: OwnedPublicAccount, *, seconds: float = 0, party: str = PARTY, **options: Any
    ) -> OwnedPublicAccount:
        return await self.asks(seconds, party=party).approve(shown.public_account_id, **options)

    async def reject(
        self,
        shown: OwnedPublicAccount,
        reason: RejectReason = RejectReason.INCOMPLETE,
        *,
        seconds: float = 0,
        party: str = PARTY,
        **options: Any,
    ) -> OwnedPublicAccount:
        return await self.asks(seconds, party=party).reject(shown.public_account_id, reason, **options)

    async def open(
        self, token: str, given: Licence | None = None, *, seconds: float = 0
    ) -> OwnedPublicAccount:
        """Apply and approve."""
        return await self.approve(await self.apply(token, given, seconds=seconds), seconds=seconds)

    async def renew(
        self,
        shown: OwnedPublicAccount,
        given: Licence | None = None,
        *,
        seconds: float = 0,
        party: str = PARTY,
        **options: Any,
    ) -> OwnedPublicAccount:
        asks = self.asks(seconds, party=party)
        return await asks.renew(shown.public_account_id, licence=given, **options)

    async def close(
        self, shown: OwnedPublicAccount, *, seconds: float = 0, party: str = PARTY, **options: Any
    ) -> OwnedPublicAccount:
        return await self.asks(seconds, party=party).close(shown.public_account_id, **options)

    async def add_operator(
        self,
        shown: OwnedPublicAccount,
        token: str,
        *,
        seconds: float = 0,
        party: str = PARTY,
        **options: Any,
    ) -> OwnedPublicAccount:
        asks = self.asks(seconds, party=party)
        return await asks.add_operator(shown.public_account_id, token, **options)

    async def remove_operator(
        self, shown: OwnedPublicAccount, token: str, *, seconds: float = 0, **options: Any
    ) -> OwnedPublicAccount:
        return await self.asks(seconds).remove_operator(shown.public_account_id, token, **options)

    async def offer(
        self, shown: OwnedPublicAccount, token: str, *, seconds: float = 0, **options: Any
    ) -> OwnedPublicAccount:
        return await self.asks(seconds).offer_transfer(shown.public_account_id, token, **options)

    async def accept(
        self, shown: OwnedPublicAccount, token: str, *, seconds: float = 0, **options: Any
    ) -> OwnedPublicAccount:
        found, consent = shown.public_account_id, Consent("terms-3", builders.NOW)
        return await self.asks(seconds).accept_transfer(found, token, consent=consent, **options)

    async def get(
        self, shown: OwnedPublicAccount, *, seconds: float = 0, party: str = PARTY
    ) -> OwnedPublicAccount:
        return await self.asks(seconds, party=party).get(shown.public_account_id)

    async def stored(self, shown: OwnedPublicAccount) -> Owned:
        """Return a public account as it is stored."""
        found = shown.public_account_id
        return await self.vault.read(
            "test", lambda one: public_account_rows.get_with_operators(one, PARTY, found)
        )

    async def profile(self, shown: OwnedPublicAccount, *, seconds: float = 0) -> ReaderProfile:
        """Return what readers see."""
        return await self.asks(seconds).get_profile(shown.public_account_id)

    async def pages(self, *, size: int = 9, seconds: float = 0, **filters: Any) -> list[list[str]]:
        """Return the ids on every page of a list."""
        return await ids(self.asks(seconds).list_page, page_size=size, **filters)

    async def expiring(self, *, days: int = 60, size: int = 9, seconds: float = 0) -> list[list[str]]:
        """Return the ids on every page of the list of expiring ones."""
        return await ids(self.asks(seconds).list_expiring_page, within_days=days, page_size=size)

    async def filings(
        self, *, seconds: float, day: date | None = None, category: PublicAccountCategory | None = None
    ) -> list[AccountFiling]:
        """Return the filings of a day, as exported at a time."""
        return [each async for each in self.asks(seconds).filings(category=category, as_of=day)]

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
