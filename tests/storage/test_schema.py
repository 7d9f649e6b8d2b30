"""The schema rules, and that the migrations build exactly the schema."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData
from sqlalchemy.engine import URL, make_url

from idvault.core import tables as schema
from idvault.core.db.sqlite import Turn
from idvault.processes import migrations
from idvault.processes.migrations import MAIN, SHRED
from idvault.processes.migrations.branch import Branch, SchemaError
from idvault_verify.error import PreconditionError, Reason, UnavailableError
from tests.support import tls_proxy
from tools.support import programs
from tools.support.databases import Databases, Maker

ROOT = Path(__file__).parents[2]

# All other tables hold account data.
_NOT_OF_AN_ACCOUNT = {
    "requests": "a relying party's",
    "persons": "a relying party's",
    "person_marks": "a relying party's",
    "registry_notices": "a registry's",
    "notice_feeds": "a registry's",
    "attempts": "a relying party's, of a person on a day",
    "log_entries": "the log",
    "log_head": "the log",
    "log_misses": "the log",
    "log_nodes": "the log",
    "log_checkpoints": "the log",
    "log_statements": "the log",
    "budgets": "the deployment's",
    "platforms": "the deployment's",
    "platform_keys": "the deployment's",
    "roster": "the deployment's",
    "roster_versions": "the deployment's",
    "roster_proposals": "the deployment's",
    "roster_signatures": "the deployment's",
    "person_requests": "an auditor's, custodian's or operator's",
    "second_factors": "an auditor's or custodian's",
    "drill_records": "a quorum's",
    "drill_passes": "a custodian's",
    "disclosure_budgets": "an auditor's",
    "disclosure_refusals": "an auditor's or custodian's",
    "ended_handovers": "the deployment's",
    "handed_quorums": "the deployment's",
    "campaigns": "a relying party's",
    "moderator_papers": "the log's",
    "moderators": "a relying party's",
    "platform_pages": "a relying party's",
    "platform_usage": "a relying party's",
    "sessions": "a relying party's: a sign-up has no account yet",
    "authority_orders": "a relying party's",
    "given_orders": "an authority's",
    "operations": "a relying party's",
    "sanction_templates": "a relying party's",
    "content_measures": "a relying party's: whoever is concerned may have no account",
    "outbox": "a relying party's, or of none",
    "notifications": "a recipient's",
    "notification_items": "a recipient's",
    "joint_operations": "an authority's",
    "tip_off_referrals": "an authority's",
    "tip_offs": "a relying party's",
    "tip_off_texts": "a relying party's",
    "tip_off_reporters": "a relying party's",
    "tip_off_tries": "a relying party's",
    "tip_off_form_days": "a relying party's",
    "contact_proofs": "a relying party's",
    "contact_mails": "the deployment's",
    "contact_counts": "the deployment's",
    "contact_offers": "the deployment's",
    "campaign_days": "the deployment's",
    "status_feed_heads": "a relying party's",
    "status_lists": "the deployment's",
    "status_marks": "nobody's any more",
    "credential_counts": "a relying party's",
    "status_keys": "the deployment's",
    "day_keys": "the deployment's",
    "inquiries": "of a browser, before it is known whose accounts there are",
    "account_lists": "a person's, of no platform",
    "deployment": "the deployment's",
    "schema_floors": "the deployment's",
    "key_versions": "the deployment's",
}


@pytest.mark.parametrize("column", ["erasures.origin", "disclosures.record_digest"])
def test_what_every_row_has_cannot_be_missing(column: str) -> None:
    """The database refuses a row without it, so that no reader has to think of one."""
    table, name = column.split(".")
    assert not schema.main.tables[table].columns[name].nullable


@pytest.mark.parametrize("metadata", [schema.main, schema.shred])
def test_account_token_comes_first(metadata: MetaData) -> None:
    """Every table of account data has account_token first in its primary key."""
    first = {
        name: next(iter(table.primary_key)).name
        for name, table in metadata.tables.items()
        if name not in _NOT_OF_AN_ACCOUNT
    }
    assert set(first.values()) == {"account_token"}
    for name, table in metadata.tables.items():
        assert next(iter(table.c)).primary_key, name


@pytest.mark.parametrize("metadata", [schema.main, schema.shred])
def test_nothing_references_across_tokens(metadata: MetaData) -> None:
    """A foreign key from or to account data holds the token on both sides."""
    for table in metadata.tables.values():
        for key in table.foreign_key_constraints:
            pairs = [(element.parent.name, element.column.name) for element in key.elements]
            if table.name not in _NOT_OF_AN_ACCOUNT:
                assert pairs[0] == ("account_token", "account_token")
            else:
                assert key.referred_table.name in _NOT_OF_AN_ACCOUNT


def _is_part(name: str) -> bool:
    """Tell the parts of PostgreSQL's shred keys, which programs do not name (key.store.rewriting)."""
    return name.startswith(("record_keys_", "shred_keys_"))


def _differences(branch: Branch, connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection,
        opts={
            "version_table": branch.version_table,
            "compare_type": True,
            "include_name": lambda name, kind, _: not (kind == "table" and _is_part(str(name))),
        },
    )
    return list(compare_metadata(context, branch.metadata))


@pytest.mark.parametrize("branch", [MAIN, SHRED], ids=["main", "shred"])
async def test_migrations_make_exactly_the_schema(databases: Databases, branch: Branch) -> None:
    """The migrated schema equals the one that the stores use."""
    url = databases.main_url if branch is MAIN else databases.shred_url
    found: list[object] = ["not compared"]

    def compare(connection: Connection) -> None:
        found[:] = _differences(branch, connection)

    await migrations.change(url, compare)
    assert found == []


@pytest.mark.parametrize("branch", [MAIN, SHRED], ids=["main", "shred"])
def test_newest_version_is_the_last_migration(branch: Branch) -> None:
    """A start requires the version that an upgrade reaches, and there is only one path to it."""
    script = ScriptDirectory(str(branch.folder.parents[1]), version_locations=[str(branch.folder)])
    assert script.get_heads() == [branch.newest]


@pytest.mark.process
def test_start_needs_no_alembic(databases: Databases) -> None:
    """A process that only checks the version does not load alembic."""
    script = (
        "import asyncio, sys; from idvault.processes import migrations;"
        "asyncio.run(migrations.check_current(*sys.argv[1:])); sys.exit('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", script, databases.main_url, databases.shred_url]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def test_upgrade_from_nothing_and_again(maker: Maker, tmp_path: Path) -> None:
    """An upgrade of empty databases can be repeated and is then current."""
    urls = maker.empty_urls(tmp_path)
    migrations.upgrade(*urls)
    migrations.upgrade(*urls)


@pytest.mark.process
async def test_processes_that_upgrade_at_once(maker: Maker, tmp_path: Path) -> None:
    """Concurrent upgrades do the work once, and none of them fails."""
    urls = await asyncio.to_thread(maker.empty_urls, tmp_path)
    processes = [programs.start("tests.storage.upgrader:main", *urls) for _ in range(3)]
    ends = [await asyncio.to_thread(process.communicate) for process in processes]
    assert [process.wait() for process in processes] == [0, 0, 0], ends
    await migrations.check_current(*urls)


async def test_an_upgrade_waits_for_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite refuses some of the processes that create one file at once, whatever they wait for its lock."""
    monkeypatch.setattr(migrations, "_OTHER_UPGRADE", 0.0)
    url, other = f"sqlite:///{tmp_path / 'main'}", Turn.beside(tmp_path / "main")
    assert other.take(timeout=0.0)
    with pytest.raises(UnavailableError):
        await migrations.change(url, lambda _: None)
    other.close()
    monkeypatch.undo()
    changed: list[Connection] = []
    await migrations.change(url, changed.append)
    assert len(changed) == 1


async def test_a_change_that_lost_a_deadlock_is_made_anew(postgres_databases: Databases) -> None:
    """An expansion locks table after table beside acts; PostgreSQL ends one of two that wait in a circle."""
    both = threading.Barrier(2)
    begun: list[str] = []

    def crossing(first: str, second: str) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            begun.append(first)
            connection.exec_driver_sql(f"LOCK TABLE {first}")
            if begun.count(first) == 1:
                both.wait(60)
            connection.exec_driver_sql(f"LOCK TABLE {second}")

        return work

    def run(first: str, second: str) -> None:
        asyncio.run(migrations.change(postgres_databases.main_url, crossing(first, second)))

    await asyncio.gather(
        asyncio.to_thread(run, "accounts", "records"), asyncio.to_thread(run, "records", "accounts")
    )
    assert sorted(begun) in (["accounts", "accounts", "records"], ["accounts", "records", "records"])


async def test_missing_schema_is_refused(maker: Maker, tmp_path: Path) -> None:
    """A database without the newest schema is refused with advice, and without its address."""
    urls = await asyncio.to_thread(maker.empty_urls, tmp_path)
    with pytest.raises(SchemaError, match="main database has no schema yet: run `idvault db upgrade`") as no:
        await migrations.check_current(*urls)
    assert isinstance(no.value, PreconditionError)
    assert no.value.reason is Reason.ILLEGAL_TRANSITION


async def test_current_schema_passes(databases: Databases) -> None:
    """Upgraded databases pass; swapped ones do not."""
    await migrations.check_current(databases.main_url, databases.shred_url)
    with pytest.raises(SchemaError):
        await migrations.check_current(databases.shred_url, databases.main_url)


async def test_a_newer_version_serves_this_program_until_it_is_contracted(databases: Databases) -> None:
    """A later program's expansion is no obstacle to a start; what it contracted is, and that is said."""

    def run(statement: str) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            connection.exec_driver_sql(statement)

        return work

    await migrations.change(databases.shred_url, run("UPDATE idvault_shred_version SET version_num = '9999'"))
    await migrations.check_current(databases.main_url, databases.shred_url)
    await migrations.change(databases.shred_url, run("INSERT INTO schema_floors VALUES ('9998')"))
    with pytest.raises(SchemaError, match=r"shred database serves programs of version 9998 or later"):
        await migrations.check_current(databases.main_url, databases.shred_url)


async def test_one_database_for_both_is_refused(databases: Databases) -> None:
    """Records and their shred keys must not be in one database."""
    for call in (migrations.upgrade_both, migrations.check_current):
        with pytest.raises(SchemaError, match="separate database"):
            await call(databases.main_url, databases.main_url)


async def test_one_database_under_two_spellings_is_refused(databases: Databases, tmp_path: Path) -> None:
    """A link to the file, or another way to write a server's address, makes no second database."""
    spelled = {"sqlite": _sqlite_spellings, "postgres": _postgres_spellings}[databases.kind]
    for other in spelled(databases.main_url, tmp_path):
        for call in (migrations.upgrade_both, migrations.check_current):
            with pytest.raises(SchemaError, match="separate database"):
                await call(databases.main_url, other)


def _sqlite_spellings(url: str, folder: Path) -> list[str]:
    path = Path(url.removeprefix("sqlite:///"))
    (folder / "soft.sqlite3").symlink_to(path)
    (folder / "hard.sqlite3").hardlink_to(path)
    dotted = path.parent / ".." / path.parent.name / path.name
    return [f"sqlite:///{each}" for each in (folder / "soft.sqlite3", folder / "hard.sqlite3", dotted)]


def _postgres_spellings(url: str, _folder: Path) -> list[str]:
    parsed = make_url(url)
    named = parsed.update_query_dict({"application_name": "idvault"})
    in_query = URL.create(
        "postgresql",
        database=parsed.database,
        query={
            "user": parsed.username or "",
            "password": parsed.password or "",
            "host": parsed.host or str(parsed.query.get("host", "")),
            **({"port": str(parsed.port)} if parsed.port else {}),
        },
    )
    return [each.render_as_string(hide_password=False) for each in (named, in_query)]


async def test_a_server_is_verified_by_its_certificate(postgres_databases: Databases, tmp_path: Path) -> None:
    """sslmode=verify-full with the authority's file works; another authority or another name is refused."""
    with tls_proxy.running(tmp_path, postgres_databases) as front:
        await migrations.upgrade_both(*front.urls(host="localhost", ca=front.ca))
        await migrations.check_current(*front.urls(host="localhost", ca=front.ca))
        for host, ca in (("localhost", front.other_ca), ("127.0.0.2", front.ca)):
            with pytest.raises(UnavailableError) as refused:
                await migrations.check_current(*front.urls(host=host, ca=ca))
            assert "SSLCertVerificationError" in str(refused.value.__cause__)


def test_sqlite_file_is_its_owners_only(tmp_path: Path) -> None:
    """A new SQLite file is readable only by its owner, under any umask."""
    main, shred = tmp_path / "m.sqlite3", tmp_path / "s.sqlite3"
    migrations.upgrade(f"sqlite:///{main}", f"sqlite:///{shred}")
    assert [path.stat().st_mode & 0o777 for path in (main, shred)] == [0o600, 0o600]


async def test_unreachable_database_is_unavailable(databases: Databases, tmp_path: Path) -> None:
    """An unreachable address is STORE_UNAVAILABLE, not a driver's exception."""
    urls = {
        "sqlite": [f"sqlite:///{tmp_path / 'nowhere' / name}" for name in ("main", "shred")],
        "postgres": [f"postgresql://nobody@/{name}?host={tmp_path}" for name in ("main", "shred")],
    }
    with pytest.raises(UnavailableError) as refused:
        await migrations.upgrade_both(*urls[databases.kind])
    assert refused.value.reason is Reason.STORE_UNAVAILABLE
    wanted = SchemaError if databases.kind == "sqlite" else UnavailableError
    with pytest.raises(wanted):
        await migrations.check_current(*urls[databases.kind])
