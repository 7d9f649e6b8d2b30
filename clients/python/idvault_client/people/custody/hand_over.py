"""A custodian who was replaced hands the own shares to the successor, batch by batch (docs/hand-over.md).

Nothing of whom a share goes to is taken from the service:
* the successor is who has the own place in the pinned roster, in a quorum of that name, M and N,
* a share counts only if it was sealed under a quorum of an earlier version in which the place was one's own,
* it must open for its account and record, be of the own place, and have the hash that it was stored with,
* it is re-sealed to the successor's key of the roster; to whom a share went is kept, and nobody else gets it.

What is asked beyond that ends the hand-over before it is sent. A single share that does not open, or that
went to somebody else before, is left where it is, and counted.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import uuid4

from google.protobuf.message import Message

from idvault.attest import handover as batches
from idvault.attest import succession as successions
from idvault.attest.hpke import UnsealError
from idvault.attest.roster import Roster
from idvault.attest.roster_change import is_same
from idvault.attest.succession import Succession
from idvault.custody.handover import hand_over
from idvault.custody.identity import PersonalIdentity
from idvault.custody.share import ShareError
from idvault.domain import handover as rules
from idvault.domain.disclosure import Finding
from idvault.domain.handover import HandedShare
from idvault.v1 import disclosure_pb2
from idvault_client.errors import Unavailable
from idvault_client.people.custody.journal import HandOverJournal, HandOverJournalError
from idvault_client.people.custody_edge import Answer, Remote
from idvault_client.people.trust import FindingError

_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)


class NotReplacedError(Exception):
    """Nobody else has the caller's place, or the caller is named no more; the text says which."""


@dataclass(frozen=True, slots=True)
class HandOverProgress:
    """How far a hand-over is. total: what waited at its begin, and was handed since, in this run.

    handed: put in place; refused: shares that do not open here, or went to somebody else before; left_out:
    those of damaged records.
    """

    total: int = 0
    handed: int = 0
    refused: int = 0
    left_out: int = 0


class HandOver:
    """The hand-over of one leaving custodian."""

    def __init__(
        self,
        *,
        identity: PersonalIdentity,
        versions: Sequence[Roster],
        remote: Remote,
        journal: HandOverJournal,
        request_id: Callable[[], str] = lambda: str(uuid4()),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the person, the roster's verified versions, whom to ask, and what was handed over so far."""
        self._identity = identity
        self._versions = versions
        self._remote = remote
        self._journal = journal
        self._request_id = request_id
        self._sleep = sleep

    def successions(self) -> tuple[Succession, ...]:
        """Return the places that others have now; raises NotReplacedError, RosterError."""
        own = self._identity.person(spki="")
        for person in self._versions[-1].people:
            if is_same(person, own) and person.role == "custodian":
                found = successions.find(self._versions, leaver=person)
                if not found:
                    raise NotReplacedError("nobody else has your place: there is nothing to hand over")
                return found
        raise NotReplacedError("the roster names you no more, so you have no shares to hand over")

    def run(
        self, found: Succession, *, batch: int = rules.MOST_SHARES, tell: Callable[[HandOverProgress], None]
    ) -> HandOverProgress:
        """Hand over all that waits; raises FindingError, VaultError. A later run goes on where it ended.

        tell: is called after each batch. What comes in while it runs, is handed over too.
        """
        progress = HandOverProgress()
        while True:
            handed = progress.handed
            progress = self._pass(found, batch, HandOverProgress(progress.total, handed), tell)
            if progress.handed == handed:
                return progress

    def _pass(
        self,
        found: Succession,
        batch: int,
        progress: HandOverProgress,
        tell: Callable[[HandOverProgress], None],
    ) -> HandOverProgress:
        """Go through the list once."""
        for page in self._pages(found, batch):
            shares = [share for each in page.shares for share in self._resealed(each, found)]
            sent = self._send(found, shares) if shares else 0
            progress = HandOverProgress(
                total=max(progress.total, progress.handed + page.waiting_count),
                handed=progress.handed + sent,
                refused=progress.refused + len(page.shares) - len(shares),
                left_out=progress.left_out + page.left_out_count,
            )
            tell(progress)
        return progress

    def _pages(self, found: Succession, size: int) -> Iterator[disclosure_pb2.ListSharesToHandOverResponse]:
        token = ""
        while True:
            asked = disclosure_pb2.ListSharesToHandOverRequest(
                quorum_id=found.quorum.id, page_size=size, page_token=token
            )
            page = self._call("ListSharesToHandOver", asked, disclosure_pb2.ListSharesToHandOverResponse)
            yield page
            token = page.next_page_token
            if not token:
                return

    def _resealed(self, each: disclosure_pb2.ShareToHandOver, found: Succession) -> Iterator[HandedShare]:
        """Give the share for the successor; nothing where it is refused. Raises FindingError."""
        if each.quorum_id not in found.former_ids:
            text = "a share is asked for that the roster gives to nobody else"
            raise FindingError(Finding.NOT_IN_ROSTER, text)
        try:
            self._journal.check(each.record_id, public_key=found.successor.hpke_public_key)
            yield hand_over(
                identity=self._identity,
                succession=found,
                account_token=each.account_token,
                record_id=each.record_id,
                quorum_id=each.quorum_id,
                sealed=each.sealed_share,
                share_hash=each.share_hash,
            )
        except (HandOverJournalError, UnsealError, ShareError):
            return

    def _send(self, found: Succession, shares: Sequence[HandedShare]) -> int:
        """Sign one batch and send it, again under the same id where the answer was lost."""
        public_key = found.successor.hpke_public_key
        self._journal.note([share.record_id for share in shares], public_key=public_key)
        request = disclosure_pb2.HandOverSharesRequest(
            request_id=self._request_id(),
            quorum_id=found.quorum.id,
            shares=[_message(share) for share in shares],
            signature=self._identity.sign(batches.canonical(succession=found, shares=shares)),
        )
        return self._call("HandOverShares", request, disclosure_pb2.HandOverSharesResponse).handed_count

    def _call(self, method: str, request: Message, answer: type[Answer]) -> Answer:
        for pause in _PAUSES:
            try:
                return self._remote.call(f"CustodianService/{method}", request, answer)
            except Unavailable:
                self._sleep(pause)
        return self._remote.call(f"CustodianService/{method}", request, answer)


def _message(share: HandedShare) -> disclosure_pb2.HandedShare:
    return disclosure_pb2.HandedShare(
        account_token=share.account_token,
        record_id=share.record_id,
        quorum_id=share.quorum_id,
        share_hash=share.share_hash,
        resealed_share=share.resealed,
    )
