"""Services that exist only in tests, to test what stops a start."""

from collections.abc import Sequence

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool

from idvault_verify.v1 import options_pb2


def service(roles: Sequence[int]) -> ServiceDescriptor:
    """Return a service with one method, GetSomething, with these values in its access option."""
    file = FileDescriptorProto(name="test/something.proto", package="idvault.v1", syntax="proto3")
    file.message_type.add(name="Something")
    made = file.service.add(name="SomethingService")
    method = made.method.add(
        name="GetSomething", input_type=".idvault.v1.Something", output_type=".idvault.v1.Something"
    )
    # As bytes: the enum is open on the wire, so a newer file may name a role that we do not know.
    field_number = options_pb2.access.number
    for role in roles:
        method.options.MergeFromString(_varint(field_number << 3) + _varint(role))
    return DescriptorPool().AddSerializedFile(file.SerializeToString()).services_by_name["SomethingService"]


def method(roles: Sequence[int]) -> MethodDescriptor:
    """Return the method of such a service."""
    return service(roles).methods_by_name["GetSomething"]


def _varint(number: int) -> bytes:
    """Encode a number as protobuf does, 7 bits at a time."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
