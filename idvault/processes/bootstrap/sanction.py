"""Builds sanctions: the service of the platform edge."""

from idvault.core.act import Vault
from idvault.core.config import Settings
from idvault.core.edge.server import Service
from idvault.moderator.acts import KnownModerators, StoredModerators
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.processes.services.sanction import SanctionServicer
from idvault.sanction.appeal.rules import AppealTerms
from idvault.sanction.objection.acts import ObjectionContext
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.moderation_text import KeyedModerationTextSealer
from idvault.v1 import sanction_pb2


def wire_sanctions(vault: Vault, *, appeals: ObjectionContext[AppealTerms]) -> SanctionServicer:
    """Return the servicer; production and tests differ only in the arguments."""
    return SanctionServicer(
        vault=vault,
        signers=KnownModerators(StoredModerators(vault)),
        appeals=appeals,
        zone=appeals.terms.zone,
    )


def build_sanctions(base: Base, vault: Vault, *, keys: LocalKeyProvider) -> SanctionServicer:
    """Return the servicer of the platform edge."""
    appeals = ObjectionContext(_terms(base.settings), KeyedModerationTextSealer(keys=keys, entropy=ENTROPY))
    return wire_sanctions(vault, appeals=appeals)


def sanction_service(servicer: SanctionServicer) -> Service:
    """Return SanctionService."""
    return Service(sanction_pb2.DESCRIPTOR.services_by_name["SanctionService"], servicer)


def _terms(settings: Settings) -> AppealTerms:
    return AppealTerms(
        days=settings.appeal_days,
        decision_days=settings.appeal_decision_days,
        outside_body=settings.appeal_outside_body,
        outside_days=settings.appeal_outside_days,
        zone=settings.zone,
        text_days=settings.appeal_text_days,
    )
