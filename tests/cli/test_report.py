"""`idvault report`: the same figures as text, JSON and pages, and what it refuses."""

import asyncio
import json
from pathlib import Path

import pytest

from idvault_verify.commands.errors import ExitCode
from idvault_verify.event import EventType
from tests.support.commands import Commands
from tests.support.report_world import ReportWorld
from tools.support.databases import Databases
from tools.support.log_world import LogWorld

OCTOBER = ("--from", "2020-10-01", "--to", "2020-10-31")


@pytest.fixture
def filled(idvault: Commands, sqlite_databases: Databases, tmp_path: Path) -> Databases:
    """Two openings in October 2020, a third one in November."""

    async def fill() -> None:
        log = LogWorld(sqlite_databases, tmp_path / "public")
        world = ReportWorld(log)
        await world.events(EventType.DISCLOSURE_OPEN, "2020-10-05T10:00", 2)
        await world.events(EventType.DISCLOSURE_OPEN, "2020-11-05T10:00")
        await world.decided("2020-10-05T10:00", SUCCEEDED=40, MISMATCH=2)
        await world.sequence()
        await log.close()

    asyncio.run(fill())
    idvault.set(DATABASE_URL=sqlite_databases.main_url, SHRED_DATABASE_URL=sqlite_databases.shred_url)
    return sqlite_databases


def test_as_text(idvault: Commands, filled: Databases) -> None:
    """On stdout, in either language."""
    english = idvault("report", *OCTOBER)
    assert english.code == ExitCode.DONE
    assert "  ✓ Openings: 2\n" in english.out
    assert "    name and number do not match: withheld\n" in english.out
    assert "  ✓ 打开次数: 2\n" in idvault("report", *OCTOBER, "--language", "zh").out


def test_as_json(idvault: Commands, filled: Databases, tmp_path: Path) -> None:
    """One object, on stdout or as a file named after the month."""
    shown = json.loads(idvault("report", *OCTOBER, "--format", "json").out)
    assert shown["logged"]["disclosures.openings"] == 2
    result = idvault("report", *OCTOBER, "--format", "json", "--out", tmp_path / "out")
    assert result.last == f"report: {tmp_path / 'out' / '2020-10.json'}"
    written = json.loads((tmp_path / "out" / "2020-10.json").read_text())
    assert written["logged"] == shown["logged"]


def test_as_html(idvault: Commands, filled: Databases, tmp_path: Path) -> None:
    """In both languages, with the data beside."""
    assert "<!doctype html>" in idvault("report", *OCTOBER, "--format", "html").out
    assert idvault("report", *OCTOBER, "--format", "html", "--out", tmp_path / "out").code == ExitCode.DONE
    names = ["2020-10.en.html", "2020-10.json", "2020-10.zh.html"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    assert idvault("report", *OCTOBER, "--out", tmp_path / "text").last.endswith("2020-10.txt")


def test_what_is_refused(idvault: Commands, filled: Databases) -> None:
    """Days in the wrong order, no day, no settings."""
    assert idvault("report", "--from", "2020-10-02", "--to", "2020-10-01").code == ExitCode.WRONG_USAGE
    assert idvault("report", "--from", "October", "--to", "2020-10-01").code == ExitCode.WRONG_USAGE
    idvault.set(DATABASE_URL="")
    assert idvault("report", *OCTOBER).code == ExitCode.WRONG_USAGE


def test_before_the_first_checkpoint(idvault: Commands, sqlite_databases: Databases) -> None:
    """There is nothing to count yet, and the text says what is missing."""
    idvault.set(DATABASE_URL=sqlite_databases.main_url, SHRED_DATABASE_URL=sqlite_databases.shred_url)
    result = idvault("report", *OCTOBER)
    assert (result.code, "no checkpoint" in result.err) == (ExitCode.UNREACHABLE, True)
