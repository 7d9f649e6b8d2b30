"""The settings of traces, and the check of the collector's address."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, Field

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class TraceSettings(BaseModel):
    """otlp_endpoint: the base URL of a collector, empty for no traces. trace_ratio: of what is recorded."""

    otlp_endpoint: str = ""
    trace_ratio: Annotated[float, Field(ge=0, le=1)] = 0.1


def problems(name: str, settings: TraceSettings) -> Iterator[str]:
    """Yield what is wrong with the collector's address, empty for none. name: of the setting."""
    if not settings.otlp_endpoint:
        return
    url = urlsplit(settings.otlp_endpoint)
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment or url.username:
        yield f"{name} must be the base URL of a collector, such as http://127.0.0.1:4318"
    elif url.scheme != "https" and url.hostname not in _LOOPBACK:
        yield f"{name} must be https, or lead to this machine: traces say who is served when"
    if not _is_installed():
        yield f"{name} needs the extra otel: pip install 'idvault[otel]'"


def _is_installed() -> bool:
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:
        return False
