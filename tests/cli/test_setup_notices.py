"""`idvault setup` where the registry gives notices: a unit follows its feed, and only there."""

import re
import stat
from pathlib import Path

import pytest

from idvault.processes.setup import plan
from idvault_verify.attest import certificate
from idvault_verify.commands.errors import ExitCode
from tests.support.commands import Commands
from tests.support.setup_world import SetupWorld
from tools.support.databases import Databases
from tools.support.units import Unit, environment_file

FEED = "https://registry.example/feed"
KEY = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
KEPT = {"registry.key", "client.key", "client.pem"}


@pytest.fixture
def world(idvault: Commands, tmp_path: Path, sqlite_databases: Databases) -> SetupWorld:
    """An operator whose registry gives notices."""
    made = SetupWorld(idvault, tmp_path, sqlite_databases)
    made.change('# notices_url = "https://registry.example"', f'notices_url = "{FEED}"')
    made.write(re.sub(r"^# notice_keys = .*$", f'notice_keys = "{KEY}"', made.file.read_text(), flags=re.M))
    return made


def test_a_unit_follows_the_feed(world: SetupWorld, idvault: Commands) -> None:
    """It has a registered certificate and the registry's key, no database and no key of the vault."""
    world.install()
    done = world.run()
    assert done.last.endswith("idvault-platform@a idvault-platform@b idvault-notices idvault-web")
    assert "setup: done    registry registry: registered" in done.out
    assert {path.name for path in world.etc("notices").iterdir()} == KEPT
    for name in ("registry.key", "client.key"):
        assert stat.S_IMODE((world.etc("notices") / name).stat().st_mode) == 0o600
    found = certificate.read((world.etc("notices") / "client.pem").read_bytes())
    assert (found.role, found.name) == ("registry", "registry")
    given = environment_file(world.etc("idvault-notices.env"))
    assert not {name for name in given if "DATABASE" in name or name in ("IDVAULT_KEYS", "IDVAULT_ROSTER")}
    assert given["SSL_CERT_FILE"] == str(world.etc("outside-ca.pem"))
    assert environment_file(world.etc("common.env"))["IDVAULT_REGISTRY_NOTICE_KEYS"] == KEY
    unit = Unit.read(world.root / "etc" / "systemd" / "system", "idvault-notices")
    options = ["--feed", FEED, "--target", "127.0.0.1:7443", "--server-name", "vault.example"]
    assert unit.start[1:] == ["notices", "follow", *options]
    own = {name.removeprefix("IDVAULT_"): value for name, value in given.items() if "IDVAULT_" in name}
    idvault.set(**own)
    checked = idvault(*unit.before[1:])
    assert (checked.code, checked.last) == (ExitCode.DONE, "check-config: notices: 2 checks passed")


def test_a_registry_without_a_feed_has_no_unit(world: SetupWorld) -> None:
    """Also while its keys are set, for notices that another program submits."""
    world.change(f'notices_url = "{FEED}"\n', "")
    world.install()
    assert not world.etc("notices").exists()
    assert not world.etc("idvault-notices.env").exists()
    assert not (world.root / "etc" / "systemd" / "system" / "idvault-notices.service").exists()
    assert "idvault-notices" not in world.run().last


def test_one_host_follows(world: SetupWorld) -> None:
    """It is the first one with a platform edge, and calls that edge where it listens."""
    first = "[hosts.vault0]\nnames = ['vault0.example']\nunits = {'custody@a' = '127.0.0.1:7480'}\n"
    world.change("[hosts.vault1]\n", f"{first}\n[hosts.vault1]\n")
    world.change("# [hosts.vault1.listen]\n", "[hosts.vault1.listen]\nplatform = '[::]:7999'\n")
    found = plan.read(world.vault)
    assert [host.name for host in found.hosts.values() if plan.FOLLOWER in host.units] == ["vault1"]
    world.run("--host", "vault1")
    assert environment_file(world.etc("idvault-notices.env"))["NOTICES_TARGET"] == "[::1]:7999"


FAULTS = [
    (f'notice_keys = "{KEY}"\n', "", r"line \d+: registry.notices_url needs notice_keys"),
    (f'"{FEED}"', '"http://registry.example"', r"line \d+: registry.notices_url must be https://HOST"),
    (f'"{KEY}"', '"none"', "IDVAULT_REGISTRY_NOTICE_KEYS cannot be used"),
    (
        '"platform@a" = "127.0.0.1:7480"\n"platform@b" = "127.0.0.1:7483"\n',
        "",
        "needs a host with a platform",
    ),
    (
        'web = "127.0.0.1:7484"\n',
        'notices = "127.0.0.1:7484"\n',
        r"line \d+: hosts.vault1.units.notices must be",
    ),
]


@pytest.mark.parametrize(("before", "after", "told"), FAULTS)
def test_a_feed_that_cannot_be_followed(world: SetupWorld, before: str, after: str, told: str) -> None:
    """What is missing or wrong is said before anything is written."""
    world.change(before, after)
    done = world.run()
    assert done.code == ExitCode.WRONG_USAGE
    assert re.search(told, done.err), done.err
    assert not world.etc("platform").exists()
