"""Who may call what: the certificate states the identity, the registration grants access."""

from datetime import timedelta
from urllib.error import HTTPError

import grpc
import pytest
from grpc_health.v1 import health_pb2

from idvault_client import AccessDenied, Tls, Vault, VaultError, transport
from tests.support.house import House
from tests.test_proto_contract import SERVICES_OF, WHO_MAY_CALL
from tools.support import monitoring
from tools.support.sandbox import Registry, fetch, invent, verify, wait_for


def _own(house: House, name: str) -> Tls:
    paths = house.ready["certificates"][name]
    return Tls(house.ready["ca"], paths["certificate"], paths["key"])


def test_platform_is_registered_and_revoked_while_the_service_runs(house: House, registry: Registry) -> None:
    """A new platform can call within seconds of its registration, and no longer soon after its revocation."""
    tls = house.certificate(house.platform("platform-c"), file="platform-c")
    with house.connect(tls) as vault:
        with pytest.raises(AccessDenied):
            verify(vault, invent())
        command = ["platform", "register", "platform-c", "--certificate", tls.certificate]
        for _ in range(2):
            done = house.command(*command)
            assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "platform: platform-c registered")
        assert wait_for(lambda: _may_call(vault))
        assert verify(vault, registry.newcomer()).succeeded
        done = house.command("platform", "revoke", "platform-c", "--certificate", tls.certificate)
        assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "platform: platform-c revoked")
        assert wait_for(lambda: not _may_call(vault))
        with pytest.raises(AccessDenied):
            verify(vault, invent())


def _may_call(vault: Vault) -> bool:
    try:
        vault.get_verification("00000000-0000-4000-8000-000000000000")
    except AccessDenied:
        return False
    except VaultError as error:
        return error.code == "NOT_FOUND"
    return True


@pytest.mark.parametrize(("port", "name"), [("grpc", "platform-a"), ("grpc_custody", "custodian-a")])
def test_both_edges_say_that_they_serve(house: House, port: str, name: str) -> None:
    """Health answers SERVING on both ports to a registered caller."""
    credentials = _own(house, name).credentials()
    with grpc.secure_channel(house.ready[port], credentials) as channel:
        check: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
            "/grpc.health.v1.Health/Check"
        )
        content = check(health_pb2.HealthCheckRequest().SerializeToString(), timeout=60)
    answer = health_pb2.HealthCheckResponse.FromString(content)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize(("port", "edge"), [("grpc", "platform"), ("grpc_custody", "custody")])
@pytest.mark.parametrize("name", ["platform-a", "auditor-a", "custodian-a", "operator", "monitor"])
def test_each_method_is_served_to_its_roles_on_its_edge(
    house: House, port: str, edge: str, name: str
) -> None:
    """The running processes serve exactly what the table lists; access is checked before parsing."""
    role = name.rpartition("-")[0] or name
    options = transport.options(house.ready["server_name"])
    with grpc.secure_channel(house.ready[port], _own(house, name).credentials(), options=options) as channel:
        found = {method: _answer(channel, method) for method in WHO_MAY_CALL}
    for method, roles in WHO_MAY_CALL.items():
        if method.partition(".")[0] not in SERVICES_OF[edge]:
            assert found[method] == ("UNIMPLEMENTED", "")
        elif f"ROLE_{role.upper()}" in roles:
            assert found[method] == ("INVALID_ARGUMENT", "INVALID_MESSAGE")
        else:
            assert found[method] == ("PERMISSION_DENIED", "ACCESS_DENIED")


def _answer(channel: grpc.Channel, method: str) -> tuple[str, str]:
    """Send a method an invalid message; return code and reason."""
    service, _, name = method.partition(".")
    call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(f"/idvault.v1.{service}/{name}")
    with pytest.raises(grpc.RpcError) as caught:
        call(b"\x07", timeout=60)
    assert isinstance(caught.value, grpc.Call)
    code = caught.value.code().name
    return code, "" if code == "UNIMPLEMENTED" else caught.value.details() or ""


def test_metrics_count_calls_and_carry_no_person(house: House, vault: Vault, registry: Registry) -> None:
    """The metrics page counts calls and registry answers by fixed labels, without accounts."""
    token = verify(vault, registry.newcomer()).account_token
    pages = {process: fetch(url).decode() for process, url in house.ready["metrics"].items()}
    page = pages["serve-0"]
    for name in ("rpc_total", "rpc_seconds", "registry_calls_total", "seal_seconds"):
        assert f"idvault_{name}" in page
    assert "VerifyIndividual" in page
    assert "idvault_claims_pending" in pages["work"]
    assert all(token not in text for text in pages.values())


def test_what_alerts_and_dashboards_use_is_served(house: House) -> None:
    """Every metric of rules, dashboards and documents is on the page of some process."""
    pages = {process: fetch(url).decode() for process, url in house.ready["metrics"].items()}
    assert pages.keys() == {"serve-0", "work", "web", "witness"}
    served = {"up"} | {
        line.split()[2] for page in pages.values() for line in page.splitlines() if line.startswith("# TYPE")
    }
    expressions = monitoring.expressions()
    assert set().union(*(monitoring.metrics(each) for each in expressions)) <= served
    assert {word for word in monitoring.documented() if not word.endswith("_")} <= served


def test_every_process_is_alive_and_ready(house: House) -> None:
    """Supervisors may ask the metrics port of each process without a certificate."""
    ports = [url.removesuffix("/metrics") for url in house.ready["metrics"].values()]
    assert {fetch(f"{port}/healthz") for port in ports} == {b"ok\n"}
    assert wait_for(lambda: all(_is_ready(f"{port}/readyz") for port in ports))


def _is_ready(url: str) -> bool:
    try:
        return fetch(url) == b"ok\n"
    except HTTPError:
        return False


def test_business_clock_does_not_move_certificates(own_house: House) -> None:
    """Shifting business time by ten years changes what has expired, but TLS uses real time."""
    own_house.shift(timedelta(days=3_650))
    with own_house.vault() as vault:
        assert wait_for(lambda: _may_call(vault))
