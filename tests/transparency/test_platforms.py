"""The file of a month's platforms: written and read back, every wrong member refused, every byte signed."""

import json
from typing import Any

import pytest

from idvault_verify.transparency import platforms
from idvault_verify.transparency.platforms import PlatformEntries, Platforms, PlatformsError
from tools.support import logs
from tools.support.merkle import signer

A, B = "aa" * 16, "bb" * 16
FILE = Platforms(
    "d" * 64,
    {
        "platform-a": PlatformEntries(
            "某平台",
            (A, B),
            {"sanctions.imposed": 2, "handovers": 1},
            {"tip_offs.reply_missed": {"2026-09": 1, "2026-10": 2}},
        ),
        "platform-b": PlatformEntries(),
    },
    {"orders.missed": 1},
)


def test_it_is_read_back() -> None:
    """The file has everything, and nothing else; misses add up over the months of filing."""
    assert platforms.parse(FILE.to_bytes()) == FILE
    assert FILE.platforms["platform-a"].total() == {"tip_offs.reply_missed": 3}


def changed(path: str, value: Any) -> bytes:
    """Return the file with another value; the last part of the path is added if it is not there."""
    document = json.loads(FILE.to_bytes())
    inner, *names = document, *path.split("/")
    for name in names[:-1]:
        inner = inner[name]
    inner[names[-1]] = value
    return json.dumps(document).encode()


WRONG: list[tuple[str, Any]] = [
    ("format", "idvault/platforms/v2"),
    ("report", "d" * 63),
    ("report", "D" * 64),
    ("report", 5),
    ("more", 5),
    ("platforms", []),
    ("platforms/Platform-A", {"title": "", "actors": [], "acts": {}, "missed": {}}),
    ("platforms/platform-b", 5),
    ("platforms/platform-b/more", 5),
    ("platforms/platform-b/title", 5),
    ("platforms/platform-b/title", "x" * 61),
    ("platforms/platform-b/title", "a\nb"),
    ("platforms/platform-b/actors", {}),
    ("platforms/platform-b/actors", [5]),
    ("platforms/platform-b/actors", ["system"]),
    ("platforms/platform-b/actors", [A]),
    ("platforms/platform-a/actors", [A, A]),
    ("platforms/platform-b/acts", []),
    ("platforms/platform-b/acts", {"A": 1}),
    ("platforms/platform-b/acts", {"a": 0}),
    ("platforms/platform-b/acts", {"a": True}),
    ("platforms/platform-b/acts", {"a": -1}),
    ("platforms/platform-b/acts", {"a": 2**60}),
    ("platforms/platform-b/missed", {"A": {}}),
    ("platforms/platform-b/missed", {"a": 5}),
    ("platforms/platform-b/missed", {"a": {"2026-13": 1}}),
    ("platforms/platform-b/missed", {"a": {"2026-Q1": 1}}),
    ("platforms/platform-b/missed", {"a": {"2026-10": 0}}),
    ("unnamed", {"a": None}),
]


@pytest.mark.parametrize(("path", "value"), WRONG)
def test_other_files_are_refused(path: str, value: Any) -> None:
    """Wrong types, forms and numbers, and members that are not known."""
    with pytest.raises(PlatformsError):
        platforms.parse(changed(path, value))


def test_what_is_no_json_is_refused() -> None:
    """As is a member that is there twice."""
    for data in (b"", b"[]", b"5", FILE.to_bytes()[:-3], b'{"format": "", "format": ""}'):
        with pytest.raises(PlatformsError):
            platforms.parse(data)


def test_every_byte_is_signed() -> None:
    """By the log's key: a changed file, another key, or another note is refused."""
    data, key = FILE.to_bytes(), logs.SIGNER.key
    made = platforms.sign(data, logs.SIGNER)
    platforms.verify(data, made, key)
    with pytest.raises(PlatformsError, match="of another file"):
        platforms.verify(data + b" ", made, key)
    for raw in (platforms.sign(data, signer(logs.ORIGIN, seed=9)), b"x"):
        with pytest.raises(PlatformsError, match="does not verify"):
            platforms.verify(data, raw, key)
