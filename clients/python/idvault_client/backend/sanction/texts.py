"""What the owner of a sanctioned account is told about its ground and category, in Chinese and English."""

from collections.abc import Mapping

from idvault.verify.sanction import Ground, SanctionCategory
from idvault_client.reasons import Translation

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
