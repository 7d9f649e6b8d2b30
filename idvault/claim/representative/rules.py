"""The rules of an organisation's legal representative, who proves to be present before it is verified.

What is public about an organisation, and even all four elements that its registry compares, others know. So
a match alone gives it no badge and no place:

| from | verb | to |
|---|---|---|
| (none) | a claim opens | ASKED, while the claim is open |
| ASKED | the registry matches | AWAITED, for 14 days |
| ASKED | the claim ends otherwise | gone |
| AWAITED | the representative proves to be present | gone, and the account is VERIFIED |
| AWAITED | a newer claim matches, 14 days pass, the account is erased | gone, with its sealed record |

- The claim that matched fails with REPRESENTATIVE_PENDING. The proof is another claim of the same account.
- Kept of the representative is one keyed digest, bound to the account. Nothing links it to an account of his.
- Every proof that does not fit is charged as an attempt, to the account and to whoever was named.
- Somebody else's proof and one that the provider denies have the same answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest

from idvault_verify.error import PreconditionError, Reason
from idvault_verify.organization import OrganizationCategory
from idvault_verify.registry import RegistryAnswer

KEPT_FOR = timedelta(days=14)
"""How long a matched claim waits for its representative."""


@dataclass(frozen=True, slots=True)
class AwaitedRepresentative:
    """A matched claim that waits. digest: of the representative, 32 bytes. person_id: the organisation's.

    record_id: of the sealed record that waits with it. due_at: until when (business time).
    """

    account_token: str
    claim_id: str
    digest: bytes = field(repr=False)
    person_id: str
    record_id: str
    category: OrganizationCategory | None
    due_at: datetime


def due_at(*, now: datetime) -> datetime:
    """Return until when a claim that matches now waits."""
    return now + KEPT_FOR


def check(*, awaited: AwaitedRepresentative | None, now: datetime) -> AwaitedRepresentative:
    """Return what waits for its representative; raises PreconditionError (ILLEGAL_TRANSITION)."""
    if awaited is None or awaited.due_at <= now:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    return awaited


def answer(
    *, awaited: AwaitedRepresentative, digests: Sequence[bytes], told: RegistryAnswer
) -> RegistryAnswer:
    """Return what the proof of a person answers: MATCH if the person is the representative, else MISMATCH.

    digests: of the person, under every version of the key. told: what the provider says of the proof.
    """
    fits = max(compare_digest(awaited.digest, each) for each in digests)
    return RegistryAnswer.MATCH if fits and told is RegistryAnswer.MATCH else RegistryAnswer.MISMATCH
