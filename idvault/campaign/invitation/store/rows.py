"""The rows of invitations, of the owners to invite, and of the accounts that enforcement dates limit.

Owners of accounts that were never verified are found here, those of verified ones in `upgrade`.

Rows are always locked in this order: campaign, invitations, the day's count. Accounts are never locked while
a batch is leased, because a claim locks its account first and the invitations second.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, exists, literal, literal_column, select, update

from idvault.account.store import rows as account_rows
from idvault.campaign import rules
from idvault.campaign import store as campaign_rows
from idvault.campaign.invitation import rules as invitation_rules
from idvault.campaign.invitation.rules import Invitation, Limited, Offer, Stage
from idvault.campaign.invitation.store import upgrade
from idvault.campaign.invitation.store.upgrade import IS_UNBARRED, LACKS
from idvault.campaign.store import IN_COHORT
from idvault.core.db.connection import Connection
from idvault.core.db.listing import among
from idvault.core.db.statement import Statement, for_change, param, scalar, statement, upsert
from idvault.core.tables.account import accounts
from idvault.core.tables.campaign import campaigns, invitations, legacy_accounts
from idvault.sanction.store import standing as sanction_standing
from idvault_verify.account import Account, AccountState, Assurance, MinimumAssurance
from idvault_verify.campaign import Campaign, CampaignState, InvitationState, ReverificationMethod
from idvault_verify.clock import ClockReading


def _limited(row: Any) -> Limited:
    return Limited(account_rows.from_row(row), row.campaign_id)


_ENFORCEABLE = statement(
    select(*accounts.c, campaigns.c.campaign_id)
    .join(invitations, invitations.c.account_token == accounts.c.account_token)
    .join(campaigns, campaigns.c.campaign_id == invitations.c.campaign_id)
    .join(legacy_accounts, legacy_accounts.c.account_token == accounts.c.account_token)
    .where(
        campaigns.c.state == CampaignState.RUNNING.value,
        campaigns.c.enforcement_date <= param("today"),
        invitations.c.shown_on.is_not(None),
        accounts.c.state == AccountState.UNVERIFIED.value,
        legacy_accounts.c.limited_by.is_(None),
    )
    .limit(param("limit", Integer)),
    _limited,
)
_LIFTABLE = statement(
    select(*accounts.c, campaigns.c.campaign_id)
    .join(legacy_accounts, legacy_accounts.c.account_token == accounts.c.account_token)
    .join(campaigns, campaigns.c.campaign_id == legacy_accounts.c.limited_by)
    .where(campaigns.c.state == CampaignState.ENDED.value)
    .limit(param("limit", Integer)),
    _limited,
)
_MINE = legacy_accounts.c.account_token == param("token")
_BY = legacy_accounts.c.limited_by
_LIMIT = statement(update(legacy_accounts).where(_MINE, _BY.is_(None)).values(limited_by=param("campaign")))
_LIFT = statement(update(legacy_accounts).where(_MINE, param("campaign") == _BY).values(limited_by=None))


async def enforceable(connection: Connection, *, today: date, limit: int) -> list[Limited]:
    """Return accounts whose owners were shown an invitation, did not verify, and are not limited yet."""
    return await connection.all(_ENFORCEABLE, today=today, limit=limit)


async def liftable(connection: Connection, *, limit: int) -> list[Limited]:
    """Return accounts that an ENDED campaign limited."""
    return await connection.all(_LIFTABLE, limit=limit)


async def limit(connection: Connection, limited: Limited, *, now: datetime) -> bool:
    """Make the campaign's limit one of what sets the account's standing.

    False, and nothing is changed, if the account has changed since it was read or has such a limit.
    """
    return await _change(connection, _LIMIT, limited, now)


async def lift(connection: Connection, limited: Limited, *, now: datetime) -> bool:
    """Take the campaign's limit away; what else sets the standing stays. False as in `limit`."""
    return await _change(connection, _LIFT, limited, now)


async def _change(connection: Connection, change: Statement[Any], limited: Limited, now: datetime) -> bool:
    owner = await account_rows.lock(connection, account_token=limited.account.account_token)
    if (
        owner is None
        or owner.revision != limited.account.revision
        or owner.state is not limited.account.state
    ):
        return False
    if not await connection.run(change, token=owner.account_token, campaign=limited.campaign_id):
        return False
    await account_rows.put_standing(connection, await sanction_standing.settled(connection, owner, now=now))
    return True


COLUMNS = {stage: invitations.c[f"{stage.lower()}_on"] for stage in Stage}
"""The column that holds the first day of each stage."""

_DAYS = [(stage, column.name) for stage, column in COLUMNS.items()]


def from_row(row: Any) -> Invitation:
    """Return the invitation in a row that holds every column of `invitations`."""
    return Invitation(
        account_token=row.account_token,
        campaign_id=row.campaign_id,
        method=ReverificationMethod(row.method),
        state=InvitationState(row.state),
        deliveries=row.deliveries,
        due_at=row.due_at,
        leased_until=row.leased_until,
        code_expires_at=row.code_expires_at,
        reached={stage: day for stage, name in _DAYS if (day := getattr(row, name)) is not None},
    )


def values(invitation: Invitation) -> dict[str, object]:
    """Return an invitation's columns, without its batch and its code's hash."""
    return {
        "account_token": invitation.account_token,
        "campaign_id": invitation.campaign_id,
        "method": invitation.method.value,
        "state": invitation.state.value,
        "deliveries": invitation.deliveries,
        "due_at": invitation.due_at,
        "leased_until": invitation.leased_until,
        "code_expires_at": invitation.code_expires_at,
        **{name: invitation.reached.get(stage) for stage, name in _DAYS},
    }


_KEY = ("account_token", "campaign_id")
_MADE_ONCE = frozenset({*_KEY, "method"})
_OF_BATCH = frozenset({"batch_id", "code_hash", "code_tries"})


def _put(*, kept: frozenset[str]) -> Statement[Any]:
    """Return the upsert of an invitation; the `kept` columns of a stored one do not change."""
    given = {
        column.name: param(column.name) for column in invitations.c if column.name not in _OF_BATCH & kept
    }
    new = upsert(invitations).values(**{"code_tries": literal(0), **given})
    changed = {name: new.excluded[name] for name in given if name not in kept}
    return statement(new.on_conflict_do_update(index_elements=list(_KEY), set_=changed))


_PUT = _put(kept=_MADE_ONCE | _OF_BATCH)
_PUT_IN_BATCH = _put(kept=_MADE_ONCE)
_OF_ACCOUNT = select(invitations).where(invitations.c.account_token == param("token"))
_LOCK = statement(for_change(_OF_ACCOUNT.where(invitations.c.campaign_id == param("campaign"))), from_row)
_LOCK_ALL: Statement[Any] = statement(
    for_change(
        select(*invitations.c, campaigns.c.minimum_assurance)
        .join(campaigns, campaigns.c.campaign_id == invitations.c.campaign_id)
        .where(invitations.c.account_token == param("token")),
        of=invitations,
    )
)
_FIND_ALL = statement(_OF_ACCOUNT, from_row)
_IS_VALID = (
    invitations.c.account_token == param("token"),
    invitations.c.code_hash == param("hash"),
    invitations.c.state != InvitationState.VERIFIED.value,
    invitations.c.code_expires_at > param("now"),
)
_IS_USABLE = (*_IS_VALID, invitations.c.code_tries < invitation_rules.CODE_TRIES)
_VALID = statement(select(invitations.c.campaign_id).where(*_IS_VALID), scalar)
_USE_CODE = statement(update(invitations).where(*_IS_USABLE).values(code_tries=invitations.c.code_tries + 1))
_USABLE = statement(select(invitations.c.campaign_id).where(*_IS_USABLE), scalar)
_MINIMUM: Statement[str] = statement(
    select(campaigns.c.minimum_assurance)
    .join(invitations, invitations.c.campaign_id == campaigns.c.campaign_id)
    .where(*_IS_USABLE, campaigns.c.minimum_assurance.is_not(None)),
    scalar,
)


async def lock(connection: Connection, account_token: str, campaign_id: str) -> Invitation | None:
    """Return an invitation and lock its row."""
    return await connection.one(_LOCK, token=account_token, campaign=campaign_id)


async def of_account(connection: Connection, account_token: str) -> dict[str, Invitation]:
    """Return the invitations of an account by campaign id."""
    return {one.campaign_id: one for one in await connection.all(_FIND_ALL, token=account_token)}


async def put(connection: Connection, invitation: Invitation) -> None:
    """Store an invitation, new or not; its batch and its code's hash stay as they are."""
    await connection.run(_PUT, **values(invitation))


async def put_batch(
    connection: Connection, batch_id: str, leased: Sequence[Invitation], hashes: Mapping[str, bytes]
) -> None:
    """Store the invitations of a batch, new or not.

    hashes: the hashes of new codes by account token. Every previous code is replaced, or removed if there is
    no new one.
    """
    await connection.many(
        _PUT_IN_BATCH,
        [
            {
                **values(one),
                "batch_id": batch_id,
                "code_hash": hashes.get(one.account_token),
                "code_tries": 0,
            }
            for one in leased
        ],
    )


async def use_code(
    connection: Connection, *, account_token: str, code_hash: bytes, proved: Assurance, now: datetime
) -> None:
    """Spend a try of a locked account's code; raises PreconditionError if the code is no longer valid.

    proved: the fact that the claim can establish; less than the campaign asks for is refused, too, and spends
    nothing (ASSURANCE_MISSING).
    """
    await _check_minimum(connection, account_token, code_hash, proved, now)
    if await connection.run(_USE_CODE, token=account_token, hash=code_hash, now=now) != 1:
        raise invitation_rules.refuse_code()


async def check_code(
    connection: Connection, *, account_token: str, code_hash: bytes, proved: Assurance, now: datetime
) -> str:
    """Return the campaign of a code that has a try left; raises PreconditionError for any other code.

    proved: as in `use_code`.
    """
    found = await connection.one(_USABLE, token=account_token, hash=code_hash, now=now)
    if found is None:
        raise invitation_rules.refuse_code()
    await _check_minimum(connection, account_token, code_hash, proved, now)
    return str(found)


async def _check_minimum(
    connection: Connection, account_token: str, code_hash: bytes, proved: Assurance, now: datetime
) -> None:
    for word in await connection.all(_MINIMUM, token=account_token, hash=code_hash, now=now):
        invitation_rules.check_minimum(minimum=MinimumAssurance(word), proved=proved)


async def campaign_of(connection: Connection, *, account_token: str, code_hash: bytes, now: datetime) -> str:
    """Return the campaign of a code, also one without tries; raises PreconditionError for any other code."""
    found = await connection.one(_VALID, token=account_token, hash=code_hash, now=now)
    if found is None:
        raise invitation_rules.refuse_code()
    return str(found)


async def conclude(connection: Connection, concluded: Account, *, succeeded: bool, today: date) -> None:
    """Update the invitations of a locked account after its claim. concluded: the account from now on."""
    for row in await connection.all(_LOCK_ALL, token=concluded.account_token):
        invitation = from_row(row)
        after = invitation_rules.conclude(
            invitation=invitation,
            minimum=row.minimum_assurance and MinimumAssurance(row.minimum_assurance),
            succeeded=succeeded,
            assurances=concluded.assurances,
            today=today,
        )
        if after != invitation:
            await put(connection, after)


_LIMIT_DELIVERY = param("limit", Integer)
_IS_UNVERIFIED = accounts.c.state == AccountState.UNVERIFIED.value
_FORMER = statement(
    select(invitations).where(invitations.c.batch_id == param("batch")).order_by(invitations.c.account_token),
    from_row,
)
_DUE = for_change(
    select(invitations)
    .join(accounts, accounts.c.account_token == invitations.c.account_token)
    .where(
        invitations.c.campaign_id == param("campaign"),
        invitations.c.state == InvitationState.ACTIVE.value,
        invitations.c.due_at <= param("now"),
        _IS_UNVERIFIED | LACKS,
        IS_UNBARRED,
    )
    .order_by(invitations.c.due_at, invitations.c.account_token)
    .limit(_LIMIT_DELIVERY),
    of=invitations,
)
_RETURNED = statement(_DUE.where(invitations.c.leased_until <= param("real")), from_row)
_REMINDERS = statement(_DUE.where(invitations.c.leased_until.is_(None)), from_row)
_INVITED_BY = legacy_accounts.c.invited_by


def _members(invited_by: ColumnElement[bool]) -> Statement[str]:
    """Return the members without an invitation in the order of an index, which is read as far as needed."""
    return statement(
        select(legacy_accounts.c.account_token)
        .join(accounts, accounts.c.account_token == legacy_accounts.c.account_token)
        .where(
            IN_COHORT,
            legacy_accounts.c.verified_on.is_(None),
            invited_by,
            _IS_UNVERIFIED,
            IS_UNBARRED,
            ~exists().where(
                invitations.c.account_token == legacy_accounts.c.account_token,
                invitations.c.campaign_id == param("campaign"),
            ),
        )
        .order_by(_INVITED_BY, legacy_accounts.c.account_token)
        .limit(_LIMIT_DELIVERY),
        scalar,
    )


# First owners whom no campaign has invited, then those whom another one invited last.
_NEVER_INVITED = _members(literal_column("''") == _INVITED_BY)
_INVITED_BEFORE = _members((literal_column("''") < _INVITED_BY) & (param("campaign") > _INVITED_BY))
_INVITED_AFTER = _members(param("campaign") < _INVITED_BY)
_INVITED = statement(
    update(legacy_accounts)
    .where(among(legacy_accounts.c.account_token, "tokens"))
    .values(invited_by=param("campaign"))
)


async def of_batch(connection: Connection, batch_id: str) -> list[Invitation]:
    """Return what is left of a batch: the invitations that no later one has leased."""
    return await connection.all(_FORMER, batch=batch_id)


async def due(
    connection: Connection, found: Campaign, *, limit: int, left: int, now: ClockReading, today: date
) -> tuple[list[Invitation], list[str]]:
    """Return what may be delivered now: lost deliveries, then reminders, then the accounts to invite.

    left: how many deliveries the campaign may still make; a lost one was counted before.
    """
    mine = {"campaign": found.campaign_id, "now": now.business, **upgrade.demanded(found, today)}
    lost = await connection.all(_RETURNED, **mine, real=now.real, limit=limit)
    room = min(left, limit - len(lost))
    if room < 1:
        return lost, []
    reminders = await connection.all(_REMINDERS, **mine, limit=room)
    room -= len(reminders)
    members = await _uninvited(connection, found, room)
    members += await upgrade.lacking(connection, found, limit=room - len(members), today=today)
    return [*lost, *reminders], members


async def _uninvited(connection: Connection, found: Campaign, limit: int) -> list[str]:
    members: list[str] = []
    cohort = campaign_rows.parameters(found)
    for some in (_NEVER_INVITED, _INVITED_BEFORE, _INVITED_AFTER):
        if (room := limit - len(members)) > 0:
            members += await connection.all(some, campaign=found.campaign_id, limit=room, **cohort)
    return members


async def invited(connection: Connection, campaign_id: str, tokens: Sequence[str]) -> None:
    """Record who invited owners last, so that the next batch does not read past them."""
    if tokens:
        await connection.run(_INVITED, campaign=campaign_id, tokens=sorted(tokens))


_RUNNING = statement(
    select(campaigns)
    .where(
        campaigns.c.relying_party == param("party"),
        campaigns.c.state == CampaignState.RUNNING.value,
    )
    .order_by(campaigns.c.started_at, campaigns.c.campaign_id),
    campaign_rows.from_row,
)
_MEMBER = statement(
    select(legacy_accounts.c.label, legacy_accounts.c.create_date).where(
        legacy_accounts.c.account_token == param("token"),
        legacy_accounts.c.relying_party == param("party"),
    )
)
_ACCOUNT = statement(
    select(accounts).where(
        accounts.c.account_token == param("token"), accounts.c.relying_party == param("party")
    ),
    account_rows.from_row,
)


async def account(connection: Connection, party: str, account_token: str) -> Account | None:
    """Return an account of a relying party."""
    return await connection.one(_ACCOUNT, token=account_token, party=party)


async def is_invitable(connection: Connection, found: Campaign, present: Account) -> bool:
    """Return whether a campaign is for an account. present: the account as of today."""
    if not invitation_rules.is_open(account=present, minimum=found.plan.minimum_assurance):
        return False
    member = await connection.one(_MEMBER, token=present.account_token, party=found.relying_party)
    return _covers(found, member)


async def offers(connection: Connection, present: Account, today: date) -> list[Offer]:
    """Return the offers for an account, earliest started campaign first. present: the account as of today.

    Most accounts that log in are verified, and need no more than the first statement.
    """
    open_ = [
        found
        for found in await connection.all(_RUNNING, party=present.relying_party)
        if invitation_rules.is_open(account=present, minimum=found.plan.minimum_assurance)
    ]
    if not open_:
        return []
    member = await connection.one(_MEMBER, token=present.account_token, party=present.relying_party)
    invited = await of_account(connection, present.account_token)
    return [
        Offer(found, invited.get(found.campaign_id), *await campaign_rows.delivered(connection, found, today))
        for found in open_
        if _covers(found, member)
    ]


def _covers(found: Campaign, member: Any) -> bool:
    """Return whether a cohort has an account. member: None if it was not imported."""
    cohort = found.plan.cohort
    if member is None:
        return rules.covers_all(cohort=cohort)
    return rules.covers(cohort=cohort, label=member.label, create_date=member.create_date)
