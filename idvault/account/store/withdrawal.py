"""Rows of withdrawals: what an account was before its verification was withdrawn, and whose it was."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Integer, String, delete, exists, func, literal_column, or_, select, update

from idvault.account.rules import Withdrawal
from idvault.account.store import rows as account_rows
from idvault.core.db.connection import Connection
from idvault.core.db.listing import one_of
from idvault.core.db.statement import Statement, for_change, param, scalar, statement
from idvault.core.rows import KeptAs, Rows
from idvault.core.tables.account import withdrawals
from idvault.core.tables.claim import claims, receipts
from idvault.core.tables.disclosure import disclosure_openings, disclosures
from idvault.core.tables.erasure import erasures
from idvault.core.tables.public_account import public_account_versions, public_accounts
from idvault.core.tables.sanction import appeals, followers, sanctions
from idvault_verify.claim import ClaimState
from idvault_verify.erasure import ErasureState
from idvault_verify.error import Reason
from idvault_verify.public_account import PublicAccountState
from idvault_verify.sanction import AppealState, SanctionState

ROWS = Rows(
    Withdrawal,
    withdrawals,
    key="withdrawal_id",
    made_at="withdrawn_at",
    unknown=Reason.ACCOUNT_NOT_FOUND,
    # The column has the name of when contests alone withdrew.
    kept={"assurances": account_rows.ASSURANCES, "case_id": KeptAs("contest_id")},
)
NOBODY = "0" * 32
"""The id of a person whom nothing links to an account any more."""

_OF_ACCOUNT = withdrawals.c.account_token == param("token")
_PRESENT: Statement[Withdrawal] = statement(
    ROWS.query.where(_OF_ACCOUNT, withdrawals.c.ended_at.is_(None)), ROWS.from_row
)
_LOCK: Statement[Withdrawal] = statement(
    for_change(ROWS.query.where(_OF_ACCOUNT, withdrawals.c.withdrawal_id == param("withdrawal"))),
    ROWS.from_row,
)
_END = statement(
    update(withdrawals).where(_OF_ACCOUNT, withdrawals.c.ended_at.is_(None)).values(ended_at=param("now"))
)
_ATTACH = statement(
    update(public_accounts)
    .where(public_accounts.c.account_token == param("token"), public_accounts.c.person_id == NOBODY)
    .values(person_id=param("person"))
)
# What was withdrawn has an end: an open claim has none.
_WITHDRAW_CLAIMS = statement(
    update(claims)
    .where(
        claims.c.account_token == param("token"),
        claims.c.state == literal_column(f"'{ClaimState.SUCCEEDED.value}'"),
        claims.c.withdrawn_at.is_(None),
    )
    .values(withdrawn_at=param("now"))
)
_REINSTATE_CLAIMS = statement(
    update(claims)
    .where(claims.c.account_token == param("token"), claims.c.withdrawn_at == param("since"))
    .values(withdrawn_at=None)
)
_REINSTATED: Statement[Withdrawal] = statement(
    ROWS.query.where(
        _OF_ACCOUNT,
        withdrawals.c.contest_id == param("contest"),
        withdrawals.c.withdrawn_at == param("at"),
        withdrawals.c.reinstated_at.is_not(None),
    ),
    ROWS.from_row,
)
_REINSTATERS: Statement[tuple[str | None, str | None]] = statement(
    select(withdrawals.c.reinstate_proposed_by, withdrawals.c.reinstated_by).where(
        _OF_ACCOUNT, withdrawals.c.reinstated_at.is_not(None)
    ),
    tuple,
)
_TOKEN = param("token", String)
_OPEN_SANCTION = one_of(sanctions.c.state, [SanctionState.PROPOSED.value, SanctionState.IN_FORCE.value])
_LIVE = one_of(public_accounts.c.state, [PublicAccountState.ACTIVE.value, PublicAccountState.GRACE.value])
_IS_OPEN = statement(
    select(literal_column("1")).where(
        or_(
            exists().where(sanctions.c.account_token == _TOKEN, _OPEN_SANCTION),
            exists().where(followers.c.account_token == _TOKEN),
            exists().where(
                appeals.c.account_token == _TOKEN,
                appeals.c.state == literal_column(f"'{AppealState.FILED.value}'"),
            ),
            exists().where(public_accounts.c.account_token == _TOKEN, _LIVE),
        )
    ),
    scalar,
)
DUE: Statement[Withdrawal] = statement(
    ROWS.query.where(withdrawals.c.forget_at <= param("now"))
    .order_by(withdrawals.c.forget_at)
    .limit(param("limit", Integer)),
    ROWS.from_row,
)
_OF_PERSON = param("person", String)
_UNLINK_WITHDRAWN = statement(
    update(claims)
    .where(
        claims.c.account_token == param("token"),
        claims.c.person_id == _OF_PERSON,
        claims.c.withdrawn_at.is_not(None),
    )
    .values(person_id=NOBODY)
)
_UNLINK = [
    *(
        statement(
            update(table)
            .where(table.c.account_token == param("token"), table.c.person_id == _OF_PERSON)
            .values(person_id=NOBODY)
        )
        for table in (claims, public_accounts, public_account_versions)
    ),
]
# What its person reads (session.inquiry.store). Of this withdrawal alone: what the account was withdrawn of
# later has an end of its own, and would move this one, which is public.
_ACCESSED_AT: Statement[datetime | None] = statement(
    select(func.max(func.coalesce(disclosure_openings.c.opened_at, disclosures.c.disclosed_at)))
    .select_from(claims)
    .join(
        receipts,
        (receipts.c.account_token == claims.c.account_token) & (receipts.c.claim_id == claims.c.claim_id),
    )
    .join(
        disclosures,
        (disclosures.c.account_token == receipts.c.account_token)
        & (disclosures.c.record_digest == receipts.c.record_digest),
    )
    .outerjoin(
        disclosure_openings,
        (disclosure_openings.c.account_token == disclosures.c.account_token)
        & (disclosure_openings.c.disclosure_id == disclosures.c.disclosure_id),
    )
    .where(
        claims.c.account_token == param("token"),
        claims.c.person_id == _OF_PERSON,
        claims.c.withdrawn_at == param("since"),
    ),
    scalar,
)
_NAMED_AGAIN = statement(
    select(literal_column("1")).where(_OF_ACCOUNT, withdrawals.c.person_id == _OF_PERSON).limit(1), scalar
)
# What an erasure left for the person to find the openings by.
_NO_RECEIPTS = statement(
    delete(receipts).where(
        receipts.c.account_token == param("token"),
        exists().where(
            claims.c.account_token == receipts.c.account_token,
            claims.c.claim_id == receipts.c.claim_id,
            claims.c.person_id == NOBODY,
        ),
        exists().where(
            erasures.c.account_token == receipts.c.account_token,
            erasures.c.state == literal_column(f"'{ErasureState.DESTROYED.value}'"),
        ),
    )
)


async def add(connection: Connection, withdrawal: Withdrawal) -> None:
    """Store a withdrawal, and that the verifications of its account until now are withdrawn."""
    await ROWS.add(connection, withdrawal)
    await connection.run(_WITHDRAW_CLAIMS, token=withdrawal.account_token, now=withdrawal.withdrawn_at)


async def present(connection: Connection, account_token: str) -> Withdrawal | None:
    """Return the withdrawal because of which a locked account is REVOKED, None for any other account."""
    return await connection.one(_PRESENT, token=account_token)


async def is_open(connection: Connection, account_token: str) -> bool:
    """Return whether something of a locked account is open that another owner must not take over.

    A sanction or a proposal, what it follows of another sanction, an appeal, or a live public account.
    """
    return await connection.one(_IS_OPEN, token=account_token) is not None


async def end(connection: Connection, account_token: str, *, person_id: str, now: datetime) -> None:
    """Store that a locked account is verified again; the link to the former person stays until its time.

    person_id: its owner, whose its public accounts are.
    """
    await connection.run(_END, token=account_token, now=now)
    await connection.run(_ATTACH, token=account_token, person=person_id)


async def lock(connection: Connection, known: Withdrawal) -> Withdrawal | None:
    """Return a withdrawal as it is stored now, locked; its account must be locked before."""
    return await find(connection, known.account_token, withdrawal_id=known.withdrawal_id)


async def find(connection: Connection, account_token: str, *, withdrawal_id: str) -> Withdrawal | None:
    """Return a withdrawal of a locked account, locked."""
    return await connection.one(_LOCK, token=account_token, withdrawal=withdrawal_id)


async def due(connection: Connection, *, now: datetime, limit: int) -> list[Withdrawal]:
    """Return withdrawals whose person must be forgotten, the longest due first."""
    return await connection.all(DUE, now=now, limit=limit)


async def accessed_at(connection: Connection, withdrawal: Withdrawal) -> datetime | None:
    """Return when the record of a withdrawal was last released or opened, None if it never was."""
    return await connection.one(
        _ACCESSED_AT,
        token=withdrawal.account_token,
        person=withdrawal.person_id,
        since=withdrawal.withdrawn_at,
    )


async def forget(connection: Connection, forgotten: Withdrawal, *, person_id: str, is_owner: bool) -> None:
    """Store a withdrawal without its person, and unlink what the account has of that person.

    is_owner: whether the account belongs to that person again; then only its former claims are unlinked.
    Nothing is while another withdrawal of the account names the person.
    """
    token = forgotten.account_token
    await ROWS.put(connection, forgotten)
    if await connection.one(_NAMED_AGAIN, token=token, person=person_id) is not None:
        return
    for unlink in [_UNLINK_WITHDRAWN] if is_owner else _UNLINK:
        await connection.run(unlink, token=token, person=person_id)
    await connection.run(_NO_RECEIPTS, token=token)


async def put(connection: Connection, withdrawal: Withdrawal) -> None:
    """Store a withdrawal of a locked account that has changed."""
    await ROWS.put(connection, withdrawal)


async def reinstate(
    connection: Connection, found: Withdrawal, *, proposed_by: str | None, confirmed_by: str, now: datetime
) -> None:
    """Store that a locked account has what this withdrawal took, and shows its claims again.

    found: the present withdrawal, whose person is known. proposed_by, confirmed_by: the two moderators.
    """
    token, person_id = found.account_token, found.person_id or NOBODY
    await end(connection, token, person_id=person_id, now=now)
    taken_back = replace(
        found,
        ended_at=now,
        reinstated_at=now,
        reinstate_proposed_by=proposed_by,
        reinstated_by=confirmed_by,
    )
    await ROWS.put(connection, taken_back)
    await connection.run(_REINSTATE_CLAIMS, token=token, since=found.withdrawn_at)


async def reinstated(
    connection: Connection, account_token: str, *, contest_id: str, at: datetime
) -> Withdrawal | None:
    """Return a withdrawal that was taken back, None without one. at: when it was decided."""
    return await connection.one(_REINSTATED, token=account_token, contest=contest_id, at=at)


async def reinstaters(connection: Connection, account_token: str) -> set[str]:
    """Return the moderators who took back withdrawals of a locked account."""
    found = await connection.all(_REINSTATERS, token=account_token)
    return {each for pair in found for each in pair if each is not None}
