"""Generates idvault_verify/v1 from proto/: messages and their types; run it after each change."""

import re
import sysconfig
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc  # type: ignore[import-untyped]  # The package ships no types.

ROOT = Path(__file__).resolve().parents[3]
PROTO = ROOT / "proto"
PACKAGE = ROOT / "clients" / "verify" / "idvault_verify" / "v1"
# protoc places a module after its .proto file; ours are read by whoever verifies, without the service.
_PLACED = re.compile(rb"(?<=from )idvault\.v1(?= import \w+_pb2)|(?<=')idvault\.v1(?=\.\w+_pb2')")
INIT = '"""Generated from proto/idvault/v1 by scripts/gen_proto.py: never edited by hand."""\n'


def compile_protos(sources: list[Path], *, outputs: dict[str, str], more: Sequence[str] = ()) -> None:
    """Run protoc with this interpreter's type plug-ins; raises RuntimeError if it fails."""
    scripts = sysconfig.get_path("scripts")
    plugins = [f"--plugin=protoc-gen-mypy={scripts}/protoc-gen-mypy"]
    includes = [f"-I{PROTO}", f"-I{files('grpc_tools') / '_proto'}"]
    targets = [f"--{name}_out={target}" for name, target in outputs.items()]
    names = [path.relative_to(PROTO).as_posix() for path in sources]
    if protoc.main(["protoc", *includes, *plugins, *more, *targets, *names]) != 0:
        raise RuntimeError(f"protoc failed for {', '.join(names)}")


def describe(*, into: Path, more: Sequence[str] = ()) -> None:
    """Write the descriptors of proto/ with their comments to a file; raises RuntimeError.

    more: other files of proto/. With them, what is imported is written, too, before what imports it.
    """
    options = {"descriptor_set": f"{into}"}
    wanted = ["--include_source_info", *(["--include_imports"] if more else [])]
    compile_protos([*_ours(), *(PROTO / name for name in more)], outputs=options, more=wanted)


def generate(*, into: Path) -> None:
    """Write the files of the generated package into an existing folder; raises RuntimeError."""
    with tempfile.TemporaryDirectory() as folder:
        compile_protos(_ours(), outputs={"python": folder, "mypy": f"quiet:{folder}"})
        for path in (Path(folder) / "idvault" / "v1").iterdir():
            (into / path.name).write_bytes(_PLACED.sub(b"idvault_verify.v1", path.read_bytes()))
    (into / "__init__.py").write_text(INIT, "utf-8")


def _ours() -> list[Path]:
    # Python has google/rpc from the package googleapis-common-protos.
    return sorted(path for path in PROTO.rglob("*.proto") if "google" not in path.relative_to(PROTO).parts)


def main() -> int:
    """Regenerate idvault_verify/v1 from proto/."""
    PACKAGE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        generate(into=Path(folder))
        fresh = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
    for path in PACKAGE.iterdir():
        if path.is_file() and path.name not in fresh:
            path.unlink()
    for name, content in fresh.items():
        (PACKAGE / name).write_bytes(content)
    print(f"generated: {len(fresh)} files in {PACKAGE.relative_to(ROOT)}")
    return 0
