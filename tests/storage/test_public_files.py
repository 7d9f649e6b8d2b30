"""Public files: complete or absent, never outside the directory, even with concurrent writers."""

import asyncio
import errno
import os
import stat
from pathlib import Path

import pytest

from idvault.core.public_files import LocalPublicFiles, PublicPathError
from idvault_verify.error import Reason, UnavailableError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the public directory, which does not exist yet."""
    return tmp_path / "public"


@pytest.fixture
def files(folder: Path) -> LocalPublicFiles:
    """Return its files."""
    return LocalPublicFiles(directory=folder)


def _all(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _modes(folder: Path) -> set[tuple[bool, int]]:
    return {(place.is_dir(), stat.S_IMODE(place.stat().st_mode)) for place in [folder, *folder.rglob("*")]}


async def test_what_is_written_is_read(files: LocalPublicFiles, folder: Path) -> None:
    """Folders are created as needed, everybody may read, and nothing else is left."""
    old = os.umask(0o077)
    try:
        for path in ("checkpoint", "tile/0/x001/234.p/17", "tile/entries/000"):
            assert await files.read(path) is None
            await files.write(path, b"first")
            await files.write(path, b"second")
            assert await files.read(path) == b"second"
    finally:
        os.umask(old)
    assert _all(folder) == {"checkpoint", "tile/0/x001/234.p/17", "tile/entries/000"}
    assert _modes(folder) == {(True, 0o755), (False, 0o644)}
    assert await files.read("checkpoint/below") is None


async def test_a_reader_never_sees_half_a_file(files: LocalPublicFiles) -> None:
    """While two writers replace a large file, each read returns one of the two complete contents."""
    contents = [bytes([letter]) * 300_000 for letter in b"ab"]
    await files.write("file", contents[0])
    done = asyncio.Event()

    async def write(content: bytes) -> None:
        for _ in range(20):
            await files.write("file", content)

    async def look() -> int:
        count = 0
        while not done.is_set():
            assert await files.read("file") in contents
            count += 1
        return count

    looking = asyncio.create_task(look())
    await asyncio.gather(*(write(content) for content in contents))
    done.set()
    assert await looking > 0


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/x",
        "..",
        "../x",
        "a/../../x",
        "a//b",
        "a/",
        "./a",
        ".hidden",
        "a/.b",
        "a\0b",
        "a\\b",
        "ä",
        "a b",
    ],
)
async def test_a_path_that_could_leave_is_refused(files: LocalPublicFiles, folder: Path, path: str) -> None:
    """Only plain names below the directory are accepted as paths."""
    for call in (
        files.read(path),
        files.write(path, b"x"),
        files.replace(path, former=None, content=b"x"),
        files.remove(path),
    ):
        with pytest.raises(PublicPathError):
            await call
    assert _all(folder) <= {".lock"}


@pytest.fixture
def outside(folder: Path, tmp_path: Path) -> Path:
    """Return a folder outside the public directory, which has two links to it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(b"secret")
    folder.mkdir()
    (folder / "linked").symlink_to(outside)
    (folder / "file").symlink_to(outside / "file")
    return outside


async def test_no_link_leads_out(files: LocalPublicFiles, outside: Path) -> None:
    """Neither a linked folder nor a linked file is followed."""
    for path in ("linked/file", "linked/new", "file"):
        with pytest.raises(PublicPathError):
            await files.read(path)
        with pytest.raises(PublicPathError):
            await files.write(path, b"x")
    with pytest.raises(PublicPathError):
        await files.remove("linked")
    assert _all(outside) == {"file"}
    assert (outside / "file").read_bytes() == b"secret"


async def test_replace_compares_first(files: LocalPublicFiles) -> None:
    """A file is replaced only by a caller that knows its content."""
    assert not await files.replace("checkpoint", former=b"1", content=b"2")
    assert await files.replace("checkpoint", former=None, content=b"1")
    assert not await files.replace("checkpoint", former=None, content=b"2")
    assert await files.replace("checkpoint", former=b"1", content=b"2")
    assert await files.read("checkpoint") == b"2"


async def test_one_of_many_replaces(folder: Path) -> None:
    """Of several concurrent replacements of one content exactly one succeeds."""
    several = [LocalPublicFiles(directory=folder) for _ in range(8)]
    await several[0].write("checkpoint", b"former")
    contents = [b"%d" % number for number in range(8)]
    won = await asyncio.gather(
        *(
            one.replace("checkpoint", former=b"former", content=content)
            for one, content in zip(several, contents, strict=True)
        )
    )
    assert won.count(True) == 1
    assert await several[0].read("checkpoint") == contents[won.index(True)]


async def test_a_folder_is_removed_while_others_write_into_it(folder: Path) -> None:
    """The writer creates it again; removing a missing folder is not an error."""
    one, other = LocalPublicFiles(directory=folder), LocalPublicFiles(directory=folder)

    for width in range(1, 60):
        await asyncio.gather(one.write(f"tile/0/000.p/{width}", b"x" * 1_000), other.remove("tile/0/000.p"))
    await other.remove("tile/0/000.p")
    await other.remove("tile/0/000.p")
    assert _all(folder) == set()


@pytest.mark.parametrize("call", ["fsync", "replace"])
async def test_a_full_disk_leaves_the_former_file(
    files: LocalPublicFiles, folder: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """A failed write is reported, changes nothing, and leaves no draft."""
    await files.write("a/file", b"former")

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        with pytest.raises(UnavailableError) as caught:
            await files.write("a/file", b"new")
    assert caught.value.reason is Reason.STORE_UNAVAILABLE
    assert await files.read("a/file") == b"former"
    assert _all(folder) == {"a/file"}


async def test_every_write_is_synced_before_it_is_renamed(
    files: LocalPublicFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is synced first, then renamed, then its folder is synced."""
    seen: list[str] = []
    fsync, replace = os.fsync, os.replace

    def syncing(descriptor: int) -> None:
        seen.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def renaming(source: Path, target: Path) -> None:
        seen.append("rename")
        replace(source, target)

    await files.write("a/other", b"1")
    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(os, "replace", renaming)
    await files.write("a/file", b"2")
    assert seen == ["file", "rename", "folder"]


async def test_what_is_in_the_way_is_told(files: LocalPublicFiles, folder: Path) -> None:
    """A file in the place of a folder, or a folder in the place of a file, fails the write."""
    await files.write("file", b"1")
    await files.write("folder/file", b"1")
    for path in ("file/below", "folder"):
        with pytest.raises(UnavailableError):
            await files.write(path, b"2")
    assert _all(folder) == {"file", "folder/file"}


async def test_a_directory_without_parent_is_not_made(tmp_path: Path) -> None:
    """If a volume is not mounted, its directory is not created elsewhere."""
    files = LocalPublicFiles(directory=tmp_path / "missing" / "public")
    with pytest.raises(UnavailableError):
        await files.write("checkpoint", b"x")
    assert not (tmp_path / "missing").exists()
