"""The encoding, and what each sealed blob is bound to."""

from hashlib import sha256

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idvault_verify import seal

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
LISTS = st.tuples(TEXT, st.lists(st.binary(max_size=8), max_size=5))


def _decoded(data: bytes) -> list[bytes]:
    parts = []
    while data:
        size = int.from_bytes(data[:4], "big")
        parts.append(data[4 : 4 + size])
        data = data[4 + size :]
    return parts


def test_the_encoding_is_pinned() -> None:
    """The encoding has four-byte lengths, UTF-8 and ASCII decimals, as every hash and signature relies on."""
    encoded = seal.encode("idvault/test/v1", "名", 42, b"\x00\xff", "")
    assert encoded.hex() == (
        "0000000f"
        + b"idvault/test/v1".hex()
        + "00000003e5908d"
        + "000000023432"
        + "0000000200ff"
        + "00000000"
    )


@given(purpose=TEXT, parts=st.lists(st.binary(max_size=300) | TEXT | st.integers(), max_size=6))
def test_what_is_encoded_can_be_told_apart(purpose: str, parts: list[seal.Part]) -> None:
    """The parts can be decoded from the bytes, so different lists give different bytes."""
    expected = [part if isinstance(part, bytes) else str(part).encode() for part in (purpose, *parts)]
    assert _decoded(seal.encode(purpose, *parts)) == expected


@given(first=LISTS, second=LISTS)
def test_the_encoding_is_injective(first: tuple[str, list[bytes]], second: tuple[str, list[bytes]]) -> None:
    """Two lists have the same encoding only if they are the same list."""
    same = seal.encode(first[0], *first[1]) == seal.encode(second[0], *second[1])
    assert same == (first == second)


def test_bytes_moved_between_parts_make_another_encoding() -> None:
    """Moving a boundary or an empty part changes the encoding."""
    lists: list[list[seal.Part]] = [
        ["ab", "c"],
        ["a", "bc"],
        ["abc"],
        ["abc", ""],
        ["", "abc"],
        ["a", "b", "c"],
    ]
    assert len({seal.encode("p", *parts) for parts in lists}) == len(lists)


def test_things_are_bound_as_the_design_says() -> None:
    """Each purpose has its name, version and order of parts."""
    assert seal.shred_info(record_id="r") == seal.encode("idvault/shred/v1", "r")
    assert seal.record_info(
        format_version=1, relying_party="p", account_token="t", record_id="r", quorum_id="q"
    ) == seal.encode("idvault/record/v1", 1, "p", "t", "r", "q")
    assert seal.share_info(account_token="t", record_id="r", quorum_id="q", custodian="c") == seal.encode(
        "idvault/share/v1", "t", "r", "q", "c"
    )
    assert seal.intake_info(
        relying_party="p", account_token="t", claim_id="c", day="2026-03-01"
    ) == seal.encode("idvault/intake/v1", "p", "t", "c", "2026-03-01")
    assert seal.reseal_info(request_digest=b"d", custodian="c", share_index=1) == seal.encode(
        "idvault/reseal/v1", b"d", "c", 1
    )
    assert seal.one_time_key_info(disclosure_id="d") == seal.encode("idvault/one-time-key/v1", "d")
    assert seal.sealed_evidence_info(
        disclosure_id="d", reader="auditor-a", destroy_after="2027-03-01"
    ) == seal.encode("idvault/sealed-evidence/v2", "d", "auditor-a", "2027-03-01")
    assert seal.case_text_info(disclosure_id="d") == seal.encode("idvault/case-text/v1", "d")
    denial = seal.denial_info(disclosure_id="d", custodian="c")
    assert denial == seal.encode("idvault/denial-text/v1", "d", "c")
    place = {"relying_party": "p", "case_id": "c", "field": "f", "key_version": "0"}
    assert seal.moderation_text_info(**place) == seal.encode("idvault/moderation-text/v1", *place.values())
    assert seal.moderation_text_key_info(**place) == seal.encode(
        "idvault/moderation-text-key/v1", *place.values()
    )


@given(parts=st.lists(st.binary(max_size=20), max_size=5))
@example(parts=[])
@example(parts=[b"", b"a"])
def test_an_encoding_is_split_into_its_parts(parts: list[bytes]) -> None:
    """What was encoded comes back; what ends too early is no encoding."""
    whole = seal.encode("purpose", *parts)
    assert seal.split(whole) == [b"purpose", *parts]
    assert seal.split(b"") == []
    with pytest.raises(ValueError, match="no encoding"):
        seal.split(whole + b"\x00\x00\x00\x01")


def test_a_quorum_id_binds_threshold_names_keys_and_order() -> None:
    """The id is the specified hash and changes with every part of the quorum."""
    members = (("a", b"key-a"), ("b", b"key-b"))
    made = seal.quorum_id(threshold=2, members=members)
    assert made == sha256(seal.encode("idvault/quorum/v1", 2, "a", b"key-a", "b", b"key-b")).hexdigest()
    others = {
        seal.quorum_id(threshold=1, members=members),
        seal.quorum_id(threshold=2, members=members[::-1]),
        seal.quorum_id(threshold=2, members=(("a", b"key-b"), ("b", b"key-a"))),
        seal.quorum_id(threshold=2, members=members[:1]),
    }
    assert len(others | {made}) == 5
