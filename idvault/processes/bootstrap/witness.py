"""The witnesses of a deployment: whose cosignatures the roster requires, and what they have seen."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack

from idvault.core.config import ConfigError, Settings
from idvault.core.telemetry.logs import describe, log
from idvault.core.telemetry.watching import cancel
from idvault.log.acts import epoch as log_epoch
from idvault.log.acts import witness as witness_acts
from idvault.log.acts.witness import Compared, CosignedAge, Demand, NoCheckpointError, UnwitnessedError
from idvault.processes.bootstrap.base import Base
from idvault.processes.witness.client import HttpWitness
from idvault.sealing.ports import Signer
from idvault_verify.attest.people.roster import Roster
from idvault_verify.error import DamagedError, IdvaultError
from idvault_verify.transparency import checkpoint
from idvault_verify.transparency.checkpoint import Checkpoint, CosignaturePolicy
from idvault_verify.transparency.note import Algorithm, MalformedKeyError, NoteSigner, VerifierKey, parse_key
from idvault_verify.transparency.tree import EMPTY_ROOT


def log_policy(
    origin: str,
    roster: Roster,
    public_key: bytes,
    *,
    asked: tuple[VerifierKey, ...],
    more: tuple[VerifierKey, ...] = (),
) -> CosignaturePolicy:
    """Return the signatures that a checkpoint of this deployment needs.

    The roster, which clients pin, decides which cosignatures are required; the settings name the witnesses to
    ask. A witness that is not in the roster is asked too, but its cosignature is optional. more: the log's
    other keys.
    """
    keys = witness_keys(roster) or asked
    quorum = 0 if roster.witness is None else roster.witness.threshold
    own = dict.fromkeys((VerifierKey(origin, public_key), *more))
    return CosignaturePolicy(origin, tuple(own), keys, quorum)


def witness_keys(roster: Roster) -> tuple[VerifierKey, ...]:
    """Return the keys of the witnesses that a roster names."""
    named = () if roster.witness is None else roster.witness.witnesses
    return tuple(VerifierKey(name, key, Algorithm.COSIGNATURE_V1) for name, key in named)


def check_asked(roster: Roster, asked: tuple[VerifierKey, ...]) -> None:
    """Raise ConfigError unless the settings name enough of the witnesses that a roster requires."""
    quorum = 0 if roster.witness is None else roster.witness.threshold
    if len(set(witness_keys(roster)) & set(asked)) < quorum:
        raise ConfigError(
            f"IDVAULT_WITNESSES must name at least {quorum} of the witnesses that the roster requires"
        )


# Enough for a worker that starts at the same time to sign its first checkpoint.
_FIRST_CHECKPOINT = 15.0
_PAUSE = 0.1
_LATER = 2.0
_LOOK = 5.0


def open_witnesses(stack: AsyncExitStack, base: Base) -> dict[VerifierKey, HttpWitness]:
    """Return the clients of the configured witnesses; the stack closes them."""
    found = {}
    for url, text in base.settings.witness_list:
        key = _key(text)
        found[key] = HttpWitness(url=url, key=key, clock=base.real_now, development=base.settings.development)
        stack.push_async_callback(found[key].close)
    return found


class WitnessWatch:
    """The comparison with the witnesses: at start-up, or later if too few of them could be reached then."""

    def __init__(self, compared: Compared | None) -> None:
        """Set what is compared; None if no witness is configured."""
        self._compared = compared
        self._is_checked = compared is None

    async def start(self, *, keys: tuple[VerifierKey, ...]) -> None:
        """Compare with the witnesses or, if too few are reachable, with the last cosigned checkpoint.

        Raises what the comparison raises. A process that starts before the first checkpoint waits for it.
        """
        if self._compared is None:
            return
        try:
            await _first(self._compared)
            self._is_checked = True
        except NoCheckpointError:
            raise
        except UnwitnessedError as error:
            size = await witness_acts.check_kept(self._compared, keys=keys)
            log().warning("witnesses_unreachable", count=size, **describe(error))

    async def follow(self) -> None:
        """Wait until the witnesses confirm the log; raises LogOlderError or LogForkedError if they do not."""
        while self._compared is not None and not self._is_checked:
            await asyncio.sleep(_LATER)
            try:
                await witness_acts.check(self._compared)
                self._is_checked = True
                log().info("witnesses_confirmed")
            except DamagedError:
                raise
            except IdvaultError:
                continue


def watch_cosigned(stack: AsyncExitStack, base: Base, roster: Callable[[], Roster]) -> None:
    """Report every few seconds how long the log has been without cosignatures; the stack ends it."""
    age = CosignedAge(
        main=base.main,
        shred=base.shred,
        demand=lambda: demand_of(roster()),
        observe=base.metrics.log_cosigned_age.set,
        tell=lambda seconds: log().warning("log_not_cosigned", seconds=seconds),
        lag=base.metrics.vitals.witness_lag.set_all,
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
    """Compare both databases with the witnesses, if any are configured; raises what the comparison raises.

    roster: the version in force, which says how many of which witnesses must confirm. signer: the log's key,
    if this process has it. A process without it waits for the first checkpoint.
    """
    await log_epoch.check_ages(base.main, base.shred)
    if not witnesses:
        return WitnessWatch(None)
    named = witness_keys(roster)
    asked = {key: each for key, each in witnesses.items() if key in named or not named}
    check_asked(roster, tuple(asked))
    quorum = len(asked) // 2 + 1 if roster.witness is None else roster.witness.threshold
    if signer is not None:
        await witness_acts.begin(base.shred, empty=_empty(base.settings, signer))
    watch = WitnessWatch(Compared(main=base.main, shred=base.shred, witnesses=asked, quorum=quorum))
    await watch.start(keys=named or tuple(witnesses))
    return watch


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


async def _first(compared: Compared) -> None:
    deadline = asyncio.get_running_loop().time() + _FIRST_CHECKPOINT
    while True:
        try:
            await witness_acts.check(compared)
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
            "IDVAULT_WITNESSES must have the public keys that `idvault witness` prints"
        ) from None
