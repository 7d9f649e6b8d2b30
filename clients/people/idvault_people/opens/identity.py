"""A roster member's keys, created and kept in an identity folder on the member's computer.

keys.json holds the private keys (HPKE, Ed25519), encrypted under the member's passphrase (Argon2id).
public.json holds the member's roster entry. certificate.pem and key.pem, if present, are the TLS identity.
"""

import json
import stat
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault_verify import durable_file, small_file
from idvault_verify.attest import certificate, hpke, reading
from idvault_verify.attest import passphrase as passphrases
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.passphrase import DEFAULT_COST, Cost
from idvault_verify.attest.people import roster_member
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.reading import RosterError

KEYS = "keys.json"
PUBLIC = "public.json"
CERTIFICATE = "certificate.pem"
TLS_KEY = "key.pem"
_PURPOSE = "idvault/identity/v1"
_KEY_SIZE = 32
_ACTOR_SIZE = 16
_NO_PIN = "0" * 64
_READABLE = 0o644  # it is sent to whoever proposes the roster
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class IdentityError(Exception):
    """An identity folder cannot be used; the text gives the cause."""


class PassphraseError(IdentityError):
    """The keys cannot be decrypted: the passphrase is wrong or the file is damaged."""


@dataclass(frozen=True, slots=True)
class PersonalIdentity:
    """A roster member's identity with its private keys, which repr never shows."""

    name: str
    role: str
    organisation: str
    actor_id: str
    suite: str
    _hpke_private: bytes = field(repr=False)
    _ed25519_private: bytes = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """Return the member's 64-byte Ed25519 signature (RFC 8032)."""
        return self._ed25519().sign(message)

    def unseal(self, sealed: bytes, *, suite: str, info: bytes) -> bytes:
        """Return the plaintext of data sealed to this member; raises UnsealError, also for another suite."""
        if suite != self.suite:
            raise UnsealError
        return hpke.unseal(suite=suite, private_key=self._hpke_private, sealed=sealed, info=info)

    def member(self, *, spki: str) -> RosterMember:
        """Return the roster entry. spki: the pin of the member's TLS certificate, in hex, or empty."""
        return RosterMember(
            name=self.name,
            role=self.role,
            organisation=self.organisation,
            actor_id=self.actor_id,
            suite=self.suite,
            hpke_public_key=hpke.public_key(suite=self.suite, private_key=self._hpke_private),
            ed25519=self._ed25519().public_key().public_bytes_raw(),
            spki=spki,
        )

    def _ed25519(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._ed25519_private)

    def to_json(self) -> dict[str, Any]:
        """Return all fields, including private keys: the plaintext of keys.json."""
        return {
            "name": self.name,
            "role": self.role,
            "organisation": self.organisation,
            "actor_id": self.actor_id,
            "suite": self.suite,
            "hpke": reading.base64url(self._hpke_private),
            "ed25519": reading.base64url(self._ed25519_private),
        }


def create(
    folder: Path,
    *,
    name: str,
    role: str,
    organisation: str,
    passphrase: bytes,
    random: Callable[[int], bytes],
    suite: str = hpke.X_WING,
    cost: Cost = DEFAULT_COST,
) -> PersonalIdentity:
    """Create a member's keys and write keys.json and public.json; existing keys are never replaced.

    random: returns the requested number of unpredictable bytes. public.json contains the pin of
    certificate.pem, or else of key.pem, if the folder has one; otherwise its spki is empty and must be filled
    in before the entry goes into a roster. Raises IdentityError.
    """
    made = PersonalIdentity(
        name, role, organisation, random(_ACTOR_SIZE).hex(), suite, random(_KEY_SIZE), random(_KEY_SIZE)
    )
    document = _locked(made, passphrase, random, cost)
    public = json.dumps(made.member(spki=_spki(folder)).to_json(), ensure_ascii=False, indent=1)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        durable_file.create(folder / KEYS, document)
        durable_file.replace(folder / PUBLIC, (public + "\n").encode(), mode=_READABLE)
    except FileExistsError as error:
        raise IdentityError(f"{folder} holds keys already") from error
    except OSError as error:
        raise IdentityError(f"{folder} cannot be written to") from error
    return made


def change_passphrase(
    folder: Path,
    *,
    passphrase: bytes,
    new: bytes,
    random: Callable[[int], bytes],
    cost: Cost = DEFAULT_COST,
) -> PersonalIdentity:
    """Encrypt the keys of a folder under a new passphrase, with fresh salt; return the identity.

    keys.json is replaced as one step, so that after a crash it opens with either passphrase. Copies of the
    former file still open with the former one. Raises IdentityError (PassphraseError).
    """
    kept = load(folder, passphrase=passphrase)
    try:
        durable_file.replace(folder / KEYS, _locked(kept, new, random, cost))
    except OSError as error:
        raise IdentityError(f"{folder} cannot be written to") from error
    return kept


def public_entry(folder: Path) -> RosterMember:
    """Return the member's entry of public.json; needs no passphrase. Raises IdentityError.

    Its spki is that of certificate.pem or key.pem as they are now, or else as when the keys were created.
    """
    try:
        fields = reading.document(small_file.read(folder / PUBLIC))
        found = roster_member.parse({**fields, "spki": fields.get("spki") or _NO_PIN}, PUBLIC)
    except (OSError, RosterError) as error:
        raise IdentityError(f"{folder / PUBLIC} cannot be used: {error}") from error
    return replace(found, spki=_spki(folder) or found.spki.replace(_NO_PIN, ""))


def _locked(made: PersonalIdentity, passphrase: bytes, random: Callable[[int], bytes], cost: Cost) -> bytes:
    return passphrases.lock(
        json.dumps(made.to_json()).encode(),
        passphrase=passphrase,
        purpose=_PURPOSE,
        random=random(passphrases.RANDOM_SIZE),
        cost=cost,
    )


def load(folder: Path, *, passphrase: bytes) -> PersonalIdentity:
    """Return the identity in a folder; raises IdentityError (PassphraseError)."""
    path = folder / KEYS
    try:
        if stat.S_IMODE(path.stat().st_mode) & _OTHERS:
            raise IdentityError(f"{path} must be for its owner only (chmod 600)")
        document = small_file.read(path)
    except OSError as error:
        raise IdentityError(f"{path} cannot be read") from error
    try:
        content = passphrases.unlock(document, passphrase=passphrase, purpose=_PURPOSE)
        return _parsed(reading.document(content))
    except (UnsealError, RosterError) as error:
        raise PassphraseError(f"{path} cannot be opened with this passphrase") from error


def _parsed(fields: dict[str, Any]) -> PersonalIdentity:
    reading.exactly(fields, KEYS, "name", "role", "organisation", "actor_id", "suite", "hpke", "ed25519")
    return PersonalIdentity(
        name=reading.text(fields["name"], "name"),
        role=reading.text(fields["role"], "role"),
        organisation=reading.text(fields["organisation"], "organisation"),
        actor_id=reading.text(fields["actor_id"], "actor_id"),
        suite=reading.text(fields["suite"], "suite"),
        _hpke_private=_private(fields, "hpke"),
        _ed25519_private=_private(fields, "ed25519"),
    )


def _private(fields: dict[str, Any], name: str) -> bytes:
    key = reading.raw(fields[name], name)
    if len(key) != _KEY_SIZE:
        raise RosterError(f"{name} must have {_KEY_SIZE} bytes")
    return key


def _spki(folder: Path) -> str:
    """Return the pin of the folder's certificate, or else of its TLS key, or "" if there is neither."""
    for name, pin in ((CERTIFICATE, _certificate_pin), (TLS_KEY, certificate.key_pin)):
        try:
            return pin(small_file.read(folder / name))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise IdentityError(f"{folder / name} cannot be used: {error}") from error
    return ""


def _certificate_pin(pem: bytes) -> str:
    return certificate.read(pem).spki
