"""A follower whose sanction has ended."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DueFollower:
    """An account that must no longer follow a sanction of its person."""

    account_token: str
    sanction_id: str
