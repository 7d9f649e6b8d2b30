"""Answers "was my identity ever opened?": the openings up to one horizon, each with its proof."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from idvault.domain import disclosure_horizon
from idvault.domain.clock import ClockReading
from idvault.domain.error import NotFoundError, Reason, UnavailableError
from idvault.flows.log.proof import LogProofs, Proofs
from idvault.flows.policy import OperatorPolicy
from idvault.ports.account import StatusStore
from idvault.ports.disclosure import DisclosureStore, RecordAccess


@dataclass(frozen=True, slots=True)
class History:
    """Openings before the horizon, oldest first; proofs: one for each, under one checkpoint."""

    account_token: str
    horizon: datetime
    openings: tuple[RecordAccess, ...]
    proofs: Proofs


@dataclass(kw_only=True, eq=False, repr=False)
class DisclosureHistoryFlow:
    """Histories of a relying party's own accounts."""

    accounts: StatusStore
    store: DisclosureStore
    proofs: LogProofs
    policy: OperatorPolicy
    embargo: timedelta

    async def get(self, *, relying_party: str, account_token: str, now: ClockReading) -> History:
        """Return the history up to the horizon of now.

        Raises NotFoundError (ACCOUNT_NOT_FOUND), also for another party's account; UnavailableError
        (LOG_UNAVAILABLE) while no checkpoint covers an opening; DamagedError if an entry is gone.
        """
        owner = await self.accounts.get(relying_party=relying_party, account_token=account_token)
        if owner is None:
            raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
        zone = self.policy.zone
        horizon = disclosure_horizon.horizon(today=now.today(zone), embargo=self.embargo, zone=zone)
        openings = tuple(
            opening
            for opening in await self.store.openings(account_token=account_token)
            if disclosure_horizon.is_told(opened_at=opening.opened_at, horizon=horizon)
        )
        entry_ids = [opening.entry_id for opening in openings]
        # A horizon lies days back: an entry that still has no proof will not get one by waiting here.
        proofs = await self.proofs.wait(entry_ids, account_token=account_token, patience=0)
        if not proofs.note:
            raise UnavailableError(Reason.LOG_UNAVAILABLE)
        return History(account_token, horizon, openings, proofs)
