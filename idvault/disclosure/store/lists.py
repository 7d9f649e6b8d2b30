"""Lists disclosures: those that are due, an auditor's or a custodian's; and their openings."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import ColumnElement, Integer, Table, and_, exists, func, or_, select

from idvault.core.db.connection import Connection
from idvault.core.db.listing import among, one_of
from idvault.core.db.statement import param, scalar, statement
from idvault.core.tables.account import records, withdrawals
from idvault.core.tables.claim import claims, receipts
from idvault.core.tables.disclosure import (
    disclosure_budgets,
    disclosure_decisions,
    disclosure_openings,
    disclosures,
    kept_records,
)
from idvault.disclosure import rules as disclosure_rules
from idvault.disclosure.ports import Filed, OwnDecision, RecordAccess, RecordDisclosure
from idvault.disclosure.store import rows as disclosure_rows
from idvault_verify.disclosure import Disclosure, DisclosureState, Verdict

_ABOVE_ALL = 2**63 - 1
_LIMIT = param("limit", Integer)
_OWN_DECISIONS = (disclosure_decisions.c.account_token == disclosures.c.account_token) & (
    disclosure_decisions.c.disclosure_id == disclosures.c.disclosure_id
)
_TAKING = tuple(
    state.value for state in (DisclosureState.REQUESTED, DisclosureState.APPROVED, DisclosureState.OPENED)
)


def _is_held(table: Table) -> ColumnElement[bool]:
    """Return the condition that a table has the disclosure's record, with one of the given quorums."""
    return exists().where(
        table.c.account_token == disclosures.c.account_token,
        table.c.record_id == disclosures.c.record_id,
        among(table.c.present_quorum_id, "quorum_ids"),
    )


_OVER = disclosures.c.expire_at <= param("now")
_WAITING = and_(
    one_of(disclosures.c.state, (DisclosureState.REQUESTED.value, DisclosureState.APPROVED.value)), _OVER
)
_LAPSED = and_(
    disclosures.c.state == DisclosureState.OPENED.value,
    disclosures.c.opened_at <= param("repeats_end"),
    or_(
        _OVER,
        and_(disclosures.c.opened >= disclosures.c.openings, disclosures.c.confirmed_at.is_not(None)),
    ),
    disclosures.c.ended_at.is_(None),
)

_DUE = statement(
    select(disclosures).where(or_(_WAITING, _LAPSED)).order_by(disclosures.c.expire_at).limit(_LIMIT)
)
_OF_AUDITOR = statement(
    select(disclosures)
    .where(disclosures.c.auditor_actor_id == param("actor_id"), disclosures.c.number < param("below"))
    .order_by(disclosures.c.number.desc())
    .limit(_LIMIT)
)
_FILED_ON = statement(
    select(disclosure_budgets.c.used).where(
        disclosure_budgets.c.actor_id == param("actor_id"), disclosure_budgets.c.day == param("day")
    ),
    scalar,
)
_PENDING = statement(
    select(disclosures)
    .where(
        one_of(disclosures.c.state, _TAKING),
        disclosures.c.expire_at > param("now"),
        disclosures.c.confirmed_at.is_(None),
        or_(_is_held(records), _is_held(kept_records)),
        ~exists().where(
            _OWN_DECISIONS,
            disclosure_decisions.c.custodian == param("custodian"),
            or_(
                disclosure_decisions.c.verdict == Verdict.DENY.value,
                disclosure_decisions.c.released_at.is_not(None),
            ),
        ),
    )
    .order_by(disclosures.c.created_at, disclosures.c.disclosure_id)
    .offset(param("offset", Integer))
    .limit(_LIMIT)
)
_DECIDED = statement(
    select(disclosures)
    .join(disclosure_decisions, _OWN_DECISIONS)
    .where(disclosure_decisions.c.custodian_actor_id == param("actor_id"))
    .order_by(disclosure_decisions.c.decided_at.desc(), disclosures.c.disclosure_id)
    .offset(param("offset", Integer))
    .limit(_LIMIT)
)
_OWN_DECISION = statement(
    select(
        disclosure_decisions.c.signed,
        disclosure_decisions.c.entry_id,
        disclosure_decisions.c.release_entry_id,
    ).where(
        disclosure_decisions.c.disclosure_id == param("disclosure_id"),
        disclosure_decisions.c.custodian == param("custodian"),
    ),
    lambda row: OwnDecision(*row),
)
_DISCLOSURES_SINCE = statement(
    select(func.count()).where(
        disclosures.c.auditor_actor_id == param("actor_id"),
        disclosures.c.disclosed_at >= param("since"),
    ),
    scalar,
)


def _shown(table: Table) -> ColumnElement[bool]:
    """Return the condition that a record is of no verification that was withdrawn: its person reads it."""
    return ~exists().where(
        receipts.c.account_token == table.c.account_token,
        receipts.c.record_digest == table.c.record_digest,
        claims.c.account_token == receipts.c.account_token,
        claims.c.claim_id == receipts.c.claim_id,
        claims.c.withdrawn_at.is_not(None),
    ) & ~exists().where(
        # An erasure deletes the receipts before it deletes what this lists.
        withdrawals.c.account_token == table.c.account_token,
        withdrawals.c.ended_at.is_(None),
    )


_DISCLOSURES = statement(
    select(
        disclosures.c.disclosure_id,
        disclosures.c.account_token,
        disclosures.c.disclose_entry_id,
        disclosures.c.disclosed_at,
        disclosures.c.record_digest,
        disclosures.c.auditor_actor_id,
        disclosures.c.legal_basis,
    )
    .where(
        disclosures.c.account_token == param("token"),
        disclosures.c.disclosed_at.is_not(None),
        _shown(disclosures),
    )
    .order_by(disclosures.c.disclosed_at, disclosures.c.disclose_entry_id),
    lambda row: RecordDisclosure(*row),
)
_OPENINGS = statement(
    select(
        disclosure_openings.c.disclosure_id,
        disclosure_openings.c.account_token,
        disclosure_openings.c.entry_id,
        disclosure_openings.c.opened_at,
        disclosure_openings.c.record_digest,
    )
    .where(disclosure_openings.c.account_token == param("token"), _shown(disclosure_openings))
    .order_by(disclosure_openings.c.opened_at, disclosure_openings.c.entry_id),
    lambda row: RecordAccess(*row),
)


async def due(connection: Connection, *, now: datetime, limit: int) -> list[Disclosure]:
    """Return disclosures that must expire, and those whose re-sealed shares must be destroyed."""
    repeats_end = now - disclosure_rules.REPEAT_TIME
    found = await disclosure_rows.load(connection, _DUE, now=now, repeats_end=repeats_end, limit=limit)
    return [filed.disclosure for filed in found]


async def of_auditor(connection: Connection, *, actor_id: str, below: int | None, limit: int) -> list[Filed]:
    """Return an auditor's own disclosures, newest first."""
    number = _ABOVE_ALL if below is None else below
    return await disclosure_rows.load(connection, _OF_AUDITOR, actor_id=actor_id, below=number, limit=limit)


async def filed_on(connection: Connection, *, actor_id: str, day: date) -> int:
    """Return how many requests an auditor has filed on a day."""
    return int(await connection.one(_FILED_ON, actor_id=actor_id, day=day) or 0)


async def pending(
    connection: Connection,
    *,
    custodian: str,
    quorum_ids: Collection[str],
    now: datetime,
    offset: int,
    limit: int,
) -> list[Filed]:
    """Return the disclosures that wait for a custodian's decision or share, oldest first."""
    return await disclosure_rows.load(
        connection,
        _PENDING,
        custodian=custodian,
        quorum_ids=quorum_ids,
        now=now,
        offset=offset,
        limit=limit,
    )


async def decided(connection: Connection, *, actor_id: str, offset: int, limit: int) -> list[Filed]:
    """Return the disclosures that a custodian has decided, the newest decision first."""
    return await disclosure_rows.load(connection, _DECIDED, actor_id=actor_id, offset=offset, limit=limit)


async def own_decision(connection: Connection, *, disclosure_id: str, custodian: str) -> OwnDecision | None:
    """Return what a custodian signed about a disclosure."""
    return await connection.one(_OWN_DECISION, disclosure_id=disclosure_id, custodian=custodian)


async def disclosures_since(connection: Connection, *, actor_id: str, since: datetime) -> int:
    """Return how many records were disclosed to an auditor since a time."""
    return await connection.one(_DISCLOSURES_SINCE, actor_id=actor_id, since=since) or 0


async def disclosed(connection: Connection, *, account_token: str) -> list[RecordDisclosure]:
    """Return every disclosure of an account's records that are its owner's, oldest first."""
    return await connection.all(_DISCLOSURES, token=account_token)


async def opened(connection: Connection, *, account_token: str) -> list[RecordAccess]:
    """Return every opening of an account's records that are its owner's, oldest first."""
    return await connection.all(_OPENINGS, token=account_token)
