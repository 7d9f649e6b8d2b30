"""What the page of a moderator's own history says."""

from collections.abc import Mapping

from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)

OWN: Mapping[str, Text] = {
    "own_history": _("My history"),
    "withdrawable": _("You can withdraw"),
    "withdraw_named": _("Withdraw: {name}"),
    "nothing_to_withdraw": _("No proposal of yours waits for a second moderator."),
    "done_here": _("What you did at this desk"),
    "nothing_done": _("Nothing yet. What you sign at this desk is listed here, the newest first."),
    "what_was_done": _("Act"),
    "chosen_word": _("Decision"),
    "done_at": _("When"),
    "did.new": _("created"),
    "did.assignment": _("assigned to you"),
    "did.return": _("handed back"),
    "did.note": _("noted"),
    "did.reply": _("replied"),
    "did.duplicates": _("merged"),
    "did.decision": _("decided"),
    "did.propose": _("proposed"),
    "did.refer": _.in_context("did", "referred to an authority"),
    "did.sanctions.new": _.in_context("did", "imposed"),
    "did.reports.new": _("recorded"),
    "did.reports.merging": _("merged others into it"),
    "did.sanction": _("upheld with a sanction"),
    "did.content": _("upheld with a measure on content"),
    "did.orders.sanction": _("signed a sanction"),
    "did.orders.content": _("signed a measure on content"),
    "did.confirmation": _.in_context("did", "confirmed"),
    "did.end": _("ended or withdrawn"),
    "did.narrowing": _("narrowed"),
    "did.renewal": _.in_context("did", "renewed"),
    "did.standing": _("standing set"),
    "did.acknowledgement": _("read"),
    "did.objection": _("objected to"),
    "did.closing": _.in_context("operation", "closed"),
    "did.start": _("started"),
    "did.pause": _("paused"),
    "did.resume": _("resumed"),
}
