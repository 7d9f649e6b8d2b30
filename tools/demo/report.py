"""The demo's steps with the transparency report: a stranger mirrors the public files and recomputes it."""

import json
import urllib.request
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from tools.demo.step import check, verifier
from tools.support.sandbox import wait_for

_FORGED, _UNVERIFIED = 7, 5


class ReportSteps:
    """The reports of a vault whose clock only moves forward, seen with its address and the log's key."""

    def __init__(
        self, end_month: Callable[[], tuple[Mapping[str, Any], date, date]], *, scratch: Path
    ) -> None:
        """Set how the month ends: returns the vault, the campaign's start, and the day of the last miss."""
        self._end_month, self._late = end_month, date.min
        self._copy = scratch / "mirror"
        self._report = Path()
        self._url = ""
        self._key: tuple[str, ...] = ()

    def mirror(self) -> None:
        """The month of the campaign ends; a stranger has the address and the log's key alone.

        Everything is copied over HTTP, and the report recomputed from the copy.
        """
        ready, month, self._late = self._end_month()
        self._url = ready["public_url"]
        self._key = ("--public-key", ready["log"]["public_key"])
        name = f"report/{month:%Y-%m}"
        check(wait_for(lambda: f"{name}.note" in self._fetch("index").split()), f"{name} should be published")
        last = self._mirror()
        check(last.startswith("mirror: "), f"the public directory should be copied: {last}")
        self._report = self._copy / f"{name}.json"
        checked = verifier("check-report", str(self._report), "--log", str(self._copy), *self._key)
        told = (checked.stdout.splitlines() or [""])[-1]
        check(checked.returncode == 0 and "figures recomputed" in told, f"it should be recomputed: {told}")
        counted = json.loads(self._report.read_bytes())["logged"]
        check(counted["verifications.decided"] > 0, "the month's verifications should be counted")
        check(counted["campaigns.started"] == 1, "the month's campaign should be counted")

    def name_late(self) -> None:
        """The log names who missed a reply; a file of the month that leaves it out is found."""
        name, platform = f"report/{self._late:%Y-%m}", "platform-a"
        check(wait_for(lambda: f"{name}.note" in self._fetch("index").split()), f"{name} should be published")
        check(self._mirror().startswith("mirror: "), "the public directory should be copied")
        report = self._copy / f"{name}.json"
        arguments = ("check-report", str(report), "--log", str(self._copy), *self._key)
        told = verifier(*arguments)
        lines = told.stdout.splitlines()
        late = f"missed by {platform}: tip_offs.reply_missed 1 (stated: filed "
        named = told.returncode == 0 and any(line.startswith(late) for line in lines)
        check(named, f"{platform} should be named: {told.stdout}{told.stderr}")
        check(any(each.startswith("platforms: ") for each in lines), "its numbers should be recomputed")
        page = self._fetch(f"{name}.{platform}.en.html")
        check(platform in page, "the platform should have a page of its own")
        file = report.with_suffix(".platforms.json")
        document = json.loads(file.read_bytes())
        document["platforms"][platform]["missed"].clear()
        file.write_text(json.dumps(document), "utf-8")
        check(verifier(*arguments).returncode == _UNVERIFIED, "the log's key should not have signed less")
        check(self._mirror().startswith("mirror: "), "another run should bring back what was published")
        check(verifier(*arguments).returncode == 0, "the published file should be recomputed again")

    def forge(self) -> None:
        """A changed figure is refused with the signature, and without it because the log says otherwise."""
        document = json.loads(self._report.read_bytes())
        document["logged"]["verifications.decided"] -= 1
        self._report.write_text(json.dumps(document), "utf-8")
        arguments = ("check-report", str(self._report), "--log", str(self._copy), *self._key)
        code = verifier(*arguments).returncode
        check(code == _UNVERIFIED, "the log's key should not have signed a changed figure")
        # The file of the platforms names the report whose it is, and would be refused first.
        for beside in (".note", ".platforms.json", ".platforms.note"):
            self._report.with_suffix(beside).unlink()
        found = verifier(*arguments)
        named = "verifications.decided is" in found.stdout
        check(found.returncode == _FORGED and named, f"the forged figure should be named: {found.stdout}")
        check(self._mirror().startswith("mirror: "), "another run should bring back the published report")
        check(verifier(*arguments).returncode == 0, "the published report should be recomputed again")

    def supervise(self) -> None:
        """The first page that anybody sees names the log, its witness and the month's report."""
        link = f'"report/{self._report.stem}.'
        check(wait_for(lambda: link in self._fetch("index.en.html")), "the page should link to the report")
        for name, language in (("", "zh-CN"), ("index.en.html", "en")):
            page = self._fetch(name)
            check(f'<html lang="{language}">' in page, "the page should be there in both languages")
            shown = (self._key[1], "idvault.local/witness", "mirror-log", link)
            check(all(each in page for each in shown), "the page should name log, witness and commands")

    def _mirror(self) -> str:
        done = verifier("mirror-log", str(self._copy), "--from", self._url, *self._key, "--unwitnessed")
        return (done.stdout.splitlines() or [done.stderr])[-1]

    def _fetch(self, path: str) -> str:
        """Return a file as a browser sees it, nothing if it is not there yet."""
        try:
            with urllib.request.urlopen(self._url + path, timeout=10) as answer:  # noqa: S310 - of this machine
                return str(answer.read().decode())
        except HTTPError:
            return ""
