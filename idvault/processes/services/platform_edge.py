"""The services of the platform edge whose methods stand beside the messages of several capabilities."""

from dataclasses import dataclass

from idvault.disclosure.api.history import HistoryMethods
from idvault.moderator.api import ModeratorMethods
from idvault.report.api import MonthMethods
from idvault.sanction.api import SanctionMethods
from idvault.sanction.appeal.api import AppealMethods
from idvault.sanction.content_measure.api import ContentMeasureMethods
from idvault.sanction.narrowing.api import NarrowingMethods
from idvault.sanction.operation.api import OperationMethods
from idvault.sanction.order.api import OrderMethods
from idvault.sanction.sanction_template.api import TemplateMethods
from idvault.status.api import StatusMethods
from idvault.status.credential.api import CredentialMethods


@dataclass(kw_only=True, eq=False, repr=False)
class StatusServicer(StatusMethods, CredentialMethods, HistoryMethods):
    """The methods of several capabilities."""


@dataclass(kw_only=True, eq=False, repr=False)
class SanctionServicer(
    ModeratorMethods,
    SanctionMethods,
    AppealMethods,
    ContentMeasureMethods,
    MonthMethods,
    NarrowingMethods,
    OperationMethods,
    OrderMethods,
    TemplateMethods,
):
    """The methods of several capabilities."""
