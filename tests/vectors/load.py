"""Reads a file of published test vectors; each names its source."""

import json
from pathlib import Path
from typing import Any


def load(name: str) -> dict[str, Any]:
    """Return the content of a file beside this one."""
    document: dict[str, Any] = json.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))
    assert document["source"]
    return document


def unhex(value: str | list[str]) -> bytes:
    """Return the bytes of hex digits, in one text or in lines."""
    return bytes.fromhex(value if isinstance(value, str) else "".join(value))
