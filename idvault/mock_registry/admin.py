"""The mock registry's admin port: changes its behaviour, settles checks, adds people, tells the counters."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime

from aiohttp import web

from idvault.mock_registry import population
from idvault.mock_registry.behaviour import Behaviour, BehaviourError, Mode
from idvault.mock_registry.ledger import Ledger
from idvault.registry.nppa_wire import Status


class Admin:
    """Handles the requests of the admin port."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        behaviour: Behaviour,
        lift_bans: Callable[[], None],
        listen: Callable[[bool], Awaitable[None]],
        clock: Callable[[], datetime],
    ) -> None:
        """Take what the public port uses. listen: opens or closes the public port."""
        self._ledger = ledger
        self._behaviour = behaviour
        self._lift_bans = lift_bans
        self._listen = listen
        self._clock = clock

    def application(self) -> web.Application:
        """Return the application that serves the admin port."""
        app = web.Application()
        app.router.add_put("/behaviour", self._change)
        app.router.add_get("/behaviour", self._show)
        app.router.add_post("/settle", self._settle)
        app.router.add_post("/people", self._people)
        app.router.add_get("/counters", self._counters)
        app.router.add_post("/reset", self._reset)
        return app

    async def _change(self, request: web.Request) -> web.Response:
        try:
            self._behaviour.change(await _content(request))
        except BehaviourError as error:
            return _refusal(str(error))
        await self._follow()
        return web.json_response(self._behaviour.as_json())

    async def _show(self, _request: web.Request) -> web.Response:
        return web.json_response(self._behaviour.as_json())

    async def _settle(self, request: web.Request) -> web.Response:
        content = await _content(request)
        wanted = content if isinstance(content, dict) else {}
        ai, status = wanted.get("ai"), wanted.get("status")
        if not isinstance(ai, str) or type(status) is not int or status not in (0, 2):
            return _refusal("settle takes an ai and a status, 0 or 2")
        if not self._ledger.settle(ai, Status(status), now=self._clock()):
            return _refusal("no such check is in progress", status=404)
        return web.json_response({"settled": ai})

    async def _people(self, request: web.Request) -> web.Response:
        content = await _content(request)
        entries = content.get("people", content) if isinstance(content, dict) else content
        try:
            people = [
                population.person(each) for each in (entries if isinstance(entries, list) else [entries])
            ]
        except population.PopulationError as error:
            return _refusal(str(error))
        return web.json_response({"added": self._ledger.add(people)})

    async def _counters(self, _request: web.Request) -> web.Response:
        return web.json_response(self._ledger.counters.as_json())

    async def _reset(self, _request: web.Request) -> web.Response:
        self._ledger.reset_counters()
        self._behaviour.reset()
        self._lift_bans()
        await self._follow()
        return web.json_response(self._ledger.counters.as_json())

    async def _follow(self) -> None:
        await self._listen(self._behaviour.mode is not Mode.DOWN)


async def _content(request: web.Request) -> object:
    try:
        return json.loads(await request.read())
    except ValueError:
        return None


def _refusal(text: str, *, status: int = 400) -> web.Response:
    return web.json_response({"error": text}, status=status)
