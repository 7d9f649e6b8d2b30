"""Builds the clients of the providers of proofs that this deployment has."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from idvault.core.config import ConfigError, Settings
from idvault.registry import provider
from idvault.registry.ports import ProofProvider
from idvault.registry.provider import HttpProofProvider, ProviderFileError, ProviderSettings
from idvault_verify.session import Proof


def proof_providers(stack: AsyncExitStack, settings: Settings) -> Mapping[Proof, ProofProvider]:
    """Return the provider of each kind of proof; the stack closes them.

    Raises ConfigError for a file that names none.
    """
    files = {
        Proof.HOLDER: ("IDVAULT_HOLDER_PROVIDER", settings.holder_provider),
        Proof.RESULT_ONLY: ("IDVAULT_RESULT_PROVIDER", settings.result_provider),
    }
    made: dict[Proof, ProofProvider] = {}
    for proof, (name, path) in files.items():
        if path.name:
            client = made[proof] = HttpProofProvider(_read(name, path, settings))
            stack.push_async_callback(client.close)
    return made


def _read(name: str, path: Path, settings: Settings) -> ProviderSettings:
    try:
        return provider.read(path, development=settings.development)
    except ProviderFileError as error:
        raise ConfigError(f"{name} cannot be used: {error}") from error
