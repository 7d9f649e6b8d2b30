"""Builds the witnesses' clients, and compares the databases with the witnesses at start-up or later."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack

from idvault.core.config import ConfigError, Settings
from idvault.core.db.database import Database
from idvault.core.telemetry.logs import describe, log
from idvault.core.telemetry.watching import cancel
from idvault.log.acts.epoch import EpochAges
from idvault.log.acts.witness import CosignedAge, Demand, NoCheckpointError, UnwitnessedError, WitnessFlow
from idvault.log.ports import Witness
from idvault.log.store import EPOCHS, SIGNED, SqlCheckpointStore, SqlEpochMain, SqlLogStore
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.log import check_asked, witness_keys
from idvault.processes.witness.client import HttpWitness
from idvault.sealing.ports import Signer
from idvault.verify.attest.people.roster import Roster
from idvault.verify.error import DamagedError, IdvaultError
from idvault.verify.transparency import checkpoint
from idvault.verify.transparency.checkpoint import Checkpoint
from idvault.verify.transparency.note import MalformedKeyError, NoteSigner, VerifierKey, parse_key
from idvault.verify.transparency.tree import EMPTY_ROOT

# Enough for a worker that starts at the same time to sign its first checkpoint.
_FIRST_CHECKPOINT = 15.0
_PAUSE = 0.1
_LATER = 2.0
_LOOK = 5.0


def open_witnesses(stack: AsyncExitStack, base: Base) -> dict[VerifierKey, HttpWitness]:
    """Return the clients of the configured witnesses; the stack closes them."""
    found = {}
    for url, text in base.settings.witnesses:
        key = _key(text)
        found[key] = HttpWitness(url=url, key=key, clock=base.real_now, development=base.settings.development)
        stack.push_async_callback(found[key].close)
    return found


class WitnessWatch:
    """The comparison with the witnesses: at start-up, or later if too few of them could be reached then."""

    def __init__(self, flow: WitnessFlow | None) -> None:
        """Set the comparison; None if no witness is configured."""
        self._flow = flow
        self._is_checked = flow is None

    async def start(self, *, keys: tuple[VerifierKey, ...]) -> None:
        """Compare with the witnesses or, if too few are reachable, with the last cosigned checkpoint.

        Raises what WitnessFlow.check raises. A process that starts before the first checkpoint waits for it.
        """
        if self._flow is None:
            return
        try:
            await _first(self._flow)
            self._is_checked = True
        except NoCheckpointError:
            raise
        except UnwitnessedError as error:
            size = await self._flow.check_kept(keys=keys)
            log().warning("witnesses_unreachable", count=size, **describe(error))

    async def follow(self) -> None:
        """Wait until the witnesses confirm the log; raises LogOlderError or LogForkedError if they do not."""
        while self._flow is not None and not self._is_checked:
            await asyncio.sleep(_LATER)
            try:
                await self._flow.check()
                self._is_checked = True
                log().info("witnesses_confirmed")
            except DamagedError:
                raise
            except IdvaultError:
                continue


def watch_cosigned(stack: AsyncExitStack, base: Base, roster: Callable[[], Roster]) -> None:
    """Report every few seconds how long the log has been without cosignatures; the stack ends it."""
    age = CosignedAge(
        log=SqlLogStore(database=base.main),
        complete=SqlCheckpointStore(database=base.shred),
        demand=lambda: demand_of(roster()),
        observe=lambda seconds: base.metrics.log_cosigned_age(seconds=seconds),
        tell=lambda seconds: log().warning("log_not_cosigned", seconds=seconds),
        lag=base.metrics.vitals.witness_lag,
    )

    async def run() -> None:
        while True:
            try:
                await age.look(now=base.real_now())
            except IdvaultError as error:
                log().warning("log_not_read", **describe(error))
            await asyncio.sleep(_LOOK)

    stack.push_async_callback(cancel, asyncio.create_task(run()))


def demand_of(roster: Roster) -> Demand:
    """Return how many of which witnesses a roster demands."""
    return Demand(0 if roster.witness is None else roster.witness.threshold, witness_keys(roster))


async def check_witnessed(
    base: Base,
    roster: Roster,
    *,
    witnesses: Mapping[VerifierKey, HttpWitness],
    signer: Signer | None = None,
) -> WitnessWatch:
    """Compare both databases with the witnesses, if any are configured; raises what WitnessFlow.check raises.

    roster: the version in force, which says how many of which witnesses must confirm. signer: the log's key,
    if this process has it. A process without it waits for the first checkpoint.
    """
    await epoch_ages(base.main, base.shred).check()
    if not witnesses:
        return WitnessWatch(None)
    named = witness_keys(roster)
    asked = {key: each for key, each in witnesses.items() if key in named or not named}
    check_asked(roster, tuple(asked))
    quorum = len(asked) // 2 + 1 if roster.witness is None else roster.witness.threshold
    flow = witness_flow(base.main, base.shred, witnesses=asked, quorum=quorum)
    if signer is not None:
        await flow.begin(empty=_empty(base.settings, signer))
    watch = WitnessWatch(flow)
    await watch.start(keys=named or tuple(witnesses))
    return watch


def witness_flow(
    main: Database, shred: Database, *, witnesses: Mapping[VerifierKey, Witness], quorum: int
) -> WitnessFlow:
    """Return the comparison of two databases with witnesses. quorum: how many must confirm them."""
    return WitnessFlow(
        witnesses=witnesses,
        quorum=quorum,
        log=SqlLogStore(database=main),
        # The last signed one: it is stored before a witness sees it, the complete one only afterwards.
        checkpoints=SqlCheckpointStore(database=shred, name=SIGNED),
        complete=SqlCheckpointStore(database=shred),
        ages=epoch_ages(main, shred),
    )


def epoch_ages(main: Database, shred: Database) -> EpochAges:
    """Return the comparison of what two databases know of the log's epochs."""
    return EpochAges(main=SqlEpochMain(database=main), shred=SqlCheckpointStore(database=shred, name=EPOCHS))


async def stopped(stop: asyncio.Event, watch: WitnessWatch) -> None:
    """Wait until stop is set; raises LogOlderError or LogForkedError as soon as the witnesses tell."""
    following = asyncio.create_task(watch.follow())
    waiting = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([following, waiting], return_when=asyncio.FIRST_COMPLETED)
        if following.done():
            following.result()
            await waiting
    finally:
        for task in (following, waiting):
            task.cancel()
        await asyncio.gather(following, waiting, return_exceptions=True)


async def _first(flow: WitnessFlow) -> None:
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


def _empty(settings: Settings, signer: Signer) -> bytes:
    key = VerifierKey(settings.log_origin, signer.public_key)
    return checkpoint.sign(Checkpoint(settings.log_origin, 0, EMPTY_ROOT), [NoteSigner(key, signer.sign)])


def _key(text: str) -> VerifierKey:
    try:
        return parse_key(text)
    except MalformedKeyError:
        raise ConfigError(
            "IDVAULT_WITNESS_KEYS must have the public keys that `idvault witness` prints"
        ) from None
