"""The figures of campaigns: the funnel by day and method, and how much of a cohort is verified.

With a minimum assurance, whoever has it is verified: since the campaign's invitation was completed or,
without that, since the account was verified last. Who signed up counts once he is invited.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, literal, select, true, union_all

from idvault.campaign import store as campaign_rows
from idvault.campaign.invitation.rules import CampaignProgress, Stage
from idvault.campaign.invitation.store import upgrade
from idvault.campaign.invitation.store.rows import COLUMNS
from idvault.campaign.store import IN_COHORT
from idvault.core.db.connection import Connection
from idvault.core.db.listing import among
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.tables.account import accounts
from idvault.core.tables.campaign import campaigns, invitations, legacy_accounts
from idvault_verify.campaign import Campaign, CampaignState, ReverificationMethod


def _by_day(stage: Stage) -> Select[Any]:
    day = COLUMNS[stage]
    return (
        select(
            literal(stage.value).label("stage"),
            invitations.c.method,
            day.label("day"),
            func.count(true()).label("owners"),
        )
        .where(invitations.c.campaign_id == param("campaign"), day.is_not(None))
        .group_by(invitations.c.method, day)
    )


_REACHED = statement(union_all(*(_by_day(stage) for stage in Stage)))
_COHORT = statement(
    select(legacy_accounts.c.verified_on, func.count(true()).label("owners"))
    .where(IN_COHORT)
    .group_by(legacy_accounts.c.verified_on)
)
_INVITED = and_(
    invitations.c.account_token == legacy_accounts.c.account_token,
    invitations.c.campaign_id == param("campaign"),
)
_REACHED_ON = case(
    (invitations.c.verified_on.is_not(None), invitations.c.verified_on),
    (among(accounts.c.assurance, "sufficient"), accounts.c.verify_date),
)
_COHORT_ABOVE = statement(
    select(_REACHED_ON.label("verified_on"), func.count(true()).label("owners"))
    .join_from(legacy_accounts, accounts, accounts.c.account_token == legacy_accounts.c.account_token)
    .join(invitations, _INVITED, isouter=True)
    .where(IN_COHORT)
    .group_by(_REACHED_ON)
)
_OTHERS_ABOVE = statement(
    select(invitations.c.verified_on, func.count(true()).label("owners"))
    .where(
        invitations.c.campaign_id == param("campaign"),
        ~exists().where(legacy_accounts.c.account_token == invitations.c.account_token),
    )
    .group_by(invitations.c.verified_on)
)
_ANSWERS = (Stage.LATER, Stage.DISMISSED, Stage.COMPLETED, Stage.VERIFIED, Stage.FAILED)
_UNANSWERED: Statement[int] = statement(
    select(func.count(true())).where(
        invitations.c.campaign_id == param("campaign"),
        COLUMNS[Stage.SHOWN].is_not(None),
        *(COLUMNS[stage].is_(None) for stage in _ANSWERS),
    ),
    scalar,
)
_PEOPLE = statement(
    select(
        invitations.c.method,
        *(func.count(column).label(stage.value) for stage, column in COLUMNS.items()),
    )
    .join(campaigns, campaigns.c.campaign_id == invitations.c.campaign_id)
    .where(campaigns.c.state == CampaignState.RUNNING.value)
    .group_by(invitations.c.method)
)


async def read(connection: Connection, campaign: Campaign) -> CampaignProgress:
    """Return a campaign's current figures."""
    rows = await connection.all(_REACHED, campaign=campaign.campaign_id)
    reached = {(row.day, ReverificationMethod(row.method), Stage(row.stage)): row.owners for row in rows}
    size, verified = 0, Counter[date]()
    for row in await _cohort(connection, campaign):
        size += row.owners
        if row.verified_on is not None:
            verified[row.verified_on] += row.owners
    unanswered = await connection.only(_UNANSWERED, campaign=campaign.campaign_id)
    return CampaignProgress(size, reached, verified, unanswered)


async def _cohort(connection: Connection, campaign: Campaign) -> list[Any]:
    cohort, minimum = campaign_rows.parameters(campaign), campaign.plan.minimum_assurance
    if minimum is None:
        return await connection.all(_COHORT, **cohort)
    mine = {"campaign": campaign.campaign_id}
    imported = await connection.all(_COHORT_ABOVE, **cohort, **mine, sufficient=upgrade.sufficient(minimum))
    return [*imported, *await connection.all(_OTHERS_ABOVE, **mine)]


async def people(connection: Connection) -> Mapping[tuple[ReverificationMethod, Stage], int]:
    """Return how many owners reached each stage of all RUNNING campaigns."""
    rows = await connection.all(_PEOPLE)
    return {
        (ReverificationMethod(row.method), stage): getattr(row, stage.value)
        for row in rows
        for stage in Stage
    }
