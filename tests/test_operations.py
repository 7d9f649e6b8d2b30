"""Installing as on the operations page, and a drill: its commands are run, below a folder for each host."""

import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from tools.support import documented_install as documented
from tools.support import programs
from tools.support.documented_install import VAULT, DocumentedInstall
from tools.support.sandbox import verify
from tools.torture.setup.archived import ArchivedServer, archived_server
from tools.torture.setup.run import SetupDrill
from tools.torture.tally import Tally

pytestmark = pytest.mark.process
PACE = 5
UNITS = ["idvault-custody@a", "idvault-platform@a", "idvault-platform@b", "idvault-web", "idvault-work"]


@pytest.fixture(scope="module")
def server() -> Iterator[ArchivedServer]:
    """A PostgreSQL server with an archive."""
    with archived_server() as running:
        yield running


@pytest.fixture(scope="module")
def installed(
    tmp_path_factory: pytest.TempPathFactory, server: ArchivedServer
) -> Iterator[DocumentedInstall]:
    """Run the page's commands in an empty folder."""
    made = DocumentedInstall(tmp_path_factory.mktemp("production"), server=server.url)
    try:
        made.install()
        yield made
    finally:
        made.close()


def test_few_commands() -> None:
    """The operator and those of witnesses type no more than the page promises, a command a line."""
    commands = documented.operator_commands()
    assert 0 < len(commands) <= documented.MOST_COMMANDS == 12
    assert not [line for line in commands if any(sign in line for sign in (";", "&&", "|", "$("))]
    assert "at most twelve commands" in documented.PAGE.read_text("utf-8")


def test_everything_serves(installed: DocumentedInstall) -> None:
    """Two edges, custody, worker and pages run with their own settings; a person signs up, pages answer."""
    assert "setup: waiting" not in installed.printed[-1]
    assert sorted(installed.hosts[VAULT].running) == UNITS
    with installed.vault() as vault:
        assert verify(vault, installed.registry.newcomer()).succeeded
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"http://127.0.0.1:{installed.ports['web']}/none", timeout=20)


def test_setup_again_changes_nothing(installed: DocumentedInstall) -> None:
    """Beside the processes that run, a further run finds everything done."""
    steps = [line.split()[1] for line in installed.set_up("vault", VAULT).splitlines()]
    assert set(steps) == {"done"}


def test_the_drill(installed: DocumentedInstall, server: ArchivedServer) -> None:
    """Under sign-ups: restored from the archive, rotated, handed over, upgraded; nothing is lost."""
    tally = Tally()
    SetupDrill(installed, server, tally, pace=PACE).run()
    assert (tally.lost, tally.doubled, tally.complaints) == (0, 0, [])
    assert tally.acknowledged > PACE
    assert tally.faults == 5


def test_the_edge_refuses_to_stand_beside_the_worker_s_keys(installed: DocumentedInstall) -> None:
    """An edge that can read the worker's key file does not start, as the page says."""
    folder = installed.folder / "together"
    folder.mkdir()
    for name in ("platform/service.keys", "work/work.keys"):
        path = folder / name.rpartition("/")[2]
        path.touch(mode=0o600)
        path.write_bytes(installed.etc(name).read_bytes())
    environment = {**installed.settings("platform"), "IDVAULT_KEYS": str(folder / "service.keys")}
    done = programs.run(programs.VAULT, "serve", "--edge", "platform", environment=environment)
    assert done.returncode == 2
    assert "IDVAULT_KEYS is beside the worker's key file" in done.stderr
