"""What pgbouncer needs: no state of a session, named settings, and prepared statements that it knows of.

`scripts/torture pgbouncer` runs the same configuration behind pgbouncer itself (behind_pgbouncer.py).
"""

import re
from pathlib import Path
from typing import Any

from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import SelectBase

from idvault.core.db.database import Database
from idvault.core.db.postgresql import Postgresql
from idvault.core.db.postgresql_connection import server_settings
from idvault.core.db.statement import Statement
from tests.storage import stores
from tools.support.databases import Databases
from tools.support.storage_world import World

_ROOT = Path(__file__).parents[3]
_OPERATIONS = (_ROOT / "docs/operations.md").read_text(encoding="utf-8")
# pgbouncer restores these for each of its clients.
_TRACKED = {"application_name", "timezone"}
_OF_A_SESSION = re.compile(r"\b(set_config|nextval|currval|lastval|pg_(try_)?advisory_lock\w*)\b")


def _documented() -> str:
    """Return the lines of pgbouncer.ini in the operations page."""
    found = re.search(r"```ini\n(.*?)```", _OPERATIONS, re.DOTALL)
    assert found
    return found[1]


def _statements() -> dict[str, Statement[Any]]:
    """Return the constants of all stores."""
    found: dict[str, Statement[Any]] = {}
    for module in stores.modules():
        for name, value in vars(module).items():
            if isinstance(value, Statement):
                found[f"{module.__name__}.{name}"] = value
    return found


def test_statements_use_no_state_of_a_session() -> None:
    """Every statement reads or writes rows; none sets a variable, listens, or takes a session's lock.

    Those that write PostgreSQL's shred keys anew are commands, of which none outlives its transaction.
    """
    found = _statements()
    assert len(found) > 100
    for name, one in found.items():
        assert isinstance(one.clause, Executable), name
        if name.startswith("idvault.key.store.rewriting."):
            assert not re.search(r"\bSET (?!LOCAL\b)|\bLISTEN\b|\bTEMP", one.postgresql.text), name
        else:
            assert isinstance(one.clause, SelectBase | UpdateBase), name
        assert not _OF_A_SESSION.search(one.postgresql.text), name


_STATE = """
SELECT 'setting ' || name FROM pg_settings WHERE source = 'session'
UNION ALL SELECT 'cursor ' || name FROM pg_cursors WHERE name <> ''
UNION ALL SELECT 'channel ' || channel FROM pg_listening_channels() AS channel
UNION ALL SELECT 'lock ' || locktype FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'
UNION ALL SELECT 'table ' || relname FROM pg_class WHERE relpersistence = 't'
"""


async def test_acts_leave_nothing_but_prepared_statements(postgres_databases: Databases) -> None:
    """A sign-up from its start to its end leaves no setting, cursor, channel, lock or temporary table."""
    database = Database(url=postgres_databases.main_url, pool_size=1)
    await World(database).verified()
    driver = database._driver
    assert isinstance(driver, Postgresql)
    assert [row[0] for row in await driver._idle[0].driver.fetch(_STATE)] == []
    await database.close()


def test_the_operations_page_names_what_pgbouncer_must_ignore() -> None:
    """It refuses a connection that asks for a setting that it neither tracks nor ignores."""
    named = re.search(r"^ignore_startup_parameters = (.*)$", _documented(), re.MULTILINE)
    assert named
    assert set(named[1].split(", ")) == server_settings().keys() - _TRACKED


def test_the_operations_page_sets_the_servers_limits_behind_pgbouncer() -> None:
    """What pgbouncer ignores, the role sets, with the values of a direct connection."""
    limits = {name: f"{int(value) // 1000}s" for name, value in server_settings().items() if _is_a_time(name)}
    assert len(limits) == 3
    for name, value in limits.items():
        assert f"ALTER ROLE idvault SET {name} = '{value}';" in _OPERATIONS


def _is_a_time(name: str) -> bool:
    return name.endswith(("_timeout", "_interval")) and not name.startswith("tcp_")
