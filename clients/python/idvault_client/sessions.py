"""The types that a backend needs for hosted verification; `Vault.sessions` makes the calls."""

from idvault_client.backend.blocking.disavowal import DisavowalClient as Disavowals
from idvault_client.backend.blocking.session import SessionClient as Sessions
from idvault_client.backend.disavowal import AccountDisavowal, DisavowalPage
from idvault_client.backend.disavowal import AioDisavowalClient as AioDisavowals
from idvault_client.backend.session import (
    AccountContest,
    AccountReinstatement,
    ContestPage,
    HostedSession,
    ReinstatementPage,
)
from idvault_client.backend.session import AioSessionClient as AioSessions
from idvault_verify.session import (
    ContestState,
    DisavowalState,
    Proof,
    ReinstatementState,
    SessionPurpose,
    SessionState,
)

__all__ = [
    "AccountContest",
    "AccountDisavowal",
    "AccountReinstatement",
    "AioDisavowals",
    "AioSessions",
    "ContestPage",
    "ContestState",
    "DisavowalPage",
    "DisavowalState",
    "Disavowals",
    "HostedSession",
    "Proof",
    "ReinstatementPage",
    "ReinstatementState",
    "SessionPurpose",
    "SessionState",
    "Sessions",
]
