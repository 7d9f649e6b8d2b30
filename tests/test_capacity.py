"""What a process takes on fits into the memory that it declares, and `deploy/` agrees with both."""

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from idvault.core import capacity

DEPLOY = Path(__file__).parent.parent / "deploy"
UNITS = DEPLOY.parent / "idvault" / "processes" / "setup" / "units"
SERVING = ("platform@", "custody@", "web", "witness")
_MIB = {"M": 1, "G": 1024, "Mi": 1, "Gi": 1024}
MEMORIES = st.integers(capacity.LEAST_MEMORY, 65_536)


def _mib(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(\w+)", text).groups()  # type: ignore[union-attr]
    return int(number) * _MIB[unit]


def _unit(name: str) -> dict[str, str]:
    lines = (UNITS / f"idvault-{name}.service").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


@given(MEMORIES, st.sampled_from([1, 2]))
def test_an_edge_fits(memory: int, edges: int) -> None:
    """All that an edge takes on, at what each costs, is within the memory of its process."""
    takes = capacity.edge(memory, edges=edges)
    at_rest = capacity.BASE
    assert at_rest + edges * (takes.bound() - at_rest) <= memory


@given(MEMORIES)
def test_the_pages_fit(memory: int) -> None:
    """All connections of an HTTP port, at what each costs, are within the memory of its process."""
    assert capacity.port(memory).bound() <= memory


@pytest.mark.parametrize("name", SERVING)
def test_units_have_the_declared_memory(name: str) -> None:
    """Each unit that serves limits the memory to the default of IDVAULT_MEMORY."""
    assert _mib(_unit(name)["MemoryMax"]) == capacity.DEFAULT_MEMORY


@pytest.mark.parametrize("name", SERVING)
def test_units_have_the_descriptors(name: str) -> None:
    """Each unit that serves allows as many open files as its port may need."""
    needed = max(capacity.port().files, capacity.edge().files)
    assert int(_unit(name)["LimitNOFILE"]) >= needed


@pytest.mark.parametrize("files", [1, 600, 1_024, 4_096, 20_000, 1_000_000])
def test_a_port_keeps_to_a_limit_of_descriptors(files: int) -> None:
    """With fewer descriptors it holds fewer connections, and always some that speak."""
    takes = capacity.port().within(files)
    assert takes.silent >= 1
    assert takes.spoken >= 1
    assert takes.silent + takes.spoken <= max(2, files - capacity.SPARE_FILES)
    assert takes.files <= capacity.port().files


def test_pods_have_the_declared_memory() -> None:
    """So does each container that serves, and the trial on one machine."""
    for name in ("platform", "custody", "web"):
        documents = yaml.safe_load_all((DEPLOY / "kubernetes" / f"{name}.yaml").read_text("utf-8"))
        [deployment] = [each for each in documents if each["kind"] == "Deployment"]
        for container in deployment["spec"]["template"]["spec"]["containers"]:
            assert _mib(container["resources"]["limits"]["memory"]) == capacity.DEFAULT_MEMORY
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    for name in ("platform", "custody", "witness"):
        assert compose["services"][name]["mem_limit"] == f"{capacity.DEFAULT_MEMORY}m"
