"""Accounts can be spread over several PostgreSQL units: each account's rows stay together.

Each unit is whole in itself, so numbers of the feed and of status lists may be unique within it only.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import (
    BindParameter,
    Column,
    ForeignKeyConstraint,
    Insert,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    insert,
    select,
    union_all,
)
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import BinaryExpression
from sqlalchemy.sql.operators import eq

from idvault.core import tables as metadata
from idvault.core.db.statement import Statement, param
from tests.storage import stores

TOKEN = "account_token"
# Tables of one relying party, of the log or of the deployment: they name an account at most as a value.
NOT_OF_AN_ACCOUNT = {
    "account_lists", "attempts", "authority_orders", "budgets", "given_orders", "joint_operations",
    "campaign_days", "campaigns", "contact_counts", "contact_mails", "contact_offers", "contact_proofs",
    "content_measures",
    "credential_counts", "day_keys", "deployment", "disclosure_budgets", "disclosure_refusals",
    "drill_passes", "drill_records", "ended_handovers", "handed_quorums", "inquiries", "key_versions",
    "log_checkpoints", "log_entries", "log_head", "log_misses", "log_nodes", "log_statements",
    "moderator_papers", "moderators", "notice_feeds", "notification_items", "notifications", "operations",
    "outbox", "person_marks", "person_requests", "persons", "platform_keys", "platform_pages",
    "platform_usage", "platforms", "registry_notices", "requests", "roster",
    "roster_proposals", "roster_signatures", "roster_versions", "sanction_templates", "schema_floors",
    "second_factors",
    "sessions", "status_feed_heads", "status_keys", "status_lists", "status_marks", "tip_off_form_days",
    "tip_off_referrals", "tip_off_reporters", "tip_off_texts", "tip_off_tries", "tip_offs",
}  # fmt: skip
# Unique within a unit: numbers that a unit gives, ids that are random, references of a relying party whose
# accounts are all in one unit.
WITHIN_A_UNIT = {
    ("disclosure_decisions", ("disclosure_id", "custodian")),
    ("disclosures", ("auditor_actor_id", "number")),
    ("disclosures", ("disclosure_id",)),
    ("legacy_accounts", ("relying_party", "reference")),
    ("public_accounts", ("relying_party", "public_account_id")),
    ("status_credentials", ("number", "place")),
    ("status_feed", ("relying_party", "sequence")),
}
# A person is of one relying party, whose accounts are all in one unit: what is moved, kept or forgotten with
# a person may be of several of them. A figure of a report may count rows of two tables.
OF_MANY_ACCOUNTS = {
    *(f"idvault.account.store.joining.MOVES[{place}]" for place in (0, 2, 3, 4)),
    "idvault.account.store.joining._WITHDRAWN[0]",
    "idvault.account.store.forgetting.FORGET[0]",
    "idvault.account.store.parting.STAY[0]",
    "idvault.report.store.DURATIONS[1]",
}


def tables() -> list[Table]:
    """Return every table of both databases, after importing every store."""
    stores.modules()
    return [*metadata.main.tables.values(), *metadata.shred.tables.values()]


def is_of_an_account(table: Table) -> bool:
    return table.name not in NOT_OF_AN_ACCOUNT


def broken_keys(checked: Iterable[Table]) -> Iterator[str]:
    """Find keys of account data that lack the token, or whose primary key does not begin with it."""
    for table in filter(is_of_an_account, checked):
        for constraint in table.constraints:
            names = [column.name for column in getattr(constraint, "columns", ())]
            match constraint:
                case PrimaryKeyConstraint() if names[:1] != [TOKEN]:
                    yield f"{table.name}: primary key {names}"
                case UniqueConstraint() if TOKEN not in names:
                    yield f"{table.name}: unique {names}"
                case ForeignKeyConstraint() if not refers_within_the_account(constraint):
                    yield f"{table.name}: foreign key {names}"


def refers_within_the_account(constraint: ForeignKeyConstraint) -> bool:
    """Tell whether a foreign key compares the token with the token of account data."""
    pairs = [(element.parent.name, element.column.name) for element in constraint.elements]
    return (TOKEN, TOKEN) in pairs and is_of_an_account(constraint.referred_table)


def statements() -> Iterator[tuple[str, Statement[Any]]]:
    """Find the statements of every store, also those in lists, tuples and dictionaries."""
    for module in stores.modules():
        for name, value in vars(module).items():
            for place, found in enumerate(held(value)):
                yield f"{module.__name__}.{name}[{place}]", found


def held(value: object) -> Iterator[Statement[Any]]:
    if isinstance(value, Statement):
        yield value
    elif isinstance(value, Mapping):
        yield from held(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from held(each)


def crosses_accounts(clause: Any) -> bool:
    """Tell whether a statement reads account data of several tables that are not joined by the token.

    Tables whose tokens equal the same parameter are joined by it.
    """
    if isinstance(clause, Insert) and clause.select is not None:
        return copies_to_another(clause) or crosses_accounts(clause.select)
    parts = list(visitors.iterate(clause))
    named = {part.name for part in parts if isinstance(part, Table) and is_of_an_account(part)}
    joined = {name: {name} for name in named}
    same: dict[str, set[str]] = {}
    for part in parts:
        if isinstance(part, BinaryExpression) and part.operator is eq:
            sides = [getattr(side, "table", None) for side in (part.left, part.right)]
            if isinstance(part.right, BindParameter) and part.left.key == TOKEN and sides[0] is not None:
                group = same.setdefault(part.right.key, set()) | joined.get(sides[0].name, set())
                same[part.right.key] = group
                joined |= dict.fromkeys(group, group)
            names = [side.name for side in sides if isinstance(side, Table) and side.name in named]
            if len(names) == 2 and part.left.key == part.right.key == TOKEN:
                group = joined[names[0]] | joined[names[1]]
                for name in group:
                    joined[name] = group
    return any(group != named for group in joined.values())


def copies_to_another(clause: Any) -> bool:
    """Tell whether INSERT … SELECT writes account data under something else than a selected token."""
    if not is_of_an_account(clause.table):
        return False
    chosen = dict(zip(clause._select_names or (), clause.select.selected_columns, strict=True))
    return TOKEN not in chosen or chosen[TOKEN].name != TOKEN


def test_every_table_is_known() -> None:
    """A new table is account data, or is named here with a reason."""
    names = {table.name for table in tables()}
    assert names >= NOT_OF_AN_ACCOUNT, "tables that are gone must leave the list"
    assert all(TOKEN in table.c for table in tables() if is_of_an_account(table))


def test_keys_hold_the_token() -> None:
    """Each key of account data holds the token, except numbers and ids that are unique within a unit."""
    allowed = {f"{table}: unique {list(names)}" for table, names in WITHIN_A_UNIT}
    assert set(broken_keys(tables())) == allowed


def test_no_foreign_key_leads_to_an_account_from_outside() -> None:
    """Other tables refer to accounts by value only."""
    for table in tables():
        if not is_of_an_account(table):
            for constraint in table.foreign_key_constraints:
                assert not is_of_an_account(constraint.referred_table), table.name


def test_no_statement_joins_two_accounts() -> None:
    """Where a statement reads several tables of account data, the token joins them."""
    found = list(statements())
    assert len(found) > 150
    assert {name for name, statement in found if crosses_accounts(statement.clause)} == OF_MANY_ACCOUNTS


@pytest.fixture
def bad() -> MetaData:
    """Tables that break each rule."""
    made = MetaData()
    Table("owners", made, Column(TOKEN, String, primary_key=True), Column("other", String))
    Table(
        "things", made, Column("thing", String, primary_key=True), Column(TOKEN, String, primary_key=True),
        Column("owner", String), UniqueConstraint("owner"),
        ForeignKeyConstraint(["owner"], [f"owners.{TOKEN}"]),
    )  # fmt: skip
    return made


def test_a_broken_key_is_found(bad: MetaData) -> None:
    """Every kind of key is checked."""
    assert set(broken_keys(bad.tables.values())) == {
        f"things: primary key ['thing', '{TOKEN}']",
        "things: unique ['owner']",
        "things: foreign key ['owner']",
    }


def test_a_statement_across_accounts_is_found(bad: MetaData) -> None:
    """A join by another column, and none at all, cross accounts; a join by the token does not."""
    owners, things = bad.tables["owners"], bad.tables["things"]
    joined = select(owners, things)
    assert crosses_accounts(joined.where(owners.c[TOKEN] == things.c.owner))
    assert crosses_accounts(joined)
    assert not crosses_accounts(joined.where(owners.c[TOKEN] == things.c[TOKEN]))
    assert not crosses_accounts(select(owners))
    both = [select(table.c[TOKEN]).where(table.c[TOKEN] == param("token")) for table in (owners, things)]
    assert not crosses_accounts(union_all(*both))
    assert crosses_accounts(
        union_all(both[0], select(things.c[TOKEN]).where(things.c[TOKEN] == param("other")))
    )
    copy = insert(things)
    assert not crosses_accounts(copy.from_select([TOKEN], select(owners.c[TOKEN])))
    assert crosses_accounts(copy.from_select([TOKEN], select(owners.c.other)))
    assert crosses_accounts(copy.from_select(["owner"], select(owners.c[TOKEN])))
