"""Who knows a later key of the log checks papers of a former one, as far as witnesses vouch for them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from idvault_verify.attest.witness import WitnessPolicy
from idvault_verify.commands.app import app
from idvault_verify.erasure import ErasureState
from idvault_verify.offline import disclosure_history, erasure, receipt
from idvault_verify.transparency import log_key, report
from idvault_verify.transparency.note import NoteSigner
from tests.clients.offline import test_disclosure_history as histories
from tests.clients.offline import test_erasure as erasures
from tests.clients.offline import test_receipt as receipts
from tests.clients.offline import test_report as reports
from tests.clients.offline.test_disclosure_history import WITNESSED
from tests.clients.offline.test_paper_rosters import SEALED, W1, W2, published, version
from tools.support import logs, statements
from tools.support.merkle import signer

FORMER, LATER, LATEST = logs.SIGNER, signer(logs.ORIGIN, seed=7), signer(logs.ORIGIN, seed=8)
SIGNS_FROM = statements.MADE + timedelta(days=1)
PAPERS = {"check-receipt": 0, "check-erasure": 0, "check-history": 6}
"""The commands, and the exit code if all holds."""


def chain(folder: Path, *, begins: datetime = SIGNS_FROM, more: bool = False) -> tuple[str, str]:
    """Write the log's keys, and return the option."""
    seconds = int(begins.timestamp())
    listed = [log_key.parse(log_key.announce(FORMER, LATER, signs_from=seconds))]
    if more:
        listed.append(log_key.parse(log_key.announce(LATER, LATEST, signs_from=seconds + 1000)))
    path = folder / "log-keys.json"
    path.write_bytes(log_key.encode(listed))
    return "--log-keys", str(path)


def run(folder: Path, kind: str, *options: str, key: str = str(LATER.key)) -> Result:
    """Check a paper that the former key signed, and W1 cosigned. kind: the command."""
    match kind:
        case "check-receipt":
            text = receipt.read(receipts.message(witnesses=1)).to_json()
        case "check-erasure":
            text = erasure.read(erasures.message(ErasureState.ERASED)).to_json()
        case _:
            message = histories.answer(*histories.opened(1), witnesses=1)
            text = disclosure_history.read_answer(message.SerializeToString()).to_json()
    return invoke(folder, kind, text, *options, key=key)


def invoke(folder: Path, kind: str, text: str, *options: str, key: str = str(LATER.key)) -> Result:
    """Run a command on the text of a paper."""
    file = folder / "paper.json"
    file.write_text(text, "utf-8")
    return CliRunner().invoke(app, [kind, str(file), "--public-key", key, *options])


@pytest.mark.parametrize("kind", PAPERS)
def test_a_paper_of_a_former_key(tmp_path: Path, kind: str) -> None:
    """With the chain that holds both keys, from any of its keys; without it, as before, not."""
    assert run(tmp_path, kind, *WITNESSED).exit_code == 5
    for more, keys in ((False, (FORMER, LATER)), (True, (FORMER, LATER, LATEST))):
        for each in keys:
            found = run(tmp_path, kind, *WITNESSED, *chain(tmp_path, more=more), key=str(each.key))
            assert found.exit_code == PAPERS[kind], found.output
    # A key that the chain does not have leads nowhere.
    other = run(tmp_path, kind, *WITNESSED, *chain(tmp_path), key=str(LATEST.key))
    assert (other.exit_code, other.stdout) == (5, "check: LOG_INVALID\n")


@pytest.mark.parametrize("kind", PAPERS)
def test_a_paper_of_a_former_key_and_the_roster(tmp_path: Path, kind: str) -> None:
    """The roster's witnesses vouch as well, also of a former version; none may have a key of the log."""
    rostered = published(tmp_path, version(1, W1, SEALED), version(2, W2, SEALED))
    found = run(tmp_path, kind, *rostered, *chain(tmp_path))
    assert (found.exit_code, "roster_version: 1" in found.stdout) == (PAPERS[kind], True), found.output
    assert run(tmp_path, kind, *rostered).stdout == "check: LOG_INVALID\n"
    other = published(tmp_path, version(1, W2, SEALED))
    assert run(tmp_path, kind, *other, *chain(tmp_path)).stdout == "check: LOG_INVALID\n"
    same = WitnessPolicy(1, (("w.example", FORMER.key.public_key),))
    own = published(tmp_path, version(1, W1, SEALED, witness=same))
    assert run(tmp_path, kind, *own, *chain(tmp_path)).stdout == "check: ROSTER_INVALID\n"


@pytest.mark.parametrize("kind", PAPERS)
def test_without_witnesses_a_former_key_does_not_count(tmp_path: Path, kind: str) -> None:
    """The attack: its thief signs a log of his own, or announces that another key came before it."""
    for key in (LATER, LATEST):
        found = run(tmp_path, kind, *chain(tmp_path, more=True), key=str(key.key))
        assert (found.exit_code, found.stdout) == (5, "check: LOG_INVALID\n")
    # Its own reader goes on as before.
    assert run(tmp_path, kind, *chain(tmp_path), key=str(FORMER.key)).exit_code == 6


@pytest.mark.parametrize("kind", PAPERS)
def test_a_chain_that_does_not_verify(tmp_path: Path, kind: str) -> None:
    """It is refused by its own reason, whether it is needed or not."""
    option, path = chain(tmp_path)
    Path(path).write_bytes(Path(path).read_bytes().replace(b"log-key/v1", b"log-key/v2", 1))
    for key in (FORMER, LATER):
        found = run(tmp_path, kind, *WITNESSED, option, path, key=str(key.key))
        assert (found.exit_code, found.stdout) == (5, "check: LOG_KEYS_INVALID\n")


def test_a_former_key_vouches_for_no_statement_of_a_later_time(tmp_path: Path) -> None:
    """No witness signs a history: the thief of a former key could cut one, and vouch for it, years later."""
    for seconds, code in ((1, 6), (0, 5), (-86_400, 5)):
        begins = statements.MADE + timedelta(seconds=seconds)
        found = run(tmp_path, "check-history", *WITNESSED, *chain(tmp_path, begins=begins))
        assert found.exit_code == code, found.output
        assert code == 6 or found.stdout == "check: SIGNATURE_INVALID\n"
        # Whoever knows no later key cannot know that.
        assert run(tmp_path, "check-history", *WITNESSED, key=str(FORMER.key)).exit_code == 6


def test_a_key_that_the_thief_puts_before_his_own_ends_with_it(tmp_path: Path) -> None:
    """The attack: he announces that the former key was the later one of a key of his, which never ended."""
    message = histories.answer(*histories.opened(1), witnesses=1)
    statements.sign(message, note=statements.note_of(statements.KEY, LATEST))
    text = disclosure_history.read_answer(message.SerializeToString()).to_json()
    path = tmp_path / "log-keys.json"
    for seconds, reason in ((1, "valid as far as the vault told"), (0, "SIGNATURE_INVALID")):
        listed = [
            log_key.announce(LATEST, FORMER, signs_from=99_999_999_999),
            log_key.announce(FORMER, LATER, signs_from=int(statements.MADE.timestamp()) + seconds),
        ]
        path.write_bytes(log_key.encode([log_key.parse(each) for each in listed]))
        found = invoke(tmp_path, "check-history", text, *WITNESSED, "--log-keys", str(path))
        assert found.stdout.splitlines()[-1] == f"check: {reason}"


@dataclass
class Reported:
    """A report of the former key's time, and the log of today, which the later key signs as well."""

    checked: reports.Checked

    def run(self, *options: str) -> Result:
        path = self.checked.folder.parent / "2026-10.json"
        data = self.checked.made.to_bytes()
        path.write_bytes(data)
        path.with_suffix(".note").write_bytes(report.sign(data, FORMER))
        log = ("--log", str(self.checked.folder))
        return CliRunner().invoke(app, ["check-report", str(path), *log, *options])

    def publish(self, by: NoteSigner) -> None:
        """Sign the log of today."""
        leaves = self.checked.leaves
        logs.write_folder(self.checked.folder, leaves, logs.signed(leaves, by=by))


@pytest.fixture
def reported(tmp_path: Path) -> Reported:
    """Return a report of the former key, in a log that the later one signs."""
    made = reports.Checked(tmp_path / "public")
    named = logs.signed(made.leaves[:-1], reports.ONE)
    made.made = replace(made.made, checkpoint=named.decode())
    found = Reported(made)
    found.publish(LATER)
    return found


def test_a_report_of_a_former_key(tmp_path: Path, reported: Reported) -> None:
    """Its checkpoint needs the witnesses, and its note has to be from before the later key signed."""
    after = datetime(2026, 11, 2, tzinfo=statements.MADE.tzinfo)
    known = ("--public-key", str(LATER.key), *("--witness", str(reports.ONE.key)))
    good = reported.run(*known, *chain(tmp_path, begins=after))
    assert good.exit_code == 0, good.output
    assert reported.run(*known).exit_code == 5
    assert reported.run(*known[:2], *chain(tmp_path, begins=after)).exit_code == 5
    early = reported.run(*known, *chain(tmp_path, begins=datetime(2026, 11, 1, tzinfo=after.tzinfo)))
    assert (early.exit_code, early.stdout) == (5, "check: SIGNATURE_INVALID\n")
    # Nobody cosigns the log of today, so the former key does not vouch for it.
    reported.publish(FORMER)
    today = reported.run(*known, *chain(tmp_path, begins=after))
    assert (today.exit_code, today.stdout) == (5, "check: CHECKPOINT_INVALID\n")
    former = ("--public-key", str(FORMER.key), *known[2:])
    assert reported.run(*former, *chain(tmp_path, begins=after)).exit_code == 0
