"""Converts the figures of a month to their message."""

from dataclasses import asdict

from idvault.report.rules.figure import MonthFigures
from idvault.sanction.operation.api import sanction_count
from idvault.v1 import sanction_pb2 as pb


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
    )
