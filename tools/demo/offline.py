"""The demo's steps with offline checks: by a taxi service, and by the owner of a record."""

import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from idvault_client import Vault
from idvault_dev.session import Session
from tools.demo.step import check, verifier
from tools.support import folders, programs
from tools.support.sandbox import wait_for

_AUDIENCE = "https://taxi.example"


class OfflineSteps:
    """A third party's folder of published files, and its checks."""

    def __init__(self, *, scratch: Path) -> None:
        self._scratch = scratch
        self._taxi = scratch / "taxi"

    def receive(self, vault: Vault, ready: Mapping[str, Any], *, account_token: str) -> None:
        """A rider shows a credential; the service has fetched the keys and the list and calls nobody."""
        self._taxi.mkdir()
        issued = vault.issue_status_credential(account_token, _AUDIENCE)
        (self._taxi / "credential").write_text(issued.token, "ascii")
        public = Path(ready["public"])

        def fetched() -> bool:
            return self._fetch(public) and self._said() == "check: valid"

        check(wait_for(fetched), f"the credential should be valid, not {self._said()}")
        check(account_token not in issued.token, "a credential should not hold the account token")

    def prove(self, vault: Vault, ready: Mapping[str, Any], *, request_id: str) -> None:
        """The owner keeps a receipt, and checks what was sealed and logged with only the log's key."""
        file = self._scratch / "receipt.json"

        def covered() -> bool:
            receipt = vault.get_verification(request_id).receipt
            if receipt is None or not receipt.covered:
                return False
            file.write_text(receipt.to_json(), "utf-8")
            return True

        check(wait_for(covered), "the receipt should be covered by a checkpoint")
        said = _client(
            "check-receipt", str(file), "--public-key", ready["log"]["public_key"],
            "--roster", ready["roster"],
        )  # fmt: skip
        check(said == "check: valid", f"the receipt should be valid, not {said}")

    def check_again(self) -> None:
        """Without a running vault the check gives the same result."""
        said = self._said()
        check(said == "check: valid", f"the credential should be valid still, not {said}")

    def close(self, state: Path, *, account_token: str) -> None:
        """In a copy of the vault the account is closed, and the next list says so."""
        copy = self._scratch / "copy"
        folders.copy(state, copy, without=("run", "lock", "logs"))
        with closing(sqlite3.connect(copy / "main.sqlite3")) as database, database:
            database.execute(
                "UPDATE accounts SET standing = 'CLOSED' WHERE account_token = ?", (account_token,)
            )
        session = Session(server=programs.server(), state=copy, output=self._scratch / "copy.log")
        try:
            session.start()
            ended = wait_for(lambda: self._fetch(copy / "public") and self._said() == "check: STATUS_INVALID")
            check(ended, f"the list should say INVALID, not {self._said()}")
            session.stop()
        finally:
            session.close()

    def _fetch(self, public: Path) -> bool:
        """Fetch the published files if they exist; the whole list, which hides who is checked."""
        files = (public / "jwks.json", public / "status" / "0.jwt")
        if not all(file.exists() for file in files):
            return False
        for file in files:
            shutil.copy(file, self._taxi / file.name)
        return True

    def _said(self) -> str:
        return _client(
            "check-token", str(self._taxi / "credential"), "--audience", _AUDIENCE,
            "--jwks", str(self._taxi / "jwks.json"), "--list", str(self._taxi / "0.jwt"),
        )  # fmt: skip


def _client(*arguments: str) -> str:
    done = verifier(*arguments)
    return (done.stdout.splitlines() or [done.stderr.strip()])[-1]
