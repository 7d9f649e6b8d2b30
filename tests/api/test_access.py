"""Each method, each role, each wrong certificate: exactly the written table."""

from datetime import timedelta

import grpc
import pytest

from idvault.api.access import AccessOptionError, roles_of
from idvault.api.directory import Pin
from idvault.v1 import options_pb2, status_pb2
from tests.api.authority import Authority, Issued, spiffe
from tests.api.descriptors import method
from tests.api.edge import GET_STATUS, METHODS, Edge, call, clock, platform, refused, requests

ROLES = ("platform", "auditor", "custodian", "operator", "monitor")
NO_CONNECTION = grpc.StatusCode.UNAVAILABLE
DENIED = grpc.StatusCode.PERMISSION_DENIED


def register(edge: Edge, issued: Issued, role: str, name: str) -> None:
    """Register a key the way its role is registered."""
    if role in ("platform", "monitor"):
        edge.platforms.platforms.append(platform(issued, name=name, role=role))
    else:
        edge.people.append(Pin(name, role, "33" * 16, issued.spki))


@pytest.mark.parametrize("role", ROLES)
async def test_a_registered_certificate(edge: Edge, role: str) -> None:
    """Platforms may call every method of this edge, and no other role any."""
    issued = edge.authority.client(spiffe(role, "somebody"))
    register(edge, issued, role, "somebody")
    await edge.directory.load()
    channel = edge.channel(issued)
    for path in METHODS:
        body = requests()[path].SerializeToString()
        if role != "platform":
            assert (await refused(channel, path, body)).reason == "ACCESS_DENIED"
        elif path == GET_STATUS:
            assert (await refused(channel, path, body)).reason == "ACCOUNT_NOT_FOUND"
        else:
            assert await call(channel, path, body)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("no certificate", NO_CONNECTION),
        ("wrong authority", NO_CONNECTION),
        ("expired", NO_CONNECTION),
        ("not yet valid", NO_CONNECTION),
        ("revoked", DENIED),
        ("two names", DENIED),
        ("no name", DENIED),
        ("other key", DENIED),
        ("unknown name", DENIED),
        ("other trust domain", DENIED),
        ("registered in another role", DENIED),
    ],
)
async def test_a_wrong_certificate(edge: Edge, role: str, kind: str, code: grpc.StatusCode) -> None:
    """No wrong certificate may call anything, in the same words for each that has a connection."""
    name, day = spiffe(role, "somebody"), timedelta(days=1)
    foreign = Authority()
    issued: dict[str, Issued | None] = {
        "no certificate": None,
        "wrong authority": foreign.client(name),
        "expired": edge.authority.client(name, starts=-2 * day, ends=-day),
        "not yet valid": edge.authority.client(name, starts=day / 2, ends=day),
        "two names": edge.authority.client(name, spiffe(role, "somebody-else")),
        "no name": edge.authority.client(others=("somebody.test",)),
        "other trust domain": edge.authority.client(spiffe(role, "somebody", "elsewhere.test")),
    }
    certificate = issued.get(kind, edge.authority.client(name))
    other = edge.authority.client(name)
    if kind == "registered in another role":
        register(edge, certificate or other, "operator" if role == "platform" else "platform", "somebody")
    elif kind != "unknown name":
        register(edge, other if kind == "other key" or certificate is None else certificate, role, "somebody")
    if kind == "revoked":
        edge.people.clear()
        edge.platforms.platforms = [
            await edge.platforms.revoke(name=one.name, spki=one.spki, now=clock(), event=None)  # type: ignore[arg-type]
            for one in edge.platforms.platforms
        ]
    await edge.directory.load()
    channel = edge.channel(certificate)
    for path in METHODS:
        told = await refused(channel, path, requests()[path].SerializeToString())
        assert told.code is code
        assert told.reason == ("ACCESS_DENIED" if code is DENIED else "")
        assert "somebody" not in told.raw
    assert not edge.claims.commands
    assert not edge.statuses.asked


async def test_a_revocation_ends_a_running_connection(edge: Edge) -> None:
    """A connection that was good is denied as soon as the revocation is read."""
    channel = edge.mine()
    body = requests()[GET_STATUS].SerializeToString()
    await call(channel, GET_STATUS, body)
    await edge.platforms.revoke(
        name="platform-a",
        spki=edge.platform_a.spki,
        now=clock(),
        event=None,  # type: ignore[arg-type]
    )
    await edge.directory.load()
    assert (await refused(channel, GET_STATUS, body)).reason == "ACCESS_DENIED"


async def test_the_operator_learns_why(edge: Edge) -> None:
    """The access log says which rule refused; the caller is not named as if it were known."""
    channel = edge.channel(edge.authority.client(spiffe("platform", "nobody")))
    await refused(channel, GET_STATUS, b"")
    [line] = edge.log_lines()
    assert line["why"] == "key_not_registered"
    assert "caller" not in line


@pytest.mark.parametrize(
    "path",
    [
        "//idvault.v1.StatusService/GetStatus",
        "/idvault.v1.StatusService/GetStatus/",
        "/idvault.v1.StatusService//GetStatus",
        "/idvault.v1.statusservice/getstatus",
        "/idvault.v1.StatusService/%47etStatus",
        "/idvault.v1.StatusService/WatchStatuses",
        "/idvault.v1.Nothing/Nothing",
    ],
)
async def test_only_exact_paths_exist(edge: Edge, path: str) -> None:
    """A path that is not exactly a method's is no method."""
    told = await refused(edge.mine(), path, requests()[GET_STATUS].SerializeToString())
    assert told.code is grpc.StatusCode.UNIMPLEMENTED
    assert not edge.statuses.asked


async def test_the_caller_is_the_registered_one(edge: Edge) -> None:
    """Flows get the name and the actor id that were registered."""
    await call(edge.mine(), METHODS[0], requests()[METHODS[0]].SerializeToString())
    [command] = edge.claims.commands
    assert (command.relying_party, command.actor_id) == ("platform-a", "22" * 16)


def test_roles_of_a_method() -> None:
    """The option's values become the words of certificates."""
    service = status_pb2.DESCRIPTOR.services_by_name["StatusService"]
    assert roles_of(service.methods_by_name["GetStatus"]) == {"platform"}
    two = method([options_pb2.ROLE_AUDITOR, options_pb2.ROLE_CUSTODIAN])
    assert roles_of(two) == {"auditor", "custodian"}


@pytest.mark.parametrize("roles", [[], [0], [1, 0], [99]])
def test_a_method_without_clear_roles(roles: list[int]) -> None:
    """No option, UNSPECIFIED or an unknown role is an error that names the method."""
    with pytest.raises(AccessOptionError, match="GetSomething"):
        roles_of(method(roles))
