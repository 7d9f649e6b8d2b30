"""What owners are told about a rejected public account and about a sanction, in Chinese and English."""

from collections.abc import Mapping

from idvault_client.reasons import Translation
from idvault_verify.public_account import RejectReason
from idvault_verify.sanction import Ground, SanctionCategory

REJECT_TEXTS: Mapping[RejectReason, Translation] = {
    RejectReason.INCOMPLETE: Translation(
        "申请材料不齐全，请补充后重新申请。",
        "Something is missing in the application. Please complete it and apply again.",
    ),
    RejectReason.NAME_NOT_PERMITTED: Translation(
        "该公众账号名称不能使用，请更换名称后重新申请。",
        "This name cannot be used for a public account. Please choose another one and apply again.",
    ),
    RejectReason.CONTENT_NOT_PERMITTED: Translation(
        "申请发布的内容不符合本平台规则，请调整后重新申请。",
        "What the public account would publish is against the rules here. Please change it and apply again.",
    ),
    RejectReason.LICENCE_NOT_VALID: Translation(
        "提交的许可证无效或已过期，请核对后重新申请，或不填写许可证申请。",
        "The licence is not valid or has run out. Please check it and apply again, or apply without one.",
    ),
    # Told alike to every owner who may not have it, so that it says nothing about other accounts.
    RejectReason.OWNER_NOT_ELIGIBLE: Translation(
        "目前不能由您持有该公众账号，如有疑问请联系客服。",
        "You cannot own this public account now. Please contact support if you have questions.",
    ),
    RejectReason.OTHER: Translation(
        "申请未获通过，理由见通知。您可以按通知修改后重新申请。",
        "The application was rejected; the notice says why. You can change it accordingly and apply again.",
    ),
}


def reject_text(reason: RejectReason, *, language: str) -> str:
    """Return what to tell the owner whose application was rejected."""
    return REJECT_TEXTS[reason].in_language(language)


GROUND_TEXTS: Mapping[Ground, Translation] = {
    Ground.ILLEGAL: Translation("相关内容或行为被认定违反法律法规", "what was done breaks the law"),
    Ground.AGAINST_TERMS: Translation(
        "相关内容或行为违反本平台的服务条款", "what was done breaks the terms of this platform"
    ),
}

CATEGORY_TEXTS: Mapping[SanctionCategory, Translation] = {
    SanctionCategory.RUMOUR: Translation("传播谣言或未经证实的消息", "spreading rumours or unproved news"),
    SanctionCategory.VIOLENCE: Translation("宣扬或威胁使用暴力", "glorifying or threatening violence"),
    SanctionCategory.TERRORISM: Translation("宣扬恐怖主义或极端主义", "promoting terrorism or extremism"),
    SanctionCategory.PORNOGRAPHY: Translation("传播淫秽色情信息", "spreading pornography"),
    SanctionCategory.FRAUD: Translation("欺诈或诱骗他人财物", "fraud, or tricking people out of money"),
    SanctionCategory.NATIONAL_SECURITY: Translation("危害国家安全", "endangering national security"),
    SanctionCategory.IMPERSONATION: Translation(
        "冒充他人或其他机构", "posing as another person or organisation"
    ),
    SanctionCategory.PRIVACY: Translation("泄露他人隐私或个人信息", "revealing private facts about somebody"),
    SanctionCategory.OTHER: Translation(
        "其他违规行为，详见处置通知", "something else, which the notice describes"
    ),
}

WHY = Translation("原因：{ground}（{category}）。", "The reason: {ground} ({category}).")


def cause_text(ground: Ground, category: SanctionCategory, *, language: str) -> str:
    """Return one sentence that tells the owner why; raises ValueError for other languages than zh and en."""
    return WHY.in_language(language).format(
        ground=GROUND_TEXTS[ground].in_language(language),
        category=CATEGORY_TEXTS[category].in_language(language),
    )
