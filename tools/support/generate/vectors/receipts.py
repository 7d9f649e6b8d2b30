"""Vectors of receipts: two genuine ones, their mixtures, lies of a vault, and every systematic change.

`log` is the log's verifier key, `witnesses` those of its witnesses, `quorum` how many must have cosigned. A
case with `roster`, for readers that take one, names in their place the versions of a roster among the inputs,
from the first on.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any

from idvault_verify import seal
from tools.support import logs, merkle
from tools.support.generate.vectors import receipt_lies, rosters
from tools.support.generate.vectors.case import Case, changed, repeated
from tools.support.generate.vectors.members import (
    CHECKPOINT,
    ENTRY,
    at,
    compact,
    put,
    put_text,
    unreadable,
    without,
)
from tools.support.generate.vectors.notes import DIGEST, line, note
from tools.support.merkle import log_of

MOST_BYTES = 1024 * 1024
RECEIPTS = receipt_lies.receipts()
PERSON = RECEIPTS["person"]
_INPUTS = ("person", "organisation")
_TEXT = compact(PERSON)
KINDS = {
    "accountToken": "text",
    "claimId": "text",
    "recordDigest": "bytes",
    "quorum": "text",
    **ENTRY,
    **CHECKPOINT,
    "sealingQuorum": "object",
    "sealingQuorum.threshold": "short",
    "sealingQuorum.custodians": "list",
    "sealingQuorum.custodians.0": "object",
    "sealingQuorum.custodians.0.custodian": "text",
    "sealingQuorum.custodians.0.hpkePublicKey": "bytes",
    "record": "object",
    "record.accountToken": "text",
    "record.relyingParty": "text",
    "record.recordId": "text",
    "record.formatVersion": "short",
    "record.sealingQuorumId": "text",
    "record.salt": "bytes",
    "record.commitment": "bytes",
    "record.ciphertext": "bytes",
    "record.shareHashes": "list",
    "record.shareHashes.0": "bytes",
}
# The reason for which a value of the right form that is another is refused.
_OTHER = {
    "accountToken": "OTHER_ENTRY",
    "claimId": "OTHER_ENTRY",
    "recordDigest": "OTHER_ENTRY",
    "quorum": "OTHER_QUORUM",
    "entry.leaf": "OTHER_ENTRY",
    "entry.openingKey": "OTHER_ENTRY",
    "entry.proof": "NOT_IN_LOG",
    "checkpoint": "LOG_INVALID",
    "sealingQuorum": "OTHER_QUORUM",
    "record": "OTHER_RECORD",
}
_EMPTY = {"accountToken": "NOT_A_RECEIPT", "entry.leaf": "NOT_A_RECEIPT", "checkpoint.note": "NOT_COVERED"}

# No minutes, or none that there was.
_NO_TIMES = (
    "2026-02-30T12:00Z",
    "2027-02-29T12:00Z",
    "2026-13-01T12:00Z",
    "2026-00-01T12:00Z",
    "2026-01-00T12:00Z",
    "2026-02-01T24:00Z",
    "2026-02-01T12:60Z",
    "2026-02-01T12:30:00Z",
    "2026-02-01 12:30Z",
    "2026-02-01T12:30",
    "0000-02-01T12:30Z",
    "2026-2-1T12:30Z",
    "",
    "+02026-02-01T12:30Z",
    "2026-02-01T12:30z",
    "2026-04-31T00:00Z",
)


def page() -> dict[str, Any]:
    """Return the content of receipt.json."""
    inputs = {owner: compact(RECEIPTS[owner]).decode("latin-1") for owner in _INPUTS}
    inputs |= rosters.receipt_inputs()
    policy = {"log": logs.VKEY, "witnesses": [str(receipt_lies.WITNESS.key)], "quorum": 1}
    parts = (
        _lies(),
        _unreadable(),
        _values(),
        _numbers(),
        _lists(),
        _tolerated(),
        _leaves(),
        _notes(),
        _sizes(),
        rosters.receipt_cases(PERSON),
    )
    return {"source": __doc__, **policy, "inputs": inputs, "cases": [case for part in parts for case in part]}


def _case(name: str, made: bytes, reason: str | None, **given: Any) -> Case:
    return {"name": name, "input": changed("person", _TEXT, made), **given, "reason": reason}


def _lies() -> Iterator[Case]:
    for case in receipt_lies.cases():
        of = case["of"] if case["of"] in _INPUTS else "person"
        made, base = compact(receipt_lies.apply(RECEIPTS, case)), compact(RECEIPTS[of])
        yield {"name": case["name"], "input": changed(of, base, made), "reason": case["reason"]}


def _unreadable() -> Iterator[Case]:
    for name, made in unreadable(PERSON, KINDS):
        yield _case(name, made, "NOT_A_RECEIPT")
    for text in (b"", b"x", b"[]", b"{}", b"null", b'"x"', b"0"):
        yield _case(f"the file {text!r}", text, "NOT_A_RECEIPT")


def _reason(path: str) -> str:
    return next(reason for name, reason in _OTHER.items() if path == name or path.startswith(f"{name}."))


def _values() -> Iterator[Case]:
    for path, kind in KINDS.items():
        value = at(PERSON, path)
        if kind == "text":
            for other in (
                f"{value}x",
                value[:-1],
                value.upper() if value.upper() != value else "x",
                "\u67d0",
            ):
                yield _case(f"{path} is the text {other!a}", compact(put(PERSON, path, other)), _reason(path))
        if kind == "bytes":
            data = b64decode(value)
            flipped = bytes([data[0] ^ 1]) + data[1:], data[:-1] + bytes([data[-1] ^ 0x80])
            for told, other in zip(
                ("first bit changed", "last bit changed", "a byte less", "a byte more", "doubled"),
                (*flipped, data[:-1], data + b"\x00", data + data),
                strict=True,
            ):
                text = b64encode(other).decode()
                yield _case(f"{path}: {told}", compact(put(PERSON, path, text)), _reason(path))
        if kind in ("text", "bytes"):
            yield _case(f"{path} is empty", compact(put(PERSON, path, "")), _EMPTY.get(path, _reason(path)))
    for path in ("entry.proof", "sealingQuorum", "record", "sealingQuorum.custodians.0"):
        yield _case(f"{path} is an empty object", compact(put(PERSON, path, {})), _reason(path))
    yield _case("entry is an empty object", compact(put(PERSON, "entry", {})), "NOT_A_RECEIPT")
    yield _case("checkpoint is an empty object", compact(put(PERSON, "checkpoint", {})), "NOT_COVERED")


def _numbers() -> Iterator[Case]:
    for path, values in (
        ("entry.proof.index", ("0", "1", "-1", "9007199254740991", "-9007199254740991")),
        ("entry.proof.treeSize", ("0", "1", "-1", "9007199254740991", "-9007199254740991")),
    ):
        for value in values:
            yield _case(f"{path} is the number {value}", compact(put(PERSON, path, value)), "NOT_IN_LOG")
    for path, reason in (
        ("sealingQuorum.threshold", "OTHER_QUORUM"),
        ("record.formatVersion", "OTHER_RECORD"),
    ):
        for number in (0, -1, 3, 2**31 - 1, 1 - 2**31):
            yield _case(f"{path} is the number {number}", compact(put(PERSON, path, number)), reason)


def _lists() -> Iterator[Case]:
    for path in ("entry.proof.hashes", "sealingQuorum.custodians", "record.shareHashes"):
        listed = at(PERSON, path)
        for told, other in (
            ("empty", []),
            ("without the first", listed[1:]),
            ("without the last", listed[:-1]),
            ("with the first twice", [listed[0], *listed]),
            ("in another order", listed[::-1]),
        ):
            yield _case(f"{path} {told}", compact(put(PERSON, path, other)), _reason(path))


def _tolerated() -> Iterator[Case]:
    """Yield receipts that say the same in another way, which every reader accepts."""
    for path in ("record.presentQuorumId", "record.suite"):
        yield _case(f"{path} is there, and empty", compact(put(PERSON, path, "")), None)
    turned = dict(reversed(list(PERSON.items())))
    yield _case("members in another order", compact(turned), None)
    yield _case("white space", compact(PERSON).replace(b":", b" :\t").replace(b",", b",\r\n"), None)
    yield _case("an escaped letter in a name", _TEXT.replace(b'"claimId"', b'"\\u0063laimId"', 1), None)
    escaped = put_text(PERSON, "claimId", f'"\\u{ord(PERSON["claimId"][0]):04x}{PERSON["claimId"][1:]}"')
    yield _case("an escaped letter in a text", escaped, None)
    slash = at(PERSON, "checkpoint.note").replace("/", "\\/")
    yield _case("escaped slashes in base64", put_text(PERSON, "checkpoint.note", f'"{slash}"'), None)
    yield _case("space around", b"\n\t " + _TEXT + b" \r\n", None)
    bare = without(without(PERSON, "record"), "sealingQuorum")
    yield _case("without a record, another quorum is told", compact(put(bare, "quorum", "9 of 9")), None)


def _parts() -> list[bytes]:
    """Return the parts of the person's leaf."""
    leaf, parts = b64decode(at(PERSON, "entry.leaf")), []
    while leaf:
        size = int.from_bytes(leaf[:4], "big")
        parts.append(leaf[4 : 4 + size])
        leaf = leaf[4 + size :]
    return parts


def _logged(leaf: bytes) -> bytes:
    """Return the person's receipt with this leaf, which the log has."""
    leaves = [*log_of(6), leaf]
    proof = {"index": "6", "treeSize": "7", "hashes": [_b64(each) for each in merkle.path(6, leaves)]}
    entry = {"leaf": _b64(leaf), "openingKey": at(PERSON, "entry.openingKey"), "proof": proof}
    signed = logs.signed(leaves, receipt_lies.WITNESS, time=1)
    return compact({**PERSON, "entry": entry, "checkpoint": {"note": _b64(signed)}})


def _b64(data: bytes) -> str:
    return b64encode(data).decode()


def _leaves() -> Iterator[Case]:
    """Yield leaves that a vault has logged, and that are none, or say something else."""
    purpose, kind, time, actor, bound = _parts()
    yield _case(
        "the leaf in another tree", _logged(seal.encode(purpose.decode(), kind, time, actor, bound)), None
    )
    yield _case("the leap day", _logged(_leaf(time=b"2028-02-29T23:59Z")), None)
    for told in _NO_TIMES:
        yield _case(f"a leaf of the time {told!a}", _logged(_leaf(time=told.encode())), "OTHER_ENTRY")
    for told in ("5e" * 16, "", "System", "system ", "5e" * 15, "5E" * 16, "5e" * 17):
        yield _case(f"a leaf of the actor {told!a}", _logged(_leaf(actor=told.encode())), "OTHER_ENTRY")
    for told in ("verification:claim:open", "", "verification:claim:settle ", "Verification:claim:settle"):
        yield _case(f"a leaf of the type {told!a}", _logged(_leaf(kind=told.encode())), "OTHER_ENTRY")
    yield from _versions()
    whole = _leaf()
    for told, leaf in (
        ("of four parts", seal.encode(purpose.decode(), kind, time, actor)),
        ("of six parts", whole + (0).to_bytes(4, "big")),
        ("of another purpose", seal.encode("idvault/log-entry/v2", kind, time, actor, bound)),
        ("with a byte more", whole + b"\x00"),
        ("with a byte less", whole[:-1]),
        ("with a length beyond its end", whole[:-36] + b"\xff\xff\xff\xff" + bound),
        ("with a short commitment", seal.encode(purpose.decode(), kind, time, actor, bound[:-1])),
        ("with a long commitment", seal.encode(purpose.decode(), kind, time, actor, bound + b"\x00")),
        ("with no commitment", seal.encode(purpose.decode(), kind, time, actor, b"")),
        ("of one byte", b"\x00"),
        ("of no UTF-8", seal.encode(purpose.decode(), kind, b"\xff" + time[1:], actor, bound)),
    ):
        yield _case(f"a leaf {told}", _logged(leaf), "OTHER_ENTRY")


def _versions() -> Iterator[Case]:
    """Yield leaves of the second version: a settlement may have a tag, and names no platform."""
    first, kind, time, actor, bound = _parts()
    second = "idvault/log-entry/v2"
    for told, purpose, more, reason in (
        ("without platform and tag", second, (b"", b""), None),
        ("with a tag", second, (b"", b"t" * 16), None),
        ("with a short tag", second, (b"", b"t" * 15), "OTHER_ENTRY"),
        ("with a long tag", second, (b"", b"t" * 17), "OTHER_ENTRY"),
        ("with a platform", second, (b"platform-a", b""), "OTHER_ENTRY"),
        ("with a platform and a tag", second, (b"platform-a", b"t" * 16), "OTHER_ENTRY"),
        ("without a tag", second, (b"",), "OTHER_ENTRY"),
        ("with a part more", second, (b"", b"", b""), "OTHER_ENTRY"),
        ("that calls itself the first", first.decode(), (b"", b""), "OTHER_ENTRY"),
        ("that calls itself the third", "idvault/log-entry/v3", (b"", b""), "OTHER_ENTRY"),
    ):
        leaf = seal.encode(purpose, kind, time, actor, bound, *more)
        yield _case(f"a leaf of version 2 {told}", _logged(leaf), reason)


def _leaf(**changes: bytes) -> bytes:
    purpose, kind, time, actor, bound = _parts()
    given = {"kind": kind, "time": time, "actor": actor} | changes
    return seal.encode(purpose.decode(), given["kind"], given["time"], given["actor"], bound)


def _notes() -> Iterator[Case]:
    """Yield the person's receipt with other notes of the same tree."""
    words = b64decode(at(PERSON, "checkpoint.note")).decode().rpartition("\n\n")[0] + "\n"
    log, cosigner = logs.SIGNER, receipt_lies.WITNESS

    def case(
        name: str, text: str, reason: str | None, *, signed: list[str] | None = None, **given: Any
    ) -> Case:
        lines = [line(log, text), line(cosigner, text, time=1)] if signed is None else signed
        made = compact(put(PERSON, "checkpoint.note", _b64(note(text, *lines))))
        return _case(f"note: {name}", made, reason, **given)

    yield case("signed again", words, None)
    yield case("with a line without meaning", f"{words}a\n", None)
    yield case("of an epoch whose statement is not known", f"{words}epoch 2 {DIGEST}\n", "EPOCH_INVALID")
    for told, more in (
        ("no epoch", "epoch 1\n"),
        ("an epoch in the fifth line", f"a\nepoch 2 {DIGEST}\n"),
        ("two epochs", f"epoch 2 {DIGEST}\nepoch 2 {DIGEST}\n"),
        ("a huge epoch", f"epoch 9999999999 {DIGEST}\n"),
        ("an empty line", "\n"),
    ):
        yield case(told, f"{words}{more}", "LOG_INVALID")
    yield case("without its witness", words, "LOG_INVALID", signed=[line(log, words)])
    alone: dict[str, Any] = {"signed": [line(log, words)], "witnesses": [], "quorum": 0}
    yield case("without its witness, where none is known", words, None, **alone)
    yield case("without the log", words, "LOG_INVALID", signed=[line(cosigner, words, time=1)])
    yield case("of another log", words.replace("log.", "other."), "LOG_INVALID")
    other = words.split("\n")
    yield case("of another root", "\n".join((other[0], other[1], _b64(bytes(32)), "")), "NOT_IN_LOG")
    larger = "\n".join((other[0], str(int(other[1]) + 1), *other[2:]))
    yield case("of another size", larger, "NOT_IN_LOG")
    yield case("of a size beyond every number", "\n".join((other[0], str(2**63), *other[2:])), "LOG_INVALID")


def _sizes() -> Iterator[Case]:
    for name, put_in, times, reason in (
        ("as long as allowed", b" ", MOST_BYTES - len(_TEXT), None),
        ("a byte too long", b" ", MOST_BYTES - len(_TEXT) + 1, "TOO_LONG"),
        ("too long, and no JSON", b"x", MOST_BYTES, "TOO_LONG"),
    ):
        yield {"name": name, "input": repeated("person", len(_TEXT), put_in, times), "reason": reason}
    marked = _TEXT.index(b'"hashes":[') + len(b'"hashes":[')
    deep = {
        "name": "too many hashes",
        "input": repeated("person", marked, b'"",', 250_000),
        "reason": "TOO_LONG",
    }
    yield deep
