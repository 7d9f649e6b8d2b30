"""The demo's forked log: a second copy of the vault, with every server key, that only members are shown."""

import asyncio
import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from idvault.core.db.database import Database
from idvault.core.public_files import LocalPublicFiles
from idvault.log.acts.sequencing import Sequencer
from idvault.processes.bootstrap.base import ENTROPY
from idvault.processes.cli.running import real_clock
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.signing import Ed25519Signer
from idvault_dev import environment
from idvault_dev.layout import LOG_ORIGIN, PASSPHRASE, Layout
from idvault_dev.supervisor import FREE_PORTS, HOST
from idvault_people import identity_folder
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.transparency.note import VerifierKey
from tools.demo.step import StepError, check
from tools.support import folders, programs
from tools.support.sandbox import wait_for

_DATABASES = ("main.sqlite3", "shred.sqlite3")
_UNVERIFIED = 5


class ForkSteps:
    """Root copies the running vault, and points the custody port of two members to the copy."""

    def __init__(self, *, scratch: Path) -> None:
        self._layout = Layout(scratch / "fork")

    def refuse(self, state: Path, *, account_token: str) -> None:
        """The copy takes a request and logs it, but the custodian's unmodified client gives no share."""
        self._copy(state)
        with self._custody() as address:
            for name in ("auditor-a", "custodian-a"):
                self._point(name, address)
            made = self._run(
                "auditor-a", "request", "--account", account_token, "--case", "none",
                "--legal-basis", "none", "--purpose", "that the public log does not show",
            )  # fmt: skip
            check(made.returncode == 0, f"the copy should take the request: {made.stderr}")
            disclosure_id = json.loads(made.stdout.splitlines()[-1])["disclosure_id"]
            asyncio.run(self._sign())
            shown = self._run("custodian-a", "pending").stdout
            check(f'"{disclosure_id}"' in shown, "the copy should show the request to the custodian")
            refused = self._run("custodian-a", "--code", "000000", "approve", disclosure_id)
        reason = json.loads(refused.stderr.splitlines()[-1])["error"]["reason"]
        ended = (refused.returncode, reason)
        check(ended == (_UNVERIFIED, "LOG_NOT_WITNESSED"), f"no share should be given: {refused.stderr}")

    def _copy(self, state: Path) -> None:
        folders.copy(state, self._layout.state, without=("run", "lock", "logs", "*.sqlite3*"))
        # The signed checkpoint first: the log may have grown since, but must not be older.
        for name in reversed(_DATABASES):
            with (
                closing(sqlite3.connect(state / name)) as live,
                closing(sqlite3.connect(self._layout.state / name)) as copy,
            ):
                live.backup(copy)

    @contextmanager
    def _custody(self) -> Iterator[str]:
        """Run the copy's custody edge; yield its address."""
        ready = self._layout.state / "fork.json"
        settings = {
            **{name: value for name, value in os.environ.items() if not name.startswith("IDVAULT_")},
            **environment.common(self._layout),
            **environment.serve(self._layout, ports=FREE_PORTS),
            "IDVAULT_KEYS": str(self._layout.keys / "custody.keys"),
            "IDVAULT_LISTEN": f"{HOST}:0",
            "IDVAULT_METRICS_LISTEN": f"{HOST}:0",
        }
        command = ("serve", "--edge", "custody", "--ready-file", ready)
        with (
            (self._layout.state / "fork.log").open("wb") as output,
            Path(os.devnull).open("rb") as nothing,
        ):
            files = (nothing.fileno(), output.fileno(), output.fileno())
            process = programs.launch(programs.VAULT, *command, environment=settings, files=files)
        try:
            if not wait_for(lambda: ready.exists() or process.poll() is not None) or not ready.exists():
                raise StepError("the copy's custody edge should start")
            yield str(json.loads(ready.read_text("utf-8"))["grpc_custody"])
        finally:
            process.terminate()
            process.wait(60)

    def _point(self, name: str, address: str) -> None:
        """Change the address in a member's folder, as whoever controls the network does."""
        folder = self._layout.people / name
        pinned = identity_folder.load(folder)
        identity_folder.pin(
            folder,
            target=address,
            server_name=pinned.server_name,
            ca=(folder / identity_folder.CA).read_bytes(),
            log_key=str(pinned.log_key),
            versions=pinned.versions,
        )

    async def _sign(self) -> None:
        """Sequence and sign the copy's log with the server's key, as a worker without witnesses."""
        path = self._layout.keys / "work.keys"
        keys = LocalKeyProvider.load(path, passphrase=PASSPHRASE, entropy=ENTROPY)
        signer = Ed25519Signer(keys=keys.keys(Purpose.LOG))
        policy = CosignaturePolicy(LOG_ORIGIN, (VerifierKey(LOG_ORIGIN, signer.public_key),))
        main, shred = (Database(url=f"sqlite:///{self._layout.state / name}") for name in _DATABASES)
        try:
            sequencer = Sequencer(
                main=main,
                shred=shred,
                files=LocalPublicFiles(directory=self._layout.public),
                signer=signer,
                policy=lambda: policy,
                witnesses={},
                alarm=_told,
            )
            await sequencer.run(now=real_clock())
        finally:
            await main.close()
            await shred.close()

    def _run(self, name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        role = name.partition("-")[0]
        identity = ["--identity", str(self._layout.people / name)]
        identity += ["--passphrase-file", str(self._layout.passphrase)]
        settings = {name: value for name, value in os.environ.items() if not name.startswith("IDVAULT_")}
        return programs.run(programs.VAULT, "--json", role, *identity, *arguments, environment=settings)


def _told(why: str) -> None:
    raise StepError(f"the copy's log should be signed: {why}")
