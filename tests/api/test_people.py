"""RosterService over a real channel: what its methods read and answer, and the effect of a revocation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from idvault.core.act import Vault
from idvault.core.edge import limits, repetition
from idvault.core.edge.access import Access, Directory, Pin
from idvault.core.edge.call import Caller
from idvault.core.edge.certificates import Tls
from idvault.core.edge.repetition import RepeatableRequest
from idvault.core.edge.server import GrpcServer, Service
from idvault.core.edge.stream import while_admitted
from idvault.core.platform import Platform
from idvault.core.request import MemberAsked
from idvault.core.second_factor import Cause, SecondFactorError, Tries
from idvault.core.telemetry.logs import Logs
from idvault.core.telemetry.metrics import Metrics
from idvault.moderator import acts as moderator_acts
from idvault.people import acts as people_acts
from idvault.people.acts import Proposal, Published, RosterHolder
from idvault.people.second_factor import acts as second_factor_acts
from idvault.people.second_factor.acts import Begun, EnrolCommand, EnrolmentState, SecondFactors
from idvault.platform import acts as platform_acts
from idvault.processes.services.custody_edge import RosterServicer
from idvault_verify.attest.registration import Registration
from idvault_verify.clock import ClockReading
from idvault_verify.error import DeniedError, IdvaultError, NotFoundError, Reason, UnavailableError
from idvault_verify.moderator import Moderator
from idvault_verify.v1 import options_pb2, roster_pb2, sanction_pb2
from tests.support.roster_world import next_version
from tools.support.authority import TRUST_DOMAIN, Authority, spiffe
from tools.support.edge import REQUEST_ID, FakePlatforms, call, clock, platform, refused

ROSTER = next_version(None)
SERVICE = roster_pb2.DESCRIPTOR.services_by_name["RosterService"]
SPKI = "f" * 64
ROLES = ("platform", "auditor", "custodian", "operator", "monitor")
REQUESTS: dict[str, Message] = {
    "GetRoster": roster_pb2.GetRosterRequest(version=1),
    "ProposeRoster": roster_pb2.ProposeRosterRequest(request_id=REQUEST_ID, file=ROSTER.to_bytes()),
    "SignRoster": roster_pb2.SignRosterRequest(
        request_id=REQUEST_ID, hash=ROSTER.digest(), signature=b"s" * 64
    ),
    "RegisterPlatform": roster_pb2.RegisterPlatformRequest(
        request_id=REQUEST_ID, platform="platform-b", role=options_pb2.ROLE_MONITOR, spki=SPKI, code="123456"
    ),
    "RevokePlatform": roster_pb2.RevokePlatformRequest(
        request_id=REQUEST_ID, platform="platform-b", spki=SPKI, code="123456"
    ),
    "NameModerator": roster_pb2.NameModeratorRequest(
        request_id=REQUEST_ID,
        platform="platform-b",
        public_key=b"k" * 32,
        signature=sanction_pb2.ModeratorSignature(sign_time=Timestamp(seconds=1), signature=b"s" * 64),
        code="123456",
    ),
    "GetSecondFactor": roster_pb2.GetSecondFactorRequest(),
    "BeginSecondFactor": roster_pb2.BeginSecondFactorRequest(request_id=REQUEST_ID, code="123456"),
    "ConfirmSecondFactor": roster_pb2.ConfirmSecondFactorRequest(request_id=REQUEST_ID, code="123456"),
    "SpendCode": roster_pb2.SpendCodeRequest(request_id=REQUEST_ID, code="123456"),
}


@dataclass
class Calls:
    """The calls of the fakes, which it can let them refuse. left: tries of a second factor."""

    asked: list[Any] = field(default_factory=list)
    refusal: IdvaultError | None = None
    left: int = 7

    def note(self, command: Any) -> None:
        self.asked.append(command)
        if self.refusal is not None:
            raise self.refusal


def note_acts(calls: Calls, patch: pytest.MonkeyPatch) -> None:
    """Let every key be registered and revoked, and everybody be named."""

    async def register(
        _vault: Vault, call: MemberAsked, now: ClockReading, *, name: str, role: str, spki: str, **given: Any
    ) -> Platform:
        calls.note((call, given["code"]))
        return Platform(name, role, "22" * 16, spki, now.business)

    async def revoke(
        _vault: Vault, call: MemberAsked, now: ClockReading, name: str, spki: str, **given: Any
    ) -> Platform:
        calls.note((call, given["code"]))
        return Platform(name, "monitor", "22" * 16, spki, now.business, now.business)

    async def named(
        _vault: Vault, _actor_id: str, now: ClockReading, asked: Registration, **given: Any
    ) -> Moderator:
        calls.note((asked, given))
        return Moderator("44" * 16, asked.relying_party, asked.public_key, now.business)

    patch.setattr(platform_acts, "register_with_code", register)
    patch.setattr(platform_acts, "revoke_with_code", revoke)
    patch.setattr(moderator_acts, "name_by_operator", named)


def note_rosters(calls: Calls, patch: pytest.MonkeyPatch) -> None:
    """Have one roster and one proposal."""

    async def published(_vault: Vault, _rosters: RosterHolder, *, version: int) -> Published:
        calls.note(version)
        return Published(ROSTER, 1, (Proposal(next_version(ROSTER), adopted=False),))

    async def propose(
        _vault: Vault, call: MemberAsked, _now: ClockReading, _rosters: RosterHolder, file: bytes
    ) -> Proposal:
        calls.note((call, file))
        return Proposal(ROSTER, adopted=False)

    async def sign(
        _vault: Vault, call: MemberAsked, _now: ClockReading, _rosters: RosterHolder, **signed: Any
    ) -> Proposal:
        calls.note((call, signed))
        return Proposal(ROSTER, adopted=True)

    for function in (published, propose, sign):
        patch.setattr(people_acts, function.__name__, function)


def note_second_factors(calls: Calls, patch: pytest.MonkeyPatch) -> None:
    """Have a second factor that is enrolled."""

    async def state(_vault: Vault, actor_id: str, *, now: ClockReading) -> EnrolmentState:
        calls.note(actor_id)
        return EnrolmentState(True, False, calls.left, now.real if not calls.left else None)

    async def begin(_factors: SecondFactors, command: EnrolCommand, *, now: ClockReading) -> Begun:
        calls.note(command)
        return Begun("a suite", b"sealed")

    async def confirm(_factors: SecondFactors, command: EnrolCommand, *, now: ClockReading) -> None:
        calls.note(command)

    async def spend(_factors: SecondFactors, command: EnrolCommand, *, now: ClockReading) -> None:
        calls.note(command)

    for function in (state, begin, confirm, spend):
        patch.setattr(second_factor_acts, function.__name__, function)


@dataclass
class Custody:
    """A running custody edge and a channel for each role."""

    calls: Calls
    directory: Directory
    people: list[Pin]
    channels: dict[str, grpc.aio.Channel]

    async def call(self, role: str, method: str, request: Message | None = None) -> bytes:
        body = (REQUESTS[method] if request is None else request).SerializeToString()
        return await call(self.channels[role], f"/{SERVICE.full_name}/{method}", body)

    async def refused(self, role: str, method: str, request: Message | None = None) -> Any:
        body = (REQUESTS[method] if request is None else request).SerializeToString()
        return await refused(self.channels[role], f"/{SERVICE.full_name}/{method}", body)


@pytest.fixture
async def custody(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Custody]:
    calls, nothing = Calls(), cast(Any, None)
    for note in (note_acts, note_rosters, note_second_factors):
        note(calls, monkeypatch)
    servicer = RosterServicer(vault=nothing, rosters=nothing, second_factor=nothing, second_factors=nothing)
    issued = {role: authority.client(spiffe(role, f"{role}-x")) for role in ROLES}
    registered = [platform(issued[role], name=f"{role}-x", role=role) for role in ("platform", "monitor")]
    people = [Pin(f"{role}-x", role, "33" * 16, issued[role].spki) for role in ROLES[1:4]]
    directory = Directory(
        platforms=FakePlatforms(*registered), people=lambda: people, clock=lambda: datetime.now(UTC)
    )
    await directory.load()
    logs = Logs(process="serve-0", path=tmp_path / "serve.jsonl")
    own = authority.server()
    server = GrpcServer(
        listen="127.0.0.1:0",
        tls=Tls(own.certificate, own.key, authority.ca),
        services=[Service(SERVICE, servicer)],
        access=Access(directory=directory, trust_domain=TRUST_DOMAIN),
        metrics=Metrics(),
        access_log=logs.access,
        clock=clock,
    )
    await server.start()
    channels = {
        role: grpc.aio.secure_channel(
            f"localhost:{server.port}",
            grpc.ssl_channel_credentials(authority.ca, one.key, one.certificate),
            (("grpc.enable_retries", 0), ("grpc.use_local_subchannel_pool", 1)),
        )
        for role, one in issued.items()
    }
    try:
        yield Custody(calls, directory, people, channels)
    finally:
        for channel in channels.values():
            await channel.close()
        await server.stop(grace=1.0, linger=0.0)
        logs.close()


async def test_who_leaves_the_roster_is_refused_at_once(custody: Custody) -> None:
    """A removed member is refused at once, even on an open connection."""
    await custody.call("custodian", "GetRoster")
    custody.people[:] = [pin for pin in custody.people if pin.role != "custodian"]
    await custody.directory.load()
    assert (await custody.refused("custodian", "GetRoster")).reason == "ACCESS_DENIED"


async def test_a_version_comes_with_what_is_proposed(custody: Custody) -> None:
    """The answer has whole files, which the client verifies."""
    answer = roster_pb2.Roster.FromString(await custody.call("auditor", "GetRoster"))
    assert (answer.version, answer.hash, answer.file) == (1, ROSTER.digest(), ROSTER.to_bytes())
    (proposal,) = answer.proposals
    assert (proposal.version, proposal.adopted, answer.newest_version) == (2, False, 1)


def asked(request: RepeatableRequest) -> MemberAsked:
    """Return a member's call as the edge reads it."""
    method = type(request).__name__.removesuffix("Request")
    return MemberAsked("33" * 16, REQUEST_ID, method, repetition.content(request))


async def test_commands_name_their_caller(custody: Custody) -> None:
    """The actor of a command is the owner of the certificate, whatever the message says."""
    await custody.call("operator", "ProposeRoster")
    signed = roster_pb2.RosterProposal.FromString(await custody.call("custodian", "SignRoster"))
    await custody.call("auditor", "BeginSecondFactor")
    proposed, signing, enrolling = custody.calls.asked
    assert signed.adopted
    file, given = ROSTER.to_bytes(), (ROSTER.digest(), b"s" * 64)
    assert proposed == (asked(roster_pb2.ProposeRosterRequest(request_id=REQUEST_ID, file=file)), file)
    signed_by = {"name": "custodian-x", "digest": given[0], "signature": given[1]}
    request = roster_pb2.SignRosterRequest(request_id=REQUEST_ID, hash=given[0], signature=given[1])
    assert signing == (asked(request), signed_by)
    begun = roster_pb2.BeginSecondFactorRequest(request_id=REQUEST_ID, code="123456")
    assert enrolling == EnrolCommand(asked(begun), "123456")
    assert "123456" not in repr(enrolling)


async def test_platforms_are_registered_and_revoked(custody: Custody) -> None:
    """The answer has the times of registration and revocation."""
    made = roster_pb2.Platform.FromString(await custody.call("operator", "RegisterPlatform"))
    assert (made.platform, made.role, made.spki) == ("platform-b", options_pb2.ROLE_MONITOR, SPKI)
    assert not made.HasField("revoke_time")
    gone = roster_pb2.Platform.FromString(await custody.call("operator", "RevokePlatform"))
    assert gone.HasField("revoke_time")
    assert [code for _, code in custody.calls.asked] == ["123456", "123456"]


async def test_a_malformed_field_is_named(custody: Custody) -> None:
    """A malformed field is named before a flow is called."""
    for role, method, name, value in (
        ("operator", "ProposeRoster", "request_id", ""),
        ("custodian", "SignRoster", "hash", "a" * 63),
        ("custodian", "SignRoster", "signature", b"s" * 63),
        ("operator", "RegisterPlatform", "platform", "Platform"),
        ("operator", "RegisterPlatform", "role", options_pb2.ROLE_AUDITOR),
        ("operator", "RegisterPlatform", "spki", "F" * 64),
        ("operator", "RevokePlatform", "spki", ""),
        ("operator", "NameModerator", "platform", "Platform"),
        ("operator", "NameModerator", "platform", ""),
        ("auditor", "BeginSecondFactor", "request_id", "1"),
        ("operator", "SpendCode", "request_id", "1"),
    ):
        request = type(REQUESTS[method])()
        request.CopyFrom(REQUESTS[method])
        setattr(request, name, value)
        told = await custody.refused(role, method, request)
        assert (told.code.name, list(told.fields)) == ("INVALID_ARGUMENT", [name]), method
    assert not custody.calls.asked


async def test_a_refused_code_says_no_more_than_that(custody: Custody) -> None:
    """The answer is PERMISSION_DENIED with its reason and does not contain the code."""
    until = datetime(2026, 3, 1, tzinfo=UTC)
    for cause, reason in (
        (Cause.CODE_WRONG, Reason.SECOND_FACTOR_REFUSED),
        (Cause.LOCKED, Reason.SECOND_FACTOR_LOCKED),
    ):
        custody.calls.refusal = SecondFactorError(cause, tries=Tries(10, 1, until))
        told = await custody.refused("auditor", "ConfirmSecondFactor")
        assert (told.code.name, told.reason) == ("PERMISSION_DENIED", reason.value)
        assert "123456" not in told.raw
        assert "2026-03-01T00:00:00+00:00" in told.raw


async def test_what_has_a_code_reaches_its_act(custody: Custody) -> None:
    """A moderator is named with the fields of the message, a second factor confirmed, a code spent."""
    named = sanction_pb2.Moderator.FromString(await custody.call("operator", "NameModerator"))
    await custody.call("custodian", "ConfirmSecondFactor")
    await custody.call("operator", "SpendCode")
    assert named.public_key == b"k" * 32
    (registration, given), confirming, spending = custody.calls.asked
    assert (registration.relying_party, registration.public_key) == ("platform-b", named.public_key)
    assert (given["code"], confirming.code, spending.code) == ("123456", "123456", "123456")


async def test_the_state_of_a_second_factor(custody: Custody) -> None:
    """Tries left, and the end of a lock if there is one; no secret."""
    for left in (7, 0):
        custody.calls.left = left
        answer = roster_pb2.SecondFactorState.FromString(await custody.call("auditor", "GetSecondFactor"))
        assert (answer.enrolled, answer.pending, answer.tries_left) == (True, False, left)
        assert answer.HasField("lock_end_time") is not bool(left)


async def test_a_version_that_is_not_there(custody: Custody) -> None:
    """NOT_FOUND, as the contract says."""
    custody.calls.refusal = NotFoundError(Reason.REQUEST_NOT_FOUND)
    assert (await custody.refused("operator", "GetRoster")).code.name == "NOT_FOUND"


async def test_a_roster_may_be_larger_than_other_messages(custody: Custody) -> None:
    """The limit is 256 KiB for a proposal and 64 KiB for other messages."""
    large = roster_pb2.ProposeRosterRequest(request_id=REQUEST_ID, file=bytes(limits.REQUEST_BYTES))
    await custody.call("operator", "ProposeRoster", large)
    large.file = bytes(256 * 1024)
    assert (await custody.refused("operator", "ProposeRoster", large)).reason == "INVALID_MESSAGE"
    signing = roster_pb2.SignRosterRequest(signature=bytes(limits.REQUEST_BYTES))
    assert (await custody.refused("custodian", "SignRoster", signing)).reason == "INVALID_MESSAGE"
    assert len(custody.calls.asked) == 1


async def _numbers(following: asyncio.Event, ended: asyncio.Event) -> AsyncIterator[int]:
    try:
        yield 1
        await following.wait()
        yield 2
    finally:
        ended.set()


async def test_a_stream_ends_when_its_caller_is_revoked(custody: Custody) -> None:
    """Nothing is sent after the revocation, and the stream's source is closed."""
    pin = next(pin for pin in custody.people if pin.role == "auditor")
    caller, ended = Caller(pin.name, pin.role, pin.actor_id, pin.spki), asyncio.Event()
    numbers = _numbers(asyncio.Event(), ended)
    stream = while_admitted(numbers, caller=caller, revocations=custody.directory)
    assert await anext(stream) == 1
    custody.people.clear()
    await custody.directory.load()
    with pytest.raises(DeniedError) as refused:
        await anext(stream)
    assert refused.value.reason is Reason.ACCESS_DENIED
    assert ended.is_set()


async def test_a_stream_that_is_done_ends_by_itself(custody: Custody) -> None:
    """A finished stream stops waiting for the revocation."""
    pin = custody.people[0]
    caller, following, ended = (
        Caller(pin.name, pin.role, pin.actor_id, pin.spki),
        asyncio.Event(),
        asyncio.Event(),
    )
    following.set()
    async with aclosing(
        while_admitted(_numbers(following, ended), caller=caller, revocations=custody.directory)
    ) as stream:
        await custody.directory.load()
        assert [number async for number in stream] == [1, 2]
    assert ended.is_set()


async def test_a_stream_ends_when_nobody_knows_any_more() -> None:
    """A stream ends if the list of keys is too old, like a call."""
    now = datetime.now(UTC)
    times = iter([now, now, now.replace(year=now.year + 1)])
    pin = Pin("auditor-x", "auditor", "33" * 16, SPKI)
    directory = Directory(
        platforms=FakePlatforms(), people=lambda: [pin], clock=lambda: next(times), period=0.01
    )
    await directory.load()
    caller = Caller(pin.name, pin.role, pin.actor_id, pin.spki)
    stream = while_admitted(_numbers(asyncio.Event(), asyncio.Event()), caller=caller, revocations=directory)
    assert await anext(stream) == 1
    with pytest.raises(UnavailableError):
        await anext(stream)
