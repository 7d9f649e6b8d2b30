"""A replaced custodian hands the shares over to the successor, batch by batch (docs/hand-over.md).

The client, not the service, decides who gets a share:
* the successor is the custodian who now has the leaver's place in the pinned roster, in a quorum of the same
  name, M and N,
* a share is handed over only if it was sealed under a quorum of an earlier version in which the leaver had
  the place,
* the share must open for its account and record, belong to that place, and match the hash stored with it,
* the share is re-sealed to the successor's key in the roster; a journal records the recipient, and no other
  recipient gets it.

Any other request of the service ends the hand-over before anything is sent. A single share that does not
open, or that went to another recipient before, stays where it is and is counted.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from google.protobuf.message import Message

from idvault_client.errors import Unavailable
from idvault_people import paging
from idvault_people.custody.journal import HandOverJournal, HandOverJournalError
from idvault_people.custody_edge import Answer, CustodyCalls
from idvault_people.member import random_request_id
from idvault_people.opens.handover import reseal_to_successor
from idvault_people.opens.identity import PersonalIdentity
from idvault_people.opens.share import ShareError
from idvault_people.trust import FindingError
from idvault_verify import handover as rules
from idvault_verify.attest import handover as batches
from idvault_verify.attest import succession as successions
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_change import is_same
from idvault_verify.attest.succession import Succession
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.handover import HandedShare
from idvault_verify.v1 import disclosure_pb2

_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
# Of some three million shares; they are not kept.
_MOST_BYTES = 1024 * 1024 * 1024


class NotReplacedError(Exception):
    """Nobody has replaced the caller, or the roster no longer names the caller; the text says which."""


@dataclass(frozen=True, slots=True)
class HandOverProgress:
    """The progress of a hand-over. total: shares that waited at the start or came in during this run.

    handed: replaced shares; refused: shares that do not open here, or went to another recipient before;
    left_out: shares of damaged records.
    """

    total: int = 0
    handed: int = 0
    refused: int = 0
    left_out: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class HandOver:
    """The hand-over of one leaving custodian. versions: of the pinned roster, verified, from the first on."""

    identity: PersonalIdentity
    versions: Sequence[Roster]
    edge: CustodyCalls
    journal: HandOverJournal
    request_id: Callable[[], str] = random_request_id
    sleep: Callable[[float], None] = time.sleep

    def successions(self) -> tuple[Succession, ...]:
        """Return the places of this custodian that others have now; raises NotReplacedError, RosterError."""
        own = self.identity.member(spki="")
        for member in self.versions[-1].people:
            if is_same(member, own) and member.role == "custodian":
                found = successions.find(self.versions, leaver=member)
                if not found:
                    raise NotReplacedError("nobody has replaced you: there is nothing to hand over")
                return found
        raise NotReplacedError(
            "the roster no longer names you with these keys, so the vault takes nothing from you; if shares "
            "still wait, as `idvault doctor` says, the custodians must name you again with the same keys"
        )

    def run(
        self, found: Succession, *, batch: int = rules.MOST_SHARES, tell: Callable[[HandOverProgress], None]
    ) -> HandOverProgress:
        """Hand over all waiting shares; raises FindingError, VaultError. A later run continues.

        tell: called after each batch. Shares that come in during the run are handed over too.
        """
        progress = HandOverProgress()
        while True:
            handed = progress.handed
            progress = self._pass(found, batch, HandOverProgress(progress.total, handed), tell)
            if progress.handed == handed:
                return progress

    def end(self, found: Succession) -> int:
        """End the hand-over to this successor for good; return how many shares were left.

        Raises PreconditionFailed (ILLEGAL_TRANSITION) if it was ended before, VaultError.
        """
        request = disclosure_pb2.EndHandOverRequest(
            request_id=self.request_id(),
            quorum_id=found.quorum.id,
            signature=self.identity.sign(batches.end(succession=found)),
        )
        return self._call("EndHandOver", request, disclosure_pb2.EndHandOverResponse).left_count

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
        def ask(token: str) -> disclosure_pb2.ListSharesToHandOverResponse:
            asked = disclosure_pb2.ListSharesToHandOverRequest(
                quorum_id=found.quorum.id, page_size=size, page_token=token
            )
            return self._call("ListSharesToHandOver", asked, disclosure_pb2.ListSharesToHandOverResponse)

        return paging.pages(ask, most=_MOST_BYTES)

    def _resealed(self, each: disclosure_pb2.ShareToHandOver, found: Succession) -> Iterator[HandedShare]:
        """Yield the share re-sealed for the successor, or nothing if it is refused. Raises FindingError."""
        if each.quorum_id not in found.former_ids:
            text = "the service asks for a share of a place in which you were not replaced"
            raise FindingError(Finding.NOT_IN_ROSTER, text)
        try:
            self.journal.check(each.record_id, public_key=found.successor.hpke_public_key)
            yield reseal_to_successor(
                identity=self.identity,
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
        """Sign one batch and send it; a retry uses the same request id."""
        public_key = found.successor.hpke_public_key
        self.journal.note([share.record_id for share in shares], public_key=public_key)
        request = disclosure_pb2.HandOverSharesRequest(
            request_id=self.request_id(),
            quorum_id=found.quorum.id,
            shares=[_message(share) for share in shares],
            signature=self.identity.sign(batches.canonical(succession=found, shares=shares)),
        )
        return self._call("HandOverShares", request, disclosure_pb2.HandOverSharesResponse).handed_count

    def _call(self, method: str, request: Message, answer: type[Answer]) -> Answer:
        for pause in _PAUSES:
            try:
                return self.edge.call(f"CustodianService/{method}", request, answer)
            except Unavailable:
                self.sleep(pause)
        return self.edge.call(f"CustodianService/{method}", request, answer)


def _message(share: HandedShare) -> disclosure_pb2.HandedShare:
    return disclosure_pb2.HandedShare(
        account_token=share.account_token,
        record_id=share.record_id,
        quorum_id=share.quorum_id,
        share_hash=share.share_hash,
        resealed_share=share.resealed,
    )
