"""The steps of act `open` (claim.store).

To prevent deadlocks, rows are always locked in this order: request, account, persons (by id), then whatever
belongs to the locked account.
"""

from dataclasses import replace

from idvault.domain import account as account_rules
from idvault.domain import claim as claim_rules
from idvault.domain import job as job_rules
from idvault.domain.account import Account, AccountState
from idvault.domain.claim import ClaimState, Facts, Slot
from idvault.domain.error import NotFoundError, Reason
from idvault.domain.event import Event
from idvault.ports.claim import Claim, Job, NewClaim
from idvault.storage.account import rows as account
from idvault.storage.base.connection import Connection
from idvault.storage.campaign import invitation_rows as invitation_row
from idvault.storage.claim import job_rows as task
from idvault.storage.claim import person
from idvault.storage.claim import rows as claim
from idvault.storage.claim.person import StoredPerson
from idvault.storage.claim.rows import OpenClaim
from idvault.storage.log import entry as log


async def admit(connection: Connection, new_claim: NewClaim) -> Account | None:
    """Return the claim's account, locked, or None at sign-up; spends the invitation's code."""
    if new_claim.new_account:
        return None
    former = await account.lock(
        connection,
        account_token=new_claim.account_token,
        relying_party=new_claim.request.caller,
    )
    if former is None:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    claim_rules.admit(account=former)
    if new_claim.invitation_code_hash is not None:
        await invitation_row.use_code(
            connection,
            account_token=new_claim.account_token,
            code_hash=new_claim.invitation_code_hash,
            now=new_claim.now.business,
        )
    return former


async def find_person(
    connection: Connection, new_claim: NewClaim, replaced: OpenClaim | None
) -> StoredPerson:
    """Return the locked person; raises ExhaustedError (TOO_MANY_ATTEMPTS)."""
    relying_party, key, now = new_claim.request.caller, new_claim.person, new_claim.now.business
    found = await person.find(
        connection,
        relying_party=relying_party,
        key=key,
        also=None if replaced is None else replaced.person_id,
        known=not new_claim.new_account,
        limit=new_claim.accounts_per_person,
    )
    # A person that this act has created has no earlier mismatches.
    if found.person_id != key.person_id:
        failures = await person.mismatches_of(connection, relying_party=relying_party, key=key, now=now)
        claim_rules.check_attempts(failures=failures, now=now)
    return found


async def supersede(
    connection: Connection, new_claim: NewClaim, replaced: OpenClaim, superseded: Event
) -> None:
    """End the account's open claim because the new one replaces it."""
    await claim.end(
        connection,
        account_token=new_claim.account_token,
        claim_id=replaced.claim_id,
        outcome=claim_rules.SUPERSEDED,
        now=new_claim.now.business,
    )
    await task.finish(connection, account_token=new_claim.account_token, claim_id=replaced.claim_id)
    if replaced.slot is Slot.TAKEN:
        await person.free_slot(connection, relying_party=replaced.relying_party, person_id=replaced.person_id)
    event = superseded.with_fields(claim_id=replaced.claim_id, by_claim_id=new_claim.claim_id)
    await log.append(connection, event)


async def gather_facts(
    connection: Connection, new_claim: NewClaim, former: Account | None, owner: StoredPerson
) -> Facts:
    """Return the facts that decide the claim; takes a slot unless the account already has this person's."""
    owner_id = None if former is None else former.person_id
    different = owner_id is not None and owner_id != owner.person_id
    if owner.took_slot:
        slot = Slot.TAKEN
    elif owner_id == owner.person_id:
        slot = Slot.OWNED
    else:
        taken = await person.take_slot(
            connection,
            relying_party=new_claim.request.caller,
            person_id=owner.person_id,
            limit=new_claim.accounts_per_person,
        )
        slot = Slot.TAKEN if taken else Slot.FULL
    return Facts(slot, person_closed=owner.closed, different_owner=different)


async def begin(connection: Connection, new_claim: NewClaim, former: Account | None) -> Account:
    """Store the account with the new claim open."""
    if former is not None:
        begun = claim_rules.begin(
            account=former, claim_id=new_claim.claim_id, subject_kind=new_claim.subject_kind
        )
        await account.put(connection, begun, claim_ended_at=None)
        return begun
    fresh = account_rules.new(
        account_token=new_claim.account_token,
        relying_party=new_claim.request.caller,
        subject_kind=new_claim.subject_kind,
    )
    begun = replace(fresh, open_claim_id=new_claim.claim_id)
    await account.add(connection, begun)
    return begun


async def add(
    connection: Connection, new_claim: NewClaim, begun: Account, owner: StoredPerson, facts: Facts
) -> tuple[Claim, Job]:
    """Insert the claim and its job; return both."""
    progress = job_rules.born(now=new_claim.now.real)
    await claim.add(connection, new_claim, person_id=owner.person_id, facts=facts)
    await task.add(connection, new_claim, progress=progress, sign_up=begun.state is AccountState.PENDING)
    job = Job(
        relying_party=new_claim.request.caller,
        account_token=new_claim.account_token,
        claim_id=new_claim.claim_id,
        subject_kind=new_claim.subject_kind,
        consent=new_claim.consent,
        opened_at=new_claim.now.business,
        ais=new_claim.ais,
        facts=facts,
        progress=progress,
        lease=new_claim.lease,
    )
    added = Claim(
        request_id=new_claim.request.request_id,
        claim_id=new_claim.claim_id,
        state=ClaimState.PENDING,
        failure_reason=None,
        account=begun,
        retry_at=progress.next_at,
    )
    return added, job
