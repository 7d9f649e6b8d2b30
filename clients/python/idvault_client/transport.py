"""Connection settings: mutual TLS, retries by gRPC service config, the default deadline.

What can be known before the first call is checked here: the form of the target, and the files.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address
from os import PathLike
from pathlib import Path
from typing import TypeVar

import grpc

from idvault_verify import small_file
from idvault_verify.attest import certificate, expiry
from idvault_verify.attest.certificate import CertificateError

Value = TypeVar("Value")
DEFAULT_TIMEOUT = 5.0
"""Seconds that a call may take by default, retries included."""

AT_ONCE = 80
"""How many calls a client makes at a time over its connection; others wait, within their timeout.

The vault refuses more than 100 of one connection, and counts some that have just ended.
"""

KEEPALIVE = (30.0, 5.0)
"""Seconds of silence in a call before a keepalive ping, and seconds that its answer may take."""

PLATFORM_SERVICES = (
    "VerificationService",
    "ReviewService",
    "StatusService",
    "CampaignService",
    "SanctionService",
    "SessionService",
    "PublicAccountService",
    "TipOffService",
    "ErasureService",
    "UsageService",
)

# Reads of roster members. Their other calls carry a one-time code, which a retry would find already used. The
# member decides whether to repeat such a call; repeating it with the same request_id is safe.
MEMBER_READS = {
    "AuthorityService": (
        *("GetIssuedOrder", "ListIssuedOrders"),
        *("GetJointOperation", "ListJointOperations"),
        *("GetReferral", "ListReferrals"),
    ),
    "DisclosureService": ("GetDisclosure", "ListDisclosures"),
    "CustodianService": (
        "ListPendingDisclosures",
        "ListDecidedDisclosures",
        "GetSealedShare",
        "ListSharesToHandOver",
    ),
    "DrillService": ("GetDrill",),
    "RosterService": ("GetRoster", "GetSecondFactor"),
    "TransparencyService": ("GetCheckpoint", "ListLogEntries", "GetInclusionProof", "GetConsistencyProof"),
}

# Every method of a platform is idempotent (a mutation by its request_id), so gRPC may retry it: it sends the
# same bytes again within the deadline of the call. CANCELLED: an edge that stops answers so to the calls that
# reach it before its clients know; a call that its caller cancels is not repeated. After these attempts the
# client itself repeats a call that found no connection, as soon as there is one again.
SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {
            "name": [
                *({"service": f"idvault.v1.{service}"} for service in PLATFORM_SERVICES),
                *(
                    {"service": f"idvault.v1.{service}", "method": method}
                    for service, methods in MEMBER_READS.items()
                    for method in methods
                ),
            ],
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.1s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
            },
        }
    ],
    # Retries stop when most calls fail, so that they do not make an outage worse.
    "retryThrottling": {"maxTokens": 100, "tokenRatio": 0.1},
}


# Targets of gRPC that lead to no vault, which listens on TCP: their first call would be a bare UNAVAILABLE.
_OTHER_TARGETS = ("unix:", "unix-abstract:", "vsock:", "xds:")
_ADDRESSES = {"ipv4:": ("ADDRESS", IPv4Address), "ipv6:": ("[ADDRESS]", IPv6Address)}
_DNS = "dns:"
# In the head of each form of an encrypted key.
_ENCRYPTED = b"ENCRYPTED"
_LOCKED = "tls.key has a passphrase: give a key without one"
_HOST = re.compile(r"\[[0-9A-Fa-f:.]+(?:%[^\s/\]]+)?\]|[^\s/@:\[\]]+")
_PORT = re.compile(r"0*[1-9][0-9]{0,4}")
_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Tls:
    """Paths of PEM files: the authority of the server's certificate, and your own certificate and key."""

    ca: str | PathLike[str]
    certificate: str | PathLike[str]
    key: str | PathLike[str]

    def credentials(self) -> grpc.ChannelCredentials:
        """Read the files; raises OSError if one cannot be read."""
        return _credentials(*self._contents())

    def checked(self) -> grpc.ChannelCredentials:
        """Read the files and check that they can be used, so that gRPC does not fail at the first call.

        Raises OSError, and ValueError that names the argument; neither shows what a file holds.
        """
        ca, own, key = self._contents()
        now = datetime.now(UTC)
        for argument, pem, end in (("ca", ca, expiry.latest_end), ("certificate", own, expiry.end_of_first)):
            if _parsed(end, pem, f"tls.{argument} has no certificate in PEM form") <= now:
                raise ValueError(f"tls.{argument} has expired")
        unreadable = _LOCKED if _ENCRYPTED in key else "tls.key has no private key in PEM form"
        pin = _parsed(certificate.key_pin, key, unreadable)
        if pin != _parsed(certificate.first_pin, own, "tls.certificate has no certificate in PEM form"):
            raise ValueError("tls.key is not the key of the first certificate in tls.certificate")
        return _credentials(ca, own, key)

    def _contents(self) -> tuple[bytes, bytes, bytes]:
        return _file("ca", self.ca), _file("certificate", self.certificate), _file("key", self.key)


def _file(argument: str, path: str | PathLike[str]) -> bytes:
    try:
        return small_file.read(Path(path))
    except OSError as error:
        # The class of the error comes from its number.
        raise OSError(error.errno, f"tls.{argument} cannot be read: {error.strerror}", str(path)) from None


def _parsed(read: Callable[[bytes], Value], pem: bytes, failed: str) -> Value:
    try:
        return read(pem)
    except CertificateError:
        raise ValueError(failed) from None


def _credentials(ca: bytes, own: bytes, key: bytes) -> grpc.ChannelCredentials:
    return grpc.ssl_channel_credentials(root_certificates=ca, private_key=key, certificate_chain=own)


def check_tls(tls: Tls) -> Tls:
    """Return the files; raises TypeError for anything else."""
    if not isinstance(tls, Tls):
        raise TypeError(f"tls must be a Tls, not a {type(tls).__name__}")
    return tls


def check_target(target: str) -> str:
    """Return the target; raises ValueError if gRPC would find no host and port in it, and TypeError."""
    if not isinstance(target, str):
        raise TypeError(f"target must be a str, not a {type(target).__name__}")
    if target.startswith(_OTHER_TARGETS):
        raise ValueError(
            "target must be HOST:PORT, dns:///HOST:PORT or ipv4:ADDRESS:PORT: "
            "no vault serves unix, vsock or xds"
        )
    if target.startswith(tuple(_ADDRESSES)):
        _check_addresses(target)
        return target
    address = target
    if target.startswith(_DNS):
        path = target.removeprefix(_DNS)
        # With an authority, the name server to ask, which is usually empty: two slashes and one more.
        slash, address = ("/", path.removeprefix("/")) if path[:2] != "//" else path[2:].partition("/")[1:]
        if not slash:
            raise ValueError("target needs three slashes: dns:///HOST:PORT")
    elif "://" in target:
        raise ValueError("target must be HOST:PORT or dns:///HOST:PORT, and no URL")
    _check_address(address)
    return target


def _check_addresses(target: str) -> None:
    kind, given = target[:5], target[5:].split(",")
    form, address_of = _ADDRESSES[kind]
    for each in given:
        address = each.rpartition(":")[0]
        try:
            _check_address(each)
            address_of(address if form == "ADDRESS" else address.strip("[]"))
        except ValueError:
            raise ValueError(
                f"target must have an address and a port after {kind}, or several with commas: "
                f"{kind}{form}:PORT"
            ) from None


def _check_address(address: str) -> None:
    host, colon, port = address.rpartition(":")
    if not colon or "]" in port:
        raise ValueError("target has no port: give HOST:PORT")
    if ":" in host and not host.startswith("["):
        raise ValueError("target has an IPv6 address without brackets: give [ADDRESS]:PORT")
    if not _PORT.fullmatch(port) or int(port) > _HIGHEST_PORT:
        raise ValueError(f"target must end with a port, from 1 to {_HIGHEST_PORT}")
    if not _HOST.fullmatch(host):
        raise ValueError("target has no host, or one with a character that no host has: give HOST:PORT")


def options(server_name: str | None) -> list[tuple[str, str | int]]:
    """Return the channel's options; server_name: the name in the certificate, None if it is the target's."""
    chosen: list[tuple[str, str | int]] = [
        ("grpc.service_config", json.dumps(SERVICE_CONFIG)),
        ("grpc.service_config_disable_resolution", 1),
        # Otherwise all clients of a process would share a connection, and what it may carry at a time.
        ("grpc.use_local_subchannel_pool", 1),
        # The vault is on the internal network: a proxy for outgoing traffic must not see the calls.
        ("grpc.enable_http_proxy", 0),
        # Uncompressed only (a set of bits): gRPC compares the length of an answer with its limit of 4 MiB
        # before it unpacks it, so a small answer could take any memory. No vault compresses.
        ("grpc.compression_enabled_algorithms_bitset", 1),
        ("grpc.initial_reconnect_backoff_ms", 200),
        # A second between two attempts, so that a call meets a restarted vault before its deadline; what
        # gRPC calls the minimum is how long one attempt may take.
        ("grpc.max_reconnect_backoff_ms", 1000),
        ("grpc.min_reconnect_backoff_ms", 5000),
        # A network that drops packets does not end the connection: without pings a stream would never end.
        ("grpc.keepalive_time_ms", int(KEEPALIVE[0] * 1000)),
        ("grpc.keepalive_timeout_ms", int(KEEPALIVE[1] * 1000)),
        ("grpc.http2.ping_timeout_ms", int(KEEPALIVE[1] * 1000)),  # gRPC uses the longer of the two
    ]
    if server_name is not None:
        chosen.append(("grpc.ssl_target_name_override", server_name))
    return chosen


def check_timeout(timeout: float) -> float:
    """Return the timeout; raises ValueError unless it is positive, because every call has a deadline."""
    if not timeout > 0:
        raise ValueError("timeout must be a positive number of seconds")
    return timeout
