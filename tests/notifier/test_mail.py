"""Mails leave encrypted, to a server whose certificate verifies, or not at all."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from idvault.core.topic import Audience
from idvault.notification.rules import Notification, Recipient, SendError
from idvault.processes.notifier.file import MailServer
from idvault.processes.notifier.mail import MailSender
from idvault_dev.authority import Authority, real_now
from tests.support.notified import MailHandler, mail_server

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MADE = Notification("m" * 32, "r", {"drill_due": 1}, NOW, 1, NOW)
RIGHT = "right"
WHO = Recipient("r", Audience.CUSTODIAN, email="custodian@office.example")


def sender(port: int, *, is_implicit: bool = False, password: str = RIGHT) -> MailSender:
    """Return a sender that takes the server for one of another machine."""
    server = MailServer(
        "localhost", port, "vault@vault.example", is_implicit, is_local=False, user="vault", password=password
    )
    return MailSender(server=lambda: server, patience=5)


@asynccontextmanager
async def tls_server(folder: Path, *, is_implicit: bool) -> AsyncIterator[MailHandler]:
    """Serve SMTP with TLS and a password, under a certificate of an authority in `folder`."""
    authority = Authority.open(certificate=folder / "ca.pem", key=folder / "ca.key", now=real_now())
    authority.issue_server(
        hosts=["localhost"], certificate=folder / "tls.pem", key=folder / "tls.key", now=real_now()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem", folder / "tls.key")
    handler, loop = MailHandler(), asyncio.get_running_loop()

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"vault", b"right"), handled=False)

    def serve() -> SMTP:
        return SMTP(
            handler,
            loop=loop,
            tls_context=None if is_implicit else context,
            require_starttls=not is_implicit,
            authenticator=authenticate,
            auth_required=not is_implicit,
            auth_require_tls=not is_implicit,
        )

    server = await loop.create_server(serve, "127.0.0.1", 0, ssl=context if is_implicit else None)
    handler.port = server.sockets[0].getsockname()[1]
    try:
        yield handler
    finally:
        server.close()


@pytest.mark.parametrize("is_implicit", [False, True])
async def test_a_mail_is_sent_by_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_implicit: bool
) -> None:
    """With STARTTLS or TLS from the start, after the password; a wrong one is refused."""
    async with tls_server(tmp_path, is_implicit=is_implicit) as mails:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        await sender(mails.port, is_implicit=is_implicit).send(WHO, MADE)
        assert mails.to == [WHO.email]
        with pytest.raises(SendError, match="REFUSED_535"):
            await sender(mails.port, is_implicit=is_implicit, password="wrong").send(WHO, MADE)
    assert len(mails.raw) == 1


@pytest.mark.parametrize("is_implicit", [False, True])
async def test_a_server_that_does_not_prove_itself_gets_nothing(tmp_path: Path, is_implicit: bool) -> None:
    """A certificate of an unknown authority could be anybody's."""
    async with tls_server(tmp_path, is_implicit=is_implicit) as mails:
        with pytest.raises(SendError, match="UNREACHABLE"):
            await sender(mails.port, is_implicit=is_implicit).send(WHO, MADE)
    assert mails.raw == []


async def test_a_server_without_tls_gets_nothing() -> None:
    """Neither the mail nor the password goes in the clear, whoever took the offer of TLS away."""
    async with mail_server() as mails:
        with pytest.raises(SendError, match="UNREACHABLE"):
            await sender(mails.port).send(WHO, MADE)
    assert mails.raw == []


async def test_without_a_mail_server_nothing_is_sent() -> None:
    """The failure says that none is set up."""
    with pytest.raises(SendError, match="NOT_SET_UP"):
        await MailSender(server=lambda: None).send(WHO, MADE)
