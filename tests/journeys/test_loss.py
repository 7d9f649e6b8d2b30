"""A vault loses entries by a restore, and goes on in a new epoch that its custodians sign for."""

import shutil
from pathlib import Path

from idvault_dev.commands import members
from idvault_dev.layout import CUSTODIANS, PASSPHRASE, WITNESS_NAME, Layout
from idvault_verify.transparency import checkpoint, epoch, note
from tests.support.house import House
from tools.support import programs
from tools.support.sandbox import verify, wait_for

_ENTRIES = "select count(*) from log_entries"


def _published(house: House) -> checkpoint.Checkpoint:
    raw = (Path(house.ready["public"]) / "checkpoint").read_bytes()
    return checkpoint.parse(note.parse(raw).text)


def _enrol(house: House, count: int) -> None:
    """Sign up people, and wait until everything is cosigned and published."""
    with house.vault() as vault:
        for _ in range(count):
            assert verify(vault, house.registry.newcomer()).succeeded
    assert wait_for(lambda: house.query(_ENTRIES) == [(_published(house).size,)])


def _follow(house: House, statement: Path) -> None:
    """Restart the witness with the statement, as its operator does; it is stopped again once it listens."""
    layout, ready = Layout(house.state), house.folder / f"{statement.stem}-witness.json"
    process = programs.start(
        programs.VAULT,
        *("witness", "--state", layout.witness, "--name", WITNESS_NAME, "--listen", "127.0.0.1:0"),
        *("--log-key", house.ready["log"]["public_key"], "--ready-file", ready),
        *("--epoch", statement, "--roster", layout.roster),
    )
    try:
        assert wait_for(ready.exists)
    finally:
        process.kill()
        process.communicate()


def _lose(house: House, backup: Path) -> int:
    """Back up, sign up two more people, and put the backup back; return how many entries there were."""
    assert house.session.stop() == 0
    done = house.command("backup", backup)
    assert done.returncode == 0, done.stderr
    house.start()
    _enrol(house, 2)
    lost = _published(house).size
    assert house.session.stop() == 0
    for name in ("main.sqlite3", "shred.sqlite3"):
        for beside in house.state.glob(f"{name}*"):
            beside.unlink()
        shutil.copy(backup / name, house.state / name)
    return lost


def _sign(house: House, statement: Path, words: Path) -> None:
    """Let two custodians sign, who have followed what was signed before."""
    for name in CUSTODIANS[:2]:
        identity = Layout(house.state).people / name
        done = house.command("epoch", "sign", statement, "--identity", identity, "--passphrase-file", words)
        assert done.returncode == 0, done.stderr
    for name in CUSTODIANS[:2]:
        done = house.command("epoch", "follow", statement, "--identity", Layout(house.state).people / name)
        assert done.returncode == 0, done.stderr


def test_a_restored_vault_serves_again_and_again(own_house: House, tmp_path: Path) -> None:
    """Refused at first; with two signatures and the witness it starts, signs people up, and publishes.

    After a second loss, too, of which the custodians' clients have seen no checkpoint of the second epoch.
    """
    _enrol(own_house, 1)
    members.connect(own_house.ready, CUSTODIANS)
    words = tmp_path / "words"
    words.write_bytes(PASSPHRASE)
    for number in (2, 3):
        lost = _lose(own_house, tmp_path / f"backup-{number}")
        path = tmp_path / f"epoch-{number}.json"
        done = own_house.command("restore", "--propose-loss", path, "--reason", "a synthetic disk failed")
        assert done.returncode == 0, done.stderr
        _sign(own_house, path, words)
        _follow(own_house, path)
        done = own_house.command("restore", "--accept-loss", path)
        assert done.returncode == 0, done.stderr
        own_house.start()
        _enrol(own_house, 1)
        shown = _published(own_house)
        assert (epoch.of(shown).number, shown.size < lost) == (number, True)
    done = own_house.command("restore", "--check")
    assert "restore: complete: 3 records" in done.stdout, done.stdout + done.stderr
