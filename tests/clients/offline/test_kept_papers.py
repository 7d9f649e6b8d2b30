"""Papers that were kept while the roster got other witnesses, and the log another epoch."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from idvault_verify.attest import epoch as statements
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.witness import WitnessPolicy
from idvault_verify.commands.app import app
from idvault_verify.offline import disclosure_history, erasure, receipt, witness_policy
from idvault_verify.transparency import checkpoint, note
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.transparency.epoch import Epoch
from tests.clients.offline import test_disclosure_history as histories
from tests.clients.offline import test_erasure as erasures
from tests.clients.offline import test_receipt as receipts
from tests.support.epoch_world import FIRST, ROSTER
from tools.support import logs, people
from tools.support import statements as statements_of
from tools.support.chamber import CUSTODIANS, first_roster
from tools.support.merkle import witness

LATER = witness("witness.example/w2", seed=3)
COMMANDS = ("check-receipt", "check-erasure", "check-history")
VALID = ("check: valid", "check: valid", "check: valid as far as the vault told")


def second_roster(first: Roster, **changes: object) -> Roster:
    """Return a second version with another witness."""
    policy = WitnessPolicy(1, ((LATER.key.name, LATER.key.public_key),))
    made = replace(first, version=2, witness=policy, signatures=(), **changes)  # type: ignore[arg-type]
    return people.signed(made, *CUSTODIANS)


def write_rosters(folder: Path, *versions: Roster) -> Path:
    """Write every version as the operator publishes them; return the path of the last."""
    for each in versions[:-1]:
        (folder / f"roster.{each.version}.json").write_bytes(each.to_bytes())
    (folder / "roster.json").write_bytes(versions[-1].to_bytes())
    return folder / "roster.json"


def signed_again(raw: bytes, *lines: str) -> bytes:
    """Return a note with further lines of its text, signed by the log and cosigned by the first witness."""
    found = checkpoint.parse(note.parse(raw).text)
    text = replace(found, extensions=lines).text
    signatures = [note.sign(logs.SIGNER, text), note.sign(people.WITNESS, text, time=1)]
    return note.Note(text, tuple(signatures)).encode()


def papers(folder: Path, *lines: str) -> tuple[Path, ...]:
    """Write a receipt, an erasure receipt and a history, each with such a note."""
    settled, erased, told = receipts.message(), erasures.message(), histories.answer(*histories.opened(1))
    for each in (settled, erased, told):
        each.checkpoint.note = signed_again(each.checkpoint.note, *lines)
    texts = (
        receipt.read(settled).to_json(),
        erasure.read(erased).to_json(),
        disclosure_history.read_answer(statements_of.sign(told).SerializeToString()).to_json(),
    )
    paths = tuple(folder / f"{command}.json" for command in COMMANDS)
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, "utf-8")
    return paths


def check(command: str, path: Path, *options: object) -> Result:
    """Run a command."""
    arguments = [command, path, "--public-key", logs.VKEY, *options]
    return CliRunner().invoke(app, [*map(str, arguments)])


def last(result: Result) -> str:
    return result.stdout.splitlines()[-1]


def test_witnesses_of_a_former_version_are_enough(tmp_path: Path) -> None:
    """As in evidence: a paper keeps its worth when the roster gets other witnesses."""
    roster = write_rosters(tmp_path, first_roster(), second_roster(first_roster()))
    for command, path, valid in zip(COMMANDS, papers(tmp_path), VALID, strict=True):
        assert last(check(command, path, "--roster", roster)) == valid
    alone = write_rosters(tmp_path, first_roster())
    assert last(check(COMMANDS[0], tmp_path / "check-receipt.json", "--roster", alone)) == VALID[0]


def test_a_former_version_that_demands_nothing_is_passed_over() -> None:
    """One for development, or one without witnesses, whoever signed it."""
    bare = replace(first_roster(), witness=None)
    for former in (bare, replace(bare, development=True), replace(first_roster(), development=True)):
        found = witness_policy.of_chain((former, second_roster(first_roster())), logs.SIGNER.key)
        assert (found.quorum, found.former) == (1, ())
    found = witness_policy.of_chain((first_roster(), second_roster(first_roster())), logs.SIGNER.key)
    assert found.former == (CosignaturePolicy(logs.ORIGIN, (logs.SIGNER.key,), (people.WITNESS.key,), 1),)


@pytest.mark.parametrize("place", range(len(COMMANDS)))
def test_a_later_epoch_needs_its_statement(tmp_path: Path, place: int) -> None:
    """The custodians' own, which the roster verifies; another digest is refused, and a line that is none."""
    command, valid = COMMANDS[place], VALID[place]
    roster = write_rosters(tmp_path, ROSTER)
    (tmp_path / "epochs.json").write_bytes(statements.encode_chain([FIRST]))
    epochs = ("--roster", roster, "--epochs", tmp_path / "epochs.json")
    path = papers(tmp_path, *Epoch(2, FIRST.digest()).extensions)[place]
    assert last(check(command, path, "--roster", roster)) == "check: EPOCH_INVALID"
    assert last(check(command, path)) == "check: EPOCH_INVALID"
    assert last(check(command, path, *epochs)) == valid
    wrong = papers(tmp_path, *Epoch(2, "0" * 64).extensions)[place]
    assert last(check(command, wrong, *epochs)) == "check: EPOCH_INVALID"
    for lines in (("epoch 2",), ("x", f"epoch 2 {FIRST.digest()}"), (f"epoch 9999999999 {FIRST.digest()}",)):
        assert last(check(command, papers(tmp_path, *lines)[place], *epochs)) == "check: LOG_INVALID"
    assert check(command, path, *epochs[2:]).exit_code == 2
    (tmp_path / "epochs.json").write_bytes(statements.encode_chain([replace(FIRST, seen=12)]))
    assert last(check(command, path, *epochs)) == "check: EPOCH_INVALID"
