"""The collector of traces, in OpenTelemetry's own variables, which mean what its specification says.

- OTEL_EXPORTER_OTLP_ENDPOINT is a base URL, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT a whole one, which goes first;
  without either there are no traces.
- OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG say which share is recorded; without either it is a tenth.
- The library itself reads others: headers, certificates, OTEL_SDK_DISABLED.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import urlsplit

BASE, WHOLE = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
SAMPLER, SHARE = "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_DEFAULT_SHARE = 0.1
# A span of ours has no parent elsewhere, so each of them and its "parentbased_" form decide alike.
_ALWAYS = {"always_on": 1.0, "always_off": 0.0}
_BY_SHARE = "traceidratio"


@dataclass(frozen=True, slots=True)
class Collector:
    """endpoint: where spans are sent. ratio: of the calls and tasks that are recorded."""

    endpoint: str
    ratio: float


def collector(environment: Mapping[str, str]) -> Collector | None:
    """Return the collector of an environment without `problems`, None if there is none."""
    if environment.get(WHOLE):
        return Collector(environment[WHOLE], _ratio(environment))
    if environment.get(BASE):
        return Collector(f"{environment[BASE].removesuffix('/')}/v1/traces", _ratio(environment))
    return None


def problems(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with the variables, which have no effect without a collector."""
    name = WHOLE if environment.get(WHOLE) else BASE
    if not environment.get(name):
        return
    yield from _url_problems(name, environment[name])
    for protocol in _PROTOCOLS:
        if environment.get(protocol, "") not in ("", "http/protobuf"):
            yield f"{protocol} must be http/protobuf: spans are sent in no other way"
    kind = _kind(environment)
    if kind not in ("", *_ALWAYS, _BY_SHARE):
        yield f"{SAMPLER} must be always_on, always_off or {_BY_SHARE}, each also with parentbased_ before it"
    elif kind not in _ALWAYS and not _is_share(environment.get(SHARE, "")):
        yield f"{SHARE} must be a number from 0 to 1: the share of what is recorded"
    if not _is_installed():
        yield f"{name} needs the extra otel: pip install 'idvault[otel]'"


def _url_problems(name: str, text: str) -> Iterator[str]:
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment or url.username:
        yield f"{name} must be the URL of a collector, such as http://127.0.0.1:4318"
    elif url.scheme != "https" and url.hostname not in _LOOPBACK:
        yield f"{name} must be https, or lead to this machine: traces say who is served when"


def _kind(environment: Mapping[str, str]) -> str:
    return environment.get(SAMPLER, "").removeprefix("parentbased_")


def _ratio(environment: Mapping[str, str]) -> float:
    kind = _kind(environment)
    # A sampler that is named has the default of the specification.
    return _ALWAYS.get(kind, float(environment.get(SHARE) or (1 if kind else _DEFAULT_SHARE)))


def _is_share(text: str) -> bool:
    try:
        return not text or 0 <= float(text) <= 1
    except ValueError:
        return False


def _is_installed() -> bool:
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:
        return False
