"""The form of a sanction, or a measure: filled in, checked, shown as what will be signed, and signed.

- step "check": the fields are checked by the rules; nothing is sent.
- step "sign": everything is read again, signed and sent, with the end and the request id of the page before.
- step "change": the form is shown with what was typed.
- step "fill": the same, and a template fills what was not typed.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Generic, TypeVar

from idvault_client.errors import InvalidFields, NotFound, VaultError
from idvault_client.sanctions import (
    AccountSanction,
    Automation,
    Degree,
    Ground,
    IssuerKind,
    OperationState,
    Origin,
    SanctionCategory,
    Scope,
    UpheldContentMeasure,
)
from idvault_client.tip_offs import UpheldSanction
from idvault_people.console.visit import Answer, GoTo, Visit
from idvault_people.moderation import history, readers, shown, statement, template_choice
from idvault_people.moderation.form import Form
from idvault_people.moderation.shown import Field, PagePart, Row
from idvault_people.moderation.workplace import Workplace

_HABITS = ("territory", "redress")
_EVIDENCE = 50 * 66
_COPY, _YES, _TEXT = "copy_evidence", "yes", "text"
_TOGETHER = "duplicates"
Wanted = TypeVar("Wanted", UpheldSanction, UpheldContentMeasure)


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementForm(Generic[Wanted]):
    """One page of what has a statement of reasons. given: what the fields begin with.

    fixed: fields that cannot be changed here; after: more fields. origin, tip_off: how it came to light.
    action, beside: as those of a form. copy: the reporter's copy of the content, which a box makes evidence;
    text: what the reporter wrote, likewise. meant: what is signed by a form that was filled in, such as with
    the usual reply where none was typed; the form that is shown again has what was typed.
    """

    place: Workplace
    title: str
    back: str
    origin: Origin
    action: str = ""
    tip_off: str = ""
    given: dict[str, str] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()
    after: Sequence[Field] = ()
    beside: Sequence[PagePart] = ()
    copy: bytes = field(default=b"", repr=False)
    text: str = field(default="", repr=False)
    meant: Callable[[Visit], Visit] = lambda visit: visit

    def about(self, _visit: Visit, _wanted: Wanted | None = None) -> list[PagePart]:
        """Return whom or what it falls on, which stands first; wanted: as it was filled in."""
        return []

    @abstractmethod
    def fields(self, visit: Visit) -> list[Field]:
        """Return the fields."""

    @abstractmethod
    def read(self, visit: Visit, *, now: datetime) -> tuple[Wanted, Mapping[str, str]]:
        """Return what the fields say, and what is wrong with it by field."""

    @abstractmethod
    def rows(self, wanted: Wanted, visit: Visit) -> list[Row]:
        """Return everything that is about to be signed."""

    @abstractmethod
    def owner_reads(self, wanted: Wanted, visit: Visit) -> list[Row]:
        """Return what whoever is concerned will read, in the words of that page."""

    @abstractmethod
    def public_reads(self, wanted: Wanted, visit: Visit) -> list[Row]:
        """Return what everybody will read."""

    @abstractmethod
    def needs_two(self, wanted: Wanted) -> bool:
        """Return whether another moderator must confirm it."""

    def form(self, visit: Visit) -> Form:
        """Return the form to fill in."""
        begun = {**self.place.habits, "detection": "NONE", "automated_decision": "NONE", **self.given}
        template = {name: text for name, text in self.chosen(visit).items() if not self.given.get(name)}
        begun = {"scope": "ACCOUNT", "issuer": "PLATFORM", **begun, **template}
        fields = [*self.fields(visit), *self._copied(visit), *self.after]
        # In the order in which they are read: what is nearly always the same comes last.
        fields.sort(key=lambda each: each.folded)
        return Form(
            title=self.title,
            button=visit.say("check"),
            step="check",
            back=self.back,
            action=self.action,
            request_id=self.place.new_id(),
            fields=[self._begun(each, begun) for each in fields],
            sections=self.about(visit),
            beside=self.beside,
            besides=visit.say("details"),
        )

    def chosen(self, visit: Visit) -> Mapping[str, str]:
        """Return what the form begins with by the template that its address names."""
        if not visit.query.get(template_choice.TEMPLATE):
            return {}
        return template_choice.begun(template_choice.kept(self.place), visit)

    def filled(self, form: Form, visit: Visit) -> Form:
        """Return the form with the template that was chosen in it; what was typed or given stays."""
        templates, usual = template_choice.kept(self.place), self.form(visit)
        return template_choice.filled(form, visit, usual=usual, templates=templates, given=self.given)

    @property
    def _reported(self) -> dict[str, bytes]:
        """What the reporter sent, by the box that makes it evidence."""
        found = {_YES: self.copy, _TEXT: self.text.encode()}
        return {name: content for name, content in found.items() if content}

    def _copied(self, visit: Visit) -> list[Field]:
        if not self._reported:
            return []
        words = {_YES: visit.say("copy_as_evidence"), _TEXT: visit.say("text_as_evidence")}
        return [
            Field(
                kind="checks",
                id=_COPY,
                label=visit.say("reported_evidence"),
                options=[(name, words[name]) for name in self._reported],
                required=False,
                # Without evidence nothing is signed: what the report brings is there already.
                value="" if self.given.get("evidence") else " ".join(self._reported),
            )
        ]

    def _with_copy(self, visit: Visit, form: Form) -> Visit:
        """Return the visit with the digests of what the reporter sent among the evidence, if asked.

        form: as it was filled in. Its own text stays without them, so that a box can be unticked later.
        """
        filled = {each.id: each.value for each in form.fields}
        boxes = filled.get(_COPY, "").split()
        asked: list[bytes] = [content for name, content in self._reported.items() if name in boxes]
        lines = [filled["evidence"], *(sha256(each).hexdigest() for each in asked)]
        return replace(visit, fields={**visit.fields, "evidence": "\n".join(filter(None, lines))})

    def _begun(self, each: Field, begun: dict[str, str]) -> Field:
        kind = "hidden" if each.id in self.fixed else each.kind
        value = begun.get(each.id, each.value)
        is_known = each.kind != "choices" or value in dict(each.options)
        return replace(each, kind=kind, value=value if is_known else each.value)

    def answer(self, visit: Visit, send: Callable[[Wanted, str], str]) -> Answer:
        """Check, show or sign what was sent. send: acts with a request id, returns where to go."""
        form = self.form(visit).refilled(visit)
        if visit.given("step") == template_choice.FILL:
            return self.filled(form, visit).page()
        wanted, errors = self.read(self._with_copy(visit, form), now=self.place.clock())
        # A form that people change does not keep the end of the former check.
        if errors:
            return form.page(errors=errors, status=422)
        if visit.given("step") == "sign":
            return self._sign(visit, form, wanted, send)
        if visit.given("step") == "change":
            return form.page()
        meant = self.meant(visit)
        return self._preview(meant, form.refilled(meant), wanted).page()

    def _preview(self, visit: Visit, form: Form, wanted: Wanted) -> Form:
        kept = statement.kept(wanted.statement, days=visit.given("days"))
        values = {each.id: each.value for each in form.fields if each.kind != "file"}
        values.update(kept)
        replies: list[Row] = [
            (each.label, visit.given(each.id))
            for each in self.after
            if each.kind == "area" and visit.given(each.id)
        ]
        together = next((each.value.split() for each in form.fields if each.id == _TOGETHER), [])
        answered = [(visit.say("reporters_answered"), str(1 + len(together)))] if self.tip_off else []
        title, rows = visit.say("reporter_reads"), [*self.rows(wanted, visit), *replies]
        told: list[PagePart] = (
            [PagePart(title=title, texts=replies, rows=answered)] if replies or answered else []
        )
        return replace(
            form,
            title=visit.say("sanction_check_title"),
            texts=[
                visit.say("will_be_signed"),
                *([visit.say("second_needed")] if self.needs_two(wanted) else []),
            ],
            sections=[
                *self.about(visit, wanted),
                PagePart(title=visit.say("owner_reads"), rows=self.owner_reads(wanted, visit)),
                *told,
                PagePart(title=visit.say("public_reads"), rows=self.public_reads(wanted, visit)),
                PagePart(title=visit.say("is_signed"), folded=rows, fold=visit.say("show_all")),
            ],
            fields=[Field(kind="hidden", id=name, value=value) for name, value in values.items()],
            button=visit.say("sign"),
            step="sign",
            more=("change", visit.say("change")),
            signs=True,
        )

    def _sign(self, visit: Visit, form: Form, wanted: Wanted, send: Callable[[Wanted, str], str]) -> Answer:
        try:
            where = send(wanted, form.request_id)
        except VaultError as error:
            # It may have been done: with another end, the same form sent again would be another act.
            end = Field(kind="hidden", id=statement.END)
            return replace(form, fields=[*form.fields, end]).refused(error, visit)
        if wanted.statement.order is None:
            # How one appeals against an authority's order is not how one appeals against the next sanction.
            self.place.habits.update({name: visit.given(name) for name in _HABITS})
        return GoTo(where)


@dataclass(frozen=True, kw_only=True, slots=True)
class SanctionForm(StatementForm[UpheldSanction]):
    """One page of a sanction. earlier, titles: what was read for it, because several of its parts say it.

    earlier: the sanctions of an account, None if no account has such a token; the vault says so when the
    sanction is signed. titles: of operations.
    """

    earlier: dict[str, list[AccountSanction] | None] = field(default_factory=dict, init=False, repr=False)
    titles: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def about(self, visit: Visit, wanted: UpheldSanction | None = None) -> list[PagePart]:
        """Return the account with its standing, once it is known."""
        account = wanted.account_token if wanted else self.given.get("account", "")
        public = wanted.public_account_id if wanted else self.given.get("public_account_id", "")
        if not account:
            return []
        found = self._earlier(account)
        if found is None:
            return []
        rows = self._of_sanction(wanted, visit) if wanted else []
        falls_on = history.summary(account, found, place=self.place, visit=visit, public_account_id=public)
        return [replace(falls_on, rows=[*falls_on.rows, *rows])]

    def _of_sanction(self, wanted: UpheldSanction, visit: Visit) -> list[Row]:
        return statement.of_sanction(
            wanted, place=self.place, visit=visit, operation=self._operation_title(wanted.operation_id)
        )

    def _earlier(self, account_token: str) -> list[AccountSanction] | None:
        if account_token not in self.earlier:
            try:
                self.earlier[account_token] = history.sanctions_of(account_token, place=self.place)
            except (InvalidFields, NotFound):
                self.earlier[account_token] = None
        return self.earlier[account_token]

    def _operation_title(self, operation_id: str) -> str:
        if operation_id not in self.titles:
            self.titles[operation_id] = self.place.operation(operation_id)
        return self.titles[operation_id]

    def fields(self, visit: Visit) -> list[Field]:
        """Return the fields."""
        return [
            *template_choice.fields(template_choice.kept(self.place), visit),
            *_subject(visit),
            *grounds(visit),
            days_field(visit),
            *redress(visit),
            *_operation(visit, self.place, self.given.get("operation", "")),
            *issuer(visit),
        ]

    def read(self, visit: Visit, *, now: datetime) -> tuple[UpheldSanction, Mapping[str, str]]:
        """Return the sanction, and what is wrong with it by field."""
        return statement.read(visit, origin=self.origin, tip_off=self.tip_off, now=now)

    def rows(self, wanted: UpheldSanction, visit: Visit) -> list[Row]:
        """Return everything that is about to be signed."""
        operation = self._operation_title(wanted.operation_id)
        return statement.preview(wanted, place=self.place, visit=visit, operation=operation)

    def owner_reads(self, wanted: UpheldSanction, visit: Visit) -> list[Row]:
        """Return what the owner will read on "My identity"."""
        return readers.owner_of_sanction(wanted, place=self.place, visit=visit)

    def public_reads(self, wanted: UpheldSanction, visit: Visit) -> list[Row]:
        """Return the entries of the public log, and what whoever checks the account learns."""
        earlier = self._earlier(wanted.account_token) or []
        return readers.public_of_sanction(wanted, earlier, visit, proposed=self.needs_two(wanted))

    def needs_two(self, wanted: UpheldSanction) -> bool:
        """Return whether another moderator must confirm it."""
        return wanted.degree is Degree.CLOSE or wanted.scope is Scope.PERSON


def _subject(visit: Visit) -> list[Field]:
    say = visit.say
    return [
        Field(kind="text", id="account", label=say("account"), hint=say("account_hint")),
        Field(
            kind="text",
            id="public_account_id",
            label=say("public_account_id"),
            hint=say("public_account_hint"),
            limit=32,
            required=False,
        ),
        *degree_fields(visit),
        choices(visit, "scope", "scope", list(Scope), hint="scope_hint"),
    ]


def degree_fields(visit: Visit) -> list[Field]:
    """Return the fields of how hard a sanction is."""
    say = visit.say
    return [
        choices(visit, "degree", "degree", list(Degree), hint="degree_hint"),
        Field(
            kind="text",
            id="measure",
            label=say("measure"),
            hint=say("measure_hint"),
            limit=64,
            required=False,
            only="LIMIT",
        ),
    ]


def days_field(visit: Visit) -> Field:
    """Return the field of how long a sanction lasts."""
    say = visit.say
    return Field(kind="text", id="days", label=say("days"), hint=say("days_hint"), limit=4, required=False)


def grounds(visit: Visit) -> list[Field]:
    """Return the fields of what happened, and how it came to light."""
    say = visit.say
    return [
        choices(visit, "ground", "ground", list(Ground)),
        choices(visit, "category", "category", list(SanctionCategory)),
        Field(kind="text", id="rule_reference", label=say("rule_reference"), hint=say("rule_hint")),
        Field(kind="text", id="case_reference", label=say("case_reference"), hint=say("why_hint")),
        Field(
            kind="area",
            id="evidence",
            label=say("evidence"),
            hint=say("evidence_hint"),
            limit=_EVIDENCE,
            # A file or a box may bring it.
            required=False,
        ),
        Field(
            kind="file",
            id="evidence_file",
            label=say("evidence_file"),
            hint=say("evidence_file_hint"),
            required=False,
        ),
        folded(choices(visit, "detection", "automation", list(Automation))),
        folded(choices(visit, "automated_decision", "automation", list(Automation))),
    ]


def folded(each: Field) -> Field:
    """Return a field among those that nearly always say the same; a browser asks for none that it hides."""
    return replace(each, folded=True, required=False)


def redress(visit: Visit) -> list[Field]:
    """Return the fields of where it counts, and what can be done against it."""
    say = visit.say
    return [
        folded(
            Field(kind="text", id="territory", label=say("territory"), hint=say("territory_hint"), limit=64)
        ),
        Field(kind="area", id="redress", label=say("redress"), limit=500),
    ]


def issuer(visit: Visit) -> list[Field]:
    """Return the fields of whose decision it is."""
    return [folded(each) for each in (choices(visit, "issuer", "issuer", list(IssuerKind)), *_order(visit))]


def choices(visit: Visit, name: str, words: str, values: Sequence[StrEnum], hint: str = "") -> Field:
    """Return a field whose value is one of a fixed list."""
    return Field(
        kind="choices",
        id=name,
        label=visit.say(name),
        hint=visit.say(hint) if hint else "",
        options=shown.options(words, values, visit.say),
    )


def _operation(visit: Visit, place: Workplace, reported: str) -> list[Field]:
    """Return the field of the operation. reported: the report's, which the sanction has unless it has one."""
    found = {each.operation_id: each.title for each in place.open_operations()}
    if reported and reported not in found:
        found |= _open_one(place, reported)
    if not found:
        return []
    # Without an operation of its own a sanction gets that of its report: "none" would not be true.
    none = [] if reported in found else [("", visit.say("no_operation"))]
    options = [*none, *found.items()]
    return [
        Field(kind="choices", id="operation", label=visit.say("operation"), options=options, required=False)
    ]


def _open_one(place: Workplace, operation_id: str) -> dict[str, str]:
    """Return an operation and its title if it is open: more may be open than are listed."""
    try:
        named = place.vault.sanctions.get_operation(operation_id)
    except NotFound:
        return {}
    return {operation_id: named.title} if named.state is OperationState.OPEN else {}


def _order(visit: Visit) -> list[Field]:
    say = visit.say
    file_hint = say("evidence_file_hint")
    return [
        Field(
            kind="text",
            id="authority",
            label=say("authority"),
            hint=say("order_hint"),
            required=False,
            only="AUTHORITY",
        ),
        Field(
            kind="text",
            id="order_reference",
            label=say("order_reference"),
            hint=say("order_hint"),
            required=False,
            only="AUTHORITY",
        ),
        Field(
            kind="date",
            id="order_date",
            label=say("order_date"),
            hint=say("order_hint"),
            required=False,
            only="AUTHORITY",
        ),
        Field(
            kind="text",
            id="order_digest",
            label=say("order_digest"),
            hint=say("order_hint"),
            limit=64,
            required=False,
            only="AUTHORITY",
        ),
        Field(
            kind="file",
            id="order_digest_file",
            label=say("evidence_file"),
            hint=file_hint,
            required=False,
            only="AUTHORITY",
        ),
    ]
