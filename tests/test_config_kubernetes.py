"""Kubernetes's variables of Services are no settings, and nothing else is taken for them."""

import pytest

from idvault.core.config import PREFIX, ConfigError, Process, Settings, kubernetes, load


def service(name: str, *, host: str = "10.96.0.7", port: int = 7443, more: int = 9000) -> dict[str, str]:
    """Return the variables of a Service with two ports, as the kubelet makes them."""
    at = f"[{host}]" if ":" in host else host
    found = {
        f"{name}_SERVICE_HOST": host,
        f"{name}_SERVICE_PORT": str(port),
        f"{name}_SERVICE_PORT_GRPC": str(port),
        f"{name}_SERVICE_PORT_METRICS_2": str(more),
        f"{name}_PORT": f"tcp://{at}:{port}",
    }
    for each in (port, more):
        found |= {
            f"{name}_PORT_{each}_TCP": f"tcp://{at}:{each}",
            f"{name}_PORT_{each}_TCP_PROTO": "tcp",
            f"{name}_PORT_{each}_TCP_PORT": str(each),
            f"{name}_PORT_{each}_TCP_ADDR": host,
        }
    return found


@pytest.mark.parametrize("host", ["10.96.0.7", "fd00::7"])
@pytest.mark.parametrize("name", ["IDVAULT", "IDVAULT_PLATFORM", "IDVAULT_WEB_2"])
def test_every_variable_of_a_service_is_ignored(name: str, host: str) -> None:
    """All of its names are found, those of a Service of another prefix are not looked at."""
    added = service(name, host=host)
    others = {"PATH": "/bin", **service("POSTGRES"), **service("IDVAULTS")}
    assert kubernetes.of_services({**added, **others}, prefix=PREFIX) == set(added)


@pytest.mark.parametrize(
    "changed",
    [
        {"IDVAULT_PORT": "7443"},
        {"IDVAULT_PORT": "tcp://10.96.0.8:7443"},
        {"IDVAULT_SERVICE_PORT": "1"},
        {"IDVAULT_SERVICE_HOST": "vault.example"},
    ],
)
def test_variables_that_are_no_service_are_not_ignored(changed: dict[str, str]) -> None:
    """An operator's IDVAULT_PORT must not pass for Kubernetes's: the three must agree."""
    assert kubernetes.of_services({**service("IDVAULT"), **changed}, prefix=PREFIX) == set()


def test_a_wrong_name_beside_a_service_is_still_found() -> None:
    """Only the documented forms belong to the Service."""
    wrong = ("IDVAULT_PORTS", "IDVAULT_SERVICE_NAME", "IDVAULT_PORT_7443", "IDVAULT_LISTENS")
    environment = {**service("IDVAULT"), **dict.fromkeys(wrong, "7443")}
    assert not set(wrong) & kubernetes.of_services(environment, prefix=PREFIX)


def test_no_setting_could_be_taken_for_a_variable_of_a_service() -> None:
    """A Service of any name can be called like a part of a setting, but not so that the setting is hidden."""
    ends = ("_SERVICE_HOST", "_SERVICE_PORT", "_PORT", "_TCP", "_UDP", "_SCTP", "_PROTO", "_ADDR")
    assert [name for name in Settings.model_fields if name.upper().endswith(ends)] == []


def test_settings_beside_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process loads its settings beside the variables, and still refuses a wrong name."""
    for name, value in service("IDVAULT_PLATFORM").items():
        monkeypatch.setenv(name, value)
    load(Process.RETENTION)
    monkeypatch.setenv("IDVAULT_PLATFORM_PORTS", "7443")
    with pytest.raises(ConfigError, match=r"^IDVAULT_PLATFORM_PORTS is not a setting"):
        load(Process.RETENTION)
