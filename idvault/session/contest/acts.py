"""Files, decides and reads contests; notes which are overdue, and deletes the texts of old ones.

Rows are locked in this order: request, account, contest, then what a withdrawal locks.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Protocol

from idvault.account.rules import WithdrawalCause
from idvault.account.store import rows as account_rows
from idvault.account.store import withdrawal as withdrawal_store
from idvault.core.act import Tx, Vault, mutation
from idvault.core.request import Asked
from idvault.moderator import acts as moderator_acts
from idvault.moderator.acts import ModerationCall, signed_act
from idvault.moderator.acts import stored as stored_moderators
from idvault.sanction import rules as sanction_rules
from idvault.sanction.objection import rules as objection_rules
from idvault.sanction.objection.acts import FIELD, ObjectionContext, Objections, ObjectionWords, renumber
from idvault.sealing.ports import CaseField, SealedModerationText
from idvault.session import store as session_store
from idvault.session.contest import rules, store
from idvault.session.contest.rules import Contest, ContestTerms
from idvault.session.contest.store import ROWS
from idvault.session.withdrawal import acts as withdrawal_acts
from idvault.session.withdrawal.acts import SignedVerdict
from idvault_verify import deadline
from idvault_verify.account import AccountState
from idvault_verify.clock import ClockReading
from idvault_verify.error import NotFoundError, PreconditionError, Reason
from idvault_verify.event import EventType
from idvault_verify.session import ContestState

CONTESTS = Objections(
    ROWS,
    ObjectionWords(
        "contest",
        EventType.CONTEST_FILE,
        EventType.CONTEST_OVERDUE,
        EventType.CONTEST_DELETE,
        Reason.CONTEST_EXISTS,
    ),
)


class ContestRule(Protocol):
    """session.contest.rules.confirm, with who confirms what."""

    def __call__(self, *, contest: Contest, now: datetime) -> Contest:
        """Return the upheld contest."""
        ...


@dataclass(frozen=True, slots=True)
class ContestDecision:
    """A decision that a moderator has signed. reason: checked."""

    verdict: ContestState
    moderator_id: str
    reason: str
    terms: ContestTerms


@dataclass(frozen=True, slots=True)
class ContestConfirmation:
    """A confirmation that a moderator has signed."""

    rule: ContestRule
    moderator_id: str
    paper: bytes


async def file(
    vault: Vault,
    call: Asked,
    now: ClockReading,
    *,
    account_token: str,
    claim_id: str,
    text: str,
    context: ObjectionContext[ContestTerms],
    again: bool,
) -> Contest:
    """File a contest of the caller's account; raises NotFoundError, PreconditionError and others.

    again: whether it may take the place of one that was rejected.
    """
    await vault.guard.check(now=now)
    objection_rules.check_text(text)
    former = (
        await CONTESTS.find_against(vault, call.relying_party, account_token, claim_id) if again else None
    )
    # The text is sealed for the id that it will have.
    made = vault.new_id() if former is None else former.contest_id
    sealed = context.sealer.seal(CaseField(call.relying_party, made, FIELD), text)
    request = call.request(vault.fingerprinter).of_account(account_token)
    return await store_filing.run(
        vault,
        call,
        now,
        request,
        made,
        account_token=account_token,
        claim_id=claim_id,
        text=sealed,
        terms=context.terms,
    )


@mutation("contest.file", again=ROWS.get)
async def store_filing(
    tx: Tx,
    contest_id: str,
    *,
    account_token: str,
    claim_id: str,
    text: SealedModerationText,
    terms: ContestTerms,
) -> Contest:
    """Store a new contest and its text, perhaps in the place of a rejected one, whose id it has then."""
    owner = await account_rows.lock_of(tx.connection, account_token=account_token, relying_party=tx.party)
    if owner.state is AccountState.ERASED:
        raise PreconditionError(Reason.ACCOUNT_ERASED)
    claim = await session_store.claim(tx.connection, account_token, claim_id)
    if claim is None:
        raise NotFoundError(Reason.VERIFICATION_NOT_FOUND)
    made = rules.file(
        contest_id=contest_id,
        relying_party=tx.party,
        account_token=account_token,
        claim_id=claim_id,
        claim_state=claim.state,
        terms=terms,
        now=tx.now.business,
    )
    former = await ROWS.find_against(tx.connection, tx.party, account_token, claim_id)
    if former is not None and former.contest_id == contest_id:
        again = await _filed_again(tx, former, made)
        if again is not None:
            return await CONTESTS.replace(tx, owner, again, text)
    return await CONTESTS.add(tx, owner, made, text)


async def _filed_again(tx: Tx, former: Contest, made: Contest) -> Contest | None:
    """Return the contest that takes the place of a former one, None if that one's decision stands."""
    if former.state is ContestState.REJECTED:
        return rules.file_again(former=former, made=made)
    if former.decided_at is None:
        return None
    found = await withdrawal_store.reinstated(
        tx.connection, former.account_token, contest_id=former.contest_id, at=former.decided_at
    )
    if found is None:
        return None
    return rules.file_after(former=former, made=made)


async def decide(
    vault: Vault,
    call: ModerationCall,
    now: ClockReading,
    contest_id: str,
    *,
    verdict: ContestState,
    reason: str,
    terms: ContestTerms,
) -> Contest:
    """Reject a contest of the caller's, or propose to uphold it; raises NotFoundError and others."""
    await vault.guard.check(now=now)
    sanction_rules.check_reason(reason)
    token = (await CONTESTS.find(vault, call.relying_party, contest_id)).account_token
    paper = await signed_act(stored_moderators(vault), call, now=now)
    request = call.decided(vault.fingerprinter).of_account(token)
    decided = ContestDecision(verdict, call.moderator_id, reason, terms)
    return await store_decision.run(vault, call, now, request, contest_id, token, decided, paper)


@mutation("contest.decide", again=ROWS.get)
async def store_decision(
    tx: Tx, contest_id: str, account_token: str, given: ContestDecision, paper: bytes
) -> Contest:
    """Store a rejection or a proposal. An erased account is no reason to leave a contest undecided."""
    owner = await account_rows.lock_of(tx.connection, account_token=account_token, relying_party=tx.party)
    noted = await CONTESTS.lock(tx, tx.party, contest_id)
    now, moderator_id = tx.now.business, given.moderator_id
    if given.verdict is ContestState.REJECTED:
        kind = EventType.CONTEST_REJECT
        decided = rules.reject(
            contest=noted, moderator_id=moderator_id, reason=given.reason, terms=given.terms, now=now
        )
    else:
        kind = EventType.CONTEST_PROPOSE
        decided = rules.propose(
            contest=noted,
            moderator_id=moderator_id,
            reason=given.reason,
            paper_digest=sha256(paper).digest(),
            now=now,
        )
    await withdrawal_acts.check_impartial(tx, account_token, moderator_id)
    await renumber(tx, owner)
    await ROWS.put(tx.connection, decided)
    await tx.log(
        kind,
        account_token=account_token,
        contest_id=contest_id,
        reason_digest=sha256(decided.reason.encode()).digest(),
        paper=paper,
    )
    return decided


async def confirm(
    vault: Vault,
    call: ModerationCall,
    now: ClockReading,
    contest_id: str,
    *,
    paper_digest: bytes,
    terms: ContestTerms,
) -> Contest:
    """Confirm a proposal, and withdraw what was contested; raises as `decide` does, and DeniedError."""
    await vault.guard.check(now=now)
    token = (await CONTESTS.find(vault, call.relying_party, contest_id)).account_token
    paper = await signed_act(stored_moderators(vault), call, now=now)
    request = call.decided(vault.fingerprinter).of_account(token)
    rule = partial(rules.confirm, moderator_id=call.moderator_id, paper_digest=paper_digest, terms=terms)
    signed = ContestConfirmation(rule, call.moderator_id, paper)
    return await store_confirmation.run(vault, call, now, request, contest_id, token, signed, terms=terms)


@mutation("contest.confirm", again=ROWS.get)
async def store_confirmation(
    tx: Tx, contest_id: str, account_token: str, signed: ContestConfirmation, *, terms: ContestTerms
) -> Contest:
    """Uphold a contest. If that withdraws a verification, the entry of the withdrawal is the only one."""
    owner = await account_rows.lock_of(tx.connection, account_token=account_token, relying_party=tx.party)
    noted = await CONTESTS.lock(tx, tx.party, contest_id)
    upheld = signed.rule(contest=noted, now=tx.now.business)
    await withdrawal_acts.check_impartial(tx, account_token, signed.moderator_id)
    await moderator_acts.check_live(tx, noted.proposed_by)
    claims = await store.claims_of(tx.connection, account_token)
    reason = sha256(upheld.reason.encode()).digest()
    await ROWS.put(tx.connection, upheld)
    if rules.withdraws(contest=upheld, account=owner, claims=claims):
        await withdrawal_acts.withdraw(
            tx,
            owner,
            cause=WithdrawalCause.CONTEST,
            case_id=contest_id,
            verdict=SignedVerdict(reason, signed.paper),
            due_at=deadline.due_at(start=tx.now.business, days=rules.CONTEST_DECISION_DAYS, zone=terms.zone),
            today=tx.now.today(terms.zone),
        )
    else:
        await renumber(tx, owner)
        await tx.log(
            EventType.CONTEST_UPHOLD,
            account_token=account_token,
            contest_id=contest_id,
            reason_digest=reason,
            paper=signed.paper,
        )
    return upheld
