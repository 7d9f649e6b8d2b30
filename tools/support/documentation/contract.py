"""Reads the API contract with its comments: services, methods, messages and enums of proto/."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)

from idvault_verify.v1 import options_pb2
from tools.support.generate import proto

# Of a descriptor's path, by the numbers of the fields in descriptor.proto.
MESSAGE, ENUM, SERVICE, FIELD, NESTED, NESTED_ENUM, ONEOF = 4, 5, 6, 2, 3, 4, 8
VALUE = METHOD = 2
_PACKAGE = "idvault.v1"
Place = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """One .proto file; comments are by the place of what they describe."""

    file: FileDescriptorProto
    comments: Mapping[Place, str]

    @property
    def name(self) -> str:
        """Return the name of the file, without folder and suffix."""
        return Path(self.file.name).stem

    def services(self) -> Iterator[tuple[Place, ServiceDescriptorProto]]:
        """Yield each service with its place."""
        yield from (((SERVICE, number), each) for number, each in enumerate(self.file.service))

    def methods(
        self, place: Place, service: ServiceDescriptorProto
    ) -> Iterator[tuple[Place, MethodDescriptorProto]]:
        """Yield each method of a service with its place."""
        yield from (((*place, METHOD, number), each) for number, each in enumerate(service.method))

    def messages(self) -> Iterator[tuple[Place, str, DescriptorProto]]:
        """Yield each message with its place and its name, nested ones after the one that holds them."""
        for number, each in enumerate(self.file.message_type):
            yield from _nested((MESSAGE, number), each.name, each)

    def enums(self) -> Iterator[tuple[Place, str, EnumDescriptorProto]]:
        """Yield each enum with its place and its name, those of messages included."""
        yield from (((ENUM, number), each.name, each) for number, each in enumerate(self.file.enum_type))
        for place, name, message in self.messages():
            for number, each in enumerate(message.enum_type):
                yield (*place, NESTED_ENUM, number), f"{name}.{each.name}", each


def _nested(
    place: Place, name: str, message: DescriptorProto
) -> Iterator[tuple[Place, str, DescriptorProto]]:
    if message.options.map_entry:
        return
    yield place, name, message
    for number, each in enumerate(message.nested_type):
        yield from _nested((*place, NESTED, number), f"{name}.{each.name}", each)


def load() -> list[Contract]:
    """Compile proto/ and return the vault's files in the order of their names."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "contract"
        proto.describe(into=target)
        found = FileDescriptorSet.FromString(target.read_bytes())
    own = [file for file in found.file if file.package == _PACKAGE]
    return sorted((Contract(file, _comments(file)) for file in own), key=lambda each: each.name)


def roles(method: MethodDescriptorProto) -> list[str]:
    """Return the roles that may call a method, in lower case."""
    given = method.options.Extensions[options_pb2.access]
    return [options_pb2.Role.Name(role).removeprefix("ROLE_").lower() for role in given]


def is_personal(field: FieldDescriptorProto) -> bool:
    """Return whether a field is marked as personal data."""
    return bool(field.options.Extensions[options_pb2.pii])


def _comments(file: FileDescriptorProto) -> dict[Place, str]:
    locations = file.source_code_info.location
    return {tuple(each.path): each.leading_comments for each in locations if each.leading_comments}
