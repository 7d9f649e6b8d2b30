"""What a developer sees who connects wrongly: each mistake has its sentence, in both clients."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import idvault_client
from idvault_client import (
    AccessDenied,
    Consent,
    DeadlineExceeded,
    Tls,
    Unavailable,
    VaultError,
    refusals,
    resident_id,
)
from tests.clients.vault_server import (
    NAME,
    NUMBER,
    TOKEN,
    Authority,
    Refuse,
    VaultServer,
    running,
    status,
)
from tests.support.both_clients import AskClient, connected

KINDS = pytest.mark.parametrize("kind", ["sync", "aio"])
SECRET = "synthetic content of a file"
CONSENT = Consent("terms-3", datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
NO_PORT = "target has no port: give HOST:PORT"
NO_URL = "target must be HOST:PORT or dns:///HOST:PORT, and no URL"
PORT = "target must end with a port, from 1 to 65535"
HOST = "target has no host, or one with a character that no host has: give HOST:PORT"
KIND = "target must be HOST:PORT, dns:///HOST:PORT or ipv4:ADDRESS:PORT: no vault serves unix, vsock or xds"
ADDRESSES = "target must have an address and a port after {0}, or several with commas: {0}{1}:PORT"
IPV4, IPV6 = ADDRESSES.format("ipv4:", "ADDRESS"), ADDRESSES.format("ipv6:", "[ADDRESS]")
TARGETS = {
    "unix:/run/vault.sock": KIND,
    "unix:///run/vault.sock": KIND,
    "unix-abstract:vault": KIND,
    "vsock:1:7443": KIND,
    "xds:///vault": KIND,
    "ipv4:": IPV4,
    "ipv4:junk": IPV4,
    "ipv4:vault.internal:7443": IPV4,
    "ipv4:10.0.0.1": IPV4,
    "ipv4:10.0.0.256:7443": IPV4,
    "ipv4:10.0.0.1:0": IPV4,
    "ipv4:10.0.0.1:7443,": IPV4,
    "ipv4:[::1]:7443": IPV4,
    "ipv6:::1:7443": IPV6,
    "ipv6:[::1]": IPV6,
    "ipv6:[10.0.0.1]:7443": IPV6,
    "http://vault.internal:7443": NO_URL,
    "https://vault.internal:7443": NO_URL,
    "grpcs://vault.internal:7443": NO_URL,
    "": NO_PORT,
    "vault.internal": NO_PORT,
    "dns:///vault.internal": NO_PORT,
    "dns:vault.internal": NO_PORT,
    "[::1]": NO_PORT,
    "::1:7443": "target has an IPv6 address without brackets: give [ADDRESS]:PORT",
    "dns://vault.internal:7443": "target needs three slashes: dns:///HOST:PORT",
    "vault.internal:0": PORT,
    "vault.internal:65536": PORT,
    "vault.internal:grpc": PORT,
    "vault.internal:7443/": PORT,
    "vault.internal:7443\n": PORT,
    ":7443": HOST,
    "vault internal:7443": HOST,
    "dns:////vault.internal:7443": HOST,
}
GOOD_TARGETS = (
    *("vault.internal:7443", "dns:vault.internal:7443", "dns:/vault.internal:7443", "127.0.0.1:65535"),
    *(
        "dns:///vault.internal:7443",
        "dns://10.0.0.1:53/vault.internal:7443",
        "[::1]:7443",
        "[fe80::1%eth0]:1",
    ),
    *("ipv4:127.0.0.1:7443,127.0.0.2:7443", "ipv6:[::1]:7443", "ipv6:[::1]:7443,[fe80::1]:7444"),
)


async def refused(kind: str, target: Any, tls: Any) -> Exception:
    """Return what `connect` raises; a connection that is made fails the test."""
    with pytest.raises((ValueError, TypeError, OSError)) as caught:
        async with connected(kind, target, tls):
            pass
    assert not isinstance(caught.value, UnicodeError)
    return caught.value


@KINDS
@pytest.mark.parametrize(("target", "sentence"), TARGETS.items())
async def test_a_target_that_is_none(kind: str, tls: Tls, target: str, sentence: str) -> None:
    """The form of the target is checked before the first call, and the sentence does not show it."""
    failure = await refused(kind, target, tls)
    assert (type(failure), str(failure)) == (ValueError, sentence)


@KINDS
@pytest.mark.parametrize("target", GOOD_TARGETS)
async def test_a_target_of_grpc(kind: str, tls: Tls, target: str) -> None:
    """Every form in which gRPC reaches a host is accepted; nothing is looked up before the first call."""
    async with connected(kind, target, tls):
        pass


@KINDS
async def test_values_of_another_type(kind: str, tls: Tls) -> None:
    """A target or files of another type are refused by their argument's name."""
    failure = await refused(kind, b"127.0.0.1:7443", tls)
    assert (type(failure), str(failure)) == (TypeError, "target must be a str, not a bytes")
    failure = await refused(kind, "127.0.0.1:7443", (tls.ca, tls.certificate, tls.key))
    assert (type(failure), str(failure)) == (TypeError, "tls must be a Tls, not a tuple")


def _files(folder: Path, authority: Authority, tls: Tls) -> dict[str, tuple[Tls, str]]:
    """Return files of each kind of mistake, and what is said about them."""
    junk, locked = folder / "junk", folder / "locked.key"
    junk.write_text(SECRET)
    key = serialization.load_pem_private_key(Path(tls.key).read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    passphrase = serialization.BestAvailableEncryption(SECRET.encode())
    locked.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, passphrase)
    )
    expired = authority.issue("expired", lasts=-timedelta(seconds=1))
    none, mismatch = "has no certificate in PEM form", "is not the key of the first certificate in"
    return {
        "junk ca": (replace(tls, ca=junk), f"tls.ca {none}"),
        "key as ca": (replace(tls, ca=tls.key), f"tls.ca {none}"),
        "expired ca": (replace(tls, ca=expired.certificate), "tls.ca has expired"),
        "junk certificate": (replace(tls, certificate=junk), f"tls.certificate {none}"),
        "swapped": (replace(tls, certificate=tls.key, key=tls.certificate), f"tls.certificate {none}"),
        "expired": (expired, "tls.certificate has expired"),
        "junk key": (replace(tls, key=junk), "tls.key has no private key in PEM form"),
        "certificate as key": (replace(tls, key=tls.certificate), "tls.key has no private key in PEM form"),
        "passphrase": (replace(tls, key=locked), "tls.key has a passphrase: give a key without one"),
        "other key": (replace(tls, key=authority.issue("other").key), f"tls.key {mismatch} tls.certificate"),
    }


@KINDS
async def test_files_of_something_else(kind: str, authority: Authority, tls: Tls, tmp_path: Path) -> None:
    """Files that cannot be used are refused by their argument's name, without what they hold."""
    for name, (files, sentence) in _files(tmp_path, authority, tls).items():
        failure = await refused(kind, "127.0.0.1:7443", files)
        assert (type(failure), str(failure)) == (ValueError, sentence), name
        assert failure.__cause__ is None, name


@KINDS
@pytest.mark.parametrize("argument", ["ca", "certificate", "key"])
async def test_files_that_cannot_be_read(kind: str, tls: Tls, tmp_path: Path, argument: str) -> None:
    """The error has the class of its cause, and names argument and path."""
    failure = await refused(kind, "127.0.0.1:7443", replace(tls, **{argument: "gone.pem"}))
    assert (type(failure), failure.filename) == (FileNotFoundError, "gone.pem")  # type: ignore[attr-defined]
    assert f"tls.{argument} cannot be read: No such file or directory" in str(failure)
    failure = await refused(kind, "127.0.0.1:7443", replace(tls, **{argument: tmp_path}))
    assert type(failure) is IsADirectoryError


def test_files_that_grpc_reads_are_accepted(server: VaultServer, tls: Tls, tmp_path: Path) -> None:
    """One file with chain and key, with remarks between, and several authorities in one."""
    both, authorities = tmp_path / "both.pem", tmp_path / "authorities.pem"
    parts = (Path(tls.certificate).read_text(), Path(tls.ca).read_text(), Path(tls.key).read_text())
    both.write_text("remarks\n".join(("", *parts)))
    other = Authority(tmp_path / "other").issue("other").ca
    authorities.write_text(Path(other).read_text() + Path(tls.ca).read_text())
    server.outcomes = [status()]
    files = Tls(authorities, both, both)
    with idvault_client.connect(server.target, tls=files, server_name="localhost") as vault:
        assert vault.get_status(TOKEN).is_verified


@KINDS
async def test_another_certificate_that_cannot_be_used(
    kind: str, server: VaultServer, authority: Authority, tls: Tls, tmp_path: Path
) -> None:
    """A later one is checked alike; the one in use stays."""
    server.outcomes = [status()]
    async with connected(kind, server.target, tls, server_name="localhost") as ask:
        for files, sentence in _files(tmp_path, authority, tls).values():
            with pytest.raises(ValueError, match=sentence.split(":")[0]):
                await ask("use_certificate", files)
        assert (await ask("get_status", TOKEN)).is_verified


async def told(kind: str, target: str, tls: Tls, *, seconds: float = 60.0, **options: Any) -> VaultError:
    """Return the error of the first call; only what is known before the deadline comes within a minute."""
    async with connected(kind, target, tls, timeout=seconds, **options) as ask:
        with pytest.raises(VaultError) as caught:
            await ask("get_status", TOKEN)
    assert caught.value.__context__ is None
    return caught.value


@contextmanager
def answering_in_plain() -> Iterator[str]:
    """A server of HTTP without TLS, as metrics are served; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65_536)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@KINDS
@pytest.mark.parametrize("prefix", ["", "dns:///"])
async def test_an_unknown_host(kind: str, tls: Tls, prefix: str) -> None:
    """Is told at once, and not at the deadline: RFC 2606 reserves the name."""
    failure = await told(kind, f"{prefix}vault.invalid:7443", tls)
    assert (type(failure), failure.hint) == (Unavailable, "no host has the target's name")


@KINDS
async def test_a_port_without_tls(kind: str, tls: Tls) -> None:
    """As that of the metrics, of the pages and of the public files."""
    with answering_in_plain() as target:
        failure = await told(kind, target, tls)
    assert isinstance(failure, Unavailable)
    assert failure.hint.startswith("what listens at the target speaks no TLS")


@KINDS
async def test_whose_certificate_is_wrong(
    kind: str, authority: Authority, server: VaultServer, tls: Tls, stranger: Tls
) -> None:
    """The server's authority, name and end are told apart."""
    failure = await told(kind, server.target, replace(tls, ca=stranger.ca), server_name="localhost")
    assert failure.hint == "the given ca did not issue the server's certificate"
    failure = await told(kind, server.target, tls, server_name="other.example")
    assert failure.hint == "the server's certificate has another name: set server_name"
    with running(authority.issue("late", dns="localhost", lasts=-timedelta(seconds=1))) as late:
        failure = await told(kind, late.target, tls, server_name="localhost")
    assert failure.hint == "the server's certificate has expired: tell the vault's operator"


@KINDS
async def test_another_edge(kind: str, server: VaultServer, tls: Tls) -> None:
    """An edge without the method, as the custody edge is, is not taken for an error of the vault."""
    server.outcomes = [Refuse(grpc.StatusCode.UNIMPLEMENTED, text="Method not found!")]
    failure = await told(kind, server.target, tls, server_name="localhost")
    assert failure.code == "UNIMPLEMENTED"
    assert failure.hint.startswith("another edge than the one for this call listens at the target")


@KINDS
async def test_a_platform_that_is_not_registered(kind: str, server: VaultServer, tls: Tls) -> None:
    """The vault says only ACCESS_DENIED; the client says what that may mean."""
    server.outcomes = [Refuse(grpc.StatusCode.PERMISSION_DENIED, "ACCESS_DENIED")]
    failure = await told(kind, server.target, tls, server_name="localhost")
    assert isinstance(failure, AccessDenied)
    assert failure.hint.startswith("your certificate is not registered there")


@KINDS
async def test_nothing_has_ever_answered(kind: str, tls: Tls) -> None:
    """A target that takes connections and says nothing is told apart from a slow vault."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        failure = await told(kind, f"127.0.0.1:{silent.getsockname()[1]}", tls, seconds=0.3)
    assert isinstance(failure, DeadlineExceeded)
    assert failure.hint.startswith("nothing at the target has answered this client yet")


@pytest.mark.parametrize("details", ["errors resolving x:1: [Domain name not found]", "WRONG_VERSION_NUMBER"])
def test_a_vault_that_has_answered_may_lose_its_name(details: str) -> None:
    """While it restarts, a cluster's name service may not know it: then the call is repeated."""
    call = _Failed(details)
    failure = refusals.from_rpc(call, request_id=None)
    assert refusals.connection_lost(failure, answered=True)
    assert not refusals.connection_lost(failure, answered=False)


class _Failed(grpc.RpcError):
    """A failed call as grpc raises it, without details of the vault."""

    def __init__(self, details: str) -> None:
        self._details = details

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNAVAILABLE

    def details(self) -> str:
        return self._details

    def trailing_metadata(self) -> tuple[()]:
        return ()


async def test_a_string_in_place_of_a_value(ask: AskClient, server: VaultServer) -> None:
    """The error says what is wanted, and not what was given; nothing is sent."""
    with pytest.raises(TypeError) as caught:
        await ask("verify_individual", NAME, NUMBER, consent=CONSENT)
    wanted = "document must be an IdentityDocument, as resident_id() and its like return it, not a str"
    assert str(caught.value) == wanted
    with pytest.raises(TypeError, match=r"^consent must be a Consent, not a str$"):
        await ask("verify_individual", NAME, resident_id(NUMBER), consent="terms-3")
    with pytest.raises(TypeError, match=r"^agree_time must be a datetime, not a str$"):
        Consent("terms-3", "2026-03-01")  # type: ignore[arg-type]
    assert server.asked == []
