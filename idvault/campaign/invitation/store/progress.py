"""The figures of campaigns: the funnel by day and method, and how much of a cohort is verified."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Select, func, literal, select, true, union_all

from idvault.campaign import store as campaign_rows
from idvault.campaign.invitation.rules import CampaignProgress, Stage
from idvault.campaign.invitation.store.rows import COLUMNS
from idvault.campaign.store import IN_COHORT
from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, scalar, statement
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
    size, verified = 0, dict[date, int]()
    for row in await connection.all(_COHORT, **campaign_rows.parameters(campaign)):
        size += row.owners
        if row.verified_on is not None:
            verified[row.verified_on] = row.owners
    unanswered = await connection.only(_UNANSWERED, campaign=campaign.campaign_id)
    return CampaignProgress(size, reached, verified, unanswered)


async def people(connection: Connection) -> Mapping[tuple[ReverificationMethod, Stage], int]:
    """Return how many owners reached each stage of all RUNNING campaigns."""
    rows = await connection.all(_PEOPLE)
    return {
        (ReverificationMethod(row.method), stage): getattr(row, stage.value)
        for row in rows
        for stage in Stage
    }
