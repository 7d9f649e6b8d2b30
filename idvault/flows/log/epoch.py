"""The epochs of the log, as the shred database has them; every checkpoint of a later one names its statement.

The statements were verified when the operator accepted the loss. Whoever follows the log verifies them again,
so a false one in the database convinces nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from idvault.attest import epoch as statements
from idvault.attest.reading import RosterError
from idvault.domain.error import DamagedError, Reason
from idvault.ports.log.store import CheckpointStore
from idvault.transparency import epoch
from idvault.transparency.checkpoint import Checkpoint
from idvault.transparency.epoch import Break, Epoch
from idvault.transparency.tree import EMPTY_ROOT, LogError


@dataclass(kw_only=True, eq=False, repr=False)
class LogEpochs:
    """The statements of one log; call `refresh` first. They are parsed again only if they have changed."""

    store: CheckpointStore
    raw: bytes | None = field(default=None, init=False)
    breaks: Sequence[Break] = field(default=(), init=False)

    @property
    def current(self) -> Epoch:
        """The epoch of new checkpoints."""
        return self.breaks[-1].epoch if self.breaks else Epoch()

    async def refresh(self) -> None:
        """Read the statements; raises DamagedError (RECORD_DAMAGED) if they cannot be read."""
        raw = await self.store.latest()
        if raw is None or raw == self.raw:
            return
        try:
            self.breaks = [epoch.read(each) for each in statements.parse_chain(raw)]
        except (RosterError, LogError) as error:
            raise DamagedError(Reason.RECORD_DAMAGED) from error
        self.raw = raw

    def probe(self, origin: str) -> Checkpoint:
        """Return a checkpoint of the current epoch, to ask what continues into it."""
        return Checkpoint(origin, 0, EMPTY_ROOT, self.current.extensions)
