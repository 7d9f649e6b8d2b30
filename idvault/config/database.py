"""Where a database's address leads, without asking anybody."""

import os
import re
from urllib.parse import parse_qs, urlsplit

# A host of this machine, as it stands in an address: none at all, or a loopback name, with or without a port.
_LOOPBACK = re.compile(r"(?:|localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]|::1|%2[Ff].*)(?::[0-9]*)?")


def is_exposed(url: str) -> bool:
    """Tell whether an address crosses a network without verifying the server's certificate and name."""
    return _crosses_a_network(url) and not _verifies_server(url)


def _crosses_a_network(url: str) -> bool:
    """Tell whether an address names another host than this one; a socket's folder begins with a slash."""
    parts = urlsplit(url)
    if parts.scheme.startswith("sqlite"):
        return False
    named = [host.rpartition("@")[2] for host in parts.netloc.split(",")]
    asked = parse_qs(parts.query).get("host", [])
    hosts = [host for text in (*named, *asked) for host in text.split(",")]
    if not any(hosts):
        # The driver then takes the host from PGHOST, as libpq does.
        hosts = os.environ.get("PGHOST", "").split(",")
    return not all(host.startswith("/") or _LOOPBACK.fullmatch(host) for host in hosts)


def _verifies_server(url: str) -> bool:
    return parse_qs(urlsplit(url).query).get("sslmode") == ["verify-full"]
