"""Signed notes and their signers' verifier keys (C2SP signed-note; cosignature/v1 of tlog-cosignature).

* A note is a text that ends in a newline, an empty line, and at least one signature line.
* A key is identified by its name and key id; signature lines of unknown keys are ignored.
* Every line of a known key must verify, and at least one such line is required; else the note is refused.
* The signer is a callable: this module never sees a private key.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from idvault_verify import ed25519, strict_base64
from idvault_verify.ed25519 import WeakKeyError
from idvault_verify.transparency.tree import LogError

MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100
MAX_TIME = 2**63 - 1

_KEY_ID_BYTES = 4
_TIME_BYTES = 8
_DASH = "\u2014"
_NOT_IN_NAMES = re.compile("[\x00-\x1f+\\s\ud800-\udfff]")
_NOT_IN_TEXTS = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")


class NoteError(LogError):
    """A note, or a key of one, is refused."""


class MalformedKeyError(NoteError):
    """The text is not a verifier key of a type that this log uses."""

    reason = "KEY_INVALID"


class AmbiguousKeyError(NoteError):
    """Two different keys have the same name and key id."""

    reason = "KEY_INVALID"


class MalformedNoteError(NoteError):
    """The bytes are not a signed note."""


class LongNoteError(MalformedNoteError):
    """The note is longer than one can be."""

    reason = "TOO_LONG"


class InvalidSignatureError(NoteError):
    """A signature of a known key does not verify."""

    reason = "SIGNATURE_INVALID"


class UnsignedNoteError(NoteError):
    """No known key signed the note."""

    reason = "SIGNATURE_INVALID"


class OtherFileError(NoteError):
    """A note is not the one of this file."""


class SigningError(NoteError):
    """The signer did not return a signature of the text by its key."""


class Algorithm(IntEnum):
    """The signature types of C2SP signed-note that this log uses."""

    ED25519 = 0x01
    COSIGNATURE_V1 = 0x04


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name: `str` gives the vkey, NAME+KEYID+BASE64."""

    name: str
    public_key: bytes
    algorithm: Algorithm = Algorithm.ED25519

    def __post_init__(self) -> None:
        """Refuse a name that cannot be written in a signature line, and a key that is too weak to sign."""
        if not _is_name(self.name):
            raise MalformedKeyError("the name of a verifier key is wrong")
        try:
            ed25519.check(self.public_key)
        except WeakKeyError as error:
            raise MalformedKeyError(str(error)) from error

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that identify the key in a signature line."""
        return sha256(self.name.encode() + b"\n" + self._material()).digest()[:_KEY_ID_BYTES]

    def __str__(self) -> str:
        """Return the vkey."""
        return f"{self.name}+{self.key_id.hex()}+{strict_base64.encode_standard(self._material())}"

    def _material(self) -> bytes:
        return bytes([self.algorithm]) + self.public_key


def parse_key(text: str) -> VerifierKey:
    """Parse a canonical vkey; raises MalformedKeyError for anything else, including a wrong key id."""
    name, _, rest = text.partition("+")
    try:
        material = strict_base64.standard(rest.partition("+")[2])
        algorithm = Algorithm(material[0])
    except (ValueError, IndexError) as error:
        raise MalformedKeyError("this is not a verifier key of type 1 or 4") from error
    key = VerifierKey(name, material[1:], algorithm)
    if str(key) != text:
        raise MalformedKeyError("the key id is wrong for the name and key, or the encoding is not canonical")
    return key


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: the stated signer and the bytes (for a cosignature: time and signature)."""

    name: str
    key_id: bytes
    value: bytes

    def __post_init__(self) -> None:
        """Refuse values that cannot be written in a line."""
        if not _is_name(self.name) or len(self.key_id) != _KEY_ID_BYTES or not self.value:
            raise MalformedNoteError("a signature line is malformed")

    @property
    def line(self) -> str:
        """The line with its newline."""
        return f"{_DASH} {self.name} {strict_base64.encode_standard(self.key_id + self.value)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and its signature lines; nothing is verified yet, so the text must not be used."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def __post_init__(self) -> None:
        """Refuse what is not a signed note."""
        _check_text(self.text)
        if not 0 < len(self.signatures) <= MAX_SIGNATURES:
            raise MalformedNoteError("a note must have at least one signature, and not too many")

    def encode(self) -> bytes:
        """Return the note's bytes."""
        return f"{self.text}\n{''.join(signature.line for signature in self.signatures)}".encode()

    def with_signatures(self, more: Iterable[NoteSignature]) -> "Note":
        """Return the note with more signature lines, without duplicates."""
        return Note(self.text, tuple(dict.fromkeys((*self.signatures, *more))))


@dataclass(frozen=True, slots=True)
class VerifiedNote:
    """A verified signature: its key and, for a cosignature, its time (seconds since 1970, UTC)."""

    key: VerifierKey
    time: int | None


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A text signed by at least one known key, with all signatures of known keys in the note's order."""

    text: str
    verified: tuple[VerifiedNote, ...]


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """A key and a callable that returns the 64-byte Ed25519 signature of a message by its private half."""

    key: VerifierKey
    sign: Callable[[bytes], bytes]


def parse(raw: bytes) -> Note:
    """Parse a note without verifying it; raises MalformedNoteError if it is not one."""
    if len(raw) > MAX_NOTE_BYTES:
        raise LongNoteError("the note is too long")
    try:
        whole = raw.decode()
    except UnicodeDecodeError as error:
        raise MalformedNoteError("the note is not UTF-8") from error
    text, separator, lines = whole.rpartition("\n\n")
    if not separator:
        raise MalformedNoteError("the note has no signatures")
    return Note(text + "\n", parse_signatures(lines))


def parse_signatures(lines: str) -> tuple[NoteSignature, ...]:
    """Parse signature lines as returned by a witness; raises MalformedNoteError if one is malformed."""
    if not lines.endswith("\n"):
        raise MalformedNoteError("the last signature line has no newline")
    rows = lines[:-1].split("\n", MAX_SIGNATURES)
    if len(rows) > MAX_SIGNATURES:
        raise MalformedNoteError("there are too many signatures")
    return tuple(_parse_line(row) for row in rows)


def open_note(raw: bytes, keys: Iterable[VerifierKey]) -> OpenedNote:
    """Parse a note and verify every signature of a known key.

    Raises MalformedNoteError, InvalidSignatureError, UnsignedNoteError, AmbiguousKeyError.
    """
    note = parse(raw)
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise AmbiguousKeyError(f"two keys are named {key.name}+{key.key_id.hex()}")
    verified = tuple(
        _verify(known[signature.name, signature.key_id], note.text, signature.value)
        for signature in note.signatures
        if (signature.name, signature.key_id) in known
    )
    if not verified:
        raise UnsignedNoteError("no known key signed the note")
    return OpenedNote(note.text, verified)


def signed_bytes(*, key: VerifierKey, text: str, time: int | None = None) -> bytes:
    """Return the bytes that the private key signs: the text, or its cosignature/v1 message at this time.

    Raises MalformedNoteError for a text that no note can have. Raises SigningError if the time (seconds) is
    given for a plain signature, or is missing or above 2^63 - 1 for a cosignature.
    """
    _check_text(text)
    if key.algorithm is Algorithm.COSIGNATURE_V1:
        if time is None or not 0 <= time <= MAX_TIME:
            raise SigningError("a cosignature needs the time in seconds since 1970")
        return f"cosignature/v1\ntime {time}\n{text}".encode()
    if time is not None:
        raise SigningError("a plain signature must not have a time")
    return text.encode()


def sign(signer: NoteSigner, text: str, *, time: int | None = None) -> NoteSignature:
    """Return the signer's line for the text; raises SigningError if its signature does not verify."""
    raw = signer.sign(signed_bytes(key=signer.key, text=text, time=time))
    value = raw if time is None else time.to_bytes(_TIME_BYTES, "big") + raw
    try:
        _verify(signer.key, text, value)
    except InvalidSignatureError as error:
        raise SigningError("the signer did not sign this text with this key") from error
    return NoteSignature(signer.key.name, signer.key.key_id, value)


def sign_note(text: str, signers: Sequence[NoteSigner]) -> bytes:
    """Return the note signed by these signers, which must not be witnesses."""
    return Note(text, tuple(sign(signer, text) for signer in signers)).encode()


def sign_file(data: bytes, signer: NoteSigner, *, format: str) -> bytes:
    """Return the note beside a file, which says whose it is. format: of the file."""
    return sign_note(_file_text(data, format), [signer])


def open_file(data: bytes, raw: bytes, keys: Iterable[VerifierKey], *, format: str) -> None:
    """Verify the note beside a file; raises as `open_note` does, and OtherFileError."""
    if open_note(raw, keys).text != _file_text(data, format):
        raise OtherFileError("it is of another file")


def _file_text(data: bytes, format: str) -> str:
    # No checkpoint: its second line is not a number.
    return f"{format}\nsha256 {sha256(data).hexdigest()}\n"


def _verify(key: VerifierKey, text: str, value: bytes) -> VerifiedNote:
    time = None
    raw = value
    if key.algorithm is Algorithm.COSIGNATURE_V1:
        time, raw = int.from_bytes(value[:_TIME_BYTES], "big"), value[_TIME_BYTES:]
    try:
        message = signed_bytes(key=key, text=text, time=time)
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(raw, message)
    except (InvalidSignature, SigningError) as error:
        raise InvalidSignatureError(
            f"the signature of {key.name}+{key.key_id.hex()} does not verify"
        ) from error
    return VerifiedNote(key, time)


def _parse_line(line: str) -> NoteSignature:
    match line.split(" "):
        case [dash, name, encoded] if dash == _DASH:
            try:
                raw = strict_base64.standard(encoded)
            except ValueError as error:
                raise MalformedNoteError("a signature is not base64") from error
            return NoteSignature(name, raw[:_KEY_ID_BYTES], raw[_KEY_ID_BYTES:])
        case _:
            raise MalformedNoteError("a signature line is malformed")


def _is_name(name: str) -> bool:
    return bool(name) and not _NOT_IN_NAMES.search(name)


def _check_text(text: str) -> None:
    if not text.endswith("\n") or _NOT_IN_TEXTS.search(text):
        raise MalformedNoteError("the text does not end in a newline or has a control character")
