"""The committed stubs match what proto/ generates."""

from pathlib import Path

import pytest

from tests.support.generate import proto

ROOT = Path(__file__).resolve().parent.parent


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.suffix in {".py", ".pyi"}}


def test_committed_stubs_are_fresh(tmp_path: Path) -> None:
    """Generating from proto/ again gives exactly the committed files."""
    proto.generate(into=tmp_path)
    assert contents(ROOT / "idvault" / "v1") == contents(tmp_path / "idvault" / "v1")


def test_a_refused_proto_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A .proto that does not compile stops the generator with an error."""
    (tmp_path / "broken.proto").write_text("syntax = 'proto3'; message {", "utf-8")
    monkeypatch.setattr(proto, "PROTO", tmp_path)
    with pytest.raises(RuntimeError, match=r"failed for broken\.proto"):
        proto.generate(into=tmp_path)
