"""The demo's steps with reports of rumours: two arrive by e-mail, one is upheld, the other is overdue."""

import json
import sqlite3
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from idvault_client import Standing, Vault, testing
from idvault_client.sanctions import (
    Automation,
    Degree,
    Ground,
    IssuerKind,
    Origin,
    SanctionCategory,
    StatementOfReasons,
)
from idvault_client.tip_offs import TipOffOutcome, TipOffReport, TipOffState, UpheldSanction
from tools.demo.legacy import LegacySteps
from tools.demo.step import check, client
from tools.support import traces
from tools.support.sandbox import wait_for

_DAY = timedelta(days=1)
_REFUSED = 1
_WORDS = ("reader@example.org", "the well is not poisoned")
_MISSED_ONCE = '<td class="number">1</td><td class="number">1</td></tr>'
_MAILS = {
    "1.report": b"From: <reader@example.org>\r\n\r\nhttps://im.example/post/17 the well is not poisoned",
    "2.report": b"From: <another@example.org>\r\nSubject: another\r\n\r\nhttps://im.example/post/18",
    "3.bounce": b"Return-Path: <>\r\nSubject: delivery failed\r\n\r\nno report",
}


class TipOffSteps:
    """Reports at a vault whose clock a step moves."""

    def __init__(self, legacy: LegacySteps, *, scratch: Path) -> None:
        self._maildir, self._state = scratch / "mail", scratch / "legacy-state"
        self._legacy, self._ready_file, self._shift = legacy, legacy.ready_file, legacy.shift
        self._receipts: list[dict[str, str]] = []

    def arrive(self) -> None:
        """Two readers write, and a mail server's bounce is no report; a second run files nothing."""
        for folder in ("new", "cur", "tmp"):
            (self._maildir / folder).mkdir(parents=True)
        for name, content in _MAILS.items():
            (self._maildir / "new" / name).write_bytes(content)
        told = [self._import() for _ in range(2)]
        check(told[0] == ("import: 2 filed, 1 refused", _REFUSED), f"two should be filed: {told[0]}")
        check(told[1] == ("import: 0 filed, 0 refused", 0), f"no mail should be left: {told[1]}")
        lines = (self._maildir / "receipts").read_text("utf-8").splitlines()
        self._receipts = [json.loads(line) for line in lines]
        senders = [receipt["contact"] for receipt in self._receipts]
        check(senders == ["reader@example.org", "another@example.org"], "each sender should get a receipt")

    def uphold(self) -> None:
        """On the sixth day a moderator upholds the first report; the reporter reads the reply."""
        self._shift(6 * _DAY)
        account_token = self._legacy.verified_owner
        with self._vault() as vault:
            key = testing.moderator(vault)
            report = self._report(vault, 0)
            vault.tip_offs.assign(report, key=key)
            sanction = UpheldSanction(account_token, Degree.WARN, _reasons(report))
            upheld = vault.tip_offs.uphold(
                report.tip_off_id, sanction, key=key, reply="You were right. The account was warned."
            )
            check(upheld.outcome is TipOffOutcome.UPHELD, "the report should be upheld")
            check(vault.get_status(account_token).standing is Standing.WARNED, "the account should be WARNED")
            check(
                vault.sanctions.get(upheld.sanction_id).statement is not None, "with a statement of reasons"
            )
            receipt = self._receipts[0]
            seen = vault.tip_offs.follow(receipt["reference"], receipt["secret"])
            check(seen.reply.startswith("You were right"), "the reporter should read the reply")

    def miss(self) -> None:
        """On the ninth day the other report is overdue: in list, metrics, log and page, once."""
        self._shift(9 * _DAY)
        with self._vault() as vault:
            now = datetime.now(UTC) + 9 * _DAY
            found = vault.tip_offs.list_page(open_only=True, due_before=now).tip_offs
            references = [each.reference for each in found]
            check(references == [self._receipts[1]["reference"]], "the other report should be overdue")
            check(found[0].state is TipOffState.RECEIVED, "nobody should have worked on it")
        ready: Mapping[str, Any] = json.loads(self._ready_file.read_text("utf-8"))
        shown = wait_for(lambda: "idvault_tip_offs_overdue 1.0" in _fetch(ready["metrics"]["work"]))
        check(shown, "the worker's metrics should count it")
        file = ready["databases"]["main"].removeprefix("sqlite:///")
        events = (b"tipoff:reply:miss", b"tipoff:solution:miss")
        counted = wait_for(lambda: [_logged(file, event) for event in events] == [1, 1])
        check(counted, "the log should count it once")
        check(
            wait_for(lambda: _MISSED_ONCE in _deadlines(ready["public_url"])),
            "the page of public supervision should show one missed reply and solution",
        )

    def search(self) -> None:
        """Search every file of the vault for what the reporter wrote, and for the address."""
        files = traces.files(self._state, without=[])
        check(len(files) > 10, "the databases, logs and public files should be searched")
        hits = traces.search(files, list(_WORDS))
        check(not hits, f"found in {sorted({f'{hit.path.name} ({hit.encoding})' for hit in hits})}")

    def _import(self) -> tuple[str, int]:
        done = client(
            "--ready-file", str(self._ready_file), "tip-offs", "import-mail", str(self._maildir),
            "--state", str(self._maildir / "state"), "--receipts", str(self._maildir / "receipts"),
            "--content-pattern", r"https://im\.example/post/[0-9]+",
        )  # fmt: skip
        return (done.stdout.splitlines() or [done.stderr])[-1], done.returncode

    def _report(self, vault: Vault, place: int) -> TipOffReport:
        page = vault.tip_offs.list_page(state=TipOffState.RECEIVED)
        wanted = self._receipts[place]["reference"]
        return next(each for each in page.tip_offs if each.reference == wanted)

    def _vault(self) -> Vault:
        return testing.connect(self._ready_file, timeout=10)


def _reasons(report: TipOffReport) -> StatementOfReasons:
    return StatementOfReasons(
        ground=Ground.AGAINST_TERMS,
        category=SanctionCategory.RUMOUR,
        rule_reference="terms 4.2 (synthetic)",
        case_reference=report.target.key,
        evidence=(sha256(b"synthetic evidence").digest(),),
        origin=Origin.TIP_OFF,
        tip_off=report.reference,
        detection=Automation.NONE,
        decision=Automation.NONE,
        territory="CN",
        redress="write to the platform (synthetic)",
        issuer_kind=IssuerKind.PLATFORM,
    )


def _fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - of this machine
        return str(answer.read().decode())


def _deadlines(url: str) -> str:
    """Return the table of reports by the public on the page of public supervision, "" before there is one."""
    try:
        page = _fetch(f"{url}index.en.html")
    except HTTPError:
        return ""
    return page.partition('aria-label="Reports by the public')[2].partition("</tbody>")[0]


def _logged(file: str, event: bytes) -> int:
    """Return how many entries of a type the log has."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        leaves = database.execute("SELECT leaf FROM log_entries").fetchall()
    return sum(event in leaf for (leaf,) in leaves)
