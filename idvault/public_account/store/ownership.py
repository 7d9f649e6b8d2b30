"""The acts that name operators and move public accounts (public_account.ports.OwnershipStore)."""

from dataclasses import dataclass, replace

from idvault.account.store import rows as account_rows
from idvault.core.db.act import act
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.policy import PublicAccountLimits
from idvault.core.request import Request
from idvault.public_account.ports import Owned, Present
from idvault.public_account.rules import owner as public_account_owner
from idvault.public_account.store import rows as public_account_rows
from idvault.public_account.store import store as public_account_store
from idvault.verify.account import Account
from idvault.verify.error import NotFoundError, Reason
from idvault.verify.event import Event


@dataclass(kw_only=True, eq=False, repr=False)
class SqlOwnershipStore:
    """Operators and transfers in the main database.

    Rows are locked in this order: request, accounts by token (the owner's with the public account), person.
    """

    database: Database

    @act("public_account.add_operator")
    async def add_operator(
        self,
        connection: Connection,
        found: Owned,
        *,
        account_token: str,
        request: Request,
        present: Present,
        event: Event,
    ) -> Owned:
        """Name an operator; does nothing if the account is one."""
        if (
            repeated := await public_account_store.repeated_for(connection, request, found, present)
        ) is not None:
            return repeated
        stored, added = await _locked(connection, found, account_token)
        known = [each.account_token for each in stored.operators]
        if account_token in known:
            return stored
        made = public_account_owner.add(
            public_account=stored.public_account,
            owner=stored.owner,
            operators=known,
            added=added,
            today=present.today,
            now=present.time,
        )
        await public_account_rows.add_operator(connection, stored, added, now=present.time)
        done = await public_account_store.put(connection, stored, made, present, event)
        return replace(done, operators=(*stored.operators, added))

    @act("public_account.remove_operator")
    async def remove_operator(
        self,
        connection: Connection,
        found: Owned,
        *,
        account_token: str,
        request: Request,
        present: Present,
        event: Event,
    ) -> Owned:
        """Remove an operator; does nothing if the account is not one."""
        if (
            repeated := await public_account_store.repeated_for(connection, request, found, present)
        ) is not None:
            return repeated
        stored = await public_account_store.lock(connection, found)
        left = tuple(each for each in stored.operators if each.account_token != account_token)
        if left == stored.operators:
            return stored
        made = public_account_owner.remove(
            public_account=stored.public_account, today=present.today, now=present.time
        )
        await public_account_rows.remove(connection, stored, account_token)
        done = await public_account_store.put(connection, stored, made, present, event)
        return replace(done, operators=left)

    @act("public_account.offer")
    async def offer(
        self,
        connection: Connection,
        found: Owned,
        *,
        account_token: str,
        request: Request,
        present: Present,
        event: Event,
    ) -> Owned:
        """Offer a public account to another account."""
        if (
            repeated := await public_account_store.repeated_for(connection, request, found, present)
        ) is not None:
            return repeated
        stored, receiver = await _locked(connection, found, account_token)
        made = public_account_owner.offer(
            public_account=stored.public_account,
            owner=stored.owner,
            receiver=receiver,
            disputed=await public_account_store.is_disputed(connection, stored, present),
            today=present.today,
            now=present.time,
        )
        return await public_account_store.put(connection, stored, made, present, event)

    @act("public_account.accept")
    async def accept(
        self,
        connection: Connection,
        found: Owned,
        *,
        account_token: str,
        limits: PublicAccountLimits,
        request: Request,
        present: Present,
        event: Event,
    ) -> Owned:
        """Move a public account to the account that it is offered to."""
        if (
            repeated := await public_account_store.repeated_for(connection, request, found, present)
        ) is not None:
            return repeated
        stored, receiver = await _locked(connection, found, account_token)
        made = public_account_owner.accept(
            public_account=stored.public_account,
            owner=stored.owner,
            receiver=receiver,
            eligible=await public_account_store.is_eligible(
                connection, stored.public_account, receiver, limits=limits, present=present
            ),
            disputed=await public_account_store.is_disputed(connection, stored, present),
            today=present.today,
            now=present.time,
        )
        await public_account_rows.remove_all(connection, stored)
        await public_account_store.put(connection, stored, made, present, event)
        return Owned(made, receiver)


async def _locked(connection: Connection, found: Owned, account_token: str) -> tuple[Owned, Account]:
    """Return the public account, and another account of the platform; all rows are locked.

    Accounts are locked in the order of their tokens, so that two acts never wait for each other. Raises
    NotFoundError (ACCOUNT_NOT_FOUND).
    """
    party, other = found.public_account.relying_party, None
    first = account_token < found.public_account.account_token
    if first:
        other = await account_rows.lock(connection, account_token=account_token, relying_party=party)
    stored = await public_account_store.lock(connection, found)
    if not first:
        other = await account_rows.lock(connection, account_token=account_token, relying_party=party)
    if other is None:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    return stored, other
