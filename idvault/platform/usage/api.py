"""The method by which a platform reads what it used."""

from dataclasses import dataclass

from idvault.core.act import Vault
from idvault.core.edge.call import Caller
from idvault.platform.usage import acts
from idvault_verify.clock import ClockReading
from idvault_verify.v1 import usage_pb2 as pb


@dataclass(kw_only=True, eq=False, repr=False)
class UsageMethods:
    """Converts, calls one read, converts back."""

    vault: Vault

    async def GetUsage(
        self, request: pb.GetUsageRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Usage:
        """Return what the caller used in a month."""
        found = await acts.of_party(self.vault, caller.name, request.month)
        figures = [pb.Usage.Figure(what=what, count=number) for what, number in found.figures.items()]
        return pb.Usage(month=found.month, figures=figures)
