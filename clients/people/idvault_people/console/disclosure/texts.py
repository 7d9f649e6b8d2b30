"""The texts that the consoles of auditors and custodians share, in Chinese and English."""

from collections.abc import Mapping

from idvault_client.reasons import Translation
from idvault_verify.disclosure import HistoryFinding
from idvault_verify.error import Reason

FINDINGS: Mapping[HistoryFinding, Translation] = {
    HistoryFinding.NOT_IN_ROSTER: Translation(
        "签名人不在您固定的名册中。", "The signer is not in the roster that you pinned."
    ),
    HistoryFinding.SIGNATURE_INVALID: Translation("签名无效。", "A signature does not verify."),
    HistoryFinding.NOT_IN_LOG: Translation(
        "公开日志中还没有该条目。如果是刚提交的，请几秒后重试。",
        "The public log does not have this entry yet. If it is new, try again in a few seconds.",
    ),
    HistoryFinding.LOG_INVALID: Translation("公开日志未通过核验。", "The public log does not verify."),
    HistoryFinding.LOG_FORKED: Translation(
        "公开日志与您保存的检查点矛盾：存在两份历史。请立即告知其他保管人、审计员和见证人。",
        "The log contradicts the checkpoint that you kept: it has two histories. Tell the other custodians, "
        "auditors and witnesses at once.",
    ),
    HistoryFinding.LOG_NOT_WITNESSED: Translation(
        "近期没有足够的见证人为日志签名。请核对本机时钟，稍后重试。",
        "Too few witnesses have cosigned the log lately. Check this machine's clock and try again later.",
    ),
    HistoryFinding.OTHER_REQUEST: Translation(
        "服务方返回的内容属于另一份申请。", "The service's answer belongs to another request."
    ),
    HistoryFinding.SHARE_WRONG: Translation(
        "有保管人的份额不正确。请另一位保管人批准后重试，不会多计次数。",
        "A custodian's share is wrong. Ask another custodian to approve, and try again: it counts once.",
    ),
    HistoryFinding.SHARES_MISSING: Translation(
        "份额不足。请其他保管人批准后重试，不会多计次数。",
        "There are too few shares. Ask another custodian to approve, and try again: it counts once.",
    ),
    HistoryFinding.RECORD_DAMAGED: Translation(
        "记录与日志中的摘要不符，或无法打开。",
        "The record does not open, or is not the one in the log.",
    ),
    HistoryFinding.TERMS_INVALID: Translation(
        "申请的条件不符合规定。", "The terms of the request are not allowed."
    ),
    HistoryFinding.QUOTA_EXCEEDED: Translation(
        "您今天给该审计员的份额已达您的上限。",
        "You have given this auditor as many shares today as your limit allows.",
    ),
    HistoryFinding.NOT_A_MATCH: Translation(
        "该记录中的身份未经登记机关确认。", "The registry did not confirm the identity in this record."
    ),
}

# What a member of the roster is told in place of the text for the people who are verified.
REASONS: Mapping[Reason, Translation] = {
    Reason.ACCESS_DENIED: Translation(
        "现行名册没有赋予您此角色，或您没有该记录的份额。",
        "The roster in force does not give you this role, or a share of this record.",
    ),
    Reason.SECOND_FACTOR_REFUSED: Translation(
        "动态验证码错误、过期或已使用。请等待下一个验证码。",
        "The code is wrong, expired or already used. Wait for the next code.",
    ),
    Reason.SECOND_FACTOR_LOCKED: Translation(
        "验证码错误次数过多，验证已被锁定。", "There were too many wrong codes. The second factor is locked."
    ),
    Reason.ILLEGAL_TRANSITION: Translation(
        "现在不能这样做：份额不足，或该申请已决定、已确认或已结束。",
        "This is not possible now: too few shares, or the request was already decided, confirmed or ended.",
    ),
    Reason.DISCLOSURE_EXPIRED: Translation("该申请已过期。", "The request has expired."),
    Reason.QUORUM_INVALID: Translation(
        "该记录的保管人刚刚变更，请重试。", "The custodians of the record have just changed. Try again."
    ),
    Reason.ROSTER_INVALID: Translation("名册刚刚变更，请重试。", "The roster has just changed. Try again."),
    Reason.REQUEST_NOT_FOUND: Translation(
        "没有属于您的这份申请。", "There is no request with this id for you."
    ),
    Reason.ACCOUNT_NOT_FOUND: Translation(
        "没有该标识的账号，或该账号没有记录。", "There is no account with a record under this token."
    ),
    Reason.ACCOUNT_ERASED: Translation("该记录已被删除。", "The record was erased."),
    Reason.INVALID_ACCOUNT_TOKEN: Translation("账号标识不正确。", "The account token is not valid."),
    Reason.TOO_MANY_ATTEMPTS: Translation(
        "您今天的申请已达上限，请明天再试。",
        "You have reached the limit of requests for one day. Try again tomorrow.",
    ),
    Reason.REQUEST_ID_REUSED: Translation("该签名已使用过。", "This signature was used before."),
    Reason.LOG_UNAVAILABLE: Translation(
        "日志暂时无法记录，没有记录就不会执行。请几秒后重试，不会重复计数。",
        "The log cannot record this now, and nothing happens without a record. Try again in a few seconds; "
        "it counts once.",
    ),
    Reason.STORE_UNAVAILABLE: Translation(
        "保管库暂时无法访问数据库，请几秒后重试。",
        "The vault cannot reach its databases. Try again in a few seconds.",
    ),
    Reason.RECORD_DAMAGED: Translation(
        "该记录与日志中的摘要不符。", "The record is not the one that the log names."
    ),
}

PEOPLE: Mapping[str, Translation] = {
    "time_over": Translation("已到期", "ended"),
    "left_days": Translation("还剩{days}天{hours}小时", "{days} d {hours} h left"),
    "left_hours": Translation("还剩{hours}小时{minutes}分钟", "{hours} h {minutes} min left"),
    "code": Translation("动态验证码", "One-time code"),
    "code_hint": Translation("身份验证器应用现在显示的6位数字。", "The 6 digits that your app shows now."),
    "text_too_long": Translation("内容过长", "This is too long"),
    "text_characters": Translation(
        "含有看不见的字符，例如控制字符或改变文字方向的字符，请重新输入",
        "This has characters that cannot be seen, such as one that turns text around: type it again",
    ),
    "account": Translation("账号标识", "Account token"),
    "case": Translation("案件编号", "Case"),
    "legal_basis": Translation("法律依据", "Legal basis"),
    "purpose": Translation("目的", "Purpose"),
    "openings": Translation("打开次数", "Openings"),
    "ends": Translation("截止", "Ends"),
    "filed": Translation("提交时间", "Filed"),
    "state": Translation("状态", "State"),
    "shares": Translation("已给出的份额", "Shares given"),
    "of": Translation("{count}／{total}", "{count} of {total}"),
    "disclosure_id": Translation("申请编号", "Request id"),
    "decisions": Translation("保管人的决定", "What the custodians decided"),
    "no_decisions": Translation("还没有决定。", "Nobody has decided yet."),
    "decided_APPROVE": Translation("{custodian}已于{time}批准", "{custodian} approved on {time}"),
    "decided_DENY": Translation("{custodian}已于{time}拒绝", "{custodian} denied on {time}"),
    "decided_UNKNOWN": Translation("{custodian}已于{time}决定", "{custodian} decided on {time}"),
    "released": Translation("份额已于{time}给出", "share given on {time}"),
    "reported": Translation("份额被报告为错误", "the share was reported as wrong"),
    "reason_is": Translation("理由：{reason}", "Reason: {reason}"),
    "reason_refused": Translation("理由未通过核验。", "The reason does not verify."),
    "REQUESTED": Translation("等待保管人", "Waiting for custodians"),
    "APPROVED": Translation("已批准，可以打开", "Approved, can be opened"),
    "OPENED": Translation("已打开", "Opened"),
    "DENIED": Translation("已拒绝", "Denied"),
    "EXPIRED": Translation("已过期", "Expired"),
    "CANCELLED": Translation("已撤回", "Withdrawn"),
    "own_title": Translation("我的密钥和记录", "My keys and acts"),
    "own_name": Translation("名册中的姓名", "Name in the roster"),
    "organisation": Translation("单位", "Organisation"),
    "signing_key": Translation("签名密钥指纹", "Signing key's fingerprint"),
    "sealing_key": Translation("加密密钥指纹", "Sealing key's fingerprint"),
    "roster": Translation("名册版本", "Version of the roster"),
    "roster_since": Translation(
        "第{version}版，您的密钥自第{since}版起", "{version}, with your key since {since}"
    ),
    "not_in_roster": Translation(
        "第{version}版，其中没有您的现有密钥", "{version}, which does not have your present key"
    ),
    "log_position": Translation("您看到的日志位置", "How far you have seen the log"),
    "log_entries": Translation("{size}条", "{size} entries"),
    "log_unseen": Translation("还没有看到检查点", "no checkpoint seen yet"),
    "detail": Translation("详细信息（英文）：{text}", "In detail: {text}"),
    "second_factor": Translation("第二因素", "Second factor"),
    "code_none": Translation(
        "您还没有登记第二因素，请运行second-factor命令。",
        "You have no second factor yet: run the command second-factor.",
    ),
    "code_left": Translation("还可以尝试{left}次。", "{left} tries are left."),
    "code_locked": Translation("已锁定，直到{time}。", "It is locked until {time}."),
    "unreachable": Translation(
        "无法连接保管库。您的操作可能已生效，也可能没有；可以安全地重试。",
        "The vault cannot be reached. Your act may have taken effect or not; it is safe to repeat it.",
    ),
    "invalid": Translation("这些内容不符合规定：{fields}", "These are not allowed: {fields}"),
    "no_key": Translation(
        "一次性密钥不在本机，或已在最后一次打开后销毁。",
        "The one-time key is not on this machine, or was destroyed after the last opening.",
    ),
    "damaged": Translation("您文件夹中的一个文件已损坏。", "A file in your folder is damaged."),
    "evidence_wrong": Translation("这不是能通过核验的证据。", "This is not evidence that verifies."),
    "exists": Translation("文件已存在，不会被覆盖。", "The file exists, and is not overwritten."),
    "unlogged": Translation(
        "您的份额已发出，批准已记入日志，但日志中还没有给出份额的条目。请重试；若再次失败，请告知其他保管人。",
        "Your share was sent, and your approval is in the log, but not the release. Try again; if that "
        "fails, tell the other custodians.",
    ),
    "not_pending": Translation(
        "这份申请不再等待您的决定：您已经决定，或申请已结束。",
        "This request no longer waits for you: you have decided it, or it has ended.",
    ),
    "not_replaced": Translation(
        "没有人接替您，没有需要移交的份额。", "Nobody has replaced you: there is nothing to hand over."
    ),
}
