"""The mock registry's admin port: changes its behaviour, settles checks, adds entries, shows counters."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from aiohttp import web

from idvault.registry import enterprise, nppa
from idvault_dev.mock_registry import notices, organization, population
from idvault_dev.mock_registry.behaviour import Behaviour, BehaviourError, Mode
from idvault_dev.mock_registry.wire import Memory

_Entry = TypeVar("_Entry")


@dataclass(kw_only=True, eq=False, repr=False)
class Admin:
    """Handles the requests of the admin port."""

    memory: Memory
    behaviour: Behaviour
    lift_bans: Callable[[], None]
    listen: Callable[[bool], Awaitable[None]]
    clock: Callable[[], datetime]

    def application(self) -> web.Application:
        """Return the application that serves the admin port."""
        app = web.Application()
        app.router.add_put("/behaviour", self._change)
        app.router.add_get("/behaviour", self._show)
        app.router.add_post("/settle", self._settle)
        app.router.add_post("/people", self._people)
        app.router.add_post("/organizations", self._organizations)
        app.router.add_post("/notices", self._notices)
        app.router.add_get("/counters", self._counters)
        app.router.add_post("/reset", self._reset)
        return app

    async def _change(self, request: web.Request) -> web.Response:
        try:
            self.behaviour.change(await _content(request))
        except BehaviourError as error:
            return _refusal(str(error))
        await self._follow()
        return web.json_response(self.behaviour.as_json())

    async def _show(self, _request: web.Request) -> web.Response:
        return web.json_response(self.behaviour.as_json())

    async def _settle(self, request: web.Request) -> web.Response:
        content = await _content(request)
        wanted = content if isinstance(content, dict) else {}
        ai, status = wanted.get("ai"), wanted.get("status")
        if not isinstance(ai, str) or type(status) is not int or status not in (0, 2, 3, 4):
            return _refusal("settle needs an ai and a status: 0 or 2, or 3 or 4 for an organisation")
        if not self._end(ai, status):
            return _refusal("no such check is in progress", status=404)
        return web.json_response({"settled": ai})

    def _end(self, ai: str, status: int) -> bool:
        now = self.clock()
        if self.memory.organizations.settle(ai, enterprise.EnterpriseStatus(status), now=now):
            return True
        if status in (enterprise.EnterpriseStatus.NO_RECORD, enterprise.EnterpriseStatus.NOT_OPERATING):
            return False
        return self.memory.people.settle(ai, nppa.NppaStatus(status), now=now)

    async def _people(self, request: web.Request) -> web.Response:
        return await _add(request, "people", population.person, self.memory.people.add)

    async def _organizations(self, request: web.Request) -> web.Response:
        return await _add(request, "organizations", organization.organization, self.memory.organizations.add)

    async def _notices(self, request: web.Request) -> web.Response:
        content = await _content(request)
        entries = content.get("notices", content) if isinstance(content, dict) else content
        try:
            made = [notices.read(each, now=self.clock()) for each in _all(entries)]
        except population.PopulationError as error:
            return _refusal(str(error))
        added = self.memory.notices.add(made)
        return web.json_response({"added": added, "ids": [each.notice_id for each in made]})

    async def _counters(self, _request: web.Request) -> web.Response:
        return web.json_response(self.memory.counters.as_json())

    async def _reset(self, _request: web.Request) -> web.Response:
        self.memory.counters.reset()
        self.memory.people.reset_counters()
        self.behaviour.reset()
        self.lift_bans()
        await self._follow()
        return web.json_response(self.memory.counters.as_json())

    async def _follow(self) -> None:
        await self.listen(self.behaviour.mode is not Mode.DOWN)


async def _add(
    request: web.Request,
    kind: str,
    read: Callable[[object], _Entry],
    add: Callable[[Sequence[_Entry]], int],
) -> web.Response:
    """Add one entry, a list of entries, or an object that names the list; adds all or none."""
    content = await _content(request)
    entries = content.get(kind, content) if isinstance(content, dict) else content
    try:
        added = [read(each) for each in _all(entries)]
    except population.PopulationError as error:
        return _refusal(str(error))
    return web.json_response({"added": add(added)})


def _all(entries: object) -> list[object]:
    return entries if isinstance(entries, list) else [entries]


async def _content(request: web.Request) -> object:
    try:
        return json.loads(await request.read())
    except ValueError:
        return None


def _refusal(text: str, *, status: int = 400) -> web.Response:
    return web.json_response({"error": text}, status=status)
