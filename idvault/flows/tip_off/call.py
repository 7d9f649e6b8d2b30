"""A mutation of reports: its caller and content, and how it makes events."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from idvault.domain.clock import ClockReading
from idvault.domain.event import Event, EventType
from idvault.domain.request import Request
from idvault.domain.seal import Part
from idvault.flows.log.events import EventFactory
from idvault.ports.sealing import Fingerprinter
from idvault.ports.tip_off import EventMaker


@dataclass(frozen=True, slots=True)
class TipOffCall:
    """A mutation's caller and content.

    fields: all fields except request_id, in field-number order, as received. A text may be personal, so the
    fingerprint covers the request id, too, which is not stored: nobody can test a guess against it.
    """

    relying_party: str
    actor_id: str
    request_id: str
    method: str
    fields: tuple[Part, ...] = field(repr=False)

    def request(self, fingerprinter: Fingerprinter) -> Request:
        """Return the request with its fingerprint."""
        parts = (self.request_id, *self.fields)
        fingerprint = fingerprinter.fingerprint(method=self.method, fields=parts)
        kept_id = fingerprinter.kept_id(relying_party=self.relying_party, request_id=self.request_id)
        return Request(self.relying_party, kept_id, fingerprint)


def maker(events: EventFactory, actor_id: str, now: ClockReading) -> EventMaker:
    """Return what makes the events of an act. None of them names an account."""

    def make(kind: EventType, fields: Mapping[str, Part]) -> Event:
        return events.event(kind, actor_id=actor_id, now=now).with_fields(**fields)

    return make
