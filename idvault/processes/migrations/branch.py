"""The migrations of one database, and the two phases in which an upgrade runs them.

- A migration expands: it adds, and the version before this one goes on with what it knows.
- A file named `NUMBER_contract_NAME.py` contracts: it drops what this version no longer uses. It names the
  oldest program that can go on, by its schema version: `oldest_program = "0045"`.
- The expand phase runs before processes are replaced, the contract phase after the last of them.
- The migrations are one chain. Those of a version that contract come last in it: each phase is one stretch.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, MetaData

from idvault_verify.error import PreconditionError, Reason

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent
_FLOOR = "oldest_program"


class Phase(StrEnum):
    """A phase of an upgrade."""

    EXPAND = "expand"
    CONTRACT = "contract"


class SchemaError(PreconditionError):
    """A database does not have a schema that this version of the program can use."""

    def __init__(self, text: str) -> None:
        """Set the text, which tells the operator what to do and must not contain an address."""
        super().__init__(Reason.ILLEGAL_TRANSITION)
        self.args = (text,)


@dataclass(frozen=True, slots=True)
class Migration:
    """A file: its version, its phase, and what it changes."""

    file: Path

    @property
    def version(self) -> str:
        """Return the schema's version after it."""
        return self.file.name.partition("_")[0]

    @property
    def phase(self) -> Phase:
        """Return the phase that runs it."""
        return Phase.CONTRACT if self.file.stem.split("_")[1] == Phase.CONTRACT else Phase.EXPAND

    @property
    def title(self) -> str:
        """Return the first line of the docstring."""
        return (ast.get_docstring(self._parsed()) or "").partition("\n")[0]

    @property
    def oldest_program(self) -> str:
        """Return the schema version of the oldest program that goes on after it contracts; "" for any.

        Raises ValueError for a contracting one that does not say it.
        """
        if self.phase is Phase.EXPAND:
            return ""
        for each in self._parsed().body:
            if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == _FLOOR:
                return str(ast.literal_eval(each.value))
        raise ValueError(f"{self.file.name} does not name its {_FLOOR}")

    def _parsed(self) -> ast.Module:
        return ast.parse(self.file.read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Branch:
    """The migrations of one of the two databases. folder: None for those of this program."""

    name: str
    metadata: MetaData
    own_folder: Path | None = None

    @property
    def version_table(self) -> str:
        """Return the table that holds the database's version."""
        return f"idvault_{self.name}_version"

    @property
    def folder(self) -> Path:
        """Return the folder of its migrations; each file's name starts with its version."""
        return self.own_folder or _FOLDER / "versions" / self.name

    @property
    def migrations(self) -> list[Migration]:
        """Return all migrations in their order."""
        return [Migration(file) for file in sorted(self.folder.glob("[0-9]*.py"))]

    @property
    def newest(self) -> str:
        """Return the version after all migrations."""
        return self.migrations[-1].version

    @property
    def needed(self) -> str:
        """Return the version that this program needs: that of the last migration that expands."""
        return next(each.version for each in reversed(self.migrations) if each.phase is Phase.EXPAND)

    def pending(self, found: str | None) -> list[Migration]:
        """Return the migrations after a version."""
        return [each for each in self.migrations if each.version > (found or "")]

    def steps(self, found: str | None, phase: Phase | None) -> list[Migration]:
        """Return what an upgrade from a version runs, all that is pending without a phase.

        A database without a schema serves nobody, and gets everything. Raises SchemaError if the other phase
        comes first, or if no migration leads on from the version.
        """
        waiting = self.pending(found)
        if found is None:
            return waiting
        self._check_known(found)
        if phase is None or not waiting:
            return waiting
        steps = list(takewhile(lambda each: each.phase is phase, waiting))
        behind = [each for each in waiting[len(steps) :] if each.phase is Phase.EXPAND]
        if phase is Phase.EXPAND and behind:
            raise SchemaError(self._blocked(waiting))
        if phase is Phase.CONTRACT and not steps:
            raise SchemaError(
                f"the {self.name} database is at version {found}: run `idvault db upgrade --phase expand`, "
                "and replace every process before you contract"
            )
        return steps

    def _check_known(self, found: str) -> None:
        first = self.migrations[0].version
        if found < first:
            raise SchemaError(
                f"the {self.name} database is at version {found}, from before the first one that can be "
                f"upgraded, {first}: set the deployment up anew"
            )

    def _blocked(self, waiting: Sequence[Migration]) -> str:
        if waiting[0].phase is Phase.CONTRACT:
            return (
                f"the {self.name} database has not been contracted since the last upgrade: run `idvault db "
                "upgrade --phase contract` if no process is older than the version before this one"
            )
        return (
            f"the {self.name} database is more than one version old: upgrade version by version, or stop "
            "every process and run `idvault db upgrade` without a phase"
        )

    def check(self, found: str | None, floor: str) -> None:
        """Raise SchemaError unless this program can use a database. floor: the oldest program it serves."""
        if found is None:
            raise SchemaError(f"the {self.name} database has no schema yet: run `idvault db upgrade`")
        self._check_known(found)
        if found < self.needed:
            raise SchemaError(
                f"the {self.name} database is at version {found}, not {self.needed}: run `idvault db upgrade`"
            )
        self.check_floor(floor)

    def check_floor(self, floor: str) -> None:
        """Raise SchemaError unless a database serves this program. floor: the oldest one that it serves."""
        if floor > self.newest:
            raise SchemaError(
                f"the {self.name} database serves programs of version {floor} or later; this program is of "
                f"{self.newest}: start the new version in its place"
            )

    def config(self, connection: Connection) -> "Config":
        """Return alembic's configuration for a connection."""
        # Only an upgrade needs alembic, which is slow to import.
        from alembic.config import Config  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(_FOLDER))
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", str(self.folder))
        config.attributes.update(
            connection=connection, metadata=self.metadata, version_table=self.version_table
        )
        return config
