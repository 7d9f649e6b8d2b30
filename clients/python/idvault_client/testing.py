"""Connecting to a vault that runs on this machine (`idvault dev`), by its ready file."""

import json
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from idvault_client import aio, transport, vault
from idvault_client.transport import Tls

DEVELOPMENT_PLATFORM = "platform-a"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the vault listens, as which platform to call it, and the name in its certificate."""

    target: str
    tls: Tls
    server_name: str


def endpoint(ready_file: str | PathLike[str], *, platform: str = DEVELOPMENT_PLATFORM) -> Endpoint:
    """Read a ready file; raises OSError if there is none yet, ValueError if it does not name the platform."""
    ready = json.loads(Path(ready_file).read_text(encoding="utf-8"))
    try:
        paths = ready["certificates"][platform]
        tls = Tls(ready["ca"], paths["certificate"], paths["key"])
        return Endpoint(ready["grpc"], tls, ready["server_name"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"the ready file names no platform {platform}") from error


def connect(
    ready_file: str | PathLike[str],
    *,
    platform: str = DEVELOPMENT_PLATFORM,
    timeout: float = transport.DEFAULT_TIMEOUT,
) -> vault.Vault:
    """Return a client of the vault that wrote the ready file."""
    found = endpoint(ready_file, platform=platform)
    return vault.connect(found.target, tls=found.tls, timeout=timeout, server_name=found.server_name)


def connect_aio(
    ready_file: str | PathLike[str],
    *,
    platform: str = DEVELOPMENT_PLATFORM,
    timeout: float = transport.DEFAULT_TIMEOUT,
) -> aio.Vault:
    """Return an asyncio client of the vault that wrote the ready file."""
    found = endpoint(ready_file, platform=platform)
    return aio.connect(found.target, tls=found.tls, timeout=timeout, server_name=found.server_name)
