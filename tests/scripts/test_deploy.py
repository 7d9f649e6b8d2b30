"""The deployment files: what the tools of scripts/check cannot know of this product."""

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from idvault.core.config import PREFIX, REQUIRED, Process, Settings
from idvault.processes.bootstrap.vitals import newest_backups
from idvault_client.transport import SERVICE_CONFIG
from idvault_dev.mock_registry.notices import NoticeLedger, key_of
from tests.support import shell

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
PROCESSES = {
    "platform": Process.PLATFORM_EDGE,
    "custody": Process.CUSTODY_EDGE,
    "work": Process.WORK,
}


@cache
def manifests() -> list[dict[str, Any]]:
    """Return every object of the manifests."""
    paths = sorted(path for path in (DEPLOY / "kubernetes").glob("*.yaml") if path.stem != "kustomization")
    return [each for path in paths for each in yaml.safe_load_all(path.read_text("utf-8"))]


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    """Return the objects of one kind, by name."""
    return {each["metadata"]["name"]: each for each in manifests() if each["kind"] == kind}


def pod(name: str) -> dict[str, Any]:
    """Return the pod of a deployment or a job."""
    (found,) = (each[name]["spec"] for kind in PODS if name in (each := of_kind(kind)))
    made: dict[str, Any] = found.get("jobTemplate", {}).get("spec", found)["template"]["spec"]
    return made


OPTIONAL = {"kustomization.yaml", "web.yaml", "notices.yaml"}
PODS = ("Deployment", "Job", "CronJob")


def pods() -> list[str]:
    """Return the names of everything that makes pods."""
    return [name for kind in PODS for name in of_kind(kind)]


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


@pytest.mark.parametrize("name", ["platform", "work"])
def test_whoever_makes_links_to_the_pages_knows_their_address(name: str) -> None:
    """The edge and the worker have the address that the pages have themselves."""
    (pages,), (container,) = (pod(f"idvault-{each}")["containers"] for each in ("web", name))
    assert set_by(container)["IDVAULT_WEB_URL"] == set_by(pages)["IDVAULT_WEB_URL"]


def test_the_follower_of_notices_has_no_database() -> None:
    """It has its own settings and Secret alone; in the trial, edge and worker know the registry's key."""
    (container,) = pod("idvault-notices")["containers"]
    volumes = pod("idvault-notices")["volumes"]
    assert [each["secret"]["secretName"] for each in volumes if "secret" in each] == ["idvault-notices"]
    assert "envFrom" not in container
    trial = COMPOSE["services"]["notices"]
    for given in (set_by(container), trial["environment"]):
        assert required(Process.NOTICES) <= set(given) <= KNOWN
    assert [each.partition(":")[0] for each in trial["volumes"]] == ["common", "notices"]
    # The edges and the worker are given the registry's public key: without it, every notice is refused.
    for name in ("platform", "work"):
        assert ". /vault/common/notices.env" in COMPOSE["services"][name]["entrypoint"][2]


@pytest.mark.parametrize("name", PROCESSES)
def test_compose_sets_what_each_process_needs(name: str) -> None:
    """The same of the trial; the worker's witness is in a file that the set-up writes."""
    given = COMPOSE["services"][name]["environment"]
    assert set(given) <= KNOWN
    assert required(PROCESSES[name]) <= set(given)


@pytest.mark.parametrize("name", pods())
def test_pods_are_restricted(name: str) -> None:
    """No root, no rights, no writable image, no token; secrets at 0440 for a group of their own."""
    found = pod(name)
    own = found["securityContext"]
    others = [pod(each)["securityContext"]["fsGroup"] for each in pods() if each != name]
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


def test_a_pod_without_a_port_is_ready_by_its_file() -> None:
    """The follower of notices serves nothing, and keeps nothing: one pod, replaced as a whole."""
    (container,) = pod("idvault-notices")["containers"]
    (file,) = [each.partition("=")[2] for each in container["args"] if each.startswith("--ready-file=")]
    assert container["readinessProbe"] == {"exec": {"command": ["test", "-s", file]}}
    spec = of_kind("Deployment")["idvault-notices"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


@pytest.mark.parametrize("name", sorted(of_kind("Deployment").keys() - {"idvault-notices"}))
def test_probes_ask_the_health_port(name: str) -> None:
    """Readiness and liveness are asked without a certificate, at the port that the settings name."""
    (container,) = pod(name)["containers"]
    (port,) = [each["containerPort"] for each in container["ports"] if each["name"] == "health"]
    assert set_by(container)["IDVAULT_METRICS_LISTEN"] == f"0.0.0.0:{port}"
    asked = {probe: container[f"{probe}Probe"]["httpGet"] for probe in ("startup", "readiness", "liveness")}
    assert {each["port"] for each in asked.values()} == {"health"}
    # A pod that waits for a database is not ready, and a restart would not mend it.
    assert [each["path"] for each in asked.values()] == ["/healthz", "/readyz", "/healthz"]


@pytest.mark.parametrize("name", ["idvault-platform", "idvault-custody"])
def test_clients_of_an_edge_reach_every_pod(name: str) -> None:
    """The name of the Service leads to the pods' own addresses and port; our clients take them in turn."""
    spec = of_kind("Service")[name]["spec"]
    (container,) = pod(name)["containers"]
    (listening,) = [each["containerPort"] for each in container["ports"] if each["name"] == "grpc"]
    assert spec["clusterIP"] == "None"
    assert [(each["port"], each["targetPort"]) for each in spec["ports"]] == [(listening, listening)]
    assert SERVICE_CONFIG["loadBalancingConfig"] == [{"round_robin": {}}]
    target = set_by(pod("idvault-web")["containers"][0])["IDVAULT_WEB_TARGET"]
    assert target == "dns:///idvault-platform.idvault.svc:7443"


def test_a_renewed_registry_key_arrives() -> None:
    """Every process reads it where the Secret is mounted, as a whole: only so the kubelet renews it."""
    for name in PROCESSES:
        (container,) = pod(f"idvault-{name}")["containers"]
        file = Path(set_by(container)["IDVAULT_REGISTRY_SECRET_KEY_FILE"])
        (mount,) = [each for each in container["volumeMounts"] if each["mountPath"] == str(file.parent)]
        assert "subPath" not in mount
        (volume,) = [each for each in pod(f"idvault-{name}")["volumes"] if each["name"] == mount["name"]]
        assert volume["secret"]["secretName"] == f"idvault-{name}"


def test_the_kustomization_has_every_manifest_and_an_image() -> None:
    """All but pages and notices are applied, in one namespace; our image has a name and this version."""
    folder = DEPLOY / "kubernetes"
    found = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))
    listed = set(found["resources"])
    assert {path.name for path in folder.glob("*.yaml")} - listed == OPTIONAL
    assert {each["metadata"].get("namespace", "idvault") for each in manifests()} == {found["namespace"]}
    (image,) = found["images"]
    assert image["newTag"] == version("idvault")
    used = {
        each["image"]
        for name in pods()
        for part in ("initContainers", "containers")
        for each in pod(name).get(part, [])
    }
    assert used == {image["name"], "postgres:17"}


@pytest.mark.parametrize("name", ["main", "shred"])
def test_backup_jobs_tell_the_worker(name: str) -> None:
    """Each runs the commands of the operations page, and its note is one that the worker reads."""
    (container,) = pod(f"idvault-backup-{name}")["containers"]
    (script,) = container["args"]
    for line in re.findall(rf"pg_basebackup --dbname \"\${name.upper()}\".*", OPERATIONS):
        assert line.partition(" --checkpoint")[2] in script
    assert f"/notes/{name}.backup-ended" in script
    (claim,) = [each for each in pod("idvault-work")["volumes"] if each["name"] == "backup-notes"]
    (own,) = [each for each in pod(f"idvault-backup-{name}")["volumes"] if each["name"] == "notes"]
    assert claim["persistentVolumeClaim"] == own["persistentVolumeClaim"]
    (secret,) = [each["secretRef"]["name"] for each in container["envFrom"]]
    assert f"create secret generic {secret}" in OPERATIONS


def moved(script: str, folder: Path, *names: str) -> str:
    """Return a container's script for folders of a test instead of its volumes."""
    for name in names:
        (folder / name).mkdir(exist_ok=True)
        script = script.replace(f"/{name}", f"{folder}/{name}")
    return script


def run(script: str, **environment: str) -> None:
    bash = shutil.which("bash") or ""
    words = [bash, "-euo", "pipefail", "-c", script]
    done = subprocess.run(
        words, env={**os.environ, **environment}, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.process
def test_the_worker_keeps_its_own_key_file(tmp_path: Path) -> None:
    """It is copied from the Secret once, whatever the Secret has later: the worker adds keys to it."""
    (container,) = pod("idvault-work")["initContainers"]
    (script,) = container["args"]
    script = moved(script, tmp_path, "keys", "secret")
    for name in ("process.keys", "passphrase", "registry.key"):
        (tmp_path / "secret" / name).write_text("first")
    run(script)
    (tmp_path / "secret" / "process.keys").write_text("later")
    (tmp_path / "keys" / "passphrase").chmod(0o660)
    run(script)
    # The recipients' file alone is not copied: it is what the Secret has at any time.
    linked = tmp_path / "keys" / "notify.toml"
    assert str(linked.readlink()).endswith("/secret/notify.toml")
    linked.unlink()
    kept = {
        path.name: (path.read_text(), path.stat().st_mode & 0o777) for path in (tmp_path / "keys").iterdir()
    }
    assert kept == dict.fromkeys(("process.keys", "passphrase"), ("first", 0o600))


@pytest.mark.process
@pytest.mark.parametrize("name", ["main", "shred"])
def test_a_backup_job_ends_with_its_note(tmp_path: Path, name: str) -> None:
    """The worker reads the age of the backup from what it leaves; old backups go."""
    (container,) = pod(f"idvault-backup-{name}")["containers"]
    (script,) = container["args"]
    script = moved(script, tmp_path, "backups", "notes")
    (tmp_path / "backups" / "old").mkdir()
    os.utime(tmp_path / "backups" / "old", (0, 0))
    tools = tmp_path / "bin"
    tools.mkdir()
    for program, lines in (("pg_basebackup", 'mkdir "$4"'), ("pg_verifybackup", 'test -d "$1"')):
        (tools / program).write_text(f"#!/bin/sh\n{lines}\n")
        (tools / program).chmod(0o755)
    run(script, PATH=f"{tools}{os.pathsep}{os.environ['PATH']}", **{name.upper(): "postgresql:///x"})
    now = datetime.now(UTC)
    made = newest_backups(tmp_path / "notes", now=now)
    assert list(made) == [name]
    assert now - made[name] < timedelta(minutes=5)
    assert [path.name == "old" for path in (tmp_path / "backups").iterdir()] == [False]


def test_every_secret_has_its_command() -> None:
    """What the manifests name and do not make is made by a command of the operations page."""
    named = {
        each["secret"]["secretName"] for name in pods() for each in pod(name)["volumes"] if "secret" in each
    }
    named |= {
        each["secretRef"]["name"]
        for name in pods()
        for container in pod(name)["containers"]
        for each in container.get("envFrom", [])
        if "secretRef" in each
    }
    made = set(re.findall(r"create secret generic ([\w-]+)(?=[ \n])", OPERATIONS))
    assert {each for each in named if each not in (f"idvault-{name}" for name in PROCESSES)} <= made
    # The processes' three are made in a loop.
    assert "create secret generic idvault-${each%:*} " in OPERATIONS


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
    assert named == set(pods())


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
    kept = {path.name for path in (tmp_path / "notices").iterdir()}
    assert kept == {"client.pem", "client.key", "registry.key"}
    told = (tmp_path / "common" / "notices.env").read_text()
    secret = (tmp_path / "registry" / "registry.key").read_text().strip()
    assert told == f"IDVAULT_REGISTRY_NOTICE_KEYS={NoticeLedger(key=key_of(secret)).public_key}\n"
    assert set_up().splitlines()[0] == "db: both databases are up to date"
    assert {path: path.read_bytes() for path in made} == made
