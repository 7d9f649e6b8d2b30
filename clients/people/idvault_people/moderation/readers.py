"""What others will read of a decision: its owner on "My identity", and everybody in the public log."""

from collections.abc import Sequence

from babel import Locale

from idvault_client.pages.rendering import BETWEEN_PARTS
from idvault_client.sanctions import (
    AccountSanction,
    Scope,
    StatementOfReasons,
    UpheldContentMeasure,
    cause_text,
)
from idvault_client.tip_offs import UpheldSanction
from idvault_people.console.visit import Visit
from idvault_people.moderation import history, shown
from idvault_people.moderation.shown import Row
from idvault_people.moderation.workplace import Workplace

_TAIL = 6
"""How many characters of a public account's id tell it from others."""


def owner(statement: StatementOfReasons, *, place: Workplace, visit: Visit) -> list[Row]:
    """Return what a statement of reasons tells its owner, as "My identity" does: no evidence, no report."""
    say, order, language, territory = visit.say, statement.order, visit.language, statement.territory
    by = place.key.relying_party
    if order:
        day = shown.day(order.issued_on, language=language)
        by = BETWEEN_PARTS[language].join((order.authority, order.reference, day))
    return place.rows(
        visit,
        sanction_end=place.deadline(statement.end_at, visit) if statement.end_at else say("no_end"),
        cause=cause_text(statement.ground, statement.category, language=language),
        rule_reference=statement.rule_reference,
        case_reference=statement.case_reference,
        origin=shown.word("origin", statement.origin, say),
        detection=shown.word("automation", statement.detection, say),
        automated_decision=shown.word("automation", statement.decision, say),
        territory=Locale(language).territories.get(territory, territory),
        issuer=by,
        redress=statement.redress,
    )


def owner_of_sanction(wanted: UpheldSanction, *, place: Workplace, visit: Visit) -> list[Row]:
    """Return what a sanction tells its owner on "My identity"."""
    say, public = visit.say, wanted.public_account_id
    target = (
        say("owner_reads.public_account", tail=public[-_TAIL:]) if public else say("owner_reads.your_account")
    )
    return [
        (say("owner_reads.degree"), shown.word("owner_reads.degree", wanted.degree, say)),
        (say("owner_reads.target"), target),
        *owner(wanted.statement, place=place, visit=visit),
    ]


def public_of_sanction(
    wanted: UpheldSanction, earlier: Sequence[AccountSanction], visit: Visit, *, proposed: bool
) -> list[Row]:
    """Return the entries of the log, and what whoever checks the account learns: the hardest counts.

    earlier: the account's other sanctions.
    """
    standing = history.standing(earlier, wanted.degree, public_account_id=wanted.public_account_id)
    degree = shown.word("degree", wanted.degree, visit.say)
    what = visit.say("of_owner", degree=degree) if wanted.scope is Scope.PERSON else degree
    verbs = ["log_proposed", "log_imposed"] if proposed else ["log_imposed"]
    return [
        *_entries(visit, [visit.say(verb, what=what) for verb in verbs]),
        (visit.say("standing"), shown.word("standing", standing, visit.say)),
    ]


def public_of_measure(wanted: UpheldContentMeasure, visit: Visit) -> list[Row]:
    """Return the entry of the log."""
    kind = shown.word("content_kind", wanted.kind, visit.say)
    return _entries(visit, [visit.say("log_measure", kind=kind)])


def _entries(visit: Visit, entries: Sequence[str]) -> list[Row]:
    say = visit.say
    return [*((say("log_entry"), each) for each in entries), (say("log_says"), say("log_names_nobody"))]
