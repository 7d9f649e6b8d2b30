"""Refuses a process of another user that root starts: the user could not read what root wrote."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_ROOT = 0


def problems(name: str, place: Path) -> Iterator[str]:
    """Yield what is wrong with the owner of a process's key file or folder, if root runs this.

    name: the setting or option that names it.
    """
    if os.geteuid() != _ROOT or not place.exists() or place.stat().st_uid == _ROOT:
        return
    user = "its owner"
    with suppress(KeyError):
        user = place.owner()
    yield f"{name} is another user's, who could not read what root writes: run this as {user}"
