"""Spans have words of our code, nest, and are sent to a collector; without one nothing is imported."""

import subprocess
import sys

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from idvault.core.telemetry.traces import open_traces
from tests.support.spans import Spans, collector

# Synthetic: neither belongs to a real person.
NAME = "金丝雀"


def test_spans_nest_and_acts_belong_to_them() -> None:
    """An act that ends in a task is a child of the task's span, and began before it was told."""
    spans = Spans()
    with spans.traces.span("task settle"):
        spans.traces.done("act open", seconds=0.25)
    act, outer = spans.all()
    assert (act["name"], outer["name"]) == ("act open", "task settle")
    assert act["parent_id"] == outer["context"]["span_id"]
    assert act["start_time"] < outer["start_time"] < act["end_time"]
    assert act["resource"]["attributes"].keys() == {"service.name", "service.version"}


def test_what_is_no_word_is_redacted() -> None:
    """A text that is not one of our words never becomes a name or a value."""
    spans = Spans()
    with spans.traces.span(NAME, method=f"Get{NAME}", code="OK") as note:
        note(outcome="what somebody typed, with blanks", role="auditor")
    [span] = spans.all()
    assert span["name"] == "[redacted]"
    assert span["attributes"] == {
        "rpc.method": "[redacted]",
        "idvault.code": "OK",
        "idvault.outcome": "[redacted]",
        "idvault.role": "auditor",
    }
    with pytest.raises(KeyError):
        spans.traces.done("act open", seconds=0, account="0" * 26)


def test_an_exception_leaves_only_a_mark() -> None:
    """What is raised passes, and its text is not in the span."""
    spans = Spans()
    with pytest.raises(RuntimeError), spans.traces.span("task settle"):
        raise RuntimeError(NAME)
    [span] = spans.all()
    assert (span["status"], span["events"]) == ({"status_code": "ERROR"}, [])


def test_a_ratio_of_none() -> None:
    """What is not sampled is not recorded, and the block runs all the same."""
    spans = Spans()
    kept = SimpleSpanProcessor(spans.exporter)
    none = open_traces(process="test", endpoint="", ratio=0, processor=lambda: kept)
    with none.span("task settle") as note:
        note(code="OK", failed=True)
        none.done("act open", seconds=1)
    none.close()
    assert spans.names() == []


def test_spans_reach_a_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are sent by OTLP at the latest when the process ends; a collector that is away harms nobody."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with collector() as (url, received):
        traces = open_traces(process="work", endpoint=f"{url}/v1/traces", ratio=1)
        with traces.span("task settle"):
            traces.done("registry nppa", seconds=0.1, outcome="MATCH")
        traces.close()
    [(path, body)] = received
    assert path == "/v1/traces"
    for word in (b"task settle", b"registry nppa", b"MATCH", b"idvault-work"):
        assert word in body


@pytest.mark.process
def test_without_a_collector_nothing_is_imported() -> None:
    """Both kinds of processes start without the library."""
    built = ", ".join(f"idvault.processes.bootstrap.{name}" for name in ("work", "platform_edge", "serve"))
    lines = f"import sys, {built}; sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", lines], check=False).returncode == 0
