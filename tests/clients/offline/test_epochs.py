"""What offline checks say about the epochs of a log: what a proof shows, and what the log cannot confirm.

A history and a report name a checkpoint; the public log went on in a new epoch after it lost entries.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from idvault_verify.attest import epoch as statements
from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.attest.people import roster_chain, roster_signature
from idvault_verify.attest.people.roster import Roster
from idvault_verify.commands.app import app
from idvault_verify.event import EventType
from idvault_verify.offline import disclosure_history
from idvault_verify.offline.log import epochs
from idvault_verify.transparency import entry
from tests.clients.offline import test_disclosure_history as histories
from tests.clients.offline.test_kept_papers import papers, write_rosters
from tests.clients.offline.test_report import Checked
from tests.support.epoch_world import FIRST, ROSTER, cosigned, in_epoch, signed, statement, tree
from tests.support.report_world import at, leaf_of
from tools.support import logs
from tools.support import statements as statements_of
from tools.support.log_world import of
from tools.support.merkle import log_of

NEW = in_epoch(tree(8, kept=6), FIRST)


def test_a_proof_shows_the_epoch_of_its_checkpoint() -> None:
    """Receipts, histories and evidence have the same field; in the first epoch there is nothing to say."""
    assert epochs.told(tree(3)) == {}
    assert epochs.told(NEW)["log_epoch"].startswith("2: the log has lost entries before")


@dataclass
class Paper:
    """A paper, the log before its loss, and the command that reads both."""

    folder: Path
    path: Path
    before: Sequence[bytes]
    command: tuple[str, ...]
    shown: int
    valid: int

    def __post_init__(self) -> None:
        """Say what is left: three entries more than the paper's checkpoint has."""
        self.kept = self.shown + 3
        self.begun = signed(
            statement(
                cosigned(of(list(self.before))), of(list(self.before[: self.kept])), seen=len(self.before)
            )
        )
        self.roster = write_rosters(self.folder, ROSTER)

    def check(self, entries: Sequence[bytes], *listed: EpochStatement) -> Result:
        """Publish a log in the epoch that the last statement began, or the first, and read it."""
        found = of(list(entries))
        note = cosigned(in_epoch(found, listed[-1]) if listed else found)
        logs.write_folder(self.folder / "public", list(entries), note)
        (self.folder / "epochs.json").write_bytes(statements.encode_chain([self.begun]))
        return self.read()

    def read(self) -> Result:
        """Read what is published."""
        options = ("--roster", self.roster, "--epochs", self.folder / "epochs.json")
        given = (*self.command, self.folder / "public", self.path, "--public-key", logs.VKEY, *options)
        return CliRunner().invoke(app, [*map(str, given)])

    def others(self, size: int, *, kept: int) -> list[bytes]:
        """Return a log that goes on with other entries."""
        later = (leaf_of(EventType.CLAIM_OPEN, at("2027-01-01T00:00")) for _ in range(size - kept))
        return [*self.before[:kept], *later]


def history(folder: Path) -> Paper:
    """Return a history, whose log has lost entries since."""
    events = histories.opened(1)
    told = statements_of.sign(histories.answer(*events))
    leaves = [*log_of(7), *(entry.encode_leaf(each) for each in events)]
    told.checkpoint.note = cosigned(of(leaves))
    made = disclosure_history.read_answer(statements_of.sign(told).SerializeToString())
    (folder / "history.json").write_text(made.to_json(), "utf-8")
    before = [*leaves, *(b"later %d" % number for number in range(11))]
    return Paper(folder, folder / "history.json", before, ("check-history", "--directory"), len(leaves), 6)


def report(folder: Path) -> Paper:
    """Return a report, whose log has lost entries since."""
    checked = Checked(folder / "public")
    leaves = checked.leaves[:-1]
    made = replace(checked.made, checkpoint=cosigned(of(leaves)).decode())
    (folder / "2026-10.json").write_bytes(made.to_bytes())
    before = [*leaves, *(leaf_of(EventType.CLAIM_OPEN, at("2026-12-01T00:00")) for _ in range(11))]
    return Paper(folder, folder / "2026-10.json", before, ("check-report", "--log"), len(leaves), 0)


PAPERS: dict[str, Callable[[Path], Paper]] = {"check-history": history, "check-report": report}


@pytest.fixture(params=PAPERS)
def paper(request: pytest.FixtureRequest, tmp_path: Path) -> Paper:
    return PAPERS[request.param](tmp_path)


def reason(found: Result) -> str:
    """Return why a command refuses."""
    assert found.exit_code == 5, found.output
    return found.stdout.splitlines()[-1].removeprefix("check: ")


def test_the_log_goes_on_as_its_statement_says(paper: Paper) -> None:
    """What the paper covers is left, so the log still confirms it."""
    for size in (paper.kept, paper.kept + 5):
        assert paper.check(paper.others(size, kept=paper.kept), paper.begun).exit_code == paper.valid


@pytest.mark.parametrize("fewer", [1, 2, 3])
def test_another_history_than_the_statement_calls_left(paper: Paper, fewer: int) -> None:
    """The attack: the log goes on with other entries than those that the custodians signed for."""
    entries = paper.others(paper.kept + 5, kept=paper.kept - fewer)
    assert reason(paper.check(entries, paper.begun)) == "FORKED"


@pytest.mark.parametrize("fewer", [1, 3])
def test_fewer_entries_than_the_statement_calls_left(paper: Paper, fewer: int) -> None:
    """Also if they are the first of them, and the paper's are among them."""
    entries = paper.before[: paper.kept - fewer]
    assert reason(paper.check(entries, paper.begun)) == "ROLLED_BACK"


def test_entries_that_the_paper_covers_are_lost_or_forged(paper: Paper) -> None:
    """Another history before the paper's checkpoint is a fork: the statement says that they are left."""
    entries = paper.others(paper.kept + 5, kept=paper.shown - 1)
    assert reason(paper.check(entries, paper.begun)) == "FORKED"
    paper.begun = signed(
        statement(cosigned(of(list(paper.before))), of(list(paper.before[:5])), seen=len(paper.before))
    )
    lost = paper.others(paper.kept + 5, kept=5)
    assert reason(paper.check(lost, paper.begun)) == "ENTRIES_LOST"


def test_a_statement_that_hides_what_the_paper_covers(paper: Paper) -> None:
    """It says that nobody had seen as many entries as the paper's checkpoint has."""
    few = list(paper.before[:5])
    paper.begun = signed(statement(cosigned(of(few)), of(few), seen=5))
    assert reason(paper.check(paper.others(paper.kept + 5, kept=5), paper.begun)) == "FORKED"


def test_damaged_entries_are_no_fork(paper: Paper) -> None:
    """They do not lead to the checkpoint of the log, so nobody has signed them."""
    entries = paper.others(paper.kept + 5, kept=paper.kept)
    assert paper.check(entries, paper.begun).exit_code == paper.valid
    bundle = next(
        path for path in (paper.folder / "public" / "tile" / "entries").rglob("*") if path.is_file()
    )
    data = bundle.read_bytes()
    bundle.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert reason(paper.read()) == "LOG_INVALID"


@pytest.mark.parametrize("command", ["check-receipt", "check-erasure", "check-history", "check-report"])
def test_a_command_verifies_the_roster_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Each version's signatures take time: a chain of many is verified once, for witnesses and statements."""
    verified = []

    def counted(roster: Roster, *, previous: Roster | None) -> None:
        verified.append(roster)
        roster_signature.verify(roster, previous=previous)

    monkeypatch.setattr(roster_chain, "verify", counted)
    if command == "check-report":
        made = report(tmp_path)
        assert made.check(made.others(made.kept, kept=made.kept), made.begun).exit_code == 0
    else:
        (tmp_path / "epochs.json").write_bytes(statements.encode_chain([FIRST]))
        options = ("--roster", write_rosters(tmp_path, ROSTER), "--epochs", tmp_path / "epochs.json")
        path = next(each for each in papers(tmp_path) if each.stem == command)
        given = (command, path, "--public-key", logs.VKEY, *options)
        assert CliRunner().invoke(app, [*map(str, given)]).exit_code in {0, 6}
    assert len(verified) == 1
