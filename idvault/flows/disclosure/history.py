"""Answers "was my identity ever disclosed?": disclosures and openings before the horizon, with proofs.

A disclosure is the release of M shares: from then on operator and auditor together can open the record.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from idvault.domain import disclosure_horizon
from idvault.domain.account import AccountState
from idvault.domain.clock import ClockReading
from idvault.domain.erasure import ErasureState
from idvault.domain.error import NotFoundError, PreconditionError, Reason, UnavailableError
from idvault.flows.log.proof import LogProofs, Proofs
from idvault.flows.policy import OperatorPolicy
from idvault.ports.account import StatusStore
from idvault.ports.disclosure import DisclosureStore, RecordAccess, RecordDisclosure
from idvault.ports.erasure import ErasureStore


@dataclass(frozen=True, slots=True)
class History:
    """Disclosures and openings before the horizon, each oldest first.

    proofs: one for each disclosure, then one for each opening, under one checkpoint.
    """

    account_token: str
    horizon: datetime
    disclosures: tuple[RecordDisclosure, ...]
    openings: tuple[RecordAccess, ...]
    proofs: Proofs


@dataclass(kw_only=True, eq=False, repr=False)
class DisclosureHistoryFlow:
    """Histories of a relying party's accounts."""

    accounts: StatusStore
    store: DisclosureStore
    proofs: LogProofs
    policy: OperatorPolicy
    embargo: timedelta
    erasures: ErasureStore

    async def get(self, *, relying_party: str, account_token: str, now: ClockReading) -> History:
        """Return the history up to today's horizon.

        Raises NotFoundError (ACCOUNT_NOT_FOUND), also for another party's account; PreconditionError
        (ACCOUNT_ERASED) once its keys are destroyed, whether there was a disclosure or not; UnavailableError
        (LOG_UNAVAILABLE) if no checkpoint covers an entry; DamagedError if an entry is missing.
        """
        owner = await self.accounts.get(relying_party=relying_party, account_token=account_token)
        if owner is None:
            raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
        if owner.state is AccountState.ERASED:
            erasure = await self.erasures.newest(relying_party=relying_party, account_token=account_token)
            if erasure is not None and erasure.state is ErasureState.DESTROYED:
                raise PreconditionError(Reason.ACCOUNT_ERASED)
        zone = self.policy.zone
        horizon = disclosure_horizon.horizon(today=now.today(zone), embargo=self.embargo, zone=zone)
        disclosures = tuple(
            each
            for each in await self.store.disclosures(account_token=account_token)
            if disclosure_horizon.is_told(happened_at=each.disclosed_at, horizon=horizon)
        )
        openings = tuple(
            opening
            for opening in await self.store.openings(account_token=account_token)
            if disclosure_horizon.is_told(happened_at=opening.opened_at, horizon=horizon)
        )
        entry_ids = [*(each.entry_id for each in disclosures), *(each.entry_id for each in openings)]
        # The horizon is days ago, so waiting here would not help an entry that has no proof yet.
        proofs = await self.proofs.wait(entry_ids, account_token=account_token, patience=0)
        if not proofs.note:
            raise UnavailableError(Reason.LOG_UNAVAILABLE)
        return History(account_token, horizon, disclosures, openings, proofs)
