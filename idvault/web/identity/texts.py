"""What the pages of "my identity" say, in Chinese and English."""

from collections.abc import Mapping

from idvault_client.reasons import Translation

TEXTS: Mapping[str, Translation] = {
    "own_service": Translation("我的身份", "My identity"),
    "own_start_title": Translation("在{platform}的“我的身份”", "My identity at {platform}"),
    "own_start_text": Translation(
        "您可以在此查看有关您账号的存储内容、认证结果、谁曾打开您的信息以及处置决定，并提出申诉。",
        "Here you see what is stored about your account, how your verifications ended, who has opened your "
        "details and what was decided about the account; and you can appeal.",
    ),
    "own_start_sees": Translation(
        "您的姓名和证件号码不会显示：单凭本服务无法打开它们。{platform}会先确认当前浏览器登录的是您的账号。",
        "Your name and your number are not shown: this service alone cannot open them. First, {platform} "
        "confirms that this browser is logged in to your account.",
    ),
    "own_title": Translation("我在{platform}的身份", "My identity at {platform}"),
    "own_up": Translation("返回“我的身份”", "Back to “My identity”"),
    "own_expires": Translation(
        "本页面在打开链接15分钟后失效。", "These pages can be read for 15 minutes after the link was made."
    ),
    "own_state": Translation("状态", "State"),
    "own_valid_until": Translation("有效期至（不含当天）", "Valid until"),
    "own_standing": Translation("处置情况", "Standing"),
    "own_STATE_UNVERIFIED": Translation("未认证", "Not verified"),
    "own_STATE_PENDING": Translation("正在核验", "Being checked"),
    "own_STATE_VERIFIED": Translation("已认证", "Verified"),
    "own_STATE_REJECTED": Translation("认证未通过", "Not confirmed"),
    "own_STATE_EXPIRED": Translation("认证已过期", "Verification expired"),
    "own_STATE_ERASED": Translation("已删除", "Erased"),
    "own_STANDING_GOOD": Translation("正常", "Good"),
    "own_STANDING_WARNED": Translation("已警告", "Warned"),
    "own_STANDING_PUBLISHING_LIMITED": Translation("限制发布", "Publishing limited"),
    "own_STANDING_RENEWAL_SUSPENDED": Translation("暂停更新", "Suspended"),
    "own_STANDING_CLOSED": Translation("已关闭", "Closed"),
    "own_stored_title": Translation("存储了什么，存到何时", "What is stored, and until when"),
    "own_stored_record": Translation("姓名和证件号码（已加密）", "Your name and number, encrypted"),
    "own_stored_record_until": Translation(
        "至账号信息被删除，或被新的认证取代",
        "until the account is erased, or a new verification replaces them",
    ),
    "own_stored_no_record": Translation("姓名和证件号码", "Your name and number"),
    "own_stored_no_record_until": Translation("未存储", "are not stored"),
    "own_stored_status": Translation("认证状态、到期日期、处置情况", "State, expiry and standing"),
    "own_stored_status_until": Translation("与账号同在", "as long as the account exists"),
    "own_stored_history": Translation(
        "每次认证的时间、结果和所同意的协议版本",
        "When you were verified, with what result, and which terms you agreed to",
    ),
    "own_stored_history_until": Translation("与账号同在", "as long as the account exists"),
    "own_stored_waiting": Translation(
        "等待登记系统答复的姓名和号码（已加密）", "A name and number that wait for the registry, encrypted"
    ),
    "own_stored_waiting_until": Translation("最多48小时", "at most 48 hours"),
    "own_stored_appeals": Translation(
        "您在申诉和异议中写的内容（已加密）", "What you wrote to appeal or to contest, encrypted"
    ),
    "own_stored_appeals_until": Translation("作出决定后90天", "90 days after the decision"),
    "own_stored_log": Translation("公开日志中的记录", "Entries in the public log"),
    "own_stored_log_until": Translation(
        "永久；其中没有姓名、号码或账号，他人无法看出与您有关",
        "for ever; they show no name, no number and no account, and nobody else can see that they are yours",
    ),
    "own_stored_session": Translation("您打开了本页面", "That you opened these pages"),
    "own_stored_session_until": Translation("7天", "7 days"),
    "own_verifications_title": Translation("每次认证的结果", "How each verification ended"),
    "own_no_verifications": Translation("该账号尚未认证过。", "This account was never verified."),
    "own_asked": Translation("申请时间", "Asked"),
    "own_ended": Translation("结束时间", "Ended"),
    "own_result": Translation("结果", "Result"),
    "own_terms": Translation("所同意的协议", "Terms agreed to"),
    "own_terms_value": Translation("版本{version}，{time}", "version {version}, {time}"),
    "own_CLAIM_STATE_PENDING": Translation("登记系统尚未答复", "the registry has not answered yet"),
    "own_CLAIM_STATE_SUCCEEDED": Translation("认证通过", "confirmed"),
    "own_contest": Translation("您的异议", "You said that it was not you"),
    "own_contest_link": Translation("这不是我本人办理的", "This was not me"),
    "own_contest_title": Translation("这次认证不是您本人办理的？", "Was this verification not yours?"),
    "own_contest_text": Translation(
        "{platform}会核查并作出决定，您将在此看到结果。决定本身不会改变账号；如异议成立，{platform}会告诉您接下来怎么办。"
        "您写的内容加密保存，作出决定90天后删除。",
        "{platform} looks into it and decides; you will find the answer here. The decision alone "
        "changes nothing: "
        "if it was not you, {platform} tells you what follows. What you write is stored encrypted, "
        "and deleted 90 "
        "days after the decision.",
    ),
    "own_contest_label": Translation(
        "您为什么认为不是本人办理的？", "Why do you think that it was somebody else?"
    ),
    "own_contest_hint": Translation(
        "最多2000字，请不要填写证件号码。", "At most 2,000 characters. Please give no document number."
    ),
    "own_contest_button": Translation("提交异议", "Send"),
    "own_contest_state": Translation("状态", "State"),
    "own_CONTEST_STATE_FILED": Translation("等待决定", "waits for a decision"),
    "own_CONTEST_STATE_UPHELD": Translation("异议成立：不是您本人办理", "upheld: it was not you"),
    "own_CONTEST_STATE_REJECTED": Translation("异议不成立", "rejected: it was you"),
    "own_contest_filed": Translation("提交时间", "Sent"),
    "own_contest_due": Translation("应在此前决定", "Due"),
    "own_contest_decided": Translation("决定时间", "Decided"),
    "own_contest_reason": Translation("决定理由", "Reason"),
    "own_disclosures_title": Translation("谁曾打开您的信息", "Who has opened your details"),
    "own_horizon": Translation(
        "此列表到{day}为止。之后的情况暂不告知任何人；日期对所有人相同，因此不会透露是否正在调查。",
        "This list goes up to {day}. What happened later is not shown to anybody yet. The day is the same "
        "for everybody, "
        "so that it does not reveal whether there is a running case.",
    ),
    "own_no_disclosures": Translation(
        "{day}之前，您的信息从未被打开，也未被交出。",
        "Before {day}, your details were never opened or released.",
    ),
    "own_releases": Translation("交出", "Releases"),
    "own_releases_text": Translation(
        "足够的保管人交出了各自的份额：从此审计员可以打开您的信息，即使没有打开。",
        "Enough custodians have released their shares: from then on the auditor could open your "
        "details, also if "
        "no opening follows.",
    ),
    "own_openings": Translation("打开", "Openings"),
    "own_none": Translation("无", "None"),
    "own_unknown": Translation("未记录", "not recorded"),
    "own_disclosed": Translation("交出时间", "Released"),
    "own_opened": Translation("打开时间", "Opened"),
    "own_auditor": Translation("审计员（日志中的编号）", "Auditor, by the id in the log"),
    "own_legal_basis": Translation("法律依据", "Legal basis"),
    "own_place": Translation("日志中的位置", "Place in the log"),
    "own_proof": Translation("自己验证", "Check it yourself"),
    "own_proof_text": Translation(
        "下载的文件含有每一项的证明。请在您自己的设备上验证，不要只相信本页面；KEY为公开日志的公钥，请从别处获取。",
        "The file has the proof of each entry. Check it on your own machine instead of believing "
        "this page; KEY is "
        "the public key of the log, from another source than this page.",
    ),
    "own_history_link": Translation("下载列表及证明", "Download the list with its proofs"),
    "own_unproved": Translation("此列表不能证明什么", "What this list cannot prove"),
    "own_unproved_text": Translation(
        "日志证明列出的每一项确实发生。没有遗漏，则只是本服务的说法：别人看不出日志中的哪些记录与您有关。"
        "日志中全部账号的打开次数是公开的，任何人都可以统计。",
        "The log proves that each listed entry happened. That none is missing is this service's "
        "statement: nobody "
        "else can see which entries of the log are about you. How many openings the log has for all accounts "
        "together is public, and anybody can count them.",
    ),
    "own_standing_title": Translation("处置、理由和申诉", "Decisions about the account, reasons, appeals"),
    "own_follows": Translation(
        "没有针对该账号本身的处置。此状态来自针对您本人而通知另一账号的决定，或来自认证活动的截止日期（完成认证后即解除）。",
        "No sanction names this account. The standing follows from a decision about you that was "
        "sent to another "
        "account, or from the deadline of a campaign, which verifying lifts.",
    ),
    "own_sanctions": Translation("处置决定", "Sanctions"),
    "own_no_sanctions": Translation("没有处置决定。", "There are no sanctions."),
    "own_degree": Translation("处置", "Sanction"),
    "own_DEGREE_WARN": Translation("警告", "Warning"),
    "own_DEGREE_LIMIT": Translation("限制发布", "Publishing limited"),
    "own_DEGREE_SUSPEND": Translation("暂停更新", "Suspended: nothing new is published"),
    "own_DEGREE_CLOSE": Translation("关闭", "Closed"),
    "own_target": Translation("对象", "Of"),
    "own_target_account": Translation("您的账号", "your account"),
    "own_sanction_state": Translation("状态", "State"),
    "own_SANCTION_STATE_PROPOSED": Translation("待另一位工作人员确认", "waits for a second moderator"),
    "own_SANCTION_STATE_IN_FORCE": Translation("生效中", "in force"),
    "own_SANCTION_STATE_LIFTED": Translation("已解除", "lifted"),
    "own_SANCTION_STATE_LAPSED": Translation("已到期", "over"),
    "own_SANCTION_STATE_OVERTURNED": Translation("经申诉撤销", "overturned by an appeal"),
    "own_imposed": Translation("决定时间", "Decided"),
    "own_until": Translation("期限", "Until"),
    "own_without_end": Translation("无期限", "without an end"),
    "own_cause": Translation("理由", "Why"),
    "own_rule": Translation("依据的规则", "Rule"),
    "own_case": Translation("案件编号", "Case"),
    "own_origin": Translation("线索来源", "How it came to light"),
    "own_ORIGIN_TIP_OFF": Translation("举报", "a report"),
    "own_ORIGIN_OWN_INITIATIVE": Translation("平台自查", "the platform's own work"),
    "own_ORIGIN_AUTHORITY": Translation("主管部门", "an authority"),
    "own_detection": Translation("发现方式", "Found"),
    "own_decision": Translation("决定方式", "Decided by"),
    "own_AUTOMATION_NONE": Translation("人工", "people"),
    "own_AUTOMATION_PARTIAL": Translation("部分由程序完成", "people with a program"),
    "own_AUTOMATION_FULL": Translation("完全由程序完成", "a program"),
    "own_territory": Translation("适用地域", "Where it applies"),
    "own_issuer": Translation("决定机构", "Decision of"),
    "own_redress": Translation("救济途径", "How to appeal"),
    "own_appeal": Translation("您的申诉", "Your appeal"),
    "own_appeal_title": Translation("提出申诉", "Appeal against this decision"),
    "own_appeal_text": Translation(
        "申诉由{platform}另一位工作人员决定，每项处置只能申诉一次。您写的内容加密保存，作出决定90天后删除。",
        "Another moderator of {platform} decides. A sanction can be appealed once. What you write is stored "
        "encrypted, and deleted 90 days after the decision.",
    ),
    "own_appeal_label": Translation("为什么该决定不正确？", "Why is the decision wrong?"),
    "own_appeal_hint": Translation("最多2000字。", "At most 2,000 characters."),
    "own_appeal_button": Translation("提交申诉", "Send the appeal"),
    "own_appeal_state": Translation("状态", "State"),
    "own_APPEAL_STATE_FILED": Translation("等待决定", "waits for a decision"),
    "own_APPEAL_STATE_UPHELD": Translation("申诉成立，处置已撤销", "upheld: the sanction is overturned"),
    "own_APPEAL_STATE_REJECTED": Translation("申诉不成立", "rejected"),
    "own_appeal_filed": Translation("提交时间", "Sent"),
    "own_appeal_due": Translation("应在此前决定", "Due"),
    "own_appeal_decided": Translation("决定时间", "Decided"),
    "own_appeal_reason": Translation("决定理由", "Reason"),
    "own_outside": Translation("还可以向何处申诉", "Where else you can go"),
    "own_outside_value": Translation("{body}，至{time}", "{body}, until {time}"),
    "own_public_accounts": Translation("公众账号", "Public accounts"),
    "own_public_account": Translation("编号", "Number"),
    "own_PUBLIC_STATE_APPLIED": Translation("申请中", "applied for"),
    "own_PUBLIC_STATE_ACTIVE": Translation("使用中", "active"),
    "own_PUBLIC_STATE_GRACE": Translation("待续期，暂停发布", "to be renewed; publishes nothing"),
    "own_PUBLIC_STATE_EXPIRED": Translation("已过期", "expired"),
    "own_PUBLIC_STATE_CLOSED": Translation("已关闭", "closed"),
    "own_PUBLIC_STATE_REJECTED": Translation("申请未通过", "not approved"),
    "own_rejected": Translation("原因", "Why"),
    "own_limit": Translation(
        "是否因为公众账号数量已达上限，或另一公众账号因处置被关闭，只在您完成一次认证后的结果页面上告知您本人。",
        " If the reason is that you have reached the limit of public accounts, or that a sanction closed "
        "another one, only you are told, on the result page of your next verification.",
    ),
    "own_receipt_title": Translation("验证回执", "Check a receipt"),
    "own_receipt_text": Translation(
        "回执证明您的信息在某一时刻已加密并记入公开日志，以及需要多少位保管人共同才能打开。每次认证的回执可在认证结果页面下载。",
        "A receipt proves that your details were sealed and entered in the public log, when, and "
        "how many custodians "
        "together can open them. The receipt of each verification is on the page of verifications.",
    ),
    "own_receipt_here": Translation(
        "验证在您的浏览器中进行，回执不会发送给任何人。",
        "The check runs in this browser. The receipt is not sent to anybody.",
    ),
    "own_receipt_file": Translation("回执文件", "Receipt file"),
    "own_receipt_paste": Translation("或粘贴回执内容", "Or paste its content"),
    "own_receipt_file_hint": Translation(
        "下载的 receipt.json。", "The file receipt.json that you downloaded."
    ),
    "own_receipt_paste_hint": Translation("文件的全部内容。", "All of the text in the file."),
    "own_receipt_key": Translation("日志的公钥", "Public key of the log"),
    "own_receipt_key_hint": Translation(
        "请从别处获取，例如公众监督页面、见证方或报刊。",
        "From another source than this page, such as a witness, a newspaper or somebody you trust.",
    ),
    "own_receipt_button": Translation("验证", "Check"),
    "own_receipt_valid": Translation("回执有效。", "The receipt is valid."),
    "own_receipt_labels": Translation(
        "加密并记入日志的时间（UTC）：|账号：|日志中的位置：|可共同打开的保管人：",
        "Sealed and logged at (UTC):|Account:|Place in the log:|Custodians, and how many together "
        "can open it:",
    ),
    "own_receipt_wrong": Translation(
        "回执未通过验证：内容被改动，或与该公钥的日志不符。",
        "The receipt does not verify: it was changed, or it is not of the log with this key.",
    ),
    "own_receipt_wait": Translation(
        "日志尚未覆盖该回执，请稍后重新下载。",
        "The log does not cover this receipt yet. Download it again in a minute.",
    ),
    "own_receipt_bad_key": Translation("公钥无效。", "This is not a public key of a log."),
    "own_receipt_program": Translation("不依赖本页面的验证", "Check it without this page"),
    "own_receipt_program_text": Translation(
        "本页面及其程序来自本服务：如果本服务不诚实，它也可以谎称回执有效。要独立验证，请在自己的设备上运行公开的程序，KEY为日志的公钥：",
        "This page and its script come from this service: if it were dishonest, it could call any "
        "receipt valid. To "
        "check it independently, run the public program on your own machine; KEY is the public key "
        "of the log:",
    ),
    "own_receipt_unproved": Translation("回执不能证明什么", "What a receipt cannot prove"),
    "own_receipt_unproved_text": Translation(
        "加密内容是否就是您的姓名和号码，以及密钥是否在别处留有副本，是本服务的说法。",
        "That what was sealed is your name and number, and that no copy of its key was kept, is "
        "this service's "
        "statement.",
    ),
    "own_erase_title": Translation("删除我的信息", "Erase my details"),
    "own_erase_state": Translation("状态", "State"),
    "own_ERASURE_STATE_REQUESTED": Translation("等待中，可以撤回", "waits, and can be cancelled"),
    "own_ERASURE_STATE_CANCELLED": Translation("已撤回", "cancelled"),
    "own_ERASURE_STATE_ERASED": Translation("账号已注销", "the account is erased"),
    "own_ERASURE_STATE_DESTROYED": Translation("身份信息已销毁", "your details are destroyed"),
    "own_erase_requested": Translation("申请时间", "Requested"),
    "own_erase_from": Translation("账号注销时间", "The account is erased"),
    "own_erase_destroyed": Translation("身份信息销毁时间", "Your details are destroyed"),
    "own_erase_button": Translation("申请注销账号并删除我的信息", "Erase this account and my details"),
    "own_keep_button": Translation("撤回注销申请", "Keep the account"),
    "own_erasing": Translation(
        "{asked}有人申请注销您在{platform}的账号，该账号将于{time}永久注销。如果不是您本人申请的，请立即撤回。",
        "On {asked} the erasure of your account at {platform} was requested. The account is erased for good "
        "on {time}. If that was not you, cancel it now.",
    ),
    "own_erase_possible": Translation(
        "如果现在申请，账号将于{time}注销。", "If you request it now, the account is erased on {time}."
    ),
    "own_erase_unproved": Translation(
        "等待期为30天，因为过去一小时内该账号没有完成认证，使用此浏览器的可能是别人。如果您先在{platform}重新认证，"
        "再回到这里申请，等待期会更短。",
        "The wait is 30 days, because the account was not verified within the last hour, and somebody else "
        "may be using this browser. If you verify again at {platform} first and then come back here, the "
        "wait is shorter.",
    ),
    "own_erase_wait": Translation(
        "申请后有一段等待期，期间可以在此或在应用中撤回，账号不受影响。等待期结束后账号永久注销，无法恢复。",
        "Your request waits for some days. Until then you can cancel it here or in the app, and nothing "
        "changes. After that the account is erased for good.",
    ),
    "own_erase_text": Translation(
        "删除后，您的姓名和号码永远无法再被打开，账号不再显示为已认证。",
        "Once erased, your name and number can never be opened again, and the account is no longer "
        "shown as verified.",
    ),
    "own_erase_stays": Translation("会保留什么", "What stays"),
    "own_erase_stays_text": Translation(
        "公开日志中的记录保留，其中没有姓名、号码或账号。对该账号的处置有效期间，为防止以注销逃避处置，会保留一个无法还原出号码的标记。",
        "The entries in the public log, which show no name, no number and no account. While a decision "
        "about the account applies, also a mark that gives no number away, so that nobody escapes it by "
        "erasing.",
    ),
}
