"""The keys of one process in one encrypted file: the embedded key provider.

- The file must be accessible to its owner only (0600; secret_file has the exception), and is encrypted under
  a passphrase.
- A change re-reads the file under a lock, writes a draft and renames it, each step fsynced: after a crash
  there is the old file or the new one. An existing version is never replaced. The cost of a passphrase guess
  stays what the file has, except the least one: that is for a generated passphrase only.
- The passphrase is read for each opening, so that a running process follows when it is changed.
- A destroyed key is removed from the file. Older copies still hold it, so no backup of the file may be kept
  longer than the keys in it.
"""

import asyncio
import fcntl
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from idvault.core import secret_file
from idvault.core.entropy import Entropy
from idvault.sealing import key_set, pkcs11_lock
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.key_version import HeldKey
from idvault.sealing.pkcs11_lock import HardwareModule, ModuleError
from idvault.sealing.ports import UsedVersions
from idvault_verify import durable_file, small_file
from idvault_verify.attest import passphrase as passphrases
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.passphrase import DEFAULT_COST, Cost
from idvault_verify.error import Reason, UnavailableError

_PURPOSE = "idvault/service-keys/v1"

_Sets = dict[Purpose, KeySet]
Passphrase = bytes | Callable[[], bytes]
"""A passphrase, or what reads it; reading may raise OSError."""


class KeyFileError(UnavailableError):
    """A key file cannot be used; the text gives the cause and names the file, never a key."""

    def __init__(self, why: str) -> None:
        """Keep the cause beside the published reason."""
        super().__init__(Reason.STORE_UNAVAILABLE)
        self.why = why

    def __str__(self) -> str:
        """Return the cause."""
        return self.why


class KeyFileMissingError(KeyFileError):
    """The key file is missing or cannot be read."""


class KeyFileExistsError(KeyFileError):
    """A key file exists already; it is never overwritten with a new one."""


class KeyFileExposedError(KeyFileError):
    """Users other than its owner can read or write the key file."""


class KeyFileLockedError(KeyFileError):
    """The key file cannot be decrypted: the passphrase is wrong or the file is damaged."""


class KeyMissingError(KeyFileError):
    """The key file has no key for this purpose or version."""


class LocalKeyProvider:
    """The keys of one process; use `create` or `load` to get one."""

    def __init__(
        self,
        *,
        path: Path,
        passphrase: Passphrase,
        entropy: Entropy,
        cost: Cost = DEFAULT_COST,
        module: HardwareModule | None = None,
    ) -> None:
        """Set up without reading the file; cost: of a new file. module: opens a file that it has locked."""
        self._path = path
        self._read_passphrase = passphrase if callable(passphrase) else lambda: passphrase
        self._passphrase = b""
        self._entropy = entropy
        self._cost = cost
        self._module, self._is_in_module = module, False
        self._sets: _Sets = {}
        self._used: Mapping[str, UsedVersions] = {}
        self._current: _Sets = {}
        self._seen: tuple[int, int] | None = None
        self._mutex = threading.RLock()

    def __repr__(self) -> str:
        """Name the file only."""
        return f"LocalKeyProvider({str(self._path)!r})"

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        keys: Mapping[Purpose, KeySet],
        passphrase: Passphrase,
        entropy: Entropy,
        cost: Cost = DEFAULT_COST,
    ) -> "LocalKeyProvider":
        """Write a new file with these key sets; raises KeyFileExistsError if one exists.

        Raises KeyFileError for an empty passphrase, as a crash leaves it that interrupts its writing.
        """
        provider = cls(path=path, passphrase=passphrase, entropy=entropy, cost=cost)
        provider._passphrase = provider._read_passphrase()
        if not provider._passphrase:
            raise KeyFileError(f"the passphrase for {path} is empty")
        with provider._locked():
            if path.exists():
                raise KeyFileExistsError(f"{path} exists already")
            provider._write(dict(keys))
        return provider

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        passphrase: Passphrase,
        entropy: Entropy,
        module: HardwareModule | None = None,
    ) -> "LocalKeyProvider":
        """Read a file; raises KeyFileMissingError, KeyFileExposedError, KeyFileLockedError or OSError.

        passphrase: the PIN of the module, if that has locked the file.
        """
        provider = cls(path=path, passphrase=passphrase, entropy=entropy, module=module)
        provider._refresh()
        return provider

    @property
    def purposes(self) -> tuple[Purpose, ...]:
        """The purposes that the file has keys for, as last read."""
        return tuple(self._sets)

    def keys(self, purpose: Purpose) -> KeySet:
        """Return the key set of a purpose as last read, with the version in use as primary.

        The same object until the file or the version in use changes. Raises KeyMissingError.
        """
        # Read once: if another thread replaces it meanwhile, what is computed here is not kept.
        current = self._current
        if purpose not in current:
            current[purpose] = self._as_used(purpose)
        return current[purpose]

    def _as_used(self, purpose: Purpose) -> KeySet:
        held, used = self._held(purpose), self._used.get(purpose.value)
        if used is None:
            return held
        own = {name: key for name, key in held.versions.items() if _is_own(name, used)}
        return replace(held, primary=str(used.version), versions=own, over=frozenset(map(str, used.over)))

    def _held(self, purpose: Purpose) -> KeySet:
        try:
            return self._sets[purpose]
        except KeyError as error:
            raise KeyMissingError(
                f"{self._path} has no keys for {purpose.value}: `idvault keys complete` adds what is missing"
            ) from error

    def primary(self, purpose: Purpose) -> bytes:
        """Return the primary key of a purpose; raises KeyMissingError."""
        keys = self.keys(purpose)
        return self._version(keys, purpose, keys.primary)

    def version(self, purpose: Purpose, version: str) -> bytes:
        """Return one version, re-reading the file if the version is not known; raises KeyMissingError."""
        if version not in self.keys(purpose).versions:
            self._refresh()
        return self._version(self.keys(purpose), purpose, version)

    async def held(self) -> list[HeldKey]:
        """Return every version whose purpose announces its versions, reading a changed file again."""
        await asyncio.to_thread(self._refresh)
        return self.last_held()

    def last_held(self) -> list[HeldKey]:
        """Return the same as last read."""
        return [
            HeldKey(purpose.value, int(version), key_set.check_value(purpose, version, key))
            for purpose, keys in self._sets.items()
            if purpose in key_set.ANNOUNCED
            for version, key in keys.versions.items()
        ]

    def use(self, used: Mapping[str, UsedVersions]) -> None:
        """Use these versions from now on; a purpose whose version is missing raises KeyMissingError."""
        if used != self._used:
            self._used, self._current = dict(used), {}

    def put(self, purpose: Purpose, version: str, key: bytes, *, primary: bool = False) -> bytes:
        """Add a version durably unless it exists; return the version's key in the file."""
        known = self._held(purpose)
        if version not in known.versions or (primary and known.primary != version):
            self._change(purpose, lambda keys: keys.with_version(version, key, primary=primary))
        return self._held(purpose).versions[version]

    def put_all(self, purpose: Purpose, keys: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """Add all versions that do not exist, durably in one write; return every key of the file's set."""
        if not keys.keys() <= self.keys(purpose).versions.keys():
            self._change(purpose, lambda held: held.with_versions(keys))
        return self.keys(purpose).versions

    def complete(self, keys: Mapping[Purpose, KeySet]) -> None:
        """Add, durably, the key sets of purposes that the file lacks; existing ones do not change."""
        with self._locked():
            self._refresh()
            missing = {purpose: made for purpose, made in keys.items() if purpose not in self._sets}
            if missing:
                self._write({**self._sets, **missing})

    def change_passphrase(self, passphrase: bytes) -> None:
        """Encrypt the file under another passphrase, durably, with the same keys."""
        with self._locked():
            self._refresh()
            if self._is_in_module:
                raise KeyFileError(f"{self._path} is opened by a hardware module: its PIN is changed there")
            self._passphrase = passphrase
            self._write(self._sets)

    def move_into(self, module: HardwareModule, *, pin: bytes) -> None:
        """Encrypt the file under a key of a hardware module, durably; raises KeyFileLockedError."""
        with self._locked():
            self._refresh()
            self._module, self._is_in_module, self._passphrase = module, True, pin
            self._write(self._sets)

    def destroy(self, purpose: Purpose, version: str, *, successor: str = "") -> None:
        """Remove a version from the file durably; does nothing if it is not there.

        successor: becomes the file's primary version in the same change. Raises ValueError for the primary
        version without one.
        """
        self._change(purpose, lambda keys: keys.succeeded(successor).without(version))

    async def destroyed(self, purpose: str, versions: Sequence[int], *, successor: int) -> list[int]:
        """Remove versions from the file durably; return those that it had."""
        wanted = Purpose(purpose)
        found = [each for each in versions if str(each) in self._held(wanted).versions]
        for each in found:
            await asyncio.to_thread(self.destroy, wanted, str(each), successor=str(successor))
        return found

    def _version(self, keys: KeySet, purpose: Purpose, version: str) -> bytes:
        try:
            return keys.versions[version]
        except KeyError as error:
            raise KeyMissingError(f"{self._path} has no such version for {purpose.value}") from error

    def _change(self, purpose: Purpose, change: Callable[[KeySet], KeySet]) -> None:
        with self._locked():
            self._refresh()
            before = self._held(purpose)
            after = change(before)
            if after != before:
                self._write({**self._sets, purpose: after})

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock for changes; it is a separate file, because the key file gets replaced.

        Within the process a thread that only reads waits, too: it must not put back what it read before.
        """
        with self._mutex:
            yield from self._locked_file()

    def _locked_file(self) -> Iterator[None]:
        try:
            lock = self._path.with_name(self._path.name + ".lock")
            descriptor = durable_file.open_lock(lock, like=self._path)
        except OSError as error:
            raise KeyFileMissingError(f"{self._path.parent} cannot be written to") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _refresh(self) -> None:
        """Read the file if it has changed since it was last read."""
        with self._mutex:
            self._read()

    def _read(self) -> None:
        try:
            with self._path.open("rb") as file:
                found = os.fstat(file.fileno())
                if secret_file.is_exposed(found):
                    raise KeyFileExposedError(f"{self._path} must be for its owner only (chmod 600)")
                seen = (found.st_ino, found.st_mtime_ns)
                document = b"" if seen == self._seen else file.read(small_file.MOST_BYTES + 1)
        except OSError as error:
            raise KeyFileMissingError(f"{self._path} cannot be read") from error
        if len(document) > small_file.MOST_BYTES:
            raise KeyFileMissingError(f"{self._path} is longer than a key file can be")
        if seen != self._seen:
            sets = self._decrypted(document)
            self._check_same(sets)
            self._adopt(sets, seen)

    def _check_same(self, found: _Sets) -> None:
        for purpose, keys in self._sets.items():
            later = found[purpose].versions if purpose in found else {}
            used = self._used.get(purpose.value)
            own = [(version, key) for version, key in keys.versions.items() if _is_own(version, used)]
            if any(later.get(version, key) != key for version, key in own):
                raise KeyFileError(f"{self._path} has another key under a version of {purpose.value}")

    def _adopt(self, sets: _Sets, seen: tuple[int, int]) -> None:
        # In this order: a thread that reads in between just re-reads the new file, which is safe.
        self._sets, self._current = sets, {}
        self._seen = seen

    def _decrypted(self, document: bytes) -> _Sets:
        passphrase, is_in_module = self._read_passphrase(), pkcs11_lock.is_locked(document)
        try:
            secret = self._opened(document, passphrase, is_in_module=is_in_module)
            sets = key_set.decode(secret)
            if not is_in_module:
                self._keep_cost(passphrases.cost_of(document))
        except ModuleError as error:
            raise KeyFileLockedError(f"{self._path} cannot be opened: {error}") from error
        except (UnsealError, ValueError) as error:
            raise KeyFileLockedError(f"{self._path} cannot be opened with this passphrase") from error
        self._passphrase, self._is_in_module = passphrase, is_in_module
        return sets

    def _keep_cost(self, found: Cost) -> None:
        # The passphrase may have been changed to a person's by a version that knew no generated ones.
        if found != passphrases.LEAST_COST:
            self._cost = found

    def _opened(self, document: bytes, passphrase: bytes, *, is_in_module: bool) -> bytes:
        if not is_in_module:
            return passphrases.unlock(document, passphrase=passphrase, purpose=_PURPOSE)
        if self._module is None:
            raise ModuleError("a hardware module has locked it: set IDVAULT_PKCS11_URI")
        return self._module.unlock(document, pin=passphrase, purpose=_PURPOSE)

    def _write(self, sets: _Sets) -> None:
        document = self._document(key_set.encode(sets))
        try:
            written = durable_file.replace(self._path, document, keep_owner=True)
        except OSError as error:
            raise KeyFileMissingError(f"{self._path} cannot be written") from error
        self._adopt(sets, (written.st_ino, written.st_mtime_ns))

    def _document(self, secret: bytes) -> bytes:
        if self._module is None or not self._is_in_module:
            return passphrases.lock(
                secret,
                passphrase=self._passphrase,
                purpose=_PURPOSE,
                random=self._entropy.random(passphrases.RANDOM_SIZE),
                cost=self._cost,
            )
        nonce = self._entropy.random(pkcs11_lock.NONCE_SIZE)
        try:
            return self._module.lock(secret, pin=self._passphrase, purpose=_PURPOSE, nonce=nonce)
        except ModuleError as error:
            raise KeyFileLockedError(f"{self._path} cannot be written: {error}") from error


def _is_own(version: str, used: UsedVersions | None) -> bool:
    return used is None or used.own is None or int(version) in used.own
