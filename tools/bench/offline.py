"""P11: the cost of an offline check for a third party, and of a status list for idvault."""

import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault_verify.attest import jose, status_check, status_token
from idvault_verify.attest.jose import PublicKey
from idvault_verify.attest.status_list import INVALID, LIST_SIZE, VALID, StatusList
from idvault_verify.offline import StatusVerifier
from tools.bench.goal import Measured, Options, at_most, figure

_AUDIENCE = "https://taxi.example"
_ISSUER = "https://vault.example"
_TOKEN_KEY, _LIST_KEY = (Ed25519PrivateKey.generate() for _ in range(2))


def measure(options: Options) -> Measured:
    valid = random.Random(7).sample(range(LIST_SIZE), LIST_SIZE // 2)  # noqa: S311 - the same list each time
    now = datetime.now(UTC)
    keys = jose.key_set(
        [
            PublicKey(_TOKEN_KEY.public_key().public_bytes_raw(), status_token.TOKEN_PURPOSE),
            PublicKey(_LIST_KEY.public_key().public_bytes_raw(), status_token.LIST_PURPOSE),
        ]
    )
    rounds = [_round(keys, valid, now) for _ in range(options.rounds)]
    found = {name: [one[name] for one in rounds] for name in rounds[0]}
    ratios = (one["verify_us"] / one["ed25519_us"] for one in rounds)
    return Measured(
        checks=(
            at_most(1.2, "token verification / Ed25519 verify", "x", ratios),
            at_most(0.5, "look-up in a list", "us", found["look_up_us"]),
            at_most(0.25, "list, per account", "B", found["bytes_per_account"]),
            at_most(250, "list, to build per account", "ns", found["build_ns"]),
            at_most(0, "calls of a check", "", found["calls"]),
        ),
        figures=(
            figure("Ed25519 verify", "us", found["ed25519_us"]),
            figure("token verification", "us", found["verify_us"]),
            figure("whole check with its list", "us", found["check_us"]),
            figure("publishing one list", "ms", found["publish_ms"]),
        ),
    )


def _round(keys: jose.JwkSet, valid: list[int], now: datetime) -> dict[str, float]:
    begun = time.perf_counter()
    entries = StatusList.filled(INVALID)
    entries.set_all(valid, VALID)
    built = time.perf_counter() - begun
    begun = time.perf_counter()
    listed = _signed(
        status_token.list_claims(issued_by=_ISSUER, number=0, entries=entries, issued_at=now),
        status_token.LIST_TYPE, _LIST_KEY,
    )  # fmt: skip
    published = time.perf_counter() - begun
    credential = _signed(
        status_token.credential_claims(
            issued_by=_ISSUER, subject="x" * 43, audience=_AUDIENCE, list_number=0, list_index=valid[0],
            issued_at=now, expires_at=now + timedelta(days=30),
        ),
        status_token.CREDENTIAL_TYPE, _TOKEN_KEY,
    )  # fmt: skip
    signed, _, signature = credential.rpartition(".")
    public, message, value = _TOKEN_KEY.public_key(), signed.encode(), jose.decode(signature)
    known = keys.of(status_token.TOKEN_PURPOSE)
    verifier = StatusVerifier(jwks=keys.to_bytes(), audience=_AUDIENCE)
    verifier.add_list(listed.encode())
    checked = status_check.read_list(listed, keys=keys, now=now).entries
    with _counted() as calls:
        check_us = _micros(lambda: verifier.check(credential), 2_000)
    return {
        "ed25519_us": _micros(lambda: public.verify(value, message), 2_000),
        "verify_us": _micros(lambda: jose.verify(credential, known, typ=status_token.CREDENTIAL_TYPE), 2_000),
        "check_us": check_us,
        "look_up_us": _micros(lambda: checked.get(777_777), 200_000),
        "build_ns": built / LIST_SIZE * 1e9,
        "publish_ms": published * 1e3,
        "bytes_per_account": len(listed) / LIST_SIZE,
        "calls": float(len(calls)),
    }


def _signed(claims: dict[str, Any], typ: str, key: Ed25519PrivateKey) -> str:
    return jose.sign(claims, typ=typ, public_key=key.public_key().public_bytes_raw(), signer=key.sign)


def _micros(act: Callable[[], object], times: int) -> float:
    begun = time.perf_counter()
    for _ in range(times):
        act()
    return (time.perf_counter() - begun) / times * 1e6


@contextmanager
def _counted() -> Iterator[list[object]]:
    """Record every connection opened within the block."""
    calls: list[object] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        calls.append(address)
        connect(self, address)

    socket.socket.connect = noted  # type: ignore[method-assign,assignment]
    try:
        yield calls
    finally:
        socket.socket.connect = connect  # type: ignore[method-assign]
