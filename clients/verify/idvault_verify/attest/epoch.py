"""The statement that begins a new epoch of the log: what was lost, why, and who says so.

- A log that was restored from a backup has lost entries that are signed and cosigned. It may go on only with
  a statement of M custodians of each quorum of the roster in force. The statement is public for ever.
- It names the last cosigned checkpoint, the most entries that anybody had seen, the entries that are left,
  the time and the reason. It names the statement before it, so that a chain of them has no gap.
- The signed bytes are encode("idvault/epoch/v1", RFC 8785 JSON of everything except the signatures).
- A later statement names the same version of the roster or a later one.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from idvault_verify import seal, strict_base64
from idvault_verify.attest import reading
from idvault_verify.attest.certificate import NAME
from idvault_verify.attest.people.roster import SIGNATURE_SIZE, Roster, RosterSignature
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.reading import RosterError
from idvault_verify.strict_base64 import Base64Error

FILE = "epochs.json"
"""The name of the public file with every statement of a log, in order."""

MOST_BYTES = 4 * 1024 * 1024
"""The longest public file of all statements."""

_PURPOSE = "idvault/epoch/v1"
_FIELDS = ("log", "epoch", "previous", "former", "seen", "size", "root", "lost", "time", "reason", "roster")
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
# Newer versions of Python also parse the hour 24.
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?!24)[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)
# As in a leaf (transparency.entry).
_EVENT = re.compile(r"[a-z_]+:[a-z_]+:[a-z_]+", re.ASCII)
_HASH_SIZE = 32
_LONGEST_NOTE = 100_000
SECOND = 2


class EpochStatementError(RosterError):
    """A statement of a new epoch must not be used; the text gives the cause."""


@dataclass(frozen=True)
class EpochStatement:
    """One break of a log; valid only once `verify` has accepted it.

    log: the log's vkey. previous: the digest of the statement before, "" if this is the first. former: the
    last cosigned checkpoint, a signed note. seen: the most entries that anybody had seen. size, root: the
    entries that are left. lost: how many entries of each type are known to be lost. roster: the digest of
    the version whose custodians sign.
    """

    log: str
    epoch: int
    previous: str
    former: bytes
    seen: int
    size: int
    root: bytes
    time: datetime
    reason: str
    roster: str
    lost: Mapping[str, int] = field(default_factory=dict)
    signatures: tuple[RosterSignature, ...] = ()

    def canonical(self) -> bytes:
        """Return the bytes that are signed."""
        return self._canonical

    def digest(self) -> str:
        """Return SHA-256 of the signed bytes, in hex: every checkpoint of the epoch names it."""
        return sha256(self.canonical()).hexdigest()

    def with_signature(self, name: str, signature: bytes) -> "EpochStatement":
        """Return the statement with a custodian's signature, replacing an earlier one."""
        others = [each for each in self.signatures if each.name != name]
        return replace(self, signatures=(*others, RosterSignature(name, signature)))

    def to_json(self) -> dict[str, Any]:
        """Return the statement as written in a file."""
        return {**self._body(), "signatures": [each.to_json() for each in self.signatures]}

    def to_bytes(self) -> bytes:
        """Return the file."""
        return json.dumps(self.to_json(), ensure_ascii=False, indent=1).encode() + b"\n"

    @cached_property
    def _canonical(self) -> bytes:
        # Each signature is verified over them, and each checkpoint of the epoch names their digest.
        return seal.encode(_PURPOSE, rfc8785.dumps(self._body()))

    def _body(self) -> dict[str, Any]:
        return {
            "log": self.log,
            "epoch": self.epoch,
            "previous": self.previous,
            "former": strict_base64.encode_standard(self.former),
            "seen": self.seen,
            "size": self.size,
            "root": reading.base64url(self.root),
            "lost": dict(self.lost),
            "time": f"{self.time:%Y-%m-%dT%H:%M:%SZ}",
            "reason": self.reason,
            "roster": self.roster,
        }


def parse(data: bytes) -> EpochStatement:
    """Return the statement in a file; raises RosterError with the cause."""
    return _statement(reading.document(data), "the statement")


def parse_chain(data: bytes) -> tuple[EpochStatement, ...]:
    """Return the statements in a public file; raises RosterError."""
    fields = reading.document(data, limit=MOST_BYTES)
    reading.exactly(fields, "the file", "epochs")
    listed = reading.items(fields["epochs"], "epochs")
    return tuple(_statement(item, f"epoch {place}") for place, item in enumerate(listed, SECOND))


def parse_any(data: bytes) -> tuple[EpochStatement, ...]:
    """Return the statement in a file, or those in a public file; raises RosterError."""
    return parse_chain(data) if "epochs" in reading.document(data, limit=MOST_BYTES) else (parse(data),)


def encode_chain(statements: Iterable[EpochStatement]) -> bytes:
    """Return the public file of all statements, in order."""
    listed = [each.to_json() for each in statements]
    return json.dumps({"epochs": listed}, ensure_ascii=False, indent=1).encode() + b"\n"


def sign(
    statement: EpochStatement, *, name: str, signer: Callable[[bytes], bytes], roster: Roster
) -> EpochStatement:
    """Return the statement with one more signature; raises RosterError unless it counts."""
    signature = signer(statement.canonical())
    signed = statement.with_signature(name, signature)
    check_signatures(signed, roster=roster)
    return signed


def check_signatures(statement: EpochStatement, *, roster: Roster) -> set[str]:
    """Return who signed; raises EpochStatementError for a signature that is wrong or is no custodian's."""
    if statement.roster != roster.digest():
        raise EpochStatementError("the statement names another version of the roster")
    custodians = {each.name: each for quorum in roster.quorums for each in quorum.custodians}
    for signature in statement.signatures:
        found = custodians.get(signature.name)
        if found is None:
            raise EpochStatementError(f"{signature.name} signed but is not a custodian of a quorum")
        _check(found, signature.signature, statement.canonical())
    return {each.name for each in statement.signatures}


def verify(statement: EpochStatement, *, roster: Roster) -> None:
    """Raise EpochStatementError unless M custodians of each quorum of its roster signed a statement."""
    signers = check_signatures(statement, roster=roster)
    for quorum in roster.quorums:
        have = sum(each.name in signers for each in quorum.custodians)
        if have < quorum.threshold:
            raise EpochStatementError(
                f"quorum {quorum.name}: {have} of its custodians signed, {quorum.threshold} are needed"
            )


def verify_chain(
    statements: Sequence[EpochStatement],
    *,
    versions: Sequence[Roster],
    number: int = SECOND,
    previous: str = "",
) -> tuple[EpochStatement, ...]:
    """Return the statements of a log after verifying each, and that none is missing or out of order.

    versions: the verified roster, from the first version on. number, previous: of the first statement, if
    those before it are known already. Raises EpochStatementError.
    """
    least = 0
    places = {roster.digest(): place for place, roster in enumerate(versions)}
    for expected, each in enumerate(statements, number):
        if each.epoch != expected or each.previous != previous:
            raise EpochStatementError(f"the statement of epoch {expected} does not follow the one before it")
        at = places.get(each.roster)
        if at is None or at < least:
            raise EpochStatementError(
                f"the statement of epoch {expected} names another version of the roster than those at hand, "
                "or an earlier one than the statement before it"
            )
        verify(each, roster=versions[at])
        previous, least = each.digest(), at
    return tuple(statements)


def join(*chains: Sequence[EpochStatement]) -> tuple[EpochStatement, ...]:
    """Return the statements of one log from several places, in order; their signatures are not verified.

    A place may lack the newest ones, or have only the newest ones. Raises EpochStatementError if two places
    have different statements for one epoch, or if one is missing in between.
    """
    found: list[EpochStatement] = []
    for each in sorted((each for chain in chains for each in chain), key=lambda one: one.epoch):
        at = each.epoch - SECOND
        if at < len(found):
            if each.digest() != found[at].digest():
                raise EpochStatementError(
                    f"there are two statements for epoch {each.epoch}: the log has forked, or one is forged"
                )
            continue
        previous = found[-1].digest() if found else ""
        if (at, previous) != (len(found), each.previous):
            raise EpochStatementError(
                f"the statement of epoch {each.epoch} does not follow those that are known so far"
            )
        found.append(each)
    return tuple(found)


def _check(custodian: RosterMember, signature: bytes, canonical: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(custodian.ed25519).verify(signature, canonical)
    except InvalidSignature as error:
        raise EpochStatementError(f"the signature of {custodian.name} does not verify") from error


def _statement(value: Any, where: str) -> EpochStatement:
    fields = reading.mapping(value, where)
    reading.exactly(fields, where, *_FIELDS, "signatures")
    digest = "64 hexadecimal digits"
    previous = fields["previous"]
    if previous != "":
        reading.matching(previous, f"{where}: previous", _DIGEST, digest)
    root = reading.raw(fields["root"], f"{where}: root")
    if len(root) != _HASH_SIZE:
        raise EpochStatementError(f"{where}: root must have {_HASH_SIZE} bytes")
    number = reading.integer(fields["epoch"], f"{where}: epoch")
    if number < SECOND or (number == SECOND) != (previous == ""):
        raise EpochStatementError(
            f"{where}: epoch must be 2 or more, and from 3 on name the statement before"
        )
    size, seen = (reading.integer(fields[name], f"{where}: {name}") for name in ("size", "seen"))
    if seen < size:
        raise EpochStatementError(f"{where}: seen must not be less than size")
    return EpochStatement(
        log=reading.text(fields["log"], f"{where}: log"),
        epoch=number,
        previous=previous,
        former=_note(fields["former"], f"{where}: former"),
        seen=seen,
        size=size,
        root=root,
        time=_time(fields["time"], f"{where}: time"),
        reason=reading.text(fields["reason"], f"{where}: reason"),
        roster=reading.matching(fields["roster"], f"{where}: roster", _DIGEST, digest),
        lost=_lost(fields["lost"], f"{where}: lost"),
        signatures=_signatures(fields["signatures"], where),
    )


def _note(value: Any, where: str) -> bytes:
    if not isinstance(value, str) or len(value) > _LONGEST_NOTE:
        raise EpochStatementError(f"{where} must be a signed note in base64")
    try:
        return strict_base64.standard(value)
    except Base64Error as error:
        raise EpochStatementError(f"{where} must be a signed note in base64") from error


def _time(value: Any, where: str) -> datetime:
    text = reading.matching(value, where, _TIME, "a time such as 2026-03-01T12:00:00Z")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise EpochStatementError(f"{where} must be a time such as 2026-03-01T12:00:00Z") from error


def _lost(value: Any, where: str) -> dict[str, int]:
    found = reading.mapping(value, where)
    return {
        reading.matching(name, where, _EVENT, "counts by type of entry"): reading.integer(count, where)
        for name, count in found.items()
    }


def _signatures(value: Any, where: str) -> tuple[RosterSignature, ...]:
    found = []
    for place, item in enumerate(reading.items(value, f"{where}: signatures"), 1):
        named = f"{where}: signature {place}"
        fields = reading.mapping(item, named)
        reading.exactly(fields, named, "name", "signature")
        name = reading.matching(fields["name"], f"{named}: name", NAME, "a custodian's name")
        signature = reading.raw(fields["signature"], f"{named}: signature")
        if len(signature) != SIGNATURE_SIZE:
            raise EpochStatementError(f"{named} must have {SIGNATURE_SIZE} bytes")
        found.append(RosterSignature(name, signature))
    reading.different([each.name for each in found], "a signature's name")
    return tuple(found)
