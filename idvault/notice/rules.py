"""The rules of notices: what each kind does, and on which day to whom.

- A notice acts on persons that a platform knows already; of others nothing is kept.
- PERSON_ENDED and ORGANIZATION_ENDED mark the person. A person's accounts become EXPIRED within 30 days, each
  on a day of its own; an organisation's at once, because what is public about it needs no hiding.
- NUMBER_REPLACED marks the person of the new number with that of the old one. Only a proof of both makes them
  one (account.store.joining), and no reversal parts them.
- The holder of the new number can contest that. It falls CONTEST_TERM later, unless the registry gives notice
  of the same pairing under another of its keys; the same key does not bring it back. Until then nobody
  renews and nobody is joined by it, and a closing holds for both.
- A number is replaced by one: the newest notice counts, also if it says the reverse of another. A repeat of
  a pairing draws no day; the days that were drawn become the last notice's. When a pairing ends, what reached
  the older numbers through it is taken back: days, and that a newer number's holder is no more.
- After NUMBER_REPLACED and NAME_CHANGED an account is renewed by its next claim that matches. Without one it
  becomes EXPIRED on a day of its own, 60 to 120 days later.
- A withdrawn verification that may come back gets a day as well: it comes back EXPIRED if its day has come.
- Two accounts of a person at one platform never get the same day, as long as there are days.
- REPRESENTATIVE_CHANGED asks an organisation for its representative again: without a new verification its
  accounts become EXPIRED after 30 days. What waits for the former representative ends at once.
- REVERSED takes away what the earlier notice marked, and what it was still to do. What has happened stays.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from idvault.account.rules import Pairing
from idvault_verify.error import AlreadyExistsError, FieldCode, InvalidError, Reason, Violation
from idvault_verify.notice import NoticeKind

SEED_SIZE = 8
CONTEST_TERM = timedelta(days=15)
_WITHIN_30_DAYS = range(1, 31)
_LATER = range(60, 121)
_AT_ONCE = range(1)
# Nobody is hidden by a drawn day: who represents an organisation is public.
_AFTER_30_DAYS = range(30, 31)
_WINDOWS = {
    NoticeKind.PERSON_ENDED: _WITHIN_30_DAYS,
    NoticeKind.NUMBER_REPLACED: _LATER,
    NoticeKind.NAME_CHANGED: _LATER,
    NoticeKind.ORGANIZATION_ENDED: _AT_ONCE,
    NoticeKind.REPRESENTATIVE_CHANGED: _AFTER_30_DAYS,
}
ENDS = frozenset({NoticeKind.PERSON_ENDED, NoticeKind.ORGANIZATION_ENDED})
"""The kinds that mark whoever the notice names."""
ACTS_ON_PERSONS = frozenset(_WINDOWS)
"""The kinds that look for persons."""


@dataclass(frozen=True, slots=True)
class KeptNotice:
    """All that is kept of a notice. signer: the hash of the key that signed it, kept in its marks only."""

    notice_id: str
    kind: NoticeKind
    day: date
    signer: str = field(default="", compare=False)


def check_same(*, kept: KeptNotice, again: KeptNotice) -> None:
    """Raise AlreadyExistsError (REQUEST_ID_REUSED) if an id is used for something else."""
    if kept != again:
        raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)


def check_reversible(*, former: KeptNotice | None) -> None:
    """Raise InvalidError (INVALID_MESSAGE, reversed_notice_id) unless there is a notice to reverse.

    None: the vault has not had it. A reversal cannot be reversed: the registry gives notice anew.
    """
    if former is None or former.kind is NoticeKind.REVERSED:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("reversed_notice_id", FieldCode.CHARACTER))


@dataclass(frozen=True, slots=True)
class Paired:
    """What a notice of a replaced number does to pairings.

    made: those that are new, for which days are drawn. again: those that stand already, whose days become
    the notice's. ended: those that new ones replace.
    """

    made: Sequence[Pairing]
    again: Sequence[Pairing]
    ended: Sequence[Pairing]


def pair(*, pairs: Sequence[Pairing], standing: Sequence[Pairing]) -> Paired:
    """Return what a notice does. standing: pairings of the same old numbers, and the reverse of its own."""
    return Paired(
        made=[each for each in pairs if each not in standing],
        again=[each for each in standing if each in pairs],
        ended=[each for each in standing if each not in pairs],
    )


def draw(*, kind: NoticeKind, seed: bytes, taken: Collection[date], today: date) -> date:
    """Return the day on which an account becomes EXPIRED. seed: random bytes, for this account alone.

    taken: the days of the same person's other accounts at the platform.
    """
    days = [today + timedelta(days=each) for each in _WINDOWS[kind]]
    free = [day for day in days if day not in taken] or days
    return free[int.from_bytes(seed, "big") % len(free)]
