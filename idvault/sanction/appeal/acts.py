"""Files, decides and reads appeals; notes which are overdue, and deletes the texts of old ones.

- What a moderator signed is built again from the call and checked before anything is stored.
- Rows are locked in this order: request, account, sanction, appeal.
"""

from datetime import datetime
from functools import partial
from typing import Protocol

from idvault.core.act import SYSTEM, Tx, Vault, mutation
from idvault.moderator.acts import ModerationCall, ModeratorPaper, decision
from idvault.moderator.acts import stored as stored_moderators
from idvault.sanction import acts as sanction_acts
from idvault.sanction import rules as sanction_rules
from idvault.sanction.appeal import rules
from idvault.sanction.appeal.rules import Appeal, AppealTerms
from idvault.sanction.appeal.store import ROWS
from idvault.sanction.objection import rules as objection_rules
from idvault.sanction.objection.acts import FIELD, ObjectionContext, Objections, ObjectionWords, renumber
from idvault.sanction.rules import Sanction
from idvault.sanction.store import lock
from idvault.sealing.ports import CaseField, SealedModerationText
from idvault_verify.account import Account
from idvault_verify.attest import sanction as papers
from idvault_verify.clock import ClockReading
from idvault_verify.error import Reason
from idvault_verify.event import EventType
from idvault_verify.sanction import AppealState, SanctionState

APPEALS = Objections(
    ROWS,
    ObjectionWords(
        "appeal",
        EventType.APPEAL_FILE,
        EventType.APPEAL_OVERDUE,
        EventType.APPEAL_DELETE,
        Reason.APPEAL_EXISTS,
    ),
)
_DECIDED = {AppealState.UPHELD: EventType.APPEAL_UPHOLD, AppealState.REJECTED: EventType.APPEAL_REJECT}


class AppealRule(Protocol):
    """sanction.appeal.rules.decide, with what a moderator has decided."""

    def __call__(self, *, appeal: Appeal, sanction: Sanction, paper: bytes, now: datetime) -> Appeal:
        """Return the decided appeal."""
        ...


async def file(
    vault: Vault,
    call: ModerationCall,
    now: ClockReading,
    sanction_id: str,
    *,
    text: str,
    context: ObjectionContext[AppealTerms],
) -> Appeal:
    """File an appeal; raises InvalidError, NotFoundError, AlreadyExistsError and PreconditionError."""
    await vault.guard.check(now=now)
    objection_rules.check_text(text)
    sanction = await sanction_acts.find(vault, call.relying_party, sanction_id)
    made = vault.new_id()
    sealed = context.sealer.seal(CaseField(call.relying_party, made, FIELD), text)
    request = call.request(vault.fingerprinter).of_account(sanction.account_token)
    return await store_filing.run(vault, call, now, request, made, sanction, text=sealed, terms=context.terms)


@mutation("appeal.file", again=ROWS.get)
async def store_filing(
    tx: Tx, appeal_id: str, sanction: Sanction, *, text: SealedModerationText, terms: AppealTerms
) -> Appeal:
    """Store a new appeal. An erased account's owner may appeal, because the sanction outlives the account."""
    owner, stored = await lock.lock(tx.connection, sanction)
    made = rules.file(appeal_id=appeal_id, sanction=stored, terms=terms, now=tx.now.business)
    return await APPEALS.add(tx, owner, made, text)


async def decide(
    vault: Vault,
    call: ModerationCall,
    now: ClockReading,
    appeal_id: str,
    *,
    verdict: AppealState,
    reason: str,
    terms: AppealTerms,
) -> Appeal:
    """Decide an appeal; raises TransitionError, DeniedError (SELF_APPROVAL) and others."""
    await vault.guard.check(now=now)
    sanction_rules.check_reason(reason)
    appeal = await APPEALS.find(vault, call.relying_party, appeal_id)
    sanction = await sanction_acts.find(vault, call.relying_party, appeal.sanction_id)
    text = partial(
        papers.appeal_decision,
        call.occasion,
        appeal_id=appeal_id,
        paper_digest=papers.digest(sanction.paper),
        verdict=verdict.value,
        reason=reason,
    )
    request = call.request(vault.fingerprinter).of_account(appeal.account_token)
    rule = partial(rules.decide, verdict=verdict, moderator_id=call.moderator_id, reason=reason, terms=terms)
    signed = ModeratorPaper(stored_moderators(vault), call, text)
    return await store_decision.of_paper(
        vault, now, signed, request, appeal_id, sanction, rule, signer=call.moderator_id
    )


@decision("appeal.decide", again=ROWS.get)
async def store_decision(
    tx: Tx, appeal_id: str, paper: bytes, sanction: Sanction, rule: AppealRule, *, signer: str
) -> Appeal:
    """Store a decision, and what it does to the sanction and to the account's standing."""
    owner, stored = await lock.locked_sanction(tx.connection, sanction, signer=signer)
    noted = await APPEALS.lock(tx, tx.party, appeal_id)
    decided = rule(appeal=noted, sanction=stored, paper=paper, now=tx.now.business)
    if decided.state is AppealState.UPHELD:
        await _overturn(tx, owner, stored, decided, paper)
    else:
        await renumber(tx, owner)
    await ROWS.put(tx.connection, decided)
    kind = _DECIDED[decided.state]
    await tx.log(kind, account_token=decided.account_token, appeal_id=appeal_id, paper=paper)
    return decided


async def _overturn(tx: Tx, owner: Account, sanction: Sanction, appeal: Appeal, paper: bytes) -> None:
    """Store the sanction as overturned, and the standing that its account has without it."""
    now = tx.now.business
    present = sanction_rules.fall(sanction=sanction, now=now)
    after = sanction_rules.overturn(
        sanction=sanction,
        moderator_id=appeal.decided_by or "",
        reason=appeal.reason,
        paper=paper,
        now=now,
    )
    await sanction_acts.end(tx, owner, former=sanction, ended=after, by_appeal=True)
    if sanction.public_account_id is not None:  # then only the public account has changed
        await renumber(tx, owner)
    # Of a sanction that has ended, only the shown state changes: its end is already in the log.
    if present.state is SanctionState.IN_FORCE:
        await sanction_acts.log(tx, sanction, "overturn", paper=paper)
    elif sanction.state is SanctionState.IN_FORCE:
        await sanction_acts.log(tx, sanction, "lapse", by=SYSTEM)
