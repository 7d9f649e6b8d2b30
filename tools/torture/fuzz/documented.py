"""The documented answers of each method: the statuses and reasons in the comments of proto/."""

import re
import tempfile
from functools import cache
from importlib.resources import files
from pathlib import Path

import grpc
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from grpc_tools import protoc  # type: ignore[import-untyped]  # The package ships no types.

from idvault_verify.error import Reason

_ROOT = Path(__file__).resolve().parents[3]
_PROTO = _ROOT / "proto"
_SERVICE, _METHOD = 6, 2  # field numbers of descriptor.proto, which identify a location in a file
_WORD = re.compile(r"\b(?:OK|[A-Z][A-Z_]+[A-Z])\b")
_BETWEEN = r"(?:,| and)\s+"
_SAME_AS = re.compile(rf"Statuses: as ([A-Z]\w+(?:{_BETWEEN}[A-Z]\w+)*)")

Status = tuple[str, str]
"""A code and a reason; OK has no reason."""


class UndocumentedError(Exception):
    """A method's comment does not list its statuses."""


@cache
def statuses() -> dict[str, frozenset[Status]]:
    """Return what each method (/package.Service/Method) may answer; raises UndocumentedError."""
    comments = {path: text for file in _described().file for path, text in _comments(file)}
    return {path: frozenset(_read(path, text, comments)) for path, text in comments.items()}


def _described() -> FileDescriptorSet:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "described"
        sources = [path.relative_to(_PROTO).as_posix() for path in sorted(_PROTO.rglob("*.proto"))]
        includes = [f"-I{_PROTO}", f"-I{files('grpc_tools') / '_proto'}"]
        options = ["--include_source_info", f"--descriptor_set_out={target}"]
        if protoc.main(["protoc", *includes, *options, *sources]) != 0:
            raise UndocumentedError("protoc refused the contract")
        return FileDescriptorSet.FromString(target.read_bytes())


def _comments(file: FileDescriptorProto) -> list[tuple[str, str]]:
    places = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}
    return [
        (
            f"/{file.package}.{service.name}/{method.name}",
            places.get((_SERVICE, of_service, _METHOD, of_method), ""),
        )
        for of_service, service in enumerate(file.service)
        for of_method, method in enumerate(service.method)
    ]


def _read(path: str, text: str, comments: dict[str, str]) -> set[Status]:
    """Return what a comment lists, and what the methods list that it names."""
    read = _listed(path, text)
    others = _SAME_AS.search(text)
    for name in re.split(_BETWEEN, others[1]) if others else ():
        other, listed = next((each for each in comments.items() if each[0].endswith(f"/{name}")), (path, ""))
        if _SAME_AS.search(listed):
            raise UndocumentedError(f"{other} does not list its statuses")
        read |= _listed(other, listed)
    return read


def _listed(path: str, text: str) -> set[Status]:
    _, found, listed = text.partition("Statuses:")
    if not found:
        raise UndocumentedError(f"{path} does not list its statuses")
    code, read = "", set[Status]()
    for word in _WORD.findall(listed):
        if word in grpc.StatusCode.__members__:
            code = word
            read |= {("OK", "")} if word == "OK" else set()
        elif word in Reason.__members__:
            read.add((code, word))
    return read
