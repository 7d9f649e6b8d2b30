"""Signed notes: checkpoints and cosignatures (formats.md, section 9; C2SP)."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tools.support.reference import paper, tree
from tools.support.reference.encoding import base64, check, from_base64

LOG, WITNESS = 1, 4


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
    key = Key(name, data[0], data[1:])
    check(key.id.hex() == key_id and key.kind in (LOG, WITNESS) and len(key.public) == 32, "a wrong key")
    return key


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


def signed_text(note: bytes, *, log: Key) -> str:
    """Return the text of a note that the log signed."""
    return _verified(note, log, ())[0]


def read(note: bytes, *, log: Key, witnesses: Sequence[Key] = (), quorum: int = 0) -> Checkpoint:
    """Return the checkpoint in a note that the log signed and enough witnesses cosigned."""
    body, cosigned = _verified(note, log, witnesses)
    lines = body.split("\n")
    check(lines[0] == log.name and len(lines) >= 4, "this is no checkpoint of the log")
    check(len({key.public for key in witnesses if key.name in cosigned}) >= quorum, "too few witnesses")
    check(lines[1] != "0" or from_base64(lines[2]) == tree.root([]), "the root of an empty tree is wrong")
    return Checkpoint(lines[0], int(lines[1]), from_base64(lines[2]), cosigned)


def _verified(note: bytes, log: Key, witnesses: Sequence[Key]) -> tuple[str, dict[str, int]]:
    body, _, signatures = note.decode().rpartition("\n\n")
    body += "\n"
    known = {(key.name, key.id): key for key in (log, *witnesses)}
    signed = False
    cosigned: dict[str, int] = {}
    for line in signatures.removesuffix("\n").split("\n"):
        dash, name, encoded = line.split(" ")
        data = from_base64(encoded)
        check(dash == "\u2014", "a signature line begins with another character")
        key = known.get((name, data[:4]))
        if key is None:
            continue
        if key.kind == LOG:
            paper.verify(key.public, data[4:], _message(body, None))
            signed = True
        else:
            time = int.from_bytes(data[4:12], "big")
            paper.verify(key.public, data[12:], _message(body, time))
            cosigned[name] = max(time, cosigned.get(name, 0))
    check(signed, "the log did not sign this note")
    return body, cosigned


def check_fresh(checkpoint: Checkpoint, *, quorum: int, now: int, max_age: int = 900) -> None:
    """Check that enough witnesses cosigned lately."""
    fresh = [time for time in checkpoint.cosigned.values() if abs(now - time) <= max_age]
    check(len(fresh) >= quorum, "the checkpoint is stale")


def check_successor(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
    """Check that a checkpoint continues an older one."""
    tree.check_consistency(old=old.size, old_root=old.root, new=new.size, new_root=new.root, proof=proof)


def _message(body: str, time: int | None) -> bytes:
    return (body if time is None else f"cosignature/v1\ntime {time}\n{body}").encode()
