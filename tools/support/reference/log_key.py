"""The later keys of a log (formats.md, section 4)."""

from collections.abc import Sequence
from itertools import takewhile

from tools.support.reference import note
from tools.support.reference.encoding import check, from_json, number_of
from tools.support.reference.note import LOG, Key


def verify_file(data: bytes) -> list[tuple[Key, Key, int]]:
    """Return the changes in log-keys.json: the former key, the later one, and from when it signs."""
    document = from_json(data, limit=256 << 10)
    check(isinstance(document, dict) and document.keys() == {"format", "changes"}, "no list of changes")
    check(document["format"] == "idvault/log-keys/v1", "another format")
    check(isinstance(document["changes"], list), "not a list")
    found: list[tuple[Key, Key, int]] = []
    for each in document["changes"]:
        check(isinstance(each, str), "not a text")
        change = _change(each.encode())
        check(not found or found[-1][1] == change[0], "a change that does not follow")
        found.append(change)
    return found


def _change(raw: bytes) -> tuple[Key, Key, int]:
    lines = note.unverified_text(raw).split("\n")
    check(len(lines) == 6 and lines[0] == "idvault/log-key/v1", "no change of a key")
    former, later = (note.parse_key(line) for line in lines[2:4])
    check(former.kind == later.kind == LOG and former.name == later.name == lines[1], "of two logs")
    check(former != later, "a change from a key to itself")
    for key in (former, later):
        note.signed_text(raw, log=key)
    check(len(lines[4]) <= 11, "a time that is too late")
    return former, later, number_of(lines[4].encode())


def followed(known: Key, changes: Sequence[tuple[Key, Key, int]]) -> list[Key]:
    """Return the known key and the later ones that it leads to, from where it first stands as the former."""
    places = [place for place, (former, _, _) in enumerate(changes) if former == known]
    return [known, *(later for _, later, _ in changes[places[0] :])] if places else [known]


def before(known: Key, changes: Sequence[tuple[Key, Key, int]], *, at: int | None = None) -> list[Key]:
    """Return the former keys that count for what witnesses have cosigned, or at a time without witnesses."""
    if all(known not in change[:2] for change in changes):
        return []
    leading = list(takewhile(lambda each: each[0] != known, changes))
    return [
        former
        for place, (former, _, _) in enumerate(leading)
        if at is None or all(at < time for _, _, time in leading[place:])
    ]


def check_note(
    raw: bytes,
    *,
    known: Key,
    changes: Sequence[tuple[Key, Key, int]],
    witnesses: Sequence[Key] = (),
    quorum: int = 0,
    at: int | None = None,
) -> None:
    """Check what the log signed, by any of its keys that count. at: of what no witness signs, its time."""
    log, *more = followed(known, changes)
    if quorum:
        more += before(known, changes, at=at)
    if at is None:
        note.read(raw, log=log, more=more, witnesses=witnesses, quorum=quorum, epochs=None)
    else:
        note.signed_text(raw, log=log, more=more)
