"""A custodian's drill: opens the custodian's share of the drill record, and of no other record.

The service's answer is accepted as the drill record only if, in this order,
* it belongs to the quorum in force of the pinned roster, which names this custodian with this key at this
  place,
* its token is the one derived here from the quorum id, which no account has, and its relying party is
  "drill",
* the log holds the entry of its creation as a drill record, which commits to the digest of this record.

Only then does the client open the share, with an HPKE info derived from that token, with which a share of a
person's record does not open. It compares the share with the hash that the digest covers, and discards it. It
returns only a signature for the separate purpose of a drill, so a dishonest service gains nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from idvault_people.member import MemberClient
from idvault_people.opens.share import ShareError, open_sealed_share
from idvault_people.record import sealed_record
from idvault_people.trust import FindingError
from idvault_verify.attest import drill as verify_drill
from idvault_verify.attest.drill import DrillTerms
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.quorum import Quorum
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.event import EventType
from idvault_verify.record import SealedRecord
from idvault_verify.v1 import disclosure_pb2, drill_pb2

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class VerifiedDrill:
    """A verified drill record, with the custodian's share, still sealed.

    made_at: by the log, to the minute. passed_at, due_at: as stated by the service; None for never.
    """

    record: SealedRecord
    place: int
    custodians: int
    sealed_share: bytes
    made_at: datetime
    log_size: int
    passed_at: datetime | None
    due_at: datetime


@dataclass(frozen=True, slots=True)
class PassedDrill:
    """A passed drill, and when the next one is due."""

    record_id: str
    passed_at: datetime
    due_at: datetime


class Drill(MemberClient):
    """A custodian's drill."""

    def fetch(self) -> VerifiedDrill:
        """Return the verified drill record; raises FindingError, VaultError."""
        found = self.edge.call("DrillService/GetDrill", drill_pb2.GetDrillRequest(), drill_pb2.Drill)
        return self._reported(lambda: self._verified(found))

    def complete(self, drill: VerifiedDrill, *, code: str, request_id: str | None = None) -> PassedDrill:
        """Open the share, discard it, and send the signature; raises FindingError, VaultError."""
        self._reported(lambda: self._open_and_forget(drill))
        record = drill.record
        terms = DrillTerms(
            record.record_id, record.present_quorum_id, self.identity.name, int(self.now().timestamp())
        )
        request = drill_pb2.PassDrillRequest(
            request_id=request_id or self.request_id(),
            record_id=record.record_id,
            quorum_id=record.present_quorum_id,
            signature=self.identity.sign(terms.canonical()),
            code=code,
        )
        request.sign_time.seconds = terms.time
        answer = self.edge.call("DrillService/PassDrill", request, drill_pb2.PassedDrill)
        return PassedDrill(
            record.record_id,
            answer.pass_time.ToDatetime(tzinfo=UTC),
            answer.due_time.ToDatetime(tzinfo=UTC),
        )

    def _verified(self, found: drill_pb2.Drill) -> VerifiedDrill:
        quorum = self.trust.roster.quorums[0]
        place = self._place(quorum)
        record = sealed_record(found.record)
        token = verify_drill.token(quorum_id=quorum.id)
        _check_named(record, quorum=quorum, token=token)
        if found.share_index != place or len(record.share_hashes) != len(quorum.custodians):
            raise FindingError(Finding.OTHER_REQUEST, "the share from the service belongs to another place")
        at = self.checkpoint(found.checkpoint.note)
        made_at = self.trust.check_entry(
            found.entry,
            at,
            type=EventType.DRILL_RENEW,
            account_token=token,
            fields={
                "record_id": record.record_id,
                "quorum_id": quorum.id,
                "record_digest": record.digest(),
            },
        )
        return VerifiedDrill(
            record=record,
            place=place,
            custodians=len(quorum.custodians),
            sealed_share=found.sealed_share,
            made_at=made_at,
            log_size=at.size,
            passed_at=found.pass_time.ToDatetime(tzinfo=UTC) if found.HasField("pass_time") else None,
            due_at=found.due_time.ToDatetime(tzinfo=UTC),
        )

    def _place(self, quorum: Quorum) -> int:
        own = self.identity.member(spki="").hpke_public_key
        for place, custodian in enumerate(quorum.custodians, start=1):
            if (custodian.name, custodian.hpke_public_key) == (self.identity.name, own):
                return place
        raise FindingError(Finding.NOT_IN_ROSTER, "your keys are not in the quorum in force")

    def _open_and_forget(self, drill: VerifiedDrill) -> None:
        record = drill.record
        try:
            open_sealed_share(
                identity=self.identity,
                # Derived here and not copied from the answer: only a share of a drill record opens with it.
                account_token=verify_drill.token(quorum_id=record.present_quorum_id),
                record_id=record.record_id,
                quorum_id=record.present_quorum_id,
                suite=record.suite,
                index=drill.place,
                sealed=drill.sealed_share,
                share_hash=record.share_hashes[drill.place - 1],
            )
        except (UnsealError, ShareError) as error:
            text = "the share from the service is not your share of the drill record"
            raise FindingError(Finding.SHARE_WRONG, text) from error

    def _reported(self, act: Callable[[], _Result]) -> _Result:
        """Run an act; report a finding to the service before raising it."""
        try:
            return act()
        except FindingError as error:
            request = drill_pb2.ReportDrillFindingRequest(
                request_id=self.request_id(),
                finding=disclosure_pb2.Finding.Value(f"FINDING_{error.finding.value}"),
            )
            self.report("DrillService/ReportDrillFinding", request, drill_pb2.ReportDrillFindingResponse)
            raise


def _check_named(record: SealedRecord, *, quorum: Quorum, token: str) -> None:
    """Raise FindingError unless a record carries the ids of the quorum's drill record."""
    named = (record.sealing_quorum_id, record.present_quorum_id, record.suite)
    if named != (quorum.id, quorum.id, quorum.suite):
        raise FindingError(Finding.OTHER_REQUEST, "the record does not belong to the quorum in force")
    if (record.relying_party, record.account_token) != (verify_drill.RELYING_PARTY, token):
        raise FindingError(Finding.OTHER_REQUEST, "the record from the service is not a drill record")
