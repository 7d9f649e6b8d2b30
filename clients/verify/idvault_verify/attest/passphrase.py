"""Encrypts secret bytes under a passphrase (Argon2id, RFC 9106; AES-256-GCM) as a small JSON document.

A passphrase of a person can be guessed, so each guess is made slow. One of 256 random bits (`generate`)
cannot be guessed at any speed: to make it slow would only delay each start of its process.
"""

import base64
import hashlib
import json
import re
import threading
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from idvault_verify import seal, strict_base64, strict_json
from idvault_verify.attest.hpke import UnsealError

RANDOM_SIZE = 28
GENERATED_SIZE = 32
_SALT_SIZE = 16
_FORMAT = "idvault/passphrase/v1"
_FIELDS = frozenset({"format", "memory_kib", "iterations", "lanes", "salt", "nonce", "ciphertext"})
# A file that asks for more than this was not written by idvault, and must not exhaust the host.
_MOST_MEMORY_KIB = 1 << 20
_MOST_ITERATIONS = 64
_MOST_LANES = 64
_MOST_BYTES = 4 * 1024 * 1024
# OpenSSL computes the lanes in threads of one pool. A second computation at the same time finds too few of
# them and fails, or both wait for each other for ever, and every later one fails until the process ends.
_ONE_AT_A_TIME = threading.Lock()


_PREFIX = b"idvault-random-"
_CHECK_SIZE = 4
_GENERATED = re.compile(_PREFIX + rb"[A-Za-z0-9_-]{48}")


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one passphrase guess; the default is RFC 9106's second recommended option."""

    memory_kib: int = 64 * 1024
    iterations: int = 3
    lanes: int = 4


DEFAULT_COST = Cost()
LEAST_COST = Cost(memory_kib=8, iterations=1, lanes=1)
"""The least that RFC 9106 allows."""


def generate(random: bytes) -> bytes:
    """Return a passphrase of 63 characters that nobody can guess; random: 32 fresh bytes."""
    if len(random) != GENERATED_SIZE:
        raise ValueError(f"{GENERATED_SIZE} random bytes are needed")
    return _PREFIX + base64.urlsafe_b64encode(random + _check(random))


def is_generated(passphrase: bytes) -> bool:
    """Say whether `generate` made this passphrase: its check keeps a typed one from passing as one."""
    if _GENERATED.fullmatch(passphrase) is None:
        return False
    decoded = base64.urlsafe_b64decode(passphrase[len(_PREFIX) :])
    return _check(decoded[:GENERATED_SIZE]) == decoded[GENERATED_SIZE:]


def _check(random: bytes) -> bytes:
    return hashlib.sha256(_PREFIX + random).digest()[:_CHECK_SIZE]


def lock(
    secret: bytes, *, passphrase: bytes, purpose: str, random: bytes, cost: Cost = DEFAULT_COST
) -> bytes:
    """Return the JSON document with the encrypted secret; random: 28 fresh bytes for salt and nonce.

    cost: of a guess. The passphrases of `generate` get the least cost, whatever is given.
    """
    if len(random) != RANDOM_SIZE:
        raise ValueError(f"{RANDOM_SIZE} random bytes are needed")
    if is_generated(passphrase):
        cost = LEAST_COST
    salt, nonce = random[:_SALT_SIZE], random[_SALT_SIZE:]
    cipher = _cipher(passphrase, salt, cost)
    document = {
        "format": _FORMAT,
        "memory_kib": cost.memory_kib,
        "iterations": cost.iterations,
        "lanes": cost.lanes,
        "salt": _text(salt),
        "nonce": _text(nonce),
        "ciphertext": _text(cipher.encrypt(nonce, secret, seal.encode(_FORMAT, purpose))),
    }
    return json.dumps(document, indent=1).encode() + b"\n"


def unlock(document: bytes, *, passphrase: bytes, purpose: str) -> bytes:
    """Return the secret; raises UnsealError alike for a wrong passphrase and for damage."""
    try:
        fields = strict_json.parse_object(document, limit=_MOST_BYTES)
        salt, nonce = _bytes(fields["salt"]), _bytes(fields["nonce"])
        if len(salt) != _SALT_SIZE or len(salt + nonce) != RANDOM_SIZE:
            raise UnsealError
        cipher = _cipher(passphrase, salt, _cost(fields))
        return cipher.decrypt(nonce, _bytes(fields["ciphertext"]), seal.encode(_FORMAT, purpose))
    except (InvalidTag, ValueError, TypeError, KeyError) as error:
        raise UnsealError from error


def cost_of(document: bytes) -> Cost:
    """Return the cost that a document was encrypted with; raises ValueError for one that `unlock` refuses."""
    return _cost(strict_json.parse_object(document, limit=_MOST_BYTES))


def _cost(fields: dict[str, Any]) -> Cost:
    if fields.keys() != _FIELDS or fields["format"] != _FORMAT:
        raise ValueError("unknown format")
    cost = Cost(fields["memory_kib"], fields["iterations"], fields["lanes"])
    limits = (_MOST_MEMORY_KIB, _MOST_ITERATIONS, _MOST_LANES)
    asked = (cost.memory_kib, cost.iterations, cost.lanes)
    if not all(
        type(value) is int and 1 <= value <= limit for value, limit in zip(asked, limits, strict=True)
    ):
        raise ValueError("cost out of range")
    return cost


def _cipher(passphrase: bytes, salt: bytes, cost: Cost) -> AESGCM:
    derivation = Argon2id(
        salt=salt, length=32, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory_kib
    )
    with _ONE_AT_A_TIME:
        return AESGCM(derivation.derive(passphrase))


def _text(data: bytes) -> str:
    return strict_base64.encode_standard(data)


def _bytes(text: object) -> bytes:
    return strict_base64.standard(text)
