"""The demo's steps with an erasure, over simulated days in the vault of the legacy accounts."""

import json
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from idvault.processes.shifted_clock import READ_EVERY
from idvault_client import PreconditionFailed, State, Vault, testing
from idvault_client.erasures import ErasureState
from tools.demo.step import check, verifier
from tools.support.sandbox import Registry, verify, wait_for


class ErasureSteps:
    """An account, from the request of its erasure to the destruction of its keys."""

    def __init__(self, *, scratch: Path, ready_file: Path) -> None:
        self._scratch, self._ready_file = scratch, ready_file
        self._clock, self._state = scratch / "legacy-clock", scratch / "legacy-state"
        self._token = ""

    def erase(self) -> None:
        """An owner asks, changes their mind, and asks again; a week later the account is erased for good."""
        with self._vault() as vault:
            person = Registry(self._ready()["registry"]["admin_url"]).newcomer()
            self._token = verify(vault, person).account_token
            vault.erasures.request(self._token)
            cancelled = vault.erasures.cancel(self._token).state
            check(cancelled is ErasureState.CANCELLED, "the first request should be cancelled")
            made = vault.erasures.request(self._token)
            check(vault.get_status(self._token).erase_time == made.erase_time, "the status should tell when")
            listed = vault.erasures.list_page(state=ErasureState.REQUESTED).erasures
            check(self._token in {each.account_token for each in listed}, "the list should have it")
            self._pass(timedelta(days=6, hours=23))
            check(vault.get_status(self._token).is_verified, "nothing should have changed before the end")
            self._pass(timedelta(hours=1, seconds=1))
            erased = wait_for(lambda: vault.get_status(self._token).state is State.ERASED)
            check(erased, "the account should be erased")
            try:
                verify(vault, person, account_token=self._token)
            except PreconditionFailed as refused:
                check(refused.reason == "ACCOUNT_ERASED", "it should not be verified again")
            else:
                check(False, "it should not be verified again")
        check(self._left() == (1, 1), "record and shred key should wait for disclosures")

    def destroy(self) -> None:
        """Eight days later record and keys are gone, and the owner's receipt proves when."""
        self._pass(timedelta(days=8, seconds=1))
        with self._vault() as vault:

            def destroyed() -> bool:
                found = vault.erasures.get(self._token)
                return found.state is ErasureState.DESTROYED and found.covered

            check(wait_for(destroyed), "record and keys should be destroyed, and a checkpoint cover it")
            file = self._scratch / "erasure.json"
            file.write_text(vault.erasures.get(self._token).to_json(), "utf-8")
        check(self._left() == (0, 0), "neither database should hold anything that opens")
        ready = self._ready()
        done = verifier(
            "check-erasure", str(file), "--public-key", ready["log"]["public_key"],
            "--roster", ready["roster"],
        )  # fmt: skip
        said = (done.stdout.splitlines() or [done.stderr.strip()])[-1]
        check(said == "check: valid", f"the receipt should be valid, not {said}")

    def _left(self) -> tuple[int, int]:
        """Return how many records and shred keys of the account the two databases hold."""
        counts = []
        # The row of a destroyed key stays, with zeros in its place.
        kept = "record_keys WHERE shred_key != zeroblob(32)"
        for name, table in (("main", "records WHERE true"), ("shred", kept)):
            with closing(sqlite3.connect(self._state / f"{name}.sqlite3")) as database:
                query = f"SELECT count(*) FROM {table} AND account_token = ?"  # noqa: S608 - our own names
                counts += database.execute(query, (self._token,)).fetchone()
        return counts[0], counts[1]

    def _pass(self, passed: timedelta) -> None:
        now = float(self._clock.read_text("ascii"))
        self._clock.write_text(str(now + passed.total_seconds()), "ascii")
        time.sleep(2 * READ_EVERY)

    def _ready(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(self._ready_file.read_text("utf-8"))
        return found

    def _vault(self) -> Vault:
        return testing.connect(self._ready_file, timeout=10)
