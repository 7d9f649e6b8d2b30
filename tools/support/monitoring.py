"""The alerts and dashboards of deploy/: what they are named, and which metrics and labels they use."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"
RUNBOOK = ROOT / "docs" / "runbook.md"
_METRIC = re.compile(r"\b(?:idvault|process)_[a-z0-9_]+\b|\bup\b")
_SELECTOR = re.compile(r"\b((?:idvault|process)_[a-z0-9_]+|up)\{([^}]*)\}")
_MATCHER = re.compile(r'([a-z_]+)\s*(?:=~|!~|!=|=)\s*"(?:[^"\\]|\\.)*"')
_GROUPING = re.compile(r"\b(?:by|on|without|ignoring|group_left)\s*\(([^)]*)\)")
_LEGEND = re.compile(r"\{\{([a-z_]+)\}\}")
# The window that Grafana chooses is any of those that a rule may have.
_WINDOW = "$__rate_interval"


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert. room: the file's name, which is that of a dashboard, too."""

    room: str
    name: str
    expression: str
    severity: str
    annotations: dict[str, str]


@dataclass(frozen=True, slots=True)
class Query:
    """A query of a chart."""

    dashboard: str
    chart: str
    expression: str
    legend: str


def alerts() -> list[Alert]:
    """Return every alert."""
    return [
        Alert(path.stem, rule["alert"], rule["expr"], rule["labels"]["severity"], rule["annotations"])
        for path in sorted((PROMETHEUS / "rules").glob("*.yml"))
        for group in _read(path)["groups"]
        for rule in group["rules"]
    ]


def tests(room: str) -> list[dict[str, Any]]:
    """Return promtool's tests of the alerts in a file."""
    found: list[dict[str, Any]] = _read(PROMETHEUS / "tests" / f"{room}.yml")["tests"]
    return found


def dashboards() -> dict[str, dict[str, Any]]:
    """Return the dashboards by the name of their file."""
    return {path.stem: json.loads(_text(path)) for path in sorted(DASHBOARDS.glob("*.json"))}


def queries() -> Iterator[Query]:
    """Yield the queries of all charts."""
    for name, dashboard in dashboards().items():
        for chart in dashboard["panels"]:
            for target in chart["targets"]:
                yield Query(name, chart["title"], target["expr"], target["legendFormat"])


def expressions() -> list[str]:
    """Return the expressions of all alerts and charts."""
    return [*(each.expression for each in alerts()), *(each.expression for each in queries())]


def metrics(text: str) -> set[str]:
    """Return the metrics that an expression names, without the suffixes of a histogram."""
    return {re.sub(r"_(bucket|count|sum)$", "", name) for name in _METRIC.findall(_unquoted(text))}


def matched(expression: str) -> Iterator[tuple[str, str]]:
    """Yield each metric with a label that a selector of an expression matches."""
    for metric, matchers in _SELECTOR.findall(expression):
        for label in _MATCHER.findall(matchers):
            yield re.sub(r"_(bucket|count|sum)$", "", metric), label


def grouped(expression: str) -> set[str]:
    """Return the labels by which an expression groups."""
    return {label.strip() for found in _GROUPING.findall(expression) for label in found.split(",") if label}


def legends(text: str) -> set[str]:
    """Return the labels that a legend shows."""
    return set(_LEGEND.findall(text))


def sections() -> list[str]:
    """Return the alerts that the runbook has sections of, in order."""
    return re.findall(r"^### (\w+)$", RUNBOOK.read_text("utf-8"), re.MULTILINE)


def documented() -> set[str]:
    """Return the metrics that the documents name; a name that ends with an underscore stands for several."""
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    # Blocks are programs and settings, whose names are other things.
    text = re.sub(r"^ *```.*?^ *```", "", "\n".join(map(_text, pages)), flags=re.DOTALL | re.MULTILINE)
    spans = re.findall(r"`([^`\n]+)`", text)
    words = {
        word for span in spans for word in re.findall(r"(?<![\w./-])(?:idvault|process)_\w+(?![\w(/.])", span)
    }
    # Packages, and the client's fixture of pytest.
    return words - {"idvault_client", "idvault_server", "idvault_verify", "idvault_people", "idvault_dev"}


def as_rules(found: Iterable[Query]) -> str:
    """Return the queries as recording rules, so that promtool reads them."""
    rules = [
        {"record": f"dashboard:query:{number}", "expr": each.expression.replace(_WINDOW, "5m")}
        for number, each in enumerate(found)
    ]
    return json.dumps({"groups": [{"name": "dashboards", "rules": rules}]})


def _read(path: Path) -> Any:
    return yaml.safe_load(_text(path))


def _text(path: Path) -> str:
    return path.read_text("utf-8")


def _unquoted(text: str) -> str:
    return re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)


if __name__ == "__main__":
    print(as_rules(queries()))
