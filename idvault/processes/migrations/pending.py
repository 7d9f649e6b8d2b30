"""Says what an upgrade would run, and whether this program can use the databases as they are."""

from dataclasses import dataclass

from idvault.processes import migrations
from idvault.processes.migrations import Found
from idvault.processes.migrations.branch import Migration, Phase, SchemaError


@dataclass(frozen=True, slots=True)
class State:
    """A database: its name, its version, the one this program needs, and its own.

    found: None without a schema. floor: the oldest program that the database serves. waiting: what remains
    for the contract phase. problem: why this program cannot use it, "" if it can.
    """

    name: str
    found: str | None
    needed: str
    newest: str
    floor: str
    waiting: tuple[Migration, ...]
    problem: str


async def states(main_url: str, shred_url: str) -> list[State]:
    """Return the state of both databases; changes nothing. Raises as `migrations.current`."""
    return [_state(each) for each in await migrations.current(main_url, shred_url)]


async def steps(main_url: str, shred_url: str, *, phase: Phase | None) -> list[tuple[str, Migration]]:
    """Return what an upgrade would run, with the database's name; raises as `migrations.upgrade_both`."""
    return [
        (each.branch.name, step)
        for each in await migrations.current(main_url, shred_url)
        for step in each.branch.steps(each.version, phase)
    ]


def _state(found: Found) -> State:
    branch, problem = found.branch, ""
    try:
        branch.check(found.version, found.floor)
    except SchemaError as error:
        problem = str(error)
    waiting = [each for each in branch.pending(found.version) if each.phase is Phase.CONTRACT]
    return State(
        branch.name, found.version, branch.needed, branch.newest, found.floor, tuple(waiting), problem
    )
