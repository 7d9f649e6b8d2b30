"""Shares that are garbage, and calls whose answers are lost, between real clients and a chamber."""

from typing import Any

import pytest
from google.protobuf.message import Message

from idvault.domain.error import Reason
from idvault_client.errors import Unavailable
from idvault_client.people.disclosure.custodian import Custodian
from tests.support.chamber import CUSTODIANS, Chamber, Local, Tamper


async def give_garbage(room: Chamber, disclosure_id: str, name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let a custodian approve with a share that is not the one that was sealed."""
    with monkeypatch.context() as patch:
        place = CUSTODIANS.index(name) + 1
        patch.setattr(Custodian, "_open_share", lambda *_: bytes([place]) + bytes(32))
        return await room.approve(disclosure_id, name)


def lose(edge: Local, method: str, *, before: bool = False) -> Tamper:
    """Lose the answer to a method once; before: the call does not even arrive."""
    lost: list[str] = []
    inner = edge.call

    def call(name: str, request: Message, answer: type[Any]) -> Any:
        if before and name.endswith(f"/{method}") and not lost:
            lost.append(name)
            raise Unavailable(Reason.STORE_UNAVAILABLE, "UNAVAILABLE")
        return inner(name, request, answer)

    def tamper(name: str, answer: Message) -> Message:
        if not before and name.endswith(f"/{method}") and not lost:
            lost.append(name)
            raise Unavailable(Reason.STORE_UNAVAILABLE, "UNAVAILABLE")
        return answer

    edge.call = call  # type: ignore[assignment, method-assign]
    return tamper
