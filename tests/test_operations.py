"""The first start as on the operations page: its commands are run unchanged."""

import os
import re
import secrets
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from idvault.development.authority import Authority

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
ROLES = {"wang": "custodian", "li": "custodian", "zhang": "custodian", "zhao": "auditor", "im": "platform"}
EDGE = ["serve", "--edge", "platform"]
CUSTODY = ["serve", "--edge", "custody"]
WORK = ["work"]


def write(path: Path, text: str) -> Path:
    """Write a file that only its owner can read."""
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    return path


def settings(folder: Path) -> dict[str, str]:
    """Make the settings of a production deployment with certificates; its registry is never called."""
    for name in ("keys", "certificates", "public"):
        (folder / name).mkdir()
    now, made = datetime.now(UTC), folder / "certificates"
    authority = Authority.open(certificate=made / "ca.pem", key=made / "ca.key", now=now)
    for name, role in ROLES.items():
        uri = f"spiffe://vault.example/{role}/{name}"
        authority.issue_client(
            uris=[uri], certificate=made / f"{name}.pem", key=made / f"{name}.key", now=now
        )
    authority.issue_server(hosts=["127.0.0.1"], certificate=made / "tls.pem", key=made / "tls.key", now=now)
    write(folder / "passphrase", "a passphrase of a person\n")
    named = {
        "DATABASE_URL": f"sqlite:///{folder}/main.sqlite3",
        "SHRED_DATABASE_URL": f"sqlite:///{folder}/shred.sqlite3",
        "LISTEN": "127.0.0.1:0",
        "METRICS_LISTEN": "127.0.0.1:0",
        "TLS_CERTIFICATE": made / "tls.pem",
        "TLS_KEY": made / "tls.key",
        "TLS_CA": made / "ca.pem",
        "TRUST_DOMAIN": "vault.example",
        "KEYS": folder / "keys" / "service.keys",
        "KEY_PASSPHRASE_FILE": write(folder / "service-passphrase", "a passphrase of the service\n"),
        "ROSTER": folder / "roster.json",
        "REGISTRY_CHECK_URL": "https://registry.example/check",
        "REGISTRY_QUERY_URL": "https://registry.example/query",
        "REGISTRY_APP_ID": "application",
        "REGISTRY_BIZ_ID": "business",
        "REGISTRY_SECRET_KEY_FILE": write(folder / "registry.key", secrets.token_hex(16)),
        "PUBLIC_DIR": folder / "public",
        "LOG_ORIGIN": "vault.example/log",
        "APPEAL_OUTSIDE_BODY": "Internet Court (synthetic)",
    }
    foreign = {name: value for name, value in os.environ.items() if not name.startswith("IDVAULT_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**foreign, "PATH": path, **{f"IDVAULT_{name}": str(value) for name, value in named.items()}}


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str], str]:
    """Run the page's commands in an empty folder; return the folder, the settings and the output."""
    folder = tmp_path_factory.mktemp("production")
    environment = settings(folder)
    (lines,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines],
        cwd=folder,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    return folder, environment, done.stdout


def test_the_lines_of_the_page_run(production: tuple[Path, dict[str, str], str]) -> None:
    """Keys, databases, people, roster and platform exist at the end, and each command reported it."""
    _, _, printed = production
    last = printed.splitlines()
    assert "keys: service.keys, custody.keys, work.keys in" in printed
    assert "roster: version 1, 1 quorums, 4 people, valid" in last
    assert last[-1] == "platform: im registered"


@pytest.mark.parametrize(
    ("arguments", "keys"), [(EDGE, "service.keys"), (CUSTODY, "custody.keys"), (WORK, "work.keys")]
)
def test_each_process_starts_and_stops(
    production: tuple[Path, dict[str, str], str], arguments: list[str], keys: str, tmp_path: Path
) -> None:
    """Each process serves with only its own key file, and stops cleanly on SIGTERM."""
    folder, environment, _ = production
    own = write(tmp_path / keys, (folder / "keys" / keys).read_text("utf-8"))
    environment = {**environment, **(_witnesses() if arguments == WORK else {})}
    with subprocess.Popen(
        ["idvault", *arguments, "--ready-file", str(tmp_path / "ready.json")],
        env={**environment, "IDVAULT_KEYS": str(own)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        # A worker whose witnesses are away says so first.
        first = next((line for line in running.stdout if '"witnesses_unreachable"' not in line), "")
        running.send_signal(signal.SIGTERM)
        _, errors = running.communicate(timeout=30)
    assert first.startswith('{"ready":'), errors
    assert running.returncode == 0, errors
    assert not (tmp_path / "ready.json").exists()


def _witnesses() -> dict[str, str]:
    """Return the settings of the witnesses on the page; nobody answers there, as an empty log allows."""
    keys = re.findall(r"--witness (\S+) ", PAGE)
    urls = [f"https://127.0.0.1:{number}" for number in range(9, 9 + len(keys))]
    return {"IDVAULT_WITNESS_URLS": " ".join(urls), "IDVAULT_WITNESS_KEYS": " ".join(keys)}


def test_the_edge_refuses_to_stand_beside_the_worker_s_keys(
    production: tuple[Path, dict[str, str], str],
) -> None:
    """An edge that can read the worker's key file does not start, as the page says."""
    _, environment, _ = production
    done = subprocess.run(["idvault", *EDGE], env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "IDVAULT_KEYS is beside the worker's key file" in done.stderr
