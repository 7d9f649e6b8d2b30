"""Attacks every method of a running deployment several times, and keeps every undocumented result."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from random import Random
from typing import Any

import grpc

from tools.torture.fuzz import answer, documented, naughty
from tools.torture.fuzz.answer import Answer
from tools.torture.fuzz.documented import Status
from tools.torture.fuzz.messages import Attacker
from tools.torture.fuzz.surface import Method, methods
from tools.torture.fuzz.vault import EDGES, Ground

_PATIENCE = 60.0
_SHORT = 0.002
_DRAWN = 500
# Concurrent calls per method: a slow method does not delay the others.
_AT_ONCE = 4
# Connections of each role to each edge.
_CONNECTIONS = 8
_MOST_FINDINGS = 50
_DENIED: Status = ("PERMISSION_DENIED", "ACCESS_DENIED")
# Messages that a stream may send before its status, which comes at its end.
_PART: Status = ("MESSAGE", "")
_LATE = "DEADLINE_EXCEEDED"
_ANSWERS = ("OK", _PART[0])


@dataclass(slots=True)
class Report:
    """What was sent and answered. findings: violations, each with the attack that caused it."""

    sent: Counter[str] = field(default_factory=Counter)
    answers: dict[str, Counter[Status]] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def note(self, method: Method, found: Answer) -> None:
        self.sent[method.path] += 1
        self.answers.setdefault(method.path, Counter())[found.status] += 1


@dataclass(frozen=True, slots=True)
class _Sending:
    """One call: the caller, its metadata, and its deadline."""

    role: str
    body: bytes = field(repr=False)
    metadata: tuple[tuple[str, str | bytes], ...] = ()
    timeout: float = _PATIENCE
    compression: grpc.Compression = grpc.Compression.NoCompression


class Attack:
    """An attack on one deployment with one seed."""

    def __init__(
        self,
        ground: Ground,
        *,
        seed: int,
        only: Sequence[Method] | None = None,
        report: Report | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Set the deployment, the seed, and the methods (default: all).

        report: filled as answers come, so that stop can look at it.
        """
        self._stop = stop
        self._ground = ground
        self._seed = seed
        self._methods = list(only or methods())
        self._documented = documented.statuses()
        self._drawn = naughty.drawn(_DRAWN, seed=seed)
        self._channels: dict[tuple[str, str, int], grpc.aio.Channel] = {}
        self._edges: dict[str, str] = {}
        self._turn = 0
        self._personal = tuple(ground.canaries.personal)
        self._canaries = (*self._personal, *ground.canaries.others)
        self.report = report or Report()

    async def run(self, *, count: int, texts: int | None = None) -> Report:
        """Send each method this many attacks, all methods at once, unless stopped early.

        texts: instead send every texts-th listed text in every text field, once.
        """
        begin = time.monotonic()
        try:
            for method in self._methods:
                self._edges[method.path] = await self._find(method)
            work: list[Iterator[tuple[Method, _Sending]]] = [
                self._work(method, count, texts) for method in self._methods
            ]
            if texts:
                # Methods differ much in their number of fields, and the last one must not run alone.
                work = [chain.from_iterable(work)]
            senders = _AT_ONCE * len(self._methods) // len(work)
            await asyncio.gather(*(self._sender(one) for one in work for _ in range(senders)))
        finally:
            await asyncio.gather(*(channel.close() for channel in self._channels.values()))
        self.report.seconds = time.monotonic() - begin
        return self.report

    def _work(self, method: Method, count: int, texts: int | None) -> Iterator[tuple[Method, _Sending]]:
        """Yield the attacks on a method; the same for the same seed, however long each takes."""
        chance = Random(f"{self._seed} {method.path}")  # noqa: S311 - to be repeatable, not secret
        attacker = Attacker(
            random=chance,
            facts=self._ground.facts,
            canaries=self._ground.canaries,
            drawn=self._drawn,
        )
        if texts:
            bodies = islice(attacker.texts(method.request), 0, None, texts)
            sendings = (_Sending(min(method.roles), body) for body in bodies)
        else:
            sendings = (self._sending(method, attacker, chance) for _ in range(count))
        for sending in sendings:
            if self._stop() or len(self.report.findings) >= _MOST_FINDINGS:
                return
            yield method, sending

    async def _sender(self, work: Iterator[tuple[Method, _Sending]]) -> None:
        for method, sending in work:
            found = await self._send(self._edges[method.path], method, sending)
            self.report.note(method, found)
            for why in self._wrong(method, sending, found):
                self.report.findings.append(
                    f"{method.path} {why}: {found.status} to {sending.body[:400].hex()}"
                )

    def _wrong(self, method: Method, sending: _Sending, found: Answer) -> list[str]:
        expected = self._documented[method.path]
        if sending.role not in method.roles:
            expected = frozenset({_DENIED})
        if sending.timeout == _SHORT and found.code == _LATE:
            # The caller's deadline came first; the answer is on its way or will never come.
            return []
        if method.streaming and sending.role in method.roles:
            expected |= {_PART}
        wrong = list(found.oddities)
        if found.status not in expected:
            wrong.append("answered what is not documented")
        if answer.repeats(found, self._canaries if found.code not in _ANSWERS else self._personal):
            wrong.append("repeated a canary")
        return wrong

    def _sending(self, method: Method, attacker: Attacker, random: Random) -> _Sending:
        chance = random.random()
        body = attacker.attack(method.request)
        role = random.choice(sorted(method.roles))
        if chance < 0.02:
            return _Sending(random.choice(sorted({"platform", "auditor", "monitor"} - method.roles)), body)
        if chance < 0.06:
            return _Sending(role, body, metadata=self._metadata(random))
        if chance < 0.08:
            return _Sending(role, body, compression=grpc.Compression.Gzip)
        return _Sending(role, body, timeout=_SHORT) if chance < 0.09 else _Sending(role, body)

    def _metadata(self, random: Random) -> tuple[tuple[str, str | bytes], ...]:
        """Return metadata without meaning here, or that looks meaningful."""
        canary = random.choice(self._ground.canaries.others).encode()
        return random.choice(
            (
                (("x-canary-bin", canary),),
                (("x-canary-bin", canary * 200),),
                (
                    ("x-forwarded-for", "127.0.0.1"),
                    ("x-forwarded-client-cert", "URI=spiffe://idvault.local/operator/operator"),
                ),
                (("authorization", "Bearer " + "a" * 1_000),),
                tuple((f"x-{number}", "v") for number in range(60)),
                (("grpc-status-details-bin", canary), ("x-role", "operator"), ("te", "trailers")),
                (("x-text", "%s%n{}'\";--"), ("x-text", "again"), ("x-text", "~" * 500)),
            )
        )

    async def _send(self, edge: str, method: Method, sending: _Sending) -> Answer:
        channel = self._channel(edge, sending.role)
        around: dict[str, Any] = {
            "timeout": sending.timeout,
            "metadata": sending.metadata,
            "compression": sending.compression,
        }
        try:
            if not method.streaming:
                one: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method.path)
                return answer.answered(await one(sending.body, **around))
            many: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(method.path)
            stream = many(sending.body, **around)
            async for part in stream:
                stream.cancel()
                return Answer(*_PART, part)
            return Answer((await stream.code()).name, "")
        except grpc.aio.AioRpcError as error:
            return answer.refused(error)

    async def _find(self, method: Method) -> str:
        """Return the edge that serves a method."""
        for edge in EDGES:
            found = await self._send(edge, method, _Sending(sorted(method.roles)[0], b"\xff"))
            if found.code != "UNIMPLEMENTED":
                return edge
        raise LookupError(f"{method.path} is served by no edge")

    def _channel(self, edge: str, role: str) -> grpc.aio.Channel:
        """Return one of several connections, in turn."""
        self._turn = (self._turn + 1) % _CONNECTIONS
        key = edge, role, self._turn
        if key not in self._channels:
            ready = self._ground.ready
            options = [
                ("grpc.ssl_target_name_override", ready["server_name"]),
                ("grpc.enable_retries", 0),
                ("grpc.enable_http_proxy", 0),
                # Without this option gRPC would share one connection among them.
                ("grpc.use_local_subchannel_pool", 1),
            ]
            self._channels[key] = grpc.aio.secure_channel(
                ready[edge], self._ground.tls(role).credentials(), options
            )
        return self._channels[key]
