"""`idvault-verify check-report`: a stranger recomputes a report, and a vault that lies is found out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from idvault_verify.commands.app import app
from idvault_verify.event import EventType
from idvault_verify.period import month_of
from idvault_verify.report import catalogue as report_catalogue
from idvault_verify.report.figure import EDITION
from idvault_verify.transparency import report
from idvault_verify.transparency.report import Report
from tests.support.report_world import at, leaf_of
from tests.support.site import files_of, serving
from tools.support import logs
from tools.support.logs import VKEY
from tools.support.merkle import signer, witness

OPEN, WARN = EventType.DISCLOSURE_OPEN, EventType.SANCTION_WARN_IMPOSE
SETTLE = EventType.CLAIM_SETTLE
ONE = witness("witness.example/w1", seed=2)
ALL = len(report_catalogue.logged_figures())
REST = len(list(report_catalogue.not_logged()))
VALID = f"report: {ALL} figures recomputed, {REST} not provable from the log"
OCTOBER = (
    [(OPEN, "2026-10-01T00:00")] * 2
    + [(WARN, "2026-10-31T23:59")] * 300
    + [(SETTLE, "2026-10-05T00:00")] * 40
)
AROUND = [(OPEN, "2026-09-30T23:59"), (OPEN, "2026-11-01T00:00")]


@dataclass
class Checked:
    """A log and its report of October 2026, which a test may change."""

    folder: Path
    leaves: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Write the log, sign its checkpoint, and count by hand."""
        self.leaves = [leaf_of(type_, at(time)) for type_, time in [AROUND[0], *OCTOBER, AROUND[1]]]
        counted = {"disclosures.openings": 2, "sanctions.imposed": 300, "sanctions.warned": 300}
        counted["verifications.decided"] = 40
        self.made = Report(
            edition=EDITION,
            period=month_of(date(2026, 10, 1)),
            zone="Asia/Shanghai",
            made=datetime(2026, 11, 1, 0, 15, tzinfo=UTC),
            checkpoint=logs.signed(self.leaves).decode(),
            logged={figure.name: counted.get(figure.name, 0) for figure in report_catalogue.logged_figures()},
            breakdowns={each.name: None for each in report_catalogue.breakdowns()},
            levels={each.name: {} for each in report_catalogue.levels()},
            durations={each.name: None for each in report_catalogue.durations()},
        )
        self.grow((OPEN, "2026-11-05T00:00"))

    def grow(self, *events: tuple[EventType, str]) -> None:
        """Publish the log with later entries."""
        self.leaves += [leaf_of(type_, at(time)) for type_, time in events]
        logs.write_folder(self.folder, self.leaves, logs.signed(self.leaves))

    def with_figures(self, **figures: int) -> None:
        """Change figures; `_` stands for the dot of their names."""
        changed = {name.replace("_", ".", 1): value for name, value in figures.items()}
        self.made = replace(self.made, logged={**self.made.logged, **changed})

    def with_cells(self, name: str, cells: Mapping[str, int | None]) -> None:
        """Change a breakdown."""
        self.made = replace(self.made, breakdowns={**self.made.breakdowns, name: cells})

    def run(self, *options: object, signed: bool = True, source: object = None, note: bytes = b"") -> Result:
        """Write the report with its note, and check it."""
        path = self.folder.parent / "2026-10.json"
        data = self.made.to_bytes()
        path.write_bytes(data)
        if signed:
            path.with_suffix(".note").write_bytes(note or report.sign(data, logs.SIGNER))
        arguments = ["check-report", path, "--log", source or self.folder, "--public-key", VKEY, *options]
        return CliRunner().invoke(app, [*map(str, arguments)])

    def refused(self) -> str:
        """Check it; it must be refused as forged."""
        result = self.run("--json")
        assert (result.exit_code, result.stdout) == (7, "")
        return str(json.loads(result.stderr)["error"]["reason"])


@pytest.fixture
def checked(tmp_path: Path) -> Checked:
    """A report that the log confirms."""
    return Checked(tmp_path / "public")


def test_a_report_is_recomputed(checked: Checked) -> None:
    """From a copy of the log or its URL; what the log does not tell is listed by name."""
    result = checked.run()
    missing = "there is no 2026-10.platforms.json beside the report: no platform's numbers were checked\n"
    assert (result.exit_code, result.stderr) == (0, missing)
    *lines, last = result.stdout.splitlines()
    assert last == VALID
    assert lines == [f"not provable from the log: {name}" for name in report_catalogue.not_logged()]
    with serving() as site:
        site.files = files_of(checked.folder)
        assert checked.run(source=site.url).stdout.splitlines()[-1] == VALID


def test_in_json(checked: Checked) -> None:
    """The names of both kinds, and what the check covers."""
    found = json.loads(checked.run("--json").stdout)
    assert found["recomputed"] == [figure.name for figure in report_catalogue.logged_figures()]
    assert found["not_provable"] == list(report_catalogue.not_logged())
    assert (found["signed"], found["early"], found["later"], found["period"]) == (True, False, 1, "2026-10")


@pytest.mark.parametrize("name", [figure.name for figure in report_catalogue.logged_figures()])
def test_no_figure_can_be_forged(checked: Checked, name: str) -> None:
    """One more or left out: exit code 7, although the log's key signed the report."""
    logged = dict(checked.made.logged)
    checked.made = replace(checked.made, logged={**logged, name: logged[name] + 1})
    result = checked.run()
    assert result.exit_code == 7
    told = f"{name} is {logged[name] + 1} in the report, {logged[name]} in the log"
    assert result.stdout == f"report: 1 figures differ from the log: {told}\n"
    del logged[name]
    checked.made = replace(checked.made, logged=logged)
    assert checked.refused() == "FORGED_FIGURE"


def test_a_figure_that_the_log_does_not_have(checked: Checked) -> None:
    """Nothing is passed off as counted from the log."""
    checked.with_figures(rumours_stopped=5)
    assert checked.refused() == "UNKNOWN_FIGURE"


def test_an_edition_that_never_was(checked: Checked) -> None:
    """A report of edition 0 that leaves all figures out is as forged as one that has them."""
    checked.made = replace(checked.made, edition=0)
    assert checked.refused() == "EDITION_UNKNOWN"
    checked.made = replace(checked.made, logged={})
    assert checked.refused() == "EDITION_UNKNOWN"


def test_a_period_that_is_moved(checked: Checked) -> None:
    """Other days or another zone give other figures."""
    made = checked.made
    checked.made = replace(made, period=month_of(date(2026, 9, 1)))
    assert checked.refused() == "FORGED_FIGURE"
    checked.made = replace(made, zone="UTC")
    assert checked.refused() == "FORGED_FIGURE"


def test_a_good_month_under_the_name_of_a_bad_one(checked: Checked) -> None:
    """A signed report lies where that of another month should be."""
    checked.run()
    for name, code in (("2026-11", 7), ("2026-Q4", 7), ("2026-10", 0), ("downloaded", 0)):
        path = checked.folder.parent / f"{name}.json"
        path.write_bytes(checked.made.to_bytes())
        result = CliRunner().invoke(
            app, ["check-report", str(path), "--log", str(checked.folder), "--public-key", VKEY]
        )
        assert (result.exit_code, "of 2026-10, not of" in result.stdout) == (code, code == 7)


def test_entries_that_are_left_out(checked: Checked) -> None:
    """A report that names a checkpoint from before the end hides what came later; the log shows it."""
    checked.grow((OPEN, "2026-10-20T00:00"))
    assert checked.refused() == "ENTRIES_LEFT_OUT"
    checked.made = replace(checked.made, made=datetime(2026, 10, 15, tzinfo=UTC))
    result = checked.run()
    assert (result.exit_code, "before the end of its period" in result.stderr) == (0, True)


def test_a_log_that_ends_at_the_report(checked: Checked) -> None:
    """Then later entries cannot be excluded, which is said."""
    checked.made = replace(checked.made, checkpoint=logs.signed(checked.leaves).decode())
    result = checked.run()
    assert (result.exit_code, "entries of the period may follow" in result.stderr) == (0, True)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"OTHER": 0, "SUCCEEDED": 40}, 0),
        ({"OTHER": None, "SUCCEEDED": 30}, 0),
        ({"OTHER": 0, "SUCCEEDED": 41}, 7),
        ({"OTHER": 0, "SUCCEEDED": 39}, 7),
        ({"OTHER": None, "SUCCEEDED": 41}, 7),
    ],
)
def test_cells_agree_with_the_log(checked: Checked, cells: Mapping[str, int | None], code: int) -> None:
    """What the log does not tell must at least add up to what it tells."""
    checked.with_cells("verifications.outcome", cells)
    assert checked.run().exit_code == code


def test_every_byte_is_covered_by_the_note(checked: Checked) -> None:
    """A changed statement is refused without any key; a report without a note is said to have none."""
    note = report.sign(checked.made.to_bytes(), logs.SIGNER)
    checked.made = replace(checked.made, levels={"accounts.state": {"VERIFIED": 5}})
    assert checked.run(note=note).exit_code == 5
    assert checked.run(note=report.sign(checked.made.to_bytes(), signer(logs.ORIGIN, seed=9))).exit_code == 5
    (checked.folder.parent / "2026-10.note").unlink()
    unsigned = checked.run(signed=False)
    assert (unsigned.exit_code, "no note" in unsigned.stderr) == (0, True)


def test_a_log_that_is_not_the_signed_one(checked: Checked) -> None:
    """A changed entry, a checkpoint of another history or another key: exit code 5."""
    bundle = checked.folder / "tile" / "entries" / "000"
    whole = bundle.read_bytes()
    bundle.write_bytes(whole[:50] + bytes([whole[50] ^ 1]) + whole[51:])
    assert checked.run().exit_code == 5
    bundle.write_bytes(whole[:-1])
    assert checked.run().exit_code == 5
    bundle.write_bytes(whole)
    made = checked.made
    published = checked.folder / "checkpoint"
    for entries in (len(checked.leaves), 3):
        fork = [b"another", *checked.leaves[1:entries]]
        published.write_bytes(logs.signed(fork))
        checked.made = replace(made, checkpoint=logs.signed(checked.leaves).decode())
        assert checked.run().exit_code == 5
    published.write_bytes(logs.signed(checked.leaves))
    checked.made = replace(made, checkpoint=logs.signed([b"another", *checked.leaves[1:9]]).decode())
    assert checked.run().exit_code == 5
    checked.made = replace(
        made, checkpoint=logs.signed(checked.leaves, by=signer(logs.ORIGIN, seed=9)).decode()
    )
    assert checked.run().exit_code == 5
    checked.made = made
    logs.write_folder(checked.folder, [b"no entry"], logs.signed([b"no entry"]))
    checked.made = replace(made, checkpoint=logs.signed([b"no entry"]).decode())
    assert checked.run().exit_code == 5


def test_witnesses_of_the_report(checked: Checked) -> None:
    """With witnesses, the report's own checkpoint must be cosigned."""
    assert checked.run("--witness", ONE.key).exit_code == 5
    leaves = checked.leaves[:-1]
    checked.made = replace(checked.made, checkpoint=logs.signed(leaves, ONE, time=5).decode())
    assert checked.run("--witness", ONE.key).exit_code == 0


def test_what_cannot_be_checked(checked: Checked, tmp_path: Path) -> None:
    """A file that is no report, a zone or an edition that is unknown, a log that is not there."""
    made = checked.made
    for wrong in (replace(made, zone="Atlantis/City"), replace(made, edition=99), replace(made, edition=-1)):
        checked.made = wrong
        assert checked.run().exit_code == 5
    checked.made = made
    assert checked.run(source=tmp_path / "none").exit_code == 3
    (checked.folder / "checkpoint").unlink()
    assert checked.run().exit_code == 3
    assert checked.run(source="http://log.example/").exit_code == 2
