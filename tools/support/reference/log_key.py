"""The later keys of a log (formats.md, section 4)."""

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
    for key in (former, later):
        note.signed_text(raw, log=key)
    check(len(lines[4]) <= 11, "a time that is too late")
    return former, later, number_of(lines[4].encode())
