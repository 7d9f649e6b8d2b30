"""TransparencyService over a real channel, with a log in memory."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest

from idvault.core.edge import convert
from idvault.core.edge.access import Access, Directory
from idvault.core.edge.certificates import Tls
from idvault.core.edge.server import GrpcServer, Service
from idvault.core.telemetry.logs import Logs
from idvault.core.telemetry.metrics import Metrics
from idvault.log.api import TransparencyMethods
from idvault_verify.error import FieldCode, InvalidError
from idvault_verify.transparency import proof
from idvault_verify.transparency.tree import leaf_hash
from idvault_verify.v1 import transparency_pb2
from tests.support.fakes.memory_log import MemoryLog
from tools.support.authority import TRUST_DOMAIN, Authority, spiffe
from tools.support.edge import FakePlatforms, call, clock, platform, refused
from tools.support.merkle import log_of, mth, signer

ORIGIN = "log.example/idvault"
SIZE = 250
_SERVICE = "/idvault.v1.TransparencyService/"
GET_CHECKPOINT, LIST, INCLUSION, CONSISTENCY = (
    _SERVICE + name
    for name in ("GetCheckpoint", "ListLogEntries", "GetInclusionProof", "GetConsistencyProof")
)


@dataclass
class Custody:
    """A running custody edge, its log, and a monitor's channel."""

    log: MemoryLog
    mine: grpc.aio.Channel


@pytest.fixture
async def custody(tmp_path: Path, authority: Authority) -> AsyncIterator[Custody]:
    log = MemoryLog(origin=ORIGIN, signer=signer(ORIGIN))
    log.append(*log_of(SIZE))
    log.sign()
    log.append(b"not signed for yet")
    issued = authority.client(spiffe("monitor", "monitor-x"))
    registered = FakePlatforms(platform(issued, name="monitor-x", role="monitor"))
    directory = Directory(platforms=registered, people=list, clock=lambda: datetime.now(UTC))
    await directory.load()
    logs = Logs(process="serve-0", path=tmp_path / "serve.jsonl")
    own = authority.server()
    server = GrpcServer(
        listen="127.0.0.1:0",
        tls=Tls(own.certificate, own.key, authority.ca),
        services=[
            Service(
                transparency_pb2.DESCRIPTOR.services_by_name["TransparencyService"],
                TransparencyMethods(log=log.stored),
            )
        ],
        access=Access(directory=directory, trust_domain=TRUST_DOMAIN),
        metrics=Metrics(),
        access_log=logs.access,
        clock=clock,
    )
    await server.start()
    channel = grpc.aio.secure_channel(
        f"localhost:{server.port}",
        grpc.ssl_channel_credentials(authority.ca, issued.key, issued.certificate),
        (("grpc.enable_retries", 0), ("grpc.use_local_subchannel_pool", 1)),
    )
    try:
        yield Custody(log, channel)
    finally:
        await channel.close()
        await server.stop(grace=1.0, linger=0.0)
        logs.close()


def page(**fields: int | str) -> bytes:
    return transparency_pb2.ListLogEntriesRequest(**fields).SerializeToString()  # type: ignore[arg-type]


async def listed(custody: Custody, **fields: int | str) -> transparency_pb2.ListLogEntriesResponse:
    """Request a page."""
    return transparency_pb2.ListLogEntriesResponse.FromString(await call(custody.mine, LIST, page(**fields)))


async def test_the_newest_checkpoint(custody: Custody) -> None:
    """It is given as it was signed; before the first one there is none, and the list is empty."""
    answer = transparency_pb2.Checkpoint.FromString(await call(custody.mine, GET_CHECKPOINT, b""))
    assert answer.note == custody.log.note
    custody.log.note = None
    told = await refused(custody.mine, GET_CHECKPOINT, b"")
    assert (told.code.name, told.reason) == ("UNAVAILABLE", "LOG_UNAVAILABLE")
    assert not (await listed(custody)).entries


async def test_pages_follow_one_another(custody: Custody) -> None:
    """All entries are returned once, in order and with their index; the default page size is 100."""
    first = await listed(custody)
    assert [entry.index for entry in first.entries] == list(range(100))
    found, answer = list(first.entries), first
    while answer.next_page_token:
        answer = await listed(custody, page_token=answer.next_page_token, page_size=60)
        found += answer.entries
    assert [(entry.index, entry.leaf) for entry in found] == list(enumerate(log_of(SIZE)))
    # The token, not start_index, decides where the next page starts.
    second = await listed(custody, page_token=first.next_page_token, start_index=3)
    assert second.entries[0].index == 100
    assert [entry.index for entry in (await listed(custody, start_index=248, page_size=1_000)).entries] == [
        248,
        249,
    ]


async def test_no_such_page(custody: Custody) -> None:
    """An invalid size, index or token is refused; the error names the field."""
    pages: list[tuple[dict[str, int | str], str, str]] = [
        ({"page_size": -1}, "page_size", "LENGTH"),
        ({"page_size": 1_001}, "page_size", "LENGTH"),
        ({"start_index": SIZE + 1}, "start_index", "LENGTH"),
        ({"page_token": convert.page_token(SIZE + 1, of="ListLogEntries")}, "page_token", "LENGTH"),
        ({"page_token": convert.page_token(3, of="ListSomethingElse")}, "page_token", "CHARACTER"),
    ]
    for fields, field, code in pages:
        told = await refused(custody.mine, LIST, page(**fields))
        assert (told.code.name, told.fields) == ("INVALID_ARGUMENT", {field: code})


def test_a_token_has_one_spelling() -> None:
    """A token that is changed, shortened, lengthened or not ASCII is refused."""
    token = convert.page_token(77, of="list")
    assert convert.read_page_token(token, of="list") == 77
    assert convert.page_token(None, of="list") == ""
    changed = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token))]
    for wrong in [*changed, token[:-1], token + "A", token + "\n", "é" * 20, " " + token]:
        with pytest.raises(InvalidError) as caught:
            convert.read_page_token(wrong, of="list")
        assert [(each.field, each.code) for each in caught.value.violations] == [
            ("page_token", FieldCode.CHARACTER)
        ]


async def test_an_inclusion_proof(custody: Custody) -> None:
    """The path leads from the entry to the root of the requested size."""
    request = transparency_pb2.GetInclusionProofRequest(index=77, tree_size=200)
    answer = transparency_pb2.InclusionProof.FromString(
        await call(custody.mine, INCLUSION, request.SerializeToString())
    )
    assert (answer.index, answer.tree_size) == (77, 200)
    leaves = log_of(200)
    proof.verify_inclusion(
        leaf_hash=leaf_hash(leaves[77]), index=77, size=200, root=mth(leaves), proof=answer.hashes
    )


async def test_a_consistency_proof(custody: Custody) -> None:
    """The proof connects both sizes."""
    request = transparency_pb2.GetConsistencyProofRequest(old_size=77, new_size=SIZE)
    answer = transparency_pb2.ConsistencyProof.FromString(
        await call(custody.mine, CONSISTENCY, request.SerializeToString())
    )
    assert (answer.old_size, answer.new_size) == (77, SIZE)
    leaves = log_of(SIZE)
    proof.verify_consistency(
        old=77, new=SIZE, old_root=mth(leaves[:77]), new_root=mth(leaves), proof=answer.hashes
    )
