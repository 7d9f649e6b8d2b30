"""The operator's commands on key files: they need no running process."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from idvault.core.config import Settings
from idvault.processes.bootstrap.base import ENTROPY, load_keys, load_keys_of, module_of
from idvault.sealing import key_set
from idvault.sealing.key_provider import (
    KeyFileError,
    KeyFileExistsError,
    KeyFileLockedError,
    LocalKeyProvider,
)
from idvault.sealing.key_set import Holder, Purpose
from idvault.sealing.pkcs11_lock import ModuleError
from idvault.sealing.signing import Ed25519Signer
from idvault_verify import durable_file
from idvault_verify.attest import passphrase as passphrases
from idvault_verify.attest.passphrase import DEFAULT_COST, Cost
from idvault_verify.transparency.note import VerifierKey

_SUFFIXES = ("keys", "passphrase")


def init_keys(settings: Settings, *, cost: Cost = DEFAULT_COST) -> str:
    """Create missing key files and keys beside IDVAULT_KEYS; return the log's public key as a vkey.

    Each file is encrypted under the passphrase of its process (Settings.passphrase_file). cost: of a guess of
    the passphrase that encrypts a new file.
    """
    folder = settings.keys.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for holder in Holder:
        path, keys = folder / f"{holder.value}.keys", key_set.fresh(holder, entropy=ENTROPY)
        with suppress(KeyFileExistsError):
            passphrase = settings.passphrase(holder.value)
            LocalKeyProvider.create(path, keys=keys, passphrase=passphrase, entropy=ENTROPY, cost=cost)
            continue
        # A file of an older version gets the additional keys that this version needs.
        load_keys_of(settings, holder).complete(keys)
    return log_public_key(settings)


def log_public_key(settings: Settings) -> str:
    """Return the log's public key as a vkey, from the worker's key file beside IDVAULT_KEYS."""
    signer = Ed25519Signer(keys=load_keys_of(settings, Holder.WORK).keys(Purpose.LOG))
    return str(VerifierKey(settings.log_origin, signer.public_key))


def make_passphrases(settings: Settings) -> list[Path]:
    """Create a random passphrase for each key file that is to be made and has none; return their files."""
    made = []
    for holder in Holder:
        path = settings.passphrase_file(holder.value)
        if not path.exists() and not (settings.keys.parent / f"{holder.value}.keys").exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            random = ENTROPY.random(passphrases.GENERATED_SIZE)
            durable_file.create(path, passphrases.generate(random) + b"\n")
            made.append(path)
    return made


def complete_keys(settings: Settings) -> tuple[str, ...]:
    """Add to the file of IDVAULT_KEYS the keys that this version needs; return their purposes."""
    provider = load_keys(settings)
    before = provider.purposes
    provider.complete(key_set.fresh(key_set.holder_of(before), entropy=ENTROPY))
    return tuple(purpose.value for purpose in provider.purposes if purpose not in before)


def rotate_key(settings: Settings, *, purpose: str) -> str:
    """Add a version of a purpose's key to the file of IDVAULT_KEYS; return the version's name.

    It is not the primary one: processes announce it first, and use it when it is due.
    """
    provider = load_keys(settings)
    wanted = Purpose(purpose)
    version = str(max(int(name) for name in provider.keys(wanted).versions) + 1)
    provider.put(wanted, version, ENTROPY.random(key_set.KEY_SIZE))
    return version


@dataclass(frozen=True, slots=True)
class ListedKey:
    """One version in a key file. check: what tells two keys apart, and nothing else about them."""

    purpose: str
    version: str
    is_primary: bool
    check: str


def list_keys(settings: Settings) -> list[ListedKey]:
    """Return every version in the file of IDVAULT_KEYS, the oldest of each purpose first."""
    provider = load_keys(settings)
    found: Mapping[Purpose, key_set.KeySet] = {each: provider.keys(each) for each in provider.purposes}
    return [
        ListedKey(
            purpose.value,
            version,
            version == keys.primary,
            key_set.shown_check(purpose, version, keys.versions[version]),
        )
        for purpose, keys in found.items()
        for version in sorted(keys.versions, key=key_set.age)
    ]


class SharedPassphraseError(Exception):
    """The passphrase file opens other key files too, and nobody could open them without its content."""

    def __init__(self, names: Sequence[str]) -> None:
        """Keep the names of the other key files, without their suffix."""
        super().__init__()
        self.names = tuple(names)

    def __str__(self) -> str:
        """Return which files, and what to do."""
        files, copies = (", ".join(f"{name}.{suffix}" for name in self.names) for suffix in _SUFFIXES)
        return (
            f"IDVAULT_KEY_PASSPHRASE_FILE also opens {files}: first copy it to {copies} beside it, and name "
            "the copy in the settings of that process"
        )


def move_into_module(settings: Settings, *, pin: bytes) -> bool:
    """Encrypt the file of IDVAULT_KEYS under the module's key, and put the PIN into its passphrase file.

    Creates the key in the token if it is missing. Returns and repeats as `change_passphrase`. Raises
    ModuleError, KeyFileLockedError, SharedPassphraseError.
    """
    module = module_of(settings)
    if module is None:
        raise ModuleError("IDVAULT_PKCS11_URI is missing: it names the module, the token and the key")
    _check_alone(settings)
    module.make_key(pin=pin)
    try:
        load_keys(settings).move_into(module, pin=pin)
    except KeyFileLockedError:
        LocalKeyProvider.load(settings.keys, passphrase=pin, entropy=ENTROPY, module=module)
    return _keep(settings, pin)


def change_passphrase(settings: Settings, *, new: bytes) -> bool:
    """Encrypt the file of IDVAULT_KEYS under another passphrase, and put that into its passphrase file.

    The key file first: if the passphrase file cannot be written, returns False, and the operator must do so.
    A repeat after a crash between the two finds the key file changed, and writes the passphrase file. Raises
    KeyFileLockedError, SharedPassphraseError; nothing has changed then.
    """
    _check_alone(settings)
    try:
        load_keys(settings).change_passphrase(new)
    except KeyFileLockedError:
        LocalKeyProvider.load(settings.keys, passphrase=new, entropy=ENTROPY)
    return _keep(settings, new)


def _check_alone(settings: Settings) -> None:
    """Raise SharedPassphraseError if another key file in the folder is opened by the same passphrase file."""
    others = (path for path in sorted(settings.keys.parent.glob("*.keys")) if path != settings.keys)
    shared = [path.stem for path in others if _is_opened_too(settings, path)]
    if shared:
        raise SharedPassphraseError(shared)


def _is_opened_too(settings: Settings, path: Path) -> bool:
    own = settings.passphrase_file(path.stem)
    if own.resolve() != settings.key_passphrase_file.resolve():
        return False
    try:
        # Without the module: it would count a wrong PIN, and lock the token after a few.
        LocalKeyProvider.load(path, passphrase=settings.passphrase, entropy=ENTROPY)
    except KeyFileLockedError as error:
        return isinstance(error.__cause__, ModuleError)
    except KeyFileError:
        return True  # it cannot be read, so nobody knows here
    return True


def _keep(settings: Settings, words: bytes) -> bool:
    try:
        durable_file.replace(settings.key_passphrase_file, words + b"\n", keep_owner=True)
    except OSError:
        return False
    return True
