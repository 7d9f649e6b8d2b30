"""Traces (OpenTelemetry) of calls, acts, registry calls and the worker's tasks.

- They are off unless a collector is set: then there is no Traces, nothing here is called, and the library is
  not even imported.
- A span's name and attributes are words of our code: methods, acts, status codes. What does not look like one
  is written as [redacted]. An exception leaves only the mark of an error, because its text may hold anything.
- A caller appears as its role alone: the name of a roster member is that of a person.
- An act or a registry call belongs to the call or the task in which it ends.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.trace import Status

_WORD = re.compile(r"[A-Za-z0-9_./:-]{1,120}(?: [A-Za-z0-9_.-]{1,120})?")
_REDACTED = "[redacted]"
_ATTRIBUTES = {
    "service": "rpc.service",
    "method": "rpc.method",
    "code": "idvault.code",
    "role": "idvault.role",
    "outcome": "idvault.outcome",
    "error_id": "idvault.error_id",
}
_PATIENCE_SECONDS = 2
_NANOSECONDS = 1_000_000_000


class SpanNote(Protocol):
    """Adds what is known only at the end of a span."""

    def __call__(self, *, failed: bool = False, **attributes: str) -> None:
        """Set attributes, and mark the span as that of an error."""
        ...


class Traces:
    """The spans of a process; made by `open_traces`."""

    def __init__(self, provider: "TracerProvider") -> None:
        """Initialise with the provider that samples and sends spans."""
        self._provider = provider
        self._tracer = provider.get_tracer("idvault")

    @contextmanager
    def span(self, name: str, **attributes: str) -> Iterator[SpanNote]:
        """Record the block as a span, in which others are nested; what it raises passes.

        An exception is an error, unless the block has noted what it means.
        """
        noted = False
        with self._tracer.start_as_current_span(
            _word(name), attributes=_shown(attributes), record_exception=False, set_status_on_exception=False
        ) as span:

            def note(*, failed: bool = False, **more: str) -> None:
                nonlocal noted
                noted = True
                span.set_attributes(_shown(more))
                if failed:
                    span.set_status(_error())

            try:
                yield note
            except Exception:
                if not noted:
                    span.set_status(_error())
                raise

    def done(self, name: str, *, seconds: float, **attributes: str) -> None:
        """Record what has just ended and took some seconds."""
        now = time.time_ns()
        begun = now - int(seconds * _NANOSECONDS)
        self._tracer.start_span(_word(name), attributes=_shown(attributes), start_time=begun).end(now)

    def close(self) -> None:
        """Send what is left, and end; waits for a collector that is away for some seconds."""
        self._provider.shutdown()


def open_traces(
    *,
    process: str,
    endpoint: str,
    ratio: float,
    processor: "Callable[[], SpanProcessor] | None" = None,
) -> Traces:
    """Return the traces of a process.

    endpoint: where a collector takes spans by OTLP over HTTP. ratio: of the calls and tasks that are
    recorded. processor: what takes the spans instead of such a collector.
    """
    # Imported here: it is an extra, and most processes have no traces.
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased  # noqa: PLC0415

    # Without the library's detectors: a host's name or a command line says more than is needed.
    resource = Resource({"service.name": f"idvault-{process}", "service.version": version("idvault")})
    sampler = ParentBased(TraceIdRatioBased(ratio))
    provider = TracerProvider(sampler=sampler, resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(processor() if processor else _sending(endpoint))
    return Traces(provider)


def _sending(endpoint: str) -> "SpanProcessor":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    return BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=_PATIENCE_SECONDS))


def _error() -> "Status":
    from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415

    return Status(StatusCode.ERROR)


def _shown(attributes: dict[str, str]) -> dict[str, str]:
    return {_ATTRIBUTES[name]: _word(value) for name, value in attributes.items()}


def _word(text: str) -> str:
    return text if _WORD.fullmatch(text) else _REDACTED
