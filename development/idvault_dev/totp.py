"""The codes that an authenticator app would show, for development (RFC 6238, RFC 4226)."""

import base64
import hmac
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from idvault.people.second_factor import rules as second_factor_rules

FILE = "totp.txt"
_DIGITS = 6


def code(uri: str, *, now: datetime, steps: int = 0) -> str:
    """Return the code of an otpauth URI at a real time, or `steps` time steps of 30 seconds later.

    The vault also accepts the step before and the step after, each once. A caller that needs several codes
    within one step uses steps -1, 0, 1 in this order.
    """
    secret = base64.b32decode(parse_qs(urlsplit(uri).query)["secret"][0])
    step = second_factor_rules.step_of(now) + steps
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}}"


def read(folder: Path) -> str:
    """Return the otpauth URI of a development identity folder."""
    return (folder / FILE).read_text(encoding="ascii").strip()


if __name__ == "__main__":
    print(code(read(Path(sys.argv[1])), now=datetime.now(UTC)))
