"""The demo's steps with auditors and custodians, each with a client on this host."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp

from idvault.attest import disclosure as papers
from idvault.custody import identity as identities
from idvault.development.authority import real_now
from idvault_client.people import identity_folder
from idvault_client.people.custody_edge import CustodyEdge
from idvault_client.people.disclosure.custodian import Custodian
from idvault_client.people.trust import FindingError
from tests.demo.step import StepError, check

_PATIENCE = 30.0
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


class DisclosureSteps:
    """The commands that auditors and custodians type, and their results."""

    def __init__(self, *, scratch: Path) -> None:
        self._passphrase = scratch / "people.passphrase"
        self._passphrase.write_bytes(_PASSPHRASE)
        self._ready: Mapping[str, Any] = {}
        self._id = ""
        self._steps: dict[str, int] = {}

    def request(self, ready: Mapping[str, Any], *, account_token: str) -> None:
        """An auditor requests a record, and one custodian approves: that is not enough."""
        self._id = self.file(ready, account_token=account_token)
        self._wait_until_logged("custodian-a")
        decided = self._run("custodian-a", "approve", self._id, code=True)
        check(decided["state"] == "REQUESTED", "one approval should not be enough")
        refused = self.refused("auditor-a", "--code", "000000", "open", self._id)
        check(refused == "ILLEGAL_TRANSITION", "the opening should be refused: ILLEGAL_TRANSITION")

    def file(self, ready: Mapping[str, Any], *, account_token: str) -> str:
        """An auditor requests a record; return the disclosure's id."""
        self._ready = ready
        made = self._run(
            "auditor-a", "request", "--account", account_token, "--case", "demo 1",
            "--legal-basis", "synthetic", "--purpose", "to show how it is done",
        )  # fmt: skip
        return str(made["disclosure_id"])

    def state(self, disclosure_id: str) -> str:
        return str(self._run("auditor-a", "show", disclosure_id)["state"])

    def refuse_what_is_not_in_the_log(self) -> None:
        """A custodian's client gives no share for a request that is not in the log."""
        keys = {name: self._identity(name) for name in ("custodian-b", "auditor-a")}
        folder = identity_folder.load(Path(self._ready["identities"]["custodian-b"]))
        with folder.connect() as edge:
            lying = LyingEdge(edge, auditor=keys["auditor-a"])
            custodian = Custodian(
                identity=keys["custodian-b"], trust=folder.trust(), edge=lying, now=real_now
            )
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
        decided = self._run("custodian-b", "approve", self._id, code=True)
        check(decided["state"] == "APPROVED", "two approvals should be enough")
        opened = self._run("auditor-a", "open", self._id, code=True)
        check(
            (opened["real_name"], opened["document_number"]) == (name, number),
            "the record should hold the verified identity",
        )
        shown = self._run("auditor-a", "show", self._id)
        check((shown["state"], shown["opened"]) == ("OPENED", 1), "there should be one opening")
        again = self.refused("auditor-a", "--code", "000000", "open", self._id)
        check(again == "KEY_MISSING", "the one-time key should be gone")

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
        before = ["--identity", self._ready["identities"][name], "--passphrase-file", str(self._passphrase)]
        before += ["--code", self._code(name)] if code else []
        return subprocess.run(
            [sys.executable, "-m", "idvault.cli", "--json", role, *before, *arguments],
            env={name: value for name, value in os.environ.items() if not name.startswith("IDVAULT_")},
            capture_output=True,
            text=True,
            check=False,
        )

    def _code(self, name: str) -> str:
        """Return an unused code: that of the next step, which is accepted already."""
        uri = (Path(self._ready["identities"][name]) / "totp.txt").read_text("utf-8").strip()
        totp = pyotp.parse_uri(uri)
        if not isinstance(totp, pyotp.TOTP):
            raise StepError("the second factor should count time")
        while (step := int(time.time()) // totp.interval + 1) <= self._steps.get(name, 0):
            time.sleep(0.2)
        self._steps[name] = step
        return str(totp.at(step * totp.interval))
