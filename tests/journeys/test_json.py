"""A platform without gRPC: JSON through its own Envoy, as docs/clients.md says."""

import json
import re
import shlex
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from idvault_client import testing
from idvault_client.testing import Server, SyntheticPerson
from tools.support import envoy
from tools.support.authority import Authority
from tools.support.checkout import HERE
from tools.support.cluster import free_port
from tools.support.envoy import Answer, Sidecar

pytestmark = pytest.mark.process
_PAGE = HERE.folder / "docs" / "clients.md"
_UNKNOWN = "acct_" + "0" * 25 + "9"
_VERIFY = "/v1/verifications:verifyIndividual"
_DOCUMENT = json.loads((envoy.FOLDER / "openapi.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A vault."""
    with testing.server() as found:
        yield found


@pytest.fixture(scope="module")
def sidecar(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sidecar]:
    """The Envoy of platform-a."""
    with envoy.running(tmp_path_factory.mktemp("envoy"), testing.endpoint(server.ready_file)) as found:
        yield found


def page_calls() -> list[tuple[str, str, Any]]:
    """Return method, path and body of each call of the page."""
    text = _PAGE.read_text("utf-8").partition("## JSON over HTTP")[2]
    (block,) = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    found = []
    for command in re.split(r"^(?=curl )", block, flags=re.MULTILINE)[1:]:
        words = shlex.split(command)
        body = json.loads(words[words.index("--json") + 1]) if "--json" in words else None
        (url,) = (word for word in words if word.startswith("https://localhost:8443"))
        found.append(("GET" if body is None else "POST", url.removeprefix("https://localhost:8443"), body))
    return found


def request(person: SyntheticPerson, request_id: str) -> dict[str, Any]:
    """Return the body of a sign-up."""
    ((_, _, body), _) = page_calls()
    document = {**body["document"], "number": person.number}
    return {**body, "realName": person.name, "document": document, "requestId": request_id}


def expect_schema(answer: Answer, name: str) -> None:
    """Compare an answer with the OpenAPI document."""
    Draft202012Validator({**_DOCUMENT, "$ref": f"#/components/schemas/{name}"}).validate(answer.content)


def violations(answer: Answer) -> dict[str, str]:
    """Return code by field of a refusal."""
    (found,) = (each for each in answer.content["details"] if each["@type"].endswith("BadRequest"))
    return {each["field"]: each["reason"] for each in found["fieldViolations"]}


def test_what_the_page_says(server: Server, sidecar: Sidecar) -> None:
    """Its two calls sign somebody up and read the status, and the answers are those of the document."""
    sign_up, read = page_calls()
    body = sign_up[2]
    server.registry.add(SyntheticPerson(body["realName"], body["document"]["number"]))
    claim = sidecar.ask(*sign_up)
    assert (claim.status, claim.content["state"]) == (200, "STATE_SUCCEEDED")
    expect_schema(claim, "Verification")
    token = claim.content["accountToken"]
    status = sidecar.ask(read[0], read[1].replace("$TOKEN", token))
    assert (status.status, status.content["accountToken"]) == (200, token)
    expect_schema(status, "AccountStatus")
    batch = sidecar.ask("POST", "/v1/accounts:batchGetStatuses", {"accountTokens": [token, _UNKNOWN]})
    assert batch.content["statuses"] == [status.content]
    assert batch.content["unknownAccountTokens"] == [_UNKNOWN]
    logged = sidecar.log.read_text("utf-8")
    assert '"service":"VerificationService"' in logged
    assert not [word for word in (token, body["realName"], body["document"]["number"]) if word in logged]


def test_a_repeat_is_the_same_act(server: Server, sidecar: Sidecar) -> None:
    """The same request id is charged once; with another body it is refused."""
    person, other = server.registry.newcomer(), server.registry.newcomer()
    request_id = "0b5f4c1e-5a4e-4c7e-9a52-5d9f6ad3c002"
    charged = server.registry.counters()["charged"]
    first, again = (sidecar.ask("POST", _VERIFY, request(person, request_id)) for _ in range(2))
    assert first.content["accountToken"] == again.content["accountToken"]
    assert server.registry.counters()["charged"] == charged + 1
    refused = sidecar.ask("POST", _VERIFY, request(other, request_id))
    assert (refused.status, refused.reason) == (409, "REQUEST_ID_REUSED")


def test_a_refusal_keeps_reason_fields_and_id(server: Server, sidecar: Sidecar) -> None:
    """As google.rpc.Status, with the codes of wrong fields and never their values."""
    person = replace(server.registry.newcomer(), number="110105194912310021")
    refused = sidecar.ask("POST", _VERIFY, request(person, "0b5f4c1e-5a4e-4c7e-9a52-5d9f6ad3c003"))
    assert (refused.status, refused.reason) == (400, "INVALID_DOCUMENT_NUMBER")
    assert violations(refused) == {"document.number": "CHECK_DIGIT"}
    assert person.number not in json.dumps(refused.content)
    expect_schema(refused, "Status")
    unknown = sidecar.ask("GET", f"/v1/accounts/{_UNKNOWN}/status")
    assert (unknown.status, unknown.reason) == (404, "ACCOUNT_NOT_FOUND")
    assert [each["requestId"] for each in unknown.content["details"] if "requestId" in each]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", _VERIFY, b'{"realName": "canary-name"', 400),
        ("POST", _VERIFY, b'{"document": {"type": "canary-type"}}', 400),
        ("POST", _VERIFY, b'{"realName": {"canary": 1}}', 400),
        ("GET", f"/v1/accounts/{_UNKNOWN}/status?canary=1", None, 400),
        ("GET", "/v1/canary", None, 404),
        ("POST", "/idvault.v1.DisclosureService/GetDisclosure", b'{"disclosureId": "canary"}', 404),
        ("POST", _VERIFY, b'{"realName": "' + b"canary" * 1_000_000 + b'"}', 413),
    ],
)
def test_envoys_refusals_repeat_nothing(
    sidecar: Sidecar, method: str, path: str, body: bytes | None, status: int
) -> None:
    """What is no call of a platform does not reach the vault, and is refused in the vault's form."""
    refused = sidecar.ask(method, path, body)
    assert refused.status == status
    expect_schema(refused, "Status")
    assert refused.content["message"]
    assert "canary" not in json.dumps(refused.content) + sidecar.log.read_text("utf-8")


def test_only_a_program_of_the_platform_is_served(sidecar: Sidecar) -> None:
    """Who has no certificate of the platform's own authority is that platform for nobody."""
    with pytest.raises(ssl.SSLError):
        sidecar.ask("GET", f"/v1/accounts/{_UNKNOWN}/status", program=Authority().client("spiffe://x/y"))


def test_each_platform_sees_its_own(server: Server, sidecar: Sidecar, tmp_path: Path) -> None:
    """Another platform's Envoy has another certificate, so its programs are that platform."""
    person = server.registry.newcomer()
    body = request(person, "0b5f4c1e-5a4e-4c7e-9a52-5d9f6ad3c004")
    token = sidecar.ask("POST", _VERIFY, body).content["accountToken"]
    of_b = testing.endpoint(server.ready_file, platform="platform-b")
    with envoy.running(tmp_path, of_b) as other:
        refused = other.ask("GET", f"/v1/accounts/{token}/status")
    assert (refused.status, refused.reason) == (404, "ACCOUNT_NOT_FOUND")


@pytest.mark.parametrize("wrong", ["name", "authority", "port"])
def test_a_vault_that_is_not_the_one_is_not_called(server: Server, tmp_path: Path, wrong: str) -> None:
    """Another name or authority is refused like a vault that is away: nothing is sent to it."""
    vault = testing.endpoint(server.ready_file)
    with ExitStack() as stack:
        if wrong == "name":
            vault = replace(vault, server_name="other.example")
        elif wrong == "authority":
            (tmp_path / "other.pem").write_bytes(Authority().ca)
            vault = replace(vault, tls=replace(vault.tls, ca=tmp_path / "other.pem"))
        else:
            vault = replace(vault, target=f"127.0.0.1:{free_port()}")
        found = stack.enter_context(envoy.running(tmp_path, vault))
        refused = found.ask("GET", f"/v1/accounts/{_UNKNOWN}/status")
    assert refused.status == 503
    assert refused.content["code"] == 14
    expect_schema(refused, "Status")
