"""A custodian is replaced while people sign up, and the hand-over survives kills on both sides."""

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

from idvault_client import Vault
from idvault_dev import environment, totp
from idvault_dev.authority import real_now
from idvault_dev.layout import TRUST_DOMAIN, Layout
from tests.support.house import House
from tests.support.staff import Town
from tools.support import programs
from tools.support.sandbox import Person, fetch, invent, verify, wait_for

PEOPLE = 32
NEW = "custodian-d"
_HEADING = 200
"""More bytes than `hand-over` writes before its first line about shares."""
_LINE = len("hand-over: 10 of 32\n")


class Staff(Town):
    """The members' commands, each with an identity folder."""

    @property
    def new(self) -> Path:
        """The folder of the new custodian."""
        return self.house.folder / NEW

    def folder(self, name: str) -> Path:
        return self.new if name == NEW else super().folder(name)

    def run(self, name: str, *arguments: object, step: int | None = None) -> dict[str, Any]:
        """Run a verb as a member, with the next step's code if it needs one; return its last line."""
        before: list[object] = ["--json", name.partition("-")[0], "--identity", self.folder(name)]
        before += ["--passphrase-file", self.passphrase]
        if step is not None:
            before += ["--code", totp.code(totp.read(self.folder(name)), now=real_now(), steps=step)]
        done = self.house.command(*before, *arguments)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def hire(self) -> None:
        """Create the new custodian's certificate and keys."""
        self.new.mkdir(mode=0o700)
        tls = self.house.certificate(f"spiffe://{TRUST_DOMAIN}/custodian/{NEW}", file=NEW)
        for made, name in ((tls.certificate, "certificate.pem"), (tls.key, "key.pem")):
            shutil.copyfile(str(made), self.new / name)
        given = ("--name", NEW, "--organization", "示例机构 (synthetic)")
        before = ("custodian", "--identity", self.new, "--passphrase-file", self.passphrase)
        assert self.house.command(*before, "init", *given).returncode == 0

    def replace(self, scratch: Path) -> None:
        """Put the new custodian into custodian-a's place; the two others sign."""
        draft = scratch / "next.json"
        quorum = f"development:2:{NEW},custodian-b,custodian-c"
        change = ("--after", self.house.ready["roster"], "--person", self.new / "public.json")
        self.roster("propose", draft, "operator", *change, "--quorum", quorum, "--development")
        for name in ("custodian-b", "custodian-c"):
            last = self.roster("sign", draft, name, "--passphrase-file", self.passphrase)
        assert last == "roster: version 2 signed by custodian-c, in force"

    def connect(self, scratch: Path) -> None:
        """Connect the new custodian's folder to the vault and the roster."""
        pinned, ready = scratch / "roster.json", self.house.ready
        self.roster("fetch", pinned, NEW)
        where = ("--target", ready["grpc_custody"], "--server-name", "localhost", "--ca", ready["ca"])
        what = ("--log-key", ready["log"]["public_key"], "--roster", pinned)
        before = ("custodian", "--identity", self.new, "--passphrase-file", self.passphrase)
        done = self.house.command(*before, "connect", *where, *what)
        assert done.returncode == 0, done.stderr

    def enrol(self) -> None:
        """Enrol the new custodian's second factor, with the previous step's code."""
        before = ("custodian", "--identity", self.new, "--passphrase-file", self.passphrase)
        begun = self.house.command("--json", *before, "second-factor")
        assert begun.returncode == 0, begun.stderr
        (self.new / totp.FILE).write_text(json.loads(begun.stdout.splitlines()[0])["uri"])
        code = totp.code(totp.read(self.new), now=real_now(), steps=-1)
        confirmed = self.house.command(*before, "second-factor", "--confirm", code)
        assert confirmed.returncode == 0, confirmed.stderr

    def handing_over(self, *, lines: int) -> programs.Started:
        """Start the hand-over, one share at a time; after these lines about shares it waits for a reader."""
        before = ("custodian", "--identity", self.folder("custodian-a"), "--passphrase-file", self.passphrase)
        verb = (*before, "hand-over", "--batch", "1")
        settings = {**os.environ, **environment.common(Layout(self.house.state))}
        return programs.start(programs.VAULT, *verb, environment=settings, room=_HEADING + lines * _LINE)

    def kill_after(self, shares: int) -> int:
        """Start the hand-over and kill the client after this many shares; return the number handed over."""
        client = self.handing_over(lines=shares)
        try:
            assert wait_for(lambda: self.with_new() >= shares, patience=120)
        finally:
            client.send_signal(signal.SIGKILL)
            client.communicate()
        return self.with_new()

    def with_new(self) -> int:
        """Return how many records have been handed over."""
        query = "select count(*) from records where share_quorum_ids is not null"
        return int(self.house.query(query)[0][0])


def _sign_up(house: House, vault: Vault, people: list[Person]) -> list[str]:
    house.registry.add(*people)
    return [verify(vault, person).account_token for person in people]


def test_a_custodian_is_replaced_under_load_and_kills(own_house: House, tmp_path: Path) -> None:
    """Nothing is lost or doubled, the vault keeps answering, and the new custodian opens an old record."""
    house, staff, people = own_house, Staff(own_house), [invent() for _ in range(PEOPLE)]
    with house.vault() as vault:
        accounts = _sign_up(house, vault, people)
        digests = house.query("select account_token, ciphertext, share_hashes from records order by 1")
        staff.hire()
        staff.replace(tmp_path)
        handed = staff.kill_after(3)
        assert 3 <= handed < PEOPLE
        late = _sign_up(house, vault, [invent() for _ in range(2)])
        assert vault.get_status(accounts[0]).is_verified
    client = staff.handing_over(lines=8)
    assert wait_for(lambda: client.poll() is not None or staff.with_new() > handed + 3, patience=120)
    house.session.kill()
    client.send_signal(signal.SIGKILL)
    assert client.returncode is None, client.communicate()
    client.communicate()
    house.start()
    killed = staff.with_new()
    assert handed < killed < PEOPLE
    advice = house.command("doctor").stdout
    assert f"shares wait to be handed over, {PEOPLE - killed} of custodian-a" in advice
    done = staff.run("custodian-a", "hand-over")
    assert (done["handed"], done["left"], done["successor"]) == (PEOPLE - killed, 0, NEW)
    _check_all_handed_over(house, digests, late)
    staff.connect(tmp_path)
    staff.enrol()
    _open(staff, accounts[0], people[0])


def _check_all_handed_over(house: House, digests: list[tuple[Any, ...]], late: list[str]) -> None:
    """Every old record is handed over, each batch is in the log, and later records never moved."""
    moved = house.query("select account_token from records where share_quorum_ids is null order by 1")
    assert [account for (account,) in moved] == sorted(late)
    assert len(house.query("select distinct present_quorum_id from records")) == 1
    kept = house.query("select account_token, ciphertext, share_hashes from records order by 1")
    assert [row for row in kept if row[0] not in late] == digests
    leaves = house.query("select leaf from log_entries")
    assert sum(b"custody:shares:handover" in leaf for (leaf,) in leaves) > 2
    assert "hand-over" not in house.command("doctor").stdout
    shown = f'idvault_quorum_records{{holders="PRESENT",version="2"}} {PEOPLE + len(late)}.0'
    assert wait_for(lambda: shown in fetch(house.ready["metrics"]["work"]).decode())


def _open(staff: Staff, account: str, person: Person) -> None:
    given = ("--case", "synthetic", "--legal-basis", "synthetic", "--purpose", "to see that it opens")
    made = staff.run("auditor-a", "request", "--account", account, *given)["disclosure_id"]
    assert wait_for(lambda: bool(staff.run(NEW, "pending")["verified"]))
    assert staff.run("custodian-b", "approve", made, step=0)["state"] == "REQUESTED"
    assert staff.run(NEW, "approve", made, step=1)["state"] == "APPROVED"
    opened = staff.run("auditor-a", "open", made, step=0)
    assert (opened["real_name"], opened["document_number"]) == (person.name, person.number)
