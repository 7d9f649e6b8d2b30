"""Builds the signers of statuses, for the edge and the worker."""

from idvault.bootstrap.base import Base
from idvault.flows.credential.signing_key import StatusKeyFlow
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.signing import Ed25519Signer
from idvault.storage.credential.status_list import SqlStatusKeyStore


def status_signer(base: Base, keys: LocalKeyProvider, purpose: Purpose) -> StatusKeyFlow:
    """Return the signer with every key that this process has for a purpose."""
    held = keys.keys(purpose).versions
    return StatusKeyFlow(
        store=SqlStatusKeyStore(database=base.main),
        signers=[Ed25519Signer(keys=KeySet(version, {version: key})) for version, key in held.items()],
        purpose=purpose.value,
    )
