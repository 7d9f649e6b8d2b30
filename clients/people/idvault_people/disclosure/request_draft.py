"""The drafts of an auditor's requests (disclosure.sealed_draft): what was answered, and no key.

What is signed is made anew. A draft is destroyed once its request was sent, and when there are twenty newer
ones.
"""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from idvault_people.disclosure.sealed_draft import SealedDrafts
from idvault_people.opens.identity import PersonalIdentity

MOST = 20


@dataclass(eq=False)
class RequestDraft:
    """What was answered so far, by question. order_digest: SHA-256 in hex, "" for no file.

    tried: ids of the disclosures that were sent without an answer: the vault may have one of them.
    """

    answers: dict[str, str] = field(default_factory=dict)
    order_name: str = ""
    order_digest: str = ""
    tried: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestDrafts:
    """The drafts of one auditor; folder: the identity folder."""

    folder: Path
    identity: PersonalIdentity

    def put(self, number: str, draft: RequestDraft, *, now: datetime) -> None:
        """Store a draft under its number, and destroy those beyond the twenty newest."""
        self._sealed.put(number, asdict(draft), now=now)
        self._sealed.destroy_beyond(MOST)

    def get(self, number: str, *, now: datetime) -> RequestDraft | None:
        """Return a draft, None if there is none of the last week that these keys open."""
        found = self._sealed.get(number, now=now)
        return None if found is None else RequestDraft(**found)

    def every(self, *, now: datetime) -> list[tuple[str, RequestDraft]]:
        """Return the drafts with their numbers, the newest first; destroy those of more than a week."""
        return [(number, RequestDraft(**found)) for number, found in self._sealed.every(now=now)]

    def destroy(self, number: str) -> None:
        """Destroy a draft; a missing one is fine."""
        self._sealed.destroy(number)

    @property
    def _sealed(self) -> SealedDrafts:
        return SealedDrafts(folder=self.folder, identity=self.identity, label="idvault/request-draft/v1")
