"""The timeline of an account: everything that happened to it, newest first, one line each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.public_account.rules import owner as owner_rules
from idvault.web.identity import public_account
from idvault.web.identity.words import Claim, IdentityWords, Objection, is_matched, utc_time
from idvault.web.render import last_day
from idvault_verify.transparency import entry
from idvault_verify.v1 import (
    common_pb2,
    contest_pb2,
    disavowal_pb2,
    erasure_pb2,
    public_account_pb2,
    reinstatement_pb2,
    sanction_pb2,
    status_pb2,
)
from idvault_verify.v1 import identity_pb2 as pb

NEWEST = 8
"""How many of them the overview shows."""
_Sanction = sanction_pb2.Sanction
_Erasure = erasure_pb2.Erasure
_CONTESTS, _DISAVOWALS = contest_pb2.Contest.State, disavowal_pb2.Disavowal.State
_APPEALS, _REINSTATEMENTS = sanction_pb2.Appeal.State, reinstatement_pb2.Reinstatement.State
_Public = public_account_pb2.PublicProfile
_TERM_OVER = (_Public.STATE_GRACE, _Public.STATE_EXPIRED)
_FINISHES = {_Sanction.STATE_LIFTED, _Sanction.STATE_LAPSED, _Sanction.STATE_OVERTURNED}


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened. more: a second line, "" for none. page: the one that says all of it."""

    at: datetime
    when: str
    text: str
    page: str
    more: str = ""


def of(
    own: pb.Identity, history: status_pb2.DisclosureHistory | None, words: IdentityWords
) -> list[Happening]:
    """Return what happened, newest first. history: None if it cannot be shown now."""
    made = [*_Timeline(words).of(own), *(_Timeline(words).disclosures(history) if history else ())]
    return sorted(made, key=lambda each: each.at, reverse=True)


@dataclass(frozen=True, slots=True)
class _Timeline:
    words: IdentityWords

    def of(self, own: pb.Identity) -> Iterator[Happening]:
        yield from self._verifications(own)
        if own.status.state == common_pb2.AccountStatus.STATE_EXPIRED:
            yield from self._ended(own.status.expire_date, "expired", "verifications")
        yield from self._objections(own)
        for each in own.sanctions:
            yield from self._sanction(each)
        yield from self._public_accounts(own)
        if own.HasField("erasure"):
            yield from self._erasure(own)

    def disclosures(self, found: status_pb2.DisclosureHistory) -> Iterator[Happening]:
        for one in found.disclosures:
            basis = one.legal_basis or self.words.say("unknown")
            yield self._entry(one.entry.leaf, "released", basis)
        for each in found.openings:
            yield self._entry(each.entry.leaf, "was_opened")

    def _entry(self, leaf: bytes, text: str, more: str = "") -> Happening:
        stamp = Timestamp()
        stamp.FromDatetime(entry.decode_leaf(leaf).occurred_at)
        return self._at(stamp, text, "disclosures", more)

    def _at(self, stamp: Timestamp, key: str, page: str, more: str = "") -> Happening:
        return Happening(utc_time(stamp), self.words.minute(stamp), self.words.say(f"at_{key}"), page, more)

    def _verifications(self, own: pb.Identity) -> Iterator[Happening]:
        for each in own.verifications:
            ended = each.end_time if each.HasField("end_time") else each.open_time
            succeeded = each.state == Claim.STATE_SUCCEEDED
            key = "verified" if succeeded else "asked" if each.state == Claim.STATE_PENDING else "failed"
            if is_matched(each):
                yield self._at(ended, "matched", "verifications", self.words.representative(own, each))
                continue
            more = self.words.say("CLAIM_WITHDRAWN") if each.withdrawn else ""
            yield self._at(ended, key, "verifications", more if succeeded else self.words.result(own, each))

    def _objections(self, own: pb.Identity) -> Iterator[Happening]:
        for contest in own.contests:
            yield self._at(contest.file_time, "contested", "verifications")
            yield from self._missed(contest, "verifications")
            if contest.HasField("decide_time"):
                more = self.words.say(f"CONTEST_{_CONTESTS.Name(contest.state)}")
                yield self._at(contest.decide_time, "contest_decided", "verifications", more)
        for asked in own.reinstatements:
            yield self._at(asked.file_time, "withdrawal_appealed", "verifications")
            yield from self._missed(asked, "verifications")
            if asked.HasField("decide_time"):
                more = self.words.say(f"REINSTATEMENT_{_REINSTATEMENTS.Name(asked.state)}")
                yield self._at(asked.decide_time, "appeal_decided", "verifications", more)
        for disowned in own.disavowals:
            yield self._at(disowned.file_time, "disowned", "disowned")
            if disowned.HasField("decide_time"):
                more = self.words.say(f"DISAVOWAL_{_DISAVOWALS.Name(disowned.state)}")
                yield self._at(disowned.decide_time, "disowned_decided", "disowned", more)
        for appeal in own.appeals:
            yield self._at(appeal.file_time, "appealed", "standing")
            yield from self._missed(appeal, "standing")
            if appeal.HasField("decide_time"):
                more = self.words.say(f"APPEAL_{_APPEALS.Name(appeal.state)}")
                yield self._at(appeal.decide_time, "appeal_decided", "standing", more)

    def _missed(self, each: Objection, page: str) -> Iterator[Happening]:
        """Yield that a deadline passed without a decision, also if one came later."""
        late = each.HasField("decide_time") and utc_time(each.decide_time) >= utc_time(each.due_time)
        if each.overdue or late:
            title = self.words.found.platform_title
            when, text = self.words.deadline(each.due_time), self.words.say("at_missed", platform=title)
            yield Happening(utc_time(each.due_time), when, text, page)

    def _sanction(self, each: sanction_pb2.Sanction) -> Iterator[Happening]:
        what = self.words.degree(each)
        if each.HasField("start_time"):
            yield self._at(each.start_time, "sanctioned", "standing", what)
        else:
            yield self._at(each.impose_time, "proposed", "standing", what)
        if each.state in _FINISHES and each.HasField("finish_time"):
            ended = self.words.say(f"SANCTION_{_Sanction.State.Name(each.state)}")
            yield self._at(
                each.finish_time, "sanction_ended", "standing", f"{what}{self.words.view.comma}{ended}"
            )

    def _public_accounts(self, own: pb.Identity) -> Iterator[Happening]:
        for each in own.public_accounts:
            taken, name = each.profile.owner_changed_on, public_account.short_name(each.profile, self.words)
            if each.profile.state in _TERM_OVER:
                yield from self._ended(each.expire_date, "term_over", "public", name)
            followed: list[datetime] = []
            if each.HasField("close_time"):
                yield self._at(each.close_time, "closed", "public", name)
                followed.append(utc_time(each.close_time))
            if each.HasField("offer"):
                offered = Timestamp()
                offered.FromDatetime(utc_time(each.offer.expire_time) - owner_rules.OFFER_LIFETIME)
                yield self._at(offered, "offered", "public", name)
                followed.append(utc_time(offered))
            if day := taken or each.profile.since:
                # Of a day without a time: after what has one, but not after what followed.
                at = datetime.combine(datetime.fromisoformat(day), time.max, self.words.zone).astimezone(UTC)
                yield Happening(
                    min([at, *followed]),
                    self.words.date(at.astimezone(self.words.zone).date()),
                    self.words.say("at_taken" if taken else "at_opened"),
                    "public",
                    name,
                )
            if not taken:  # what came before a transfer was the former owner's
                yield self._at(each.apply_time, "applied", "public", name)

    def _ended(self, day: str, key: str, page: str, more: str = "") -> Iterator[Happening]:
        """Yield what ended with the day before this one (ISO 8601)."""
        if day:
            at = datetime.combine(date.fromisoformat(day), time.min, self.words.zone).astimezone(UTC)
            yield Happening(at, self.words.date(last_day(day)), self.words.say(f"at_{key}"), page, more)

    def _erasure(self, own: pb.Identity) -> Iterator[Happening]:
        each = own.erasure
        if own.HasField("erasure_cancel_time"):
            yield self._at(own.erasure_cancel_time, "erasure_cancelled", "erase")
        yield self._at(each.request_time, "erasure", "erase")
        if each.state in (_Erasure.STATE_ERASED, _Erasure.STATE_DESTROYED):
            yield self._at(each.erase_time, "erased", "erase")
        if each.state == _Erasure.STATE_DESTROYED:
            yield self._at(each.destroy_time, "destroyed", "erase")
