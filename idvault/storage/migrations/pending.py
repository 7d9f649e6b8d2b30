"""Says which migrations an upgrade would run, from the names and docstrings of their files."""

import ast
from dataclasses import dataclass

from idvault.storage import migrations
from idvault.storage.migrations import Branch


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration: its version, and what it changes."""

    version: str
    title: str


@dataclass(frozen=True, slots=True)
class State:
    """A database: its name, its version, the one this program needs, and what is in between.

    found: None without a schema.
    """

    name: str
    found: str | None
    needed: str
    pending: tuple[Migration, ...]


async def states(main_url: str, shred_url: str) -> list[State]:
    """Return the state of both databases; changes nothing. Raises as `migrations.current`."""
    return [
        State(branch.name, found, branch.newest, tuple(_after(branch, found)))
        for branch, found in await migrations.current(main_url, shred_url)
    ]


def _after(branch: Branch, found: str | None) -> list[Migration]:
    files = sorted(branch.folder.glob("[0-9]*.py"))
    numbered = [(file.name.partition("_")[0], file) for file in files]
    return [
        Migration(version, (ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "").partition("\n")[0])
        for version, file in numbered
        if version > (found or "")
    ]
