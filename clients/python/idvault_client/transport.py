"""Connection settings: mutual TLS, retries by gRPC service config, the default deadline."""

import json
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import grpc

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
    "StatusService",
    "CampaignService",
    "SanctionService",
    "SessionService",
    "PublicAccountService",
    "TipOffService",
    "ErasureService",
)

# Reads of roster members. Their other calls carry a one-time code, which a retry would find already used. The
# member decides whether to repeat such a call; repeating it with the same request_id is safe.
MEMBER_READS = {
    "DisclosureService": ("GetDisclosure", "ListDisclosures"),
    "CustodianService": ("ListPendingDisclosures", "GetSealedShare", "ListSharesToHandOver"),
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


@dataclass(frozen=True, slots=True)
class Tls:
    """Paths of PEM files: the authority of the server's certificate, and your own certificate and key."""

    ca: str | PathLike[str]
    certificate: str | PathLike[str]
    key: str | PathLike[str]

    def credentials(self) -> grpc.ChannelCredentials:
        """Read the files; raises OSError if one cannot be read."""
        return grpc.ssl_channel_credentials(
            root_certificates=Path(self.ca).read_bytes(),
            private_key=Path(self.key).read_bytes(),
            certificate_chain=Path(self.certificate).read_bytes(),
        )


def options(server_name: str | None) -> list[tuple[str, str | int]]:
    """Return the channel's options; server_name: the name in the certificate, None if it is the target's."""
    chosen: list[tuple[str, str | int]] = [
        ("grpc.service_config", json.dumps(SERVICE_CONFIG)),
        ("grpc.service_config_disable_resolution", 1),
        # Otherwise all clients of a process would share a connection, and what it may carry at a time.
        ("grpc.use_local_subchannel_pool", 1),
        # The vault is on the internal network: a proxy for outgoing traffic must not see the calls.
        ("grpc.enable_http_proxy", 0),
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
