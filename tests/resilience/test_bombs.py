"""The bombs of `scripts/torture fuzz/bombs`: their cost grows as their bytes do, and the campaign notices."""

import os
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from random import Random

import pytest

from idvault_client.commands.legacy_import.importer import Import, ImportFileError
from idvault_client.commands.tip_off import mail as reader
from idvault_client.commands.tip_off.mail import MailError
from idvault_verify.commands.errors import ExitCode
from tools.support import confined
from tools.support.confined import Confined
from tools.support.logs import VKEY
from tools.support.sampling import sampled
from tools.torture.bombs import mails, run, tables
from tools.torture.campaign import Options
from tools.torture.tally import Tally

_SMALL, _TIMES = 192 * 1024, 4
# Generous, because the machine may be busy: what is quadratic takes sixteen times as long.
_MOST_TIMES, _SPREAD = 9.0, 0.25
# The first word of a kind says what it is made of.
_KINDS = sampled(mails.MAILS, 3, kind=lambda name: name.partition(" ")[0])


def cost(read: Callable[[], object], *, enough: float = _SPREAD / 8) -> float:
    """Return the CPU seconds of the quickest of some calls, of the first that needs less than enough."""
    found = []
    for _ in range(3):
        begun = time.process_time()
        read()
        found.append(time.process_time() - begun)
        if found[-1] < enough:
            break
    return min(found)


def read_mail(raw: bytes) -> None:
    try:
        reader.read(raw)
    except MailError:
        return


@pytest.mark.parametrize("kind", _KINDS)
def test_a_mail_costs_what_its_bytes_do(kind: str) -> None:
    """Four times as long, it takes no more than some four times as long."""
    small, large = (mails.MAILS[kind](_SMALL * times) for times in (1, _TIMES))
    most = _MOST_TIMES * cost(lambda: read_mail(small)) + _SPREAD
    assert cost(lambda: read_mail(large), enough=most) < most


@pytest.mark.parametrize("kind", tables.TABLES)
def test_a_row_of_a_table_has_an_end(kind: str, tmp_path: Path) -> None:
    """However long a row is, no more of it is read than a row may have."""
    path = tmp_path / "accounts.csv"
    path.write_bytes(tables.TABLES[kind](1 << 20))
    with suppress(ImportFileError):
        assert Import(file=path, label="synthetic", resume=None, result=None).total >= 0


@pytest.mark.process
@pytest.mark.parametrize("kind", ["one line", "an open quote", "a row without end"])
def test_a_table_takes_little_memory(kind: str, tmp_path: Path) -> None:
    """A line, a quoted field and a row without end are refused within a row's length."""
    path = tmp_path / "accounts.csv"
    path.write_bytes(tables.TABLES[kind](200 << 20))
    done = confined.run(run.TABLE, path)
    assert (done.code, "cannot be read as CSV" in done.told) == (0, True), done.told
    assert done.peak_mib < confined.MOST_MIB


@pytest.mark.process
@pytest.mark.parametrize(
    "kind", ["html <script>", "ascii charset punycode", "nested", "empty parts", "lines"]
)
def test_the_largest_mail_takes_little_memory(kind: str, tmp_path: Path) -> None:
    """Of 16 MiB, the most that is read."""
    path = tmp_path / "mail"
    path.write_bytes(mails.MAILS[kind](reader.MOST_BYTES - 1_000))
    done = confined.run(run.MAIL, path)
    assert done.code == 0, done.told
    assert done.peak_mib < confined.MOST_MIB


_WITNESS = ["--log-key", VKEY, "--name", "w.example/w", "--listen", "127.0.0.1:0"]


@pytest.mark.process
@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["roster", "publish", "{}"], "roster.json"),
        (["platform", "register", "im", "--certificate", "{}"], "im.pem"),
        (["platform", "revoke", "im", "--certificate", "{}"], "im.pem"),
        (["restore", "--check", "--epochs", "{}"], "epochs.json"),
        (["restore", "--check", "--backup", "{folder}"], "manifest.json"),
        (["setup", "{folder}"], "setup.toml"),
        (["witness", "--state", "{folder}/w", *_WITNESS, "--epoch", "{}", "--roster", "{}"], "epoch.json"),
    ],
)
def test_a_file_that_the_service_is_given_takes_little_memory(
    command: list[str], name: str, tmp_path: Path
) -> None:
    """What platforms, custodians and the operator name in a command: 200 MiB are refused by their length."""
    path = tmp_path / name
    path.write_bytes(b'["')
    os.truncate(path, 200 << 20)
    done = confined.run(run.SERVICE, *(each.format(path, folder=tmp_path) for each in command))
    assert (done.code, name in done.told) == (ExitCode.UNREACHABLE, True), done.told
    assert done.peak_mib < confined.MOST_MIB


def test_a_seed_repeats_its_bombs(tmp_path: Path) -> None:
    """Each has a name of its own; the same seed makes the same file, another one a file of another size."""
    found = {bomb.name: bomb for bomb in run.bombs()}
    assert len(found) == len(run.bombs())

    def made(seed: int) -> bytes:
        with ExitStack() as stack:
            dice = Random(seed)  # noqa: S311 - repeatable
            (path,) = found["mail: lines"].plant(stack, tmp_path, dice)
            return Path(str(path)).read_bytes()

    first, again, other = made(1), made(1), made(2)
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("found", "complaint"),
    [
        (Confined(3, "check: NOT_REACHED", 90.0, 1.0), ""),
        (Confined(0, "read", 250.0, 1.0), "250 MiB of 200"),
        (Confined(1, "Traceback (most recent call last)", 90.0, 1.0), "Traceback"),
        (Confined(-9, "", 90.0, 1.0), "exit code -9"),
        (Confined(0, "read", 90.0, 30.0), "30 s of 13"),
    ],
)
def test_the_campaign_notices(found: Confined, complaint: str) -> None:
    """Too much memory, an error that nobody expected, a process that was killed."""
    tally = Tally()
    run.judge(run.Bomb("synthetic", run.VERIFY, lambda *_: [], 2), found, tally)
    assert tally.faults == 1
    assert (complaint in "".join(tally.complaints), bool(tally.complaints)) == (True, bool(complaint))


@pytest.mark.process
def test_what_does_not_end_is_ended() -> None:
    """A reader that takes for ever is stopped, and counted as lost."""
    found = confined.run("while True: pass", patience=0.5)
    assert (found.code, found.told) == (-9, "still running after 0 s")
    tally = Tally()
    run.judge(run.Bomb("synthetic", run.MAIL, lambda *_: []), found, tally)
    assert "exit code -9" in "".join(tally.complaints)


@pytest.mark.process
def test_one_of_each_kind_is_read() -> None:
    """A short run of the campaign loses nothing."""
    tally = run.run(Options(count=1, seed=7, only="single_bytes at checkpoint"))
    assert (tally.faults, tally.lost) == (1, 0), tally.complaints
