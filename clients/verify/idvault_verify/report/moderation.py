"""Figures about moderation: public accounts, sanctions by degree, reports by the public."""

from idvault_verify.event import EventType as Type
from idvault_verify.report.figure import Breakdown, Duration, Level, Section, Title, logged

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
_CATEGORIES = {
    "IMPERSONATION": Title("冒充他人", "impersonation"),
    "PRIVACY": Title("侵犯隐私", "privacy"),
    "NATIONAL_SECURITY": Title("国家安全", "national security"),
    "TERRORISM": Title("恐怖主义", "terrorism"),
    "VIOLENCE": Title("暴力", "violence"),
    "PORNOGRAPHY": Title("淫秽色情", "pornography"),
    "FRAUD": Title("诈骗", "fraud"),
    "RUMOUR": Title("谣言", "rumours"),
}
_AUTOMATION = {
    "FULL": Title("全自动", "fully automated"),
    "PARTIAL": Title("部分自动", "partly automated"),
    "NONE": Title("人工", "by people"),
}


PUBLIC_ACCOUNTS = Section(
    "public_accounts",
    Title("公众账号", "Public accounts"),
    logged=(
        logged("public_accounts.applied", "收到的申请", "applications", Type.PUBLIC_ACCOUNT_APPLY),
        logged("public_accounts.approved", "批准", "approved", Type.PUBLIC_ACCOUNT_APPROVE),
        logged("public_accounts.rejected", "驳回", "rejected", Type.PUBLIC_ACCOUNT_REJECT),
        logged("public_accounts.renewed", "续期", "renewed", Type.PUBLIC_ACCOUNT_RENEW),
        logged("public_accounts.expired", "到期", "expired", Type.PUBLIC_ACCOUNT_EXPIRE),
        logged("public_accounts.closed", "关闭", "closed", Type.PUBLIC_ACCOUNT_CLOSE),
        logged("public_accounts.transferred", "转让", "with a new owner", Type.PUBLIC_ACCOUNT_ACCEPT),
    ),
    levels=(
        Level(
            "public_accounts.category", Title("类别 (报告生成时)", "By category, when the report was made"),
            {
                "PERSONAL": Title("个人", "persons"),
                "COMPANY": Title("企业", "companies"),
                "SOLE_TRADER": Title("个体工商户", "sole traders"),
                "COOPERATIVE": Title("农民专业合作社", "cooperatives"),
                "STATE_ORGAN": Title("机关", "state organs"),
                "INSTITUTION": Title("事业单位", "public institutions"),
                "MASS_ORGANIZATION": Title("群团组织", "mass organisations"),
                "SOCIAL_ORGANIZATION": Title("社会组织", "social organisations"),
                "OTHER": Title("其他组织", "other organisations"),
                "MEDIA": Title("媒体", "media"),
                "GOVERNMENT": Title("政务", "government"),
                "EDUCATION": Title("教育", "education"),
                "HEALTH": Title("卫生健康", "health"),
                "FINANCE": Title("金融", "finance"),
            },
        ),
    ),
)  # fmt: skip
SANCTIONS = Section(
    "sanctions",
    Title("处置", "Sanctions"),
    logged=(
        logged("sanctions.imposed", "作出的处置", "imposed", *_IMPOSED),
        logged(
            "sanctions.warned", "警示", "warnings", Type.SANCTION_WARN_IMPOSE, Type.PERSON_WARN_IMPOSE
        ),
        logged(
            "sanctions.limited", "限制发布", "publishing limited",
            Type.SANCTION_LIMIT_IMPOSE, Type.PERSON_LIMIT_IMPOSE,
        ),
        logged(
            "sanctions.suspended", "暂停更新", "suspended",
            Type.SANCTION_SUSPEND_IMPOSE, Type.PERSON_SUSPEND_IMPOSE,
        ),
        logged(
            "sanctions.closed", "关闭账户", "accounts closed",
            Type.SANCTION_CLOSE_IMPOSE, Type.PERSON_CLOSE_IMPOSE,
        ),
        logged("sanctions.of_persons", "其中针对本人", "of these, of a person", *_PERSON_IMPOSED),
        logged("sanctions.lifted", "提前解除", "lifted before their end", *_LIFTED),
        logged("sanctions.overturned", "因申诉撤销", "overturned on appeal", *_OVERTURNED),
        logged("sanctions.lapsed", "到期结束", "ended by themselves", *_LAPSED),
        logged("sanctions.proposed", "待第二人确认的提议", "proposed to a second moderator", *_PROPOSED),
        logged("sanctions.not_confirmed", "提议后未确认", "proposed and not confirmed", *_NOT_CONFIRMED),
    ),
    breakdowns=(
        Breakdown(
            "sanctions.category", Title("事由", "By category"), "sanctions.imposed",
            _CATEGORIES, told_by="category",
        ),
        Breakdown(
            "sanctions.issuer", Title("决定者", "By issuer"), "sanctions.imposed",
            {
                "AUTHORITY": Title("主管机关", "an authority"),
                "PLATFORM": Title("平台", "the platform"),
            },
            told_by="issuer_kind",
        ),
        Breakdown(
            "sanctions.detection", Title("发现方式", "By automation of detection"), "sanctions.imposed",
            _AUTOMATION, told_by="detection",
        ),
        Breakdown(
            "sanctions.decision", Title("决定方式", "By automation of decision"), "sanctions.imposed",
            _AUTOMATION, told_by="decision",
        ),
    ),
)  # fmt: skip
APPEALS = Section(
    "appeals",
    Title("申诉", "Appeals"),
    logged=(
        logged("appeals.filed", "收到的申诉", "received", Type.APPEAL_FILE),
        logged("appeals.decided", "已决定", "decided", Type.APPEAL_UPHOLD, Type.APPEAL_REJECT),
        logged("appeals.upheld", "支持申诉", "upheld: the sanction is undone", Type.APPEAL_UPHOLD),
        logged("appeals.rejected", "驳回申诉", "rejected", Type.APPEAL_REJECT),
        logged("appeals.missed", "逾期未决定", "not decided by their deadline", Type.APPEAL_OVERDUE),
    ),
    durations=(Duration("appeals.time", Title("决定用时", "Time to the decision"), "appeals.decided"),),
)
AUTHORITY_ORDERS = Section(
    "orders",
    Title("主管机关的命令与专项行动", "Orders of authorities, and operations"),
    logged=(
        logged("orders.recorded", "收到的命令", "orders received", Type.ORDER_RECORD),
        logged("orders.missed", "逾期未执行", "not carried out by their deadline", Type.ORDER_MISS),
        logged("operations.opened", "开始的专项行动", "operations opened", Type.OPERATION_OPEN),
        logged("operations.closed", "结束的专项行动", "operations closed", Type.OPERATION_CLOSE),
    ),
    breakdowns=(
        Breakdown(
            "sanctions.operation", Title("各专项行动中的处置", "Sanctions imposed, by operation"),
            "sanctions.imposed", by_text=True,
        ),
    ),
)  # fmt: skip
_RESOLVED = (
    Type.TIP_OFF_UPHOLD,
    Type.TIP_OFF_DISMISS,
    Type.TIP_OFF_CLOSE_DUPLICATE,
    Type.TIP_OFF_FIND_ABUSIVE,
)
TIP_OFFS = Section(
    "tip_offs",
    Title("公众举报", "Reports by the public"),
    logged=(
        logged("tip_offs.filed", "收到的举报", "received", Type.TIP_OFF_FILE),
        logged("tip_offs.answered", "已答复举报人", "answered", Type.TIP_OFF_ANSWER),
        logged("tip_offs.resolved", "已处理", "resolved", *_RESOLVED),
        logged("tip_offs.upheld", "属实并处置", "upheld, with a sanction", Type.TIP_OFF_UPHOLD),
        logged("tip_offs.dismissed", "不予支持", "dismissed", Type.TIP_OFF_DISMISS),
        logged(
            "tip_offs.duplicates", "重复举报", "about a matter already decided", Type.TIP_OFF_CLOSE_DUPLICATE
        ),
        logged("tip_offs.abusive", "滥用举报", "abusive", Type.TIP_OFF_FIND_ABUSIVE),
        logged(
            "tip_offs.reply_missed", "逾期未答复", "without a reply at their deadline",
            Type.TIP_OFF_MISS_REPLY,
        ),
        logged(
            "tip_offs.solution_missed", "逾期未处理", "without a solution at their deadline",
            Type.TIP_OFF_MISS_SOLUTION,
        ),
        logged("tip_offs.floods", "举报表单被大量涌入", "floods of a form, one a day", Type.TIP_OFF_FLOOD),
        logged(
            "tip_offs.flood_missed", "涌入期间的举报逾期未处理 (不计入上述逾期)",
            "from flooded forms, without a solution at their deadline (not in the above)",
            Type.TIP_OFF_MISS_FLOOD,
        ),
    ),
    breakdowns=(
        Breakdown(
            "tip_offs.category", Title("事由", "By category"), "tip_offs.filed", _CATEGORIES
        ),
        Breakdown(
            "tip_offs.channel", Title("渠道", "By channel"), "tip_offs.filed",
            {
                "PHONE": Title("电话", "telephone"),
                "EMAIL": Title("电子邮件", "e-mail"),
                "WEB": Title("网页", "web"),
                "APP": Title("应用内", "in the app"),
            },
        ),
        Breakdown(
            "tip_offs.operation", Title("各专项行动中的举报", "By operation"), "tip_offs.filed", by_text=True,
        ),
    ),
    durations=(
        Duration("tip_offs.reply_time", Title("答复用时", "Time to the reply"), "tip_offs.answered"),
        Duration("tip_offs.solution_time", Title("处理用时", "Time to the solution"), "tip_offs.resolved"),
    ),
)  # fmt: skip
