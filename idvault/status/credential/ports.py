"""What signs status tokens, credentials and lists, and what hides accounts from third parties."""

from datetime import datetime
from typing import Any, Protocol


class StatusSigner(Protocol):
    """Signs for third parties with the key of its purpose that is current."""

    def sign(self, claims: dict[str, Any], *, typ: str, now: datetime) -> str:
        """Return the token; raises UnavailableError (STORE_UNAVAILABLE) if no key may sign yet."""
        ...


class Pairwise(Protocol):
    """Pairwise subject identifiers for third parties."""

    def subject(self, *, audience: str, account_token: str) -> str:
        """Return the subject of an account for an audience; must be stable."""
        ...
