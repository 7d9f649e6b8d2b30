"""The types that a backend needs for reports of rumours; `Vault.tip_offs` makes the calls."""

from idvault_client.backend.blocking.tip_off import TipOffClient as TipOffs
from idvault_client.backend.sanction import UpheldSanction
from idvault_client.backend.tip_off import AioTipOffClient as AioTipOffs
from idvault_client.backend.tip_off import (
    FiledTipOff,
    FollowedTipOff,
    ReporterPage,
    TipOffCase,
    TipOffNote,
    TipOffPage,
    TipOffReport,
    TipOffReporter,
)
from idvault_verify.tip_off import (
    Dismissal,
    ReferralState,
    Reminder,
    ReporterStanding,
    TargetKind,
    TipOffChannel,
    TipOffOutcome,
    TipOffState,
    TipOffTarget,
)

__all__ = [
    "AioTipOffs",
    "Dismissal",
    "FiledTipOff",
    "FollowedTipOff",
    "ReferralState",
    "Reminder",
    "ReporterPage",
    "ReporterStanding",
    "TargetKind",
    "TipOffCase",
    "TipOffChannel",
    "TipOffNote",
    "TipOffOutcome",
    "TipOffPage",
    "TipOffReport",
    "TipOffReporter",
    "TipOffState",
    "TipOffTarget",
    "TipOffs",
    "UpheldSanction",
]
