"""A whole deployment on this host for journeys: real channels, and a registry that the test controls."""

import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from idvault_client import Tls, Vault, connect, testing
from idvault_dev import environment
from idvault_dev.authority import Authority, real_now
from idvault_dev.layout import TRUST_DOMAIN, Layout
from idvault_dev.session import Session
from tools.support import folders, programs
from tools.support.sandbox import Registry

TIMEOUT = 20.0


class House:
    """One `idvault dev` on free ports, with a clock file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.clock = folder / "clock"
        self.clock.write_text("0")
        arguments = ["--ports", "free", "--clock-file", str(self.clock)]
        self.session = Session(
            server=programs.server(), state=self.state, output=folder / "dev.log", arguments=arguments
        )
        self.ready: dict[str, Any] = {}

    def start(self) -> "House":
        """Start, or restart on the same state."""
        self.ready = self.session.start()
        return self

    @property
    def registry(self) -> Registry:
        return Registry(self.ready["registry"]["admin_url"])

    def vault(self, platform: str = "platform-a", *, timeout: float = TIMEOUT) -> Vault:
        """Return a platform's client; its calls wait long enough for the slowest answer."""
        return testing.connect(self.session.ready_file, platform=platform, timeout=timeout)

    def shift(self, by: timedelta) -> None:
        draft = self.clock.with_suffix(".new")
        draft.write_text(str(by.total_seconds()))
        draft.replace(self.clock)

    def query(self, sql: str, *values: object, database: str = "main") -> list[tuple[Any, ...]]:
        """Read rows of a database from its file."""
        path = Path(self.ready["databases"][database].removeprefix("sqlite:///"))
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=60)) as connection:
            return connection.execute(sql, values).fetchall()

    def ais(self, account_token: str) -> list[str]:
        """Return the ids under which the registry was asked about an account."""
        rows = self.query("select ais from jobs where account_token = ?", account_token)
        return [ai for (ais,) in rows for ai in ais.split()]

    def pids(self) -> list[int]:
        """Return every process except the supervisor."""
        pids = self.ready["pids"]
        return [*pids["serve"], pids["work"], pids["mock_registry"], pids["witness"]]

    def population(self, kind: str) -> dict[str, str]:
        """Return one of the registry's synthetic people of a kind."""
        people = json.loads(Path(self.ready["registry"]["population"]).read_text("utf-8"))["people"]
        found: dict[str, str] = next(person for person in people if person["kind"] == kind)
        return found

    def certificate(self, *uris: str, file: str, authority: Authority | None = None) -> Tls:
        """Issue a client certificate with these URIs, signed by the deployment's authority by default."""
        layout = Layout(self.state)
        certificate, key = self.folder / f"{file}.pem", self.folder / f"{file}.key"
        own = Authority.open(certificate=layout.authority, key=layout.authority_key, now=real_now())
        (authority or own).issue_client(uris=uris, certificate=certificate, key=key, now=real_now())
        return Tls(layout.authority, certificate, key)

    def platform(self, name: str) -> str:
        return f"spiffe://{TRUST_DOMAIN}/platform/{name}"

    def connect(self, tls: Tls, *, timeout: float = TIMEOUT) -> Vault:
        """Return a client with a separate certificate."""
        return connect(self.ready["grpc"], tls=tls, timeout=timeout, server_name="localhost")

    def command(self, *arguments: object) -> "subprocess.CompletedProcess[str]":
        settings = {**os.environ, **environment.common(Layout(self.state))}
        return programs.run(programs.VAULT, *arguments, environment=settings)


def running(folder: Path, *, state: Path | None = None) -> Iterator[House]:
    """Run a house and leave no process behind; state: a stopped one's, of which it is a copy."""
    house = House(folder)
    if state is not None:
        folders.copy(state, house.state)
    try:
        yield house.start()
    finally:
        house.session.close()
        if house.ready:
            house.session.process.wait(60)
