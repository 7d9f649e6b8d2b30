"""The pages of public accounts: applications to decide, terms that end, and one public account."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from idvault_client.public_accounts import (
    Licence,
    OwnedPublicAccount,
    PublicAccountCategory,
    PublicAccountPage,
    PublicAccountState,
    RejectReason,
)
from idvault_client.tip_offs import TargetKind, TipOffReport
from idvault_people.console.visit import Answer, Visit
from idvault_people.moderation import done, history, listing, shown
from idvault_people.moderation.case_page import CasePage
from idvault_people.moderation.finding import Finder
from idvault_people.moderation.form import Form
from idvault_people.moderation.listing import ListPage
from idvault_people.moderation.shown import Field, Item, Link, PagePart
from idvault_people.moderation.whole_list import every
from idvault_people.moderation.workplace import Workplace
from idvault_verify.public_account import DECLARED

_SIZE = 50
_APPROVE, _REJECT = "APPROVE", "REJECT"
_RENEWABLE = (PublicAccountState.ACTIVE, PublicAccountState.GRACE)


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicAccountPages:
    """The handlers."""

    place: Workplace

    def queue(self, visit: Visit) -> Answer:
        """Show applications, the oldest first; or whose term ends, the first to expire first."""
        say = visit.say
        views = [
            ("applied", say("applied_view")),
            ("expiring", say("expiring_view")),
            ("all", say("all_view")),
        ]

        def ask() -> tuple[Sequence[OwnedPublicAccount], str]:
            view, after = listing.view_of(visit, views), listing.after(visit)
            page = self.listed(view, page_size=_SIZE, page_token=after)
            return page.public_accounts, page.next_page_token

        def shows(found: Sequence[OwnedPublicAccount], following: str) -> ListPage:
            items = [self._item(each, visit) for each in found]
            return ListPage(title=say("public_accounts"), views=views, items=items, following=following)

        return self._finder().answer(visit, ask=ask, shows=shows)

    def _finder(self) -> Finder[OwnedPublicAccount]:
        calls = self.place.vault.public_accounts

        def of_account(account_token: str) -> Iterable[OwnedPublicAccount]:
            return every(calls.list_page, "public_accounts", account_token=account_token)

        def of_report(report: TipOffReport) -> Iterable[OwnedPublicAccount]:
            kind, key = report.target.kind, report.target.key
            if kind is TargetKind.PUBLIC_ACCOUNT:
                return [calls.get(key)]
            return of_account(key) if kind is TargetKind.ACCOUNT else ()

        return Finder(
            place=self.place,
            path=_path,
            of_account=of_account,
            of_id=lambda which: [calls.get(which)],
            of_report=of_report,
        )

    def listed(self, view: str, *, page_size: int, page_token: str = "") -> PublicAccountPage:
        """Return a page of a view of the public accounts."""
        calls = self.place.vault.public_accounts
        if view == "expiring":
            return calls.list_expiring_page(page_size=page_size, page_token=page_token)
        state = PublicAccountState.APPLIED if view == "applied" else None
        return calls.list_page(state=state, page_size=page_size, page_token=page_token)

    def _item(self, each: OwnedPublicAccount, visit: Visit) -> Item:
        say, profile = visit.say, each.profile
        rows = self.place.rows(
            visit,
            state=shown.word("state", each.state, say),
            expires=each.expire_date and shown.last_day(each.expire_date, language=visit.language),
            kind=shown.word("kind", profile.kind, say),
            shown_category=shown.word("shown", profile.category, say),
            applied=each.apply_time,
        )
        return Item(link=Link(_path(each), shown.short_key(each.public_account_id)), rows=rows)

    def case(self, visit: Visit) -> Answer:
        """Show a public account, and its owner's sanctions; beside them, what may be decided."""
        found = self._read(visit)
        page = self._screen(found, visit)
        if found.state is PublicAccountState.APPLIED:
            page = page.deciding(self._deciding(found, visit))
        return page.page()

    def _screen(self, found: OwnedPublicAccount, visit: Visit) -> CasePage:
        say = visit.say
        renewal = Link(f"{_path(found)}/renewal", say("renew"))
        page = CasePage(
            title=say("public_account_title", id=shown.short_key(found.public_account_id)),
            sections=[
                PagePart(
                    title=say("section_public_account"),
                    rows=self._facts(found, visit),
                    codes=self._codes(found, visit),
                ),
                history.of_account(found.account_token, place=self.place, visit=visit),
            ],
            acts=[Link(f"/accounts/{found.account_token}", say("history"))],
            aside=say("decide_public" if found.state is PublicAccountState.APPLIED else "state"),
            facts=self.place.rows(visit, state=shown.word("state", found.state, say)),
            main=[renewal] if found.state in _RENEWABLE else [],
        )
        waits = found.state is PublicAccountState.APPLIED
        now = say("now_it_is", state=shown.word("state", found.state, say))
        text = "" if waits else f"{say('done')} {now}"
        return done.told(page, visit, text, following="/public-accounts", words="next_to_decide")

    def _facts(self, found: OwnedPublicAccount, visit: Visit) -> list[shown.Row]:
        say, profile, language = visit.say, found.profile, visit.language
        licence = profile.licence
        return self.place.rows(
            visit,
            reject_reason=found.reject_reason and shown.word("reject", found.reject_reason, say),
            owner=shown.short_key(found.account_token),
            kind=shown.word("kind", profile.kind, say),
            shown_category=shown.word("shown", profile.category, say),
            licence=licence
            and say(
                "licence_until",
                reference=licence.reference,
                day=shown.last_day(licence.expire_date, language=language),
            ),
            standing=shown.word("standing", profile.standing, say),
            applied=found.apply_time,
            approved_on=profile.since and shown.day(profile.since, language=language),
            expires=found.expire_date and shown.last_day(found.expire_date, language=language),
            operators=len(found.operators) or None,
        )

    def _codes(self, found: OwnedPublicAccount, visit: Visit) -> list[shown.Row]:
        return self.place.rows(
            visit,
            public_account_id=found.public_account_id,
            owner=found.account_token,
            operators="\n".join(each.account_token for each in found.operators),
        )

    def decision(self, visit: Visit) -> Answer:
        """Show the form of the decision about an application."""
        return self._asked(visit).page()

    def decide(self, visit: Visit) -> Answer:
        """Open the public account, or reject the application."""
        form, decision, reason = self._asked(visit), visit.given("decision"), visit.given("reject_reason")
        errors = {}
        if decision not in (_APPROVE, _REJECT):
            errors["decision"] = visit.say("choose")
        if decision == _REJECT and reason not in RejectReason.__members__:
            errors["reject_reason"] = visit.say("choose")
        if errors:
            return form.refilled(visit).page(errors=errors, status=422)

        def act(request_id: str) -> str:
            calls, which = self.place.vault.public_accounts, visit.parts["public_account"]
            if decision == _APPROVE:
                calls.approve(which, key=self.place.key, request_id=request_id)
            else:
                calls.reject(which, RejectReason(reason), key=self.place.key, request_id=request_id)
            return done.at(f"/public-accounts/{which}")

        return form.act(visit, act)

    def _asked(self, visit: Visit) -> Form:
        """Return the form of the decision, on the page of its case."""
        found = self._read(visit)
        return self._screen(found, visit).deciding(self._deciding(found, visit)).ask()

    def _deciding(self, found: OwnedPublicAccount, visit: Visit) -> Form:
        say = visit.say
        return Form(
            title=say("decide_public_title"),
            button=say("send"),
            back=_path(found),
            action=f"{_path(found)}/decision",
            request_id=self.place.new_id(),
            fields=[
                Field(
                    kind="choices",
                    id="decision",
                    label=say("decision"),
                    options=[(_APPROVE, say("approve")), (_REJECT, say("reject"))],
                ),
                Field(
                    kind="choices",
                    id="reject_reason",
                    label=say("reject_reason"),
                    hint=say("reject_hint"),
                    options=shown.options("reject", list(RejectReason), say),
                    required=False,
                ),
            ],
        )

    def renewal(self, visit: Visit) -> Answer:
        """Ask before another term begins."""
        return self._renewing(visit).page()

    def renew(self, visit: Visit) -> Answer:
        """Begin another term, with a new licence if one is given."""
        form, errors = self._renewing(visit), {}
        category, licence = visit.given("new_licence"), None
        if category in PublicAccountCategory.__members__:
            try:
                last = date.fromisoformat(visit.given("licence_day"))
                licence = Licence(PublicAccountCategory(category), visit.given("licence_reference"), last)
            except ValueError:
                errors["licence_day"] = visit.say("not_a_day")
        if errors:
            return form.refilled(visit).page(errors=errors, status=422)

        def act(request_id: str) -> str:
            which = visit.parts["public_account"]
            self.place.vault.public_accounts.renew(
                which, licence=licence, key=self.place.key, request_id=request_id
            )
            return done.at(f"/public-accounts/{which}")

        return form.act(visit, act)

    def _renewing(self, visit: Visit) -> Form:
        found, say = self._read(visit), visit.say
        state = self.place.rows(visit, state=shown.word("state", found.state, say))
        categories = [("", say("keep_licence")), *shown.options("shown", sorted(DECLARED), say)]
        hint = say("optional")
        return Form(
            title=say("renew_title"),
            texts=[say("renew_text")],
            sections=[
                PagePart(
                    title=say("public_account_title", id=shown.short_key(found.public_account_id)),
                    rows=[*state, *self._facts(found, visit)],
                    codes=self._codes(found, visit),
                )
            ],
            button=say("renew"),
            back=_path(found),
            request_id=self.place.new_id(),
            fields=[
                Field(
                    kind="choices",
                    id="new_licence",
                    label=say("new_licence"),
                    options=categories,
                    required=False,
                ),
                Field(
                    kind="text",
                    id="licence_reference",
                    label=say("licence_reference"),
                    hint=hint,
                    required=False,
                ),
                Field(kind="date", id="licence_day", label=say("licence_day"), hint=hint, required=False),
            ],
        )

    def _read(self, visit: Visit) -> OwnedPublicAccount:
        found: OwnedPublicAccount = self.place.vault.public_accounts.get(visit.parts["public_account"])
        return found


def _path(found: OwnedPublicAccount) -> str:
    return f"/public-accounts/{found.public_account_id}"
