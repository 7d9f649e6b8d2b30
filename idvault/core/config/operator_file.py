"""Who runs the service: a file of the operator's, of which every page for the public tells.

A name in two languages, how people reach the operator, and the address of the public directory belong
together and change together; so they are one file and one setting (ADR 0092).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idvault_verify import small_file, strict_json
from idvault_verify.strict_json import JsonError

_FILE_BYTES = 16 * 1024
_LONGEST_NAME, _LONGEST_CONTACT = 100, 200
_LANGUAGES = ("zh", "en")
_MEMBERS = frozenset({"name", "contact", "supervision"})
_DIRECTORY = re.compile(r"https?://[a-z0-9.\-]+(?::[1-9][0-9]{0,4})?/(?:[a-z0-9.\-_/]*/)?")


class OperatorFileError(ValueError):
    """The file does not say who runs the service; the text never repeats what is in it."""


@dataclass(frozen=True, slots=True)
class ServiceOperator:
    """Who runs the service. names: by language, empty if no file says it. contact: "" for none.

    supervision: the address of the public directory, "" for no link to it.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    contact: str = ""
    supervision: str = ""

    def name(self, language: str) -> str:
        """Return the name in a language, "" if no file says it."""
        return self.names.get(language, "")


def read(path: Path, *, development: bool = False) -> ServiceOperator:
    """Return who runs the service, by a file; without one, nobody is named.

    It is a JSON object: name (an object with zh and en), and if wanted contact (a text) and supervision
    (https, http only in development). Raises OperatorFileError, OSError.
    """
    if not path.name:
        return ServiceOperator()
    try:
        found: dict[str, Any] = strict_json.parse_object(
            small_file.read(path, limit=_FILE_BYTES), limit=_FILE_BYTES
        )
    except JsonError as error:
        raise OperatorFileError(str(error)) from error
    if not found.keys() <= _MEMBERS:
        raise OperatorFileError("it has name, contact and supervision, and nothing else")
    names = found.get("name")
    if not isinstance(names, dict) or names.keys() != set(_LANGUAGES):
        raise OperatorFileError("its name has a zh and an en")
    return ServiceOperator(
        {language: _line(names[language], limit=_LONGEST_NAME) for language in _LANGUAGES},
        _line(found["contact"], limit=_LONGEST_CONTACT) if "contact" in found else "",
        _directory(found["supervision"], development=development) if "supervision" in found else "",
    )


def problems(name: str, path: Path, *, development: bool) -> Iterator[str]:
    """Yield what is wrong with the file. name: of the setting; an empty path has nothing wrong."""
    try:
        read(path, development=development)
    except OperatorFileError as error:
        yield f"{name} cannot be used: {error}"
    except OSError as error:
        yield f"{name} names a file that cannot be read: {error.strerror}"


def _line(value: object, *, limit: int) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= limit or not value.isprintable():
        raise OperatorFileError(f"each name and the contact is one line of 1 to {limit} characters")
    return value.strip()


def _directory(value: object, *, development: bool) -> str:
    if not isinstance(value, str) or not _DIRECTORY.fullmatch(value):
        text = "supervision must be https://HOST/ with or without a path, in lower case, a slash at its end"
        raise OperatorFileError(text)
    if not value.startswith("https://") and not development:
        raise OperatorFileError("supervision must be https")
    return value
