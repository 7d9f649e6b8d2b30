"""Public accounts by clicks, for their owner: what each is, what readers see, and what may be done with it.

- What cannot be undone has a page of its own that says what follows, and a button there.
- A form has the revision from which it was shown: sent twice, it is one change.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web

from idvault.web import calls, guard
from idvault.web.identity import banners, public_account
from idvault.web.identity.pages import ID, IdentityPages, IdentityVisit
from idvault.web.identity.words import utc_time
from idvault_client.errors import InvalidFields, NotFound, PreconditionFailed, RequestIdReused, VaultError
from idvault_verify.v1 import identity_pb2 as pb
from idvault_verify.v1 import public_account_pb2

_HERE = f"/i/{{session:{ID}}}/public"
_ONE = f"{_HERE}/{{public_account:{ID}}}"
_CHANGE = f"{_ONE}/{{change:{'|'.join(public_account.CHANGES)}}}"
_REFUSED = (InvalidFields, NotFound, PreconditionFailed)


@dataclass(kw_only=True, eq=False, repr=False)
class OwnershipPages:
    """The handlers. identity: those of the account."""

    identity: IdentityPages

    async def index(self, request: web.Request) -> web.StreamResponse:
        """Show all public accounts, and the ways to another one."""
        return await self.identity.show(request, _index)

    async def one(self, request: web.Request) -> web.StreamResponse:
        """Show a public account, and what may be done with it."""
        found = request.match_info["public_account"]
        return await self.identity.show(request, lambda visit, own: _one(visit, own, found))

    async def ask(self, request: web.Request) -> web.StreamResponse:
        """Show what a change would do."""
        found, change = request.match_info["public_account"], request.match_info["change"]
        return await self.identity.show(request, lambda visit, own: _ask(visit, own, found, change))

    async def change(self, request: web.Request) -> web.StreamResponse:
        """Change a public account; show the page again with what is wrong."""
        found, change = request.match_info["public_account"], request.match_info["change"]
        visit, form = await self._form(request)
        other = str(form.get("account", "")).strip() if change in public_account.NAMING else ""
        try:
            made = await self._run(visit, form, public_account.CHANGES[change], found, other)
        except _REFUSED as error:
            own = await self.identity.run(visit, calls.identity(visit.session_id, visit.key))
            return self.identity.keep(_ask(visit, own, found, change, account=other, error=error), visit)
        return self._on(visit, f"public/{found}", change, made)

    async def remove(self, request: web.Request) -> web.StreamResponse:
        """Take the right to publish from an operator, who can be named again."""
        found = request.match_info["public_account"]
        visit, form = await self._form(request)
        made = await self._run(visit, form, "REMOVE_OPERATOR", found, str(form.get("account", "")))
        return self._on(visit, f"public/{found}", "remove", made)

    async def ask_apply(self, request: web.Request) -> web.StreamResponse:
        """Show what an application is."""
        return await self.identity.show(request, _ask_apply)

    async def apply(self, request: web.Request) -> web.StreamResponse:
        """File an application; show the page again with what is wrong."""
        visit, form = await self._form(request)
        try:
            made = await self._run(visit, form, "APPLY")
        except _REFUSED as error:
            own = await self.identity.run(visit, calls.identity(visit.session_id, visit.key))
            return self.identity.keep(_ask_apply(visit, own, error=error), visit)
        return self._on(visit, "public", "apply", made)

    async def ask_accept(self, request: web.Request) -> web.StreamResponse:
        """Show what is offered with the terms; without its number, the list of what is offered."""
        visit = await self.identity.visit(request)
        number = request.query.get("number", "")
        if not number:
            return self.identity.on(visit, "public")
        return self.identity.keep(await self._accept_page(visit, number), visit)

    async def accept(self, request: web.Request) -> web.StreamResponse:
        """Take a public account over; show the page again with what is wrong."""
        visit, form = await self._form(request)
        number = str(form.get("number", ""))
        try:
            made = await self._run(visit, form, "ACCEPT", number)
        except _REFUSED as error:
            return self.identity.keep(await self._accept_page(visit, number, error=error), visit)
        return self._on(visit, f"public/{number}", "accept", made)

    async def _accept_page(
        self, visit: IdentityVisit, number: str, *, error: VaultError | None = None
    ) -> web.Response:
        own = await self.identity.run(visit, calls.identity(visit.session_id, visit.key))
        readers, revision = None, 0
        call = calls.public_profile(visit.session_id, visit.key, public_account_id=number)
        with suppress(*_REFUSED):
            profile = await self.identity.run(visit, call)
            readers, revision = public_account.readers(profile, visit.view), profile.revision
        return visit.view.shown(
            own,
            "public_accept",
            visit.view.say("public_accept_title"),
            status=422 if error or readers is None else 200,
            errors=_wrong(visit, error) if readers else {"": visit.view.say("public_gone")},
            keep=f"&number={number}" if re.fullmatch(ID, number) else "",
            number=number,
            readers=readers,
            revision=revision,
            terms=visit.found.policy_text,
            version=visit.found.policy_version,
            obstacle=public_account.obstacle("accept", own, visit.view),
        )

    async def _form(self, request: web.Request) -> tuple[IdentityVisit, Mapping[str, object]]:
        visit = await self.identity.visit(request)
        guard.check_form(await self.identity.pages.token(request), key=visit.key)
        return visit, await self.identity.pages.form(request)

    async def _run(
        self, visit: IdentityVisit, form: Mapping[str, object], change: str, found: str = "", other: str = ""
    ) -> public_account_pb2.PublicAccount | None:
        """Change a public account and return it; None if another tab has sent the form for another change."""
        call = calls.change_public_account(
            visit.session_id,
            visit.key,
            change=change,
            public_account_id=found,
            account_token=other,
            revision=str(form.get("revision", "")),
        )
        try:
            return await self.identity.run(visit, call)
        except RequestIdReused:
            # The page shows what the other tab did.
            return None

    def _on(
        self, visit: IdentityVisit, page: str, act: str, made: public_account_pb2.PublicAccount | None
    ) -> web.StreamResponse:
        return self.identity.on(visit, page, done="" if made is None else visit.view.note(act, made))


def _index(visit: IdentityVisit, own: pb.Identity) -> web.Response:
    return visit.view.shown(
        own,
        "public",
        visit.view.say("public_title"),
        obstacle=public_account.obstacle("apply", own, visit.view),
        cards=[public_account.shown_account(each, visit.view) for each in own.public_accounts],
        offers=[
            (banners.accepts(each, visit.view), public_account.offered(each, visit.view))
            for each in own.offered_public_accounts
        ],
        ids=visit.view.named([("own_account", own.status.account_token)]),
        acts={
            "apply": [
                each for each in own.public_accounts if each.profile.state == each.profile.STATE_APPLIED
            ]
        },
    )


def _one(visit: IdentityVisit, own: pb.Identity, found: str) -> web.Response:
    each = public_account.named(own, found)
    # An offer ends with the public account; the vault keeps it as it was.
    live = each.profile.state in public_account.LIVE
    waits = each.HasField("offer") and live
    offered = waits and utc_time(each.offer.expire_time) > visit.view.view.now
    return visit.view.shown(
        own,
        "public_one",
        public_account.short_name(each.profile, visit.view),
        card=public_account.shown_account(each, visit.view),
        readers=public_account.readers(each.profile, visit.view),
        live=live,
        organisation=each.profile.kind != each.profile.KIND_INDIVIDUAL,
        operators=each.operators,
        offered=visit.view.minute(each.offer.expire_time) if offered else "",
        receiver=visit.view.named([("receiver", each.offer.account_token)]) if offered else [],
        actions=public_account.actions(each, visit.view),
        acts={act: [each] for act in _told(each, offered=bool(offered))},
        revision=each.profile.revision,
    )


def _told(each: public_account_pb2.PublicAccount, *, offered: bool) -> list[str]:
    """Return the acts that a public account's state agrees with."""
    profile = each.profile
    if profile.state == profile.STATE_CLOSED:
        return ["close"]
    return [
        *["renew"] * (profile.state == profile.STATE_ACTIVE),
        *["offer"] * offered,
        *["operator"] * bool(each.operators),
        *["accept", "remove"] * (profile.state in public_account.LIVE),
    ]


def _ask(
    visit: IdentityVisit,
    own: pb.Identity,
    found: str,
    change: str,
    *,
    account: str = "",
    error: VaultError | None = None,
) -> web.Response:
    """Return the page of a change. account: what was typed for the other one, which is no secret."""
    each = public_account.named(own, found)
    if error is None and change not in public_account.actions(each, visit.view):
        raise web.HTTPNotFound
    names = change in public_account.NAMING
    wrong = _wrong(visit, error)
    return visit.view.shown(
        own,
        "public_change",
        visit.view.say(f"public_{change}_title"),
        status=422 if error else 200,
        errors={"account": "".join(wrong.values())} if error and names else wrong,
        account=account,
        change=change,
        final=change in public_account.FINAL,
        card=public_account.shown_account(each, visit.view),
        names=names,
        licensed=change == "renew" and each.profile.HasField("licence"),
        obstacle=public_account.obstacle(change, own, visit.view),
        revision=each.profile.revision,
    )


def _ask_apply(visit: IdentityVisit, own: pb.Identity, *, error: VaultError | None = None) -> web.Response:
    return visit.view.shown(
        own,
        "public_apply",
        visit.view.say("public_apply_title"),
        status=422 if error else 200,
        errors=_wrong(visit, error),
        category=public_account.unlicensed(own.status, visit.view),
        licences=public_account.licences(visit.view),
        revision=len(own.public_accounts),
        obstacle=public_account.obstacle("apply", own, visit.view),
    )


def _wrong(visit: IdentityVisit, error: VaultError | None) -> dict[str, str]:
    if isinstance(error, InvalidFields):
        return {"": "".join(dict.fromkeys(visit.view.errors(error).values()))}
    text = public_account.refusal(error, visit.view)
    return {"": text} if text else {}


def routes(pages: OwnershipPages) -> list[web.RouteDef]:
    """Return what each address does."""
    return [
        web.get(_HERE, pages.index),
        web.get(f"{_HERE}/apply", pages.ask_apply),
        web.post(f"{_HERE}/apply", pages.apply),
        web.get(f"{_HERE}/accept", pages.ask_accept),
        web.post(f"{_HERE}/accept", pages.accept),
        web.get(_ONE, pages.one),
        web.get(f"{_ONE}/remove", pages.one),
        web.post(f"{_ONE}/remove", pages.remove),
        web.get(_CHANGE, pages.ask),
        web.post(_CHANGE, pages.change),
    ]
