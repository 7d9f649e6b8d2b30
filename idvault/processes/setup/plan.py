"""The operator's file, FOLDER/setup.toml: what is particular about one vault and its hosts.

A fault is told with its line and field, and never with a value: an address of a database has a password.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from idvault_verify import durable_file, return_address, small_file
from idvault_verify.attest import certificate
from idvault_verify.return_address import ColourError

FILE = "setup.toml"
EDGES = ("platform", "custody")
FOLLOWER = "notices"
LISTEN: Mapping[str, str] = {
    "platform": "0.0.0.0:7443",
    "custody": "0.0.0.0:7444",
    "web": "127.0.0.1:7446",
    "witness": "0.0.0.0:7493",
}
WITNESS_METRICS = "127.0.0.1:7494"
_FOLDERS = frozenset({"authority", "databases", "log", "registry", "roster", "vault"})
_MEMBERS = {"custodians": "custodian", "auditors": "auditor", "operators": "operator"}
_UNIT = re.compile(r"(?:platform|custody)@[a-z]|work|web|witness")
_ADDRESS = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.\-]+):[0-9]{1,5}")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,39}")
_URL = re.compile(r"https://[A-Za-z0-9.\-]+(?::[0-9]{1,5})?")
_FEED = re.compile(r"https://[A-Za-z0-9.\-:]+(?:/[A-Za-z0-9._~/\-]*)?")
_QUORUM = re.compile(r"(?P<name>[a-z0-9\-]+):(?P<threshold>[0-9]{1,3}):(?P<custodians>[a-z0-9\-,]+)")


class SetupFileError(Exception):
    """The operator's file, or another file that setup was given, is wrong. The text repeats no value."""

    def __init__(self, text: str, *, place: str) -> None:
        """place: the field, or the file."""
        super().__init__(text)
        self.place = place


@dataclass(frozen=True, slots=True)
class SetupHost:
    """A host. names: of its certificates. units: the address of metrics of each unit here, "" for none.

    listen: addresses by process. witness: the name in its signatures and url its address, if it is a
    witness's host. proxied: a web server with https stands in front of its HTTP port.
    """

    name: str
    names: tuple[str, ...]
    units: Mapping[str, str]
    listen: Mapping[str, str]
    witness: str = ""
    url: str = ""
    proxied: bool = False

    @property
    def processes(self) -> tuple[str, ...]:
        """The processes whose units run here, each once."""
        return tuple(dict.fromkeys(unit.partition("@")[0] for unit in self.units))


@dataclass(frozen=True, slots=True)
class SetupPlatform:
    """A platform. title, origins, colour: how and from where the hosted pages serve it, empty for none.

    colour: None if the file does not say it.
    """

    title: str = ""
    origins: tuple[str, ...] = ()
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole file. folder: where it lies, with what is sent (out) and what came back (in).

    feed: where the registry gives notices, "" if it gives none.
    """

    folder: Path
    trust_domain: str
    log_origin: str
    hosts: Mapping[str, SetupHost]
    outside_body: str = ""
    own_authority: bool = True
    outside_ca: tuple[str, ...] = ()
    main: str = field(default="", repr=False)
    shred: str = field(default="", repr=False)
    registry: Mapping[str, str] = field(default_factory=dict)
    feed: str = ""
    members: Mapping[str, str] = field(default_factory=dict)
    quorum: str = ""
    witness_quorum: int = 0
    platforms: Mapping[str, SetupPlatform] = field(default_factory=dict)
    web: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def witnesses(self) -> tuple[SetupHost, ...]:
        """The hosts of the witnesses."""
        return tuple(host for host in self.hosts.values() if host.witness)

    def received(self, sender: str, name: str) -> Path:
        """Return the path of a file that came from outside."""
        return self.folder / "in" / sender / name

    def sent(self, to: str, name: str) -> Path:
        """Return the path of a file that is sent to somebody."""
        return self.folder / "out" / to / name

    def host(self, name: str | None) -> SetupHost:
        """Return a host by its name, the first one without; raises SetupFileError."""
        if name is not None and name not in self.hosts:
            raise SetupFileError(f"--host must be one of {', '.join(self.hosts)}", place="--host")
        return self.hosts[name or next(iter(self.hosts))]


def example() -> str:
    """Return a file with every field, its meaning and an example."""
    return resources.files(__package__).joinpath("example.toml").read_text("utf-8")


def begin(folder: Path) -> bool:
    """Write the example into a folder that has no file of the operator's yet; tell whether it was written."""
    if (folder / FILE).exists():
        return False
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    durable_file.replace(folder / FILE, example().encode())
    return True


def read(folder: Path) -> Plan:
    """Return the plan in a folder; raises SetupFileError, OSError."""
    path = folder / FILE
    try:
        text = small_file.read(path).decode()
        document = tomllib.loads(text)
    except UnicodeDecodeError:
        raise SetupFileError(f"{path} is not UTF-8", place=FILE) from None
    except tomllib.TOMLDecodeError as error:
        # Its text has a place, and sometimes one character of the file.
        raise SetupFileError(f"{path} is not TOML: {error}", place=FILE) from None
    return _PlanReader(path, text).plan(document)


class _PlanReader:
    """Takes fields of tables; what is missing, wrong or unknown is raised with its line."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()

    def plan(self, document: dict[str, Any]) -> Plan:
        top = _PlanTable(self, "", document)
        hosts = {name: self._host(name, table) for name, table in top.tables("hosts")}
        if not hosts:
            raise top.wrong("hosts", "must have a table for each host")
        trust_domain = top.text("trust_domain", certificate.TRUST_DOMAIN, "a lower-case domain name")
        vault = self._vault(top, hosts)
        found = Plan(
            folder=self._path.parent,
            trust_domain=trust_domain,
            log_origin=top.text("log_origin", default=f"{trust_domain}/log"),
            hosts=_with_follower(hosts) if vault.get("feed") else hosts,
            **vault,
        )
        top.end()
        self._check_names(top, found)
        return found

    def _check_names(self, top: "_PlanTable", found: Plan) -> None:
        """Each sender has a folder of its own in `in`."""
        for name in found.platforms:
            if name in {*found.members, *found.hosts, *_FOLDERS}:
                raise top.wrong(f"platforms.{name}", "has the name of a member, a host or a folder")
        for name in found.members:
            if name in {*found.hosts, *_FOLDERS}:
                raise top.wrong("roster", "names somebody like a host or a folder")
        for name in {*found.hosts} & _FOLDERS:
            raise top.wrong(f"hosts.{name}", "has the name of a folder")

    def _vault(self, top: "_PlanTable", hosts: Mapping[str, SetupHost]) -> dict[str, Any]:
        """Return what is not on a witness's own host."""
        if all(host.witness for host in hosts.values()):
            return {}
        databases, registry, roster = (top.table(name) for name in ("databases", "registry", "roster"))
        members = {
            name: role for listed, role in _MEMBERS.items() for name in roster.texts(listed, certificate.NAME)
        }
        members |= dict.fromkeys(roster.texts("authorities", certificate.NAME, default=()), "authority")
        web = self._web(top, hosts)
        found = {
            "outside_body": top.text("outside_body"),
            "own_authority": top.choice("authority", ("own", "other")) == "own",
            "outside_ca": top.texts("outside_ca", default=()),
            "main": databases.text("main"),
            "shred": databases.text("shred"),
            **self._registry(registry, hosts),
            "members": members,
            "quorum": roster.text("quorum", _QUORUM, "NAME:M:CUSTODIAN,CUSTODIAN,…"),
            "witness_quorum": roster.number("witness_quorum"),
            "platforms": {name: self._caller(table) for name, table in top.tables("platforms")},
            "web": web,
            "settings": top.settings("settings"),
        }
        self._check_roster(roster, found, hosts)
        for table in (databases, registry, roster):
            table.end()
        return found

    def _registry(self, table: "_PlanTable", hosts: Mapping[str, SetupHost]) -> dict[str, Any]:
        """Return the registry's settings, and the address at which it gives notices."""
        found = {name: table.text(name) for name in ("check_url", "query_url", "app_id", "biz_id")}
        keys = table.text("notice_keys", default="")
        feed = table.text("notices_url", _FEED, "https://HOST, with a path or without", default="")
        if keys:
            found["notice_keys"] = keys
        if feed and not keys:
            raise table.wrong("notices_url", "needs notice_keys: without one, every notice is refused")
        if feed and not any("platform" in host.processes for host in hosts.values()):
            raise table.wrong("notices_url", "needs a host with a platform edge, which takes the notices")
        return {"registry": found, "feed": feed}

    def _check_roster(
        self, roster: "_PlanTable", found: Mapping[str, Any], hosts: Mapping[str, SetupHost]
    ) -> None:
        named = found["quorum"].rpartition(":")[2].split(",")
        strangers = [name for name in named if found["members"].get(name) != "custodian"]
        if strangers:
            raise roster.wrong("quorum", "names somebody who is not in custodians")
        if not 0 < found["witness_quorum"] <= sum(bool(host.witness) for host in hosts.values()):
            raise roster.wrong("witness_quorum", "must be at least 1, and at most the number of witnesses")

    def _web(self, top: "_PlanTable", hosts: Mapping[str, SetupHost]) -> dict[str, str]:
        if not any("web" in host.processes for host in hosts.values()):
            return {}
        table = top.table("web")
        found = {name: table.text(name) for name in ("url", "target")}
        table.end()
        return found

    def _caller(self, table: "_PlanTable") -> SetupPlatform:
        found = SetupPlatform(
            table.text("title", default=""),
            tuple(table.texts("return_origins", default=())),
            self._colour(table),
        )
        # The colour is on the pages of a session only, the title also on forms of reports and in lists.
        if found.colour is not None and not found.origins:
            raise table.wrong("colour", "needs return_origins: without one, no page shows it")
        table.end()
        return found

    def _colour(self, table: "_PlanTable") -> str | None:
        if "colour" not in table.names:
            return None
        try:
            return return_address.check_colour(table.text("colour", default=""))
        except ColourError as error:
            raise table.wrong("colour", error.wrong) from error

    def _host(self, name: str, table: "_PlanTable") -> SetupHost:
        if not certificate.NAME.fullmatch(name):
            raise table.wrong("", "is not a name of lower-case letters, digits and inner hyphens")
        witness = table.text("witness", default="")
        url = table.text("url", _URL, "https://HOST or https://HOST:PORT") if witness else ""
        own = (str(urlsplit(url).hostname),) if witness else _MISSING
        listen = table.table("listen", default={})
        given = listen.names
        host = SetupHost(
            name=name,
            names=table.texts("names", _NAME, default=own),
            units=self._units(table, witness),
            listen={
                each: listen.text(each, _ADDRESS, "HOST:PORT", default=at) for each, at in LISTEN.items()
            },
            witness=witness,
            url=url,
            proxied=table.flag("proxied"),
        )
        if not host.names:
            raise table.wrong("names", "must have a name")
        if host.proxied and not {"web", "witness"}.intersection(host.processes):
            raise table.wrong("proxied", "needs a unit web or witness: nothing else here serves HTTP")
        listen.end()
        for each in given:
            if each not in host.processes:
                raise listen.wrong(each, "needs a unit of this process on the same host")
        table.end()
        return host

    def _units(self, table: "_PlanTable", witness: str) -> dict[str, str]:
        units = table.table("units", default={"witness": WITNESS_METRICS} if witness else _MISSING)
        found = {name: units.text(name, _ADDRESS, "HOST:PORT") for name in units.names}
        units.end()
        for name in found:
            if not _UNIT.fullmatch(name):
                raise units.wrong(
                    name, "must be platform@a, custody@a (or another letter), work, web or witness"
                )
        if ("witness" in found) != bool(witness) or (witness and len(found) > 1):
            raise units.wrong("", "has `witness` and nothing else on a host with a witness's name, else not")
        if not found:
            raise units.wrong("", "must have a unit")
        return found

    def wrong(self, place: str, what: str) -> SetupFileError:
        """Return the error of a field."""
        return SetupFileError(f"{self._path}, line {self._line(place)}: {place} {what}", place=place)

    def _line(self, place: str) -> int:
        """Return the line of a field, or of the nearest table around it; 1 if there is none."""
        parts = place.split(".")
        for end in range(len(parts), 0, -1):
            for number, found in self._places():
                if found == parts[:end]:
                    return number
        return 1

    def _places(self) -> Iterator[tuple[int, list[str]]]:
        within: list[str] = []
        for number, line in enumerate(self._lines, start=1):
            if header := re.match(r"\s*\[([^\[\]]+)\]", line):
                within = _keys(header[1])
                yield number, within
            elif key := re.match(r"\s*((?:\"[^\"]*\"|[\w.@\-]+))\s*=", line):
                yield number, [*within, *_keys(key[1])]


def _with_follower(hosts: Mapping[str, SetupHost]) -> dict[str, SetupHost]:
    """Return the hosts; the first one with a platform edge follows the registry's feed, too."""
    first = next(host for host in hosts.values() if "platform" in host.processes)
    return {**hosts, first.name: replace(first, units={**first.units, FOLLOWER: ""})}


def _keys(text: str) -> list[str]:
    """Return the parts of a key; a quoted one may have a dot."""
    return [each.strip('"') for each in re.findall(r"\"[^\"]*\"|[\w@\-]+", text)]


_MISSING: Any = object()
_ANYTHING = re.compile(r"[^\r\n]+")


class _PlanTable:
    """One table of the file, of which each field is taken once."""

    def __init__(self, reader: _PlanReader, path: str, fields: dict[str, Any]) -> None:
        self._reader = reader
        self._path = path
        self._fields = dict(fields)

    @property
    def names(self) -> list[str]:
        """The fields that are not taken yet."""
        return list(self._fields)

    def wrong(self, name: str, what: str) -> SetupFileError:
        """Return the error of a field, or of the table if the name is empty."""
        return self._reader.wrong(".".join(each for each in (self._path, name) if each), what)

    def text(
        self, name: str, form: re.Pattern[str] = _ANYTHING, meant: str = "a text", *, default: Any = _MISSING
    ) -> str:
        """Take a text of a form."""
        value = self._take(name, str, "a text", default)
        if value is not default and not form.fullmatch(value):
            raise self.wrong(name, f"must be {meant}")
        return str(value)

    def texts(
        self, name: str, form: re.Pattern[str] = _ANYTHING, *, default: Any = _MISSING
    ) -> tuple[str, ...]:
        """Take a list of different texts of a form."""
        values = self._take(name, list, "a list of texts", default)
        if not all(isinstance(each, str) and form.fullmatch(each) for each in values):
            raise self.wrong(name, "has something that is no such name")
        if len(set(values)) != len(values):
            raise self.wrong(name, "names something twice")
        return tuple(values)

    def number(self, name: str) -> int:
        """Take a whole number."""
        return int(self._take(name, int, "a number", _MISSING))

    def flag(self, name: str) -> bool:
        """Take true or false; false without."""
        return bool(self._take(name, bool, "true or false", False))

    def choice(self, name: str, words: tuple[str, ...]) -> str:
        """Take one of some words."""
        value = self.text(name)
        if value not in words:
            raise self.wrong(name, f"must be one of {', '.join(words)}")
        return value

    def settings(self, name: str) -> dict[str, str]:
        """Take a table of settings, empty without; numbers become texts."""
        table = self._take(name, dict, "a table", {})
        if not all(isinstance(value, str | int | float) for value in table.values()):
            raise self.wrong(name, "must have texts and numbers only")
        return {key: str(value) for key, value in table.items()}

    def table(self, name: str, *, default: Any = _MISSING) -> "_PlanTable":
        """Take a table."""
        return self._within(name, self._take(name, dict, "a table", default))

    def tables(self, name: str) -> list[tuple[str, "_PlanTable"]]:
        """Take a table of tables, by their names; none without."""
        found = []
        for key, value in self._take(name, dict, "a table", {}).items():
            if not isinstance(value, dict):
                raise self.wrong(f"{name}.{key}", "must be a table")
            found.append((key, self._within(f"{name}.{key}", value)))
        return found

    def end(self) -> None:
        """Raise SetupFileError for a field that nobody has taken."""
        for name in self._fields:
            raise self.wrong(name, "is not a field of this file")

    def _within(self, name: str, value: dict[str, Any]) -> "_PlanTable":
        return _PlanTable(self._reader, ".".join(each for each in (self._path, name) if each), value)

    def _take(self, name: str, kind: type, meant: str, default: Any) -> Any:
        value = self._fields.pop(name, default)
        if value is _MISSING:
            raise self.wrong(name, f"is missing: {meant}")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            if value is default:
                return value
            raise self.wrong(name, f"must be {meant}")
        return value
