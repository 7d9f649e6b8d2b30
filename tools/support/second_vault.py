"""A second vault on copies of both databases, as somebody with every online key can start it."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing

from idvault.log.ports import Witness
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.transparency.note import VerifierKey
from tools.support.chamber import Chamber
from tools.support.databases import Databases
from tools.support.log_world import PLAIN, Worker


async def copied(
    room: Chamber,
    *,
    policy: CosignaturePolicy = PLAIN,
    witnesses: Mapping[VerifierKey, Witness] | None = None,
) -> Chamber:
    """Start a second vault on copies of both SQLite databases; its worker asks no witness but these."""
    folder = room.folder / "copy"
    folder.mkdir()
    urls = []
    for path in (room.folder / "main.sqlite3", room.folder / "shred.sqlite3"):
        with closing(sqlite3.connect(path)) as one, closing(sqlite3.connect(folder / path.name)) as other:
            one.backup(other)
        urls.append(f"sqlite:///{folder / path.name}")
    made = Chamber(Databases("sqlite", *urls), folder)
    made.offset, made.records = room.offset, room.records
    made.rosters.versions[:] = room.rosters.versions
    made.log = Worker(
        made.main, made.shred, folder / "public", policy, witnesses={} if witnesses is None else witnesses
    )
    return made
