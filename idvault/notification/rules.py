"""Who is told of what, how often, and when an attempt is repeated.

- A recipient hears of an audience's topics, or of some of them: of all platforms, or of one of them, one
  auditor or one authority.
- A message says how many things of which kind are new. It holds no id, no name and no text.
- A recipient with a digest gets one message for all that happened in its time.
- While a message waits for its first attempt, what happens is put into the next one.
- Until a message has arrived, nothing is told about the things that it is about: so that what happened to one
  thing is told in order.
- An attempt is repeated after half a minute, then after twice as long each time, up to an hour. After three
  days of a confirmed clock the message is dead, and its things are free.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from idvault.core.topic import TOPICS, Audience, Topic

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
GIVEN_UP = timedelta(days=3)
DEAD_DAYS = 30
LONGEST_DIGEST = timedelta(days=7)
MOST_ITEMS = 500


class Failure(StrEnum):
    """Why an attempt failed; with the number of a refusal after it: REFUSED_503."""

    UNREACHABLE = "UNREACHABLE"
    LATE = "LATE"
    REFUSED = "REFUSED"
    UNSAFE = "UNSAFE"
    NOT_SET_UP = "NOT_SET_UP"
    GONE = "GONE"


class SendError(Exception):
    """An attempt failed. The text is a word of `Failure`, and a number if a server gave one."""

    def __init__(self, failure: Failure, number: int | None = None) -> None:
        """Keep the word, which is all that is stored of a failure."""
        super().__init__(failure.value if number is None else f"{failure.value}_{number}")
        self.is_final = failure is Failure.GONE


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told, and where.

    of: a platform's name, or the actor id of an auditor or authority; empty for all. topics: empty for all of
    the audience. digest: one message for what happens in that time, zero for each thing at once. link: what a
    message leads to, on the recipient's own machine; empty for none. is_on: whether anything is sent.
    """

    name: str
    audience: Audience
    of: str = ""
    email: str = field(default="", repr=False)
    webhook: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    topics: frozenset[Topic] = frozenset()
    digest: timedelta = timedelta()
    link: str = field(default="", repr=False)
    is_on: bool = True


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """What happened. place: its number, larger for what happened to the same thing later."""

    place: int
    event: str
    relying_party: str
    member_id: str
    thing: str
    told_at: datetime


@dataclass(frozen=True, slots=True)
class NotificationItem:
    """What a recipient is to hear."""

    place: int
    kind: str
    thing: str
    told_at: datetime


@dataclass(frozen=True, slots=True)
class Notification:
    """A message that has not arrived. body: the number of things of each kind.

    attempts: those that have begun. next_at: when the next one is due. dead_at: since when there is none.
    """

    message_id: str
    recipient: str
    body: Mapping[str, int]
    made_at: datetime
    attempts: int
    next_at: datetime
    failure: str | None = None
    dead_at: datetime | None = None


def topic_for(*, row: OutboxRow, recipient: Recipient) -> Topic | None:
    """Return as what a recipient hears of a row, None if not at all."""
    whose = row.member_id if recipient.audience in _MEMBERS else row.relying_party
    if not recipient.is_on or recipient.of not in ("", whose):
        return None
    found = [topic for audience, topic in _TOLD.get(row.event, ()) if audience is recipient.audience]
    return next((topic for topic in found if not recipient.topics or topic in recipient.topics), None)


_MEMBERS = (Audience.AUDITOR, Audience.AUTHORITY)
# By the words that rows hold: one of a newer version is nobody's.
_TOLD = {kind.value: told for kind, told in TOPICS.items()}


def is_due(*, oldest: datetime, recipient: Recipient, now: datetime) -> bool:
    """Tell whether a recipient is to hear of what has waited since a time."""
    return now - oldest >= recipient.digest


def count(items: Iterable[NotificationItem]) -> dict[str, int]:
    """Return the number of things of each kind, in the order in which the kinds first happened.

    A thing to which the same happened twice counts once.
    """
    things: dict[str, set[str]] = {}
    for item in items:
        things.setdefault(item.kind, set()).add(item.thing)
    return {kind: len(each) for kind, each in things.items()}


def attempt(*, notification: Notification, now: datetime) -> tuple[int, datetime]:
    """Return how many attempts there are with one that begins now, and when another one may begin."""
    wait = min(FIRST_WAIT * 2 ** min(notification.attempts, 10), LONGEST_WAIT)
    return notification.attempts + 1, now + wait


def is_over(*, notification: Notification, now: datetime) -> bool:
    """Tell whether a message whose attempt has failed is given up, if the time is right."""
    return now - notification.made_at >= GIVEN_UP


def words(body: Mapping[str, int]) -> Sequence[str]:
    """Return what a message says, a line for each kind."""
    return [f"{number} x {kind.replace('_', ' ')}" for kind, number in body.items()]
