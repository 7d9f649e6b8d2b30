"""What a pair of databases lacks, in words: both databases of different ages, and records without keys."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idvault.processes.backup import rules as backup_rules
from idvault.processes.backup.rules import EpochNumbers, PairContents, Seen
from idvault_verify.event import EventType

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHRED = "the shred database"


def pair(
    entries: int = 10,
    signed: int = 10,
    *,
    records: int = 3,
    keys: int = 3,
    unkeyed: tuple[str, ...] = (),
    erased: int = 0,
) -> PairContents:
    return PairContents(
        entries=entries,
        newest=NOON,
        records=records,
        keys=keys,
        signed=Seen(SHRED, signed, NOON + timedelta(seconds=1)),
        unkeyed=unkeyed,
        erased=erased,
    )


def test_a_pair_that_nobody_has_seen_more_of_lacks_nothing() -> None:
    """Others may have seen less, and erased accounts have no key."""
    assert backup_rules.lacks(pair(erased=1), [Seen("a witness", 4)]) == []
    assert backup_rules.lacks(pair(entries=0, signed=0), []) == []


def test_a_main_database_is_older_than_what_the_shred_database_has_signed() -> None:
    """Counted in entries, and in time as far as it is known."""
    assert backup_rules.lacks(pair(4, 10), []) == [
        "the main database is older than the log: it has 4 entries, and the shred database has seen 10, "
        "6 entries more; what happened from 2026-03-01T12:00:00Z to 2026-03-01T12:00:01Z (0:00:01) is missing"
    ]


def test_times_that_contradict_each_other_are_not_told() -> None:
    """A signed checkpoint's time may be that of an older cosignature."""
    early = replace(pair(4, 10), signed=Seen(SHRED, 10, NOON - timedelta(seconds=1)))
    (found,) = backup_rules.lacks(early, [])
    assert found.endswith("the shred database has seen 10, 6 entries more")


def test_both_are_older_than_what_a_witness_has_seen() -> None:
    """Each database is named with what it has; without a time of the witness there is none."""
    assert backup_rules.lacks(pair(4, 9), [Seen("a mirror", 2), Seen("the witness w1", 10)]) == [
        "the main database is older than the log: it has 4 entries, and the witness w1 has seen 10, "
        "6 entries more",
        "the shred database is older than the log: its checkpoint covers 9 entries, and the witness w1 has "
        "seen 10, 1 entry more",
    ]


def test_an_older_shred_database_is_told_by_what_it_does_not_cover() -> None:
    """Nobody else has seen more, so the worker may also have been stopped."""
    assert backup_rules.lacks(pair(10, 9), []) == [
        "no checkpoint of the shred database covers the newest 1 entry of the main database: it is older, or "
        "the worker was stopped before it had signed them"
    ]


@pytest.mark.parametrize(
    ("unkeyed", "said"), [(("a",), "1 record has no shred key"), (("a", "b"), "2 records have no shred key")]
)
def test_records_without_a_key_are_counted(unkeyed: tuple[str, ...], said: str) -> None:
    """Nobody can open them; an erasure after the backup is the harmless reason."""
    (found,) = backup_rules.lacks(pair(unkeyed=unkeyed, keys=1), [])
    assert found.startswith(said)
    assert "unless they were erased after the backup" in found


@pytest.mark.parametrize(
    ("revived", "said"), [(("a",), "1 erased account has its"), (("a", "b"), "2 erased accounts have their")]
)
def test_keys_of_erased_accounts_that_are_back_are_counted(revived: tuple[str, ...], said: str) -> None:
    """An older shred database has them; they must be destroyed again."""
    (found,) = backup_rules.lacks(replace(pair(), revived=revived), [])
    assert found.startswith(f"{said} shred key again")


@pytest.mark.parametrize(("count", "said"), [(1, "1 erasure that"), (2, "2 erasures that")])
def test_erasures_that_only_the_shred_database_remembers_are_counted(count: int, said: str) -> None:
    """An older main database shows such accounts as they were."""
    (found,) = backup_rules.lacks(replace(pair(), forgotten=count), [])
    assert said in found


@pytest.mark.parametrize(
    ("lost", "forgotten", "absent", "said"),
    [(0, 0, 0, ""), (3, 2, 1, ""), (2, 3, 0, ""), (3, 1, 1, "1 erasure that"), (3, 1, 0, "2 erasures that")],
)
def test_lost_erasures_that_nobody_remembers_are_counted(
    lost: int, forgotten: int, absent: int, said: str
) -> None:
    """Of those in the log, the ones of which neither database knows whose they were."""
    contents = replace(pair(), forgotten=forgotten, absent=absent)
    told = backup_rules.unknown_erasures(contents, {EventType.ERASURE_ERASE.value: lost} if lost else {})
    assert said in told
    assert bool(told) == bool(said)


def test_keys_without_a_record_are_counted() -> None:
    """Five keys, two of which belong to records that have one."""
    assert pair(records=4, keys=5, unkeyed=("a",), erased=1).spare == 3


def test_nothing_is_called_tampering() -> None:
    """Different ages are what backups have."""
    found = backup_rules.lacks(pair(4, 9, unkeyed=("a",)), [Seen("x", 12, NOON)])
    assert len(found) == 3
    assert not any("tamper" in each or "fork" in each for each in found)


def test_a_copy_from_before_an_accepted_loss_is_old() -> None:
    """Which one, from before which epoch, and what becomes of entries that a statement counts as lost."""
    found = replace(pair(4, 4), former=2, epochs=EpochNumbers(3, 1, 2))
    assert backup_rules.lacks(found, []) == [
        "the main database is from before epoch 2 of the log began",
        "the shred database is from before epoch 3 of the log began",
        "the main database has 2 entries that a statement counts as lost: when the log goes on, each gets "
        "another place in it",
    ]


def test_who_is_in_an_epoch_without_a_statement_is_named() -> None:
    """Nothing says what such an epoch has in common with the pair: the statements must be found first."""
    seen = [Seen("the public directory", 0, unknown_epoch=3)]
    (told,) = backup_rules.lacks(pair(4, 4), seen)
    assert told.startswith(
        "the public directory is of epoch 3 of the log, and no statement for it is at hand"
    )
    (told,) = backup_rules.lacks(replace(pair(4, 4), epochs=EpochNumbers(1, 1, 2)), [])
    assert told.startswith("the shred database knows epoch 2 of the log, and no statement")
    (told,) = backup_rules.lacks(pair(4, 4), [], elsewhere=["the witness w"])
    assert told.startswith("the witness w follows another epoch of the log than 1")


def test_witnesses_that_could_not_be_asked_are_told() -> None:
    """In a later epoch only: before the first checkpoint there is nothing to ask with."""
    assert backup_rules.lacks(pair(4, 4), [], are_asked=False) == []
    (told,) = backup_rules.lacks(replace(pair(4, 4), epochs=EpochNumbers(2, 2, 2)), [], are_asked=False)
    assert told.startswith("the witnesses could not be asked: no checkpoint of epoch 2")
