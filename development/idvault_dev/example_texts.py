"""What the example platform of `idvault dev` says, in Chinese and English."""

from collections.abc import Mapping

_TEXTS: Mapping[str, tuple[str, str]] = {
    "index": ("可以试用的页面", "Pages to try"),
    "hosted verification": ("实名认证", "Verify"),
    "invitation": ("认证邀请", "An invitation to verify"),
    "my identity": ("我的身份（先在这里认证）", "My identity (verify here first)"),
    "people to try": ("可以试用的姓名和号码", "Names and numbers to try"),
    "accounts in my name": ("我名下的账号", "Accounts in my name"),
    "report form": ("举报", "Report something"),
    "reporter's page": ("查询举报进展", "Read the reply to a report"),
    "public supervision": ("公众监督", "Public supervision"),
    "components": ("页面组件", "Components of the pages"),
    "me": ("我的身份", "My identity"),
    "verify_first": ("请先认证", "Verify first"),
    "verify_first_text": ("认证之后再回到这里。", "Verify, and come back."),
    "foreign": ("这不是您的链接", "Not your session"),
    "foreign_text": ("该链接属于他人。", "This link belongs to someone else."),
    "back": ("已返回平台：{state}", "Back at the platform: {state}"),
    "open": ("尚未认证", "not verified yet"),
    "open_text": (
        "您可以随时再来认证。如果您对邀请作了选择，例如“以后再说”，平台已收到。",
        "You can verify at any time. What you answered to an invitation has reached the platform.",
    ),
    "CHECKING": ("登记系统正在核验", "the registry is checking"),
    "look_again": ("再看一次", "Look again"),
    "SUCCEEDED": ("已通过认证", "verified"),
    "FAILED": ("未通过认证", "not verified"),
    "EXPIRED": ("链接已过期", "the link has expired"),
    "pending": ("还差法定代表人证明本人在场", "the legal representative must still prove to be present"),
    "representative": ("由法定代表人证明", "Go on as the legal representative"),
    "first_page": ("返回页面列表", "All pages to try"),
    "people_text": (
        "以下姓名和号码均为虚构，由模拟的登记系统登记；每次打开本页都会换一批。",
        "All are made up, and known to the mocked registry. Each visit makes others.",
    ),
    "adult": ("成年人", "An adult"),
    "child": ("不满十四周岁的儿童", "A child under 14"),
    "child_text": (
        "填写儿童的姓名和号码后，页面会请家长或监护人填写自己的姓名和号码。",
        "Once the child's name and number are typed, the page asks for those of an adult.",
    ),
    "parent": ("家长", "The parent"),
    "organization": ("单位", "An organisation"),
    "organization_text": (
        "选择“单位：统一社会信用代码”。核对一致后返回平台，再由法定代表人证明本人在场。",
        "Choose its credit code as the document. After the match, go back to the platform: the legal "
        "representative then proves to be present.",
    ),
    "legal": ("法定代表人", "Legal representative"),
    "terms": (
        "示例用户协议：我们核对您的姓名和号码是否一致，但看不到它们。",
        "Example terms: we check that your name belongs to your number, and never see either.",
    ),
    "incentive": ("昵称旁显示认证标志", "A badge beside your nickname"),
}
_PLACE = {"zh": 0, "en": 1}


def text(key: str, language: str, **values: str) -> str:
    """Return a text in zh or en."""
    return _TEXTS[key][_PLACE[language]].format(**values)
