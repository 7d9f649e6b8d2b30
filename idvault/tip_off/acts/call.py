"""A mutation of reports: its caller and content, and how it makes events."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from idvault.core.request import Fingerprinter, Request
from idvault.log.acts.events import EventFactory
from idvault.moderator.acts.moderator import ModerationCall, ModeratorSource, signed_act
from idvault.tip_off.ports import EventMaker
from idvault.verify.clock import ClockReading
from idvault.verify.error import FieldCode, InvalidError, Reason, Violation
from idvault.verify.event import FIELDS, Event, EventType
from idvault.verify.seal import Part


@dataclass(frozen=True, slots=True)
class TipOffCall:
    """A mutation's caller and content.

    fields: all fields except request_id, in field-number order, as received. A text may be personal, so the
    fingerprint covers the request id, too, which is not stored: nobody can test a guess against it.
    decision: what a moderator signed of it; None of what no moderator decides.
    """

    relying_party: str
    actor_id: str
    request_id: str
    method: str
    fields: tuple[Part, ...] = field(repr=False)
    decision: ModerationCall | None = None

    def request(self, fingerprinter: Fingerprinter) -> Request:
        """Return the request with its fingerprint."""
        parts = (self.request_id, *self.fields)
        fingerprint = fingerprinter.fingerprint(method=self.method, fields=parts)
        kept_id = fingerprinter.kept_id(relying_party=self.relying_party, request_id=self.request_id)
        signer = self.decision.moderator_id if self.decision else ""
        return Request(self.relying_party, kept_id, fingerprint, signer)


async def signed(moderators: ModeratorSource, call: TipOffCall, *, now: ClockReading) -> bytes:
    """Return the paper of a decision; raises as flows.sanction.moderator.signed_paper does."""
    if call.decision is None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("signature", FieldCode.REQUIRED))
    return await signed_act(moderators, call.decision, now=now)


def maker(events: EventFactory, actor_id: str, now: ClockReading, *, paper: bytes = b"") -> EventMaker:
    """Return what makes the events of an act. None of them names an account. paper: of a moderator's."""

    def make(kind: EventType, fields: Mapping[str, Part]) -> Event:
        if "paper" in FIELDS[kind]:
            fields = {**fields, "paper": paper}
        return events.event(kind, actor_id=actor_id, now=now).with_fields(**fields)

    return make
