"""The search for names and numbers in files."""

from pathlib import Path

import pytest

from tools.support import traces

NAME, NUMBER = "某𠮷一", "110000190101010001"


@pytest.mark.parametrize("value", [NAME, NUMBER])
@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16-LE", "UTF-16-BE"])
@pytest.mark.parametrize("offset", [0, 1, 4_096])
def test_finds_every_encoding_at_any_place(tmp_path: Path, value: str, encoding: str, offset: int) -> None:
    """A value is found anywhere in a file, in UTF-8 and in both forms of UTF-16."""
    path = tmp_path / "file"
    path.write_bytes(b"\x80" * offset + value.encode(encoding) + b"\x80" * 7)
    hits = traces.search([path], ["nothing", value])
    assert {hit.index for hit in hits} == {1}
    assert encoding in {hit.encoding for hit in hits}


def test_finds_what_json_escapes(tmp_path: Path) -> None:
    """An escaped name is also found, even with a character beyond the BMP."""
    path = tmp_path / "log.jsonl"
    path.write_text('{"name": "\\u67d0\\u4e00\\u4e00", "other": "\\u67d0\\ud842\\udfb7\\u4e00"}')
    hits = traces.search([path], ["某一一", NAME])
    assert [(hit.index, hit.encoding) for hit in hits] == [(0, "JSON"), (1, "JSON")]


def test_finds_nothing_where_nothing_is(tmp_path: Path) -> None:
    """A part of a value does not match, and a deleted file has no hits."""
    path = tmp_path / "file"
    path.write_text(NUMBER[:-1] + " " + NAME[:-1])
    assert traces.search([path, tmp_path / "gone"], [NAME, NUMBER]) == []


def test_lists_files_of_every_depth_but_the_spared_ones(tmp_path: Path) -> None:
    """Hidden and nested files are searched; excluded ones are not."""
    (tmp_path / "logs").mkdir()
    for name in ("main.sqlite3-wal", ".hidden", "logs/serve-0.jsonl", "population.json"):
        (tmp_path / name).write_text("")
    listed = traces.files(tmp_path, without=[tmp_path / "population.json"])
    found = {path.relative_to(tmp_path).as_posix() for path in listed}
    assert found == {"main.sqlite3-wal", ".hidden", "logs/serve-0.jsonl"}
