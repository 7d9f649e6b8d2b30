"""The sealed identity of a waiting claim, and the keys of the day that it is sealed to.

What is sealed is a payload (attest.payload) without consent; its answer is that about the adult in a child's
session, or absent. A sealed claim is: format version 1 (1 byte), the HPKE KEM id (2 bytes, big-endian), the
HPKE message.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from idvault.core.entropy import Entropy
from idvault.sealing.key_provider import KeyMissingError, LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.ports import DayKey, DayKeyStore, Intake, WaitingIdentity
from idvault_verify import seal
from idvault_verify.attest import hpke, payload
from idvault_verify.attest.hpke import HpkeKeyError, UnsealError
from idvault_verify.attest.payload import Payload
from idvault_verify.error import Reason, UnavailableError
from idvault_verify.registry import RegistryAnswer

_DAY = timedelta(days=1)
# A key of day D is destroyed 72 hours after the end of D, which is the start of D + 4.
_LIFETIME = timedelta(days=4)
_TURN = timedelta(minutes=10)
# An edge that has read a key may still store a claim under it; this is many times as long as that takes.
# Ten minutes for certain: a key's name is the minute in which it came into use, up to a minute before.
_OVERLAP = timedelta(minutes=11)


class DayKeyConflictError(UnavailableError):
    """The published key of a day is not the one in this worker's key file: two files, one database."""

    def __init__(self) -> None:
        """Set the reason; the text is fixed."""
        super().__init__(Reason.STORE_UNAVAILABLE)

    def __str__(self) -> str:
        """Return the fixed text."""
        return (
            "the intake key in use is not in the file of IDVAULT_KEYS: all workers must share one file. If "
            "this is the only worker and the file an older copy, the next key follows within ten minutes"
        )


@dataclass(kw_only=True, eq=False, repr=False)
class LocalDayKeyring:
    """The day keys of the workers that share one key file (sealing.ports.DayKeyring).

    - The first key of a day is published one day ahead; the edges use a day's newest key. A new key replaces
      it every ten minutes, so a key is destroyed soon after the last claim that waited under it.
    - The private key is durable in the worker's key file before the public key is published.
    - It is destroyed once its successor is eleven minutes old and no claim waits under it. From then on,
      remnants of deleted intakes in a write-ahead log, a free page or a backup cannot be opened.
    - It is destroyed 72 hours after its day in any case: by then every claim under it has ended.
    """

    keys: LocalKeyProvider
    store: DayKeyStore
    entropy: Entropy
    suite: str = hpke.X_WING

    async def publish(self, *, now: datetime) -> None:
        """Publish the keys that are due (UTC, real time).

        Safe to call from several processes that share one key file. Raises UnavailableError.
        """
        published = await self.store.names()
        due = _due(published, now=now)
        # Each change re-encrypts the file with a deliberately slow key derivation: one change, and not on the
        # event loop.
        candidates = {name: self.entropy.random(hpke.PRIVATE_KEY_SIZE) for name in due}
        keys = await asyncio.to_thread(self.keys.put_all, Purpose.INTAKE, candidates)
        for name in due:
            await self._publish(name, keys[name])

    async def _publish(self, name: str, private_key: bytes) -> None:
        public_key = hpke.public_key(suite=self.suite, private_key=private_key)
        published = await self.store.publish(DayKey(name, self.suite, public_key))
        if published.public_key != hpke.public_key(suite=published.suite, private_key=private_key):
            raise DayKeyConflictError

    async def destroy(self, *, now: datetime) -> None:
        """Destroy each key whose successor has been in use long enough, unless a waiting claim needs it.

        Raises UnavailableError.
        """
        kept_from = (now.astimezone(UTC).date() - _LIFETIME + _DAY).isoformat()
        known = sorted({*await self.store.names(), *self.keys.keys(Purpose.INTAKE).versions})
        for name, successor in pairwise(known):
            is_over = now - _time(successor) >= _OVERLAP
            if is_over and (name < kept_from or not await self.store.is_needed(day=name)):
                # The private key first: a public key that is left over is found again by the next run.
                await asyncio.to_thread(self.keys.destroy, Purpose.INTAKE, name)
                await self.store.forget(day=name)


def _due(published: Collection[str], *, now: datetime) -> list[str]:
    """Return the keys to publish: of today and tomorrow, unless either had one, and the newest of today."""
    today = now.astimezone(UTC).date()
    days = (today.isoformat(), (today + _DAY).isoformat())
    due = [day for day in days if not any(name.startswith(day) for name in published)]
    newest = max(name for name in (*published, *due) if name <= _minute(now))
    # Publishing the newest key again checks that this file has its private key.
    last = newest if now - _time(newest) < _TURN else _minute(now)
    return due if last in due else [*due, last]


def _minute(now: datetime) -> str:
    """Return the name of a key created now."""
    return f"{now.astimezone(UTC):%Y-%m-%dT%H:%M}"


def _time(name: str) -> datetime:
    """Return when a key of this name came into use: its minute, or the start of its day."""
    return datetime.fromisoformat(name).replace(tzinfo=UTC)


_FORMAT = 1
# The claim itself has no answer yet. What an adult was told fits the padding: the size is every intake's.
_GUARDED = RegistryAnswer.MATCH
_HEADER_SIZE = 3


def _header(suite: str) -> bytes:
    return bytes([_FORMAT]) + hpke.kem_id(suite).to_bytes(2, "big")


@dataclass(kw_only=True, eq=False, repr=False)
class DayIntakeSealer:
    """Seals to the published public key; holds no secret (sealing.ports.IntakeSealer)."""

    store: DayKeyStore

    async def seal(
        self, *, relying_party: str, account_token: str, claim_id: str, waiting: WaitingIdentity, day: str
    ) -> Intake:
        """Return the intake; raises UnavailableError (STORE_UNAVAILABLE) without a key of that day."""
        # Not cached: the newest key is short-lived, and queuing a claim accesses the database anyway.
        key = await self.store.newest(day=day)
        if key is None:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        info = seal.intake_info(
            relying_party=relying_party, account_token=account_token, claim_id=claim_id, day=key.day
        )
        plaintext = payload.encode(Payload(waiting.identity, _GUARDED if waiting.guarded else None))
        try:
            sealed = hpke.seal(suite=key.suite, public_key=key.public_key, plaintext=plaintext, info=info)
        except HpkeKeyError as error:
            raise UnavailableError(Reason.STORE_UNAVAILABLE) from error
        return Intake(key.day, _header(key.suite) + sealed)


@dataclass(kw_only=True, eq=False, repr=False)
class DayIntakeOpener:
    """Opens with the private key of the day (sealing.ports.IntakeOpener).

    suite: of all keys in the file, as LocalDayKeyring makes them. A claim under another is refused: who can
    write to the database must not choose with which KEM a key is used.
    """

    keys: LocalKeyProvider
    suite: str = hpke.X_WING

    def open(
        self, *, relying_party: str, account_token: str, claim_id: str, intake: Intake
    ) -> WaitingIdentity:
        """Return what waits; raises DamagedError (RECORD_DAMAGED) if decryption fails."""
        header, sealed = intake.ciphertext[:_HEADER_SIZE], intake.ciphertext[_HEADER_SIZE:]
        if header != _header(self.suite):
            raise UnsealError
        try:
            private_key = self.keys.version(Purpose.INTAKE, intake.day)
        except KeyMissingError as error:
            raise UnsealError from error
        info = seal.intake_info(
            relying_party=relying_party, account_token=account_token, claim_id=claim_id, day=intake.day
        )
        padded = hpke.unseal(suite=self.suite, private_key=private_key, sealed=sealed, info=info)
        found = payload.decode(padded)
        return WaitingIdentity(found.named, found.answer is _GUARDED)
