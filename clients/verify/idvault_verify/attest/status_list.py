"""Token Status Lists (draft-ietf-oauth-status-list): a public array of small numbers, one per credential.

- An entry has 1, 2, 4 or 8 bits; the first entry of a byte is in its lowest bits.
- A published list is the array, compressed with ZLIB (RFC 1950), in base64url without padding.
- It must decompress to exactly one complete stream within the size limit.
- An index beyond the end is refused.
"""

import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from idvault_verify import strict_base64
from idvault_verify.strict_base64 import Base64Error

VALID, INVALID, SUSPENDED = 0, 1, 2
LIST_SIZE = 2**20
"""How many entries a list of idvault has."""
MOST_BYTES = 2**24
"""The default limit for a decompressed array: 16 MiB."""
_BITS = (1, 2, 4, 8)
_ON = tuple(1 << bit for bit in range(8))
_OFF = tuple(0xFF ^ 1 << bit for bit in range(8))
_BEST = 9


class StatusListError(ValueError):
    """The data is not a status list, or the list has no such entry."""


class StatusList:
    """The entries of one list; `data` is the array as the draft lays it out."""

    __slots__ = ("_mask", "_per_byte", "bits", "data")

    def __init__(self, *, bits: int, data: bytes | bytearray) -> None:
        """Wrap the array. bits: per entry. A bytearray is not copied and is changed in place."""
        if bits not in _BITS:
            raise StatusListError("an entry must have 1, 2, 4 or 8 bits")
        self.bits = bits
        self.data = data if isinstance(data, bytearray) else bytearray(data)
        self._per_byte = 8 // bits
        self._mask = (1 << bits) - 1

    @classmethod
    def filled(cls, value: int, *, bits: int = 1, size: int = LIST_SIZE) -> "StatusList":
        """Return a list of `size` entries, all of one value; size must fill whole bytes."""
        made = cls(bits=bits, data=b"")
        made._check(value)
        if size % made._per_byte:
            raise StatusListError("a list must fill its last byte")
        byte = sum(value << shift for shift in range(0, 8, bits))
        made.data = bytearray([byte]) * (size // made._per_byte)
        return made

    def __len__(self) -> int:
        """Return how many entries there are."""
        return len(self.data) * self._per_byte

    def get(self, index: int) -> int:
        """Return an entry; raises StatusListError if it does not exist."""
        if not 0 <= index < len(self.data) * self._per_byte:
            raise StatusListError("the list has no such entry")
        return self.data[index // self._per_byte] >> (index % self._per_byte * self.bits) & self._mask

    def set(self, index: int, value: int) -> None:
        """Change an entry; raises StatusListError if it does not exist or the value does not fit."""
        self._check(value)
        if not 0 <= index < len(self):
            raise StatusListError("the list has no such entry")
        place, shift = index // self._per_byte, index % self._per_byte * self.bits
        self.data[place] = self.data[place] & ~(self._mask << shift) | value << shift

    def set_all(self, indices: Iterable[int], value: int) -> None:
        """Set many entries of a one-bit list to one value."""
        self._check(value)
        if self.bits != 1:
            raise StatusListError("many entries can be set at once only in a one-bit list")
        data, places = self.data, list(indices)
        if places and not 0 <= min(places) <= max(places) < len(self):
            raise StatusListError("the list has no such entry")
        if value:
            for index in places:
                data[index >> 3] |= _ON[index & 7]
        else:
            for index in places:
                data[index >> 3] &= _OFF[index & 7]

    def to_json(self) -> dict[str, Any]:
        """Return the value of the status_list claim."""
        compressed = zlib.compress(bytes(self.data), _BEST)
        return {"bits": self.bits, "lst": strict_base64.encode_url(compressed)}

    def _check(self, value: int) -> None:
        if not 0 <= value <= self._mask:
            raise StatusListError("the value does not fit into an entry")


def parse(claim: object, *, limit: int = MOST_BYTES) -> StatusList:
    """Return the list in a status_list claim; raises StatusListError.

    limit: the longest array in bytes. Decompression stops there, so a small file cannot fill the memory.
    """
    if not isinstance(claim, Mapping):
        raise StatusListError("status_list is not an object")
    bits, text = claim.get("bits"), claim.get("lst")
    if isinstance(bits, bool) or not isinstance(bits, int) or not isinstance(text, str):
        raise StatusListError("status_list lacks bits or lst")
    return StatusList(bits=bits, data=_decompressed(_decoded(text), limit))


def _decoded(text: str) -> bytes:
    try:
        return strict_base64.url(text)
    except Base64Error as error:
        raise StatusListError("lst is not base64url without padding") from error


def _decompressed(data: bytes, limit: int) -> bytes:
    stream = zlib.decompressobj()
    try:
        found = stream.decompress(data, limit + 1)
    except zlib.error as error:
        raise StatusListError("lst is not a ZLIB stream") from error
    if len(found) > limit:
        raise StatusListError("the list is too long")
    if not stream.eof or stream.unused_data:
        raise StatusListError("lst is not exactly one complete ZLIB stream")
    return found
