"""Whoever adds a field to a signed request is told here to say whether it belongs to what is signed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from idvault.core.edge.call import Caller
from idvault.moderator import api as moderator_api
from idvault.sanction import api
from idvault_verify.attest import sanction as papers
from idvault_verify.v1 import sanction_pb2 as pb
from tests.test_moderation_contract import DECISIONS, SIGNATURE
from tools.support.builders import TOKEN
from tools.support.flow_world import at

CALLER = Caller("platform-a", "platform", "")
TIMESTAMP = "google.protobuf.Timestamp"
# Fields that change no paper, each with its reason: of a sanction by their path, of others as "Method.field".
NOT_SIGNED = {
    "signature.signature": "it is the signature",
    "ReviewDocument.real_name": "in the mark of the document",
    "ReviewDocument.salt": "in the mark of the document",
    "ReviewDocument.invitation_code": "whether the account is invited is no part of what was seen",
    "ConfirmReview.real_name": "in the mark of the document",
    "ConfirmReview.salt": "in the mark of the document",
    "signature.text_salt": "only of a text that is deleted later, and a statement of reasons is kept",
}
# The values of a request with everything in it; another value of a field is another request.
TEXTS = {
    "request_id": ("00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"),
    "account_token": (TOKEN, "acct_" + "0" * 26),
    "operation_id": ("a" * 32, "b" * 32),
    "public_account_id": ("c" * 32, "d" * 32),
    "signature.moderator_id": ("e" * 32, "f" * 32),
    "statement.order.order_date": ("2026-02-27", "2026-02-28"),
}
OTHERS = [method for method in DECISIONS if method.name != "ImposeSanction"]
FORMATS = Path("docs/formats.md")
# Papers with a purpose of their own; all others are told in formats.md by their method.
PURPOSES = {
    "RegisterModerator": "idvault/moderator/v1",
    "ConfirmSanction": "idvault/sanction-confirmation/v1",
    "LiftSanction": "idvault/sanction-lift/v1",
    "DecideAppeal": "idvault/appeal-decision/v1",
    "ImposeContentMeasure": "idvault/content-measure/v1",
    "ReverseContentMeasure": "idvault/content-reversal/v1",
    "DecideContentAppeal": "idvault/content-appeal-decision/v1",
}


def leaves(message: Descriptor, path: str = "") -> Iterator[tuple[str, FieldDescriptor]]:
    """Yield every field that has no fields of its own, by its path."""
    for field in message.fields:
        nested = field.message_type
        if nested is None or nested.full_name == TIMESTAMP:
            yield path + field.name, field
        else:
            yield from leaves(nested, f"{path}{field.name}.")


FIELDS = dict(leaves(pb.ImposeSanctionRequest.DESCRIPTOR))


def put(request: Any, path: str, which: int) -> None:
    """Set a field to the first or second of its values."""
    field, (*outer, name) = FIELDS[path], path.split(".")
    for each in outer:
        request = getattr(request, each)
    if field.message_type is not None:
        getattr(request, name).FromSeconds(1_772_337_600 + which)
    elif field.is_repeated:
        getattr(request, name).append(bytes([which]) * 32)
    else:
        setattr(request, name, value(path, field, which))


def value(path: str, field: FieldDescriptor, which: int) -> Any:
    """Return the first or second value of a field that is no message."""
    if field.enum_type is not None:
        return field.enum_type.values[1 + which].number
    kinds: dict[int, tuple[Any, Any]] = {
        FieldDescriptor.TYPE_STRING: TEXTS.get(path, ("one", "two")),
        FieldDescriptor.TYPE_BYTES: (b"1" * 64, b"2" * 64),
        FieldDescriptor.TYPE_BOOL: (False, True),
    }
    return kinds[field.type][which]


def full() -> pb.ImposeSanctionRequest:
    """Return a request with everything in it; of the two ways to say until when, the time."""
    request = pb.ImposeSanctionRequest()
    for path in FIELDS:
        if path != "statement.without_end":
            put(request, path, 0)
    return request


def paper(request: pb.ImposeSanctionRequest) -> bytes:
    """Return what the service checks the signature of."""
    call = moderator_api.signed(request, caller=CALLER, signature=request.signature)
    return papers.imposition(call.occasion, api.read(request, now=at(0)))


@pytest.mark.parametrize("path", FIELDS)
def test_another_value_is_another_paper(path: str) -> None:
    """Each field of a sanction to impose is signed, or stands above with its reason."""
    changed = full()
    put(changed, path, 1)
    assert (paper(changed) == paper(full())) == (path in NOT_SIGNED)


def told(page: str, first: str) -> str:
    """Return what a row of a table says after its first cell, without marks."""
    (row,) = re.findall(rf"^\| `?{re.escape(first)}`?(?: \([^|]*\))? \|(.*)\|$", page, re.MULTILINE)
    return str(row).replace("_", " ")


@pytest.mark.parametrize("method", OTHERS, ids=lambda each: each.name)
def test_other_decisions_tell_what_is_signed(method: Any) -> None:
    """Each field of a decision is a part of its paper in docs/formats.md, or stands above with its reason."""
    page = FORMATS.read_text("utf-8")
    parts = told(page, PURPOSES.get(method.name, method.name))
    missing = [
        field.name
        for field in method.input_type.fields
        if field.name != "request_id"
        and not is_signature(field)
        and f"{method.name}.{field.name}" not in NOT_SIGNED
        and not re.search(rf"\b{field.name.replace('_', ' ')}\b", parts)
    ]
    assert missing == []


def is_signature(field: FieldDescriptor) -> bool:
    """Return whether a field holds signatures."""
    return field.message_type is not None and field.message_type.full_name == SIGNATURE
