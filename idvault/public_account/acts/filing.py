"""Streams the filings of a day."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import date, tzinfo

from idvault.public_account.ports import FilingStore
from idvault.public_account.rules import filing as rules
from idvault.public_account.rules.values import PublicAccount
from idvault.verify.clock import ClockReading
from idvault.verify.public_account import PublicAccountCategory

CHUNK = 100


@dataclass(frozen=True, slots=True)
class FilingChunk:
    """Some public accounts as they were on a day."""

    day: date
    public_accounts: tuple[PublicAccount, ...]


@dataclass(kw_only=True, eq=False, repr=False)
class FilingExportFlow:
    """Filings of relying parties."""

    store: FilingStore
    zone: tzinfo

    async def export(
        self,
        *,
        relying_party: str,
        category: PublicAccountCategory | None,
        day: date | None,
        now: ClockReading,
    ) -> AsyncGenerator[FilingChunk, None]:
        """Yield the live public accounts of a day in the order of their ids, at least one chunk.

        Raises InvalidError (INVALID_MESSAGE, as_of).
        """
        on = rules.day_of(day, now=now, zone=self.zone)
        after, told = "", False
        while True:
            found = await self.store.versions(relying_party=relying_party, at=on.at, after=after, limit=CHUNK)
            filed = [
                rules.filed(
                    public_account=each.public_account,
                    owner_closed=each.owner_closed,
                    category=category,
                    on=on,
                )
                for each in found
            ]
            chunk = FilingChunk(on.day, tuple(each for each in filed if each is not None))
            last = len(found) < CHUNK
            if chunk.public_accounts or (last and not told):
                told = True
                yield chunk
            if last:
                return
            after = found[-1].public_account.public_account_id
