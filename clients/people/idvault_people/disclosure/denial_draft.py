"""A custodian's reasons that are not signed yet (disclosure.sealed_draft), by the request they are about.

Each lasts as long as its request waits, and a week at most: no number of others ends it.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from idvault_people.disclosure import sealed_draft
from idvault_people.disclosure.sealed_draft import SealedDrafts
from idvault_people.opens.identity import PersonalIdentity


@dataclass(frozen=True, kw_only=True, slots=True)
class DenialDrafts:
    """The reasons of one custodian; folder: the identity folder."""

    folder: Path
    identity: PersonalIdentity

    def put(self, disclosure_id: str, reason: str, *, now: datetime) -> None:
        """Store the reason for a request; an empty one destroys what was kept."""
        if reason:
            self._sealed.put(disclosure_id, {"reason": reason}, now=now)
        else:
            self.destroy(disclosure_id)

    def get(self, disclosure_id: str, *, now: datetime) -> str:
        """Return the reason for a request, "" if none is kept that these keys open."""
        found = self._sealed.get(disclosure_id, now=now)
        return "" if found is None else str(found["reason"])

    def destroy(self, disclosure_id: str) -> None:
        """Destroy the reason for a request; a missing one is fine."""
        self._sealed.destroy(disclosure_id)

    def destroy_others(self, waiting: Set[str], *, now: datetime) -> None:
        """Destroy the reasons that are a week old, or for requests that do not wait any more, opening none.

        waiting: the ids of those that do.
        """
        sealed_draft.destroy_old(self.folder, now=now)
        for disclosure_id in sealed_draft.names(self.folder) - waiting:
            self.destroy(disclosure_id)

    @property
    def _sealed(self) -> SealedDrafts:
        return SealedDrafts(folder=self.folder, identity=self.identity, label="idvault/denial-draft/v1")
