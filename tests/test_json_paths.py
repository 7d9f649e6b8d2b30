"""The paths of the methods in JSON: complete, and nothing personal or secret in one."""

import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

import pytest
import yaml
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from openapi_spec_validator import validate

import idvault_verify.v1
from idvault_verify.v1 import options_pb2
from tools.support import envoy
from tools.support.generate import json_edge, openapi
from tools.support.project import expect_none

# What only its owner knows, beside what the contract marks as personal.
_SECRETS = {"secret", "bind_code", "invitation_code", "contact"}


def services() -> Iterator[ServiceDescriptor]:
    """Yield the services that a platform calls."""
    for module in iter_modules(idvault_verify.v1.__path__):
        if module.name.endswith("_pb2"):
            found = import_module(f"idvault_verify.v1.{module.name}").DESCRIPTOR.services_by_name
            yield from (each for each in found.values() if any(map(of_platform, each.methods)))


def of_platform(method: MethodDescriptor) -> bool:
    return options_pb2.ROLE_PLATFORM in method.GetOptions().Extensions[options_pb2.access]


def carried() -> dict[str, MethodDescriptor]:
    """Return the methods that JSON can carry: all of a platform but the stream that does not end."""
    found = {each.full_name: each for service in services() for each in service.methods if of_platform(each)}
    del found["idvault.v1.StatusService.WatchStatuses"]
    return found


METHODS = carried()


def test_each_method_of_a_platform_has_a_path() -> None:
    """And no other method has one: what a moderator, the pages or custodians call stays with gRPC."""
    assert json_edge.rules().keys() == METHODS.keys()
    assert len(METHODS) > 60


def test_envoy_serves_the_services_that_have_paths() -> None:
    """The filter, and the routes to which its calls lead."""
    names = {method.containing_service.full_name for method in METHODS.values()}
    found = yaml.safe_load((envoy.FOLDER / "envoy.yaml").read_text("utf-8"))
    (listener,) = found["static_resources"]["listeners"]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    filters = {each["name"].rpartition(".")[2]: each["typed_config"] for each in manager["http_filters"]}
    assert set(filters["grpc_json_transcoder"]["services"]) == names
    (host,) = manager["route_config"]["virtual_hosts"]
    routes = {route["match"]["prefix"]: route["name"] for route in host["routes"]}
    assert routes == {f"/{name}/": name.rpartition(".")[2] for name in names}


@pytest.mark.parametrize("name", METHODS)
def test_a_read_is_a_get_unless_it_asks_for_something_secret(name: str) -> None:
    """A POST has everything in its body, a GET nothing; what is in a path is a field of the request."""
    rule, method = json_edge.rules()[name], METHODS[name]
    reads = method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS
    if rule.get:
        assert reads
        assert not rule.body
    else:
        assert rule.post
        assert rule.body == "*"
    in_path = re.findall(r"{([a-z_]+)}", rule.get or rule.post)
    assert set(in_path) <= set(method.input_type.fields_by_name)


def open_fields(name: str) -> Iterator[str]:
    """Yield the fields of a method that stand in its path or query."""
    rule, asked = json_edge.rules()[name], METHODS[name].input_type
    if rule.get:
        yield from told(asked)
    else:
        in_path = re.findall(r"{([a-z_]+)}", rule.post)
        yield from (each for each in in_path if closed(asked.fields_by_name[each]))


def told(asked: Descriptor) -> Iterator[str]:
    for field in asked.fields:
        if closed(field):
            yield field.full_name
        if field.message_type is not None:
            yield from told(field.message_type)


def closed(field: FieldDescriptor) -> bool:
    """Return whether logs must not have a field."""
    return field.name in _SECRETS or bool(field.GetOptions().Extensions[options_pb2.pii])


def test_no_path_or_query_has_personal_data_or_a_secret() -> None:
    """Logs of proxies and programs keep both."""
    expect_none(f"{name}: {field}" for name in METHODS for field in open_fields(name))
    asked = METHODS["idvault.v1.VerificationService.VerifyIndividual"].input_type
    assert "idvault.v1.VerifyIndividualRequest.real_name" in set(told(asked))


def test_the_committed_files_are_fresh() -> None:
    """Envoy's descriptors and the OpenAPI document are those of the contract and of the paths."""
    for path, content in json_edge.files().items():
        assert path.read_bytes() == content, "run scripts/gen_json.py"


def test_the_descriptors_have_each_path() -> None:
    """With what they import, each file after what it needs, as Envoy reads them."""
    seen: set[str] = set()
    annotated = 0
    for file in json_edge.annotated().file:
        assert seen >= set(file.dependency)
        seen.add(file.name)
        for service in file.service:
            annotated += sum(b"/v1/" in method.options.SerializeToString() for method in service.method)
    assert annotated == len(METHODS)
    assert "google/rpc/error_details.proto" in seen


def test_the_document_is_valid() -> None:
    """OpenAPI 3.1: its own schema, every reference, every parameter of a path."""
    document = openapi.document(json_edge.described(), json_edge.rules())
    validate(document)
    del document["paths"]["/v1/accounts/{accountToken}/status"]["get"]["parameters"]
    with pytest.raises(Exception, match="accountToken"):
        validate(document)
