"""The benchmark's client against a real edge: what it sends keeps to the server's windows."""

import asyncio
from pathlib import Path

from idvault_client import Tls
from idvault_verify.v1 import status_pb2
from tools.bench import load
from tools.support.authority import Authority, Issued
from tools.support.edge import BATCH, TOKEN, Edge, running


def _tls(folder: Path, authority: Authority, issued: Issued) -> Tls:
    files = {"ca.pem": authority.ca, "own.pem": issued.certificate, "own.key": issued.key}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return Tls(*(folder / name for name in files))


def _read(edge: Edge, folder: Path, tokens: list[str]) -> list[int]:
    """Make calls that each need several windows, and return how many statuses each answer has."""
    target = load.Target(
        f"127.0.0.1:{edge.server.port}", _tls(folder, edge.authority, edge.platform_a), lambda: 0.0
    )
    request = status_pb2.BatchGetStatusesRequest(account_tokens=tokens).SerializeToString()
    found: list[int] = []

    def read(answer: bytes) -> None:
        found.append(len(status_pb2.BatchGetStatusesResponse.FromString(answer).statuses))

    load.run(target, BATCH, [request], calls=20, at_once=10, connections=2, warm_up=0, read=read)
    return found


def test_a_request_that_needs_several_windows_is_answered(tmp_path: Path) -> None:
    """An edge takes a few kilobytes of each call in advance, and asks for the rest when it has room."""

    async def check() -> None:
        async with running(tmp_path, Authority()) as edge:
            tokens = [TOKEN, *(f"acct_{number:026d}" for number in range(10, 1_009))]
            assert await asyncio.to_thread(_read, edge, tmp_path, tokens) == [1] * 20

    asyncio.run(check())
