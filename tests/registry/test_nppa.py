"""The NPPA adapter over loopback HTTP, against a server whose answers the test sets."""

import json
import socket
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web

from idvault.registry.nppa import InsecureUrlError, NppaCode, NppaRegistry, NppaStatus
from idvault_dev.mock_registry import registry_half
from idvault_verify.document import DocumentType
from idvault_verify.registry import RegistryAnswer
from tests.support.listening import silent
from tests.support.mock_registry import CREDENTIALS, FIXTURE, SECRET_KEY, Running, ai, identity, real_time

KNOWN = identity(*FIXTURE)
PATIENCE = 5.0
PI = "1fffbjzos82bs9cnyj1dna7d6d29zg4esnh99u"
MATCH = registry_half.build_answer(code=NppaCode.OK, status=NppaStatus.VERIFIED, pi=PI)


class Stage:
    """A server whose next answer is set by the test."""

    def __init__(self) -> None:
        self.status = 200
        self.body = MATCH
        self.headers: dict[str, str] = {}
        self.requests: list[tuple[str, bytes]] = []
        self.base_url = ""

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests.append((f"{request.method} {request.path_qs}", await request.read()))
        return web.Response(body=self.body, status=self.status, headers=self.headers)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    runner = web.ServerRunner(web.Server(stage.handle, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    stage.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield stage
    await runner.cleanup()


@pytest.fixture
async def adapter(stage: Stage) -> AsyncIterator[NppaRegistry]:
    adapter = adapter_of(stage.base_url)
    yield adapter
    await adapter.close()


def adapter_of(base_url: str) -> NppaRegistry:
    return NppaRegistry(
        check_base=base_url,
        query_base=base_url,
        credentials=CREDENTIALS,
        clock=real_time,
        development=True,
    )


async def check(adapter: NppaRegistry, *, patience: float = PATIENCE) -> RegistryAnswer:
    return await adapter.check(ai=ai(1), identity=KNOWN, patience=patience)


REJECTED = [1002, 1003, 1005, 1007, 1008, 1009, 1010, 1011, 1012, 4001, 4002, 4003]


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        *((code, RegistryAnswer.REJECTED_CALLER) for code in REJECTED),
        (1001, RegistryAnswer.UNKNOWN),
        (1004, RegistryAnswer.NOT_SENT),
        (1006, RegistryAnswer.RATE_LIMITED),
        (2001, RegistryAnswer.INVALID_INPUT),
        (2002, RegistryAnswer.DAILY_LIMIT),
        (2003, RegistryAnswer.NOT_FOUND),
        (2004, RegistryAnswer.IN_USE),
        (2005, RegistryAnswer.INVALID_INPUT),
        (2006, RegistryAnswer.UNKNOWN),
        (1019, RegistryAnswer.UNKNOWN),
        (-1, RegistryAnswer.UNKNOWN),
        (99999, RegistryAnswer.UNKNOWN),
    ],
)
async def test_every_code_has_its_answer(
    stage: Stage, adapter: NppaRegistry, code: int, answer: RegistryAnswer
) -> None:
    """A check's code is mapped by the table; a query's too, except for codes not about the check."""
    stage.body = json.dumps({"errcode": code, "errmsg": "x"}).encode()
    assert await check(adapter) is answer
    expected = (
        RegistryAnswer.UNKNOWN
        if answer in (RegistryAnswer.INVALID_INPUT, RegistryAnswer.DAILY_LIMIT, RegistryAnswer.IN_USE)
        else answer
    )
    assert await adapter.query(ai=ai(1), patience=PATIENCE) is expected


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (NppaStatus.VERIFIED, RegistryAnswer.MATCH),
        (NppaStatus.IN_PROGRESS, RegistryAnswer.IN_PROGRESS),
        (NppaStatus.FAILED, RegistryAnswer.MISMATCH),
    ],
)
async def test_every_status_has_its_answer(
    stage: Stage, adapter: NppaRegistry, status: NppaStatus, answer: RegistryAnswer
) -> None:
    """The three statuses are match, in progress and mismatch."""
    stage.body = registry_half.build_answer(code=NppaCode.OK, status=status, pi=PI if not status else None)
    assert await check(adapter) is answer
    assert await adapter.query(ai=ai(1), patience=PATIENCE) is answer


@pytest.mark.parametrize("status", [201, 204, 302, 400, 404, 500, 502, 503])
async def test_only_http_200_decides(stage: Stage, adapter: NppaRegistry, status: int) -> None:
    """A positive body with another HTTP status verifies nobody, and redirects are not followed."""
    stage.status, stage.headers = status, {"Location": stage.base_url + "/elsewhere"}
    assert await check(adapter) is RegistryAnswer.UNKNOWN
    assert len(stage.requests) == 1


async def test_a_refusal_with_an_error_status_counts(stage: Stage, adapter: NppaRegistry) -> None:
    """A code counts with a client-error status; with a server error the check is in doubt."""
    stage.body, stage.status = registry_half.build_answer(code=NppaCode.SIGN_ERROR), 403
    assert await check(adapter) is RegistryAnswer.REJECTED_CALLER
    stage.status = 500
    assert await check(adapter) is RegistryAnswer.UNKNOWN


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"\xff",
        MATCH[:-5],
        MATCH.replace(PI.encode(), b""),
        MATCH.replace(b'"status":0', b'"status":7'),
        b" " * 70_000 + MATCH,
    ],
)
async def test_an_answer_that_is_not_whole_is_in_doubt(
    stage: Stage, adapter: NppaRegistry, body: bytes
) -> None:
    """Malformed, incomplete and oversized answers never match."""
    stage.body = body
    assert await check(adapter) is RegistryAnswer.UNKNOWN


async def test_what_is_sent(stage: Stage, adapter: NppaRegistry) -> None:
    """Method, path, parameters and the sealed body follow the interface; each call has a new nonce."""
    await check(adapter)
    await check(adapter)
    await adapter.query(ai=ai(1), patience=PATIENCE)
    (first, body), (_second, other), (query, empty) = stage.requests
    assert first == "POST /idcard/authentication/check"
    assert registry_half.open_body(secret_key=SECRET_KEY, body=body) == {
        "ai": ai(1),
        "name": FIXTURE[0],
        "idNum": FIXTURE[1],
    }
    assert body != other
    assert (query, empty) == (f"GET /idcard/authentication/query?ai={ai(1)}", b"")


async def test_a_refused_connection_sent_nothing() -> None:
    """A refused connection is NOT_SENT."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        adapter = adapter_of(f"http://127.0.0.1:{unused.getsockname()[1]}")
        assert await check(adapter) is RegistryAnswer.NOT_SENT
        await adapter.close()


async def test_a_failed_handshake_sent_nothing(stage: Stage) -> None:
    """A failed TLS handshake is NOT_SENT."""
    adapter = adapter_of(stage.base_url.replace("http://", "https://"))
    assert await check(adapter) is RegistryAnswer.NOT_SENT
    await adapter.close()
    assert stage.requests == []


async def test_a_connection_that_is_not_taken_in_time_sent_nothing() -> None:
    """A handshake that hangs until the patience ends is NOT_SENT."""
    with silent() as held:
        adapter = adapter_of(f"https://127.0.0.1:{held.getsockname()[1]}")
        assert await check(adapter, patience=0.2) is RegistryAnswer.NOT_SENT
        await adapter.close()


async def test_without_patience_nothing_is_sent(stage: Stage, adapter: NppaRegistry) -> None:
    """Without time left the answer is NOT_SENT at once."""
    assert await check(adapter, patience=0.0) is RegistryAnswer.NOT_SENT
    assert stage.requests == []


async def test_a_wrong_clock_is_the_operators_to_mend(registry: Running) -> None:
    """With a clock 6 s behind, the registry rejects the caller."""
    adapter = NppaRegistry(
        check_base=registry.addresses.base_url,
        query_base=registry.addresses.base_url,
        credentials=CREDENTIALS,
        clock=lambda: real_time() - timedelta(seconds=6),
        development=True,
    )
    assert await check(adapter) is RegistryAnswer.REJECTED_CALLER
    await adapter.close()


@pytest.mark.parametrize(
    "base", ["http://registry.example", "ftp://registry.example", "registry.example", ""]
)
def test_base_urls_are_https(base: str) -> None:
    """Outside development both base URLs must be https; in development http is also allowed."""
    for check_base, query_base in ((base, "https://registry.example"), ("https://registry.example", base)):
        with pytest.raises(InsecureUrlError):
            NppaRegistry(
                check_base=check_base, query_base=query_base, credentials=CREDENTIALS, clock=real_time
            )
    if not base.startswith("http://"):
        with pytest.raises(InsecureUrlError):
            adapter_of(base)


async def test_what_it_can_check() -> None:
    """Names have up to 32 code points; documents are residents' by default; it can be closed unused."""
    adapter = NppaRegistry(
        check_base="https://registry.example",
        query_base="https://registry.example",
        credentials=CREDENTIALS,
        clock=real_time,
        document_types=frozenset({DocumentType.RESIDENT_ID, DocumentType.RESIDENCE_PERMIT}),
    )
    assert adapter.name_limit == 32
    assert DocumentType.RESIDENCE_PERMIT in adapter.document_types
    assert adapter_of("http://127.0.0.1:1").document_types == {DocumentType.RESIDENT_ID}
    assert SECRET_KEY not in repr(vars(adapter))
    await adapter.close()


async def test_a_probe_sees_both_addresses(stage: Stage) -> None:
    """A query of an unknown id, and a request to the address of checks that asks for nothing."""
    stage.body = registry_half.build_answer(code=NppaCode.NO_SUCH_CHECK)
    for check_base, answer in (
        (stage.base_url, RegistryAnswer.NOT_FOUND),
        (stage.base_url.replace("127.0.0.1", "localhost"), RegistryAnswer.NOT_FOUND),
        ("http://127.0.0.1:9", RegistryAnswer.NOT_SENT),
    ):
        adapter = NppaRegistry(
            check_base=check_base,
            query_base=stage.base_url,
            credentials=CREDENTIALS,
            clock=real_time,
            development=True,
        )
        assert await adapter.probe(ai=ai(1), patience=PATIENCE) is answer
        await adapter.close()
    assert [line.partition("?")[0].split()[0] for line, _ in stage.requests] == ["GET", "GET", "HEAD", "GET"]
    stage.status = 500
    adapter = adapter_of(stage.base_url)
    assert await adapter.probe(ai=ai(1), patience=PATIENCE) is RegistryAnswer.UNKNOWN
    assert not await adapter._exchange.reach(stage.base_url, patience=PATIENCE)
    await adapter.close()
