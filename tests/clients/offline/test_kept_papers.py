"""Papers that were kept while the roster got other witnesses, and the log another epoch."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from idvault_verify.attest import epoch as statements
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.witness import WitnessPolicy
from idvault_verify.commands.app import app
from idvault_verify.offline import disclosure_history, erasure, proof, receipt, witness_policy
from idvault_verify.transparency import checkpoint, log_key, note
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.transparency.epoch import Epoch
from tests.clients.offline import test_disclosure_history as histories
from tests.clients.offline import test_erasure as erasures
from tests.clients.offline import test_receipt as receipts
from tests.support.epoch_world import FIRST, ROSTER
from tools.support import logs, people
from tools.support import statements as statements_of
from tools.support.chamber import CUSTODIANS, first_roster
from tools.support.merkle import log_of, signer, witness

LATER = witness("witness.example/w2", seed=3)
COMMANDS = ("check-receipt", "check-erasure", "check-history")
FORMER = "cosigned by the witnesses of version 1 of the roster, not by those in force"
VALID = ("check: valid", "check: valid", "check: valid as far as the vault told")


def second_roster(first: Roster, **changes: object) -> Roster:
    """Return a second version with another witness."""
    policy = WitnessPolicy(1, ((LATER.key.name, LATER.key.public_key),))
    made = replace(first, **{"version": 2, "witness": policy, "signatures": (), **changes})  # type: ignore[arg-type]
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
        found = check(command, path, "--roster", roster)
        assert (last(found), "roster_version: 1" in found.stdout) == (valid, True)
        assert FORMER in found.stderr
        told = check(command, path, "--roster", roster, "--json")
        assert (json.loads(told.stdout)["roster_version"], told.stderr) == (1, "")
    alone = write_rosters(tmp_path, first_roster())
    for command, valid in zip(COMMANDS, VALID, strict=True):
        found = check(command, tmp_path / f"{command}.json", "--roster", alone)
        assert (last(found), "roster_version: 1" in found.stdout) == (valid, True)
        assert FORMER not in found.stderr


def test_the_newest_version_that_holds_is_named() -> None:
    """A note that several versions cover is of the newest of them; without a roster there is none."""
    both = WitnessPolicy(2, tuple((each.key.name, each.key.public_key) for each in (people.WITNESS, LATER)))
    second = second_roster(first_roster(), witness=both)
    third = replace(second_roster(second), version=3)
    found = witness_policy.of_chain((first_roster(), second, third), logs.SIGNER.key)
    for cosigners, number in (
        ((people.WITNESS,), 1),
        ((people.WITNESS, LATER), 3),
        ((LATER,), 3),
    ):
        assert proof.covering(logs.signed(log_of(3), *cosigners), found).version == number
    alone = witness_policy.of_log(logs.SIGNER.key)
    assert proof.covering(logs.signed(log_of(3), LATER), alone).version is None


def test_a_former_version_that_demands_nothing_is_passed_over() -> None:
    """One for development, or one without witnesses, whoever signed it."""
    bare = replace(first_roster(), witness=None)
    for former in (bare, replace(bare, development=True), replace(first_roster(), development=True)):
        found = witness_policy.of_chain((former, second_roster(first_roster())), logs.SIGNER.key)
        assert (found.quorum, found.former) == (1, ())
    found = witness_policy.of_chain((first_roster(), second_roster(first_roster())), logs.SIGNER.key)
    first = CosignaturePolicy(logs.ORIGIN, (logs.SIGNER.key,), (people.WITNESS.key,), 1, version=1)
    assert (found.version, found.former) == (2, (first,))


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


@pytest.mark.parametrize("place", range(len(COMMANDS)))
def test_an_epoch_under_a_former_key_of_the_log(tmp_path: Path, place: int) -> None:
    """Who knows the later key checks statement and paper of the former one, with the list of both."""
    later = signer(logs.ORIGIN, seed=7)
    announced = log_key.announce(logs.SIGNER, later, signs_from=int(statements_of.MADE.timestamp()) + 1)
    (tmp_path / "log-keys.json").write_bytes(log_key.encode([log_key.parse(announced)]))
    (tmp_path / "epochs.json").write_bytes(statements.encode_chain([FIRST]))
    options = ("--roster", write_rosters(tmp_path, ROSTER), "--epochs", tmp_path / "epochs.json")
    path = papers(tmp_path, *Epoch(2, FIRST.digest()).extensions)[place]
    known = ("--public-key", later.key)
    found = check(COMMANDS[place], path, *options, *known, "--log-keys", tmp_path / "log-keys.json")
    assert last(found) == VALID[place]
    assert last(check(COMMANDS[place], path, *options, *known)) == "check: EPOCH_INVALID"
