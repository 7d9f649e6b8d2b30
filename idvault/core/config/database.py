"""Where a database's address leads, without asking anybody."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote

# A host of this machine, as the driver reads it: a socket's folder or a loopback name.
_LOOPBACK = re.compile(r"/.*|localhost|127(?:\.[0-9]{1,3}){3}|::1")
# Not urlsplit: from Python 3.14 on it refuses a list that has a host in brackets.
_ADDRESS = re.compile(r"(?P<scheme>[^:/]+)://(?:(?P<user>[^@/?]*)@)?(?P<hosts>[^@/?]*)(?P<rest>(?:[/?].*)?)")
_HOST = re.compile(r"(?:\[(?P<bracketed>[^\]]+)\]|(?P<plain>[^:]*))(?::(?P<port>[0-9]*))?")
_PORT = 5432
_HIGHEST_PORT = 65_535
_WRITABLE = "read-write"
_FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
_ONCE = ("host", "port", "sslmode", "target_session_attrs")


@dataclass(frozen=True, slots=True)
class Host:
    """A server of an address: a name, an IP address or a socket's folder, and a port."""

    name: str
    port: int

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        return _LOOPBACK.fullmatch(self.name) is not None


@dataclass(frozen=True, slots=True)
class PostgresqlAddress:
    """An address as libpq reads it. rest: without its hosts, for the driver; hosts: empty for its default."""

    rest: str = field(repr=False)
    hosts: tuple[Host, ...]
    options: dict[str, list[str]] = field(repr=False)

    @property
    def files(self) -> list[str]:
        """The files of certificates and keys that it names, or the environment."""
        named = (
            self.options.get(name, [""])[-1] or os.environ.get(f"PG{name.upper()}", "") for name in _FILES
        )
        return [each for each in named if each]


def parse(url: str) -> PostgresqlAddress:
    """Read the address of a PostgreSQL server, or of several of one unit, separated by commas.

    Raises ValueError with a text that repeats nothing of the address.
    """
    parts = _ADDRESS.fullmatch(url)
    if parts is None or parts["scheme"] not in ("postgresql", "postgres"):
        raise ValueError("must be postgresql://USER@HOST/NAME")
    options = parse_qs(parts["rest"].partition("?")[2], keep_blank_values=True)
    if twice := [name for name in _ONCE if len(options.get(name, [])) > 1]:
        raise ValueError(f"has {twice[0]} twice: separate several values by commas")
    hosts = _hosts(parts["hosts"], options)
    if len(hosts) > 1 and options.get("target_session_attrs") != [_WRITABLE]:
        raise ValueError(
            f"must have target_session_attrs={_WRITABLE}: only one of several hosts accepts writes"
        )
    user = f"{parts['user']}@" if parts["user"] is not None else ""
    return PostgresqlAddress(f"{parts['scheme']}://{user}{parts['rest']}", hosts, options)


def is_exposed(url: str) -> bool:
    """Tell whether an address crosses a network without verifying the certificate and name of each host."""
    if url.startswith("sqlite"):
        return False
    address = parse(url)
    # A service file may name any host, if the address names none.
    elsewhere = not address.hosts and ("service" in address.options or "PGSERVICE" in os.environ)
    if not elsewhere and all(host.is_local for host in address.hosts):
        return False
    return address.options.get("sslmode") != ["verify-full"]


def _hosts(named: str, options: dict[str, list[str]]) -> tuple[Host, ...]:
    """The driver looks at the address, then at its options, then at the environment, as libpq does."""
    texts = unquote(named) or ",".join(options.get("host", [])) or os.environ.get("PGHOST", "")
    if not texts:
        return ()
    hosts = [_host(text) for text in texts.split(",")]
    ports = _ports(",".join(options.get("port", [])) or os.environ.get("PGPORT", ""), len(hosts))
    return tuple(Host(name, port or other) for (name, port), other in zip(hosts, ports, strict=True))


def _host(text: str) -> tuple[str, int | None]:
    if text.startswith("/"):
        return text, None
    found = _HOST.fullmatch(text)
    name = (found["bracketed"] or found["plain"]) if found else ""
    if found is None or not name:
        raise ValueError("must name each host as HOST, HOST:PORT or [IPV6]:PORT")
    return name, _port(found["port"]) if found["port"] else None


def _ports(text: str, count: int) -> Sequence[int]:
    """Return a port for each host: one for all, or as many as there are hosts."""
    ports = [_port(each) for each in text.split(",")] if text else [_PORT]
    if len(ports) == 1:
        return ports * count
    if len(ports) != count:
        raise ValueError("must have one port, or one for each host")
    return ports


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _HIGHEST_PORT:
        raise ValueError("must have port numbers from 1 to 65535")
    return int(text)
