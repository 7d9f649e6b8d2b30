"""Vectors of erasure receipts and disclosure histories: genuine ones, and every systematic change.

`log` is the log's verifier key, `witnesses` those of its witnesses, `quorum` how many must have cosigned.
"""

from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf import json_format
from google.protobuf.timestamp_pb2 import Timestamp

from idvault_verify.event import Event, EventType
from idvault_verify.transparency import entry
from idvault_verify.v1 import erasure_pb2, status_pb2
from tools.support import logs, merkle, statements
from tools.support.generate.vectors import paper_cases
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
from tools.support.merkle import log_of, witness

WITNESS = witness("witness.example/w1", seed=2)
POLICY = {"log": logs.VKEY, "witnesses": [str(WITNESS.key)], "quorum": 1}
TOKEN = "acct_" + "1" * 26
_AT = datetime(2026, 2, 1, 12, 30, 7, tzinfo=UTC)
_KEY = b"k" * 32


def _shown(message: Any) -> dict[str, Any]:
    found: dict[str, Any] = json_format.MessageToDict(message)
    return found


def _page(source: str, inputs: Mapping[str, Any], cases: list[Case]) -> dict[str, Any]:
    texts = {name: compact(paper).decode("latin-1") for name, paper in inputs.items()}
    return {"source": source, **POLICY, "inputs": texts, "cases": cases}


def _other_values(paper: Any, kinds: Mapping[str, str]) -> Iterator[tuple[str, str, bytes]]:
    """Yield papers with values of the right form that are others."""
    for path, kind in kinds.items():
        value = at(paper, path)
        if kind == "text":
            for other in (f"{value}x", value[1:], ""):
                yield path, f"{path} is the text {other!a}", compact(put(paper, path, other))
        if kind == "bytes":
            data = b64decode(value)
            for told, other in (
                ("first bit changed", bytes([data[0] ^ 1]) + data[1:]),
                ("last bit changed", data[:-1] + bytes([data[-1] ^ 0x80])),
                ("a byte less", data[:-1]),
                ("a byte more", data + b"\x00"),
                ("empty", b""),
            ):
                yield path, f"{path}: {told}", compact(put(paper, path, b64encode(other).decode()))
        if kind == "long":
            for number in ("0", "-1", "9007199254740991"):
                yield path, f"{path} is the number {number}", compact(put(paper, path, number))
        if kind == "short":
            for short in (0, -1, 2**31 - 1):
                yield path, f"{path} is the number {short}", compact(put(paper, path, short))
        if kind == "time":
            for time in ("2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"):
                yield path, f"{path} is the time {time}", compact(put(paper, path, time))
        if kind == "list":
            for told, listed in (("empty", []), ("with its first twice", [value[0], *value])):
                yield path, f"{path} {told}", compact(put(paper, path, listed))


def _time(time: datetime) -> Timestamp:
    return Timestamp(seconds=int(time.timestamp()))


_ERASE, _DESTROY = _AT + timedelta(days=7), _AT + timedelta(days=15)
_ABSENT = _DESTROY + timedelta(seconds=9)
_KEPT = _DESTROY + timedelta(days=100)
_STEPS: dict[str, tuple[EventType, dict[str, str]]] = {
    "REQUESTED": (EventType.ERASURE_REQUEST, {"erase_at": _ERASE.isoformat()}),
    "CANCELLED": (EventType.ERASURE_CANCEL, {}),
    "ERASED": (EventType.ERASURE_ERASE, {"destroy_at": _DESTROY.isoformat()}),
    "DESTROYED": (
        EventType.ERASURE_DESTROY,
        {"absent_from": _ABSENT.isoformat(), "kept_until": _KEPT.isoformat()},
    ),
}
_ERASURE_KINDS = {
    "erasureId": "text",
    "accountToken": "text",
    "state": "word",
    "requestTime": "time",
    "eraseTime": "time",
    "destroyTime": "time",
    "absentTime": "time",
    "keptUntilTime": "time",
    **ENTRY,
    **CHECKPOINT,
}


def erasure(state: str, *, actor: str = "system", left_out: Collection[str] = ()) -> dict[str, Any]:
    """Return the receipt of a step at the end of a log with other entries. left_out: fields of its entry."""
    kind, fields = _STEPS[state]
    bound = {"erasure_id": "ab" * 16} | {name: fields[name] for name in fields if name not in left_out}
    leaves = [*log_of(7), entry.encode_leaf(Event(kind, actor, TOKEN, _AT, _AT, "11" * 16, _KEY, bound))]
    made = erasure_pb2.Erasure(
        erasure_id="ab" * 16,
        account_token=TOKEN,
        state=erasure_pb2.Erasure.State.Value(f"STATE_{state}"),
        request_time=_time(_AT),
        erase_time=_time(_ERASE),
        destroy_time=_time(_DESTROY),
    )
    if "absent_from" in bound:
        made.absent_time.CopyFrom(_time(_ABSENT))
    if "kept_until" in bound:
        made.kept_until_time.CopyFrom(_time(_KEPT))
    made.entry.leaf, made.entry.opening_key = leaves[-1], _KEY
    made.entry.proof.index, made.entry.proof.tree_size = 7, 8
    made.entry.proof.hashes.extend(merkle.path(7, leaves))
    made.checkpoint.note = logs.signed(leaves, WITNESS, time=1)
    return _shown(made)


def erasure_page() -> dict[str, Any]:
    """Return the content of erasure.json."""
    papers = {state: erasure(state) for state in _STEPS}
    bare = {
        "DESTROYED, all": erasure("DESTROYED", left_out={"kept_until"}),
        "DESTROYED, no promise": erasure("DESTROYED", left_out={"absent_from"}),
        "DESTROYED, neither": erasure("DESTROYED", left_out={"absent_from", "kept_until"}),
    }
    base, text = papers["DESTROYED"], compact(papers["DESTROYED"])

    def case(name: str, made: bytes, reason: str | None) -> Case:
        return {"name": name, "input": changed("DESTROYED", text, made), "reason": reason}

    cases: list[Case] = [
        {"name": f"the step {state}", "input": {"of": state}, "reason": None} for state in (*papers, *bare)
    ]
    cases += [case(name, made, "NOT_AN_ERASURE") for name, made in unreadable(base, _ERASURE_KINDS)]
    for path, name, made in _other_values(base, _ERASURE_KINDS):
        cases.append(case(name, made, _erasure_reason(path, name)))
    cases += [case(f"note: {name}", made, reason) for name, made, reason in _other_notes(base)]
    for state in (*_STEPS, "UNSPECIFIED"):
        other = compact(put(base, "state", f"STATE_{state}"))
        if state != "DESTROYED":
            cases.append(case(f"of the state {state}, by its words", other, "OTHER_ENTRY"))
    cases += list(_steps(papers))
    cases += [case(f"signed: {name}", compact(made), reason) for name, made, reason in paper_cases.erasures()]
    cases += [
        case("without a promise that its entry has", compact(without(base, "absentTime")), "OTHER_ENTRY"),
        case("without the hold that its entry has", compact(without(base, "keptUntilTime")), "OTHER_ENTRY"),
        case("its hold as the promise", compact(_swapped(base)), "OTHER_ENTRY"),
        case("with an origin", compact(put(base, "origin", "ORIGIN_OWNER")), None),
        case("with an origin that is none", compact(put(base, "origin", "ORIGIN_X")), "NOT_AN_ERASURE"),
        case("without its entry", compact(without(base, "entry")), "NOT_AN_ERASURE"),
        case("without its proof", compact(without(base, "entry.proof")), "NOT_COVERED"),
        case("without its checkpoint", compact(without(base, "checkpoint")), "NOT_COVERED"),
        {
            "name": "too long",
            "input": repeated("DESTROYED", len(text), b" ", 1024 * 1024),
            "reason": "TOO_LONG",
        },
    ]
    return _page(__doc__ or "", papers | bare, cases)


def _swapped(base: Mapping[str, Any]) -> dict[str, Any]:
    """Return a receipt whose two times are each in the other's place."""
    changed_once = put(base, "absentTime", base["keptUntilTime"])
    swapped: dict[str, Any] = put(changed_once, "keptUntilTime", base["absentTime"])
    return swapped


def _steps(papers: Mapping[str, Any]) -> Iterator[Case]:
    for state, paper in papers.items():
        text = compact(paper)
        for name in ("requestTime", "eraseTime", "destroyTime", "absentTime", "keptUntilTime"):
            if state == "DESTROYED":
                continue
            committed = {"REQUESTED": "eraseTime", "ERASED": "destroyTime"}.get(state)
            reason = "OTHER_ENTRY" if name in (committed, "absentTime", "keptUntilTime") else None
            made = compact(put(paper, name, "2026-03-01T00:00:00Z"))
            given = changed(state, text, made)
            yield {"name": f"the step {state} with another {name}", "input": given, "reason": reason}
        by_somebody = compact(erasure(state, actor="5e" * 16))
        reason = "OTHER_ENTRY" if state in ("ERASED", "DESTROYED") else None
        given = changed(state, text, by_somebody)
        yield {"name": f"the step {state} by somebody", "input": given, "reason": reason}


def _erasure_reason(path: str, name: str) -> str | None:
    if path in ("requestTime", "eraseTime", "destroyTime"):
        return None
    if name.endswith("is the text ''") or name == "entry.leaf: empty":
        return "NOT_AN_ERASURE"
    if path.startswith("entry.proof"):
        return "NOT_IN_LOG"
    if path == "checkpoint.note":
        return "NOT_COVERED" if name.endswith("empty") else "LOG_INVALID"
    return "OTHER_ENTRY"


def _other_notes(paper: Any) -> Iterator[tuple[str, bytes, str]]:
    """Yield papers with other notes of the same tree."""
    words = b64decode(at(paper, "checkpoint.note")).decode().rpartition("\n\n")[0] + "\n"
    for name, text, signed, reason in (
        ("of an epoch", f"{words}epoch 2 {DIGEST}\n", None, "EPOCH_INVALID"),
        ("of a malformed epoch", f"{words}epoch 2\n", None, "LOG_INVALID"),
        ("of an epoch in the fifth line", f"{words}a\nepoch 2 {DIGEST}\n", None, "LOG_INVALID"),
        ("without its witness", words, [line(logs.SIGNER, words)], "LOG_INVALID"),
        ("without the log", words, [line(WITNESS, words, time=1)], "LOG_INVALID"),
    ):
        lines = signed or [line(logs.SIGNER, text), line(WITNESS, text, time=1)]
        other = b64encode(note(text, *lines)).decode()
        yield name, compact(put(paper, "checkpoint.note", other)), reason


_LISTED = {
    "disclosureId": "text",
    "recordDigest": "bytes",
    **ENTRY,
}
_HISTORY_KINDS = {
    "accountToken": "text",
    "horizonTime": "time",
    "disclosures": "list",
    "disclosures.0": "object",
    "disclosures.0.auditorActorId": "text",
    "disclosures.0.legalBasis": "text",
    **{f"disclosures.0.{name}": kind for name, kind in _LISTED.items()},
    "openings": "list",
    "openings.0": "object",
    **{f"openings.0.{name}": kind for name, kind in _LISTED.items()},
    **CHECKPOINT,
    "statement": "object",
    "statement.makeTime": "time",
    "statement.disclosureCount": "short",
    "statement.openingCount": "short",
    "statement.signature": "bytes",
    "statement.keyNote": "bytes",
}


def history(*, opened_minutes_before: int = 0, digest: bytes = b"d" * 32) -> dict[str, Any]:
    """Return a history of one disclosure and two openings, signed as it is."""
    opened = _AT - timedelta(minutes=opened_minutes_before)
    told = {"disclosure_id": "01" * 16, "record_digest": b"d" * 32}
    rows: list[tuple[EventType, datetime, dict[str, Any]]] = [
        (
            EventType.DISCLOSURE_DISCLOSE,
            _AT,
            told | {"auditor_actor_id": "66" * 16, "legal_basis": "\u7b2c\u4e00\u6761"},
        ),
        (EventType.DISCLOSURE_OPEN, opened, told | {"record_digest": digest}),
        (EventType.DISCLOSURE_OPEN, _AT, told),
    ]
    events = [
        Event(kind, "55" * 16, TOKEN, time, time, "11" * 16, _KEY, fields) for kind, time, fields in rows
    ]
    leaves = [*log_of(6), *map(entry.encode_leaf, events)]
    made = status_pb2.DisclosureHistory(account_token=TOKEN)
    made.horizon_time.FromDatetime(datetime(2026, 3, 1, tzinfo=UTC))
    made.checkpoint.note = logs.signed(leaves, WITNESS, time=1)
    for place, (kind, _, fields) in enumerate(rows, start=6):
        listed: Any = made.disclosures if kind is EventType.DISCLOSURE_DISCLOSE else made.openings
        row = listed.add(**fields)
        row.entry.leaf, row.entry.opening_key = leaves[place], _KEY
        row.entry.proof.index, row.entry.proof.tree_size = place, len(leaves)
        row.entry.proof.hashes.extend(merkle.path(place, leaves))
    return _shown(statements.sign(made))


def history_page() -> dict[str, Any]:
    """Return the content of history.json."""
    base = history()
    text = compact(base)

    def case(name: str, made: bytes, reason: str | None) -> Case:
        return {"name": name, "input": changed("history", text, made), "reason": reason}

    cases = [case("a history", text, None)]
    cases += [case(name, made, "NOT_A_HISTORY") for name, made in unreadable(base, _HISTORY_KINDS)]
    for path, name, made in _other_values(base, _HISTORY_KINDS):
        cases.append(case(name, made, _history_reason(path, name)))
    cases += [case(f"note: {name}", made, reason) for name, made, reason in _other_notes(base)]
    first, second = base["openings"]
    cases += [
        case("without the first opening", compact(put(base, "openings", [second])), "NOT_WHOLE"),
        case(
            "openings in another order", compact(put(base, "openings", [second, first])), "SIGNATURE_INVALID"
        ),
        case("an opening twice", compact(put(base, "openings", [first, first])), "LISTED_TWICE"),
        case(
            "a disclosure twice", compact(put(base, "disclosures", base["disclosures"] * 2)), "LISTED_TWICE"
        ),
        case("without the disclosure", compact(put(base, "disclosures", [])), "NOT_WHOLE"),
        case("without a statement", compact(without(base, "statement")), "NOT_SIGNED"),
        case("without a checkpoint", compact(without(base, "checkpoint")), "LOG_INVALID"),
        case("an opening of another record", compact(history(digest=b"e" * 32)), "DISCLOSURE_LEFT_OUT"),
        case("an opening a minute before", compact(history(opened_minutes_before=1)), None),
        case(
            "an opening two minutes before", compact(history(opened_minutes_before=2)), "DISCLOSURE_LEFT_OUT"
        ),
        *(case(f"signed: {name}", compact(made), reason) for name, made, reason in paper_cases.histories()),
        case("a count as a text", put_text(base, "statement.openingCount", '"2"'), "NOT_A_HISTORY"),
        {
            "name": "too long",
            "input": repeated("history", len(text), b" ", 8 * 1024 * 1024),
            "reason": "TOO_LONG",
        },
    ]
    found: dict[str, Case] = {each["name"]: each for each in cases}
    return _page(__doc__ or "", {"history": base}, list(found.values()))


# By the beginning of a path: the reason for another value, and for an empty one.
_HISTORY_REASONS = {
    "accountToken": ("OTHER_ENTRY", "NOT_A_HISTORY"),
    "horizonTime": ("PAST_HORIZON", "PAST_HORIZON"),
    "checkpoint.note": ("LOG_INVALID", "LOG_INVALID"),
    "statement.disclosureCount": ("NOT_WHOLE", "NOT_WHOLE"),
    "statement.openingCount": ("NOT_WHOLE", "NOT_WHOLE"),
    "statement": ("SIGNATURE_INVALID", "NOT_SIGNED"),
}


def _history_reason(path: str, name: str) -> str:
    is_empty = name.endswith(("empty", "is the text ''"))
    if path in ("disclosures", "openings"):
        return "NOT_WHOLE" if is_empty else "LISTED_TWICE"
    if path == "horizonTime" and "9999" in name:
        return "SIGNATURE_INVALID"
    for begin, reasons in _HISTORY_REASONS.items():
        if path.startswith(begin):
            return reasons[is_empty]
    return "NOT_IN_LOG" if ".proof" in path else "OTHER_ENTRY"
