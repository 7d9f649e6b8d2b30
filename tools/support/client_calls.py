"""Calls every method of both clients over a channel that records, with fixed clock and randomness.

What it returns is committed as `tests/vectors/client_calls.json`, which `tools.support.generate.client_calls`
writes.
"""

import asyncio
import inspect
import itertools
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from hashlib import sha256
from typing import Any
from unittest import mock

import time_machine
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

import idvault_client
from idvault_client import VaultError, aio
from idvault_client.errors import InvalidFields
from tools.support import client_answers
from tools.support.client_cases import NOW, PARTS, Arguments

_BAD = "\ud800"
"""No text: UTF-8 cannot encode it."""
_LONG = 1_500


class RecordingChannel:
    """Records path and request of each call, and answers with the same bytes."""

    def __init__(self, answer: bytes = b"") -> None:
        """Set the answer of every call."""
        self._answer = answer
        self.asked: list[tuple[str, bytes]] = []

    def unary_unary(self, path: str) -> Callable[..., bytes]:
        """Return a method with one answer."""

        def method(request: bytes, *, timeout: float, wait_for_ready: bool) -> bytes:
            assert timeout > 0
            self.asked.append((path, request))
            return self._answer

        return method

    def unary_stream(self, path: str) -> Callable[..., Iterator[bytes]]:
        """Return a method with a stream of one answer."""

        def method(request: bytes) -> Iterator[bytes]:
            self.asked.append((path, request))
            return iter([self._answer])

        return method

    def close(self) -> None:
        """Hold nothing."""


class AioRecordingChannel(RecordingChannel):
    """The same, awaited."""

    def unary_unary(self, path: str) -> Callable[..., Any]:
        """Return a method with one answer."""
        method = super().unary_unary(path)

        async def later(request: bytes, *, timeout: float, wait_for_ready: bool) -> bytes:  # noqa: ASYNC109
            return method(request, timeout=timeout, wait_for_ready=wait_for_ready)

        return later

    def unary_stream(self, path: str) -> Callable[..., Any]:
        """Return a method with a stream of one answer."""
        method = super().unary_stream(path)

        async def streamed(request: bytes) -> AsyncIterator[bytes]:
            for answer in method(request):
                yield answer

        return streamed


@contextmanager
def fixed() -> Iterator[None]:
    """Hold the clock, and draw the same bytes in each case."""
    drawn = itertools.count(1)
    with (
        time_machine.travel(NOW, tick=False),
        mock.patch.object(os, "urandom", lambda size: bytes([next(drawn) % 256]) * size),
    ):
        yield


def blocking(
    part: str, name: str, arguments: Mapping[str, Any], answer: bytes = b""
) -> tuple[Any, list[Any]]:
    """Call a method of the blocking client; return result or error, and what was asked."""
    channel = RecordingChannel(answer)
    vault = idvault_client.Vault(channel, timeout=5)  # type: ignore[arg-type]
    with fixed():
        try:
            result = getattr(getattr(vault, part) if part else vault, name)(**arguments)
            result = list(result) if inspect.isgenerator(result) else result
        except (VaultError, TypeError, ValueError, KeyError, OverflowError) as error:
            result = error
    return result, channel.asked


@contextmanager
def awaited() -> Iterator["Client"]:
    """Return what calls a method of the client for asyncio like `blocking`."""
    with asyncio.Runner() as runner:

        def client(
            part: str, name: str, arguments: Mapping[str, Any], answer: bytes = b""
        ) -> tuple[Any, list[Any]]:
            channel = AioRecordingChannel(answer)

            async def call() -> Any:
                vault = aio.Vault(channel, timeout=5)  # type: ignore[arg-type]
                made = getattr(getattr(vault, part) if part else vault, name)(**arguments)
                return [each async for each in made] if inspect.isasyncgen(made) else await made

            with fixed():
                try:
                    result = runner.run(call())
                except (VaultError, TypeError, ValueError, KeyError, OverflowError) as error:
                    result = error
            return result, channel.asked

        yield client


Client = Callable[..., tuple[Any, list[Any]]]


def cases(given: Arguments) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the arguments of each call: without and with each optional one, with all, with other values."""
    needed = dict(given.needed)
    yield "needed", needed
    for name, value in given.optional.items():
        yield f"with {name}", {**needed, name: value}
    if given.optional:
        yield "with all", {**needed, **given.optional}
    for name, values in given.several.items():
        for place, value in enumerate(values):
            yield f"{name} {place}", {**needed, name: value}


def refusals(given: Arguments) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return arguments of which one has a text that is none, or None where a text is needed."""
    whole = {**given.needed, **given.optional}
    for name, value in whole.items():
        if isinstance(value, str) and type(value) is str:
            yield name, {**whole, name: _BAD}
            if name in given.needed and name != "request_id":
                yield f"{name} None", {**whole, name: None}
        elif name in ("document", "consent", "licence", "plan", "order", "statement", "target", "sanction"):
            for path, spoiled in _spoiled(value):
                yield f"{name}.{path}", {**whole, name: spoiled}
        elif isinstance(value, list):
            for path, spoiled in _spoiled(value[0]):
                yield f"{name}[0].{path}", {**whole, name: [spoiled, *value[1:]]}
    if "request_id" in whole:
        yield "request_id", {**whole, "request_id": _BAD}


def _spoiled(value: Any) -> Iterator[tuple[str, Any]]:
    """Return the value with each of its texts spoiled in turn."""
    if type(value) is str:
        yield "", _BAD
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            for path, spoiled in _spoiled(getattr(value, each.name)):
                yield f"{each.name}.{path}".rstrip("."), replace(value, **{each.name: spoiled})


def _asked(asked: list[tuple[str, bytes]]) -> list[str]:
    """Return path and request of each call; a long request is its digest."""
    return [
        f"{path} {request.hex() if len(request) < _LONG else sha256(request).hexdigest()}"
        for path, request in asked
    ]


def requests(client: Client) -> dict[str, Any]:
    """Return path and request bytes of every call, and the refusals of texts that are none."""
    found: dict[str, Any] = {}
    for part, name, given in methods():
        made: dict[str, Any] = {}
        for case, arguments in cases(given):
            result, asked = client(part, name, arguments)
            made[case] = _asked(asked) or [client_answers.shown(result)]
        for case, arguments in refusals(given):
            result, asked = client(part, name, arguments)
            # What was not refused before it was encoded is protobuf's own error, whose text is not ours.
            known = isinstance(result, (InvalidFields, TypeError))
            made[f"refused {case}"] = client_answers.shown(result) if known else bool(asked)
        found[f"{part}.{name}".strip(".")] = made
    return found


def methods() -> Iterator[tuple[str, str, Arguments]]:
    """Return part, name and arguments of every method with a request."""
    for part, of_part in PARTS.items():
        for name, given in of_part.items():
            yield part, name, given


def response(path: str) -> type[Message]:
    """Return the class of a method's answer."""
    return GetMessageClass(client_answers.method(path).output_type)


def answers(client: Client) -> dict[str, Any]:
    """Return what each method makes of full, empty, unknown and broken answers.

    Each is told by its differences to the full one. Answers of which the same is made are together, and so
    are methods.
    """
    found: dict[str, Any] = {}
    for part, name, given in methods():
        arguments = dict(given.needed)
        _, asked = client(part, name, arguments)
        whole = client_answers.full(response(asked[0][0]))
        reference = client_answers.flat(client(part, name, arguments, whole.SerializeToString())[0])
        made: dict[str, list[str]] = {}
        bodies = [(case, each.SerializeToString()) for case, each in client_answers.variants(whole)]
        for case, body in [*bodies, ("no message", b"\xff\xff")]:
            result, _ = client(part, name, arguments, body)
            made.setdefault(client_answers.difference(reference, client_answers.flat(result)), []).append(
                case
            )
        found[f"{part}.{name}".strip(".")] = {
            "full": reference,
            **{text: ", ".join(named) for text, named in made.items()},
        }
    first = {json.dumps(each): name for name, each in reversed(found.items())}
    return {
        name: each if first[json.dumps(each)] == name else first[json.dumps(each)]
        for name, each in found.items()
    }


def signatures() -> dict[str, Any]:
    """Return the parameters of every public method and of every public value."""
    vault = idvault_client.Vault(RecordingChannel(), timeout=5)  # type: ignore[arg-type]
    found: dict[str, Any] = {}
    for part in (*PARTS, "statuses"):
        kind = type(getattr(vault, part) if part else vault)
        for name, member in public_methods(kind).items():
            found[f"{part}.{name}".strip(".")] = parameters(member)
    modules = ("campaigns", "erasures", "public_accounts", "sanctions", "sessions", "tip_offs")
    for module in (idvault_client, *(getattr(idvault_client, each) for each in modules)):
        for name in module.__all__:
            value = getattr(module, name)
            if isinstance(value, type) and is_dataclass(value):
                found[f"{module.__name__}:{name}"] = parameters(value)
    return found


def public_methods(kind: type) -> dict[str, Callable[..., Any]]:
    """Return the methods of a class of the client by name."""
    return {name: each for name, each in inspect.getmembers(kind, inspect.isfunction) if name[0] != "_"}


def parameters(function: Callable[..., Any]) -> list[str]:
    """Return name, kind and default of each parameter."""
    return [
        f"{each.kind.name} {each.name}"
        + ("" if each.default is each.empty else f" = {each.default!r}".partition(" object at ")[0])
        for each in inspect.signature(function).parameters.values()
    ]
