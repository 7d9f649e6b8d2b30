"""The acts and reads of campaigns (campaign.ports).

Campaign figures: the funnel by day and method, and how much of a cohort is verified.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Integer, Select, func, insert, literal, select, true, union_all, update

from idvault.campaign import rules
from idvault.campaign.invitation.rules import Stage
from idvault.campaign.invitation.store import COLUMNS
from idvault.campaign.ports import CampaignProgress
from idvault.campaign.rules import Campaign, CampaignState, ReverificationMethod, Verb
from idvault.campaign.store import rows as campaign_rows
from idvault.campaign.store.rows import IN_COHORT
from idvault.core import account_request as requests
from idvault.core import log_entry
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.request import Request
from idvault.core.tables.campaign import campaigns, invitations, legacy_accounts
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event


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


async def read_progress(connection: Connection, campaign: Campaign) -> CampaignProgress:
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


_ADD = statement(insert(campaigns))
_MOVE = statement(
    update(campaigns)
    .where(campaigns.c.campaign_id == param("campaign"))
    .values(state=param("state"), started_at=param("started_at"))
)
_LIST = statement(
    select(campaigns)
    .where(campaigns.c.relying_party == param("party"))
    .order_by(campaigns.c.created_at, campaigns.c.campaign_id)
    .offset(param("start", Integer))
    .limit(param("limit", Integer)),
    campaign_rows.from_row,
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlCampaignStore:
    """Campaigns in the main database."""

    database: Database

    @act("campaign.create")
    async def create(
        self, connection: Connection, campaign: Campaign, *, request: Request, event: Event
    ) -> Campaign:
        """Store a campaign with its event; return it, or the one that this request already created."""
        repeated = await requests.remember(
            connection, request, made=campaign.campaign_id, now=campaign.created_at
        )
        if repeated is not None:
            return await campaign_rows.get(connection, campaign.relying_party, repeated)
        await connection.run(_ADD, **campaign_rows.values(campaign))
        await log_entry.append(connection, event)
        return campaign

    @act("campaign.move")
    async def move(
        self,
        connection: Connection,
        *,
        campaign_id: str,
        verb: Verb,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> Campaign:
        """Move a campaign if the verb is allowed; a repeated request returns the current campaign."""
        repeated = await requests.remember(connection, request, made=campaign_id, now=now.business)
        before = await campaign_rows.lock(connection, request.caller, campaign_id)
        if repeated is not None:
            return before
        after = rules.move(campaign=before, verb=verb, now=now.business)
        await connection.run(
            _MOVE, campaign=campaign_id, state=after.state.value, started_at=after.started_at
        )
        await log_entry.append(connection, event)
        return replace(before, state=after.state, started_at=after.started_at)

    @read("campaign.get")
    async def get(self, connection: Connection, *, relying_party: str, campaign_id: str) -> Campaign:
        """Return a campaign; raises NotFoundError (REQUEST_NOT_FOUND)."""
        return await campaign_rows.get(connection, relying_party, campaign_id)

    @read("campaign.list")
    async def list(
        self, connection: Connection, *, relying_party: str, start: int, limit: int
    ) -> list[Campaign]:
        """Return campaigns in order of creation, from an offset."""
        return await connection.all(_LIST, party=relying_party, start=start, limit=limit)

    @read("campaign.progress")
    async def progress(self, connection: Connection, campaign: Campaign) -> CampaignProgress:
        """Return a campaign's current figures."""
        return await read_progress(connection, campaign)

    @read("campaign.people")
    async def people(self, connection: Connection) -> Mapping[tuple[ReverificationMethod, Stage], int]:
        """Return how many owners reached each stage of all RUNNING campaigns."""
        return await people(connection)
