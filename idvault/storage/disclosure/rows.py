"""Rows of disclosures with their decisions."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, insert, select, update

from idvault.domain.disclosure import Decision, Disclosure, State, Verdict
from idvault.domain.error import NotFoundError, Reason
from idvault.ports.disclosure import Deciding, Filed, Filing, SealedText
from idvault.storage.base.connection import Connection
from idvault.storage.base.locking import for_change
from idvault.storage.disclosure.tables import disclosure_decisions, disclosures
from idvault.storage.lengths import padded


async def add(connection: Connection, filing: Filing, *, record_id: str, number: int, entry_id: str) -> None:
    """Insert a disclosure that has just been asked for."""
    made = filing.disclosure
    await connection.execute(
        insert(disclosures).values(
            account_token=made.account_token,
            disclosure_id=made.disclosure_id,
            auditor=made.auditor,
            auditor_actor_id=made.auditor_actor_id,
            number=number,
            record_id=record_id,
            openings=made.openings,
            created_at=made.created_at,
            expire_at=made.expire_at,
            state=made.state.value,
            opened=made.opened,
            opened_at=made.opened_at,
            key_version=filing.text.key_version,
            text=filing.text.data,
            digest=filing.digest,
            threshold=filing.threshold,
            entry_id=entry_id,
        )
    )


async def put(connection: Connection, changed: Disclosure) -> None:
    """Store a disclosure whose row this act has locked; decisions are rows of their own."""
    await connection.execute(
        update(disclosures)
        .where(_is(changed))
        .values(state=changed.state.value, opened=changed.opened, opened_at=changed.opened_at)
    )


async def add_decision(
    connection: Connection, decided: Disclosure, deciding: Deciding, *, entry_id: str
) -> None:
    """Insert the newest decision of a disclosure."""
    made = decided.decisions[-1]
    await connection.execute(
        insert(disclosure_decisions).values(
            account_token=decided.account_token,
            disclosure_id=decided.disclosure_id,
            place=made.place,
            custodian=made.custodian,
            custodian_actor_id=deciding.member.actor_id,
            verdict=made.verdict.value,
            decided_at=made.decided_at,
            signed=deciding.signed,
            resealed=deciding.resealed,
            entry_id=entry_id,
        )
    )


async def destroy_shares(connection: Connection, disclosure: Disclosure) -> None:
    """Forget every re-sealed share of a disclosure; the signed approvals stay."""
    await connection.execute(
        update(disclosure_decisions)
        .where(
            disclosure_decisions.c.account_token == disclosure.account_token,
            disclosure_decisions.c.disclosure_id == disclosure.disclosure_id,
            disclosure_decisions.c.resealed.is_not(None),
        )
        .values(resealed=None)
    )


async def find(connection: Connection, *, disclosure_id: str, for_update: bool = False) -> Filed | None:
    """Return a disclosure; for_update keeps its row, and so its decisions, from every other act."""
    query = select(disclosures).where(disclosures.c.disclosure_id == disclosure_id)
    found = await load(connection, for_change(query) if for_update else query)
    return found[0] if found else None


async def lock(connection: Connection, *, disclosure_id: str) -> Filed:
    """Return a disclosure with its row locked; raises NotFoundError (REQUEST_NOT_FOUND)."""
    found = await find(connection, disclosure_id=disclosure_id, for_update=True)
    if found is None:
        raise NotFoundError(Reason.REQUEST_NOT_FOUND)
    return found


async def load(connection: Connection, query: Select[Any]) -> list[Filed]:
    """Return the disclosures of a query that has all columns of their table, in its order."""
    rows = list(await connection.execute(query))
    decisions = await _decisions(connection, [row.disclosure_id for row in rows])
    return [_filed(row, decisions.get(row.disclosure_id, ())) for row in rows]


async def _decisions(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[Decision, ...]]:
    found: dict[str, tuple[Decision, ...]] = {}
    if not ids:
        return found
    table = disclosure_decisions
    query = (
        select(table.c.disclosure_id, table.c.custodian, table.c.place, table.c.verdict, table.c.decided_at)
        .where(table.c.disclosure_id.in_(padded(ids)))
        .order_by(table.c.decided_at, table.c.place)
    )
    for row in await connection.execute(query):
        made = Decision(row.custodian, row.place, Verdict(row.verdict), row.decided_at)
        found[row.disclosure_id] = (*found.get(row.disclosure_id, ()), made)
    return found


def _filed(row: Row[Any], decisions: tuple[Decision, ...]) -> Filed:
    disclosure = Disclosure(
        disclosure_id=row.disclosure_id,
        auditor=row.auditor,
        auditor_actor_id=row.auditor_actor_id,
        account_token=row.account_token,
        record_id=row.record_id,
        openings=row.openings,
        created_at=row.created_at,
        expire_at=row.expire_at,
        state=State(row.state),
        opened=row.opened,
        opened_at=row.opened_at,
        decisions=decisions,
    )
    return Filed(
        disclosure,
        SealedText(row.key_version, row.text),
        row.digest,
        row.threshold,
        row.entry_id,
        row.number,
    )


def _is(disclosure: Disclosure) -> Any:
    return (disclosures.c.account_token == disclosure.account_token) & (
        disclosures.c.disclosure_id == disclosure.disclosure_id
    )
