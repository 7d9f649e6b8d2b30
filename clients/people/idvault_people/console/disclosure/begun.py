"""The auditor's requests that were begun, on the disk, and how many of them wait to be sent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from idvault_people.console.disclosure.session import AuditorSession
from idvault_people.disclosure import sealed_draft
from idvault_people.disclosure.request_draft import RequestDraft, RequestDrafts


@dataclass(kw_only=True, eq=False)
class BegunRequests:
    """The drafts of a session's auditor, which its pages share.

    _unsent: the numbers of those that could be opened and were not sent, as they were seen last. _arrived:
    of those that were sent without an answer, and that the vault has.
    """

    session: AuditorSession
    _unsent: set[str] = field(default_factory=set)
    _arrived: set[str] = field(default_factory=set)

    @property
    def waiting(self) -> int:
        """How many wait to be sent; one that was destroyed elsewhere is none any more."""
        return len(self._unsent & sealed_draft.names(self.session.folder))

    def every(self) -> Sequence[tuple[str, RequestDraft]]:
        """Return the drafts with their numbers, the newest first; destroy those of more than a week."""
        found = self._files().every(now=self.session.now())
        self._unsent = {number for number, _ in found} - self._arrived
        return found

    def get(self, number: str) -> RequestDraft | None:
        """Return a draft, None if there is none of the last week that these keys open."""
        return self._files().get(number, now=self.session.now())

    def put(self, number: str, draft: RequestDraft) -> None:
        """Store a draft under its number."""
        self._files().put(number, draft, now=self.session.now())
        self._unsent |= {number} - self._arrived

    def destroy(self, number: str) -> None:
        """Destroy a draft; a missing one is fine."""
        self._files().destroy(number)

    def arrived(self, numbers: Iterable[str]) -> None:
        """Take drafts whose requests the vault has, although their answers were lost."""
        self._arrived.update(numbers)
        self._unsent -= self._arrived

    def has_arrived(self, number: str) -> bool:
        """Return whether the vault is known to have the request of a draft."""
        return number in self._arrived

    def _files(self) -> RequestDrafts:
        return RequestDrafts(folder=self.session.folder, identity=self.session.auditor().identity)
