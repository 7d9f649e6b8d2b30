"""Makes, confirms, reads and purges sessions, and stores each step that a platform or a page takes.

- Rows are locked in this order: request, session, account.
- A step that was taken already is not stored again, whatever request asks for it.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from idvault.account import rules as account_rules
from idvault.account.store import rows as account_rows
from idvault.campaign.invitation.store import rows as invitation_store
from idvault.claim import rules as claim_rules
from idvault.claim.acts import guardian as guardian_acts
from idvault.claim.acts import representative as representative_acts
from idvault.claim.acts import verification as verification_acts
from idvault.claim.acts.guardian import GuardianTries, Guarding
from idvault.claim.acts.verification import ClaimContext
from idvault.claim.rules import Claim, ClaimRules
from idvault.core import account_request
from idvault.core.act import SYSTEM, Tx, Vault, act, mutation
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Asked
from idvault.platform import acts as platform_acts
from idvault.platform import rules as platform_rules
from idvault.registry.ports import ProofProvider
from idvault.session import rules, store
from idvault.session.ports import LinkCoder
from idvault.session.rules import SessionClaim, StoredSession, VerificationSession
from idvault_verify import return_address, secret
from idvault_verify.claim import Identity
from idvault_verify.clock import ClockReading
from idvault_verify.error import PreconditionError, Reason, UnavailableError
from idvault_verify.event import EventType
from idvault_verify.seal import Part
from idvault_verify.session import ACCEPTED, FACTS, Proof, SessionPurpose, SessionState

# Each retry follows a step that another call has stored meanwhile, and a session has few.
_RETRIES = 10


@dataclass(frozen=True, slots=True)
class Custodians:
    """Who can open a record together: M of these names."""

    threshold: int
    names: tuple[str, ...]


@dataclass(kw_only=True, eq=False, repr=False)
class SessionContext:
    """What sessions need beside the vault.

    rules: what the deployment accepts. custodians: of the quorum that new records are sealed for. base_url:
    of the hosted pages, without a slash at its end; empty if this deployment serves none. patience: how many
    seconds a submitted form waits for the registry at most. providers: of the kinds of proof that this
    deployment offers beside the match of name and number. issuer: the vault's name for them. tries: of
    children's sessions.
    """

    claims: ClaimContext
    coder: LinkCoder
    rules: ClaimRules
    policy: OperatorPolicy
    custodians: Callable[[], Custodians]
    base_url: str
    patience: float
    providers: Mapping[Proof, ProofProvider] = field(default_factory=dict)
    issuer: str = ""
    tries: GuardianTries = field(default_factory=GuardianTries)

    @property
    def offered(self) -> frozenset[Proof]:
        """The proofs of people that this deployment can check."""
        return frozenset({Proof.NUMBER_MATCH, *self.providers})

    def provider(self, proof: Proof) -> ProofProvider:
        """Return the provider of a kind of proof; raises PreconditionError (PROOF_NOT_OFFERED)."""
        found = self.providers.get(proof)
        if found is None:
            raise PreconditionError(Reason.PROOF_NOT_OFFERED)
        return found


@dataclass(frozen=True, slots=True)
class NewSession:
    """What a platform asks a person for, checked except for its return address.

    policy_version, policy_text: empty if nothing is to be agreed to. accepted: the proofs that it accepts.
    """

    account_token: str | None
    purpose: SessionPurpose
    return_url: str
    locale: str
    policy_version: str
    policy_text: str
    invitation_code_hash: bytes | None = field(default=None, repr=False)
    proof: Proof = Proof.NUMBER_MATCH
    accepted: frozenset[Proof] = ACCEPTED


@dataclass(frozen=True, slots=True)
class ShownSession:
    """A session as of now, with its newest claim. next_attempt: 0 if no form is to be shown.

    open_proof: the proof that waits for its end at the provider, 0 if there is none.
    """

    session: VerificationSession
    state: SessionState
    claim: Claim | None
    next_attempt: int
    attempts_left: int
    open_proof: int = 0


@dataclass(frozen=True, slots=True)
class MadeSession:
    """A session and its link."""

    shown: ShownSession
    link_code: str = field(repr=False)


class ChangedSessionError(Exception):
    """Another call has changed the session since it was read."""


async def create(
    vault: Vault, context: SessionContext, call: Asked, now: ClockReading, wanted: NewSession
) -> MadeSession:
    """Make a session; raises InvalidError, NotFoundError, PreconditionError and others."""
    await vault.guard.check(now=now)
    if not context.base_url:
        raise PreconditionError(Reason.PAGES_NOT_SERVED)
    # An organisation's representative is no person of the platform: only name and number can answer for him.
    if wanted.purpose not in (SessionPurpose.IDENTITY, SessionPurpose.REPRESENTATIVE):
        platform_rules.check_accepted(proof=wanted.proof, accepted=wanted.accepted)
    if wanted.proof is not Proof.NUMBER_MATCH:
        context.provider(wanted.proof)
    pages = await platform_acts.pages(vault, call.relying_party)
    return_address.check(wanted.return_url, origins=pages.origins)
    code = context.coder.code(relying_party=call.relying_party, request_id=call.request_id)
    made = VerificationSession(
        session_id=vault.new_id(),
        relying_party=call.relying_party,
        account_token=wanted.account_token,
        purpose=wanted.purpose,
        return_url=wanted.return_url,
        locale=wanted.locale,
        policy_version=wanted.policy_version,
        policy_text=wanted.policy_text,
        link_hash=secret.link_hash(code),
        created_at=now.business,
        invitation_code_hash=wanted.invitation_code_hash,
        proof=wanted.proof,
    )
    request = call.request(vault.fingerprinter)
    stored = await store_session.run(vault, call, now, request, made.session_id, made)
    found = await read(vault, stored.session_id)
    return MadeSession(await shown(vault, context, found, now=now), code)


@mutation("session.create", again=store.made)
async def store_session(tx: Tx, session_id: str, session: VerificationSession) -> VerificationSession:
    """Store a new session.

    An account must belong to the relying party, else NotFoundError (ACCOUNT_NOT_FOUND), and pass
    claim.rules.admit, unless its owner only looks at it. An invitation's code must be one that a claim of the
    account could use, else PreconditionError (ILLEGAL_TRANSITION, ASSURANCE_MISSING); nothing is used up.
    """
    token, code_hash = session.account_token, session.invitation_code_hash
    shows = session.purpose is SessionPurpose.IDENTITY
    if token is not None:
        owner = await account_rows.lock_of(tx.connection, account_token=token, relying_party=tx.party)
        if not shows:
            claim_rules.admit(account=account_rules.fall(account=owner, now=tx.now.business))
        if session.purpose is SessionPurpose.REPRESENTATIVE:
            await representative_acts.check(tx.connection, token, tx.now)
        if code_hash is not None:
            await invitation_store.check_code(
                tx.connection,
                account_token=token,
                code_hash=code_hash,
                proved=FACTS[session.proof],
                now=tx.now.business,
            )
    await store.ROWS.add(tx.connection, session)
    kind = EventType.SESSION_SHOW if shows else EventType.SESSION_CREATE
    await tx.log(kind, account_token=token or "", session_id=session_id)
    return session


async def bind(
    vault: Vault,
    context: SessionContext,
    call: Asked,
    now: ClockReading,
    session_id: str,
    *,
    bind_code: str,
) -> ShownSession:
    """Confirm a session's browser; raises NotFoundError (SESSION_NOT_FOUND) and PreconditionError."""
    await vault.guard.check(now=now)
    found = await _of_party(vault, call.relying_party, session_id)
    hashed = secret.bind_hash(bind_code, session_id=session_id)
    bound = await step(
        vault,
        found,
        call,
        now,
        EventType.SESSION_BIND,
        decide=lambda one: rules.bind(session=one.session, bind_hash=hashed, now=now.business),
    )
    return await shown(vault, context, bound, now=now)


async def get(
    vault: Vault, context: SessionContext, party: str, session_id: str, *, now: ClockReading
) -> ShownSession:
    """Return a session as of now; raises NotFoundError (SESSION_NOT_FOUND)."""
    return await shown(vault, context, await _of_party(vault, party, session_id), now=now)


async def _of_party(vault: Vault, party: str, session_id: str) -> StoredSession:
    return await vault.read("session.get", lambda one: store.of_party(one, party, session_id))


async def read(vault: Vault, session_id: str) -> StoredSession:
    """Return a session, whose ever it is; raises NotFoundError (SESSION_NOT_FOUND)."""
    return await vault.read("session.get", lambda one: store.get(one, session_id))


async def shown(
    vault: Vault, context: SessionContext, found: StoredSession, *, now: ClockReading
) -> ShownSession:
    """Return a session as of now."""
    session, claim, whole = found.session, found.claim, None
    if claim is not None and session.attempt_id is not None:
        whole = await verification_acts.find(
            vault, session.relying_party, session.attempt_id, now, zone=context.policy.zone
        )
        # It may have ended since the session was read.
        claim = SessionClaim(whole.state, whole.failure_reason, whole.account.account_token)
    return ShownSession(
        session,
        rules.state(session=session, claim=claim, now=now.business),
        whole,
        rules.next_attempt(session=session, claim=claim, now=now.business),
        rules.attempts_left(session=session, claim=claim),
        rules.open_proof(session=session, claim=claim, now=now.business),
    )


async def step(
    vault: Vault,
    found: StoredSession,
    call: Asked,
    now: ClockReading,
    kind: EventType,
    *,
    decide: Callable[[StoredSession], VerificationSession],
    **fields: Part,
) -> StoredSession:
    """Store what `decide` makes of a session; return the session as it is then.

    `decide` is asked again if another call has changed the session meanwhile. fields: of the entry. Raises
    what `decide` raises, and AlreadyExistsError (REQUEST_ID_REUSED).
    """
    request, session_id = call.request(vault.fingerprinter), found.session.session_id
    for _ in range(_RETRIES):
        after = decide(found)
        if after == found.session:
            await vault.read("session.check_request", lambda one: account_request.find(one, request))
            return found
        with suppress(ChangedSessionError):
            await store_step.run(
                vault, call, now, request, session_id, found.session, after, kind=kind, fields=fields
            )
        found = await read(vault, session_id)
    raise UnavailableError(Reason.STORE_UNAVAILABLE)


@mutation("session.change", again=store.made)
async def store_step(
    tx: Tx,
    session_id: str,
    before: VerificationSession,
    after: VerificationSession,
    *,
    kind: EventType,
    fields: Mapping[str, Any],
) -> VerificationSession:
    """Store a step; raises ChangedSessionError unless the session is still what it was before."""
    if await store.lock(tx.connection, session_id) != before:
        raise ChangedSessionError
    await store.ROWS.put(tx.connection, after)
    await tx.log(kind, account_token=before.account_token or "", session_id=session_id, **fields)
    return after


def attempt_ids(vault: Vault, session: VerificationSession, call: Asked) -> list[str]:
    """Return the ids under which an attempt's request may be kept, first the one of today's key."""
    return [
        each.kept_id(relying_party=session.relying_party, request_id=call.request_id)
        for each in (vault.fingerprinter, *vault.fingerprinter.former())
    ]


async def guarded(
    vault: Vault,
    context: SessionContext,
    session: VerificationSession,
    identity: Identity,
    guardian: Identity | None,
    *,
    now: ClockReading,
    left: Callable[[], float],
) -> bool:
    """Return whether an adult was confirmed for a child; raises as claim.acts.guardian.

    left: tells how many seconds are left for all calls of the registry together.
    """
    if not claim_rules.is_under_age(identity=identity, today=now.today(context.policy.zone)):
        return False
    context.tries.count(session.session_id)
    asked = Guarding(session.relying_party, identity, guardian)
    return await guardian_acts.confirm(vault, context.claims, asked, now, left=left)


async def purge(vault: Vault, now: ClockReading) -> int:
    """Delete sessions after 7 days; return how many. Any number of workers may do so at any time."""
    await vault.guard.check(now=now)
    return await purge_old(vault, SYSTEM, now)


@act("session.purge")
async def purge_old(tx: Tx) -> int:
    """Delete sessions after 7 days; return how many."""
    before = tx.now.business - rules.KEPT
    count = await store.purge(tx.connection, before=before)
    if count:
        await tx.log(EventType.SESSION_PURGE, before=before.isoformat(), count=count)
    else:
        tx.unchanged("no session is old")
    return count
