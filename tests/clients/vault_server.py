"""A small gRPC server for tests with scripted answers; it records the requests."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]
from grpc_status import rpc_status

from idvault_client import Tls
from idvault_verify.v1 import common_pb2, verification_pb2

TOKEN = "acct_0123456789abcdefghjkmnpqrs"
REQUEST_ID = "5b6f1f8e-6a3c-4f0e-9d1e-3c1f7b2a9e10"
# Synthetic: the number is a fixture of the registry's test system.
NAME, NUMBER = "某某测试", "110000190101010001"


@dataclass(frozen=True, slots=True)
class Refuse:
    """A status with details, as the vault sends it."""

    code: grpc.StatusCode
    reason: str = ""
    fields: Sequence[tuple[str, str]] = ()
    retry_after: timedelta | None = None
    text: str = "refused"
    domain: str = "idvault"
    metadata: Mapping[str, str] = field(default_factory=dict)
    error_id: str = ""

    def status(self) -> status_pb2.Status:
        """Return the google.rpc.Status."""
        status = status_pb2.Status(code=self.code.value[0], message=self.text)
        for message in self._details():
            packed = AnyMessage()
            packed.Pack(message)
            status.details.append(packed)
        return status

    def _details(self) -> Iterator[Message]:
        if self.reason:
            yield error_details_pb2.ErrorInfo(reason=self.reason, domain=self.domain, metadata=self.metadata)
        if self.fields:
            kind = error_details_pb2.BadRequest.FieldViolation
            yield error_details_pb2.BadRequest(
                field_violations=[
                    kind(field=path, reason=code, description=code) for path, code in self.fields
                ]
            )
        if self.error_id:
            yield error_details_pb2.RequestInfo(request_id=self.error_id)
        if self.retry_after is not None:
            retry = error_details_pb2.RetryInfo()
            retry.retry_delay.FromTimedelta(self.retry_after)
            yield retry


@dataclass(frozen=True, slots=True)
class Trailers:
    """A status with raw trailing metadata, which may contradict it."""

    code: grpc.StatusCode
    details: bytes


@dataclass(frozen=True, slots=True)
class Compressed:
    """An answer of this many zeros, which takes a thousandth of them on the way."""

    size: int


class Hang:
    """No answer until the server stops."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One call as received."""

    path: str
    body: bytes
    seconds_left: float
    peer: bytes
    connection: str


Outcome = Message | bytes | Refuse | Trailers | Compressed | Hang | Callable[[bytes], Message]


@dataclass
class VaultServer(grpc.GenericRpcHandler):
    """Answers each call with the next outcome, and then with the last one; by_path: a method's own answer."""

    outcomes: list[Outcome] = field(default_factory=list)
    by_path: dict[str, Message] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    target: str = ""
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    stopping: threading.Event = field(default_factory=threading.Event)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """Return a handler of bytes for any path."""
        path = handler_call_details.method

        def serve(body: bytes, context: grpc.ServicerContext) -> bytes:
            return self._serve(path, body, context)

        return grpc.unary_unary_rpc_method_handler(serve)

    def _serve(self, path: str, body: bytes, context: grpc.ServicerContext) -> bytes:
        peer = b"".join(context.peer_identities() or ())
        self.asked.append(Asked(path, body, context.time_remaining(), peer, context.peer()))
        self.arrived.release()
        if path in self.by_path:
            return self.by_path[path].SerializeToString()
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Refuse):
            context.abort_with_status(rpc_status.to_status(outcome.status()))
        if isinstance(outcome, Trailers):
            context.set_trailing_metadata((("grpc-status-details-bin", outcome.details),))
            context.abort(outcome.code, "refused")
        if isinstance(outcome, Compressed):
            context.set_compression(grpc.Compression.Gzip)
            return bytes(outcome.size)
        if isinstance(outcome, Hang):
            self.stopping.wait()
            return b""
        if isinstance(outcome, bytes):
            return outcome
        return (outcome if isinstance(outcome, Message) else outcome(body)).SerializeToString()


def verification(
    state: str = "SUCCEEDED",
    *,
    failure: str = "UNSPECIFIED",
    retry_after: int = 0,
    account: str = "VERIFIED",
    request_id: str = REQUEST_ID,
) -> verification_pb2.Verification:
    """Return a claim as in the vault's answer."""
    kind = verification_pb2.Verification
    answer = kind(
        request_id=request_id,
        account_token=TOKEN,
        state=kind.State.Value(f"STATE_{state}"),
        failure_reason=kind.FailureReason.Value(f"FAILURE_REASON_{failure}"),
        status=status(state=account),
    )
    if retry_after:
        answer.retry_after.FromSeconds(retry_after)
    return answer


def status(
    token: str = TOKEN, *, state: str = "VERIFIED", standing: str = "GOOD"
) -> common_pb2.AccountStatus:
    """Return an account's status as in the vault's answer."""
    kind = common_pb2.AccountStatus
    verified = state in ("VERIFIED", "EXPIRED")
    return kind(
        account_token=token,
        subject_kind=common_pb2.SUBJECT_KIND_INDIVIDUAL,
        state=kind.State.Value(f"STATE_{state}"),
        standing=kind.Standing.Value(f"STANDING_{standing}"),
        assurance=kind.ASSURANCE_REGISTRY_MATCH if verified else kind.ASSURANCE_NONE,
        assurances=[kind.ASSURANCE_REGISTRY_MATCH] if verified else [],
        verify_date="2026-03-01" if verified else "",
        expire_date="2027-03-01" if verified else "",
        revision=2,
    )


@contextmanager
def running(
    server_certificate: Tls, *, port: int = 0, by_path: dict[str, Message] | None = None
) -> Iterator[VaultServer]:
    """Run a server that requires a client certificate; port: 0 for any that is free."""
    vault = VaultServer(by_path=by_path or {})
    with ThreadPoolExecutor(8) as threads:
        server = grpc.server(threads, handlers=[vault])
        pair = (Path(server_certificate.key).read_bytes(), Path(server_certificate.certificate).read_bytes())
        credentials = grpc.ssl_server_credentials(
            [pair], root_certificates=Path(server_certificate.ca).read_bytes(), require_client_auth=True
        )
        vault.target = f"127.0.0.1:{server.add_secure_port(f'127.0.0.1:{port}', credentials)}"
        server.start()
        try:
            yield vault
        finally:
            stopped = server.stop(None)  # first, so that no hanging call gets an answer
            vault.stopping.set()
            stopped.wait()


class Authority:
    """A certificate authority for one test run."""

    def __init__(self, folder: Path) -> None:
        """Create the authority's certificate in a folder."""
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"test authority {folder.name}")])
        basic = x509.BasicConstraints(ca=True, path_length=0)
        builder = self._builder(self._name, self._key).not_valid_after(datetime.now(UTC) + timedelta(days=1))
        certificate = builder.add_extension(basic, critical=True)
        self._write("ca", certificate.sign(self._key, hashes.SHA256()))

    def issue(self, name: str, *, dns: str | None = None, lasts: timedelta = timedelta(days=1)) -> Tls:
        """Return the paths of a certificate since an hour ago, with a DNS name if it is a server's."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key)
        builder = builder.not_valid_after(datetime.now(UTC) + lasts)
        if dns is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(dns)]), critical=False)
        self._write(name, builder.sign(self._key, hashes.SHA256()))
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self._folder / f"{name}.key").write_bytes(pem)
        return Tls(self._folder / "ca.pem", self._folder / f"{name}.pem", self._folder / f"{name}.key")

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
        )

    def _write(self, name: str, certificate: x509.Certificate) -> None:
        (self._folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
