"""Installing as on the operations page: its commands are run, in a folder instead of a machine."""

import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support import shell
from tools.support import programs

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
EDGE = ["serve", "--edge", "platform"]
CUSTODY = ["serve", "--edge", "custody"]
WORK = ["work"]
BLOCKS = 6
NO_WITNESS = {"IDVAULT_WITNESSES": ""}


# A test is no fresh machine: system users, ownership and systemd are left out.
STANDINS = r"""
useradd() { :; }
install() {
  local words=()
  while [[ $# -gt 0 ]]; do case $1 in -o | -g) shift 2 ;; *) words+=("$1"); shift ;; esac; done
  command install "${words[@]}"
}
runuser() { shift 3; "$@"; }
systemctl() { echo "systemctl $*"; }
"""


def write(path: Path, text: str) -> Path:
    """Write a file that only its owner can read."""
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    return path


def moved(lines: str, folder: Path) -> str:
    """Return the page's commands for a folder instead of a machine, and with SQLite."""
    places = {
        "/etc/systemd/system": f"{folder}/units",
        "/etc/idvault": f"{folder}/etc",
        "/srv/idvault": f"{folder}/srv",
        "/opt/idvault/bin/": "",
        "deploy/": f"{ROOT}/deploy/",
    }
    for place, here in places.items():
        lines = lines.replace(place, here)
    lines, found = re.subn(
        r"postgresql://idvault@/idvault_(\w+)\?\S+", rf"sqlite:///{folder}/\1.sqlite3", lines
    )
    assert found == 2
    return re.sub(r"\b(74(?:4[345]|8[012]))\b", "0", lines)


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Run the page's commands in an empty folder; return the folder and the output."""
    folder = tmp_path_factory.mktemp("production")
    (folder / "units").mkdir()
    write(folder / "passphrase", "a passphrase of a person\n")
    write(folder / "registry.key", secrets.token_hex(16))
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == BLOCKS
    foreign = {name: value for name, value in os.environ.items() if not name.startswith("IDVAULT_")}
    with shell.forking() as path:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", STANDINS + moved("".join(blocks), folder)],
            cwd=folder,
            env={**foreign, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}"},
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def settings(folder: Path, process: str) -> dict[str, str]:
    """Return the environment that systemd would give a unit."""
    foreign = {name: value for name, value in os.environ.items() if not name.startswith("IDVAULT_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    lines = (folder / "etc" / f"idvault-{process}.env").read_text("utf-8").splitlines()
    own = {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}
    return {**foreign, "PATH": path, **own}


def test_the_lines_of_the_page_run(production: tuple[Path, str]) -> None:
    """Keys, databases, people, roster and platform exist, and each process would start."""
    folder, printed = production
    last = printed.splitlines()
    assert "keys: service.keys, custody.keys, work.keys in" in printed
    assert "roster: version 1, 1 quorums, 5 people, valid" in last
    assert "platform: im registered" in last
    checked = [line for line in last if line.startswith("check-config: ")]
    assert [line.split()[1] for line in checked] == ["serve:", "serve:", "work:"]
    assert last[-1] == "systemctl enable --now idvault-work idvault-platform idvault-custody"
    assert len(list((folder / "units").iterdir())) == len(checked)
    assert (folder / "etc" / "work" / "work.keys").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("arguments", "name"), [(EDGE, "platform"), (CUSTODY, "custody"), (WORK, "work")])
def test_each_process_starts_and_stops(
    production: tuple[Path, str], arguments: list[str], name: str, tmp_path: Path
) -> None:
    """Each process serves with its own settings and key file, and stops cleanly on SIGTERM."""
    folder, _ = production
    # With an empty log a worker starts without its witnesses; an edge would wait for them.
    told = settings(folder, name)
    environment = {**told, **(_nowhere(told) if name == "work" else NO_WITNESS)}
    ready = str(tmp_path / "ready.json")
    running = programs.start(programs.VAULT, *arguments, "--ready-file", ready, environment=environment)
    try:
        first = next((line for line in running.stdout if line.startswith('{"ready":')), "")
        running.send_signal(signal.SIGTERM)
        _, errors = running.communicate(timeout=60)
    finally:
        running.kill()
    assert first, errors
    assert running.returncode == 0, errors
    assert not (tmp_path / "ready.json").exists()


def _nowhere(told: Mapping[str, str]) -> dict[str, str]:
    """Return witnesses at addresses of this machine, where none answers: a name would be looked up."""
    keys = told["IDVAULT_WITNESSES"].split()[1::2]
    assert len(keys) == 3
    return {"IDVAULT_WITNESSES": " ".join(f"https://127.0.0.1:{n} {key}" for n, key in enumerate(keys, 9))}


def test_the_edge_refuses_to_stand_beside_the_worker_s_keys(
    production: tuple[Path, str], tmp_path: Path
) -> None:
    """An edge that can read the worker's key file does not start, as the page says."""
    folder, _ = production
    for name in ("platform/service.keys", "work/work.keys"):
        own = folder / "etc" / name
        write(tmp_path / own.name, own.read_text("utf-8"))
    environment = {**settings(folder, "platform"), "IDVAULT_KEYS": str(tmp_path / "service.keys")}
    done = programs.run(programs.VAULT, *EDGE, environment=environment)
    assert done.returncode == 2
    assert "IDVAULT_KEYS is beside the worker's key file" in done.stderr
