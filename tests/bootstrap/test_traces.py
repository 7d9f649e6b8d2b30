"""A process with a collector sends its acts and its tasks; without one nothing is wrapped."""

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from idvault.core import config
from idvault.core.config import ConfigError, Process, Settings, traces
from idvault.core.config.traces import Collector
from idvault.core.db.database import Database
from idvault.core.loop import Task
from idvault.processes.bootstrap.base import open_base
from idvault.processes.bootstrap.work import traced
from idvault.processes.deployment import acts as deployment
from idvault_verify.clock import ClockReading
from tests.support.spans import Spans, collector
from tools.support.databases import Databases

NOW = ClockReading(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))


async def test_acts_of_a_process_reach_the_collector(
    sqlite_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The base of a process opens the traces, tells them each act, and sends them when it ends."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    main, shred = (Database(url=url) for url in (sqlite_databases.main_url, sqlite_databases.shred_url))
    await deployment.ensure(main, shred, candidate="00" * 16)
    await main.close()
    await shred.close()
    with collector() as (url, received):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"{url}/")
        monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "1")
        settings = Settings(
            database_url=SecretStr(sqlite_databases.main_url),
            shred_database_url=SecretStr(sqlite_databases.shred_url),
        )
        async with open_base(settings, lambda: NOW, process="work") as base:
            assert base.traces is not None
    assert b"act " in b"".join(body for _, body in received)


async def test_a_task_and_its_batch() -> None:
    """The run of a task is a span around its acts; without traces the task stays as it is."""
    spans, ran = Spans(), []

    async def run(now: ClockReading) -> None:
        ran.append(now)
        spans.traces.done("act expire", seconds=0)

    task = Task("expire_accounts", 5, run)
    assert traced(None, task) is task
    await traced(spans.traces, task).run(NOW)
    assert (ran, spans.names()) == ([NOW], ["act expire", "task expire_accounts"])


BASE, WHOLE = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
SAMPLER, SHARE = "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"
HERE = "http://127.0.0.1:4318"


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({}, None),
        ({SHARE: "none", SAMPLER: "none"}, None),
        ({BASE: HERE}, Collector(f"{HERE}/v1/traces", 0.1)),
        ({BASE: "http://[::1]:4318/"}, Collector("http://[::1]:4318/v1/traces", 0.1)),
        ({BASE: HERE, WHOLE: "https://collector.example/t"}, Collector("https://collector.example/t", 0.1)),
        ({WHOLE: HERE, SHARE: "0.25"}, Collector(HERE, 0.25)),
        ({WHOLE: HERE, SAMPLER: "parentbased_traceidratio", SHARE: "0"}, Collector(HERE, 0)),
        ({WHOLE: HERE, SAMPLER: "traceidratio"}, Collector(HERE, 1)),
        ({WHOLE: HERE, SAMPLER: "always_on", SHARE: "0.5"}, Collector(HERE, 1)),
        ({WHOLE: HERE, SAMPLER: "parentbased_always_off"}, Collector(HERE, 0)),
    ],
)
def test_the_variables_of_open_telemetry(told: dict[str, str], found: Collector | None) -> None:
    """They mean what its specification says, and without a sampler a tenth is recorded."""
    assert list(traces.problems(told)) == []
    assert traces.collector(told) == found


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({BASE: "http://collector.example:4318"}, f"{BASE} must be https, or lead to this machine"),
        ({WHOLE: "http://collector.example/t"}, f"{WHOLE} must be https, or lead to this machine"),
        ({BASE: "collector.example:4318"}, f"{BASE} must be the URL of a collector"),
        ({BASE: "https://user@collector.example"}, f"{BASE} must be the URL of a collector"),
        ({BASE: HERE, SHARE: "1.1"}, f"{SHARE} must be a number from 0 to 1"),
        ({BASE: HERE, SHARE: "a tenth"}, f"{SHARE} must be a number from 0 to 1"),
        ({BASE: HERE, SHARE: "nan"}, f"{SHARE} must be a number from 0 to 1"),
        ({BASE: HERE, SAMPLER: "jaeger_remote"}, f"{SAMPLER} must be always_on"),
        ({BASE: HERE, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "must be http/protobuf"),
    ],
)
def test_unusable_variables_stop_the_start(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, str], said: str
) -> None:
    """Traces leave the machine by https only, and a share is one."""
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=said):
        config.load(Process.RETENTION)


def test_the_extra_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A collector without the extra is refused by the name of what to install."""
    monkeypatch.setenv(BASE, HERE)
    for found in (lambda _: None, _missing):
        monkeypatch.setattr("idvault.core.config.traces.find_spec", found)
        with pytest.raises(ConfigError, match=r"needs the extra otel: pip install 'idvault\[otel\]'"):
            config.load(Process.RETENTION)


def _missing(name: str) -> None:
    raise ModuleNotFoundError(name)
