"""Who is told of what, how often, and when an attempt is repeated."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idvault.core import topic
from idvault.core.topic import TOPICS, Audience, Topic
from idvault.notification import rules
from idvault.notification.rules import (
    Failure,
    Notification,
    NotificationItem,
    OutboxRow,
    Recipient,
    SendError,
)
from idvault_verify.event import Event, EventType, names_platform

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROW = OutboxRow(1, EventType.ERASURE_REQUEST.value, "platform-a", "", "e" * 32, NOW)
PLATFORM = Recipient("r", Audience.PLATFORM, of="platform-a")
MADE = Notification("m" * 32, "r", {"erasure_requested": 2}, NOW, 0, NOW)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Topic.ERASURE_REQUESTED),
        ({"of": "platform-b"}, None),
        ({"of": ""}, Topic.ERASURE_REQUESTED),
        ({"is_on": False}, None),
        ({"audience": Audience.MODERATOR}, None),
        ({"topics": frozenset({Topic.ACCOUNT_ERASED})}, None),
        ({"topics": frozenset({Topic.ERASURE_REQUESTED})}, Topic.ERASURE_REQUESTED),
    ],
)
def test_a_recipient_hears_what_it_asked_for(changes: dict[str, object], expected: Topic | None) -> None:
    """Of its audience, of its platform, of its topics, and while it is on."""
    assert rules.topic_for(row=ROW, recipient=replace(PLATFORM, **changes)) is expected  # type: ignore[arg-type]


def test_an_auditor_hears_of_the_own_records() -> None:
    """The row names whose they are."""
    row = replace(ROW, event=EventType.DISCLOSURE_DISCLOSE.value, relying_party="", member_id="a" * 32)
    one = Recipient("r", Audience.AUDITOR, of="a" * 32)
    assert rules.topic_for(row=row, recipient=one) is Topic.RECORD_DISCLOSED
    assert rules.topic_for(row=row, recipient=replace(one, of="b" * 32)) is None


@pytest.mark.parametrize("kind", [EventType.ACCOUNT_EXPIRE.value, "of:a:newer:version"])
def test_nobody_hears_of_other_entries(kind: str) -> None:
    """A row that this version does not know is nobody's."""
    assert rules.topic_for(row=replace(ROW, event=kind), recipient=PLATFORM) is None


def test_a_digest_is_due_when_its_time_is_over() -> None:
    """What is told at once is due at once."""
    hourly = replace(PLATFORM, digest=timedelta(hours=1))
    assert rules.is_due(oldest=NOW, recipient=PLATFORM, now=NOW)
    assert not rules.is_due(oldest=NOW, recipient=hourly, now=NOW + timedelta(minutes=59))
    assert rules.is_due(oldest=NOW, recipient=hourly, now=NOW + timedelta(hours=1))


def test_things_are_counted_once_in_order() -> None:
    """A kind stands where it first happened."""
    things = [("report_filed", "a"), ("appeal_filed", "b"), ("report_filed", "c"), ("report_filed", "a")]
    items = [NotificationItem(place, kind, thing, NOW) for place, (kind, thing) in enumerate(things)]
    assert list(rules.count(items).items()) == [("report_filed", 2), ("appeal_filed", 1)]
    assert rules.words(rules.count(items)) == ["2 x report filed", "1 x appeal filed"]


def test_waits_double_up_to_an_hour() -> None:
    """The first repeat comes within a minute."""
    waits = []
    made = MADE
    for _ in range(12):
        attempts, next_at = rules.attempt(notification=made, now=NOW)
        waits.append((next_at - NOW).total_seconds())
        made = replace(made, attempts=attempts)
    assert waits == [30, 60, 120, 240, 480, 960, 1920, *[3600] * 5]
    assert made.attempts == 12


def test_a_message_dies_after_three_days_or_where_nobody_is() -> None:
    """410 Gone is the receiver's word that nobody is there."""
    later = NOW + timedelta(days=3)
    assert not rules.is_over(notification=MADE, now=later - timedelta(seconds=1))
    assert rules.is_over(notification=MADE, now=later)
    assert SendError(Failure.GONE).is_final
    assert not SendError(Failure.LATE).is_final
    assert str(SendError(Failure.REFUSED, 503)) == "REFUSED_503"


def test_a_thing_is_named_by_its_random_id() -> None:
    """An entry without an id of a thing is its own."""
    more = ("system", "", NOW, NOW, "f" * 32, b"k" * 32)
    erasure = Event(EventType.ERASURE_REQUEST, *more, {"erasure_id": "e" * 32, "erase_at": "x"})
    assert topic.thing_of(erasure) == "e" * 32
    request = Event(EventType.DISCLOSURE_REQUEST, *more, {"request": b"r", "record_digest": b"d"})
    assert topic.thing_of(request) == "f" * 32


def test_every_proposal_waits_for_a_second_moderator() -> None:
    """A type that ends with propose is told to moderators, but that of a roster to custodians.

    A report's stands beside that of its sanction, which is told.
    """
    proposals = {kind for kind in EventType if kind.value.endswith(":propose")}
    proposals -= {EventType.TIP_OFF_PROPOSE}
    assert proposals <= TOPICS.keys()
    told = {kind: {audience for audience, _ in TOPICS[kind]} for kind in proposals}
    assert told.pop(EventType.ROSTER_PROPOSE) == {Audience.CUSTODIAN}
    assert all(audiences == {Audience.MODERATOR} for audiences in told.values())


def test_every_missed_deadline_is_told() -> None:
    """A type that names a platform is told to it and to its moderators; nothing else counts as missed."""
    missed = {(Audience.MODERATOR, Topic.DEADLINE_MISSED), (Audience.PLATFORM, Topic.DEADLINE_MISSED)}
    for kind in EventType:
        told = set(TOPICS.get(kind, ()))
        assert told & missed == (missed if names_platform(kind.value) else set()), kind


def test_every_topic_is_told_and_fits_its_column() -> None:
    """No topic is idle; the columns hold each value."""
    assert {each for told in TOPICS.values() for _, each in told} == set(Topic)
    assert max(len(kind.value) for kind in TOPICS) <= 64
    assert max(len(each.value) for each in Topic) <= 32
