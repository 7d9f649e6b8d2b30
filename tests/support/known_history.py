"""Disclosure histories of a test's choice, proved in a log of their own that a client can check."""

from datetime import UTC, datetime
from typing import Any

from idvault.disclosure.acts.history import DisclosureHistoryFlow, History, signed_bytes
from idvault.disclosure.ports import RecordAccess, RecordDisclosure
from idvault.log.acts.proofs import Proofs, Proved
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event, EventType
from idvault.verify.transparency import entry
from tests.support import logs, merkle
from tests.support.merkle import log_of
from tests.support.statements import KnownStatements

HORIZON = datetime(2026, 2, 20, tzinfo=UTC)
AT = datetime(2026, 2, 1, 12, 30, 7, tzinfo=UTC)
LEGAL_BASIS = "第一条 <b>(synthetic)</b>"
_SIZE = 5


class KnownHistories(DisclosureHistoryFlow):
    """One disclosure and its opening for each account in `disclosed`; nothing for any other."""

    def __init__(self) -> None:
        """Initialise without the ports, which nothing here asks."""
        self.disclosed: set[str] = set()

    async def get(self, *, relying_party: str, account_token: str, now: ClockReading) -> History:
        """Return the history of an account."""
        given: dict[str, Any] = {"disclosure_id": "d" * 32, "record_digest": b"d" * 32}
        more: dict[str, Any] = {"auditor_actor_id": "66" * 16, "legal_basis": LEGAL_BASIS}
        events = (
            _event(EventType.DISCLOSURE_DISCLOSE, account_token, **given, **more),
            _event(EventType.DISCLOSURE_OPEN, account_token, **given, decision=b"signed"),
        )
        told = events if account_token in self.disclosed else ()
        leaves = [*log_of(_SIZE), *(entry.encode_leaf(each) for each in told)]
        proved = tuple(
            Proved(
                leaves[_SIZE + place],
                each.opening_key,
                _SIZE + place,
                len(leaves),
                tuple(merkle.path(_SIZE + place, leaves)),
            )
            for place, each in enumerate(told)
        )
        disclosures = (
            RecordDisclosure(
                account_token=account_token, entry_id="1" * 32, disclosed_at=AT, **given, **more
            ),
        )
        openings = (RecordAccess(account_token=account_token, entry_id="2" * 32, opened_at=AT, **given),)
        listed = (disclosures if told else (), openings if told else ())
        proofs, made_at = Proofs(logs.signed(leaves), proved), now.real.replace(microsecond=0)
        message = signed_bytes(account_token, HORIZON, *listed, proofs, made_at)
        stated = await KnownStatements().state(message, now=made_at)
        return History(account_token, HORIZON, *listed, proofs, made_at, stated)


def _event(kind: EventType, account_token: str, **fields: Any) -> Event:
    return Event(kind, "55" * 16, account_token, AT, AT, "3" * 32, b"k" * 32, fields)
