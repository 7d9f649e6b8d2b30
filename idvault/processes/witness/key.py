"""The witness's key, in a file that only its owner can read, created at the first start.

The file holds one line in the private key format of Go's sumdb/note, with the type byte of cosignature/v1:
PRIVATE+KEY+NAME+KEYID+BASE64.
"""

import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault_verify import durable_file, small_file, strict_base64
from idvault_verify.transparency.note import Algorithm, MalformedKeyError, NoteSigner, VerifierKey

FILE = "witness.key"
NEXT_FILE = "witness.next.key"
_PREFIX = "PRIVATE+KEY+"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class WitnessKeyFileError(Exception):
    """The witness's key cannot be used, or has a different name."""


def load_or_make(path: Path, *, name: str | None) -> NoteSigner:
    """Return the key in a file; creates the file under this name if it is missing.

    name: None accepts any name in the file. Raises WitnessKeyFileError, OSError.
    """
    if not path.exists():
        if name is None:
            raise WitnessKeyFileError("a new witness needs a name, such as witness.example/w1")
        _make(path, name)
    return _load(path, name)


def examine(path: Path, *, name: str | None) -> None:
    """Raise WitnessKeyFileError or OSError as `load_or_make` would; nothing is written."""
    if path.exists():
        _load(path, name)
    elif name is None:
        raise WitnessKeyFileError("a new witness needs a name, such as witness.example/w1")
    else:
        _named(name, Ed25519PrivateKey.generate())


def load_next(folder: Path, *, name: str, make: bool) -> NoteSigner | None:
    """Return the key that will take the place of the witness's, None if there is none.

    make: creates one if there is none. Raises WitnessKeyFileError, OSError.
    """
    path = folder / NEXT_FILE
    return load_or_make(path, name=name) if make or path.exists() else None


def retire(folder: Path) -> None:
    """Destroy the witness's key; the next one takes its place. Raises WitnessKeyFileError, OSError.

    One rename: after a crash there is either key, complete, under its name.
    """
    if not (folder / NEXT_FILE).exists():
        raise WitnessKeyFileError("no next key is announced, so this one cannot be retired")
    _load(folder / NEXT_FILE, _load(folder / FILE, None).key.name)
    durable_file.adopt(folder / NEXT_FILE, folder / FILE)


def _make(path: Path, name: str) -> None:
    private = Ed25519PrivateKey.generate()
    key = _named(name, private)
    material = bytes([Algorithm.COSIGNATURE_V1]) + private.private_bytes_raw()
    # Synced before the public key is shown: it will be pinned elsewhere.
    durable_file.replace(
        path, f"{_PREFIX}{name}+{key.key_id.hex()}+{strict_base64.encode_standard(material)}\n".encode()
    )


def _load(path: Path, name: str | None) -> NoteSigner:
    if path.stat().st_mode & _OTHERS:
        raise WitnessKeyFileError(f"{path} must be for its owner only (chmod 600)")
    text = small_file.read(path).decode("utf-8", "replace").removesuffix("\n")
    try:
        found, key_id, encoded = text.removeprefix(_PREFIX).split("+", 2)
        material = strict_base64.standard(encoded)
        private = Ed25519PrivateKey.from_private_bytes(material[1:])
        key = _public(found, private)
        same = text.startswith(_PREFIX) and material[0] == Algorithm.COSIGNATURE_V1
    except (ValueError, MalformedKeyError) as error:
        raise WitnessKeyFileError(f"{path} does not hold the key of a witness") from error
    if not same or key.key_id.hex() != key_id:
        raise WitnessKeyFileError(f"{path} does not hold the key of a witness")
    if name is not None and name != found:
        raise WitnessKeyFileError(f"the key in {path} has a different name: {found}")
    return NoteSigner(key, private.sign)


def _named(name: str, private: Ed25519PrivateKey) -> VerifierKey:
    try:
        return _public(name, private)
    except MalformedKeyError as error:
        raise WitnessKeyFileError("the name must have no white space and no plus sign") from error


def _public(name: str, private: Ed25519PrivateKey) -> VerifierKey:
    return VerifierKey(name, private.public_key().public_bytes_raw(), Algorithm.COSIGNATURE_V1)
