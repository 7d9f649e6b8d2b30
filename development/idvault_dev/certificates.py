"""The certificates and secrets of a development vault: created once, renewed before they expire."""

import secrets
from datetime import datetime

from idvault_dev.authority import Authority
from idvault_dev.layout import PASSPHRASE, ROLES, SERVER, Layout, spiffe_id
from idvault_verify import durable_file

_HOSTS = ("localhost", "127.0.0.1")
_SECRET_KEY_SIZE = 16


def prepare(layout: Layout, *, now: datetime) -> None:
    """Create what is missing: the authority, every certificate, the passphrase, the registry's key."""
    authority = Authority.open(certificate=layout.authority, key=layout.authority_key, now=now)
    authority.issue_server(
        hosts=_HOSTS, certificate=layout.certificate(SERVER), key=layout.key(SERVER), now=now
    )
    for name in ROLES:
        layout.key(name).parent.mkdir(mode=0o700, exist_ok=True)
        authority.issue_client(
            uris=[spiffe_id(name)], certificate=layout.certificate(name), key=layout.key(name), now=now
        )
    if not layout.passphrase.exists():
        durable_file.replace(layout.passphrase, PASSPHRASE + b"\n")
    if not layout.registry_secret_key.exists():
        durable_file.replace(layout.registry_secret_key, f"{secrets.token_hex(_SECRET_KEY_SIZE)}\n".encode())
