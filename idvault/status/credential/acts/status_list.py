"""Publishes the status lists and keys: changed entries at once, every list re-signed each minute.

- The file is read before the list and replaced only if it has not changed meanwhile. So no worker reverts
  what another one published.
- Every five minutes four lists are rebuilt from the accounts, in turn, so that a lost change is corrected. A
  full list takes seconds, and this cost does not grow with the number of lists.
- The key set contains every key that may have signed something still valid, and the announced next key.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from idvault.log.ports.log import Publication
from idvault.status.credential.ports import StatusKeyStore, StatusListStore, StatusSigner
from idvault.verify import signing_key
from idvault.verify.attest import jose, status_token
from idvault.verify.attest.jose import PublicKey
from idvault.verify.attest.status_list import StatusList
from idvault.verify.clock import ClockReading

REFRESH = timedelta(seconds=60)
REBUILD = timedelta(minutes=5)
REBUILT_AT_ONCE = 4
_BATCH = 500


@dataclass(slots=True)
class _PublishedList:
    """What this worker has published of a list."""

    version: int
    signed_at: datetime


class StatusListFlow:
    """The public lists of one worker."""

    def __init__(
        self,
        *,
        store: StatusListStore,
        keys: StatusKeyStore,
        signer: StatusSigner,
        files: Publication,
        issued_by: str,
        zone: tzinfo,
    ) -> None:
        """Initialise with the ports, the issuer's name and the deployment's time zone."""
        self._store = store
        self._keys = keys
        self._signer = signer
        self._files = files
        self._issued_by = issued_by
        self._zone = zone
        self._published: dict[int, _PublishedList] = {}
        self._rebuilt_at: datetime | None = None
        self._last_rebuilt = -1

    async def run(self, *, now: ClockReading) -> None:
        """Update the lists and publish those that changed or must be re-signed; raises UnavailableError."""
        today = now.today(self._zone)
        if self._rebuilt_at is None or abs(now.real - self._rebuilt_at) >= REBUILD:
            await self._rebuild(await self._store.numbers(), now)
            self._rebuilt_at = now.real
        while await self._store.update(today=today, now=now, limit=_BATCH) == _BATCH:
            pass
        for number in await self._store.numbers():
            await self._publish(number, now=now.real)

    async def _rebuild(self, numbers: list[int], now: ClockReading) -> None:
        """Rebuild the lists after the one that was rebuilt last, beginning again after the newest."""
        last = self._last_rebuilt
        order = sorted(numbers, key=lambda number: (number <= last, number))
        for number in order[:REBUILT_AT_ONCE]:
            await self._store.rebuild(number, today=now.today(self._zone), now=now)
            self._last_rebuilt = number

    async def publish_keys(self, *, now: ClockReading) -> None:
        """Publish the current key set if it has changed."""
        former = await self._files.read(status_token.KEYS_PATH)
        announced = await self._keys.all()
        known = [
            PublicKey(key.public_key, purpose)
            for purpose in (status_token.TOKEN_PURPOSE, status_token.LIST_PURPOSE)
            for key in signing_key.published(
                keys=[key for key in announced if key.purpose == purpose], now=now.real
            )
        ]
        content = jose.key_set(known).to_bytes()
        if content != former:
            await self._files.replace(status_token.KEYS_PATH, former=former, content=content)

    async def _publish(self, number: int, *, now: datetime) -> None:
        path = status_token.list_path(number)
        former = await self._files.read(path)
        stored = await self._store.get(number)
        mine = self._published.get(number)
        if mine is not None and mine.version == stored.version and now - mine.signed_at < REFRESH:
            return
        claims = status_token.list_claims(
            issued_by=self._issued_by,
            number=number,
            entries=StatusList(bits=1, data=stored.entries),
            issued_at=now,
        )
        token = self._signer.sign(claims, typ=status_token.LIST_TYPE, now=now)
        # If another worker was faster, the next run tries again.
        if await self._files.replace(path, former=former, content=token.encode()):
            self._published[number] = _PublishedList(stored.version, now)
