"""Builds the flow that answers whether a person's record was ever opened."""

from datetime import timedelta

from idvault.bootstrap.base import Base
from idvault.flows.disclosure.history import DisclosureHistoryFlow
from idvault.flows.log.proof import LogProofs
from idvault.flows.policy import OperatorPolicy
from idvault.ports.account import StatusStore
from idvault.ports.credential import StatementSigner
from idvault.ports.disclosure import DisclosureStore
from idvault.ports.erasure import ErasureStore
from idvault.storage.account.store import SqlStatusStore
from idvault.storage.disclosure.store import SqlDisclosureStore
from idvault.storage.erasure.store import SqlErasureStore
from idvault.storage.log.checkpoint import SqlCheckpointStore
from idvault.storage.log.store import SqlLogStore


def wire_history(
    *,
    accounts: StatusStore,
    store: DisclosureStore,
    proofs: LogProofs,
    policy: OperatorPolicy,
    embargo: timedelta,
    erasures: ErasureStore,
    statements: StatementSigner,
) -> DisclosureHistoryFlow:
    """Connect the flow to its ports; production and tests differ only in the ports."""
    return DisclosureHistoryFlow(
        accounts=accounts,
        store=store,
        proofs=proofs,
        policy=policy,
        embargo=embargo,
        erasures=erasures,
        statements=statements,
    )


def build_history(
    base: Base, policy: OperatorPolicy, *, statements: StatementSigner
) -> DisclosureHistoryFlow:
    """Build the platform edge's flow: it reads openings and proofs, and cannot open a record."""
    store = SqlDisclosureStore(database=base.main)
    proofs = LogProofs(
        log=SqlLogStore(database=base.main),
        checkpoints=SqlCheckpointStore(database=base.shred),
        store=store,
    )
    return wire_history(
        accounts=SqlStatusStore(database=base.main),
        store=store,
        proofs=proofs,
        policy=policy,
        embargo=timedelta(days=base.settings.disclosure_embargo_days),
        erasures=SqlErasureStore(database=base.main),
        statements=statements,
    )
