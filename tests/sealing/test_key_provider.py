"""The encrypted key file."""

import os
import shutil
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from idvault.sealing import key_set
from idvault.sealing.key_provider import (
    KeyFileError,
    KeyFileExistsError,
    KeyFileExposedError,
    KeyFileLockedError,
    KeyFileMissingError,
    KeyMissingError,
    LocalKeyProvider,
)
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.ports import UsedVersions
from idvault_verify import small_file
from idvault_verify.attest import passphrase
from idvault_verify.attest.passphrase import Cost
from idvault_verify.error import Reason, UnavailableError
from tools.support.fakes.sealing import CountingEntropy
from tools.support.people import CHEAP

KEY = b"0123456789abcdef0123456789abcdef"
SETS: Mapping[Purpose, KeySet] = {Purpose.REQUEST: KeySet("0", {"0": KEY}), Purpose.INTAKE: KeySet()}


def _create(path: Path, sets: Mapping[Purpose, KeySet] = SETS) -> LocalKeyProvider:
    return LocalKeyProvider.create(
        path, keys=sets, passphrase=b"right", entropy=CountingEntropy(), cost=CHEAP
    )


def _created(path: Path) -> Path:
    _create(path)
    return path


def _copied(path: Path, name: str) -> Path:
    return Path(shutil.copy2(path, path.with_name(name)))


def _load(path: Path, words: bytes = b"right") -> LocalKeyProvider:
    return LocalKeyProvider.load(path, passphrase=words, entropy=CountingEntropy())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A path without a key file."""
    return tmp_path / "work.keys"


def test_keys_come_back(path: Path) -> None:
    """Another process can load the created keys with the right passphrase."""
    created = _create(path)
    loaded = _load(path)
    for provider in (created, loaded):
        assert provider.keys(Purpose.REQUEST) == SETS[Purpose.REQUEST]
        assert provider.primary(Purpose.REQUEST) == KEY
        assert provider.version(Purpose.REQUEST, "0") == KEY


def test_the_file_is_private_and_encrypted(path: Path) -> None:
    """The file has mode 0600 under any umask; neither the file nor the provider's repr shows a key."""
    former = os.umask(0)
    try:
        provider = _create(path)
    finally:
        os.umask(former)
    assert path.stat().st_mode & 0o777 == 0o600
    assert KEY not in path.read_bytes()
    assert repr(provider) == f"LocalKeyProvider({str(path)!r})"


def test_an_existing_file_is_never_overwritten(path: Path) -> None:
    """Creating keys again would lose everything that the first ones protect."""
    _create(path)
    before = path.read_bytes()
    with pytest.raises(KeyFileExistsError, match="exists already"):
        _create(path)
    assert path.read_bytes() == before


def test_a_missing_file_or_folder_is_told(path: Path) -> None:
    """The text names the file; the reason is the published one."""
    with pytest.raises(KeyFileMissingError, match=r"work\.keys cannot be read") as caught:
        _load(path)
    assert caught.value.reason is Reason.STORE_UNAVAILABLE
    with pytest.raises(KeyFileMissingError, match="cannot be written to"):
        _create(path.parent / "nowhere" / "work.keys")


def test_a_file_that_is_too_long_is_not_read_whole(path: Path) -> None:
    """The text names the file; what is beyond the limit is never in memory."""
    _create(path)
    with path.open("ab") as file:
        file.truncate(small_file.MOST_BYTES + 1)
    with pytest.raises(KeyFileMissingError, match=r"work\.keys is longer than a key file can be"):
        _load(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_file_that_others_can_touch_is_refused(path: Path, mode: int) -> None:
    """Any permission for group or others is refused."""
    _create(path)
    path.chmod(mode)
    with pytest.raises(KeyFileExposedError, match="chmod 600"):
        _load(path)


def test_a_wrong_passphrase_and_a_damaged_file_are_the_same(path: Path) -> None:
    """Both give the same error."""
    _create(path)
    with pytest.raises(KeyFileLockedError, match="cannot be opened") as wrong:
        _load(path, b"wrong")
    damaged = bytearray(path.read_bytes())
    damaged[-20] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(KeyFileLockedError) as broken:
        _load(path)
    assert str(wrong.value) == str(broken.value)


def test_another_content_under_the_right_passphrase_is_refused(path: Path) -> None:
    """A file of another program with the same passphrase is refused."""
    document = passphrase.lock(
        b"{}[", passphrase=b"right", purpose="idvault/service-keys/v1", random=bytes(28), cost=CHEAP
    )
    path.write_bytes(document)
    path.chmod(0o600)
    with pytest.raises(KeyFileLockedError):
        _load(path)


def test_a_purpose_or_version_that_is_not_there_is_told(path: Path) -> None:
    """Asking for another process's keys is an error."""
    provider = _create(path)
    with pytest.raises(KeyMissingError, match="no keys for index"):
        provider.keys(Purpose.INDEX)
    with pytest.raises(KeyMissingError, match="no such version for request"):
        provider.version(Purpose.REQUEST, "1")
    with pytest.raises(KeyMissingError, match="no such version for intake"):
        provider.primary(Purpose.INTAKE)
    assert issubclass(KeyMissingError, KeyFileError)
    assert issubclass(KeyFileError, UnavailableError)


def test_a_version_that_is_put_is_there_for_everybody(path: Path) -> None:
    """Another process finds it without a restart; a second writer gets the first one's key."""
    ours, theirs = _create(path), _load(path)
    assert ours.put(Purpose.INTAKE, "2026-03-01", b"a" * 32) == b"a" * 32
    assert theirs.version(Purpose.INTAKE, "2026-03-01") == b"a" * 32
    late = _load(path)
    ours.put(Purpose.INTAKE, "2026-03-02", b"b" * 32)
    assert late.put(Purpose.INTAKE, "2026-03-02", b"c" * 32) == b"b" * 32


def test_versions_are_put_together(path: Path) -> None:
    """Existing versions keep their keys, and nothing is written if all exist."""
    provider = _create(path)
    provider.put(Purpose.INTAKE, "a", b"a" * 32)
    added = {"a": b"z" * 32, "b": b"b" * 32, "c": b"c" * 32}
    held = {**added, "a": b"a" * 32}
    assert provider.put_all(Purpose.INTAKE, added) == _load(path).keys(Purpose.INTAKE).versions == held
    before = path.read_bytes()
    assert provider.put_all(Purpose.INTAKE, added) == held
    assert path.read_bytes() == before


def test_a_change_keeps_the_cost_of_the_file(path: Path) -> None:
    """A file keeps the cost of a passphrase guess that it was created with, whoever changes it."""
    cost = Cost(64, 1, 1)
    LocalKeyProvider.create(path, keys=SETS, passphrase=b"right", entropy=CountingEntropy(), cost=cost)
    _load(path).put(Purpose.INTAKE, "2026-03-01", b"a" * 32)
    assert passphrase.cost_of(path.read_bytes()) == cost


def test_a_person_s_passphrase_after_a_generated_one_has_its_own_cost(path: Path) -> None:
    """The least cost of a generated passphrase does not stay when a person chooses the next one."""
    generated = passphrase.generate(bytes(32))
    _create(path)
    for former, chosen, expected in (
        (b"right", generated, passphrase.LEAST_COST),
        (generated, b"a person's", CHEAP),
        (b"a person's", b"another person's", CHEAP),
    ):
        _load(path, former).change_passphrase(chosen)
        assert passphrase.cost_of(path.read_bytes()) == expected
        assert _load(path, chosen).primary(Purpose.REQUEST) == KEY


def test_the_least_cost_does_not_stay_under_a_person_s_passphrase(path: Path) -> None:
    """A file whose cost somebody lowered gets the full one with its next change."""
    document = passphrase.lock(
        key_set.encode(dict(SETS)),
        passphrase=b"right",
        purpose="idvault/service-keys/v1",
        random=bytes(28),
        cost=passphrase.LEAST_COST,
    )
    path.write_bytes(document)
    path.chmod(0o600)
    _load(path).put(Purpose.INTAKE, "2026-03-01", b"a" * 32)
    assert passphrase.cost_of(path.read_bytes()) == CHEAP


def test_an_empty_passphrase_protects_no_new_file(path: Path) -> None:
    """A crash can leave a passphrase file empty; keys under it would be open to everybody."""
    with pytest.raises(KeyFileError, match=r"^the passphrase for .*work\.keys is empty$"):
        LocalKeyProvider.create(path, keys=SETS, passphrase=b"", entropy=CountingEntropy(), cost=CHEAP)
    assert not path.exists()


def test_a_slow_reader_does_not_put_back_what_it_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one thread decrypts a file, a change by another thread waits, so that the later state stays."""
    _create(path)
    keys, others, reading = _load(path), _load(path), threading.Event()
    others.put(Purpose.REQUEST, "1", b"n" * 32)
    changed = threading.Thread(target=lambda: keys.put(Purpose.REQUEST, "2", b"m" * 32))
    unlock = passphrase.unlock

    def slow(document: bytes, **given: Any) -> bytes:
        if threading.current_thread() is not changed and not reading.is_set():
            reading.set()
            changed.start()
            changed.join(timeout=0.3)  # it would finish, if it did not wait for this reader
            assert changed.is_alive()
        return unlock(document, **given)

    monkeypatch.setattr(passphrase, "unlock", slow)
    assert keys.version(Purpose.REQUEST, "1") == b"n" * 32
    changed.join(timeout=60)
    for provider in (keys, _load(path)):
        assert set(provider.keys(Purpose.REQUEST).versions) == {"0", "1", "2"}


def test_a_version_that_is_known_is_not_written_again(path: Path) -> None:
    """Adding an existing key does not change the file."""
    provider = _create(path)
    provider.put(Purpose.INTAKE, "2026-03-01", b"a" * 32)
    before = path.read_bytes()
    assert provider.put(Purpose.INTAKE, "2026-03-01", b"z" * 32) == b"a" * 32
    assert path.read_bytes() == before


def test_a_rotation_makes_a_new_version_primary(path: Path) -> None:
    """The key is first rolled out, then made primary, then the old one is destroyed."""
    provider = _create(path)
    provider.put(Purpose.REQUEST, "1", b"b" * 32)
    assert provider.primary(Purpose.REQUEST) == KEY
    provider.put(Purpose.REQUEST, "1", b"b" * 32, primary=True)
    assert provider.primary(Purpose.REQUEST) == b"b" * 32
    provider.put(Purpose.REQUEST, "1", b"b" * 32, primary=True)
    provider.destroy(Purpose.REQUEST, "0")
    assert _load(path).keys(Purpose.REQUEST) == KeySet("1", {"1": b"b" * 32})
    with pytest.raises(ValueError, match="in use"):
        provider.destroy(Purpose.REQUEST, "1")


def test_destroying_twice_is_once(path: Path) -> None:
    """Destroying a missing key does not write the file."""
    provider = _create(path)
    provider.put(Purpose.INTAKE, "2026-03-01", b"a" * 32)
    provider.destroy(Purpose.INTAKE, "2026-03-01")
    before = path.read_bytes()
    provider.destroy(Purpose.INTAKE, "2026-03-01")
    assert path.read_bytes() == before
    with pytest.raises(KeyMissingError):
        provider.version(Purpose.INTAKE, "2026-03-01")


def test_parallel_changes_all_stay(path: Path) -> None:
    """Workers that add versions concurrently lose none, and agree on shared ones."""
    _create(path)
    providers = [_load(path) for _ in range(8)]

    def change(number: int) -> bytes:
        providers[number].put(Purpose.INTAKE, f"own-{number}", bytes([number]) * 32)
        return providers[number].put(Purpose.INTAKE, "shared", bytes([number]) * 32)

    with ThreadPoolExecutor(8) as pool:
        shared = set(pool.map(change, range(8)))
    assert len(shared) == 1
    assert set(_load(path).keys(Purpose.INTAKE).versions) == {"shared", *(f"own-{n}" for n in range(8))}


def test_a_failed_write_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk before the rename changes nothing, and a later try works."""
    provider = _create(path)
    before = path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(KeyFileMissingError, match="cannot be written"):
            provider.put(Purpose.INTAKE, "2026-03-01", b"a" * 32)
    assert path.read_bytes() == before
    with pytest.raises(KeyMissingError):
        provider.version(Purpose.INTAKE, "2026-03-01")
    assert provider.put(Purpose.INTAKE, "2026-03-01", b"b" * 32) == b"b" * 32


def test_a_file_is_completed(path: Path) -> None:
    """Purposes that it lacks are added durably; what it has stays, and a second time changes nothing."""
    _create(path)
    ours = _load(path)
    added = {
        **SETS,
        Purpose.REQUEST: KeySet("0", {"0": b"o" * 32}),
        Purpose.LOG: KeySet("0", {"0": b"l" * 32}),
    }
    ours.complete(added)
    assert ours.purposes == _load(path).purposes == (Purpose.REQUEST, Purpose.INTAKE, Purpose.LOG)
    assert _load(path).keys(Purpose.REQUEST) == SETS[Purpose.REQUEST]
    assert _load(path).primary(Purpose.LOG) == b"l" * 32
    before = path.read_bytes()
    ours.complete(added)
    assert path.read_bytes() == before


def test_a_passphrase_is_changed(path: Path) -> None:
    """Only the new passphrase opens the file; who reads it again follows, and who does not keeps its keys."""
    words = [b"right"]
    follower = LocalKeyProvider.load(
        path=_created(path), passphrase=lambda: words[-1], entropy=CountingEntropy()
    )
    stale = _load(path)
    _load(path).change_passphrase(b"new")
    with pytest.raises(KeyFileLockedError):
        _load(path)
    words.append(b"new")
    follower.put(Purpose.REQUEST, "1", KEY)
    assert _load(path, b"new").version(Purpose.REQUEST, "1") == KEY
    with pytest.raises(KeyFileLockedError):
        stale.version(Purpose.REQUEST, "1")
    assert stale.primary(Purpose.REQUEST) == KEY


async def test_the_versions_in_use(path: Path) -> None:
    """What is in use is primary until the next word; the file's own primary version stays."""
    _create(path)
    keys, writer = _load(path), _load(path)
    held = await keys.held()
    assert [(each.purpose, each.version) for each in held] == [
        ("request", 0)
    ]  # an intake key is not announced
    writer.put(Purpose.REQUEST, "1", b"n" * 32)
    assert len(await keys.held()) == 2
    former = keys.keys(Purpose.REQUEST)
    assert (former.primary, former.others) == ("0", ["1"])
    for used in ({"request": UsedVersions(1, frozenset())}, {"request": UsedVersions(1, frozenset({0}))}):
        keys.use(used)
        found = keys.keys(Purpose.REQUEST)
        assert keys.primary(Purpose.REQUEST) == b"n" * 32
        assert found.others == ([] if used["request"].over else ["0"])
    keys.use({"request": UsedVersions(1, frozenset({0}))})
    assert keys.keys(Purpose.REQUEST) is found
    assert _load(path).keys(Purpose.REQUEST).primary == "0"
    keys.use({"request": UsedVersions(2, frozenset())})
    with pytest.raises(KeyMissingError):
        keys.primary(Purpose.REQUEST)


async def test_a_version_that_is_not_the_vaults_is_not_used(path: Path) -> None:
    """Nor does it bar the vault's key under its number, which another file has."""
    created = _create(path)
    keys = _load(path)
    _load(_copied(path, "right")).put(Purpose.REQUEST, "1", b"r" * 32)
    created.put(Purpose.REQUEST, "1", b"w" * 32)
    keys.use({"request": UsedVersions(1, frozenset(), frozenset({0}))})
    assert len(await keys.held()) == len(keys.last_held()) == 2
    with pytest.raises(KeyMissingError):
        keys.primary(Purpose.REQUEST)
    path.with_name("right").replace(path)
    await keys.held()
    keys.use({"request": UsedVersions(1, frozenset(), frozenset({0, 1}))})
    assert keys.primary(Purpose.REQUEST) == b"r" * 32


def test_the_primary_version_is_destroyed_with_a_successor(path: Path) -> None:
    """In one change of the file; a successor that the file lacks does not count."""
    keys = _create(path)
    keys.put(Purpose.REQUEST, "1", b"n" * 32)
    with pytest.raises(ValueError, match="primary"):
        keys.destroy(Purpose.REQUEST, "0", successor="2")
    keys.destroy(Purpose.REQUEST, "0", successor="1")
    assert _load(path).keys(Purpose.REQUEST) == KeySet("1", {"1": b"n" * 32})


async def test_a_file_with_another_key_under_a_known_version_changes_nothing(path: Path) -> None:
    """It is not a copy of the file that the process began with; a purpose that is gone is no conflict."""
    keys = _create(path)
    _create(path.with_name("other"), {Purpose.REQUEST: KeySet("0", {"0": b"o" * 32})}).put(
        Purpose.REQUEST, "1", KEY
    )
    path.with_name("other").replace(path)
    with pytest.raises(KeyFileError, match="another key under a version of request"):
        await keys.held()
    assert keys.keys(Purpose.REQUEST) == SETS[Purpose.REQUEST]
    _create(path.with_name("third"), {Purpose.INDEX: KeySet("0", {"0": KEY})})
    path.with_name("third").replace(path)
    assert [each.purpose for each in await keys.held()] == ["index"]
