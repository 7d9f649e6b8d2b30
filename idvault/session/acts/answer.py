"""The holder of a disowned account rejects that at once, by a proof on the page of a provider.

- The proof is one of the identity session in which the account is shown, and is bound as any other
  (session.acts.proof). Name and number pass through.
- What it must show is that the holder is the person who disowned the account: the platform's index of the
  number leads to that person. Nobody learns anything else, and another person's proof is refused.
"""

from dataclasses import replace
from datetime import tzinfo
from typing import NamedTuple

from idvault.account.store import person as account_person
from idvault.account.store import rows as account_rows
from idvault.core.act import Tx, Vault, mutation
from idvault.core.request import Asked
from idvault.registry.ports import OpenProof
from idvault.sanction.objection.acts import renumber
from idvault.sealing.ports import Indexer, PersonKey
from idvault.session import rules
from idvault.session.acts import proof as proof_acts
from idvault.session.acts import session as session_acts
from idvault.session.acts.page import BrowserSession, of_browser
from idvault.session.acts.session import SessionContext
from idvault.session.disavowal import rules as disavowal_rules
from idvault.session.disavowal import store as disavowal_store
from idvault.session.disavowal.rules import Disavowal
from idvault.session.disavowal.store import ROWS
from idvault.session.rules import VerificationSession
from idvault_verify import secret
from idvault_verify.attest import assertion
from idvault_verify.attest.assertion import ProofEnd, Typed
from idvault_verify.claim import Identity
from idvault_verify.clock import ClockReading
from idvault_verify.error import NotFoundError, PreconditionError, Reason
from idvault_verify.event import EventType
from idvault_verify.session import DisavowalState, Proof


class AnswerContext(NamedTuple):
    """What an answer needs beside the vault. sessions: whose provider proves."""

    sessions: SessionContext
    indexer: Indexer
    zone: tzinfo


async def begin(
    vault: Vault,
    context: AnswerContext,
    call: Asked,
    now: ClockReading,
    browser: BrowserSession,
    *,
    number: int,
    identity: Identity,
) -> str:
    """Begin a proof with what was typed; return its page at the provider. A repeat changes nothing.

    Raises NotFoundError (SESSION_NOT_FOUND, DISAVOWAL_NOT_FOUND), PreconditionError (PROOF_NOT_OFFERED),
    and as session.rules.begin_answer does.
    """
    provider = context.sessions.provider(Proof.HOLDER)
    await vault.guard.check(now=now)
    found = await of_browser(vault, browser)
    token = rules.owned_account(session=found.session, now=now.business)
    await _open(vault, token)
    nonce = proof_acts.nonce_of(browser, number)
    bound = assertion.binding(session_id=browser.session_id, nonce=nonce, typed=Typed(identity))
    await session_acts.step(
        vault,
        found,
        call,
        now,
        EventType.SESSION_PROVE,
        decide=lambda one: rules.begin_answer(
            session=one.session, number=number, bound=bound, now=now.business
        ),
        proof=number,
    )
    reference = secret.proof_session(nonce, session_id=browser.session_id)
    back = context.sessions.base_url + proof_acts.RETURN_PATH
    await provider.begin(OpenProof(nonce, reference, back, identity))
    return provider.page(nonce)


async def finish(
    vault: Vault,
    context: AnswerContext,
    call: Asked,
    now: ClockReading,
    browser: BrowserSession,
    *,
    number: int,
) -> Disavowal:
    """Reject the open disavowal of the session's account, if the proof is of the person who disowned it.

    Raises NotFoundError (SESSION_NOT_FOUND, DISAVOWAL_NOT_FOUND), PreconditionError (PROOF_OPEN,
    PROOF_REFUSED and others) and UnavailableError.
    """
    session = (await of_browser(vault, browser)).session
    bound = rules.begun_answer(session=session, number=number, now=now.business)
    token = rules.owned_account(session=session, now=now.business)
    asked = replace(call, relying_party=session.relying_party)
    request = asked.request(vault.fingerprinter).of_account(token)
    known = await reject.known(vault, request)
    if known is not None:
        return known
    found = await _open(vault, token)
    done = await proof_acts.checked(
        context.sessions,
        provider=context.sessions.provider(Proof.HOLDER),
        session_id=browser.session_id,
        nonce=proof_acts.nonce_of(browser, number),
        bound=bound,
        now=now.real,
    )
    if done.end is not ProofEnd.CONFIRMED:
        raise PreconditionError(Reason.PROOF_REFUSED)
    key = _key(vault, context, session, done.named, now)
    await vault.guard.check(now=now)
    return await reject.run(vault, asked, now, request, found.disavowal_id, token, key)


def _key(
    vault: Vault, context: AnswerContext, session: VerificationSession, identity: Identity, now: ClockReading
) -> PersonKey:
    return context.indexer.person(
        relying_party=session.relying_party,
        identity=identity,
        person_id=vault.new_id(),
        today=now.today(context.zone),
    )


async def _open(vault: Vault, account_token: str) -> Disavowal:
    """Return the disavowal of an account that waits for a decision; raises NotFoundError."""
    found = await vault.read("disavowal.newest", lambda one: disavowal_store.newest(one, account_token))
    if found is None or found.state is not DisavowalState.FILED:
        raise NotFoundError(Reason.DISAVOWAL_NOT_FOUND)
    return found


@mutation("disavowal.answer", again=ROWS.get)
async def reject(tx: Tx, disavowal_id: str, account_token: str, key: PersonKey) -> Disavowal:
    """Store that the holder of an account rejected what its person said. key: of who was proven."""
    owner = await account_rows.lock_of(tx.connection, account_token=account_token, relying_party=tx.party)
    found = await ROWS.lock(tx.connection, tx.party, disavowal_id)
    person_id = await account_person.find(tx.connection, relying_party=tx.party, key=key)
    answered = disavowal_rules.answer(disavowal=found, person_id=person_id, now=tx.now.business)
    await renumber(tx, owner)
    await ROWS.put(tx.connection, answered)
    await tx.log(EventType.DISAVOWAL_ANSWER, account_token=account_token, disavowal_id=disavowal_id)
    return answered
