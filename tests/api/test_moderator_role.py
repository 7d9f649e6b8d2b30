"""What a desk can do with a moderator's certificate, over a real edge: its own key, its own platform."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from idvault.core.db.database import Database
from idvault.core.edge.server import Service
from idvault.core.telemetry.logs import Logs
from idvault_client import Tls, refusals
from idvault_client.backend import signing
from idvault_client.backend.blocking.vault import Vault, connect
from idvault_client.errors import AccessDenied, NotFound, VaultError
from idvault_client.sanctions import Degree, SanctionState
from idvault_client.tip_offs import Dismissal
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.error import Reason
from idvault_verify.public_account import RejectReason
from idvault_verify.v1 import (
    campaign_pb2,
    common_pb2,
    options_pb2,
    public_account_pb2,
    review_pb2,
    sanction_pb2,
    session_pb2,
    tip_off_pb2,
)
from tests.support.appeal_world import AppealWorld
from tests.support.refusal import refused
from tests.support.review_world import PASSPORT, review_methods
from tests.support.served import served
from tests.support.session_world import SessionWorld
from tests.support.tip_off_world import TipOffWorld, key_files
from tests.test_moderation_contract import DECISIONS, name_of
from tools.support.campaign_edge import PLAN
from tools.support.campaign_world import plan as campaign_plan
from tools.support.databases import Databases
from tools.support.sanction_world import key_of, reasons, template

SERVICES = (
    sanction_pb2.DESCRIPTOR.services_by_name["SanctionService"],
    tip_off_pb2.DESCRIPTOR.services_by_name["TipOffService"],
    public_account_pb2.DESCRIPTOR.services_by_name["PublicAccountService"],
    session_pb2.DESCRIPTOR.services_by_name["SessionService"],
    review_pb2.DESCRIPTOR.services_by_name["ReviewService"],
    campaign_pb2.DESCRIPTOR.services_by_name["CampaignService"],
)
NOBODY = key_of(77).of("7" * 32)


@dataclass
class Staff:
    """Two staff of platform-a, one of platform-b, and the platform's backend."""

    sessions: SessionWorld
    reports: TipOffWorld
    first: ModeratorKey
    second: ModeratorKey
    theirs: ModeratorKey
    target: str
    tls: Tls
    folder: Path

    def as_(self, key: ModeratorKey | None) -> Vault:
        """Return a client with the certificate of a desk; None: of the platform."""
        tls = self.tls
        if key is not None:
            names = (self.folder / f"{key.moderator_id}.{part}" for part in ("certificate", "key"))
            tls = Tls(self.tls.ca, *names)
        return connect(self.target, tls=tls, server_name="localhost")

    async def call(self, key: ModeratorKey | None, ask: Callable[[Vault], Any]) -> Any:
        """Call with a client in a thread."""

        def run() -> Any:
            with self.as_(key) as vault:
                return ask(vault)

        return await asyncio.to_thread(run)


@pytest.fixture
async def staff(sqlite_databases: Databases, logs: Logs, tmp_path: Path) -> AsyncIterator[Staff]:
    database = Database(url=sqlite_databases.main_url)
    sessions = SessionWorld(database, moderation=AppealWorld(database))
    reports = TipOffWorld(database, key_files(tmp_path), sanctions=sessions.moderation)
    world = sessions.moderation
    first, second = await world.moderator(1), await world.moderator(2)
    theirs = await world.moderator(3, party="platform-b")
    servicers = (
        *(world.servicer, reports.servicer, sessions.publishing.servicer, sessions.servicer),
        review_methods(world, database),
        sessions.campaigns.servicer,
    )
    services = [Service(found, each) for found, each in zip(SERVICES, servicers, strict=True)]
    pinned = {
        first.moderator_id: "platform-a",
        second.moderator_id: "platform-a",
        theirs.moderator_id: "platform-b",
    }
    async with served(services, logs=logs, folder=tmp_path, moderators=pinned) as (target, tls):
        yield Staff(sessions, reports, first, second, theirs, target, tls, tmp_path)
    await world.claims.verification.drain()
    await database.close()


async def test_a_desk_decides_by_its_own_key(staff: Staff) -> None:
    """Reports, sanctions, appeals, orders and contests; each is the key's of the certificate."""
    token = await staff.sessions.moderation.account()
    made = (await staff.reports.file()).tip_off
    first, second = staff.first, staff.second
    read = (await staff.call(first, lambda vault: vault.tip_offs.get(made.tip_off_id))).tip_off
    await staff.call(first, lambda vault: vault.tip_offs.assign(read, key=first))
    await staff.call(first, lambda vault: vault.tip_offs.add_note(made.tip_off_id, "seen", key=first))
    done = await staff.call(
        first, lambda vault: vault.tip_offs.dismiss(made.tip_off_id, Dismissal.GONE, key=first, reply="gone")
    )
    assert done.moderator_id == first.moderator_id
    closing = await staff.call(
        first, lambda vault: vault.sanctions.impose(token, Degree.CLOSE, reasons(), key=first)
    )
    closed = await staff.call(second, lambda vault: vault.sanctions.confirm(closing, key=second))
    assert closed.state is SanctionState.IN_FORCE
    await staff.call(second, lambda vault: vault.sanctions.lift(closed, "a mistake", key=second))
    operation = await staff.call(first, lambda vault: vault.sanctions.open_operation("a month", key=first))
    assert (await staff.call(first, lambda vault: vault.sanctions.list_operations())).operations == (
        operation,
    )
    assert (await staff.call(first, lambda vault: vault.sanctions.get_month(""))).month


async def test_a_desk_does_not_decide_by_another_key(staff: Staff) -> None:
    """Not even with the key of the colleague beside it: one desk is one moderator. A backend relays both."""
    token = await staff.sessions.moderation.account()
    first, second = staff.first, staff.second
    closing = await staff.call(
        first, lambda vault: vault.sanctions.impose(token, Degree.CLOSE, reasons(), key=first)
    )
    for key in (second, NOBODY, staff.theirs):

        def confirm(vault: Vault, with_: ModeratorKey = key) -> Any:
            return vault.sanctions.confirm(closing, key=with_)

        stolen = await refused(staff.call(first, confirm))
        assert (type(stolen), stolen.reason) == (AccessDenied, Reason.ACCESS_DENIED)
    relayed = await staff.call(None, lambda vault: vault.sanctions.confirm(closing, key=second))
    assert relayed.state is SanctionState.IN_FORCE


@pytest.mark.parametrize("method", DECISIONS, ids=name_of)
async def test_every_decision_is_bound_to_the_desk(staff: Staff, method: MethodDescriptor) -> None:
    """By any method: unsigned it is refused, and by another key it is denied."""
    message = complete(GetMessageClass(method.input_type)())
    path = f"/{method.containing_service.full_name}/{method.name}"
    unsigned = await answer(staff, staff.first, path, message)
    assert unsigned.reason in {Reason.INVALID_MESSAGE, Reason.ACCESS_DENIED}
    if method.name == "RegisterModerator":
        for place in range(2):
            each = message.countersignatures.add(moderator_id=f"{place}" * 32, signature=bytes(64))
            each.sign_time.seconds = 1
        message.signature.sign_time.seconds, message.signature.signature = 1, bytes(64)
    else:
        sign(message, staff.second)
    if "moderator_id" in method.input_type.fields_by_name:
        message.moderator_id = staff.second.moderator_id
    told = await answer(staff, staff.first, path, message)
    assert told.reason == Reason.ACCESS_DENIED
    by_platform = await answer(staff, None, path, message)
    assert by_platform.reason != Reason.ACCESS_DENIED


async def answer(staff: Staff, key: ModeratorKey | None, path: str, message: Any) -> VaultError:
    """Return the refusal of a call without our client."""
    tls = staff.as_(key)
    tls.close()
    names = (
        ("certificate", "key")
        if key is None
        else (f"{key.moderator_id}.{part}" for part in ("certificate", "key"))
    )
    files = Tls(staff.tls.ca, *(staff.folder / name for name in names))
    options = (("grpc.use_local_subchannel_pool", 1),)
    async with grpc.aio.secure_channel(staff.target, files.credentials(), options) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary(path)(message.SerializeToString())
    return refusals.from_rpc(caught.value, request_id=None)


def sign(message: Any, key: ModeratorKey) -> None:
    message.signature.moderator_id, message.signature.signature = key.moderator_id, bytes(64)
    message.signature.sign_time.seconds = 1


def complete(message: Any) -> Any:
    """Fill in what is read before the signature."""
    message.request_id = str(uuid4())
    for field in message.DESCRIPTOR.fields:
        if field.name.endswith("_id") and field.name not in (
            "request_id",
            "operation_id",
            "public_account_id",
        ):
            setattr(message, field.name, "a" * 32)
    known = message.DESCRIPTOR.fields_by_name
    if message.DESCRIPTOR.name in ("DecidePublicAccountRequest", "RenewPublicAccountRequest"):
        message.public_account_id = "a" * 32
    if message.DESCRIPTOR.name == "CloseOperationRequest":
        message.operation_id = "a" * 32
    for name, value in (("decision", 1), ("verdict", 2), ("outcome", 4), ("standing", 1), ("degree", 1)):
        if name in known:
            setattr(message, name, value)
    if "duplicate_ids" in known:
        message.duplicate_ids.append("b" * 32)
    if "title" in known:
        message.title = "a month"
    if "order_digest" in known:
        message.order_digest = bytes(32)
    if message.DESCRIPTOR.name == "RecordOrderRequest":
        message.order.authority, message.order.reference = "an authority (synthetic)", "order 1"
        message.order.order_date, message.order.digest = "2026-02-27", bytes(32)
        message.deadline.seconds = 2_000_000_000
    if message.DESCRIPTOR.name == "ImposeSanctionRequest":
        message.account_token = "acct_500pr7myzwb86g94m54fpwe7ae"
        message.statement.CopyFrom(signing.statement_message(reasons()))
    if message.DESCRIPTOR.name == "ImposeContentMeasureRequest":
        message.content, message.kind = "post/1 (synthetic)", 1
        message.statement.CopyFrom(signing.statement_message(reasons()))
    if message.DESCRIPTOR.name == "TakeTipOffRequest":
        message.target.content, message.text = "post/1 (synthetic)", "what the caller says (synthetic)"
        message.channel, message.category = tip_off_pb2.TipOff.CHANNEL_PHONE, 1
        message.signature.text_salt = bytes(32)
    if message.DESCRIPTOR.name == "CreateCampaignRequest":
        message.plan.CopyFrom(PLAN)
    if "real_name" in known:
        message.real_name, message.salt = "ANNA CANARY ERIKSSON", bytes(32)
        message.document.type = common_pb2.DOCUMENT_TYPE_PASSPORT
        message.document.number = PASSPORT.number
    if "consent" in known:
        message.consent.policy_version, message.consent.agree_time.seconds = "terms-3", 1
    if "paper_digest" in known:
        message.paper_digest = bytes(32)
    return message


async def test_a_desk_has_none_of_the_platforms_other_methods(staff: Staff) -> None:
    """Sessions, filings, applications, closings, transfers and revocations are the platform's."""
    roles = options_pb2.access
    for service in SERVICES:
        for method in service.methods:
            allowed = options_pb2.ROLE_MODERATOR in method.GetOptions().Extensions[roles]
            if allowed or method.server_streaming:
                continue
            path = f"/{service.full_name}/{method.name}"
            told = await answer(staff, staff.first, path, GetMessageClass(method.input_type)())
            assert told.reason == Reason.ACCESS_DENIED, method.full_name


async def test_a_desk_sees_only_its_platform(staff: Staff) -> None:
    """What another platform's desk asks for is unknown, in the same words as what does not exist."""
    token = await staff.sessions.moderation.account()
    made = (await staff.reports.file()).tip_off
    warned = await staff.call(
        staff.first, lambda vault: vault.sanctions.impose(token, Degree.WARN, reasons(), key=staff.first)
    )
    for ask in (
        lambda vault: vault.tip_offs.get(made.tip_off_id),
        lambda vault: vault.sanctions.get(warned.sanction_id),
        lambda vault: vault.sanctions.get_moderator(staff.first.moderator_id),
        lambda vault: vault.sanctions.lift(warned, "theirs", key=staff.theirs),
    ):
        assert type(await refused(staff.call(staff.theirs, ask))) is NotFound
    assert (await staff.call(staff.theirs, lambda vault: vault.sanctions.list_page())).sanctions == ()
    assert (await staff.call(staff.theirs, lambda vault: vault.tip_offs.list_page())).tip_offs == ()


async def test_a_platform_decides_applications_by_itself_and_a_desk_signs(staff: Staff) -> None:
    """The backend needs no moderator; a desk does."""
    publishing = staff.sessions.publishing
    found = (await publishing.apply(await publishing.company())).public_account_id
    first = staff.first

    def reject(vault: Vault) -> Any:
        return vault.public_accounts.reject(found, RejectReason.INCOMPLETE)

    assert (await refused(staff.call(first, reject))).reason == Reason.ACCESS_DENIED
    done = await staff.call(
        first, lambda vault: vault.public_accounts.reject(found, RejectReason.INCOMPLETE, key=first)
    )
    assert done.public_account_id == found


async def test_a_platform_runs_campaigns_by_itself_and_a_desk_signs(staff: Staff) -> None:
    """A desk creates, starts, pauses and ends by its own key; it imports nothing and delivers nothing."""
    first, plan = staff.first, campaign_plan()

    def create(vault: Vault, key: ModeratorKey | None) -> Any:
        return vault.campaigns.create(plan, key=key)

    for wrong in (None, staff.second):
        told = await refused(staff.call(first, partial(create, key=wrong)))
        assert told.reason == Reason.ACCESS_DENIED
    made = (await staff.call(first, partial(create, key=first))).campaign_id

    def move(vault: Vault, verb: str) -> Any:
        return getattr(vault.campaigns, verb)(made, key=first)

    for verb in ("start", "pause", "resume", "end"):
        assert (await staff.call(first, partial(move, verb=verb))).campaign_id == made
    assert (await staff.call(first, lambda vault: vault.campaigns.progress(made))).cohort_size == 0
    of_backend = await staff.call(None, partial(create, key=None))
    page = await staff.call(first, lambda vault: vault.campaigns.list_page())
    assert {each.campaign_id for each in page.campaigns} == {made, of_backend.campaign_id}
    assert (await staff.call(staff.theirs, lambda vault: vault.campaigns.list_page())).campaigns == ()


async def test_a_desk_keeps_templates_without_a_signature(staff: Staff) -> None:
    """Those of its own platform, which both moderators see; another platform's desk has none of them."""
    made = await staff.call(staff.first, lambda vault: vault.sanctions.set_template(template()))
    seen = await staff.call(staff.second, lambda vault: vault.sanctions.list_templates())
    assert seen.templates == (made,)
    gone = await refused(
        staff.call(staff.theirs, lambda vault: vault.sanctions.delete_template(made.template_id))
    )
    assert gone.reason == Reason.TEMPLATE_NOT_FOUND
    await staff.call(staff.second, lambda vault: vault.sanctions.delete_template(made.template_id))
    assert (await staff.call(None, lambda vault: vault.sanctions.list_templates())).templates == ()
