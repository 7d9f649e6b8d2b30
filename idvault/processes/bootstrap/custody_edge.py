"""Builds the edge that auditors, custodians, operators, authorities and monitors call."""

from contextlib import AsyncExitStack
from datetime import tzinfo

from idvault.authority.acts import AuthorityContext
from idvault.core.act import Vault
from idvault.core.edge.access import Access
from idvault.core.edge.server import GrpcServer, Service
from idvault.core.second_factor import SecondFactorCheck
from idvault.custody.drill.api import DrillServicer
from idvault.disclosure.acts.auditor import AuditorContext
from idvault.disclosure.acts.disclosure import Refusals
from idvault.disclosure.api.auditor import DisclosureServicer
from idvault.key.acts.version import ShredKeys
from idvault.log.acts.stored_log import LogProofs, StoredLog
from idvault.log.api import TransparencyMethods
from idvault.people import acts as people_acts
from idvault.people.acts import RosterHolder, RosterSource
from idvault.people.second_factor.acts import SecondFactors
from idvault.processes.bootstrap.base import ENTROPY, Base, load_custody_keys
from idvault.processes.bootstrap.edge import build_server
from idvault.processes.bootstrap.key.version import follow_keys
from idvault.processes.bootstrap.vault import fingerprinter_of, guard_of, vault_of
from idvault.processes.services.custody_edge import AuthorityServicer, CustodianServicer, RosterServicer
from idvault.sealing.key_set import Purpose
from idvault.sealing.second_factor import TotpSealer
from idvault.sealing.text import KeyedCaseTextSealer
from idvault.tip_off.acts.referral import ReferralContext
from idvault_verify.v1 import authority_pb2, disclosure_pb2, drill_pb2, roster_pb2, transparency_pb2


async def build_custody_edge(
    stack: AsyncExitStack, base: Base, rosters: RosterHolder, access: Access, *, alone: bool
) -> GrpcServer:
    """Return the server of the custody edge.

    alone: whether this process serves no other edge; its key file is then IDVAULT_KEYS.
    """
    keys = load_custody_keys(base.settings, alone=alone)
    vault = vault_of(
        base.main, guard=guard_of(base), fingerprinter=fingerprinter_of(keys, Purpose.PERSON_REQUEST)
    )
    await follow_keys(stack, base, vault, keys)
    await people_acts.complete(vault, rosters, now=base.clock())
    second_factor = SecondFactors(
        vault=vault,
        sealer=TotpSealer(keys=keys, entropy=ENTROPY),
        roster_member=rosters.member,
        on_refused=base.metrics.people.second_factor_refused.add,
    )
    members = RosterServicer(
        vault=vault, rosters=rosters, second_factor=second_factor, second_factors=second_factor
    )
    observe = base.metrics.people.disclosures.add
    context = AuditorContext(
        vault=vault,
        case_texts=KeyedCaseTextSealer(keys=keys, entropy=ENTROPY),
        rosters=rosters,
        second_factor=second_factor,
        proofs=LogProofs(main=base.main, shred=base.shred),
        refusals=Refusals(vault=vault, observe=observe),
        observe=observe,
        shred_keys=ShredKeys(base.shred),
        zone=base.settings.zone,
        daily=base.settings.disclosures_per_day,
    )
    services = [
        Service(
            transparency_pb2.DESCRIPTOR.services_by_name["TransparencyService"],
            TransparencyMethods(log=StoredLog(base.main, base.shred)),
        ),
        Service(roster_pb2.DESCRIPTOR.services_by_name["RosterService"], members),
        authority_service(vault, rosters, second_factor, zone=base.settings.zone),
        *custody_services(context),
    ]
    return build_server(base, base.settings.addresses[-1], services, access)


def authority_service(
    vault: Vault, rosters: RosterSource, second_factor: SecondFactorCheck, *, zone: tzinfo
) -> Service:
    """Return AuthorityService."""
    context = AuthorityContext(vault=vault, rosters=rosters, second_factor=second_factor, zone=zone)
    referrals = ReferralContext(vault=vault, rosters=rosters, second_factor=second_factor)
    return Service(
        authority_pb2.DESCRIPTOR.services_by_name["AuthorityService"],
        AuthorityServicer(context=context, referrals=referrals, zone=zone),
    )


def custody_services(context: AuditorContext) -> list[Service]:
    """Return DisclosureService, CustodianService and DrillService."""
    known = disclosure_pb2.DESCRIPTOR.services_by_name
    return [
        Service(known["DisclosureService"], DisclosureServicer(context=context)),
        Service(known["CustodianService"], CustodianServicer(context=context)),
        Service(drill_pb2.DESCRIPTOR.services_by_name["DrillService"], DrillServicer(context=context)),
    ]
