"""Every address of a console that a browser can open, and the headers of what it answers there."""

import re
from collections.abc import Sequence

from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from idvault_client.pages.headers import HEADERS
from idvault_people.console.visit import Route
from tests.support.console import Running

_PART = re.compile(r"\{\w+(?::((?:[^{}]|\{[^{}]*\})*))?\}")
# Of nothing that is there: a refusal has the headers of a page.
_VALUES = ("0" * 32, "0" * 64, f"acct_{'0' * 26}", "start", "accept", "nothing", f"{'0' * 32}-1.json")


def addresses(routes: Sequence[Route]) -> list[str]:
    """Return an address for each route that a browser can open, in order."""
    return [_PART.sub(_value, each.path) for each in routes if each.method == "GET"]


def _value(part: re.Match[str]) -> str:
    return next(each for each in _VALUES if re.fullmatch(part[1] or "nothing", each))


async def unserved(routes: Sequence[Route]) -> list[str]:
    """Return the addresses that lead to no route, so that no page would answer there."""
    app = web.Application()
    app.add_routes([web.route(each.method, each.path, _nothing) for each in routes])
    asked = [(path, make_mocked_request("GET", path)) for path in addresses(routes)]
    return [path for path, request in asked if (await app.router.resolve(request)).http_exception]


async def _nothing(_request: web.Request) -> web.StreamResponse:
    return web.Response()


async def unprotected(made: Running) -> dict[str, list[str]]:
    """Open each address of a console; return the headers that an answer lacks or weakens, by address."""
    visitor, found = await made.enter(), dict[str, list[str]]()
    opened = addresses(made.routes)
    assert opened, "without a route nothing is looked at"
    for path in opened:
        before = len(visitor.seen)
        await visitor.get(path)
        lacks = [
            name
            for seen in visitor.seen[before:]
            for name, value in HEADERS.items()
            if seen.headers.get(name) != value
        ]
        if lacks:
            found[path] = lacks
    return found
