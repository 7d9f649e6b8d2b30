"""The texts that setup writes: settings, units, the commands for PostgreSQL, a witness's own file."""

import json
import re
from collections.abc import Mapping, Sequence
from importlib import resources

from idvault.core.config import database
from idvault.processes.setup import place
from idvault.processes.setup.place import HostPlace
from idvault.processes.setup.plan import FOLLOWER, Plan, SetupHost

KEY_FILES: Mapping[str, str] = {"platform": "service", "custody": "custody", "work": "work"}
"""The name of a process's key file."""
ASKS_REGISTRY = ("platform", "work", FOLLOWER)
_ANY = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - what an edge on every address is called by
_PLAIN = re.compile(r"[A-Za-z0-9_./:@,%+=\-]*")
_WITHOUT_PASSWORD = re.compile(r"postgresql://(?P<user>[a-z][a-z0-9_]*)@(?P<rest>.*)")
_DATABASE = re.compile(r"[^/?]*/(?P<name>[a-z][a-z0-9_]*)(?:\?.*)?")


def common(
    plan: Plan, at: HostPlace, *, password: str, witnesses: Sequence[tuple[str, str]]
) -> dict[str, str]:
    """Return the settings that edges and worker share. witnesses: each a URL and a public key."""
    shared = {
        "IDVAULT_DATABASE_URL": with_password(plan.main, password),
        "IDVAULT_SHRED_DATABASE_URL": with_password(plan.shred, password),
        "IDVAULT_TRUST_DOMAIN": plan.trust_domain,
        "IDVAULT_LOG_ORIGIN": plan.log_origin,
        "IDVAULT_ROSTER": str(at.etc("roster.json")),
        "IDVAULT_TLS_CA": str(at.etc("ca.pem")),
        "IDVAULT_APPEAL_OUTSIDE_BODY": plan.outside_body,
        "IDVAULT_WITNESSES": " ".join(f"{url} {key}" for url, key in witnesses),
    }
    registry = {f"IDVAULT_REGISTRY_{name.upper()}": value for name, value in plan.registry.items()}
    pages = {"IDVAULT_WEB_URL": plan.web["url"]} if plan.web else {}
    return {**shared, **registry, **pages, **_outside(plan, at), **plan.settings}


def _outside(plan: Plan, at: HostPlace) -> dict[str, str]:
    """Return whom the processes trust that call registry and witnesses."""
    return {"SSL_CERT_FILE": str(at.etc("outside-ca.pem"))} if plan.outside_ca else {}


def own(plan: Plan, host: SetupHost, process: str, at: HostPlace) -> dict[str, str]:
    """Return the settings of one process that is no witness, without its metrics."""
    folder = at.etc(process)
    if process == "web":
        return _pages(plan, host, at)
    if process == FOLLOWER:
        return _follower(plan, host, at)
    found = {
        "IDVAULT_KEYS": str(folder / f"{KEY_FILES[process]}.keys"),
        "IDVAULT_KEY_PASSPHRASE_FILE": str(folder / f"{KEY_FILES[process]}.passphrase"),
    }
    if process in ASKS_REGISTRY:
        found["IDVAULT_REGISTRY_SECRET_KEY_FILE"] = str(folder / "registry.key")
    if process == "work":
        return {
            **found,
            "IDVAULT_PUBLIC_DIR": str(at.path(place.PUBLIC)),
            "IDVAULT_BACKUP_DIR": str(at.path(place.BACKUPS)),
        }
    return {
        **found,
        "IDVAULT_LISTEN": host.listen[process],
        "IDVAULT_TLS_CERTIFICATE": str(folder / "server.pem"),
        "IDVAULT_TLS_KEY": str(folder / "server.key"),
    }


def _pages(plan: Plan, host: SetupHost, at: HostPlace) -> dict[str, str]:
    folder = at.etc("web")
    found = {
        "IDVAULT_LISTEN": host.listen["web"],
        "IDVAULT_WEB_URL": plan.web["url"],
        "IDVAULT_WEB_TARGET": plan.web["target"],
        "IDVAULT_TLS_CERTIFICATE": str(folder / "client.pem"),
        "IDVAULT_TLS_KEY": str(folder / "client.key"),
        "IDVAULT_TLS_CA": str(at.etc("ca.pem")),
    }
    if host.proxied:
        found["IDVAULT_WEB_PROXIES"] = "1"
    else:
        found |= {
            "IDVAULT_WEB_TLS_CERTIFICATE": str(folder / "https.pem"),
            "IDVAULT_WEB_TLS_KEY": str(folder / "https.key"),
        }
    return {**found, **{name: value for name, value in plan.settings.items() if "_WEB_" in name}}


def _follower(plan: Plan, host: SetupHost, at: HostPlace) -> dict[str, str]:
    """Return what the unit of the follower reads: it gets no database. The last three are its options."""
    folder = at.etc(FOLLOWER)
    listens, port = host.listen["platform"].rpartition(":")[::2]
    return {
        "IDVAULT_REGISTRY_APP_ID": plan.registry["app_id"],
        "IDVAULT_REGISTRY_BIZ_ID": plan.registry["biz_id"],
        "IDVAULT_REGISTRY_SECRET_KEY_FILE": str(folder / "registry.key"),
        "IDVAULT_TLS_CERTIFICATE": str(folder / "client.pem"),
        "IDVAULT_TLS_KEY": str(folder / "client.key"),
        "IDVAULT_TLS_CA": str(at.etc("ca.pem")),
        **_outside(plan, at),
        "NOTICES_FEED": plan.feed,
        "NOTICES_TARGET": f"{_ANY.get(listens, listens)}:{port}",
        "NOTICES_SERVER_NAME": host.names[0],
    }


def of_witness(plan: Plan, host: SetupHost, at: HostPlace, *, log_key: str) -> dict[str, str]:
    """Return what the unit of a witness reads; it has options instead of settings."""
    options = ["--metrics-listen", host.units["witness"]]
    if not host.proxied:
        folder = at.etc("witness")
        options += ["--tls-certificate", str(folder / "server.pem"), "--tls-key", str(folder / "server.key")]
    return {
        "LOG_KEY": log_key,
        "WITNESS_NAME": host.witness,
        "WITNESS_LISTEN": host.listen["witness"],
        "WITNESS_OPTIONS": " ".join(options),
    }


def environment(settings: Mapping[str, str]) -> str:
    """Return a file that systemd and a shell read alike; the values have no quotes and line ends."""
    return "".join(f"{name}={_quoted(value)}\n" for name, value in settings.items())


def _quoted(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else f"'{value}'"


def unit_file(name: str) -> str:
    """Return the name of the file of a unit, or of the template of an instance."""
    process, instance = name.partition("@")[::2]
    return f"idvault-{process}{'@' if instance else ''}.service"


def unit(name: str) -> str:
    """Return the text of that file."""
    return resources.files(__package__).joinpath("units", unit_file(name)).read_text("utf-8")


def with_password(url: str, password: str) -> str:
    """Return the address with the password, if it has none and leads to this host."""
    found = _without_password(url)
    if found is None:
        return url
    return f"postgresql://{found['user']}:{password}@{found['rest']}"


def _without_password(url: str) -> re.Match[str] | None:
    """Return the parts of an address of this host that has a user and no password."""
    found = _WITHOUT_PASSWORD.fullmatch(url)
    return found if found and all(host.is_local for host in database.parse(url).hosts) else None


def statements(plan: Plan, password: str) -> dict[str, str]:
    """Return what psql runs for the servers on this host, by the name of a file; a repeat changes nothing.

    An address with a password, or of another host, has none. One server for both has one file.
    """
    found = {
        "main": _statements(plan.main, password),
        "shred": _statements(plan.shred, password, "shred.sql"),
    }
    found = {name: text for name, text in found.items() if text}
    if len(found) > 1 and database.parse(plan.main).hosts == database.parse(plan.shred).hosts:
        return {"both.sql": "".join(found.values())}
    return {f"{name}.sql": text for name, text in found.items()}


def _statements(url: str, password: str, *more: str) -> str:
    found = _without_password(url)
    named = _DATABASE.fullmatch(found["rest"]) if found else None
    if found is None or named is None:
        return ""
    variables = {"role": found["user"], "password": password, "name": named["name"]}
    parts = [f"\\set {name} {value}\n" for name, value in variables.items()]
    files = [resources.files(__package__).joinpath(file) for file in ("database.sql", *more)]
    return "".join([*parts, *(file.read_text("utf-8") for file in files)])


def witness_file(plan: Plan, host: SetupHost) -> str:
    """Return the file with which a witness's operator runs setup: nothing in it is secret."""
    lines = [
        f"# For the witness {host.witness}: run `idvault setup FOLDER` with this folder on its host.",
        "# Then send the folder out/vault back, and run it again with what came back.",
        f"trust_domain = {json.dumps(plan.trust_domain)}",
        f"log_origin = {json.dumps(plan.log_origin)}",
        "",
        f"[hosts.{host.name}]",
        f"witness = {json.dumps(host.witness)}",
        f"url = {json.dumps(host.url)}",
        f"names = {json.dumps(list(host.names))}",
        f"proxied = {json.dumps(host.proxied)} # whether a web server with https stands in front",
        "",
        f"[hosts.{host.name}.listen]",
        f"witness = {json.dumps(host.listen['witness'])}",
        "",
        f"[hosts.{host.name}.units]",
        f"witness = {json.dumps(host.units['witness'])} # the address of its metrics",
    ]
    return "\n".join([*lines, ""])
