"""What to tell an applicant whose public account was rejected, in Chinese and English."""

from collections.abc import Mapping

from idvault.public_account.rules.public_account import RejectReason
from idvault_client.reasons import Translation

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
