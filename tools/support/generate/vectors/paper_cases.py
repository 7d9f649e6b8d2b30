"""Cases of erasure receipts and histories that are signed and logged as they are."""

import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf import json_format

from idvault_verify import seal
from idvault_verify.event import EventType
from idvault_verify.strict_base64 import encode_standard
from idvault_verify.transparency import note
from idvault_verify.transparency.note import NoteSigner
from idvault_verify.v1 import erasure_pb2, status_pb2
from tools.support import logs, merkle, statements

Made = tuple[str, dict[str, Any], str | None]
_WITNESS = merkle.witness("witness.example/w1", seed=2)
_TOKEN = "acct_" + "1" * 26
_KEY = b"k" * 32
_AT = datetime(2026, 2, 1, 12, 30, 7, tzinfo=UTC)
_ID, _DIGEST, _AUDITOR = "01" * 16, b"d" * 32, "66" * 16
_MADE = int(statements.MADE.timestamp())
_MOST = 99_999_999_999


def _leaf(type_: str, fields: Sequence[str | bytes], *, at: datetime = _AT) -> bytes:
    """Return an entry of the vault, with the key that opens it; fields: any, in order."""
    details = seal.encode(type_, *fields)
    commitment = hmac.digest(_KEY, seal.encode("idvault/log-commitment/v1", _TOKEN, details), "sha256")
    return seal.encode("idvault/log-entry/v1", type_, f"{at:%Y-%m-%dT%H:%MZ}", "system", commitment)


def _prove(entry: Any, place: int, leaves: list[bytes]) -> None:
    entry.leaf, entry.opening_key = leaves[place], _KEY
    entry.proof.index, entry.proof.tree_size = place, len(leaves)
    entry.proof.hashes.extend(merkle.path(place, leaves))


def _shown(message: Any) -> dict[str, Any]:
    found: dict[str, Any] = json_format.MessageToDict(message)
    return found


def erasures() -> Iterator[Made]:
    """Yield receipts that lack the time to which their entry has to commit, whatever it commits to."""
    state = erasure_pb2.Erasure.State
    for told, name, type_, more in (
        ("an empty time", "REQUESTED", EventType.ERASURE_REQUEST, [""]),
        ("no time", "REQUESTED", EventType.ERASURE_REQUEST, []),
        ("the beginning of 1970", "REQUESTED", EventType.ERASURE_REQUEST, ["1970-01-01T00:00:00+00:00"]),
        ("an empty time", "ERASED", EventType.ERASURE_ERASE, [""]),
        ("no time", "ERASED", EventType.ERASURE_ERASE, []),
        ("the beginning of 1970", "ERASED", EventType.ERASURE_ERASE, ["1970-01-01T00:00:00+00:00"]),
    ):
        leaves = [*merkle.log_of(7), _leaf(type_.value, ["ab" * 16, *more])]
        made = erasure_pb2.Erasure(erasure_id="ab" * 16, account_token=_TOKEN)
        made.state = state.Value(f"STATE_{name}")
        _prove(made.entry, 7, leaves)
        made.checkpoint.note = logs.signed(leaves, _WITNESS, time=1)
        yield f"{name} without its time, the entry has {told}", _shown(made), "OTHER_ENTRY"
        if told == "the beginning of 1970":
            made.erase_time.FromSeconds(0)
            made.destroy_time.FromSeconds(0)
            yield f"{name} with {told}", _shown(made), None


def _history(
    *,
    horizon: datetime | None = datetime(2026, 3, 1, tzinfo=UTC),
    times: Sequence[datetime] = (_AT, _AT),
    ids: Sequence[str] = (_ID, _ID),
    note_of: bytes | None = None,
    **signed: Any,
) -> status_pb2.DisclosureHistory:
    """Return a history of one disclosure and of openings, signed as it is. times, ids: of each, in order."""
    details = [_ID.encode(), _DIGEST, _AUDITOR.encode(), b"x"]
    leaves = merkle.log_of(6)
    kinds = [EventType.DISCLOSURE_DISCLOSE, *[EventType.DISCLOSURE_OPEN] * (len(times) - 1)]
    for kind, at, its in zip(kinds, times, ids, strict=True):
        more = details[2:] if kind is EventType.DISCLOSURE_DISCLOSE else []
        leaves.append(_leaf(kind.value, [its.encode(), _DIGEST, *more], at=at))
    made = status_pb2.DisclosureHistory(account_token=_TOKEN)
    if horizon is not None:
        made.horizon_time.FromDatetime(horizon)
    made.checkpoint.note = logs.signed(leaves, _WITNESS, time=1)
    for place, (kind, its) in enumerate(zip(kinds, ids, strict=True), start=6):
        is_first = kind is EventType.DISCLOSURE_DISCLOSE
        listed: Any = made.disclosures if is_first else made.openings
        row = listed.add(disclosure_id=its, record_digest=_DIGEST)
        if is_first:
            row.auditor_actor_id, row.legal_basis = _AUDITOR, "x"
        _prove(row.entry, place, leaves)
    return statements.sign(made, note=note_of, **signed)


def _key_note(*lines: str, by: NoteSigner = logs.SIGNER) -> bytes:
    return note.sign_note("".join(f"{each}\n" for each in lines), [by])


def histories() -> Iterator[Made]:
    """Yield histories whose key counts at other times, and with times about the horizon."""
    public = encode_standard(statements.KEY.public_key().public_bytes_raw())
    words, origin = "idvault/statement-key/v1", logs.ORIGIN
    yield "made anew", _shown(_history()), None
    for begins, ends, reason in (
        (0, _MOST, None), (_MADE, _MADE, None), (_MADE + 1, _MOST, "SIGNATURE_INVALID"),
        (0, _MADE - 1, "SIGNATURE_INVALID"), (_MOST, 0, "SIGNATURE_INVALID"),
    ):  # fmt: skip
        made = _history(note_of=_key_note(words, origin, public, str(begins), str(ends)))
        yield f"a key from {begins} to {ends}", _shown(made), reason
    good = (words, origin, public, "0", str(_MOST))
    weak = encode_standard(b"\x01" + bytes(31))
    for told, lines, by in (
        ("a stranger's note", good, merkle.signer(origin, seed=9)),
        ("a note of another purpose", ("idvault/statement-key/v2", *good[1:]), logs.SIGNER),
        ("a note of another log", (words, "other.example/log", *good[2:]), logs.SIGNER),
        ("a note with a line more", (*good, "x"), logs.SIGNER),
        ("a note with a line less", good[:-1], logs.SIGNER),
        ("a time with a zero before it", (*good[:3], "00", good[4]), logs.SIGNER),
        ("a time of twelve digits", (*good[:4], f"{_MOST}0"), logs.SIGNER),
        ("a time that is none", (*good[:3], "x", good[4]), logs.SIGNER),
        ("a time below 0", (*good[:3], "-1", good[4]), logs.SIGNER),
        ("a key of small order", (words, origin, weak, *good[3:]), logs.SIGNER),
        ("a key of 31 bytes", (words, origin, encode_standard(bytes(31)), *good[3:]), logs.SIGNER),
        ("another key", (words, origin, encode_standard(logs.SIGNER.key.public_key), *good[3:]), logs.SIGNER),
    ):
        yield told, _shown(_history(note_of=_key_note(*lines, by=by))), "SIGNATURE_INVALID"
    other = Ed25519PrivateKey.from_private_bytes(bytes([45]) * 32)
    yield "signed by another key", _shown(_history(key=other)), "SIGNATURE_INVALID"
    yield from _times()
    yield from _listed()


def _times() -> Iterator[Made]:
    minute = _AT.replace(second=0)
    for told, horizon, reason in (
        ("the minute of the entries", minute, "PAST_HORIZON"),
        ("a second later", minute + timedelta(seconds=1), None),
        ("a second before", minute - timedelta(seconds=1), "PAST_HORIZON"),
    ):
        yield f"the horizon is {told}", _shown(_history(horizon=horizon)), reason
    for told, times, reason in (
        ("a disclosure at the horizon, no opening", [minute], "PAST_HORIZON"),
        ("a disclosure before the horizon, no opening", [minute - timedelta(minutes=1)], None),
        ("a disclosure at the horizon, its opening before", [minute, minute - timedelta(minutes=1)],
         "PAST_HORIZON"),
    ):  # fmt: skip
        yield told, _shown(_history(times=times, ids=(_ID,) * len(times), horizon=minute)), reason
    early = _history(made_at=datetime(2026, 1, 1, tzinfo=UTC))
    yield "made before its horizon and its entries", _shown(early), None
    yield "without a horizon", _shown(_history(horizon=None)), "NOT_A_HISTORY"
    bare = statements.sign(_bare(horizon=False))
    yield "without a horizon and entries", _shown(bare), "NOT_A_HISTORY"
    yield "without entries", _shown(statements.sign(_bare())), None
    epoch = _history(made_at=datetime(1970, 1, 1, tzinfo=UTC), note_of=_zero_note())
    yield "made at the beginning of 1970", _shown(epoch), None
    epoch.statement.ClearField("make_time")
    yield "without the time when it was made", _shown(epoch), "NOT_SIGNED"


def _zero_note() -> bytes:
    public = encode_standard(statements.KEY.public_key().public_bytes_raw())
    return _key_note("idvault/statement-key/v1", logs.ORIGIN, public, "0", "0")


def _bare(*, horizon: bool = True) -> status_pb2.DisclosureHistory:
    made = status_pb2.DisclosureHistory(account_token=_TOKEN)
    if horizon:
        made.horizon_time.FromDatetime(datetime(2026, 3, 1, tzinfo=UTC))
    made.checkpoint.note = logs.signed(merkle.log_of(6), _WITNESS, time=1)
    return made


def _listed() -> Iterator[Made]:
    """Yield openings of other disclosures, and histories with two faults, of which the first is told."""
    later = [_AT, _AT, _AT + timedelta(days=1)]
    yield "an opening a day later", _shown(_history(times=later, ids=(_ID,) * 3)), None
    others = _history(ids=(_ID, "02" * 16))
    yield "an opening of another disclosure", _shown(others), "DISCLOSURE_LEFT_OUT"
    soon = datetime(2026, 2, 1, tzinfo=UTC)
    stranger = _key_note("x", by=merkle.signer(logs.ORIGIN, seed=9))
    changes: Mapping[str, tuple[status_pb2.DisclosureHistory, str]] = {
        "horizon, signature": (_history(horizon=soon, note_of=stranger), "PAST_HORIZON"),
        "signature, left out": (_history(ids=(_ID, "02" * 16), note_of=stranger), "SIGNATURE_INVALID"),
    }
    for told, (made, reason) in changes.items():
        yield f"two faults: {told}", _shown(made), reason
    spoils: tuple[tuple[str, Callable[[Any], object], str], ...] = (
        ("note, entry", lambda made: made.checkpoint.ClearField("note"), "LOG_INVALID"),
        ("entry, not signed", lambda made: made.ClearField("statement"), "OTHER_ENTRY"),
        ("one entry twice, not signed", lambda made: made.ClearField("statement"), "LISTED_TWICE"),
        ("not signed, count", lambda made: made.statement.ClearField("signature"), "NOT_SIGNED"),
        ("count, signature", lambda made: made.statement.ClearField("opening_count"), "NOT_WHOLE"),
    )
    for told, spoil, reason in spoils:
        made = _history()
        if told.startswith(("note", "entry")):
            made.openings[0].disclosure_id = "02" * 16
        elif told.startswith("one entry"):
            made.openings.append(made.openings[0])
        elif told.startswith("not signed"):
            made.statement.opening_count = 9
        else:
            made.statement.signature = bytes(64)
        spoil(made)
        yield f"two faults: {told}", _shown(made), reason
