"""Builds the witness client of a process, and checks the databases against the witness at start-up."""

import asyncio
from contextlib import AsyncExitStack

from idvault.bootstrap.base import Base
from idvault.config import ConfigError, Settings
from idvault.flows.log.witness import NoCheckpointError, WitnessFlow
from idvault.ports.log.store import LogSigner
from idvault.storage.log.checkpoint import SIGNED, SqlCheckpointStore
from idvault.storage.log.store import SqlLogStore
from idvault.transparency import checkpoint
from idvault.transparency.checkpoint import Checkpoint
from idvault.transparency.note import MalformedKeyError, NoteSigner, VerifierKey, parse_key
from idvault.transparency.tree import EMPTY_ROOT
from idvault.witness.client import HttpWitness

# Enough for a worker that starts at the same time to sign its first checkpoint.
_FIRST_CHECKPOINT = 15.0
_PAUSE = 0.1


def open_witness(stack: AsyncExitStack, base: Base) -> HttpWitness | None:
    """Return the client of the configured witness, None if there is none; the stack closes it."""
    settings = base.settings
    if not settings.witness_url:
        return None
    witness = HttpWitness(
        url=settings.witness_url,
        key=_key(settings),
        clock=base.real_now,
        development=settings.development,
    )
    stack.push_async_callback(witness.close)
    return witness


async def check_witnessed(base: Base, *, signer: LogSigner | None = None) -> None:
    """Compare both databases with the witness, if one is configured.

    Raises what WitnessFlow.check raises.

    signer: the log's key, if this process has it. A process without it waits for the first checkpoint.
    """
    async with AsyncExitStack() as stack:
        witness = open_witness(stack, base)
        if witness is None:
            return
        flow = WitnessFlow(
            witness=witness,
            log=SqlLogStore(database=base.main),
            # The last signed one: it is stored before the witness sees it, the complete one only afterwards.
            checkpoints=SqlCheckpointStore(database=base.shred, name=SIGNED),
        )
        if signer is not None:
            await flow.begin(empty=_empty(base.settings, signer))
        await _check(flow)


async def _check(flow: WitnessFlow) -> None:
    deadline = asyncio.get_running_loop().time() + _FIRST_CHECKPOINT
    while True:
        try:
            await flow.check()
        except NoCheckpointError:
            if asyncio.get_running_loop().time() >= deadline:
                raise
            await asyncio.sleep(_PAUSE)
        else:
            return


def _empty(settings: Settings, signer: LogSigner) -> bytes:
    key = VerifierKey(settings.log_origin, signer.public_key)
    return checkpoint.sign(Checkpoint(settings.log_origin, 0, EMPTY_ROOT), [NoteSigner(key, signer.sign)])


def _key(settings: Settings) -> VerifierKey:
    try:
        return parse_key(settings.witness_key)
    except MalformedKeyError:
        raise ConfigError(
            "IDVAULT_WITNESS_KEY must be the public key that `idvault witness` prints"
        ) from None
