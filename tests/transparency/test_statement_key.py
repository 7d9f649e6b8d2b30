"""The note in which the log's key vouches for the key of the vault's statements."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest

from idvault_verify.transparency import note, statement_key
from idvault_verify.transparency.note import NoteError, NoteSigner
from idvault_verify.transparency.statement_key import FORMAT, StatementKey, StatementKeyError
from tools.support import merkle

ORIGIN = "log.example/idvault"
LOG = merkle.signer(ORIGIN)
NEXT = merkle.signer(ORIGIN, seed=2)
FOREIGN = merkle.signer("log.example/other", seed=3)
NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
PUBLIC_KEY = merkle.signer("any", seed=9).key.public_key
KEY = StatementKey(PUBLIC_KEY, NOW, NOW + timedelta(days=7))
WEAK = b"\x01" + bytes(31)
"""The neutral element: one signature under it fits every text."""


def lines(*changed: tuple[int, str], by: NoteSigner = LOG, more: tuple[str, ...] = ()) -> bytes:
    """Return a note with some lines changed, signed by a key of the log."""
    times = (str(int(each.timestamp())) for each in (KEY.begins, KEY.ends))
    made = [FORMAT, ORIGIN, b64encode(PUBLIC_KEY).decode(), *times, *more]
    for number, text in changed:
        made[number] = text
    return note.sign_note("".join(f"{line}\n" for line in made), [by])


def test_a_key_is_read_as_it_was_vouched_for() -> None:
    """Any of the log's keys that signed it will do; its signers are named."""
    raw = statement_key.vouch(KEY, [LOG, NEXT])
    for key in (LOG.key, NEXT.key):
        assert statement_key.read(raw, [key]) == KEY
    assert statement_key.unverified(raw) == KEY
    assert statement_key.signers_of(raw) == {(ORIGIN, each.key.key_id) for each in (LOG, NEXT)}
    assert raw.startswith(f"{FORMAT}\n{ORIGIN}\n".encode())


@pytest.mark.parametrize(
    ("seconds", "counts"), [(-1, False), (0, True), (7 * 86_400, True), (7 * 86_400 + 1, False)]
)
def test_statements_count_within_the_time_of_the_key(seconds: int, counts: bool) -> None:
    """From its first second to its last."""
    assert KEY.counts(NOW + timedelta(seconds=seconds)) is counts


def test_another_log_vouches_for_nothing() -> None:
    """Neither a key that the reader does not know, nor a known one for the origin of another log."""
    raw = statement_key.vouch(KEY, [LOG])
    with pytest.raises(NoteError):
        statement_key.read(raw, [FOREIGN.key])
    with pytest.raises(StatementKeyError, match="another log"):
        statement_key.read(lines((1, "log.example/other")), [LOG.key])


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (lines((0, "idvault/statement-key/v2")), "does not vouch"),
        (lines(more=("one more",)), "does not vouch"),
        (lines((2, "AAAA")), "cannot be used"),
        (lines((2, b64encode(PUBLIC_KEY).decode().replace("=", "A"))), "cannot be used"),
        (lines((2, b64encode(WEAK).decode())), "cannot be used"),
        *(
            (lines((place, text)), "seconds since 1970")
            for place in (3, 4)
            for text in ("-1", "01", "1.5", "")
        ),
        (lines((4, "9" * 12)), "seconds since 1970"),
    ],
)
def test_what_vouches_for_no_key(raw: bytes, why: str) -> None:
    """Each line has one form, whoever signed it."""
    with pytest.raises(StatementKeyError, match=why):
        statement_key.read(raw, [LOG.key])
    with pytest.raises(StatementKeyError, match=why):
        statement_key.unverified(raw)


def test_a_checkpoint_vouches_for_no_key() -> None:
    """The log's key signs checkpoints, too: none of them is such a note."""
    raw = note.sign_note(f"{ORIGIN}\n3\n{b64encode(bytes(32)).decode()}\n", [LOG])
    with pytest.raises(StatementKeyError, match="does not vouch"):
        statement_key.read(raw, [LOG.key])
