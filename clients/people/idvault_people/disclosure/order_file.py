"""The file of an order in a request's legal basis: its SHA-256, as the auditor's console writes it.

It stands at the end of the legal basis, so it is signed, and the request's entry in the log commits to it.
"""

import re

_PART = " [SHA-256 {digest}]"
_AT_END = re.compile(r" \[SHA-256 ([0-9a-f]{64})\]\Z")
PART_LENGTH = len(_PART.format(digest="0" * 64))


def part(digest: str) -> str:
    """Return what a legal basis ends with, "" for no file. digest: SHA-256 in hex."""
    return _PART.format(digest=digest) if digest else ""


def digest_in(legal_basis: str) -> str:
    """Return SHA-256 of the file that a legal basis names, in hex; "" if it names none."""
    found = _AT_END.search(legal_basis)
    return found[1] if found else ""


def without(legal_basis: str) -> str:
    """Return a legal basis as people write it, without the SHA-256 of a file."""
    return _AT_END.sub("", legal_basis)
