"""The texts of the officer's console, in Chinese and English."""

from collections.abc import Mapping

from idvault_verify.error import Reason
from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


# What an officer is told in place of the texts for other members of the roster.
OFFICER_REASONS: Mapping[Reason, Text] = {
    Reason.ACCESS_DENIED: _("The roster in force does not name you as an authority."),
    Reason.ORDER_NOT_FOUND: _("There is no order of yours with this id."),
    Reason.OPERATION_NOT_FOUND: _("There is no joint operation of yours with this id."),
    Reason.REFERRAL_NOT_FOUND: _("No report was referred to you under this id."),
    Reason.PLATFORM_NOT_FOUND: _(
        "A platform of one of these names was never registered at the vault. Nothing was sent: correct the"
        " name."
    ),
    Reason.ILLEGAL_TRANSITION: _("The order is withdrawn already."),
    Reason.TOO_MANY_ATTEMPTS: _("You have reached the number of calls of one day. Try again tomorrow."),
    Reason.REQUEST_ID_REUSED: _("The vault has an order or an operation with this id already."),
}

_LISTS: Mapping[str, Mapping[str, Text]] = {
    "order_state": {
        "OVERDUE": _("overdue"),
        "OPEN": _("given, not acknowledged yet"),
        "ACKNOWLEDGED": _("acknowledged"),
        "OBJECTED": _("the platform objects"),
        "CARRIED_OUT": _("carried out in time"),
        "CARRIED_OUT_LATE": _("carried out late"),
        "WITHDRAWN": _("withdrawn"),
    },
    "advice": {
        "OVERDUE": _(
            "The public log has the miss, with the platform's name. The platform can still carry the order"
            " out."
        ),
        "OPEN": _(
            "No moderator of the platform has acknowledged it yet. Send the document, if you have not done"
            " so."
        ),
        "ACKNOWLEDGED": _("A moderator of the platform has checked and read it."),
        "OBJECTED": _("Read the reason below. The deadline runs on unless you withdraw the order."),
        "CARRIED_OUT": _("A sanction or a measure that carries it out is or was in force."),
        "CARRIED_OUT_LATE": _("It was carried out after its deadline; the public log has the miss."),
        "WITHDRAWN": _("Nothing more can happen to it. It stays in this list."),
    },
    "referral_state": {
        "OPEN": _("waits for your answer"),
        "ACCEPTED": _("accepted by you"),
        "DECLINED": _("declined by you"),
        "LAPSED": _("expired without your answer"),
    },
    "referral_advice": {
        "OPEN": _(
            "Accept it if it is yours to decide. Its platform can decide nothing else meanwhile, and its own"
            " deadline runs on."
        ),
        "ACCEPTED": _(
            "The report is decided at its platform, and its reporter was told that it is with you. To have"
            " the platform act, give an order."
        ),
        "DECLINED": _("The report is open again at its platform. You can answer only once."),
        "LAPSED": _("The report is open again at its platform. It may refer it to you once more."),
    },
    "target": {
        "ACCOUNT": _("Account"),
        "PUBLIC_ACCOUNT": _.in_context("target.PUBLIC_ACCOUNT", "Public account"),
        "CONTENT": _("Content"),
    },
    "measure": {
        "WARN": _("Warn the owner, or more"),
        "LIMIT": _("Limit publishing, or more"),
        "SUSPEND": _("Suspend, or more"),
        "CLOSE": _("Close it"),
        "LABEL": _("Label the content, or more"),
        "RESTRICT": _("Restrict the content, or more"),
        "REMOVE": _("Remove the content"),
    },
    "degree": {
        "WARN": _("Warnings"),
        "LIMIT": _("Publishing limited"),
        "SUSPEND": _("Suspensions"),
        "CLOSE": _("Closings"),
    },
    "category": {
        "RUMOUR": _("rumour"),
        "VIOLENCE": _("violence"),
        "TERRORISM": _("terrorism"),
        "PORNOGRAPHY": _("pornography"),
        "FRAUD": _("fraud"),
        "NATIONAL_SECURITY": _("national security"),
        "IMPERSONATION": _("impersonation"),
        "PRIVACY": _("privacy"),
        "OTHER": _("other"),
    },
}

_ORDERS: Mapping[str, Text] = {
    "service": _("Authority's console"),
    "orders": _("Orders"),
    "issue": _("New order"),
    "operations": _("Joint operations"),
    "own": _("My keys"),
    "unknown": _("Unknown state"),
    "any_state": _("Any state"),
    "show_state": _("Show"),
    "show_all": _("Show all"),
    "no_orders": _("You have given no orders yet. Begin with a new order."),
    "no_orders_of_state": _("No order is in this state. Choose another state, or look at all orders."),
    "overdue_orders": _("{count} overdue"),
    "vault_day": _("{day}, in the vault's time zone"),
    "done_given": _("Signed and given. The vault has it, and the platform can read it."),
    "done_given_all": _(
        "Signed and given. The vault has all the orders, and each platform can read its own."
    ),
    "done_withdrawn": _("The order is withdrawn. The platform can read your reason."),
    "done_opened": _("Signed and opened. The platforms can read it."),
    "done_accepted": _("You accepted the report. Your answer is signed and sent."),
    "done_declined": _("You declined the report. Your answer is signed and sent."),
    "overdue_count": _("Overdue orders: {count}. They come first."),
    "later_page": _("Next page"),
    "former_page": _("Previous page"),
    "bytes": _("{count} bytes"),
    "order_title": _("Order {reference}"),
    "platform": _("Platform"),
    "measure": _("What the platform is to do"),
    "deadline": _("Deadline"),
    "reference": _("Your reference"),
    "document": _("Document"),
    "authority": _("Authority"),
    "made_at": _("Made at"),
    "history": _("What happened"),
    "vault_word": _(
        "That and when the platform acted is the vault's word; what you signed is checked on this machine."
    ),
    "was_issued": _("Given to the platform"),
    "was_acknowledged": _("Acknowledged by a moderator of the platform"),
    "was_objected": _("The platform objected"),
    "was_missed": _("The deadline passed; the public log names the platform"),
    "was_carried_out": _("Carried out"),
    "was_withdrawn": _("Withdrawn by you"),
    "objection": _("Why the platform objects"),
    "withdrawal": _("Why you withdrew it"),
    "order_id": _("Id of the order"),
    "document_hash": _("SHA-256 of the document"),
    "order_hash": _("SHA-256 of the signed order"),
    "roster_version_hash": _("Hash of the roster"),
    "withdraw_link": _("Withdraw this order"),
    "withdraw_title": _("Withdraw this order for good?"),
    "withdraw_text": _(
        "The platform reads your reason and may no longer act in the name of this order. What it has "
        "imposed already it lifts itself. This cannot be undone; the order stays in the list."
    ),
    "withdraw_reason": _("Why you withdraw it"),
    "withdraw_reason_hint": _("The platform reads it: name nobody. At most 500 characters."),
    "withdraw_button": _("Withdraw for good"),
}

_ISSUING: Mapping[str, Text] = {
    "issue_text": _(
        "Each platform gets an order of its own, with its own target. All of them are given, or none. You "
        "see exactly what you sign on the next page."
    ),
    "kind": _("What the targets are"),
    "order_number": _("Order {number}"),
    "target_field": _("Target"),
    "platform_hint": _("The platform's name at the vault, such as im."),
    "target_hint": _(
        "An account token, a public account's id, or the platform's own reference of a content. Nobody is "
        "told whether it exists: a platform that has none objects."
    ),
    "reference_hint": _("Your own, such as a file number. The platform reads it: name nobody."),
    "deadline_hint": _(
        "In the time zone of this machine, {zone}: write it as 2026-12-03 18:00. At least 24 hours from now."
    ),
    "deadline_wrong": _("Write day and time as 2026-12-03 18:00"),
    "deadline_term": _("The deadline is at least 24 hours after the vault takes the order, at most 366 days"),
    "document_hint": _(
        "It is read on this machine, up to 20 MB: only its SHA-256 and size are signed. Send the document "
        "to the platform by another way. Choose a longer one with the command."
    ),
    "document_kept": _("Chosen: {name}. Another file replaces it."),
    "document_empty": _("This file is empty"),
    "document_large": _("This file is longer than 20 MB: use the command"),
    "target_of_kind": _("{kind}: {target}"),
    "download_signed": _("Download what you signed"),
    "download_hint": _("Whoever has the file checks it with {command} and your public key."),
    "another": _("Add a platform"),
    "to_check": _("Check before signing"),
    "platform_wrong": _("A platform's name has small letters, digits and hyphens only"),
    "account_wrong": _("An account token begins with acct_ and has 26 more characters"),
    "public_account_wrong": _("A public account's id has 32 characters: digits and the letters a to f"),
    "target_twice": _("This platform and target are already above"),
    "measure_wrong": _("This is for contents only; choose a measure for accounts"),
    "check_title": _("Check exactly what you sign"),
    "check_orders": _("The platforms read all of this. Once signed, it can be withdrawn, but not changed."),
    "check_operation": _(
        "All platforms named here read it. Once signed, it cannot be changed or ended early."
    ),
    "preview_changed": _("The preview was too old or has changed. Check this new one."),
    "change_form": _("Go back and change it"),
    "signed_bytes": _("Ids, hashes and the signed bytes"),
    "bytes_in_hex": _("The signed bytes (hex)"),
    "bytes_hash": _("SHA-256 of all of them"),
    "sign_and_send": _("Sign and send"),
    "clock_wrong": _(
        "The vault did not accept the signature. Compare this machine's clock, and sign the new preview."
    ),
}

_OPERATIONS: Mapping[str, Text] = {
    "no_operations": _("You have opened no joint operation yet. Begin with a new one."),
    "open_operation": _("New joint operation"),
    "operation_waits": _("not begun yet"),
    "operation_runs": _("running"),
    "operation_ended": _.in_context("operation", "closed"),
    "operation_title": _("Title"),
    "operation_title_hint": _("All platforms read it: it must name nobody."),
    "operation_text": _(
        "Sanctions and reports of these platforms may name the operation until the end of its last day; "
        "then it closes by itself. You read counts for each platform."
    ),
    "categories": _("Against"),
    "platforms": _("Platforms"),
    "platforms_hint": _("Their names at the vault, one on each line."),
    "platform_number_wrong": _(
        "Name number {number} is no platform's name: those have small letters, digits and hyphens only"
    ),
    "platforms_many": _("At most {most} platforms"),
    "first_day": _("First day"),
    "last_day": _("Last day"),
    "day_hint": _("In the vault's time zone: write it as 2026-05-01"),
    "day_wrong": _("Write the day as 2026-03-01"),
    "days_wrong": _("Not before the first day, and both within 366 days of today"),
    "begins": _("Begins"),
    "closes": _("Closes"),
    "operation_id": _("Id of the operation"),
    "counts": _("Counts at each platform"),
    "counts_text": _(
        "Sanctions that came into force within its days, and reports filed within them. A count of 1 to 4 "
        "could be about one person: it is withheld, and no sum is told."
    ),
    "sanctions": _("Sanctions"),
    "reports": _("Reports"),
    "withheld": _("1 to 4 (withheld)"),
}

_REFERRALS: Mapping[str, Text] = {
    "referrals": _("Referred reports"),
    "referrals_text": _(
        "Platforms refer reports to you that are not theirs to decide. You read category and target; the"
        " words of a report, its pictures and its reporter stay with the platform."
    ),
    "referrals_open": _("Waiting for your answer: {count}. They come first."),
    "no_referrals": _("No platform has referred a report to you. New ones appear here; answer each in time."),
    "no_referrals_of_state": _("No referral is in this state. Choose another state, or look at all of them."),
    "referral_title": _("Report referred by {platform}"),
    "referral_id": _("Id of the referral"),
    "referral_word": _(
        "What was referred is the vault's and the platform's word. Ask the platform for more by an order, or"
        " by whatever the law gives you."
    ),
    "category": _("Category"),
    "target_gone": _("not shown any more"),
    "answer_by": _("Answer by the end of"),
    "answer_today": _("today is the last day"),
    "answer_tomorrow": _("tomorrow is the last day"),
    "was_referred": _("Referred to you"),
    "accept_link": _("Accept this report"),
    "decline_link": _("Decline it"),
    "answer": _("Your answer"),
    "effect.ACCEPTED": _(
        "You take the report over: it is decided at its platform, and its reporter is told that it is with"
        " you. You can answer only once."
    ),
    "effect.DECLINED": _(
        "You leave the report to its platform, where it is open again with its old deadline. You read its"
        " target no more, and can answer only once."
    ),
    "target_mark": _("Mark of the target that you sign"),
    "answer_hash": _("SHA-256 of the signed answer"),
}

OFFICER: Mapping[str, Text] = {
    **{f"{name}.{value}": text for name, texts in _LISTS.items() for value, text in texts.items()},
    **_ORDERS,
    **_ISSUING,
    **_OPERATIONS,
    **_REFERRALS,
}
