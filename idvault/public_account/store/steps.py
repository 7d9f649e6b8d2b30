"""The steps that the acts of public accounts share."""

from dataclasses import replace

from idvault.account.store import person
from idvault.core import account_request as requests
from idvault.core.db.connection import Connection
from idvault.core.policy import PublicAccountLimits
from idvault.core.request import Request
from idvault.log.store import entry as log
from idvault.public_account.ports import Owned, Present
from idvault.public_account.rules import owner as owner_rules
from idvault.public_account.rules.owner import OwnerFacts
from idvault.public_account.rules.values import PublicAccount
from idvault.public_account.store import closing, operator, rows
from idvault.public_account.store import open as open_sanctions
from idvault.verify.account import Account
from idvault.verify.event import Event


async def repeated(
    connection: Connection, request: Request, account_token: str, public_account_id: str, present: Present
) -> Owned | None:
    """Store a new request and return None, or return as it is now what a repeat has made or changed."""
    made = await requests.remember_for_account(
        connection, request, account_token=account_token, made=public_account_id, now=present.time
    )
    return None if made is None else await get(connection, request.caller, made.made_id)


async def repeated_for(
    connection: Connection, request: Request, found: Owned, present: Present
) -> Owned | None:
    """Do what `repeated` does, for a request about a public account."""
    public_account = found.public_account
    return await repeated(
        connection, request, public_account.account_token, public_account.public_account_id, present
    )


async def get(connection: Connection, relying_party: str, public_account_id: str) -> Owned:
    """Return a public account with its operators; raises NotFoundError (PUBLIC_ACCOUNT_NOT_FOUND)."""
    found = await rows.get(connection, relying_party, public_account_id)
    return (await operator.joined(connection, [found]))[0]


async def lock(connection: Connection, found: Owned) -> Owned:
    """Return a public account, its owner and its operators as they are stored now; both rows are locked."""
    stored = await rows.lock(connection, found)
    return (await operator.joined(connection, [stored]))[0]


async def is_eligible(
    connection: Connection,
    public_account: PublicAccount,
    owner: Account,
    *,
    limits: PublicAccountLimits,
    present: Present,
) -> bool:
    """Return whether somebody may own a public account; locks the person, so that acts decide in turn.

    owner: an account whose row this act has locked.
    """
    party, person_id = owner.relying_party, owner.person_id
    if person_id is None:
        return False
    barred = await person.lock_by_id(connection, relying_party=party, person_id=person_id, now=present.time)
    owned = await rows.of_person(connection, party, person_id)
    # Read last: of a closing at the same time, either the count or this sees it.
    closings = await closing.of_person(connection, party, person_id)
    return owner_rules.is_eligible(
        public_account=public_account,
        owner=owner,
        facts=OwnerFacts(barred, tuple((each.public_account, each.owner) for each in owned), tuple(closings)),
        limits=limits,
        zone=present.zone,
        now=present.time,
    )


async def is_disputed(connection: Connection, found: Owned, present: Present) -> bool:
    """Return whether a sanction of a public account or of its locked owner is proposed or appealed."""
    return await open_sanctions.exists(
        connection,
        account_token=found.owner.account_token,
        public_account_id=found.public_account.public_account_id,
        now=present.time,
    )


async def put(
    connection: Connection, stored: Owned, made: PublicAccount, present: Present, event: Event
) -> Owned:
    """Store what an act made of a public account that it has locked, with its event."""
    await rows.put(connection, made, token=stored.public_account.account_token, now=present.time)
    await log.append(connection, event)
    return replace(stored, public_account=made)
