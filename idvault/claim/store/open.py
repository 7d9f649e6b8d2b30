"""The steps of act `open` (claim.store).

To prevent deadlocks, rows are always locked in this order: request, account, persons (by id), then whatever
belongs to the locked account.
"""

from dataclasses import replace

from idvault.account.rules import account as account_rules
from idvault.account.store import person
from idvault.account.store import rows as account
from idvault.campaign.invitation.store import invitation_rows as invitation_row
from idvault.claim.job import rules as job_rules
from idvault.claim.job.store import job_rows
from idvault.claim.ports import Claim, Job, NewClaim
from idvault.claim.rules import claim as claim_rules
from idvault.claim.store import attempt
from idvault.claim.store import rows as claim
from idvault.claim.store.attempt import Charge
from idvault.claim.store.rows import OpenClaim
from idvault.core.db.connection import Connection
from idvault.log.store import entry as log
from idvault.verify.account import Account, AccountState
from idvault.verify.claim import ClaimState
from idvault.verify.event import Event


async def admit(connection: Connection, new_claim: NewClaim) -> Account | None:
    """Return the claim's account as of now, locked, or None at sign-up; spends a try of the code."""
    if new_claim.new_account:
        return None
    stored = await account.lock_of(
        connection,
        account_token=new_claim.account_token,
        relying_party=new_claim.request.caller,
    )
    former = account_rules.fall(account=stored, now=new_claim.now.business)
    claim_rules.admit(account=former)
    if new_claim.invitation_code_hash is not None:
        await invitation_row.use_code(
            connection,
            account_token=new_claim.account_token,
            code_hash=new_claim.invitation_code_hash,
            now=new_claim.now.business,
        )
    return former


async def find_person(connection: Connection, new_claim: NewClaim) -> str:
    """Return the id of the person that the claim names, locked."""
    return await person.find(
        connection,
        relying_party=new_claim.request.caller,
        key=new_claim.person,
        known=not new_claim.new_account,
    )


async def supersede(
    connection: Connection, new_claim: NewClaim, former: Account, replaced: OpenClaim, superseded: Event
) -> None:
    """End the account's open claim because the new one replaces it; what was sent stays charged."""
    if replaced.was_sent:
        await attempt.keep(connection, replaced.attempt, owner=former)
    await claim.end(
        connection,
        account_token=new_claim.account_token,
        claim_id=replaced.claim_id,
        outcome=claim_rules.SUPERSEDED,
        now=new_claim.now.business,
    )
    await job_rows.finish(connection, account_token=new_claim.account_token, claim_id=replaced.claim_id)
    event = superseded.with_fields(claim_id=replaced.claim_id, by_claim_id=new_claim.claim_id)
    await log.append(connection, event)


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
    connection: Connection, new_claim: NewClaim, begun: Account, named: str, charge: Charge
) -> tuple[Claim, Job]:
    """Insert the claim and its job; return both. named: the person's id."""
    progress = job_rules.born(now=new_claim.now.real)
    await claim.add(connection, new_claim, person_id=named)
    await job_rows.add(
        connection,
        new_claim,
        progress=progress,
        charge=charge,
        sign_up=begun.state is AccountState.PENDING,
    )
    job = Job(
        relying_party=new_claim.request.caller,
        account_token=new_claim.account_token,
        claim_id=new_claim.claim_id,
        subject_kind=new_claim.subject_kind,
        consent=new_claim.consent,
        opened_at=new_claim.now.business,
        ais=new_claim.ais,
        progress=progress,
        lease=new_claim.lease,
        withheld=charge.withheld,
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
