"""The steps of `idvault setup` on a host, in order; each can be repeated, and says what became of it.

A step that waits for something outside says what to do; the steps after it that do not need it are done.
"""

import fcntl
import os
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from idvault.core import config
from idvault.core.config import ConfigError, Settings
from idvault.processes.bootstrap import connection_failure, operator
from idvault.processes.bootstrap.key import files as key_files
from idvault.processes.migrations.branch import Phase
from idvault.processes.setup import ceremony, issuing, place, texts
from idvault.processes.setup.issuing import Issuer
from idvault.processes.setup.place import HostPlace, StepState
from idvault.processes.setup.plan import EDGES, FOLLOWER, Plan, SetupFileError, SetupHost
from idvault.processes.setup.registering import Registering
from idvault.processes.setup.step import SetupStep
from idvault.processes.witness import key as witness_key
from idvault.processes.witness.key import WitnessKeyFileError
from idvault_verify import durable_file, small_file
from idvault_verify.error import UnavailableError
from idvault_verify.transparency.note import Algorithm, NoteError, VerifierKey, parse_key

_SECRET_KEY = re.compile(rb"[0-9a-fA-F]{32}\s*")
_PASSWORD = re.compile(
    r"^IDVAULT_(?:SHRED_)?DATABASE_URL='?postgresql://[a-z0-9_]+:([0-9a-f]{64})@", re.MULTILINE
)
_PASSWORD_SIZE = 32
_SCHEMA = "schema"
"""What is noted once the schema was made: from then on it serves, and is upgraded in phases."""


def run(plan: Plan, host: SetupHost, at: HostPlace, *, now: datetime) -> Iterator[SetupStep]:
    """Do what can be done on a host now, and yield each step.

    Raises SetupFileError, CommandError, OSError and what the database's commands raise.
    """
    with _alone(at):
        steps = _WitnessSteps(plan, host, at, now) if host.witness else _ServiceSteps(plan, host, at, now)
        waits = False
        for step in steps.run():
            waits = waits or step.state is StepState.WAITING
            yield step
        if not waits:
            yield SetupStep("start", StepState.DONE, _start(host))


def _start(host: SetupHost) -> str:
    # The worker first: the edges wait for its first checkpoint. Their own clients last.
    units = sorted(host.units, key=lambda unit: (unit != "work", unit in ("web", FOLLOWER), unit))
    names = " ".join(f"idvault-{unit}" for unit in units)
    return f"systemctl enable --now {names}"


@contextmanager
def _alone(at: HostPlace) -> Iterator[None]:
    """Hold the lock of a host; raises SetupFileError while another setup runs on it."""
    folder = at.path(place.ETC)
    at.folder(folder, mode=0o755)
    lock = durable_file.open_lock(folder / ".setup.lock", like=folder)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupFileError("another setup runs on this host", place="FOLDER") from None
        yield
    finally:
        os.close(lock)


class _HostSteps:
    """What every host has: users, folders, the program's names, certificates, units."""

    def __init__(self, plan: Plan, host: SetupHost, at: HostPlace, now: datetime) -> None:
        self._plan = plan
        self._host = host
        self._at = at
        self._now = now

    def users(self) -> SetupStep:
        """Create a user for each process, who can read no other's keys."""
        made = [place.user(each) for each in self._host.processes if self._at.add_user(each)]
        return SetupStep(
            "users", _made(made), ", ".join(made) or ", ".join(map(place.user, self._host.processes))
        )

    def folders(self) -> SetupStep:
        """Create the folders, and the names under which the units find the program."""
        at, made = self._at, []
        for process in self._host.processes:
            made.append(at.folder(at.etc(process), owner=process))
        if "work" in self._host.processes:
            made.append(at.folder(at.path(place.PUBLIC), owner="work", mode=0o755))
            made.append(at.folder(at.path(place.BACKUPS), mode=0o755))
        if "witness" in self._host.processes:
            made.append(at.folder(at.path(place.WITNESS), owner="witness"))
        ends = ["", *(f"-{unit.partition('@')[2]}" for unit in self._host.units if "@" in unit)]
        for end in dict.fromkeys(ends):
            made.append(at.link(at.path(f"{place.PROGRAM}{end}"), Path(sys.prefix)))
        return SetupStep("folders", _made(made), f"{at.path(place.ETC)}, {at.path(place.PROGRAM)}")

    def write_settings(self, files: dict[str, dict[str, str]]) -> SetupStep:
        """Write files of settings by their names."""
        states = {
            name: self._at.write(self._at.etc(name), texts.environment(found), mode=place.PRIVATE)
            for name, found in files.items()
        }
        return _of_files("settings", states)

    def units(self) -> SetupStep:
        """Write the units."""
        # Several instances of an edge have one template.
        found = {texts.unit_file(unit): texts.unit(unit) for unit in self._host.units}
        folder = self._at.path(place.UNITS)
        states = {name: self._at.write(folder / name, self._at.moved(text)) for name, text in found.items()}
        return _of_files("units", states)


class _ServiceSteps(_HostSteps):
    """A host of the vault: edges, worker, pages, follower of notices, or some of them."""

    def run(self) -> Iterator[SetupStep]:
        """Yield the steps."""
        plan, at = self._plan, self._at
        _check_settings(plan, at)
        yield self.users()
        yield self.folders()
        for name in self._senders():
            at.folder(plan.folder / "in" / name)
        issuer = Issuer(plan, now=self._now)
        yield issuer.prepare(at, may_make="work" in self._host.processes)
        holders = [each for each in self._host.processes if each in texts.KEY_FILES]
        log_key = None
        if holders:
            step, log_key = self._keys(holders)
            yield step
        yield from self._certificates(issuer)
        if log_key is not None:
            yield from self._for_witnesses(log_key)
        password = self._password() if holders else ""
        if holders:
            yield from self._registry()
            yield self._outside()
        yield from self._with_witnesses(issuer, holders, password, log_key)
        yield self.units()
        if "work" in holders:
            yield from self._databases(password)

    def _senders(self) -> list[str]:
        """Return the names of the folders for what others send."""
        plan = self._plan
        others = [host.name for host in plan.hosts.values() if host is not self._host]
        return ["authority", "registry", "roster", *plan.members, *plan.platforms, *others]

    def _keys(self, holders: list[str]) -> tuple[SetupStep, VerifierKey | None]:
        """Make the key files, and give each process its own; return the log's public key, too."""
        at, folder = self._at, self._plan.folder / "keys"
        published = self._plan.sent("log", ceremony.LOG_VKEY)
        wanted = {
            at.etc(each) / f"{texts.KEY_FILES[each]}.{end}": each
            for each in holders
            for end in ("keys", "passphrase")
        }
        if not published.exists() and "work" in holders:
            self._publish_log_key(published, folder, is_first=not any(path.exists() for path in wanted))
        log_key = _log_key(published) if published.exists() else None
        absent = [path for path in wanted if not path.exists()]
        lacking = [path.name for path in absent if not (folder / path.name).exists()]
        if lacking or log_key is None:
            what = ", ".join(lacking) or published.name
            text = f"put {what} into {folder} again: made before, or on the worker's host"
            return SetupStep("keys", StepState.WAITING, text), log_key
        for path, process in wanted.items():
            at.keep(path, small_file.read(folder / path.name) if path in absent else b"", owner=process)
        if not absent:
            return SetupStep("keys", StepState.DONE, ", ".join(map(str, wanted))), log_key
        text = f"keep a copy of {folder} in a safe, and delete the folder once every host is installed"
        return SetupStep("keys", StepState.MADE, text), log_key

    def _publish_log_key(self, published: Path, folder: Path, *, is_first: bool) -> None:
        """Write the log's public key: of the worker's file, or of new ones if no file is installed yet."""
        installed = self._at.etc("work") / "work.keys"
        keys = installed if installed.exists() else folder / "work.keys"
        settings = Settings.model_validate({"keys": keys, "log_origin": self._plan.log_origin})
        if is_first:
            key_files.make_passphrases(settings)
            key_files.init_keys(settings)
        if not keys.exists():
            return
        self._at.put(published, f"{key_files.log_public_key(settings)}\n".encode())

    def _certificates(self, issuer: Issuer) -> Iterator[SetupStep]:
        if not issuer.ca.exists():
            return
        for key in issuing.host_keys(self._plan, self._host):
            yield issuer.install(self._at, key)
        yield from issuer.certify_requests(self._at)

    def _for_witnesses(self, log_key: VerifierKey) -> Iterator[SetupStep]:
        """Prepare what the operators of witnesses need, in a folder for each."""
        plan, at = self._plan, self._at
        states = []
        for host in plan.witnesses:
            folder = plan.sent(host.name, "in") / "vault"
            states.append(at.put(folder / ceremony.LOG_VKEY, f"{log_key}\n".encode()))
            states.append(at.put(plan.sent(host.name, "setup.toml"), texts.witness_file(plan, host).encode()))
        missing = [
            host.name for host in plan.witnesses if not plan.received(host.name, ceremony.VKEY).exists()
        ]
        if missing:
            out, back = (
                ", ".join(str(plan.folder / way / name) for name in missing) for way in ("out", "in")
            )
            text = f"send {out} to the witnesses; put the out/vault of each into {back}"
            yield SetupStep("witnesses", StepState.WAITING, text)
        else:
            yield SetupStep("witnesses", place.worst(states), f"{len(plan.witnesses)} have sent their keys")

    def _password(self) -> str:
        """Return the password of databases on this host; it is drawn once."""
        kept, common = self._plan.folder / "keys" / "database.password", self._at.etc("common.env")
        if not kept.exists() and common.exists():
            found = _PASSWORD.search(small_file.read(common).decode())
            return found[1] if found else ""
        self._at.keep(kept, f"{secrets.token_hex(_PASSWORD_SIZE)}\n".encode())
        return small_file.read(kept).decode().strip()

    def _registry(self) -> Iterator[SetupStep]:
        """Give the registry's key to the processes that call it, and to no other."""
        source = self._plan.received("registry", "registry.key")
        processes = [each for each in self._host.processes if each in texts.ASKS_REGISTRY]
        places = [self._at.etc(each) / "registry.key" for each in processes]
        if not places:
            return
        if source.exists():
            content = small_file.read(source)
            if not _SECRET_KEY.fullmatch(content):
                raise SetupFileError(
                    f"{source} must have the secret key only, 32 hex digits", place=str(source)
                )
            states = [
                self._at.put(path, content, owner=path.parent.name, mode=place.PRIVATE) for path in places
            ]
            yield SetupStep("registry", place.worst(states), ", ".join(map(str, places)))
        elif all(path.exists() for path in places):
            yield SetupStep("registry", StepState.DONE, ", ".join(map(str, places)))
        else:
            yield SetupStep("registry", StepState.WAITING, f"put the registry's secret key into {source}")

    def _outside(self) -> SetupStep:
        """Install the authorities of registry and witnesses, if the system does not know them."""
        if not self._plan.outside_ca:
            return SetupStep("outside authorities", StepState.DONE, "the system's")
        sources = [self._plan.folder / name for name in self._plan.outside_ca]
        missing = [str(path) for path in sources if not path.exists()]
        if missing:
            text = f"put the authorities' certificates into {', '.join(missing)}"
            return SetupStep("outside authorities", StepState.WAITING, text)
        bundle = b"".join(small_file.read(path).rstrip() + b"\n" for path in sources)
        put = self._at.put(self._at.etc("outside-ca.pem"), bundle)
        return SetupStep("outside authorities", put, ", ".join(map(str, sources)))

    def _with_witnesses(
        self, issuer: Issuer, holders: list[str], password: str, log_key: VerifierKey | None
    ) -> Iterator[SetupStep]:
        """Yield the roster and the settings; those that name the witnesses wait for their keys."""
        plan, keys = self._plan, ceremony.witness_keys(self._plan)
        files = {}
        if holders:
            yield ceremony.install(plan, self._at, log_key=log_key)
            if log_key is not None and issuer.ca.exists():
                list(ceremony.for_members(plan, self._at, ca=issuer.ca, log_key=log_key))
            if len(keys) == len(plan.witnesses):
                named = [(host.url, str(keys[host.name])) for host in plan.witnesses]
                files["common.env"] = texts.common(plan, self._at, password=password, witnesses=named)
        for process in self._host.processes:
            files[f"idvault-{process}.env"] = texts.own(plan, self._host, process, self._at)
        for unit, address in self._host.units.items():
            process = unit.partition("@")[0]
            told = {"IDVAULT_METRICS_LISTEN": address} if address else {}
            if process in EDGES:
                files[f"idvault-{unit}.env"] = told
            else:
                files[f"idvault-{process}.env"] |= told
        yield self.write_settings(files)

    def _databases(self, password: str) -> Iterator[SetupStep]:
        """Write the commands for the servers, create the schema, and register the callers."""
        plan = self._plan
        files = texts.statements(plan, password)
        for name, text in files.items():
            self._at.put(plan.sent("databases", name), text.encode(), mode=place.PRIVATE)
        settings = Settings.model_validate(
            {
                "trust_domain": plan.trust_domain,
                "database_url": texts.with_password(plan.main, password),
                "shred_database_url": texts.with_password(plan.shred, password),
            }
        )
        try:
            yield self._schema(settings)
            yield from Registering(plan, self._at, settings, now=self._now).run(self._host)
        except UnavailableError as error:
            ways = [f"runuser -u postgres -- psql <{plan.sent('databases', name)}" for name in files]
            ways = ways or ["create role and databases"]
            text = f"{connection_failure.why(error)}: start the servers, then {', '.join(ways)}"
            yield SetupStep("databases", StepState.WAITING, text)

    def _schema(self, settings: Settings) -> SetupStep:
        """Create the schema of a new vault; one that serves is upgraded by the operator's command."""
        states = operator.database_states(settings)
        is_usable = all(state.found is not None and not state.problem for state in states)
        if self._at.has_noted(_SCHEMA):
            if is_usable:
                return SetupStep("databases", StepState.DONE, f"at version {states[0].found}")
            text = "the schema is of another version: docs/operations.md#upgrade-while-it-serves"
            return SetupStep("databases", StepState.WAITING, text)
        # What serves already is not contracted, only given what an interrupted run may have left out.
        operator.upgrade_databases(settings, phase=Phase.EXPAND if is_usable else None)
        self._at.note(_SCHEMA)
        return SetupStep("databases", StepState.MADE, "both have this version's schema")


class _WitnessSteps(_HostSteps):
    """The host of a witness, at an organisation that the vault's operator does not control."""

    def run(self) -> Iterator[SetupStep]:
        """Yield the steps."""
        plan, host, at = self._plan, self._host, self._at
        yield self.users()
        yield self.folders()
        yield self._key()
        for key in issuing.host_keys(plan, host):
            step = Issuer(plan, now=self._now).install(at, key)
            if step.state is StepState.WAITING:
                asked = plan.sent(issuing.AUTHORITY, f"{key.name}.request")
                at.put(plan.sent("vault", asked.name), small_file.read(asked))
            yield step
        yield self.units()
        log_key = plan.received("vault", ceremony.LOG_VKEY)
        if log_key.exists():
            found = texts.of_witness(plan, host, at, log_key=str(_log_key(log_key)))
            yield self.write_settings({"idvault-witness.env": found})
        else:
            yield SetupStep("settings", StepState.WAITING, f"put the log's public key into {log_key}")

    def _key(self) -> SetupStep:
        """Make the witness's key, and the file with its public half for the vault's operator."""
        file = self._at.path(place.WITNESS) / witness_key.FILE
        is_new = not file.exists()
        try:
            found = witness_key.load_or_make(file, name=self._host.witness)
        except WitnessKeyFileError as error:
            raise SetupFileError(str(error), place=str(file)) from error
        self._at.keep(file, b"", owner="witness")
        sent = self._plan.sent("vault", ceremony.VKEY)
        self._at.put(sent, f"{found.key}\n".encode())
        text = f"send {sent.parent} to the vault's operator: {found.key}"
        return SetupStep("key", StepState.MADE if is_new else StepState.DONE, text)


def _check_settings(plan: Plan, at: HostPlace) -> None:
    """Raise SetupFileError for values that no process would start with."""
    told = texts.common(plan, at, password="", witnesses=())
    quoted = [name for name, value in told.items() if "'" in value]
    try:
        config.check_values({name: value for name, value in told.items() if name.startswith(config.PREFIX)})
    except ConfigError as error:
        name = error.problems[0].partition(" ")[0]
        raise SetupFileError(f"setup.toml: {error}", place=name) from error
    if quoted:
        raise SetupFileError(f"setup.toml: {quoted[0]} must have no quotation mark", place=quoted[0])


def _log_key(path: Path) -> VerifierKey:
    try:
        key = parse_key(small_file.read(path).decode().strip())
    except (NoteError, UnicodeDecodeError) as error:
        raise SetupFileError(f"{path} is not the public key of a log", place=str(path)) from error
    if key.algorithm is not Algorithm.ED25519:
        raise SetupFileError(f"{path} is the key of a witness, not of a log", place=str(path))
    return key


def _made(made: list[str] | list[bool]) -> StepState:
    return StepState.MADE if any(made) else StepState.DONE


def _of_files(name: str, states: dict[str, StepState]) -> SetupStep:
    """Return the step of several files; those that an operator has edited are named."""
    kept = [file for file, state in states.items() if state is StepState.KEPT]
    changed = [file for file, state in states.items() if state in (StepState.MADE, StepState.RENEWED)]
    parts = [", ".join(changed)] if changed else []
    if kept:
        parts.append(f"edited, and kept: {', '.join(kept)}; what setup would write is beside it, as NAME.new")
    return SetupStep(name, place.worst(list(states.values())), "; ".join(parts) or f"{len(states)} files")
