"""The settings of earlier states, and what each was replaced by: one that is still set stops the start."""

from collections.abc import Mapping

_FIXED = "it is {} days in every vault"
_PAIRS = "use IDVAULT_WITNESSES, which has the URL and the key of each witness in turn"
_TUNED = "what was its default is how it is"

RETIRED: Mapping[str, str] = {
    "PKCS11_MODULE": "use IDVAULT_PKCS11_URI, pkcs11:token=…;object=…?module-path=…",
    "PKCS11_TOKEN": "use token=… in IDVAULT_PKCS11_URI",
    "PKCS11_KEY": "use object=… in IDVAULT_PKCS11_URI",
    "WITNESS_URLS": _PAIRS,
    "WITNESS_KEYS": _PAIRS,
    "WITNESS_URL": _PAIRS,
    "WITNESS_KEY": _PAIRS,
    "OTLP_ENDPOINT": "use OTEL_EXPORTER_OTLP_ENDPOINT, OpenTelemetry's own variable",
    "TRACE_RATIO": "use OTEL_TRACES_SAMPLER_ARG, OpenTelemetry's own variable",
    "APPEAL_DAYS": _FIXED.format(180),
    "APPEAL_DECISION_DAYS": _FIXED.format(15),
    "APPEAL_TEXT_DAYS": _FIXED.format(90),
    "CONTEST_DECISION_DAYS": _FIXED.format(15),
    "REJECTED_ACCOUNT_DAYS": _FIXED.format(30),
    "ERASURE_DELAY_DAYS": _FIXED.format(8),
    "TIP_OFF_RETENTION_DAYS": _FIXED.format(90),
    "CORES": "use CPUAffinity= of the systemd unit, or taskset",
    "WEB_SERVER_NAME": "the edge's certificate must have the host of IDVAULT_WEB_TARGET among its names",
    "WEB_SUPERVISION_URL": "write it as `supervision` into the file of IDVAULT_WEB_OPERATOR",
    "WORK_SPEED": "use `idvault work --speed N`, in development",
    "SCHEDULING": _TUNED,
    "GRPC_LISTENER": _TUNED,
    "POLLER_NICE": _TUNED,
    "COALESCE_READS": _TUNED,
    "PACE_MILLISECONDS": _TUNED,
    "PACE_CALLS": _TUNED,
    "ACCEPTORS": _TUNED,
}
"""Sentences that go on after `NAME is gone: `, by name without the prefix."""
