"""The acts and reads of campaigns (ports.campaign.campaign)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Integer, insert, select, update

from idvault.campaign import rules
from idvault.campaign.invitation.rules import Stage
from idvault.campaign.ports import CampaignProgress
from idvault.campaign.rules import Campaign, ReverificationMethod, Verb
from idvault.campaign.store import progress
from idvault.campaign.store import rows as campaign_row
from idvault.core import account_request as requests
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import param, statement
from idvault.core.request import Request
from idvault.core.tables.campaign import campaigns
from idvault.log.store import entry as log
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event

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
    campaign_row.from_row,
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
            return await campaign_row.get(connection, campaign.relying_party, repeated)
        await connection.run(_ADD, **campaign_row.values(campaign))
        await log.append(connection, event)
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
        before = await campaign_row.lock(connection, request.caller, campaign_id)
        if repeated is not None:
            return before
        after = rules.move(campaign=before, verb=verb, now=now.business)
        await connection.run(
            _MOVE, campaign=campaign_id, state=after.state.value, started_at=after.started_at
        )
        await log.append(connection, event)
        return replace(before, state=after.state, started_at=after.started_at)

    @read("campaign.get")
    async def get(self, connection: Connection, *, relying_party: str, campaign_id: str) -> Campaign:
        """Return a campaign; raises NotFoundError (REQUEST_NOT_FOUND)."""
        return await campaign_row.get(connection, relying_party, campaign_id)

    @read("campaign.list")
    async def list(
        self, connection: Connection, *, relying_party: str, start: int, limit: int
    ) -> list[Campaign]:
        """Return campaigns in order of creation, from an offset."""
        return await connection.all(_LIST, party=relying_party, start=start, limit=limit)

    @read("campaign.progress")
    async def progress(self, connection: Connection, campaign: Campaign) -> CampaignProgress:
        """Return a campaign's current figures."""
        return await progress.read(connection, campaign)

    @read("campaign.people")
    async def people(self, connection: Connection) -> Mapping[tuple[ReverificationMethod, Stage], int]:
        """Return how many owners reached each stage of all RUNNING campaigns."""
        return await progress.people(connection)
