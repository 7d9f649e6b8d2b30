"""Rows of disclosures: decisions, shares, openings, budgets, refusals; and the evidence of a record."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, insert, or_, select, update

from idvault.account import rules as account_rules
from idvault.account.store import rows as account_rows
from idvault.account.store import version as account_version
from idvault.core.db.connection import Connection
from idvault.core.db.listing import among
from idvault.core.db.statement import Statement, for_change, param, scalar, statement, upsert
from idvault.core.tables.claim import claims
from idvault.core.tables.disclosure import (
    disclosure_budgets,
    disclosure_decisions,
    disclosure_openings,
    disclosure_refusals,
    disclosures,
)
from idvault.core.tables.erasure import erasures
from idvault.disclosure.ports import Deciding, EndedClaim, Filed, GivenShare, RecordEvidence, Releasing
from idvault.disclosure.rules import Tally
from idvault.log import store as log_store
from idvault.sealing.ports import SealedText
from idvault_verify.claim import ClaimState
from idvault_verify.disclosure import Decision, Disclosure, DisclosureState, Verdict
from idvault_verify.erasure import ErasureState
from idvault_verify.error import AlreadyExistsError, NotFoundError, Reason


def _decision(row: Row[Any]) -> tuple[str, Decision, SealedText | None]:
    made = Decision(
        row.custodian, row.place, Verdict(row.verdict), row.decided_at, row.released_at, row.reported_at
    )
    return row.disclosure_id, made, SealedText(row.key_version, row.signed) if row.key_version else None


DESTROYED: Statement[str] = statement(
    select(erasures.c.erasure_id).where(
        erasures.c.account_token == param("token"), erasures.c.state == ErasureState.DESTROYED.value
    ),
    scalar,
)
"""The erasure that has destroyed the keys of an account."""
_BY_ID = select(disclosures).where(disclosures.c.disclosure_id == param("disclosure_id"))
_FIND = statement(_BY_ID)
_LOCK = statement(for_change(_BY_ID))
_DECISIONS = statement(
    select(
        disclosure_decisions.c.disclosure_id,
        disclosure_decisions.c.custodian,
        disclosure_decisions.c.place,
        disclosure_decisions.c.verdict,
        disclosure_decisions.c.decided_at,
        disclosure_decisions.c.released_at,
        disclosure_decisions.c.reported_at,
        disclosure_decisions.c.key_version,
        disclosure_decisions.c.signed,
    )
    .where(among(disclosure_decisions.c.disclosure_id, "ids"))
    .order_by(disclosure_decisions.c.decided_at, disclosure_decisions.c.place),
    _decision,
)
_ADD = statement(
    upsert(disclosures)
    .on_conflict_do_nothing(index_elements=[disclosures.c.disclosure_id])
    .returning(disclosures.c.disclosure_id)
)
_IS_DISCLOSURE = (disclosures.c.account_token == param("token")) & (
    disclosures.c.disclosure_id == param("disclosure_id")
)
_PUT = statement(
    update(disclosures)
    .where(_IS_DISCLOSURE)
    .values(
        state=param("state"),
        opened=param("opened"),
        opened_at=param("opened_at"),
        disclosed_at=param("disclosed_at"),
        confirmed_at=param("confirmed_at"),
    )
)
_DISCLOSE = statement(
    update(disclosures)
    .where(_IS_DISCLOSURE)
    .values(disclose_entry_id=param("entry_id"), legal_basis=param("legal_basis"))
)
_END = statement(
    update(disclosures).where(_IS_DISCLOSURE, disclosures.c.ended_at.is_(None)).values(ended_at=param("now"))
)
_IS_DECISION = (
    (disclosure_decisions.c.account_token == param("token"))
    & (disclosure_decisions.c.disclosure_id == param("disclosure_id"))
    & (disclosure_decisions.c.custodian == param("name"))
)
_RELEASE = statement(
    update(disclosure_decisions)
    .where(_IS_DECISION)
    .values(resealed=param("resealed"), released_at=param("released_at"), release_entry_id=param("entry_id"))
)
_REPORT = statement(update(disclosure_decisions).where(_IS_DECISION).values(reported_at=param("reported_at")))
_ADD_DECISION = statement(insert(disclosure_decisions))
_DESTROY_SHARES = statement(
    update(disclosure_decisions)
    .where(
        disclosure_decisions.c.account_token == param("token"),
        disclosure_decisions.c.disclosure_id == param("disclosure_id"),
        disclosure_decisions.c.resealed.is_not(None),
    )
    .values(resealed=None)
)


async def add(connection: Connection, filed: Filed) -> None:
    """Insert a new disclosure; AlreadyExistsError (REQUEST_ID_REUSED) if its id was used before."""
    made = filed.disclosure
    new = await connection.one(
        _ADD,
        account_token=made.account_token,
        disclosure_id=made.disclosure_id,
        auditor=made.auditor,
        auditor_actor_id=made.auditor_actor_id,
        number=filed.number,
        record_id=made.record_id,
        openings=made.openings,
        created_at=made.created_at,
        expire_at=made.expire_at,
        state=made.state.value,
        opened=made.opened,
        opened_at=made.opened_at,
        key_version=filed.text.key_version,
        text=filed.text.data,
        digest=filed.digest,
        threshold=filed.threshold,
        entry_id=filed.entry_id,
        record_digest=made.record_digest,
        disclosed_at=made.disclosed_at,
        disclose_entry_id=None,
        legal_basis=None,
        confirmed_at=made.confirmed_at,
        ended_at=None,
    )
    if new is None:
        raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)


async def put(connection: Connection, changed: Disclosure) -> None:
    """Store a disclosure whose row this act has locked; decisions are stored in separate rows."""
    await connection.run(
        _PUT,
        token=changed.account_token,
        disclosure_id=changed.disclosure_id,
        state=changed.state.value,
        opened=changed.opened,
        opened_at=changed.opened_at,
        disclosed_at=changed.disclosed_at,
        confirmed_at=changed.confirmed_at,
    )


async def add_decision(
    connection: Connection, decided: Disclosure, deciding: Deciding, *, entry_id: str
) -> None:
    """Insert the newest decision of a disclosure."""
    made = decided.decisions[-1]
    await connection.run(
        _ADD_DECISION,
        account_token=decided.account_token,
        disclosure_id=decided.disclosure_id,
        place=made.place,
        custodian=made.custodian,
        custodian_actor_id=deciding.member.actor_id,
        verdict=made.verdict.value,
        decided_at=made.decided_at,
        signed=deciding.sealed.data if deciding.sealed else deciding.signed,
        key_version=deciding.sealed.key_version if deciding.sealed else None,
        resealed=None,
        entry_id=entry_id,
        released_at=None,
        release_entry_id=None,
        reported_at=None,
    )


async def add_share(
    connection: Connection, disclosure: Disclosure, releasing: Releasing, *, now: datetime, entry_id: str
) -> None:
    """Store the share that follows an approval."""
    await connection.run(
        _RELEASE,
        token=disclosure.account_token,
        disclosure_id=disclosure.disclosure_id,
        name=releasing.member.name,
        resealed=releasing.resealed,
        released_at=now,
        entry_id=entry_id,
    )


_SHARES = statement(
    select(
        disclosure_decisions.c.custodian,
        disclosure_decisions.c.place,
        disclosure_decisions.c.resealed,
        disclosure_decisions.c.signed,
    )
    .where(
        disclosure_decisions.c.disclosure_id == param("disclosure_id"),
        disclosure_decisions.c.released_at.is_not(None),
    )
    .order_by(disclosure_decisions.c.place),
    lambda row: GivenShare(*row),
)


async def shares(connection: Connection, *, disclosure_id: str) -> list[GivenShare]:
    """Return the released shares, ordered by place."""
    return await connection.all(_SHARES, disclosure_id=disclosure_id)


async def disclose(
    connection: Connection, disclosure: Disclosure, *, legal_basis: str, entry_id: str
) -> None:
    """Store the entry and the legal basis of a disclosure."""
    await connection.run(
        _DISCLOSE,
        token=disclosure.account_token,
        disclosure_id=disclosure.disclosure_id,
        entry_id=entry_id,
        legal_basis=legal_basis,
    )


async def report_share(
    connection: Connection, disclosure: Disclosure, custodian: str, *, now: datetime
) -> None:
    """Store that a custodian's share is wrong."""
    await connection.run(
        _REPORT,
        token=disclosure.account_token,
        disclosure_id=disclosure.disclosure_id,
        name=custodian,
        reported_at=now,
    )


async def end(connection: Connection, disclosure: Disclosure, *, now: datetime) -> None:
    """Destroy every re-sealed share of a disclosure; the signed approvals stay.

    If its version is a former one, the version stays for some days more.
    """
    key = {"token": disclosure.account_token, "disclosure_id": disclosure.disclosure_id}
    await connection.run(_DESTROY_SHARES, **key)
    await connection.run(_END, **key, now=now)
    await account_version.end_request(connection, disclosure, due_at=account_rules.former_due_at(now=now))


async def get(connection: Connection, *, disclosure_id: str) -> Filed:
    """Return a disclosure; raises NotFoundError (REQUEST_NOT_FOUND)."""
    return _only(await load(connection, _FIND, disclosure_id=disclosure_id))


async def lock(connection: Connection, *, disclosure_id: str) -> Filed:
    """Return a disclosure and lock its row, and so its decisions; raises as `get` does."""
    return _only(await load(connection, _LOCK, disclosure_id=disclosure_id))


async def load(connection: Connection, query: Statement[Row[Any]], **parameters: Any) -> list[Filed]:
    """Return the disclosures in a query's order; the query must select every column of `disclosures`."""
    rows = await connection.all(query, **parameters)
    decisions = await _decisions(connection, [row.disclosure_id for row in rows])
    return [_filed(row, decisions.get(row.disclosure_id, [])) for row in rows]


_Made = tuple[Decision, SealedText | None]


async def _decisions(connection: Connection, ids: Sequence[str]) -> dict[str, list[_Made]]:
    found: dict[str, list[_Made]] = {}
    if ids:
        for disclosure_id, made, denial in await connection.all(_DECISIONS, ids=ids):
            found.setdefault(disclosure_id, []).append((made, denial))
    return found


def _only(found: list[Filed]) -> Filed:
    if not found:
        raise NotFoundError(Reason.REQUEST_NOT_FOUND)
    return found[0]


def _filed(row: Row[Any], made: Sequence[_Made]) -> Filed:
    disclosure = Disclosure(
        disclosure_id=row.disclosure_id,
        auditor=row.auditor,
        auditor_actor_id=row.auditor_actor_id,
        account_token=row.account_token,
        record_id=row.record_id,
        openings=row.openings,
        created_at=row.created_at,
        expire_at=row.expire_at,
        state=DisclosureState(row.state),
        opened=row.opened,
        opened_at=row.opened_at,
        decisions=tuple(decision for decision, _ in made),
        record_digest=row.record_digest,
        disclosed_at=row.disclosed_at,
        confirmed_at=row.confirmed_at,
    )
    text = SealedText(row.key_version, row.text)
    denials = {decision.custodian: denial for decision, denial in made if denial is not None}
    return Filed(disclosure, text, row.digest, row.threshold, row.entry_id, row.number, denials)


_ENDED = statement(
    select(claims.c.claim_id, claims.c.state, claims.c.failure_reason)
    .where(claims.c.account_token == param("token"), claims.c.state != ClaimState.PENDING.value)
    .order_by(claims.c.ended_at.desc()),
    lambda row: EndedClaim(row.claim_id, row.state, row.failure_reason or ""),
)


async def evidence(
    connection: Connection, *, account_token: str, record_id: str | None = None
) -> RecordEvidence | None:
    """Return a record, how the account's claims ended, and its log entries, newest first.

    record_id: the present version or a former one; without it, the present one. None if it does not exist.
    """
    if record_id is None:
        stored = await account_rows.find_record(connection, account_token)
    else:
        stored = await account_version.find(connection, account_token=account_token, record_id=record_id)
    if stored is None:
        return None
    ended = await connection.all(_ENDED, token=account_token)
    entries = await connection.all(log_store.LOGGED_NEWEST_FIRST, token=account_token)
    return RecordEvidence(stored, tuple(ended), tuple(entries))


_REFUSALS = disclosure_refusals.c
_OF_REASON = (_REFUSALS.actor_id == param("actor_id")) & (_REFUSALS.reason == param("reason"))
_BEGIN_REFUSALS = statement(
    upsert(disclosure_refusals)
    .values(actor_id=param("actor_id"), reason=param("reason"), minute=None, silent=0)
    .on_conflict_do_nothing(index_elements=[_REFUSALS.actor_id, _REFUSALS.reason])
)
_LOCK_REFUSALS = statement(
    for_change(select(_REFUSALS.minute, _REFUSALS.silent).where(_OF_REASON)), lambda row: Tally(*row)
)
_PUT_REFUSALS = statement(
    update(disclosure_refusals).where(_OF_REASON).values(minute=param("minute"), silent=param("silent"))
)
_SILENT = statement(
    select(_REFUSALS.actor_id, _REFUSALS.reason)
    .where(_REFUSALS.silent > 0, or_(_REFUSALS.minute.is_(None), _REFUSALS.minute < param("minute")))
    .order_by(_REFUSALS.actor_id, _REFUSALS.reason),
    tuple[str, str],
)
# Returns no row if the day's budget is spent.
_CHARGE = statement(
    upsert(disclosure_budgets)
    .values(actor_id=param("actor_id"), day=param("day"), used=1)
    .on_conflict_do_update(
        index_elements=[disclosure_budgets.c.actor_id, disclosure_budgets.c.day],
        set_={"used": disclosure_budgets.c.used + 1},
        where=disclosure_budgets.c.used < param("daily"),
    )
    .returning(disclosure_budgets.c.used),
    scalar,
)
_ADD_OPENING = statement(insert(disclosure_openings))


async def begin_refusals(connection: Connection, *, actor_id: str, reason: str) -> None:
    """Insert the count of an actor's refusals for a reason if there is none."""
    await connection.run(_BEGIN_REFUSALS, actor_id=actor_id, reason=reason)


async def lock_refusals(connection: Connection, *, actor_id: str, reason: str) -> Tally:
    """Return the count, locked."""
    return await connection.one(_LOCK_REFUSALS, actor_id=actor_id, reason=reason) or Tally()


async def put_refusals(connection: Connection, tally: Tally, *, actor_id: str, reason: str) -> None:
    """Store a count that this act has locked."""
    await connection.run(
        _PUT_REFUSALS, actor_id=actor_id, reason=reason, minute=tally.minute, silent=tally.silent
    )


async def silent(connection: Connection, *, now: datetime) -> list[tuple[str, str]]:
    """Return the actor and reason of refusals whose count is still to be logged."""
    return await connection.all(_SILENT, minute=now.replace(second=0, microsecond=0))


async def charge(connection: Connection, *, actor_id: str, day: date, daily: int) -> int | None:
    """Charge a day's budget; return how much of it is used now, None if it was spent."""
    # The upsert does not check the limit when it inserts the day's first row.
    return await connection.one(_CHARGE, actor_id=actor_id, day=day, daily=daily) if daily > 0 else None


async def add_opening(
    connection: Connection, opened: Disclosure, *, entry_id: str, record_digest: bytes, now: datetime
) -> None:
    """Insert one opening of a disclosure."""
    await connection.run(
        _ADD_OPENING,
        account_token=opened.account_token,
        disclosure_id=opened.disclosure_id,
        entry_id=entry_id,
        auditor_actor_id=opened.auditor_actor_id,
        opened_at=now,
        record_digest=record_digest,
    )
