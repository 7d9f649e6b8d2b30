"""Figures about moderation: public accounts, sanctions by degree, reports by the public."""

from idvault_verify.event import EventType as Type
from idvault_verify.report.figure import Breakdown, Duration, Level, Section, logged
from idvault_verify.text import texts_of

_ = texts_of(__name__)


_DEGREES = ("warn", "limit", "suspend", "close")


def _each(subject: str, verb: str) -> tuple[Type, ...]:
    return tuple(Type(f"{subject}:{degree}:{verb}") for degree in _DEGREES)


_PERSON_IMPOSED = _each("person", "impose")
_IMPOSED = (*_each("sanction", "impose"), *_PERSON_IMPOSED)
_LIFTED = (*_each("sanction", "lift"), *_each("person", "lift"))
_OVERTURNED = (*_each("sanction", "overturn"), *_each("person", "overturn"))
_LAPSED = (*_each("sanction", "lapse"), *_each("person", "lapse"))
_PROPOSED = (Type.SANCTION_CLOSE_PROPOSE, *_each("person", "propose"))
_NOT_CONFIRMED = (
    Type.SANCTION_CLOSE_WITHDRAW,
    Type.SANCTION_CLOSE_EXPIRE,
    *_each("person", "withdraw"),
    *_each("person", "expire"),
)
_NARROWED = (*_each("sanction", "narrow"), *_each("person", "narrow"))
_CATEGORIES = {
    "IMPERSONATION": _("impersonation"),
    "PRIVACY": _("privacy"),
    "NATIONAL_SECURITY": _("national security"),
    "TERRORISM": _("terrorism"),
    "VIOLENCE": _("violence"),
    "PORNOGRAPHY": _("pornography"),
    "FRAUD": _("fraud"),
    "RUMOUR": _("rumours"),
}
_AUTOMATION = {
    "FULL": _("fully automated"),
    "PARTIAL": _("partly automated"),
    "NONE": _("by people"),
}


PUBLIC_ACCOUNTS = Section(
    "public_accounts",
    _("Public accounts"),
    logged=(
        logged("public_accounts.applied", _("applications"), Type.PUBLIC_ACCOUNT_APPLY),
        logged("public_accounts.approved", _("approved"), Type.PUBLIC_ACCOUNT_APPROVE),
        logged(
            "public_accounts.rejected", _.in_context("public_accounts.rejected", "rejected"),
            Type.PUBLIC_ACCOUNT_REJECT,
        ),
        logged("public_accounts.renewed", _("renewed"), Type.PUBLIC_ACCOUNT_RENEW),
        logged(
            "public_accounts.expired", _("expired"),
            Type.PUBLIC_ACCOUNT_EXPIRE,
        ),
        logged("public_accounts.closed", _("closed"), Type.PUBLIC_ACCOUNT_CLOSE),
        logged("public_accounts.transferred", _("with a new owner"), Type.PUBLIC_ACCOUNT_ACCEPT),
    ),
    levels=(
        Level(
            "public_accounts.category", _("By category, when the report was made"),
            {
                "PERSONAL": _("persons"),
                "COMPANY": _("companies"),
                "SOLE_TRADER": _("sole traders"),
                "COOPERATIVE": _("cooperatives"),
                "STATE_ORGAN": _("state organs"),
                "INSTITUTION": _("public institutions"),
                "MASS_ORGANIZATION": _("mass organisations"),
                "SOCIAL_ORGANIZATION": _("social organisations"),
                "OTHER": _("other organisations"),
                "MEDIA": _("media"),
                "GOVERNMENT": _("government"),
                "EDUCATION": _("education"),
                "HEALTH": _("health"),
                "FINANCE": _("finance"),
            },
        ),
    ),
)  # fmt: skip
SANCTIONS = Section(
    "sanctions",
    _("Sanctions"),
    logged=(
        logged("sanctions.imposed", _("imposed"), *_IMPOSED),
        logged(
            "sanctions.warned", _("warnings"), Type.SANCTION_WARN_IMPOSE, Type.PERSON_WARN_IMPOSE
        ),
        logged(
            "sanctions.limited", _("publishing limited"),
            Type.SANCTION_LIMIT_IMPOSE, Type.PERSON_LIMIT_IMPOSE,
        ),
        logged(
            "sanctions.suspended", _("suspended"),
            Type.SANCTION_SUSPEND_IMPOSE, Type.PERSON_SUSPEND_IMPOSE,
        ),
        logged(
            "sanctions.closed", _("accounts closed"),
            Type.SANCTION_CLOSE_IMPOSE, Type.PERSON_CLOSE_IMPOSE,
        ),
        logged("sanctions.of_persons", _("of these, of a person"), *_PERSON_IMPOSED),
        logged("sanctions.lifted", _("lifted before their end"), *_LIFTED),
        logged("sanctions.overturned", _("overturned on appeal"), *_OVERTURNED),
        logged("sanctions.lapsed", _("expired"), *_LAPSED),
        logged("sanctions.proposed", _("proposed to a second moderator"), *_PROPOSED),
        logged("sanctions.not_confirmed", _("proposed and not confirmed"), *_NOT_CONFIRMED),
        logged("sanctions.narrowed", _("narrowed after a withdrawal"), *_NARROWED),
        logged(
            "sanctions.narrowing_missed", _("not narrowed by their deadline"), Type.NARROWING_OVERDUE
        ),
    ),
    breakdowns=(
        Breakdown(
            "sanctions.category", _("By category"), "sanctions.imposed",
            _CATEGORIES, told_by="category",
        ),
        Breakdown(
            "sanctions.issuer", _("By issuer"), "sanctions.imposed",
            {
                "AUTHORITY": _("an authority"),
                "PLATFORM": _("the platform"),
            },
            told_by="issuer_kind",
        ),
        Breakdown(
            "sanctions.detection", _("By automation of detection"), "sanctions.imposed",
            _AUTOMATION, told_by="detection",
        ),
        Breakdown(
            "sanctions.decision", _("By automation of decision"), "sanctions.imposed",
            _AUTOMATION, told_by="decision",
        ),
    ),
)  # fmt: skip
APPEALS = Section(
    "appeals",
    _("Appeals"),
    logged=(
        logged("appeals.filed", _.in_context("appeals.filed", "received"), Type.APPEAL_FILE),
        logged(
            "appeals.decided",
            _.in_context("appeals.decided", "decided"),
            Type.APPEAL_UPHOLD,
            Type.APPEAL_REJECT,
        ),
        logged("appeals.upheld", _("upheld: the sanction is undone"), Type.APPEAL_UPHOLD),
        logged("appeals.rejected", _.in_context("appeals.rejected", "rejected"), Type.APPEAL_REJECT),
        logged("appeals.missed", _("not decided by their deadline"), Type.APPEAL_OVERDUE),
    ),
    durations=(Duration("appeals.time", _("Time to the decision"), "appeals.decided"),),
)
_CONTENT = ("removed", "labelled", "restricted")


def _content(verb: str) -> tuple[Type, ...]:
    return tuple(Type(f"content:{kind}:{verb}") for kind in _CONTENT)


CONTENT_MEASURES = Section(
    "content",
    _("Measures on content"),
    logged=(
        logged("content.imposed", _.in_context("content.imposed", "imposed"), *_content("impose")),
        logged("content.removed", _("content removed"), Type.CONTENT_REMOVED_IMPOSE),
        logged("content.labelled", _("content labelled"), Type.CONTENT_LABELLED_IMPOSE),
        logged("content.restricted", _("content restricted"), Type.CONTENT_RESTRICTED_IMPOSE),
        logged("content.reversed", _("reversed by the platform"), *_content("reverse")),
        logged(
            "content.overturned",
            _("overturned on appeal"),
            *_content("overturn"),
        ),
        logged("content.appealed", _("appeals received"), Type.CONTENT_APPEAL_FILE),
        logged("content.appeals_upheld", _("appeals upheld"), Type.CONTENT_APPEAL_UPHOLD),
        logged("content.appeals_rejected", _("appeals rejected"), Type.CONTENT_APPEAL_REJECT),
        logged(
            "content.appeals_missed", _("appeals not decided by their deadline"),
            Type.CONTENT_APPEAL_OVERDUE,
        ),
    ),
)  # fmt: skip
AUTHORITY_ORDERS = Section(
    "orders",
    _("Orders of authorities, and operations"),
    logged=(
        logged("orders.recorded", _("orders received"), Type.ORDER_RECORD, Type.ORDER_ISSUE),
        logged("orders.acknowledged", _("acknowledged by the platform"), Type.ORDER_ACKNOWLEDGE, edition=2),
        logged("orders.objected", _("objected to by the platform"), Type.ORDER_OBJECT, edition=2),
        logged("orders.withdrawn", _("withdrawn by the authority"), Type.ORDER_WITHDRAW, edition=2),
        logged("orders.missed", _("not carried out by their deadline"), Type.ORDER_MISS),
        logged("operations.opened", _("operations opened"), Type.OPERATION_OPEN),
        logged("operations.closed", _("operations closed"), Type.OPERATION_CLOSE),
        logged(
            "operations.joint", _("joint operations opened by authorities"), Type.OPERATION_JOIN, edition=2
        ),
        logged(
            "operations.joint_ended", _("joint operations that ended, once for each platform"),
            Type.OPERATION_END, edition=2,
        ),
    ),
    breakdowns=(
        Breakdown(
            "sanctions.operation", _("Sanctions imposed, by operation"),
            "sanctions.imposed", by_text=True,
        ),
    ),
)  # fmt: skip
_RESOLVED = (
    Type.TIP_OFF_UPHOLD,
    Type.TIP_OFF_DISMISS,
    Type.TIP_OFF_CLOSE_DUPLICATE,
    Type.TIP_OFF_FIND_ABUSIVE,
    Type.TIP_OFF_ACCEPT,
)
TIP_OFFS = Section(
    "tip_offs",
    _("Reports by the public"),
    logged=(
        logged("tip_offs.filed", _.in_context("tip_offs.filed", "received"), Type.TIP_OFF_FILE),
        logged("tip_offs.answered", _("answered"), Type.TIP_OFF_ANSWER),
        logged("tip_offs.resolved", _("resolved"), *_RESOLVED),
        logged("tip_offs.upheld", _("upheld, with a sanction or a measure on content"), Type.TIP_OFF_UPHOLD),
        logged("tip_offs.dismissed", _("dismissed"), Type.TIP_OFF_DISMISS),
        logged(
            "tip_offs.duplicates", _("about a matter already decided"), Type.TIP_OFF_CLOSE_DUPLICATE
        ),
        logged("tip_offs.abusive", _("abusive"), Type.TIP_OFF_FIND_ABUSIVE),
        logged("tip_offs.referrals", _("referred to an authority"), Type.TIP_OFF_REFER),
        logged("tip_offs.referred", _("accepted by the authority, and so resolved"), Type.TIP_OFF_ACCEPT),
        logged(
            "tip_offs.not_accepted", _("not accepted by the authority, and so open again"),
            Type.TIP_OFF_DECLINE, Type.TIP_OFF_LAPSE,
        ),
        logged(
            "tip_offs.reply_missed", _("without a reply at their deadline"),
            Type.TIP_OFF_MISS_REPLY,
        ),
        logged(
            "tip_offs.solution_missed", _("without a solution at their deadline"),
            Type.TIP_OFF_MISS_SOLUTION,
        ),
        logged("tip_offs.floods", _("floods of a form, one a day"), Type.TIP_OFF_FLOOD),
        logged(
            "tip_offs.flood_missed",
            _("from flooded forms, without a solution at their deadline (not in the above)"),
            Type.TIP_OFF_MISS_FLOOD,
        ),
    ),
    breakdowns=(
        Breakdown(
            "tip_offs.category", _("By category"), "tip_offs.filed", _CATEGORIES
        ),
        Breakdown(
            "tip_offs.channel", _("By channel"), "tip_offs.filed",
            {
                "PHONE": _("telephone"),
                "MAIL": _("letter"),
                "COUNTER": _("at a counter"),
                "EMAIL": _("e-mail"),
                "WEB": _("web"),
                "APP": _("in the app"),
            },
        ),
        Breakdown(
            "tip_offs.operation", _("By operation"), "tip_offs.filed", by_text=True,
        ),
    ),
    durations=(
        Duration("tip_offs.reply_time", _("Time to the reply"), "tip_offs.answered"),
        Duration("tip_offs.solution_time", _("Time to the solution"), "tip_offs.resolved"),
    ),
)  # fmt: skip
