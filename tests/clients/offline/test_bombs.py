"""Files of a hostile server, or of whoever has the log's key: bounded memory, bounded bytes, no junk left."""

import io
import itertools
import os
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from idvault_verify.offline.log.continuity import RefusedLogError
from idvault_verify.offline.log.files import LogFolder, LogWebsite, NotReachedError, Parts, TooLongError
from idvault_verify.offline.log.mirror import FullCopyError, LogMirror, Mirrored
from idvault_verify.transparency import directory, epoch, tile
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.tile import MalformedTileError
from idvault_verify.transparency.tree import EMPTY_ROOT
from tools.support import confined, logs
from tools.support.logs import ORIGIN, POLICY, VKEY
from tools.torture.bombs import site
from tools.torture.bombs.log import RepeatedLog
from tools.torture.bombs.run import VERIFY
from tools.torture.bombs.site import Answer, HostileSite, serving

_TIMEOUT, _LOOKS = 100.0, 50
# What a socket and its peer hold beside what was read.
_ON_THE_WAY = 16 << 20


def website(found: HostileSite) -> LogWebsite:
    """Return a reader that gives up at its fiftieth look at the clock: no machine is too slow for it."""
    looks = itertools.count(step=_TIMEOUT / _LOOKS)
    return LogWebsite(found.url, timeout=_TIMEOUT, clock=lambda: next(looks))


def mirror(found: HostileSite, folder: Path, **options: Any) -> Mirrored:
    files = LogWebsite(found.url, timeout=_TIMEOUT)
    return LogMirror(
        files=files, folder=folder, policy=POLICY, max_age=None, now=lambda: 0.0, **options
    ).run()


def answers(log: RepeatedLog, **others: bytes) -> Answer:
    """Return the honest answers of a log, and other files by their paths with `_` for `/`."""
    named = {path.replace("_", "/"): data for path, data in others.items()}
    return lambda asked: site.file(named.get(asked) or log.read(asked))


@pytest.mark.parametrize("how", site.ENDLESS, ids=lambda how: str(how.__name__))
def test_an_answer_without_end_is_given_up(how: Callable[[bytes], Iterator[bytes]]) -> None:
    """Bodies, chunks, trailers, interim answers, headers: the limit of bytes or of time ends each."""
    limit = 1 << 20
    with serving(lambda _: how(b"a" * 100)) as found:
        with pytest.raises(NotReachedError):
            website(found).read("checkpoint", limit=limit)
        assert found.sent <= limit + _LOOKS * 65_536 + _ON_THE_WAY


def test_a_file_in_single_bytes_takes_no_more_than_the_file(tmp_path: Path) -> None:
    """A list of all parts would take fifty times their bytes."""
    data = bytes(200_000)

    class Slow(LogFolder):
        def parts(self, path: str, *, limit: int) -> Parts:
            yield from (data[at : at + 1] for at in range(len(data)))

    tracemalloc.start()
    try:
        assert Slow(tmp_path).read("x", limit=len(data)) == data
        assert tracemalloc.get_traced_memory()[1] < 4 * len(data)
    finally:
        tracemalloc.stop()


def test_a_pipe_in_a_folder_is_no_file(tmp_path: Path) -> None:
    """Nobody writes to it, so a reader would wait for ever."""
    os.mkfifo(tmp_path / "checkpoint")
    with pytest.raises(NotReachedError, match="is no file"):
        LogFolder(tmp_path).read("checkpoint", limit=10)


@pytest.mark.parametrize("after", [0, 3])
def test_the_number_of_an_epoch_costs_nothing(after: int) -> None:
    """Whoever has the log's key writes any number into a checkpoint: the first missing statement ends it."""
    known = Checkpoint(ORIGIN, 0, EMPTY_ROOT, epoch.Epoch(after, "ab" * 32).extensions if after else ())
    newer = Checkpoint(ORIGIN, 0, EMPTY_ROOT, epoch.Epoch(999_999_999, "ab" * 32).extensions)
    tracemalloc.start()
    try:
        with pytest.raises(epoch.UnknownEpochError) as caught:
            epoch.carry(known, newer, ())
        assert caught.value.number == max(after, 1) + 1
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("entry", [b"", b"e" * 65_535])
def test_a_bundle_is_read_entry_by_entry(entry: bytes) -> None:
    """Its reader keeps one entry, and stops behind the last one that a bundle can have."""
    looked = 0

    def parts() -> Iterator[bytes]:
        nonlocal looked
        for _ in range(2_000):
            looked += 1
            yield tile.encode_bundle([entry] * 10)

    with pytest.raises(MalformedTileError):
        for _ in tile.read_bundle(parts(), tile.WIDTH):
            pass
    assert looked == tile.WIDTH // 10 + 1


@pytest.mark.process
@pytest.mark.parametrize("size", [2**31 + 5, 2**62 + 2**20 + 7])
@pytest.mark.parametrize("entry", [b"", b"e" * 65_535], ids=["small", "large"])
def test_a_log_as_large_as_its_key_says(tmp_path: Path, size: int, entry: bytes) -> None:
    """Every file of it verifies until the server goes away: the mirror's memory is that of a few tiles."""
    log = RepeatedLog(size, entry)
    left = itertools.count(50 if entry else 700, -1)

    def answer(asked: str) -> Iterator[bytes]:
        yield from site.file(log.read(asked) if asked == "checkpoint" or next(left) > 0 else None)

    with serving(answer) as found:
        given = (tmp_path, "--from", found.url, "--public-key", VKEY, "--unwitnessed", "--most-bytes", 2**70)
        done = confined.run(VERIFY, "mirror-log", *given)
    assert (done.code, "has no file" in done.told) == (3, True), done.told
    assert done.peak_mib < confined.MOST_MIB


def test_a_log_that_would_fill_the_disk(tmp_path: Path) -> None:
    """The attack: whoever has the log's key signs one that nobody can store; nothing of it is fetched."""
    asked = []

    def answer(path: str) -> Iterable[bytes]:
        asked.append(path)
        return site.file(RepeatedLog(2**40).read(path))

    with serving(answer) as found, pytest.raises(FullCopyError, match="more than 68719476736 bytes"):
        mirror(found, tmp_path)
    assert set(asked) == {"log-keys.json", "checkpoint"}


@pytest.mark.parametrize("entry", [b"", b"e" * 500])
def test_the_log_has_a_most_of_bytes(tmp_path: Path, entry: bytes) -> None:
    """It is met in the middle of a bundle, counts what is there already, and leaves no junk."""
    log = RepeatedLog(600, entry)
    with serving(answers(log)) as found:
        mirror(found, tmp_path / "whole")
        size = sum(path.stat().st_size for path in (tmp_path / "whole" / "tile").rglob("*") if path.is_file())
        for most in (size // 3, size - 1):
            with pytest.raises(FullCopyError, match="--most-bytes"):
                mirror(found, tmp_path / "less", most_bytes=most)
            held = [path for path in (tmp_path / "less" / "tile").rglob("*") if path.is_file()]
            assert sum(path.stat().st_size for path in held) <= most
            assert not any(path.name.endswith(".draft") for path in held)
            assert not (tmp_path / "less" / "checkpoint").exists()
        assert mirror(found, tmp_path / "less", most_bytes=size).accepted.checkpoint.size == 600
        assert mirror(found, tmp_path / "less", most_bytes=1).fetched == 0
    with serving(answers(RepeatedLog(601, entry))) as found, pytest.raises(FullCopyError):
        mirror(found, tmp_path / "less", most_bytes=size)


_PARSE = """
import sys
from idvault_verify.transparency import directory
with open(sys.argv[1], "rb") as index:
    found = directory.parse(index)
print(len(found.others), found.refused)
"""


@pytest.mark.process
@pytest.mark.parametrize("line", [b"%x\n", b"%0199x\n", b"../%x\n"], ids=["short", "long", "hostile"])
def test_a_large_index(tmp_path: Path, line: bytes) -> None:
    """An index of the greatest length is read line by line, and so many files of it are kept."""
    count = directory.MAX_INDEX_BYTES // len(line % 2**20)
    path = tmp_path / "index"
    path.write_bytes(b"".join(line % at for at in range(count)))
    done = confined.run(_PARSE, path)
    kept = 0 if line.startswith(b"..") else directory.MAX_OTHER_FILES
    assert (done.code, done.told.split()) == (0, [str(kept), str(count - kept)])
    assert done.peak_mib < confined.MOST_MIB


def test_lines_without_number_are_counted_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty million empty lines are counted in parts, and not looked at one by one."""
    monkeypatch.setattr(directory, "MAX_LINES", 1_000)
    index = io.BytesIO(b"\n" * directory.MAX_LINES + b"page\n" * 3)
    assert directory.parse(index) == directory.IndexedFiles((), directory.MAX_LINES + 3)


def test_only_so_many_files_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of former runs count, too: a server cannot fill the disk with small files run by run."""
    monkeypatch.setattr(directory, "MAX_OTHER_FILES", 5)
    for run in (1, 2):
        index = directory.encode(f"{run}/{at}" for at in range(9))
        files = {f"{run}_{at}": b"x" for at in range(9)}
        with serving(answers(RepeatedLog(5), index=index, **files)) as found:
            assert mirror(found, tmp_path).left_out == (4 if run == 1 else 9)
    assert sum(path.is_file() for each in "12" for path in (tmp_path / each).glob("*")) == 5


def test_a_line_without_end_is_one_line(tmp_path: Path) -> None:
    """A line that is no path is counted once, however long it is."""
    with serving(answers(RepeatedLog(5), index=b"a" * 1_000_000 + b"\npage\n", page=b"x")) as found:
        assert mirror(found, tmp_path).left_out == 1
    assert (tmp_path / "page").read_bytes() == b"x"


def test_partial_files_of_a_broken_run_are_removed(tmp_path: Path) -> None:
    """Each run may be of another size, so they would pile up; the copy that is complete keeps its own."""
    with serving(answers(RepeatedLog(300))) as found:
        mirror(found, tmp_path)
    whole = partial_files(tmp_path)
    assert whole
    for size in (310, 320, 330):
        log = RepeatedLog(size)
        last = {tile.Bundle(1, size - 256).path, tile.Bundle(1).path}
        for lie, error in ((None, NotReachedError), (b"\0\0", RefusedLogError)):

            def answer(
                asked: str, log: RepeatedLog = log, last: set[str] = last, lie: bytes | None = lie
            ) -> Iterable[bytes]:
                return site.file(lie if asked in last else log.read(asked))

            with serving(answer) as found, pytest.raises(error):
                mirror(found, tmp_path)
            assert partial_files(tmp_path) == whole


def test_partial_files_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    """Also the draft of one: the next run finds them by the size that the killed one had accepted."""
    with serving(answers(RepeatedLog(300))) as found:
        mirror(found, tmp_path)
    (tmp_path / ".mirror" / "seen").write_bytes(RepeatedLog(310).note)
    folder = tmp_path / "tile" / "0" / "001.p"
    for name in ("54", ".54.draft"):
        (folder / name).write_bytes(b"x")
    with serving(answers(RepeatedLog(320))) as found:
        mirror(found, tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == ["44", "64"]


def test_other_files_of_all_runs_have_one_limit(tmp_path: Path) -> None:
    """A server names others at each run: together they stay within the limit; what is there is renewed."""
    log = RepeatedLog(5)
    for run in range(5):
        files = {f"junk{run}": b"x" * 40, "page": b"%d" % run * 10}
        with serving(answers(log, index=directory.encode(["page", f"junk{run}"]), **files)) as found:
            mirror(found, tmp_path, most_others=100)
        assert (tmp_path / "page").read_bytes() == b"%d" % run * 10
    assert sorted(path.name for path in tmp_path.glob("junk*")) == ["junk0", "junk1"]


def test_drafts_of_other_files_are_removed(tmp_path: Path) -> None:
    """A run that was killed while it wrote a file leaves a draft, whose file may never be named again."""
    log = RepeatedLog(5)
    draft = tmp_path / "report" / ".october.draft"
    draft.parent.mkdir()
    draft.write_bytes(b"half")
    with serving(answers(log, index=b"page\n", page=b"x")) as found:
        mirror(found, tmp_path)
    assert not draft.exists()


def partial_files(folder: Path) -> set[str]:
    """Return the paths of partial tiles and bundles, drafts included."""
    return {path.relative_to(folder).as_posix() for path in folder.glob("tile/**/*.p/*")}


def test_the_largest_file_is_too_long(tmp_path: Path) -> None:
    """One byte more than the limit is refused before the rest is read."""
    with serving(lambda _: site.endless_body(b"a")) as found, pytest.raises(TooLongError):
        LogWebsite(found.url, timeout=_TIMEOUT).read("checkpoint", limit=10)
    assert logs.POLICY.origin == ORIGIN
