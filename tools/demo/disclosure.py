"""The demo's steps with auditors and custodians, each with a client on this host."""

import json
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from idvault.core.second_factor import STEP
from idvault_dev import totp
from idvault_dev.authority import real_now
from idvault_people import identity_folder, second_factor
from idvault_people.custody_edge import CustodyCalls, CustodyEdge
from idvault_people.disclosure.custodian import Custodian
from idvault_people.disclosure.kept_approval import KeptApprovals
from idvault_people.disclosure.one_time_key import OneTimeKeys
from idvault_people.disclosure.quota import NAME as QUOTA
from idvault_people.disclosure.quota import ShareQuota
from idvault_people.identity_folder import IdentityFolder
from idvault_people.opens import identity as identities
from idvault_people.trust import FindingError
from idvault_verify.attest import disclosure as papers
from tools.demo import evidence
from tools.demo.step import StepError, check
from tools.support import open_record, programs

LEGAL_BASIS = "synthetic"
_PATIENCE = 30.0
_INTERVAL = int(STEP.total_seconds())
_PASSPHRASE = b"development"
_PENDING = "CustodianService/ListPendingDisclosures"


class LyingEdge:
    """The custody edge under an attacker with root: it replaces the purpose in an auditor's signed request.

    The auditor's key signs the new request, as if stolen; only its log entry is missing.
    """

    def __init__(self, inner: CustodyEdge, *, auditor: identities.PersonalIdentity) -> None:
        self._inner = inner
        self._auditor = auditor
        self.asked: set[str] = set()

    def call(self, method: str, request: Any, answer: type[Any]) -> Any:
        """Return the answer, changed if it lists requests."""
        self.asked.add(method)
        found = self._inner.call(method, request, answer)
        if method == _PENDING:
            for pending in found.disclosures:
                terms = replace(papers.parse_request(pending.signed_request), purpose="something else")
                pending.signed_request = terms.canonical() + self._auditor.sign(terms.canonical())
        return found


class WrongShare(Custodian):
    """A custodian's client that gives another share than the one that was sealed."""

    def _open_share(self, *_: Any) -> bytes:
        return bytes([1]) + bytes(32)


class DisclosureSteps:
    """The commands that auditors and custodians type, and their results."""

    def __init__(self, *, scratch: Path) -> None:
        self.passphrase_file = scratch / "people.passphrase"
        self.passphrase_file.write_bytes(_PASSPHRASE)
        self._ready: Mapping[str, Any] = {}
        self._id = ""
        self._court = scratch / "court"
        self._evidence = ""

    def request(self, ready: Mapping[str, Any], *, account_token: str, wrong_share: bool = False) -> None:
        """An auditor requests a record, and one custodian gives a share: that is not enough.

        wrong_share: whether the share is another than the one that was sealed.
        """
        self._id = self.file(ready, account_token=account_token)
        self._wait_until_logged("custodian-a")
        if wrong_share:
            self._give_wrong_share("custodian-a")
        else:
            decided = self._approve("custodian-a")
            check(decided["state"] == "REQUESTED", "one share should not be enough")
        refused = self.refused("auditor-a", "--code", "000000", "open", self._id)
        check(refused == "ILLEGAL_TRANSITION", "the opening should be refused: ILLEGAL_TRANSITION")

    def file(self, ready: Mapping[str, Any], *, account_token: str) -> str:
        """An auditor requests a record; return the disclosure's id."""
        self.use(ready)
        made = self._run(
            "auditor-a", "request", "--account", account_token, "--case", "demo 1",
            "--legal-basis", LEGAL_BASIS, "--purpose", "to show how it is done",
        )  # fmt: skip
        return str(made["disclosure_id"])

    def open_by_two(self, ready: Mapping[str, Any], *, account_token: str) -> dict[str, Any]:
        """An auditor requests and opens a record with two custodians' shares; return what is shown."""
        self._id = self.file(ready, account_token=account_token)
        self._wait_until_logged("custodian-b")
        for name in ("custodian-b", "custodian-c"):
            self._approve(name)
        return self._run("auditor-a", "open", self._id, "--no-evidence", code=True)

    def use(self, ready: Mapping[str, Any]) -> None:
        """Say which vault is running."""
        self._ready = ready

    def state(self, disclosure_id: str) -> str:
        return str(self._run("auditor-a", "show", disclosure_id)["state"])

    def refuse_what_is_not_in_the_log(self) -> None:
        """A custodian's client gives no share for a request that is not in the log."""
        auditor = self._identity("auditor-a")
        folder = identity_folder.load(Path(self._ready["identities"]["custodian-b"]))
        with folder.connect() as edge:
            lying = LyingEdge(edge, auditor=auditor)
            custodian = self._custodian("custodian-b", folder, lying)
            pending = custodian.find(self._id)
            try:
                custodian.approve(pending, code="000000")
            except FindingError as error:
                check(error.finding.value == "NOT_IN_LOG", "the finding should be NOT_IN_LOG")
            else:
                raise StepError("the request should be refused")
        check("CustodianService/GetSealedShare" not in lying.asked, "the share should not even be asked for")

    def open(self, *, name: str, number: str) -> None:
        """A second custodian approves, and the auditor reads the record after the opening is logged."""
        decided = self._approve("custodian-b")
        check(decided["state"] == "APPROVED", "two shares should be enough")
        self._open(name=name, number=number, code=self.code("auditor-a"))

    def open_despite_a_wrong_share(self, *, name: str, number: str) -> None:
        """The auditor learns whose share is wrong; with a third one the same opening shows the record."""
        decided = self._approve("custodian-b")
        check(decided["state"] == "APPROVED", "two shares should be enough to try")
        failed = self._command("auditor-a", "open", self._id, code=True)
        error = json.loads(failed.stderr.splitlines()[-1])["error"]
        check((failed.returncode, error["reason"]) == (5, "SHARE_WRONG"), "the share should be SHARE_WRONG")
        check("the share of custodian-a" in error["text"], "the custodian should be named")
        self._approve("custodian-c")
        # The second attempt is the same opening, so that no code is spent.
        opened = self._open(name=name, number=number, code="000000")
        check(opened["wrong_shares"] == ["custodian-a"], "the wrong share should be named again")

    def disclose_in_silence(self, *, account_token: str, name: str) -> str:
        """Operator and auditor decrypt behind the log and cancel; return the disclosure's id."""
        self._id = self.file(self._ready, account_token=account_token)
        self._wait_until_logged("custodian-a")
        for custodian in ("custodian-a", "custodian-b"):
            self._approve(custodian)
        keys = OneTimeKeys(folder=Path(self._ready["identities"]["auditor-a"]))
        payload = open_record.open_released(
            self._ready, kept=keys.get(self._id), auditor=self._identity("auditor-a")
        )
        check(payload.named.name == name, "operator and auditor should be able to decrypt")
        cancelled = self._run("auditor-a", "cancel", self._id)
        ended = (cancelled["state"], cancelled["opened"])
        check(ended == ("CANCELLED", 0), "it should be cancelled, unopened")
        return self._id

    def approve_by(self, ready: Mapping[str, Any], disclosure_id: str, *names: str) -> None:
        """Custodians approve a request that was made elsewhere."""
        self._ready, self._id = ready, disclosure_id
        self._wait_until_logged(names[0])
        for name in names:
            self._approve(name)

    def _approve(self, name: str) -> dict[str, Any]:
        # A long soak needs more than the usual shares a day.
        return self._run(name, "approve", self._id, "--quota", "1000", code=True)

    def _give_wrong_share(self, name: str) -> None:
        folder = identity_folder.load(Path(self._ready["identities"][name]))
        with folder.connect() as edge:
            custodian = self._custodian(name, folder, edge, kind=WrongShare)
            decided = custodian.approve(custodian.find(self._id), code=self.code(name))
        check(decided.entry.HasField("proof"), "the release should be in the log")

    def _custodian(
        self, name: str, folder: IdentityFolder, edge: CustodyCalls, *, kind: type[Custodian] = Custodian
    ) -> Custodian:
        return kind(
            identity=self._identity(name),
            trust=folder.trust(),
            edge=edge,
            now=real_now,
            approvals=KeptApprovals(folder=folder.folder),
            quota=ShareQuota(path=folder.folder / QUOTA),
        )

    def _open(self, *, name: str, number: str, code: str) -> dict[str, Any]:
        opened = self._run("auditor-a", "--code", code, "open", self._id)
        check(
            (opened["real_name"], opened["document_number"]) == (name, number),
            "the record should hold the verified identity",
        )
        self._evidence = opened["evidence"]
        shown = self._run("auditor-a", "show", self._id)
        check((shown["state"], shown["opened"]) == ("OPENED", 1), "there should be one opening")
        again = self.refused("auditor-a", "--code", "000000", "open", self._id)
        check(again == "KEY_MISSING", "the one-time key should be gone")
        return opened

    def prove(self, *, name: str) -> None:
        """The auditor exports the kept evidence for a court, which checks it without keys or vault."""
        kept = Path(self._evidence)
        check(name.encode() not in kept.read_bytes(), "the kept evidence should be encrypted")
        exported = self._run("auditor-a", "export", str(kept), "--out", str(self._court))
        page, proof = (Path(file) for file in exported["files"])
        check(name in page.read_text("utf-8"), "the page for the court should show the name")
        evidence.check_file(self._ready, proof, name=name)
        evidence.refuse_forged(self._ready, proof, auditor=self._identity("auditor-a"))

    def drill(self, name: str) -> None:
        """A custodian opens a share of a drill record; the next drill is due in 90 days."""
        passed = self._run(name, "drill", code=True)
        due = datetime.fromisoformat(passed["due_time"]) - datetime.fromisoformat(passed["pass_time"])
        check(due == timedelta(days=90), "the next drill should be due in 90 days")

    def _identity(self, name: str) -> identities.PersonalIdentity:
        return identities.load(Path(self._ready["identities"][name]), passphrase=_PASSPHRASE)

    def _wait_until_logged(self, name: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not self._run(name, "pending")["verified"]:
            if time.monotonic() > deadline:
                raise StepError("the request should be in the log")

    def _run(self, name: str, *arguments: str, code: bool = False) -> dict[str, Any]:
        result = self._command(name, *arguments, code=code)
        check(result.returncode == 0, f"{arguments[0]} of {name} should pass: {result.stderr}")
        found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
        return found

    def refused(self, name: str, *arguments: str) -> str:
        # A refusal before the code is checked does not spend the code.
        result = self._command(name, *arguments, code=False)
        check(result.returncode == 4, f"{name} should be refused")
        return str(json.loads(result.stderr.splitlines()[-1])["error"]["reason"])

    def _command(self, name: str, *arguments: str, code: bool) -> "subprocess.CompletedProcess[str]":
        role = name.partition("-")[0]
        before = [
            "--identity",
            self._ready["identities"][name],
            "--passphrase-file",
            str(self.passphrase_file),
        ]
        before += ["--code", self.code(name)] if code else []
        settings = {name: value for name, value in os.environ.items() if not name.startswith("IDVAULT_")}
        return programs.run(programs.VAULT, "--json", role, *before, *arguments, environment=settings)

    def code(self, name: str) -> str:
        """Return the first unused code that is accepted long enough to be sent.

        Nobody waits for the next time step: the last code that is accepted already enrols another device.
        """
        folder = Path(self._ready["identities"][name])
        # Kept in the state folder: the next demo on it may begin within the same time step.
        used = folder / "totp.step"
        # `idvault dev` has enrolled the person with the code of the step before the one that it was then.
        last = int(used.read_text("ascii")) if used.exists() else _current() - 1
        while (step := max(last + 1, _first_step())) > _current() + 1:
            time.sleep(0.2)
        if step > _current():
            step = self._enrol_again(name, folder, code=_code(folder, step)) + 1
        used.write_text(str(step), "ascii")
        return _code(folder, step)

    def _enrol_again(self, name: str, folder: Path, *, code: str) -> int:
        """Put a member's second factor on another device; return the time step of its first code."""
        file, draft = folder / totp.FILE, folder / f"{totp.FILE}.draft"
        with identity_folder.load(folder).connect() as edge:
            draft.write_text(second_factor.begin(edge, identity=self._identity(name), code=code), "ascii")
            draft.replace(file)
            step = _first_step()
            second_factor.confirm(edge, code=_code(folder, step))
        return step


def _code(folder: Path, step: int) -> str:
    at = datetime.fromtimestamp(step * _INTERVAL, UTC)
    return totp.code(totp.read(folder), now=at)


def _current() -> int:
    return int(time.time()) // _INTERVAL


def _first_step() -> int:
    """Return the step whose code is accepted for half a step more at least: the vault accepts one before."""
    return int(time.time() + _INTERVAL / 2) // _INTERVAL - 1
