"""The demo's steps with the transparency report: a stranger mirrors the public files and recomputes it."""

import json
import urllib.request
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from tools.demo.step import check, verifier
from tools.support.sandbox import wait_for

_FORGED, _UNVERIFIED = 7, 5


class ReportSteps:
    """The reports of a vault whose clock only moves forward, seen with its address and the log's key."""

    def __init__(self, *, scratch: Path) -> None:
        self._copy = scratch / "mirror"
        self._report = Path()
        self._url = ""
        self._key: tuple[str, ...] = ()

    def mirror(self, ready: Mapping[str, Any], *, month: date) -> None:
        """Wait for a month's report, copy everything over HTTP, and recompute the report from the copy."""
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
