"""A server reports its health, stops cleanly, and does not start without an access option."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from idvault.claim.rules import Claim
from idvault.core import capacity
from idvault.core.edge.access import Access, AccessOptionError
from idvault.core.edge.certificates import Tls
from idvault.core.edge.health import methods
from idvault.core.edge.server import OPTIONS, GrpcServer, ListenError, Service
from idvault_client import transport
from tests.api.descriptors import service
from tools.support.authority import Authority, spiffe
from tools.support.edge import (
    GET_STATUS,
    GET_VERIFICATION,
    PATIENCE,
    VERIFY,
    Edge,
    Told,
    call,
    clock,
    platform,
    refused,
    requests,
    running,
    succeeded,
    unknown_request,
)
from tools.support.edge import told as told_of

CHECK, WATCH = "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"


def asking(name: str = "") -> bytes:
    return health_pb2.HealthCheckRequest(service=name).SerializeToString()


async def health(channel: grpc.aio.Channel, name: str = "") -> int:
    return health_pb2.HealthCheckResponse.FromString(await call(channel, CHECK, asking(name))).status


SERVICES = ("", "idvault.v1.VerificationService", "idvault.v1.StatusService")


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("role", sorted(methods()[0].roles))
async def test_health_is_for_every_registered_caller(edge: Edge, role: str, name: str) -> None:
    """A caller of any role may ask, of any service."""
    issued = edge.authority.client(spiffe(role, "somebody"))
    edge.platforms.platforms.append(platform(issued, name="somebody", role=role))
    await edge.directory.load()
    assert await health(edge.channel(issued), name) == SERVING


@pytest.mark.parametrize("path", [CHECK, WATCH])
async def test_health_is_for_nobody_else(edge: Edge, path: str) -> None:
    """A certificate of the authority is not enough: its key must be registered, and not revoked."""
    issued = edge.authority.client(spiffe("platform", "nobody"))
    stranger = edge.channel(issued)
    told = await _refused_watch(stranger) if path == WATCH else await refused(stranger, path, asking())
    assert (told.code, told.reason) == (grpc.StatusCode.PERMISSION_DENIED, "ACCESS_DENIED")


async def test_a_revoked_watcher_is_told_nothing_more(edge: Edge) -> None:
    """A watch of health ends when its caller's key is revoked."""
    watch: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = edge.mine().unary_stream(WATCH)
    watching = aiter(watch(asking()))
    await anext(watching)
    edge.platforms.platforms.clear()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await anext(watching)
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_watchers_have_shares(tmp_path: Path, authority: Authority) -> None:
    """A caller alone has half of the watches; beyond that it is refused, and Check still answers it."""
    async with running(tmp_path, authority, takes={"health_streams": 4}) as edge:
        channel = edge.mine()
        watch: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(WATCH)
        held = [watch(asking()) for _ in range(2)]
        for one in held:
            await anext(aiter(one))
        told = await _refused_watch(channel)
        assert (told.code, told.reason) == (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
        assert await health(channel) == SERVING
        other = edge.authority.client(spiffe("monitor", "other"))
        edge.platforms.platforms.append(platform(other, name="other", role="monitor"))
        await edge.directory.load()
        theirs: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = edge.channel(other).unary_stream(WATCH)
        assert await anext(aiter(theirs(asking())))
        held[0].cancel()


async def _refused_watch(channel: grpc.aio.Channel) -> Told:
    watch: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(WATCH)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        [_ async for _ in watch(asking(), timeout=PATIENCE)]
    return told_of(caught.value)


async def test_health_of_nothing(edge: Edge) -> None:
    """An unknown service is NOT_FOUND, as in the health protocol; invalid bytes are refused."""
    channel = edge.mine()
    assert (await refused(channel, CHECK, asking("idvault.v1.Nothing"))).code is grpc.StatusCode.NOT_FOUND
    told = await refused(channel, CHECK, b"\xff")
    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_MESSAGE")
    watch: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(WATCH)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        [_ async for _ in watch(b"\xff", timeout=PATIENCE)]
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_health_needs_a_certificate(edge: Edge) -> None:
    """Without a certificate health is not available."""
    assert (await refused(edge.channel(None), CHECK, asking())).code is grpc.StatusCode.UNAVAILABLE


async def test_a_drain(edge: Edge) -> None:
    """NOT_SERVING is reported first, to watchers too; running calls end normally; new ones are refused."""
    entered, may_end = asyncio.Event(), asyncio.Event()

    async def happens() -> Claim:
        entered.set()
        await may_end.wait()
        return succeeded()

    edge.claims.happens = happens
    channel = edge.mine()
    watch: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(WATCH)
    watching = watch(asking())
    states = [health_pb2.HealthCheckResponse.FromString(await anext(aiter(watching))).status]
    long_call = asyncio.ensure_future(
        call(channel, GET_VERIFICATION, requests()[GET_VERIFICATION].SerializeToString())
    )
    await entered.wait()
    stopping = asyncio.ensure_future(edge.server.stop(grace=30.0, linger=0.3))
    states.append(health_pb2.HealthCheckResponse.FromString(await anext(aiter(watching))).status)
    assert states == [SERVING, NOT_SERVING]
    assert await health(channel) == NOT_SERVING
    assert await call(channel, GET_STATUS, requests()[GET_STATUS].SerializeToString())
    assert [_ async for _ in watching] == []
    assert not stopping.done()
    may_end.set()
    assert await long_call
    await asyncio.wait_for(stopping, 25)
    await edge.server.wait()
    told = await refused(edge.mine(), GET_STATUS, requests()[GET_STATUS].SerializeToString())
    assert told.code is grpc.StatusCode.UNAVAILABLE


async def test_health_does_not_flap(edge: Edge) -> None:
    """One slow look changes nothing; three failed ones in a row do, and two that passed undo it."""
    channel, serves = edge.mine(), []
    for ready in map(bool, (0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 1, 1)):
        await edge.server.follow(ready=ready)
        serves.append(await health(channel) == SERVING)
    assert serves == [bool(each) for each in (1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1)]


async def test_health_follows_readiness(edge: Edge) -> None:
    """A process that is not ready is NOT_SERVING as a whole and by service, and calls are still answered."""
    channel = edge.mine()
    watch: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(WATCH)
    watching = aiter(watch(asking("idvault.v1.StatusService")))
    states = [health_pb2.HealthCheckResponse.FromString(await anext(watching)).status]
    for ready, status in ((False, NOT_SERVING), (True, SERVING)):
        for _ in range(3):
            await edge.server.follow(ready=ready)
        states.append(health_pb2.HealthCheckResponse.FromString(await anext(watching)).status)
        assert await health(channel) == await health(channel, "idvault.v1.VerificationService") == status
        assert await call(channel, GET_STATUS, requests()[GET_STATUS].SerializeToString())
    assert states == [SERVING, NOT_SERVING, SERVING]
    stopping = asyncio.ensure_future(edge.server.stop(grace=1.0, linger=0.2))
    assert health_pb2.HealthCheckResponse.FromString(await anext(watching)).status == NOT_SERVING
    for _ in range(3):
        await edge.server.follow(ready=False)
        await edge.server.follow(ready=True)
    assert [_ async for _ in watching] == []
    await stopping


async def test_watchers_who_leave_leave_nothing(edge: Edge) -> None:
    """A watcher that disconnects ends its stream, and a stop does not wait for one that stays."""
    channel = edge.mine()
    watch: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(WATCH)
    leaves, stays = watch(asking()), watch(asking())
    await anext(aiter(leaves))
    await anext(aiter(stays))
    leaves.cancel()
    await asyncio.wait_for(edge.server.stop(grace=300.0, linger=0.0), 60)


async def test_grace_is_limited(edge: Edge) -> None:
    """A call that does not end within the grace period is cancelled."""
    entered = asyncio.Event()

    async def happens() -> Claim:
        entered.set()
        await asyncio.get_running_loop().create_future()
        return succeeded()

    edge.claims.happens = happens
    body = requests()[GET_VERIFICATION].SerializeToString()
    endless = asyncio.ensure_future(refused(edge.mine(), GET_VERIFICATION, body))
    await entered.wait()
    await asyncio.wait_for(edge.server.stop(grace=0.05, linger=0.0), 60)
    assert (await endless).code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


async def test_a_stop_does_not_wait_for_refusals(tmp_path: Path, authority: Authority) -> None:
    """Calls beyond a share that wait to be told are told at once when the server stops, not cancelled."""
    async with running(tmp_path, authority, takes={"calls": 0}) as edge:
        waiting = edge.server._refusals
        waiting._between = 2.0
        channel, body = edge.mine(), requests()[GET_STATUS].SerializeToString()
        calls = [asyncio.ensure_future(refused(channel, GET_STATUS, body, seconds=90.0)) for _ in range(60)]
        while len(waiting._waiting) + sum(one.done() for one in calls) < len(calls):  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
        await asyncio.wait_for(edge.server.stop(grace=300.0, linger=0.0), 60)
        assert {one.reason for one in await asyncio.gather(*calls)} == {"STORE_UNAVAILABLE"}


async def test_two_processes_share_a_port(tmp_path: Path, authority: Authority, edge: Edge) -> None:
    """With SO_REUSEPORT a second server can listen on the same port."""
    second = server(edge, listen=f"127.0.0.1:{edge.server.port}")
    await second.start()
    assert second.port == edge.server.port
    await second.stop(grace=0.0, linger=0.0)


def server(
    edge: Edge,
    *,
    listen: str = "127.0.0.1:0",
    tls: Tls | None = None,
    services: list[Service] | None = None,
    **options: Any,
) -> GrpcServer:
    issued = edge.authority.server()
    return GrpcServer(
        listen=listen,
        tls=tls or Tls(issued.certificate, issued.key, edge.authority.ca),
        services=services or [],
        access=Access(directory=edge.directory, trust_domain="idvault.test"),
        metrics=edge.metrics,
        access_log=edge.logs.access,
        clock=clock,
        **options,
    )


@pytest.mark.parametrize("edges", [1, 2])
@pytest.mark.parametrize("acceptors", [1, 48, 64])
async def test_each_acceptor_has_room_for_the_calls_of_three_connections(
    edge: Edge, acceptors: int, edges: int
) -> None:
    """Beyond its room gRPC rejects calls at random, also those of callers who have done nothing."""
    options = dict(server(edge, acceptors=acceptors, takes=capacity.edge(edges=edges))._options())
    assert options["grpc.server.max_pending_requests"] >= 3 * options["grpc.max_concurrent_streams"]


@pytest.mark.parametrize("outcome", ["answered", "refused"])
async def test_a_client_may_make_as_many_calls_as_ours_do(edge: Edge, outcome: str) -> None:
    """gRPC counts calls of a connection until their objects are gone, and must still refuse none of these.

    Where the processor is short it may refuse one unseen. Our clients leave it its second try of that.
    """
    path = GET_STATUS if outcome == "answered" else VERIFY
    if outcome == "refused":
        edge.claims.happens = unknown_request
    body, channel, seen = (
        requests()[path].SerializeToString(),
        edge.channel(edge.platform_a, again=True),
        Counter[str](),
    )

    async def many() -> None:
        for _ in range(20):
            try:
                await call(channel, path, body, seconds=60)
                seen["OK"] += 1
            except grpc.aio.AioRpcError as error:
                seen[error.code().name] += 1

    await asyncio.gather(*(many() for _ in range(transport.AT_ONCE)))
    assert seen == {"OK" if outcome == "answered" else "NOT_FOUND": 20 * transport.AT_ONCE}
    assert 0.8 * dict(OPTIONS)["grpc.max_concurrent_streams"] >= transport.AT_ONCE


async def test_several_acceptors_are_one_server(tmp_path: Path, authority: Authority) -> None:
    """They share the port and the connections; limits and stop concern them together."""
    async with running(tmp_path, authority, acceptors=3, takes={"calls": 2}) as edge:
        body = requests()[GET_STATUS].SerializeToString()
        for _ in range(12):
            assert await call(edge.mine(), GET_STATUS, body)
        reached, ready = asyncio.Event(), asyncio.Event()

        async def wait() -> None:
            reached.set()
            await ready.wait()

        edge.statuses.happens = wait
        waiting = asyncio.create_task(call(edge.mine(), GET_STATUS, body))
        await asyncio.wait_for(reached.wait(), 60)
        for _ in range(6):
            assert (await refused(edge.mine(), GET_STATUS, body)).reason == "STORE_UNAVAILABLE"
        stopping = asyncio.create_task(edge.server.stop(grace=5.0, linger=0.0))
        ready.set()
        assert await waiting
        await stopping
        await edge.server.wait()
        for _ in range(6):
            with pytest.raises(grpc.aio.AioRpcError):
                await call(edge.mine(), GET_STATUS, body)


async def test_a_certificate_is_replaced_while_serving(tmp_path: Path, authority: Authority) -> None:
    """New connections meet the new certificate at every acceptor; open ones go on."""
    async with running(tmp_path, authority, acceptors=3) as edge:
        body, other = requests()[GET_STATUS].SerializeToString(), Authority()
        before = edge.mine()
        assert await call(before, GET_STATUS, body)
        issued = other.server()
        edge.server.replace_certificate(Tls(issued.certificate, issued.key, authority.ca))
        assert await call(before, GET_STATUS, body)
        for _ in range(9):
            assert await call(edge.channel(edge.platform_a, ca=other.ca), GET_STATUS, body)
            assert (await refused(edge.mine(), GET_STATUS, body)).code is grpc.StatusCode.UNAVAILABLE


async def test_an_address_of_somebody_else(edge: Edge) -> None:
    """The error for an address that cannot be bound names it."""
    with pytest.raises(ListenError, match=r"192\.0\.2\.1:1"):
        await server(edge, listen="192.0.2.1:1").start()


@pytest.mark.parametrize("roles", [[], [0]])
async def test_no_start_without_access_option(edge: Edge, roles: list[int]) -> None:
    """A method of idvault.v1 without a valid access option stops the start."""

    class Servicer:
        async def GetSomething(self, request: Message, **facts: object) -> Message:
            return request

    with pytest.raises(AccessOptionError, match="GetSomething"):
        server(edge, listen="127.0.0.1:0", services=[Service(service(roles), Servicer())])


async def test_no_start_without_an_implementation(edge: Edge) -> None:
    """A method without an implementation stops the start too."""
    with pytest.raises(AttributeError):
        server(edge, listen="127.0.0.1:0", services=[Service(service([1]), object())])


async def test_reflection_only_if_asked(tmp_path: Path, authority: Authority, edge: Edge) -> None:
    """Reflection is available only with the flag."""
    listing = reflection_pb2.ServerReflectionRequest(list_services="").SerializeToString()
    assert (await refused(edge.mine(), REFLECTION, listing)).code is grpc.StatusCode.UNIMPLEMENTED
    async with running(tmp_path, authority, reflection=True) as developing:
        stream: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = developing.mine().stream_stream(REFLECTION)
        asked = stream(iter([listing]), timeout=PATIENCE)
        answer = reflection_pb2.ServerReflectionResponse.FromString(await anext(aiter(asked)))
        names = {one.name for one in answer.list_services_response.service}
        assert {"idvault.v1.VerificationService", "idvault.v1.StatusService", "grpc.health.v1.Health"} < names
        asked.cancel()
