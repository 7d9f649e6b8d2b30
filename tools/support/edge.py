"""An edge on a real local mTLS channel with hand-written flows behind it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import (  # type: ignore[import-untyped]
    BadRequest,
    ErrorInfo,
    RequestInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status as StatusMessage  # type: ignore[import-untyped]

from idvault.claim.acts import verification as verification_acts
from idvault.claim.acts.claim import ReceiptContext
from idvault.claim.acts.verification import VerifyCommand
from idvault.claim.api import VerificationMethods
from idvault.claim.rules import Claim, ClaimRules, ReceiptEvidence
from idvault.core import capacity
from idvault.core.edge.access import Access, Directory, Pin
from idvault.core.edge.certificates import Tls
from idvault.core.edge.server import GrpcServer, Service
from idvault.core.log_entry import Proved
from idvault.core.platform import Platform
from idvault.core.telemetry.logs import Logs
from idvault.core.telemetry.metrics import Metrics
from idvault.disclosure.acts import history as history_acts
from idvault.disclosure.acts.history import History
from idvault.disclosure.ports import RecordAccess
from idvault.log.acts.stored_log import LogProofs, Proofs
from idvault.processes.bootstrap.vault import vault_of
from idvault.processes.services.platform_edge import StatusServicer
from idvault.sealing.ports import Stated
from idvault.status.acts import CHUNK, Feeds, StatusTexts
from idvault.status.api import Hub, SerialisedStatuses
from idvault.status.credential import acts as credential_acts
from idvault.status.credential.acts import CredentialCommand
from idvault.status.credential.acts import Issued as IssuedToken
from idvault.status.rules import FeedChunk
from idvault_verify.account import Account, AccountState, Assurance, Standing, Status, SubjectKind
from idvault_verify.claim import ClaimState
from idvault_verify.clock import ClockReading
from idvault_verify.document import REVIEWED, DocumentType
from idvault_verify.error import IdvaultError, NotFoundError, Reason
from idvault_verify.v1 import common_pb2, status_pb2, verification_pb2
from tools.support import campaign_edge, people
from tools.support.authority import TRUST_DOMAIN, Authority, Issued, spiffe
from tools.support.campaign_edge import CampaignEdge
from tools.support.organizations import REPRESENTATIVE, organization

ZONE = ZoneInfo("Asia/Shanghai")
TOKEN = "acct_" + "0" * 25 + "1"
OTHER_TOKEN = "acct_" + "0" * 25 + "2"
REQUEST_ID = "0b5f4c1e-5a4e-4c7e-9a52-5d9f6ad3c001"
# Synthetic: the number has a valid check digit; neither belongs to a real person.
NAME = "金丝雀"
NUMBER = "11010519491231002X"
_METHODS = (
    "/idvault.v1.VerificationService/VerifyIndividual",
    "/idvault.v1.VerificationService/VerifyOrganization",
    "/idvault.v1.VerificationService/GetVerification",
    "/idvault.v1.StatusService/GetStatus",
    "/idvault.v1.StatusService/BatchGetStatuses",
    "/idvault.v1.StatusService/GetDisclosureHistory",
    "/idvault.v1.StatusService/IssueStatusToken",
    "/idvault.v1.StatusService/IssueStatusCredential",
)
VERIFY, VERIFY_ORGANIZATION, *_REST = _METHODS
GET_VERIFICATION, GET_STATUS, BATCH, HISTORY, ISSUE_TOKEN, ISSUE_CREDENTIAL = _REST
METHODS = (*_METHODS, *campaign_edge.METHODS)
WATCH = "/idvault.v1.StatusService/WatchStatuses"
AUDIENCE = "https://taxi.example"
PATIENCE = 120.0
"""Seconds that a call may take: a limit for faults, not for slow machines."""
RULES = ClaimRules(name_limit=32, document_types=frozenset(DocumentType) - REVIEWED, zone=ZONE)


def clock() -> ClockReading:
    now = datetime.now(UTC)
    return ClockReading(now, now)


def account(account_token: str = TOKEN, state: AccountState = AccountState.VERIFIED) -> Account:
    return Account(
        account_token,
        "platform-a",
        SubjectKind.INDIVIDUAL,
        state,
        Standing.GOOD,
        frozenset({Assurance.REGISTRY_MATCH}),
        revision=2,
        verify_date=date(2026, 3, 1),
        expire_date=date(2027, 3, 1),
        person_id="00" * 16,
    )


def status(account_token: str = TOKEN) -> Status:
    return Status(
        account_token,
        SubjectKind.INDIVIDUAL,
        AccountState.VERIFIED,
        Standing.GOOD,
        frozenset({Assurance.REGISTRY_MATCH}),
        2,
        date(2026, 3, 1),
        date(2027, 3, 1),
    )


def succeeded(request_id: str = REQUEST_ID) -> Claim:
    evidence = ReceiptEvidence(b"d" * 32, people.quorum().id, "22" * 16, b"leaf", b"k" * 32, 0)
    return Claim(request_id, "11" * 16, ClaimState.SUCCEEDED, None, account(), receipt=evidence)


def verify_request(**changes: Any) -> verification_pb2.VerifyIndividualRequest:
    request = verification_pb2.VerifyIndividualRequest(
        request_id=REQUEST_ID,
        real_name=NAME,
        document=common_pb2.IdentityDocument(type=common_pb2.DOCUMENT_TYPE_RESIDENT_ID, number=NUMBER),
        consent=common_pb2.Consent(policy_version="terms-3"),
    )
    request.consent.agree_time.FromJsonString("2026-01-01T00:00:00Z")
    for name, value in changes.items():
        setattr(request, name, value)
    return request


def organization_request() -> verification_pb2.VerifyOrganizationRequest:
    """Return the same for a synthetic organisation."""
    person, who = verify_request(), organization()
    return verification_pb2.VerifyOrganizationRequest(
        request_id=REQUEST_ID,
        organization_name=who.name,
        document=common_pb2.IdentityDocument(
            type=common_pb2.DOCUMENT_TYPE_UNIFIED_SOCIAL_CREDIT_CODE, number=who.document.number
        ),
        representative_name=REPRESENTATIVE.name,
        representative_document=common_pb2.IdentityDocument(
            type=common_pb2.DOCUMENT_TYPE_RESIDENT_ID, number=REPRESENTATIVE.document.number
        ),
        consent=person.consent,
    )


def requests() -> dict[str, Message]:
    """Return a valid request for each method."""
    return {
        VERIFY: verify_request(),
        VERIFY_ORGANIZATION: organization_request(),
        GET_VERIFICATION: verification_pb2.GetVerificationRequest(request_id=REQUEST_ID),
        GET_STATUS: status_pb2.GetStatusRequest(account_token=TOKEN),
        BATCH: status_pb2.BatchGetStatusesRequest(account_tokens=[TOKEN]),
        HISTORY: status_pb2.GetDisclosureHistoryRequest(account_token=TOKEN),
        ISSUE_TOKEN: status_pb2.IssueStatusTokenRequest(account_token=TOKEN, audience=AUDIENCE),
        ISSUE_CREDENTIAL: status_pb2.IssueStatusCredentialRequest(
            request_id=REQUEST_ID, account_token=TOKEN, audience=AUDIENCE
        ),
        **campaign_edge.requests(),
    }


class FakeClaims:
    """Claims that succeed at once unless a test sets another outcome, in place of claim.acts.verification."""

    def __init__(self) -> None:
        self.commands: list[VerifyCommand] = []
        self.patience: list[float] = []
        self.happens: Callable[[], Awaitable[Claim]] | None = None

    async def verify(
        self, _vault: Any, command: VerifyCommand, _now: ClockReading, *, patience: float, context: Any
    ) -> Claim:
        self.commands.append(command)
        self.patience.append(patience)
        return await self.happens() if self.happens else succeeded(command.request_id)

    async def get(
        self, _vault: Any, _party: str, request_id: str, _now: ClockReading, *, zone: tzinfo
    ) -> Claim:
        if self.happens:
            return await self.happens()
        if request_id != REQUEST_ID:
            raise NotFoundError(Reason.REQUEST_NOT_FOUND)
        return succeeded(request_id)

    def replace_acts(self, patch: pytest.MonkeyPatch) -> None:
        """Let the methods call these until the patch is undone."""
        for name in ("verify", "get"):
            patch.setattr(verification_acts, name, getattr(self, name))


class FakeStatuses(StatusTexts):
    """One known account, TOKEN of platform-a."""

    def __init__(self) -> None:
        self.happens: Callable[[], Awaitable[Any]] | None = None
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    async def packed(self, *, relying_party: str, account_token: str) -> str:
        self.asked.append((relying_party, (account_token,)))
        if self.happens:
            await self.happens()
        if (relying_party, account_token) != ("platform-a", TOKEN):
            raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
        return f"{account_token}|verified"

    async def packed_many(self, *, relying_party: str, account_tokens: Sequence[str]) -> dict[str, str]:
        self.asked.append((relying_party, tuple(account_tokens)))
        if self.happens:
            await self.happens()
        return {"|verified": TOKEN} if TOKEN in account_tokens else {}

    def unpack(self, packed: str, *, today: date, now: ClockReading) -> Status:
        return status()

    def today(self, *, now: ClockReading) -> date:
        return now.business.date()


async def history_of(
    _vault: Any, party: str, account_token: str, _now: ClockReading, *, context: Any
) -> History:
    """Return the history of TOKEN of platform-a, in place of disclosure.acts.history: one opening."""
    if (party, account_token) != ("platform-a", TOKEN):
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    opening = RecordAccess("33" * 16, TOKEN, "44" * 16, at, b"d" * 32)
    proofs = Proofs(b"note", (Proved(b"leaf", b"k" * 32, 0, 1, ()),))
    return History(TOKEN, at, (), (opening,), proofs, at, Stated(b"signed", b"key"))


class CoveredProofs(LogProofs):
    """The proof of every entry, in a log with one."""

    def __init__(self) -> None:
        """Initialise without the log, which nothing here asks."""

    async def now(self, entry_ids: Sequence[str], *, account_token: str) -> Proofs:
        return Proofs(b"note", tuple(Proved(b"leaf", b"k" * 32, 0, 1, ()) for _ in entry_ids))


class NoRecords:
    """A database that has no record."""

    async def one(self, _name: str, _statement: Any, **_parameters: Any) -> None:
        """Return None."""


def _raise(error: IdvaultError) -> None:
    raise error


RECEIPTS = ReceiptContext(CoveredProofs(), lambda _id: people.quorum(), _raise)


class FakeTokens:
    """Tokens and credentials for TOKEN of platform-a, in place of status.credential.acts."""

    def __init__(self) -> None:
        self.commands: list[CredentialCommand] = []

    async def issue_token(
        self, _vault: Any, party: str, account_token: str, _now: ClockReading, *, demand: Any, context: Any
    ) -> IssuedToken:
        if (party, account_token) != ("platform-a", TOKEN):
            raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
        return IssuedToken(f"token for {demand.audience}", datetime(2026, 1, 1, tzinfo=UTC))

    async def issue_credential(
        self, _vault: Any, command: CredentialCommand, _now: ClockReading, *, context: Any
    ) -> IssuedToken:
        self.commands.append(command)
        if (command.relying_party, command.account_token) != ("platform-a", TOKEN):
            raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
        return IssuedToken(f"credential for {command.audience}", datetime(2026, 1, 31, tzinfo=UTC))

    def replace_acts(self) -> pytest.MonkeyPatch:
        """Let the methods call these; the caller must undo it."""
        patch = pytest.MonkeyPatch()
        for name in ("issue_token", "issue_credential"):
            patch.setattr(credential_acts, name, getattr(self, name))
        patch.setattr(history_acts, "of", history_of)
        return patch


class FakeFeeds(Feeds):
    """Feeds as lists: each change is a token; a leading minus marks a removed account."""

    def __init__(self) -> None:
        self.feeds: dict[str, list[str]] = {}
        self.failure: Exception | None = None
        self.looks = asyncio.Condition()
        self.reads = 0
        self.places: list[int] = []

    async def looked(self, times: int) -> None:
        """Wait for this many more looks."""
        async with self.looks:
            for _ in range(times):
                await self.looks.wait()

    async def looked_no_more(self) -> None:
        """Wait until there has been no look for a time in which there would have been many."""
        with suppress(TimeoutError):
            while True:
                await asyncio.wait_for(self.looked(1), 0.5)

    async def heads(self, relying_parties: Iterable[str], *, now: ClockReading) -> dict[str, int]:
        async with self.looks:
            self.looks.notify_all()
        if self.failure is not None:
            raise self.failure
        return {party: len(self.feeds.get(party, [])) for party in relying_parties}

    async def read(self, *, relying_party: str, after: int) -> FeedChunk:
        self.reads += 1
        self.places.append(after)
        found = self.feeds[relying_party][after : after + CHUNK]
        shown = ",".join(token for token in found if not token.startswith("-"))
        return FeedChunk(
            {"|verified": shown} if shown else {},
            tuple(token[1:] for token in found if token.startswith("-")),
            after + len(found),
        )


class FakeTexts(StatusTexts):
    """Every account is verified; the day is fixed."""

    def __init__(self) -> None:
        """Initialise without the ports, which nothing here asks."""

    def unpack(self, packed: str, *, today: date, now: ClockReading) -> Status:
        return status()

    @property
    def zone(self) -> tzinfo:
        return UTC

    def today(self, *, now: ClockReading) -> date:
        return date(2026, 3, 1)


class FakePlatforms:
    """The registered keys, in a list."""

    def __init__(self, *platforms: Platform) -> None:
        self.platforms = list(platforms)
        self.failure: Exception | None = None

    async def revoke(self, *, name: str, spki: str, now: ClockReading) -> Platform:
        [platform] = [one for one in self.platforms if (one.name, one.spki) == (name, spki)]
        revoked = replace(platform, revoked_at=now.business)
        self.platforms[self.platforms.index(platform)] = revoked
        return revoked

    async def __call__(self) -> list[Platform]:
        if self.failure is not None:
            raise self.failure
        return list(self.platforms)


def platform(issued: Issued, *, name: str = "platform-a", role: str = "platform") -> Platform:
    return Platform(name, role, "22" * 16, issued.spki, datetime(2026, 1, 1, tzinfo=UTC))


@dataclass
class Edge:
    """A running server, the flows behind it, and its log output."""

    authority: Authority
    platforms: FakePlatforms
    people: list[Pin]
    directory: Directory
    claims: FakeClaims
    statuses: FakeStatuses
    tokens: FakeTokens
    feeds: FakeFeeds
    hub: Hub
    campaigns: CampaignEdge
    metrics: Metrics
    logs: Logs
    log_path: Path
    platform_a: Issued
    server: GrpcServer
    channels: list[grpc.aio.Channel] = field(default_factory=list)

    def channel(
        self, issued: Issued | None, *, ca: bytes | None = None, again: bool = False
    ) -> grpc.aio.Channel:
        """Return a channel; "again" leaves gRPC its own second try of what no server has looked at."""
        credentials = grpc.ssl_channel_credentials(
            ca or self.authority.ca,
            issued.key if issued else None,
            issued.certificate if issued else None,
        )
        options = (("grpc.enable_retries", int(again)), ("grpc.use_local_subchannel_pool", 1))
        channel = grpc.aio.secure_channel(f"localhost:{self.server.port}", credentials, options)
        self.channels.append(channel)
        return channel

    def mine(self) -> grpc.aio.Channel:
        return self.channel(self.platform_a)

    def log_lines(self) -> list[dict[str, Any]]:
        self.logs.access.flush()
        return [json.loads(line) for line in self.log_path.read_text("utf-8").splitlines()]


def _directory(platforms: FakePlatforms, people: list[Pin]) -> Directory:
    return Directory(platforms=platforms, people=lambda: people, clock=lambda: datetime.now(UTC), period=0.05)


def _services(statuses: FakeStatuses, hub: Hub, campaigns: CampaignEdge) -> list[Service]:
    nothing: Any = None
    no_records: Any = NoRecords()
    return [
        Service(
            verification_pb2.DESCRIPTOR.services_by_name["VerificationService"],
            VerificationMethods(
                vault=vault_of(no_records), context=nothing, receipts=RECEIPTS, rules=RULES, patience=2.0
            ),
        ),
        Service(
            status_pb2.DESCRIPTOR.services_by_name["StatusService"],
            StatusServicer(
                vault=nothing,
                flow=statuses,
                histories=nothing,
                tokens=nothing,
                watches=hub,
                statuses=SerialisedStatuses(statuses),
            ),
        ),
        campaigns.service(),
    ]


@asynccontextmanager
async def reading(directory: Directory) -> AsyncIterator[None]:
    """Read the directory until the block ends: an edge whose keys are a minute old refuses every call."""
    await directory.load()
    task = asyncio.create_task(directory.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def running(tmp_path: Path, authority: Authority, **options: Any) -> AsyncIterator[Edge]:
    """Start an edge, and stop it with everything that it opened."""
    platform_a = authority.client(spiffe("platform", "platform-a"))
    platforms = options.pop("platforms", None) or FakePlatforms(platform(platform_a))
    people: list[Pin] = []
    directory = _directory(platforms, people)
    await directory.load()
    claims, statuses, metrics, tokens = FakeClaims(), FakeStatuses(), Metrics(), FakeTokens()
    feeds, campaigns = FakeFeeds(), await CampaignEdge.open(tmp_path, metrics)
    hub = Hub(feeds=feeds, statuses=SerialisedStatuses(FakeTexts()), clock=clock, period=0.02, heartbeat=0.2)
    looking = asyncio.create_task(hub.run())
    directory_reading = asyncio.create_task(directory.run())
    path = tmp_path / "serve.jsonl"
    logs = Logs(process="serve-0", path=path)
    # How much at once, by the names in EdgeCapacity.
    takes = replace(capacity.edge(), **options.pop("takes", {}))
    issued = authority.server()
    server = GrpcServer(
        listen=options.pop("listen", "127.0.0.1:0"),
        tls=Tls(issued.certificate, issued.key, authority.ca),
        services=_services(statuses, hub, campaigns),
        access=Access(directory=directory, trust_domain=TRUST_DOMAIN),
        metrics=metrics,
        access_log=logs.access,
        clock=clock,
        drains=(hub.close,),
        takes=takes,
        **options,
    )
    await server.start()
    patch = tokens.replace_acts()
    claims.replace_acts(patch)
    edge = Edge(
        authority, platforms, people, directory, claims, statuses, tokens, feeds, hub, campaigns, metrics,
        logs, path, platform_a, server,
    )  # fmt: skip
    try:
        yield edge
    finally:
        patch.undo()
        await asyncio.gather(*(channel.close() for channel in edge.channels))
        await server.stop(grace=1.0, linger=0.0)
        for task in (looking, directory_reading):
            task.cancel()
        await asyncio.gather(looking, directory_reading, return_exceptions=True)
        await campaigns.database.close()
        logs.close()


async def call(
    channel: grpc.aio.Channel, path: str, body: bytes, *, seconds: float | None = PATIENCE
) -> bytes:
    """Call a method with bytes and return bytes; raises grpc.aio.AioRpcError."""
    method: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(path)
    return await method(body, timeout=seconds)


@dataclass(frozen=True)
class Told:
    """The status that a refused caller receives."""

    code: grpc.StatusCode
    reason: str
    fields: dict[str, str]
    retry: float | None
    raw: str
    error_id: str = field(default="", compare=False)


async def refused(
    channel: grpc.aio.Channel, path: str, body: bytes, *, seconds: float | None = PATIENCE
) -> Told:
    """Call a method that must refuse; return the status."""
    try:
        await call(channel, path, body, seconds=seconds)
    except grpc.aio.AioRpcError as error:
        return told(error)
    raise AssertionError("the call was not refused")


def told(error: grpc.aio.AioRpcError) -> Told:
    raw = f"{error.details()} {error.trailing_metadata()!r}"
    details = (error.trailing_metadata() or {}).get("grpc-status-details-bin")
    if details is None:
        return Told(error.code(), "", {}, None, raw)
    message = StatusMessage.FromString(details)
    assert message.code == error.code().value[0]
    info, bad, retry, request = ErrorInfo(), BadRequest(), RetryInfo(), RequestInfo()
    wait = None
    for detail in message.details:
        detail.Unpack(info)
        detail.Unpack(bad)
        detail.Unpack(request)
        if detail.Unpack(retry):
            wait = retry.retry_delay.ToTimedelta().total_seconds()
    assert info.domain == "idvault"
    for violation in bad.field_violations:
        assert violation.reason == violation.description
    fields = {violation.field: violation.description for violation in bad.field_violations}
    # The id differs between two errors that are otherwise the same.
    raw = f"{raw}{message}".replace(request.request_id or "no id", "")
    return Told(error.code(), info.reason, fields, wait, raw, request.request_id)


async def unknown_request() -> Claim:
    """Happen to find no such request."""
    raise NotFoundError(Reason.REQUEST_NOT_FOUND)
