"""What a backup, or a restored pair of databases, lacks: said in words, with counts and times.

* The main database is older than the log if the shred database, a witness or anybody else has seen more
  entries than it holds.
* The shred database is older than the log if somebody else has seen a larger checkpoint than it holds.
* A database that lacks the beginning of an epoch of the log is from before that loss was accepted. Entries
  of the main database that a statement counts as lost are no part of the log any more.
* Somebody who has seen an epoch that no statement at hand begins has seen more than can be compared.
* Entries that no checkpoint of the shred database covers: it is older, or the worker had stopped.
* A record without a shred key cannot be opened any more. That of an erased account is meant to be so.
* A shred key of an account whose erasure is done is back from an older copy, and must be destroyed again.
* An account that the shred database remembers as erased, and the main database does not know as such, is
  erased again before anybody is served.
* A shred key without a record is no loss: it is made before its record, which the main database may not have.

Different ages are what backups have. They are never called tampering: only entries that contradict a signed
checkpoint are, and those are found elsewhere (verify.transparency.verifier).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from idvault_verify.event import EventType

SHRED_KEPT = timedelta(days=7)
"""How long a copy of the shred database may be kept: it has the keys of who is erased meanwhile."""

MAIN, SHRED = "the main database", "the shred database"


@dataclass(frozen=True, slots=True)
class MainExtent:
    """What the main database holds. entries: with a place in the log; waiting: without one.

    newest: when the newest entry with a place was written, None without any.
    """

    entries: int
    waiting: int
    newest: datetime | None
    accounts: int
    records: int


@dataclass(frozen=True, slots=True)
class RecordHolder:
    """An account that has a sealed record. erased: whether its keys are meant to be gone."""

    account_token: str
    record_id: str
    erased: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody has seen of the log. by: who, in words; at: when, None if that is not known.

    unknown_epoch: of the log, if no statement at hand begins it: its size cannot be compared then.
    """

    by: str
    size: int
    at: datetime | None = None
    unknown_epoch: int = 0


@dataclass(frozen=True, slots=True)
class EpochNumbers:
    """The newest epoch that a statement at hand begins, and the last one that each database knows."""

    newest: int = 1
    main: int = 1
    shred: int = 1


@dataclass(frozen=True, slots=True)
class PairContents:
    """What both databases hold. entries, newest: of the log. signed: the shred database's checkpoint.

    former: how many more entries the main database has that a statement counts as lost. epochs: of the log.
    unkeyed: the accounts whose record has no shred key; erased: how many others are erased and have none.
    revived: the accounts that are erased and have a key again. forgotten: how many erasures the shred
    database remembers, and the main database shows as not erased. absent: how many of accounts that the main
    database does not have, erased since its newest entry.
    """

    entries: int
    newest: datetime | None
    records: int
    keys: int
    signed: Seen
    unkeyed: tuple[str, ...]
    erased: int
    revived: tuple[str, ...] = ()
    former: int = 0
    epochs: EpochNumbers = EpochNumbers()
    forgotten: int = 0
    absent: int = 0

    @property
    def spare(self) -> int:
        """How many shred keys have no record."""
        return self.keys - (self.records - len(self.unkeyed) - self.erased)


def lacks(
    found: PairContents, seen: Sequence[Seen], *, elsewhere: Sequence[str] = (), are_asked: bool = True
) -> list[str]:
    """Return what is missing, one sentence each; empty if nothing is. seen: by others than this pair.

    elsewhere: witnesses that follow another epoch of the log than the newest that is known here. are_asked:
    whether the witnesses could be asked, if there are any.
    """
    return [
        *_not_asked(found, are_asked=are_asked),
        *(
            f"{name} follows another epoch of the log than {found.epochs.newest}: if a later loss was "
            "accepted, give its statement with --epochs; otherwise the witness must follow the statement"
            for name in elsewhere
        ),
        *unknown_epochs(found, seen),
        *_older_epochs(found),
        *_older_main(found, seen),
        *_older_shred(found, seen),
        *_unkeyed(found),
        *_revived(found),
        *_forgotten(found),
    ]


def unknown_epochs(found: PairContents, seen: Sequence[Seen]) -> Iterator[str]:
    """Yield a sentence for each who follows an epoch that no statement at hand begins."""
    for each in seen:
        if each.unknown_epoch:
            yield (
                f"{each.by} is of epoch {each.unknown_epoch} of the log, and no statement for it is at hand: "
                "give the statements with --epochs, from a mirror or a member's identity folder"
            )
    if found.epochs.shred > found.epochs.newest:
        yield (
            f"{SHRED} knows epoch {found.epochs.shred} of the log, and no statement for it is at hand: give "
            "the statements with --epochs"
        )


def _not_asked(found: PairContents, *, are_asked: bool) -> Iterator[str]:
    if not are_asked and found.epochs.newest > 1:
        yield (
            f"the witnesses could not be asked: no checkpoint of epoch {found.epochs.newest} of the log is "
            "at hand: give one with --checkpoint, from a mirror or a member's identity folder"
        )


def _older_epochs(found: PairContents) -> Iterator[str]:
    for name, number in ((MAIN, found.epochs.main), (SHRED, found.epochs.shred)):
        if number < found.epochs.newest:
            yield f"{name} is from before epoch {number + 1} of the log began"
    if found.former:
        yield (
            f"{MAIN} has {_entries(found.former)} that a statement counts as lost: when the log goes on, "
            "each gets another place in it"
        )


def _older_main(found: PairContents, seen: Sequence[Seen]) -> Iterator[str]:
    most = _most([found.signed, *seen])
    if most.size > found.entries:
        yield (
            f"{MAIN} is older than the log: it has {found.entries} entries, and {most.by} has seen "
            f"{most.size}, {_entries(most.size - found.entries)} more{_between(found.newest, most.at)}"
        )


def _older_shred(found: PairContents, seen: Sequence[Seen]) -> Iterator[str]:
    signed, most = found.signed, _most([found.signed, *seen])
    if most.size > signed.size:
        yield (
            f"{SHRED} is older than the log: its checkpoint covers {signed.size} entries, and {most.by} has "
            f"seen {most.size}, {_entries(most.size - signed.size)} more{_between(signed.at, most.at)}"
        )
    elif found.entries > signed.size:
        yield (
            f"no checkpoint of {SHRED} covers the newest {_entries(found.entries - signed.size)} of {MAIN}: "
            "it is older, or the worker was stopped before it had signed them"
        )


def _unkeyed(found: PairContents) -> Iterator[str]:
    if found.unkeyed:
        count = len(found.unkeyed)
        named = "1 record has" if count == 1 else f"{count} records have"
        yield (
            f"{named} no shred key, so nobody can open them: their accounts must be verified again, unless "
            f"they were erased after the backup of {MAIN}"
        )


def _revived(found: PairContents) -> Iterator[str]:
    if found.revived:
        count = len(found.revived)
        named = "1 erased account has its" if count == 1 else f"{count} erased accounts have their"
        yield (
            f"{named} shred key again, from an older copy of {SHRED}, and an older copy of {MAIN} would open "
            "with it: `idvault restore --accept-lost-keys` or `--accept-loss` destroys it"
        )


def _forgotten(found: PairContents) -> Iterator[str]:
    if found.forgotten:
        count = _erasures(found.forgotten)
        yield (
            f"{MAIN} does not know {count} that {SHRED} remembers: `idvault restore --accept-loss` carries "
            "them out again, and so does a worker that starts"
        )


def unknown_erasures(found: PairContents, lost: Mapping[str, int]) -> str:
    """Return what to do about lost erasures of which no database knows the accounts, "" if there are none.

    lost: the entries that are lost, by type.
    """
    count = lost.get(EventType.ERASURE_ERASE.value, 0) - found.forgotten - found.absent
    if count <= 0:
        return ""
    return (
        f"the lost entries have {_erasures(count)} that neither database remembers, whose keys may be back: "
        "`restore --erasures-from ADDRESS` takes them from a newer copy of the shred database; without one "
        "the platforms must request them again"
    )


def _erasures(count: int) -> str:
    return "1 erasure" if count == 1 else f"{count} erasures"


def _most(seen: Sequence[Seen]) -> Seen:
    return max(seen, key=lambda one: one.size)


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def _between(before: datetime | None, after: datetime | None) -> str:
    """Return the time that is lost, as far as it is known."""
    if before is None or after is None or after < before:
        return ""
    lost = timedelta(seconds=round((after - before).total_seconds()))
    return f"; what happened from {shown(before)} to {shown(after)} ({lost}) is missing"


def shown(time: datetime) -> str:
    """Return a time as it is printed, to the second, UTC."""
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
