"""Titles, the menu, times, and what forms and refusals say."""

from collections.abc import Mapping

from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


COMMON: Mapping[str, Text] = {
    "service": _("Moderation"),
    "overview": _("Overview"),
    "reports": _("Reports"),
    "sanctions": _("Sanctions"),
    "appeals": _("Appeals"),
    "measures": _("Measures on content"),
    "orders": _("Orders"),
    "public_accounts": _("Public accounts"),
    "contests": _("Contests"),
    "disavowals": _("Disowned accounts"),
    "reinstatements": _("Appeals against withdrawals"),
    "narrowings": _("After withdrawals"),
    "operations": _("Operations"),
    "figures": _("Figures"),
    "you": _("you"),
    "nobody": _("nobody"),
    "you_are": _("You are moderator {moderator}"),
    "unknown": _("not known to this version"),
    "overdue": _("overdue"),
    "late_of": _("{late} overdue · {count}"),
    "trusted": _("trusted flagger"),
    "flooded": _("from a flooded form"),
    "yours": _("yours"),
    "next_page": _("Next page"),
    "first_page": _("First page"),
    "view": _("Show"),
    "views": _("Views"),
    "chosen": _("Choose"),
    "keys": _("Keys"),
    "keys_off": _("Switch these keys off in this browser"),
    "key.j k": _("next row or report, the one before"),
    "key.Enter": _("open it"),
    "key.a": _("assign it to me"),
    "key.d": _("go to the decision"),
    "key.m": _("merge duplicates"),
    "key./": _("go to the search"),
    "key.?": _("show or hide these keys"),
    "done": _("Done."),
    "nothing": _("There is nothing here."),
    "nothing_else": _("Nothing."),
    "page_empty": _("Nothing on this page; look at the next one."),
    "what_you_can_do": _("What you can do"),
    "sign": _("Sign and send"),
    "send": _("Send"),
    "check": _("Check"),
    "change": _.in_context("change", "Change"),
    "signed_here": _("It is signed on this machine; your key never leaves it."),
    "optional": _("Optional."),
    "more_than": _("{count} or more"),
    "not_known_whether": _(
        "There was no answer, so it is not known whether it was done. Send this form again: it acts once."
    ),
    "no_answer": _("The vault did not answer. Reload this page in a moment: a form acts only once."),
    "now_it_is": _("Now: {state}."),
    "form_used": _("This form was sent before with other content. Open the page again to see what was done."),
    "report_not_found": _("This report was not found."),
    "key_refused": _(
        "The vault did not accept your signature. Check this machine's clock, or register your key again."
    ),
    "choose": _("Choose one"),
    "choose_all": _("Choose all {count}"),
    "usually": _("Detection, territory, whose decision"),
    "not_a_digest": _("Each line must have 64 hexadecimal digits"),
    "not_a_day": _("Enter a day such as 2026-05-31"),
    "not_days": _("Enter a number of days from 1 to 3650"),
    "wrong_value": _("This is not valid"),
}
