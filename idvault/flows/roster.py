"""Noting in the log which roster version a deployment works under."""

from idvault.domain.event import SYSTEM_ACTOR, EventType
from idvault.domain.moment import Moment
from idvault.flows.recorder import Recorder
from idvault.ports.entropy import Entropy
from idvault.ports.roster import RosterStore


class RosterFlow:
    """Adoption of roster versions."""

    def __init__(self, *, store: RosterStore, entropy: Entropy) -> None:
        """Take the port."""
        self._store = store
        self._recorder = Recorder(entropy=entropy)

    async def adopt(self, *, version: int, digest: str, now: Moment) -> bool:
        """Note a verified version once; raises PreconditionError (ROSTER_INVALID) on an older one."""
        event = self._recorder.event(
            EventType.ROSTER_ADOPTED, actor_id=SYSTEM_ACTOR, now=now, version=version, hash=digest
        )
        return await self._store.adopt(version=version, digest=digest, now=now, event=event)
