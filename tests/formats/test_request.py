"""Fingerprints of requests: vectors of every mutation, made by two programs, and what makes another one."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message

from idvault.core.edge import repetition
from idvault.sealing.request import KeyedFingerprinter
from tests.vectors.load import load
from tools.support.generate import request_vectors
from tools.support.generate.request_vectors import CLAIM, FILE, KEY, filled, mutations, name
from tools.support.reference import stored

VECTORS: dict[str, dict[str, Any]] = load("requests.json")["requests"]
METHODS = {name(each): each for each in mutations()}


def test_the_vectors_are_of_this_contract() -> None:
    """Every method whose request has an id is there, with every field that its message has today."""
    assert FILE.read_bytes() == request_vectors.document()
    assert VECTORS.keys() == {*METHODS, CLAIM}


@pytest.mark.parametrize("vector", VECTORS)
def test_two_programs_make_the_same_fingerprint(vector: str) -> None:
    """One reads the message by its descriptor, the other hashes the written numbers and values."""
    given = VECTORS[vector]
    method = METHODS.get(vector) or METHODS["SessionService/SubmitIdentity"]
    message: Any = message_factory.GetMessageClass(method.input_type).FromString(
        bytes.fromhex(given["message"])
    )
    without = () if vector == CLAIM else repetition.NOT_SHARED
    content = repetition.content(message, without=without)
    assert repetition.method(message) == method.name
    made = KeyedFingerprinter(key=KEY).fingerprint(method=method.name, content=content)
    assert made.hex() == given["fingerprint"]
    assert stored.fingerprint(KEY, method.name, given["fields"]) == made


def test_what_is_left_out_exists() -> None:
    """Each field in which a repetition may differ is in a mutation, and has a reason."""
    reached = {field.full_name for method in METHODS.values() for field in _reached(method.input_type)}
    assert repetition.NOT_SHARED.keys() <= reached
    assert all(repetition.NOT_SHARED.values())
    assert not any(each.endswith(".request_id") for each in repetition.NOT_SHARED)


def test_every_field_has_a_kind_that_is_encoded() -> None:
    """A map has no order, and a fraction no spelling: neither is in a request that may be repeated."""
    kinds = {
        FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES, FieldDescriptor.TYPE_BOOL,
        FieldDescriptor.TYPE_ENUM, FieldDescriptor.TYPE_MESSAGE, FieldDescriptor.TYPE_INT32,
        FieldDescriptor.TYPE_INT64,
    }  # fmt: skip
    for method in METHODS.values():
        for field in _reached(method.input_type):
            assert field.type in kinds, field.full_name
            assert field.message_type is None or not field.message_type.GetOptions().map_entry


def _reached(type: Descriptor) -> Iterator[FieldDescriptor]:
    for field in type.fields:
        yield field
        if field.message_type is not None:
            yield from _reached(field.message_type)


@cache
def _content(message_type: Descriptor) -> bytes:
    return _of(filled(message_type))


def _of(message: Any) -> bytes:
    return repetition.content(message)


def _changes(message: Any, whole: Any, is_left_out: bool) -> Iterator[tuple[str, bytes, bool]]:
    """Yield each change of a field of a part of a message, with the content, and whether it is left out."""
    for field in message.DESCRIPTOR.fields:
        left_out = is_left_out or field.full_name in repetition.NOT_SHARED
        before = type(message).FromString(message.SerializeToString())
        for changed in _changed(message, field):
            yield f"{field.full_name} {changed}", _of(whole), left_out
            message.CopyFrom(before)
        if field.message_type is not None and (field.is_repeated or message.HasField(field.name)):
            part = getattr(message, field.name)
            yield from _changes(part[0] if field.is_repeated else part, whole, left_out)


def _changed(message: Any, field: FieldDescriptor) -> Iterator[str]:
    """Change a field in each way that the wire can tell; the caller restores it after each."""
    if field.containing_oneof is None or message.HasField(field.name):
        message.ClearField(field.name)
        yield "is not set"
    if field.is_repeated:
        getattr(message, field.name).append(getattr(message, field.name)[0])
        yield "has one more"
    elif field.message_type is not None:
        getattr(message, field.name).Clear()
        getattr(message, field.name).SetInParent()
        yield "is empty"
    else:
        other = {str: "another", bytes: b"another", bool: False, int: 2}[type(getattr(message, field.name))]
        setattr(message, field.name, other)
        yield "is another"


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_each_field_counts_unless_it_is_left_out(method: MethodDescriptor) -> None:
    """A change of any field makes another fingerprint; one of a field that is left out makes none."""
    whole = filled(method.input_type)
    first, seen = _content(method.input_type), set()
    for change, content, left_out in _changes(whole, whole, is_left_out=False):
        assert (content == first) is left_out, change
        seen.add(content)
    assert len(seen) > 1


def test_lengths_and_numbers_are_unambiguous() -> None:
    """Bytes that move from one field to the next, or from one value to another, make another content."""
    type = METHODS["TipOffService/MergeTipOffs"].input_type

    def content(**values: Any) -> bytes:
        return _of(message_factory.GetMessageClass(type)(**values))

    made = [
        content(tip_off_id="ab"),
        content(moderator_id="ab"),
        content(tip_off_id="a", moderator_id="b"),
        content(duplicate_ids=["ab"]),
        content(duplicate_ids=["a", "b"]),
        content(duplicate_ids=["a", "b", ""]),
        content(duplicate_ids=["b", "a"]),
        content(),
    ]
    assert len(set(made)) == len(made)


def test_unknown_fields_count_for_nothing() -> None:
    """A field of a later version is not hashed, as it is not read."""
    message: Message = filled(METHODS["ErasureService/EraseAccount"].input_type)
    later = type(message).FromString(message.SerializeToString() + b"\xfa\x07\x01x")
    assert _of(later) == _of(message)
