"""Where a platform may send a browser: the origins that an operator has registered for it.

- An origin is https://HOST or https://HOST:PORT in lower case; http is for loopback names only (development).
- A return address belongs to a registered origin exactly, has no user, no fragment and only printable ASCII.
- session_id and bind_code are appended to the query; an address that has them already is refused.
"""

import re
from urllib.parse import parse_qsl, urlencode

from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

ORIGINS = 10
"""How many origins a platform may have."""
TITLE_LENGTH = 60
_LENGTH = 1_000
_HOST = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
_ORIGIN = re.compile(rf"(?:https://{_HOST}|http://(?:localhost|127\.0\.0\.1))(?::[1-9][0-9]{{0,4}})?")
_ADDRESS = re.compile(r"[!-~]+")
_HEAD = re.compile(r"https?://[^/?]*")
_OWN = ("session_id", "bind_code")


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
