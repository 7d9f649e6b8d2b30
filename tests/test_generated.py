"""The committed stubs match what proto/ generates."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


def load_generator() -> ModuleType:
    """Import scripts/gen_proto.py, which is not in a package."""
    spec = importlib.util.spec_from_file_location("gen_proto", ROOT / "scripts" / "gen_proto.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.suffix in {".py", ".pyi"}}


def test_committed_stubs_are_fresh(tmp_path: Path) -> None:
    """Generating from proto/ again gives exactly the committed files."""
    load_generator().generate(into=tmp_path)
    assert contents(ROOT / "idvault" / "v1") == contents(tmp_path / "idvault" / "v1")


def test_a_refused_proto_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A .proto that does not compile stops the generator with an error."""
    generator = load_generator()
    (tmp_path / "broken.proto").write_text("syntax = 'proto3'; message {", "utf-8")
    monkeypatch.setattr(generator, "PROTO", tmp_path)
    with pytest.raises(RuntimeError, match=r"failed for broken\.proto"):
        generator.generate(into=tmp_path)
