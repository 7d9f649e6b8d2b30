"""Reports that a platform refers to authorities, and what those answer, over one database."""

import asyncio
from pathlib import Path
from typing import Any

from idvault.core.act import SYSTEM
from idvault.core.db.database import Database
from idvault.tip_off.acts import reporter
from idvault_client.tip_offs import TipOffReport
from idvault_people.authority.referral import GivenReferral, ReferralOfficer
from idvault_people.trust import Trust
from idvault_verify.tip_off import ReferralState
from tests.support.tip_off_world import TipOffWorld, key_files
from tools.support.authority_world import AuthorityWorld, identity
from tools.support.flow_world import at
from tools.support.log_world import KEY
from tools.support.orders import OFFICE


class ReferralWorld(TipOffWorld):
    """Reports beside two authorities; needs a running loop."""

    def __init__(self, database: Database, folder: Path, **policy: Any) -> None:
        """folder: of what the officers keep, and of the keys."""
        self.office = AuthorityWorld(database, folder)
        super().__init__(database, key_files(folder), sanctions=self.office, **policy)
        self.context.rosters = self.office.rosters

    def officer(self, name: str = OFFICE, *, seconds: float = 0, edge: Any = None) -> ReferralOfficer:
        """Return an officer's client, whose clock is that of its calls."""
        office = self.office
        return ReferralOfficer(
            identity=identity(name),
            trust=Trust(
                versions=tuple(office.rosters.versions),
                log_key=KEY,
                state=office.folder / f"{name}.checkpoint",
            ),
            edge=edge or office.edge(name, seconds=seconds),
            now=lambda: at(seconds).real,
            request_id=office.new_id,
        )

    async def referral(
        self, report: TipOffReport, *, name: str = OFFICE, seconds: float = 0
    ) -> GivenReferral:
        """Return the last referral of a report as its authority reads it."""
        return await asyncio.to_thread(self.officer(name, seconds=seconds).get, report.referral_id)

    async def referrals(
        self, *, state: ReferralState | None = None, name: str = OFFICE, seconds: float = 0
    ) -> list[GivenReferral]:
        """Return what was referred to an authority."""
        officer = self.officer(name, seconds=seconds)
        return await asyncio.to_thread(lambda: list(officer.every(state=state)))

    async def answer_as(
        self,
        referral: GivenReferral,
        answer: ReferralState,
        *,
        name: str = OFFICE,
        seconds: float = 0,
        code: str = "",
    ) -> GivenReferral:
        """Accept or decline as an authority."""
        officer = self.officer(name, seconds=seconds)
        given = code or self.office.codes.code()
        return await asyncio.to_thread(officer.answer, referral, answer, code=given)

    async def accept(self, report: TipOffReport, *, seconds: float = 0) -> GivenReferral:
        """Accept the last referral of a report."""
        found = await self.referral(report, seconds=seconds)
        return await self.answer_as(found, ReferralState.ACCEPTED, seconds=seconds)

    async def decline(self, report: TipOffReport, *, seconds: float = 0) -> GivenReferral:
        """Decline the last referral of a report."""
        found = await self.referral(report, seconds=seconds)
        return await self.answer_as(found, ReferralState.DECLINED, seconds=seconds)

    async def lapse(self, report: TipOffReport, *, seconds: float) -> bool:
        """Let the worker write what has come due of a report."""
        return await reporter.remind(self.vault, SYSTEM, at(seconds), await self.stored(report))
