"""The padded message inside a sealed record."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idvault_verify.attest import payload
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.payload import Payload
from idvault_verify.claim import Consent, Identity, OpaqueIdentity
from idvault_verify.document import Document, DocumentType
from idvault_verify.registry import RegistryAnswer
from idvault_verify.v1 import common_pb2
from idvault_verify.v1.sealed_identity_pb2 import SealedIdentity
from tools.support import builders
from tools.support.organizations import organization

RESIDENT = common_pb2.DOCUMENT_TYPE_RESIDENT_ID
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def _padded(message: bytes) -> bytes:
    framed = len(message).to_bytes(4, "big") + message
    return framed + bytes(-len(framed) % 512)


DOCUMENTS = st.builds(Document, st.sampled_from(DocumentType), TEXT)
PAYLOADS = st.builds(
    Payload,
    st.builds(Identity, TEXT, DOCUMENTS, st.none() | st.builds(Identity, TEXT, DOCUMENTS)),
    st.none() | st.sampled_from(RegistryAnswer),
    st.none() | st.builds(Consent, TEXT, st.datetimes(timezones=st.just(UTC))),
    TEXT,
)
OPAQUE = OpaqueIdentity("https://provider.example", "A" * 43)


@given(whole=PAYLOADS)
@example(whole=Payload(builders.identity()))
@example(whole=Payload(organization()))
def test_a_payload_comes_back(whole: Payload) -> None:
    """Every identity, with or without answer and consent, decodes to itself."""
    assert payload.decode(payload.encode(whole)) == whole


@pytest.mark.parametrize(("length", "blocks"), [(0, 1), (400, 1), (450, 1), (490, 2), (2000, 4)])
def test_sizes_are_whole_blocks(length: int, blocks: int) -> None:
    """The size reveals only the number of 512-byte blocks."""
    assert len(payload.encode(Payload(builders.identity(name="x" * length)))) == 512 * blocks


def test_a_time_of_another_zone_is_the_same_moment() -> None:
    """Consent times are stored in UTC."""
    time = datetime(2026, 3, 1, 12, 0, tzinfo=timezone(timedelta(hours=8)))
    found = payload.decode(payload.encode(Payload(builders.identity(), None, Consent("v1", time))))
    assert found.consent is not None
    assert found.consent.agree_time == time
    assert found.consent.agree_time.tzinfo is UTC


@pytest.mark.parametrize(
    "padded",
    [
        b"",
        bytes(511),
        _padded(b"") + bytes(512),
        _padded(b"")[:-1] + b"\x01",
        (600).to_bytes(4, "big") + bytes(508),
        _padded(b"\xff\xff\xff"),
        _padded(b"\x08\x00"),
        _padded(b"\x08\x63"),
        _padded(SealedIdentity(document_type=RESIDENT, registry_outcome="PERHAPS").SerializeToString()),
        _padded(SealedIdentity(document_type=RESIDENT, opaque_id="a").SerializeToString()),
        _padded(SealedIdentity(document_number=builders.NUMBER, opaque_id="a").SerializeToString()),
        _padded(SealedIdentity(real_name=builders.NAME, opaque_id="a").SerializeToString()),
        _padded(SealedIdentity(provider="https://provider.example").SerializeToString()),
    ],
)
def test_another_form_is_damage(padded: bytes) -> None:
    """Wrong padding, length, message, type or answer gives one error that quotes nothing."""
    with pytest.raises(UnsealError, match=r"^RECORD_DAMAGED$") as caught:
        payload.decode(padded)
    assert caught.value.__cause__ is None


def test_a_payload_does_not_show_itself() -> None:
    """Its repr shows neither name nor number."""
    text = repr(Payload(builders.identity()))
    assert builders.NAME not in text
    assert builders.NUMBER not in text


def test_a_person_without_a_name_comes_back() -> None:
    """Provider and id are sealed with what was signed; whoever needs a name gets an error."""
    whole = Payload(OPAQUE, RegistryAnswer.MATCH, builders.consent(), "a.b.c")
    found = payload.decode(payload.encode(whole))
    assert found == whole
    assert OPAQUE.opaque_id not in repr(found)
    with pytest.raises(UnsealError, match=r"^RECORD_DAMAGED$"):
        assert found.named
    assert Payload(builders.identity()).named == builders.identity()
