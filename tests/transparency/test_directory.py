"""The index of the public directory: which paths it may name, and which of them are the log's."""

import io

import pytest

from idvault_verify.transparency import directory
from idvault_verify.transparency.tile import grown, grown_bundles


@pytest.mark.parametrize("size", [0, 1, 256, 70_000])
def test_a_log_s_paths(size: int) -> None:
    """The checkpoint, and every tile and bundle of a tree of this size."""
    tiles = [tile.path for tile in grown(0, size)]
    bundles = [bundle.path for bundle in grown_bundles(0, size)]
    assert list(directory.log_paths(size)) == ["checkpoint", *tiles, *bundles]


@pytest.mark.parametrize(
    "path", ["jwks.json", "report/2026-10.json", "a/b/c/d/e/f/g/h", "index.html", "tiles/a"]
)
def test_other_files(path: str) -> None:
    """Plain names, some folders deep, are files beside the log."""
    assert directory.parse(io.BytesIO(directory.encode([path]))) == directory.IndexedFiles((path,), 0)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../checkpoint",
        "report/../../x",
        "report//x",
        "report/",
        ".mirror/done",
        "report/.draft",
        "a/b/c/d/e/f/g/h/i",
        "a" * 201,
        "a b",
        "a\\b",
        "http://elsewhere.example/x",
        "姓名",
        "a\x00b",
    ],
)
def test_what_is_no_path(path: str) -> None:
    """A line that leaves the directory, is hidden, or is no path is counted, not followed."""
    assert directory.parse(io.BytesIO(directory.encode(["jwks.json", path]))) == directory.IndexedFiles(
        ("jwks.json",), 1
    )


def test_the_log_s_own_files_are_not_others() -> None:
    """They are taken from the signed checkpoint; a line twice is one file; no index is too long."""
    lines = [*directory.log_paths(300), "index", "jwks.json", "jwks.json"]
    assert directory.parse(io.BytesIO(directory.encode(lines))) == directory.IndexedFiles(("jwks.json",), 0)
    many = [f"f{number}" for number in range(directory.MAX_OTHER_FILES + 3)]
    listed = directory.parse(io.BytesIO(directory.encode(many)))
    assert (len(listed.others), listed.refused) == (directory.MAX_OTHER_FILES, 3)


def test_lines_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are not looked at one by one; a line longer than every path is one line."""
    monkeypatch.setattr(directory, "MAX_LINES", 3)
    raw = b"a\n" + b"b" * 5_000 + b"\nc\nd\ne\n"
    assert directory.parse(io.BytesIO(raw)) == directory.IndexedFiles(("a", "c"), 3)
