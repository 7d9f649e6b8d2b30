"""Hashes of addresses, mailboxes and codes, and letters that only the worker opens."""

from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from idvault.sealing.contact import DayLetterOpener, DayLetterSealer, KeyedContactSecrets
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.ports import CodeLetter, DayKey, Intake
from idvault_verify import seal
from idvault_verify.attest import hpke, payload
from idvault_verify.error import DamagedError, Reason, UnavailableError
from tests.domain.tip_off.test_contact import MICROSECOND, proof
from tests.support.tip_off_world import key_files
from tools.support.builders import NOW
from tools.support.fakes.keys import MemoryDayKeys
from tools.support.fakes.sealing import CountingEntropy
from tools.support.people import CHEAP

PARTY, OTHER, DAY = "platform-a", "platform-b", "2026-03-01"
ADDRESS, CODE, MAIL = "canary@example.org", "12345678", "a" * 32
LETTER = CodeLetter(ADDRESS, CODE, "zh")
PRIVATE = b"p" * 32


@pytest.fixture
def keys(tmp_path: Path) -> LocalKeyProvider:
    """Return the platform edge's keys."""
    return key_files(tmp_path)


@pytest.fixture
def secrets(keys: LocalKeyProvider) -> KeyedContactSecrets:
    """Return hashes under them."""
    return KeyedContactSecrets(keys=keys)


def test_an_address_and_an_account_never_share_an_id(secrets: KeyedContactSecrets) -> None:
    """The same text, told as one or as the other, at one platform or at another, has another id."""
    kinds = [(party, kind) for party in (PARTY, OTHER) for kind in ("account", "contact")]
    ids = [secrets.reporter_id(relying_party=party, kind=kind, value=ADDRESS) for party, kind in kinds]
    marks = [secrets.mailbox(value=ADDRESS, day=day) for day in (DAY, "2026-03-02")]
    assert len({*ids, *marks}) == 6
    assert {len(each) for each in (*ids, *marks)} == {32}


def test_a_mailbox_is_the_same_at_all_platforms_for_a_day(
    secrets: KeyedContactSecrets, keys: LocalKeyProvider
) -> None:
    """Whoever asks, and whichever key is the primary one: rows of two days cannot be joined."""
    first = secrets.mailbox(value=ADDRESS, day=DAY)
    keys.put(Purpose.TIP_OFF, "1", bytes(32), primary=True)
    assert secrets.mailbox(value=ADDRESS, day=DAY) == first
    assert secrets.mailbox(value="b@example.org", day=DAY) != first


def test_only_the_code_proves(secrets: KeyedContactSecrets, keys: LocalKeyProvider) -> None:
    """Of this proof at this platform, under the version that was used; none does once that key is gone."""
    asked = proof()
    code_hash, version = secrets.code_hash(
        relying_party=PARTY,
        proof_id=asked.proof_id,
        reporter_id=asked.reporter_id,
        expires_at=asked.expires_at,
        code=CODE,
    )
    keys.put(Purpose.TIP_OFF, "1", bytes(32), primary=True)
    made = proof(code_hash=code_hash, key_version=version)
    assert secrets.matches(made, CODE)
    wrong = (
        (made, "12345679"),
        (replace(made, proof_id="c" * 32), CODE),
        (replace(made, relying_party=OTHER), CODE),
        (replace(made, reporter_id="e" * 32), CODE),
        (replace(made, expires_at=made.expires_at + MICROSECOND), CODE),
        (replace(made, key_version="1"), CODE),
        (replace(made, key_version="7"), CODE),
    )
    assert not any(secrets.matches(one, code) for one, code in wrong)


def test_only_the_mark_is_a_proof(secrets: KeyedContactSecrets, keys: LocalKeyProvider) -> None:
    """Of this address at this platform, and only as long as it said; none does once its key is gone."""
    done = proof(proved_at=NOW)
    keys.put(Purpose.TIP_OFF, "1", bytes(32), primary=True)
    made = replace(done, code_hash=secrets.proved_mark(done))
    assert secrets.is_proved(made)
    later = made.expires_at.astimezone(timezone(timedelta(hours=8)))
    assert secrets.is_proved(replace(made, expires_at=later))
    wrong = (
        done,
        replace(made, proof_id="c" * 32),
        replace(made, relying_party=OTHER),
        replace(made, reporter_id="e" * 32),
        replace(made, expires_at=made.expires_at + MICROSECOND),
        replace(made, key_version="1"),
        replace(made, key_version="7"),
    )
    assert not any(secrets.is_proved(each) for each in wrong)
    assert not secrets.matches(made, CODE)


def _opener(folder: Path, *days: str, suite: str = hpke.X_WING) -> DayLetterOpener:
    keys = KeySet("", dict.fromkeys(days or (DAY,), PRIVATE))
    provider = LocalKeyProvider.create(
        folder / "work.keys",
        keys={Purpose.INTAKE: keys},
        passphrase=b"words",
        entropy=CountingEntropy(),
        cost=CHEAP,
    )
    return DayLetterOpener(keys=provider, suite=suite)


async def _sealed(suite: str = hpke.X_WING, letter: CodeLetter = LETTER) -> Intake:
    store = MemoryDayKeys()
    await store.publish(DayKey(DAY, suite, hpke.public_key(suite=suite, private_key=PRIVATE)))
    return await DayLetterSealer(store=store).seal(letter, mail_id=MAIL, day=DAY)


@pytest.mark.parametrize("suite", sorted(hpke.SUITES))
async def test_a_letter_opens_where_the_private_half_is(tmp_path: Path, suite: str) -> None:
    """The worker reads it; sealed it shows neither address nor code, nor how long the address is."""
    sealed = await _sealed(suite)
    assert sealed.ciphertext[:3] == b"\x02" + hpke.kem_id(suite).to_bytes(2, "big")
    opened = _opener(tmp_path, suite=suite).open(sealed.ciphertext, mail_id=MAIL, day=sealed.day)
    assert opened == LETTER
    assert ADDRESS.encode() not in sealed.ciphertext
    assert CODE.encode() not in sealed.ciphertext
    longer = replace(LETTER, address="a" * 60 + "@" + "b" * 60 + ".example")
    assert len((await _sealed(suite, longer)).ciphertext) == len(sealed.ciphertext)
    assert ADDRESS not in repr(LETTER)
    assert CODE not in repr(LETTER)


async def test_a_letter_opens_nowhere_else(tmp_path: Path) -> None:
    """Not as another mail, with another key, under a KEM that the database chose, or as an intake."""
    sealed = (await _sealed()).ciphertext
    opener = _opener(tmp_path, DAY, "2026-03-02")
    claim = hpke.seal(
        suite=hpke.X_WING,
        public_key=hpke.public_key(suite=hpke.X_WING, private_key=PRIVATE),
        plaintext=b"x",
        info=seal.encode("other"),
    )
    wrong = (
        (sealed, "b" * 32, DAY),
        (sealed, MAIL, "2026-03-02"),
        (sealed, MAIL, "2026-03-03"),
        (b"\x01" + sealed[1:], MAIL, DAY),
        (sealed[:-1], MAIL, DAY),
        (sealed[:3] + claim, MAIL, DAY),
        ((await _sealed(min(hpke.SUITES - {hpke.X_WING}))).ciphertext, MAIL, DAY),
    )
    for data, mail_id, day in wrong:
        with pytest.raises(DamagedError):
            opener.open(data, mail_id=mail_id, day=day)


@pytest.mark.parametrize("plaintext", [b"{", b"[]", b'{"address": "a@example.org"}', b"1", b"\xff"])
async def test_what_is_no_letter_does_not_open(tmp_path: Path, plaintext: bytes) -> None:
    """Everybody can seal to a public key."""
    public_key = hpke.public_key(suite=hpke.X_WING, private_key=PRIVATE)
    info = seal.encode("idvault/contact-letter/v1", MAIL, DAY)
    padded = payload.pad(plaintext)
    sealed = hpke.seal(suite=hpke.X_WING, public_key=public_key, plaintext=padded, info=info)
    header = b"\x02" + hpke.kem_id(hpke.X_WING).to_bytes(2, "big")
    with pytest.raises(DamagedError):
        _opener(tmp_path).open(header + sealed, mail_id=MAIL, day=DAY)


@pytest.mark.parametrize("public_key", [None, b"short"])
async def test_without_a_key_nothing_is_sealed(public_key: bytes | None) -> None:
    """The reporter is told to try again, and nothing is stored in the clear."""
    store = MemoryDayKeys()
    if public_key is not None:
        await store.publish(DayKey(DAY, hpke.X_WING, public_key))
    with pytest.raises(UnavailableError) as refused:
        await DayLetterSealer(store=store).seal(LETTER, mail_id=MAIL, day=DAY)
    assert refused.value.reason is Reason.STORE_UNAVAILABLE
