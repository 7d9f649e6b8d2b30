"""`Vault.public_accounts`, blocking and awaited; the functions in `calls` document the methods.

request_id: a UUID that you saved before the call, so that you can repeat it. Without one the client chooses
one. Every method raises VaultError and no exception of gRPC.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from idvault.verify.public_account import PublicAccountCategory
from idvault_client.backend.public_account import calls
from idvault_client.backend.public_account.values import AccountFiling
from idvault_client.backend.rpc import Rpc, awaited, blocking


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicAccountClient:
    """Public accounts. run: makes a call and returns its result, or raises VaultError; stream: several."""

    run: Callable[[Rpc[Any]], Any]
    stream: Callable[[Rpc[Any]], Iterator[Any]]

    apply = blocking(calls.apply)
    approve = blocking(calls.approve)
    reject = blocking(calls.reject)
    renew = blocking(calls.renew)
    close = blocking(calls.close)
    add_operator = blocking(calls.add_operator)
    remove_operator = blocking(calls.remove_operator)
    offer_transfer = blocking(calls.offer_transfer)
    accept_transfer = blocking(calls.accept_transfer)
    get = blocking(calls.get)
    get_profile = blocking(calls.get_profile)
    list_page = blocking(calls.list_page)
    list_expiring_page = blocking(calls.list_expiring_page)

    def filings(
        self, *, category: PublicAccountCategory | None = None, as_of: date | None = None
    ) -> Iterator[AccountFiling]:
        """Yield the live public accounts of a day, today's as of now; refuses a later one (InvalidFields)."""
        for part in self.stream(calls.export_filings(category=category, as_of=as_of)):
            yield from part


@dataclass(frozen=True, kw_only=True, slots=True)
class AioPublicAccountClient:
    """The same, awaited."""

    run: Callable[[Rpc[Any]], Awaitable[Any]]
    stream: Callable[[Rpc[Any]], AsyncIterator[Any]]

    apply = awaited(calls.apply)
    approve = awaited(calls.approve)
    reject = awaited(calls.reject)
    renew = awaited(calls.renew)
    close = awaited(calls.close)
    add_operator = awaited(calls.add_operator)
    remove_operator = awaited(calls.remove_operator)
    offer_transfer = awaited(calls.offer_transfer)
    accept_transfer = awaited(calls.accept_transfer)
    get = awaited(calls.get)
    get_profile = awaited(calls.get_profile)
    list_page = awaited(calls.list_page)
    list_expiring_page = awaited(calls.list_expiring_page)

    async def filings(
        self, *, category: PublicAccountCategory | None = None, as_of: date | None = None
    ) -> AsyncIterator[AccountFiling]:
        """Yield the live public accounts of a day, today's as of now; refuses a later one (InvalidFields)."""
        async for part in self.stream(calls.export_filings(category=category, as_of=as_of)):
            for filing in part:
                yield filing
