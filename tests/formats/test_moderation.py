"""What moderators sign, by the reference and by idvault: the same bytes for every kind of paper."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault_verify.attest import registration
from idvault_verify.attest import sanction as papers
from idvault_verify.attest.registration import Registration
from idvault_verify.attest.sanction import SigningOccasion
from idvault_verify.error import InvalidError
from tools.support.reference import moderation
from tools.support.reference.encoding import RefusedError
from tools.support.sanction_world import key_of

TIMES = st.datetimes(datetime(1970, 1, 2), datetime(2999, 1, 1)).map(
    lambda made: made.replace(tzinfo=UTC, microsecond=0)
)
# Each character is drawn printable: of whole texts, most would be thrown away.
TEXTS = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), max_size=40)
PARTS = st.lists(st.one_of(TEXTS, st.integers(-(2**40), 2**40), st.binary(max_size=40)), max_size=6)


def theirs(occasion: SigningOccasion) -> moderation.Occasion:
    time = int(occasion.signed_at.timestamp())
    return moderation.Occasion(occasion.relying_party, occasion.request_id, occasion.moderator_id, time)


@given(TEXTS, TEXTS, TEXTS, TIMES, TEXTS, PARTS)
def test_a_decision_is_the_same_bytes(  # noqa: PLR0917 - what is drawn
    party: str,
    request_id: str,
    moderator_id: str,
    time: datetime,
    method: str,
    parts: list[str | int | bytes],
) -> None:
    """Signed by one side, it verifies on the other; with any other part it does not."""
    occasion = SigningOccasion(party, request_id, moderator_id, time)
    text = papers.act(occasion, method=method, fields=parts)
    assert text == moderation.act(theirs(occasion), method, parts)
    key = key_of(7)
    signed = papers.signed(text, key.sign(text), public_key=key.public_key)
    moderation.check(signed, key.public_key, text)
    other = papers.act(occasion, method=method, fields=[*parts, "more"])
    with pytest.raises(RefusedError):
        moderation.check(signed, key.public_key, other)
    with pytest.raises(InvalidError):
        papers.signed(other, key.sign(text), public_key=key.public_key)


@given(TEXTS, st.binary(min_size=32, max_size=32))
def test_a_mark_is_the_same(text: str, salt: bytes) -> None:
    """Of a text and its salt."""
    assert papers.text_mark(text, salt=salt) == moderation.mark(text, salt)


@given(TIMES)
def test_a_registration_is_the_same_bytes(time: datetime) -> None:
    """The new key's paper and both countersignatures, and the file that carries them."""
    made = registration.register(key_of(1, party="platform-a"), now=time)
    for number in (2, 3):
        made = made.countersign(key_of(number).of(f"{number}" * 32), now=time)
    begin = moderation.Occasion("platform-a", made.request_id, "", int(time.timestamp()))
    text = moderation.content("moderator/v1", begin, made.public_key)
    moderation.check(text + made.own.signature, made.public_key, text)
    for number, each in zip((2, 3), made.countersignatures, strict=True):
        who = moderation.Occasion(begin.platform, begin.request_id, f"{number}" * 32, begin.time)
        text = moderation.content("moderator-countersignature/v1", who, made.public_key)
        moderation.check(text + each.signature, key_of(number).public_key, text)
    assert Registration.from_bytes(made.to_bytes()) == made
