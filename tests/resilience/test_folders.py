"""Walks over folders beside a process that writes into them."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from idvault_verify import durable_file
from tools.support import folders, traces

_ROUNDS = 200
_CONTENT = b"a whole file"


class _Writer:
    """Replaces a file through its draft, and makes and removes folders, until it is told to stop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stop = threading.Event()
        self.rounds = 0

    def write(self) -> None:
        while not self._stop.is_set():
            for name in ("index", "checkpoint"):
                draft = self._folder / f".{name}.draft"
                draft.write_bytes(_CONTENT)
                draft.replace(self._folder / name)
            passing = self._folder / "passing" / "deeper"
            passing.mkdir(parents=True)
            (passing / "file").write_bytes(_CONTENT)
            shutil.rmtree(passing.parent)
            self.rounds += 1

    def stop(self) -> None:
        self._stop.set()


@contextmanager
def _written(folder: Path) -> Iterator[_Writer]:
    folder.mkdir()
    (folder / "kept").write_bytes(_CONTENT)
    durable_file.replace(folder / "checkpoint", _CONTENT)
    writer = _Writer(folder)
    thread = threading.Thread(target=writer.write)
    thread.start()
    try:
        yield writer
    finally:
        writer.stop()
        thread.join()


def _beside(folder: Path, walk: Callable[[int], None]) -> None:
    with _written(folder) as writer:
        number = 0
        while writer.rounds < _ROUNDS or number < _ROUNDS:
            walk(number)
            number += 1


def test_a_copy_holds_beside_a_writer(tmp_path: Path) -> None:
    """A copy has each file that stayed, whole, and neither drafts nor an error for what vanished."""

    def walk(number: int) -> None:
        copy = tmp_path / str(number)
        folders.copy(tmp_path / "public", copy, first="checkpoint")
        found = folders.contents(copy)
        assert {copy / "kept", copy / "checkpoint"} <= found.keys()
        assert not [path for path in found if path.name.endswith(".draft")]
        assert found[copy / "kept"] == _CONTENT
        shutil.rmtree(copy)

    _beside(tmp_path / "public", walk)


def test_a_walk_and_a_search_hold_beside_a_writer(tmp_path: Path) -> None:
    """A list of files, their contents and a search of them leave out what vanished."""
    public = tmp_path / "public"

    def walk(_number: int) -> None:
        assert public / "kept" in folders.files(public)
        assert folders.contents(public)[public / "kept"] == _CONTENT
        hits = traces.search(traces.files(public, without=[]), [_CONTENT.decode()])
        assert public / "kept" in {hit.path for hit in hits}

    _beside(public, walk)


def test_what_vanishes_after_a_look_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file or folder at the worst moment: it was just seen, and is gone when it is read or entered."""
    source = tmp_path / "public"
    (source / "passing").mkdir(parents=True)
    for name in ("gone", "kept", "passing/file"):
        (source / name).write_bytes(_CONTENT)
    is_file = Path.is_file

    def vanishing(path: Path) -> bool:
        found = is_file(path)
        if found and path.is_relative_to(source) and path.name != "kept":
            path.unlink()
            if path.parent != source:
                path.parent.rmdir()
        return found

    monkeypatch.setattr(Path, "is_file", vanishing)
    folders.copy(source, tmp_path / "copy")
    assert folders.files(tmp_path / "copy") == [tmp_path / "copy" / "kept"]
    (source / "gone").write_bytes(_CONTENT)
    assert folders.contents(source) == {source / "kept": _CONTENT}


def test_a_copy_keeps_modes_and_leaves_out_what_is_named(tmp_path: Path) -> None:
    """Files and folders keep their modes; patterns name what stays out, with all that is below it."""
    source = tmp_path / "state"
    (source / "run" / "deeper").mkdir(parents=True)
    (source / "keys").mkdir(mode=0o700)
    for name in ("run/deeper/pid", "keys/a.keys", "main.sqlite3-wal", "kept", ".kept.draft"):
        (source / name).write_bytes(_CONTENT)
    (source / "keys" / "a.keys").chmod(0o600)
    os.mkfifo(source / "pipe")
    folders.copy(source, tmp_path / "copy", without=("run", "*.sqlite3*"))
    copy = tmp_path / "copy"
    assert folders.files(copy) == [copy / "kept", copy / "keys" / "a.keys"]
    assert (copy / "keys").stat().st_mode & 0o777 == 0o700
    assert (copy / "keys" / "a.keys").stat().st_mode & 0o777 == 0o600


def test_a_copy_needs_a_source_and_a_free_place(tmp_path: Path) -> None:
    """A folder that is not there is not copied as an empty one, and none is written over."""
    with pytest.raises(FileNotFoundError):
        folders.copy(tmp_path / "nowhere", tmp_path / "copy")
    (tmp_path / "here").mkdir()
    (tmp_path / "taken").mkdir()
    with pytest.raises(FileExistsError):
        folders.copy(tmp_path / "here", tmp_path / "taken")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here", "taken"]
