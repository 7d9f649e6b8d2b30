"""Titles, the menu, times, and what forms and refusals say."""

from collections.abc import Mapping

from idvault_client.reasons import Translation as T

COMMON: Mapping[str, T] = {
    "service": T("审核工作台", "Moderation"),
    "overview": T("总览", "Overview"),
    "reports": T("举报", "Reports"),
    "sanctions": T("处置", "Sanctions"),
    "appeals": T("申诉", "Appeals"),
    "public_accounts": T("公众账号", "Public accounts"),
    "contests": T("认证异议", "Contests"),
    "figures": T("本月数据", "Figures"),
    "you": T("您", "you"),
    "nobody": T("无人", "nobody"),
    "you_are": T("审核员编号 {moderator}", "You are moderator {moderator}"),
    "unknown": T("此版本无法识别", "not known to this version"),
    "days_left": T("还剩{days}天", "{days} days left"),
    "hours_left": T("还剩{hours}小时", "{hours} hours left"),
    "minutes_left": T("不到1小时", "less than an hour left"),
    "overdue_days": T("已逾期{days}天", "{days} days overdue"),
    "overdue_hours": T("已逾期{hours}小时", "{hours} hours overdue"),
    "overdue_now": T("刚刚逾期", "overdue for less than an hour"),
    "overdue": T("已逾期", "overdue"),
    "trusted": T("可信举报人", "trusted flagger"),
    "flooded": T("来自被大量涌入的表单", "from a flooded form"),
    "yours": T("由您作出", "yours"),
    "next_page": T("下一页", "Next page"),
    "first_page": T("回到第一页", "First page"),
    "view": T("显示", "Show"),
    "views": T("筛选", "Views"),
    "nothing": T("暂无。", "There is nothing here."),
    "page_empty": T("本页没有符合条件的内容，请看下一页。", "Nothing on this page; look at the next one."),
    "what_you_can_do": T("可以进行的操作", "What you can do"),
    "sign": T("签名并提交", "Sign and send"),
    "send": T("提交", "Send"),
    "check": T("核对", "Check"),
    "change": T("修改", "Change"),
    "signed_here": T(
        "在本机用您的密钥签名，密钥不会离开本机。", "It is signed on this machine; your key never leaves it."
    ),
    "optional": T("选填。", "Optional."),
    "more_than": T("{count}以上", "{count} or more"),
    "not_known_whether": T(
        "没有收到答复，不知道是否已完成。请再次提交本表单：同一表单只会执行一次。",
        "There was no answer, so it is not known whether it was done. Send this form again: it acts once.",
    ),
    "no_answer": T(
        "保险库没有答复。请稍后刷新本页面：同一表单只会执行一次。",
        "The vault did not answer. Reload this page in a moment: a form acts only once.",
    ),
    "now_it_is": T("现在的状态：{state}。", "Now: {state}."),
    "form_used": T(
        "同一表单已提交过其他内容。请重新打开页面查看结果。",
        "This form was sent before with other content. Open the page again to see what was done.",
    ),
    "report_not_found": T("未找到该举报。", "This report was not found."),
    "key_refused": T(
        "保险库没有接受您的签名。请检查本机时间，或重新登记密钥。",
        "The vault did not accept your signature. Check this machine's clock, or register your key again.",
    ),
    "choose": T("请选择", "Choose one"),
    "not_a_digest": T("每行应为64位十六进制数字", "Each line must have 64 hexadecimal digits"),
    "not_a_day": T("请填写日期，例如 2026-05-31", "Enter a day such as 2026-05-31"),
    "not_days": T("请填写1到3650之间的天数", "Enter a number of days from 1 to 3650"),
    "wrong_value": T("内容不正确", "This is not valid"),
}
