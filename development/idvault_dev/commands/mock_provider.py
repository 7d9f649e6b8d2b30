"""`idvault mock-provider`: a stand-in for providers: of holders of a name and a number, and of opaque ids."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault.core import process
from idvault.processes.cli import running
from idvault.registry import provider
from idvault.registry.provider import ProviderFileError
from idvault_dev.mock_provider import server
from idvault_dev.mock_provider.book import ProofBook
from idvault_dev.mock_provider.server import ProviderPages
from idvault_verify import durable_file
from idvault_verify.attest import jose, status_token
from idvault_verify.commands.errors import CommandError, ExitCode

_SECRET_SIZE = 32
_KEY = "key of a mock provider"
_HOST = "127.0.0.1"

File = Annotated[
    Path,
    typer.Option(
        "--file",
        help="The file for IDVAULT_HOLDER_PROVIDER, IDVAULT_RESULT_PROVIDER or both; created if missing.",
    ),
]
Origin = Annotated[str, typer.Option(help="IDVAULT_LOG_ORIGIN of the vault, to which it answers.")]
Listen = Annotated[str, typer.Option(help="Where vault and browsers reach it.")]
AdminListen = Annotated[str, typer.Option(help="Where the admin port listens, on loopback.")]


def mock_provider(
    file: File,
    log_origin: Origin,
    listen: Listen = "127.0.0.1:7498",
    admin_listen: AdminListen = "127.0.0.1:7499",
    ready_file: running.ReadyFile = None,
) -> None:
    """Stand in for a provider of proofs: a page on which everybody is who he says he is.

    It confirms the holder of a name and a number, and without them vouches for whoever shows a credential:
    the same credential is the same person. The admin port changes its behaviour while it runs: PUT /behaviour
    with the fault LATE, REPLAYED, OTHER_SESSION, OTHER_VAULT, WRONG_KEY, OTHER_NUMBER, OTHER_NAME, NAMED (it
    tells a name unasked), NUMBER_AS_ID, SILENT or NONE; GET /counters.
    """
    host, port = running.address(listen, option="--listen")
    _, admin_port = running.address(admin_listen, option="--admin-listen")
    if not file.exists():
        _create(file, url=f"http://{host}:{port}")
    try:
        settings = provider.read(file, development=True)
    except ProviderFileError as error:
        raise CommandError(ExitCode.REFUSED, str(error), reason="PROVIDER_FILE", field="--file") from error
    book = ProofBook(
        issuer=settings.url,
        audience=status_token.issuer(log_origin),
        key=_key(settings.secret),
        clock=lambda: datetime.now(UTC),
    )
    pages = ProviderPages(book=book, secret=settings.secret)

    async def program(ready: running.Ready, stop: asyncio.Event) -> None:
        await process.check_free({"--listen": listen, "--admin-listen": admin_listen})
        await server.run(
            pages,
            host=host,
            port=port,
            admin_port=admin_port,
            ready=lambda at: ready({"base_url": at.base_url, "admin_url": at.admin_url}),
            stop=stop,
        )

    running.run(program, ready_file=ready_file)


@asynccontextmanager
async def served(file: Path, *, log_origin: str) -> AsyncIterator[server.ProviderAddresses]:
    """Serve a mock provider on free ports until the block ends; the file is written anew and names it."""
    secret = secrets.token_hex(_SECRET_SIZE)
    audience = status_token.issuer(log_origin)
    book = ProofBook(issuer="", audience=audience, key=_key(secret), clock=lambda: datetime.now(UTC))
    told: asyncio.Future[server.ProviderAddresses] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    pages = ProviderPages(book=book, secret=secret)
    serving = asyncio.create_task(
        server.run(pages, host=_HOST, port=0, admin_port=0, ready=told.set_result, stop=stop)
    )
    try:
        parts: list[asyncio.Future[Any]] = [serving, told]
        await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        if not told.done():
            serving.result()
        book.issuer = told.result().base_url
        _create(file, url=book.issuer, secret=secret)
        yield told.result()
    finally:
        stop.set()
        await serving


def _create(file: Path, *, url: str, secret: str = "") -> None:
    secret = secret or secrets.token_hex(_SECRET_SIZE)
    key = jose.encode(_key(secret).public_key().public_bytes_raw())
    content = {"name": "模拟核验机构", "url": url, "key": key, "secret": secret}
    durable_file.replace(file, json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n", mode=0o600)


def _key(secret: str) -> Ed25519PrivateKey:
    """Return the mock's signing key, derived from the secret: one file holds all of a mock."""
    return Ed25519PrivateKey.from_private_bytes(sha256(f"{_KEY} {secret}".encode()).digest())
