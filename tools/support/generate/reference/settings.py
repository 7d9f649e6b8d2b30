"""The parts of docs/reference.md about settings and metrics."""

from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from prometheus_client.core import Metric
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from idvault.core.config import PREFIX, REQUIRED, Process, Settings
from idvault.core.telemetry.metrics import Metrics, WebMetrics, WitnessMetrics
from tools.support.generate.reference import metric_texts, setting_texts
from tools.support.generate.reference.table import table

_NEEDED = {
    Process.PLATFORM_EDGE: "platform edge",
    Process.CUSTODY_EDGE: "custody edge",
    Process.WORK: "worker",
    Process.WEB: "web",
}
_LIMITS = {
    "ge": "at least {:,}",
    "gt": "more than {:,}",
    "le": "at most {:,}",
    "max_length": "up to {:,} characters",
}


def settings() -> str:
    """Return the table of all settings; raises KeyError if a text is of no setting."""
    rows = [
        (
            f"`{PREFIX}{name.upper()}`",
            _values(Settings.model_fields[name]),
            _default(Settings.model_fields[name]),
            ", ".join(required_by(name)),
            *texts,
        )
        for name, texts in setting_texts.TEXTS.items()
    ]
    head = ("Setting", "Value", "Default", "Required by", "Meaning", "Where from, or when to change it")
    return table(head, rows)


def required_by(name: str) -> list[str]:
    """Return the processes that do not start without a setting."""
    return [text for process, text in _NEEDED.items() if name in REQUIRED[process]]


def metrics() -> str:
    """Return the table of all metrics; raises KeyError if a text is of no metric."""
    families = served()
    rows = []
    for name, texts in metric_texts.TEXTS.items():
        labels = ", ".join(f"`{label}`" for label in getattr(families[name], "_labelnames", ()))
        rows.append((f"`{name}`", families[name].type, labels, *texts))
    return table(("Metric", "Type", "Labels", "Meaning", "Look at it if"), rows)


def served() -> dict[str, Metric]:
    """Return the families that the processes serve, by the names under which they are scraped."""
    found = [family for each in (Metrics(), WebMetrics(), WitnessMetrics()) for family in each.families()]
    return {family.name + ("_total" if family.type == "counter" else ""): family for family in found}


def _values(field: FieldInfo) -> str:
    """Return in words what may be given."""
    limits = [
        words.format(limit)
        for each in field.metadata
        for attribute, words in _LIMITS.items()
        if (limit := getattr(each, attribute, None)) is not None
    ]
    return ", ".join([_kind(field.annotation), *limits])


def _kind(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f"`{value.value}`" for value in annotation)
    kinds = {
        bool: "`0` or `1`",
        int: "number",
        float: "number",
        Path: "path",
        SecretStr: "URL, secret",
        str: "text",
    }
    wanted = [each for each in get_args(annotation) or (annotation,) if each is not NoneType]
    return kinds[wanted[0]]


def _default(field: FieldInfo) -> str:
    value = field.get_default()
    if isinstance(value, bool):
        return f"`{int(value)}`"
    return f"`{value}`" if isinstance(value, int | float | str) and value != "" else ""
