"""A new order on the officer's console: who gets it, what it says, and its document.

The document is hashed here and goes nowhere. One form gives an order to each of its platforms, or to none.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar

from idvault_people.authority.officer import OrderDocument
from idvault_people.console import done, shown
from idvault_people.console.app import MOST_BYTES
from idvault_people.console.authority import wording
from idvault_people.console.authority.signing import PaperDraft, SigningPages
from idvault_people.console.visit import Visit
from idvault_people.local_time import offset
from idvault_verify import order
from idvault_verify.attest.order import OrderTerms
from idvault_verify.error import InvalidError
from idvault_verify.order import OrderMeasure
from idvault_verify.tip_off import TargetKind

MOST_ORDERS = 20
_TEXTS = {"reference": order.REFERENCE_LENGTH, "legal_basis": order.LEGAL_BASIS_LENGTH}
_FORMS = {TargetKind.ACCOUNT: "account_wrong", TargetKind.PUBLIC_ACCOUNT: "public_account_wrong"}
OrderDraft = PaperDraft[OrderTerms]


@dataclass(kw_only=True, eq=False)
class IssuingPages(SigningPages[OrderTerms]):
    """The pages of new orders."""

    root: ClassVar[str] = "/new"
    form: ClassVar[str] = "order_form.html"
    preview: ClassVar[str] = "order_check.html"
    title: ClassVar[str] = "issue"

    def take(self, draft: OrderDraft, visit: Visit) -> None:
        """Keep what was typed, and the hash of the document."""
        names = ("kind", "measure", *_TEXTS, "deadline")
        draft.typed = {name: visit.line(name) for name in names}
        # The page may be of a draft that is not kept any more, and had more rows.
        posted = (each for each in range(1, MOST_ORDERS + 1) if f"platform_{each}" in visit.fields)
        draft.rows = max([draft.rows, *posted])
        for number in range(1, draft.rows + 1):
            for name in (f"platform_{number}", f"target_{number}"):
                draft.typed[name] = visit.given(name)
        if (file := visit.files.get("document")) is not None:
            draft.document = OrderDocument(sha256(file.content).digest(), len(file.content))
            draft.document_name = file.name

    def wrong(self, draft: OrderDraft, visit: Visit) -> dict[str, str]:
        """Return what is wrong with it, by field, in the order of the page."""
        typed, kind = draft.typed, _kind(draft)
        found = {
            "kind": "" if kind else visit.say("required"),
            **_wrong_targets(draft, kind, visit),
            "measure": _wrong_measure(typed["measure"], kind, visit),
            **{
                name: wording.wrong(typed[name], visit, _text(typed[name], name, limit))
                for name, limit in _TEXTS.items()
            },
            "deadline": self._wrong_deadline(typed["deadline"], visit),
            "document": _wrong_document(draft, visit),
        }
        return {name: text for name, text in found.items() if text}

    def asked(self, draft: OrderDraft, visit: Visit) -> Mapping[str, Any]:
        """Return the values of the form's template."""
        return {
            "rows": range(1, draft.rows + 1),
            "more": draft.rows < MOST_ORDERS,
            "kinds": shown.options("target", TargetKind, visit.say),
            "measures": shown.options("measure", OrderMeasure, visit.say),
            "limits": {**_TEXTS, "target": order.TARGET_LENGTH},
            "zone": offset(self.session.now().astimezone(self.session.zone)),
            "document": _document(draft, visit),
            # The form has other fields, too.
            "most_bytes": MOST_BYTES - 64 * 1024,
        }

    def made(self, draft: OrderDraft) -> Sequence[OrderTerms]:
        """Return the orders; raises InvalidError."""
        typed, kind = draft.typed, _kind(draft)
        deadline = wording.typed_time(typed["deadline"], zone=self.session.zone)
        if kind is None or deadline is None or draft.document is None:
            raise ValueError("an order is made of a form without mistakes")
        return self.session.officer().orders(
            [(platform, target) for _, platform, target in _targets(draft)],
            kind=kind,
            measure=OrderMeasure(typed["measure"]),
            reference=typed["reference"],
            legal_basis=typed["legal_basis"],
            deadline=deadline,
            document=draft.document,
        )

    def told(self, draft: OrderDraft, visit: Visit) -> Mapping[str, Any]:
        """Return the values of the preview's template: what all orders say, and each one's own part."""
        first, zone = draft.papers[0], self.session.zone
        rows = [
            (visit.say("authority"), first.authority),
            (visit.say("measure"), shown.word("measure", first.measure, visit.say)),
            (visit.say("reference"), first.reference),
            (visit.say("legal_basis"), first.legal_basis),
            (visit.say("deadline"), wording.both(first.deadline_at, visit, zone=zone)),
            (visit.say("document"), _document(draft, visit)),
            (visit.say("made_at"), shown.time(first.created_at, visit, zone=zone)),
        ]
        orders = [
            [
                (visit.say("platform"), each.platform),
                (shown.word("target", each.target_kind, visit.say), shown.Code(each.target)),
            ]
            for each in draft.papers
        ]
        details = [
            (visit.say("document_hash"), first.document_digest.hex()),
            (visit.say("roster_version_hash"), first.roster_digest),
            *((visit.say("order_id"), each.order_id) for each in draft.papers),
        ]
        return {"rows": rows, "orders": orders, "details": details}

    def look(self, papers: Sequence[OrderTerms]) -> None:
        """Read the first order back: all arrived, or none; raises NotFound."""
        self.session.officer().get(papers[0].order_id)

    def send(self, papers: Sequence[OrderTerms], code: str) -> None:
        """Sign the orders, and give all of them; raises VaultError, FindingError."""
        self.session.officer().issue(papers, code=code)

    def place(self, papers: Sequence[OrderTerms]) -> str:
        """Return the page of one order, and the list of several."""
        one = f"/orders/{papers[0].order_id}"
        return done.at(one, "given") if len(papers) == 1 else self.session.untold.at("/", "given_all")

    def _wrong_deadline(self, text: str, visit: Visit) -> str:
        if not text:
            return visit.say("required")
        deadline, now = wording.typed_time(text, zone=self.session.zone), self.session.now()
        if deadline is None:
            return visit.say("deadline_wrong")
        try:
            order.check_term(deadline - now)
            order.check_notice(deadline=deadline, received_at=now)
        except InvalidError:
            return visit.say("deadline_term")
        return ""


def _kind(draft: OrderDraft) -> TargetKind | None:
    return next((each for each in TargetKind if each.value == draft.typed.get("kind")), None)


def _targets(draft: OrderDraft) -> Iterator[tuple[int, str, str]]:
    """Yield number, platform and target of each row; a row after the first may be empty."""
    for number in range(1, draft.rows + 1):
        platform, target = (draft.typed.get(f"{name}_{number}", "") for name in ("platform", "target"))
        if number == 1 or platform or target:
            yield number, platform, target


def _wrong_targets(draft: OrderDraft, kind: TargetKind | None, visit: Visit) -> dict[str, str]:
    found: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    for number, platform, target in _targets(draft):
        found[f"platform_{number}"] = wording.wrong(platform, visit, _name(platform), form="platform_wrong")
        found[f"target_{number}"] = _wrong_target(target, kind, visit)
        if (platform, target) in seen:
            found[f"target_{number}"] = visit.say("target_twice")
        seen.add((platform, target))
    return found


def _wrong_target(target: str, kind: TargetKind | None, visit: Visit) -> str:
    if kind is None:
        return "" if target else visit.say("required")
    return wording.wrong(target, visit, lambda: order.check_target(kind, target), form=_FORMS.get(kind, ""))


def _wrong_measure(value: str, kind: TargetKind | None, visit: Visit) -> str:
    measure = next((each for each in OrderMeasure if each.value == value), None)
    if measure is None:
        return visit.say("required")
    check = kind or TargetKind.CONTENT
    return wording.wrong(value, visit, lambda: order.check_measure(check, measure), form="measure_wrong")


def _wrong_document(draft: OrderDraft, visit: Visit) -> str:
    if draft.document is None:
        return visit.say("required")
    return "" if draft.document.size else visit.say("document_empty")


def _document(draft: OrderDraft, visit: Visit) -> str:
    if draft.document is None:
        return ""
    size = wording.size(draft.document.size, visit)
    return visit.say("in_brackets", text=draft.document_name, more=size)


def _text(value: str, name: str, limit: int) -> Callable[[], object]:
    return lambda: order.check_text(value, field=name, limit=limit)


def _name(value: str) -> Callable[[], object]:
    return lambda: order.check_name(value, field="platform")
