"""The hosted pages over HTTP: what each address does.

- A GET changes nothing at the vault: messengers fetch links for a preview. It gives a browser its key.
- A POST does one step and sends the browser on to the page of the session, so that a reload repeats nothing.
- What a person types is passed on and never shown again, logged or kept; only who reports something reads
  the own report again (web.tip_off).
"""

import asyncio
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote, urlsplit

from aiohttp import web
from google.protobuf import json_format

from idvault.core import capacity
from idvault.core.config.operator_file import ServiceOperator
from idvault.core.connections import Door
from idvault.core.telemetry.logs import describe, log
from idvault.core.telemetry.metrics import WebMetrics
from idvault.session import rules as session_rules
from idvault.web import calls, guard, limits
from idvault.web.calls import TypedIdentity, TypedPerson
from idvault.web.edge import EdgeConnections
from idvault.web.limits import Buckets, Shares
from idvault.web.render import ANSWERS, States, View
from idvault_client import reasons
from idvault_client.errors import InvalidFields, NotFound, RequestIdReused, TooManyAttempts, VaultError
from idvault_client.pages import headers, rendering
from idvault_verify import secret
from idvault_verify.document import DocumentType
from idvault_verify.error import FieldCode, Reason
from idvault_verify.v1 import session_pb2 as pb

_FORM_BYTES = 16 * 1024
_TYPE_LENGTH = 200
"""Of a Content-Type: browsers write at most 70 characters of boundary."""
_BODY_PATIENCE = 10.0
_STATIC = Path(__file__).parent / "static"
_SCRIPTS = ("form.js", "strict.js", "receipt_check.js", "receipt.js")
_STYLE = "style.css"
_LANGUAGE = "language"
_GUARDIAN = "guardian"
_OF_ADULTS = {
    (_GUARDIAN, FieldCode.REQUIRED.value): "guardian_needed",
    (_GUARDIAN, FieldCode.CHARACTER.value): "guardian_wrong",
    ("guardian.document.number", FieldCode.BIRTH_DATE.value): "guardian_age",
}
"""What a page says of an adult beside a child, by field and code."""
_ANSWER = "answer"
"""The name of the cookie with what was answered on the first page of an invitation, and of which session."""
_ONWARD, _BACK, _AGAIN = "onward", "back", "again"
_FROM = "from"
_HERE = re.compile(
    r"/(?:[vsir]|accounts)(?:/[A-Za-z0-9_-]{1,64}){0,6}(?:\?[a-z]{1,16}=\w{1,64}(?:&[a-z]{1,16}=\w{1,64}){0,3})?",
    re.ASCII,
)
"""The addresses of pages here to which help and privacy lead back: a link may name no other."""
_ABOUT = frozenset({"/help", "/privacy"})
_ASKING = web.RequestKey("asking", pb.SessionPage)
"""Under which a request keeps its session, whose platform asks."""
_PROOF = "proof"
"""The name of the cookie with the session whose proof is under way."""
_ATTEMPTS = frozenset(map(str, range(1, session_rules.ATTEMPTS + 1)))
_ID = re.compile(r"[0-9a-f]{32}")
_TYPES = {_STYLE: "text/css", **dict.fromkeys(_SCRIPTS, "text/javascript")}
_TOLD = {
    HTTPStatus.BAD_REQUEST: "forbidden",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "not_found",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.REQUEST_TIMEOUT: "too_slow",
}
_STATUSES = {
    "INVALID_ARGUMENT": 400,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 503,
    "DEADLINE_EXCEEDED": 503,
    "UNAVAILABLE": 503,
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(kw_only=True, eq=False, repr=False)
class Pages:
    """The handlers. base_url: the pages' own address. proxies: how many of ours stand in front.

    now: the vault's business time, by which minutes are left. door: of the port. operator: who runs the
    service. large_forms: the addresses of forms with a file, and how many bytes each may have. oversized:
    what answers one that has more, at some of them. zone: of the operator's days.
    """

    vault: EdgeConnections
    base_url: str
    proxies: int = 0
    operator: ServiceOperator = field(default_factory=ServiceOperator)
    zone: tzinfo = UTC
    large_forms: Mapping[str, int] = field(default_factory=dict)
    oversized: Mapping[str, Handler] = field(default_factory=dict)
    metrics: WebMetrics = field(default_factory=WebMetrics)
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    body_patience: float = _BODY_PATIENCE
    addresses: Buckets = field(default_factory=lambda: Buckets(burst=1_200, per_second=20))
    browsers: Buckets = field(default_factory=lambda: Buckets(burst=60, per_second=1))
    shares: Shares = field(default_factory=Shares)
    door: Door = field(default_factory=lambda: Door(takes=capacity.port()))

    async def show_link(self, request: web.Request) -> web.StreamResponse:
        """Show who asks for what; give the browser a key."""
        key = self._key(request) or secret.make(os.urandom(secret.SIZE))
        found = await self.vault.run(calls.session_link(_code(request)))
        return self._keep(self.view(request, key, found.locale).start(found), key)

    async def redeem(self, request: web.Request) -> web.StreamResponse:
        """Give the link to this browser, and let it keep what it answers to an invitation."""
        key = await self._form_key(request)
        chosen = str((await self.form(request)).get("answer", ""))
        found = await self.vault.run(calls.redeem_session(_code(request), key))
        answer = self._on(found.session_id, key)
        if chosen in ANSWERS:
            self._remember(answer, _ANSWER, f"{found.session_id}.{chosen}")
        return answer

    async def show_session(self, request: web.Request) -> web.StreamResponse:
        """Show the page of the session's state."""
        key, found = await self._found(request)
        if found.purpose == pb.SESSION_PURPOSE_IDENTITY and found.state == States.STATE_BOUND:
            return self._keep(_to(f"/i/{found.session_id}"), key)
        kind, answered = request.query.get("document", ""), request.query.get("answered", "")
        view = self.view(request, key, found.locale)
        if answered in ANSWERS:
            return self._keep(view.answered(found, answered), key)
        chosen = self._chosen(request, found)
        if chosen:
            is_bound = found.state == States.STATE_BOUND
            page = (view.confirm_answer if is_bound else view.leave_to_answer)(found, chosen)
        else:
            page = view.session(found, kind=kind, is_back=_BACK in request.query)
        return self._keep(page, key)

    def _chosen(self, request: web.Request, found: pb.SessionPage) -> str:
        """Return what a browser chose on the first page of an invitation, "" once it goes on after all."""
        session_id, _, chosen = request.cookies.get(self._cookie(_ANSWER), "").partition(".")
        early = found.state in (States.STATE_REDEEMED, States.STATE_BOUND)
        waits = early and found.invited and session_id == found.session_id
        return chosen if waits and chosen in ANSWERS and _ONWARD not in request.query else ""

    async def agree(self, request: web.Request) -> web.StreamResponse:
        """Record that the person agreed to the terms."""
        key = await self._form_key(request)
        await self.vault.run(calls.agree_to_terms(request.match_info["session"], key))
        return self._on(request.match_info["session"], key)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Record that the person wants to be asked later, or never again."""
        key = await self._form_key(request)
        answer = str((await self.form(request)).get("answer", ""))
        if answer not in ANSWERS:
            raise web.HTTPBadRequest
        await self.vault.run(calls.answer_invitation(request.match_info["session"], key, answer=answer))
        page = self._keep(_to(f"/s/{request.match_info['session']}?answered={answer}"), key)
        page.del_cookie(self._cookie(_ANSWER), path="/", secure=self.base_url.startswith("https://"))
        return page

    async def back(self, request: web.Request) -> web.StreamResponse:
        """Lead from the address of a form, to which a change of language leads, to the session's page."""
        kind = request.query.get("document", "")
        known = f"?document={kind}" if kind in DocumentType.__members__ else ""
        return _to(f"/s/{request.match_info['session']}{known}")

    async def submit(self, request: web.Request) -> web.StreamResponse:
        """Pass on what a person typed; show the form again with what is wrong."""
        key = await self._form_key(request)
        form = await self.form(request)
        _, found = await self._found(request)
        if found.proof == pb.PROOF_RESULT_ONLY:  # what is typed for nothing is not passed on
            raise web.HTTPBadRequest
        kind, attempt = str(form.get("document", "")), str(form.get("attempt", ""))
        if kind not in DocumentType.__members__ or attempt not in _ATTEMPTS:
            raise web.HTTPBadRequest
        typed: TypedIdentity = {
            "name": str(form.get("name", "")),
            "kind": DocumentType(kind),
            "number": str(form.get("number", "")),
            "guardian": _guardian(form),
        }
        try:
            with self.shares.place(found.platform):
                if _is_proven(found):
                    await self.vault.run(
                        calls.begin_proof(
                            found.session_id,
                            key,
                            proof=int(attempt),
                            former=str(form.get("former", "")),
                            typed=typed,
                        )
                    )
                    return self._proving(found.session_id, key)
                if typed["kind"] is DocumentType.UNIFIED_SOCIAL_CREDIT_CODE:
                    typed["representative"] = _representative(form)
                await self.vault.run(
                    calls.submit_identity(found.session_id, key, attempt=int(attempt), **typed)
                )
        except RequestIdReused:
            # Another tab has sent this attempt: its page shows what happened to it.
            return self._on(found.session_id, key, document=kind)
        except TooManyAttempts as error:
            return self.view(request, key, found.locale).limited(found, error)
        except InvalidFields as error:
            view = self.view(request, key, found.locale)
            if not found.next_attempt:
                return self._on(found.session_id, key)
            errors = _errors(error, view)
            asked = typed["guardian"] is not None or any(each.startswith(_GUARDIAN) for each in errors)
            return view.identity(found, kind=kind, errors=errors, status=422, guarded=asked)
        return self._on(found.session_id, key, document=kind)

    async def begin(self, request: web.Request) -> web.StreamResponse:
        """Begin a proof for which nothing is typed."""
        key = await self._form_key(request)
        attempt = str((await self.form(request)).get("attempt", ""))
        if attempt not in _ATTEMPTS:
            raise web.HTTPBadRequest
        _, found = await self._found(request)
        with self.shares.place(found.platform):
            await self.vault.run(calls.begin_proof(found.session_id, key, proof=int(attempt)))
        return self._proving(found.session_id, key)

    async def finish(self, request: web.Request) -> web.StreamResponse:
        """Let the vault ask the provider how a proof ended."""
        key = await self._form_key(request)
        _, found = await self._found(request)
        if found.open_proof:
            with self.shares.place(found.platform):
                await self.vault.run(calls.finish_proof(found.session_id, key, proof=found.open_proof))
        return self._on(found.session_id, key)

    async def contest_pairing(self, request: web.Request) -> web.StreamResponse:
        """Pass on that the person's number never replaced another one."""
        key = await self._form_key(request)
        session_id = request.match_info["session"]
        found = await self.vault.run(calls.contest_pairing(session_id, key))
        view = self.view(request, key, found.locale)
        return self._keep(view.contested(found), key)

    async def from_provider(self, request: web.Request) -> web.StreamResponse:
        """Send a browser that comes back from a provider to the page of its session."""
        session_id = request.cookies.get(self._cookie(_PROOF), "")
        if not _ID.fullmatch(session_id):
            raise web.HTTPNotFound
        return _to(f"/s/{session_id}?{_BACK}=1")

    def _proving(self, session_id: str, key: str) -> web.StreamResponse:
        """Send the browser on; it keeps the session, whose id the provider must not learn."""
        answer = self._on(session_id, key)
        self._remember(answer, _PROOF, session_id)
        return answer

    def _cookie(self, name: str) -> str:
        return guard.cookie_name(self.base_url, name)

    def _remember(self, answer: web.StreamResponse, name: str, value: str) -> None:
        """Let the browser keep something that is no secret, as long as its session lasts."""
        answer.set_cookie(
            self._cookie(name),
            value,
            max_age=guard.LIFETIME,
            path="/",
            secure=self.base_url.startswith("https://"),
            httponly=True,
            samesite="Lax",
        )

    async def receipt(self, request: web.Request) -> web.StreamResponse:
        """Send the receipt of a success."""
        _, found = await self._found(request)
        if not found.verification.HasField("receipt"):
            raise web.HTTPNotFound
        text = json_format.MessageToJson(found.verification.receipt) + "\n"
        return web.Response(text=text, content_type="application/json")

    async def static(self, request: web.Request) -> web.StreamResponse:
        """Send the style sheet or the script."""
        name = request.match_info["name"]
        if name not in _TYPES:
            raise web.HTTPNotFound
        body = (await asyncio.to_thread(_asset, name)).encode()
        return web.Response(
            body=body,
            content_type=_TYPES[name],
            charset="utf-8",
            headers={"Cache-Control": "public, max-age=3600"},
        )

    @web.middleware
    async def measure(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count every answer, by the pattern of its address: the address itself may hold a secret."""
        start = time.perf_counter()
        answer = await handler(request)
        page = _pattern(request) or "none"
        self.metrics.answers.add(page, str(answer.status))
        self.metrics.seconds.observe(time.perf_counter() - start, page)
        return answer

    @web.middleware
    async def protect(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Limit, check and answer every request; no exception and nothing that was sent leaves as it is."""
        try:
            answer = await self._limited(request, handler)
        except web.HTTPException as error:
            answer = self._told(request, error)
            if "Retry-After" in error.headers:
                answer.headers["Retry-After"] = error.headers["Retry-After"]
        except VaultError as error:
            status = status_of(error)
            view = self.view(request)
            title = view.refused_title(error)
            answer = self._refusal(request, view, view.refused(error), status, title=title)
        except Exception as error:
            log().error("page_failed", **describe(error))
            view = self.view(request)
            text = reasons.reason_text(Reason.STORE_UNAVAILABLE, language=view.language)
            answer = self._refusal(request, view, text, 503)
        wanted = request.query.get("lang", "")
        if wanted in ("zh", "en"):
            secure = self.base_url.startswith("https://")
            answer.set_cookie(_LANGUAGE, wanted, max_age=86_400, secure=secure, httponly=True, samesite="Lax")
        headers.protect(answer, base_url=self.base_url)
        return answer

    def view(self, request: web.Request, key: str = "", locale: str = "") -> View:
        """Return how to show a page. locale: of the session; without one, the browser's languages count."""
        chosen = request.query.get("lang", "") or request.cookies.get(_LANGUAGE, "")
        if chosen not in ("zh", "en"):
            chosen = session_rules.language(locale) if locale else _preferred(request)
        kind, answered = request.query.get("document", ""), request.query.get("answered", "")
        keep = f"&document={kind}" if kind in DocumentType.__members__ else ""
        keep += f"&answered={answered}" if answered in ANSWERS else ""
        keep += "".join(f"&{each}=1" for each in (_ONWARD, _BACK, _AGAIN) if each in request.query)
        number = request.query.get("number", "")
        keep += f"&number={number}" if _ID.fullmatch(number) else ""
        came_from = f"{request.path}?{keep[1:]}" if keep else request.path
        if request.path in _ABOUT:
            came_from = request.query.get(_FROM, "")
        if not _HERE.fullmatch(came_from):
            came_from = ""
        if came_from and request.path in _ABOUT:
            keep += f"&{_FROM}={quote(came_from, safe='')}"
        return View(
            language=chosen,
            now=self.now(),
            zone=self.zone,
            key=key,
            keep=keep,
            came_from=came_from,
            supervision=self.operator.supervision,
            run_by=self.operator.name(chosen) or urlsplit(self.base_url).netloc,
            contact=self.operator.contact,
        )

    async def token(self, request: web.Request) -> str:
        """Return the token that a form carries."""
        return str((await self.form(request)).get("form", ""))

    @staticmethod
    async def form(request: web.Request) -> Mapping[str, object]:
        """Return a form's fields; raises HTTPBadRequest for anything that is not a form."""
        try:
            return await request.post()
        except ValueError:
            raise web.HTTPBadRequest from None

    async def _limited(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        now = self.clock()
        self.addresses.check(limits.address(request, proxies=self.proxies), now=now)
        if key := self._key(request):
            self.browsers.check(key, now=now)
        if request.method != "POST":
            with self.door.answering(request.protocol):
                return await handler(request)
        headers.check_origin(request, base_url=self.base_url)
        try:
            await self._read(request)
        except web.HTTPRequestEntityTooLarge:
            if _pattern(request) not in self.oversized:
                raise
            handler = self.oversized[_pattern(request)]
        with self.door.answering(request.protocol):
            return await handler(request)

    async def _read(self, request: web.Request) -> None:
        """Read a form into memory; raises HTTPBadRequest, HTTPRequestEntityTooLarge, HTTPRequestTimeout."""
        # Before aiohttp reads it: its parser takes 0.4 s for 8 KB of semicolons, and recurses into brackets.
        if len(request.headers.get("Content-Type", "")) > _TYPE_LENGTH:
            raise web.HTTPBadRequest
        limit = self.large_forms.get(_pattern(request), _FORM_BYTES)
        size = request.content_length or 0
        try:
            async with asyncio.timeout(self.body_patience):
                if size <= limit:
                    size = len(await request.read())
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        if size > limit:
            raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=size)

    def _told(self, request: web.Request, error: web.HTTPException) -> web.Response:
        view, key = self.view(request), _TOLD.get(HTTPStatus(error.status))
        text = view.say(key) if key else view.busy(error.headers.get("Retry-After", "0"))
        return self._refusal(request, view, text, error.status)

    @staticmethod
    def _refusal(
        request: web.Request, view: View, text: str, status: int, *, title: str = "refused_title"
    ) -> web.Response:
        """Return why nothing is shown, under the name of the session's platform, if that is known."""
        links = _onward(request, view, status)
        return view.refusal(text, status=status, links=links, title=title, asking=request.get(_ASKING))

    async def _found(self, request: web.Request) -> tuple[str, pb.SessionPage]:
        key = self._key(request)
        if not key:
            raise NotFound(Reason.SESSION_NOT_FOUND, "NOT_FOUND")
        found = await self.vault.run(calls.session_page(request.match_info["session"], key))
        request[_ASKING] = found
        return key, found

    async def _form_key(self, request: web.Request) -> str:
        key = self._key(request)
        guard.check_form(await self.token(request), key=key)
        return key

    def _key(self, request: web.Request) -> str:
        return guard.browser_key(request, base_url=self.base_url)

    def _on(self, session_id: str, key: str, *, document: str = "") -> web.StreamResponse:
        """Send the browser to the page of a session. document: the kind, which another try begins with."""
        address = f"/s/{session_id}?document={document}" if document else f"/s/{session_id}"
        return self._keep(_to(address), key)

    def _keep(self, answer: web.StreamResponse, key: str) -> web.StreamResponse:
        guard.keep_key(answer, key, base_url=self.base_url)
        return answer


def application(pages: Pages, *, routes: Sequence[web.RouteDef] = ()) -> web.Application:
    """Return the application. routes: of other capabilities."""
    largest = max((_FORM_BYTES, *pages.large_forms.values()))
    app = web.Application(middlewares=[pages.measure, pages.protect], client_max_size=largest + 1)
    app.add_routes(
        [
            web.get("/v/{code}", pages.show_link),
            web.post("/v/{code}", pages.redeem),
            web.get("/s/{session:[0-9a-f]{32}}", pages.show_session),
            web.post("/s/{session:[0-9a-f]{32}}/terms", pages.agree),
            web.post("/s/{session:[0-9a-f]{32}}/answer", pages.answer),
            web.post("/s/{session:[0-9a-f]{32}}/identity", pages.submit),
            web.post("/s/{session:[0-9a-f]{32}}/begin", pages.begin),
            web.post("/s/{session:[0-9a-f]{32}}/proof", pages.finish),
            web.post("/s/{session:[0-9a-f]{32}}/pairing", pages.contest_pairing),
            web.get("/s/{session:[0-9a-f]{32}}/{form:terms|answer|identity|begin|proof|pairing}", pages.back),
            web.get("/s/{session:[0-9a-f]{32}}/receipt", pages.receipt),
            web.get("/proof", pages.from_provider),
            web.get("/static/{name}", pages.static),
            *routes,
        ]
    )
    return app


def _pattern(request: web.Request) -> str:
    """Return the pattern of a request's address, "" for an unknown one."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else ""


def _representative(form: Mapping[str, object]) -> TypedPerson:
    """Return the legal representative that a form names; raises HTTPBadRequest for an unknown document."""
    kind = str(form.get("representative_document", ""))
    if kind not in DocumentType.__members__:
        raise web.HTTPBadRequest
    name, number = (str(form.get(f"representative_{each}", "")) for each in ("name", "number"))
    return TypedPerson(name, DocumentType(kind), number)


def _is_proven(found: pb.SessionPage) -> bool:
    """Return whether a session demands a proof of a provider."""
    return found.proof not in (pb.PROOF_UNSPECIFIED, pb.PROOF_NUMBER_MATCH)


def status_of(error: VaultError) -> int:
    """Return the HTTP status for a refusal of the vault."""
    return _STATUSES.get(error.code, 409)


def _preferred(request: web.Request) -> str:
    """Return the language that a browser prefers: zh without any, en for a person who reads neither."""
    given = request.headers.get("Accept-Language", "zh").lower().split(",")
    tags = [each.strip()[:2] for each in given]
    return next((each for each in tags if each in ("zh", "en")), "en")


def _onward(request: web.Request, view: View, status: int) -> list[tuple[str, str]]:
    """Return the way to the session whose form was refused: its page says whether the form has arrived.

    From an address where nothing is, the way is to the front page.
    """
    session = request.match_info.get("session", "")
    if not session and status == HTTPStatus.NOT_FOUND:
        return [("/", view.say("front_link"))]
    if request.method != "POST" or not session or status == HTTPStatus.NOT_FOUND:
        return []
    return [(f"/s/{session}", view.say("wait_link"))]


def _to(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address})


def _code(request: web.Request) -> str:
    code = request.match_info["code"]
    if not secret.is_secret(code):
        raise NotFound(Reason.SESSION_NOT_FOUND, "NOT_FOUND")
    return code


def _guardian(form: Mapping[str, object]) -> TypedPerson | None:
    """Return what an adult typed beside a child; raises HTTPBadRequest for no document of a form."""
    kind = str(form.get("guardian_document", ""))
    if not kind:
        return None
    if kind not in DocumentType.__members__:
        raise web.HTTPBadRequest
    name, number = str(form.get("guardian_name", "")), str(form.get("guardian_number", ""))
    return TypedPerson(name, DocumentType(kind), number)


def _errors(error: InvalidFields, view: View) -> dict[str, str]:
    ids = {
        "real_name": "name",
        "organization_name": "name",
        "document.number": "number",
        _GUARDIAN: "guardian_name",
        "guardian.real_name": "guardian_name",
        "guardian.document.number": "guardian_number",
        "guardian.document.type": "guardian_number",
        "representative_name": "representative_name",
        "representative_document.number": "representative_number",
        "former_document": "former",
        "former_document.number": "former",
    }
    texts = error.texts(view.language)
    texts |= {
        field: view.say(_OF_ADULTS[field, code])
        for field, code in error.items()
        if (field, code) in _OF_ADULTS
    }
    return {ids.get(name, ""): text for name, text in texts.items()}


def _asset(name: str) -> str:
    return rendering.hosted_style() if name == _STYLE else (_STATIC / name).read_text("utf-8")
