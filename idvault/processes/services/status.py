"""StatusService, whose methods stand beside the messages of several capabilities."""

from dataclasses import dataclass

from idvault.disclosure.api.history import HistoryMethods
from idvault.status.api import StatusMethods
from idvault.status.credential.api import CredentialMethods


@dataclass(kw_only=True, eq=False, repr=False)
class StatusServicer(StatusMethods, CredentialMethods, HistoryMethods):
    """The methods of several capabilities."""
