"""Counts each call and logs one line for it: method, code, caller and duration, but no content.

The line of a call that failed has the id that its caller was told, too.
"""

import asyncio
import time

from idvault.core.edge import errors
from idvault.core.edge.call import Call, Stage
from idvault.core.telemetry.logs import AccessLog
from idvault.core.telemetry.metrics import Metrics
from idvault_verify.error import DeniedError


def wrap(inner: Stage, *, metrics: Metrics, access_log: AccessLog) -> Stage:
    """Return a stage that observes another stage without changing its result."""

    async def observed(call: Call) -> bytes:
        start = time.perf_counter()
        code = "OK"
        try:
            return await inner(call)
        except asyncio.CancelledError:
            code = "CANCELLED"
            raise
        except Exception as error:
            code = errors.refusal(error, request=call.name_error()).code.name
            if isinstance(error, DeniedError):
                call.why = error.why
            raise
        finally:
            _note(call, code, time.perf_counter() - start)

    def _note(call: Call, code: str, seconds: float) -> None:
        metrics.rpc(method=call.method.path, code=code, seconds=seconds)
        access_log.add(
            time=time.time(),
            method=call.method.path,
            code=code,
            caller=call.caller.name if call.caller else "",
            why=call.why,
            request=call.error_id,
            seconds=seconds,
        )

    return observed
