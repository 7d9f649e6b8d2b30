"""Waiting claims, sealed to the key of a day."""

from dataclasses import replace
from pathlib import Path

import pytest

from idvault.sealing.intake import DayIntakeOpener, DayIntakeSealer
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.ports import DayKey, Intake, WaitingIdentity
from idvault_verify import seal
from idvault_verify.attest import hpke, payload
from idvault_verify.attest.payload import Payload
from idvault_verify.claim import Identity, OpaqueIdentity
from idvault_verify.error import DamagedError, Reason, UnavailableError
from tools.support import builders
from tools.support.fakes.keys import MemoryDayKeys
from tools.support.fakes.sealing import CountingEntropy
from tools.support.people import CHEAP

DAY = "2026-03-01"
PRIVATE = b"p" * 32
BOUND = {"relying_party": "platform-a", "account_token": builders.TOKEN, "claim_id": "c" * 32}


def _key(suite: str, day: str = DAY) -> DayKey:
    return DayKey(day, suite, hpke.public_key(suite=suite, private_key=PRIVATE))


def _opener(tmp_path: Path, *days: str, suite: str = hpke.X_WING) -> DayIntakeOpener:
    keys = KeySet("", dict.fromkeys(days or (DAY,), PRIVATE))
    provider = LocalKeyProvider.create(
        tmp_path / "work.keys",
        keys={Purpose.INTAKE: keys},
        passphrase=b"words",
        entropy=CountingEntropy(),
        cost=CHEAP,
    )
    return DayIntakeOpener(keys=provider, suite=suite)


async def _seal(
    suite: str = hpke.X_WING, identity: Identity | None = None, *, guarded: bool = False
) -> Intake:
    store = MemoryDayKeys()
    await store.publish(_key(suite))
    return await DayIntakeSealer(store=store).seal(
        **BOUND, waiting=WaitingIdentity(identity or builders.identity(), guarded), day=DAY
    )


@pytest.mark.parametrize("suite", sorted(hpke.SUITES))
async def test_a_claim_opens_where_the_private_half_is(tmp_path: Path, suite: str) -> None:
    """The worker can read the identity; the sealed claim reveals neither it nor the name's length."""
    intake = await _seal(suite)
    assert intake.day == DAY
    assert intake.ciphertext[:3] == b"\x01" + hpke.kem_id(suite).to_bytes(2, "big")
    assert builders.NUMBER.encode() not in intake.ciphertext
    assert len(intake.ciphertext) == len((await _seal(suite, builders.identity(name="名" * 50))).ciphertext)
    assert _opener(tmp_path, suite=suite).open(**BOUND, intake=intake) == WaitingIdentity(builders.identity())


async def test_nobody_sees_that_an_adult_took_part(tmp_path: Path) -> None:
    """The worker learns it; an intake looks the same, and is as long, as that of anybody else."""
    plain, guarded = await _seal(), await _seal(guarded=True)
    assert _opener(tmp_path).open(**BOUND, intake=guarded) == WaitingIdentity(builders.identity(), True)
    assert (guarded.day, len(guarded.ciphertext)) == (plain.day, len(plain.ciphertext))
    assert guarded.ciphertext[:3] == plain.ciphertext[:3]


async def test_a_claim_is_bound_to_its_party_account_claim_and_day(tmp_path: Path) -> None:
    """It does not open in the place of another claim."""
    intake = await _seal()
    opener = _opener(tmp_path, DAY, "2026-03-02")
    for field in BOUND:
        with pytest.raises(DamagedError, match=r"^RECORD_DAMAGED$"):
            opener.open(**{**BOUND, field: "other"}, intake=intake)
    with pytest.raises(DamagedError):
        opener.open(**BOUND, intake=replace(intake, day="2026-03-02"))


async def test_after_its_key_is_destroyed_a_claim_does_not_open(tmp_path: Path) -> None:
    """A missing private key is treated like damage."""
    with pytest.raises(DamagedError, match=r"^RECORD_DAMAGED$"):
        _opener(tmp_path, "2026-03-02").open(**BOUND, intake=await _seal())


@pytest.mark.parametrize("place", [0, 1, 2, 3, 500, 1200, -1])
async def test_a_changed_byte_does_not_open(tmp_path: Path, place: int) -> None:
    """Format, suite, encapsulated key, text and tag: any change is detected."""
    intake = await _seal()
    changed = bytearray(intake.ciphertext)
    changed[place] ^= 0x20
    with pytest.raises(DamagedError):
        _opener(tmp_path).open(**BOUND, intake=replace(intake, ciphertext=bytes(changed)))


async def test_the_other_suite_is_no_way_in(tmp_path: Path) -> None:
    """A header with the other known suite does not open either."""
    intake = await _seal()
    header = b"\x01" + hpke.kem_id(hpke.X25519).to_bytes(2, "big")
    with pytest.raises(DamagedError):
        _opener(tmp_path).open(**BOUND, intake=replace(intake, ciphertext=header + intake.ciphertext[3:]))


@pytest.mark.parametrize("suite", sorted(hpke.SUITES))
async def test_the_key_says_the_kem(tmp_path: Path, suite: str) -> None:
    """A claim that is genuinely sealed to the same private key with another KEM is refused."""
    (other,) = hpke.SUITES - {suite}
    intake = await _seal(other)
    assert _opener(tmp_path, suite=other).open(**BOUND, intake=intake) == WaitingIdentity(builders.identity())
    (tmp_path / "again").mkdir()
    with pytest.raises(DamagedError, match=r"^RECORD_DAMAGED$"):
        _opener(tmp_path / "again", suite=suite).open(**BOUND, intake=intake)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 10])
async def test_a_cut_claim_does_not_open(tmp_path: Path, size: int) -> None:
    """A truncated claim is reported as damaged."""
    intake = await _seal()
    with pytest.raises(DamagedError):
        _opener(tmp_path).open(**BOUND, intake=replace(intake, ciphertext=intake.ciphertext[:size]))


async def test_without_a_published_key_nothing_is_sealed() -> None:
    """Without a key, or if the store fails: unavailable; it works once the key exists."""
    store = MemoryDayKeys()
    sealer = DayIntakeSealer(store=store)
    with pytest.raises(UnavailableError) as caught:
        await sealer.seal(**BOUND, waiting=WaitingIdentity(builders.identity()), day=DAY)
    assert caught.value.reason is Reason.STORE_UNAVAILABLE
    store.refuse = True
    with pytest.raises(UnavailableError):
        await sealer.seal(**BOUND, waiting=WaitingIdentity(builders.identity()), day=DAY)
    store.refuse = False
    await store.publish(_key(hpke.X25519))
    assert (await sealer.seal(**BOUND, waiting=WaitingIdentity(builders.identity()), day=DAY)).day == DAY


@pytest.mark.parametrize("key", [DayKey(DAY, "AES", b""), DayKey(DAY, hpke.X_WING, bytes(32))])
async def test_a_published_key_that_is_none_is_unavailable(key: DayKey) -> None:
    """An invalid key must neither let a claim be stored unsealed nor crash the edge."""
    store = MemoryDayKeys()
    await store.publish(key)
    with pytest.raises(UnavailableError):
        await DayIntakeSealer(store=store).seal(
            **BOUND, waiting=WaitingIdentity(builders.identity()), day=DAY
        )


async def test_the_newest_key_of_a_day_is_used() -> None:
    """The key is read each time, so a replaced key is not used longer than necessary."""
    store = MemoryDayKeys()
    sealer = DayIntakeSealer(store=store)
    used = []
    for name in (DAY, f"{DAY}T00:10", f"{DAY}T23:50"):
        await store.publish(_key(hpke.X25519, name))
        await store.publish(_key(hpke.X25519, "2026-03-02"))
        used.append((await sealer.seal(**BOUND, waiting=WaitingIdentity(builders.identity()), day=DAY)).day)
    assert used == [DAY, f"{DAY}T00:10", f"{DAY}T23:50"]


async def test_a_person_without_a_name_never_waits(tmp_path: Path) -> None:
    """Such a claim has no intake; one that says so is damage, whoever sealed it."""
    padded = payload.encode(Payload(OpaqueIdentity("https://provider.example", "A" * 43)))
    info = seal.intake_info(**BOUND, day=DAY)
    sealed = hpke.seal(
        suite=hpke.X_WING, public_key=_key(hpke.X_WING).public_key, plaintext=padded, info=info
    )
    header = b"\x01" + hpke.kem_id(hpke.X_WING).to_bytes(2, "big")
    with pytest.raises(DamagedError, match=r"^RECORD_DAMAGED$"):
        _opener(tmp_path).open(**BOUND, intake=Intake(DAY, header + sealed))
