"""What the pages say, in Chinese and English; reasons and field errors come from the client package."""

from collections.abc import Mapping

from idvault.web.identity.texts import TEXTS as IDENTITY_TEXTS
from idvault.web.tip_off.texts import TEXTS as TIP_OFF_TEXTS
from idvault_client.pages.texts import SHARED
from idvault_client.reasons import Translation

TEXTS: Mapping[str, Translation] = {
    **SHARED,
    **TIP_OFF_TEXTS,
    **IDENTITY_TEXTS,
    "supervision": Translation("公众监督", "Public supervision"),
    "service": Translation("实名认证", "Identity verification"),
    "start_title": Translation("{platform}请您进行实名认证", "{platform} asks you to verify your identity"),
    "SIGN_UP": Translation("用于注册账号。", "You are signing up for an account."),
    "RENEWAL": Translation(
        "用于更新您账号的实名认证。", "The verification of your account is due for renewal."
    ),
    "INVITATION": Translation(
        "邀请您为已有账号办理实名认证。", "You are invited to verify your existing account."
    ),
    "INVITATION_answers": Translation(
        "认证与否由您决定：{platform}确认后，您也可以选择“以后再说”或“不再询问”。",
        "You decide. Once {platform} has confirmed you, you can also choose to be asked later or not again.",
    ),
    "answer_title": Translation("现在不想认证？", "Not now?"),
    "answer_text": Translation(
        "现在可以不认证，以后仍可随时认证。",
        "You do not have to verify now. You can still do so at any time.",
    ),
    "LATER_button": Translation("以后再说", "Ask me later"),
    "DISMISSED_button": Translation("不再询问", "Do not ask me again"),
    "LATER_title": Translation("好的，以后再说", "You will be asked later"),
    "LATER_text": Translation(
        "{platform}得知您希望以后再认证。", "{platform} is told that you want to be asked later."
    ),
    "DISMISSED_title": Translation("好的，不再询问", "You will not be asked again"),
    "DISMISSED_text": Translation(
        "{platform}得知您不希望再被询问，不会再发送提醒。",
        "{platform} is told that you do not want to be asked, and sends no more reminders.",
    ),
    "answer_onward": Translation("还是现在认证", "Verify now after all"),
    "checked": Translation("核验什么", "What is checked"),
    "checked_text": Translation(
        "国家登记系统只回答您的姓名与证件号码是否一致。",
        "A national registry answers only whether your name and your document number belong together.",
    ),
    "platform_sees": Translation("{platform}会看到", "What {platform} will see"),
    "platform_sees_text": Translation(
        "认证是否通过、到期日期，以及是个人还是单位。",
        "Whether you are verified, until when, and whether you are a person or an organisation.",
    ),
    "platform_never": Translation("{platform}不会看到", "What {platform} will never see"),
    "platform_never_text": Translation(
        "您的姓名和证件号码。您只在本页面填写，加密后保存。",
        "Your name and your number. You type them only on this page, and they are stored encrypted.",
    ),
    "custodians": Translation("谁能打开加密的信息", "Who can open what is stored"),
    "custodians_text": Translation(
        "须由以下{count}位保管人中的{threshold}位共同同意，且每次打开都会留下公开记录：",
        "Only {threshold} of these {count} custodians together, and every opening leaves a public trace:",
    ),
    "start_button": Translation("继续", "Continue"),
    "leave_title": Translation("请先在{platform}确认", "First, confirm in {platform}"),
    "leave_text": Translation(
        "{platform}会确认当前浏览器登录的是您的账号，随后回到本页面。请只为您自己的账号继续：如果链接是别人发给您的，请关闭本页面。",
        "{platform} confirms that this browser is logged in to your account, and brings "
        "you back here. Continue only "
        "for your own account: if somebody else sent you the link, close this page.",
    ),
    "leave_link": Translation("前往{platform}", "Go to {platform}"),
    "terms_title": Translation(
        "{platform}的用户协议（版本{version}）", "Terms of {platform} (version {version})"
    ),
    "terms_button": Translation("同意并继续", "Agree and continue"),
    "document_title": Translation("您使用哪种证件？", "Which document do you use?"),
    "RESIDENT_ID": Translation("居民身份证", "Resident identity card"),
    "RESIDENCE_PERMIT": Translation("港澳台居民居住证", "Residence permit (Hong Kong, Macau, Taiwan)"),
    "FOREIGN_PERMANENT_RESIDENT": Translation(
        "外国人永久居留身份证", "Foreign permanent resident identity card"
    ),
    "UNIFIED_SOCIAL_CREDIT_CODE": Translation(
        "单位：统一社会信用代码", "Organisation: unified social credit code"
    ),
    "document_missing": Translation("请选择证件类型", "Choose a document"),
    "identity_title": Translation(
        "证件上的姓名和号码是什么？", "What are the name and number on the document?"
    ),
    "name": Translation("姓名", "Name"),
    "name_hint": Translation(
        "与证件完全一致，包括间隔点。", "Exactly as on the document, with any middle dot."
    ),
    "organization_name": Translation("单位名称", "Registered name"),
    "number": Translation("证件号码", "Document number"),
    "number_hint": Translation("共18位，最后一位可能是X。", "Usually 18 characters; the last may be X."),
    "left": Translation("还可以尝试{left}次。", "You have {left} more attempts."),
    "submit": Translation("提交认证", "Verify"),
    "again_title": Translation("未能确认，请核对后重试", "Not confirmed: please check and try again"),
    "wait_title": Translation("正在核验", "Your details are being checked"),
    "wait_text": Translation(
        "登记系统尚未答复。您可以关闭本页面，结果会自动告知{platform}，不需要重新填写。",
        "The registry has not answered yet. You can close this page: {platform} will get "
        "the result, and you need not "
        "type anything again.",
    ),
    "wait_link": Translation("查看最新状态", "Show the current state"),
    "done_title": Translation("认证通过", "You are verified"),
    "done_text": Translation("认证有效期至{day}（不含当天）。", "Your verification is valid until {day}."),
    "badge": Translation("实名认证", "Verified"),
    "receipt_link": Translation("下载认证回执", "Download your receipt"),
    "receipt_text": Translation(
        "回执证明您的信息已加密并记入公开日志，其中没有姓名和号码。",
        "The receipt proves that your details were sealed and entered in the public log. "
        "It has no name and no number.",
    ),
    "full_title": Translation("目前不能再有公众账号", "You can have no further public account now"),
    "full_text": Translation(
        "您在{platform}的公众账号（包括您其他账号名下的）已达上限，或其中之一因生效中的处置被关闭，新的申请不会通过。"
        "只有您能在此看到这一点，{platform}不会被告知。",
        "Counting those of your other accounts, you have as many public accounts at {platform} as one owner "
        "may have, or one of them is closed by a sanction in force: another application will not be "
        "approved. Only you are told, and only here; {platform} is not.",
    ),
    "back": Translation("返回{platform}", "Back to {platform}"),
    "failed_title": Translation("认证未通过", "You could not be verified"),
    "expired_title": Translation("链接已过期", "This link has expired"),
    "forbidden": Translation(
        "该表单不是从本页面提交的，或页面已失效。请重新打开链接。",
        "This form did not come from this page, or the page is too old. Please open your link again.",
    ),
}
