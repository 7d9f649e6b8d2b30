"""Token Status Lists against the draft's published lists, and malformed lists."""

import struct
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault_verify.attest import jose, status_list
from idvault_verify.attest.status_list import INVALID, LIST_SIZE, VALID, StatusList, StatusListError
from tests.vectors import load

VECTORS = load.load("status_list.json")


def claim(array: bytes, *, bits: int = 1) -> dict[str, Any]:
    return {"bits": bits, "lst": jose.encode(zlib.compress(array, 9))}


@pytest.mark.parametrize("vector", VECTORS["short"], ids=lambda vector: f"{vector['bits']} bits")
def test_the_drafts_short_lists(vector: dict[str, Any]) -> None:
    """The draft's first examples are read and written bit by bit and byte by byte."""
    made = StatusList.filled(0, bits=vector["bits"], size=len(vector["statuses"]))
    for index, value in enumerate(vector["statuses"]):
        made.set(index, value)
    assert made.data.hex() == vector["array"]
    assert made.to_json() == {"bits": vector["bits"], "lst": vector["lst"]}
    read = status_list.parse({"bits": vector["bits"], "lst": vector["lst"]})
    assert [read.get(index) for index in range(len(read))] == vector["statuses"]


@pytest.mark.parametrize("vector", VECTORS["long"], ids=lambda vector: f"{vector['bits']} bits")
def test_the_drafts_long_lists(vector: dict[str, Any]) -> None:
    """The draft's test vectors of a million entries are read and written as published."""
    statuses = {int(index): value for index, value in vector["statuses"].items()}
    compressed = load.unhex(vector["compressed"])
    read = status_list.parse({"bits": vector["bits"], "lst": jose.encode(compressed)})
    assert len(read) == vector["size"]
    assert {index: read.get(index) for index in statuses} == statuses
    assert sum(1 for index in range(len(read)) if read.get(index)) == len(statuses)
    made = StatusList.filled(0, bits=vector["bits"], size=vector["size"])
    for index, value in statuses.items():
        made.set(index, value)
    assert made.data == read.data
    assert jose.decode(made.to_json()["lst"]) == compressed


@given(
    st.sampled_from([1, 2, 4, 8]), st.lists(st.tuples(st.integers(0, 63), st.integers(0, 255)), max_size=99)
)
def test_a_list_is_an_array_of_small_numbers(bits: int, changes: list[tuple[int, int]]) -> None:
    """A set value is read back, and no other entry changes."""
    model = [0] * 64
    made = StatusList.filled(0, bits=bits, size=64)
    for index, value in changes:
        model[index] = value % (1 << bits)
        made.set(index, model[index])
    read = status_list.parse(made.to_json())
    assert [read.get(index) for index in range(64)] == model


@given(st.sets(st.integers(0, 63)), st.sets(st.integers(0, 63)))
def test_many_entries_at_once(invalid: set[int], valid: set[int]) -> None:
    """Setting many one-bit entries equals setting them one by one."""
    made, slow = StatusList.filled(INVALID, size=64), StatusList.filled(INVALID, size=64)
    for indices, value in ((valid, VALID), (invalid, INVALID)):
        made.set_all(indices, value)
        for index in indices:
            slow.set(index, value)
    assert made.data == slow.data


def test_a_fresh_list_says_invalid_of_everybody() -> None:
    """A new list has a million INVALID entries."""
    fresh = StatusList.filled(INVALID)
    assert len(fresh) == LIST_SIZE == 2**20
    assert {fresh.get(index) for index in (0, 7, 8, LIST_SIZE - 1)} == {INVALID}


@pytest.mark.parametrize("index", [-1, 8, 2**70])
def test_an_index_that_is_not_there(index: int) -> None:
    """Neither get nor set accepts an index beyond the list."""
    made = StatusList.filled(0, size=8)
    with pytest.raises(StatusListError):
        made.get(index)
    with pytest.raises(StatusListError):
        made.set(index, 0)
    with pytest.raises(StatusListError):
        made.set_all([index], 0)


def test_what_does_not_fit() -> None:
    """Values, widths and sizes outside the format are refused."""
    made = StatusList.filled(0, bits=2, size=8)
    for value in (4, -1):
        with pytest.raises(StatusListError):
            made.set(0, value)
    with pytest.raises(StatusListError):
        made.set_all([0], 1)
    for bits in (0, 3, 16):
        with pytest.raises(StatusListError):
            StatusList(bits=bits, data=b"")
    for value, size in ((2, 8), (0, 9)):
        with pytest.raises(StatusListError):
            StatusList.filled(value, size=size)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {},
        {"bits": 1},
        {"bits": True, "lst": "eNrbuRgAAhcBXQ"},
        {"bits": "1", "lst": "eNrbuRgAAhcBXQ"},
        {"bits": 3, "lst": "eNrbuRgAAhcBXQ"},
        {"bits": 1, "lst": b"eNrbuRgAAhcBXQ"},
        {"bits": 1, "lst": "eNrbuRgAAhcBXQ=="},
        {"bits": 1, "lst": "eNrb uRgAAhcBXQ"},
        {"bits": 1, "lst": "eNrbuRgAAhcBX"},
        {"bits": 1, "lst": "x"},
        {"bits": 1, "lst": "\u00e9"},
        {"bits": 1, "lst": ""},
        {"bits": 1, "lst": jose.encode(b"\xb9\xa3")},
        {"bits": 1, "lst": jose.encode(zlib.compress(b"\xb9\xa3")[:-1])},
        {"bits": 1, "lst": jose.encode(zlib.compress(b"\xb9\xa3") + b"\x00")},
        {"bits": 1, "lst": jose.encode(zlib.compress(b"\xb9\xa3", wbits=-15))},
        {"bits": 1, "lst": jose.encode(zlib.compress(b"\xb9\xa3", wbits=31))},
    ],
)
def test_what_is_no_list(wrong: Any) -> None:
    """Anything but one complete ZLIB stream in base64url, with bits, is refused."""
    with pytest.raises(StatusListError):
        status_list.parse(wrong)


def test_a_list_may_be_as_long_as_the_limit() -> None:
    """The limit itself is accepted, one more byte is not."""
    assert len(status_list.parse(claim(b"\x00" * 100), limit=100)) == 800
    with pytest.raises(StatusListError):
        status_list.parse(claim(b"\x00" * 101), limit=100)


def test_a_bomb_does_not_go_off() -> None:
    """Decompressing a small file of a gigabyte stops at the limit without using the memory."""
    stream = zlib.compressobj(9, wbits=-15)
    # One MiB of zeros, compressed so that it can be repeated; then an empty last block and the Adler-32.
    part = stream.compress(b"\x00" * 2**20) + stream.flush(zlib.Z_FULL_FLUSH)
    bomb = b"\x78\xda" + part * 1024 + b"\x03\x00" + struct.pack(">HH", 2**30 % 65_521, 1)
    text = jose.encode(bomb)
    tracemalloc.start()
    with pytest.raises(StatusListError):
        status_list.parse({"bits": 1, "lst": text}, limit=2**17)
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()
