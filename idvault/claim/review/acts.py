"""Reviews documents: one reviewer signs, another one where the platform demands it; then the claim.

- Name and document are in memory during a call, and afterwards nowhere but in the sealed record. Between two
  signatures the vault keeps what the first one signed, whose mark tells nothing without the salt.
- Every signature is an act of its own, with an entry of the log. The claim follows: it is opened and settled
  as one that a provider has proven, and no registry is asked.
- Whoever dies in between leaves a review that a repeat of the same call settles; one review makes one claim.

Rows are locked in this order: request, moderator, account, review.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from idvault.account import rules as account_rules
from idvault.account.store import rows as account_rows
from idvault.claim import rules as claim_rules
from idvault.claim.acts import verification
from idvault.claim.acts.registry_check import Proven
from idvault.claim.acts.verification import ClaimContext, VerifyCommand
from idvault.claim.review import rules, store
from idvault.claim.review.rules import EnteredDocument, NewReview, Review
from idvault.claim.review.store import ROWS
from idvault.claim.rules import Claim
from idvault.core.act import SYSTEM, Tx, Vault, act
from idvault.core.db.connection import Connection
from idvault.moderator import acts as moderator_acts
from idvault.moderator import rules as moderator_confirm
from idvault.moderator.acts import ModerationCall, decision, signed_act
from idvault.moderator.acts import stored as stored_moderators
from idvault.moderator.store import ROWS as MODERATORS
from idvault.platform import rules as platform_rules
from idvault.platform import store as platform_store
from idvault_verify import moderator as moderator_rules
from idvault_verify import token
from idvault_verify.account import Assurance
from idvault_verify.attest import review as attest_review
from idvault_verify.attest.review import ReviewerPaper, SealedReview
from idvault_verify.claim import Consent, ReviewState
from idvault_verify.clock import ClockReading
from idvault_verify.event import EventType
from idvault_verify.registry import RegistryAnswer


@dataclass(frozen=True, slots=True)
class ReviewedClaim:
    """A review, and its claim once every reviewer has signed."""

    review: Review
    claim: Claim | None = None


@dataclass(frozen=True, slots=True)
class ListedReviews:
    """Reviews in their order. following: the id of the last one if there are more. count: of one reviewer."""

    reviews: Sequence[Review]
    following: str
    count: int


async def sign(
    vault: Vault,
    call: ModerationCall,
    now: ClockReading,
    seen: EnteredDocument,
    new: NewReview,
    *,
    context: ClaimContext,
    patience: float,
) -> ReviewedClaim:
    """Store what the first reviewer signed; where one suffices, make the claim.

    Raises NotFoundError, PreconditionError, ExhaustedError, InvalidError, AlreadyExistsError,
    UnavailableError.
    """
    await vault.guard.check(now=now)
    paper = await signed_act(stored_moderators(vault), call, now=now)
    drawn = new.account_token or token.make(vault.events.entropy.random(16))
    request = call.request(vault.fingerprinter).of_account(new.account_token or "")
    review = await store_first.act.run(
        vault, call, now, request, vault.new_id(), paper, new, seen, drawn=drawn, signer=call.moderator_id
    )
    return await _claimed(vault, call, now, review, seen, context=context, patience=patience)


@decision("review.sign", again=ROWS.get)
async def store_first(
    tx: Tx, review_id: str, paper: bytes, new: NewReview, seen: EnteredDocument, *, drawn: str, signer: str
) -> Review:
    """Store a new review. drawn: the token of the account to come, at a sign-up."""
    reviewers = await _admit(tx, signer)
    if new.account_token is not None:
        stored = await account_rows.lock_of(
            tx.connection, account_token=new.account_token, relying_party=tx.party
        )
        claim_rules.admit(account=account_rules.fall(account=stored, now=tx.now.business))
    made = rules.sign(
        new=new,
        seen=seen,
        review_id=review_id,
        account_token=drawn,
        relying_party=tx.party,
        reviewer_id=signer,
        reviewers=reviewers,
        paper=paper,
        now=tx.now.business,
    )
    await ROWS.add(tx.connection, made)
    # The account of a sign-up does not exist yet, and never may.
    await tx.log(
        EventType.REVIEW_SIGN, account_token=new.account_token or "", review_id=review_id, paper=paper
    )
    return made


async def confirm(
    vault: Vault,
    call: ModerationCall,
    now: ClockReading,
    review_id: str,
    seen: EnteredDocument,
    *,
    paper_digest: bytes,
    context: ClaimContext,
    patience: float,
) -> ReviewedClaim:
    """Store what the second reviewer signed, and make the claim; raises as `sign` does, and DeniedError."""
    await vault.guard.check(now=now)
    paper = await signed_act(stored_moderators(vault), call, now=now)
    review = await store_second.act.run(
        vault,
        call,
        now,
        call.request(vault.fingerprinter),
        review_id,
        paper,
        seen,
        paper_digest=paper_digest,
        signer=call.moderator_id,
    )
    return await _claimed(vault, call, now, review, seen, context=context, patience=patience)


@decision("review.confirm", again=ROWS.get)
async def store_second(
    tx: Tx, review_id: str, paper: bytes, seen: EnteredDocument, *, paper_digest: bytes, signer: str
) -> Review:
    """Store the second signature of a review."""
    await _admit(tx, signer)
    found = await ROWS.lock(tx.connection, tx.party, review_id)
    confirmed = rules.confirm(
        review=found,
        seen=seen,
        reviewer_id=signer,
        paper_digest=paper_digest,
        paper=paper,
        now=tx.now.business,
    )
    await moderator_acts.check_live(tx, found.reviewer_id)
    await ROWS.put(tx.connection, confirmed)
    await tx.log(EventType.REVIEW_CONFIRM, account_token=found.signed_token, review_id=review_id, paper=paper)
    return confirmed


async def _admit(tx: Tx, signer: str) -> int:
    """Return how many reviewers the platform demands, if this one may sign another document.

    The reviewer's row is locked: two calls at once do not count past each other, nor past a revocation.
    """
    reviewers = platform_rules.reviewers(accepted=await platform_store.proofs(tx.connection, tx.party))
    moderator_rules.check_signs(await MODERATORS.lock(tx.connection, tx.party, signer))
    now = tx.now.business
    count, oldest = await store.signed(tx.connection, tx.party, signer, since=now - rules.DAY)
    rules.check_count(count=count, oldest=oldest, now=now)
    return reviewers


async def _claimed(
    vault: Vault,
    call: ModerationCall,
    now: ClockReading,
    review: Review,
    seen: EnteredDocument,
    *,
    context: ClaimContext,
    patience: float,
) -> ReviewedClaim:
    """Make the claim of a review, or find the one that was made; none before every reviewer has signed."""
    if review.state is not ReviewState.SIGNED:
        return ReviewedClaim(review)
    sealed = SealedReview(review.review_id, review.signed_token, seen.salt, await _papers(vault, review))
    command = VerifyCommand(
        relying_party=review.relying_party,
        actor_id=call.actor_id,
        request_id=str(UUID(review.review_id)),
        method=attest_review.FIRST,
        # It tells nothing without the salt, and nothing else of the document is in it.
        content=review.mark,
        identity=seen.identity,
        consent=Consent(review.policy_version, review.agreed_at),
        account_token=review.signed_token or None,
        invitation_code_hash=review.invitation_code_hash,
        proven=Proven(RegistryAnswer.MATCH, Assurance.DOCUMENT_SEEN, "", review=sealed),
        new_token=review.account_token,
    )
    claim = await verification.verify(vault, command, now, patience=patience, context=context)
    return ReviewedClaim(review, claim)


async def _papers(vault: Vault, review: Review) -> tuple[ReviewerPaper, ...]:
    """Return what the reviewers signed, with their keys."""
    signed = [(review.reviewer_id, review.paper)]
    if review.confirmed_by is not None and review.confirm_paper is not None:
        signed.append((review.confirmed_by, review.confirm_paper))
    found = [await moderator_acts.get(vault, review.relying_party, each) for each, _ in signed]
    pairs = zip(found, signed, strict=True)
    return tuple(ReviewerPaper(each.public_key, paper) for each, (_, paper) in pairs)


async def page(
    vault: Vault,
    party: str,
    *,
    reviewer_id: str,
    only_open: bool,
    after: str,
    limit: int,
    now: ClockReading,
) -> ListedReviews:
    """Return a page of a relying party's reviews: all, those that wait, or one reviewer's with their count.

    Raises InvalidError (INVALID_MESSAGE, page_token), NotFoundError (MODERATOR_NOT_FOUND).
    """
    if reviewer_id:
        await moderator_acts.get(vault, party, reviewer_id)

    async def read(connection: Connection) -> ListedReviews:
        narrowed: dict[str, object] = {}
        state, count = None, 0
        if reviewer_id:
            state, narrowed = store.OF_REVIEWER, {"reviewer": reviewer_id}
            count, _ = await store.signed(connection, party, reviewer_id, since=rules.EVER)
        elif only_open:
            state, narrowed = store.OPEN, {"since": now.business - moderator_confirm.CONFIRM_WITHIN}
        found, following = await ROWS.page(
            connection, party, after=after, limit=limit, state=state, **narrowed
        )
        return ListedReviews(found, following, count)

    return await vault.read("review.list", read)


@act("review.forget")
async def _forget(tx: Tx) -> int:
    tx.unchanged("what nobody confirmed has decided nothing")
    return await store.forget(tx.connection, before=tx.now.business - rules.KEPT)


async def forget(vault: Vault, now: ClockReading) -> int:
    """Delete what nobody confirmed, and reviews of accounts that do not exist; return how many."""
    await vault.guard.check(now=now)
    return await _forget(vault, SYSTEM, now)
