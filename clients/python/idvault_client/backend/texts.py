"""What owners are told about a rejected public account and about a sanction, in Chinese and English."""

from collections.abc import Mapping

from idvault_verify.public_account import RejectReason
from idvault_verify.sanction import Ground, SanctionCategory
from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


REJECT_TEXTS: Mapping[RejectReason, Text] = {
    RejectReason.INCOMPLETE: _(
        "Something is missing in the application. Please complete it and apply again."
    ),
    RejectReason.NAME_NOT_PERMITTED: _(
        "This name cannot be used for a public account. Please choose another one and apply again."
    ),
    RejectReason.CONTENT_NOT_PERMITTED: _(
        "What the public account would publish is against the rules here. Please change it and apply again."
    ),
    RejectReason.LICENCE_NOT_VALID: _(
        "The licence is not valid or has run out. Please check it and apply again, or apply without one."
    ),
    # Told alike to every owner who may not have it, so that it says nothing about other accounts.
    RejectReason.OWNER_NOT_ELIGIBLE: _(
        "You cannot own this public account now. Please contact support if you have questions."
    ),
    RejectReason.OTHER: _(
        "The application was rejected; the notice says why. You can change it accordingly and apply again."
    ),
}


def reject_text(reason: RejectReason, *, language: str) -> str:
    """Return what to tell the owner whose application was rejected."""
    return REJECT_TEXTS[reason].in_language(language)


GROUND_TEXTS: Mapping[Ground, Text] = {
    Ground.ILLEGAL: _("what was done breaks the law"),
    Ground.AGAINST_TERMS: _("what was done breaks the terms of this platform"),
}

CATEGORY_TEXTS: Mapping[SanctionCategory, Text] = {
    SanctionCategory.RUMOUR: _("spreading rumours or unproved news"),
    SanctionCategory.VIOLENCE: _("glorifying or threatening violence"),
    SanctionCategory.TERRORISM: _("promoting terrorism or extremism"),
    SanctionCategory.PORNOGRAPHY: _("spreading pornography"),
    SanctionCategory.FRAUD: _("fraud, or tricking people out of money"),
    SanctionCategory.NATIONAL_SECURITY: _("endangering national security"),
    SanctionCategory.IMPERSONATION: _("posing as another person or organisation"),
    SanctionCategory.PRIVACY: _("revealing private facts about somebody"),
    SanctionCategory.OTHER: _("something else, which the notice describes"),
}

WHY = _("The reason: {ground} ({category}).")


def cause_text(ground: Ground, category: SanctionCategory, *, language: str) -> str:
    """Return one sentence that tells the owner why; raises ValueError for other languages than zh and en."""
    return WHY.in_language(language).format(
        ground=GROUND_TEXTS[ground].in_language(language),
        category=CATEGORY_TEXTS[category].in_language(language),
    )
