"""The words of fixed lists: states, degrees, categories and others, by "list.VALUE"."""

from collections.abc import Mapping

from idvault_client.reasons import Translation as T

_LISTS: Mapping[str, Mapping[str, T]] = {
    "state": {
        "RECEIVED": T("待认领", "nobody works on it"),
        "ASSIGNED": T("处理中", "a moderator works on it"),
        "ANSWERED": T("已回复，待处理", "answered, not decided"),
        "MERGED": T("已合并，等待处理", "merged, waits for the other report"),
        "RESOLVED": T("已处理", "decided"),
        "PROPOSED": T("待第二人确认", "waits for a second moderator"),
        "IN_FORCE": T("生效中", "in force"),
        "LIFTED": T("已提前解除", "lifted"),
        "LAPSED": T("已到期失效", "ended by itself"),
        "OVERTURNED": T("因申诉撤销", "overturned on appeal"),
        "FILED": T("待处理", "waits for a decision"),
        "UPHELD": T("申诉成立", "upheld"),
        "REJECTED": T("已驳回", "rejected"),
        "APPLIED": T("待审核", "applied"),
        "ACTIVE": T("有效", "active"),
        "GRACE": T("宽限期", "in its grace period"),
        "EXPIRED": T("已过期", "expired"),
        "CLOSED": T("已关闭", "closed"),
        "OPEN": T("进行中", "open"),
    },
    "outcome": {
        "UPHELD": T("举报属实，已处置", "right: a sanction was imposed"),
        "DISMISSED": T("未予处置", "dismissed"),
        "DUPLICATE": T("与另一举报一并处理", "decided with another report"),
        "ABUSIVE": T("恶意举报", "made to harm"),
    },
    "dismissal": {
        "NO_VIOLATION": T("未违反规则", "It breaks no rule"),
        "NOT_ESTABLISHED": T("无法查实", "It could not be established"),
        "NOT_COMPETENT": T("不属于本平台处理范围", "Somebody else decides about such matters"),
        "GONE": T("内容或账号已不存在", "The content or the account is gone"),
        "OTHER": T("其他原因（在回复中说明）", "Another reason, which the reply tells"),
    },
    "channel": {
        "APP": T("应用内", "in the app"),
        "WEB": T("网页", "by the web form"),
        "EMAIL": T("电子邮件", "by e-mail"),
        "PHONE": T("电话", "by telephone"),
    },
    "target": {
        "ACCOUNT": T("账号", "account"),
        "PUBLIC_ACCOUNT": T("公众账号", "public account"),
        "CONTENT": T("内容", "content"),
    },
    "category": {
        "RUMOUR": T("谣言", "rumour"),
        "VIOLENCE": T("暴力", "violence"),
        "TERRORISM": T("恐怖主义", "terrorism"),
        "PORNOGRAPHY": T("淫秽色情", "pornography"),
        "FRAUD": T("诈骗", "fraud"),
        "NATIONAL_SECURITY": T("危害国家安全", "national security"),
        "IMPERSONATION": T("冒充他人", "impersonation"),
        "PRIVACY": T("侵犯隐私", "privacy"),
        "OTHER": T("其他", "other"),
    },
    "degree": {
        "WARN": T("警示", "Warning"),
        "LIMIT": T("限制发布", "Publishing limited"),
        "SUSPEND": T("暂停更新", "Suspended"),
        "CLOSE": T("关闭账号", "Closed"),
    },
    "scope": {
        "ACCOUNT": T("仅该账号", "this account only"),
        "PERSON": T(
            "账号所有人（其其他账号在下次认证时适用）",
            "its owner, with other accounts at their next verification",
        ),
    },
    "ground": {
        "ILLEGAL": T("违反法律法规", "It breaks the law"),
        "AGAINST_TERMS": T("违反平台服务条款", "It breaks the terms"),
    },
    "origin": {
        "TIP_OFF": T("公众举报", "a report"),
        "OWN_INITIATIVE": T("平台自行发现", "the platform's own work"),
        "AUTHORITY": T("主管机关", "an authority"),
    },
    "automation": {
        "NONE": T("人工", "by people"),
        "PARTIAL": T("部分自动", "partly automated"),
        "FULL": T("全自动", "fully automated"),
    },
    "issuer": {
        "PLATFORM": T("平台", "the platform"),
        "AUTHORITY": T("主管机关（平台执行）", "an authority, carried out by the platform"),
    },
    "standing": {
        "GOOD": T("正常", "no sanction"),
        "WARNED": T("已警示", "warned"),
        "PUBLISHING_LIMITED": T("限制发布", "publishing limited"),
        "RENEWAL_SUSPENDED": T("暂停更新", "suspended"),
        "CLOSED": T("已关闭", "closed"),
    },
    "kind": {
        "INDIVIDUAL": T("个人", "a person"),
        "COMPANY": T("企业", "a company"),
        "OTHER_ORGANIZATION": T("其他单位", "another organisation"),
    },
    "shown": {
        "PERSONAL": T("个人", "a person's"),
        "STATE_ORGAN": T("机关", "a state organ's"),
        "INSTITUTION": T("事业单位", "a public institution's"),
        "MASS_ORGANIZATION": T("群团组织", "a mass organisation's"),
        "SOCIAL_ORGANIZATION": T("社会组织", "a social organisation's"),
        "COMPANY": T("企业", "a company's"),
        "SOLE_TRADER": T("个体工商户", "a sole trader's"),
        "COOPERATIVE": T("农民专业合作社", "a co-operative's"),
        "OTHER": T("其他组织", "another organisation's"),
        "MEDIA": T("媒体", "media"),
        "GOVERNMENT": T("政务", "government"),
        "EDUCATION": T("教育", "education"),
        "HEALTH": T("卫生健康", "health"),
        "FINANCE": T("金融", "finance"),
    },
    "reject": {
        "INCOMPLETE": T("材料不齐全", "Something is missing"),
        "NAME_NOT_PERMITTED": T("名称不能使用", "The name is not permitted"),
        "CONTENT_NOT_PERMITTED": T("内容不符合规则", "What it would publish is not permitted"),
        "LICENCE_NOT_VALID": T("许可证无效", "The licence is not valid"),
        "OWNER_NOT_ELIGIBLE": T("目前不能由该所有人持有", "The owner may not have it now"),
        "OTHER": T("其他原因（由平台告知）", "Another reason, which the platform tells the owner"),
    },
    "reporter": {
        "TRUSTED": T("可信举报人", "Trusted flaggers"),
        "WARNED": T("已警告", "Warned"),
        "LIMITED": T("受限制", "Limited"),
        "ORDINARY": T("普通", "Ordinary"),
    },
    "contest": {
        "FILED": T("待处理", "waits for a decision"),
        "UPHELD": T("属实：不是本人操作", "Upheld: it was not the owner"),
        "REJECTED": T("不属实：是本人操作", "Rejected: it was the owner"),
    },
    "verdict": {
        "UPHELD": T("申诉成立：撤销处置", "Upheld: the sanction is overturned"),
        "REJECTED": T("驳回申诉：维持处置", "Rejected: the sanction stays"),
    },
}

WORDS: Mapping[str, T] = {
    f"{name}.{value}": text for name, texts in _LISTS.items() for value, text in texts.items()
}
