"""Builds the flow that answers whether a person's record was ever opened."""

from datetime import timedelta

from idvault.account.ports import StatusStore
from idvault.core.policy import OperatorPolicy
from idvault.disclosure.acts.history import DisclosureHistoryFlow, LogProofs
from idvault.disclosure.ports import DisclosureStore
from idvault.disclosure.store.store import SqlDisclosureStore
from idvault.erasure.ports import ErasureStore
from idvault.erasure.store import SqlErasureStore
from idvault.log.store import SqlCheckpointStore, SqlLogStore
from idvault.processes.bootstrap.base import Base
from idvault.sealing.ports import StatementSigner
from idvault.status.store import SqlStatusStore


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
