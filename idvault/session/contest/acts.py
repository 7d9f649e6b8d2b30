"""Files, decides and reads contests; notes which are overdue, and deletes the texts of old ones.

Rows are locked in this order: request, account, contest.
"""

from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Protocol

from idvault.account.store import rows as account_rows
from idvault.core.act import Tx, Vault, mutation
from idvault.core.request import Asked
from idvault.moderator.acts import ModerationCall, signed_act
from idvault.moderator.acts import stored as stored_moderators
from idvault.sanction import rules as sanction_rules
from idvault.sanction.objection import rules as objection_rules
from idvault.sanction.objection.acts import FIELD, ObjectionContext, Objections, ObjectionWords, renumber
from idvault.sealing.ports import CaseField, SealedModerationText
from idvault.session import store as session_store
from idvault.session.contest import rules
from idvault.session.contest.rules import Contest, ContestTerms
from idvault.session.contest.store import ROWS
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
_DECIDED = {ContestState.UPHELD: EventType.CONTEST_UPHOLD, ContestState.REJECTED: EventType.CONTEST_REJECT}


class ContestRule(Protocol):
    """session.contest.rules.decide, with what was decided."""

    def __call__(self, *, contest: Contest, now: datetime) -> Contest:
        """Return the decided contest."""
        ...


async def file(
    vault: Vault,
    call: Asked,
    now: ClockReading,
    *,
    account_token: str,
    claim_id: str,
    text: str,
    context: ObjectionContext[ContestTerms],
) -> Contest:
    """File a contest of the caller's account; raises NotFoundError, PreconditionError and others."""
    await vault.guard.check(now=now)
    objection_rules.check_text(text)
    made = vault.new_id()
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
    """Store a new contest and its text."""
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
    return await CONTESTS.add(tx, owner, made, text)


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
    """Decide a contest of the caller's; raises NotFoundError, TransitionError and others."""
    await vault.guard.check(now=now)
    sanction_rules.check_reason(reason)
    token = (await CONTESTS.find(vault, call.relying_party, contest_id)).account_token
    paper = await signed_act(stored_moderators(vault), call, now=now)
    request = call.decided(vault.fingerprinter).of_account(token)
    rule = partial(rules.decide, verdict=verdict, reason=reason, terms=terms)
    return await store_decision.run(vault, call, now, request, contest_id, token, rule, paper)


@mutation("contest.decide", again=ROWS.get)
async def store_decision(
    tx: Tx, contest_id: str, account_token: str, rule: ContestRule, paper: bytes
) -> Contest:
    """Store a decision. An erasure of the account meanwhile is no reason to leave a contest undecided."""
    owner = await account_rows.lock_of(tx.connection, account_token=account_token, relying_party=tx.party)
    noted = await CONTESTS.lock(tx, tx.party, contest_id)
    decided = rule(contest=noted, now=tx.now.business)
    await renumber(tx, owner)
    await ROWS.put(tx.connection, decided)
    await tx.log(
        _DECIDED[decided.state],
        account_token=account_token,
        contest_id=contest_id,
        reason_digest=sha256(decided.reason.encode()).digest(),
        paper=paper,
    )
    return decided
