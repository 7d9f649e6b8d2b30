"""Files under a passphrase: a person's keys and the service's keys (formats.md, section 4)."""

import json
import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from tools.support.reference.encoding import (
    RefusedError,
    base64,
    base64url,
    check,
    encode,
    from_base64,
    from_base64url,
    from_json,
)

_FORMAT = "idvault/passphrase/v1"
PERSON = "idvault/identity/v1"
SERVICE = "idvault/service-keys/v1"
_FIELDS = {"format", "memory_kib", "iterations", "lanes", "salt", "nonce", "ciphertext"}


def lock(
    secret: bytes,
    *,
    passphrase: bytes,
    purpose: str,
    cost: tuple[int, int, int] = (65536, 3, 4),
    drawn: bytes | None = None,
) -> bytes:
    """Return a file; cost: KiB of memory, passes, lanes. drawn: salt and nonce, which an example fixes."""
    random = drawn or secrets.token_bytes(28)
    salt, nonce = random[:16], random[16:]
    ciphertext = AESGCM(_key(passphrase, salt, cost)).encrypt(nonce, secret, encode(_FORMAT, purpose))
    document = {
        "format": _FORMAT,
        "memory_kib": cost[0],
        "iterations": cost[1],
        "lanes": cost[2],
        "salt": base64(salt),
        "nonce": base64(nonce),
        "ciphertext": base64(ciphertext),
    }
    return json.dumps(document, indent=1).encode() + b"\n"


def unlock(document: bytes, *, passphrase: bytes, purpose: str) -> bytes:
    """Return the content of a file."""
    fields = from_json(document)
    check(fields.keys() == _FIELDS and fields["format"] == _FORMAT, "this is not a file under a passphrase")
    cost = fields["memory_kib"], fields["iterations"], fields["lanes"]
    salt, nonce, ciphertext = (from_base64(fields[name]) for name in ("salt", "nonce", "ciphertext"))
    try:
        return AESGCM(_key(passphrase, salt, cost)).decrypt(nonce, ciphertext, encode(_FORMAT, purpose))
    except InvalidTag:
        raise RefusedError("a wrong passphrase, or the file is damaged") from None


def person(content: bytes) -> dict[str, Any]:
    """Return a person's keys from the content of keys.json: hpke and ed25519 as bytes."""
    fields: dict[str, Any] = from_json(content)
    return fields | {name: from_base64url(fields[name]) for name in ("hpke", "ed25519")}


def person_content(fields: dict[str, Any]) -> bytes:
    """Return the content of keys.json."""
    return json.dumps(fields | {name: base64url(fields[name]) for name in ("hpke", "ed25519")}).encode()


def service(content: bytes) -> dict[str, tuple[str, dict[str, bytes]]]:
    """Return the primary version and the keys of each purpose."""
    return {
        purpose: (given["primary"], {name: from_base64url(key) for name, key in given["versions"].items()})
        for purpose, given in from_json(content).items()
    }


def service_content(sets: dict[str, tuple[str, dict[str, bytes]]]) -> bytes:
    """Return the content of a key file of the service."""
    return json.dumps(
        {
            purpose: {
                "primary": primary,
                "versions": {name: base64url(key) for name, key in versions.items()},
            }
            for purpose, (primary, versions) in sets.items()
        }
    ).encode()


def _key(passphrase: bytes, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    memory, iterations, lanes = cost
    return Argon2id(salt=salt, length=32, iterations=iterations, lanes=lanes, memory_cost=memory).derive(
        passphrase
    )
