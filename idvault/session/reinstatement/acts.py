"""Files, decides and reads appeals against withdrawals, and gives accounts their verification back.

Rows are locked in this order: request, account, reinstatement, withdrawal, person, then whatever belongs to
the account.
"""

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import partial
from hashlib import sha256

from idvault.account import rules as account_rules
from idvault.account.rules import Withdrawal, WithdrawalCause
from idvault.account.store import person as account_person
from idvault.account.store import rows as account_rows
from idvault.account.store import version as version_store
from idvault.account.store import withdrawal as withdrawal_store
from idvault.core.act import Tx, Vault, mutation
from idvault.core.db.connection import Connection
from idvault.core.request import Asked
from idvault.erasure.former_version import acts as former_version_acts
from idvault.moderator import acts as moderator_acts
from idvault.moderator.acts import ModerationCall, signed_act
from idvault.moderator.acts import stored as stored_moderators
from idvault.sanction import rules as sanction_rules
from idvault.sanction.narrowing import store as narrowing_store
from idvault.sanction.objection import rules as objection_rules
from idvault.sanction.objection.acts import FIELD, ObjectionContext, Objections, ObjectionWords, renumber
from idvault.sealing.ports import CaseField, SealedModerationText
from idvault.session.contest.rules import Contest
from idvault.session.contest.store import ROWS as CONTESTS
from idvault.session.disavowal.rules import Disavowal
from idvault.session.disavowal.store import ROWS as DISAVOWALS
from idvault.session.reinstatement import rules
from idvault.session.reinstatement.rules import Reinstatement, ReinstatementTerms
from idvault.session.reinstatement.store import ROWS
from idvault_verify.account import Account, AccountState
from idvault_verify.clock import ClockReading
from idvault_verify.error import NotFoundError, PreconditionError, Reason
from idvault_verify.event import EventType
from idvault_verify.session import ReinstatementState

REINSTATEMENTS = Objections(
    ROWS,
    ObjectionWords(
        "reinstatement",
        EventType.REINSTATEMENT_FILE,
        EventType.REINSTATEMENT_OVERDUE,
        EventType.REINSTATEMENT_DELETE,
        Reason.REINSTATEMENT_EXISTS,
    ),
)


@dataclass(frozen=True, slots=True)
class ReinstatementDecision:
    """A decision that a moderator has signed. reason: checked."""

    verdict: ReinstatementState
    moderator_id: str
    reason: str
    terms: ReinstatementTerms


@dataclass(frozen=True, slots=True)
class ReinstatementConfirmation:
    """A confirmation that a moderator has signed. paper_digest: of the proposal that was read."""

    moderator_id: str
    paper_digest: bytes
    terms: ReinstatementTerms


async def file(
    vault: Vault,
    call: Asked,
    now: ClockReading,
    *,
    account_token: str,
    text: str,
    context: ObjectionContext[ReinstatementTerms],
) -> Reinstatement:
    """File an appeal of the caller's account; raises NotFoundError, PreconditionError and others."""
    await vault.guard.check(now=now)
    objection_rules.check_text(text)
    made = vault.new_id()
    sealed = context.sealer.seal(CaseField(call.relying_party, made, FIELD), text)
    request = call.request(vault.fingerprinter).of_account(account_token)
    return await store_filing.run(
        vault, call, now, request, made, account_token=account_token, text=sealed, terms=context.terms
    )


async def file_until(vault: Vault, account_token: str, now: ClockReading, *, zone: tzinfo) -> datetime | None:
    """Return until when the present withdrawal of an account can be appealed; None if it cannot, or was."""

    async def read(connection: Connection) -> datetime | None:
        found = await withdrawal_store.present(connection, account_token)
        if found is None:
            return None
        party, against = found.relying_party, found.withdrawal_id
        filed = await ROWS.find_against(connection, party, account_token, against)
        until = rules.file_until(withdrawal=found, zone=zone)
        return until if filed is None and now.business < until else None

    return await vault.read("reinstatement.file_until", read)


@mutation("reinstatement.file", again=ROWS.get)
async def store_filing(
    tx: Tx,
    reinstatement_id: str,
    *,
    account_token: str,
    text: SealedModerationText,
    terms: ReinstatementTerms,
) -> Reinstatement:
    """Store a new appeal and its text."""
    owner = await account_rows.lock_of(tx.connection, account_token=account_token, relying_party=tx.party)
    if owner.state is AccountState.ERASED:
        raise PreconditionError(Reason.ACCOUNT_ERASED)
    made = rules.file(
        reinstatement_id=reinstatement_id,
        account=owner,
        withdrawal=await withdrawal_store.present(tx.connection, account_token),
        terms=terms,
        now=tx.now.business,
    )
    return await REINSTATEMENTS.add(tx, owner, made, text)


async def decide(
    vault: Vault,
    call: ModerationCall,
    now: ClockReading,
    reinstatement_id: str,
    *,
    verdict: ReinstatementState,
    reason: str,
    terms: ReinstatementTerms,
) -> Reinstatement:
    """Reject an appeal of the caller's, or propose to uphold it; raises NotFoundError and others."""
    await vault.guard.check(now=now)
    sanction_rules.check_reason(reason)
    token = (await REINSTATEMENTS.find(vault, call.relying_party, reinstatement_id)).account_token
    paper = await signed_act(stored_moderators(vault), call, now=now)
    request = call.decided(vault.fingerprinter).of_account(token)
    decided = ReinstatementDecision(verdict, call.moderator_id, reason, terms)
    return await store_decision.run(vault, call, now, request, reinstatement_id, token, decided, paper)


@mutation("reinstatement.decide", again=ROWS.get)
async def store_decision(
    tx: Tx, reinstatement_id: str, account_token: str, given: ReinstatementDecision, paper: bytes
) -> Reinstatement:
    """Store a rejection or a proposal. What became of the account is no reason to leave it undecided."""
    owner = await account_rows.lock_of(tx.connection, account_token=account_token, relying_party=tx.party)
    noted = await REINSTATEMENTS.lock(tx, tx.party, reinstatement_id)
    withdrawal = await _withdrawal(tx, noted)
    by = await _withdrawn_by(tx, withdrawal)
    rule = partial(
        rules.reject if given.verdict is ReinstatementState.REJECTED else rules.propose,
        reinstatement=noted,
        withdrawn_by=by,
        moderator_id=given.moderator_id,
        reason=given.reason,
        now=tx.now.business,
    )
    if given.verdict is ReinstatementState.REJECTED:
        kind, decided = EventType.REINSTATEMENT_REJECT, rule(terms=given.terms)
    else:
        kind, decided = EventType.REINSTATEMENT_PROPOSE, rule(paper_digest=sha256(paper).digest())
    await renumber(tx, owner)
    await ROWS.put(tx.connection, decided)
    await tx.log(
        kind,
        account_token=account_token,
        reinstatement_id=reinstatement_id,
        reason_digest=sha256(decided.reason.encode()).digest(),
        paper=paper,
    )
    return decided


async def confirm(
    vault: Vault,
    call: ModerationCall,
    now: ClockReading,
    reinstatement_id: str,
    *,
    paper_digest: bytes,
    terms: ReinstatementTerms,
) -> Reinstatement:
    """Confirm a proposal, and reinstate the account if it still can be; raises as `decide` does."""
    await vault.guard.check(now=now)
    token = (await REINSTATEMENTS.find(vault, call.relying_party, reinstatement_id)).account_token
    paper = await signed_act(stored_moderators(vault), call, now=now)
    request = call.decided(vault.fingerprinter).of_account(token)
    given = ReinstatementConfirmation(call.moderator_id, paper_digest, terms)
    return await store_confirmation.run(vault, call, now, request, reinstatement_id, token, given, paper)


@mutation("reinstatement.confirm", again=ROWS.get)
async def store_confirmation(
    tx: Tx, reinstatement_id: str, account_token: str, given: ReinstatementConfirmation, paper: bytes
) -> Reinstatement:
    """Uphold an appeal. Its one entry is the same whether or not the account gets its verification back."""
    owner = await account_rows.lock_of(tx.connection, account_token=account_token, relying_party=tx.party)
    noted = await REINSTATEMENTS.lock(tx, tx.party, reinstatement_id)
    withdrawal = await _withdrawal(tx, noted)
    upheld = rules.confirm(
        reinstatement=noted,
        withdrawn_by=await _withdrawn_by(tx, withdrawal),
        moderator_id=given.moderator_id,
        paper_digest=given.paper_digest,
        terms=given.terms,
        now=tx.now.business,
    )
    await moderator_acts.check_live(tx, noted.proposed_by)
    upheld = replace(upheld, reinstated=await _reinstate(tx, owner, withdrawal, upheld, given))
    if not upheld.reinstated:
        await renumber(tx, owner)
    await ROWS.put(tx.connection, upheld)
    await tx.log(
        EventType.REINSTATEMENT_UPHOLD,
        account_token=account_token,
        reinstatement_id=reinstatement_id,
        reinstated=str(upheld.reinstated).lower(),
        reason_digest=sha256(upheld.reason.encode()).digest(),
        paper=paper,
    )
    return upheld


async def _withdrawal(tx: Tx, noted: Reinstatement) -> Withdrawal:
    """Return what an appeal is against, locked."""
    found = await withdrawal_store.find(tx.connection, noted.account_token, withdrawal_id=noted.withdrawal_id)
    if found is None:
        raise NotFoundError(Reason.REINSTATEMENT_NOT_FOUND)
    return found


async def _withdrawn_by(tx: Tx, withdrawal: Withdrawal) -> tuple[str, ...]:
    """Return the moderators who proposed and confirmed a withdrawal; after silence nobody has."""
    rows = CONTESTS if withdrawal.cause is WithdrawalCause.CONTEST else DISAVOWALS
    case: Contest | Disavowal = await rows.get(tx.connection, tx.party, withdrawal.case_id)
    return tuple(each for each in (case.proposed_by, case.decided_by) if each is not None)


async def _reinstate(
    tx: Tx,
    owner: Account,
    withdrawal: Withdrawal,
    upheld: Reinstatement,
    given: ReinstatementConfirmation,
) -> bool:
    """Give a locked account back what a withdrawal took; return whether that was still possible.

    Its credentials stay INVALID. An open claim goes on: it ends as one of the account's owner or another's.
    """
    connection, now, token = tx.connection, tx.now.business, owner.account_token
    person_id = withdrawal.person_id
    can = account_rules.can_reinstate(account=owner, withdrawal=withdrawal, now=now)
    if person_id is None or not can:
        return False
    taken = await account_person.take_back(
        connection,
        relying_party=owner.relying_party,
        person_id=person_id,
        limit=given.terms.accounts_per_person,
    )
    if not taken:
        return False
    for held in await version_store.held(connection, token):
        if held.until == account_rules.kept_until(withdrawal=withdrawal):
            await former_version_acts.lift(tx, account_token=token, record_id=held.record_id, present=True)
    await withdrawal_store.reinstate(
        connection,
        withdrawal,
        proposed_by=upheld.proposed_by,
        confirmed_by=given.moderator_id,
        now=now,
    )
    await narrowing_store.drop(connection, token)
    after = account_rules.reinstate(account=owner, withdrawal=withdrawal, now=now)
    ended_at = now if owner.open_claim_id is None else None
    await account_rows.put(connection, after, claim_ended_at=ended_at)
    return True
