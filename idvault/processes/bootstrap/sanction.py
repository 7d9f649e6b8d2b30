"""Builds the methods of sanctions, for the platform edge."""

from idvault.core.act import Vault
from idvault.core.config import Settings
from idvault.moderator.acts import KnownModerators
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.processes.services.sanction import SanctionServicer
from idvault.sanction.appeal.rules import AppealTerms
from idvault.sanction.objection.acts import ObjectionContext
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.moderation_text import KeyedModerationTextSealer


def sanction_methods(base: Base, vault: Vault, *, keys: LocalKeyProvider) -> SanctionServicer:
    """Return the methods of SanctionService."""
    terms = _terms(base.settings)
    return SanctionServicer(
        vault=vault,
        signers=KnownModerators(vault),
        appeals=ObjectionContext(terms, KeyedModerationTextSealer(keys=keys, entropy=ENTROPY)),
        zone=terms.zone,
    )


def _terms(settings: Settings) -> AppealTerms:
    return AppealTerms(
        days=settings.appeal_days,
        decision_days=settings.appeal_decision_days,
        outside_body=settings.appeal_outside_body,
        outside_days=settings.appeal_outside_days,
        zone=settings.zone,
        text_days=settings.appeal_text_days,
    )
