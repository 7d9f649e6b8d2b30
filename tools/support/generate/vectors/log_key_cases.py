"""Cases of a log's later keys: announcements of other forms, and what a reader accepts who knows one key.

A case with `known` is of such a reader: who has read the announcements accepts `note` or not. It is the log's
checkpoint, of which the reader demands `quorum` of the file's `witnesses`; with `at` it is a note that no
witness signs, of this time, as a report's is.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from idvault_verify.transparency import log_key, note
from idvault_verify.transparency.note import Algorithm, NoteSigner
from tools.support import logs, merkle

A, B, C = (merkle.signer(logs.ORIGIN, seed=seed) for seed in (1, 7, 8))
STRANGER = merkle.signer(logs.ORIGIN, seed=9)
WITNESS = merkle.witness("witness.example/w1", seed=2)
CHANGES = (log_key.announce(A, B, signs_from=1_000), log_key.announce(B, C, signs_from=2_000))
_BACK = (CHANGES[0], log_key.announce(B, A, signs_from=3_000), log_key.announce(A, C, signs_from=4_000))
_NAMES = {A: "the first", B: "the second", C: "the third", STRANGER: "a strange"}
_TEXT = logs.checkpoint_of(merkle.log_of(5)).text


def _signed(text: str, *lines: note.NoteSignature) -> bytes:
    return note.Note(text, lines).encode()


def _change(lines: Sequence[str], *signers: NoteSigner) -> bytes:
    text = "".join(f"{line}\n" for line in lines)
    return _signed(text, *(note.sign(each, text) for each in signers))


def forms() -> Iterator[tuple[str, list[bytes], bool]]:
    """Yield announcements, signed as they are, and whether a reader takes the list."""
    first, second = CHANGES
    origin, keys = logs.ORIGIN, [str(each.key) for each in (A, B)]
    lines = ["idvault/log-key/v1", origin, *keys, "1000"]

    def of(place: int, value: str) -> list[bytes]:
        return [_change([*lines[:place], value, *lines[place + 1 :]], A, B)]

    yield "signed anew", [_change(lines, A, B)], True
    yield "signed by a third, too", [_change(lines, A, B, STRANGER)], True
    yield "signed by the former key alone", [_change(lines, A)], False
    yield "signed by the later key alone", [_change(lines, B)], False
    yield "signed by a third in place of the later", [_change(lines, A, STRANGER)], False
    yield "another purpose", of(0, "idvault/log-key/v2"), False
    yield "another origin", of(1, "other.example/log"), False
    for time in ("0", "99999999999"):
        yield f"the time {time!a}", of(4, time), True
    for time in ("100000000000", "01000", "-1", "", "x", "1000 ", "1e3"):
        yield f"the time {time!a}", of(4, time), False
    yield "a line more", [_change([*lines, "x"], A, B)], False
    yield "a line less", [_change(lines[:-1], A, B)], False
    yield "from a key to itself", [_change([*lines[:3], keys[0], "1000"], A)], False
    yield "two keys that are none", [_change([*lines[:2], "x", "y", "1000"], A, B)], False
    other = merkle.signer("other.example/log", seed=7)
    yield "a later key of another log", [_change([*lines[:3], str(other.key), "1"], A, other)], False
    cosigner = merkle.signer(origin, seed=7, algorithm=Algorithm.COSIGNATURE_V1)
    line = note.sign(cosigner, "".join(f"{each}\n" for each in [*lines[:3], str(cosigner.key), "1"]), time=1)
    text = "".join(f"{each}\n" for each in [*lines[:3], str(cosigner.key), "1"])
    yield "a later key of a witness's kind", [_signed(text, note.sign(A, text), line)], False
    yield "a gap between two changes", [first, log_key.announce(C, STRANGER, signs_from=1)], False
    yield "the second change alone", [second], True
    yield "times that do not ascend", [first, log_key.announce(B, C, signs_from=1)], True
    yield "a key that comes back", [first, log_key.announce(B, A, signs_from=3_000)], True


def _note(*signers: NoteSigner, cosigned: bool = False, forged: NoteSigner | None = None) -> bytes:
    lines = [note.sign(each, _TEXT) for each in signers]
    lines += [note.sign(WITNESS, _TEXT, time=1)] if cosigned else []
    if forged is not None:
        lines.append(note.NoteSignature(forged.key.name, forged.key.key_id, bytes(64)))
    return _signed(_TEXT, *lines)


def known() -> Iterator[tuple[str, Sequence[bytes], bytes, dict[str, Any], bool]]:
    """Yield the list, a note, what the reader knows and demands, and whether it accepts the note."""
    order = (A, B, C)
    bare: dict[str, Any] = {"witnesses": [], "quorum": 0}
    for place, mine in enumerate(order):
        for at, its in enumerate(order):
            told = f"{_NAMES[mine]} key is known, {_NAMES[its]} signed"
            knows = {"known": str(mine.key)}
            yield told, CHANGES, _note(its), knows | bare, at >= place
            yield f"{told}, cosigned", CHANGES, _note(its, cosigned=True), knows, True
            yield f"{told}, not cosigned", CHANGES, _note(its), knows, False
    for its, is_accepted in ((STRANGER, True), (A, False), (C, False)):
        told = f"a key is known that is not listed, {_NAMES[its]} signed"
        strange = {"known": str(STRANGER.key)}
        yield told, CHANGES, _note(its, cosigned=True), strange, is_accepted
    yield "a key is known, none is listed", (), _note(A), {"known": str(A.key)} | bare, True
    yield "nobody signed whose key counts", (), _note(B), {"known": str(A.key)} | bare, False
    knows = {"known": str(B.key)} | bare
    yield "a forged line of a later key beside a good one", CHANGES, _note(B, forged=C), knows, False
    yield "a forged line of a former key that does not count", CHANGES, _note(B, forged=A), knows, True
    yield from _back()
    yield from _times()


def _back() -> Iterator[tuple[str, Sequence[bytes], bytes, dict[str, Any], bool]]:
    bare: dict[str, Any] = {"witnesses": [], "quorum": 0}
    for mine in (A, B):
        for its in (A, B, C):
            told = f"a key came back: {_NAMES[mine]} key is known, {_NAMES[its]} signed"
            yield told, _BACK, _note(its), {"known": str(mine.key)} | bare, True


def _times() -> Iterator[tuple[str, Sequence[bytes], bytes, dict[str, Any], bool]]:
    """Yield notes that no witness signs: a former key counts before each later one signs."""
    falling = (log_key.announce(A, B, signs_from=2_000), log_key.announce(B, C, signs_from=1_000))
    for told, changes, rows in (
        ("", CHANGES, ((A, 999, True), (A, 1_000, False), (A, 1_500, False), (A, 0, True), (B, 1_999, True),
                       (B, 2_000, False), (C, 1, True), (C, 9_999, True), (STRANGER, 1, False))),
        ("falling times, ", falling, ((A, 999, True), (A, 1_000, False), (A, 1_500, False), (B, 999, True),
                                      (B, 1_000, False))),
        ("a key came back, ", _BACK, ((A, 999, True), (A, 3_500, True), (A, 4_000, False), (B, 2_999, True),
                                      (B, 3_000, False))),
    ):  # fmt: skip
        for its, at, is_accepted in rows:
            name = f"{told}no witness: {_NAMES[its]} signed at {at}"
            yield name, changes, _note(its), {"known": str(C.key), "at": at}, is_accepted
    for its, at in ((A, 999), (B, 1_999)):
        given = {"known": str(C.key), "at": at, "witnesses": [], "quorum": 0}
        yield f"no witness is demanded: {_NAMES[its]} signed at {at}", CHANGES, _note(its), given, False
