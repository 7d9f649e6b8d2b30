"""What the worker expires, removes and forgets, as short calls."""

from dataclasses import dataclass

from idvault.claim.acts import backlog as claim_backlog
from idvault.core.act import Vault
from idvault.core.policy import OperatorPolicy
from idvault.status import acts
from idvault_verify.clock import ClockReading


@dataclass
class Retention:
    """The tasks of one vault."""

    vault: Vault
    policy: OperatorPolicy

    async def expire_accounts(self, *, now: ClockReading, limit: int) -> int:
        return await acts.expire_all(self.vault, now, zone=self.policy.zone, limit=limit)

    async def remove_abandoned(self, *, now: ClockReading, limit: int) -> int:
        return await acts.remove_abandoned(self.vault, now, zone=self.policy.zone, limit=limit)

    async def purge_requests(self, *, now: ClockReading) -> int:
        return await claim_backlog.purge_requests(self.vault, now)
