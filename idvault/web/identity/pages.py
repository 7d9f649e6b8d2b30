""" "My identity" over HTTP: each page answers one question about an account, for its owner.

- Every page reads the account with the browser's key: nothing is kept between two requests. No address holds
  more than ids: of the session, a verification or a sanction.
- A text that the owner writes is passed on and never shown again, logged or kept.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import tzinfo
from typing import TypeVar

from aiohttp import web
from google.protobuf import json_format
from google.protobuf.message import Message

from idvault.session import rules as session_rules
from idvault.web import calls, guard
from idvault.web.app import Pages
from idvault.web.identity.view import IdentityView, may_erase
from idvault_client.backend.rpc import Rpc
from idvault_client.errors import (
    InvalidFields,
    NotFound,
    PreconditionFailed,
    RequestIdReused,
    Unavailable,
    VaultError,
)
from idvault_verify.document import DocumentType
from idvault_verify.error import Reason
from idvault_verify.v1 import erasure_pb2, identity_pb2, session_pb2, status_pb2

FORM_BYTES = 32 * 1024
"""Of a form with a text of 2,000 characters: one may need nine bytes."""
_Answer = TypeVar("_Answer")
_Made = TypeVar("_Made", bound=Message)
_UNTOLD = {Reason.ACCOUNT_ERASED, Reason.LOG_UNAVAILABLE}
"""Why an account's disclosures cannot be shown: for good, or for now."""


@dataclass(frozen=True, kw_only=True)
class IdentityVisit:
    """One request: the session, the browser's key, and how to show a page."""

    session_id: str
    key: str
    found: session_pb2.SessionPage
    view: IdentityView


@dataclass(kw_only=True, eq=False, repr=False)
class IdentityPages:
    """The handlers. zone: of the operator's days."""

    pages: Pages
    zone: tzinfo

    async def overview(self, request: web.Request) -> web.StreamResponse:
        """Show the status, and the way to the other pages."""
        return await self._told(request, lambda visit, own, found: visit.view.overview(own, found))

    async def timeline(self, request: web.Request) -> web.StreamResponse:
        """Show everything that happened."""
        return await self._told(request, lambda visit, own, found: visit.view.timeline(own, found))

    async def stored(self, request: web.Request) -> web.StreamResponse:
        """Show what is stored and until when."""
        return await self.show(request, lambda visit, own: visit.view.stored(own))

    async def verifications(self, request: web.Request) -> web.StreamResponse:
        """Show how each verification ended."""
        return await self.show(request, lambda visit, own: visit.view.verifications(own))

    async def standing(self, request: web.Request) -> web.StreamResponse:
        """Show the standing, the sanctions with their reasons, the appeals, and the public accounts."""
        return await self.show(request, lambda visit, own: visit.view.standing(own))

    async def erase(self, request: web.Request) -> web.StreamResponse:
        """Show the erasure that is requested, or what one is and the way to request it."""
        again = "again" in request.query
        return await self.show(request, lambda visit, own: visit.view.erase(own, again=again))

    async def ask_erasure(self, request: web.Request) -> web.StreamResponse:
        """Show the page that confirms a request; of an account that has none and is not erased."""
        visit = await self.visit(request)
        own = await self.run(visit, calls.identity(visit.session_id, visit.key))
        if not may_erase(own):
            return self.on(visit, "erase")
        return self.keep(visit.view.confirm_erasure(own), visit)

    async def erase_account(self, request: web.Request) -> web.StreamResponse:
        """Request the erasure of the account."""
        return await self._erasure(
            request,
            lambda visit, newest: calls.erase_from_session(visit.session_id, visit.key, former=newest),
        )

    async def keep_account(self, request: web.Request) -> web.StreamResponse:
        """Cancel the erasure of the account."""
        return await self._erasure(
            request,
            lambda visit, newest: calls.keep_from_session(visit.session_id, visit.key, erasure_id=newest),
        )

    async def _erasure(
        self, request: web.Request, call: Callable[[IdentityVisit, str], Rpc[erasure_pb2.Erasure]]
    ) -> web.StreamResponse:
        """Request or cancel. call: made for the id of the newest erasure."""
        visit = await self.visit(request)
        guard.check_form(await self.pages.token(request), key=visit.key)
        own = await self.run(visit, calls.identity(visit.session_id, visit.key))
        # One that was requested, cancelled or carried out meanwhile is shown by the page.
        with suppress(PreconditionFailed):
            await self.run(visit, call(visit, own.erasure.erasure_id))
        return self.on(visit, "erase")

    async def disclosures(self, request: web.Request) -> web.StreamResponse:
        """Show every disclosure and opening up to the horizon."""
        return await self._told(request, lambda visit, own, found: visit.view.disclosures(own, found))

    async def history(self, request: web.Request) -> web.StreamResponse:
        """Send the disclosures with their proofs, as a file that `idvault-verify check-history` checks."""
        visit = await self.visit(request)
        found = await self.run(visit, calls.identity_history(visit.session_id, visit.key))
        return _file(found)

    async def receipt(self, request: web.Request) -> web.StreamResponse:
        """Send the receipt of a verification."""
        visit = await self.visit(request)
        verification_id = request.match_info["verification"]
        call = calls.identity_receipt(visit.session_id, visit.key, verification_id=verification_id)
        found = await self.run(visit, call)
        return _file(found)

    async def check_receipt(self, request: web.Request) -> web.StreamResponse:
        """Show how to check a receipt: in the browser, which sends nothing, or with the program."""
        return await self.show(request, lambda visit, own: visit.view.check_receipt(own))

    async def ask_appeal(self, request: web.Request) -> web.StreamResponse:
        """Show the form of an appeal."""
        sanction_id = request.match_info["sanction"]
        return await self.show(request, lambda visit, own: visit.view.appeal(own, sanction_id))

    async def appeal(self, request: web.Request) -> web.StreamResponse:
        """File an appeal; show the form again with what is wrong."""
        sanction_id = request.match_info["sanction"]
        return await self._send(
            request,
            lambda visit, words: calls.appeal_from_session(
                visit.session_id, visit.key, sanction_id=sanction_id, words=words
            ),
            again=lambda visit, own, error: visit.view.appeal(own, sanction_id, error=error),
            onward="standing",
            done="appeal",
        )

    async def ask_contest(self, request: web.Request) -> web.StreamResponse:
        """Show the form of a contest."""
        verification_id = request.match_info["verification"]
        return await self.show(request, lambda visit, own: visit.view.contest(own, verification_id))

    async def contest(self, request: web.Request) -> web.StreamResponse:
        """File a contest; show the form again with what is wrong."""
        verification_id = request.match_info["verification"]
        return await self._send(
            request,
            lambda visit, words: calls.contest_from_session(
                visit.session_id, visit.key, verification_id=verification_id, words=words
            ),
            again=lambda visit, own, error: visit.view.contest(own, verification_id, error=error),
            onward="verifications",
            done="contest",
        )

    async def ask_reinstatement(self, request: web.Request) -> web.StreamResponse:
        """Show the form of an appeal against the withdrawal."""
        return await self.show(request, lambda visit, own: visit.view.reinstatement(own))

    async def reinstatement(self, request: web.Request) -> web.StreamResponse:
        """File an appeal against the withdrawal; show the form again with what is wrong."""
        return await self._send(
            request,
            lambda visit, words: calls.appeal_withdrawal_from_session(
                visit.session_id, visit.key, words=words
            ),
            again=lambda visit, own, error: visit.view.reinstatement(own, error=error),
            onward="verifications",
            done="appeal",
        )

    async def disowned(self, request: web.Request) -> web.StreamResponse:
        """Show that the account is disowned, and how its holder shows to be that person."""
        return await self.show(request, lambda visit, own: visit.view.disowned(own))

    async def answer_disowned(self, request: web.Request) -> web.StreamResponse:
        """Begin the holder's proof at the provider, or take its end; show again what is wrong."""
        visit = await self.visit(request)
        guard.check_form(await self.pages.token(request), key=visit.key)
        form = await self.pages.form(request)
        own = await self.run(visit, calls.identity(visit.session_id, visit.key))
        try:
            if form.get("finish"):
                newest = (own.next_proof or session_rules.ATTEMPTS + 1) - 1
                call = calls.finish_disavowal_answer(visit.session_id, visit.key, proof=newest)
                await self.run(visit, call)
            else:
                await self._begin_answer(visit, form)
        except RequestIdReused:
            # Another tab has sent one: the page shows it.
            return self.on(visit, "disowned")
        except (InvalidFields, NotFound, PreconditionFailed) as error:
            return self.keep(visit.view.disowned(own, error=error), visit)
        return self.on(visit, "disowned")

    async def _begin_answer(self, visit: IdentityVisit, form: Mapping[str, object]) -> None:
        kind, proof = str(form.get("document", "")), str(form.get("proof", ""))
        if kind not in DocumentType.__members__ or proof not in map(
            str, range(1, session_rules.ATTEMPTS + 1)
        ):
            raise web.HTTPBadRequest
        call = calls.begin_disavowal_answer(
            visit.session_id,
            visit.key,
            proof=int(proof),
            name=str(form.get("name", "")),
            kind=DocumentType(kind),
            number=str(form.get("number", "")),
        )
        await self.run(visit, call)

    async def _send(
        self,
        request: web.Request,
        call: Callable[[IdentityVisit, str], Rpc[_Made]],
        *,
        again: Callable[[IdentityVisit, identity_pb2.Identity, VaultError], web.Response],
        onward: str,
        done: str,
    ) -> web.StreamResponse:
        """Pass on what the owner wrote. again: the form with errors. onward, done: next page and note."""
        visit = await self.visit(request)
        guard.check_form(await self.pages.token(request), key=visit.key)
        words = str((await self.pages.form(request)).get("text", ""))
        try:
            made = await self.run(visit, call(visit, words))
        except RequestIdReused:
            # Another tab has sent one: the page shows it.
            return self.on(visit, onward)
        except (InvalidFields, PreconditionFailed) as error:
            own = await self.run(visit, calls.identity(visit.session_id, visit.key))
            return self.keep(again(visit, own, error), visit)
        return self.on(visit, onward, done=visit.view.note(done, made))

    async def show(
        self, request: web.Request, page: Callable[[IdentityVisit, identity_pb2.Identity], web.Response]
    ) -> web.StreamResponse:
        """Show a page of the account."""
        visit = await self.visit(request)
        own = await self.run(visit, calls.identity(visit.session_id, visit.key))
        return self.keep(page(visit, own), visit)

    async def _told(
        self,
        request: web.Request,
        page: Callable[
            [IdentityVisit, identity_pb2.Identity, status_pb2.DisclosureHistory | None], web.Response
        ],
    ) -> web.StreamResponse:
        """Show a page with the disclosures, or without what cannot be shown (_UNTOLD)."""
        visit = await self.visit(request)
        own = await self.run(visit, calls.identity(visit.session_id, visit.key))
        try:
            found = await self.run(visit, calls.identity_history(visit.session_id, visit.key))
        except (PreconditionFailed, Unavailable) as error:
            if error.reason not in _UNTOLD:
                raise
            return self.keep(page(visit, own, None), visit)
        return self.keep(page(visit, own, found), visit)

    async def visit(self, request: web.Request) -> IdentityVisit:
        """Return a request's session; raises NotFound for another browser's."""
        key = guard.browser_key(request, base_url=self.pages.base_url)
        if not key:
            raise NotFound(Reason.SESSION_NOT_FOUND, "NOT_FOUND")
        session_id = request.match_info["session"]
        found = await self.pages.vault.run(calls.session_page(session_id, key))
        view = self.pages.view(request, key, found.locale)
        return IdentityVisit(
            session_id=session_id,
            key=key,
            found=found,
            view=IdentityView(view=view, found=found, zone=self.zone, done=request.query.get("done", "")),
        )

    async def run(self, visit: IdentityVisit, call: Rpc[_Answer]) -> _Answer:
        """Make a call within the share of the session's platform."""
        with self.pages.shares.place(visit.found.platform):
            return await self.pages.vault.run(call)

    def on(self, visit: IdentityVisit, page: str, *, done: str = "") -> web.StreamResponse:
        """Send the browser on to a page. done: the note of what the page then says was done."""
        address = f"/i/{visit.session_id}/{page}" + (f"?done={done}" if done else "")
        return self.keep(web.Response(status=303, headers={"Location": address}), visit)

    def keep(self, answer: web.StreamResponse, visit: IdentityVisit) -> web.StreamResponse:
        """Return an answer that lets the browser keep its key."""
        guard.keep_key(answer, visit.key, base_url=self.pages.base_url)
        return answer


def _file(message: Message) -> web.Response:
    return web.Response(text=json_format.MessageToJson(message) + "\n", content_type="application/json")


ID = "[0-9a-f]{32}"
_HERE = f"/i/{{session:{ID}}}"
_APPEAL = f"{_HERE}/sanctions/{{sanction:{ID}}}/appeal"
_CONTEST = f"{_HERE}/verifications/{{verification:{ID}}}/contest"
_REINSTATEMENT = f"{_HERE}/withdrawal/appeal"
LARGE_FORMS = {
    web.DynamicResource(form).canonical: FORM_BYTES for form in (_APPEAL, _CONTEST, _REINSTATEMENT)
}
"""The forms with a long text, as Pages.large_forms wants them."""


def routes(pages: IdentityPages) -> list[web.RouteDef]:
    """Return what each address does."""
    return [
        web.get(_HERE, pages.overview),
        web.get(f"{_HERE}/timeline", pages.timeline),
        web.get(f"{_HERE}/stored", pages.stored),
        web.get(f"{_HERE}/verifications", pages.verifications),
        web.get(f"{_HERE}/verifications/{{verification:{ID}}}/receipt", pages.receipt),
        web.get(f"{_HERE}/disclosures", pages.disclosures),
        web.get(f"{_HERE}/history", pages.history),
        web.get(f"{_HERE}/standing", pages.standing),
        web.get(_APPEAL, pages.ask_appeal),
        web.post(_APPEAL, pages.appeal),
        web.get(_CONTEST, pages.ask_contest),
        web.post(_CONTEST, pages.contest),
        web.get(_REINSTATEMENT, pages.ask_reinstatement),
        web.post(_REINSTATEMENT, pages.reinstatement),
        web.get(f"{_HERE}/receipt", pages.check_receipt),
        web.get(f"{_HERE}/disowned", pages.disowned),
        web.post(f"{_HERE}/disowned", pages.answer_disowned),
        web.get(f"{_HERE}/erase", pages.erase),
        web.post(f"{_HERE}/erase", pages.keep_account),
        web.get(f"{_HERE}/erase/confirm", pages.ask_erasure),
        web.post(f"{_HERE}/erase/confirm", pages.erase_account),
    ]
