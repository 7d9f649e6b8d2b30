"""Generates clients/verify/idvault_verify/v1 from proto/: messages, gRPC stubs and their types; run it after each change."""

import re
import sysconfig
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc  # type: ignore[import-untyped]  # The package ships no types.

ROOT = Path(__file__).resolve().parents[3]
PROTO = ROOT / "proto"
PACKAGE = Path("idvault") / "v1"
INIT = '"""Generated from proto/idvault/v1 by scripts/gen_proto.py: never edited by hand."""\n'
SERVICE = re.compile(r"^service \w+ \{", re.MULTILINE)


def compile_protos(sources: list[Path], *, outputs: dict[str, str], more: Sequence[str] = ()) -> None:
    """Run protoc with this interpreter's type plug-ins; raises RuntimeError if it fails."""
    scripts = sysconfig.get_path("scripts")
    plugins = [f"--plugin=protoc-gen-{name}={scripts}/protoc-gen-{name}" for name in ("mypy", "mypy_grpc")]
    includes = [f"-I{PROTO}", f"-I{files('grpc_tools') / '_proto'}"]
    targets = [f"--{name}_out={target}" for name, target in outputs.items()]
    names = [path.relative_to(PROTO).as_posix() for path in sources]
    if protoc.main(["protoc", *includes, *plugins, *more, *targets, *names]) != 0:
        raise RuntimeError(f"protoc failed for {', '.join(names)}")


def describe(*, into: Path) -> None:
    """Write the descriptors of proto/ with their comments to a file; raises RuntimeError."""
    options = {"descriptor_set": f"{into}"}
    compile_protos(_ours(), outputs=options, more=["--include_source_info"])


def generate(*, into: Path) -> None:
    """Write the generated package clients/verify/idvault_verify/v1 below the existing folder `into`; raises RuntimeError."""
    sources = _ours()
    services = [path for path in sources if SERVICE.search(path.read_text("utf-8"))]
    compile_protos(sources, outputs={"python": f"{into}", "mypy": f"quiet:{into}"})
    # Files without a service get no stub: an empty one would import grpc needlessly.
    compile_protos(services, outputs={"grpc_python": f"{into}", "mypy_grpc": f"quiet:{into}"})
    (into / PACKAGE / "__init__.py").write_text(INIT, "utf-8")


def _ours() -> list[Path]:
    # Python has google/rpc from the package googleapis-common-protos.
    return sorted(path for path in PROTO.rglob("*.proto") if "google" not in path.relative_to(PROTO).parts)


def main() -> int:
    """Regenerate clients/verify/idvault_verify/v1 from proto/."""
    target = ROOT / PACKAGE
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        generate(into=Path(folder))
        fresh = {path.name: path.read_bytes() for path in (Path(folder) / PACKAGE).iterdir()}
    for path in target.iterdir():
        if path.is_file() and path.name not in fresh:
            path.unlink()
    for name, content in fresh.items():
        (target / name).write_bytes(content)
    print(f"generated: {len(fresh)} files in {PACKAGE}")
    return 0
