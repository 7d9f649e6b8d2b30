"""A console over HTTP: checks each request, runs its handler, and renders the answer."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web
from jinja2 import Environment
from markupsafe import Markup

from idvault_client.pages import headers, multipart, rendering
from idvault_client.pages.multipart import FormPart
from idvault_people.console import explaining, shown
from idvault_people.console.done import DONE, SAVED
from idvault_people.console.entrance import TOLD, Entrance
from idvault_people.console.icons import MENU_ICONS
from idvault_people.console.texts import CONSOLE
from idvault_people.console.visit import (
    Answer,
    ConsoleHead,
    ConsolePage,
    Download,
    Explanation,
    GoTo,
    MenuCount,
    NoPageError,
    Route,
    Upload,
    Visit,
)
from idvault_verify import secret
from idvault_verify.text import Text

MOST_BYTES = 20 * 1024 * 1024
"""The longest form: an order that is hashed here may be a scan of many pages."""
_LANGUAGE = "language"
_FOLDER = Path(__file__).parent
_FILES = {
    "style.css": rendering.STYLE,
    "icons.svg": rendering.ICONS,
    "console.js": _FOLDER / "static" / "console.js",
    "polling.js": _FOLDER / "static" / "polling.js",
    "rows.js": _FOLDER / "static" / "rows.js",
    "state.js": _FOLDER / "static" / "state.js",
}
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_KEPT_FORMS = 1_000
_LAST_FILES = 2.0
"""How many seconds a session that was ended serves what its last page is drawn with."""
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, kw_only=True)
class Console:
    """The pages of one role. texts: with "service", the name in each page's head.

    menu: paths, and the keys of their texts. explain:
    returns why an exception ended a handler, None if it does not know the exception. counts: returns what
    waits behind links of the menu, by path, and asks nobody. saved: addresses that the user keeps, and
    their names. head: returns who works here, and asks nobody.
    """

    texts: Mapping[str, Text]
    templates: Path
    menu: Sequence[tuple[str, str]]
    routes: Sequence[Route]
    explain: Callable[[Exception, Visit], Explanation | None]
    counts: Callable[[Visit], Mapping[str, MenuCount]] = lambda _visit: {}
    saved: Callable[[], Sequence[tuple[str, str]]] = tuple
    head: Callable[[], ConsoleHead | None] = lambda: None


@dataclass(kw_only=True, eq=False)
class ConsoleApp:
    """One running console. stop: set when the user ends the session."""

    console: Console
    entrance: Entrance
    stop: asyncio.Event
    patience: float
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)
    _done: dict[str, str] = field(default_factory=dict)
    _ended: bool = False
    _templates: Environment = field(init=False)
    _texts: Mapping[str, Text] = field(init=False)

    def __post_init__(self) -> None:
        """Read the templates."""
        self._templates = rendering.templates(self.console.templates, _FOLDER / "templates")
        self._texts = {**CONSOLE, **self.console.texts}

    def application(self) -> web.Application:
        """Return the application."""
        app = web.Application(middlewares=[self._protected], client_max_size=MOST_BYTES)
        app.add_routes(
            [web.route(each.method, each.path, self._handler(each)) for each in self.console.routes]
        )
        app.add_routes(
            [
                web.get("/enter/{token}", self._enter),
                web.post("/end", self._end),
                web.get("/static/{name}", self._static),
            ]
        )
        return app

    @web.middleware
    async def _protected(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Check every request, and let no exception out as it is."""
        try:
            self.entrance.check_host(request)
            if self._ended and handler != self._static:
                raise web.HTTPForbidden
            if handler not in (self._enter, self._static):
                self.entrance.check(request)
            answer = await handler(request)
        except web.HTTPException as error:
            key = TOLD.get(HTTPStatus(error.status), "failed_text")
            # A form that did not arrive can be sent again: its page is where it would have gone.
            is_form = error.status in (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_TIMEOUT)
            texts, to = [self._visit(request).say(key)], request.path if is_form else "/"
            answer = self._refusal(request, status=error.status, texts=texts, to=to)
        except NoPageError:
            answer = self._refusal(request, status=404, texts=[self._visit(request).say("not_found")])
        except Exception as error:
            answer = self._explained(request, error)
        if (wanted := request.query.get("lang", "")) in ("zh", "en"):
            answer.set_cookie(_LANGUAGE, wanted, httponly=True, samesite="Strict")
        headers.protect(answer, base_url=self.entrance.base_url)
        return answer

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        """Use the token. The page leads on by itself: a redirect from the file would bring no cookie."""
        self.entrance.enter(request.match_info["token"])
        visit = self._visit(request)
        links = [("/", visit.say("enter"))]
        page = ConsolePage(
            template="message.html", title=visit.say("enter"), values={"texts": [], "links": links}
        )
        answer = self._rendered(request, visit, page, leave_to="/", menu=[])
        self.entrance.keep(answer)
        return answer

    async def _end(self, request: web.Request) -> web.StreamResponse:
        await self._form(request)
        self._ended = True
        # The last page still asks for its style sheet; any other request is refused from now on.
        asyncio.get_running_loop().call_later(_LAST_FILES, self.stop.set)
        visit = self._visit(request)
        values = {"texts": [visit.say("ended_text")], "links": []}
        page = ConsolePage(template="message.html", title=visit.say("ended_title"), values=values)
        return self._rendered(request, visit, page, menu=[], console_head=None)

    async def _static(self, request: web.Request) -> web.StreamResponse:
        path = _FILES.get(request.match_info["name"])
        if path is None:
            raise web.HTTPNotFound
        body = await asyncio.to_thread(path.read_bytes)
        return web.Response(body=body, content_type=_TYPES[path.suffix], charset="utf-8")

    def _handler(self, route: Route) -> _Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            fields, files = await self._form(request) if request.method == "POST" else ({}, {})
            visit = self._visit(request, fields, files)
            form = f"{fields.get('once', '')} {request.path}"
            async with self._one:
                if form in self._done:
                    return _redirect(self._done[form])
                answer = await asyncio.to_thread(route.handler, visit)
                if isinstance(answer, GoTo) and "once" in fields:
                    self._remember(form, answer.path)
            return self._answered(request, visit, answer)

        return handle

    def _remember(self, form: str, path: str) -> None:
        self._done[form] = path
        if len(self._done) > _KEPT_FORMS:
            del self._done[next(iter(self._done))]

    async def _form(self, request: web.Request) -> tuple[dict[str, str], dict[str, Upload]]:
        """Return a form's fields and files; raises HTTPException if it is not a form of ours."""
        if (request.content_length or 0) > MOST_BYTES:
            raise web.HTTPRequestEntityTooLarge(max_size=MOST_BYTES, actual_size=request.content_length or 0)
        try:
            async with asyncio.timeout(self.patience):
                body = await request.read()
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        if request.content_type == "multipart/form-data":
            # Not by aiohttp, which would write a file to the disk.
            parts = multipart.parts(body, content_type=request.headers["Content-Type"])
        else:
            parts = {name: FormPart(str(value).encode()) for name, value in (await request.post()).items()}
        fields = {
            name: each.content.decode("utf-8", "replace") for name, each in parts.items() if not each.is_file
        }
        files = {name: Upload(each.file_name, each.content) for name, each in parts.items() if each.file_name}
        self.entrance.check_form(fields.get("form", ""))
        return fields, files

    def _visit(
        self, request: web.Request, fields: Mapping[str, str] = {}, files: Mapping[str, Upload] = {}
    ) -> Visit:
        language = _language(request)
        return Visit(
            language=language,
            say=rendering.saying(self._texts, language),
            path=request.path,
            parts=dict(request.match_info),
            query=dict(request.query),
            fields=fields,
            files=files,
        )

    def _answered(self, request: web.Request, visit: Visit, answer: Answer) -> web.StreamResponse:
        if isinstance(answer, GoTo):
            return _redirect(answer.path)
        if isinstance(answer, Download):
            named = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(answer.name)}"}
            return web.Response(body=answer.content, content_type=answer.type, headers=named)
        return self._rendered(request, visit, answer)

    def _rendered(self, request: web.Request, visit: Visit, page: ConsolePage, **more: Any) -> web.Response:
        current = request.path
        is_inside = self.entrance.is_known(request)
        counts = self.console.counts(visit) if is_inside else {}
        menu = [
            (path, visit.say(key), _is_under(current, path), counts.get(path), MENU_ICONS.get(key, ""))
            for path, key in self.console.menu
        ]
        number = secret.make(os.urandom(secret.SIZE))
        values: dict[str, Any] = {
            "menu": menu if is_inside else [],
            "console_head": self._head(visit) if is_inside else None,
            "saved": [(path, name, path == _list(request)) for path, name in self.console.saved()],
            "script": "console.js",
            "form_fields": _hidden(form=self.entrance.form_token, once=number),
            "here": current,
            "keep": _kept(request),
            "title": page.title,
            "errors": page.errors,
            "labels": explaining.labels(page.errors, visit),
            "hides": page.hides,
            "resend": self._resend(current, page),
            "t": visit.say,
            **page.values,
            **more,
        }
        body = rendering.render(self._templates, page.template, language=visit.language, **values)
        answer = web.Response(text=body, content_type="text/html", charset="utf-8", status=page.status)
        if page.hides is not None:
            answer.headers["Refresh"] = f"{page.hides.seconds}; url={page.hides.path}"
        return answer

    def _resend(self, address: str, page: ConsolePage) -> dict[str, object] | None:
        if page.resend is None:
            return None
        return {"address": address, "fields": {**page.resend, "form": self.entrance.form_token}}

    def _head(self, visit: Visit) -> dict[str, str] | None:
        found = self.console.head()
        if found is None:
            return None
        until = ""
        if found.until is not None:
            day = shown.short_day(found.until, language=visit.language, zone=found.zone)
            until = visit.say("head_until", day=day)
        return {"name": found.name, "whole": found.whole, "place": found.place, "until": until}

    def _refusal(
        self,
        request: web.Request,
        *,
        status: int,
        texts: list[str],
        title: str = "",
        to: str = "/",
        more: Sequence[tuple[str, str]] = (),
    ) -> web.Response:
        visit = self._visit(request)
        inside = status not in (HTTPStatus.FORBIDDEN, HTTPStatus.MISDIRECTED_REQUEST)
        back = "try_again" if more else "back"
        links = [(to, visit.say(back)), *more] if inside else []
        page = ConsolePage(
            template="message.html",
            title=title or visit.say("refused_title"),
            values={"texts": texts, "links": links},
            status=status,
        )
        return self._rendered(request, visit, page, **({} if inside else {"menu": [], "console_head": None}))

    def _explained(self, request: web.Request, error: Exception) -> web.Response:
        visit = self._visit(request)
        found = self.console.explain(error, visit)
        why = found or Explanation(visit.say("failed_text"), status=500)
        texts = [each for each in (why.text, why.hint) if each]
        # An act is repeated on the page of its form, where nothing that was typed before is lost.
        asked = request.path_qs if request.method == "POST" else request.path
        to = "/"
        if request.method == "POST" or why.links:
            to = f"{request.path}{why.again}" if why.again else asked
        title = why.title or visit.say("failed_title")
        return self._refusal(request, status=why.status, texts=texts, title=title, to=to, more=why.links)


_ONCE = ("lang", SAVED, DONE)
"""What an address says once: the language that is chosen, and what was just done."""


def _kept(request: web.Request) -> str:
    """Return what a change of language keeps of an address's question."""
    kept = urlencode([(name, value) for name, value in request.query.items() if name not in _ONCE])
    return f"&{kept}" if kept else ""


def _list(request: web.Request) -> str:
    """Return an address as a list with its filters: without the language, and without what was just done."""
    kept = urlencode([(name, value) for name, value in request.query.items() if name not in _ONCE])
    return f"{request.path}?{kept}" if kept else request.path


def _hidden(**fields: str) -> Markup:
    field = Markup('<input type="hidden" name="{}" value="{}">')
    return Markup("").join(field.format(name, value) for name, value in fields.items())


def _redirect(path: str) -> web.Response:
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError("a console leads to its own pages only")
    return web.Response(status=303, headers={"Location": path})


def _is_under(current: str, path: str) -> bool:
    return current == path or (path != "/" and current.startswith(f"{path}/"))


def _language(request: web.Request) -> str:
    for chosen in (request.query.get("lang", ""), request.cookies.get(_LANGUAGE, "")):
        if chosen in ("zh", "en"):
            return chosen
    accepted = request.headers.get("Accept-Language", "zh").lower()
    return "zh" if accepted.startswith("zh") else "en"
