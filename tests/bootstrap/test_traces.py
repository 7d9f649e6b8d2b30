"""A process with a collector sends its acts and its tasks; without one nothing is wrapped."""

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from idvault.core import config
from idvault.core.config import ConfigError, Process, Settings
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
        settings = Settings(
            database_url=SecretStr(sqlite_databases.main_url),
            shred_database_url=SecretStr(sqlite_databases.shred_url),
            otlp_endpoint=url,
            trace_ratio=1,
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


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:4318", ""),
        ("http://[::1]:4318", ""),
        ("https://collector.example/base", ""),
        ("http://collector.example:4318", "must be https, or lead to this machine"),
        ("collector.example:4318", "must be the base URL of a collector"),
        ("https://user@collector.example", "must be the base URL of a collector"),
    ],
)
def test_the_address_of_the_collector(monkeypatch: pytest.MonkeyPatch, url: str, said: str) -> None:
    """Traces leave the machine by https only."""
    monkeypatch.setenv("IDVAULT_OTLP_ENDPOINT", url)
    if not said:
        assert config.load(Process.RETENTION).otlp_endpoint == url
        return
    with pytest.raises(ConfigError, match=f"IDVAULT_OTLP_ENDPOINT {said}"):
        config.load(Process.RETENTION)


def test_the_extra_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A collector without the extra is refused by the name of what to install."""
    monkeypatch.setenv("IDVAULT_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    for found in (lambda _: None, _missing):
        monkeypatch.setattr("idvault.core.config.parts.find_spec", found)
        with pytest.raises(ConfigError, match=r"needs the extra otel: pip install 'idvault\[otel\]'"):
            config.load(Process.RETENTION)


def _missing(name: str) -> None:
    raise ModuleNotFoundError(name)
