"""Vectors of request fingerprints: one request of each mutation, with every field that its message has.

- `python -m tools.support.generate.request_vectors` writes tests/vectors/requests.json anew. Do so only
  after a change of the contract or of what repetitions share: what is stored for seven days follows from it.
- fields: what is hashed, as pairs of number and value; bytes are hex, a message is such pairs.
"""

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.message import Message

import idvault_verify.v1
from idvault.core.edge import repetition
from idvault.sealing.request import KeyedFingerprinter

FILE = Path(__file__).parents[3] / "tests" / "vectors" / "requests.json"
KEY = bytes(range(32))
_SOURCE = "idvault: python -m tools.support.generate.request_vectors (docs/formats.md, section 6)"
_REQUEST_ID = "11111111-1111-4111-8111-111111111111"
CLAIM = "SessionService/SubmitIdentity, its claim"
"""The claim of a form, whose fingerprint is of the whole request."""


def mutations() -> Iterator[MethodDescriptor]:
    """Yield the methods whose request has an id, except those that read."""
    for module in iter_modules(idvault_verify.v1.__path__):
        if module.name.endswith("_pb2"):
            file: FileDescriptor = import_module(f"idvault_verify.v1.{module.name}").DESCRIPTOR
            for service in file.services_by_name.values():
                for method in service.methods:
                    reads = method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS
                    if "request_id" in method.input_type.fields_by_name and not reads:
                        yield method


def name(method: MethodDescriptor) -> str:
    """Return a method's name with that of its service."""
    return f"{method.containing_service.name}/{method.name}"


def filled(type: Descriptor) -> Message:
    """Return a message with every field set; of a oneof, the first."""
    message = message_factory.GetMessageClass(type)()
    for field in type.fields:
        if field.containing_oneof is not None and field is not field.containing_oneof.fields[0]:
            continue
        value = _value(field)
        if field.is_repeated:
            getattr(message, field.name).extend([value, value])
        elif field.message_type is not None:
            getattr(message, field.name).CopyFrom(value)
        else:
            setattr(message, field.name, value)
    return message


def _value(field: FieldDescriptor) -> Any:
    if field.message_type is not None:
        return filled(field.message_type)
    if field.type == FieldDescriptor.TYPE_STRING:
        return _REQUEST_ID if field.name == "request_id" else f"文 {field.name}"
    if field.type == FieldDescriptor.TYPE_BYTES:
        return f"bytes of {field.name}".encode()
    return {FieldDescriptor.TYPE_BOOL: True, FieldDescriptor.TYPE_ENUM: 1}.get(field.type, 7)


def fields(message: Message, without: Mapping[str, str]) -> list[list[Any]]:
    """Return the pairs of number and value that are hashed, by a walk of its own."""
    found: list[list[Any]] = []
    declared: Any = message.DESCRIPTOR.fields
    for field in sorted(declared, key=lambda each: each.number):
        if field.full_name in without:
            continue
        value = getattr(message, field.name)
        if field.has_presence and not message.HasField(field.name):
            continue
        values = list(value) if field.is_repeated else [value]
        for each in values:
            if field.message_type is not None:
                found.append([field.number, fields(each, without)])
            elif field.is_repeated or field.has_presence or each:
                found.append([field.number, _shown(each)])
    return found


def _shown(value: str | bytes | int) -> Any:
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    return value if isinstance(value, str) else int(value)


def _vector(method: MethodDescriptor, without: Mapping[str, str]) -> dict[str, Any]:
    message: Any = filled(method.input_type)
    content = repetition.content(message, without=without)
    made = KeyedFingerprinter(key=KEY).fingerprint(method=method.name, content=content)
    return {
        "message": message.SerializeToString(deterministic=True).hex(),
        "fields": fields(message, without),
        "fingerprint": made.hex(),
    }


def document() -> bytes:
    """Return the content of the file of vectors."""
    vectors = {name(each): _vector(each, repetition.NOT_SHARED) for each in mutations()}
    (form,) = (each for each in mutations() if each.name == "SubmitIdentity")
    vectors[CLAIM] = _vector(form, {})
    lines = [f"  {_json(each)}: {_json(vector)}" for each, vector in sorted(vectors.items())]
    head = f'{{\n "source": {_json(_SOURCE)},\n "request_key": "{KEY.hex()}",\n "requests": {{\n'
    return (head + ",\n".join(lines) + "\n }\n}\n").encode()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    FILE.write_bytes(document())
