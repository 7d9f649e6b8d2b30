"""The types that a backend needs for hosted verification; `Vault.sessions` makes the calls."""

from idvault_client.backend.blocking.session import SessionClient as Sessions
from idvault_client.backend.session import (
    AccountContest,
    AccountReinstatement,
    ContestPage,
    HostedSession,
    ReinstatementPage,
)
from idvault_client.backend.session import AioSessionClient as AioSessions
from idvault_verify.session import ContestState, Proof, ReinstatementState, SessionPurpose, SessionState

__all__ = [
    "AccountContest",
    "AccountReinstatement",
    "AioSessions",
    "ContestPage",
    "ContestState",
    "HostedSession",
    "Proof",
    "ReinstatementPage",
    "ReinstatementState",
    "SessionPurpose",
    "SessionState",
    "Sessions",
]
