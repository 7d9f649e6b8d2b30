"""What the form of a sanction and its statement of reasons says."""

from collections.abc import Mapping

from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


STATEMENTS: Mapping[str, Text] = {
    "new_sanction": _("Impose a sanction"),
    "sanction_check_title": _("Check before you sign"),
    "statement": _("Statement of reasons"),
    "no_statement": _("This version does not know a word of the statement."),
    "account_hint": _("The token of the account."),
    "public_account_id": _("Public account"),
    "public_account_hint": _("Optional: the sanction is of this one only."),
    "degree": _("Degree"),
    "degree_hint": _("Closing needs another moderator's confirmation."),
    "measure": _("Code of the limit"),
    "measure_hint": _("Only for a limit, such as no-video."),
    "scope": _("Scope"),
    "scope_hint": _("A sanction of all accounts of the owner needs another moderator."),
    "content": _("Content"),
    "content_hint": _("Your own reference of it, never a person's data."),
    "content_kind": _("What is done to the content"),
    "content_measure": _("Measure on content"),
    "ground": _("Ground"),
    "rule_reference": _("Rule that was broken"),
    "rule_hint": _("Such as: terms 4.2."),
    "case_reference": _("Reference of the case"),
    "evidence_hint": _("One SHA-256 a line. You keep the evidence itself."),
    "evidence_file": _("Add the SHA-256 of a file"),
    "evidence_file_hint": _("Optional. The file is hashed here and not sent."),
    "origin": _("Came to light by"),
    "tip_off": _("Report"),
    "detection": _("Detected"),
    "automated_decision": _.in_context("automated_decision", "Decided"),
    "territory": _("Territory"),
    "territory_hint": _("Such as CN."),
    "redress": _("How the owner can appeal"),
    "days": _("Days until it ends"),
    "days_hint": _("Leave it empty for no end."),
    "sanction_end": _("End"),
    "no_end": _("no end"),
    "issuer": _("Whose sanction it is"),
    "order": _("Order of the authority"),
    "order_hint": _("Only for a sanction of an authority."),
    "authority": _("Authority"),
    "order_reference": _("Reference of the order"),
    "order_date": _("Day of the order"),
    "order_digest": _("SHA-256 of the order"),
    "operation": _("Operation"),
    "no_operation": _.in_context("no_operation", "none"),
    "will_be_signed": _("You are about to sign this."),
    "second_needed": _("It is then proposed: another moderator must confirm it within 72 hours."),
}
