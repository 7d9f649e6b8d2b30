"""Who may read a file with a secret."""

import os
import stat

import pytest

from idvault.core.secret_file import is_exposed

ROOT, PROCESS = 0, 10_001


def found(mode: int, *, owner: int, group: int) -> os.stat_result:
    """Return the state of a regular file."""
    return os.stat_result((stat.S_IFREG | mode, 1, 1, 1, owner, group, 0, 0, 0, 0))


@pytest.fixture(autouse=True)
def _identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is no root, with a group of its own."""
    monkeypatch.setattr(os, "geteuid", lambda: PROCESS)
    monkeypatch.setattr(os, "getegid", lambda: PROCESS)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
@pytest.mark.parametrize("owner", [ROOT, PROCESS])
def test_a_file_of_its_owner(mode: int, owner: int) -> None:
    """Nobody else can use it, whoever the owner is."""
    assert not is_exposed(found(mode, owner=owner, group=PROCESS))


@pytest.mark.parametrize("mode", [0o440, 0o640])
def test_a_secret_mounted_for_the_group_of_the_process(mode: int) -> None:
    """Kubernetes mounts a Secret as root's with the group of the container."""
    assert not is_exposed(found(mode, owner=ROOT, group=PROCESS))


@pytest.mark.parametrize(
    ("mode", "owner", "group"),
    [
        (0o440, ROOT, 10_002),  # the group of somebody else
        (0o440, PROCESS, PROCESS),  # its owner could close it
        (0o460, ROOT, PROCESS),  # the group can write
        (0o450, ROOT, PROCESS),
        (0o444, ROOT, PROCESS),  # everybody can read
        (0o404, ROOT, PROCESS),
    ],
)
def test_a_file_that_others_can_use(mode: int, owner: int, group: int) -> None:
    """One condition that is not met is enough."""
    assert is_exposed(found(mode, owner=owner, group=group))


def test_root_needs_no_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of root reads everything: a group is then somebody else."""
    monkeypatch.setattr(os, "geteuid", lambda: ROOT)
    assert is_exposed(found(0o440, owner=ROOT, group=PROCESS))
