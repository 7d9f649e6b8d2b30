"""Builds campaigns: the service of the platform edge."""

from idvault.campaign.api import CampaignServicer
from idvault.core.act import Vault
from idvault.core.edge.server import Service
from idvault.core.policy import OperatorPolicy
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.request_key import request_keys
from idvault.sealing.invitation import CurrentInvitationCoder
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.reference import KeyedReferencer
from idvault.v1 import campaign_pb2


def build_campaigns(base: Base, vault: Vault, *, keys: LocalKeyProvider, policy: OperatorPolicy) -> Service:
    """Return CampaignService."""
    return Service(
        campaign_pb2.DESCRIPTOR.services_by_name["CampaignService"],
        CampaignServicer(
            vault=vault,
            referencer=KeyedReferencer(key=keys.primary(Purpose.REFERENCE)),
            coder=CurrentInvitationCoder(current=lambda: request_keys(keys, Purpose.REQUEST).current),
            policy=policy,
            metrics=base.metrics,
        ),
    )
