"""Lets the log's key vouch for the key with which the platform edge makes statements (histories).

* The worker has the log's key and the edge the other, so the note passes through the main database.
* A note counts for a week and is renewed each day, and when another key of the log begins to sign. A key that
  was replaced gets no further one: what its thief states later than that counts for nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from idvault.status.credential.ports import StatusKeyStore
from idvault.verify import signing_key
from idvault.verify.clock import ClockReading
from idvault.verify.signing_key import StatusKey
from idvault.verify.transparency import statement_key
from idvault.verify.transparency.note import NoteSigner
from idvault.verify.transparency.statement_key import StatementKey
from idvault.verify.transparency.tree import LogError

COUNTS_FOR = timedelta(days=7)
RENEWED_AFTER = timedelta(days=1)


@dataclass(kw_only=True, eq=False, repr=False)
class StatementKeyFlow:
    """The notes of one worker. signers: the log's keys that sign at a time. purpose: of the edge's keys."""

    store: StatusKeyStore
    signers: Callable[[datetime], Sequence[NoteSigner]]
    purpose: str

    async def run(self, *, now: ClockReading) -> None:
        """Vouch for the key that signs now and for those announced after it, unless a note is new enough."""
        keys = [key for key in await self.store.all() if key.purpose == self.purpose]
        current = signing_key.current(keys=keys, now=now.real)
        signers = self.signers(now.real)
        for key in keys:
            wanted = current is None or key.announced_at >= current.announced_at
            if wanted and not _is_new(key, signers, now.real):
                vouched = StatementKey(key.public_key, key.announced_at, now.real + COUNTS_FOR)
                await self.store.vouch(key.public_key, note=statement_key.vouch(vouched, signers))


def _is_new(key: StatusKey, signers: Sequence[NoteSigner], now: datetime) -> bool:
    try:
        found = statement_key.read(key.note, [each.key for each in signers])
        signed = statement_key.signers_of(key.note)
    except LogError:
        return False
    names = {(each.key.name, each.key.key_id) for each in signers}
    return signed == names and found.ends - COUNTS_FOR + RENEWED_AFTER > now
