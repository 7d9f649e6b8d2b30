"""The figures of the transparency report: the one place to which a figure is added.

A logged figure needs its types of entries. Anything else needs a query of its name in storage.report.queries.
"""

from collections.abc import Iterator, Mapping

from idvault.domain.event import EventType as Type
from idvault.domain.report.figure import (
    Breakdown,
    Deadline,
    Duration,
    Level,
    LoggedFigure,
    Measure,
    Section,
    Title,
)

_DEGREES = ("warn", "limit", "suspend", "close")


def _each(subject: str, verb: str) -> tuple[Type, ...]:
    return tuple(Type(f"{subject}:{degree}:{verb}") for degree in _DEGREES)


_PERSON_IMPOSED = _each("person", "impose")
_IMPOSED = (*_each("sanction", "impose"), *_PERSON_IMPOSED)
_LIFTED = (*_each("sanction", "lift"), *_each("person", "lift"))
_LAPSED = (*_each("sanction", "lapse"), *_each("person", "lapse"))
_PROPOSED = (Type.SANCTION_CLOSE_PROPOSE, *_each("person", "propose"))
_NOT_CONFIRMED = (
    Type.SANCTION_CLOSE_WITHDRAW,
    Type.SANCTION_CLOSE_EXPIRE,
    *_each("person", "withdraw"),
    *_each("person", "expire"),
)
_AUTOMATION = {
    "FULL": Title("全自动", "fully automated"),
    "PARTIAL": Title("部分自动", "partly automated"),
    "NONE": Title("人工", "by people"),
}


def _logged(name: str, zh: str, en: str, *events: Type, measure: Measure = Measure.ENTRIES) -> LoggedFigure:
    return LoggedFigure(name, Title(zh, en), events, measure)


_VERIFICATIONS = Section(
    "verifications",
    Title("实名核验", "Verifications"),
    logged=(
        _logged("verifications.opened", "收到的核验申请", "applications received", Type.CLAIM_OPEN),
        _logged("verifications.decided", "已有结果", "decided", Type.CLAIM_SETTLE),
        _logged("verifications.replaced", "被新申请取代", "replaced by a newer one", Type.CLAIM_SUPERSEDE),
        _logged(
            "verifications.postponed", "因登记机关未答复而延后",
            "postponed for want of the registry's answer",
            Type.CLAIM_POSTPONE,
        ),
    ),
    breakdowns=(
        Breakdown(
            "verifications.outcome", Title("核验结果", "By outcome"), "verifications.decided",
            {
                "SANCTIONED": Title("账户受处置", "the account was sanctioned"),
                "PERSON_CLOSED": Title("该人已被封禁", "the person is closed"),
                "DIFFERENT_OWNER": Title("并非同一人", "another person than before"),
                "ACCOUNT_LIMIT_REACHED": Title("账户数超限", "too many accounts"),
                "REGISTRY_TIMED_OUT": Title("登记机关逾期未答复", "no answer from the registry in time"),
                "NO_RECORD": Title("查无此号", "number unknown to the registry"),
                "MISMATCH": Title("姓名与号码不符", "name and number do not match"),
                "SUCCEEDED": Title("通过", "verified"),
            },
        ),
    ),
)  # fmt: skip
_ACCOUNTS = Section(
    "accounts",
    Title("账户", "Accounts"),
    logged=(
        _logged("accounts.expired", "核验到期", "verifications expired", Type.ACCOUNT_EXPIRE),
        _logged("accounts.removed", "已删除的未完成账户", "abandoned accounts removed", Type.ACCOUNT_REMOVE),
        _logged("credentials.issued", "签发的状态凭证", "status credentials issued", Type.CREDENTIAL_ISSUE),
    ),
    levels=(
        Level(
            "accounts.state", Title("账户状态 (报告生成时)", "By state, when the report was made"),
            {
                "VERIFIED": Title("已核验", "verified"),
                "UNVERIFIED": Title("未核验", "not verified"),
                "PENDING": Title("核验中", "waiting for the registry"),
                "REJECTED": Title("未通过", "rejected"),
                "EXPIRED": Title("已到期", "expired"),
                "ERASED": Title("已注销", "erased"),
            },
        ),
    ),
)  # fmt: skip
_SANCTIONS = Section(
    "sanctions",
    Title("处置", "Sanctions"),
    logged=(
        _logged("sanctions.imposed", "作出的处置", "imposed", *_IMPOSED),
        _logged(
            "sanctions.warned", "警示", "warnings", Type.SANCTION_WARN_IMPOSE, Type.PERSON_WARN_IMPOSE
        ),
        _logged(
            "sanctions.limited", "限制发布", "publishing limited",
            Type.SANCTION_LIMIT_IMPOSE, Type.PERSON_LIMIT_IMPOSE,
        ),
        _logged(
            "sanctions.suspended", "暂停更新", "suspended",
            Type.SANCTION_SUSPEND_IMPOSE, Type.PERSON_SUSPEND_IMPOSE,
        ),
        _logged(
            "sanctions.closed", "关闭账户", "accounts closed",
            Type.SANCTION_CLOSE_IMPOSE, Type.PERSON_CLOSE_IMPOSE,
        ),
        _logged("sanctions.of_persons", "其中针对本人", "of these, of a person", *_PERSON_IMPOSED),
        _logged("sanctions.lifted", "提前解除", "lifted before their end", *_LIFTED),
        _logged("sanctions.lapsed", "到期结束", "ended by themselves", *_LAPSED),
        _logged("sanctions.proposed", "待第二人确认的提议", "proposed to a second moderator", *_PROPOSED),
        _logged("sanctions.not_confirmed", "提议后未确认", "proposed and not confirmed", *_NOT_CONFIRMED),
    ),
    breakdowns=(
        Breakdown(
            "sanctions.category", Title("事由", "By category"), "sanctions.imposed",
            {
                "IMPERSONATION": Title("冒充他人", "impersonation"),
                "PRIVACY": Title("侵犯隐私", "privacy"),
                "NATIONAL_SECURITY": Title("国家安全", "national security"),
                "TERRORISM": Title("恐怖主义", "terrorism"),
                "VIOLENCE": Title("暴力", "violence"),
                "PORNOGRAPHY": Title("淫秽色情", "pornography"),
                "FRAUD": Title("诈骗", "fraud"),
                "RUMOUR": Title("谣言", "rumours"),
            },
        ),
        Breakdown(
            "sanctions.issuer", Title("决定者", "By issuer"), "sanctions.imposed",
            {
                "AUTHORITY": Title("主管机关", "an authority"),
                "PLATFORM": Title("平台", "the platform"),
            },
        ),
        Breakdown(
            "sanctions.detection", Title("发现方式", "By automation of the detection"), "sanctions.imposed",
            _AUTOMATION,
        ),
        Breakdown(
            "sanctions.decision", Title("决定方式", "By automation of the decision"), "sanctions.imposed",
            _AUTOMATION,
        ),
    ),
)  # fmt: skip
_DISCLOSURES = Section(
    "disclosures",
    Title("身份披露", "Disclosures of sealed identities"),
    logged=(
        _logged(
            "disclosures.requested", "提出的申请", "requests",
            Type.DISCLOSURE_REQUEST, Type.DISCLOSURE_REQUEST_FORMER,
        ),
        _logged("disclosures.approvals", "保管人批准", "approvals by custodians", Type.DISCLOSURE_APPROVE),
        _logged("disclosures.denials", "保管人拒绝", "denials by custodians", Type.DISCLOSURE_DENY),
        _logged("disclosures.releases", "交出的份额", "shares released", Type.DISCLOSURE_RELEASE),
        _logged("disclosures.disclosed", "已可开启的记录", "records disclosed", Type.DISCLOSURE_DISCLOSE),
        _logged("disclosures.openings", "开启次数", "openings", Type.DISCLOSURE_OPEN),
        _logged("disclosures.cancelled", "撤回", "cancelled", Type.DISCLOSURE_CANCEL),
        _logged("disclosures.expired", "过期", "expired", Type.DISCLOSURE_EXPIRE),
        _logged("disclosures.refused", "被拒绝的尝试", "attempts refused", Type.DISCLOSURE_REFUSE),
        _logged(
            "disclosures.wrong_shares", "错误的份额", "wrong shares reported", Type.DISCLOSURE_REPORT_SHARE
        ),
        _logged("drills.passed", "保管人演练通过", "drills passed by custodians", Type.DRILL_COMPLETE),
    ),
    breakdowns=(
        Breakdown(
            "disclosures.legal_basis", Title("法律依据", "Records disclosed, by legal basis"),
            "disclosures.disclosed", by_text=True,
        ),
    ),
)  # fmt: skip
_CAMPAIGNS = Section(
    "campaigns",
    Title("存量账户核验活动", "Campaigns for legacy accounts"),
    logged=(
        _logged("campaigns.started", "开始的活动", "campaigns started", Type.CAMPAIGN_START),
        _logged("campaigns.ended", "结束的活动", "campaigns ended", Type.CAMPAIGN_END),
        _logged(
            "campaigns.limited", "到期后受限的账户", "accounts limited after the date", Type.ACCOUNT_LIMIT
        ),
        _logged("campaigns.reinstated", "恢复的账户", "accounts reinstated", Type.ACCOUNT_LIFT),
    ),
)
_OPERATION = Section(
    "operation",
    Title("运行", "Operation"),
    logged=(
        _logged(
            "registry.outage_hours", "登记机关有申请未获答复的小时数",
            "hours in which the registry left an application without an answer",
            Type.CLAIM_POSTPONE, measure=Measure.HOURS,
        ),
        _logged("roster.adopted", "生效的名册版本", "versions of the roster adopted", Type.ROSTER_ADOPTED),
        _logged("handovers", "移交的份额批次", "batches of shares handed over", Type.SHARES_HAND_OVER),
        _logged(
            "second_factor.locked", "因错误验证码锁定", "second factors locked after wrong codes",
            Type.SECOND_FACTOR_EXHAUST,
        ),
        _logged("moderators.registered", "新登记的管理员", "moderators registered", Type.MODERATOR_REGISTER),
    ),
)  # fmt: skip

DEADLINES: tuple[Deadline, ...] = (
    Deadline(
        Title("身份披露申请的决定", "decisions on requests for a disclosure"),
        "disclosures.requested",
        ("disclosures.expired",),
    ),
)

SECTIONS: tuple[Section, ...] = (
    _VERIFICATIONS,
    _ACCOUNTS,
    _SANCTIONS,
    _DISCLOSURES,
    _CAMPAIGNS,
    _OPERATION,
)


def logged_figures() -> tuple[LoggedFigure, ...]:
    """Return every figure that the public log tells."""
    return tuple(figure for section in SECTIONS for figure in section.logged)


def breakdowns() -> tuple[Breakdown, ...]:
    """Return every breakdown."""
    return tuple(each for section in SECTIONS for each in section.breakdowns)


def levels() -> tuple[Level, ...]:
    """Return every level."""
    return tuple(each for section in SECTIONS for each in section.levels)


def durations() -> tuple[Duration, ...]:
    """Return every duration."""
    return tuple(each for section in SECTIONS for each in section.durations)


def not_logged() -> Iterator[str]:
    """Yield the names of what the log does not tell."""
    yield from (each.name for each in breakdowns())
    yield from (each.name for each in levels())
    yield from (each.name for each in durations())


BY_NAME: Mapping[str, LoggedFigure] = {figure.name: figure for figure in logged_figures()}
