"""Which of the auditor's requests a list shows: by state, case, account and day.

The service cannot search: the texts of a request are encrypted there. So the client reads the whole list.
"""

from dataclasses import dataclass
from datetime import UTC, date

from idvault_verify.attest import disclosure as papers
from idvault_verify.attest.disclosure import PaperError
from idvault_verify.disclosure import DisclosureState
from idvault_verify.v1 import disclosure_pb2


@dataclass(frozen=True, kw_only=True, slots=True)
class DisclosureSearch:
    """What a disclosure must match; what is not set matches everything.

    states: one of them. case: a part of the case's reference, in any case of letters. account: a part of the
    token. since, until: the first and the last day (UTC) on which it was filed.
    """

    states: frozenset[DisclosureState] = frozenset()
    case: str = ""
    account: str = ""
    since: date | None = None
    until: date | None = None

    def matches(self, found: disclosure_pb2.Disclosure) -> bool:
        """Return whether a disclosure matches."""
        day = found.create_time.ToDatetime(UTC).date()
        return (
            (not self.states or state(found) in self.states)
            and self.account in found.account_token
            and (self.since is None or self.since <= day)
            and (self.until is None or day <= self.until)
            and (not self.case or self.case.casefold() in case_reference(found).casefold())
        )


EVERYTHING = DisclosureSearch()


def state(found: disclosure_pb2.Disclosure) -> DisclosureState | None:
    """Return the state of a disclosure, None for one that this client does not know."""
    name = disclosure_pb2.DisclosureState.Name(found.state).removeprefix("DISCLOSURE_STATE_")
    return DisclosureState.__members__.get(name)


def case_reference(found: disclosure_pb2.Disclosure) -> str:
    """Return the case's reference as the signed request has it; empty if the request cannot be read."""
    try:
        return papers.parse_request(found.signed_request).case_reference
    except PaperError:
        return ""
