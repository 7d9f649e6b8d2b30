"""Events and the fields that they commit to."""

import pytest

from idvault_verify import event, seal
from idvault_verify.event import EventType
from tools.support import builders


def test_every_type_lists_its_fields() -> None:
    """Without its field list an event could not be encoded, and its act would fail."""
    assert set(event.FIELDS) == set(EventType)


@pytest.mark.parametrize("kind", list(EventType))
def test_types_read_noun_thing_verb(kind: EventType) -> None:
    """A type has three lower-case words."""
    words = kind.value.split(":")
    assert len(words) == 3
    assert all(word.isalpha() and word.islower() for word in words)


def test_details_follow_the_listed_order() -> None:
    """The order of the arguments does not matter."""
    made = builders.event(EventType.REQUEST_PURGE, count=3, before="2026-03-01")
    assert made.details() == seal.encode("request:retention:purge", "2026-03-01", 3)


def test_a_missing_field_is_an_error() -> None:
    """An event with a missing field cannot be encoded."""
    with pytest.raises(KeyError):
        builders.event(EventType.CLAIM_SUPERSEDE, claim_id="c1").details()


@pytest.mark.parametrize("kind", list(event.LEFT_OUT))
def test_a_last_field_may_be_left_out(kind: EventType) -> None:
    """Only where the type says so, and only the last ones: what is there is encoded in its place."""
    names, optional = event.FIELDS[kind], event.LEFT_OUT[kind]
    needed = len(names) - len(optional)
    assert needed > 0
    assert names[needed:] == optional
    fields: dict[str, seal.Part] = {name: number for number, name in enumerate(names)}
    for count in range(len(names), needed - 1, -1):
        given = {name: fields[name] for name in names[:count]}
        assert event.details(kind, given) == seal.encode(kind.value, *range(count))
    only_last = {name: fields[name] for name in (*names[:needed], names[-1])}
    empty = [""] * (len(optional) - 1)
    assert event.details(kind, only_last) == seal.encode(kind.value, *range(needed), *empty, len(names) - 1)
    with pytest.raises(KeyError):
        event.details(kind, {names[-1]: 0})


def test_an_act_can_add_what_only_it_knows() -> None:
    """`with_fields` does not change the original event."""
    made = builders.event(EventType.CLAIM_SUPERSEDE, claim_id="c1")
    assert made.with_fields(by_claim_id="c2").details() == seal.encode(made.type.value, "c1", "c2")
    assert "by_claim_id" not in made.fields


def test_a_field_is_filled_once() -> None:
    """An act cannot overwrite what the flow has filled in."""
    made = builders.event(EventType.CLAIM_SUPERSEDE, claim_id="c1")
    with pytest.raises(ValueError, match="filled once"):
        made.with_fields(claim_id="c2", by_claim_id="c3")


def test_the_opening_key_never_shows() -> None:
    """repr does not show the opening key."""
    assert builders.event().opening_key.hex() not in repr(builders.event())
    assert repr(builders.event().opening_key) not in repr(builders.event())
