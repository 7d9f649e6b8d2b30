"""Alerts and dashboards name metrics and labels that are served; each alert is tested and explained."""

import re
from collections.abc import Iterable, Iterator
from itertools import combinations

import pytest
from prometheus_client.core import Metric

from idvault.core.telemetry.metrics import Metrics, WebMetrics, WitnessMetrics
from tests.telemetry.test_metrics import filled
from tools.support import monitoring
from tools.support.monitoring import Alert, Query

ALERTS, QUERIES = monitoring.alerts(), list(monitoring.queries())
# Prometheus adds the first two to every series; the third is that of a histogram, the last that of instances
# that take turns.
EVERYWHERE = {"job", "instance", "le", "twin"}
PROCESS = {"process_cpu_seconds_total", "process_max_fds", "process_open_fds", "process_start_time_seconds"}
PROCESS |= {"process_resident_memory_bytes"}


def served() -> dict[str, set[str]]:
    """Return the labels of each metric that a process serves."""
    web, witness = WebMetrics(), WitnessMetrics()
    web.answers.add("/v/{code}", "200")
    web.seconds.observe(0.1, "/v/{code}")
    witness.answered(200)
    witness.known("log.example", 3)
    labels: dict[str, set[str]] = {"up": set(), **{name: set() for name in PROCESS}}
    for metrics in (filled(), web, witness):
        for name, found in _labelled(metrics.families()):
            labels.setdefault(name, set()).update(found)
    return labels


def _labelled(families: Iterable[Metric]) -> Iterator[tuple[str, set[str]]]:
    for family in families:
        name = family.name + ("_total" if family.type == "counter" else "")
        yield name, {label for sample in family.samples for label in sample.labels}


SERVED = served()
EXPRESSIONS = monitoring.expressions()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_metrics_and_labels_are_served(expression: str) -> None:
    """Every metric of an expression is served, with the labels by which it is selected and grouped."""
    named = monitoring.metrics(expression)
    assert named
    assert named <= SERVED.keys()
    for metric, label in monitoring.matched(expression):
        assert label in SERVED[metric] | EVERYWHERE
    assert monitoring.grouped(expression) <= EVERYWHERE.union(*(SERVED[metric] for metric in named))


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: f"{query.dashboard}: {query.chart}")
def test_legends_show_labels_that_are_there(query: Query) -> None:
    """What an expression groups away cannot be shown."""
    known = EVERYWHERE.union(*(SERVED[metric] for metric in monitoring.metrics(query.expression)))
    kept = monitoring.grouped(query.expression) or known
    assert query.legend
    assert monitoring.legends(query.legend) <= kept


def test_every_metric_has_a_panel() -> None:
    """Nothing is measured that no dashboard shows, except what only alerts compare."""
    shown = set().union(*(monitoring.metrics(each) for each in EXPRESSIONS))
    assert {name for name in SERVED if name.startswith("idvault_")} <= shown


def test_every_alert_is_tested_by_promtool() -> None:
    """A test of its name has it silent at one time and firing at a later one."""
    for room in sorted({alert.room for alert in ALERTS}):
        tests = monitoring.tests(room)
        tested = {test["name"]: test["promql_expr_test"] for test in tests}
        # Several tests may be of one alert.
        assert list(tested) == [alert.name for alert in ALERTS if alert.room == room]
        for name, (silent, fires) in [(each["name"], each["promql_expr_test"]) for each in tests]:
            labels = f'{{alertname="{name}", alertstate="firing"}}'
            assert silent["expr"] == fires["expr"] == f"count by (alertname) (ALERTS{labels})"
            assert "exp_samples" not in silent
            assert fires["exp_samples"] == [{"labels": f'{{alertname="{name}"}}', "value": 1}]
            assert _minutes(silent["eval_time"]) < _minutes(fires["eval_time"])


_COUNTED = re.compile(r'increase\((idvault_\w+_total)\{(\w+)=~?"([^"]+)"\}')
# By the provider, which a process knows when it begins to ask one: tests/bootstrap.
_LATER = {"idvault_registry_calls_total"}


def test_what_alerts_count_is_there_from_the_start() -> None:
    """A series that began at 1 would show no increase, and the first event would be slept through."""
    found = {
        (sample.name, label, value)
        for metrics in (Metrics(), WebMetrics(), WitnessMetrics())
        for family in metrics.families()
        for sample in family.samples
        for label, value in sample.labels.items()
        if sample.value == 0
    }
    wanted = {
        (name, label, value)
        for alert in ALERTS
        for name, label, values in _COUNTED.findall(alert.expression)
        for value in values.split("|")
        if name not in _LATER
    }
    assert len(wanted) >= 7
    assert wanted <= found


def _minutes(text: str) -> int:
    return int(text[:-1]) * {"m": 1, "h": 60}[text[-1]]


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_alert_names_its_section(alert: Alert) -> None:
    """It says how urgent it is, what is wrong, and where the runbook says what to do."""
    assert alert.severity in ("critical", "warning")
    assert re.fullmatch(r"[A-Z].+\.", alert.annotations["summary"])
    assert alert.annotations["runbook"] == f"docs/runbook.md#{alert.name.lower()}"


def test_the_runbook_has_exactly_the_alerts() -> None:
    """A section for each alert, and none for what never fires."""
    assert sorted(monitoring.sections()) == sorted(alert.name for alert in ALERTS)


def test_documents_name_metrics_that_are_served() -> None:
    """A metric in any document is served; a word with an underscore at its end stands for several."""
    for word in monitoring.documented():
        assert word in SERVED or any(name.startswith(word) for name in SERVED if word.endswith("_")), word


@pytest.mark.parametrize("name", ["service", "registry", "log", "people", "moderation"])
def test_a_dashboard_can_be_shown(name: str) -> None:
    """Each has an id of its own, charts that do not overlap, and reads the Prometheus that is chosen."""
    dashboard = monitoring.dashboards()[name]
    assert dashboard["uid"] == f"idvault-{name}"
    charts = dashboard["panels"]
    assert len({chart["id"] for chart in charts}) == len(charts)
    assert {chart["datasource"]["uid"] for chart in charts} == {"${datasource}"}
    for one, other in combinations([chart["gridPos"] for chart in charts], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)
    assert all(chart["gridPos"]["x"] + chart["gridPos"]["w"] <= 24 for chart in charts)
