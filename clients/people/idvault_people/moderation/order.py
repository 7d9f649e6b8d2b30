"""The pages of authorities' orders: what is due, each checked on this machine, carried out or objected to."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import Any

from idvault_client.sanctions import (
    AccountSanction,
    CheckedOrder,
    ContentMeasureKind,
    OrderSource,
    Origin,
    PlatformOrder,
    SanctionPage,
    SanctionState,
    UpheldContentMeasure,
    check_order,
)
from idvault_client.tip_offs import TargetKind, TipOffTarget, UpheldSanction
from idvault_people.console.visit import Answer, GoTo, NoPageError, Visit
from idvault_people.moderation import done, history, listing, shown
from idvault_people.moderation.case_page import CasePage
from idvault_people.moderation.content_form import ContentMeasureForm
from idvault_people.moderation.finding import Finder
from idvault_people.moderation.form import Form
from idvault_people.moderation.listing import ListPage
from idvault_people.moderation.report_case import ReportScreen
from idvault_people.moderation.sanction_form import SanctionForm
from idvault_people.moderation.shown import Field, Item, Link, PagePart, Row
from idvault_people.moderation.whole_list import every
from idvault_people.moderation.workplace import Workplace
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.offline.proof import UnverifiedError
from idvault_verify.order import OrderMeasure
from idvault_verify.sanction import AuthorityOrder, OrderState

_SIZE, _BESIDE = 50, 20
_REASON = 500
_WAITS = (OrderState.OPEN, OrderState.ACKNOWLEDGED, OrderState.OBJECTED, OrderState.OVERDUE)
_CONTENT = {
    OrderMeasure.LABEL: ContentMeasureKind.LABELLED,
    OrderMeasure.RESTRICT: ContentMeasureKind.RESTRICTED,
    OrderMeasure.REMOVE: ContentMeasureKind.REMOVED,
}
_NAMED = ("issuer", "authority", "order_reference", "order_date", "order_digest")


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderInboxPages:
    """The handlers."""

    place: Workplace

    def queue(self, visit: Visit) -> Answer:
        """Show those that wait by their deadlines, or all as they were recorded."""
        say = visit.say
        views = [("open", say("orders_open")), ("overdue", say("overdue_view")), ("all", say("all_view"))]
        view = listing.view_of(visit, views)

        def ask() -> tuple[Sequence[PlatformOrder], str]:
            return self._page(visit) if view == "all" else (self.waiting(view), "")

        def shows(found: Sequence[PlatformOrder], following: str) -> ListPage:
            versions = self._versions()
            return ListPage(
                title=say("orders"),
                views=views,
                items=[self._item(each, versions, visit) for each in found],
                following=following,
                farther="all",
            )

        return self._finder().answer(visit, ask=ask, shows=shows)

    def _finder(self) -> Finder[PlatformOrder]:
        """Return how orders that wait are found: the vault finds none by its id or reference."""
        # An id of none may be a reference: what waits is read once for both.
        waiting = cache(lambda: self.waiting("open"))

        def of_reference(words: str) -> list[PlatformOrder]:
            wanted = words.casefold()
            return [each for each in waiting() if wanted in each.order.reference.casefold()]

        return Finder(
            place=self.place,
            path=_path,
            of_id=lambda which: [each for each in waiting() if each.order_id == which],
            of_report=lambda _: (),
            of_words=of_reference,
            asks="search_orders",
            takes="search_orders_takes",
        )

    def waiting(self, view: str) -> list[PlatformOrder]:
        """Return the orders of the view "open" or "overdue": what is due first comes first."""
        # In the order of their life: one that changes between two answers is in the later one.
        states = (OrderState.OVERDUE,) if view == "overdue" else _WAITS
        found = {each.order_id: each for state in states for each in self._every(state)}
        return sorted(found.values(), key=lambda each: each.deadline)

    def _every(self, state: OrderState | None = None) -> Iterator[PlatformOrder]:
        return every(self.place.vault.sanctions.list_orders, "orders", state=state)

    def _page(self, visit: Visit) -> tuple[Sequence[PlatformOrder], str]:
        page = self.place.vault.sanctions.list_orders(page_size=_SIZE, page_token=listing.after(visit))
        return page.orders, page.next_page_token

    def _versions(self) -> Sequence[Roster]:
        """Return the roster's versions for a whole list, none if they cannot be read."""
        try:
            return self.place.roster() if self.place.roster is not None else ()
        except RosterError:
            return ()

    def _item(self, order: PlatformOrder, versions: Sequence[Roster], visit: Visit) -> Item:
        waits, say, checked = order.state in _WAITS, visit.say, None
        if versions and order.source is not OrderSource.PAPER:
            with suppress(UnverifiedError, RosterError):
                checked = check_order(order, platform=self.place.key.relying_party, versions=versions)
        rows = self.place.rows(
            visit,
            due=self.place.left(order.deadline, visit) if waits else None,
            **self._ordered_rows(checked, visit, short=True),
            authority=order.order.authority,
            state=shown.word("order", order.state, say),
            source=shown.word("source", order.source, say),
            recorded=order.record_time,
        )
        link = Link(_path(order), order.order.reference)
        return Item(link=link, rows=rows, spent=self._spent(order))

    def _spent(self, order: PlatformOrder) -> int | None:
        return self.place.spent(order.record_time, order.deadline) if order.state in _WAITS else None

    def case(self, visit: Visit) -> Answer:
        """Show an order as its authority signed it, and what may be done."""
        return self._screen(self._read(visit), visit).page()

    def _screen(self, order: PlatformOrder, visit: Visit) -> CasePage:
        say, checked, wrong = visit.say, *self._checked(order, visit)
        proposed = self._proposed(order)
        may_follow = order.state in _WAITS and not wrong and not proposed
        may_object = checked is not None and order.state in _WAITS and order.object_time is None
        page = CasePage(
            title=say("order_title", authority=order.order.authority, reference=order.order.reference),
            sections=[self._ordered(order, checked, visit), *self._about(order, checked, visit)],
            main=self._acts(order, checked, visit) if may_follow else [],
            acts=[Link(f"/sanctions/{each.sanction_id}", say("its_proposal")) for each in proposed],
            notes=[*([wrong] if wrong else []), *([say("order_proposed")] if proposed else [])],
            aside=say("orders_one"),
            facts=self._facts(order, visit),
            spent=self._spent(order),
            late=say("overdue") if order.state is OrderState.OVERDUE else "",
            buttons=[self._acknowledging(order, visit)] if self._may_answer(order, checked) else [],
            folded=[self._objecting(order, visit)] if may_object else [],
        )
        now = say("now_it_is", state=shown.word("order", order.state, say))
        return done.told(page, visit, f"{say('done')} {now}", following="/orders", words="next_order")

    def _proposed(self, order: PlatformOrder) -> Sequence[AccountSanction]:
        """Return what waits for a second moderator: the vault would take another sanction beside it."""
        if order.state not in _WAITS:
            return ()
        page: SanctionPage = self.place.vault.sanctions.list_page(
            order_id=order.order_id, state=SanctionState.PROPOSED
        )
        return page.sanctions

    def _may_answer(self, order: PlatformOrder, checked: CheckedOrder | None) -> bool:
        return checked is not None and order.state in _WAITS and order.acknowledge_time is None

    def _acts(self, order: PlatformOrder, checked: CheckedOrder | None, visit: Visit) -> list[Link]:
        """Return how an order is carried out; one on paper may be about an account or about content."""
        links = [
            Link(f"{_path(order)}/sanction", visit.say("carry_out")),
            Link(f"{_path(order)}/content", visit.say("carry_out_content")),
        ]
        if checked is None:
            return links
        return links[1:] if checked.terms.target_kind is TargetKind.CONTENT else links[:1]

    def _checked(self, order: PlatformOrder, visit: Visit) -> tuple[CheckedOrder | None, str]:
        """Return what an authority signed, and why the order must not be followed, "" if it may be."""
        if order.source is OrderSource.PAPER:
            return None, ""
        if self.place.roster is None:
            return None, str(visit.say("order_needs_roster"))
        try:
            versions = self.place.roster()
            return check_order(order, platform=self.place.key.relying_party, versions=versions), ""
        except (UnverifiedError, RosterError) as error:
            return None, str(visit.say("order_unverified", why=str(error)))

    def _ordered(self, order: PlatformOrder, checked: CheckedOrder | None, visit: Visit) -> PagePart:
        say, named = visit.say, order.order
        rows = self._ordered_rows(checked, visit)
        codes: dict[str, Any] = {"order_digest": named.digest.hex()}
        if checked is not None:
            rows["legal_basis"] = checked.terms.legal_basis
            codes["document_digest"] = checked.terms.document_digest.hex()
            codes |= history.codes_of(TipOffTarget(checked.terms.target_kind, checked.terms.target))
        day = shown.day(named.issued_on, language=visit.language)
        return PagePart(
            title=say("order"),
            rows=self.place.rows(
                visit, **rows, authority=named.authority, order_reference=named.reference, order_date=day
            ),
            codes=self.place.rows(visit, **codes),
        )

    def _ordered_rows(
        self, checked: CheckedOrder | None, visit: Visit, *, short: bool = False
    ) -> dict[str, Any]:
        """Return what is ordered and against whom: nothing of an order on paper, or that was not checked."""
        if checked is None:
            return {}
        kind, measure = checked.terms.target_kind, checked.terms.measure
        is_short = short or kind is not TargetKind.CONTENT
        key = shown.short_key(checked.terms.target) if is_short else checked.terms.target
        target = f"{shown.word('target', kind, visit.say)} {key}"
        return {"ordered": shown.word("order_measure", measure, visit.say), "ordered_target": target}

    def _about(self, order: PlatformOrder, checked: CheckedOrder | None, visit: Visit) -> list[PagePart]:
        """Return the sanctions by the order, a proposed one too, and what else is known about its target."""
        say, vault, parts = visit.say, self.place.vault, []
        done_by = vault.sanctions.list_page(order_id=order.order_id).sanctions
        if done_by:
            items = [history.item(each, place=self.place, visit=visit) for each in done_by]
            parts.append(PagePart(title=say("order_sanctions"), items=items))
        if checked is None:
            return parts
        target = TipOffTarget(checked.terms.target_kind, checked.terms.target)
        reports = vault.tip_offs.list_page(target=target, page_size=_BESIDE).tip_offs
        items = [ReportScreen(place=self.place).similar(each, visit) for each in reports]
        parts.append(
            PagePart(
                title=say("target_reports"), items=items, empty=say("no_target_report"), head=say("number")
            )
        )
        return [*parts, *history.of_target(target, place=self.place, visit=visit)]

    def _facts(self, order: PlatformOrder, visit: Visit) -> list[Row]:
        waits = order.state in _WAITS
        return self.place.rows(
            visit,
            state=shown.word("order", order.state, visit.say),
            due=self.place.due(order.deadline, visit) if waits else order.deadline,
            source=shown.word("source", order.source, visit.say),
            recorded=order.record_time,
            acknowledged=order.acknowledge_time,
            objected=order.object_time,
            objection=order.objection,
            carried_out=order.carry_out_time,
            withdrawn=order.withdraw_time,
        )

    def acknowledge(self, visit: Visit) -> Answer:
        """Tell the authority that its order was read."""
        order = self._read(visit)
        checked, _ = self._checked(order, visit)

        def act(request_id: str) -> str:
            if checked is not None:
                self.place.vault.sanctions.acknowledge_order(
                    checked, key=self.place.key, request_id=request_id
                )
            return done.at(_path(order))

        return self._acknowledging(order, visit).act(visit, act)

    def object_to(self, visit: Visit) -> Answer:
        """Tell the authority why its order is not carried out."""
        order = self._read(visit)
        checked, _ = self._checked(order, visit)

        def act(request_id: str) -> str:
            if checked is not None:
                self.place.vault.sanctions.object_to_order(
                    checked, visit.line("reason"), key=self.place.key, request_id=request_id
                )
            return done.at(_path(order))

        page = replace(self._screen(order, visit), main=(), folded=())
        return page.deciding(self._objecting(order, visit)).ask().act(visit, act)

    def sanction(self, visit: Visit) -> Answer:
        """Show the form of the sanction that carries the order out."""
        order, checked = self._followed(visit)
        return self._elsewhere(order) or self._sanction(order, checked, visit).form(visit).page()

    def _elsewhere(self, order: PlatformOrder, *, mine: bool = True) -> GoTo | None:
        """Return the way to the order if a sanction waits for a second moderator. mine: also one's own.

        An own one may be what a form did before its answer was lost: sent again, it is the same act.
        """
        waits = [each for each in self._proposed(order) if mine or each.impose_moderator_id != self.place.me]
        return GoTo(_path(order)) if waits else None

    def impose(self, visit: Visit) -> Answer:
        """Check that sanction, show it, or impose it."""

        def send(wanted: UpheldSanction, request_id: str) -> str:
            self.place.impose(wanted, request_id)
            return done.at(_path(order))

        order, checked = self._followed(visit)
        return self._elsewhere(order, mine=False) or self._sanction(order, checked, visit).answer(visit, send)

    def content(self, visit: Visit) -> Answer:
        """Show the form of the measure that carries the order out."""
        order, checked = self._followed(visit)
        return self._elsewhere(order) or self._content(order, checked, visit).form(visit).page()

    def impose_content(self, visit: Visit) -> Answer:
        """Check that measure, show it, or impose it."""

        def send(wanted: UpheldContentMeasure, request_id: str) -> str:
            self.place.vault.content_measures.impose(
                wanted.content, wanted.kind, wanted.statement, key=self.place.key, request_id=request_id
            )
            return done.at(_path(order))

        order, checked = self._followed(visit)
        return self._elsewhere(order, mine=False) or self._content(order, checked, visit).answer(visit, send)

    def _sanction(self, order: PlatformOrder, checked: CheckedOrder | None, visit: Visit) -> SanctionForm:
        given, fixed = _begun(order, checked), set(_NAMED)
        if checked is not None:
            terms = checked.terms
            given["degree"] = terms.measure.value
            if terms.target_kind is TargetKind.ACCOUNT:
                given["account"] = terms.target
                fixed |= {"account", "public_account_id"}
            else:
                found = self.place.vault.public_accounts.get(terms.target)
                given |= {"account": found.account_token, "public_account_id": terms.target}
                fixed |= {"account", "public_account_id"}
        return SanctionForm(
            place=self.place,
            title=visit.say("carry_out_title", reference=order.order.reference),
            back=_path(order),
            origin=Origin.AUTHORITY,
            given=given,
            fixed=frozenset(fixed),
        )

    def _content(
        self, order: PlatformOrder, checked: CheckedOrder | None, visit: Visit
    ) -> ContentMeasureForm:
        given, fixed = _begun(order, checked), set(_NAMED)
        if checked is not None and checked.terms.measure in _CONTENT:
            given |= {"content": checked.terms.target, "content_kind": _CONTENT[checked.terms.measure].value}
            fixed |= {"content"}
        return ContentMeasureForm(
            place=self.place,
            title=visit.say("carry_out_title", reference=order.order.reference),
            back=_path(order),
            origin=Origin.AUTHORITY,
            given=given,
            fixed=frozenset(fixed),
        )

    def _followed(self, visit: Visit) -> tuple[PlatformOrder, CheckedOrder | None]:
        """Return an order that may be followed; raises NoPageError."""
        order = self._read(visit)
        checked, wrong = self._checked(order, visit)
        if wrong:
            raise NoPageError
        return order, checked

    def _acknowledging(self, order: PlatformOrder, visit: Visit) -> Form:
        return self._form(order, visit, "acknowledgement", "acknowledge")

    def _objecting(self, order: PlatformOrder, visit: Visit) -> Form:
        say = visit.say
        reason = Field(
            kind="area", id="reason", label=say("objection"), hint=say("objection_hint"), limit=_REASON
        )
        return self._form(order, visit, "objection", "object_to", reason)

    def _form(self, order: PlatformOrder, visit: Visit, where: str, key: str, *fields: Field) -> Form:
        return Form(
            title=visit.say(key),
            button=visit.say(key),
            back=_path(order),
            request_id=self.place.new_id(),
            states="order",
            fields=fields,
            action=f"{_path(order)}/{where}",
        )

    def _read(self, visit: Visit) -> PlatformOrder:
        # Most that are looked at wait, and all may be many.
        some = chain.from_iterable(self._every(state) for state in (*_WAITS, None))
        for each in some:
            if each.order_id == visit.parts["order"]:
                return each
        raise NoPageError


def _begun(order: PlatformOrder, checked: CheckedOrder | None) -> dict[str, str]:
    """Return what the statement of reasons begins with: it names the order."""
    named: AuthorityOrder = order.order
    document = checked.terms.document_digest if checked else named.digest
    return {
        "issuer": "AUTHORITY",
        "ground": "ILLEGAL",
        "authority": named.authority,
        "order_reference": named.reference,
        "order_date": named.issued_on.isoformat(),
        "order_digest": named.digest.hex(),
        "case_reference": named.reference,
        "rule_reference": checked.terms.legal_basis if checked else "",
        "evidence": document.hex(),
    }


def _path(order: PlatformOrder) -> str:
    return f"/orders/{order.order_id}"
