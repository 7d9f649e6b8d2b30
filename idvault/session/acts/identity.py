"""What the owner of an account sees of it ("my identity"), and what is filed or requested there.

- A session shows its account only to the browser that the platform has confirmed, and only until it expires.
- A platform could open the session in place of its user. So it shows nothing that the platform cannot read by
  calls of its own; what it must not learn is shown after a match alone (session.acts.page).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from idvault.account import acts as account_acts
from idvault.account import rules as account_rules
from idvault.claim.acts import claim as claim_acts
from idvault.claim.acts.claim import Receipt, ReceiptContext
from idvault.core.act import Vault
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Asked
from idvault.disclosure.acts import history as history_acts
from idvault.disclosure.acts.history import History, HistoryContext
from idvault.erasure import acts as erasure_acts
from idvault.erasure.acts import ErasureCall, ErasureContext, ErasureOffer, ShownErasure
from idvault.moderator.acts import ModerationCall
from idvault.public_account.acts import public_account as public_account_acts
from idvault.public_account.acts.step import ShownPublicAccount
from idvault.sanction import acts as sanction_acts
from idvault.sanction.appeal import acts as appeal_acts
from idvault.sanction.appeal.acts import APPEALS
from idvault.sanction.appeal.rules import Appeal, AppealTerms
from idvault.sanction.objection.acts import ObjectionContext
from idvault.sanction.objection.rules import ObjectionFilter
from idvault.sanction.rules import Sanction, SanctionFilter
from idvault.session import rules, store
from idvault.session.acts import proof as proof_acts
from idvault.session.acts.answer import AnswerContext
from idvault.session.acts.page import BrowserSession, documents, of_browser
from idvault.session.contest import acts as contest_acts
from idvault.session.contest.acts import CONTESTS
from idvault.session.contest.rules import Contest, ContestTerms
from idvault.session.disavowal import acts as disavowal_acts
from idvault.session.disavowal.rules import Disavowal
from idvault.session.reinstatement import acts as reinstatement_acts
from idvault.session.reinstatement.acts import REINSTATEMENTS
from idvault.session.reinstatement.rules import Reinstatement, ReinstatementTerms
from idvault.session.rules import PastClaim, VerificationSession
from idvault_verify.account import Account, AccountState, Status
from idvault_verify.attest.quorum import Quorum
from idvault_verify.claim import ClaimState
from idvault_verify.clock import ClockReading
from idvault_verify.document import DocumentType
from idvault_verify.erasure import ErasureOrigin
from idvault_verify.error import NotFoundError, Reason
from idvault_verify.session import Proof

LIMIT = 100
"""How many verifications, sanctions, appeals and public accounts are shown."""


@dataclass(frozen=True, slots=True)
class AnswerOffer:
    """How the holder of a disowned account can show to be that person.

    provider: "" for none. next_proof: 0 if no more can be begun. proof_url: of the newest, "" before it.
    """

    provider: str = ""
    document_types: tuple[DocumentType, ...] = ()
    next_proof: int = 0
    proof_url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class OwnIdentity:
    """An account as its owner sees it. quorum: of the stored record, None if there is none.

    reinstate_until: until when the present withdrawal can be appealed, None if it cannot. offered: public
    accounts that their owners offer to this account.
    """

    status: Status
    quorum: Quorum | None
    claims: tuple[PastClaim, ...]
    sanctions: tuple[Sanction, ...]
    appeals: tuple[Appeal, ...]
    contests: tuple[Contest, ...]
    disavowals: tuple[Disavowal, ...]
    answer: AnswerOffer
    reinstatements: tuple[Reinstatement, ...]
    reinstate_until: datetime | None
    public_accounts: tuple[ShownPublicAccount, ...]
    offered: tuple[ShownPublicAccount, ...]
    erasure: ShownErasure | None
    offer: ErasureOffer


@dataclass(kw_only=True, eq=False, repr=False)
class IdentityContext:
    """What is needed beside the vault. quorum: finds a quorum of any roster version by its id."""

    quorum: Callable[[str], Quorum | None]
    appeals: ObjectionContext[AppealTerms]
    contests: ObjectionContext[ContestTerms]
    answers: AnswerContext
    reinstatements: ObjectionContext[ReinstatementTerms]
    erasures: ErasureContext
    histories: HistoryContext
    receipts: ReceiptContext
    policy: OperatorPolicy


async def get(
    vault: Vault, context: IdentityContext, browser: BrowserSession, *, now: ClockReading
) -> OwnIdentity:
    """Return the account of a session; raises NotFoundError and PreconditionError."""
    session, token = await owned(vault, browser, now)
    party = session.relying_party
    account = await account_acts.find(vault.main, party, token)
    if account is None:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    record = await account_acts.record(vault.main, token)
    sanctions, _ = await sanction_acts.page(
        vault, party, SanctionFilter(token), state=None, after="", limit=LIMIT, now=now
    )
    own = ObjectionFilter(token)
    appeals, _ = await APPEALS.page(vault, party, own, after="", limit=LIMIT, now=now)
    contests, _ = await CONTESTS.page(vault, party, own, after="", limit=LIMIT, now=now)
    disavowals, _ = await disavowal_acts.page(vault, party, own, after="", limit=LIMIT, now=now)
    reinstatements, _ = await REINSTATEMENTS.page(vault, party, own, after="", limit=LIMIT, now=now)
    public_accounts, _ = await public_account_acts.page(
        vault,
        party,
        account_token=token,
        state=None,
        after="",
        limit=LIMIT,
        zone=context.policy.zone,
        now=now,
    )
    offered = await public_account_acts.offered(
        vault, party, token, limit=LIMIT, zone=context.policy.zone, now=now
    )
    claims = await vault.read("session.past_claims", lambda one: store.past_claims(one, token, LIMIT))
    return OwnIdentity(
        account_rules.project(account=account, today=now.today(context.policy.zone), now=now.business),
        None if record is None else context.quorum(record.present_quorum_id),
        tuple(claims),
        tuple(sanctions),
        tuple(appeals),
        tuple(contests),
        tuple(disavowals),
        _answer(context.answers, session, browser),
        tuple(reinstatements),
        await _reinstate_until(vault, account, now, zone=context.policy.zone),
        tuple(public_accounts),
        tuple(offered),
        await erasure_acts.find(vault, party, token, proofs=context.erasures.proofs),
        await erasure_acts.offer(vault, account, now, terms=context.erasures.terms),
    )


async def _reinstate_until(
    vault: Vault, account: Account, now: ClockReading, *, zone: tzinfo
) -> datetime | None:
    if account.state is not AccountState.REVOKED:
        return None
    return await reinstatement_acts.file_until(vault, account.account_token, now, zone=zone)


def _answer(context: AnswerContext, session: VerificationSession, browser: BrowserSession) -> AnswerOffer:
    provider = context.sessions.providers.get(Proof.HOLDER)
    if provider is None:
        return AnswerOffer()
    page = provider.page(proof_acts.nonce_of(browser, session.proofs)) if session.proofs else ""
    types = documents(context.sessions, Proof.HOLDER)
    return AnswerOffer(provider.name, types, rules.next_answer(session=session), page)


async def history(
    vault: Vault, context: IdentityContext, browser: BrowserSession, *, now: ClockReading
) -> History:
    """Return the disclosure history of a session's account; raises as `get`, and as the history does."""
    session, token = await owned(vault, browser, now)
    return await history_acts.of(vault, session.relying_party, token, now, context=context.histories)


async def receipt(
    vault: Vault, context: IdentityContext, browser: BrowserSession, *, claim_id: str, now: ClockReading
) -> Receipt:
    """Return the receipt of a verification; raises NotFoundError (VERIFICATION_NOT_FOUND)."""
    _, token = await owned(vault, browser, now)
    claim = await vault.read("session.claim", lambda one: store.claim(one, token, claim_id))
    succeeded = claim is not None and claim.state is ClaimState.SUCCEEDED
    found = None
    if claim is not None and succeeded:
        found = await claim_acts.receipt_of(vault, claim, context=context.receipts)
    if found is None:
        raise NotFoundError(Reason.VERIFICATION_NOT_FOUND)
    return found


async def appeal(
    vault: Vault,
    context: IdentityContext,
    call: Asked,
    now: ClockReading,
    browser: BrowserSession,
    *,
    sanction_id: str,
    text: str,
) -> Appeal:
    """File an appeal against a sanction of the session's account; raises as sanction.appeal.acts.file."""
    session, token = await owned(vault, browser, now)
    party = session.relying_party
    sanction = await sanction_acts.find(vault, party, sanction_id)
    if sanction.account_token != token:
        raise NotFoundError(Reason.SANCTION_NOT_FOUND)
    filing = ModerationCall(party, call.actor_id, call.request_id, call.method, call.content)
    return await appeal_acts.file(vault, filing, now, sanction_id, text=text, context=context.appeals)


async def contest(
    vault: Vault,
    context: IdentityContext,
    call: Asked,
    now: ClockReading,
    browser: BrowserSession,
    *,
    claim_id: str,
    text: str,
) -> Contest:
    """File a contest of a verification of the session's account; raises as session.contest.acts.file."""
    session, token = await owned(vault, browser, now)
    filing = replace(call, relying_party=session.relying_party)
    return await contest_acts.file(
        vault,
        filing,
        now,
        account_token=token,
        claim_id=claim_id,
        text=text,
        context=context.contests,
        again=False,
    )


async def appeal_withdrawal(
    vault: Vault,
    context: IdentityContext,
    call: Asked,
    now: ClockReading,
    browser: BrowserSession,
    *,
    text: str,
) -> Reinstatement:
    """File an appeal against the withdrawal; raises as session.reinstatement.acts.file."""
    session, token = await owned(vault, browser, now)
    filing = replace(call, relying_party=session.relying_party)
    return await reinstatement_acts.file(
        vault, filing, now, account_token=token, text=text, context=context.reinstatements
    )


async def erase(
    vault: Vault, context: IdentityContext, call: Asked, now: ClockReading, browser: BrowserSession
) -> ShownErasure:
    """Request the erasure of the session's account; raises as erasure.acts.request."""
    asked = await _about(vault, call, browser, now)
    return await erasure_acts.request(vault, asked, now, context=context.erasures)


async def keep(
    vault: Vault, context: IdentityContext, call: Asked, now: ClockReading, browser: BrowserSession
) -> ShownErasure:
    """Cancel the erasure of the session's account; raises as erasure.acts.cancel."""
    asked = await _about(vault, call, browser, now)
    return await erasure_acts.cancel(vault, asked, now, context=context.erasures)


async def _about(vault: Vault, call: Asked, browser: BrowserSession, now: ClockReading) -> ErasureCall:
    session, token = await owned(vault, browser, now)
    party = session.relying_party
    return ErasureCall(
        party, call.actor_id, call.request_id, call.method, call.content, token, ErasureOrigin.OWNER
    )


async def owned(vault: Vault, browser: BrowserSession, now: ClockReading) -> tuple[VerificationSession, str]:
    """Return a session and its account; raises NotFoundError and PreconditionError."""
    session = (await of_browser(vault, browser)).session
    return session, rules.owned_account(session=session, now=now.business)
