"""Builds the clients of the providers of proofs that this deployment has."""

from collections.abc import Mapping
from contextlib import AsyncExitStack

from idvault.core.config import ConfigError, Settings
from idvault.registry import provider
from idvault.registry.ports import ProofProvider
from idvault.registry.provider import HttpProofProvider, ProviderFileError
from idvault_verify.session import Proof


def proof_providers(stack: AsyncExitStack, settings: Settings) -> Mapping[Proof, ProofProvider]:
    """Return the provider of each kind of proof; the stack closes them.

    Raises ConfigError for a file that names none.
    """
    if not settings.holder_provider.name:
        return {}
    try:
        read = provider.read(settings.holder_provider, development=settings.development)
    except ProviderFileError as error:
        raise ConfigError(f"IDVAULT_HOLDER_PROVIDER cannot be used: {error}") from error
    made = HttpProofProvider(read)
    stack.push_async_callback(made.close)
    return {Proof.HOLDER: made}
