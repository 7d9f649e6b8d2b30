"""Forgets persons of whom nothing is known any more, with all that leads to them.

- A person stays while an account, a sanction, a withdrawal, an open claim or a wait for a representative
  needs the row, or one of a person whose number theirs replaced, over any number of replacements: whoever has
  the new number renews the accounts of the old one for as long as there are any. So does one of a pairing
  that fell: else the same key would bring it back.
- A person goes with the rows of former numbers that lead to them, and with every mark that names them. So do
  those of newer numbers who stayed only for them. Two whose numbers replaced each other hold neither.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    Select,
    String,
    and_,
    cast,
    delete,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
)

from idvault.core.db.connection import Connection
from idvault.core.db.listing import listed
from idvault.core.db.statement import Statement, for_change, param, statement
from idvault.core.tables import ID, NAME
from idvault.core.tables.account import withdrawals
from idvault.core.tables.claim import claims, persons, representatives
from idvault.core.tables.notice import person_marks
from idvault_verify.claim import ClaimState

Person = tuple[str, str]
"""A relying party and the id of a person there."""

_GIVEN = listed("given", party=NAME, person_id=ID)
_M = person_marks.c
_UNHELD = and_(
    persons.c.accounts == 0,
    persons.c.sanctions == 0,
    persons.c.withdrawals == 0,
    persons.c.joined_id.is_(None),
    # An open claim that names the person needs the row to settle; the act that stored it had locked the row.
    ~exists().where(
        claims.c.state == literal_column(f"'{ClaimState.PENDING.value}'"),
        claims.c.relying_party == persons.c.relying_party,
        claims.c.person_id == persons.c.person_id,
    ),
    # Whoever was withdrawn reads what was opened of the record.
    ~exists().where(
        withdrawals.c.relying_party == persons.c.relying_party,
        withdrawals.c.person_id == persons.c.person_id,
    ),
    # A matched claim that waits for its representative verifies under the person's id.
    ~exists().where(
        representatives.c.relying_party == persons.c.relying_party,
        representatives.c.person_id == persons.c.person_id,
    ),
)
"""The condition that nothing of a person's own holds the row."""


def _texts(party: Any, person: Any) -> Select[str, str]:
    # PostgreSQL compares types with their lengths, which the rows given have not.
    return select(cast(party, String).label("party"), cast(person, String).label("person_id"))


def _led() -> CTE:
    """Return those given, and those whose number replaced theirs, or did in a pairing that fell."""
    led = _texts(*_GIVEN.c).cte("led", recursive=True)
    return led.union(_of_newer(led))


def _held(led: CTE) -> CTE:
    """Return whom something holds among some persons, and among all whose numbers theirs replaced."""
    reached = select(led.c.party, led.c.person_id).cte("reached", recursive=True)
    reached = reached.union(
        # A former person that is null leads nowhere; a condition that it is not would mislead SQLite.
        _texts(_M.relying_party, func.coalesce(_M.former_id, _M.fallen_id)).where(
            _M.relying_party == reached.c.party, _M.person_id == reached.c.person_id
        )
    )
    held = (
        _texts(persons.c.relying_party, persons.c.person_id)
        .where(_among(reached), not_(_UNHELD))
        .cte("held", recursive=True)
    )
    return held.union(_of_newer(held))


def _of_newer(found: CTE) -> Select[str, str]:
    """Return those whose number replaced that of persons, or did in a pairing that fell."""
    of_party = _M.relying_party == found.c.party
    return _texts(_M.relying_party, _M.person_id).where(
        # The platform is in each part, so that SQLite uses an index for each.
        or_(of_party & (_M.former_id == found.c.person_id), of_party & (_M.fallen_id == found.c.person_id))
    )


def _among(found: CTE) -> Any:
    return tuple_(persons.c.relying_party, persons.c.person_id).in_(select(found.c.party, found.c.person_id))


def _forget() -> Statement[Person]:
    led = _led()
    held = _held(led)
    gone = delete(persons).where(_among(led), ~_among(held))
    return statement(gone.returning(persons.c.relying_party, persons.c.person_id), tuple)


# An expression, so that rows are sorted: the index of the table is in another order, and to use one for this
# order SQLite would read the whole party. Every act that locks several persons does so in this order.
BY_ID = persons.c.person_id + literal_column("''")
# What holds a person is read by the next statement, when nobody can add to it any more.
LOCK_LED = statement(
    for_change(
        select(persons.c.person_id).where(_among(_led())).order_by(persons.c.relying_party, BY_ID),
        of=persons,
    )
)
FORGET = _forget()


def _naming(party: Any, person: Any) -> Any:
    return tuple_(party, person).in_(select(_GIVEN.c.party, _GIVEN.c.person_id))


FORGET_NUMBERS = statement(delete(persons).where(_naming(persons.c.relying_party, persons.c.joined_id)))
FORGET_MARKS = statement(
    delete(person_marks).where(
        or_(*(_naming(_M.relying_party, each) for each in (_M.person_id, _M.former_id, _M.fallen_id)))
    )
)


CLAIMED: Statement[Person] = statement(
    select(claims.c.relying_party, claims.c.person_id)
    .distinct()
    .where(claims.c.account_token == param("token")),
    tuple,
)


async def claimed(connection: Connection, account_token: str) -> list[Person]:
    """Return the persons whom the claims of a locked account name, whosever it is."""
    return await connection.all(CLAIMED, token=account_token)


async def forget(connection: Connection, found: Sequence[Person]) -> None:
    """Delete persons of whom nothing is known any more, and those who stayed only for them."""
    await connection.all(LOCK_LED, given=found)
    gone = await connection.all(FORGET, given=found)
    await connection.run(FORGET_NUMBERS, given=gone)
    await connection.run(FORGET_MARKS, given=gone)
