"""Builds hosted verification sessions: the service of the platform edge."""

from idvault.claim.acts.verification import ClaimContext
from idvault.claim.rules import ClaimRules
from idvault.core.act import Vault
from idvault.core.config import Settings
from idvault.core.edge.server import Service
from idvault.core.policy import OperatorPolicy
from idvault.disclosure.acts.history import HistoryContext
from idvault.erasure.acts import ErasureContext
from idvault.people.acts import RosterHolder
from idvault.processes.bootstrap.account import quorum_of, receipt_context
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.request_key import request_keys
from idvault.sanction.appeal.rules import AppealTerms
from idvault.sanction.objection.acts import ObjectionContext
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.session import CurrentLinkCoder
from idvault.session.acts.identity import IdentityContext
from idvault.session.acts.session import Custodians, SessionContext
from idvault.session.api.servicer import SessionMethods
from idvault.session.contest.rules import ContestTerms
from idvault_verify.v1 import session_pb2


def session_context(
    base: Base,
    vault: Vault,
    *,
    keys: LocalKeyProvider,
    claims: ClaimContext,
    rules: ClaimRules,
    policy: OperatorPolicy,
    rosters: RosterHolder,
) -> SessionContext:
    """Return what sessions need beside the vault."""
    return SessionContext(
        claims=claims,
        coder=CurrentLinkCoder(current=lambda: request_keys(keys, Purpose.REQUEST).current),
        rules=rules,
        policy=policy,
        custodians=lambda: _custodians(rosters),
        base_url=base.settings.web_url,
        patience=base.settings.settle_patience,
    )


def session_service(
    base: Base,
    vault: Vault,
    context: SessionContext,
    *,
    appeals: ObjectionContext[AppealTerms],
    erasures: ErasureContext,
    histories: HistoryContext,
    rosters: RosterHolder,
) -> Service:
    """Return SessionService."""
    contests = ObjectionContext(_terms(base.settings), appeals.sealer)
    identity = IdentityContext(
        quorum=lambda quorum_id: quorum_of(rosters, quorum_id),
        appeals=appeals,
        contests=contests,
        erasures=erasures,
        histories=histories,
        receipts=receipt_context(base, rosters),
        policy=context.policy,
    )
    methods = SessionMethods(vault=vault, context=context, identity=identity, contests=contests)
    return Service(session_pb2.DESCRIPTOR.services_by_name["SessionService"], methods)


def _terms(settings: Settings) -> ContestTerms:
    return ContestTerms(
        decision_days=settings.contest_decision_days,
        zone=settings.zone,
        text_days=settings.appeal_text_days,
    )


def _custodians(rosters: RosterHolder) -> Custodians:
    quorum = rosters.quorum
    return Custodians(quorum.threshold, tuple(each.name for each in quorum.custodians))
