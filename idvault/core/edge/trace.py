"""Records each call as a span, with the name of its method, its code and the role of its caller."""

import asyncio

from idvault.core.edge import errors
from idvault.core.edge.call import Call, Stage
from idvault.core.telemetry.traces import SpanNote, Traces

# The service's own faults; refusals are answers.
_FAULTS = frozenset({"UNAVAILABLE", "INTERNAL", "DATA_LOSS"})


def wrap(inner: Stage, *, traces: Traces) -> Stage:
    """Return a stage that records another stage without changing its result."""

    async def traced(call: Call) -> bytes:
        service, _, method = call.method.path.removeprefix("/").partition("/")
        with traces.span(f"{service}/{method}", service=service, method=method) as note:
            try:
                answer = await inner(call)
            except asyncio.CancelledError:
                note(code="CANCELLED")
                raise
            except Exception as error:
                _failed(call, error, note)
                raise
            note(code="OK", role=call.caller.role if call.caller else "none")
            return answer

    return traced


def _failed(call: Call, error: Exception, note: SpanNote) -> None:
    code = errors.refusal(error, request=call.name_error()).code.name
    role = call.caller.role if call.caller else "none"
    note(code=code, role=role, error_id=call.name_error(), failed=code in _FAULTS)
