"""Act `open`, step by step.

Rows are locked in one order everywhere, so that no two acts wait for each other: request, account, persons
(by id), then what belongs to the locked account.
"""

from dataclasses import replace

from idvault.domain import account as account_rules
from idvault.domain import claim
from idvault.domain import job as job_rules
from idvault.domain.account import Account, AccountState
from idvault.domain.claim import ClaimState, Facts, Slot
from idvault.domain.error import NotFoundError, Reason
from idvault.domain.event import Event
from idvault.ports.claim import Claim, Job, NewClaim, OpenedClaim
from idvault.storage.account import rows as account
from idvault.storage.base.connection import Connection
from idvault.storage.base.statement import param, statement
from idvault.storage.campaign import invitation_rows
from idvault.storage.claim import job_rows, person, request, rows
from idvault.storage.claim.person import StoredPerson
from idvault.storage.claim.request import Made
from idvault.storage.claim.rows import OpenClaim
from idvault.storage.claim.tables import claims
from idvault.storage.log import entry as log

_GET = statement(
    rows.CLAIMS.where(claims.c.account_token == param("token"), claims.c.claim_id == param("claim")),
    rows.from_row,
)
_OPEN_OF = statement(rows.OPEN_CLAIMS, rows.open_from_row)


async def open_claim(
    connection: Connection, opening: NewClaim, *, event: Event, superseded: Event
) -> OpenedClaim:
    """Open a claim, or find the one that this request already opened."""
    repeated = await request.remember_for_account(
        connection,
        opening.request,
        account_token=opening.account_token,
        made=opening.claim_id,
        now=opening.now.business,
    )
    if repeated is not None:
        return OpenedClaim(await _repeated(connection, repeated), None)
    former = await _admitted(connection, opening)
    replaced = await _open_of(connection, former)
    owner = await _person(connection, opening, replaced)
    if replaced is not None:
        await _supersede(connection, opening, replaced, superseded)
    facts = await _facts(connection, opening, former, owner)
    begun = await _begin(connection, opening, former)
    job = await _add(connection, opening, begun, owner, facts)
    await log.append(connection, event.with_fields(claim_id=opening.claim_id))
    return OpenedClaim(_claim(opening, begun, job), job)


async def _repeated(connection: Connection, repeated: Made) -> Claim:
    found = await connection.one(_GET, token=repeated.account_token, claim=repeated.made_id)
    if found is None:  # the account was removed meanwhile
        raise NotFoundError(Reason.REQUEST_NOT_FOUND)
    return found


async def _admitted(connection: Connection, opening: NewClaim) -> Account | None:
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
    claim.admit(account=former)
    if opening.invitation_code_hash is not None:
        await invitation_rows.use_code(
            connection,
            account_token=opening.account_token,
            code_hash=opening.invitation_code_hash,
            now=opening.now.business,
        )
    return former


async def _open_of(connection: Connection, former: Account | None) -> OpenClaim | None:
    if former is None or former.open_claim_id is None:
        return None
    return await connection.one(_OPEN_OF, token=former.account_token, claim_id=former.open_claim_id)


async def _person(connection: Connection, opening: NewClaim, replaced: OpenClaim | None) -> StoredPerson:
    relying_party, now = opening.request.relying_party, opening.now.business
    found = await person.find(
        connection,
        relying_party=relying_party,
        key=opening.person,
        also=None if replaced is None else replaced.person_id,
        limit=opening.accounts_per_person,
    )
    failures = await person.mismatches_of(
        connection, relying_party=relying_party, key=opening.person, now=now
    )
    claim.check_attempts(failures=failures, now=now)
    return found


async def _supersede(
    connection: Connection, opening: NewClaim, replaced: OpenClaim, superseded: Event
) -> None:
    await rows.end(
        connection,
        account_token=opening.account_token,
        claim_id=replaced.claim_id,
        outcome=claim.SUPERSEDED,
        now=opening.now.business,
    )
    await job_rows.finish(
        connection,
        account_token=opening.account_token,
        claim_id=replaced.claim_id,
        has_intake=replaced.has_intake,
    )
    if replaced.slot is Slot.TAKEN:
        await person.free_slot(connection, relying_party=replaced.relying_party, person_id=replaced.person_id)
    event = superseded.with_fields(claim_id=replaced.claim_id, by_claim_id=opening.claim_id)
    await log.append(connection, event)


async def _facts(
    connection: Connection, opening: NewClaim, former: Account | None, owner: StoredPerson
) -> Facts:
    owner_id = None if former is None else former.person_id
    different = owner_id is not None and owner_id != owner.person_id
    slot = Slot.OWNED if owner_id == owner.person_id else await _slot(connection, opening, owner)
    return Facts(slot, person_closed=owner.closed, different_owner=different)


async def _slot(connection: Connection, opening: NewClaim, owner: StoredPerson) -> Slot:
    taken = owner.has_slot or await person.take_slot(
        connection,
        relying_party=opening.request.relying_party,
        person_id=owner.person_id,
        limit=opening.accounts_per_person,
    )
    return Slot.TAKEN if taken else Slot.FULL


async def _begin(connection: Connection, opening: NewClaim, former: Account | None) -> Account:
    if former is not None:
        begun = claim.begin(account=former, claim_id=opening.claim_id, subject_kind=opening.subject_kind)
        await account.put(connection, begun, claim_ended_at=None)
        return begun
    fresh = account_rules.new(
        account_token=opening.account_token,
        relying_party=opening.request.relying_party,
        subject_kind=opening.subject_kind,
    )
    begun = replace(fresh, open_claim_id=opening.claim_id)
    await account.add(connection, begun)
    return begun


async def _add(
    connection: Connection, opening: NewClaim, begun: Account, owner: StoredPerson, facts: Facts
) -> Job:
    progress = job_rules.born(now=opening.now.real)
    await rows.add(connection, opening, person_id=owner.person_id, facts=facts)
    await job_rows.add(connection, opening, progress=progress, sign_up=begun.state is AccountState.PENDING)
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


def _claim(opening: NewClaim, begun: Account, job: Job) -> Claim:
    return Claim(
        request_id=opening.request.request_id,
        claim_id=opening.claim_id,
        state=ClaimState.PENDING,
        failure_reason=None,
        account=begun,
        retry_at=job.progress.next_at,
    )
