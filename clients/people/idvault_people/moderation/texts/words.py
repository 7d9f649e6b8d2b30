"""The words of fixed lists: states, degrees, categories and others, by "list.VALUE"."""

from collections.abc import Mapping

from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


_LISTS: Mapping[str, Mapping[str, Text]] = {
    "operation_state": {
        "OPEN": _("open"),
        "CLOSED": _.in_context("operation", "closed"),
    },
    "state": {
        "RECEIVED": _("unassigned"),
        "ASSIGNED": _("assigned"),
        "ANSWERED": _("answered, not decided"),
        "MERGED": _("merged, waits for the other report"),
        "RESOLVED": _("decided"),
        "PROPOSED": _("waits for a second moderator"),
        "IN_FORCE": _("in force"),
        "LIFTED": _("lifted"),
        "LAPSED": _("expired"),
        "OVERTURNED": _("overturned on appeal"),
        "FILED": _("waits for a decision"),
        "UPHELD": _("upheld"),
        "REJECTED": _("rejected"),
        "APPLIED": _("applied"),
        "ACTIVE": _("active"),
        "GRACE": _("in its grace period"),
        "EXPIRED": _("expired"),
        "CLOSED": _("closed"),
        "OPEN": _("open"),
        "NARROWED": _("narrowed to the account"),
        "SILENT": _("decided by silence"),
        "ENDED": _("ended without a decision"),
    },
    # Of a sanction that was never in force; its other states have the words of any state.
    "proposal": {
        "LIFTED": _("withdrawn"),
    },
    "outcome": {
        "UPHELD": _.in_context("outcome", "upheld"),
        "DISMISSED": _("dismissed"),
        "DUPLICATE": _("decided with another report"),
        "ABUSIVE": _("abusive"),
        "REFERRED": _("accepted by an authority"),
    },
    "referral": {
        "OPEN": _("waits for the authority"),
        "ACCEPTED": _("accepted"),
        "DECLINED": _("declined"),
        "LAPSED": _("not answered in time"),
    },
    "content_kind": {
        "REMOVED": _("removed"),
        "LABELLED": _("labelled"),
        "RESTRICTED": _("restricted"),
    },
    "dismissal": {
        "NO_VIOLATION": _("It breaks no rule"),
        "NOT_ESTABLISHED": _("It could not be established"),
        "NOT_COMPETENT": _("Not ours to decide"),
        "GONE": _("The content or the account is gone"),
        "OTHER": _("Another reason, which the reply tells"),
    },
    "reply_to": {
        "NO_VIOLATION": _("Thank you for your report. We looked at it, and it breaks none of our rules."),
        "NOT_ESTABLISHED": _("Thank you for your report. We looked at it and could not establish that."),
        "NOT_COMPETENT": _("Thank you for your report. This is not ours to decide; another body does."),
        "GONE": _("Thank you for your report. What you reported is no longer there."),
        "UPHELD": _("Thank you for your report. You were right, and we have acted."),
        "refer": _("Thank you for your report. We have passed it on to the authority that decides about it."),
    },
    "measure_state": {
        "IN_FORCE": _("in force"),
        "REVERSED": _("reversed"),
        "OVERTURNED": _("overturned on appeal"),
    },
    "measure_verdict": {
        "UPHELD": _("Upheld: the measure is overturned"),
        "REJECTED": _("Rejected: the measure stays"),
    },
    "order": {
        "OPEN": _("waits"),
        "CARRIED_OUT": _("carried out"),
        "OVERDUE": _("overdue"),
        "CARRIED_OUT_LATE": _("carried out late"),
        "ACKNOWLEDGED": _("read, waits"),
        "OBJECTED": _("objected, waits"),
        "WITHDRAWN": _("withdrawn"),
    },
    "order_measure": {
        "WARN": _("a warning at least"),
        "LIMIT": _("a limit of publishing at least"),
        "SUSPEND": _("a suspension at least"),
        "CLOSE": _("a closing"),
        "LABEL": _("label the content"),
        "RESTRICT": _("restrict the content"),
        "REMOVE": _("remove the content"),
    },
    "source": {
        "SIGNED": _("signed by the authority"),
        "PAPER": _("on paper"),
    },
    "channel": {
        "APP": _("in the app"),
        "WEB": _("by the web form"),
        "EMAIL": _("by e-mail"),
        "PHONE": _("by telephone"),
        "MAIL": _("by letter"),
        "COUNTER": _("at a counter"),
    },
    "target": {
        "ACCOUNT": _("account"),
        "PUBLIC_ACCOUNT": _("public account"),
        "CONTENT": _("content"),
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
    "degree": {
        "WARN": _("Warning"),
        "LIMIT": _("Publishing limited"),
        "SUSPEND": _("Suspended"),
        "CLOSE": _("Closed"),
    },
    # As on "My identity".
    "owner_reads.degree": {
        "WARN": _("Warning"),
        "LIMIT": _("Publishing limited"),
        "SUSPEND": _("Suspended: nothing new is published"),
        "CLOSE": _.in_context("owner_reads", "Closed"),
    },
    "proposed": {
        "WARN": _("warning"),
        "LIMIT": _("limit of publishing"),
        "SUSPEND": _("suspension"),
        "CLOSE": _("closing"),
    },
    "scope": {
        "ACCOUNT": _("this account only"),
        "PERSON": _("its owner, with other accounts at their next verification"),
    },
    "ground": {
        "ILLEGAL": _("It breaks the law"),
        "AGAINST_TERMS": _("It breaks the terms"),
    },
    "origin": {
        "TIP_OFF": _("a report"),
        "OWN_INITIATIVE": _("the platform's own work"),
        "AUTHORITY": _("an authority"),
    },
    "automation": {
        "NONE": _("people"),
        "PARTIAL": _("people with a program"),
        "FULL": _("a program"),
    },
    "issuer": {
        "PLATFORM": _("the platform"),
        "AUTHORITY": _("an authority, carried out by the platform"),
    },
    "standing": {
        "GOOD": _("no sanction"),
        "WARNED": _("warned"),
        "PUBLISHING_LIMITED": _("publishing limited"),
        "RENEWAL_SUSPENDED": _("suspended"),
        "CLOSED": _("closed"),
    },
    "kind": {
        "INDIVIDUAL": _("a person"),
        "COMPANY": _("a company"),
        "OTHER_ORGANIZATION": _("another organisation"),
    },
    "shown": {
        "PERSONAL": _("a person's"),
        "STATE_ORGAN": _("a state organ's"),
        "INSTITUTION": _("a public institution's"),
        "MASS_ORGANIZATION": _("a mass organisation's"),
        "SOCIAL_ORGANIZATION": _("a social organisation's"),
        "COMPANY": _("a company's"),
        "SOLE_TRADER": _("a sole trader's"),
        "COOPERATIVE": _("a co-operative's"),
        "OTHER": _("another organisation's"),
        "MEDIA": _("media"),
        "GOVERNMENT": _("government"),
        "EDUCATION": _("education"),
        "HEALTH": _("health"),
        "FINANCE": _("finance"),
    },
    "reject": {
        "INCOMPLETE": _("Something is missing"),
        "NAME_NOT_PERMITTED": _("The name is not permitted"),
        "CONTENT_NOT_PERMITTED": _("What it would publish is not permitted"),
        "LICENCE_NOT_VALID": _("The licence is not valid"),
        "OWNER_NOT_ELIGIBLE": _("The owner may not have it now"),
        "OTHER": _("Another reason, which the platform tells the owner"),
    },
    "reporter": {
        "TRUSTED": _("Trusted"),
        "WARNED": _("Warned"),
        "LIMITED": _("Limited"),
        "ORDINARY": _("Ordinary"),
    },
    "contest": {
        "FILED": _("waits for a decision"),
        "PROPOSED": _("proposed: it was not the owner; a second moderator must confirm"),
        "UPHELD": _("Upheld: it was not the owner"),
        "REJECTED": _("Rejected: it was the owner"),
    },
    "disavowal": {
        "FILED": _("waits for a decision"),
        "PROPOSED": _("proposed: it is not that person's; a second moderator must confirm"),
        "UPHELD": _("Upheld: it is not that person's"),
        "REJECTED": _("Rejected: it is that person's"),
        "SILENT": _("Nobody decided in time: the verification is withdrawn"),
        "ENDED": _("Ended: there is no verification any more"),
    },
    "reinstatement": {
        "FILED": _("waits for a decision"),
        "PROPOSED": _("proposed: the withdrawal was wrong; a second moderator must confirm"),
        "UPHELD": _("Upheld: the withdrawal was wrong"),
        "REJECTED": _("Rejected: the withdrawal was right"),
    },
    "narrowing": {
        "OPEN": _("must be narrowed"),
        "PROPOSED": _("waits for a second moderator"),
        "NARROWED": _("narrowed to the account"),
    },
    "verdict": {
        "UPHELD": _("Upheld: the sanction is overturned"),
        "REJECTED": _("Rejected: the sanction stays"),
    },
}

WORDS: Mapping[str, Text] = {
    f"{name}.{value}": text for name, texts in _LISTS.items() for value, text in texts.items()
}
