""" "Accounts in my name" over HTTP: the operator's own page, of no platform and no account.

- A GET changes nothing at the vault. A POST does one step and sends the browser on to the inquiry.
- Each inquiry has a key of its own, in a cookie of its own; the page of the provider learns neither.
- What a person types is passed on and never shown again, logged or kept.
"""

import os
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

from aiohttp import web
from google.protobuf.timestamp_pb2 import Timestamp

from idvault.session.inquiry import rules as inquiry_rules
from idvault.web import calls, guard, limits, release
from idvault.web.app import Pages
from idvault.web.limits import InquiryLimits
from idvault.web.release import Release
from idvault.web.render import View
from idvault_client.errors import InvalidFields, NotFound, PreconditionFailed, VaultError
from idvault_client.reasons import FIELD_TEXTS
from idvault_verify import secret
from idvault_verify.document import DocumentType
from idvault_verify.error import Reason
from idvault_verify.v1 import common_pb2
from idvault_verify.v1 import inquiry_pb2 as pb

PATH, MINE = "/accounts", "/accounts/mine"
_COOKIE = "inquiry"
_NOBODY = ""
"""In place of the platform whose share a call takes."""
_IDS = {"real_name": "name", "document.number": "number"}


@dataclass(kw_only=True, eq=False, repr=False)
class InquiryPages:
    """The handlers. zone: of the operator's days."""

    pages: Pages
    zone: tzinfo
    limits: InquiryLimits

    async def start(self, request: web.Request) -> web.StreamResponse:
        """Say what the page is, and show the form."""
        key = self._key(request) or _new_key()
        return self._keep(await self._form(request, key), key)

    async def begin(self, request: web.Request) -> web.StreamResponse:
        """Pass on what a person typed; show the form again with what is wrong."""
        key = self._key(request)
        guard.check_form(await self.pages.token(request), key=key)
        form = await self.pages.form(request)
        kind = str(form.get("document", ""))
        if kind not in DocumentType.__members__:
            raise web.HTTPBadRequest
        prefixes = limits.prefixes(request, proxies=self.pages.proxies)
        self.limits.check(prefixes, now=self.pages.clock())
        # A new key for each: the former one's inquiry is bound to what was typed in it.
        fresh = _new_key()
        name, number = str(form.get("name", "")), str(form.get("number", ""))
        try:
            with self.pages.shares.place(_NOBODY):
                await self.pages.vault.run(
                    calls.begin_inquiry(fresh, name=name, kind=DocumentType(kind), number=number)
                )
        except InvalidFields as error:
            return self._keep(await self._form(request, key, kind=kind, error=error), key)
        return self._keep(_to(MINE), fresh)

    async def from_provider(self, _request: web.Request) -> web.StreamResponse:
        """Send a browser that comes back from the provider to its inquiry."""
        return _to(MINE)

    async def mine(self, request: web.Request) -> web.StreamResponse:
        """Show how far the inquiry is: at the provider, waiting, or the list."""
        key = self._key(request)
        if not key:
            return _to(PATH)
        self.pages.browsers.check(key, now=self.pages.clock())
        view = self.pages.view(request, key)
        try:
            with self.pages.shares.place(_NOBODY):
                found = await self.pages.vault.run(calls.inquiry(key))
        except (NotFound, PreconditionFailed) as error:
            return self._refused(view, error)
        return self._shown(view, found)

    async def step(self, request: web.Request) -> web.StreamResponse:
        """Take the end of the proof, disown an account, or cancel everything that waits."""
        key = self._key(request)
        guard.check_form(await self.pages.token(request), key=key)
        self.pages.browsers.check(key, now=self.pages.clock())
        form = await self.pages.form(request)
        handle = str(form.get("handle", ""))
        if handle and not form.get("confirm"):
            return await self._confirm(self.pages.view(request, key), key, handle)
        if handle:
            call = calls.disown_account(key, handle=handle)
        elif form.get("cancel"):
            call = calls.cancel_inquiry(key)
        else:
            call = calls.finish_inquiry(key)
        try:
            with self.pages.shares.place(_NOBODY):
                await self.pages.vault.run(call)
        except (NotFound, PreconditionFailed) as error:
            return self._refused(self.pages.view(request, key), error)
        return _to(MINE)

    async def _confirm(self, view: View, key: str, handle: str) -> web.StreamResponse:
        """Show what disowning an account does, and a button that does it."""
        try:
            with self.pages.shares.place(_NOBODY):
                found = await self.pages.vault.run(calls.inquiry(key))
        except (NotFound, PreconditionFailed) as error:
            return self._refused(view, error)
        for each in found.accounts:
            if each.handle == handle:
                if each.waiting or each.undecided:
                    # Disowned already, perhaps in another tab: the list says so.
                    return _to(MINE)
                return view.page(
                    "inquiry_disown.html",
                    title=view.say("mine_disown_title", platform=each.platform_title),
                    service="mine_title",
                    handle=handle,
                )
        return self._refused(view, NotFound(Reason.ACCOUNT_NOT_FOUND, "NOT_FOUND"))

    async def _form(
        self, request: web.Request, key: str, *, kind: str = "", error: InvalidFields | None = None
    ) -> web.Response:
        view = self.pages.view(request, key)
        form = await self.pages.vault.run(calls.inquiry_form())
        kinds = [
            common_pb2.DocumentType.Name(each).removeprefix("DOCUMENT_TYPE_") for each in form.document_types
        ]
        errors = {} if error is None else _errors(error, view.language)
        return view.page(
            "inquiry_start.html",
            title=view.say("mine_title"),
            service="mine_title",
            status=422 if errors else 200,
            provider=form.provider,
            kinds=kinds,
            chosen=kind or kinds[0],
            errors=errors,
            retype=bool(errors),
        )

    def _shown(self, view: View, found: pb.Inquiry) -> web.Response:
        if found.proof_url:
            title = view.say("proof_title", provider=found.provider)
            return view.page(
                "inquiry_proof.html",
                title=title,
                service="mine_title",
                address=found.proof_url,
                provider=found.provider,
            )
        ends = ""
        if found.HasField("ready_time"):
            over = found.ready_time.ToDatetime(UTC) + inquiry_rules.KEPT
            ends = view.minute(over)
        ready = _minute(view, found.ready_time) if found.HasField("ready_time") else ""
        return view.page(
            "inquiry_mine.html",
            title=view.say("mine_title"),
            service="mine_title",
            ready=ready,
            ends=ends,
            waiting=found.waiting,
            shown=found.shown,
            finishable=found.finishable,
            accounts=found.accounts,
            states={each.handle: _state(each) for each in found.accounts},
            **self._told(view, found),
        )

    def _told(self, view: View, found: pb.Inquiry) -> dict[str, Any]:
        """Return what is shown of withdrawn verifications: each release with its openings."""
        if not found.HasField("horizon_time"):
            return {}
        horizon = view.day(found.horizon_time.ToDatetime(UTC).astimezone(self.zone).date())
        releases = [_release(view, found, place) for place in range(len(found.disclosures))]
        return {
            "horizon": horizon,
            "disclosed": [release.rows_of(each, horizon=horizon, view=view) for each in releases],
            "apart": [
                release.rows_apart(
                    _minute(view, each.open_time),
                    place=each.log_index,
                    auditor_id=each.auditor_actor_id,
                    platform=each.platform_title,
                    view=view,
                )
                for each in _without_release(found)
            ],
        }

    def _refused(self, view: View, error: VaultError) -> web.Response:
        """Say what went wrong and lead on: to the form, unless this inquiry can go on."""
        title, text = view.refused_title(error), error.text(view.language)
        links = [(PATH, view.say("mine_again"))]
        if error.reason == Reason.PROOF_REFUSED:
            text = view.say("mine_refused_text")
        elif error.reason in {Reason.SESSION_NOT_FOUND, Reason.SESSION_EXPIRED}:
            text = view.say("mine_over")
        elif error.reason == Reason.PROOF_OPEN:
            links.insert(0, (MINE, view.say("mine_onward")))
        elif error.reason in {Reason.LIST_NOT_READY, Reason.ACCOUNT_NOT_FOUND}:
            links.insert(0, (MINE, view.say("mine_list")))
        return view.refusal(text, status=409, links=links, title=title, service="mine_title")

    def _key(self, request: web.Request) -> str:
        return guard.browser_key(request, base_url=self.pages.base_url, name=_COOKIE)

    def _keep(self, answer: web.StreamResponse, key: str) -> web.StreamResponse:
        guard.keep_key(answer, key, base_url=self.pages.base_url, name=_COOKIE)
        return answer


def routes(pages: InquiryPages) -> list[web.RouteDef]:
    """Return what each address does."""
    return [
        web.get(PATH, pages.start),
        web.post(PATH, pages.begin),
        web.get(f"{PATH}/proof", pages.from_provider),
        web.get(MINE, pages.mine),
        web.post(MINE, pages.step),
    ]


def _new_key() -> str:
    return secret.make(os.urandom(secret.SIZE))


def _state(each: pb.ListedAccount) -> str:
    """Return the key of what is said of an account: how it is disowned, or else its state."""
    if each.waiting:
        return "mine_waiting"
    if each.undecided:
        return "mine_undecided"
    return f"mine_{common_pb2.AccountStatus.State.Name(each.state)}"


def _release(view: View, found: pb.Inquiry, place: int) -> Release:
    each = found.disclosures[place]
    opened = [
        (_minute(view, one.open_time), one.log_index)
        for one in found.openings
        if one.HasField("disclosure_index") and one.disclosure_index == place
    ]
    return Release(
        time=_minute(view, each.disclose_time),
        place=each.log_index,
        auditor_id=each.auditor_actor_id,
        legal_basis=each.legal_basis,
        # One of those that are shown apart may have followed it.
        opened=None if not opened and _without_release(found) else opened,
        platform=each.platform_title,
    )


def _without_release(found: pb.Inquiry) -> list[pb.ToldOpening]:
    """Return the openings of which a vault of an earlier version does not say which release they followed."""
    return [each for each in found.openings if not each.HasField("disclosure_index")]


def _errors(error: InvalidFields, language: str) -> dict[str, str]:
    return {
        _IDS.get(name, ""): FIELD_TEXTS[code].in_language(language) for name, code in error.fields.items()
    }


def _to(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address})


def _minute(view: View, time: Timestamp) -> str:
    return view.minute(time.ToDatetime(UTC))
