"""What the form of a sanction and its statement of reasons says."""

from collections.abc import Mapping

from idvault_client.reasons import Translation as T

STATEMENTS: Mapping[str, T] = {
    "new_sanction": T("作出处置", "Impose a sanction"),
    "sanction_check_title": T("核对后签名", "Check before you sign"),
    "statement": T("处置理由", "Statement of reasons"),
    "no_statement": T("此版本无法识别该处置的理由。", "This version does not know a word of the statement."),
    "account_hint": T("被处置账号的标识。", "The token of the account."),
    "public_account_id": T("公众账号编号", "Public account"),
    "public_account_hint": T("选填：只处置该公众账号。", "Optional: the sanction is of this one only."),
    "degree": T("程度", "Degree"),
    "degree_hint": T("关闭账号须由另一名审核员确认。", "Closing needs another moderator's confirmation."),
    "measure": T("限制方式代码", "Code of the limit"),
    "measure_hint": T("仅在“限制发布”时填写，例如 no-video。", "Only for a limit, such as no-video."),
    "scope": T("范围", "Scope"),
    "scope_hint": T("针对所有人的处置须由另一名审核员确认。", "Of the owner, it needs another moderator."),
    "ground": T("依据", "Ground"),
    "rule_reference": T("违反的规则", "Rule that was broken"),
    "rule_hint": T("例如：服务条款 4.2。", "Such as: terms 4.2."),
    "case_reference": T("案件编号", "Reference of the case"),
    "evidence_hint": T(
        "每行一个SHA-256。证据本身由平台保存。", "One SHA-256 a line. You keep the evidence itself."
    ),
    "evidence_file": T("计算文件的SHA-256", "Add the SHA-256 of a file"),
    "evidence_file_hint": T(
        "选填。文件在本机计算，不会发送。", "Optional. The file is hashed here and not sent."
    ),
    "origin": T("来源", "Came to light by"),
    "tip_off": T("举报编号", "Report"),
    "detection": T("发现方式", "Detected"),
    "automated_decision": T("决定方式", "Decided"),
    "territory": T("适用地域", "Territory"),
    "territory_hint": T("例如 CN。", "Such as CN."),
    "redress": T("申诉方式", "How the owner can appeal"),
    "days": T("持续天数", "Days until it ends"),
    "days_hint": T("留空表示没有期限。", "Leave it empty for no end."),
    "sanction_end": T("结束", "End"),
    "no_end": T("没有期限", "no end"),
    "issuer": T("决定者", "Whose sanction it is"),
    "order": T("主管机关的指令", "Order of the authority"),
    "order_hint": T("仅在由主管机关决定时填写。", "Only for a sanction of an authority."),
    "authority": T("主管机关", "Authority"),
    "order_reference": T("指令编号", "Reference of the order"),
    "order_date": T("指令日期", "Day of the order"),
    "order_digest": T("指令的SHA-256", "SHA-256 of the order"),
    "operation": T("专项行动", "Operation"),
    "no_operation": T("不属于专项行动", "none"),
    "will_be_signed": T("以下内容将由您签名。", "You are about to sign this."),
    "second_needed": T(
        "签名后只是提议，须由另一名审核员在72小时内确认。",
        "It is then proposed: another moderator must confirm it within 72 hours.",
    ),
}
