"""Generates deploy/envoy: the descriptors with which Envoy carries JSON to the edge, and an OpenAPI document.

proto/http.yaml has the path of each method. The annotations are added here and not in proto/, so that no
reader of our messages needs google/api (ADR 0060).
"""

import json
import sys
import tempfile
from functools import cache
from pathlib import Path

import yaml
from google.api import annotations_pb2, http_pb2  # type: ignore[import-untyped]
from google.protobuf import json_format
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from tools.support.generate import openapi, proto

RULES = proto.PROTO / "http.yaml"
FOLDER = proto.ROOT / "deploy" / "envoy"
DESCRIPTORS, DOCUMENT = FOLDER / "idvault.binpb", FOLDER / "openapi.json"
_NEEDED = "google/protobuf/descriptor.proto"
# What an error's details are made of (google.rpc.Status).
_ERRORS = ("google/rpc/status.proto", "google/rpc/error_details.proto")


def rules() -> dict[str, http_pb2.HttpRule]:
    """Return the rule of each method by its full name; raises ParseError for a member that there is not."""
    found = yaml.safe_load(RULES.read_text("utf-8"))
    http: http_pb2.Http = json_format.ParseDict(found["http"], http_pb2.Http())
    return {rule.selector: rule for rule in http.rules}


@cache
def described() -> FileDescriptorSet:
    """Return the descriptors of proto/ with their comments; not to be changed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "all.binpb"
        proto.describe(into=file, more=_ERRORS)
        return FileDescriptorSet.FromString(file.read_bytes())


def annotated() -> FileDescriptorSet:
    """Return what Envoy reads: our descriptors with paths and without comments, and what they import."""
    found, by_name = FileDescriptorSet(), rules()
    for each in described().file:
        file = found.file.add()
        file.CopyFrom(each)
        file.ClearField("source_code_info")
        _annotate(file, by_name)
        if file.name == _NEEDED:
            for module in (http_pb2, annotations_pb2):
                module.DESCRIPTOR.CopyToProto(found.file.add())
    return found


def _annotate(file: FileDescriptorProto, by_name: dict[str, http_pb2.HttpRule]) -> None:
    annotates = False
    for service in file.service:
        for method in service.method:
            rule = by_name.get(f"{file.package}.{service.name}.{method.name}")
            if rule is not None:
                method.options.Extensions[annotations_pb2.http].CopyFrom(rule)
                method.options.Extensions[annotations_pb2.http].ClearField("selector")
                annotates = True
    if annotates:
        file.dependency.append(annotations_pb2.DESCRIPTOR.name)


def files() -> dict[Path, bytes]:
    """Return what belongs into deploy/envoy."""
    document = openapi.document(described(), rules())
    return {
        DESCRIPTORS: annotated().SerializeToString(deterministic=True),
        DOCUMENT: (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode(),
    }


def main() -> int:
    """Write the files, or with --check only report whether they are up to date (exit code 1 if not)."""
    stale = [path for path, content in files().items() if not path.exists() or path.read_bytes() != content]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.relative_to(proto.ROOT)} is stale: run scripts/gen_json.py")
        return 1 if stale else 0
    for path in stale:
        path.write_bytes(files()[path])
    return 0
