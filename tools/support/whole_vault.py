"""A deployment under load: two platform processes on one port, custody edge, worker, registry, members."""

import os
import re
from typing import Any

from idvault_client import aio
from idvault_dev import environment
from idvault_dev.commands import members
from idvault_dev.layout import AUDITORS, CUSTODIANS, PEOPLE
from idvault_dev.supervisor import Ports
from tools.support.cluster import Cluster, free_port
from tools.support.processes import children

_CUSTODY = "custody"
_COMPLAINT = re.compile(r"\"level\": ?\"(error|critical)\"|^Traceback")


class WholeVault(Cluster):
    """A cluster with the custody edge and roster members who have second factors."""

    def start(self) -> dict[str, Any]:
        """Start everything; return the settings of the members' clients, as in the ready file."""
        self.settings["IDVAULT_DISCLOSURES_PER_DAY"] = "1000"
        self.start_work()
        self.start_serve()
        return self.start_people()

    def start_people(self) -> dict[str, Any]:
        """Start the custody edge and enrol its members; return the settings of their clients."""
        port = free_port()
        told = {
            **environment.serve(self._layout, ports=Ports(port, port, 0, 0, 0, 0, 0)),
            "IDVAULT_LISTEN": f"127.0.0.1:{port}",
            "IDVAULT_KEYS": str(self._layout.keys / "custody.keys"),
        }
        ready = self._start(_CUSTODY, ["serve", "--edge", "custody"], told)
        document = {
            "grpc_custody": ready["grpc_custody"],
            "server_name": "localhost",
            "ca": str(self._layout.authority),
            "identities": {name: str(self._layout.people / name) for name in PEOPLE},
            "roster": str(self._layout.roster),
            "log": {"public_key": self.log_key},
        }
        people = (*AUDITORS, *CUSTODIANS)
        members.connect(document, people)
        members.enrol(document, people)
        return document

    def client(self, *, timeout: float = 20.0) -> aio.Vault:
        """Return a client of platform-a; must be created in a running event loop."""
        return aio.connect(f"127.0.0.1:{self.port}", tls=self.tls(), timeout=timeout, server_name="localhost")

    def pids(self) -> dict[str, int]:
        """Return every process of idvault and of the mock registry."""
        parent = self.pid("serve")
        [forking] = children(parent)
        served = {f"serve-{place}": pid for place, pid in enumerate(children(forking))}
        rest = {name: self.pid(name) for name in (_CUSTODY, "work", "registry")}
        return {"serve": parent, "serve-forking": forking, **served, **rest}

    def complaints(self) -> list[str]:
        """Return the error lines in the processes' logs."""
        return [
            f"{path.stem}: {line[:300]}"
            for path in sorted(self._folder.glob("*.log"))
            for line in path.read_text("utf-8", "replace").splitlines()
            if _COMPLAINT.search(line)
        ]

    def verify_log(self) -> str:
        """Verify the log in the databases offline; return the last line."""
        urls = [self.settings[f"IDVAULT_{name}DATABASE_URL"] for name in ("", "SHRED_")]
        options = ["--database", urls[0], "--shred-database", urls[1], "--public-key", self.log_key]
        return self.command("log", "verify", *options).splitlines()[-1]


def clean_environment() -> None:
    """Remove the settings of any other deployment."""
    for name in [name for name in os.environ if name.startswith("IDVAULT_")]:
        del os.environ[name]
