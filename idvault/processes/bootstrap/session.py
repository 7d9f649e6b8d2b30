"""Builds hosted verification sessions: the service of the platform edge."""

from collections.abc import Callable

from idvault.account.ports import RecordStore, StatusStore
from idvault.account.store.rows import SqlRecordStore
from idvault.claim.acts.receipt import ReceiptFlow
from idvault.claim.acts.verification import VerificationFlow
from idvault.claim.rules import ClaimRules
from idvault.core.act import Vault
from idvault.core.edge.server import Service
from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Fingerprinter
from idvault.disclosure.acts.history import DisclosureHistoryFlow
from idvault.erasure.api import ErasureServicer
from idvault.log.acts.guard import LogGuard
from idvault.people.acts import RosterHolder
from idvault.platform.acts import StoredPresentations
from idvault.platform.ports import PresentationStore
from idvault.processes.bootstrap.account import build_receipts, quorum_of
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.processes.bootstrap.request_key import fingerprinter_of, request_keys
from idvault.processes.bootstrap.vault import vault_of
from idvault.sanction.appeal.rules import AppealTerms
from idvault.sanction.objection.acts import ObjectionContext
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.moderation_text import KeyedModerationTextSealer
from idvault.sealing.session import CurrentLinkCoder
from idvault.session.acts.identity import IdentityFlow
from idvault.session.acts.page import Custodians, PageFlow, SessionSteps
from idvault.session.acts.session import SessionFlow
from idvault.session.api.servicer import SessionServicer
from idvault.session.contest.rules import ContestTerms
from idvault.session.ports import LinkCoder, SessionStore
from idvault.session.store import SqlSessionStore
from idvault.status.store import SqlStatusStore
from idvault.v1 import session_pb2
from idvault.verify.attest.quorum import Quorum


def wire_identities(
    *,
    store: SessionStore,
    accounts: StatusStore,
    records: RecordStore,
    quorum: Callable[[str], Quorum | None],
    appeals: ObjectionContext[AppealTerms],
    contests: ObjectionContext[ContestTerms],
    erasures: ErasureServicer,
    vault: Vault,
    histories: DisclosureHistoryFlow,
    receipts: ReceiptFlow,
    policy: OperatorPolicy,
) -> IdentityFlow:
    """Connect what the owner sees to the flows that platforms call."""
    return IdentityFlow(
        store=store,
        accounts=accounts,
        records=records,
        quorum=quorum,
        appeals=appeals,
        contests=contests,
        erasures=erasures.flow,
        vault=vault,
        histories=histories,
        receipts=receipts,
        policy=policy,
    )


def wire_sessions(
    *,
    store: SessionStore,
    platforms: PresentationStore,
    claims: VerificationFlow,
    identities: IdentityFlow,
    receipts: ReceiptFlow,
    coder: LinkCoder,
    fingerprinter: Fingerprinter,
    guard: LogGuard,
    entropy: Entropy,
    rules: ClaimRules,
    custodians: Callable[[], Custodians],
    base_url: str,
    patience: float,
) -> SessionServicer:
    """Connect the flows to their ports; production and tests differ only in the ports."""
    events = EventFactory(entropy=entropy)
    steps = SessionSteps(store=store, claims=claims, fingerprinter=fingerprinter, events=events)
    return SessionServicer(
        sessions=SessionFlow(
            store=store,
            steps=steps,
            platforms=platforms,
            coder=coder,
            guard=guard,
            events=events,
            served=bool(base_url),
        ),
        pages=PageFlow(
            store=store,
            steps=steps,
            platforms=platforms,
            claims=claims,
            vault=identities.vault,
            policy=identities.policy,
            guard=guard,
            rules=rules,
            custodians=custodians,
        ),
        vault=identities.vault,
        identities=identities,
        contests=identities.contests,
        receipts=receipts,
        rules=rules,
        base_url=base_url,
        patience=patience,
    )


def build_sessions(
    base: Base,
    *,
    keys: LocalKeyProvider,
    guard: LogGuard,
    claims: VerificationFlow,
    identities: IdentityFlow,
    rules: ClaimRules,
    rosters: RosterHolder,
) -> Service:
    """Return SessionService."""
    servicer = wire_sessions(
        store=SqlSessionStore(database=base.main),
        platforms=StoredPresentations(vault_of(base, keys=keys, guard=guard)),
        claims=claims,
        identities=identities,
        receipts=build_receipts(base, rosters),
        coder=CurrentLinkCoder(current=lambda: request_keys(keys, Purpose.REQUEST).current),
        fingerprinter=fingerprinter_of(keys, Purpose.REQUEST),
        guard=guard,
        entropy=ENTROPY,
        rules=rules,
        custodians=lambda: _custodians(rosters),
        base_url=base.settings.web_url,
        patience=base.settings.settle_patience,
    )
    return Service(session_pb2.DESCRIPTOR.services_by_name["SessionService"], servicer)


def build_identities(
    base: Base,
    *,
    keys: LocalKeyProvider,
    appeals: ObjectionContext[AppealTerms],
    vault: Vault,
    erasures: ErasureServicer,
    histories: DisclosureHistoryFlow,
    rosters: RosterHolder,
    policy: OperatorPolicy,
) -> IdentityFlow:
    """Return what the owner of an account sees of it."""
    return wire_identities(
        store=SqlSessionStore(database=base.main),
        accounts=SqlStatusStore(database=base.main),
        records=SqlRecordStore(database=base.main),
        quorum=lambda quorum_id: quorum_of(rosters, quorum_id),
        appeals=appeals,
        contests=_contests(base, keys),
        erasures=erasures,
        vault=vault,
        histories=histories,
        receipts=build_receipts(base, rosters),
        policy=policy,
    )


def _contests(base: Base, keys: LocalKeyProvider) -> ObjectionContext[ContestTerms]:
    settings = base.settings
    terms = ContestTerms(
        decision_days=settings.contest_decision_days,
        zone=settings.zone,
        text_days=settings.appeal_text_days,
    )
    return ObjectionContext(terms, KeyedModerationTextSealer(keys=keys, entropy=ENTROPY))


def _custodians(rosters: RosterHolder) -> Custodians:
    quorum = rosters.quorum
    return Custodians(quorum.threshold, tuple(each.name for each in quorum.custodians))
