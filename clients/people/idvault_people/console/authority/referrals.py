"""Referred reports on the officer's console: the list, one of them, and its answer in two steps.

What is answered is signed once: the vault has one answer, and a referral that has one is only shown.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from idvault_client.errors import Unavailable, VaultError
from idvault_client.pages import rendering
from idvault_people.authority.referral import GivenReferral
from idvault_people.console import done, drafts, shown
from idvault_people.console.authority import explaining, wording
from idvault_people.console.authority.listing import StateList
from idvault_people.console.authority.session import OfficerSession
from idvault_people.console.authority.signing import signed_codes
from idvault_people.console.visit import Answer, ConsolePage, GoTo, Route, Visit
from idvault_people.console.way_back import WayBack
from idvault_people.trust import FindingError
from idvault_verify.attest import order as papers
from idvault_verify.attest.order import AnswerTerms
from idvault_verify.error import Reason
from idvault_verify.tip_off import ReferralState

_LIST = StateList(path="/referrals", words="referral_state", states=tuple(ReferralState))
_ANSWERS = {"accept": ReferralState.ACCEPTED, "decline": ReferralState.DECLINED}
_LAST_DAYS = {0: "answer_today", 1: "answer_tomorrow"}
_MOST_PAPERS = 20


@dataclass(kw_only=True, eq=False)
class ReferralPages:
    """The pages of referrals. papers: the answers that were shown last, by the address of their page.

    _open: the ids of those that waited for an answer when they were seen last.
    """

    session: OfficerSession
    _open: set[str] = field(default_factory=set)
    _way_back: WayBack = field(default_factory=lambda: WayBack(_LIST.path))
    _papers: dict[str, AnswerTerms] = field(default_factory=dict, repr=False)

    def routes(self) -> tuple[Route, ...]:
        """Return the pages."""
        one = "/referrals/{id:[0-9a-f]{32}}"
        return (
            Route("GET", "/referrals", self.list),
            Route("GET", one, self.show),
            Route("GET", f"{one}/{{answer:accept|decline}}", self.check),
            Route("POST", f"{one}/{{answer:accept|decline}}", self.sign),
        )

    @property
    def waiting(self) -> int:
        """How many referrals wait for an answer."""
        return len(self._open)

    def count(self) -> None:
        """Count what waits now; if it cannot be read, what was counted last stays."""
        with suppress(VaultError, FindingError):
            self._count(self.session.referrals().every(state=ReferralState.OPEN))

    def _count(self, found: Iterable[GivenReferral]) -> None:
        self._open = {each.referral_id for each in found if each.state is ReferralState.OPEN}

    def list(self, visit: Visit) -> Answer:
        """List the referrals: open ones by their last day, then the others, newest first."""
        self._way_back.remember(visit)
        wanted = _LIST.wanted(visit)
        found = _by_urgency(list(self.session.referrals().every(state=wanted)))
        if wanted in (None, ReferralState.OPEN):
            self._count(found)
        values = {
            **_LIST.values(found, self._item, visit),
            "open": sum(each.state is ReferralState.OPEN for each in found),
        }
        return ConsolePage(template="referrals.html", title=visit.say("referrals"), values=values)

    def show(self, visit: Visit) -> Answer:
        """Show what was referred, and what became of it."""
        found = self.session.referrals().get(visit.parts["id"])
        if found.state is not ReferralState.OPEN:
            self._open.discard(found.referral_id)
        is_accepted, is_declined = (found.state is each for each in _ANSWERS.values())
        values = {
            "done": done.told(visit, accepted=is_accepted, declined=is_declined),
            "state": shown.word("referral_state", found.state, visit.say),
            "advice": shown.word("referral_advice", found.state, visit.say) if found.state else "",
            "rows": self._rows(found, visit),
            "colour": _colour(found),
            "history": self._history(found, visit),
            "details": _details(found, visit),
            "answerable": _is_answerable(found),
            "id": found.referral_id,
            "back": self._way_back.address,
        }
        title = visit.say("referral_title", platform=found.platform)
        return ConsolePage(template="referral.html", title=title, values=values)

    def check(self, visit: Visit) -> Answer:
        """Show exactly what will be signed; a referral that is answered already is shown."""
        found = self.session.referrals().get(visit.parts["id"])
        return self._preview(found, visit, {}) if _is_answerable(found) else self._there(visit)

    def sign(self, visit: Visit) -> Answer:
        """Sign and send the answer that was shown."""
        officer, code = self.session.referrals(), visit.given("code")
        found = officer.get(visit.parts["id"])
        if not _is_answerable(found):
            return self._there(visit)
        terms = self._kept(visit)
        if terms is None or visit.given("digest") != drafts.digest([terms]):
            return self._preview(found, visit, {"": visit.say("preview_changed")})
        if not code:
            return self._preview(found, visit, {"code": visit.say("required")})
        try:
            officer.send(terms, code=code)
        except VaultError as error:
            return self._refused(found, visit, error)
        act = _ANSWERS[visit.parts["answer"]].lower()
        return GoTo(done.at(f"/referrals/{visit.parts['id']}", act))

    def _refused(self, found: GivenReferral, visit: Visit, error: VaultError) -> Answer:
        """Show why on the preview; raises the error if its answer was lost."""
        if isinstance(error, Unavailable):
            raise error
        if error.reason == Reason.ILLEGAL_TRANSITION:
            # Answered meanwhile, or its last day has passed: its page says which.
            return self._there(visit)
        if explaining.asks_for_another(error):
            self._papers.pop(visit.path, None)
        return self._preview(found, visit, explaining.by_field(error, visit))

    def _there(self, visit: Visit) -> GoTo:
        return GoTo(f"/referrals/{visit.parts['id']}")

    def _kept(self, visit: Visit) -> AnswerTerms | None:
        """Return what was shown last, None if it must be made anew."""
        found = self._papers.get(visit.path)
        return None if found is None or drafts.is_old([found], now=self.session.now()) else found

    def _preview(self, found: GivenReferral, visit: Visit, errors: dict[str, str]) -> Answer:
        answer = _ANSWERS[visit.parts["answer"]]
        terms = self._kept(visit) or self.session.referrals().prepare(found, answer)
        self._papers[visit.path] = terms
        if len(self._papers) > _MOST_PAPERS:
            del self._papers[next(iter(self._papers))]
        values = {
            "effect": visit.say(f"effect.{answer.value}"),
            "rows": [
                (visit.say("authority"), terms.authority),
                (visit.say("answer"), visit.say(f"{visit.parts['answer']}_link")),
                *self._rows(found, visit),
                (visit.say("made_at"), shown.time(terms.created_at, visit, zone=self.session.zone)),
            ],
            "details": [
                (visit.say("referral_id"), terms.referral_id),
                (visit.say("target_mark"), terms.target_mark.hex()),
                (visit.say("roster_version_hash"), terms.roster_digest),
                *signed_codes([terms], visit),
            ],
            "action": visit.path,
            "change": f"/referrals/{found.referral_id}",
            "digest": drafts.digest([terms]),
        }
        return ConsolePage(
            template="referral_check.html",
            title=visit.say("check_title"),
            values=values,
            errors=errors,
            status=422 if errors else 200,
        )

    def _item(self, found: GivenReferral, visit: Visit) -> dict[str, Any]:
        target, codes = visit.say("target_gone"), list[shown.Row]()
        if found.target is not None:
            target, codes = wording.target(found.target.kind, found.target.key, visit)
        return {
            "path": f"/referrals/{found.referral_id}",
            "name": shown.word("category", found.category, visit.say),
            "codes": codes,
            "state": shown.word("referral_state", found.state, visit.say),
            "colour": _colour(found),
            "cells": [
                (visit.say("platform"), found.platform),
                (visit.say("target_field"), target),
                (visit.say("answer_by"), self._last_day(found, visit)),
            ],
        }

    def _rows(self, found: GivenReferral, visit: Visit) -> Sequence[shown.Fact]:
        return [
            (visit.say("platform"), found.platform),
            (visit.say("category"), shown.word("category", found.category, visit.say)),
            _target(found, visit),
            (visit.say("answer_by"), self._last_day(found, visit)),
        ]

    def _last_day(self, found: GivenReferral, visit: Visit) -> str | shown.Due:
        """Return the last day for an answer and, while there is none, how many days are left."""
        text = visit.say("vault_day", day=shown.day(found.last_date, language=visit.language))
        if found.state is not ReferralState.OPEN:
            return text
        # By this officer's calendar: the vault's days may begin some hours before or after.
        now = self.session.now().astimezone(self.session.zone).replace(tzinfo=None)
        begin, last = (datetime.combine(each, time()) for each in (found.refer_date, found.last_date))
        days = (last.date() - now.date()).days
        left = visit.say(_LAST_DAYS.get(days, "left_days") if days >= 0 else "time_over", days=days)
        spent = rendering.time_spent(begin, last + timedelta(days=1), now=now)
        return shown.Due(visit.say("in_brackets", text=text, more=left), spent)

    def _history(self, found: GivenReferral, visit: Visit) -> Sequence[shown.Row]:
        day = visit.say("vault_day", day=shown.day(found.refer_date, language=visit.language))
        rows = [(day, visit.say("was_referred"))]
        if found.answer_time is not None:
            at = shown.time(found.answer_time, visit, zone=self.session.zone)
            rows.append((at, shown.word("referral_state", found.state, visit.say)))
        return rows


def _is_answerable(found: GivenReferral) -> bool:
    # Not if this client does not know the category, which is signed.
    return found.state is ReferralState.OPEN and None not in (found.target, found.category)


def _target(found: GivenReferral, visit: Visit) -> shown.Fact:
    if found.target is None:
        return visit.say("target_field"), visit.say("target_gone")
    return shown.word("target", found.target.kind, visit.say), shown.Code(found.target.key)


def _colour(found: GivenReferral) -> str | None:
    """Return the colour of the badge of a state; a referral that waits for this officer stands out."""
    return {ReferralState.OPEN: "amber", ReferralState.ACCEPTED: ""}.get(found.state) if found.state else None


def _by_urgency(found: Sequence[GivenReferral]) -> Sequence[GivenReferral]:
    waiting = [each for each in found if each.state is ReferralState.OPEN]
    over = [each for each in found if each.state is not ReferralState.OPEN]
    return [*sorted(waiting, key=lambda each: each.last_date), *over[::-1]]


def _details(found: GivenReferral, visit: Visit) -> Sequence[shown.Row]:
    rows = [(visit.say("referral_id"), found.referral_id)]
    if found.signed_answer:
        terms = papers.parse_answer(found.signed_answer)
        rows += [
            (visit.say("target_mark"), terms.target_mark.hex()),
            (visit.say("answer_hash"), papers.digest(found.signed_answer).hex()),
            (visit.say("roster_version_hash"), terms.roster_digest),
        ]
    return rows
