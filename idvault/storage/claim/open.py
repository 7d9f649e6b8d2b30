"""Act `open`, step by step.

Rows are locked in one order everywhere, so that no two acts wait for each other: request, account, persons
(by id), then what belongs to the locked account.
"""

from dataclasses import replace

from sqlalchemy import select

from idvault.domain import job as machine
from idvault.domain import request, status, verification
from idvault.domain.error import NotFoundError, Reason
from idvault.domain.event import Event
from idvault.domain.status import Account, State
from idvault.domain.verification import ClaimState, Facts, Slot
from idvault.ports.verification import Claim, Job, Opened, Opening
from idvault.storage.account import rows as account
from idvault.storage.base.connection import Connection
from idvault.storage.campaign import invitation_rows as invitation_row
from idvault.storage.claim import job_rows as task
from idvault.storage.claim import person
from idvault.storage.claim import rows as claim
from idvault.storage.claim.person import Person
from idvault.storage.claim.rows import OpenClaim
from idvault.storage.claim.tables import claims, requests
from idvault.storage.dialect import insert_if_absent
from idvault.storage.log import entry as log


async def open_claim(connection: Connection, opening: Opening, *, event: Event, superseded: Event) -> Opened:
    """Open a claim, or find the one that this request already opened."""
    if not await _remember(connection, opening):
        return Opened(await _repeated(connection, opening), None)
    former = await _admitted(connection, opening)
    replaced = None if former is None else await claim.open_of(connection, former)
    owner = await _person(connection, opening, replaced)
    if replaced is not None:
        await _supersede(connection, opening, replaced, superseded)
    facts = await _facts(connection, opening, former, owner)
    begun = await _begin(connection, opening, former)
    job = await _add(connection, opening, begun, owner, facts)
    await log.append(connection, event.with_fields(claim_id=opening.claim_id))
    return Opened(_claim(opening, begun, job), job)


async def _remember(connection: Connection, opening: Opening) -> bool:
    return await insert_if_absent(
        connection,
        requests,
        relying_party=opening.request.relying_party,
        request_id=opening.request.request_id,
        fingerprint=opening.request.fingerprint,
        account_token=opening.account_token,
        claim_id=opening.claim_id,
        made_at=opening.now.business,
    )


async def _repeated(connection: Connection, opening: Opening) -> Claim:
    stored = (
        await connection.execute(
            select(requests).where(
                requests.c.relying_party == opening.request.relying_party,
                requests.c.request_id == opening.request.request_id,
            )
        )
    ).one()
    request.check_same(stored=stored.fingerprint, asked=opening.request.fingerprint)
    row = (
        await connection.execute(
            claim.query().where(
                claims.c.account_token == stored.account_token, claims.c.claim_id == stored.claim_id
            )
        )
    ).first()
    if row is None:  # the account was removed meanwhile
        raise NotFoundError(Reason.REQUEST_NOT_FOUND)
    return claim.from_row(row)


async def _admitted(connection: Connection, opening: Opening) -> Account | None:
    """Return the locked account that the claim is for, None at sign-up."""
    if opening.new_account:
        return None
    former = await account.lock(
        connection,
        account_token=opening.account_token,
        relying_party=opening.request.relying_party,
    )
    if former is None:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    verification.admit(account=former)
    if opening.invitation_code_hash is not None:
        await invitation_row.use_code(
            connection,
            account_token=opening.account_token,
            code_hash=opening.invitation_code_hash,
            now=opening.now.business,
        )
    return former


async def _person(connection: Connection, opening: Opening, replaced: OpenClaim | None) -> Person:
    relying_party, now = opening.request.relying_party, opening.now.business
    found = await person.find(
        connection,
        relying_party=relying_party,
        key=opening.person,
        also=None if replaced is None else replaced.person_id,
    )
    failures = await person.mismatches_of(
        connection, relying_party=relying_party, key=opening.person, now=now
    )
    verification.check_attempts(failures=failures, now=now)
    return found


async def _supersede(
    connection: Connection, opening: Opening, replaced: OpenClaim, superseded: Event
) -> None:
    await claim.end(
        connection,
        account_token=opening.account_token,
        claim_id=replaced.claim_id,
        outcome=verification.SUPERSEDED,
        now=opening.now.business,
    )
    await task.finish(connection, account_token=opening.account_token, claim_id=replaced.claim_id)
    if replaced.slot is Slot.TAKEN:
        await person.free_slot(connection, relying_party=replaced.relying_party, person_id=replaced.person_id)
    event = superseded.with_fields(claim_id=replaced.claim_id, by_claim_id=opening.claim_id)
    await log.append(connection, event)


async def _facts(connection: Connection, opening: Opening, former: Account | None, owner: Person) -> Facts:
    owner_id = None if former is None else former.person_id
    if owner_id == owner.person_id:
        slot = Slot.OWNED
    else:
        taken = await person.take_slot(
            connection,
            relying_party=opening.request.relying_party,
            person_id=owner.person_id,
            limit=opening.accounts_per_person,
        )
        slot = Slot.TAKEN if taken else Slot.FULL
    different = owner_id is not None and owner_id != owner.person_id
    return Facts(slot, person_closed=owner.closed, different_owner=different)


async def _begin(connection: Connection, opening: Opening, former: Account | None) -> Account:
    if former is not None:
        begun = verification.begin(
            account=former, claim_id=opening.claim_id, subject_kind=opening.subject_kind
        )
        await account.put(connection, begun, claim_ended_at=None)
        return begun
    fresh = status.new(
        account_token=opening.account_token,
        relying_party=opening.request.relying_party,
        subject_kind=opening.subject_kind,
    )
    begun = replace(fresh, open_claim_id=opening.claim_id)
    await account.add(connection, begun)
    return begun


async def _add(connection: Connection, opening: Opening, begun: Account, owner: Person, facts: Facts) -> Job:
    progress = machine.born(now=opening.now.real)
    await claim.add(connection, opening, person_id=owner.person_id, facts=facts)
    await task.add(connection, opening, progress=progress, sign_up=begun.state is State.PENDING)
    return Job(
        relying_party=opening.request.relying_party,
        account_token=opening.account_token,
        claim_id=opening.claim_id,
        subject_kind=opening.subject_kind,
        consent=opening.consent,
        opened_at=opening.now.business,
        ais=opening.ais,
        facts=facts,
        progress=progress,
        lease=opening.lease,
    )


def _claim(opening: Opening, begun: Account, job: Job) -> Claim:
    return Claim(
        request_id=opening.request.request_id,
        claim_id=opening.claim_id,
        state=ClaimState.PENDING,
        failure_reason=None,
        account=begun,
        retry_at=job.progress.next_at,
    )
