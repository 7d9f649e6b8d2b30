"""How the pages of "my identity" write times, days, results and sanctions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.claim.representative import rules as representative_rules
from idvault.web.render import View, is_organization
from idvault.web.words import OpenDeadline, Rows
from idvault_client.reasons import FailureReason
from idvault_verify import return_address
from idvault_verify.v1 import (
    contest_pb2,
    disavowal_pb2,
    reinstatement_pb2,
    sanction_pb2,
    session_pb2,
    verification_pb2,
)
from idvault_verify.v1 import identity_pb2 as pb

Claim = verification_pb2.Verification
Objection = contest_pb2.Contest | sanction_pb2.Appeal | reinstatement_pb2.Reinstatement
"""What an owner has objected to, and a platform decides by a deadline."""
Decidable = Objection | disavowal_pb2.Disavowal
"""What a platform decides by a deadline."""


@dataclass(frozen=True, kw_only=True)
class IdentityWords:
    """The words of one answer. found: the session. zone: of the operator's days."""

    view: View
    found: session_pb2.SessionPage
    zone: tzinfo

    @property
    def here(self) -> str:
        """The address of the overview."""
        return f"/i/{self.found.session_id}"

    @property
    def back(self) -> tuple[str, str]:
        """The link to the platform: its address and text."""
        address = return_address.with_parameters(self.found.return_url, session_id=self.found.session_id)
        return address, self.view.say("back", platform=self.found.platform_title)

    def say(self, key: str, **values: object) -> str:
        """Return a text of these pages."""
        return self.view.say(f"own_{key}", **values)

    def named(self, rows: Iterable[tuple[str, str | OpenDeadline]]) -> Rows:
        """Return values with the texts of their names."""
        return [(self.say(name), value) for name, value in rows]

    def minute(self, value: Timestamp) -> str:
        """Return a time with its zone."""
        return self.view.minute(utc_time(value))

    def deadline(self, value: Timestamp) -> str:
        """Return until when something is due; of the end of a day, the day."""
        return self.view.deadline(utc_time(value))

    def due(self, each: Decidable) -> str | OpenDeadline:
        """Return until when a decision is due, with the time that is left while there is none."""
        if each.HasField("decide_time"):
            return self.deadline(each.due_time)
        return self.view.due(utc_time(each.file_time), utc_time(each.due_time))

    def day(self, value: Timestamp) -> str:
        """Return the day of a time."""
        return self.date(utc_time(value).astimezone(self.zone).date())

    def date(self, day: date) -> str:
        """Return a day."""
        return self.view.day(day)

    def of_owner(self, own: pb.Identity, key: str, **values: object) -> str:
        """Return a text in the words for a person, or for an organisation."""
        return self.say(f"{key}_organization" if is_organization(own.status) else key, **values)

    def result(self, own: pb.Identity, each: pb.PastVerification) -> str:
        """Return how a verification ended."""
        if each.withdrawn:
            return self.say("CLAIM_WITHDRAWN")
        if is_matched(each):
            return f"{self.say('at_matched')}{self.view.comma}{self.representative(own, each)}"
        if each.state != Claim.STATE_FAILED:
            return self.say(f"CLAIM_{Claim.State.Name(each.state)}")
        name = Claim.FailureReason.Name(each.failure_reason).removeprefix("FAILURE_REASON_")
        return FailureReason(name).text(self.view.language)

    def representative(self, own: pb.Identity, each: pb.PastVerification) -> str:
        """Return what became of an organisation's verification that waits for its representative."""
        ended = utc_time(each.end_time)
        due = representative_rules.due_at(now=ended)
        proved = (one for one in own.verifications if one.state == Claim.STATE_SUCCEEDED)
        if any(ended <= utc_time(one.end_time) < due for one in proved):
            return self.say("matched_proved")
        if due <= self.view.now:
            return self.say("matched_over")
        return self.say("matched_waits", day=self.date(due.astimezone(self.zone).date()))

    def degree(self, each: sanction_pb2.Sanction) -> str:
        """Return what a sanction is."""
        return self.say(sanction_pb2.Sanction.Degree.Name(each.degree))

    def until(self, each: sanction_pb2.Sanction) -> str:
        """Return until when a sanction applies, or applied."""
        if each.HasField("finish_time"):
            return self.minute(each.finish_time)
        if each.statement.HasField("end_time"):
            return self.deadline(each.statement.end_time)
        return self.say("without_end")


def is_matched(each: pb.PastVerification) -> bool:
    """Return whether a verification is the first half of an organisation's, which is no failure."""
    return each.failure_reason == Claim.FAILURE_REASON_REPRESENTATIVE_PENDING


def utc_time(value: Timestamp) -> datetime:
    """Return a message's time."""
    return value.ToDatetime(UTC)


def appealable(own: pb.Identity) -> set[str]:
    """Return the sanctions that began and were not appealed yet."""
    appealed = {each.sanction_id for each in own.appeals}
    return {each.sanction_id for each in own.sanctions if each.HasField("start_time")} - appealed
