"""How the hosted pages present a platform, and where it may send a browser: what an operator registers.

- An origin is https://HOST or https://HOST:PORT in lower case; http is for loopback names only (development).
- A return address belongs to a registered origin exactly, has no user, no fragment and only printable ASCII.
- session_id and bind_code are appended to the query; an address that has them already is refused.
- A colour is one for both schemes of the pages. It is seen on the head of each: it has the contrast of
  graphics, at least 3 to 1 (WCAG 2.2, 1.4.11).
"""

import math
import re
from urllib.parse import parse_qsl, urlencode

from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

ORIGINS = 10
"""How many origins a platform may have."""
TITLE_LENGTH = 60
HEADS = {"light": "#ffffff", "dark": "#161b22"}
"""The colour of the pages' head by scheme: --paper of their style sheet."""
LEAST_CONTRAST = 3.0
_LENGTH = 1_000
_HOST = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
_ORIGIN = re.compile(rf"(?:https://{_HOST}|http://(?:localhost|127\.0\.0\.1))(?::[1-9][0-9]{{0,4}})?")
_ADDRESS = re.compile(r"[!-~]+")
_HEAD = re.compile(r"https?://[^/?]*")
_OWN = ("session_id", "bind_code")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class ColourError(InvalidError):
    """A platform's colour is not taken. wrong: what is wrong with it, after the field's name."""

    def __init__(self, wrong: str) -> None:
        """Name the field, and keep what is wrong."""
        super().__init__(Reason.INVALID_MESSAGE, Violation("colour", FieldCode.CHARACTER))
        self.wrong = wrong

    def __str__(self) -> str:
        """Return the field and what is wrong."""
        return f"colour {self.wrong}"


class UnseenColourError(ColourError):
    """A platform's colour is not seen on the head of one scheme. contrast: to it, cut to two digits."""

    def __init__(self, scheme: str, contrast: float) -> None:
        """Keep on which scheme, and the contrast."""
        self.scheme = scheme
        self.contrast = f"{math.floor(contrast * 100) / 100:.2f}"
        other = "darker" if scheme == "light" else "lighter"
        super().__init__(
            f"has a contrast of {self.contrast} to 1 to the {scheme} pages, and needs at least "
            f"{LEAST_CONTRAST:g} to 1: choose a {other} one"
        )


def check_origin(origin: str) -> str:
    """Return an origin unchanged; raises InvalidError (INVALID_MESSAGE, return_origin)."""
    if len(origin) > _LENGTH or not _ORIGIN.fullmatch(origin):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("return_origin", FieldCode.CHARACTER))
    return origin


def check_title(title: str) -> str:
    """Return a platform's title unchanged; raises InvalidError (INVALID_MESSAGE, title)."""
    if len(title) > TITLE_LENGTH:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("title", FieldCode.LENGTH))
    if not title.isprintable() or title != title.strip():
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("title", FieldCode.CHARACTER))
    return title


def check_colour(colour: str) -> str:
    """Return a platform's colour in lower case, "" for none.

    Raises ColourError (INVALID_MESSAGE, colour) unless it is #rrggbb, UnseenColourError.
    """
    if not colour:
        return ""
    if not _COLOUR.fullmatch(colour):
        raise ColourError("must be # and six digits of 0 to 9 and a to f, such as #8b5cf6")
    for scheme, head in HEADS.items():
        found = contrast(colour, head)
        if found < LEAST_CONTRAST:
            raise UnseenColourError(scheme, found)
    return colour.lower()


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours #rrggbb, 1 to 21 (WCAG 2.2, contrast ratio)."""
    dim, bright = sorted((_luminance(first), _luminance(second)))
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    """Return the relative luminance of a colour, 0 to 1."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def origin_of(address: str) -> str:
    """Return what comes before the path and the query of an address, "" if that is no origin."""
    head = _HEAD.match(address)
    return head[0] if head else ""


def check(address: str, *, origins: tuple[str, ...]) -> str:
    """Return an address unchanged; raises InvalidError (INVALID_MESSAGE, return_url)."""
    if not address:
        raise _refused(FieldCode.REQUIRED)
    if len(address) > _LENGTH:
        raise _refused(FieldCode.LENGTH)
    # Browsers read a backslash as a slash, and drop tabs and line ends.
    if not _ADDRESS.fullmatch(address) or "\\" in address or "#" in address:
        raise _refused(FieldCode.CHARACTER)
    # The whole of what comes before the path is compared, so that no user, port or suffix can hide in it.
    if origin_of(address) not in origins:
        raise _refused(FieldCode.CHARACTER)
    query = address.partition("?")[2]
    if any(name in _OWN for name, _ in parse_qsl(query, keep_blank_values=True)):
        raise _refused(FieldCode.CHARACTER)
    return address


def with_parameters(address: str, **parameters: str) -> str:
    """Return an address with more parameters in its query."""
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{urlencode(parameters)}"


def _refused(code: FieldCode) -> InvalidError:
    return InvalidError(Reason.INVALID_MESSAGE, Violation("return_url", code))
