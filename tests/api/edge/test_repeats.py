"""A call with a request id is answered by what recognises repeats; any other call is answered at once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from idvault.core.edge.call import Call, Caller
from idvault.core.edge.server import describe, dispatch
from idvault_verify.v1 import status_pb2, verification_pb2
from tools.support.flow_world import at

T = TypeVar("T")
VERIFY = verification_pb2.DESCRIPTOR.services_by_name["VerificationService"].methods_by_name[
    "GetVerification"
]
STATUS = status_pb2.DESCRIPTOR.services_by_name["StatusService"].methods_by_name["GetStatus"]


@dataclass
class Noted:
    """Notes what it is asked, and does the work."""

    asked: list[tuple[str, str]] = field(default_factory=list)

    async def answer(self, work: Callable[[], Awaitable[T]], *, caller: str, request_id: str) -> T:
        self.asked.append((caller, request_id))
        return await work()


@pytest.mark.parametrize(
    ("method", "request_", "expected"),
    [
        (VERIFY, verification_pb2.GetVerificationRequest(request_id="an id"), [("platform-a", "an id")]),
        (STATUS, status_pb2.GetStatusRequest(), []),
    ],
)
async def test_only_calls_with_an_id(method: Any, request_: Any, expected: list[tuple[str, str]]) -> None:
    """The caller's name and the id lead to the version of the key."""
    noted = Noted()

    async def answer(request: Any, **_: object) -> Any:
        return request

    call = Call(describe(method), request_.SerializeToString(), None, None, at(0))
    call.caller = Caller("platform-a", "platform", "a" * 32)
    assert await dispatch(describe(method), answer, noted)(call) == request_.SerializeToString()
    assert noted.asked == expected
