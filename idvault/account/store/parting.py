"""Takes back what persons have only because a number replaced theirs, when that pairing ends.

A notice about a newer number reaches the persons of older ones: it marks them as ended, and draws days for
their accounts. None of that concerns them if the pairing was wrong. What a notice said of the older number
itself stays, and so does what has happened.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, Select, String, cast, delete, exists, select, tuple_, union_all

from idvault.account.rules import Pairing
from idvault.account.store.forgetting import BY_ID
from idvault.core.db.connection import Connection
from idvault.core.db.listing import listed
from idvault.core.db.statement import Statement, by_index, for_change, statement
from idvault.core.tables import ID, NAME
from idvault.core.tables.account import accounts, withdrawals
from idvault.core.tables.claim import persons
from idvault.core.tables.notice import account_notices, person_marks

_PAIRS = listed("pairs", party=NAME, person_id=ID, former_id=ID)
_M = person_marks.c


def _texts(party: Any, root: Any, person: Any) -> Select[str, str, str]:
    # PostgreSQL compares types with their lengths, which the rows given have not.
    return select(
        cast(party, String).label("party"),
        cast(root, String).label("root_id"),
        cast(person, String).label("person_id"),
    )


def _below() -> CTE:
    """Return whom each pairing leads to: the former person, and all whose number that one's replaced."""
    below = _texts(_PAIRS.c.party, _PAIRS.c.person_id, _PAIRS.c.former_id).cte("below", recursive=True)
    return below.union(
        # A former person that is null leads nowhere; a condition that it is not would mislead SQLite.
        _texts(_M.relying_party, below.c.root_id, _M.former_id).where(
            _M.relying_party == below.c.party, _M.person_id == below.c.person_id
        )
    )


def _above() -> CTE:
    """Return each pairing's person of the new number, and all whose number replaced that one's."""
    above = _texts(_PAIRS.c.party, _PAIRS.c.person_id, _PAIRS.c.person_id).cte("above", recursive=True)
    return above.union(
        _texts(_M.relying_party, above.c.root_id, _M.person_id).where(
            _M.relying_party == above.c.party, _M.former_id == above.c.person_id
        )
    )


def _lock() -> Statement[tuple[str, str]]:
    below = _below()
    found = tuple_(persons.c.relying_party, persons.c.person_id).in_(select(below.c.party, below.c.person_id))
    return statement(
        for_change(
            select(persons.c.relying_party, persons.c.person_id)
            .where(found)
            .order_by(persons.c.relying_party, BY_ID)
        ),
        tuple,
    )


def _inherited() -> Statement[tuple[str, str, str]]:
    """Build the read of the notices that reach former persons through a pairing only."""
    below, above = _below(), _above()
    circle = above.alias("circle")
    own = (above.c.party == below.c.party) & (above.c.root_id == below.c.root_id)
    # Of numbers that replaced each other in a circle each is reached from either side.
    is_above = exists().where(
        circle.c.party == below.c.party,
        circle.c.root_id == below.c.root_id,
        circle.c.person_id == below.c.person_id,
    )
    return statement(
        select(below.c.party, below.c.person_id, _M.notice_id)
        .join_from(below, above, own)
        .join(person_marks, (_M.relying_party == above.c.party) & (_M.person_id == above.c.person_id))
        .where(~is_above)
        .distinct(),
        tuple,
    )


LOCK_BELOW = _lock()
INHERITED = _inherited()
_SAID = listed("said", party=NAME, person_id=ID, notice_id=ID)
FREE = statement(
    delete(person_marks).where(
        tuple_(_M.relying_party, _M.person_id, _M.notice_id).in_(
            select(_SAID.c.party, _SAID.c.person_id, _SAID.c.notice_id)
        ),
        # Their own pairings are not theirs by another one.
        _M.former_id.is_(None),
        _M.fallen_id.is_(None),
    )
)


def _owned(table: Any, index: str) -> Select[str, str]:
    """Return the accounts of persons of whom something was said, each with its notice."""
    of_person = (table.c.person_id == _SAID.c.person_id) & (table.c.relying_party == _SAID.c.party)
    conditions = (table.c.ended_at.is_(None),) if table is withdrawals else ()
    found = select(table.c.account_token, _SAID.c.notice_id).join_from(_SAID, table, of_person)
    # SQLite has no statistics, and would read every account of the platform.
    return by_index(found.where(*conditions), table, index)


STAY = statement(
    delete(account_notices).where(
        # By an index of its own: SQLite would read the whole table.
        account_notices.c.notice_id.in_(select(_SAID.c.notice_id)),
        tuple_(account_notices.c.account_token, account_notices.c.notice_id).in_(
            union_all(_owned(accounts, "ix_accounts_person"), _owned(withdrawals, "ix_withdrawals_person"))
        ),
    )
)


async def part(connection: Connection, pairs: Sequence[Pairing]) -> None:
    """Take back what reaches former persons through pairings that end; locks them."""
    rows = [(each.party, each.person_id, each.former_id) for each in pairs]
    await connection.all(LOCK_BELOW, pairs=rows)
    said = await connection.all(INHERITED, pairs=rows)
    await connection.run(STAY, said=said)
    await connection.run(FREE, said=said)
