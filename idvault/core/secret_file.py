"""Who may read a file with a secret: its owner, or the private group of a process whose secrets root keeps.

Kubernetes mounts a Secret as root's, readable by the group of the container (0440), and a process cannot
change that. So a group may read a file, and only read it, if root owns the file and the group is the
process's own. And root may not write for another user's process, which could not read the file.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def is_exposed(found: os.stat_result) -> bool:
    """Tell whether others than the owner, or than this process's own group, can use the file."""
    granted = stat.S_IMODE(found.st_mode) & _OTHERS
    is_mounted = found.st_uid == 0 and found.st_gid == os.getegid() and os.geteuid() != 0
    return granted != 0 and not (granted == stat.S_IRGRP and is_mounted)


_ROOT = 0


def owner_problems(name: str, place: Path) -> Iterator[str]:
    """Yield what is wrong with the owner of a process's key file or folder, if root runs this.

    name: the setting or option that names it.
    """
    if os.geteuid() != _ROOT or not place.exists() or place.stat().st_uid == _ROOT:
        return
    user = "its owner"
    with suppress(KeyError):
        user = place.owner()
    yield f"{name} is another user's, who could not read what root writes: run this as {user}"
