"""Makes one person of two: everything of a former number becomes that of the present one.

- Only of persons that a notice of the registry paired, and whom a provider proved to be one: neither an
  insider of the registry nor one of a provider joins two people alone.
- Nothing is lost: accounts, places, sanctions, withdrawals, disavowals, marks and open claims go over, with
  their sums.
- The row of the former number stays, and leads to the person: whoever comes under that number is found.
"""

from typing import Any

from sqlalchemy import delete, exists, literal_column, or_, select, update

from idvault.account import rules as account_rules
from idvault.account.store import forgetting
from idvault.account.store import person as account_person
from idvault.account.store.forgetting import BY_ID
from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, for_change, param, scalar, statement
from idvault.core.tables.account import accounts, withdrawals
from idvault.core.tables.claim import claims, persons
from idvault.core.tables.notice import person_marks
from idvault.core.tables.public_account import public_account_versions, public_accounts
from idvault.core.tables.sanction import sanctions
from idvault.core.tables.session import disavowals, waiting_disavowals
from idvault.sealing.ports import PersonKey
from idvault_verify.claim import ClaimState

_PARTY = persons.c.relying_party == param("party")
_LOCK_BOTH: Statement[Any] = statement(
    for_change(
        select(persons)
        .where(_PARTY, or_(persons.c.person_id == param("person_id"), persons.c.person_id == param("former")))
        .order_by(BY_ID)
    )
)
_ADD = statement(
    update(persons)
    .where(_PARTY, persons.c.person_id == param("person_id"))
    .values(
        accounts=persons.c.accounts + param("accounts"),
        sanctions=persons.c.sanctions + param("sanctions"),
        withdrawals=persons.c.withdrawals + param("withdrawals"),
        marked=literal_column("TRUE"),
    )
)
_EMPTY = statement(
    update(persons)
    .where(_PARTY, or_(persons.c.person_id == param("former"), persons.c.joined_id == param("former")))
    .values(accounts=0, sanctions=0, withdrawals=0, marked=None, joined_id=param("person_id"))
)


def _move(table: Any, *conditions: Any) -> Statement[Any]:
    return statement(
        update(table)
        .where(table.c.person_id == param("former"), *conditions)
        .values(person_id=param("person_id"))
    )


def _of_party(table: Any) -> Any:
    return table.c.relying_party == param("party")


def _tokens(table: Any) -> Any:
    return select(table.c.account_token).where(_of_party(table), table.c.person_id == param("former"))


_PENDING = claims.c.state == literal_column(f"'{ClaimState.PENDING.value}'")
_KNOWN = person_marks.alias("known")
# In this order: what finds the rows of others moves after them.
MOVES = {
    "claims": _move(claims, claims.c.account_token.in_(_tokens(accounts))),
    "waiting claims": _move(claims, _of_party(claims), _PENDING),
    "versions": _move(
        public_account_versions, public_account_versions.c.account_token.in_(_tokens(public_accounts))
    ),
    "waiting disavowals": _move(
        waiting_disavowals, waiting_disavowals.c.account_token.in_(_tokens(accounts))
    ),
    "disavowals": _move(disavowals, disavowals.c.account_token.in_(_tokens(accounts))),
    "public accounts": _move(public_accounts, _of_party(public_accounts)),
    "sanctions": _move(sanctions, _of_party(sanctions)),
    "accounts": _move(accounts, _of_party(accounts)),
    # A notice can mark both, for instance the end of the new number's person: one mark of it is enough.
    "double marks": statement(
        delete(person_marks).where(
            _of_party(person_marks),
            person_marks.c.person_id == param("former"),
            exists().where(
                _KNOWN.c.relying_party == param("party"),
                _KNOWN.c.person_id == param("person_id"),
                _KNOWN.c.notice_id == person_marks.c.notice_id,
            ),
        )
    ),
    "marks": _move(person_marks, _of_party(person_marks)),
    "fallen pairings": statement(
        update(person_marks)
        .where(_of_party(person_marks), person_marks.c.fallen_id == param("former"))
        .values(fallen_id=param("person_id"))
    ),
}
"""What goes over, each with all rows of the former number."""
# The claims first, which are found by them.
_WITHDRAWN = [
    _move(claims, claims.c.account_token.in_(_tokens(withdrawals))),
    _move(withdrawals, _of_party(withdrawals)),
]
_IS_PERSON = person_marks.c.person_id == param("person_id")
_IS_FORMER = person_marks.c.person_id == param("former")
# Also what says, or said before it fell, that one of the two numbers replaced the other.
_UNPAIR: Statement[str] = statement(
    delete(person_marks)
    .where(
        _of_party(person_marks),
        or_(
            person_marks.c.former_id == param("former"),
            _IS_FORMER & (person_marks.c.former_id == param("person_id")),
            _IS_PERSON & (person_marks.c.fallen_id == param("former")),
            _IS_FORMER & (person_marks.c.fallen_id == param("person_id")),
        ),
    )
    .returning(person_marks.c.person_id),
    scalar,
)


async def join(
    connection: Connection, *, relying_party: str, person_id: str, former: PersonKey
) -> str | None:
    """Make one person of a person and of that of a former number; return who the latter was.

    None if nothing was joined: the platform knows nobody under that number, no notice pairs the two, or they
    are one already.
    """
    who = {"party": relying_party, "person_id": person_id}
    found = await account_person.find(connection, relying_party=relying_party, key=former)
    marks = await connection.all(account_person.MARKS_OF, **who)
    if (
        found is None
        or found == person_id
        or found not in account_rules.formers(marks=marks, person_id=person_id)
    ):
        return None
    both = {row.person_id: row for row in await connection.all(_LOCK_BOTH, **who, former=found)}
    row = both.get(found)
    if row is None or row.joined_id is not None or person_id not in both:
        return None
    moved = {**who, "former": found}
    between = set(await connection.all(_UNPAIR, **moved)) - {person_id, found}
    for move in (*_WITHDRAWN, *MOVES.values()):
        await connection.run(move, **moved)
    await connection.run(
        _ADD, **who, accounts=row.accounts, sanctions=row.sanctions, withdrawals=row.withdrawals
    )
    await connection.run(_EMPTY, **moved)
    # Somebody of a number between the two may have been known for the former one only.
    await forgetting.forget(connection, [(relying_party, each) for each in sorted(between)])
    return found
