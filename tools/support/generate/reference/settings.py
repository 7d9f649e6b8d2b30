"""The parts of docs/reference.md about settings and metrics; their words are those of docs/operations.md."""

import re
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from idvault.core.config import PREFIX, REQUIRED, Process, Settings
from idvault.core.telemetry.metrics import Metrics, WebMetrics, WitnessMetrics
from tools.support.generate.reference.table import table

_PAGE = Path(__file__).resolve().parents[4] / "docs" / "operations.md"
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
    """Return the table of all settings."""
    meanings = _described("Settings")
    names = {PREFIX + name.upper(): name for name in Settings.model_fields}
    order = list(meanings)
    rows = [
        (
            f"`{setting}`",
            _values(Settings.model_fields[name]),
            _default(Settings.model_fields[name]),
            ", ".join(text for process, text in _NEEDED.items() if name in REQUIRED[process]),
            meanings[setting][-1],
        )
        for setting, name in sorted(names.items(), key=lambda each: order.index(each[0]))
    ]
    return table(("Setting", "Value", "Default", "Required by", "Meaning"), rows)


def metrics() -> str:
    """Return the table of all metrics."""
    served = [family for each in (Metrics(), WebMetrics(), WitnessMetrics()) for family in each.families()]
    families = {family.name + ("_total" if family.type == "counter" else ""): family for family in served}
    rows = []
    for name, cells in _described("Watching it").items():
        labels = ", ".join(f"`{label}`" for label in getattr(families[name], "_labelnames", ()))
        rows.append((f"`{name}`", families[name].type, labels, *cells[1:3]))
    return table(("Metric", "Type", "Labels", "Meaning", "Look at it if"), rows)


def _described(heading: str) -> Mapping[str, list[str]]:
    """Return the rows of the page's table under a heading, by the name in their first cell."""
    page = _PAGE.read_text("utf-8").split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    page = re.sub(r"\]\(#", "](operations.md#", page)
    lines = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("|")]
    return {cells[0].strip(" `"): [cell.strip() for cell in cells] for cells in lines[2:]}


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
