"""A plugin of pytest: draws the tests' order by a seed, and notes what each worker runs.

Files come in a drawn order, and within a file its tests; a file stays together, because its fixtures may
start processes. Run alone, a file has the same order as in the whole suite. Each line of the notes is a JSON
object.
"""

import json
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--order-seed", type=int, help="the seed of the tests' order")
    parser.addoption("--notes", type=Path, help="where it is noted which test a worker runs")


def pytest_configure(config: pytest.Config) -> None:
    worker = getattr(config, "workerinput", {}).get("workerid", "")
    config.pluginmanager.register(Notes(config.getoption("--notes"), worker))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Draw the order, before conftest.py divides the tests among the workers."""
    items[:] = drawn(items, config.getoption("--order-seed"))


def drawn(items: list[pytest.Item], seed: int) -> list[pytest.Item]:
    """Return the tests with their files, and the tests of each file, in a drawn order."""
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.nodeid.partition("::")[0], []).append(item)
    for name, tests in files.items():
        random.Random(f"{seed} {name}").shuffle(tests)  # noqa: S311 - to be repeatable, not secret
    order = list(files.values())
    random.Random(seed).shuffle(order)  # noqa: S311
    return [item for tests in order for item in tests]


class Notes:
    """Appends to the file of notes; each worker and the process that reports have one."""

    def __init__(self, file: Path, worker: str) -> None:
        self._file, self._worker = file, worker

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        """Note when a worker begins and ends a test."""
        self._note(begun=item.nodeid, worker=self._worker, pid=os.getpid(), at=time.time())
        result = yield
        self._note(ended=item.nodeid, worker=self._worker, at=time.time())
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note outcomes where they are collected: also of a worker that ended in a test."""
        if self._worker or (report.passed and report.when != "call"):
            return
        self._note(outcome=report.outcome, test=report.nodeid, when=report.when, at=time.time())

    def _note(self, **values: Any) -> None:
        # One short write to a file open for appending: lines of others come before or after it.
        with self._file.open("a", encoding="utf-8") as notes:
            notes.write(json.dumps(values) + "\n")
