"""Encodes and parses add-checkpoint calls (C2SP tlog-witness).

- A request is a line `old SIZE`, up to 63 lines of one base64 hash each, an empty line, a signed checkpoint.
- Sizes and hashes must be in canonical form; otherwise the request is malformed.
- A witness that has cosigned a size other than the request's old one answers with that size and a newline.
"""

import re
from dataclasses import dataclass

from idvault_verify import strict_base64
from idvault_verify.strict_base64 import Base64Error
from idvault_verify.transparency.tree import HASH_SIZE, MAX_SIZE

PATH = "/add-checkpoint"
OTHER_EPOCH = 428
"""The status for a checkpoint of another epoch of the log; C2SP tlog-witness has none for it."""

MAX_PROOF = 63
# Sixteen signatures of five kilobytes, which a note may have, plus a margin.
MAX_REQUEST_BYTES = 131_072
MAX_ANSWER_BYTES = 65_536
SIZE_TYPE = "text/x.tlog.size"
SIGNATURES_TYPE = "text/plain"

_OLD = "old "
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class WitnessWireError(ValueError):
    """The bytes are not an add-checkpoint call."""


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A log's submission: the size that its proof starts from, the proof (32-byte hashes), a signed note."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def encode(self) -> bytes:
        """Return the body of the call."""
        lines = [f"{_OLD}{self.old}", *(strict_base64.encode_standard(value) for value in self.proof), "", ""]
        return "\n".join(lines).encode() + self.note


def parse(body: bytes) -> AddCheckpoint:
    """Parse the body of a call without parsing its note. Raises WitnessWireError."""
    head, separator, note = body.partition(b"\n\n")
    if not separator:
        raise WitnessWireError("there is no empty line before the checkpoint")
    # A non-ASCII byte becomes a character that matches neither a size nor a hash.
    first, *lines = head.decode("ascii", "replace").split("\n")
    if len(lines) > MAX_PROOF:
        raise WitnessWireError("the proof has more than 63 lines")
    if not first.startswith(_OLD):
        raise WitnessWireError("the first line does not state the old size")
    return AddCheckpoint(_size(first.removeprefix(_OLD)), tuple(map(_hash, lines)), note)


def encode_size(size: int) -> str:
    """Return the body of an answer with the last cosigned size."""
    return f"{size}\n"


def parse_size(body: str) -> int:
    """Parse the body of an answer with a size; raises WitnessWireError if it is malformed."""
    if not body.endswith("\n"):
        raise WitnessWireError("the size does not end in a newline")
    return _size(body.removesuffix("\n"))


def _hash(line: str) -> bytes:
    try:
        value = strict_base64.standard(line)
    except Base64Error as error:
        raise WitnessWireError("a line of the proof is not one hash in base64") from error
    if len(value) != HASH_SIZE:
        raise WitnessWireError("a line of the proof is not one hash in base64")
    return value


def _size(text: str) -> int:
    if not _SIZE.fullmatch(text) or int(text) > MAX_SIZE:
        raise WitnessWireError("a size is not a decimal number without leading zeroes")
    return int(text)
