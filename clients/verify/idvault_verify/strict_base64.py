"""The strict reader of base64 (RFC 4648): each sequence of bytes has one text in each alphabet.

`standard` has the alphabet with + and / (section 4) and padding, `url` that with - and _ (section 5) and
none. Refused: the letters of the other alphabet, white space and any other character, missing or further
padding, and bits in the last letter that no byte has.
"""

from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable


class Base64Error(ValueError):
    """The value is not a text in base64 as it must be written; the error never holds the value."""


def standard(text: object) -> bytes:
    """Return the bytes of base64 with padding; raises Base64Error."""
    return _checked(text, b64decode, encode_standard, "base64 with padding")


def url(text: object) -> bytes:
    """Return the bytes of base64url without padding; raises Base64Error."""
    return _checked(text, _unpadded, encode_url, "base64url without padding")


def encode_standard(data: bytes) -> str:
    """Return base64 with padding."""
    return b64encode(data).decode()


def encode_url(data: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _unpadded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _checked(
    text: object, decode: Callable[[str], bytes], encode: Callable[[bytes], str], what: str
) -> bytes:
    if not isinstance(text, str):
        raise Base64Error(f"a text in {what} is expected")
    try:
        data = decode(text)
    except ValueError as error:
        raise Base64Error(f"a text is not {what}") from error
    # The library skips foreign characters; only the one text of these bytes is equal to it.
    if encode(data) != text:
        raise Base64Error(f"a text is not {what}")
    return data
