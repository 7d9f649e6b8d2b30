"""Reports from the public: the forms of the platforms that the operator presents on the hosted pages.

Every call names its platform, which must have a form. Neither the vault nor its database learns from where a
visitor reports: the pages limit addresses, in memory, and the vault counts the reports of a form.
"""

from dataclasses import dataclass, replace

from idvault.core import caller
from idvault.platform.ports import PresentationStore, PresentedPlatform
from idvault.tip_off.acts.call import TipOffCall
from idvault.tip_off.acts.filing import FiledReport, FilingFlow, NewTipOff, ReporterView
from idvault.verify.clock import ClockReading


@dataclass(kw_only=True, eq=False, repr=False)
class FormFlow:
    """Reports as the hosted pages take them."""

    platforms: PresentationStore
    filing: FilingFlow

    async def list(self, *, after: str, limit: int) -> tuple[list[PresentedPlatform], str]:
        """Return the platforms with a form whose names follow `after`, and where the list continues."""
        found = await self.platforms.presented(after=after, limit=limit + 1)
        return found[:limit], found[limit - 1].name if len(found) > limit else ""

    async def file(self, call: TipOffCall, *, wanted: NewTipOff, now: ClockReading) -> FiledReport:
        """File a report; raises InvalidError, NotFoundError, ExhaustedError."""
        await self._serve(call.relying_party)
        return await self.filing.file(call, wanted=replace(wanted, by_form=True), now=now)

    async def follow(self, *, name: str, reference: str, secret: str, now: ClockReading) -> ReporterView:
        """Return what a reporter may read; raises NotFoundError."""
        await self._serve(name)
        return await self.filing.follow(relying_party=name, reference=reference, secret=secret, now=now)

    async def _serve(self, name: str) -> None:
        """Wait from now on in a platform's turn, and not in that of all pages; raises NotFoundError.

        Not before the platform is known: a visitor could make up names, each with a turn of its own.
        """
        await self.platforms.presented_as(name=name)
        caller.serve(caller.platform(name))
