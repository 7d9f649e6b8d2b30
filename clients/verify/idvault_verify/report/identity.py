"""Figures about identities: verifications, accounts, disclosures, campaigns, and the vault's operation."""

from idvault_verify.event import EventType as Type
from idvault_verify.report.figure import Breakdown, Duration, Level, Measure, Section, logged
from idvault_verify.text import texts_of

_ = texts_of(__name__)


VERIFICATIONS = Section(
    "verifications",
    _("Verifications"),
    logged=(
        logged(
            "verifications.sessions", _("begun on the vault's own pages"),
            Type.SESSION_CREATE,
        ),
        logged("verifications.opened", _("applications received"), Type.CLAIM_OPEN),
        logged("verifications.decided", _.in_context("verifications.decided", "decided"), Type.CLAIM_SETTLE),
        logged("verifications.replaced", _("replaced by a newer one"), Type.CLAIM_SUPERSEDE),
        logged("verifications.erased", _("ended by an erasure"), Type.CLAIM_ERASE),
        logged(
            "verifications.postponed", _("postponed until the registry answers"),
            Type.CLAIM_POSTPONE,
        ),
    ),
    breakdowns=(
        Breakdown(
            "verifications.outcome", _("By outcome"), "verifications.decided",
            {
                "REVOKED": _("the account's verification was withdrawn"),
                "HOLDER_REQUIRED": _("a proof of presence is required"),
                "ORGANIZATION_NOT_OPERATING": _("the organisation does not operate"),
                "REPRESENTATIVE_PENDING": _("the proof of the representative is awaited"),
                "ELEMENT_MISMATCH": _("details of an organisation do not belong together"),
                "OTHER_PROOF": _("verified before by another kind of proof"),
                "SANCTIONED": _("the account was sanctioned"),
                "PERSON_CLOSED": _("the person is closed"),
                "DIFFERENT_OWNER": _("a different person than before"),
                "ACCOUNT_LIMIT_REACHED": _("too many accounts"),
                "REGISTRY_TIMED_OUT": _("no answer from the registry in time"),
                "NO_RECORD": _("number unknown to the registry"),
                "MISMATCH": _("name and number do not match"),
                "SUCCEEDED": _.in_context("verifications.outcome.SUCCEEDED", "verified"),
            },
        ),
    ),
)  # fmt: skip
CONTESTS = Section(
    "contests",
    _("Verifications contested by the account's owner, or disowned by the person"),
    logged=(
        logged("contests.filed", _.in_context("contests.filed", "received"), Type.CONTEST_FILE),
        logged(
            "contests.decided",
            _("decided, on contests and on disowned accounts"),
            Type.CONTEST_UPHOLD,
            Type.WITHDRAWAL_DECIDE,
            Type.CONTEST_REJECT,
            Type.DISAVOWAL_REJECT,
        ),
        logged(
            "contests.upheld",
            _("upheld: it was somebody else"),
            Type.CONTEST_UPHOLD,
            Type.WITHDRAWAL_DECIDE,
        ),
        logged("contests.withdrawn", _("verifications withdrawn by a decision"), Type.WITHDRAWAL_DECIDE),
        logged(
            "contests.rejected",
            _.in_context("contests.rejected", "rejected"),
            Type.CONTEST_REJECT,
            Type.DISAVOWAL_REJECT,
        ),
        logged("contests.missed", _("not decided by their deadline"), Type.CONTEST_OVERDUE),
        logged("disavowals.filed", _("accounts disowned by a person who was present"), Type.DISAVOWAL_FILE),
        logged("disavowals.answered", _("of these, rejected by the account's holder"), Type.DISAVOWAL_ANSWER),
        logged(
            "disavowals.silent",
            _("verifications withdrawn because nobody decided"),
            Type.WITHDRAWAL_SILENCE,
        ),
        logged("disavowals.missed", _("disowned accounts without a decision"), Type.DISAVOWAL_OVERDUE),
    ),
    durations=(Duration("contests.time", _("Time to the decision"), "contests.decided"),),
)
REINSTATEMENTS = Section(
    "reinstatements",
    _("Appeals against the withdrawal of a verification"),
    logged=(
        logged("reinstatements.filed", _.in_context("appeals.filed", "received"), Type.REINSTATEMENT_FILE),
        logged(
            "reinstatements.decided",
            _.in_context("appeals.decided", "decided"),
            Type.REINSTATEMENT_UPHOLD,
            Type.REINSTATEMENT_REJECT,
        ),
        logged("reinstatements.upheld", _("upheld: the withdrawal was wrong"), Type.REINSTATEMENT_UPHOLD),
        logged(
            "reinstatements.rejected",
            _.in_context("appeals.rejected", "rejected"),
            Type.REINSTATEMENT_REJECT,
        ),
        logged("reinstatements.missed", _("not decided by their deadline"), Type.REINSTATEMENT_OVERDUE),
    ),
    durations=(Duration("reinstatements.time", _("Time to the decision"), "reinstatements.decided"),),
)
ACCOUNTS = Section(
    "accounts",
    _("Accounts"),
    logged=(
        logged("accounts.shown", _("looked at by their owners"), Type.SESSION_SHOW),
        logged("inquiries.asked", _("lists of accounts in a name, asked for"), Type.INQUIRY_ASK),
        logged("inquiries.shown", _("lists of accounts in a name, shown"), Type.INQUIRY_SHOW),
        logged("accounts.expired", _("verifications expired"), Type.ACCOUNT_EXPIRE),
        logged("accounts.removed", _("abandoned accounts removed"), Type.ACCOUNT_REMOVE),
        logged("credentials.issued", _("status credentials issued"), Type.CREDENTIAL_ISSUE),
    ),
    levels=(
        Level(
            "accounts.state", _("By state, when the report was made"),
            {
                "VERIFIED": _.in_context("accounts.state.VERIFIED", "verified"),
                "UNVERIFIED": _("not verified"),
                "PENDING": _("waiting for the registry"),
                "REJECTED": _.in_context("accounts.state.REJECTED", "rejected"),
                "EXPIRED": _.in_context("EXPIRED", "expired"),
                "ERASED": _("erased"),
                "REVOKED": _("withdrawn"),
            },
        ),
    ),
)  # fmt: skip
ERASURES = Section(
    "erasures",
    _("Erasures"),
    logged=(
        logged("erasures.requested", _("requested"), Type.ERASURE_REQUEST),
        logged("erasures.cancelled", _("cancelled"), Type.ERASURE_CANCEL),
        logged("erasures.erased", _("accounts erased"), Type.ERASURE_ERASE),
        logged("erasures.destroyed", _("records and keys destroyed"), Type.ERASURE_DESTROY),
    ),
)
DISCLOSURES = Section(
    "disclosures",
    _("Disclosures of sealed identities"),
    logged=(
        logged("disclosures.requested", _("requests"), Type.DISCLOSURE_REQUEST),
        logged("disclosures.approvals", _("approvals by custodians"), Type.DISCLOSURE_APPROVE),
        logged("disclosures.denials", _("denials by custodians"), Type.DISCLOSURE_DENY),
        logged("disclosures.releases", _("shares released"), Type.DISCLOSURE_RELEASE),
        logged("disclosures.disclosed", _("records disclosed"), Type.DISCLOSURE_DISCLOSE),
        logged("disclosures.openings", _("openings"), Type.DISCLOSURE_OPEN),
        logged("disclosures.cancelled", _("cancelled"), Type.DISCLOSURE_CANCEL),
        logged(
            "disclosures.expired",
            _.in_context("EXPIRED", "expired"),
            Type.DISCLOSURE_EXPIRE,
        ),
        logged("disclosures.refused", _("attempts refused"), Type.DISCLOSURE_REFUSE),
        logged(
            "disclosures.wrong_shares", _("wrong shares reported"), Type.DISCLOSURE_REPORT_SHARE
        ),
        logged("drills.passed", _("drills passed by custodians"), Type.DRILL_COMPLETE),
    ),
    breakdowns=(
        Breakdown(
            "disclosures.legal_basis", _("Records disclosed, by legal basis"),
            "disclosures.disclosed", by_text=True,
        ),
    ),
)  # fmt: skip
CAMPAIGNS = Section(
    "campaigns",
    _("Campaigns for legacy accounts"),
    logged=(
        logged("campaigns.started", _("campaigns started"), Type.CAMPAIGN_START),
        logged("campaigns.ended", _("campaigns ended"), Type.CAMPAIGN_END),
        logged("campaigns.limited", _("accounts limited after the date"), Type.ACCOUNT_LIMIT),
        logged("campaigns.reinstated", _("accounts reinstated"), Type.ACCOUNT_LIFT),
    ),
)
OPERATION = Section(
    "operation",
    _("Operation"),
    logged=(
        logged(
            "registry.outage_hours", _("hours in which the registry did not answer an application"),
            Type.CLAIM_POSTPONE, measure=Measure.HOURS,
        ),
        logged("roster.adopted", _("versions of the roster adopted"), Type.ROSTER_ADOPTED),
        logged("handovers", _("batches of shares handed over"), Type.SHARES_HAND_OVER),
        logged("handovers.ended", _("hand-overs ended early"), Type.HANDOVER_END),
        logged(
            "second_factor.locked", _("second factors locked after wrong codes"),
            Type.SECOND_FACTOR_EXHAUST,
        ),
        logged(
            "moderators.registered", _("moderators registered"),
            Type.MODERATOR_NAME, Type.MODERATOR_COUNTERSIGN,
        ),
    ),
)  # fmt: skip
