"""Reads the answer to a call, and finds what no answer may have: wrong texts, a canary, an extra trailer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

import grpc
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status as RpcStatus  # type: ignore[import-untyped]

from idvault_verify.error import FieldCode
from tools.support import traces
from tools.torture.fuzz.documented import Status

_DETAILS = "grpc-status-details-bin"
_CODES = frozenset(code.value for code in FieldCode)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a call. reason: from the ErrorInfo, or empty.

    raw: all bytes of answer and trailers. oddities: what no answer may have, with any status.
    """

    code: str
    reason: str
    raw: bytes = field(repr=False, default=b"")
    oddities: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        """Code and reason, as the contract lists them."""
        return self.code, self.reason


def answered(body: bytes) -> Answer:
    return Answer("OK", "", body)


def refused(error: grpc.aio.AioRpcError) -> Answer:
    """Return a refusal, read as a client reads it."""
    trailers = tuple((str(key), value) for key, value in error.trailing_metadata() or ())
    return _read(error.code(), error.details() or "", trailers)


@lru_cache(4_096)
def _read(code: grpc.StatusCode, words: str, trailers: tuple[tuple[str, str | bytes], ...]) -> Answer:
    """Parse a refusal; cached, because refusals repeat."""
    values = (value if isinstance(value, bytes) else str(value).encode() for _, value in trailers)
    raw = b"\n".join([words.encode(), *values])
    details = next((value for key, value in trailers if key == _DETAILS), None)
    if not isinstance(details, bytes):
        return Answer(code.name, "", raw)
    try:
        status = RpcStatus.FromString(details)
    except DecodeError:
        return Answer(code.name, "", raw, ("the details are no google.rpc.Status",))
    info, bad = ErrorInfo(), BadRequest()
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
    oddities = [f"a trailer {key}" for key, _ in trailers if key not in (_DETAILS, "content-type")]
    if (status.code, status.message, words) != (code.value[0], info.reason, info.reason):
        oddities.append("the words are not the reason's")
    oddities += [
        "a violation with words of its own"
        for violation in bad.field_violations
        if violation.reason not in _CODES or violation.description != violation.reason
    ]
    return Answer(code.name, info.reason, raw, tuple(oddities))


def repeats(answer: Answer, canaries: Sequence[str]) -> bool:
    """Tell whether an answer contains one of the canaries, in any encoding."""
    return any(needle in answer.raw for needle in _needles(tuple(canaries)))


@cache
def _needles(canaries: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple({form: None for canary in canaries for form in traces.encodings(canary).values()})
