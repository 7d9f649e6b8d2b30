"""Finds accounts that are verified with less than a campaign asks for.

They have no table of their own. A campaign reads its platform's change feed once, from the oldest change on,
and remembers how far it came: an account that changes is behind that place again, so none is missed and none
is read twice. A batch looks at a bounded number of changes; the next one goes on from there. A change
without a number is none of them: the batch numbers what it can before it begins (invitation.acts).
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, and_, exists, func, or_, select, update

from idvault.account.store import rows as account_rows
from idvault.campaign import rules as campaign_rules
from idvault.campaign import store as campaign_rows
from idvault.campaign.invitation import rules as invitation_rules
from idvault.campaign.store import IN_COHORT
from idvault.core.db.connection import Connection
from idvault.core.db.listing import among, one_of
from idvault.core.db.statement import Day, Statement, param, scalar, statement
from idvault.core.tables.account import accounts, status_feed
from idvault.core.tables.campaign import campaigns, invitations, legacy_accounts
from idvault_verify.account import AccountState, Assurances, MinimumAssurance, Standing, SubjectKind
from idvault_verify.campaign import Campaign

WINDOW = 2_000
"""How many changes one statement looks at."""
WINDOWS = 10
"""How many statements a batch makes at most: it holds the lock of its campaign meanwhile."""

IS_UNBARRED: ColumnElement[bool] = ~one_of(
    accounts.c.standing, [Standing.RENEWAL_SUSPENDED.value, Standing.CLOSED.value]
)
LACKS = and_(
    accounts.c.state == AccountState.VERIFIED.value,
    accounts.c.expire_date > param("today", Day),
    accounts.c.subject_kind == SubjectKind.INDIVIDUAL.value,
    among(accounts.c.assurance, "below"),
)
"""The condition of invitation.rules.lacks; its parameters are those of `demanded`."""


def demanded(found: Campaign, today: date) -> dict[str, object]:
    """Return the parameters of LACKS."""
    return {"today": today, "below": _words(invitation_rules.below(minimum=found.plan.minimum_assurance))}


def sufficient(minimum: MinimumAssurance) -> list[str]:
    """Return how the accounts that have a minimum are stored."""
    return [word for word, facts in account_rows.FACTS.items() if minimum.holds(facts)]


def _words(sets: frozenset[Assurances]) -> list[str]:
    return [word for word, facts in account_rows.FACTS.items() if facts in sets]


_LATER = (
    status_feed.c.relying_party == param("party"),
    status_feed.c.sequence > param("after", BigInteger),
)
_LOOKED = (
    select(status_feed.c.sequence)
    .where(*_LATER)
    .order_by(status_feed.c.sequence)
    .limit(param("window", Integer))
    .subquery("looked")
)
_END: Statement[int] = statement(select(func.coalesce(func.max(_LOOKED.c.sequence), 0)), scalar)
_LACKING: Statement[Any] = statement(
    select(status_feed.c.sequence, status_feed.c.account_token)
    .join_from(status_feed, accounts, accounts.c.account_token == status_feed.c.account_token)
    .join(legacy_accounts, legacy_accounts.c.account_token == accounts.c.account_token, isouter=True)
    .where(
        *_LATER,
        status_feed.c.sequence <= param("end", BigInteger),
        LACKS,
        IS_UNBARRED,
        or_(IN_COHORT, and_(legacy_accounts.c.account_token.is_(None), param("all", Integer) == 1)),
        ~exists().where(
            invitations.c.account_token == accounts.c.account_token,
            invitations.c.campaign_id == param("campaign"),
        ),
    )
    .order_by(status_feed.c.sequence)
    .limit(param("limit", Integer))
)
_MINE = campaigns.c.campaign_id == param("campaign")
_PLACE: Statement[int] = statement(select(campaigns.c.looked_to).where(_MINE), scalar)
_MOVE = statement(update(campaigns).where(_MINE).values(looked_to=param("place")))


async def lacking(connection: Connection, found: Campaign, *, limit: int, today: date) -> Sequence[str]:
    """Return up to `limit` accounts without an invitation; the campaign, which is locked, moves past them."""
    if found.plan.minimum_assurance is None or limit < 1:
        return []
    begun = place = await connection.only(_PLACE, campaign=found.campaign_id)
    given = {
        **campaign_rows.parameters(found),
        **demanded(found, today),
        "all": int(campaign_rules.covers_all(cohort=found.plan.cohort)),
        "campaign": found.campaign_id,
    }
    taken: list[str] = []
    for _ in range(WINDOWS):
        end = await connection.only(_END, party=found.relying_party, after=place, window=WINDOW)
        if not end:
            break
        rows = await connection.all(_LACKING, **given, after=place, end=end, limit=limit - len(taken))
        taken += [row.account_token for row in rows]
        if len(taken) == limit:
            place = rows[-1].sequence
            break
        place = end
    if place != begun:
        await connection.run(_MOVE, campaign=found.campaign_id, place=place)
    return taken
