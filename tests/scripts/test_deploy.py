"""The deployment files: what the tools of scripts/check cannot know of this product."""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from idvault.core.config import PREFIX, REQUIRED, Process, Settings
from tests.support import shell

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
PROCESSES = {
    "platform": Process.PLATFORM_EDGE,
    "custody": Process.CUSTODY_EDGE,
    "work": Process.WORK,
}


@cache
def manifests() -> list[dict[str, Any]]:
    """Return every object of the manifests."""
    paths = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    return [each for path in paths for each in yaml.safe_load_all(path.read_text("utf-8"))]


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    """Return the objects of one kind, by name."""
    return {each["metadata"]["name"]: each for each in manifests() if each["kind"] == kind}


def pod(name: str) -> dict[str, Any]:
    """Return the pod of a deployment or a job."""
    found: dict[str, Any] = {**of_kind("Deployment"), **of_kind("Job")}[name]["spec"]["template"]["spec"]
    return found


def set_by(container: dict[str, Any]) -> dict[str, str]:
    """Return the variables that a container gets."""
    own = {each["name"]: each["value"] for each in container.get("env", [])}
    sources = container.get("envFrom", [])
    given = [each["configMapRef"]["name"] for each in sources if "configMapRef" in each]
    maps = of_kind("ConfigMap")
    return {name: value for each in given for name, value in maps[each]["data"].items()} | own


def required(process: Process) -> set[str]:
    """Return the variables without which a process does not start."""
    return {PREFIX + name.upper() for name in REQUIRED[process]}


KNOWN = {PREFIX + name.upper() for name in Settings.model_fields}
SECRET = {"IDVAULT_DATABASE_URL", "IDVAULT_SHRED_DATABASE_URL"}


@pytest.mark.parametrize("name", PROCESSES)
def test_kubernetes_sets_what_each_process_needs(name: str) -> None:
    """Every name is a setting, and none that is required is missing; the databases are in a Secret."""
    (container,) = pod(f"idvault-{name}")["containers"]
    given = set_by(container)
    assert set(given) <= KNOWN
    assert required(PROCESSES[name]) - set(given) == SECRET
    assert {"secretRef": {"name": "idvault-databases"}} in container["envFrom"]


def test_the_pages_have_no_database() -> None:
    """The hosted pages get their own settings, and no Secret but their own."""
    (container,) = pod("idvault-web")["containers"]
    given = set(set_by(container))
    assert required(Process.WEB) <= given <= KNOWN
    assert "envFrom" not in container
    volumes = pod("idvault-web")["volumes"]
    assert [each["secret"]["secretName"] for each in volumes if "secret" in each] == ["idvault-web"]


@pytest.mark.parametrize("name", PROCESSES)
def test_compose_sets_what_each_process_needs(name: str) -> None:
    """The same of the trial; the worker's witness is in a file that the set-up writes."""
    given = COMPOSE["services"][name]["environment"]
    assert set(given) <= KNOWN
    assert required(PROCESSES[name]) <= set(given)


@pytest.mark.parametrize("name", [*of_kind("Deployment"), *of_kind("Job")])
def test_pods_are_restricted(name: str) -> None:
    """No root, no rights, no writable image, no token; secrets at 0440 for a group of their own."""
    found = pod(name)
    own = found["securityContext"]
    others = [pod(each)["securityContext"]["fsGroup"] for each in of_kind("Deployment") if each != name]
    assert own["runAsUser"] == own["runAsGroup"] == own["fsGroup"] not in others
    assert own["runAsNonRoot"]
    assert own["seccompProfile"] == {"type": "RuntimeDefault"}
    assert (found["enableServiceLinks"], found["automountServiceAccountToken"]) == (False, False)
    for container in [*found.get("initContainers", []), *found["containers"]]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    for volume in found["volumes"]:
        assert volume.get("secret", {"defaultMode": 0o440})["defaultMode"] == 0o440


@pytest.mark.parametrize("name", of_kind("Deployment"))
def test_probes_ask_the_health_port(name: str) -> None:
    """Readiness and liveness are asked without a certificate, at the port that the settings name."""
    (container,) = pod(name)["containers"]
    (port,) = [each["containerPort"] for each in container["ports"] if each["name"] == "health"]
    assert set_by(container)["IDVAULT_METRICS_LISTEN"] == f"0.0.0.0:{port}"
    asked = {probe: container[f"{probe}Probe"]["httpGet"] for probe in ("startup", "readiness", "liveness")}
    assert {each["port"] for each in asked.values()} == {"health"}
    assert [each["path"] for each in asked.values()] == ["/readyz", "/readyz", "/healthz"]


def test_edges_have_a_budget_and_every_pod_a_policy() -> None:
    """One of two edges always serves; a pod that no policy names could reach nobody."""
    edges = {"idvault-platform", "idvault-custody", "idvault-web"}
    budgets = {
        each["spec"]["selector"]["matchLabels"]["app"] for each in of_kind("PodDisruptionBudget").values()
    }
    assert budgets == edges
    for name in edges:
        assert of_kind("Deployment")[name]["spec"]["replicas"] == 2
    policies = of_kind("NetworkPolicy")
    assert policies.pop("nothing")["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    named = {
        app
        for policy in policies.values()
        for match in policy["spec"]["podSelector"]["matchExpressions"]
        for app in match["values"]
    }
    assert named == {*of_kind("Deployment"), *of_kind("Job")}


def test_every_edge_and_the_worker_are_scraped() -> None:
    """Prometheus asks the metrics port of each process of the trial."""
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text("utf-8"))
    targets = {
        target
        for job in config["scrape_configs"]
        for static in job["static_configs"]
        for target in static["targets"]
    }
    assert {f"{name}:7480" for name in PROCESSES} <= targets
    assert {target.partition(":")[0] for target in targets} <= set(COMPOSE["services"])


@pytest.mark.process
def test_the_trial_is_set_up_once(tmp_path: Path) -> None:
    """Everything is made in the volumes once; later only the schema is upgraded."""
    mounted = [each for each in COMPOSE["services"]["setup"]["volumes"] if ":/vault/" in each]
    for volume in mounted:
        (tmp_path / volume.partition(":/vault/")[2]).mkdir()
    foreign = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    place = {
        "IDVAULT_DATABASE_URL": f"sqlite:///{tmp_path}/main.sqlite3",
        "IDVAULT_SHRED_DATABASE_URL": f"sqlite:///{tmp_path}/shred.sqlite3",
    }
    # Root would give the files away.
    script = re.sub(
        r"^own\(\) \{.*\}$", "own() { :; }", (DEPLOY / "compose/setup.sh").read_text("utf-8"), flags=re.M
    )
    environment = {**foreign, **COMPOSE["services"]["setup"]["environment"], **place}
    bash = shutil.which("bash") or ""

    def set_up() -> str:
        words = [bash, "-c", script, "setup.sh", str(tmp_path)]
        with shell.forking() as path:
            own = {**environment, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}"}
            done = subprocess.run(words, env=own, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "platform: im registered" in set_up()
    made = {path: path.read_bytes() for path in sorted(tmp_path.glob("*/*")) if path.is_file()}
    for name in PROCESSES:
        kept = {path.name for path in (tmp_path / name).iterdir()}
        assert kept == {"process.keys", "passphrase", "registry.key", "server.key"}
    assert set_up().splitlines()[0] == "db: both databases are up to date"
    assert {path: path.read_bytes() for path in made} == made
