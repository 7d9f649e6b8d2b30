"""Puts TLS in front of a PostgreSQL server that has none: the tests' builds are made without it."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from tools.support.authority import Authority
from tools.support.databases import Databases

# PostgreSQL's SSLRequest message: its length and a code, and the answer that the server takes it.
_REQUEST_SIZE, _ACCEPTED = 8, b"S"
_PIECE = 65_536


@dataclass(frozen=True, slots=True)
class TlsFront:
    """ca: the authority of the certificate, which names localhost and 127.0.0.1. other_ca: another one."""

    ca: Path
    other_ca: Path
    port: int
    databases: Databases

    def urls(self, *, host: str, ca: Path) -> tuple[str, str]:
        """Return both databases' addresses through this front, which is to prove that it is host."""
        main, shred = (
            make_url(url)
            .set(host=host, port=self.port, query={"sslmode": "verify-full", "sslrootcert": str(ca)})
            .render_as_string(hide_password=False)
            for url in (self.databases.main_url, self.databases.shred_url)
        )
        return main, shred


@contextmanager
def running(folder: Path, databases: Databases) -> Iterator[TlsFront]:
    """Listen on every loopback address for the life of the block; folder: for the certificates."""
    authority = Authority()
    ca, other_ca = folder / "ca.pem", folder / "other-ca.pem"
    ca.write_bytes(authority.ca)
    other_ca.write_bytes(Authority().ca)
    listener = socket.create_server(("0.0.0.0", 0))  # noqa: S104 - two loopback addresses are asked
    serving = threading.Thread(
        target=_serve, args=(listener, _context(folder, authority), make_url(databases.main_url))
    )
    serving.start()
    try:
        yield TlsFront(ca, other_ca, listener.getsockname()[1], databases)
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        serving.join()


def _context(folder: Path, authority: Authority) -> ssl.SSLContext:
    issued, certificate, key = authority.server(), folder / "server.pem", folder / "server.key"
    certificate.write_bytes(issued.certificate)
    key.write_bytes(issued.key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


def _serve(listener: socket.socket, context: ssl.SSLContext, server: URL) -> None:
    with suppress(OSError):  # closing the listener ends this
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_forward, args=(client, context, server), daemon=True).start()


def _forward(client: socket.socket, context: ssl.SSLContext, server: URL) -> None:
    """Answer one connection until either side ends it; a refused certificate is the client's to tell."""
    with suppress(OSError), client:
        client.recv(_REQUEST_SIZE, socket.MSG_WAITALL)
        client.sendall(_ACCEPTED)
        with context.wrap_socket(client, server_side=True) as secured, _connect(server) as behind:
            back = threading.Thread(target=_pump, args=(behind, secured), daemon=True)
            back.start()
            _pump(secured, behind)
            back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


def _connect(server: URL) -> socket.socket:
    folder = server.query.get("host")
    if folder is None:
        return socket.create_connection((server.host or "127.0.0.1", server.port or 5432))
    behind = socket.socket(socket.AF_UNIX)
    behind.connect(f"{folder}/.s.PGSQL.{server.query.get('port', server.port or 5432)}")
    return behind
