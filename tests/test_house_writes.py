"""What writes without an act's log entry: a list with reasons, and nothing else."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tools.support.project import ROOMS

# Acts are in core.act alone; these say by themselves that a database is written. A name stands in its metric.
WITHOUT_AN_ENTRY = {
    "log.sequence": "gives entries that acts wrote their places",
    "checkpoint.replace": "stores the signed checkpoint of those places",
    "epoch.begin": "stores a statement that custodians signed; the log's first entry of the epoch follows it",
    "epoch.sign_again": "the same, after a crash",
    "sealed.replace": "seals a value again under a newer key; what it says is the same",
    "day_key.publish": "a key pair of the day: no account's",
    "day_key.forget": "its end, which nobody could prove or disprove",
    "shred.obtain": "the key of a record whose act is in the main database, and has the entry",
    "shred.destroy": "the destruction, which the act `erasure.destroyed` enters afterwards",
    "shred.destroy_version": "the same of a former version; its minute would tell of a disclosure (ADR 0065)",
    "erasure_memo.keep": "what the act `erasure.erase` has entered, for a main database restored from before",
    "erasure_memo.mark": "the destruction of the key, as above",
    "shred.empty_spare": "pages without rows, of a destroyed key's remains",
    "shred.replace_part": "the same",
    "wal.checkpoint": "PostgreSQL's own files, for the same reason",
    "wal.note": "the same",
    "wal.switch": "the same",
    "deployment.ensure": "the id that two databases have in common",
    "budget.take": "a turn to call the registry; the claim has the entry",
    "budget.pause": "the same, of a registry that asks to wait",
}


def _written() -> Iterator[tuple[str, Path]]:
    """Yield the names under which a database is written outside of `core.act`, with their files."""
    for path in ROOMS.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr in ("act", "write")
                and call.args
                and isinstance(call.args[0], ast.Constant)
                and isinstance(call.args[0].value, str)
            ):
                yield call.args[0].value, path.relative_to(ROOMS)


def test_what_writes_without_an_entry_is_listed() -> None:
    """A database that is written past `core.act` is a decision, with a reason in the list."""
    assert {name for name, _ in _written()} == WITHOUT_AN_ENTRY.keys()


def test_no_act_hides_its_name() -> None:
    """A name that is computed would escape the list: it stands in core.act alone."""
    hidden = [
        path.relative_to(ROOMS)
        for path in ROOMS.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("act", "write")
        and ast.unparse(call.func.value).rpartition(".")[2] in ("main", "shred", "database")
        and not (call.args and isinstance(call.args[0], ast.Constant))
    ]
    assert {str(path) for path in hidden} <= {"core/act.py"}
