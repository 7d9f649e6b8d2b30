"""Signed notes: checkpoints and cosignatures (formats.md, section 9; C2SP)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tools.support.reference import paper, tree
from tools.support.reference.ed25519 import check_key
from tools.support.reference.encoding import base64, check, from_base64, text_of

LOG, WITNESS = 1, 4
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_EPOCH = re.compile(r"epoch ([2-9]|[1-9][0-9]{1,8}) ([0-9a-f]{64})", re.ASCII)
_FIRST: Mapping[int, str] = {1: ""}


@dataclass(frozen=True)
class Key:
    """A verifier key. kind: 1 for a log, 4 for a witness."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64(bytes([self.kind]) + self.public)}"


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint. cosigned: the time of each witness's cosignature, by the witness's name."""

    origin: str
    size: int
    root: bytes
    cosigned: dict[str, int]


def parse_key(vkey: str) -> Key:
    """Read a vkey."""
    name, _, rest = vkey.partition("+")
    key_id, _, encoded = rest.partition("+")
    data = from_base64(encoded)
    check(len(data) == 33 and data[0] in (LOG, WITNESS) and is_name(name), "a wrong key")
    check_key(data[1:])
    key = Key(name, data[0], data[1:])
    check(key.id.hex() == key_id, "a wrong key id")
    return key


def is_name(name: str) -> bool:
    """Return whether a key may have this name: no white space of Unicode, control character or plus sign."""
    return name != "" and not any(each.isspace() or each == "+" or each < " " for each in name)


def text(origin: str, size: int, root: bytes) -> str:
    return f"{origin}\n{size}\n{base64(root)}\n"


def sign(body: str, key: Key, private: bytes, *, time: int | None = None) -> str:
    """Return a signature line. time: when a witness cosigns."""
    stamp = b"" if time is None else time.to_bytes(8, "big")
    signature = Ed25519PrivateKey.from_private_bytes(private).sign(_message(body, time))
    return f"\u2014 {key.name} {base64(key.id + stamp + signature)}\n"


def write(body: str, lines: Sequence[str]) -> bytes:
    """Return a note."""
    return (body + "\n" + "".join(lines)).encode()


def signed_text(note: bytes, *, log: Key, more: Sequence[Key] = ()) -> str:
    """Return the text of a note that the log signed. more: its other keys that count."""
    return _verified(note, (log, *more), ())[0]


def unverified_text(note: bytes) -> str:
    """Return the text of a note whose signatures nobody has verified."""
    return _split(note)[0]


def read(
    note: bytes,
    *,
    log: Key,
    witnesses: Sequence[Key] = (),
    quorum: int = 0,
    epochs: Mapping[int, str] | None = _FIRST,
    more: Sequence[Key] = (),
) -> Checkpoint:
    """Return the checkpoint in a note that the log signed and enough witnesses cosigned.

    epochs: the digests of the statements that are known, by the epoch that each began; None to ask for none.
    more: the log's other keys that count.
    """
    body, cosigned = _verified(note, (log, *more), witnesses)
    lines = body.split("\n")[:-1]
    check(len(lines) >= 3 and lines[0] == log.name and "" not in lines, "this is no checkpoint of the log")
    check(_SIZE.fullmatch(lines[1]) is not None and int(lines[1]) < 2**63, "no size of a log")
    size, found = int(lines[1]), from_base64(lines[2])
    check(len(found) == 32, "no root of a log")
    check(size != 0 or found == tree.root([]), "the root of an empty tree is wrong")
    check(len({key.public for key in witnesses if key in cosigned}) >= quorum, "too few witnesses")
    number, digest = epoch_of(body)
    check(epochs is None or epochs.get(number) == digest, "an epoch whose statement is not known")
    return Checkpoint(lines[0], size, found, {key.name: time for key, time in cosigned.items()})


def epoch_of(body: str) -> tuple[int, str]:
    """Return the epoch that the text of a checkpoint names, and the digest of its statement."""
    more = body.split("\n")[3:-1]
    epochs = [line for line in more if line.startswith("epoch ")]
    if not epochs:
        return 1, ""
    found = _EPOCH.fullmatch(more[0])
    check(len(epochs) == 1 and found is not None, "a line names no epoch")
    assert found is not None
    return int(found[1]), found[2]


def _verified(note: bytes, logs: Sequence[Key], witnesses: Sequence[Key]) -> tuple[str, dict[Key, int]]:
    body, lines = _split(note)
    known = {(key.name, key.id): key for key in (*witnesses, *logs)}
    signed, cosigned = False, dict[Key, int]()
    for name, data in [_line(each) for each in lines]:
        key = known.get((name, data[:4]))
        if key is None:
            continue
        if key.kind == LOG:
            paper.verify(key.public, data[4:], _message(body, None))
            signed = True
        else:
            check(len(data) == 76, "a cosignature has a time")
            time = int.from_bytes(data[4:12], "big")
            check(time < 2**63, "a time beyond all times")
            paper.verify(key.public, data[12:], _message(body, time))
            cosigned[key] = max(time, cosigned.get(key, 0))
    check(signed, "the log did not sign this note")
    return body, cosigned


def _split(note: bytes) -> tuple[str, list[str]]:
    """Return the text of a note, and its other lines."""
    check(len(note) <= 1_000_000, "too long")
    whole = text_of(note)
    cut = whole.rfind("\n\n")
    check(cut >= 0 and whole.endswith("\n"), "no signed note")
    body, lines = whole[: cut + 1], whole[cut + 2 : -1].split("\n")
    check(not any(each < " " and each != "\n" for each in body), "a control character in the text")
    check(1 <= len(lines) <= 100, "no signatures, or too many")
    return body, lines


def _line(line: str) -> tuple[str, bytes]:
    words = line.split(" ")
    check(len(words) == 3 and words[0] == "\u2014" and is_name(words[1]), "no line of a signature")
    data = from_base64(words[2])
    check(len(data) >= 5, "a signature without its bytes")
    return words[1], data


def check_fresh(checkpoint: Checkpoint, *, quorum: int, now: int, max_age: int = 900) -> None:
    """Check that enough witnesses cosigned lately."""
    fresh = [time for time in checkpoint.cosigned.values() if abs(now - time) <= max_age]
    check(len(fresh) >= quorum, "the checkpoint is stale")


def check_successor(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
    """Check that a checkpoint continues an older one."""
    tree.check_consistency(old=old.size, old_root=old.root, new=new.size, new_root=new.root, proof=proof)


def _message(body: str, time: int | None) -> bytes:
    return (body if time is None else f"cosignature/v1\ntime {time}\n{body}").encode()
