"""The texts of the published pages, in Chinese and English."""

from collections.abc import Mapping

from idvault_verify.report.figure import Title

TEXTS: Mapping[str, Title] = {
    "report": Title("透明度报告", "Transparency report"),
    "period": Title("{first} 至 {last}（含首尾两日，{zone}）", "{first} to {last}, both included ({zone})"),
    "made": Title("生成于 {made} UTC", "made on {made} UTC"),
    "public_log": Title("公开日志", "public log"),
    "counted": Title(
        "标有 ✓ 的数字由公开日志计数得出，直至第 {size} 条：任何人都可以重新计算。其余数字由服务方陈述。",
        "Numbers marked ✓ are counted from the public log, up to its entry {size}: anybody can recompute"
        " them. The other numbers are the operator's statement.",
    ),
    "suppressed": Title(
        "日志未显示的 1 至 4 之间的数字不予公布；为使其无法推算，同一分类中的其他数字有时也不公布。"
        "状态数向下取整到 5 的倍数。",
        "Numbers from 1 to 4 that are not in the log are withheld, sometimes with others of the same "
        "list, so that nobody can compute them. Current numbers are rounded down to a multiple of 5.",
    ),
    "hidden": Title("不公布", "withheld"),
    "no_breakdown": Title("只按整月公布", "published for whole months only"),
    "at_least": Title("≥ {count}", "{count} or more"),
    "fewer": Title("少于 5", "fewer than 5"),
    "hours": Title(
        "中位数 {median} 小时，九成不超过 {p90} 小时", "median {median} h, nine of ten within {p90} h"
    ),
    "figure": Title("项目", "figure"),
    "number": Title("数量", "number"),
    "check": Title("自行验证", "Check it yourself"),
    "check_how": Title(
        "取得本报告的 JSON 文件和日志的公钥，然后运行：",
        "Take the JSON file of this report and the log's public key, and run:",
    ),
    "other_language": Title("English", "中文"),
    "data": Title("数据 (JSON)", "data (JSON)"),
    "supervision": Title("公众监督", "Public supervision"),
    "what_it_is": Title(
        "本服务核验用户的真实身份，并将其封存：服务方自身无法打开。每次核验、每次处置、每次开启都会记入公开日志。本页说明谁在监督，以及任何人如何自行核对。",
        "This service verifies the identities of its users and seals them: it cannot open them itself. "
        "Every verification, every sanction and every opening is entered in a public log. This page says"
        " who watches over the service, and how anybody can check it.",
    ),
    "the_log": Title("公开日志", "The log"),
    "log_is": Title(
        "日志只增不减。见证人是独立的机构，只为延续其已见内容的日志签名。条目不含姓名，也不含证件号码。",
        "The log only grows. Witnesses are independent organisations that sign only a continuation of "
        "what they have seen. No entry has a name or a document number.",
    ),
    "entries": Title("条目数", "entries"),
    "as_of": Title("截至", "as of"),
    "root": Title("根哈希", "root hash"),
    "witness": Title("见证人", "witness"),
    "cosigned": Title("最近签名", "last signed"),
    "no_witness": Title("目前没有见证人签名。", "No witness has signed it."),
    "people": Title("谁能开启身份", "Who can open an identity"),
    "quorum": Title(
        "封存的身份须由 {size} 名保管人中的至少 {threshold} 名同意，并由一名审计员依法申请，才能开启。",
        "A sealed identity opens only if at least {threshold} of {size} custodians agree to the request "
        "of an auditor, who must name the legal basis.",
    ),
    "custodians": Title("保管人所属机构", "organisations of the custodians"),
    "auditors": Title("审计员所属机构", "organisations of the auditors"),
    "tip_offs": Title("举报", "Reports of rumours"),
    "tip_offs_are": Title(
        "任何人都可以向平台举报谣言，无需账号，可以匿名；平台须在七日内答复并处理。凭编号和密码查询答复。",
        "Anybody can report rumours to a platform, without an account and without a name. The platform "
        "must reply and decide within seven days. The reply is read with a number and a secret.",
    ),
    "tip_off_forms": Title("举报或查询答复", "Report something, or read a reply"),
    "deadlines": Title("期限", "Deadlines"),
    "deadlines_are": Title(
        "逾期由服务自行记入公开日志，任何人都可以计数。",
        "The service itself enters a missed deadline in the public log, where anybody can count it.",
    ),
    "so_far": Title("{month}（至今）", "{month} so far"),
    "month": Title("月份", "month"),
    "reports": Title("透明度报告", "Transparency reports"),
    "reports_are": Title(
        "每月和每季度一份，由日志密钥签名。标有 ✓ 的数字可由公开日志重新计算。",
        "One for each month and each quarter, signed by the log's key. Figures marked ✓ can be "
        "recomputed from the public log.",
    ),
    "no_report": Title(
        "第一份月度报告将在本月结束后公布。", "The first report is published after the end of the month."
    ),
    "signature": Title("签名", "signature"),
    "key_is": Title(
        "日志的公钥如下。请同时从另一来源取得它，例如见证人或报刊：只看本页的人，可能看到专为其制作的副本。",
        "This is the log's public key. Compare it with another source, such as a witness or a newspaper:"
        " this page alone might be a forged copy that only you are shown.",
    ),
    "get_client": Title("安装检查工具：", "Install the checking tool:"),
    "mirror": Title(
        "复制全部公开文件，复制时即核对日志；中断后可继续，可随时重复：",
        "Copy all public files; the log is verified on the way. It continues after an interruption, and "
        "can be repeated at any time:",
    ),
    "recompute": Title("用副本重新计算一份报告：", "Recompute a report from the copy:"),
    "follow": Title(
        "持续观察日志只增不减，并要求见证人签名（其公钥请向见证人索取）：",
        "Watch that the log only grows, and demand the witnesses' signatures (ask the witnesses for "
        "their keys):",
    ),
    "all_files": Title("全部公开文件的目录", "index of all public files"),
}
