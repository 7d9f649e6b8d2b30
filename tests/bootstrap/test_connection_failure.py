"""Why a server cannot be used is said by name, and without the server's address."""

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import literal_column, select

from idvault.core.db import connection
from idvault.core.db.connection import DriverError, NoSocketError
from idvault.core.db.database import Database
from idvault.core.db.statement import statement
from idvault.core.telemetry.logs import cause, describe
from idvault.processes.bootstrap import connection_failure
from idvault_dev.authority import Authority, real_now
from idvault_verify.error import Reason, UnavailableError

_MISSING = "CA cert does not include key usage extension"
NOTHING = statement(select(literal_column("1")))


def _verification(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_code = code
    error.verify_message = _MISSING if code else ""
    return error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (_verification(10), "its certificate has expired"),
        (_verification(62), "its certificate is for another name"),
        (_verification(92), f"its certificate does not verify: {_MISSING}"),
        (_verification(0), "its certificate does not verify"),
        (socket.gaierror(8, "x"), "its name is not known to DNS"),
        (ConnectionRefusedError(111, "x"), "nothing listens there"),
        (TimeoutError(), "it does not answer in time"),
        (DriverError("InvalidPasswordError", "28P01"), "it refuses the password"),
        (DriverError("InvalidCatalogNameError", "3D000"), "it has no such database"),
        (DriverError("SomeError", "XX000"), "it refuses (SomeError XX000)"),
        (
            DriverError("ConnectionError", ""),
            "it refuses the connection, or has no TLS although the address demands it",
        ),
        (
            DriverError("FileNotFoundError", ""),
            "a file that the address names is not there, such as sslrootcert",
        ),
        (connection.describe_failure(_verification(10)), "its certificate has expired"),
        (
            connection.describe_failure(_verification(92)),
            "its certificate does not verify: OpenSSL's error 92",
        ),
        (connection.describe_failure(ConnectionRefusedError(111, "x")), "nothing listens there"),
        (
            connection.describe_failure(NoSocketError(2, "x")),
            "nothing listens there: its socket is not there",
        ),
        (OSError(5, "x"), "it does not answer"),
    ],
)
def test_the_failure_has_a_name(error: Exception, said: str) -> None:
    """The deepest cause counts, also behind a domain error."""
    found = UnavailableError(Reason.STORE_UNAVAILABLE)
    found.__cause__ = error
    assert connection_failure.why(found) == said


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("", "nothing listens there: its socket is not there"),
        ("&sslmode=verify-full&sslrootcert={folder}/none.pem", "a file that the address names is not there"),
    ],
)
@pytest.mark.parametrize("name", ["main", "shred"])
async def test_a_stopped_server_is_no_missing_certificate(
    tmp_path: Path, end: str, said: str, name: str
) -> None:
    """A server's socket is gone with it; the log says which database it was, and what failed."""
    url = f"postgresql://idvault@/{name}?host={tmp_path}{end.format(folder=tmp_path)}"
    database = Database(url=url, name=name, patience=0)
    with pytest.raises(UnavailableError) as caught:
        await database.read("test", lambda one: one.all(NOTHING))
    await database.close()
    assert connection_failure.why(caught.value).startswith(said)
    shown = describe(caught.value)["error"]
    assert shown.startswith(f"UnavailableError<-DriverError[{name}: ")
    assert cause(caught.value) in shown
    assert str(tmp_path) not in shown


@asynccontextmanager
async def _serving(tls: ssl.SSLContext | None) -> AsyncIterator[int]:
    runner = web.AppRunner(web.Application())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _failure(url: str) -> str:
    async with aiohttp.ClientSession() as session:
        try:
            await session.head(url)
        except aiohttp.ClientError as error:
            return connection_failure.why(error)
    return ""


async def test_what_openssl_says_of_another_fault_is_said(tmp_path: Path) -> None:
    """An authority's certificate in the place of a server's: OpenSSL's own words follow, and no address."""
    certificate, key, now = tmp_path / "ca.pem", tmp_path / "ca.key", real_now()
    Authority.open(certificate=certificate, key=key, now=now)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    client = ssl.create_default_context(cafile=str(certificate))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    client.check_hostname = False
    async with _serving(tls) as port, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError) as caught:
            await session.head(f"https://127.0.0.1:{port}/", ssl=client)
    said = connection_failure.why(caught.value)
    assert said.startswith("its certificate does not verify: ")
    assert (len(said) > 40, str(port) in said) == (True, False)


async def test_tls_failures_of_real_servers(tmp_path: Path) -> None:
    """A certificate of an unknown authority, and a port without TLS."""
    certificate, key, now = tmp_path / "server.pem", tmp_path / "server.key", real_now()
    authority = Authority.open(certificate=tmp_path / "ca.pem", key=tmp_path / "ca.key", now=now)
    authority.issue_server(hosts=["127.0.0.1"], certificate=certificate, key=key, now=now)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    async with _serving(tls) as port:
        said = await _failure(f"https://127.0.0.1:{port}/")
    assert said.startswith("its certificate's authority is not one of this system's (SSL_CERT_FILE")
    async with _serving(None) as port:
        assert await _failure(f"https://127.0.0.1:{port}/") == "it does not speak TLS at this port"
