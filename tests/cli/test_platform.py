"""`idvault platform`: who may call, with which keys; a certificate that names somebody else."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from idvault_dev.authority import Authority
from idvault_verify.commands.errors import ExitCode
from tests.support.commands import Commands
from tools.support.chamber import first_roster
from tools.support.databases import Databases

NOW = datetime.now(UTC)


class Operator:
    """An operator with an authority and both databases."""

    def __init__(self, idvault: Commands, folder: Path, databases: Databases) -> None:
        self.idvault = idvault
        self.folder = folder
        self.authority = Authority.open(certificate=folder / "ca.pem", key=folder / "ca.key", now=NOW)
        idvault.set(
            DATABASE_URL=databases.main_url,
            SHRED_DATABASE_URL=databases.shred_url,
            TRUST_DOMAIN="vault.example",
            DEVELOPMENT="1",
        )
        assert idvault("db", "upgrade").code == ExitCode.DONE

    def certificate(self, name: str, *, role: str = "platform") -> Path:
        path = self.folder / f"{name}.pem"
        uri = f"spiffe://vault.example/{role}/{name}"
        self.authority.issue_client(uris=[uri], certificate=path, key=self.folder / f"{name}.key", now=NOW)
        return path


@pytest.fixture
def operator(idvault: Commands, tmp_path: Path, sqlite_databases: Databases) -> Operator:
    return Operator(idvault, tmp_path, sqlite_databases)


def test_platforms_are_listed(operator: Operator) -> None:
    """Each key with its role, fingerprint and times; revoked ones stay; lines fit 60 columns."""
    empty = operator.idvault("platform", "list")
    assert (empty.code, empty.last) == (0, "platforms: 0 names, 0 of 0 keys valid")
    for name, role in (("im", "platform"), ("watcher", "monitor")):
        made = operator.idvault(
            "platform",
            "register",
            name,
            "--role",
            role,
            "--certificate",
            operator.certificate(name, role=role),
        )
        assert made.code == 0, made.err
    revoked = operator.idvault(
        "platform", "revoke", "watcher", "--role", "monitor", "--certificate", operator.folder / "watcher.pem"
    )
    assert revoked.code == 0
    again = operator.idvault(
        "platform",
        "register",
        "watcher",
        "--role",
        "monitor",
        "--certificate",
        operator.folder / "watcher.pem",
    )
    assert again.code == ExitCode.REFUSED
    assert "this key was revoked" in again.err
    listed = operator.idvault("platform", "list")
    assert (listed.code, listed.last) == (0, "platforms: 2 names, 1 of 2 keys valid")
    lines = listed.out.splitlines()
    assert lines[0] == "platform   im"
    assert "revoked" in lines[5]
    assert max(map(len, lines)) <= 60
    told = [json.loads(line) for line in operator.idvault("--json", "platform", "list").out.splitlines()]
    assert [(each["name"], each["role"], each["revoke_time"] is None) for each in told] == [
        ("im", "platform", True),
        ("watcher", "monitor", False),
    ]
    assert lines[1].removeprefix("  key ").replace(" ", "") == told[0]["spki"][:32]


def test_a_certificate_of_somebody_else_is_named(operator: Operator) -> None:
    """The operator reads what the certificate names, and what it should name."""
    other = operator.idvault("platform", "register", "im", "--certificate", operator.certificate("chat"))
    assert other.code == ExitCode.REFUSED
    assert "names spiffe://vault.example/platform/chat, not spiffe://vault.example/platform/im" in other.err
    none = operator.idvault("platform", "register", "im", "--certificate", operator.folder / "chat.key")
    assert (none.code, "not a certificate" in none.err) == (ExitCode.REFUSED, True)


def test_a_platform_accepts_proofs(operator: Operator) -> None:
    """What it accepts is listed if it is not the usual; both kinds need a word more."""
    made = operator.idvault("platform", "register", "im", "--certificate", operator.certificate("im"))
    assert made.code == 0, made.err
    accept = ("platform", "accept", "im", "--proof", "RESULT_ONLY")
    assert operator.idvault(*accept).last == "platform: im accepts RESULT_ONLY"
    both = operator.idvault(*accept, "--proof", "HOLDER")
    assert (both.code, "--separate-persons" in both.err) == (ExitCode.WRONG_USAGE, True)
    assert "  accepts RESULT_ONLY" in operator.idvault("platform", "list").out.splitlines()
    assert operator.idvault(*accept, "--proof", "HOLDER", "--separate-persons").code == 0
    (told,) = [json.loads(line) for line in operator.idvault("--json", "platform", "list").out.splitlines()]
    assert told["proofs"] == ["HOLDER", "RESULT_ONLY"]
    usual = operator.idvault("platform", "accept", "im", "--proof", "NUMBER_MATCH", "--proof", "HOLDER")
    assert usual.code == 0
    assert "accepts" not in operator.idvault("platform", "list").out
    unknown = operator.idvault("platform", "accept", "chat", "--proof", "HOLDER")
    assert unknown.code == ExitCode.REFUSED


def test_a_colour_is_seen_or_refused(operator: Operator) -> None:
    """A colour that nobody sees is refused before anything is registered; the text says what would do."""
    pem = operator.certificate("im")
    register = ("platform", "register", "im", "--certificate", pem, "--title", "Chat", "--colour")
    refused = operator.idvault("--json", *register, "#07C160")
    told = json.loads(refused.err.splitlines()[-1])["error"]
    assert (refused.code, told["field"]) == (ExitCode.REFUSED, "colour")
    assert "colour has a contrast of 2.38 to 1 to the light pages, and needs at least 3 to 1" in told["text"]
    assert operator.idvault("platform", "list").last == "platforms: 0 names, 0 of 0 keys valid"
    assert operator.idvault(*register, "#8B5CF6").code == 0
    assert _pages(operator)["im"]["colour"] == "#8b5cf6"
    other = operator.idvault("platform", "present", "im", "--colour", "purple")
    assert (other.code, "colour must be # and six digits" in other.err) == (ExitCode.REFUSED, True)
    assert operator.idvault("platform", "present", "im", "--title", "Chat").code == 0
    assert _pages(operator)["im"] == {"title": "Chat", "return_origins": [], "colour": ""}
    watcher = operator.certificate("watcher", role="monitor")
    monitor = ("platform", "register", "watcher", "--role", "monitor", "--certificate", watcher)
    assert operator.idvault(*monitor, "--colour", "#8b5cf6").code == ExitCode.WRONG_USAGE


def test_registering_keeps_what_is_not_given(operator: Operator) -> None:
    """An option replaces what it names; title and return origins that were not typed again stay."""
    register = ("platform", "register", "im", "--certificate", operator.certificate("im"))
    chat = ("--title", "Chat", "--return-origin", "https://chat.example")
    assert operator.idvault(*register, *chat).code == 0
    assert operator.idvault(*register, "--colour", "#8b5cf6").code == 0
    kept = {"title": "Chat", "return_origins": ["https://chat.example"], "colour": "#8b5cf6"}
    assert _pages(operator)["im"] == kept
    assert operator.idvault(*register).code == 0
    assert _pages(operator)["im"] == kept
    assert operator.idvault(*register, "--title", "Talk").code == 0
    assert _pages(operator)["im"] == {**kept, "title": "Talk"}
    assert operator.idvault(*register, "--return-origin", "https://talk.example").code == 0
    assert _pages(operator)["im"] == {**kept, "title": "Talk", "return_origins": ["https://talk.example"]}


def _pages(operator: Operator) -> dict[str, Any]:
    """Return how the hosted pages present each platform."""
    roster = operator.folder / "roster.json"
    roster.write_bytes(first_roster().to_bytes())
    operator.idvault.set(ROSTER=roster, LOG_ORIGIN="vault.example/log", TIME_ZONE="Asia/Shanghai")
    return dict(json.loads(operator.idvault("--json", "overview").out)["pages"])
