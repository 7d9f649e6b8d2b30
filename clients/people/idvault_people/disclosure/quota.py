"""How many shares a custodian gives to one auditor in a day, counted on the custodian's own machine.

The service limits requests per auditor and day, but a lying service would not. One line for each share: the
day (UTC), the auditor's actor id and the SHA-256 of the signed request in hex; written before the share is
re-sealed. The disclosure id would not do: whoever asks chooses it, for as many records as they like.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from idvault_verify import disclosure, durable_file

NAME = "given-shares"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareQuota:
    """The shares that were given from one identity folder.

    path: the file, which the first share creates. daily: the most for one auditor in a day.
    """

    path: Path
    daily: int = disclosure.USUAL_DAILY

    def take(self, *, auditor_actor_id: str, signed_request: bytes, now: datetime) -> bool:
        """Record one share durably and return True, or return False if the day's quota is used up.

        The share of a request counts once.
        """
        given = self._given()
        digest = sha256(signed_request).hexdigest()
        line = f"{now:%Y-%m-%d} {auditor_actor_id} {digest}"
        if any(each.endswith(f" {digest}") for each in given):
            return True
        if self.given(auditor_actor_id=auditor_actor_id, now=now) >= self.daily:
            return False
        size = sum(len(each) + 1 for each in given)
        durable_file.append(self.path, f"{line}\n".encode("ascii"), size=size)
        return True

    def given(self, *, auditor_actor_id: str, now: datetime) -> int:
        """Return how many shares were given to an auditor today."""
        today = f"{now:%Y-%m-%d} {auditor_actor_id}"
        return sum(each.rpartition(" ")[0] == today for each in self._given())

    def _given(self) -> list[str]:
        content = self.path.read_bytes() if self.path.exists() else b""
        # A line that a crash cut off belongs to a share that was never sealed.
        return content[: content.rfind(b"\n") + 1].decode("ascii", "replace").splitlines()
