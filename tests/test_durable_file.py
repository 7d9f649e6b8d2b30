"""Files that survive a crash: what is synced, in which order, and what a failure leaves."""

import os
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from idvault_verify import durable_file


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record what is synced ("file" or "folder"), and each rename."""
    found: list[str] = []
    sync, rename = os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        found.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        sync(descriptor)

    def replace(path: Path, target: Path) -> Path:
        found.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    return found


def test_replace_syncs_file_rename_folder(tmp_path: Path, synced: list[str]) -> None:
    """The content is on the disk before the name points to it, and the name before the call returns."""
    path = tmp_path / "a"
    for content in (b"first", b"second"):
        synced.clear()
        written = durable_file.replace(path, content)
        assert synced == ["file", "rename", "folder"]
        assert path.read_bytes() == content
        assert (written.st_ino, written.st_mode & 0o777) == (path.stat().st_ino, durable_file.PRIVATE)
    assert list(tmp_path.iterdir()) == [path]


def test_adopt_syncs_file_rename_folder(tmp_path: Path, synced: list[str]) -> None:
    """A file that another library has written is durable under its name when the call returns."""
    (tmp_path / "draft").write_bytes(b"whole")
    (tmp_path / "a").write_bytes(b"former")
    durable_file.adopt(tmp_path / "draft", tmp_path / "a")
    assert synced == ["file", "rename", "folder"]
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"whole"]


def test_move_syncs_the_folder_of_the_new_name(tmp_path: Path, synced: list[str]) -> None:
    """A file has its new name when the call returns, and no longer the former one."""
    (tmp_path / "a").write_bytes(b"whole")
    durable_file.move(tmp_path / "a", tmp_path / "b")
    assert synced == ["rename", "folder"]
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("b", b"whole")]


@pytest.mark.parametrize("mode", [0o600, 0o644])
@pytest.mark.parametrize("write", [durable_file.replace, durable_file.create])
def test_the_mode_is_the_one_asked_for(tmp_path: Path, write: Callable[..., object], mode: int) -> None:
    """The umask of the process and the mode of a former file do not matter."""
    former = os.umask(0o077)
    try:
        write(tmp_path / "a", b"", mode=mode)
    finally:
        os.umask(former)
    assert (tmp_path / "a").stat().st_mode & 0o777 == mode


def test_create_never_overwrites(tmp_path: Path, synced: list[str]) -> None:
    """An existing file stays unchanged; a new one is synced with its folder."""
    path = tmp_path / "a"
    durable_file.create(path, b"first")
    assert synced == ["file", "folder"]
    with pytest.raises(FileExistsError):
        durable_file.create(path, b"second")
    assert path.read_bytes() == b"first"


@pytest.mark.parametrize("write", [durable_file.replace, durable_file.create])
def test_a_failed_write_leaves_nothing_behind(
    tmp_path: Path, write: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the disk is full, the former file is intact and no draft is left."""
    former = tmp_path / "former"
    durable_file.create(former, b"former")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    path = former if write is durable_file.replace else tmp_path / "new"
    with pytest.raises(OSError, match="No space left"):
        write(path, b"newer")
    assert list(tmp_path.iterdir()) == [former]
    assert former.read_bytes() == b"former"


def test_append_continues_at_the_known_size(tmp_path: Path, synced: list[str]) -> None:
    """Bytes that a crash left beyond the known size are cut off; only a new file syncs its folder."""
    path = tmp_path / "a"
    size = durable_file.append(path, b"one\n", size=0)
    assert synced == ["file", "folder"]
    with path.open("ab") as file:
        file.write(b"torn")
    synced.clear()
    assert durable_file.append(path, b"two\n", size=size) == 8
    assert synced == ["file"]
    assert path.read_bytes() == b"one\ntwo\n"
    assert path.stat().st_mode & 0o777 == durable_file.PRIVATE


def test_destroy_overwrites_before_it_removes(tmp_path: Path, synced: list[str]) -> None:
    """The zeros are synced, then the name is removed; a missing file is not an error."""
    path, link = tmp_path / "a", tmp_path / "b"
    durable_file.create(path, b"secret")
    os.link(path, link)
    synced.clear()
    durable_file.destroy(path)
    assert synced == ["file", "folder"]
    assert not path.exists()
    assert link.read_bytes() == bytes(6)
    durable_file.destroy(path)


def test_writers_take_turns_and_leave_no_draft(tmp_path: Path) -> None:
    """Concurrent writers each write a complete file; a draft from a crash is replaced."""
    path = tmp_path / "a"
    path.with_name(".a.draft").write_bytes(b"left by a crash, and longer than what comes" * 1000)
    contents = [bytes([number]) * 50_000 for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: durable_file.replace(path, content), contents))
    assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("user", "is_root"), [(0, True), (1000, False)])
def test_root_leaves_a_file_to_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int, is_root: bool
) -> None:
    """Whoever owned the former file owns the new one, if asked for; a new file stays its writer's."""
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(os, "fchown", lambda _file, uid, gid: given.append((uid, gid)))
    path = tmp_path / "a"
    durable_file.replace(path, b"first", keep_owner=True)
    durable_file.replace(path, b"second")
    assert given == []
    durable_file.replace(path, b"third", keep_owner=True)
    former = path.stat()
    assert given == [(former.st_uid, former.st_gid)] * is_root
    assert path.read_bytes() == b"third"


@pytest.mark.parametrize("exists", [True, False])
def test_a_lock_of_root_is_the_owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exists: bool) -> None:
    """What root locks first, the service locks later: the file goes to the owner of what it protects."""
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", lambda _, user, group: given.append((user, group)))
    like = tmp_path / "keys"
    if exists:
        like.touch()
    os.close(durable_file.open_lock(tmp_path / "keys.lock", like=like))
    found = (like if exists else tmp_path).stat()
    assert given == [(found.st_uid, found.st_gid)]
    assert (tmp_path / "keys.lock").stat().st_mode & 0o777 == durable_file.PRIVATE


def test_a_lock_of_anybody_else_changes_no_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only root can give a file away."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "fchown", lambda *_: pytest.fail("the owner was changed"))
    os.close(durable_file.open_lock(tmp_path / "lock", like=tmp_path))


def test_a_lock_that_cannot_be_given_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No descriptor is left behind."""
    closed: list[int] = []
    real = os.close

    def close(descriptor: int) -> None:
        closed.append(descriptor)
        real(descriptor)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "close", close)
    with pytest.raises(FileNotFoundError):
        durable_file.open_lock(tmp_path / "lock", like=tmp_path / "nowhere" / "keys")
    assert len(closed) == 1


def test_a_link_in_the_place_of_draft_or_lock_is_not_followed(tmp_path: Path) -> None:
    """Whoever owns the folder cannot have root write to, or give away, a file elsewhere."""
    elsewhere, path = tmp_path / "elsewhere", tmp_path / "file"
    elsewhere.write_bytes(b"kept")
    (tmp_path / ".file.draft").symlink_to(elsewhere)
    (tmp_path / "lock").symlink_to(elsewhere)
    with pytest.raises(OSError, match="symbolic links"):
        durable_file.replace(path, b"new")
    with pytest.raises(OSError, match="symbolic links"):
        durable_file.open_lock(tmp_path / "lock", like=path)
    assert elsewhere.read_bytes() == b"kept"
    assert not path.exists()


def test_parts_that_fail_leave_the_former_file(tmp_path: Path) -> None:
    """A content that comes in parts is there whole, or not at all; no draft stays."""
    path = tmp_path / "file"
    durable_file.replace_by(path, iter([b"for", b"mer"]))

    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        durable_file.replace_by(path, broken())
    assert path.read_bytes() == b"former"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
