"""The schema of the last release, as its code uses it: `python -m tests.storage.released` renews the file."""

import json
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import CheckConstraint, Connection, MetaData, Table, UniqueConstraint

from idvault.core import tables as schema
from idvault.processes import migrations
from idvault.processes.migrations.branch import Branch

FILE = Path(__file__).with_name("released_schema.json")
Description = dict[str, dict[str, Any]]


def describe(metadata: MetaData) -> Description:
    """Return each table's columns that the code uses, and what limits the rows it may write."""
    return {name: _described(table) for name, table in sorted(metadata.tables.items())}


def _described(table: Table) -> dict[str, Any]:
    limits = [each for each in table.constraints if isinstance(each, UniqueConstraint | CheckConstraint)]
    unique = [index for index in table.indexes if index.unique]
    return {
        "columns": {
            column.name: {
                "type": str(column.type),
                "may_be_left_out": bool(column.nullable or column.server_default is not None),
                "nullable": bool(column.nullable),
            }
            for column in table.columns
        },
        "limits": sorted(str(each.name) for each in (*limits, *unique)),
    }


async def schema_at(branch: Branch, version: str, url: str) -> Description:
    """Bring a database to a version and return its schema as it is there."""
    found: list[Description] = []

    def upgrade(connection: Connection) -> None:
        reflected = MetaData()
        command.upgrade(branch.config(connection), version)
        reflected.reflect(connection)
        found.append(describe(reflected))

    await migrations.change(url, upgrade)
    return found[0]


def breaks(*, released: Description, current: Description) -> list[str]:
    """Return what the release's code could not do any more with the current schema."""
    found = []
    for name, before in released.items():
        if name not in current:
            found.append(f"{name}: the table is gone")
            continue
        now = current[name]["columns"]
        for column, was in before["columns"].items():
            if column not in now:
                found.append(f"{name}.{column}: it is gone")
            elif now[column]["type"] != was["type"]:
                found.append(f"{name}.{column}: it has another type")
            elif was["nullable"] and not now[column]["nullable"]:
                found.append(f"{name}.{column}: it may no longer be null")
            elif was["may_be_left_out"] and not now[column]["may_be_left_out"]:
                found.append(f"{name}.{column}: it may no longer be left out")
        new = [column for column in now if column not in before["columns"]]
        found += [
            f"{name}.{column}: new and required" for column in new if not now[column]["may_be_left_out"]
        ]
        limits = set(current[name]["limits"]) - set(before["limits"])
        found += [f"{name}: new limit {limit}" for limit in sorted(limits)]
    return found


def main() -> None:
    """Write the present schema as that of the release."""
    assert migrations.CAPABILITIES  # their import fills the metadata
    databases = {"main": describe(schema.main), "shred": describe(schema.shred)}
    FILE.write_text(json.dumps(databases, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
