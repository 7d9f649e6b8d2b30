"""`idvault` on a host where the disk of one folder is full, for as long as a file says so.

A draft can be written, as on file systems that allocate late, but not synced; no folder can be made.
"""

import errno
import os
from pathlib import Path

from idvault.processes.cli import __main__ as command

PLACE = "IDVAULT_TEST_FULL_DISK"
"""The environment variable with the folder; it is full while the file FLAG is beside it."""
FLAG = "is-full"
PROGRAM = "tests.support.full_disk:main"


def main() -> None:
    """Run the command with that disk."""
    place = Path(os.environ[PLACE])
    sync, make = os.fsync, os.mkdir

    def check(path: Path) -> None:
        if path.is_relative_to(place) and place.with_name(FLAG).exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fsync(descriptor: int) -> None:
        check(Path(f"/proc/self/fd/{descriptor}").readlink())
        sync(descriptor)

    def mkdir(path: str | Path, mode: int = 0o777) -> None:
        check(Path(path))
        make(path, mode)

    os.fsync, os.mkdir = fsync, mkdir  # type: ignore[assignment]
    command.main()
