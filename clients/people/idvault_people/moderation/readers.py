"""What others will read of a decision: its owner on "My identity", and everybody in the public log."""

from idvault_client.sanctions import Scope, StatementOfReasons, UpheldContentMeasure, cause_text
from idvault_client.tip_offs import UpheldSanction
from idvault_people.console.visit import Visit
from idvault_people.moderation import shown
from idvault_people.moderation.shown import Row
from idvault_people.moderation.workplace import Workplace
from idvault_verify.event import EventType
from idvault_verify.sanction import STANDINGS


def owner(statement: StatementOfReasons, *, place: Workplace, visit: Visit) -> list[Row]:
    """Return what a statement of reasons tells its owner: neither evidence nor the report."""
    say, order, language = visit.say, statement.order, visit.language
    by = f"{order.authority}, {order.reference}, {order.issued_on}" if order else say("issuer.PLATFORM")
    return place.rows(
        visit,
        sanction_end=statement.end_at or say("no_end"),
        why=cause_text(statement.ground, statement.category, language=language),
        rule_reference=statement.rule_reference,
        case_reference=statement.case_reference,
        origin=shown.word("origin", statement.origin, say),
        detection=shown.word("automation", statement.detection, say),
        automated_decision=shown.word("automation", statement.decision, say),
        territory=statement.territory,
        issuer=by,
        redress=statement.redress,
    )


def public_of_sanction(wanted: UpheldSanction, visit: Visit, *, proposed: bool) -> list[Row]:
    """Return the entries of the log, and what whoever checks the account learns."""
    kind = "PERSON" if wanted.scope is Scope.PERSON else "SANCTION"
    names = [f"{kind}_{wanted.degree}_{verb}" for verb in (["PROPOSE"] if proposed else []) + ["IMPOSE"]]
    standing = shown.word("standing", STANDINGS[wanted.degree], visit.say)
    return [*_entries(visit, *names), (visit.say("standing"), standing)]


def public_of_measure(wanted: UpheldContentMeasure, visit: Visit) -> list[Row]:
    """Return the entry of the log."""
    return _entries(visit, f"CONTENT_{wanted.kind}_IMPOSE")


def _entries(visit: Visit, *names: str) -> list[Row]:
    say = visit.say
    events = ", ".join(EventType[each].value for each in names)
    return [(say("log_entry"), events), (say("log_says"), say("log_names_nobody"))]
