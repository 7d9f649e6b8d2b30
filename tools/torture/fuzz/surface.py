"""The callable methods of idvault.v1, from the descriptors; new methods are included automatically."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

import idvault_verify.v1
from idvault.core.edge.access import roles_of


@dataclass(frozen=True, slots=True)
class Method:
    """A method: its path, who may call it, and its messages. streaming: it answers with a stream."""

    path: str
    roles: frozenset[str]
    request: type[Message]
    streaming: bool

    @property
    def name(self) -> str:
        """The name without service and package."""
        return self.path.rpartition("/")[2]


def methods() -> list[Method]:
    """Return every method of every service, ordered by path."""
    return sorted((_method(found) for found in _descriptors()), key=lambda method: method.path)


def _descriptors() -> Iterator[MethodDescriptor]:
    for module in iter_modules(idvault_verify.v1.__path__):
        if module.name.endswith("_pb2"):
            file = import_module(f"idvault_verify.v1.{module.name}").DESCRIPTOR
            for service in file.services_by_name.values():
                yield from service.methods


def _method(found: MethodDescriptor) -> Method:
    return Method(
        path=f"/{found.containing_service.full_name}/{found.name}",
        roles=roles_of(found),
        request=message_factory.GetMessageClass(found.input_type),
        streaming=found.server_streaming,
    )
