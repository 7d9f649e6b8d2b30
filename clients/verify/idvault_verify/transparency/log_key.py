"""The log's keys over the years: a note announces each later one, signed by the former one and itself.

* The text of such a note has five lines: idvault/log-key/v1, the log's origin, the vkeys of the former and of
  the later key, and the time from which the later one signs, in seconds since 1970.
* The published file has the notes of all changes, the first one first; each begins with the key that the one
  before ended with.
* Whoever knows one of these keys follows forwards, to the later ones. An earlier one may be stolen, and its
  thief may put another before it; so it counts only for what others than the log's key vouch for: what
  witnesses have cosigned. What nobody else signs has to be from before the later key signed.
* Witnesses, not the log's key, vouch that there is one history.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile, pairwise, takewhile

from idvault_verify import strict_json
from idvault_verify.transparency import note
from idvault_verify.transparency.note import Algorithm, NoteError, NoteSigner, VerifierKey
from idvault_verify.transparency.tree import LogError

FILE = "log-keys.json"
FORMAT = "idvault/log-keys/v1"
MOST_BYTES = 256 * 1024
_CHANGE = "idvault/log-key/v1"
# Until the year 5138: what a calendar has, and a year more.
_SECONDS = re.compile(r"0|[1-9][0-9]{0,10}", re.ASCII)
_LINES = 6
_FIELDS = {"format", "changes"}


class LogKeyError(LogError):
    """A list of the log's keys, or an announcement of one, is refused."""


@dataclass(frozen=True, slots=True)
class LogKeyChange:
    """A verified announcement. signs_from: when the later key begins to sign, in seconds since 1970."""

    former: VerifierKey
    later: VerifierKey
    signs_from: int
    raw: bytes


def announce(former: NoteSigner, later: NoteSigner, *, signs_from: int) -> bytes:
    """Return the signed announcement of a later key."""
    lines = (_CHANGE, former.key.name, str(former.key), str(later.key), str(signs_from))
    return note.sign_note("".join(f"{line}\n" for line in lines), [former, later])


def parse(raw: bytes) -> LogKeyChange:
    """Return an announcement; raises LogKeyError unless both keys, of one log, have signed it."""
    try:
        lines = note.parse(raw).text.split("\n")
        if len(lines) != _LINES or lines[0] != _CHANGE:
            raise LogKeyError("this is not the announcement of a key of a log")
        if not _SECONDS.fullmatch(lines[4]):
            raise LogKeyError("the time from which the later key signs is not one in seconds since 1970")
        former, later = note.parse_key(lines[2]), note.parse_key(lines[3])
        opened = note.open_note(raw, [former, later])
    except NoteError as error:
        raise LogKeyError(f"the announcement of a key does not verify: {error}") from error
    if {former.name, later.name} != {lines[1]} or former == later:
        raise LogKeyError("an announcement must name two keys of one log")
    if {each.algorithm for each in (former, later)} != {Algorithm.ED25519}:
        raise LogKeyError("the key of a witness is not a key of a log")
    if {each.key for each in opened.verified} != {former, later}:
        raise LogKeyError("both keys must sign the announcement")
    return LogKeyChange(former, later, int(lines[4]), raw)


def encode(changes: Sequence[LogKeyChange]) -> bytes:
    """Return the file with all announcements."""
    document = {"format": FORMAT, "changes": [each.raw.decode() for each in changes]}
    return json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n"


def decode(data: bytes) -> tuple[LogKeyChange, ...]:
    """Return the verified announcements in a file; raises LogKeyError unless each follows the one before."""
    try:
        fields = strict_json.parse_object(data, limit=MOST_BYTES)
        if fields["format"] != FORMAT or fields.keys() != _FIELDS or not isinstance(fields["changes"], list):
            raise LogKeyError("this is not a list of a log's keys")
        changes = tuple(parse(each.encode()) for each in fields["changes"])
    except (ValueError, KeyError, AttributeError) as error:
        raise LogKeyError("this is not a list of a log's keys") from error
    for former, later in pairwise(changes):
        if former.later != later.former:
            raise LogKeyError("an announcement does not follow the one before")
    return changes


def keys_of(known: VerifierKey, changes: Sequence[LogKeyChange]) -> tuple[VerifierKey, ...]:
    """Return the known key and the later ones that it leads to."""
    return tuple(dict.fromkeys((known, *(each.later for each in following(known, changes)))))


def following(known: VerifierKey, changes: Sequence[LogKeyChange]) -> tuple[LogKeyChange, ...]:
    """Return the announcements from that of the known key's successor on."""
    return tuple(dropwhile(lambda each: each.former != known, changes))


def preceding(known: VerifierKey, changes: Sequence[LogKeyChange]) -> tuple[LogKeyChange, ...]:
    """Return the announcements that lead to the known key; none if the list does not have it."""
    if known not in [key for each in changes for key in (each.former, each.later)]:
        return ()
    return tuple(takewhile(lambda each: each.former != known, changes))


def every(known: VerifierKey, changes: Sequence[LogKeyChange]) -> tuple[VerifierKey, ...]:
    """Return the known key and every other, also the earlier ones; it alone if the list does not have it.

    Only for announcements of one's own, and for what others than the log's key have signed.
    """
    keys = [*(each.former for each in changes[:1]), *(each.later for each in changes)]
    return tuple(dict.fromkeys((known, *keys))) if known in keys else (known,)
