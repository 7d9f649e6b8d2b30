"""A moderator's folder: the key, encrypted under a passphrase, and which moderator it is.

key.pem: the private key, which never leaves the folder. moderator.json: the platform, and the id that the
vault gave when the key was registered; it is written last, so a folder without it is registered by the next
try.
"""

import json
import re
import stat
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from idvault_client.backend.blocking.vault import Vault
from idvault_people import fingerprint as fingerprints
from idvault_verify import durable_file, small_file
from idvault_verify.attest import registration
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.attest.registration import Registration, RegistrationFileError
from idvault_verify.error import InvalidError

KEY, MODERATOR, REGISTRATION = "key.pem", "moderator.json", "registration.json"
SHORTEST = 11
_ID = re.compile(r"[0-9a-f]{32}")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeyFolderError(ValueError):
    """A moderator's folder cannot be used; the text says why, and never what is in it."""


def create(folder: Path, *, relying_party: str, password: bytes, now: datetime) -> ModeratorKey:
    """Create a key and the file that registers it; a folder whose key is not registered yet keeps its key.

    relying_party: the platform, as in its certificate. Raises KeyFolderError and OSError.
    """
    if (folder / MODERATOR).exists():
        raise KeyFolderError(f"{folder} is a moderator's already")
    if len(password) < SHORTEST:
        raise KeyFolderError(f"a passphrase needs {SHORTEST} bytes or more")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        made = ModeratorKey.generate(relying_party)
        durable_file.create(folder / KEY, made.to_pem(password=password))
    key = _key(folder, relying_party=relying_party, password=password)
    durable_file.replace(folder / REGISTRATION, registration.register(key, now=now).to_bytes())
    return key


def store(folder: Path, key: ModeratorKey) -> None:
    """Write whose folder it is, once the key is registered; raises OSError."""
    document = {"moderator_id": key.moderator_id, "relying_party": key.relying_party}
    durable_file.replace(folder / MODERATOR, json.dumps(document, indent=1).encode() + b"\n")
    (folder / REGISTRATION).unlink(missing_ok=True)


def enter(folder: Path, *, password: bytes, vault: Vault) -> ModeratorKey:
    """Return the key of a moderator; asks the vault once whether it has been registered meanwhile.

    Raises KeyFolderError and VaultError (MODERATOR_NOT_FOUND).
    """
    if (folder / MODERATOR).exists() or not (folder / REGISTRATION).exists():
        return load(folder, password=password)
    given = read_registration(folder / REGISTRATION)
    key = _key(folder, relying_party=given.relying_party, password=password)
    key = key.of(vault.sanctions.find_moderator(key.public_key).moderator_id)
    store(folder, key)
    return key


def read_registration(file: Path) -> Registration:
    """Return the registration in a file; raises KeyFolderError and OSError. Nothing is verified."""
    try:
        return Registration.from_bytes(small_file.read(file))
    except RegistrationFileError as error:
        raise KeyFolderError(f"{file} is no registration of a moderator's key") from error


def countersign(given: Registration, key: ModeratorKey, *, now: datetime) -> Registration:
    """Return a registration with a moderator's signature; raises KeyFolderError."""
    if given.relying_party != key.relying_party:
        raise KeyFolderError("the new key is for another platform than yours")
    if given.public_key == key.public_key:
        raise KeyFolderError("the new key is your own: another person's is needed")
    try:
        return given.countersign(key, now=now)
    except InvalidError as error:
        text = "the registration is damaged or older than seven days: make a new one with `init`"
        raise KeyFolderError(text) from error


def load(folder: Path, *, password: bytes) -> ModeratorKey:
    """Return the key of a registered moderator; raises KeyFolderError."""
    try:
        document = json.loads(small_file.read(folder / MODERATOR))
        moderator_id, relying_party = document["moderator_id"], document["relying_party"]
    except FileNotFoundError as error:
        text = f"{folder} is no moderator's folder: idvault-people moderator init {folder}"
        raise KeyFolderError(text) from error
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise KeyFolderError(f"{folder / MODERATOR} is damaged") from error
    if not (isinstance(moderator_id, str) and _ID.fullmatch(moderator_id) and isinstance(relying_party, str)):
        raise KeyFolderError(f"{folder / MODERATOR} is damaged")
    return _key(folder, relying_party=relying_party, password=password).of(moderator_id)


def fingerprint(key: ModeratorKey) -> str:
    """Return the SHA-256 of the public key in groups of four digits, for two people to compare."""
    return fingerprints.of_moderator(key.public_key)


def _key(folder: Path, *, relying_party: str, password: bytes) -> ModeratorKey:
    path = folder / KEY
    try:
        if path.stat().st_mode & _OTHERS:
            raise KeyFolderError(f"other users of this machine can read {path}: chmod 600 {path}")
        return ModeratorKey.from_pem(small_file.read(path), password=password, relying_party=relying_party)
    except OSError as error:
        raise KeyFolderError(f"{path} cannot be read") from error
    except KeyFolderError:
        raise
    except ValueError as error:
        raise KeyFolderError(str(error)) from error
