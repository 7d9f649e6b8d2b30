"""A custodian's drill: the own share of the drill record is opened here, and of no other record.

What the service hands out is taken for the drill record, in this order, only if
* it is of the quorum in force of the pinned roster, and this custodian is in it by name, key and place,
* its token is that which is made here of the quorum id, which no account has, its relying party "drill",
* the entry of its making, with the digest of just this record, is in the log as one of a drill.

Only then the share is opened, under an info made of that token: a share of a person's record does not open.
It is compared with the hash that the digest covers, and forgotten. What goes back is a signature with a
purpose of its own, so a service that lies can gain nothing by a drill.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

from idvault.attest.drill import DrillTerms
from idvault.attest.hpke import UnsealError
from idvault.attest.quorum import Quorum
from idvault.custody.identity import PersonalIdentity
from idvault.custody.share import ShareError, open_sealed_share
from idvault.domain import drill as rules
from idvault.domain.disclosure import Finding
from idvault.domain.event import EventType
from idvault.domain.record import SealedRecord
from idvault.v1 import disclosure_pb2, drill_pb2
from idvault_client.people.custody_edge import Remote, consistency
from idvault_client.people.disclosure.auditor import sealed_record
from idvault_client.people.trust import FindingError, Trust

_Seen = TypeVar("_Seen")


@dataclass(frozen=True, slots=True)
class VerifiedDrill:
    """A drill record that verifies, with the custodian's own share, still sealed.

    made_at: by the log, to the minute. passed_at, due_at: as the service tells, None for never.
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
    """A drill that was passed, and until when the next one is due."""

    record_id: str
    passed_at: datetime
    due_at: datetime


class Drill:
    """The drill of one custodian."""

    def __init__(
        self,
        *,
        identity: PersonalIdentity,
        trust: Trust,
        remote: Remote,
        now: Callable[[], datetime],
        request_id: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        """Take the person, what is believed, whom to ask, the real clock, and where request ids come from."""
        self._identity = identity
        self._trust = trust
        self._remote = remote
        self._now = now
        self._request_id = request_id

    def look(self) -> VerifiedDrill:
        """Return the drill record once it is known to be one; raises FindingError, VaultError."""
        found = self._remote.call("DrillService/GetDrill", drill_pb2.GetDrillRequest(), drill_pb2.Drill)
        return self._reported(lambda: self._card(found))

    def complete(self, card: VerifiedDrill, *, code: str, request_id: str | None = None) -> PassedDrill:
        """Open the own share, forget it, and send the signature; raises FindingError, VaultError."""
        self._reported(lambda: self._open_and_forget(card))
        record = card.record
        terms = DrillTerms(
            record.record_id, record.present_quorum_id, self._identity.name, int(self._now().timestamp())
        )
        request = drill_pb2.PassDrillRequest(
            request_id=request_id or self._request_id(),
            record_id=record.record_id,
            quorum_id=record.present_quorum_id,
            signature=self._identity.sign(terms.canonical()),
            code=code,
        )
        request.sign_time.seconds = terms.time
        answer = self._remote.call("DrillService/PassDrill", request, drill_pb2.PassedDrill)
        return PassedDrill(
            record.record_id,
            answer.pass_time.ToDatetime(tzinfo=UTC),
            answer.due_time.ToDatetime(tzinfo=UTC),
        )

    def _card(self, found: drill_pb2.Drill) -> VerifiedDrill:
        quorum = self._trust.roster.quorums[0]
        place = self._place(quorum)
        record = sealed_record(found.record)
        token = rules.token(quorum_id=quorum.id)
        _check_named(record, quorum=quorum, token=token)
        if found.share_index != place or len(record.share_hashes) != len(quorum.custodians):
            raise FindingError(Finding.OTHER_REQUEST, "the share that was handed out is of another place")
        at = self._trust.checkpoint(
            found.checkpoint.note, consistency=lambda old, new: consistency(self._remote, old, new)
        )
        made_at = self._trust.check_entry(
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
        own = self._identity.person(spki="").hpke_public_key
        for place, custodian in enumerate(quorum.custodians, start=1):
            if (custodian.name, custodian.hpke_public_key) == (self._identity.name, own):
                return place
        raise FindingError(Finding.NOT_IN_ROSTER, "these keys are not of the quorum in force")

    def _open_and_forget(self, card: VerifiedDrill) -> None:
        record = card.record
        try:
            open_sealed_share(
                identity=self._identity,
                # Made here and not taken from the answer: with it only the share of a drill record opens.
                account_token=rules.token(quorum_id=record.present_quorum_id),
                record_id=record.record_id,
                quorum_id=record.present_quorum_id,
                suite=record.suite,
                index=card.place,
                sealed=card.sealed_share,
                share_hash=record.share_hashes[card.place - 1],
            )
        except (UnsealError, ShareError) as error:
            text = "the share that was handed out is not yours of the drill record"
            raise FindingError(Finding.SHARE_WRONG, text) from error

    def _reported(self, look: Callable[[], _Seen]) -> _Seen:
        """Return what a look returns; a refusal is told to the log first."""
        try:
            return look()
        except FindingError as error:
            request = drill_pb2.ReportDrillFindingRequest(
                request_id=self._request_id(),
                finding=disclosure_pb2.Finding.Value(f"FINDING_{error.finding.value}"),
            )
            self._remote.call(
                "DrillService/ReportDrillFinding", request, drill_pb2.ReportDrillFindingResponse
            )
            raise


def _check_named(record: SealedRecord, *, quorum: Quorum, token: str) -> None:
    """Raise FindingError unless a record is named as the quorum's drill record is."""
    named = (record.sealing_quorum_id, record.present_quorum_id, record.suite)
    if named != (quorum.id, quorum.id, quorum.suite):
        raise FindingError(Finding.OTHER_REQUEST, "the record is not of the quorum in force")
    if (record.relying_party, record.account_token) != (rules.RELYING_PARTY, token):
        raise FindingError(Finding.OTHER_REQUEST, "the record that was handed out is no drill record")
