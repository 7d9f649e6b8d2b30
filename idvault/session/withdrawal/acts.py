"""Withdraws verifications that were somebody else's, and forgets whose they were.

Rows are locked in this order: request, account, case, job, person, then whatever belongs to the account.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from idvault.account import rules as account_rules
from idvault.account.rules import Withdrawal, WithdrawalCause
from idvault.account.store import disavowal as account_disavowal
from idvault.account.store import notice as account_notice
from idvault.account.store import person as account_person
from idvault.account.store import rows as account_rows
from idvault.account.store import version as account_version
from idvault.account.store import withdrawal as withdrawal_store
from idvault.claim import rules as claim_rules
from idvault.claim import store as claim_store
from idvault.claim.acts import claim as claim_acts
from idvault.core.act import SYSTEM, Tx, Vault, act, sweep
from idvault.erasure.former_version import acts as former_version_acts
from idvault.sanction.narrowing import acts as narrowing_acts
from idvault.status.credential import store as credential_store
from idvault_verify.account import Account
from idvault_verify.clock import ClockReading
from idvault_verify.error import DeniedError, Reason
from idvault_verify.event import EventType
from idvault_verify.seal import Part


@dataclass(frozen=True, slots=True)
class SignedVerdict:
    """What two moderators decided: SHA-256 of their reason, and what the second one signed."""

    reason_digest: bytes
    paper: bytes


async def check_impartial(tx: Tx, account_token: str, moderator_id: str) -> None:
    """Raise DeniedError (SELF_APPROVAL) for who took back a withdrawal of a locked account.

    They may have been deceived, and were asked: whatever is said of its verifications later, others decide.
    """
    if moderator_id in await withdrawal_store.reinstaters(tx.connection, account_token):
        raise DeniedError(Reason.SELF_APPROVAL)


async def withdraw(
    tx: Tx,
    owner: Account,
    *,
    cause: WithdrawalCause,
    case_id: str,
    verdict: SignedVerdict | None,
    due_at: datetime,
    today: date,
) -> None:
    """Withdraw the verification of a locked account, within the act that ends its case.

    case_id: of the contest or disavowal, which is stored as decided. verdict: None if nobody decided. due_at:
    by when its sanctions that fall on the person are narrowed.
    """
    connection, now, token = tx.connection, tx.now.business, owner.account_token
    await _end_claim(tx, owner)
    made = account_rules.withdrawal(
        account=owner,
        withdrawal_id=tx.events.new_id(),
        cause=cause,
        case_id=case_id,
        now=now,
    )
    await account_person.withdraw(
        connection, relying_party=owner.relying_party, person_id=owner.person_id or ""
    )
    await withdrawal_store.add(connection, made)
    record = await account_rows.find_record(connection, token)
    if record is not None:
        await former_version_acts.hold(
            tx, account_token=token, record_id=record.record_id, until=now + account_rules.KEPT_FOR
        )
    await narrowing_acts.begin(tx, owner, due_at=due_at)
    await credential_store.withdraw(connection, token, now=tx.now.real)
    after = account_rules.withdraw(account=owner, today=today, now=now)
    await account_rows.put(connection, after, claim_ended_at=now)
    await _log_ended(tx, token, await account_disavowal.ended(connection, token, now=now))
    await _log(tx, made, verdict)


async def _log(tx: Tx, made: Withdrawal, verdict: SignedVerdict | None) -> None:
    """Log a withdrawal. The type says whether somebody decided; on what is under the commitment."""
    fields: dict[str, Part] = {
        "withdrawal_id": made.withdrawal_id,
        "cause": made.cause.value,
        "case_id": made.case_id,
    }
    kind = EventType.WITHDRAWAL_SILENCE
    if verdict is not None:
        kind = EventType.WITHDRAWAL_DECIDE
        fields |= {"reason_digest": verdict.reason_digest, "paper": verdict.paper}
    await tx.log(kind, by=None, account_token=made.account_token, party="", **fields)


async def _log_ended(tx: Tx, account_token: str, disavowal_ids: Sequence[str]) -> None:
    """Log that disavowals of an account have nothing to withdraw any more."""
    for disavowal_id in disavowal_ids:
        await tx.log(
            EventType.DISAVOWAL_END, by=SYSTEM, account_token=account_token, disavowal_id=disavowal_id
        )


async def _end_claim(tx: Tx, owner: Account) -> None:
    """End the open claim of a locked account: it was opened as its owner's."""
    found = await claim_store.open_of(tx.connection, owner)
    if found is None:
        return
    ended = claim_rules.REVOKED
    await claim_acts.end_open(tx, owner, found, ended)
    await tx.log(
        EventType.CLAIM_SETTLE,
        by=SYSTEM,
        account_token=owner.account_token,
        claim_id=found.claim_id,
        state=ended.state.value,
        failure_reason="" if ended.failure_reason is None else ended.failure_reason.value,
        record_digest=b"",
    )


@act("withdrawal.forget")
async def forget(tx: Tx, known: Withdrawal, *, embargo: timedelta) -> bool:
    """Free whose verification was withdrawn, or forget the person; False if neither is due any more.

    embargo: how long an auditor's work is not told.
    """
    owner = await account_rows.lock(tx.connection, account_token=known.account_token)
    stored = await withdrawal_store.lock(tx.connection, known)
    if owner is None or stored is None or stored.person_id is None:
        tx.unchanged("the person was forgotten before")
        return False
    until = account_rules.kept_until(withdrawal=stored)
    held = await account_version.held(tx.connection, stored.account_token)
    is_held = any(each.until == until for each in held)
    # Read after the version: nothing is opened any more of one that is gone.
    accessed_at = await withdrawal_store.accessed_at(tx.connection, stored)
    after = account_rules.forget(
        withdrawal=stored,
        embargo=embargo,
        is_held=is_held,
        accessed_at=accessed_at,
        now=tx.now.business,
    )
    if after is stored:
        tx.unchanged("that is not due")
        return False
    if not account_rules.is_free(withdrawal=stored):
        await _free(tx, stored, stored.person_id)
    if after.person_id is not None:
        await withdrawal_store.put(tx.connection, after)
        tx.unchanged("the entry of the withdrawal tells when its person is free")
        return True
    is_owner = owner.person_id == stored.person_id
    await withdrawal_store.forget(tx.connection, after, person_id=stored.person_id, is_owner=is_owner)
    await account_person.forget(tx.connection, relying_party=stored.relying_party, person_id=stored.person_id)
    # Not under the account, whose opening keys may be destroyed.
    await tx.log(EventType.WITHDRAWAL_FORGET, withdrawal_id=stored.withdrawal_id)
    return True


async def _free(tx: Tx, stored: Withdrawal, person_id: str) -> None:
    """Let name and number of a person suffice again."""
    await account_person.free(tx.connection, relying_party=stored.relying_party, person_id=person_id)
    if stored.ended_at is None:
        # What was to come for a verification that cannot come back any more.
        await account_notice.forget(tx.connection, account_token=stored.account_token)


async def forget_all(vault: Vault, now: ClockReading, *, embargo: timedelta, limit: int) -> int:
    """Free, and later forget, whose verifications were withdrawn; return how many steps."""

    async def due() -> list[Withdrawal]:
        return await vault.read(
            "withdrawal.due", lambda one: withdrawal_store.due(one, now=now.business, limit=limit)
        )

    return await sweep(vault, now, due=due, each=partial(forget, embargo=embargo))
