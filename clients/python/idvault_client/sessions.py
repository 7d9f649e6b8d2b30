"""The types that a backend needs for hosted verification; `Vault.sessions` makes the calls."""

from idvault.session.contest.rules import ContestState
from idvault.session.rules import SessionPurpose, SessionState
from idvault_client.backend.session.client import AioSessionClient as AioSessions
from idvault_client.backend.session.client import SessionClient as Sessions
from idvault_client.backend.session.contests import AccountContest, ContestPage
from idvault_client.backend.session.values import HostedSession

__all__ = [
    "AccountContest",
    "AioSessions",
    "ContestPage",
    "ContestState",
    "HostedSession",
    "SessionPurpose",
    "SessionState",
    "Sessions",
]
