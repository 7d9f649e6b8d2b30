"""What the page "accounts in my name" says, in Chinese and English."""

from collections.abc import Mapping

from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


TEXTS: Mapping[str, Text] = {
    "mine_title": _("Accounts in my name"),
    "mine_what": _(
        "Here you see which accounts at all platforms of this service were verified with your name and "
        "number, and you can say of one that it is not yours."
    ),
    "mine_proof": _("Who is asked"),
    "mine_proof_text": _(
        "{provider} gets your name and number and asks you to prove that it is you. No platform learns that "
        "you were here, and this service keeps neither name nor number."
    ),
    "mine_waits": _("Nothing happens for 72 hours"),
    "mine_waits_text": _(
        "After a first proof you ask for the list; three days later a second proof shows it. "
        "Whoever proves to be you in the meantime sees that it was asked for, and can cancel it: in case "
        "somebody forced you, or had your phone."
    ),
    "mine_document": _("Document"),
    "mine_back_text": _("When you press the button, {provider} is asked how it ended."),
    "mine_asked": _(
        "The list was asked for. It can be read from {time} until {ends}: come back then and prove again "
        "that it is you. If you did not ask for it, cancel it."
    ),
    "mine_ready": _("You have proved that it is you, and the list that was asked for can be read."),
    "mine_unasked": _("If it was not you who asked for the list, cancel it."),
    "mine_none_asked": _("You have proved that it is you. Nobody has asked for the list."),
    "mine_ask": _("Ask for the list"),
    "mine_show": _("Show the list"),
    "mine_waiting_count": _(
        "Accounts that are to be disowned, and whose platforms have not been told: {count}. If that was not "
        "you, cancel it now."
    ),
    "mine_cancel": _("Cancel everything that waits"),
    "mine_empty": _("No account stands in your name."),
    "mine_count": _("Accounts in your name: {count}"),
    "mine_month": _("Month of the verification"),
    "mine_state": _("State"),
    "mine_STATE_VERIFIED": _("valid"),
    "mine_STATE_EXPIRED": _.in_context("mine_STATE_EXPIRED", "expired"),
    "mine_waiting": _("You said that it is not yours; its platform has not been told"),
    "mine_undecided": _("You said that it is not yours; its platform decides"),
    "mine_disown_title": _("Is the account at {platform} not yours?"),
    "mine_over": _("This visit is over. Please prove again that it is you."),
    "mine_disown": _("This account is not mine"),
    "mine_disown_text": _(
        "If you disown an account, its platform is told after three to ten days, at a time drawn for it "
        "alone. It has 15 days to decide; if it does not, the verification is withdrawn. Whoever holds the "
        "account can show to be you and keep it. Afterwards your name and number do not suffice at that "
        "platform for 180 days: whoever signs up there must prove to be you."
    ),
    "mine_openings": _("When your details at withdrawn accounts were opened"),
    "mine_openings_text": _(
        "If a verification in your name was withdrawn, because you disowned it or the platform found that it "
        "was not you, the account no longer shows when the details that were stored with it were opened. "
        'You read that here. When the details of an account that is still verified were opened is under "My '
        "identity\" in that platform's app, for whoever holds it."
    ),
    "mine_no_openings": _(
        "Before {day}, the details of no withdrawn verification in your name were opened or released. What "
        "happened later is not shown to anybody yet."
    ),
    "mine_releases_text": _(
        "Enough custodians have released their shares: from then on the auditor could open these details, "
        "also if no opening follows."
    ),
    "mine_platform": _("Platform"),
    "mine_apart": _(
        "The details were also opened at these times. Which of the releases above each opening followed is "
        "not known here."
    ),
    "mine_not_logged": _("not in the log: tell the operator of this service"),
    "mine_place_text": _(
        "Anybody finds an entry of this kind and minute at that place in the public log. That none is "
        "missing here is this service's statement."
    ),
    "mine_again": _("Prove again that it is you"),
    "mine_list": _("Back to the list"),
    "mine_onward": _("Go on at the provider"),
    "mine_refused_text": _(
        "It says that it denied it or that you cancelled, or its answer came too late or cannot be used. "
        "Nothing was asked for, shown or changed. Begin again if you want to."
    ),
}
