"""The add-checkpoint format: canonical only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.processes.witness import wire
from idvault.processes.witness.wire import AddCheckpoint, WitnessWireError
from idvault_verify.transparency import note
from idvault_verify.transparency.tree import MAX_SIZE

HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=wire.MAX_PROOF).map(tuple)
# The example of C2SP tlog-witness, section add-checkpoint.
PROOF = [
    "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=",
    "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=",
    "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=",
    "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=",
]
CHECKPOINT = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
"""  # noqa: E501 - as published
EXAMPLE = "\n".join(["old 20852014", *PROOF, "", CHECKPOINT])
HASH = PROOF[0]


def test_the_example_of_the_specification() -> None:
    """The published request parses and encodes to the same bytes."""
    request = wire.parse(EXAMPLE.encode())
    assert (request.old, len(request.proof)) == (20852014, 4)
    assert request.encode() == EXAMPLE.encode()
    assert [signature.key_id.hex() for signature in note.parse(request.note).signatures] == [
        "033de0ae",
        "a292ea05",
    ]


@given(old=st.integers(0, MAX_SIZE), proof=HASHES, note=st.binary())
def test_what_is_written_is_read(old: int, proof: tuple[bytes, ...], note: bytes) -> None:
    """Every request parses back to itself."""
    request = AddCheckpoint(old, proof, note)
    assert wire.parse(request.encode()) == request


@given(body=st.binary() | st.text().map(str.encode) | st.just(EXAMPLE.encode()), cut=st.integers(0, 900))
def test_what_is_read_is_what_would_be_written(body: bytes, cut: int) -> None:
    """Every accepted request encodes to the same bytes."""
    try:
        request = wire.parse(body[cut:] if body == EXAMPLE.encode() and cut else body)
    except WitnessWireError:
        return
    assert request.encode() == (body[cut:] if body == EXAMPLE.encode() and cut else body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0",
        b"old 0\n",
        b"\n\n",
        b"old\n\nnote",
        b"old \n\nnote",
        b"old  0\n\nnote",
        b"Old 0\n\nnote",
        b"old 00\n\nnote",
        b"old 01\n\nnote",
        b"old -1\n\nnote",
        b"old +1\n\nnote",
        b"old 1 \n\nnote",
        b"old 1\r\n\nnote",
        b"old 9223372036854775808\n\nnote",
        "old ٧\n\nnote".encode(),
        b"size 0\n\nnote",
        f"old 1\n{HASH[:-1]}\n\nnote".encode(),
        f"old 1\n{HASH} \n\nnote".encode(),
        f"old 1\n{HASH[:-2]}x=\n\nnote".encode(),
        f"old 1\n{HASH}{HASH}\n\nnote".encode(),
        b"old 1\nYQ==\n\nnote",
        ("old 1\n" + f"{HASH}\n" * 64 + "\nnote").encode(),
        f"old 1\n{HASH[:-1]}\xff\n\nnote".encode("latin-1"),
    ],
)
def test_malformed_requests(body: bytes) -> None:
    """Non-canonical values, more than 63 hashes and missing parts are refused."""
    with pytest.raises(WitnessWireError):
        wire.parse(body)


def test_63_hashes_are_read() -> None:
    """The longest allowed proof is accepted."""
    assert len(wire.parse(("old 1\n" + f"{HASH}\n" * 63 + "\nnote").encode()).proof) == 63


@pytest.mark.parametrize("size", [0, 1, 20852163, MAX_SIZE])
def test_sizes_are_told(size: int) -> None:
    """The answer with a size parses back."""
    assert wire.parse_size(wire.encode_size(size)) == size


@pytest.mark.parametrize(
    "body", ["", "5", "\n", "05\n", "5\n\n", "5 \n", "-5\n", "5\r\n", f"{2**63}\n", "x\n"]
)
def test_malformed_sizes(body: str) -> None:
    """Non-canonical sizes are refused."""
    with pytest.raises(WitnessWireError):
        wire.parse_size(body)
