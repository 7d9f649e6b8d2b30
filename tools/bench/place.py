"""A vault with accounts, and the echo beside it: where reads are measured."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from idvault_client import Tls
from idvault_client.backend.campaign import LegacyAccount
from idvault_verify.v1 import status_pb2
from tools.bench import echo, load
from tools.bench.load import Target
from tools.bench.vault import MeasuredVault, running
from tools.support.checkout import Checkout
from tools.support.databases import Databases

ACCOUNTS = 2_000
AT_ONCE = 64
CALLS = 10_000
ALONE = 1_000
STATUS = "/idvault.v1.StatusService/"


@dataclass(frozen=True)
class Place:
    """A vault with accounts that a platform imported."""

    vault: MeasuredVault
    tokens: list[str]
    databases: Databases

    @cached_property
    def requests(self) -> list[bytes]:
        """A different request for each status: reading the same one repeatedly would measure a cache."""
        return requests_of(self.tokens)

    @property
    def target(self) -> Target:
        return self.vault.target

    def read(self, *, calls: int = CALLS, at_once: int = AT_ONCE) -> load.Cost:
        """Read the statuses of all accounts, one per call."""
        return load.run(self.target, STATUS + "GetStatus", self.requests, calls=calls, at_once=at_once)

    def echo(self, kind: str, *, calls: int = CALLS, at_once: int = AT_ONCE) -> load.Cost:
        """Let an echo answer the same requests."""
        return echoed(self.vault, kind, self.requests, calls=calls, at_once=at_once)


def echoed(
    vault: MeasuredVault, kind: str, bodies: list[bytes], *, calls: int = CALLS, at_once: int = AT_ONCE
) -> load.Cost:
    """Let an echo with the vault's certificates answer requests."""
    tls = vault.cluster.tls()
    certificates = Path(tls.ca).parent
    server = Tls(tls.ca, certificates / "server.pem", certificates / "server.key")
    with load.echo_server(kind, tls, server, vault.folder) as target:
        return load.run(target, echo.PATH, bodies, calls=calls, at_once=at_once)


@contextmanager
def reading(databases: Databases, checkout: Checkout) -> Iterator[Place]:
    """Run an edge alone on its core, with accounts."""
    with running(databases, checkout) as vault:
        yield Place(vault, imported(vault), databases)


def requests_of(tokens: list[str]) -> list[bytes]:
    return [status_pb2.GetStatusRequest(account_token=token).SerializeToString() for token in tokens]


def imported(vault: MeasuredVault, label: str = "bench") -> list[str]:
    """Import accounts and return their tokens."""
    with vault.cluster.vault(timeout=60) as client:
        rows = [LegacyAccount(f"{label}-{number}", "2020-01-01") for number in range(ACCOUNTS)]
        found = [row.account_token for row in client.campaigns.import_legacy_accounts(label, rows)]
    return [token for token in found if token]
