"""The call for the figures of a month."""

from google.protobuf.message import Message

from idvault.report.rules.figure import AppealFigures, ApplicationFigures, TipOffFigures
from idvault.v1 import sanction_pb2 as pb
from idvault_client.backend.rpc import Rpc, rpc, text
from idvault_client.backend.sanction.matters import read_figure
from idvault_client.backend.sanction.values import PlatformMonth

_SERVICE = pb.DESCRIPTOR.services_by_name["SanctionService"]


def get_month(month: str = "") -> Rpc[PlatformMonth]:
    """Return what happened to everything that began in a month such as "2026-10"; "" for the present one.

    Raises InvalidFields for a month that has not begun.
    """
    request = pb.GetMonthFiguresRequest(month=text(month, field="month"))
    return rpc(_SERVICE, "GetMonthFigures", request, _read)


def _read(data: bytes) -> PlatformMonth:
    answer = pb.MonthFigures.FromString(data)
    return PlatformMonth(
        month=answer.month,
        tip_offs=TipOffFigures(**_counts(answer.tip_offs)),
        sanctions=tuple(read_figure(each) for each in answer.sanctions),
        proposals_open=answer.proposals_open,
        proposals_ended=answer.proposals_ended,
        appeals=AppealFigures(**_counts(answer.appeals)),
        applications=ApplicationFigures(**_counts(answer.applications)),
        contests=AppealFigures(**_counts(answer.contests)),
    )


def _counts(message: Message) -> dict[str, int]:
    return {field.name: getattr(message, field.name) for field in message.DESCRIPTOR.fields}
