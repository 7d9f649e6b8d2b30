"""The demo's last disclosure step: the person learns of it after the embargo, with proof."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from tools.demo.step import check, client, verifier
from tools.support.sandbox import wait_for

# The longest embargo is 90 days by default, and a history ends at the start of the day before.
_LATER = timedelta(days=92)
_UNVERIFIED, _AS_TOLD = 5, 6


class HistorySteps:
    """The history as the person's platform fetches it and the person checks it offline."""

    def __init__(self, *, scratch: Path) -> None:
        """Set a scratch folder, which also holds the vault's clock file."""
        self._file = scratch / "history.json"
        self.clock = scratch / "clock"
        self.clock.write_text("0", "ascii")
        self._original = ""

    def show(self, ready: Mapping[str, Any], *, ready_file: Path, account_token: str) -> None:
        """Nothing is shown during the embargo; then one opening is shown, and a changed byte is noticed."""
        check(
            self._openings(ready_file, account_token) == 0, "nobody should be told before the embargo is over"
        )
        with self._later():
            shown = wait_for(lambda: self._openings(ready_file, account_token) == 1)
            check(shown, "the history should show one opening")
        self._original = self._file.read_text("utf-8")
        keys = ("--public-key", ready["log"]["public_key"], "--roster", ready["roster"])
        self._check_proved(*keys, "--directory", ready["public"])
        self._change_one_byte()
        changed = verifier("check-history", str(self._file), *keys)
        check(changed.returncode == _UNVERIFIED, f"a changed byte should end the check with {_UNVERIFIED}")

    def disclosed(self) -> list[str]:
        """Return the ids of the disclosures in the fetched history."""
        content = json.loads(self._original)
        return [each["disclosureId"] for each in content["disclosures"]]

    def _check_proved(self, *options: str) -> None:
        """What is listed is proved, and the public log has at least that once it is published."""
        checked = self._told(*options)
        if "LOG_OLDER" in checked.stderr:
            wait_for(lambda: "LOG_OLDER" not in self._told(*options).stderr)
            checked = self._told(*options)
        told = checked.returncode == _AS_TOLD
        found = json.loads(checked.stdout.splitlines()[-1]) if told else {}
        proved = bool(found.get("valid_as_told")) and (
            len(found["openings"]),
            len(found["disclosures"]),
        ) == (1, 2)
        check(proved, f"the disclosures and the opening should be proved: {checked.stderr}")
        check(
            all(each["legal_basis"] == "synthetic" for each in found["disclosures"]),
            "the legal basis should be told",
        )
        log = found["log"]
        counted = log["disclosures"] >= 2 and log["openings"] >= 1 and log["releases"] >= 4
        check(counted, f"the public log should show disclosures, openings and releases: {log}")

    def _told(self, *options: str) -> "subprocess.CompletedProcess[str]":
        return verifier("--json", "check-history", str(self._file), *options)

    @contextmanager
    def _later(self) -> Iterator[None]:
        """Shift business time, and shift it back for the following steps."""
        try:
            self.shift(_LATER)
            yield
        finally:
            self.shift(timedelta())

    def shift(self, by: timedelta) -> None:
        """Shift the vault's business time to so far from now."""
        draft = self.clock.with_suffix(".new")
        draft.write_text(str(by.total_seconds()), "ascii")
        draft.replace(self.clock)

    def _openings(self, ready_file: Path, account_token: str) -> int:
        """Fetch the history; return how many openings it shows."""
        fetched = client(
            "--ready-file", str(ready_file), "--json", "history", account_token, "--out", str(self._file)
        )
        check(fetched.returncode == 0, f"the history should be fetched: {fetched.stderr}")
        return int(json.loads(fetched.stdout.splitlines()[-1])["openings"])

    def _change_one_byte(self) -> None:
        content = self._file.read_text("utf-8")
        at = content.index('"recordDigest": "') + len('"recordDigest": "')
        changed = "A" if content[at] != "A" else "B"
        self._file.write_text(content[:at] + changed + content[at + 1 :], "utf-8")
