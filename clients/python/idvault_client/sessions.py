"""The types that a backend needs for hosted verification; `Vault.sessions` makes the calls."""

from idvault_client.backend.blocking.session import SessionClient as Sessions
from idvault_client.backend.session import AccountContest, ContestPage, HostedSession
from idvault_client.backend.session import AioSessionClient as AioSessions
from idvault_verify.session import ContestState, Proof, SessionPurpose, SessionState

__all__ = [
    "AccountContest",
    "AioSessions",
    "ContestPage",
    "ContestState",
    "HostedSession",
    "Proof",
    "SessionPurpose",
    "SessionState",
    "Sessions",
]
