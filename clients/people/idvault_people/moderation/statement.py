"""From the fields of a form to the sanction that is signed, and back to rows that are read before signing.

What a rule refuses is said beside its field before anything is signed or sent; the vault has the same rules.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from idvault_client.reasons import FIELD_TEXTS
from idvault_client.sanctions import (
    AuthorityOrder,
    Automation,
    ContentMeasureKind,
    Degree,
    Ground,
    IssuerKind,
    Origin,
    SanctionCategory,
    Scope,
    StatementOfReasons,
    UpheldContentMeasure,
)
from idvault_client.tip_offs import UpheldSanction
from idvault_people.console.visit import Visit
from idvault_people.moderation import explanation, shown
from idvault_people.moderation.shown import PagePart, Row
from idvault_people.moderation.workplace import Workplace
from idvault_verify import content_measure as verify_measure
from idvault_verify import statement as verify_statement
from idvault_verify.error import InvalidError

END = "end"
"""The hidden field that keeps the end once it was checked: a form that is sent again must say the same.

It holds the days that were typed, a space and the end: other days make another end.
"""
_LONGEST_DAYS = 3_650
_DIGEST = verify_statement.DIGEST_SIZE
_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(slots=True)
class _Reading:
    """Reads fields and gathers what is wrong with them."""

    visit: Visit
    errors: dict[str, str] = field(default_factory=dict)

    def chosen(self, name: str, values: type[_Choice]) -> _Choice:
        given = self.visit.given(name)
        if given in values.__members__:
            return values(given)
        self.errors[name] = self.visit.say("choose")
        return next(iter(values))

    def digests(self, name: str) -> tuple[bytes, ...]:
        found = []
        for line in self.visit.given(name).split():
            try:
                found.append(bytes.fromhex(line))
            except ValueError:
                found.append(b"")
        if any(len(each) != _DIGEST for each in found):
            self.errors[name] = self.visit.say("not_a_digest")
        upload = self.visit.files.get(f"{name}_file")
        if upload is not None:
            found.append(hashlib.sha256(upload.content).digest())
        return tuple(dict.fromkeys(found))

    def day(self, name: str) -> date:
        try:
            return date.fromisoformat(self.visit.given(name))
        except ValueError:
            self.errors[name] = self.visit.say("not_a_day")
            return date.min

    def end(self, *, now: datetime) -> datetime | None:
        if not self.visit.given("days"):
            return None
        days, _, kept = self.visit.given(END).partition(" ")
        if kept and days == self.visit.given("days"):
            return self._kept_end(kept)
        days = self.visit.given("days")
        if not is_length(days):
            self.errors["days"] = self.visit.say("not_days")
            return None
        return (now + timedelta(days=int(days))).replace(microsecond=0)

    def _kept_end(self, text: str) -> datetime | None:
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except ValueError:
            self.errors["days"] = self.visit.say("not_days")
            return None

    def order(self) -> AuthorityOrder:
        digests = self.digests("order_digest")
        return AuthorityOrder(
            self.visit.given("authority"),
            self.visit.given("order_reference"),
            self.day("order_date"),
            digests[0] if len(digests) == 1 else b"",
        )

    def statement(self, *, origin: Origin, tip_off: str, now: datetime) -> StatementOfReasons:
        issuer = self.chosen("issuer", IssuerKind)
        return StatementOfReasons(
            ground=self.chosen("ground", Ground),
            category=self.chosen("category", SanctionCategory),
            rule_reference=self.visit.line("rule_reference"),
            case_reference=self.visit.line("case_reference"),
            evidence=self.digests("evidence"),
            origin=origin,
            tip_off=tip_off,
            detection=self.chosen("detection", Automation),
            decision=self.chosen("automated_decision", Automation),
            territory=self.visit.line("territory"),
            redress=self.visit.line("redress"),
            issuer_kind=issuer,
            end_at=self.end(now=now),
            order=self.order() if issuer is IssuerKind.AUTHORITY else None,
        )

    def check(self, rule: Mapping[str, str]) -> None:
        for name, text in rule.items():
            self.errors.setdefault(name, text)


def is_length(days: str) -> bool:
    """Return whether a text is a number of days that a sanction may last."""
    is_short = len(days) <= len(str(_LONGEST_DAYS))
    return is_short and days.isascii() and days.isdigit() and 1 <= int(days) <= _LONGEST_DAYS


def read(
    visit: Visit, *, origin: Origin, tip_off: str, now: datetime
) -> tuple[UpheldSanction, Mapping[str, str]]:
    """Return the sanction of a form, and what is wrong with it by field: it is signed only if nothing is."""
    reading = _Reading(visit)
    degree = reading.chosen("degree", Degree)
    sanction = UpheldSanction(
        account_token=visit.given("account"),
        degree=degree,
        statement=reading.statement(origin=origin, tip_off=tip_off, now=now),
        # The field is hidden for another degree, where what was typed before must not count.
        measure=visit.given("measure") if degree is Degree.LIMIT else "",
        scope=reading.chosen("scope", Scope),
        operation_id=visit.given("operation"),
        public_account_id=visit.given("public_account_id"),
    )
    reading.check(_broken(sanction, visit, now=now))
    return sanction, reading.errors


def read_measure(
    visit: Visit, *, origin: Origin, tip_off: str, now: datetime
) -> tuple[UpheldContentMeasure, Mapping[str, str]]:
    """Return the measure on content of a form, and what is wrong with it by field, as `read`."""
    reading = _Reading(visit)
    measure = UpheldContentMeasure(
        content=visit.given("content"),
        kind=reading.chosen("content_kind", ContentMeasureKind),
        statement=reading.statement(origin=origin, tip_off=tip_off, now=now),
    )
    rules = (
        lambda: verify_statement.check(measure.statement, now=now),
        lambda: verify_measure.check(measure.content, measure.statement),
    )
    reading.check(_refused(rules, visit))
    return measure, reading.errors


def _broken(sanction: UpheldSanction, visit: Visit, *, now: datetime) -> Mapping[str, str]:
    """Return what the rules refuse, by field."""
    rules = (
        lambda: verify_statement.check(sanction.statement, now=now),
        lambda: verify_statement.check_measure(degree=sanction.degree, measure=sanction.measure),
        lambda: verify_statement.check_target(
            scope=sanction.scope, public_account_id=sanction.public_account_id or None
        ),
    )
    missing = (
        {} if sanction.account_token else {"account": FIELD_TEXTS["REQUIRED"].in_language(visit.language)}
    )
    return {**_refused(rules, visit), **missing}


def _refused(rules: Iterable[Callable[[], object]], visit: Visit) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for rule in rules:
        try:
            rule()
        except InvalidError as error:
            for each in error.violations:
                text = FIELD_TEXTS[each.code].in_language(visit.language)
                found.setdefault(explanation.field_of(each.field), text)
    return found


def kept(statement: StatementOfReasons, *, days: str) -> Mapping[str, str]:
    """Return the fields that a checked statement adds to those that were typed.

    days: until its end, as typed.
    """
    end, order = statement.end_at, statement.order
    return {
        "order_digest": order.digest.hex() if order else "",
        END: "" if end is None else f"{days} {end.astimezone(UTC).isoformat()}",
    }


def rows_of(statement: StatementOfReasons | None, *, place: Workplace, visit: Visit) -> list[Row]:
    """Return a statement of reasons as rows."""
    if statement is None:
        return [(visit.say("statement"), visit.say("no_statement"))]
    say, order = visit.say, statement.order
    return place.rows(
        visit,
        ground=shown.word("ground", statement.ground, say),
        category=shown.word("category", statement.category, say),
        rule_reference=statement.rule_reference,
        case_reference=statement.case_reference,
        evidence=shown.digests(statement.evidence),
        origin=shown.word("origin", statement.origin, say),
        tip_off=statement.tip_off,
        detection=shown.word("automation", statement.detection, say),
        automated_decision=shown.word("automation", statement.decision, say),
        territory=statement.territory,
        redress=statement.redress,
        sanction_end=place.deadline(statement.end_at, visit) if statement.end_at else say("no_end"),
        issuer=shown.word("issuer", statement.issuer_kind, say),
        authority=order and order.authority,
        order_reference=order and order.reference,
        order_date=order and shown.day(order.issued_on, language=visit.language),
        order_digest=order and order.digest.hex(),
    )


def part(statement: StatementOfReasons | None, *, place: Workplace, visit: Visit) -> PagePart:
    """Return a statement of reasons as a part of a page, whose digests are folded."""
    rows, say = rows_of(statement, place=place, visit=visit), visit.say
    digests = (say("evidence"), say("order_digest"))
    count = place.rows(visit, evidence=len(statement.evidence) if statement else None)
    return PagePart(
        title=say("statement"),
        rows=[*(each for each in rows if each[0] not in digests), *count],
        codes=[each for each in rows if each[0] in digests],
    )


def of_sanction(sanction: UpheldSanction, *, place: Workplace, visit: Visit, operation: str) -> list[Row]:
    """Return what a sanction is beside its statement: the owner reads its degree alone.

    operation: the title of its operation, "" for none.
    """
    return place.rows(
        visit,
        degree=shown.word("degree", sanction.degree, visit.say),
        measure=sanction.measure,
        scope=shown.word("scope", sanction.scope, visit.say),
        operation=operation,
    )


def preview(sanction: UpheldSanction, *, place: Workplace, visit: Visit, operation: str) -> list[Row]:
    """Return everything that is about to be signed as rows. operation: as of `of_sanction`."""
    return [
        *place.rows(visit, account=sanction.account_token, public_account_id=sanction.public_account_id),
        *of_sanction(sanction, place=place, visit=visit, operation=operation),
        *rows_of(sanction.statement, place=place, visit=visit),
    ]


def preview_measure(measure: UpheldContentMeasure, *, place: Workplace, visit: Visit) -> list[Row]:
    """Return everything that is about to be signed as rows."""
    return [
        *place.rows(
            visit,
            content=measure.content,
            content_kind=shown.word("content_kind", measure.kind, visit.say),
        ),
        *rows_of(measure.statement, place=place, visit=visit),
    ]
