"""The representative of an organisation proves to be present: one claim, which is opened and ends in one act.

The record was sealed when the registry matched, and is the account's from now on. The person who proves takes
no part with any account: no row of a person is looked for, and none is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from idvault.account import rules as account_rules
from idvault.account.store import rows as account_rows
from idvault.account.store import version as account_version
from idvault.claim import rules as claim_rules
from idvault.claim import store as claim_store
from idvault.claim.acts import claim as claim_acts
from idvault.claim.acts.claim import Settlement
from idvault.claim.acts.verification import ClaimContext, VerifyCommand
from idvault.claim.job.rules import Lease
from idvault.claim.representative import rules, store
from idvault.claim.representative.rules import AwaitedRepresentative
from idvault.claim.rules import Claim, Owner
from idvault.claim.store import NewClaim, OpenAttempt, OpenClaim, Unsettled
from idvault.core.act import SYSTEM, Tx, Vault, act, mutation
from idvault.core.db.connection import Connection
from idvault.core.policy import OperatorPolicy
from idvault_verify.account import Account, Assurance, SubjectKind
from idvault_verify.claim import ClaimState
from idvault_verify.clock import ClockReading
from idvault_verify.error import PreconditionError, Reason
from idvault_verify.registry import RegistryAnswer


@dataclass(frozen=True, slots=True)
class RepresentativeProof:
    """What a provider says of a person, and that person's digests (sealing.ports.Indexer)."""

    told: RegistryAnswer
    digests: Sequence[bytes] = field(repr=False)


async def check(connection: Connection, account_token: str, now: ClockReading) -> None:
    """Raise PreconditionError (ILLEGAL_TRANSITION) unless a locked account waits for its representative."""
    rules.check(awaited=await store.awaited(connection, account_token), now=now.business)


async def verify(vault: Vault, command: VerifyCommand, now: ClockReading, *, context: ClaimContext) -> Claim:
    """Make the claim of a representative's proof, or find the one that was made.

    Raises NotFoundError (ACCOUNT_NOT_FOUND), PreconditionError (ILLEGAL_TRANSITION; PROOF_NOT_OFFERED for a
    person without name and number; and as a claim does), ExhaustedError (TOO_MANY_ATTEMPTS),
    AlreadyExistsError and UnavailableError.
    """
    token, proven = command.account_token, command.proven
    if token is None or proven is None:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    party, identity = command.relying_party, command.named
    new = NewClaim(
        request=command.request(vault.fingerprinter).of_account(token),
        claim_id=vault.new_id(),
        account_token=token,
        new_account=False,
        subject_kind=SubjectKind.ORGANIZATION,
        consent=command.consent,
        ais=(),
        person=context.indexer.person(
            relying_party=party, identity=identity, person_id="", today=now.today(context.zone)
        ),
        pair=context.marker.mark(relying_party=party, identity=identity),
        lease=Lease(vault.new_id(), now.real),
        proved=Assurance.HOLDER,
    )
    digests = context.indexer.representative(relying_party=party, account_token=token, identity=identity)
    proof = RepresentativeProof(proven.answer, digests)
    policy = context.settlement.policy
    claim = await prove.run(vault, command, now, new.request, new.claim_id, new, proof, policy)
    if claim.claim_id == new.claim_id:
        context.settlement.on_settled(claim)
    return claim


@mutation("representative.prove", again=claim_store.get, of_account=True)
async def prove(
    tx: Tx, claim_id: str, new: NewClaim, proof: RepresentativeProof, policy: OperatorPolicy
) -> Claim:
    """Open and end the claim of a proof. new: without a person of its own; its keys are charged only."""
    token, now = new.account_token, tx.now.business
    stored = await account_rows.lock_of(tx.connection, account_token=token, relying_party=tx.party)
    owner = account_rules.fall(account=stored, now=now)
    claim_rules.admit(account=owner)
    awaited = rules.check(awaited=await store.awaited(tx.connection, token), now=now)
    await claim_acts.check_attempts(tx, new)
    await claim_acts.supersede_open(tx, new, owner)
    await claim_acts.add_settled(tx, new, person_id=awaited.person_id)
    ending = await _decided(tx, new, awaited, proof, policy)
    attempt = OpenAttempt(new.person.limiter_key, new.pair, now)
    opened = OpenClaim(claim_id, new.request.request_id, tx.party, awaited.person_id, attempt, was_sent=False)
    claim = await claim_acts.conclude(tx, ending, Unsettled(owner, opened, waits=False))
    await _after(tx, owner, awaited, attempt, claim)
    return claim


async def _decided(
    tx: Tx, new: NewClaim, awaited: AwaitedRepresentative, proof: RepresentativeProof, policy: OperatorPolicy
) -> Settlement:
    """Return how the claim is to end; of the representative's proof with the record that has waited."""
    answer = rules.answer(awaited=awaited, digests=proof.digests, told=proof.told)
    ending = Settlement(
        new.account_token,
        new.claim_id,
        claim_rules.decide(answer=answer, kind=SubjectKind.ORGANIZATION),
        Owner(SubjectKind.ORGANIZATION, awaited.category),
        policy,
        proved=Assurance.HOLDER,
    )
    return await claim_acts.with_record(
        tx,
        ending,
        await account_version.find(
            tx.connection, account_token=new.account_token, record_id=awaited.record_id
        ),
    )


async def _after(
    tx: Tx, owner: Account, awaited: AwaitedRepresentative, attempt: OpenAttempt, claim: Claim
) -> None:
    """Wait no more after a success; after a proof that does not fit, keep the attempt of the account."""
    token = awaited.account_token
    if claim.state is ClaimState.SUCCEEDED:
        await store.drop(tx.connection, account_token=token, claim_id=awaited.claim_id)
        await account_version.take_back(tx.connection, account_token=token, record_id=awaited.record_id)
    elif claim_rules.is_kept(outcome=claim_rules.ClaimOutcome(claim.state, claim.failure_reason)):
        await claim_store.keep_of_account(tx.connection, token, attempt)


@act("representative.forget")
async def _forget(tx: Tx) -> int:
    """Delete the digests that have waited long enough; return how many."""
    tx.unchanged("a proof that did not come decides nothing")
    return await store.forget(tx.connection, now=tx.now.business)


async def forget(vault: Vault, now: ClockReading) -> int:
    """Delete the digests that have waited 14 days; return how many. Their records end at the same time."""
    await vault.guard.check(now=now)
    return await _forget(vault, SYSTEM, now)
