"""Vectors of evidence, statements of epochs, rosters, a log's keys and reports.

Each is genuine, then changed systematically; what is changed within a signed content is signed again. That a
changed one is refused is the rule; which word a reader says of it is what the reader of Python says.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from operator import methodcaller
from typing import Any

from idvault_verify.attest import epoch as statements
from idvault_verify.attest import hpke
from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.attest.people.roster import Roster
from idvault_verify.strict_base64 import encode_url, url
from idvault_verify.transparency import log_key, note, report
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.log_key import LogKeyChange
from idvault_verify.v1 import disclosure_pb2, evidence_pb2
from tools.support import logs, merkle, people
from tools.support.generate.vectors import epoch_cases, evidence_cases, log_key_cases, report_cases, rosters
from tools.support.generate.vectors.case import Case, changed, repeated
from tools.support.generate.vectors.evidence_parts import Opening
from tools.support.generate.vectors.members import compact, put, put_text, unreadable, without
from tools.support.reference import evidence as reference
from tools.support.reference import examples, story
from tools.support.reference.roster import write as write_roster

Read = Callable[[dict[str, Any], Case], str | None]
_NAMES = people.NAMES
_AT = datetime(2026, 3, 2, tzinfo=UTC)


def _decided(page: dict[str, Any], cases: list[Case], read: Read) -> dict[str, Any]:
    """Return the page with the words of a reader, which must refuse every case but those that say None."""
    found: dict[str, Case] = {}
    for case in cases:
        reason = read(page, case)
        assert (reason is None) == (case["reason"] is None), (case["name"], reason)
        found[case["name"]] = {**case, "reason": reason}
    return {**page, "cases": list(found.values())}


def _case(of: str, base: bytes, name: str, made: bytes, reason: str | None = "*", **given: Any) -> Case:
    return {"name": name, "input": changed(of, base, made), **given, "reason": reason}


def evidence_page(read: Read) -> dict[str, Any]:
    """Return the content of evidence.json. `published`: the files of the roster to compare with."""
    text = str(examples.proof_of_opening()["proof file"]).encode()
    anew = Opening().to_bytes()
    inputs = {"evidence": text.decode("latin-1"), "opening": anew.decode("latin-1"), "nothing": ""}
    inputs |= {
        name: write_roster(each).decode("latin-1") for name, each in evidence_cases.published().items()
    }
    page = {"source": __doc__, "log": story.LOG_KEY.vkey, "published": ["roster"], "inputs": inputs}
    base = json.loads(text)
    cases = [_case("evidence", text, "evidence of an opening", text, None)]
    cases.append(_case("evidence", text, "without a published roster", text, None, published=[]))
    for name, made in unreadable(base, {"evidence": "text", "signature": "text", "format": "text"}):
        cases.append(_case("evidence", text, name, made))
    for name in ("evidence", "signature"):
        value = base[name]
        for told, other in (
            ("a byte less", encode_url(url(value)[:-1])),
            ("padding", f"{value}="),
            ("a space", f"{value} "),
            ("the other alphabet", value.replace("_", "/").replace("-", "+")),
        ):
            cases.append(_case("evidence", text, f"{name}: {told}", compact(put(base, name, other))))
    for other in ("idvault/evidence/v1", "idvault/sealed-evidence/v2", ""):
        cases.append(_case("evidence", text, f"the format {other!a}", compact(put(base, "format", other))))
    cases += [_case("evidence", text, name, made) for name, made in _forged(url(base["evidence"]))]
    cases += [
        _case("opening", anew, f"anew: {name}", made.to_bytes(), reason, **given)
        for name, made, reason, given in evidence_cases.cases()
    ]
    cases.append(
        {"name": "too long", "input": repeated("evidence", len(text), b" ", 16 * 1024 * 1024), "reason": "*"}
    )
    return _decided(page, cases, read)


def _forged(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield evidence with a change of its message, signed again by its auditor."""
    private = story.sample("ed25519 of zhao")

    def signed(made: bytes) -> bytes:
        return reference.write(made, private)

    def changed_by(change: Callable[[evidence_pb2.DisclosureEvidence], object]) -> bytes:
        message = evidence_pb2.DisclosureEvidence.FromString(content)
        change(message)
        return signed(message.SerializeToString(deterministic=True))

    for field in evidence_pb2.DisclosureEvidence.DESCRIPTOR.fields:
        yield f"without {field.name}", changed_by(methodcaller("ClearField", field.name))
    yield "an unknown field", signed(content + b"\x9a\x06\x01x")
    yield "a field again", signed(content + b"\x2a\x01x")
    yield "a field of another length's form", signed(content.replace(b"\x2a\x20", b"\x2a\xa0\x00", 1))
    for day in ("20270301", "2027-W09-1", "2027-3-1", "2027-02-30", "x"):
        other = evidence_pb2.DisclosureEvidence(destroy_after_date=day)
        yield f"the day {day}", changed_by(methodcaller("MergeFrom", other))
    for name, value in (("present_quorum_id", "x"), ("suite", "x"), ("account_token", "x"), ("salt", b"x")):
        record: Any = {name: value}
        spoilt = evidence_pb2.DisclosureEvidence(record=disclosure_pb2.SealedRecord(**record))
        yield f"record: another {name}", changed_by(methodcaller("MergeFrom", spoilt))
    yield "a share's hash more", changed_by(lambda message: message.record.share_hashes.append(bytes(32)))
    yield "one approval", changed_by(lambda message: message.signed_approvals.pop())
    yield (
        "an approval again in place of another",
        changed_by(lambda message: message.signed_approvals.__setitem__(1, message.signed_approvals[0])),
    )
    yield "another data key", changed_by(lambda message: setattr(message, "data_key", bytes(32)))
    yield "entries in another place", changed_by(lambda message: message.opening.CopyFrom(message.request))
    yield "signed by somebody else", reference.write(content, story.sample("ed25519 of li"))


def _roster() -> Roster:
    quorum = people.quorum(suite=hpke.X25519)
    auditor = people.roster_member("auditor-a", role="auditor", suite=hpke.X25519)
    made = Roster(1, False, (*quorum.custodians, auditor), (quorum,), people.WITNESSED)
    return people.signed(made, *_NAMES)


_ROSTER = _roster()


def roster_page(read: Read) -> dict[str, Any]:
    """Return the content of roster.json: the version in force, which must be valid and fit to be in force.

    A case with `before` has other versions before it.
    """
    text = _ROSTER.to_bytes()
    base = json.loads(text)
    page = {
        "source": rosters.__doc__,
        "inputs": {"roster": text.decode("latin-1"), "nothing": "", **rosters.inputs()},
    }
    kinds = {
        "version": "count",
        "development": "flag",
        "people": "list",
        "quorums": "list",
        "signatures": "list",
    }
    kinds |= {
        "people.0": "object",
        "people.0.name": "text",
        "people.0.ed25519": "text",
        "people.0.hpke": "object",
    }
    kinds |= {"quorums.0": "object", "quorums.0.threshold": "count", "quorums.0.custodians": "list"}
    kinds |= {"witness.threshold": "count", "witness.witnesses": "list", "signatures.0.signature": "text"}
    cases = [_case("roster", text, "a roster", text, None)]
    cases += [_case("roster", text, name, made) for name, made in _changes(base, kinds)]
    return _decided(page, [*cases, *rosters.roster_cases()], read)


_WRONG = {
    "count": ("null", "true", '"1"', "1.0", "1e0", "-1", "-0", "01", "9007199254740992", "[]", "{}", "NaN"),
    "flag": ("null", "0", "1", '"true"', '""', "[]", "{}"),
}


def _changes(base: Any, kinds: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    known = {path: kind for path, kind in kinds.items() if kind not in _WRONG}
    yield from unreadable(base, known)
    for path, kind in kinds.items():
        yield f"without {path}", compact(without(base, path))
        for text in _WRONG.get(kind, ()):
            yield f"{path} is {text!a}", put_text(base, path, text)


def _of(leaves: list[bytes], *extensions: str) -> Checkpoint:
    return Checkpoint(logs.ORIGIN, len(leaves), merkle.mth(leaves), extensions)


def _cosigned(found: Checkpoint) -> bytes:
    lines = [note.sign(logs.SIGNER, found.text), note.sign(people.WITNESS, found.text, time=1)]
    return note.Note(found.text, tuple(lines)).encode()


def _statement(**changes: Any) -> EpochStatement:
    leaves = merkle.log_of(10)
    given = {
        "log": logs.VKEY,
        "epoch": 2,
        "previous": "",
        "former": _cosigned(_of(leaves)),
        "seen": 11,
        "size": 6,
    }
    given |= {"root": merkle.mth(leaves[:6]), "time": _AT, "reason": "a synthetic disk failed"}
    given |= {"roster": _ROSTER.digest(), "lost": {"verification:claim:open": 5}}
    made = EpochStatement(**{**given, **changes})
    for name in _NAMES[:2]:
        made = made.with_signature(name, people.signer(name).sign(made.canonical()))
    return made


def epoch_page(read: Read) -> dict[str, Any]:
    """Return the content of epoch.json: files of all statements, with the roster's only version."""
    first = _statement()
    left = _of(merkle.log_of(6), f"epoch 2 {first.digest()}")
    second = _statement(epoch=3, previous=first.digest(), former=_cosigned(left), seen=8, size=5,
                        root=merkle.mth(merkle.log_of(5)), lost={})  # fmt: skip
    text = statements.encode_chain([first, second])
    base = json.loads(text)
    inputs = {"epochs": text.decode("latin-1"), "roster": _ROSTER.to_bytes().decode("latin-1"), "nothing": ""}
    inputs |= epoch_cases.inputs()
    source = f"{__doc__}\n{epoch_cases.__doc__}"
    page = {"source": source, "log": logs.VKEY, "rosters": ["roster"], "more_keys": [], "inputs": inputs}
    kinds = {"epochs": "list", "epochs.0": "object", "epochs.0.epoch": "count", "epochs.0.seen": "count"}
    kinds |= {
        "epochs.0.size": "count",
        "epochs.0.log": "text",
        "epochs.0.previous": "text",
        "epochs.0.root": "text",
    }
    kinds |= {
        "epochs.0.former": "bytes",
        "epochs.0.lost": "object",
        "epochs.0.time": "time",
        "epochs.0.reason": "text",
    }
    kinds |= {"epochs.0.roster": "text", "epochs.0.signatures": "list", "epochs.0.signatures.0": "object"}
    cases = [_case("epochs", text, "two statements", text, None)]
    cases.append(_case("epochs", text, "no statement", compact({"epochs": []}), None))
    cases.append(_case("epochs", text, "the first statement", statements.encode_chain([first]), None))
    # A time in the form of a report's minute has no seconds, so all forms of `members` are wrong here.
    cases += [_case("epochs", text, name, made) for name, made in _changes(base, kinds)]
    cases += [_case("epochs", text, *each) for each in _chains(first, second, left)]
    for name, made, is_valid, given in epoch_cases.cases():
        cases.append(_case("epochs", text, name, made, None if is_valid else "*", **given))
    cases.append(
        {"name": "too long", "input": repeated("epochs", len(text), b" ", 4 * 1024 * 1024), "reason": "*"}
    )
    return _decided(page, cases, read)


def _chains(
    first: EpochStatement, second: EpochStatement, left: Checkpoint
) -> Iterator[tuple[str, bytes, str | None]]:
    """Yield files of statements that contradict one another or the log, and some that do not."""
    for name, made in (
        ("the second statement alone", [second]),
        ("another order", [second, first]),
        ("the first twice", [first, first]),
        ("of another log", [_statement(log=str(merkle.signer("other", seed=9).key))]),
        ("less seen than the former has", [_statement(seen=9)]),
        ("less seen than is left", [_statement(seen=5)]),
        ("a former checkpoint of another epoch", [_statement(former=_cosigned(left))]),
        ("a former checkpoint without its witness", [_statement(former=logs.signed(merkle.log_of(10)))]),
        ("a former checkpoint that is none", [_statement(former=b"x")]),
        ("one signature", [EpochStatement(**{**vars_of(first), "signatures": first.signatures[:1]})]),
        ("of another roster", [_statement(roster="0" * 64)]),
        ("the second former contradicts what was left", _two(6, 5, "x")),
        ("the second former contradicts what was left, and nothing is left", _two(6, 0, "x")),
        ("what is left contradicts what was left", _two(7, 6, "", left="x")),
        ("what is left has another root than the former of its size", _two(6, 6, "x", left="y")),
        ("the second former has fewer entries than were left", _two(5, 5, "")),
    ):
        yield name, statements.encode_chain(made), "*"
    for name, made in (
        ("the second former is what was left", _two(6, 5, "")),
        ("the second former has other entries than were lost", _two(10, 8, "x", kept=5)),
        ("no entry is left", _two(8, 0, "")),
    ):
        yield name, statements.encode_chain(made), None


def _two(
    former: int, size: int, mark: str, *, left: str | None = None, kept: int = 0
) -> list[EpochStatement]:
    """Return two statements, of which the first leaves six entries, or as many as are kept.

    former, size: how many the second one names. mark, left: whose last entries are others than before.
    """

    def entries(count: int, spoilt: str) -> list[bytes]:
        whole = merkle.log_of(count)
        return [*whole[:-1], whole[-1] + spoilt.encode()] if spoilt and count else whole

    kept = kept or 6
    first = _statement(size=kept, root=merkle.mth(merkle.log_of(kept)))
    known = entries(former, mark)
    rest = (
        entries(size, left) if left is not None else (known[:size] if size < former else entries(size, mark))
    )
    note = _cosigned(_of(known, f"epoch 2 {first.digest()}"))
    second = _statement(epoch=3, previous=first.digest(), former=note, seen=11, size=size,
                        root=merkle.mth(rest), lost={})  # fmt: skip
    return [first, second]


def vars_of(made: EpochStatement) -> dict[str, Any]:
    """Return the fields of a statement."""
    return {name: getattr(made, name) for name in EpochStatement.__dataclass_fields__}


def log_keys_page(read: Read) -> dict[str, Any]:
    """Return the content of log-keys.json: the announcements of a log's later keys."""
    signers = [merkle.signer(logs.ORIGIN, seed=seed) for seed in (1, 7, 8)]
    pairs = list(pairwise(signers))
    changes = [
        log_key.announce(one, other, signs_from=1_000 * place) for place, (one, other) in enumerate(pairs)
    ]
    text = _announced(changes)
    base = json.loads(text)
    policy = {"witnesses": [str(log_key_cases.WITNESS.key)], "quorum": 1}
    inputs = {"keys": text.decode("latin-1"), "nothing": ""}
    page = {"source": f"{__doc__}\n{log_key_cases.__doc__}", **policy, "inputs": inputs}
    cases = [_case("keys", text, "two changes", text, None)]
    cases.append(_case("keys", text, "no change", compact({**base, "changes": []}), None))
    kinds = {"format": "text", "changes": "list", "changes.0": "text", "changes.1": "text"}
    cases += [
        _case("keys", text, name, made)
        for name, made in _changes(base, kinds)
        if "without changes." not in name
    ]
    for name, listed in (
        ("another order", base["changes"][::-1]),
        ("the first twice", [base["changes"][0]] * 2),
        ("the first cut", [base["changes"][0][:-1]]),
        ("a signature less", [base["changes"][0].rpartition("\u2014")[0]]),
        ("an announcement of another time", [base["changes"][0].replace("\n0\n", "\n1\n")]),
    ):
        cases.append(_case("keys", text, name, compact(put(base, "changes", listed))))
    cases.append({"name": "too long", "input": repeated("keys", len(text), b" ", 256 * 1024), "reason": "*"})
    for name, changed_to, is_read in log_key_cases.forms():
        made = _announced(changed_to)
        cases.append(_case("keys", text, f"announced: {name}", made, None if is_read else "*"))
    plain = log_key_cases.CHANGES[0]
    inputs["note"] = plain.decode("latin-1")
    for name, listed_as, raw, given, is_accepted in log_key_cases.known():
        its = {"note": changed("note", plain, raw), **given}
        cases.append(_case("keys", text, name, _announced(listed_as), None if is_accepted else "*", **its))
    return _decided(page, cases, read)


def _announced(changes: Sequence[bytes]) -> bytes:
    return log_key.encode([LogKeyChange(logs.SIGNER.key, logs.SIGNER.key, 0, raw) for raw in changes])


_NO_VALUES = (
    ("made", "2026-4-1T1:0Z"),
    ("made", "2026-11-01T24:00Z"),
    ("made", "2026-11-01T00:15:00Z"),
    ("from", "2026-11-02"),
    ("from", "20261001"),
    ("to", "2026-10-32"),
    ("from", "0999-10-01"),
    ("to", "9000-10-01"),
    ("zone", "../x"),
    ("format", "idvault/report/v2"),
)


def report_page(read: Read) -> dict[str, Any]:
    """Return the content of report.json: the form of a report's file; its figures need a log."""
    made = report_cases.REPORT
    whole = made.to_bytes()
    base = json.loads(whole)
    text = compact(base)
    level, breakdown = next(iter(made.levels)), next(iter(made.breakdowns))
    inputs = {"report": text.decode("latin-1"), "file": whole.decode("latin-1"), "nothing": ""}
    policy = {"log": logs.VKEY, "witnesses": [str(report_cases.WITNESS.key)], "quorum": 1}
    policy |= {"leaves": [each.hex() for each in report_cases.LEAVES]}
    page = {"source": f"{__doc__}\n{report_cases.__doc__}", **policy, "inputs": inputs}
    kinds = {"format": "text", "edition": "count", "zone": "text", "logged": "object", "not_logged": "object"}
    kinds |= {"from": "text", "to": "text", "made": "text", "checkpoint": "text"}
    cases = [_case("report", text, "a report", text, None)]
    cases += [
        _case("report", text, name, other)
        for name, other in _changes(base, kinds)
        if "has x, too" not in name
    ]
    for path, value in _NO_VALUES:
        cases.append(_case("report", text, f"{path} is {value}", compact(put(base, path, value))))
    for name, other in (
        ("a level that is no multiple", {**base["not_logged"], "levels": {level: {"x": 7}}}),
        ("a level that is withheld", {**base["not_logged"], "levels": {level: {"x": None}}}),
        ("a cell below 0", {**base["not_logged"], "breakdowns": {breakdown: {"x": -1}}}),
        ("a cell without name", {**base["not_logged"], "breakdowns": {breakdown: {"": 1}}}),
    ):
        cases.append(_case("report", text, name, compact(put(base, "not_logged", other))))
    for name, number in (("a figure below 0", -1), ("a figure of 2^53", 2**53)):
        other = {**base["logged"], "disclosures.openings": number}
        cases.append(_case("report", text, name, compact({**base, "logged": other})))
    cases += [_case("report", text, name, other, reason) for name, other, reason in report_cases.forms(base)]
    cases.append(
        {"name": "too long", "input": repeated("report", len(text), b" ", 4 * 1024 * 1024), "reason": "*"}
    )
    cases += [_compared(whole, *each) for each in report_cases.compared()]
    return _decided(page, cases, read)


def _compared(base: bytes, name: str, made: report_cases.ComparedReport, is_right: bool) -> Case:
    data = made.report.to_bytes()
    beside = None
    if made.has_note:
        raw = report.sign(data, logs.SIGNER) if made.beside is None else made.beside
        beside = changed("nothing", b"", raw)
    given = {"published": changed("nothing", b"", made.published), "beside": beside, **made.demands}
    if made.leaves is not report_cases.LEAVES:
        given["leaves"] = [each.hex() for each in made.leaves]
    return _case("file", base, f"with its log: {name}", data, None if is_right else "*", **given)
