"""The texts of the custodian's console, in Chinese and English."""

from collections.abc import Mapping

from idvault_client.reasons import Translation

CUSTODIAN: Mapping[str, Translation] = {
    "service": Translation("保管人控制台", "Custodian's console"),
    "waiting": Translation("等待决定", "Requests"),
    "drill": Translation("演练", "Drill"),
    "hand_over": Translation("移交", "Hand-over"),
    "own": Translation("我的", "Own"),
    "no_requests": Translation("没有等待您决定的申请。", "No request waits for you."),
    "checked": Translation(
        "已在本机核验：签名、名册、公开日志和条件。",
        "Checked on this machine: signature, roster, log, terms.",
    ),
    "not_checked": Translation("未通过核验，不能批准", "It does not verify, and cannot be approved"),
    "refused_unknown": Translation("申请无法读取。", "The request cannot be read."),
    "request_title": Translation("调阅申请", "Request"),
    "details": Translation("其他保管人的决定", "Decisions of the others"),
    "begun": Translation(
        "您已批准，份额还没有发出。请继续，不需要验证码。",
        "You approved it, but your share was not sent. Continue; it needs no code.",
    ),
    "requested_by": Translation("申请人", "Requested by"),
    "key_since": Translation(
        "{fingerprint}，自名册第{version}版起", "{fingerprint}, since version {version}"
    ),
    "verdicts": Translation("已有的决定", "Decided so far"),
    "verdict_counts": Translation("批准{yes}，拒绝{no}", "approvals: {yes}, denials: {no}"),
    "recent": Translation("该申请人近30天", "This auditor in 30 days"),
    "recent_count": Translation("{count}份记录（服务方的统计）", "{count} records, as the service counts"),
    "given": Translation("您今天给该申请人的份额", "Shares that you gave this auditor today"),
    "logged": Translation("公开日志", "In the log"),
    "logged_at": Translation("{time}，共{size}条", "{time}, at {size} entries"),
    "approve": Translation("批准", "Approve"),
    "deny": Translation("拒绝", "Deny"),
    "approve_title": Translation("要批准并给出您的份额吗？", "Approve, and give your share?"),
    "approve_text": Translation(
        "先签名批准并等待公开日志记录，然后才发出份额。最多需要十几秒。",
        "Your approval is signed, and your share follows once the log has it. This takes up to ten seconds.",
    ),
    "approve_button": Translation("批准并给出份额", "Approve and give the share"),
    "deny_title": Translation("为什么拒绝？", "Why do you deny it?"),
    "reason": Translation("理由", "Reason"),
    "reason_hint": Translation(
        "与拒绝一起签名，申请人和其他保管人可以看到。最多500个字符。",
        "Signed with the denial; the auditor and the other custodians read it. At most 500 characters.",
    ),
    "reason_wrong": Translation(
        "请填写理由，最多{limit}个字符", "Enter a reason of at most {limit} characters"
    ),
    "deny_button": Translation("拒绝", "Deny"),
    "decided_title": Translation("您的决定已记录", "Your decision is recorded"),
    "you_APPROVE": Translation("您已批准，份额已发出。", "You approved it, and your share was given."),
    "you_DENY": Translation("您已拒绝。", "You denied it."),
    "to_waiting": Translation("查看其余申请", "Show the other requests"),
    "drill_text": Translation(
        "用您的密钥打开一份合成记录的份额，证明密钥可用。份额不会离开本机。",
        "Your keys open a share of a synthetic record, which proves that they work. It stays here.",
    ),
    "drill_button": Translation("进行演练", "Do the drill"),
    "drill_soon": Translation(
        "演练记录正在生成，请一分钟后重试。", "The record is being created. Try again in a minute."
    ),
    "drill_record": Translation("合成记录", "Test record"),
    "drill_last": Translation("上次演练", "Last drill"),
    "drill_never": Translation("用现有密钥还没有做过", "never with these keys"),
    "drill_due": Translation("须在{day}之前进行", "due by {day}"),
    "drill_overdue": Translation("已逾期，应在{day}之前进行", "overdue since {day}"),
    "place": Translation("位置", "Place"),
    "quorum": Translation("保管人组", "Quorum"),
    "successor": Translation("接替人", "Successor"),
    "hand_over_text": Translation(
        "名册已由其他保管人签名，确定由此人接替您。请与接替人核对指纹，然后移交份额。",
        "The roster that the other custodians signed names your successor. Compare the fingerprint, "
        "then hand your shares over.",
    ),
    "hand_over_button": Translation("开始移交", "Hand the shares over"),
    "hand_over_running": Translation("正在移交，页面会自动更新。", "It is running; this page renews itself."),
    "hand_over_done": Translation("移交已完成。", "The hand-over is done."),
    "hand_over_failed": Translation("移交已停止：", "The hand-over has stopped: "),
    "hand_over_again": Translation("继续移交", "Continue"),
    "handed": Translation(
        "已移交{handed}／{total}份，留下{left}份", "{handed} of {total} shares handed over, {left} left"
    ),
}
