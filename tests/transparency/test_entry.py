"""The leaf of a log entry: its encoding is final, so its bytes are pinned."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault_verify import seal
from idvault_verify.event import FIELDS, SYSTEM_ACTOR, Event, EventType
from idvault_verify.transparency import entry
from idvault_verify.transparency.entry import EntryError
from tools.support import builders

EVENT = builders.event(EventType.CLAIM_OPEN, claim_id="d" * 32)
SETTLED = replace(
    builders.event(
        EventType.CLAIM_SETTLE,
        claim_id="d" * 32,
        state="SUCCEEDED",
        failure_reason="",
        record_digest=bytes(range(32)),
    ),
    actor_id=SYSTEM_ACTOR,
    occurred_at=datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
)
LATE = replace(builders.event(EventType.ORDER_MISS, order_id="d" * 32), platform="platform-a")
MISSES = {
    EventType.CONTEST_OVERDUE,
    EventType.DISAVOWAL_OVERDUE,
    EventType.REINSTATEMENT_OVERDUE,
    EventType.APPEAL_OVERDUE,
    EventType.CONTENT_APPEAL_OVERDUE,
    EventType.NARROWING_OVERDUE,
    EventType.ORDER_MISS,
    EventType.TIP_OFF_MISS_REPLY,
    EventType.TIP_OFF_MISS_SOLUTION,
    EventType.TIP_OFF_MISS_FLOOD,
}
GOLDEN = [
    (
        EVENT,
        (
            "0000001469647661756c742f6c6f672d656e7472792f763100000017766572696669636174696f6e"
            "3a636c61696d3a6f70656e00000011323032362d30332d30315430343a30305a0000002062626262"
            "6262626262626262626262626262626262626262626262626262626200000020086bdc6e249f47da"
            "74b6db8ced0ec8504ad6411a1891ca8a332d27b21c9ca9e8"
        ),
        "3b76450ae656e30f569e573a8649d8d50b653c9291e31f20e0f90fb3c6fb3b83",
    ),
    (
        SETTLED,
        (
            "0000001469647661756c742f6c6f672d656e7472792f763100000019766572696669636174696f6e"
            "3a636c61696d3a736574746c6500000011323032362d31322d33315432333a35395a000000067379"
            "7374656d0000002048dce4c61109a54b0282d135dede9c3873b39a88009dcc7ecab5bc17476d90de"
        ),
        "ffbac3c6f1bc648c191d63946ff91a9cd3eaae76c497d126f7326d443c5d71bd",
    ),
    (
        LATE,
        (
            "0000001469647661756c742f6c6f672d656e7472792f7632000000136f726465723a646561646c69"
            "6e653a6d69737300000011323032362d30332d30315430343a30305a000000206262626262626262"
            "626262626262626262626262626262626262626262626262"
            "00000020c6252ec2c43a88003efbabf219594bb1032b321f14db817657c5306dafa69355"
            "0000000a706c6174666f726d2d6100000000"
        ),
        "4cedeeffa87bf04c4ca9934bbc66fa1d75ac98fcdd5d70c58072219f7434c778",
    ),
]


@pytest.mark.parametrize(("event", "leaf", "hashed"), GOLDEN)
def test_leaves_are_pinned(event: Event, leaf: str, hashed: str) -> None:
    """These bytes never change: they are in signed trees."""
    assert entry.encode_leaf(event).hex() == leaf
    assert entry.leaf_hash(bytes.fromhex(leaf)).hex() == hashed


def test_a_leaf_is_made_as_the_design_says() -> None:
    """Type, minute, actor and commitment are encoded; the leaf is hashed after a 0x00 byte."""
    leaf = entry.encode_leaf(EVENT)
    bound = entry.commitment(EVENT)
    assert leaf == seal.encode(
        "idvault/log-entry/v1", "verification:claim:open", "2026-03-01T04:00Z", "b" * 32, bound
    )
    assert entry.leaf_hash(leaf) == sha256(b"\x00" + leaf).digest()


def test_the_time_is_coarsened_to_the_minute_in_utc() -> None:
    """Seconds are cut, not rounded, and times are converted to UTC; the year has four digits."""
    assert entry.decode_leaf(entry.encode_leaf(SETTLED)).occurred_at == datetime(
        2026, 12, 31, 23, 59, tzinfo=UTC
    )
    local = replace(EVENT, occurred_at=datetime(2026, 3, 1, 7, 59, 30, tzinfo=timezone(timedelta(hours=8))))
    assert b"2026-02-28T23:59Z" in entry.encode_leaf(local)
    early = replace(EVENT, occurred_at=datetime(987, 1, 2, 3, 4, tzinfo=UTC))
    assert b"0987-01-02T03:04Z" in entry.encode_leaf(early)


def test_a_naive_time_is_refused() -> None:
    """A time without a time zone would be logged wrongly."""
    with pytest.raises(ValueError, match="aware"):
        entry.encode_leaf(replace(EVENT, occurred_at=EVENT.occurred_at.replace(tzinfo=None)))


@given(
    kind=st.sampled_from(EventType), minute=st.datetimes(timezones=st.just(UTC)), key=st.binary(min_size=32)
)
def test_a_leaf_is_read_back(kind: EventType, minute: datetime, key: bytes) -> None:
    """Every event's leaf decodes to its type, minute, actor and commitment."""
    fields = dict.fromkeys(FIELDS[kind], "x")
    event = replace(EVENT, type=kind, occurred_at=minute, opening_key=key, fields=fields)
    found = entry.decode_leaf(entry.encode_leaf(event))
    expected = minute.replace(second=0, microsecond=0)
    assert found == entry.Entry(kind.value, expected, "b" * 32, entry.commitment(event))


def test_a_commitment_binds_account_details_and_key() -> None:
    """A different account, details or opening key gives a different commitment."""
    changed = [
        EVENT,
        replace(EVENT, account_token=""),
        replace(EVENT, opening_key=bytes(32)),
        replace(EVENT, fields={"claim_id": "e" * 32}),
    ]
    assert len({entry.commitment(event) for event in changed}) == len(changed)


def test_a_leaf_tells_nothing_of_its_account() -> None:
    """It contains neither the token nor a field, and without the opening key no guess can be tested."""
    leaf = entry.encode_leaf(EVENT)
    assert EVENT.account_token.encode() not in leaf
    assert b"d" * 32 not in leaf


def _rest(leaf: bytes) -> list[bytes]:
    """Return the parts of a leaf after the first one."""
    parts = []
    while leaf:
        size = int.from_bytes(leaf[:4], "big")
        parts.append(leaf[4 : 4 + size])
        leaf = leaf[4 + size :]
    return parts[1:]


def _leaf(*parts: seal.Part, purpose: str = "idvault/log-entry/v1") -> bytes:
    return seal.encode(purpose, *parts)


GOOD: tuple[seal.Part, ...] = ("a:b:c", "2026-03-01T04:00Z", "system", bytes(32))


@pytest.mark.parametrize(
    "leaf",
    [
        b"",
        b"\x00",
        b"\x00\x00",
        _leaf(*GOOD)[:-1],
        _leaf(*GOOD) + b"\x00",
        _leaf(*GOOD, ""),
        _leaf(*GOOD[:3]),
        _leaf(*GOOD, purpose="idvault/log-entry/v2"),
        _leaf(*GOOD, "", "", purpose="idvault/log-entry/v1"),
        _leaf(*GOOD, "", "", purpose="idvault/log-entry/v3"),
        _leaf(*GOOD, "", "", "", purpose="idvault/log-entry/v2"),
        _leaf(*GOOD, "", "", "", "", purpose="idvault/log-entry/v2"),
        _leaf(*GOOD, "", bytes(15), purpose="idvault/log-entry/v2"),
        _leaf(*GOOD, "", bytes(17), purpose="idvault/log-entry/v2"),
        _leaf(*GOOD, "platform-a", "", purpose="idvault/log-entry/v2"),
        _leaf("a:b:miss", *GOOD[1:], "Platform-A", "", purpose="idvault/log-entry/v2"),
        _leaf("a:b:miss", *GOOD[1:], "-a", "", purpose="idvault/log-entry/v2"),
        _leaf("a:b:miss", *GOOD[1:], "a-", "", purpose="idvault/log-entry/v2"),
        _leaf("a:b:miss", *GOOD[1:], "a.b", "", purpose="idvault/log-entry/v2"),
        _leaf("a:b:miss", *GOOD[1:], "a" * 64, "", purpose="idvault/log-entry/v2"),
        _leaf("a:b:miss", *GOOD[1:], "a\n", "", purpose="idvault/log-entry/v2"),
        _leaf("a:b:dismiss", *GOOD[1:], "a", "", purpose="idvault/log-entry/v2"),
        _leaf(*GOOD[:3], bytes(31)),
        _leaf("a:b", *GOOD[1:]),
        _leaf("A:b:c", *GOOD[1:]),
        _leaf("a:b:ç", *GOOD[1:]),
        _leaf("a:b:c", "2026-03-01T04:00", *GOOD[2:]),
        _leaf("a:b:c", "2026-02-30T04:00Z", *GOOD[2:]),
        _leaf("a:b:c", "2026-03-01T24:00Z", *GOOD[2:]),
        _leaf("a:b:c", "2026-03-01T04:00Z", "root", bytes(32)),
        _leaf("a:b:c", "2026-03-01T04:00Z", "B" * 32, bytes(32)),
        _leaf("a:b:c", "2026-03-01T04:00Z\n", "system", bytes(32)),
    ],
)
def test_other_bytes_are_no_leaf(leaf: bytes) -> None:
    """Only the output of encode_leaf is accepted."""
    with pytest.raises(EntryError, match=r"^RECORD_DAMAGED$"):
        entry.decode_leaf(leaf)


def test_a_missed_deadline_names_its_platform() -> None:
    """In a leaf of the second version; what it commits to stays as it was."""
    leaf = entry.encode_leaf(LATE)
    found = entry.decode_leaf(leaf)
    assert (found.platform, found.tag, found.type) == ("platform-a", b"", "order:deadline:miss")
    assert entry.commitment(LATE) == entry.commitment(replace(LATE, platform=""))


@pytest.mark.parametrize("kind", list(EventType))
def test_no_other_type_names_a_platform(kind: EventType) -> None:
    """Of all types only those of missed deadlines can be written with a platform, and read with one."""
    event = replace(LATE, type=kind, fields=dict.fromkeys(FIELDS[kind], "x"))
    bare = entry.encode_leaf(replace(event, platform=""))
    assert bare[4:24] == b"idvault/log-entry/v1"
    named = seal.encode("idvault/log-entry/v2", *_rest(bare), "platform-a", b"")
    if kind in MISSES:
        assert entry.encode_leaf(event) == named
        assert entry.decode_leaf(named).platform == "platform-a"
        return
    with pytest.raises(ValueError, match="names no platform"):
        entry.encode_leaf(event)
    with pytest.raises(EntryError):
        entry.decode_leaf(named)


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a.b", "a" * 64, "a\n", "平台"])
def test_only_a_registered_name_is_written(name: str) -> None:
    """No other text gets into the log in the clear; without a name the entry is of the first version."""
    if not name:
        assert entry.decode_leaf(entry.encode_leaf(replace(LATE, platform=name))).platform == ""
        return
    with pytest.raises(ValueError, match="none has this name"):
        entry.encode_leaf(replace(LATE, platform=name))


@pytest.mark.parametrize("tag", [b"", bytes(16)])
@pytest.mark.parametrize("type_", ["a:b:c", "a:b:miss", "a:b:overdue"])
def test_a_leaf_of_the_second_version_may_have_a_tag(type_: str, tag: bytes) -> None:
    """Whatever its type; a platform may be left out."""
    found = entry.decode_leaf(_leaf(type_, *GOOD[1:], "", tag, purpose="idvault/log-entry/v2"))
    assert (found.type, found.platform, found.tag) == (type_, "", tag)


def test_the_smallest_good_leaf_is_read() -> None:
    """The leaf that the refused ones are derived from is valid."""
    found = entry.decode_leaf(_leaf(*GOOD))
    assert found == entry.Entry("a:b:c", datetime(2026, 3, 1, 4, 0, tzinfo=UTC), "system", bytes(32))


def test_an_opened_leaf_is_that_of_its_account_and_fields() -> None:
    """With its opening key one leaf can be proved, and no other."""
    leaf = entry.encode_leaf(EVENT)
    good = {
        "type": EVENT.type,
        "opening_key": EVENT.opening_key,
        "account_token": EVENT.account_token,
        "fields": EVENT.fields,
    }
    assert entry.check_opened(leaf, **good) == entry.decode_leaf(leaf)  # type: ignore[arg-type]
    for change in (
        {"type": EventType.CLAIM_POSTPONE},
        {"opening_key": bytes(32)},
        {"account_token": ""},
        {"fields": {"claim_id": "e" * 32}},
    ):
        with pytest.raises(EntryError):
            entry.check_opened(leaf, **good | change)  # type: ignore[arg-type]
