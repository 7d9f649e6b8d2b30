"""The tables of docs/formats.md that the code knows: events, breakdowns, messages and enums by number."""

import pkgutil
from collections.abc import Iterable, Iterator
from importlib import import_module

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from idvault_verify import v1
from idvault_verify.event import FIELDS
from idvault_verify.report import catalogue

_PACKAGE = "idvault.v1."
# What is signed, hashed or kept as a file; besides, every request that has a fingerprint.
_PAPERS = ("Receipt", "Erasure", "DisclosureHistory", "DisclosureEvidence", "CampaignPlan")


def events() -> str:
    """Return a row for each type of entry, with its fields."""
    return _rows((f"`{kind.value}`", ", ".join(fields)) for kind, fields in FIELDS.items())


def breakdowns() -> str:
    """Return a row for each breakdown, with its cells."""
    return _rows(
        (
            f"`{each.name}`",
            f"`{each.total}`",
            "texts, `OTHER`" if each.by_text else ", ".join(f"`{cell}`" for cell in each.cells),
        )
        for each in catalogue.breakdowns()
    )


def messages() -> str:
    """Return a row for each message that a format counts by number: its fields with their numbers."""
    return _rows((f"`{_name(each)}`", ", ".join(map(_field, each.fields))) for each in _messages())


def enums() -> str:
    """Return a row for each enum of these messages: its numbers with their names."""
    found = {
        field.enum_type.full_name: field.enum_type
        for each in _messages()
        for field in each.fields
        if field.enum_type is not None
    }
    return _rows(
        (f"`{_name(each)}`", ", ".join(f"{value.number} {value.name}" for value in each.values))
        for each in sorted(found.values(), key=_name)
    )


def _field(field: FieldDescriptor) -> str:
    """Return number and name; a message has presence without a mark."""
    is_marked = field.message_type is None and field.has_presence
    return f"{field.number} `{field.name}`{' (presence)' if is_marked else ''}"


def _rows(cells: Iterable[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in cells)


def _name(each: Descriptor | EnumDescriptor) -> str:
    return str(each.full_name).removeprefix(_PACKAGE)


def _messages() -> list[Descriptor]:
    found: dict[str, Descriptor] = {}
    waiting = [each for each in _known() if _has_fingerprint(each) or each.name in _PAPERS]
    while waiting:
        each = waiting.pop()
        if each.full_name not in found and each.full_name.startswith(_PACKAGE):
            found[each.full_name] = each
            waiting += [field.message_type for field in each.fields if field.message_type is not None]
    return sorted(found.values(), key=_name)


def _known() -> Iterator[Descriptor]:
    for module in pkgutil.iter_modules(v1.__path__, f"{v1.__name__}."):
        yield from import_module(module.name).DESCRIPTOR.message_types_by_name.values()


def _has_fingerprint(each: Descriptor) -> bool:
    return each.name.endswith("Request") and "request_id" in each.fields_by_name
