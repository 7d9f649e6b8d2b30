"""A moderator's folder: the key, encrypted under a passphrase, and which moderator it is.

key.pem: the private key, which never leaves the folder. moderator.json: the platform, and the id that the
vault gave when the key was registered; it is written last, so a folder without it is registered by the next
try.
"""

import json
import re
import stat
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from idvault import durable_file
from idvault.attest.moderator_key import ModeratorKey
from idvault_client.backend.vault import Vault

KEY, MODERATOR = "key.pem", "moderator.json"
SHORTEST = 11
_ID = re.compile(r"[0-9a-f]{32}")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeyFolderError(ValueError):
    """A moderator's folder cannot be used; the text says why, and never what is in it."""


def register(folder: Path, *, relying_party: str, password: bytes, vault: Vault) -> ModeratorKey:
    """Create a key and register it; a folder whose key is not registered yet keeps its key.

    relying_party: the platform, as in its certificate. Raises KeyFolderError, OSError and VaultError.
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
    key = key.of(vault.sanctions.register_moderator(key).moderator_id)
    document = {"moderator_id": key.moderator_id, "relying_party": relying_party}
    durable_file.replace(folder / MODERATOR, json.dumps(document, indent=1).encode() + b"\n")
    return key


def load(folder: Path, *, password: bytes) -> ModeratorKey:
    """Return the key of a registered moderator; raises KeyFolderError."""
    try:
        document = json.loads((folder / MODERATOR).read_bytes())
        moderator_id, relying_party = document["moderator_id"], document["relying_party"]
    except FileNotFoundError as error:
        text = f"{folder} is no moderator's folder: idvault-client moderator init {folder}"
        raise KeyFolderError(text) from error
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise KeyFolderError(f"{folder / MODERATOR} is damaged") from error
    if not (isinstance(moderator_id, str) and _ID.fullmatch(moderator_id) and isinstance(relying_party, str)):
        raise KeyFolderError(f"{folder / MODERATOR} is damaged")
    return _key(folder, relying_party=relying_party, password=password).of(moderator_id)


def fingerprint(key: ModeratorKey) -> str:
    """Return the SHA-256 of the public key in groups of four digits, for two people to compare."""
    digits = sha256(key.public_key).hexdigest()
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def _key(folder: Path, *, relying_party: str, password: bytes) -> ModeratorKey:
    path = folder / KEY
    try:
        if path.stat().st_mode & _OTHERS:
            raise KeyFolderError(f"other users of this machine can read {path}: chmod 600 {path}")
        return ModeratorKey.from_pem(path.read_bytes(), password=password, relying_party=relying_party)
    except OSError as error:
        raise KeyFolderError(f"{path} cannot be read") from error
    except KeyFolderError:
        raise
    except ValueError as error:
        raise KeyFolderError(str(error)) from error
