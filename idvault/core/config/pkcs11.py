"""The PKCS#11 URI (RFC 7512) that names a hardware module, a token and the key in it.

- Of the RFC's attributes three are read: token and object, which are both `idvault` if they are left out, and
  module-path, which is required. Any other one is refused: here it would have no effect.
- A text of a problem never repeats the URI: somebody may have put a PIN into it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

_SCHEME = "pkcs11:"
_DEFAULT = "idvault"
_PATH, _QUERY = frozenset({"token", "object"}), frozenset({"module-path"})
# The characters of RFC 7512, section 2.3; every other one is percent-encoded.
_RESERVED = r"\w\-.~:\[\]@!$'()*+,="
_IN_PATH = re.compile(rf"(?:[{_RESERVED}&]|%[0-9A-Fa-f]{{2}})*", re.ASCII)
_IN_QUERY = re.compile(rf"(?:[{_RESERVED}/?|]|%[0-9A-Fa-f]{{2}})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Pkcs11Uri:
    """module: the shared library. token: the token's label. object: the label of the AES key in it."""

    module: Path
    token: str = _DEFAULT
    object: str = _DEFAULT


def parse(text: str) -> Pkcs11Uri:
    """Return what a URI names; raises ValueError, whose text goes on after the setting's name."""
    if not text.startswith(_SCHEME):
        raise ValueError("must be a PKCS#11 URI, such as pkcs11:token=idvault?module-path=/usr/lib/module.so")
    path, _, query = text.removeprefix(_SCHEME).partition("?")
    named = _attributes(path, separator=";", known=_PATH, characters=_IN_PATH)
    asked = _attributes(query, separator="&", known=_QUERY, characters=_IN_QUERY)
    module = Path(asked.get("module-path", ""))
    if not module.is_absolute():
        raise ValueError("must have ?module-path=FILE, the absolute path of the module's shared library")
    return Pkcs11Uri(module, **named)


def _attributes(
    text: str, *, separator: str, known: frozenset[str], characters: re.Pattern[str]
) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for part in text.split(separator) if text else ():
        name, is_given, value = part.partition("=")
        if name not in known:
            raise ValueError(
                "may have token and object, and after the question mark module-path; nothing else: the PIN "
                "is in the passphrase file"
            )
        if name in found:
            raise ValueError(f"must have {name} once")
        if not is_given or not value or not characters.fullmatch(value):
            raise ValueError(f"must have a value of {name}, with other characters percent-encoded")
        try:
            found[name] = unquote(value, errors="strict")
        except UnicodeDecodeError as error:
            raise ValueError(f"must have a value of {name} in UTF-8") from error
        if "\0" in found[name]:
            raise ValueError(f"must have a value of {name} without a zero byte")
    return found
