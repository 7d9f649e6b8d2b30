"""The acts of a claim: one opens it, one ends it; and the receipt of a claim that succeeded.

To prevent deadlocks, both acts lock rows in this order: request, account, persons (by id), then whatever
belongs to the account.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from idvault.account import acts as account_acts
from idvault.account import rules as account_rules
from idvault.account.rules import Facts, PersonSanction, Slot
from idvault.account.store import disavowal as account_disavowal
from idvault.account.store import joining as joining_store
from idvault.account.store import notice as account_notice
from idvault.account.store import person as account_person
from idvault.account.store import rows as account_rows
from idvault.account.store import version as account_version
from idvault.account.store import withdrawal as withdrawal_store
from idvault.campaign.invitation.store import rows as invitation_store
from idvault.campaign.legacy_account import store as legacy_account_store
from idvault.claim import rules, store
from idvault.claim.job import rules as job_rules
from idvault.claim.job import store as job_store
from idvault.claim.job.store import Job
from idvault.claim.representative import rules as representative_rules
from idvault.claim.representative import store as representative_store
from idvault.claim.rules import Claim, ClaimOutcome, Owner, ReceiptEvidence
from idvault.claim.store import NewClaim, OpenClaim, Unsettled
from idvault.core.act import SYSTEM, Tx, Vault, act, mutation
from idvault.core.db.connection import Connection
from idvault.core.log_entry import Proved
from idvault.core.policy import OperatorPolicy
from idvault.log.acts.stored_log import LogProofs
from idvault.registry import store as registry_store
from idvault.registry.ports import CallTurn, Reserved
from idvault.sanction.narrowing import store as narrowing_store
from idvault.sanction.store import standing as sanction_standing
from idvault.sealing.ports import PersonKey
from idvault_verify.account import Account, AccountState, Assurance, Standing, SubjectKind
from idvault_verify.attest.quorum import Quorum
from idvault_verify.claim import ClaimState
from idvault_verify.error import ExhaustedError, IdvaultError
from idvault_verify.event import EventType
from idvault_verify.record import SealedRecord


@dataclass(frozen=True, slots=True)
class OpenedClaim:
    """A claim, and its job if this call opened it.

    reserved: what the given turn got, None without a turn or without a job.
    """

    claim: Claim
    job: Job | None
    reserved: Reserved | None = None


async def _opened_before(connection: Connection, account_token: str, claim_id: str) -> OpenedClaim:
    """Return the claim that a repeated request opened, as it is now."""
    return OpenedClaim(await store.get(connection, account_token, claim_id), None)


@mutation("verification.open", again=_opened_before, of_account=True)
async def open_claim(tx: Tx, claim_id: str, new: NewClaim, turn: CallTurn | None) -> OpenedClaim:
    """Open a claim, whose job is leased to the caller.

    turn: of its check; it takes a slot last of all, whether a check is sent or withheld. A refusal takes
    none.
    Raises NotFoundError (ACCOUNT_NOT_FOUND), PreconditionError and ExhaustedError (TOO_MANY_ATTEMPTS).
    """
    former = await _admit(tx, new)
    replaced = await store.open_of(tx.connection, former)
    named = await account_person.lock_or_add(
        tx.connection, relying_party=tx.party, key=new.person, known=not new.new_account
    )
    if former is not None and replaced is not None:
        await _supersede(tx, new, former, replaced)
    charge = await _charge(tx, new, former, named)
    begun = await _begin(tx, new, former)
    job = _job(tx, new, charge)
    await store.add(tx.connection, new, person_id=named, now=tx.now.business)
    await job_store.add(
        tx.connection,
        job,
        limiter_key=charge.limiter_key,
        pair=new.pair,
        sign_up=begun.state is AccountState.PENDING,
    )
    if new.representative is not None:
        await representative_store.add(
            tx.connection,
            account_token=new.account_token,
            claim_id=claim_id,
            relying_party=tx.party,
            digest=new.representative,
        )
    await tx.log(EventType.CLAIM_OPEN, account_token=new.account_token, claim_id=claim_id)
    request_id, retry_at = new.request.request_id, job.progress.next_at
    claim = Claim(request_id, claim_id, ClaimState.PENDING, None, begun, retry_at=retry_at)
    reserved = None if turn is None else await registry_store.take_last(tx.connection, turn)
    return OpenedClaim(claim, job, reserved)


async def _admit(tx: Tx, new: NewClaim) -> Account | None:
    """Return the claim's account as of now, locked, or None at sign-up; spends a try of the code."""
    if new.new_account:
        return None
    token, now = new.account_token, tx.now.business
    stored = await account_rows.lock_of(tx.connection, account_token=token, relying_party=tx.party)
    former = account_rules.fall(account=stored, now=now)
    rules.admit(account=former)
    if new.invitation_code_hash is not None:
        await invitation_store.use_code(
            tx.connection,
            account_token=token,
            code_hash=new.invitation_code_hash,
            proved=new.proved,
            now=now,
        )
    return former


async def _supersede(tx: Tx, new: NewClaim, former: Account, replaced: OpenClaim) -> None:
    """End the account's open claim because the new one replaces it."""
    await end_open(tx, former, replaced, rules.SUPERSEDED)
    await tx.log(
        EventType.CLAIM_SUPERSEDE,
        account_token=new.account_token,
        claim_id=replaced.claim_id,
        by_claim_id=new.claim_id,
    )


async def end_open(tx: Tx, owner: Account, found: OpenClaim, outcome: ClaimOutcome) -> None:
    """End the open claim of an account, both locked, without its entry; what was sent stays charged."""
    if found.was_sent:
        await store.keep(tx.connection, found.attempt, owner=owner)
    token, claim_id = owner.account_token, found.claim_id
    await representative_store.drop(tx.connection, account_token=token, claim_id=claim_id)
    await store.end(
        tx.connection, account_token=token, claim_id=claim_id, outcome=outcome, now=tx.now.business
    )
    await job_store.finish(tx.connection, account_token=token, claim_id=claim_id)


@dataclass(frozen=True, slots=True)
class _Charge:
    """limiter_key: whose attempt the claim is, None if no person is charged. withheld: nothing is sent."""

    limiter_key: bytes | None
    withheld: bool = False


async def _charge(tx: Tx, new: NewClaim, former: Account | None, named: str) -> _Charge:
    """Decide whom a claim is charged to, under the locks of its account and of the person it names.

    named: the person's id.
    Raises ExhaustedError (TOO_MANY_ATTEMPTS).
    """
    if former is None or former.person_id is None:
        await _check_person(tx, new)
        return _Charge(new.person.limiter_key)
    now = tx.now.business
    own = await store.attempts_of_account(tx.connection, former.account_token, after=now - rules.WINDOW)
    rules.check(attempts=own, pair=new.pair, now=now)
    try:
        await _check_person(tx, new)
    except ExhaustedError:
        return _Charge(None, withheld=former.person_id != named)
    # The owner is charged like anybody: what a sign-up is refused for would reveal whose number it is.
    return _Charge(new.person.limiter_key)


async def _check_person(tx: Tx, new: NewClaim) -> None:
    # Also of a person that this act has created: an adult beside a child, and who proves to represent an
    # organisation, are charged without a row.
    now = tx.now.business
    found = await store.attempts_of_person(tx.connection, tx.party, new.person, after=now - rules.WINDOW)
    rules.check(attempts=found, pair=new.pair, now=now)


async def _begin(tx: Tx, new: NewClaim, former: Account | None) -> Account:
    """Store the account with the new claim open."""
    if former is not None:
        begun = rules.begin(account=former, claim_id=new.claim_id, subject_kind=new.subject_kind)
        await account_rows.put(tx.connection, begun, claim_ended_at=None)
        return begun
    fresh = account_rules.new(
        account_token=new.account_token, relying_party=tx.party, subject_kind=new.subject_kind
    )
    begun = replace(fresh, open_claim_id=new.claim_id)
    await account_rows.add(tx.connection, begun)
    return begun


def _job(tx: Tx, new: NewClaim, charge: _Charge) -> Job:
    return Job(
        relying_party=tx.party,
        account_token=new.account_token,
        claim_id=new.claim_id,
        subject_kind=new.subject_kind,
        consent=new.consent,
        opened_at=tx.now.business,
        ais=new.ais,
        progress=job_rules.born(now=tx.now.real),
        lease=new.lease,
        withheld=charge.withheld,
    )


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a claim is to end.

    outcome: claim.rules.decide; of a success the act decides itself (claim.rules.confirm). owner: published
    on success. lease_id: the lease under which the claim is settled; None settles it whichever process holds
    the lease (the 48 h limit). record, delay: present exactly if the outcome is a success. delay: from the
    lift of a sanction that the account follows to the end of what it does (account.rules). proved: the fact
    that a success establishes. former: whom the person was under a former number, as a provider proved.
    upgrade: whether a valid verification keeps its dates (claim.rules.conclude).
    """

    account_token: str
    claim_id: str
    outcome: ClaimOutcome
    owner: Owner
    policy: OperatorPolicy
    lease_id: str | None = None
    record: SealedRecord | None = None
    delay: timedelta | None = None
    proved: Assurance = Assurance.REGISTRY_MATCH
    former: PersonKey | None = None
    upgrade: bool = False


@act("verification.settle")
async def settle(tx: Tx, ending: Settlement) -> Claim | None:
    """End a PENDING claim; return the ended claim, or None if this call may not end it: a late answer.

    A success is confirmed on facts that are read under the locks of account and person. If it is not, the
    claim fails and the record is discarded. A claim that matched its account's person, whether it succeeds or
    not, lets the account follow the person's sanctions that are in force, and no others (account.rules).
    Raises ValueError unless record and delay are given exactly for a success.
    """
    given = ending.record is not None, ending.delay is not None
    if given != (ending.outcome.succeeded, ending.outcome.succeeded):
        raise ValueError("a record and a delay must be given if and only if the outcome is a success")
    found = await store.lock(
        tx.connection,
        account_token=ending.account_token,
        claim_id=ending.claim_id,
        lease_id=ending.lease_id,
    )
    if found is None:
        tx.unchanged("the claim has ended, or another process holds it")
        return None
    found = replace(found, owner=account_rules.fall(account=found.owner, now=tx.now.business))
    if ending.former is not None and ending.outcome.succeeded:
        found = await _joined(tx, ending.former, found)
    if _is_organization(ending):
        ending = await _awaited(tx, ending, found)
    return await conclude(tx, ending, found)


def _is_organization(ending: Settlement) -> bool:
    """Return whether a claim that ends may be an organisation's; what has timed out may be anybody's."""
    return ending.owner.subject_kind is SubjectKind.ORGANIZATION or ending.outcome == rules.TIMED_OUT


async def _awaited(tx: Tx, ending: Settlement, found: Unsettled) -> Settlement:
    """Let an organisation's match wait for its representative, with its record; drop what others need not."""
    token, claim_id, record = ending.account_token, ending.claim_id, ending.record
    if record is None:
        await representative_store.drop(tx.connection, account_token=token, claim_id=claim_id)
        return ending
    now = tx.now.business
    waits = await representative_store.wait(
        tx.connection,
        record,
        claim_id=claim_id,
        person_id=found.claim.person_id,
        category=ending.owner.organization_category,
        due_at=representative_rules.due_at(now=now),
        now=now,
    )
    # Without a digest nobody could prove to be who was named: the claim is made again.
    outcome = rules.REPRESENTATIVE_PENDING if waits else rules.TIMED_OUT
    return replace(ending, outcome=outcome, record=None)


async def with_record(tx: Tx, ending: Settlement, record: SealedRecord | None) -> Settlement:
    """Return a settlement with what a success needs; without a record it fails as a time-out does."""
    if not ending.outcome.succeeded:
        return ending
    if record is None:
        return replace(ending, outcome=rules.TIMED_OUT)
    delay = account_rules.delay(tx.events.entropy.random(account_rules.DELAY_SEED_SIZE))
    return replace(ending, record=record, delay=delay)


async def check_attempts(tx: Tx, new: NewClaim) -> None:
    """Raise ExhaustedError (TOO_MANY_ATTEMPTS) unless account and person may be charged once more."""
    now = tx.now.business
    own = await store.attempts_of_account(tx.connection, new.account_token, after=now - rules.WINDOW)
    rules.check(attempts=own, pair=new.pair, now=now)
    found = await store.attempts_of_person(tx.connection, tx.party, new.person, after=now - rules.WINDOW)
    rules.check(attempts=found, pair=new.pair, now=now)


async def supersede_open(tx: Tx, new: NewClaim, owner: Account) -> None:
    """End the open claim of a locked account, if there is one, because another one replaces it."""
    replaced = await store.open_of(tx.connection, owner)
    if replaced is not None:
        await _supersede(tx, new, owner, replaced)


async def add_settled(tx: Tx, new: NewClaim, *, person_id: str) -> None:
    """Store a new claim that this act ends as well, with a job that nobody takes."""
    await store.add(tx.connection, new, person_id=person_id, now=tx.now.business)
    job = _job(tx, new, _Charge(None))
    await job_store.add(tx.connection, job, limiter_key=None, pair=new.pair, sign_up=False)
    await tx.log(EventType.CLAIM_OPEN, account_token=new.account_token, claim_id=new.claim_id)


async def conclude(tx: Tx, ending: Settlement, found: Unsettled) -> Claim:
    """End an open claim, which this act has locked with its account; part of the act that decides it."""
    ending, in_force = await _confirmed(tx, ending, found)
    outcome, record = ending.outcome, ending.record
    concluded = await _concluded(tx, ending, found, in_force)
    await _clear(tx, ending, found)
    # Only an account with an owner can be disowned.
    has_owner = found.owner.person_id is not None
    if outcome.succeeded and has_owner and rules.is_holder(proved=ending.proved):
        await _answer(tx, ending.account_token, found.claim.person_id)
    await account_rows.put(tx.connection, concluded, claim_ended_at=tx.now.business)
    digest = b"" if record is None else record.digest()
    event = await tx.log(
        EventType.CLAIM_SETTLE,
        account_token=ending.account_token,
        claim_id=ending.claim_id,
        state=outcome.state.value,
        failure_reason="" if outcome.failure_reason is None else outcome.failure_reason.value,
        record_digest=digest,
    )
    shown = None
    if record is not None:
        shown = await store.add_receipt(
            tx.connection, claim_id=ending.claim_id, record=record, digest=digest, event=event
        )
    return Claim(
        found.claim.request_id,
        ending.claim_id,
        outcome.state,
        outcome.failure_reason,
        concluded,
        receipt=shown,
    )


async def _joined(tx: Tx, former: PersonKey, found: Unsettled) -> Unsettled:
    """Make one person of two whose numbers a provider proved and a notice paired; return the claim."""
    claim, owner = found.claim, found.owner
    joined = await joining_store.join(
        tx.connection, relying_party=claim.relying_party, person_id=claim.person_id, former=former
    )
    if joined is None or owner.person_id != joined:
        return found
    return replace(found, owner=replace(owner, person_id=claim.person_id))


async def _answer(tx: Tx, account_token: str, person_id: str) -> None:
    """Reject what a person disowned: whoever holds the account was present as that person."""
    for disavowal_id in await account_disavowal.answered(
        tx.connection, account_token, person_id=person_id, now=tx.now.business
    ):
        await tx.log(EventType.DISAVOWAL_ANSWER, account_token=account_token, disavowal_id=disavowal_id)


_InForce = Sequence[PersonSanction] | None
"""The sanctions that the account must follow, None if it stays as it is."""


async def _confirmed(tx: Tx, ending: Settlement, found: Unsettled) -> tuple[Settlement, _InForce]:
    """Return the settlement to write: a match is confirmed and takes a slot, or fails without its record."""
    if not ending.outcome.succeeded:
        return ending, None
    owner = found.owner
    other_proof = rules.is_other_proof(account=owner, proved=ending.proved)
    if other_proof or await _is_kept(tx, owner, found.claim.person_id):
        other = Facts(Slot.FULL, person_closed=False, different_owner=True, other_proof=other_proof)
        return replace(ending, outcome=rules.confirm(facts=other), record=None), None
    barred = rules.is_barred(account=owner)
    facts, in_force = await account_person.take_slot(
        tx.connection,
        relying_party=found.claim.relying_party,
        person_id=found.claim.person_id,
        owner_id=owner.person_id,
        is_holder=rules.is_holder(proved=ending.proved),
        limit=0 if barred else ending.policy.accounts_per_person,
        now=tx.now.business,
    )
    owned = owner.person_id is not None and not facts.different_owner
    facts = replace(facts, sanctioned=barred or (owned and account_rules.bars(in_force)))
    outcome = rules.confirm(facts=facts, proved=ending.proved, kind=ending.owner.subject_kind)
    written = replace(ending, outcome=outcome, record=ending.record if outcome.succeeded else None)
    # An account that follows a sanction is never GOOD, so most accounts need no comparison.
    differs = bool(in_force) or (owned and owner.standing is not Standing.GOOD)
    return written, in_force if differs and (owned or outcome.succeeded) else None


async def _is_kept(tx: Tx, owner: Account, person_id: str) -> bool:
    """Return whether a withdrawn account is kept from this person: for its former owner, or for nobody.

    For nobody once name and number of the former owner suffice again: who has them need not be that person.
    """
    if owner.state is not AccountState.REVOKED:
        return False
    former = await withdrawal_store.present(tx.connection, owner.account_token)
    bound = former is not None and not account_rules.is_free(withdrawal=former)
    if bound and former is not None and former.person_id == person_id:
        return False
    return await withdrawal_store.is_open(tx.connection, owner.account_token)


async def _concluded(tx: Tx, ending: Settlement, found: Unsettled, in_force: _InForce) -> Account:
    """Return the account after the claim's end."""
    succeeded, today = ending.outcome.succeeded, tx.now.today(ending.policy.zone)
    concluded = rules.conclude(
        account=found.owner,
        outcome=ending.outcome,
        proved=ending.proved,
        person_id=found.claim.person_id,
        owner=ending.owner,
        today=today,
        valid_days=ending.policy.verification_days,
        upgrade=ending.upgrade,
    )
    # A sign-up is in no campaign until it has succeeded.
    if found.owner.state not in (AccountState.PENDING, AccountState.REJECTED):
        await invitation_store.conclude(tx.connection, concluded, succeeded=succeeded, today=today)
    if succeeded and found.owner.state is AccountState.UNVERIFIED:
        concluded = await legacy_account_store.verified(
            tx.connection, found.owner, concluded, now=tx.now.business
        )
    if succeeded and found.owner.state is AccountState.REVOKED:
        token, whose = found.owner.account_token, found.claim.person_id
        await withdrawal_store.end(tx.connection, token, person_id=whose, now=tx.now.business)
        await narrowing_store.drop(tx.connection, token)
    if in_force is None or ending.delay is None:
        return concluded
    return await _following(tx, found.owner, concluded, in_force, ending.delay)


async def _following(
    tx: Tx, owner: Account, concluded: Account, in_force: Sequence[PersonSanction], delay: timedelta
) -> Account:
    """Let the account follow its person's sanctions, in one change with the end of the claim."""
    token, now = owner.account_token, tx.now.business
    followed = await account_person.follow(
        tx.connection,
        relying_party=owner.relying_party,
        account_token=token,
        in_force=in_force,
        delay=delay,
        now=now,
    )
    if followed is None:
        return concluded
    # Not by the platform: whose id an actor is becomes public, and so would where a sanctioned person is.
    await tx.log(EventType.PERSON_FOLLOW, by=SYSTEM, account_token=token, standings=followed)
    settled = await sanction_standing.settled(tx.connection, concluded, now=now)
    changed = concluded.revision > owner.revision
    return replace(settled, revision=concluded.revision) if changed else settled


async def _clear(tx: Tx, ending: Settlement, found: Unsettled) -> None:
    """Store the record of a success, keep the attempt of a denial; end the claim and its job."""
    token, claim_id = ending.account_token, ending.claim_id
    if ending.record is not None:
        if found.owner.person_id is not None:
            due_at = account_rules.former_due_at(now=tx.now.business)
            await account_version.keep(tx.connection, account_token=token, due_at=due_at)
        if found.owner.person_id is not None or found.owner.state is AccountState.REVOKED:
            await account_notice.forget(tx.connection, account_token=token)
        await account_rows.put_record(tx.connection, ending.record)
    if rules.is_kept(outcome=ending.outcome):
        await store.keep(tx.connection, found.claim.attempt, owner=found.owner)
    await job_store.finish(tx.connection, account_token=token, claim_id=claim_id, waits=found.waits)
    await store.end(
        tx.connection, account_token=token, claim_id=claim_id, outcome=ending.outcome, now=tx.now.business
    )


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the owner of a record can verify alone.

    quorum: that the record was sealed for, None if it is in no version of the roster. note: the signed
    checkpoint, b"" if none covers the entry yet. record: None if it cannot be given.

    - A receipt has the record and its quorum once a checkpoint covers the entry, as long as the record is the
      account's newest. Before and after, the receipt states the quorum but does not prove it.
    - The record is given without its shares: the ciphertext is of no use without M custodians and the shred
      key.
    """

    account_token: str
    claim_id: str
    record_digest: bytes
    quorum: Quorum | None
    entry: Proved
    note: bytes
    record: SealedRecord | None = None


@dataclass(frozen=True, slots=True)
class ReceiptContext:
    """What is needed beside the vault. quorum: finds a quorum of any roster version by its id.

    report: called with the error where a receipt is returned without its proof.
    """

    proofs: LogProofs
    quorum: Callable[[str], Quorum | None]
    report: Callable[[IdvaultError], None]


async def receipt_of(vault: Vault, claim: Claim, *, context: ReceiptContext) -> Receipt | None:
    """Return the receipt of a successful claim, with its proof if a checkpoint covers it; else None."""
    found = claim.receipt
    if found is None:
        return None
    token = claim.account.account_token
    entry, note = Proved(found.leaf, found.opening_key, found.log_index, 0, None), b""
    record = None
    # An entry without an index has no proof yet. If the log cannot be read, the receipt is returned without
    # it.
    if found.log_index is not None:
        try:
            proofs = await context.proofs.now([found.entry_id], account_token=token)
            entry = proofs.entries[0]
            note = proofs.note if entry.hashes is not None else b""
            record = await _record_of(vault, token, found) if note else None
        except IdvaultError as error:
            context.report(error)
    quorum = context.quorum(found.quorum_id)
    return Receipt(token, claim.claim_id, found.record_digest, quorum, entry, note, record)


async def _record_of(vault: Vault, account_token: str, found: ReceiptEvidence) -> SealedRecord | None:
    """Return the record of a receipt; None if a later verification has replaced it."""
    record = await account_acts.record(vault.main, account_token)
    return record if record is not None and record.digest() == found.record_digest else None
