"""Publishes the index of the public directory, for mirrors that know nothing of the log's layout.

- The index names the log's files at the size of the checkpoint that is published, and all other files.
- It may be older than the directory: an ordinary mirror that reads it while the log grows lacks the newest
  entries until its next run.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from idvault.log.ports.log import PublicDirectory
from idvault.verify.transparency import checkpoint, directory, note
from idvault.verify.transparency.tile import CHECKPOINT_PATH


@dataclass(kw_only=True, eq=False, repr=False)
class DirectoryFlow:
    """The index of one public directory."""

    files: PublicDirectory

    async def run(self) -> None:
        """Publish the index if it has changed; raises UnavailableError."""
        former = await self.files.read(directory.INDEX_PATH)
        there = await self.files.read(CHECKPOINT_PATH)
        listed = await self.files.listing(without=directory.LOG_FOLDER)
        size = None if there is None else _size(there)
        # In a thread: the index of ten million entries has 78,000 lines.
        content = await asyncio.to_thread(_content, listed, size)
        if content != former:
            await self.files.replace(directory.INDEX_PATH, former=former, content=content)


def _content(listed: Sequence[str], size: int | None) -> bytes:
    others = [path for path in listed if directory.is_other(path)]
    return directory.encode([*others, *([] if size is None else directory.log_paths(size))])


def _size(raw: bytes) -> int:
    # The worker itself has verified and published this checkpoint.
    return checkpoint.parse(note.parse(raw).text).size
