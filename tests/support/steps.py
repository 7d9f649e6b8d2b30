"""State machines whose steps are taken on databases of each kind."""

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from idvault.core.db.database import Database
from tools.support import walks
from tools.support.databases import Databases, Maker


class DatabaseSteps(RuleBasedStateMachine):
    """Steps on a database that exists for one run."""

    maker: Maker

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="idvault-steps-"))
        self._loop = asyncio.new_event_loop()
        self._databases: Databases = self.maker.fresh(self.folder)
        self.database = Database(url=self._databases.main_url)

    async def end(self) -> None:
        """Do what must be done before the database is closed."""

    def teardown(self) -> None:
        self.run(self.end())
        self.run(self.database.close())
        self._loop.close()
        self.maker.drop(self._databases)
        shutil.rmtree(self.folder)

    def run(self, work: Any) -> Any:
        return self._loop.run_until_complete(work)


def take_steps(steps: type[DatabaseSteps], maker: Maker, *, count: int = 20) -> None:
    """Take this many random steps, a few times."""
    steps.maker = maker
    run_state_machine_as_test(
        steps,
        settings=settings(
            max_examples=walks.length(80), stateful_step_count=count, suppress_health_check=list(HealthCheck)
        ),
    )
