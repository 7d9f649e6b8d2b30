"""Builds reports of rumours: the services of the platform edge."""

from idvault.core.act import Vault
from idvault.core.edge.server import Service
from idvault.moderator.acts import KnownModerators
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.processes.bootstrap.policy import tip_off_policy
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.moderation_text import KeyedModerationTextSealer
from idvault.sealing.tip_off import KeyedTipOffSecrets
from idvault.tip_off.acts.case import TipOffContext
from idvault.tip_off.api.form import TipOffFormMethods
from idvault.tip_off.api.servicer import TipOffMethods
from idvault_verify.v1 import tip_off_pb2


def tip_off_services(base: Base, vault: Vault, *, keys: LocalKeyProvider) -> list[Service]:
    """Return TipOffService, and TipOffFormService for the hosted pages."""
    context = TipOffContext(
        secrets=KeyedTipOffSecrets(keys=keys),
        sealer=KeyedModerationTextSealer(keys=keys, entropy=ENTROPY),
        signers=KnownModerators(vault),
        policy=tip_off_policy(base.settings),
    )
    known = tip_off_pb2.DESCRIPTOR.services_by_name
    return [
        Service(known["TipOffService"], TipOffMethods(vault=vault, context=context)),
        Service(known["TipOffFormService"], TipOffFormMethods(vault=vault, context=context)),
    ]
