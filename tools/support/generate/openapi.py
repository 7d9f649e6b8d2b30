"""Makes the OpenAPI document of the platform edge's methods in JSON, from their descriptors and paths.

Values are spelt as ProtoJSON spells them (protobuf.dev, "ProtoJSON Format"): names in lowerCamelCase, bytes
in base64, 64-bit integers and durations as texts, enums by name.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from google.api import http_pb2  # type: ignore[import-untyped]
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorSet,
)

from idvault_verify.v1 import options_pb2

_Json = dict[str, Any]
_Path = tuple[int, ...]
_Field = FieldDescriptorProto
_PLAIN: Mapping[int, _Json] = {
    _Field.TYPE_STRING: {"type": "string"},
    _Field.TYPE_BYTES: {"type": "string", "format": "byte"},
    _Field.TYPE_BOOL: {"type": "boolean"},
    _Field.TYPE_DOUBLE: {"type": "number", "format": "double"},
    _Field.TYPE_INT32: {"type": "integer", "format": "int32"},
    _Field.TYPE_UINT32: {"type": "integer", "format": "int64", "minimum": 0},
    _Field.TYPE_INT64: {"type": "string", "format": "int64"},
    _Field.TYPE_UINT64: {"type": "string", "format": "uint64"},
}
_KNOWN: Mapping[str, _Json] = {
    ".google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    ".google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$"},
}
_STATUS: _Json = {
    "type": "object",
    "description": "A refusal (google.rpc.Status). details has the reason (ErrorInfo), wrong fields by path "
    "and code (BadRequest), when to try again (RetryInfo), the id of the call (RequestInfo), if there are.",
    "properties": {
        "code": {"type": "integer", "format": "int32", "description": "The gRPC status code."},
        "message": {"type": "string"},
        "details": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"@type": {"type": "string"}},
                "required": ["@type"],
                "additionalProperties": True,
            },
        },
    },
}
_IN_PATH = re.compile(r"{([a-z_]+)}")


def document(described: FileDescriptorSet, rules: Mapping[str, http_pb2.HttpRule]) -> _Json:
    """Return the document of the methods that have a rule. described: with comments."""
    return _Document(described).of(rules)


class _Document:
    """Knows every message, enum and comment of the descriptors."""

    def __init__(self, described: FileDescriptorSet) -> None:
        self._comments: dict[str, str] = {}
        self._messages: dict[str, DescriptorProto] = {}
        self._enums: dict[str, EnumDescriptorProto] = {}
        self._files = [file for file in described.file if file.package == "idvault.v1"]
        for file in self._files:
            commented = {tuple(each.path): each.leading_comments for each in file.source_code_info.location}
            for number, message in enumerate(file.message_type):
                self._learn(f".{file.package}", message, (4, number), commented)
            for number, enum in enumerate(file.enum_type):
                self._enums[f".{file.package}.{enum.name}"] = enum
                self._comments[f".{file.package}.{enum.name}"] = commented.get((5, number), "")
            for number, service in enumerate(file.service):
                for place, method in enumerate(service.method):
                    name = f"{file.package}.{service.name}.{method.name}"
                    self._comments[name] = commented.get((6, number, 2, place), "")

    def _learn(
        self, within: str, message: DescriptorProto, path: _Path, commented: Mapping[_Path, str]
    ) -> None:
        name = f"{within}.{message.name}"
        self._messages[name] = message
        self._comments[name] = commented.get(path, "")
        for number, field in enumerate(message.field):
            self._comments[f"{name}.{field.name}"] = commented.get((*path, 2, number), "")
        for number, enum in enumerate(message.enum_type):
            self._enums[f"{name}.{enum.name}"] = enum
            self._comments[f"{name}.{enum.name}"] = commented.get((*path, 4, number), "")
        for number, nested in enumerate(message.nested_type):
            self._learn(name, nested, (*path, 3, number), commented)

    def of(self, rules: Mapping[str, http_pb2.HttpRule]) -> _Json:
        paths: dict[str, _Json] = {}
        for name, rule in rules.items():
            verb, path = ("get", rule.get) if rule.get else ("post", rule.post)
            told = _IN_PATH.sub(lambda found: f"{{{_camel(found[1])}}}", path)
            paths.setdefault(told, {})[verb] = self._operation(name, path, body=bool(rule.body))
        schemas = {"Status": _STATUS, **dict(sorted(self._schemas(paths)))}
        return {
            "openapi": "3.1.0",
            "info": {
                "title": "idvault, platform edge",
                "version": "v1",
                "description": "JSON for the calls of an instant-messaging backend, through Envoy; "
                "docs/clients.md shows how. Made by scripts/gen_json.py from proto/.",
                "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "https://localhost:8443"}],
            "security": [{"certificate": []}],
            "paths": paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": {
                    "certificate": {"type": "mutualTLS", "description": "A client certificate."}
                },
            },
        }

    def _operation(self, name: str, path: str, *, body: bool) -> _Json:
        _, service, method = name.rsplit(".", 2)
        found = next(
            each for file in self._files for one in file.service if one.name == service
            for each in one.method if each.name == method
        )  # fmt: skip
        in_path = _IN_PATH.findall(path)
        asked = self._messages[found.input_type]
        answer: _Json = {"$ref": _ref(found.output_type)}
        operation: _Json = {
            "operationId": f"{service}_{method}",
            "tags": [service],
            "description": _text(self._comments[name]),
            "parameters": [self._parameter(found.input_type, asked, field, "path") for field in in_path],
        }
        if body:
            schema = self._message(found.input_type, without=in_path)
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
        else:
            operation["parameters"] += self._query(found.input_type, in_path)
        if found.server_streaming:
            answer = {"type": "array", "items": answer}
        operation["responses"] = {
            "200": _answer("The answer.", answer),
            "default": _answer("A refusal.", {"$ref": "#/components/schemas/Status"}),
        }
        return operation

    def _parameter(self, message: str, asked: DescriptorProto, name: str, place: str) -> _Json:
        field = next(each for each in asked.field if each.name == name)
        described = _text(self._comments[f"{message}.{name}"])
        told: _Json = {"name": field.json_name, "in": place, "description": described}
        if place == "path":
            told["required"] = True
        return {**told, "schema": self._type(field)}

    def _query(self, message: str, in_path: Iterable[str], prefix: str = "") -> Iterator[_Json]:
        """Yield the parameters of a request without a body; those of a message in it are `outer.inner`."""
        asked = self._messages[message]
        for field in asked.field:
            if field.name in in_path:
                continue
            if field.type == _Field.TYPE_MESSAGE and field.type_name not in _KNOWN:
                yield from self._query(field.type_name, (), f"{prefix}{field.json_name}.")
            else:
                told = self._parameter(message, asked, field.name, "query")
                yield {**told, "name": prefix + told["name"]}

    def _schemas(self, told: object) -> Iterator[tuple[str, _Json]]:
        """Yield every schema that is referred to, and those that they refer to."""
        seen: set[str] = set()
        waiting = list(_references(told))
        while waiting:
            name = waiting.pop()
            if name in seen or name == "Status":
                continue
            seen.add(name)
            full = f".idvault.v1.{name}"
            schema = self._enum(full) if full in self._enums else self._message(full)
            waiting += _references(schema)
            yield name, schema

    def _message(self, name: str, *, without: Iterable[str] = ()) -> _Json:
        left = [field for field in self._messages[name].field if field.name not in without]
        described = {field.json_name: self._property(name, field) for field in left}
        told: _Json = {"type": "object", "description": _text(self._comments[name])}
        return {**told, "properties": described, "additionalProperties": False}

    def _property(self, message: str, field: FieldDescriptorProto) -> _Json:
        told = {**self._type(field), "description": _text(self._comments[f"{message}.{field.name}"])}
        if field.options.Extensions[options_pb2.pii]:
            told["description"] += " Personal data."
        return told

    def _enum(self, name: str) -> _Json:
        values = [value.name for value in self._enums[name].value]
        return {"type": "string", "description": _text(self._comments[name]), "enum": values}

    def _type(self, field: FieldDescriptorProto) -> _Json:
        if field.type in (_Field.TYPE_MESSAGE, _Field.TYPE_ENUM):
            found = _KNOWN.get(field.type_name) or {"$ref": _ref(field.type_name)}
        else:
            found = _PLAIN[field.type]
        if field.label == _Field.LABEL_REPEATED:
            return {"type": "array", "items": dict(found)}
        return dict(found)


def _answer(description: str, schema: _Json) -> _Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _references(told: object) -> Iterator[str]:
    if isinstance(told, Mapping):
        if "$ref" in told:
            yield told["$ref"].rpartition("/")[2]
        for each in told.values():
            yield from _references(each)
    elif isinstance(told, list):
        for each in told:
            yield from _references(each)


def _ref(name: str) -> str:
    return f"#/components/schemas/{name.removeprefix('.idvault.v1.')}"


def _text(comment: str) -> str:
    return " ".join(comment.split())


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
