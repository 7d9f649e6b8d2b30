"""The method of SanctionService about the figures of a month, and its message."""

from dataclasses import asdict, dataclass
from datetime import tzinfo

from idvault.core.act import Vault
from idvault.core.edge.call import Caller
from idvault.report.acts import report as acts
from idvault.report.rules import MonthFigures
from idvault.sanction.content_measure.api import KINDS
from idvault.sanction.operation.api import sanction_count
from idvault_verify.clock import ClockReading
from idvault_verify.v1 import sanction_pb2 as pb


def message(value: MonthFigures) -> pb.MonthFigures:
    """Return the message of a month's figures."""
    return pb.MonthFigures(
        month=value.month.name,
        tip_offs=pb.MonthFigures.TipOffCount(**asdict(value.tip_offs)),
        sanctions=[sanction_count(each) for each in value.sanctions.counts],
        proposals_open=value.sanctions.proposals_open,
        proposals_ended=value.sanctions.proposals_ended,
        appeals=pb.MonthFigures.AppealCount(**asdict(value.appeals)),
        applications=pb.MonthFigures.ApplicationCount(**asdict(value.applications)),
        contests=pb.MonthFigures.AppealCount(**asdict(value.contests)),
        reinstatements=pb.MonthFigures.AppealCount(**asdict(value.reinstatements)),
        content_measures=[
            pb.MonthFigures.ContentCount(**asdict(each) | {"kind": KINDS[each.kind]})
            for each in value.content_measures
            if each.kind is not None
        ],
        content_appeals=pb.MonthFigures.AppealCount(**asdict(value.content_appeals)),
    )


@dataclass(kw_only=True, eq=False, repr=False)
class MonthMethods:
    """The method about months. zone: the deployment's time zone."""

    vault: Vault
    zone: tzinfo

    async def GetMonthFigures(
        self,
        request: pb.GetMonthFiguresRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.MonthFigures:
        """Return the figures of a month."""
        figures = await acts.month_figures(self.vault, caller.name, request.month, zone=self.zone, now=now)
        return message(figures)
