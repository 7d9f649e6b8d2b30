"""Hosted verification sessions as a backend sees them."""

from dataclasses import dataclass, field
from datetime import datetime

from idvault.session.rules import SessionState
from idvault_client.backend.claim import Verification


@dataclass(frozen=True, slots=True)
class HostedSession:
    """A session. state: None for a state that this client does not know.

    url: the link to give to the person, only from `create`. continue_url: where to send the browser, only
    from `bind`. verification: the newest claim made in the session, None until there is one; it is read
    through the session, not by its request id.
    """

    session_id: str
    state: SessionState | None
    expire_time: datetime
    url: str = field(default="", repr=False)
    continue_url: str = ""
    verification: Verification | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the registry confirmed the person."""
        return self.state is SessionState.SUCCEEDED

    @property
    def finished(self) -> bool:
        """Whether nothing more can happen in the session."""
        return self.state in (SessionState.SUCCEEDED, SessionState.FAILED, SessionState.EXPIRED)
