"""Builds the client's errors from google.rpc.Status details, or from gRPC's own status without details.

Only well-formed reasons, field paths and codes of a server's text are kept.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import cast

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]
from grpc_status import rpc_status

from idvault_client import errors
from idvault_verify.error import FieldCode, Reason

_DOMAIN = "idvault"
_WORD = re.compile(r"[A-Z][A-Z0-9_]{0,62}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FIELD = re.compile(r"[a-z][a-z0-9_.\[\]]{0,127}")
_CLOSED = "this connection is closed"
_BUSY = "this client made as many calls at a time as it may: open another one beside it"
_OTHER_CA = "the given ca did not issue the server's certificate"
_EXPIRED = "the server's certificate has expired: tell the vault's operator"
OTHER_NAME = "the server's certificate has another name: set server_name"
_NO_ADDRESS = "the target is not a valid address"
_NO_HOST = "no host has the target's name"
_NO_TLS = "what listens at the target speaks no TLS: it is no edge of a vault, which has ports of its own"
_NO_METHOD = (
    "another edge than the one for this call listens at the target, or the vault is older than this client"
)
_DENIED = "your certificate is not registered there, is revoked, or has a role that may not make this call"
_NOTHING_YET = "nothing at the target has answered this client yet: is it the vault, and can it be reached?"
# Hints for gRPC's own errors. They replace gRPC's text, which may hold anything.
_HINTS = (
    ("certificate has expired", _EXPIRED),
    ("CERTIFICATE_VERIFY_FAILED", _OTHER_CA),
    ("Hostname Verification Check failed", OTHER_NAME),
    ("Peer name", OTHER_NAME),
    ("WRONG_VERSION_NUMBER", _NO_TLS),
    ("handshake", "no TLS connection: does the server accept your certificate?"),
    ("Connection refused", "nothing listens at the target"),
    ("Domain name not found", _NO_HOST),
    ("Name or service not known", _NO_HOST),  # by the system's resolver
    ("errors resolving", "the target's name cannot be resolved now"),
    ("DNS resolution failed", "the target's name cannot be resolved now"),
    ("Socket closed", "the server ends the connection: it stops, or does not accept your certificate"),
    ("unparseable", _NO_ADDRESS),
)
# What a lost connection ends a call with, and an edge that stops.
_CONNECTION = ("UNAVAILABLE", "CANCELLED")
# Faults that no restart of the vault mends.
_LASTING = frozenset({_CLOSED, _OTHER_CA, _EXPIRED, OTHER_NAME, _NO_ADDRESS})
# Faults that a vault that has answered before may have while it restarts, and otherwise a wrong target.
_LASTING_AT_FIRST = _LASTING | {_NO_HOST, _NO_TLS}
_OF_CODE = {"UNIMPLEMENTED": _NO_METHOD}
_OF_REASON: Mapping[str, str] = {Reason.ACCESS_DENIED: _DENIED}


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


_TOLD: Mapping[str, Callable[[str], object]] = {
    "cause": _WORD.fullmatch,
    "tries_left": re.compile(r"[0-9]{1,3}").fullmatch,
    "locked_until": _is_time,
}


def from_rpc(error: grpc.RpcError, *, request_id: str | None) -> errors.VaultError:
    """Return the error of a failed call, blocking or awaited."""
    call = cast(grpc.Call, error)  # grpc raises objects that are both
    code, status = call.code().name, _status(call)
    reason, fields, retry_after, info = _details(status)
    error_id = _error_id(status)
    kind = errors.BY_REASON.get(reason or "") or errors.BY_CODE.get(code, errors.VaultError)
    hint = _OF_REASON.get(reason, "") if reason else _OF_CODE.get(code) or _hint(call.details() or "")
    return kind(
        reason,
        code,
        retry_after,
        request_id=request_id or error_id,
        error_id=error_id,
        fields=fields,
        states=_states(info) if reason else None,
        details=_told(info) if reason else None,
        hint=hint,
    )


def connection_lost(answer: bytes | errors.VaultError, *, answered: bool) -> bool:
    """Return whether a call ended for want of a connection, and not by a word of the vault.

    answered: whether the vault has answered this client before.
    """
    if isinstance(answer, bytes) or answer.reason is not None:
        return False
    lasting = _LASTING if answered else _LASTING_AT_FIRST
    return answer.code in _CONNECTION and answer.hint not in lasting


def before_any_answer(error: errors.VaultError) -> errors.VaultError:
    """Return the error of a client that had no answer before, which may have a wrong target."""
    if isinstance(error, errors.DeadlineExceeded) and not error.hint:
        error.hint = _NOTHING_YET
    return error


def late(*, request_id: str | None) -> errors.DeadlineExceeded:
    """Return the error of a call whose turn did not come within its timeout."""
    return errors.DeadlineExceeded(code="DEADLINE_EXCEEDED", request_id=request_id, hint=_BUSY)


def closed(*, request_id: str | None) -> errors.Unavailable:
    """Return the error of a call on a closed connection."""
    return errors.Unavailable(code="CANCELLED", request_id=request_id, hint=_CLOSED)


def not_understood(*, request_id: str | None) -> errors.VaultError:
    """Return the error of an invalid answer."""
    return errors.VaultError(code="INTERNAL", request_id=request_id, hint="the answer is not valid")


def _status(call: grpc.Call) -> status_pb2.Status:
    # Details that contradict the status or do not parse are ignored; the status itself is used.
    try:
        return rpc_status.from_call(call) or status_pb2.Status()
    except (ValueError, DecodeError):
        return status_pb2.Status()


def _details(
    status: status_pb2.Status,
) -> tuple[str | None, dict[str, str], timedelta | None, error_details_pb2.ErrorInfo]:
    info, request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    found = {message.DESCRIPTOR.full_name: _unpack(status, message) for message in (info, request, retry)}
    known = info.domain == _DOMAIN and _WORD.fullmatch(info.reason)
    reason = (Reason(info.reason) if info.reason in Reason.__members__ else info.reason) if known else None
    fields = dict(_violation(violation) for violation in request.field_violations)
    fields.pop("", None)
    wait = retry.retry_delay.ToTimedelta() if found[retry.DESCRIPTOR.full_name] else None
    return reason, fields, wait, info


def _states(info: error_details_pb2.ErrorInfo) -> tuple[str, str] | None:
    state, wanted = (info.metadata.get(name, "") for name in ("state", "wanted_state"))
    return (state, wanted) if _WORD.fullmatch(state) and _WORD.fullmatch(wanted) else None


def _error_id(status: status_pb2.Status) -> str | None:
    """Return the id under which the vault logged the error, None if it told none that is well-formed."""
    found = error_details_pb2.RequestInfo()
    return found.request_id if _unpack(status, found) and _UUID.fullmatch(found.request_id) else None


def _told(info: error_details_pb2.ErrorInfo) -> dict[str, str]:
    """Return what is said about a second factor; malformed values are ignored."""
    told = {name: info.metadata.get(name, "") for name in _TOLD}
    return {name: value for name, value in told.items() if _TOLD[name](value)}


def _unpack(
    status: status_pb2.Status,
    message: error_details_pb2.ErrorInfo
    | error_details_pb2.BadRequest
    | error_details_pb2.RequestInfo
    | error_details_pb2.RetryInfo,
) -> bool:
    for detail in status.details:
        if detail.Is(message.DESCRIPTOR):
            try:
                return bool(detail.Unpack(message))
            except DecodeError:
                return False
    return False


def _violation(violation: error_details_pb2.BadRequest.FieldViolation) -> tuple[str, str]:
    code = violation.reason or violation.description
    if not _FIELD.fullmatch(violation.field) or not _WORD.fullmatch(code):
        return "", ""
    return violation.field, FieldCode(code) if code in FieldCode.__members__ else code


def _hint(details: str) -> str:
    return next((hint for sign, hint in _HINTS if sign in details), "")
