"""Who a call is from, and why it is denied; test_role_matrix has each method with each certificate."""

from datetime import timedelta

import grpc
import pytest
from google.protobuf.message import Message

from idvault.claim.rules import Claim
from idvault.core import caller
from idvault.core.edge.access import Access, AccessOptionError, roles_of
from idvault.core.edge.call import Call
from idvault.core.edge.server import describe, dispatch
from idvault_verify.clock import ClockReading
from idvault_verify.error import DeniedError, Reason
from idvault_verify.v1 import options_pb2, status_pb2
from tests.api.descriptors import method
from tools.support.authority import TRUST_DOMAIN, spiffe
from tools.support.edge import GET_STATUS, METHODS, Edge, call, clock, refused, requests


async def test_a_revocation_ends_a_running_connection(edge: Edge) -> None:
    """An open connection is denied as soon as the revocation is read."""
    channel = edge.mine()
    body = requests()[GET_STATUS].SerializeToString()
    await call(channel, GET_STATUS, body)
    await edge.platforms.revoke(name="platform-a", spki=edge.platform_a.spki, now=clock())
    await edge.directory.load()
    assert (await refused(channel, GET_STATUS, body)).reason == "ACCESS_DENIED"


async def test_the_operator_learns_why(edge: Edge) -> None:
    """The access log says which rule failed and has no caller name."""
    channel = edge.channel(edge.authority.client(spiffe("platform", "nobody")))
    await refused(channel, GET_STATUS, b"")
    [line] = edge.log_lines()
    assert line["why"] == "key_not_registered"
    assert "caller" not in line


async def test_the_operator_learns_what_a_flow_refused(edge: Edge) -> None:
    """The rule of a flow is in the log, too, and not in the answer."""

    async def refuse() -> Claim:
        raise DeniedError(Reason.ACCESS_DENIED, why="not_in_the_roster")

    edge.claims.happens = refuse
    told = await refused(edge.mine(), METHODS[0], requests()[METHODS[0]].SerializeToString())
    assert (told.reason, "not_in_the_roster" in told.raw) == ("ACCESS_DENIED", False)
    [line] = edge.log_lines()
    assert (line["why"], line["caller"]) == ("not_in_the_roster", "platform-a")


@pytest.mark.parametrize(
    "path",
    [
        "//idvault.v1.StatusService/GetStatus",
        "/idvault.v1.StatusService/GetStatus/",
        "/idvault.v1.StatusService//GetStatus",
        "/idvault.v1.statusservice/getstatus",
        "/idvault.v1.StatusService/%47etStatus",
        "/idvault.v1.StatusService/WatchStatus",
        "/idvault.v1.Nothing/Nothing",
    ],
)
async def test_only_exact_paths_exist(edge: Edge, path: str) -> None:
    """A path that is not exactly a method's path is unknown."""
    told = await refused(edge.mine(), path, requests()[GET_STATUS].SerializeToString())
    assert told.code is grpc.StatusCode.UNIMPLEMENTED
    assert not edge.statuses.asked


async def test_the_caller_is_the_registered_one(edge: Edge) -> None:
    """Flows get the registered name and actor id."""
    await call(edge.mine(), METHODS[0], requests()[METHODS[0]].SerializeToString())
    [command] = edge.claims.commands
    assert (command.relying_party, command.actor_id) == ("platform-a", "22" * 16)


async def test_the_work_of_a_call_is_its_callers(edge: Edge) -> None:
    """Wherever callers wait for each other, they are served in turn by this."""
    seen: list[str] = []

    async def note() -> None:
        seen.append(caller.current())

    edge.statuses.happens = note
    for channel in (edge.mine(), edge.mine()):
        await call(channel, GET_STATUS, requests()[GET_STATUS].SerializeToString())
    assert seen == [caller.platform("platform-a")] * 2


async def _reached(call: Call) -> bytes:
    return b"reached"


def _calling(edge: Edge, *, certificate: bytes | None, after: timedelta = timedelta(0)) -> Call:
    service = status_pb2.DESCRIPTOR.services_by_name["StatusService"]
    now = clock().real + after
    described = describe(service.methods_by_name["GetStatus"])
    return Call(described, b"", certificate, None, ClockReading(now, now))


@pytest.mark.parametrize("after", [timedelta(days=2), -timedelta(days=2)])
async def test_a_connection_outlives_its_certificate(edge: Edge, after: timedelta) -> None:
    """A certificate that expires during its connection is denied from then on."""
    stage = Access(directory=edge.directory, trust_domain=TRUST_DOMAIN).wrap(_reached)
    pem = edge.platform_a.certificate
    assert await stage(_calling(edge, certificate=pem)) == b"reached"
    late = _calling(edge, certificate=pem, after=after)
    with pytest.raises(DeniedError) as denied:
        await stage(late)
    assert denied.value.why == "certificate_not_valid_now"


async def test_no_certificate_is_denied_by_our_code_too(edge: Edge) -> None:
    """Even if TLS allowed a connection without a certificate, access would deny it."""
    stage = Access(directory=edge.directory, trust_domain=TRUST_DOMAIN).wrap(_reached)
    with pytest.raises(DeniedError):
        await stage(_calling(edge, certificate=None))


async def test_certificates_are_remembered_within_bounds(edge: Edge) -> None:
    """The cache of certificates is bounded, and a removed one is parsed again."""
    stage = Access(directory=edge.directory, trust_domain=TRUST_DOMAIN, cache_size=1).wrap(_reached)
    for _ in range(2):
        assert await stage(_calling(edge, certificate=edge.platform_a.certificate)) == b"reached"
        with pytest.raises(DeniedError):
            await stage(_calling(edge, certificate=b"no certificate"))


async def test_nobody_passes_whom_access_did_not_name(edge: Edge) -> None:
    """The innermost stage refuses a call without a caller."""

    async def answer(request: Message, **facts: object) -> Message:
        return request

    call = _calling(edge, certificate=edge.platform_a.certificate)
    with pytest.raises(DeniedError):
        await dispatch(call.method, answer)(call)


def test_roles_of_a_method() -> None:
    """The option's values become the role names in certificates."""
    service = status_pb2.DESCRIPTOR.services_by_name["StatusService"]
    assert roles_of(service.methods_by_name["GetStatus"]) == {"platform"}
    two = method([options_pb2.ROLE_AUDITOR, options_pb2.ROLE_CUSTODIAN])
    assert roles_of(two) == {"auditor", "custodian"}


@pytest.mark.parametrize("roles", [[], [0], [1, 0], [99]])
def test_a_method_without_clear_roles(roles: list[int]) -> None:
    """A missing option, UNSPECIFIED or an unknown role raises an error naming the method."""
    with pytest.raises(AccessOptionError, match="GetSomething"):
        roles_of(method(roles))
