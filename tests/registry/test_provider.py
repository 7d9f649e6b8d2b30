"""The client of a provider over HTTP, against the mock: one file names it, and what it does not answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault.registry import provider
from idvault.registry.ports import OpenProof
from idvault.registry.provider import HttpProofProvider, ProviderFileError, ProviderSettings
from idvault_dev.mock_provider.book import ProofBook, ProviderFault
from idvault_dev.mock_provider.server import ProviderPages
from idvault_verify.attest import assertion, jose
from idvault_verify.error import Reason, UnavailableError
from tools.support import builders

NONCE = "0" * 26
PROOF = OpenProof(NONCE, "s" * 26, "https://verify.example/proof", builders.identity())
KEY = Ed25519PrivateKey.from_private_bytes(b"p" * 32)
GOOD: dict[str, Any] = {
    "name": "核验机构",
    "url": "https://provider.example",
    "key": jose.encode(KEY.public_key().public_bytes_raw()),
    "secret": "x" * 32,
}


class Mock:
    """A mock provider on a port, and the vault's client of it."""

    def __init__(self, server: TestServer, book: ProofBook, secret: str) -> None:
        """Begin without a call."""
        self.server, self.book = server, book
        self.url = str(server.make_url("")).rstrip("/")
        self.client = HttpProofProvider(ProviderSettings("核验机构", self.url, book.public_key, secret))

    async def end(self, outcome: str, nonce: str = NONCE, *, credential: str = "1") -> tuple[int, str]:
        """End a proof on its page as a browser does; return status and address."""
        async with ClientSession() as session:
            page = await session.get(self.client.page(nonce))
            await page.read()
            url = f"{self.url}/proofs/{nonce}/end"
            ended = await session.post(
                url, data={"outcome": outcome, "credential": credential}, allow_redirects=False
            )
            return ended.status, ended.headers.get("Location", "")


@pytest_asyncio.fixture
async def mock() -> AsyncIterator[Mock]:
    """Serve a mock provider."""
    book = ProofBook(
        issuer="https://provider.example",
        audience="https://vault.example",
        key=KEY,
        clock=lambda: builders.NOW,
    )
    server = TestServer(ProviderPages(book=book, secret="s" * 32).application())
    await server.start_server()
    made = Mock(server, book, "s" * 32)
    yield made
    await made.client.close()
    await server.close()


@pytest.mark.parametrize(
    ("outcome", "fault", "said"),
    [
        ("CONFIRMED", ProviderFault.NONE, "CONFIRMED"),
        ("CONFIRMED", ProviderFault.OTHER_FORMER, "DENIED"),
        ("DENIED", ProviderFault.NONE, "DENIED"),
    ],
)
async def test_a_former_number_is_asked_and_answered(
    mock: Mock, outcome: str, fault: ProviderFault, said: str
) -> None:
    """It goes to the provider beside the new one, and stands in the assertion with what it says of it."""
    former = builders.identity(number="110000190101040016").document
    mock.book.fault = fault
    await mock.client.begin(replace(PROOF, former=former))
    await mock.end(outcome)
    signed = await mock.client.assertion(NONCE)
    assert signed is not None
    claims = json.loads(jose.decode(signed.split(".")[1]))
    found = [claims.get(name) for name in assertion.FORMER]
    assert found == [said, former.type.value, former.number]


async def test_a_proof_from_form_to_assertion(mock: Mock) -> None:
    """The provider gets what was typed, asks the person, and signs once for all."""
    assert await mock.client.assertion(NONCE) is None
    await mock.client.begin(PROOF)
    await mock.client.begin(PROOF)
    assert await mock.client.assertion(NONCE) is None
    assert await mock.end("CONFIRMED") == (303, PROOF.return_url)
    signed = await mock.client.assertion(NONCE)
    assert signed is not None
    assert json.loads(jose.decode(signed.split(".")[1]))["number"] == builders.identity().document.number
    assert await mock.end("DENIED") == (303, PROOF.return_url)
    assert await mock.client.assertion(NONCE) == signed
    assert (await mock.end("PERHAPS"))[0] == 400
    assert (await mock.end("CONFIRMED", "1" * 26))[0] == 404


async def test_a_proof_without_a_name(mock: Mock) -> None:
    """The provider hears of no person; who shows a credential is one by it, and for another vault another."""
    await mock.client.begin(replace(PROOF, identity=None))
    await mock.client.begin(replace(PROOF, identity=None))
    assert await refused(mock.client.begin(PROOF)) is Reason.PROVIDER_UNAVAILABLE
    assert mock.book.proofs[NONCE].person == {}
    async with ClientSession() as session:
        page = await session.get(mock.client.page(NONCE))
        assert 'name="credential"' in await page.text()
        half = await session.put(
            f"{mock.url}/proofs/{'1' * 26}",
            json={"session": "s", "return_url": "https://verify.example", "name": builders.NAME},
            headers={"Authorization": f"Bearer {'s' * 32}"},
        )
        assert half.status == 400
    assert await mock.end("CONFIRMED", credential="7") == (303, PROOF.return_url)
    signed = await mock.client.assertion(NONCE)
    assert signed is not None
    told = json.loads(jose.decode(signed.split(".")[1]))
    assert told["opaque_id"] == mock.book.opaque_id("7") != mock.book.opaque_id("8")
    assert not told.keys() & {"name", "number", "document_type"}
    here = mock.book.opaque_id("7")
    mock.book.audience = "https://other.example"
    assert mock.book.opaque_id("7") != here


async def refused(work: Any) -> Reason:
    with pytest.raises(UnavailableError) as caught:
        await work
    assert caught.value.__cause__ is None
    return caught.value.reason


async def test_what_a_provider_does_not_do(mock: Mock) -> None:
    """Another proof under the nonce, another secret, a silent or absent provider: all are unavailable."""
    await mock.client.begin(PROOF)
    other = OpenProof(NONCE, "t" * 26, PROOF.return_url, PROOF.identity)
    assert await refused(mock.client.begin(other)) is Reason.PROVIDER_UNAVAILABLE
    stranger = HttpProofProvider(ProviderSettings("x", mock.url, mock.book.public_key, "wrong"))
    assert await refused(stranger.begin(PROOF)) is Reason.PROVIDER_UNAVAILABLE
    assert await refused(stranger.assertion(NONCE)) is Reason.PROVIDER_UNAVAILABLE
    await stranger.close()
    mock.book.fault = ProviderFault.SILENT
    assert await refused(mock.client.begin(PROOF)) is Reason.PROVIDER_UNAVAILABLE
    await mock.server.close()
    assert await refused(mock.client.assertion(NONCE)) is Reason.PROVIDER_UNAVAILABLE


async def test_a_provider_that_hangs(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller does not wait for it."""
    monkeypatch.setattr(provider, "_PATIENCE", 0.05)

    silent = asyncio.Event()

    ended = asyncio.Event()

    async def hang(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await silent.wait()
        writer.close()
        ended.set()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = HttpProofProvider(
        ProviderSettings("x", f"http://127.0.0.1:{port}", mock.book.public_key, "secret")
    )
    assert await refused(client.assertion(NONCE)) is Reason.PROVIDER_UNAVAILABLE
    await client.close()
    silent.set()
    await ended.wait()
    server.close()
    await server.wait_closed()


async def test_an_answer_in_pieces(mock: Mock) -> None:
    """It is put together again; one that is longer than any assertion is cut off, and so refused later."""
    ended = asyncio.Event()
    sent = [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc", b"def", b"x" * 100_000]

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for part in sent:
            writer.write(part)
            await asyncio.sleep(0.02)
        writer.close()
        ended.set()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    client = HttpProofProvider(ProviderSettings("x", url, mock.book.public_key, "secret"))
    found = await client.assertion(NONCE)
    assert found is not None
    assert (found[:7], len(found)) == ("abcdefx", assertion.LONGEST + 1)
    await client.close()
    await ended.wait()
    server.close()
    await server.wait_closed()


def test_a_file_that_names_a_provider(tmp_path: Path) -> None:
    """Four texts; a slash at the end of the address means nothing."""
    path = tmp_path / "provider.json"
    path.write_text(json.dumps({**GOOD, "url": "https://provider.example/"}))
    found = provider.read(path, development=False)
    assert (found.name, found.url, found.secret) == (GOOD["name"], GOOD["url"], GOOD["secret"])
    assert found.secret not in repr(found)
    path.write_text(json.dumps({**GOOD, "url": "http://127.0.0.1:1"}))
    assert provider.read(path, development=True).url == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        *(json.dumps({k: v for k, v in GOOD.items() if k != name}).encode() for name in GOOD),
        *(json.dumps({**GOOD, name: ""}).encode() for name in GOOD),
        json.dumps({**GOOD, "more": "x"}).encode(),
        json.dumps({**GOOD, "secret": 1}).encode(),
        json.dumps({**GOOD, "url": "http://provider.example"}).encode(),
        json.dumps({**GOOD, "key": "AAAA"}).encode(),
        json.dumps({**GOOD, "key": jose.encode(bytes(32))}).encode(),
        json.dumps({**GOOD, "key": "not base64"}).encode(),
    ],
)
def test_a_file_that_names_none(tmp_path: Path, content: bytes) -> None:
    """It is refused without being quoted."""
    path = tmp_path / "provider.json"
    path.write_bytes(content)
    with pytest.raises(ProviderFileError) as caught:
        provider.read(path, development=False)
    assert GOOD["secret"] not in str(caught.value)
