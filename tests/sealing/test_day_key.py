"""Day keys: created, published, destroyed."""

import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from idvault.sealing.intake import DayIntakeOpener, DayIntakeSealer, DayKeyConflictError, LocalDayKeyring
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.ports import WaitingIdentity
from idvault_verify import durable_file
from idvault_verify.attest import hpke
from idvault_verify.error import UnavailableError
from tools.support import builders
from tools.support.fakes.keys import MemoryDayKeys
from tools.support.fakes.sealing import CountingEntropy
from tools.support.people import CHEAP

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Workers:
    """Workers that share one key file and one database."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "work.keys"
        self.store = MemoryDayKeys()
        self.entropy = CountingEntropy()
        LocalKeyProvider.create(
            self.path, keys={Purpose.INTAKE: KeySet()}, passphrase=b"w", entropy=self.entropy, cost=CHEAP
        )

    def load(self) -> LocalKeyProvider:
        return LocalKeyProvider.load(self.path, passphrase=b"w", entropy=self.entropy)

    def keyring(self, keys: LocalKeyProvider | None = None) -> LocalDayKeyring:
        return LocalDayKeyring(keys=keys or self.load(), store=self.store, entropy=self.entropy)

    def days(self) -> list[str]:
        """Return the days whose private keys are in the file."""
        return sorted(self.load().keys(Purpose.INTAKE).versions)


async def rotate(keyring: LocalDayKeyring, *, now: datetime) -> None:
    """Do what the worker does each minute."""
    await keyring.publish(now=now)
    await keyring.destroy(now=now)


@pytest.fixture
def workers(tmp_path: Path) -> Workers:
    """Workers with an empty key file."""
    return Workers(tmp_path)


async def test_today_and_tomorrow_are_published(workers: Workers) -> None:
    """Matching key pairs exist for both days and for this minute."""
    await rotate(workers.keyring(), now=NOON)
    names = ["2026-03-01", "2026-03-01T12:00", "2026-03-02"]
    assert workers.days() == sorted(workers.store.keys) == names
    for day, key in workers.store.keys.items():
        private_key = workers.load().version(Purpose.INTAKE, day)
        assert (key.day, key.suite) == (day, hpke.X_WING)
        assert key.public_key == hpke.public_key(suite=key.suite, private_key=private_key)


async def test_the_first_keys_are_one_change_of_the_file(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each change derives a key from the passphrase, which a starting worker would otherwise wait for."""
    changes: list[Path] = []
    replace = durable_file.replace

    def counted(path: Path, content: bytes, **how: bool) -> os.stat_result:
        changes.append(path)
        return replace(path, content, **how)

    monkeypatch.setattr(durable_file, "replace", counted)
    await rotate(workers.keyring(), now=NOON)
    assert changes == [workers.path]


async def test_days_and_minutes_are_those_of_utc(workers: Workers) -> None:
    """Half past seven in Shanghai is half past eleven in the evening of the day before."""
    shanghai = datetime(2026, 3, 1, 7, 30, tzinfo=timezone(timedelta(hours=8)))
    await rotate(workers.keyring(), now=shanghai)
    assert workers.days() == ["2026-02-28", "2026-02-28T23:30", "2026-03-01"]


async def test_rotating_again_changes_nothing(workers: Workers) -> None:
    """The task runs every minute; existing keys are left alone by all workers."""
    keyring = workers.keyring()
    await rotate(keyring, now=NOON)
    published, written = dict(workers.store.keys), workers.path.read_bytes()
    await rotate(keyring, now=NOON + timedelta(minutes=1))
    await rotate(workers.keyring(), now=NOON)
    assert (workers.store.keys, workers.path.read_bytes()) == (published, written)


async def test_every_ten_minutes_another_key_is_used(workers: Workers) -> None:
    """The previous key stays for eleven more minutes, for edges that have read it and not stored a claim."""
    keyring, kept = workers.keyring(), []
    for minute in range(0, 31):
        await rotate(keyring, now=NOON + timedelta(minutes=minute))
        kept.append([name.rpartition("T")[2] for name in workers.days() if "T" in name])
    assert kept[9] == ["12:00"]
    assert kept[10] == kept[19] == ["12:00", "12:10"]
    assert kept[20] == ["12:00", "12:10", "12:20"]
    assert kept[21] == kept[29] == ["12:10", "12:20"]
    assert kept[30] == ["12:10", "12:20", "12:30"]
    assert workers.days() == sorted(workers.store.keys)


async def test_the_first_key_of_a_day_is_not_made_again(workers: Workers) -> None:
    """Once destroyed it is not created again, however often the worker runs."""
    keyring = workers.keyring()
    for minute in range(12):
        await rotate(keyring, now=NOON + timedelta(minutes=minute))
    assert "2026-03-01" not in workers.days()
    assert workers.days()[-1] == "2026-03-02"


async def test_a_key_lives_while_a_claim_waits_under_it(workers: Workers) -> None:
    """It stays however many keys came after it, and is destroyed in the next run after settlement."""
    keyring = workers.keyring()
    await rotate(keyring, now=NOON)
    workers.store.needed.add("2026-03-01T12:00")
    for minute in (10, 20, 30, 31):
        await rotate(keyring, now=NOON + timedelta(minutes=minute))
    assert workers.days()[:2] == ["2026-03-01T12:00", "2026-03-01T12:20"]
    workers.store.needed.clear()
    await rotate(keyring, now=NOON + timedelta(minutes=32))
    assert workers.days()[0] == "2026-03-01T12:20"


async def test_a_key_lives_ten_minutes_after_its_successor(workers: Workers) -> None:
    """Whichever second of its minute the successor came in: the mail of a code opens as long as the code."""
    keyring = workers.keyring()
    await rotate(keyring, now=NOON)
    successor = NOON + timedelta(minutes=10, seconds=59)
    await rotate(keyring, now=successor)
    await rotate(keyring, now=successor + timedelta(minutes=9, seconds=59))
    assert "2026-03-01T12:00" in workers.days()
    await rotate(keyring, now=successor + timedelta(minutes=10, seconds=1))
    assert "2026-03-01T12:00" not in workers.days()


async def test_keys_are_destroyed_72_hours_after_their_day(workers: Workers) -> None:
    """A needed key of March 1 exists until the end of March 4."""
    keyring = workers.keyring()
    await rotate(keyring, now=NOON)
    workers.store.needed.add("2026-03-01T12:00")
    last = datetime(2026, 3, 4, 23, 59, 59, tzinfo=UTC)
    await rotate(keyring, now=last)
    assert "2026-03-01T12:00" in workers.days()
    await rotate(keyring, now=last + timedelta(minutes=1))
    assert "2026-03-01T12:00" not in workers.days()
    assert workers.days() == sorted(workers.store.keys)


async def test_a_key_that_was_destroyed_and_not_forgotten_is_forgotten_later(workers: Workers) -> None:
    """If the store fails in between, a public key remains, which the next run removes."""
    keyring = workers.keyring()
    await rotate(keyring, now=NOON)
    workers.store.refuse_forgetting = True
    with pytest.raises(UnavailableError):
        await rotate(keyring, now=NOON + timedelta(minutes=20))
    assert "2026-03-01" not in workers.days()
    assert "2026-03-01" in workers.store.keys
    workers.store.refuse_forgetting = False
    await rotate(keyring, now=NOON + timedelta(minutes=21))
    assert workers.days() == sorted(workers.store.keys)


async def test_a_claim_opens_until_its_key_is_destroyed(workers: Workers) -> None:
    """Any worker opens it while the key exists, also one that read an older file; then nobody can."""
    early = workers.load()
    await rotate(workers.keyring(), now=NOON)
    bound = {"relying_party": "platform-a", "account_token": builders.TOKEN, "claim_id": "c" * 32}
    sealer = DayIntakeSealer(store=workers.store)
    intake = await sealer.seal(**bound, waiting=WaitingIdentity(builders.identity()), day="2026-03-01")
    assert DayIntakeOpener(keys=early).open(**bound, intake=intake) == WaitingIdentity(builders.identity())
    await rotate(workers.keyring(), now=NOON + timedelta(minutes=10))
    await rotate(workers.keyring(), now=NOON + timedelta(minutes=21))
    with pytest.raises(UnavailableError):
        workers.load().version(Purpose.INTAKE, intake.day)


async def test_the_private_half_is_kept_before_the_public_one_is_published(workers: Workers) -> None:
    """A store that refuses or loses its answer leaves a key that the next run publishes."""
    keyring = workers.keyring()
    workers.store.refuse = True
    with pytest.raises(UnavailableError):
        await rotate(keyring, now=NOON)
    assert workers.days() == ["2026-03-01", "2026-03-01T12:00", "2026-03-02"]
    assert workers.store.keys == {}
    workers.store.refuse, workers.store.lose_answer = False, True
    with pytest.raises(UnavailableError):
        await rotate(keyring, now=NOON)
    workers.store.lose_answer = False
    await rotate(keyring, now=NOON)
    for day, key in workers.store.keys.items():
        private_key = workers.load().version(Purpose.INTAKE, day)
        assert key.public_key == hpke.public_key(suite=key.suite, private_key=private_key)


async def test_two_key_files_on_one_database_are_noticed(workers: Workers, tmp_path: Path) -> None:
    """A worker that could not open today's claims reports it at once."""
    await rotate(workers.keyring(), now=NOON)
    (tmp_path / "other").mkdir()
    stranger = Workers(tmp_path / "other")
    stranger.entropy.random(1)
    stranger.store = workers.store
    with pytest.raises(DayKeyConflictError, match="must share one file"):
        await rotate(stranger.keyring(), now=NOON)
