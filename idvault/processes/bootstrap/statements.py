"""The statements of the log's epochs, from every place that has them, checked before anything relies on them.

- Each must be signed by M custodians of each quorum of the version of the roster that it names.
- Places may lack the newest ones: an old copy is no contradiction. Two statements for one epoch are one.
- Without a roster, only what a database has is taken, as its processes do; nothing is taken from outside.
"""

from collections.abc import Mapping, Sequence

from idvault_verify.attest import epoch as statements
from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.transparency.tree import LogError


class StatementsError(LogError):
    """The statements at hand are forged, or contradict each other; the text names the place."""


def at_hand(
    databases: Mapping[str, Sequence[EpochStatement]],
    others: Mapping[str, bytes],
    *,
    versions: Sequence[Roster],
) -> tuple[EpochStatement, ...]:
    """Return the statements of all places, in order; raises StatementsError.

    databases, others: by place, in words. versions: the verified roster, from the first version on.
    """
    places = {**databases, **{place: _parsed(place, raw) for place, raw in others.items()}}
    if versions:
        for place, listed in places.items():
            _check_signed(place, listed, versions)
    joined: tuple[EpochStatement, ...] = ()
    before = list[str]()
    # Those of one place alone may have a gap that another fills.
    for place, listed in sorted(places.items(), key=lambda item: [each.epoch for each in item[1]][:1]):
        joined = _joined(joined, before, place, listed)
        before += [place] if listed else []
    if versions:
        _check_chain(joined, versions)
    elif len(joined) > max((len(listed) for listed in databases.values()), default=0):
        raise StatementsError("IDVAULT_ROSTER is missing: its custodians signed the statements from outside")
    return joined


def _parsed(place: str, raw: bytes) -> tuple[EpochStatement, ...]:
    try:
        return statements.parse_any(raw)
    except RosterError as error:
        raise StatementsError(f"{place}: {error}") from error


def _check_signed(place: str, listed: Sequence[EpochStatement], versions: Sequence[Roster]) -> None:
    named = {roster.digest(): roster for roster in versions}
    for each in listed:
        roster = named.get(each.roster)
        if roster is None:
            raise StatementsError(
                f"{place}: the statement of epoch {each.epoch} names a version of the roster that is not here"
            )
        try:
            statements.verify(each, roster=roster)
        except RosterError as error:
            raise StatementsError(f"{place}: the statement of epoch {each.epoch}: {error}") from error


def _joined(
    joined: Sequence[EpochStatement], before: Sequence[str], place: str, listed: Sequence[EpochStatement]
) -> tuple[EpochStatement, ...]:
    try:
        return statements.join(joined, listed)
    except RosterError as error:
        compared = f"{place} and {', '.join(before)}" if before else place
        raise StatementsError(f"{compared}: {error}") from error


def _check_chain(joined: Sequence[EpochStatement], versions: Sequence[Roster]) -> None:
    try:
        statements.verify_chain(joined, versions=versions)
    except RosterError as error:
        raise StatementsError(str(error)) from error
