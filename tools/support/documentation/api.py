"""The API reference, made of the comments: a page for each .proto file, and one that lists every method."""

import re
from collections.abc import Iterator, Mapping, Sequence

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, MethodDescriptorProto

from tools.support.documentation import contract
from tools.support.documentation.contract import Contract, Place

_PACKAGE = ".idvault.v1."
# Dots in the name of a method, of a nested message or enum: .idvault.v1.Service.Method.
_METHOD_DOTS = 4
_KINDS = {number: name.removeprefix("TYPE_").lower() for name, number in FieldDescriptorProto.Type.items()}
_STATUS = re.compile(r";\s*(?=[A-Z_]+\b)(?![^(]*\))")
_INDEX = """# API reference

Made from the comments of `proto/idvault/v1` when the site is built. Everything is gRPC over mutual TLS,
package `idvault.v1`. The role of a caller is in its client certificate, and each method names the roles that
may call it; a caller of another role gets PERMISSION_DENIED. A refused call carries one of the
[reasons](../reasons.md). Fields marked *personal* are in no log line, error, metric or trace.

| Method | Called by | |
| --- | --- | --- |
"""


def pages() -> dict[str, str]:
    """Return the pages by their names; links are relative to the folder of the pages."""
    files = contract.load()
    pages_of = {
        f"{_PACKAGE}{name}": file.name
        for file in files
        for names in (file.messages(), file.enums())
        for _, name, _ in names
    }
    pages_of |= {
        f"{_PACKAGE}{service.name}.{method.name}": file.name
        for file in files
        for place, service in file.services()
        for _, method in file.methods(place, service)
    }
    written = {file.name: _page(file, pages_of) for file in files}
    return {"index": _index(files), **written}


def _index(files: list[Contract]) -> str:
    rows = [
        f"| [{service.name}.{method.name}]({file.name}.md#{service.name}.{method.name})"
        f" | {', '.join(contract.roles(method))} | {_first(file, place)} |"
        for file in files
        for where, service in file.services()
        for place, method in file.methods(where, service)
    ]
    others = [f"- [{file.name}.proto]({file.name}.md)" for file in files if not file.file.service]
    return _INDEX + "\n".join([*rows, "", "Messages without a service of their own:", "", *others]) + "\n"


def _page(file: Contract, pages_of: Mapping[str, str]) -> str:
    parts = [f"# {file.name}.proto", _text(file.comments.get((12,), ""))]
    for place, service in file.services():
        parts += [f"## {service.name} {{ #{service.name} }}", _text(file.comments.get(place, ""))]
        for inner, method in file.methods(place, service):
            parts.append(f"### {method.name} {{ #{service.name}.{method.name} }}")
            parts += _method(method, _comment(file, inner), file, pages_of)
    messages, enums = list(file.messages()), list(file.enums())
    parts += ["## Messages"] if messages else []
    for place, name, message in messages:
        parts += [f"### {name} {{ #{name} }}", _text(_comment(file, place))]
        parts += _fields(file, place, message, pages_of)
    parts += ["## Enums"] if enums else []
    for place, name, enum in enums:
        values = [
            (f"`{value.name}`", str(value.number), _cell(_comment(file, (*place, contract.VALUE, number))))
            for number, value in enumerate(enum.value)
        ]
        parts += [f"### {name} {{ #{name} }}", _text(_comment(file, place))]
        parts.append(_table(("Value", "Number", "Meaning"), values))
    return "\n\n".join(part for part in parts if part) + "\n"


def _method(
    method: MethodDescriptorProto, comment: str, file: Contract, pages_of: Mapping[str, str]
) -> Iterator[str]:
    takes = _type(method.input_type, pages_of, file)
    gives = _type(method.output_type, pages_of, file)
    stream = "a stream of " if method.server_streaming else ""
    safe = ". It changes nothing" if method.options.idempotency_level else ""
    yield f"Takes {takes}, returns {stream}{gives}. Called by **{', '.join(contract.roles(method))}**{safe}."
    for paragraph in _paragraphs(comment):
        if paragraph.startswith("Statuses: "):
            statuses = _STATUS.split(paragraph.removeprefix("Statuses: ").rstrip("."))
            shown = (_linked(_escaped(status), pages_of, file) for status in statuses)
            yield "Statuses:\n\n" + "\n".join(f"- {status}" for status in shown)
        else:
            yield _escaped(paragraph)


def _linked(status: str, pages_of: Mapping[str, str], file: Contract) -> str:
    """Return "as OTHER" with links to the methods whose statuses are the same."""
    if not status.startswith("as "):
        return status
    methods = {name.rpartition(".")[2]: name for name in pages_of if name.count(".") == _METHOD_DOTS}
    words = [_type(methods[word], pages_of, file) if word in methods else word for word in status.split()]
    return " ".join(words)


def _fields(
    file: Contract, place: Place, message: DescriptorProto, pages_of: Mapping[str, str]
) -> Iterator[str]:
    rows = []
    for number, field in enumerate(message.field):
        kind = _type(field.type_name, pages_of, file) if field.type_name else _KINDS[field.type]
        if field.label == FieldDescriptorProto.LABEL_REPEATED:
            kind = f"repeated {kind}"
        if field.HasField("oneof_index") and not field.proto3_optional:
            kind += f", one of `{message.oneof_decl[field.oneof_index].name}`"
        notes = [word for word, holds in (("optional", field.proto3_optional),) if holds]
        notes += ["*personal*"] if contract.is_personal(field) else []
        text = _cell(_comment(file, (*place, contract.FIELD, number)))
        rows.append((f"`{field.name}`", ", ".join([kind, *notes]), str(field.number), text))
    if rows:
        yield _table(("Field", "Type", "Number", "Meaning"), rows)
    else:
        yield "No fields."


def _type(name: str, pages_of: Mapping[str, str], file: Contract) -> str:
    if name not in pages_of:
        return f"`{name.removeprefix('.')}`"
    shown, page = name.removeprefix(_PACKAGE), pages_of[name]
    return f"[{shown}]({'' if page == file.name else f'{page}.md'}#{shown})"


def _comment(file: Contract, place: Place) -> str:
    """Return the comment; raises KeyError if there is none."""
    return file.comments[place]


def _first(file: Contract, place: Place) -> str:
    sentence = re.split(r"(?<=[a-z0-9)\]])[.:](?:\s|$)", _paragraphs(_comment(file, place))[0])[0]
    return _escaped(sentence).replace("|", "&#124;")


def _paragraphs(comment: str) -> list[str]:
    lines = [line.removeprefix(" ").rstrip() for line in comment.splitlines()]
    joined = "\n".join(lines).strip()
    return [" ".join(part.split("\n")) for part in re.split(r"\n{2,}", joined)] if joined else []


def _text(comment: str) -> str:
    return "\n\n".join(_escaped(paragraph) for paragraph in _paragraphs(comment))


def _cell(comment: str) -> str:
    return _text(comment).replace("\n\n", " ").replace("|", "&#124;")


def _escaped(text: str) -> str:
    """Return a comment as Markdown that shows the same characters."""
    parts = text.split("`")
    escaped = [part if index % 2 else _plain(part) for index, part in enumerate(parts)]
    return "`".join(escaped)


def _plain(text: str) -> str:
    return re.sub(r"([*\[\]\\])", r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;"))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
