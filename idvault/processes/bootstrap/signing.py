"""Builds the signers of statuses, for the edge and the worker."""

from idvault.core.act import Vault
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.signing import Ed25519Signer
from idvault.status.credential.acts import StatusKeys
from idvault_verify.clock import ClockReading


def status_signer(vault: Vault, keys: LocalKeyProvider, purpose: Purpose) -> StatusKeys:
    """Return the signer with every key that this process has for a purpose."""
    return StatusKeys(vault=vault, signers=_signers(keys, purpose), purpose=purpose.value)


async def follow_status_keys(
    signer: StatusKeys, keys: LocalKeyProvider, purpose: Purpose, *, now: ClockReading
) -> None:
    """Announce the keys that the file has by now; each signs when it is due."""
    await keys.held()
    signer.hold(_signers(keys, purpose))
    await signer.announce(now=now.real)


def _signers(keys: LocalKeyProvider, purpose: Purpose) -> list[Ed25519Signer]:
    held = keys.keys(purpose).versions
    return [Ed25519Signer(keys=KeySet(version, {version: key})) for version, key in held.items()]
