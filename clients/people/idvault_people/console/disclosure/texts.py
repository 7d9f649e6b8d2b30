"""The texts that the consoles of auditors and custodians share, in Chinese and English."""

from collections.abc import Mapping

from idvault_people.console.member_texts import MEMBER
from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


PEOPLE: Mapping[str, Text] = {
    **MEMBER,
    "account": _("Account token"),
    "case": _("Case"),
    "purpose": _("Purpose"),
    "order": _("The order's file"),
    "order_digest": _("SHA-256 of the order's file"),
    "file": _("File"),
    "openings": _("Openings"),
    "ends": _("Ends"),
    "filed": _("Filed"),
    "shares": _("Shares given"),
    "of": _("{count} of {total}"),
    "disclosure_id": _("Request id"),
    "decisions": _("What the custodians decided"),
    "no_decisions": _("Nobody has decided yet. Until the request ends, each custodian can."),
    "decided_APPROVE": _("{custodian} approved on {time}"),
    "decided_DENY": _("{custodian} denied on {time}"),
    "decided_UNKNOWN": _("{custodian} decided on {time}"),
    "released": _("share given on {time}"),
    "reported": _("the share was reported as wrong"),
    "reason_is": _("Reason: {reason}"),
    "reason_refused": _("The reason does not verify."),
    "REQUESTED": _("Waiting for custodians"),
    "APPROVED": _("Approved, can be opened"),
    "OPENED": _.in_context("OPENED", "Opened"),
    "DENIED": _("Denied"),
    "EXPIRED": _("Expired"),
    "CANCELLED": _("Cancelled"),
    "no_key": _("The one-time key is not on this machine, or was destroyed after the last opening."),
    "damaged": _("A file in your folder is damaged."),
    "evidence_wrong": _("This is not evidence that verifies."),
    "exists": _("The file exists, and is not overwritten."),
    "unread_case": _("Its texts do not verify"),
    "unlogged": _(
        "Your share was sent, and your approval is in the log, but not the release. Try again; if that "
        "fails, tell the other custodians."
    ),
    "not_pending": _("This request no longer waits for you: you have decided it, or it has ended."),
    "not_replaced": _(
        "Nobody has replaced you: there is nothing to hand over. Come back when a new roster names your "
        "successor."
    ),
}
