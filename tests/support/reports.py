"""Lets a worker of pytest-xdist report each test once: what passed besides the call itself is not told.

Of a passed test pytest makes three reports, and two notes of its beginning and end. To send and read them is
a fifteenth of a whole run's CPU time.
"""

import pytest
from _pytest.runner import runtestprotocol


def tell_once(config: pytest.Config) -> None:
    """Do so in a worker, unless somebody asks how long each phase takes."""
    if hasattr(config, "workerinput") and config.getoption("durations") is None:
        config.pluginmanager.register(_Once())


class _Once:
    @pytest.hookimpl
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Run a test as pytest does; report its call, and whatever did not pass."""
        for report in runtestprotocol(item, log=False, nextitem=nextitem):
            if report.when == "call" or not report.passed:
                item.ihook.pytest_runtest_logreport(report=report)
        return True
