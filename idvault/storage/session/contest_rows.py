"""Rows of contests."""

from typing import Any

from sqlalchemy import insert, select, update

from idvault.domain.error import NotFoundError, Reason
from idvault.domain.session.contest import Contest, ContestState
from idvault.ports.moderation_text import SealedModerationText
from idvault.storage.base.connection import Connection
from idvault.storage.base.locking import for_change
from idvault.storage.base.statement import Statement, param, statement
from idvault.storage.session.tables import contests

_TEXT = ("key_version", "text")
READ = [column for column in contests.c if column.name not in _TEXT]
"""The columns of a contest without its sealed text, which only `text` reads."""


def from_row(row: Any) -> Contest:
    """Return the contest in a row of `READ`."""
    return Contest(
        contest_id=row.contest_id,
        relying_party=row.relying_party,
        account_token=row.account_token,
        claim_id=row.claim_id,
        state=ContestState(row.state),
        filed_at=row.filed_at,
        due_at=row.due_at,
        overdue_at=row.overdue_at,
        decided_at=row.decided_at,
        reason=row.reason,
        delete_at=row.delete_at,
        text_deleted_at=row.text_deleted_at,
    )


def _sealed(row: Any) -> SealedModerationText | None:
    return None if row.text is None else SealedModerationText(row.key_version, bytes(row.text))


_MINE = (contests.c.account_token == param("token")) & (contests.c.contest_id == param("contest"))
_GET: Statement[Contest] = statement(
    select(*READ).where(
        contests.c.contest_id == param("contest"), contests.c.relying_party == param("party")
    ),
    from_row,
)
_LOCK: Statement[Contest] = statement(for_change(select(*READ).where(_MINE)), from_row)
_OF_CLAIM: Statement[Contest] = statement(
    select(*READ).where(contests.c.account_token == param("token"), contests.c.claim_id == param("claim")),
    from_row,
)
_READ_TEXT: Statement[SealedModerationText | None] = statement(
    select(contests.c.key_version, contests.c.text).where(_MINE), _sealed
)
_ADD = statement(insert(contests))
_LIFE = (
    "state",
    "overdue_at",
    "decided_at",
    "reason",
    "delete_at",
    "text_deleted_at",
)
_PUT = statement(update(contests).where(_MINE).values({name: param(name) for name in _LIFE}))
_DELETE_TEXT = statement(update(contests).where(_MINE).values(text=None))


async def get(connection: Connection, relying_party: str, contest_id: str) -> Contest:
    """Return a relying party's contest; raises NotFoundError (CONTEST_NOT_FOUND)."""
    found = await connection.one(_GET, party=relying_party, contest=contest_id)
    if found is None:
        raise NotFoundError(Reason.CONTEST_NOT_FOUND)
    return found


async def lock(connection: Connection, contest: Contest) -> Contest:
    """Return a contest as it is stored now, locked; the account's row must be locked before."""
    return await connection.only(_LOCK, token=contest.account_token, contest=contest.contest_id)


async def of_claim(connection: Connection, *, account_token: str, claim_id: str) -> Contest | None:
    """Return the contest of a verification."""
    return await connection.one(_OF_CLAIM, token=account_token, claim=claim_id)


async def text(connection: Connection, contest: Contest) -> SealedModerationText | None:
    """Return the sealed text of a contest; None once it is deleted."""
    return await connection.only(_READ_TEXT, token=contest.account_token, contest=contest.contest_id)


async def add(connection: Connection, contest: Contest, sealed: SealedModerationText) -> None:
    """Insert a contest with its text."""
    await connection.later(
        _ADD,
        account_token=contest.account_token,
        contest_id=contest.contest_id,
        relying_party=contest.relying_party,
        claim_id=contest.claim_id,
        filed_at=contest.filed_at,
        due_at=contest.due_at,
        key_version=sealed.key_version,
        text=sealed.data,
        **_life(contest),
    )


async def put(connection: Connection, contest: Contest) -> None:
    """Store the state of a contest whose row this act has locked."""
    await connection.later(_PUT, token=contest.account_token, contest=contest.contest_id, **_life(contest))


async def delete_text(connection: Connection, contest: Contest) -> None:
    """Remove the text of a contest whose row this act has locked."""
    await connection.later(_DELETE_TEXT, token=contest.account_token, contest=contest.contest_id)


def _life(contest: Contest) -> dict[str, object]:
    return {
        "state": contest.state.value,
        "overdue_at": contest.overdue_at,
        "decided_at": contest.decided_at,
        "reason": contest.reason,
        "delete_at": contest.delete_at,
        "text_deleted_at": contest.text_deleted_at,
    }
