"""A roster changes while the vault runs: proposed, fetched, signed and in force, without a restart."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from idvault_client import AccessDenied, Tls
from idvault_dev import totp
from idvault_dev.authority import real_now
from idvault_dev.layout import PEOPLE
from idvault_people.custody_edge import CustodyEdge
from idvault_verify.v1 import roster_pb2
from tests.support.house import TIMEOUT, House
from tests.support.staff import Town


class Wired(Town):
    """Members' commands that also call the service directly."""

    def edge(self, name: str) -> CustodyEdge:
        folder = self.folder(name)
        tls = Tls(self.house.ready["ca"], folder / "certificate.pem", folder / "key.pem")
        return CustodyEdge(
            self.house.ready["grpc_custody"], tls=tls, server_name="localhost", timeout=TIMEOUT
        )


@pytest.fixture
def town(own_house: House) -> Wired:
    return Wired(own_house)


def get(edge: CustodyEdge, version: int = 0) -> roster_pb2.Roster:
    request = roster_pb2.GetRosterRequest(version=version)
    return edge.call("RosterService/GetRoster", request, roster_pb2.Roster)


def until(happened: Callable[[], bool], *, within: float) -> None:
    """Wait for a condition that must hold in time."""
    deadline = time.monotonic() + within
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def denied(edge: CustodyEdge) -> bool:
    """Tell whether a call on an open connection is refused."""
    try:
        get(edge)
    except AccessDenied:
        return True
    return False


def test_a_roster_lives(town: Wired, tmp_path: Path) -> None:
    """Two custodians remove an auditor during an open connection, and the log records every step."""
    place, draft = Path(town.house.ready["roster"]), tmp_path / "second.json"
    with town.edge("auditor-b") as leaving, town.edge("auditor-a") as staying:
        assert get(leaving).version == 1
        change = ("--after", place, "--remove", "auditor-b", "--development")
        proposed = town.roster("propose", draft, "operator", *change)
        assert proposed == "roster: version 2 proposed, not signed yet"
        lines = []
        for name in ("custodian-a", "custodian-b"):
            file = tmp_path / f"{name}.json"
            assert "version 2 fetched" in town.roster("fetch", file, name, "--proposal")
            lines.append(town.roster("sign", file, name, "--passphrase-file", town.passphrase))
        assert lines == [
            "roster: version 2 signed by custodian-a",
            "roster: version 2 signed by custodian-b, in force",
        ]
        until(lambda: denied(leaving), within=60)
        assert get(staying).version == 2
    fetched = tmp_path / "fetched" / "roster.json"
    fetched.parent.mkdir()
    town.roster("fetch", fetched, "custodian-c")
    verified = town.house.command("roster", "verify", fetched)
    assert verified.stdout.splitlines()[-1] == "roster: version 2, 1 quorums, 6 people, valid"
    leaves = town.house.query("select leaf from log_entries")
    for word, count in (("adopted", 2), ("propose", 1), ("sign", 2)):
        assert sum(f"roster:version:{word}".encode() in leaf for (leaf,) in leaves) == count
    assert town.house.session.stop() == 0
    town.house.start()
    with town.edge("auditor-a") as staying, town.edge("auditor-b") as leaving:
        assert get(staying).version == 2
        assert denied(leaving)


def test_development_s_people_have_second_factors(town: Wired) -> None:
    """Every person, operators too, can read the own secret; a new one needs a code of the old one."""
    for name in PEOPLE:
        assert totp.read(town.folder(name)).startswith(f"otpauth://totp/idvault:{name}?secret=")
    folder = town.folder("custodian-a")
    uri = totp.read(folder)
    before = ["custodian", "--identity", folder, "--passphrase-file", town.passphrase]
    code = totp.code(uri, now=real_now())
    begun = town.house.command("--json", *before, "--code", code, "second-factor")
    assert begun.returncode == 0, begun.stderr
    first, last = [json.loads(line) for line in begun.stdout.splitlines()]
    assert last == {"person": "custodian-a", "second_factor": "begun"}
    shown = totp.code(first["uri"], now=real_now())
    confirmed = town.house.command(*before, "second-factor", "--confirm", shown)
    assert confirmed.stdout.splitlines()[-1] == "second factor: custodian-a enrolled"
    stored = repr(town.house.query("select active from second_factors"))
    enrolled = town.house.query("select actor_id from second_factors where active is not null")
    assert len(enrolled) == len(PEOPLE)
    assert first["uri"].partition("secret=")[2][:32] not in stored
