"""Figures about identities: verifications, accounts, disclosures, campaigns, and the vault's operation."""

from idvault_verify.event import EventType as Type
from idvault_verify.report.figure import Breakdown, Duration, Level, Measure, Section, Title, logged

VERIFICATIONS = Section(
    "verifications",
    Title("实名核验", "Verifications"),
    logged=(
        logged(
            "verifications.sessions", "在本服务页面上开始的核验", "begun on the vault's own pages",
            Type.SESSION_CREATE,
        ),
        logged("verifications.opened", "收到的核验申请", "applications received", Type.CLAIM_OPEN),
        logged("verifications.decided", "已有结果", "decided", Type.CLAIM_SETTLE),
        logged("verifications.replaced", "被新申请取代", "replaced by a newer one", Type.CLAIM_SUPERSEDE),
        logged("verifications.erased", "随账户注销而终止", "ended by an erasure", Type.CLAIM_ERASE),
        logged(
            "verifications.postponed", "因登记机关未答复而延后",
            "postponed until the registry answers",
            Type.CLAIM_POSTPONE,
        ),
    ),
    breakdowns=(
        Breakdown(
            "verifications.outcome", Title("核验结果", "By outcome"), "verifications.decided",
            {
                "SANCTIONED": Title("账户受处置", "the account was sanctioned"),
                "PERSON_CLOSED": Title("该人已被封禁", "the person is closed"),
                "DIFFERENT_OWNER": Title("并非同一人", "a different person than before"),
                "ACCOUNT_LIMIT_REACHED": Title("账户数超限", "too many accounts"),
                "REGISTRY_TIMED_OUT": Title("登记机关逾期未答复", "no answer from the registry in time"),
                "NO_RECORD": Title("查无此号", "number unknown to the registry"),
                "MISMATCH": Title("姓名与号码不符", "name and number do not match"),
                "SUCCEEDED": Title("通过", "verified"),
            },
        ),
    ),
)  # fmt: skip
CONTESTS = Section(
    "contests",
    Title("“不是本人”异议", "Verifications contested by the account's owner"),
    logged=(
        logged("contests.filed", "收到的异议", "received", Type.CONTEST_FILE),
        logged("contests.decided", "已决定", "decided", Type.CONTEST_UPHOLD, Type.CONTEST_REJECT),
        logged("contests.upheld", "异议成立", "upheld: it was somebody else", Type.CONTEST_UPHOLD),
        logged("contests.rejected", "异议不成立", "rejected", Type.CONTEST_REJECT),
        logged("contests.missed", "逾期未决定", "not decided by their deadline", Type.CONTEST_OVERDUE),
    ),
    durations=(Duration("contests.time", Title("决定用时", "Time to the decision"), "contests.decided"),),
)
ACCOUNTS = Section(
    "accounts",
    Title("账户", "Accounts"),
    logged=(
        logged("accounts.shown", "用户查看“我的身份”", "looked at by their owners", Type.SESSION_SHOW),
        logged("accounts.expired", "核验到期", "verifications expired", Type.ACCOUNT_EXPIRE),
        logged("accounts.removed", "已删除的未完成账户", "abandoned accounts removed", Type.ACCOUNT_REMOVE),
        logged("credentials.issued", "签发的状态凭证", "status credentials issued", Type.CREDENTIAL_ISSUE),
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
ERASURES = Section(
    "erasures",
    Title("注销与销毁", "Erasures"),
    logged=(
        logged("erasures.requested", "提出的注销申请", "requested", Type.ERASURE_REQUEST),
        logged("erasures.cancelled", "撤回", "cancelled", Type.ERASURE_CANCEL),
        logged("erasures.erased", "已注销的账户", "accounts erased", Type.ERASURE_ERASE),
        logged("erasures.destroyed", "已销毁的身份记录", "records and keys destroyed", Type.ERASURE_DESTROY),
    ),
)
DISCLOSURES = Section(
    "disclosures",
    Title("身份披露", "Disclosures of sealed identities"),
    logged=(
        logged("disclosures.requested", "提出的申请", "requests", Type.DISCLOSURE_REQUEST),
        logged("disclosures.approvals", "保管人批准", "approvals by custodians", Type.DISCLOSURE_APPROVE),
        logged("disclosures.denials", "保管人拒绝", "denials by custodians", Type.DISCLOSURE_DENY),
        logged("disclosures.releases", "交出的份额", "shares released", Type.DISCLOSURE_RELEASE),
        logged("disclosures.disclosed", "已可开启的记录", "records disclosed", Type.DISCLOSURE_DISCLOSE),
        logged("disclosures.openings", "开启次数", "openings", Type.DISCLOSURE_OPEN),
        logged("disclosures.cancelled", "撤回", "cancelled", Type.DISCLOSURE_CANCEL),
        logged("disclosures.expired", "过期", "expired", Type.DISCLOSURE_EXPIRE),
        logged("disclosures.refused", "被拒绝的尝试", "attempts refused", Type.DISCLOSURE_REFUSE),
        logged(
            "disclosures.wrong_shares", "错误的份额", "wrong shares reported", Type.DISCLOSURE_REPORT_SHARE
        ),
        logged("drills.passed", "保管人演练通过", "drills passed by custodians", Type.DRILL_COMPLETE),
    ),
    breakdowns=(
        Breakdown(
            "disclosures.legal_basis", Title("法律依据", "Records disclosed, by legal basis"),
            "disclosures.disclosed", by_text=True,
        ),
    ),
)  # fmt: skip
CAMPAIGNS = Section(
    "campaigns",
    Title("存量账户核验活动", "Campaigns for legacy accounts"),
    logged=(
        logged("campaigns.started", "开始的活动", "campaigns started", Type.CAMPAIGN_START),
        logged("campaigns.ended", "结束的活动", "campaigns ended", Type.CAMPAIGN_END),
        logged(
            "campaigns.limited", "到期后受限的账户", "accounts limited after the date", Type.ACCOUNT_LIMIT
        ),
        logged("campaigns.reinstated", "恢复的账户", "accounts reinstated", Type.ACCOUNT_LIFT),
    ),
)
OPERATION = Section(
    "operation",
    Title("运行", "Operation"),
    logged=(
        logged(
            "registry.outage_hours", "登记机关有申请未获答复的小时数",
            "hours in which the registry did not answer an application",
            Type.CLAIM_POSTPONE, measure=Measure.HOURS,
        ),
        logged("roster.adopted", "生效的名册版本", "versions of the roster adopted", Type.ROSTER_ADOPTED),
        logged("handovers", "移交的份额批次", "batches of shares handed over", Type.SHARES_HAND_OVER),
        logged("handovers.ended", "提前终止的份额移交", "hand-overs ended early", Type.HANDOVER_END),
        logged(
            "second_factor.locked", "因错误验证码锁定", "second factors locked after wrong codes",
            Type.SECOND_FACTOR_EXHAUST,
        ),
        logged(
            "moderators.registered", "新登记的管理员", "moderators registered",
            Type.MODERATOR_NAME, Type.MODERATOR_COUNTERSIGN,
        ),
    ),
)  # fmt: skip
