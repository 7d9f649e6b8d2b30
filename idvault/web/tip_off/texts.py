"""What the pages of reports say, in Chinese and English."""

from collections.abc import Mapping

from idvault_client.reasons import Translation

TEXTS: Mapping[str, Translation] = {
    "report_service": Translation("举报", "Reports"),
    "report_list_title": Translation("您要举报哪个平台上的内容？", "Which platform is your report about?"),
    "report_list_empty": Translation(
        "目前没有接受公众举报的平台。", "No platform takes reports here at present."
    ),
    "report_start_title": Translation("向{platform}举报", "Report something to {platform}"),
    "report_start_text": Translation(
        "任何人都可以举报，不需要账号，可以匿名。{platform}须在七日内答复并处理。",
        "Anybody can report, without an account and without a name. {platform} must reply and "
        "decide within seven days.",
    ),
    "report_start_asks": Translation("依次询问：", "You are asked, one after the other:"),
    "report_start_what": Translation("举报什么", "what it is"),
    "report_start_where": Translation("在哪里", "where it is"),
    "report_start_contact": Translation("是否留下联系方式", "whether you want to be contacted"),
    "report_start_why": Translation("情况说明和证据", "what is wrong with it, and what shows that"),
    "report_start_end": Translation(
        "最后您会得到一个编号和一个密码，凭这两个号码查询进展和答复。",
        "At the end you get a number and a secret, with which you read state and reply.",
    ),
    "report_start_seen": Translation(
        "您的说明、证据和联系方式加密保存，由{platform}的工作人员阅读。被举报人不会得知谁举报。",
        "What you write is stored encrypted and read by the staff of {platform}. Whoever you "
        "report does not learn who reported.",
    ),
    "report_start_button": Translation("开始举报", "Start a report"),
    "report_start_reply": Translation("查询已提交的举报", "Read the reply to a report"),
    "report_continue": Translation("继续", "Continue"),
    "report_what_title": Translation("您要举报什么？", "What do you want to report?"),
    "report_what_missing": Translation("请选择一项", "Choose one"),
    "report_other": Translation("其他违法违规信息", "Something else"),
    "report_where_title": Translation("在{platform}的什么地方？", "Where is it in {platform}?"),
    "report_where": Translation("位置", "Place"),
    "report_where_hint": Translation(
        "帖子的链接，或账号、群组的名称，最多200字。",
        "The link of the post, or the name of the account or group; up to 200 characters.",
    ),
    "report_contact_title": Translation("是否需要联系您？", "Do you want to be contacted?"),
    "report_contact": Translation("联系方式（选填）", "How you can be reached (optional)"),
    "report_contact_hint": Translation(
        "邮箱或电话。平台不核实，仅用于联系您。留空即为匿名举报，同样会受理。",
        "An e-mail address or telephone number. Nobody checks it, and it serves to reach you and nothing "
        "else. Leave it empty to report anonymously; the report counts all the same.",
    ),
    "report_why_title": Translation("有什么问题，有何证据？", "What is wrong with it, and what shows that?"),
    "report_why": Translation("情况说明", "What is wrong"),
    "report_why_hint": Translation(
        "说明哪些内容不实或违规、您如何得知，最多5000字。",
        "Say what is untrue or forbidden and how you know; up to 5,000 characters.",
    ),
    "report_evidence": Translation("证据文件（选填）", "A file as evidence (optional)"),
    "report_evidence_hint": Translation(
        "截图或文件，最大64 KB。较大的图片会自动缩小。",
        "A screenshot or file of up to 64 KB. Larger pictures are made smaller by the page.",
    ),
    "report_evidence_large": Translation("文件超过64 KB。", "The file is larger than 64 KB."),
    "report_kept": Translation(
        "您刚才写的说明已加密保留，留空即按原文提交。文件需要重新选择。",
        "What you wrote is kept, encrypted: leave this empty to send it as it was. Choose the file again.",
    ),
    "report_many": Translation(
        "目前来自您所在网络的举报，或对该平台的举报过多，请稍后再试。您在应用内登录后举报不受此限。",
        "There are too many reports from your network, or to this platform, at present. Please try again "
        "in some minutes. A report that you make in the app, signed in, does not have this limit.",
    ),
    "report_submit": Translation("提交举报", "Send the report"),
    "report_done_title": Translation("举报已提交", "Your report has been sent"),
    "report_done_text": Translation(
        "请抄下或打印这两个号码。它们只在这里显示，无法补发。",
        "Write both numbers down, or print this page. They are shown here only and cannot be sent again.",
    ),
    "report_reference": Translation("举报编号", "Number"),
    "report_secret": Translation("查询密码", "Secret"),
    "report_done_due": Translation(
        "{platform}最迟于{day}答复并处理。", "{platform} must reply and decide by {day}."
    ),
    "report_done_reply": Translation("查询进展和答复", "Read state and reply"),
    "report_finish": Translation("我已记下，清除此页", "I have both: clear this page"),
    "report_finish_hint": Translation(
        "使用他人或公用设备时，请清除。否则两小时后自动清除。",
        "Do this on a device that others use. Otherwise the page is cleared after two hours.",
    ),
    "report_lost_title": Translation("这份举报不在此浏览器中", "This report is not in this browser"),
    "report_lost_text": Translation(
        "它已过期、已清除，或在另一浏览器中填写。已提交的举报凭编号和密码查询。",
        "It is too old, was cleared, or was written in another browser. A report that was sent is "
        "read with its number and secret.",
    ),
    "report_again": Translation("返回举报首页", "Back to the start"),
    "report_reply_title": Translation("查询{platform}的答复", "Read the reply of {platform}"),
    "report_reference_hint": Translation("12位数字，空格可有可无。", "12 digits, with or without spaces."),
    "report_secret_hint": Translation("16位数字，空格可有可无。", "16 digits, with or without spaces."),
    "report_read": Translation("查询", "Show"),
    "report_unknown": Translation(
        "举报编号或查询密码不正确，请核对后重新输入。一个编号一天内输错10次即被锁定，次日解锁，其间密码正确也无法查询。",
        "The number or the secret is not correct. Please check both and try again. After ten wrong "
        "tries in a day a number is locked until the next day, and then the right secret is refused, too.",
    ),
    "report_state_title": Translation("您向{platform}提交的举报", "Your report to {platform}"),
    "report_state": Translation("状态", "State"),
    "report_filed": Translation("提交日期", "Sent on"),
    "report_due": Translation("答复期限", "Reply due by"),
    "report_answered": Translation("答复日期", "Replied on"),
    "report_resolved": Translation("处理日期", "Decided on"),
    "report_reply": Translation("答复", "Reply"),
    "report_no_reply": Translation("尚无答复。", "There is no reply yet."),
    "report_RECEIVED": Translation("已收到", "Received"),
    "report_ASSIGNED": Translation("正在处理", "Somebody works on it"),
    "report_ANSWERED": Translation("已答复，尚待处理", "Answered; a decision is outstanding"),
    "report_MERGED": Translation("正在处理", "Somebody works on it"),
    "report_RESOLVED": Translation("已处理", "Decided"),
    "report_UPHELD": Translation(
        "已处理：举报属实，已作出处置", "Decided: the report was right, and something was done"
    ),
    "report_DUPLICATE": Translation(
        "已随同一事项的举报处理", "Decided together with a report of the same matter"
    ),
    "report_ABUSIVE": Translation(
        "已处理：认定为恶意举报", "Decided: the report was found to be made to harm"
    ),
    "report_DISMISSED_NO_VIOLATION": Translation("已处理：未发现违规", "Decided: it breaks no rule"),
    "report_DISMISSED_NOT_ESTABLISHED": Translation(
        "已处理：无法查证", "Decided: it could not be established"
    ),
    "report_DISMISSED_NOT_COMPETENT": Translation(
        "已处理：不属于本平台职责", "Decided: somebody else decides about such matters"
    ),
    "report_DISMISSED_GONE": Translation("已处理：相关内容已不存在", "Decided: it no longer exists"),
    "report_DISMISSED_OTHER": Translation("已处理：理由见答复", "Decided: the reply says why"),
}
