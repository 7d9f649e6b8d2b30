"""The sealing of second factors' secrets."""

from datetime import datetime
from typing import Protocol

from idvault.sealing.ports import FreshSecret
from idvault_verify.attest.people.roster_member import RosterMember


class SecondFactorSealer(Protocol):
    """Makes secrets and matches one-time codes; the only code that handles a secret in clear."""

    def fresh(self, *, roster_member: RosterMember, request_id: str) -> FreshSecret:
        """Return a new secret for a roster member."""
        ...

    def match(self, *, actor_id: str, at_rest: bytes, code: str, now: datetime) -> int | None:
        """Return the time step that a code matches in the window around a real time, None if it matches none.

        Raises DamagedError (RECORD_DAMAGED) if the secret cannot be decrypted.
        """
        ...
