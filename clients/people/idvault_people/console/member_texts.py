"""The texts that the consoles of all members of the roster share, in Chinese and English."""

from collections.abc import Mapping

from idvault_verify.disclosure import HistoryFinding
from idvault_verify.error import Reason
from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


FINDINGS: Mapping[HistoryFinding, Text] = {
    HistoryFinding.NOT_IN_ROSTER: _("The signer is not in the roster that you pinned."),
    HistoryFinding.SIGNATURE_INVALID: _("A signature does not verify."),
    HistoryFinding.NOT_IN_LOG: _(
        "The public log does not have this entry yet. If it is new, try again in a few seconds."
    ),
    HistoryFinding.LOG_INVALID: _("The public log does not verify."),
    HistoryFinding.LOG_FORKED: _(
        "The log contradicts the checkpoint that you kept: it has two histories. Tell the other custodians, "
        "auditors and witnesses at once."
    ),
    HistoryFinding.LOG_NOT_WITNESSED: _(
        "Too few witnesses have cosigned the log lately. Check this machine's clock and try again later."
    ),
    HistoryFinding.OTHER_REQUEST: _("The vault's answer belongs to another request."),
    HistoryFinding.SHARE_WRONG: _(
        "A custodian's share is wrong. Ask another custodian to approve, and try again: it counts once."
    ),
    HistoryFinding.SHARES_MISSING: _(
        "There are too few shares. Ask another custodian to approve, and try again: it counts once."
    ),
    HistoryFinding.RECORD_DAMAGED: _("The record does not open, or is not the one in the log."),
    HistoryFinding.TERMS_INVALID: _("The terms of the request are not allowed."),
    HistoryFinding.QUOTA_EXCEEDED: _(
        "You have given this auditor as many shares today as your limit allows."
    ),
    HistoryFinding.NOT_A_MATCH: _("The registry did not confirm the identity in this record."),
}

# What a member of the roster is told in place of the text for the people who are verified.
REASONS: Mapping[Reason, Text] = {
    Reason.ACCESS_DENIED: _("The roster in force does not give you this role, or a share of this record."),
    Reason.SECOND_FACTOR_REFUSED: _("The code is wrong, expired or already used. Wait for the next code."),
    Reason.SECOND_FACTOR_LOCKED: _("There were too many wrong codes. The second factor is locked."),
    Reason.ILLEGAL_TRANSITION: _(
        "This is not possible now: too few shares, or the request was already decided, confirmed or ended."
    ),
    Reason.DISCLOSURE_EXPIRED: _("The request has expired."),
    Reason.QUORUM_INVALID: _("The custodians of the record have just changed. Try again."),
    Reason.ROSTER_INVALID: _("The roster has just changed. Try again."),
    Reason.REQUEST_NOT_FOUND: _("There is no request with this id for you."),
    Reason.ACCOUNT_NOT_FOUND: _("There is no account with a record under this token."),
    Reason.RECORD_VERSION_GONE: _("This version of the record is destroyed, or never was."),
    Reason.ACCOUNT_ERASED: _("The record was erased. Its key is destroyed, or will be."),
    Reason.INVALID_ACCOUNT_TOKEN: _("The account token is not valid."),
    Reason.TOO_MANY_ATTEMPTS: _("You have reached the limit of requests for one day. Try again tomorrow."),
    Reason.REQUEST_ID_REUSED: _("This signature was used before."),
    Reason.LOG_UNAVAILABLE: _(
        "The log cannot record this now, and nothing happens without a record. Try again in a few seconds; "
        "it counts once."
    ),
    Reason.STORE_UNAVAILABLE: _("The vault cannot reach its databases. Try again in a few seconds."),
    Reason.RECORD_DAMAGED: _("The record is not the one that the log names, or its key is lost."),
}

MEMBER: Mapping[str, Text] = {
    "time_over": _("ended"),
    "code": _("One-time code"),
    "code_hint": _("The 6 digits that your app shows now."),
    "text_too_long": _("This is too long"),
    "text_characters": _(
        "This has characters that cannot be seen, such as one that turns text around: type it again"
    ),
    "legal_basis": _("Legal basis"),
    "state": _("State"),
    "own_title": _("My keys and acts"),
    "own_name": _("Name in the roster"),
    "organisation": _("Organisation"),
    "signing_key": _("Signing key's fingerprint"),
    "sealing_key": _("Sealing key's fingerprint"),
    "roster": _("Version of the roster"),
    "roster_since": _("{version}, with your key since {since}"),
    "not_in_roster": _("{version}, which does not have your present key"),
    "log_position": _("How far you have seen the log"),
    "log_entries": _("{size} entries"),
    "log_unseen": _("no checkpoint seen yet"),
    "detail": _("In detail: {text}"),
    "second_factor": _("Second factor"),
    "code_none": _("You have no second factor yet: set one up on the page of your keys."),
    "code_left": _("{left} tries are left."),
    "code_locked": _("It is locked until {time}."),
    "enrol_link": _("Set up or change the second factor"),
    "enrol_without": _("You have no second factor yet."),
    "enrol_title": _("Set up an app"),
    "enrol_text": _(
        "An authenticator app makes a code of 6 digits every 30 seconds, from a secret that you give it "
        "once. Have the app at hand before you go on."
    ),
    "enrol_change": _(
        "The 6 digits that your present app shows now. It stays valid until you have confirmed the new one."
    ),
    "enrol_button": _("Show a new secret"),
    "enrol_lost": _(
        "Nobody can reset a lost second factor: the custodians must name you again in the next roster, with "
        "new keys."
    ),
    "enrol_pending": _("A new secret waits for its first code"),
    "enrol_none": _("No new secret waits for a code: it was confirmed, or none was shown yet."),
    "enrol_done": _("Your second factor is set up. Acts that ask for a code take those of this app."),
    "enrol_waits": _("Go on with what asked for a code"),
    "first_code": _("First code"),
    "first_code_hint": _("The 6 digits that the app shows for the new secret."),
    "confirm_button": _("Confirm"),
    "secret_title": _("Add this to your app"),
    "secret_once": _(
        "It is shown only once, for five minutes, and was sealed to your key: the operator cannot read it. "
        "Whoever sees it can make your codes."
    ),
    "secret_scan": _("Scan it"),
    "secret_picture": _("QR code of the secret; the same is written below"),
    "secret_type": _("Or type it in"),
    "secret_account": _("Name in the app"),
    "secret": _.in_context("second factor", "Secret"),
    "secret_kind": _.in_context("second factor", "Kind"),
    "secret_usual": _("Time-based, 6 digits, every 30 seconds: what apps assume"),
    "secret_confirm": _("Then confirm it"),
    "unreachable": _(
        "The vault cannot be reached. Your act may have taken effect or not; it is safe to repeat it."
    ),
    "invalid": _("These are not allowed: {fields}"),
}
