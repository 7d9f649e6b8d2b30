"""Campaigns behind the edge, and a valid request for each method."""

import asyncio
import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from google.protobuf.message import Message

from idvault.campaign.api import CampaignServicer
from idvault.core.db.database import Database
from idvault.core.edge.server import Service
from idvault.core.policy import OperatorPolicy
from idvault.core.telemetry.metrics import Metrics
from idvault.processes import migrations
from idvault.processes.bootstrap.vault import vault_of
from idvault_verify.session import Proof
from idvault_verify.v1 import campaign_pb2 as pb
from tools.support.databases import memory
from tools.support.fakes.campaign import FakeCoder, FakeReferencer, OpenGuard
from tools.support.fakes.sealing import CountingEntropy, FakeFingerprinter

ZONE = ZoneInfo("Asia/Shanghai")
CAMPAIGN = "ab" * 16
OWNER = "acct_" + "0" * 25 + "1"
REQUEST = "0b5f4c1e-5a4e-4c7e-9a52-5d9f6ad3c"
"""The first digits of the id of each request."""
_SERVICE = "/idvault.v1.CampaignService/"
METHODS = tuple(
    _SERVICE + name
    for name in (
        "ImportLegacyAccounts",
        "CreateCampaign",
        "GetCampaign",
        "StartCampaign",
        "PauseCampaign",
        "ResumeCampaign",
        "EndCampaign",
        "ClaimDueInvitations",
        "GetInvitation",
        "RecordInvitationEvent",
        "GetCampaignProgress",
    )
)
IMPORT, CREATE, GET, START, PAUSE, RESUME, END, CLAIM, OFFER, RECORD, PROGRESS = METHODS
OF_ONE_CAMPAIGN = (GET, START, PAUSE, RESUME, END, CLAIM, RECORD, PROGRESS)
LIST = _SERVICE + "ListCampaigns"
PLAN = pb.CampaignPlan(
    title="Verify",
    cohort=pb.CampaignCohort(label="2014", create_date_from="2010-01-01", create_date_before="2014-08-07"),
    methods=[pb.CampaignPlan.METHOD_HOSTED_LINK, pb.CampaignPlan.METHOD_AT_LOGIN],
    daily_limit=100,
    reminder_days=[3, 7],
    quiet_hours=pb.QuietHours(start="22:00", end="08:00", time_zone="Asia/Shanghai"),
    incentive_text="一枚徽章",
    enforcement_date="2099-01-01",
)


def requests() -> dict[str, Message]:
    """Return a valid request for each method."""
    return {
        IMPORT: pb.ImportLegacyAccountsRequest(
            request_id=f"{REQUEST}101",
            label="2014",
            accounts=[pb.LegacyAccount(reference="user-1", create_date="2012-05-01")],
        ),
        CREATE: pb.CreateCampaignRequest(request_id=f"{REQUEST}102", plan=PLAN),
        GET: pb.GetCampaignRequest(campaign_id=CAMPAIGN),
        START: pb.StartCampaignRequest(request_id=f"{REQUEST}103", campaign_id=CAMPAIGN),
        PAUSE: pb.PauseCampaignRequest(request_id=f"{REQUEST}104", campaign_id=CAMPAIGN),
        RESUME: pb.ResumeCampaignRequest(request_id=f"{REQUEST}105", campaign_id=CAMPAIGN),
        END: pb.EndCampaignRequest(request_id=f"{REQUEST}106", campaign_id=CAMPAIGN),
        CLAIM: pb.ClaimDueInvitationsRequest(request_id=f"{REQUEST}107", campaign_id=CAMPAIGN),
        OFFER: pb.GetInvitationRequest(account_token=OWNER, occasion=pb.GetInvitationRequest.OCCASION_LOGIN),
        RECORD: pb.RecordInvitationEventRequest(
            request_id=f"{REQUEST}108",
            account_token=OWNER,
            campaign_id=CAMPAIGN,
            method=pb.CampaignPlan.METHOD_AT_LOGIN,
            event=pb.RecordInvitationEventRequest.EVENT_OPENED,
        ),
        PROGRESS: pb.GetCampaignProgressRequest(campaign_id=CAMPAIGN),
    }


@cache
def _template() -> Path:
    """Return a main database with its schema, for copies."""
    folder = Path(tempfile.mkdtemp(prefix="idvault-campaigns-", dir=memory()))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder / "main.sqlite3"


class CampaignEdge:
    """CampaignService over a database of its own."""

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self.database = database
        self.vault = vault_of(
            database,
            guard=OpenGuard(),
            fingerprinter=FakeFingerprinter(),
            entropy=CountingEntropy(start=1_000),
        )
        self._metrics = metrics

    @classmethod
    async def open(cls, folder: Path, metrics: Metrics) -> Self:
        """Return one with an empty database in a folder."""
        main, template = folder / "campaigns.sqlite3", _template()
        if not template.exists():
            shred = template.with_name("shred.sqlite3")
            await migrations.upgrade_both(f"sqlite:///{template}", f"sqlite:///{shred}")
        await asyncio.to_thread(shutil.copy, template, main)
        return cls(Database(url=f"sqlite:///{main}"), metrics)

    def service(self) -> Service:
        return Service(
            pb.DESCRIPTOR.services_by_name["CampaignService"],
            CampaignServicer(
                vault=self.vault,
                referencer=FakeReferencer(),
                coder=FakeCoder(),
                policy=OperatorPolicy(5, 365, 90, ZONE),
                metrics=self._metrics,
                offered=frozenset(Proof),
            ),
        )
