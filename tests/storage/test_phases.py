"""The two phases of an upgrade: what each runs, and that what expands only adds."""

import ast
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from idvault.processes import migrations
from idvault.processes.migrations import MAIN, SHRED
from idvault.processes.migrations.branch import Branch, Migration, Phase, SchemaError
from tests.storage import released
from tools.support.databases import Maker

BRANCHES = pytest.mark.parametrize("branch", [MAIN, SHRED], ids=["main", "shred"])
_HEAD = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = {revision!r}, {before!r}, None, None
"""
_FIRST = """
def upgrade():
    op.create_table("schema_floors", sa.Column("oldest_program", sa.String(32), primary_key=True))
    op.create_table("things", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("old", sa.Integer()))
"""
_ADD = """
def upgrade():
    op.add_column("things", sa.Column("new", sa.Integer()))
"""
_DROP = """
oldest_program = "0002"
def upgrade():
    op.drop_column("things", "old")
"""
_LATER = """
def upgrade():
    op.create_table("more", sa.Column("id", sa.Integer(), primary_key=True))
"""
_NARROW = """
def upgrade():
    op.create_table("more", sa.Column("id", sa.Integer(), primary_key=True))
    with op.batch_alter_table("things") as table:
        table.add_column(sa.Column("kind", sa.Integer(), nullable=False))
"""
_ALL = """
oldest_program = "0005"
def upgrade():
    op.drop_table("things")
"""
FILES = {"0001_first": _FIRST, "0002_add": _ADD, "0003_contract_old": _DROP, "0004_later": _LATER}
BAD = {"0002_drop": _DROP, "0003_narrow": _NARROW, "0004_contract_all": _ALL}


def program(folder: Path, names: list[str]) -> Branch:
    """Return the migrations of a program that has these files."""
    folder.mkdir()
    before = None
    for name in names:
        head = _HEAD.format(revision=name[:4], before=before)
        (folder / f"{name}.py").write_text(f'"""Does {name}."""\n{head}{(FILES | BAD)[name]}', "utf-8")
        before = name[:4]
    return replace(MAIN, own_folder=folder)


@pytest.fixture
def first(tmp_path: Path) -> Branch:
    """The program before the upgrade."""
    return program(tmp_path / "first", ["0001_first"])


@pytest.fixture
def second(tmp_path: Path) -> Branch:
    """Its successor, which expands and contracts."""
    return program(tmp_path / "second", ["0001_first", "0002_add", "0003_contract_old"])


@pytest.fixture
def third(tmp_path: Path) -> Branch:
    """The one after that, which expands again."""
    return program(tmp_path / "third", list(FILES))


@pytest.fixture
def url(maker: Maker, tmp_path: Path) -> str:
    """A database without a schema."""
    return maker.empty_urls(tmp_path)[0]


async def _run(url: str, branch: Branch, phase: Phase | None = None) -> None:
    await migrations.change(url, partial(migrations.run, branch, phase))


async def _check(url: str, branch: Branch) -> None:
    found = await migrations.look(branch, url)
    branch.check(found.version, found.floor)


async def test_an_upgrade_beside_the_version_before(
    url: str, first: Branch, second: Branch, third: Branch
) -> None:
    """Expanded, both versions can start; contracted, only the newer one; the next expands after that."""
    await _run(url, first)
    with pytest.raises(SchemaError, match="is at version 0001, not 0002: run `idvault db upgrade`"):
        await _check(url, second)
    with pytest.raises(SchemaError, match="run `idvault db upgrade --phase expand`"):
        await _run(url, second, Phase.CONTRACT)
    await _run(url, second, Phase.EXPAND)
    assert (await migrations.look(second, url)).version == "0002"
    for each in (first, second):
        await _check(url, each)
    with pytest.raises(SchemaError, match="has not been contracted since the last upgrade"):
        await _run(url, third, Phase.EXPAND)
    await _run(url, second, Phase.CONTRACT)
    await _check(url, second)
    with pytest.raises(
        SchemaError, match=r"serves programs of version 0002 or later; this program is of 0001"
    ):
        await _check(url, first)
    with pytest.raises(SchemaError, match="start the new version in its place"):
        await _run(url, first)
    await _run(url, third, Phase.EXPAND)
    for each in (second, third):
        await _check(url, each)
    await _run(url, second, Phase.EXPAND)  # an older program's upgrade changes nothing
    assert (await migrations.look(third, url)).version == "0004"


async def test_a_version_that_was_skipped(url: str, first: Branch, third: Branch) -> None:
    """Its contraction stands between two expansions: only an upgrade with every process stopped passes it."""
    await _run(url, first)
    with pytest.raises(SchemaError, match="more than one version old"):
        await _run(url, third, Phase.EXPAND)
    assert (await migrations.look(third, url)).version == "0001"
    await _run(url, third)
    assert await migrations.look(replace(third, own_folder=first.folder), url) == migrations.Found(
        replace(third, own_folder=first.folder), "0004", "0002"
    )


@pytest.mark.parametrize("phase", [None, *Phase])
async def test_a_new_database_gets_everything(url: str, second: Branch, phase: Phase | None) -> None:
    """It serves nobody yet. A repeat changes nothing."""
    for _ in range(2):
        await _run(url, second, phase)
        assert (await migrations.look(second, url)).version == "0003"


def test_a_contraction_names_whom_it_serves(tmp_path: Path) -> None:
    """A file without the oldest program that it leaves working is refused."""
    file = tmp_path / "0005_contract_more.py"
    file.write_text('"""Drops more."""\nrevision = "0005"\n', "utf-8")
    found = Migration(file)
    assert (found.phase, found.title) == (Phase.CONTRACT, "Drops more.")
    with pytest.raises(ValueError, match=r"0005_contract_more.py does not name its oldest_program"):
        assert found.oldest_program


async def test_a_version_that_no_migration_knows(url: str, first: Branch, tmp_path: Path) -> None:
    """A database from before the first migration is neither used nor touched, and the operator is told."""
    await _run(url, first)
    later = program(tmp_path / "later", ["0002_add"])
    for attempt in (
        partial(_check, url, later),
        partial(_run, url, later),
        partial(_run, url, later, Phase.EXPAND),
    ):
        with pytest.raises(
            SchemaError, match="at version 0001, from before the first one that can be upgraded, 0002"
        ):
            await attempt()
    assert (await migrations.look(first, url)).version == "0001"


def _later(branch: Branch) -> list[Migration]:
    return branch.pending(branch.migrations[0].version)


def _drops(branch: Branch) -> list[str]:
    """Return the files that expand and yet drop or rename something."""
    return [each.file.name for each in _later(branch) if each.phase is Phase.EXPAND and _changes(each)]


def _changes(migration: Migration) -> list[str]:
    tree = ast.parse(migration.file.read_text())
    names = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return [name for name in names if name.startswith(("drop_", "rename_"))]


async def _narrows(branch: Branch, url: str) -> list[str]:
    """Return the files that expand and yet take something from the version before."""
    found, before = [], await released.schema_at(branch, branch.migrations[0].version, url)
    for each in _later(branch):
        after = await released.schema_at(branch, each.version, url)
        if each.phase is Phase.EXPAND and released.breaks(released=before, current=after):
            found.append(each.file.name)
        before = after
    return found


def _serves_nobody(branch: Branch) -> list[str]:
    """Return the files that contract and leave not even their own version working."""
    return [each.file.name for each in _later(branch) if each.oldest_program >= each.version]


@BRANCHES
async def test_what_expands_leaves_the_version_before_working(branch: Branch, tmp_path: Path) -> None:
    """What it reads is there, and what it writes is accepted; a contraction serves its own version."""
    assert _drops(branch) == _serves_nobody(branch) == []
    assert await _narrows(branch, f"sqlite:///{tmp_path / 'stepwise'}") == []


async def test_what_breaks_the_version_before_is_found(tmp_path: Path) -> None:
    """The comparison sees a column that is gone, one that must be given, and a contraction too far."""
    bad = program(tmp_path / "bad", ["0001_first", *BAD])
    assert _serves_nobody(bad) == ["0004_contract_all.py"]
    assert _drops(bad) == ["0002_drop.py"]
    url = f"sqlite:///{tmp_path / 'bad.sqlite3'}"
    assert await _narrows(bad, url) == ["0002_drop.py", "0003_narrow.py"]
