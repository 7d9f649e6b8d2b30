"""The holder of a number says that it never replaced another one: a notice of the registry is wrong.

Whoever was just confirmed by a provider may say so, in that session. Nothing is told of whether there is a
notice: the answer and the log's entry are the same without one.
"""

from idvault.core.act import Tx, Vault, mutation
from idvault.core.request import Asked
from idvault.notice import store as notice_store
from idvault.session import rules, store
from idvault.session.acts import page as page_acts
from idvault.session.acts.page import BrowserSession, ShownPage
from idvault.session.acts.session import SessionContext
from idvault.session.rules import VerificationSession
from idvault_verify.clock import ClockReading
from idvault_verify.event import EventType


async def contest(
    vault: Vault, context: SessionContext, call: Asked, now: ClockReading, browser: BrowserSession
) -> ShownPage:
    """Contest the pairing of the number that a browser's session proved; a repeat changes nothing.

    Raises NotFoundError (SESSION_NOT_FOUND), PreconditionError (SESSION_EXPIRED, ILLEGAL_TRANSITION).
    """
    await vault.guard.check(now=now)
    found = await page_acts.of_browser(vault, browser)
    rules.check_holder(session=found.session, claim=found.claim, now=now.business)
    request = call.request(vault.fingerprinter)
    await contest_pairing.run(vault, call, now, request, found.session.session_id, found.session)
    return await page_acts.get(vault, context, browser, now=now)


@mutation("pairing.contest", again=store.made)
async def contest_pairing(tx: Tx, session_id: str, session: VerificationSession) -> VerificationSession:
    """Store the contest of whom the session's claim named."""
    person_id = await store.claimant(tx.connection, session)
    if person_id is not None:
        await notice_store.contest(
            tx.connection, party=session.relying_party, person_id=person_id, now=tx.now.business
        )
    await tx.log(EventType.PAIRING_CONTEST, account_token=session.account_token or "", session_id=session_id)
    return session
