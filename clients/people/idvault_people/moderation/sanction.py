"""The pages of sanctions: those to confirm, one with its statement, and what two moderators do with it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256

from idvault_client.errors import NotFound
from idvault_client.sanctions import AccountSanction, Origin, SanctionPage, SanctionState
from idvault_client.tip_offs import TipOffCase, TipOffReport, UpheldSanction
from idvault_people.console.visit import Answer, Visit
from idvault_people.moderation import done, history, listing, shown, statement
from idvault_people.moderation.case_page import CasePage
from idvault_people.moderation.finding import Finder, account_of
from idvault_people.moderation.form import Form
from idvault_people.moderation.listing import ListPage
from idvault_people.moderation.report_case import ReportScreen, path
from idvault_people.moderation.sanction_form import SanctionForm
from idvault_people.moderation.shown import Field, Link, PagePart
from idvault_people.moderation.workplace import Workplace

_SIZE = 50
_REASON = 500
_ENDED = ("ended_at", "ended_by", "lift_reason")
_WITHDRAWN = ("withdrawn_at", "withdrawn_by", "withdraw_reason")


@dataclass(frozen=True, kw_only=True, slots=True)
class SanctionPages:
    """The handlers."""

    place: Workplace

    def queue(self, visit: Visit) -> Answer:
        """Show sanctions that wait for a second moderator, or others."""
        say = visit.say
        views = [
            ("proposed", say("proposed_view")),
            ("in_force", say("in_force_view")),
            ("all", say("all_view")),
        ]

        def ask() -> tuple[Sequence[AccountSanction], str]:
            view, after = listing.view_of(visit, views), listing.after(visit)
            page = self.listed(view, page_size=_SIZE, page_token=after)
            return page.sanctions, page.next_page_token

        def shows(found: Sequence[AccountSanction], following: str) -> ListPage:
            return ListPage(
                title=say("sanctions"),
                hint=say("confirm_order"),
                views=views,
                items=[history.item(each, place=self.place, visit=visit) for each in found],
                following=following,
                links=[Link("/sanctions/new", say("new_sanction"))],
            )

        return self._finder().answer(visit, ask=ask, shows=shows)

    def _finder(self) -> Finder[AccountSanction]:
        vault = self.place.vault

        def of_account(account_token: str) -> Sequence[AccountSanction]:
            return history.sanctions_of(account_token, place=self.place)

        def of_id(which: str) -> list[AccountSanction]:
            try:
                return [vault.sanctions.get(which)]
            except NotFound:
                owned = of_account(vault.public_accounts.get(which).account_token)
                return [each for each in owned if each.public_account_id == which]

        def of_report(report: TipOffReport) -> list[AccountSanction]:
            named = (report.sanction_id, report.proposal_id)
            found = {each: vault.sanctions.get(each) for each in named if each}
            with suppress(NotFound):
                # A report forgets a proposal that ended, whose statement still names the report.
                if account := account_of(report.target, place=self.place):
                    every = of_account(account)
                    found |= {each.sanction_id: each for each in every if _is_by(each, report)}
            return list(found.values())

        return Finder(
            place=self.place,
            path=lambda each: f"/sanctions/{each.sanction_id}",
            of_account=of_account,
            of_id=of_id,
            of_report=of_report,
        )

    def listed(self, view: str, *, page_size: int, page_token: str = "") -> SanctionPage:
        """Return a page of a view of the sanctions."""
        states = {"proposed": SanctionState.PROPOSED, "in_force": SanctionState.IN_FORCE, "all": None}
        page: SanctionPage = self.place.vault.sanctions.list_page(
            state=states[view], page_size=page_size, page_token=page_token
        )
        return page

    def case(self, visit: Visit) -> Answer:
        """Show a sanction with its reasons and its report; beside them, what may be done."""
        sanction = self.read(visit)
        page = self._screen(sanction, visit)
        may = sanction.state is SanctionState.PROPOSED and sanction.impose_moderator_id != self.place.me
        return (page if may else replace(page, form=None)).page()

    def _screen(self, sanction: AccountSanction, visit: Visit) -> CasePage:
        waits, is_mine = sanction.state is SanctionState.PROPOSED, self._is_mine(sanction)
        page = CasePage(
            title=history.title(sanction, visit),
            sections=screen(sanction, place=self.place, visit=visit),
            acts=self._acts(sanction, visit),
            notes=[visit.say("another_must")] if waits and is_mine else [],
            aside=visit.say("its_sanction"),
            facts=facts(sanction, place=self.place, visit=visit),
            spent=history.spent(sanction, place=self.place),
            codes=codes(sanction, place=self.place, visit=visit),
        )
        page = page.deciding(self._confirmation(sanction, visit))
        now = visit.say("now_it_is", state=history.word_of(sanction, visit))
        text = f"{visit.say('done')} {now}"
        return done.told(page, visit, text, following="/sanctions", words="next_to_confirm")

    def _is_mine(self, sanction: AccountSanction) -> bool:
        return sanction.impose_moderator_id == self.place.me

    def read(self, visit: Visit) -> AccountSanction:
        """Return the sanction of an address."""
        sanction: AccountSanction = self.place.vault.sanctions.get(visit.parts["sanction"])
        return sanction

    def _acts(self, sanction: AccountSanction, visit: Visit) -> list[Link]:
        say, here = visit.say, f"/sanctions/{sanction.sanction_id}"
        account = Link(f"/accounts/{sanction.account_token}", say("history"))
        if sanction.state is SanctionState.IN_FORCE:
            return [Link(f"{here}/end", say("lift")), account]
        if sanction.state is not SanctionState.PROPOSED:
            return [account]
        return [Link(f"{here}/end", say("withdraw")), account]

    def confirmation(self, visit: Visit) -> Answer:
        """Show the report, the statement and the button that confirms it."""
        return self._screen(self.read(visit), visit).page()

    def confirm(self, visit: Visit) -> Answer:
        """Put the sanction into force."""
        sanction = self.read(visit)

        def act(request_id: str) -> str:
            self.place.vault.sanctions.confirm(sanction, key=self.place.key, request_id=request_id)
            return done.at(f"/sanctions/{sanction.sanction_id}")

        return self._screen(sanction, visit).ask().act(visit, act)

    def _confirmation(self, sanction: AccountSanction, visit: Visit) -> Form:
        return Form(
            title=visit.say("confirm_title"),
            texts=[visit.say("confirm_title")],
            button=visit.say("confirm_sign"),
            back=f"/sanctions/{sanction.sanction_id}",
            action=f"/sanctions/{sanction.sanction_id}/confirmation",
            request_id=self.place.new_id(),
            states=history.words_of(sanction),
            signs=True,
        )

    def ending(self, visit: Visit) -> Answer:
        """Ask why a sanction ends before its end."""
        return self._ending(self.read(visit), visit).page()

    def lift(self, visit: Visit) -> Answer:
        """End a sanction, or withdraw a proposal."""
        sanction = self.read(visit)

        def act(request_id: str) -> str:
            self.place.vault.sanctions.lift(
                sanction, visit.line("reason"), key=self.place.key, request_id=request_id
            )
            return done.at(f"/sanctions/{sanction.sanction_id}")

        return self._ending(sanction, visit).act(visit, act)

    def _ending(self, sanction: AccountSanction, visit: Visit) -> Form:
        say = visit.say
        withdraws = sanction.state is SanctionState.PROPOSED
        reason = Field(kind="area", id="reason", label=say("why"), hint=say("why_hint"), limit=_REASON)
        return Form(
            title=say("withdraw_title" if withdraws else "lift_title"),
            texts=[history.title(sanction, visit)],
            button=say("sign"),
            back=f"/sanctions/{sanction.sanction_id}",
            request_id=self.place.new_id(),
            fields=[reason],
            signs=True,
            states=history.words_of(sanction),
        )

    def new(self, visit: Visit) -> Answer:
        """Show the form of a sanction on the platform's own initiative, or by an authority's order."""
        return self._new(visit).form(visit).page()

    def impose(self, visit: Visit) -> Answer:
        """Check the sanction, show it, or impose it."""

        def send(wanted: UpheldSanction, request_id: str) -> str:
            return done.at(f"/sanctions/{self.place.impose(wanted, request_id).sanction_id}")

        return self._new(visit).answer(visit, send)

    def _new(self, visit: Visit) -> SanctionForm:
        ordered = visit.given("issuer") == "AUTHORITY"
        return SanctionForm(
            place=self.place,
            title=visit.say("new_sanction"),
            back="/sanctions",
            origin=Origin.AUTHORITY if ordered else Origin.OWN_INITIATIVE,
            given={"account": visit.query.get("account", "")},
        )

    def account(self, visit: Visit) -> Answer:
        """Show an account: its status and its sanctions."""
        token = visit.parts["account"]
        return CasePage(
            title=visit.say("account_title", account=shown.short_key(token)),
            sections=[history.of_account(token, place=self.place, visit=visit)],
            acts=[Link(f"/sanctions/new?account={token}", visit.say("new_sanction"))],
        ).page()


def screen(sanction: AccountSanction, *, place: Workplace, visit: Visit) -> list[PagePart]:
    """Return why a sanction was imposed: its statement, and the report that it answers."""
    parts: list[PagePart] = []
    reference = sanction.statement.tip_off if sanction.statement else ""
    case = ReportScreen(place=place).of_reference(reference) if reference else None
    if case is not None:
        told, details = ReportScreen(place=place).reported(case, visit)
        told = replace(told, rows=_preserved(case, sanction, visit))
        parts += [told, replace(details, links=[Link(path(case.tip_off), visit.say("see_report"))])]
    reasons = statement.part(sanction.statement, place=place, visit=visit)
    return [*parts, reasons, history.of_account(sanction.account_token, place=place, visit=visit)]


def _is_by(sanction: AccountSanction, report: TipOffReport) -> bool:
    return sanction.statement is not None and sanction.statement.tip_off == report.reference


def _preserved(case: TipOffCase, sanction: AccountSanction, visit: Visit) -> list[shown.Row]:
    """Return what of the report is evidence that was signed: its SHA-256 is in the statement."""
    evidence = sanction.statement.evidence if sanction.statement else ()
    reported = {"copy_is_evidence": case.content, "text_is_evidence": case.text.encode()}
    say = visit.say
    return [
        (say("evidence"), say(key))
        for key, content in reported.items()
        if content and sha256(content).digest() in evidence
    ]


def facts(sanction: AccountSanction, *, place: Workplace, visit: Visit) -> list[shown.Row]:
    """Return what happened to a sanction as rows."""
    say = visit.say

    def who(moderator_id: str) -> str:
        return place.who(moderator_id, visit) if moderator_id else ""

    waits = sanction.lapse_time if sanction.state is SanctionState.PROPOSED else None
    ended = _WITHDRAWN if history.was_withdrawn(sanction) else _ENDED
    return place.rows(
        visit,
        state=history.word_of(sanction, visit),
        due=waits and place.due(waits, visit),
        account=shown.short_key(sanction.account_token),
        public_account_id=shown.short_key(sanction.public_account_id),
        degree=shown.word("degree", sanction.degree, say),
        measure=sanction.measure,
        scope=shown.word("scope", sanction.scope, say),
        operation=place.operation(sanction.operation_id),
        imposed_at=sanction.impose_time,
        proposed_by=who(sanction.impose_moderator_id),
        since=sanction.start_time,
        confirmed_by=who(sanction.confirm_moderator_id),
        lapses=None if waits or not sanction.lapse_time else place.deadline(sanction.lapse_time, visit),
        **{
            ended[0]: sanction.finish_time,
            ended[1]: who(sanction.lift_moderator_id),
            ended[2]: sanction.lift_reason,
        },
    )


def codes(sanction: AccountSanction, *, place: Workplace, visit: Visit) -> list[shown.Row]:
    """Return on whom a sanction falls, as the vault knows it."""
    return place.rows(visit, account=sanction.account_token, public_account_id=sanction.public_account_id)
