"""Walks over the records and looks up their shred keys; in steps, since there may be millions."""

from collections.abc import Sequence
from dataclasses import dataclass

from idvault.core.db.database import Database
from idvault.processes.backup import store
from idvault.processes.backup.rules import RecordHolder

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Walked:
    """What a step found. unkeyed: the accounts whose record has no shred key.

    erased: how many others are erased and have none. looked: how many records were looked up. after: where
    the next step begins, "" if this one has reached the end.
    """

    unkeyed: tuple[str, ...]
    erased: int
    looked: int
    after: str


async def walk(main: Database, shred: Database, *, after: str = "", most: int | None = None) -> Walked:
    """Look up the records after a token, in order; stop after the page that reaches `most`."""
    unkeyed: list[str] = []
    erased = looked = 0
    while most is None or looked < most:
        page = await _holders(main, after)
        if not page:
            after = ""
            break
        keyed = await with_key(shred, [each.account_token for each in page])
        missing = [each for each in page if each.account_token not in keyed]
        erased += sum(each.erased for each in missing)
        unkeyed += [each.account_token for each in missing if not each.erased]
        looked, after = looked + len(page), page[-1].account_token
    return Walked(tuple(unkeyed), erased, looked, after)


async def with_key(shred: Database, tokens: Sequence[str]) -> set[str]:
    """Return those of the accounts that have a shred key."""
    return await shred.read("backup.with_key", lambda one: store.with_key(one, tokens))


async def _holders(main: Database, after: str) -> list[RecordHolder]:
    return await main.read("backup.holders", lambda one: store.holders(one, after=after, limit=_PAGE))
