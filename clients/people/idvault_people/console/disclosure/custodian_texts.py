"""The texts of the custodian's console, in Chinese and English."""

from collections.abc import Mapping

from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


CUSTODIAN: Mapping[str, Text] = {
    "service": _("Custodian's console"),
    "waiting": _("Requests"),
    "drill": _("Drill"),
    "hand_over": _("Hand-over"),
    "own": _("My keys"),
    "no_requests": _("No request waits for you. New ones of auditors appear here."),
    "checked": _("Checked on this machine: signature, roster, log, terms."),
    "not_checked": _("It does not verify, and cannot be approved"),
    "refused_unknown": _("The request cannot be read."),
    "request_title": _("Request"),
    "details": _("Decisions of the others"),
    "begun": _("You approved it, but your share was not sent. Continue; it needs no code."),
    "requested_by": _("Requested by"),
    "key_since": _("Signs with the present key"),
    "since_version": _("since version {version} of the roster"),
    "decide_by": _("Decide by"),
    "waits_for_you": _("Waits for you"),
    "share_unsent": _("Share not sent"),
    "request_refused": _("Does not verify"),
    "denial_unsent": _("Denial not sent"),
    "verdicts": _("Decided so far"),
    "verdict_counts": _("approvals: {yes}, denials: {no}"),
    "recent": _("This auditor in 30 days"),
    "recent_count": _("{count}, as the vault counts"),
    "given": _("Shares that you gave this auditor today"),
    "logged": _("In the log"),
    "logged_at": _("{time}, at {size} entries"),
    "compare_title": _("Compare the order's file"),
    "compare_hint": _(
        "Choose it, or drop it on this page; at most 20 MB. This machine computes its SHA-256; the file goes "
        "nowhere and is not kept."
    ),
    "compare_button": _("Compare"),
    "compare_none": _(
        "This request names no file of an order: there is nothing to compare. Decide by its legal basis, or "
        "deny it and ask for the order."
    ),
    "compare_same": _("The same: this is the file that the request names."),
    "compare_other": _("Not the same: this is another file than the one that the request names."),
    "compare_found": _("SHA-256 of your file"),
    "compare_named": _("SHA-256 in the signed request"),
    "file_missing": _("Choose the order's file"),
    "file_large": _("This file is longer than 20 MB: compare its SHA-256 with a program of your machine"),
    "one_file": _("Drop one file at a time"),
    "decide_title": _("Your decision"),
    "approve": _("Approve"),
    "deny": _("Deny"),
    "approve_title": _("Approve, and give your share?"),
    "approve_text": _(
        "Your approval is signed, and your share follows once the log has it. This takes up to ten seconds."
    ),
    "approve_button": _("Approve and give the share"),
    "deny_title": _("Why do you deny it?"),
    "reason": _.in_context("why", "Reason"),
    "reason_hint": _(
        "Signed with the denial; the auditor and the other custodians read it. At most 500 characters."
    ),
    "keep_reason": _("Keep for later"),
    "done_kept": _(
        "Your reason is kept for a week, encrypted with your own key. Nothing was signed or sent."
    ),
    "reason_not_kept": _(
        "Your reason was not kept: your folder cannot be written to. See whether its disk is full."
    ),
    "reason_wrong": _("Enter a reason of at most {limit} characters"),
    "deny_button": _("Deny"),
    "own_decisions": _("My decisions"),
    "no_decisions_yet": _("You have decided nothing yet. Begin with a request that waits for you."),
    "your_decision": _("You decided"),
    "verdict_APPROVE": _("approved"),
    "verdict_DENY": _("denied"),
    "share_given": _("Your share"),
    "share_none": _("not given"),
    "state_now": _("Now"),
    "opened_later": _("Opened later"),
    "not_opened": _("not opened"),
    "state_unknown": _("Of a newer version of the vault"),
    "particulars": _("Details"),
    "earlier_decisions": _("Earlier decisions"),
    "newest_decisions": _("The newest decisions"),
    "decided_title": _("Your decision is recorded"),
    "you_APPROVE": _("You approved it, and your share was given."),
    "you_DENY": _("You denied it."),
    "to_waiting": _("Show the other requests"),
    "drill_text": _(
        "Your keys open a share of a synthetic record, which proves that they work. It stays here."
    ),
    "drill_button": _("Do the drill"),
    "drill_passed": _("Passed: your share opened, and the log has it. The next drill is due by {day}."),
    "drill_again": _("Do it once more"),
    "drill_soon": _("The record is being created. Try again in a minute."),
    "drill_record": _("Test record"),
    "drill_near": _("due soon"),
    "drill_late": _("overdue"),
    "drill_last": _("Last drill"),
    "drill_never": _("never with these keys"),
    "drill_told": _("Last drill: {last}; {due}."),
    "drill_due": _("due by {day}"),
    "drill_overdue": _("overdue since {day}"),
    "place": _("Place"),
    "quorum": _("Quorum"),
    "successor": _("Successor"),
    "hand_over_text": _(
        "The roster that the other custodians signed names your successor. Compare the fingerprint, "
        "then hand your shares over."
    ),
    "hand_over_button": _("Hand the shares over"),
    "hand_over_running": _("It is running; this page renews itself."),
    "hand_over_done": _("The hand-over is done."),
    "hand_over_failed": _("The hand-over has stopped: "),
    "hand_over_again": _.in_context("hand_over_again", "Continue"),
    "handed": _("{handed} of {total} shares handed over, {left} left"),
}
