"""Announcements of the log's later keys."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from idvault_verify.transparency import log_key
from idvault_verify.transparency.log_key import LogKeyChange, LogKeyError
from idvault_verify.transparency.note import NoteSigner, sign_note
from tools.support import merkle

A, B, C = (merkle.signer("log.example/idvault", seed=seed) for seed in (1, 2, 3))
OTHER = merkle.signer("other.example/idvault", seed=4)
WITNESS = merkle.witness("log.example/idvault", seed=5)


def _change(former: NoteSigner = A, later: NoteSigner = B, signs_from: int = 1_800_000_000) -> LogKeyChange:
    return log_key.parse(log_key.announce(former, later, signs_from=signs_from))


def test_an_announcement_is_pinned() -> None:
    """Its text has the documented lines, and both keys sign it."""
    found = _change()
    assert (found.former, found.later, found.signs_from) == (A.key, B.key, 1_800_000_000)
    assert found.raw.decode().partition("\n\n")[0].split("\n") == [
        "idvault/log-key/v1",
        "log.example/idvault",
        str(A.key),
        str(B.key),
        "1800000000",
    ]
    assert found.raw.count(b"\xe2\x80\x94 log.example/idvault ") == 2


def _text(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


NAMED = ("idvault/log-key/v1", "log.example/idvault")


@pytest.mark.parametrize(
    ("text", "signers", "why"),
    [
        (_text("another/v1", NAMED[1], str(A.key), str(B.key), "5"), [A, B], "not the announcement"),
        (_text(*NAMED, str(A.key), str(B.key)), [A, B], "not the announcement"),
        (_text(*NAMED, str(A.key), str(B.key), "05"), [A, B], "the time"),
        (_text(*NAMED, str(A.key), str(B.key), "999999999999"), [A, B], "the time"),
        (_text(*NAMED, "no key", str(B.key), "5"), [A, B], "does not verify"),
        (_text(*NAMED, str(A.key), str(B.key), "5"), [A], "both keys must sign"),
        (_text(*NAMED, str(A.key), str(B.key), "5"), [B], "both keys must sign"),
        (_text(*NAMED, str(A.key), str(B.key), "5"), [C], "does not verify"),
        (_text(*NAMED, str(A.key), str(A.key), "5"), [A], "two keys of one log"),
        (_text(*NAMED, str(A.key), str(OTHER.key), "5"), [A, OTHER], "two keys of one log"),
    ],
)
def test_what_is_no_announcement(text: str, signers: list[NoteSigner], why: str) -> None:
    """Lines, names and both signatures count."""
    with pytest.raises(LogKeyError, match=why):
        log_key.parse(sign_note(text, signers))


def test_the_key_of_a_witness_is_none_of_the_log() -> None:
    """Its signatures mean something else."""
    text = _text(*NAMED, str(A.key), str(WITNESS.key), "5")
    with pytest.raises(LogKeyError, match="the key of a witness"):
        log_key.parse(sign_note(text, [A]))


def test_bytes_that_are_no_note() -> None:
    """They are refused with the same kind of error."""
    with pytest.raises(LogKeyError):
        log_key.parse(b"\xff")


def test_the_last_time_is_one_that_a_calendar_has() -> None:
    """A year after it, too: the former key signs until then."""
    last = datetime.fromtimestamp(_change(signs_from=99_999_999_999).signs_from, tz=UTC)
    assert (last + timedelta(days=365)).year == 5139


def test_a_list_comes_back_and_leads_forwards() -> None:
    """A reader of years ago follows to today's key, and no further back than to the key that it knows."""
    changes = log_key.decode(log_key.encode([_change(A, B), _change(B, C)]))
    assert [each.later for each in changes] == [B.key, C.key]
    assert log_key.keys_of(A.key, changes) == (A.key, B.key, C.key)
    assert log_key.keys_of(B.key, changes) == (B.key, C.key)
    assert log_key.keys_of(C.key, changes) == (C.key,)
    assert log_key.following(B.key, changes) == changes[1:]
    assert log_key.keys_of(OTHER.key, changes) == (OTHER.key,)
    assert log_key.keys_of(A.key, ()) == (A.key,)


def test_the_thief_of_a_former_key_puts_no_other_before_it() -> None:
    """Whoever knows only the later key accepts neither the former one nor what the thief made."""
    evil = merkle.signer("log.example/idvault", seed=66)
    changes = log_key.decode(log_key.encode([_change(evil, A), _change(A, B)]))
    assert log_key.keys_of(B.key, changes) == (B.key,)
    assert log_key.keys_of(A.key, changes) == (A.key, B.key)


def test_every_key_is_that_of_a_list_which_has_the_known_one() -> None:
    """The known one first, and each once."""
    changes = [_change(A, B), _change(B, C)]
    assert log_key.every(B.key, changes) == (B.key, A.key, C.key)
    assert log_key.every(OTHER.key, changes) == (OTHER.key,)
    assert log_key.every(A.key, ()) == (A.key,)


def test_what_led_to_a_key() -> None:
    """From the first announcement to its own; nothing for a key that the list does not have."""
    changes = (_change(A, B), _change(B, C))
    for known, count in ((A, 0), (B, 1), (C, 2), (OTHER, 0)):
        assert log_key.preceding(known.key, changes) == changes[:count]
    assert log_key.preceding(A.key, ()) == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields | {"format": "another"},
        lambda fields: fields | {"more": 1},
        lambda fields: fields | {"changes": "text"},
        lambda fields: fields | {"changes": [5]},
        lambda fields: fields | {"changes": None},
        lambda _: [],
        lambda fields: fields | {"changes": fields["changes"][::-1]},
        lambda fields: fields | {"changes": [fields["changes"][0].replace("1800000000", "1700000000")]},
    ],
)
def test_what_is_no_list(change: Callable[[dict[str, object]], object]) -> None:
    """Wrong members, a wrong order, and an announcement that was edited."""
    fields = json.loads(log_key.encode([_change(A, B), _change(B, C)]))
    with pytest.raises(LogKeyError):
        log_key.decode(json.dumps(change(fields)).encode())
