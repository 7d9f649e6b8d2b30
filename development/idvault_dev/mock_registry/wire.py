"""The mock registry's public port: answers on the NPPA and enterprise wire, or misbehaves as configured."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiohttp import web

from idvault.registry import enterprise, notice_feed, nppa
from idvault.registry.nppa import Credentials, NppaCode
from idvault_dev.mock_registry import notices, registry_half
from idvault_dev.mock_registry.behaviour import Behaviour, Mode, RateGate, ScriptedTurn
from idvault_dev.mock_registry.counting import Counters
from idvault_dev.mock_registry.enterprise import EnterpriseLedger
from idvault_dev.mock_registry.ledger import Ledger
from idvault_dev.mock_registry.notices import NoticeLedger
from idvault_dev.mock_registry.registry_half import RefusedError

_METHODS: Final[Mapping[str, str]] = {
    nppa.CHECK_PATH: "POST",
    nppa.QUERY_PATH: "GET",
    enterprise.CHECK_PATH: "POST",
    notice_feed.PATH: "GET",
}
_UNAVAILABLE: Final = 503


@dataclass(frozen=True, slots=True)
class Callers:
    """Who may call: credentials (several while secret keys overlap) and addresses (None: all)."""

    accepted: tuple[Credentials, ...]
    addresses: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Memory:
    """The state that both ports share: the counters, and the ledgers."""

    counters: Counters
    people: Ledger
    organizations: EnterpriseLedger
    notices: NoticeLedger


class Wire:
    """Handles the HTTP requests of the public port."""

    def __init__(
        self,
        *,
        memory: Memory,
        behaviour: Behaviour,
        callers: Callers,
        check_cap: int,
        query_cap: int,
        clock: Callable[[], datetime],
    ) -> None:
        """Set up. memory, behaviour: shared with the admin port. Caps: calls per second."""
        self._memory = memory
        self._behaviour = behaviour
        self._callers = callers
        self._gates = {
            nppa.CHECK_PATH: RateGate(cap=check_cap),
            nppa.QUERY_PATH: RateGate(cap=query_cap),
            enterprise.CHECK_PATH: RateGate(cap=check_cap),
            notice_feed.PATH: RateGate(cap=query_cap),
        }
        self._clock = clock

    def reset(self) -> None:
        """Lift the bans."""
        for gate in self._gates.values():
            gate.reset()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        body = await request.read()
        self._count(request.path)
        turn = self._behaviour.take()
        if turn.mode is Mode.HANG:
            await asyncio.Event().wait()
        answer = self._answer(request, body, turn)
        await asyncio.sleep(turn.delay)
        return await _deliver(request, answer, turn.mode)

    def _answer(self, request: web.BaseRequest, body: bytes, turn: ScriptedTurn) -> bytes:
        try:
            return self._decide(request, body, turn.mode)
        except RefusedError as error:
            self._note(error.code)
            return registry_half.build_answer(code=error.code)

    def _decide(self, request: web.BaseRequest, body: bytes, mode: Mode) -> bytes:
        if mode in (Mode.MAINTENANCE, Mode.SOURCE_ERROR):
            raise RefusedError(NppaCode.SYSTEM_ERROR)
        self._admit(request)
        if mode is Mode.WRONG_SIGNATURE:
            raise RefusedError(NppaCode.SIGN_ERROR)
        params, now = dict(request.query), self._clock()
        caller = registry_half.authenticate(
            accepted=self._callers.accepted, headers=request.headers, params=params, body=body, now=now
        )
        if request.path == notice_feed.PATH:
            return notices.build_answer(self._memory.notices.after(params.get("after", "")))
        in_progress = mode is Mode.IN_PROGRESS
        if request.path == enterprise.CHECK_PATH:
            asked = registry_half.read_enterprise_check(credentials=caller, body=body)
            status = self._memory.organizations.check(asked, now=now, in_progress=in_progress)
            return registry_half.build_enterprise_answer(status)
        if request.path == nppa.QUERY_PATH:
            result = self._memory.people.query(registry_half.read_query(params=params), now=now)
        else:
            question = registry_half.read_check(credentials=caller, body=body)
            result = self._memory.people.check(question, now=now, in_progress=in_progress)
        return registry_half.build_answer(code=NppaCode.OK, status=result.status, pi=result.pi)

    def _count(self, path: str) -> None:
        counters = self._memory.counters
        counters.check += path == nppa.CHECK_PATH
        counters.query += path == nppa.QUERY_PATH
        counters.enterprise_check += path == enterprise.CHECK_PATH
        counters.notices += path == notice_feed.PATH

    def _admit(self, request: web.BaseRequest) -> None:
        method = _METHODS.get(request.path)
        if method is None:
            raise RefusedError(NppaCode.NO_RESOURCE)
        if request.method != method:
            raise RefusedError(NppaCode.METHOD_ERROR)
        if self._callers.addresses is not None and request.remote not in self._callers.addresses:
            raise RefusedError(NppaCode.ADDRESS_REFUSED)
        gate = self._gates[request.path]
        admitted = gate.admits(time.monotonic())
        if request.path == nppa.CHECK_PATH:
            counters = self._memory.counters
            counters.most_in_a_second = max(counters.most_in_a_second, gate.recent)
        if not admitted:
            raise RefusedError(NppaCode.BUSY)

    def _note(self, code: NppaCode) -> None:
        counters = self._memory.counters
        counters.refused_rate += code is NppaCode.BUSY
        counters.refused_clock += code is NppaCode.EXPIRED
        counters.refused_sign += code is NppaCode.SIGN_ERROR


async def _deliver(request: web.BaseRequest, answer: bytes, mode: Mode) -> web.StreamResponse:
    headers = {"Content-Type": nppa.CONTENT_TYPE}
    if mode is Mode.LOSE_ANSWER:
        _cut(request)
    if mode is not Mode.HALF_ANSWER:
        status = _UNAVAILABLE if mode is Mode.MAINTENANCE else 200
        return web.Response(body=answer, headers=headers, status=status)
    response = web.StreamResponse(headers={**headers, "Content-Length": str(len(answer))})
    await response.prepare(request)
    await response.write(answer[: len(answer) // 2])
    _cut(request)
    return response


def _cut(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.close()
