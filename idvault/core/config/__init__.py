"""The settings of a process, read from the environment; invalid or missing values stop the start.

- Every name starts with IDVAULT_, but those of OpenTelemetry. An unknown name stops the start, because the
  operator expects it to have an effect; only what Kubernetes adds for its Services is ignored.
- The text of a problem names the setting and says what is expected. It never repeats the value.
- Files with secrets must be readable only by their owner, or be mounted by root for the process's own group.
- Settings for development are refused unless IDVAULT_DEVELOPMENT=1.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ConfigDict, Field, SecretStr, ValidationError

from idvault.core import secret_file
from idvault.core.config import database, kubernetes, operator_file, parts, pkcs11, traces
from idvault.core.config.parts import (
    ErasureSettings,
    ModerationSettings,
    WebSettings,
)
from idvault.core.config.pkcs11 import Pkcs11Uri
from idvault.core.config.process import EXPECTED
from idvault.core.config.process import ConfigError as ConfigError
from idvault.core.config.process import Process as Process
from idvault.core.config.retired import RETIRED
from idvault_verify import notice, small_file

PREFIX = "IDVAULT_"
# Read by scripts and tests, not by a process.
_FOREIGN = ("IDVAULT_TEST_", "IDVAULT_PYTHON")
_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.\-]+):(?P<port>[0-9]{1,5})")
_TRUST_DOMAIN = re.compile(r"[a-z0-9][a-z0-9._\-]{0,254}")
# The name of a C2SP signed-note key: not empty, no white space, no plus sign.
_LOG_ORIGIN = re.compile(r"[^\s+]{1,255}")
# A witness's C2SP verifier key (type 4): NAME+KEYID+BASE64, with the type in the first byte.
_WITNESS_KEY = re.compile(r"[^\s+]{1,255}\+[0-9a-f]{8}\+B[A-P][A-Za-z0-9+/]{42}")
_SECRET_KEY = re.compile(r"[0-9a-fA-F]{32}")
_CREDIT_CODE = "UNIFIED_SOCIAL_CREDIT_CODE"
_DOCUMENT_TYPES = frozenset({"RESIDENT_ID", "RESIDENCE_PERMIT", "FOREIGN_PERMANENT_RESIDENT", _CREDIT_CODE})
WORKER_KEYS = "work.keys"


class Settings(ModerationSettings, ErasureSettings, WebSettings):
    """All settings, by their name in lower case without the prefix.

    A setting that a process does not need stays empty. Times are in seconds, limits are counts.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    development: bool = False
    database_url: SecretStr = SecretStr("")
    shred_database_url: SecretStr = SecretStr("")
    listen: str = ""
    processes: Annotated[int, Field(ge=1, le=64)] = 1
    metrics_listen: str = "127.0.0.1:7480"
    tls_certificate: Path = Path()
    tls_key: Path = Path()
    tls_ca: Path = Path()
    trust_domain: str = ""
    keys: Path = Path()
    key_passphrase_file: Path = Path()
    pkcs11_uri: str = ""
    roster: Path = Path()
    registry_check_url: str = ""
    registry_query_url: str = ""
    registry_enterprise_url: str = ""
    registry_app_id: str = ""
    registry_biz_id: str = ""
    registry_secret_key_file: Path = Path()
    registry_calls_per_second: Annotated[float, Field(gt=0, le=10_000)] = 100
    registry_document_types: str = "RESIDENT_ID"
    registry_notice_keys: str = ""
    holder_provider: Path = Path()
    result_provider: Path = Path()
    settle_patience: Annotated[float, Field(gt=0, le=30)] = 2
    accounts_per_person: Annotated[int, Field(ge=1, le=1_000)] = 5
    verification_days: Annotated[int, Field(ge=1, le=36_500)] = 365
    credentials_per_day: Annotated[int, Field(ge=1, le=100_000_000)] = 100_000
    disclosures_per_day: Annotated[int, Field(ge=1, le=10_000)] = 20
    disclosure_embargo_days: Annotated[int, Field(ge=1, le=3_650)] = 90
    time_zone: str = "Asia/Shanghai"
    public_dir: Path = Path()
    backup_dir: Path = Path()
    log_origin: str = ""
    witnesses: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The listening addresses, host:port: one for a single edge, platform then custody for both."""
        return tuple(part.strip() for part in self.listen.split(","))

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that decides the current day."""
        return ZoneInfo(self.time_zone)

    @property
    def document_types(self) -> tuple[str, ...]:
        """The document types that the registries can check, by their names in verify.document."""
        return tuple(part.strip() for part in self.registry_document_types.split(","))

    @property
    def notice_keys(self) -> tuple[bytes, ...]:
        """The public keys of the registry that gives notice; raises NoticeKeyError."""
        return tuple(notice.public_key(text) for text in self.registry_notice_keys.split())

    @property
    def witness_list(self) -> tuple[tuple[str, str], ...]:
        """The witnesses to ask, each a URL and a public key."""
        words = self.witnesses.split()
        return tuple(zip(words[::2], words[1::2], strict=False))

    @property
    def hardware(self) -> Pkcs11Uri | None:
        """The hardware module of the key files, None if none is set."""
        return pkcs11.parse(self.pkcs11_uri) if self.pkcs11_uri else None

    @property
    def certificates(self) -> dict[str, Path]:
        """The files with certificates that are set, by setting."""
        names = ("tls_certificate", "tls_ca", "web_tls_certificate")
        return {name: path for name in names if (path := getattr(self, name)).name}

    def passphrase(self, holder: str = "") -> bytes:
        """Return the passphrase of the key file, without one line end at the end of its file.

        holder: of another process's key file, such as work. Raises OSError.
        """
        path = self.passphrase_file(holder) if holder else self.key_passphrase_file
        return small_file.read(path).removesuffix(b"\n").removesuffix(b"\r")

    def passphrase_file(self, holder: str) -> Path:
        """Return the file with the passphrase of a process's key file: its own, or the one for all."""
        beside = self.keys if _is_empty(self.key_passphrase_file) else self.key_passphrase_file
        own = beside.with_name(f"{holder}.passphrase")
        return own if own.exists() or beside is self.keys else self.key_passphrase_file

    def registry_secret_key(self) -> str:
        """Return the registry's secret key, 32 hex digits."""
        return small_file.read(self.registry_secret_key_file).decode("ascii").strip()


_STORES = ("database_url", "shred_database_url")
_KEYS = ("keys", "key_passphrase_file")
_EDGE = (
    *_STORES,
    *_KEYS,
    "listen",
    "tls_certificate",
    "tls_key",
    "tls_ca",
    "trust_domain",
    "roster",
    "log_origin",
)
_REGISTRY = (
    "registry_check_url",
    "registry_query_url",
    "registry_app_id",
    "registry_biz_id",
    "registry_secret_key_file",
)
REQUIRED: Mapping[Process, tuple[str, ...]] = {
    Process.PLATFORM_EDGE: (*_EDGE, *_REGISTRY, "appeal_outside_body"),
    Process.CUSTODY_EDGE: _EDGE,
    Process.BOTH_EDGES: (*_EDGE, *_REGISTRY, "appeal_outside_body"),
    Process.WORK: (*_STORES, *_KEYS, *_REGISTRY, "roster", "public_dir", "log_origin"),
    Process.DATABASES: _STORES,
    Process.BACKUP: (),
    Process.BACKUP_NOTE: ("backup_dir",),
    Process.LOSS: (*_STORES, "roster"),
    Process.ACCEPT_LOSS: (*_STORES, *_KEYS, "roster", "log_origin"),
    Process.PLATFORMS: (*_STORES, "trust_domain"),
    Process.KEYS: (*_KEYS, "log_origin"),
    Process.NEW_KEYS: ("keys", "log_origin"),
    Process.KEY_FILE: _KEYS,
    Process.REWRAP: (*_STORES, *_KEYS),
    Process.ROSTER: ("roster",),
    Process.RETENTION: (),
    Process.DOCTOR: (*_STORES, "roster"),
    Process.NOTIFY: (*_STORES, "keys"),
    Process.NOTICES: (
        *("tls_certificate", "tls_key", "tls_ca"),
        *("registry_app_id", "registry_biz_id", "registry_secret_key_file"),
    ),
    Process.WEB: ("listen", "tls_certificate", "tls_key", "tls_ca", "web_url", "web_target"),
}


def load(process: Process, *, clock_file: Path | None = None, speed: float = 1) -> Settings:
    """Read and check the settings of a process; raises ConfigError with all problems.

    clock_file, speed: the shifted clock and the worker's speed from the command line, refused outside
    development.
    """
    unknown = tuple(_unknown(os.environ))
    settings = _parsed(os.environ, unknown)
    problems = (*unknown, *_problems(settings, process), *_option_problems(settings, clock_file, speed))
    if problems:
        raise ConfigError(*problems)
    return settings


def check_values(environment: Mapping[str, str]) -> None:
    """Raise ConfigError for settings that no process would start with, whatever files they name."""
    unknown = tuple(_unknown(environment))
    settings = _parsed(environment, unknown)
    present = [field for field in Settings.model_fields if _name(field) in environment]
    present = [field for field in present if not _is_empty(getattr(settings, field))]
    pages = parts.web_problems(_name("web_url"), settings.web_url, development=False)
    values = (*_text_problems(settings, present), *_url_problems(settings, present), *pages)
    problems = (*unknown, *values, *_witness_problems(settings))
    if problems:
        raise ConfigError(*problems)


def _parsed(environment: Mapping[str, str], unknown: tuple[str, ...]) -> Settings:
    """Return the settings of an environment; raises ConfigError, also with what is unknown in it."""
    names = {field: _name(field) for field in Settings.model_fields}
    given = {field: environment[name] for field, name in names.items() if name in environment}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise ConfigError(*unknown, *_unreadable(error)) from None


def _unknown(environment: Mapping[str, str]) -> Iterator[str]:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= kubernetes.of_services(environment, prefix=PREFIX)
    for name in sorted(environment):
        if not name.upper().startswith(PREFIX) or name in known or name.startswith(_FOREIGN):
            continue
        gone = RETIRED.get(name.removeprefix(PREFIX))
        yield f"{name} is gone: {gone}" if gone else f"{name} is not a setting of this version"


def _unreadable(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_input=False, include_url=False, include_context=False):
        yield f"{_name(str(problem['loc'][0]))} cannot be used: {problem['msg']}"


def _problems(settings: Settings, process: Process) -> Iterator[str]:
    needed = REQUIRED[process]
    missing = [name for name in needed if _is_empty(getattr(settings, name))]
    for name in missing:
        yield f"{_name(name)} is missing: {EXPECTED[name]}"
    present = [name for name in needed if name not in missing]
    yield from _text_problems(settings, present)
    yield from _url_problems(settings, present)
    if "registry_check_url" in present:
        yield from _enterprise_problems(settings)
    yield from _witness_problems(settings)
    yield from parts.web_problems(_name("web_url"), settings.web_url, development=settings.development)
    yield from _hardware_problems(settings)
    yield from traces.problems(os.environ)
    if process in (Process.WEB, Process.WORK):
        yield from operator_file.problems(
            _name("web_operator"), settings.web_operator, development=settings.development
        )
    yield from _file_problems(settings, present, process)
    yield from _development_problems(settings, process)


def _is_empty(value: object) -> bool:
    if isinstance(value, SecretStr):
        return not value.get_secret_value()
    return value in ("", Path())


def _text_problems(settings: Settings, present: list[str]) -> Iterator[str]:
    if "trust_domain" in present and not _TRUST_DOMAIN.fullmatch(settings.trust_domain):
        yield f"{_name('trust_domain')} must be a lower-case domain name"
    if "log_origin" in present and not _LOG_ORIGIN.fullmatch(settings.log_origin):
        yield f"{_name('log_origin')} must have no white space and no plus sign"
    if "listen" in present and not all(_is_address(address) for address in settings.addresses):
        yield f"{_name('listen')} must be {EXPECTED['listen']}"
    if not _is_address(settings.metrics_listen):
        yield f"{_name('metrics_listen')} must be HOST:PORT"
    if not set(settings.document_types) <= _DOCUMENT_TYPES:
        yield f"{_name('registry_document_types')} must list some of {', '.join(sorted(_DOCUMENT_TYPES))}"
    try:
        _ = settings.notice_keys
    except notice.NoticeKeyError as error:
        yield f"{_name('registry_notice_keys')} cannot be used: {error}"
    try:
        ZoneInfo(settings.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"{_name('time_zone')} must be the name of a time zone, such as Asia/Shanghai"


def _is_address(text: str) -> bool:
    match = _ADDRESS.fullmatch(text)
    return match is not None and int(match["port"]) <= 65_535


def _url_problems(settings: Settings, present: list[str]) -> Iterator[str]:
    for name in ("registry_check_url", "registry_query_url"):
        if name in present:
            yield from _http_problems(settings, name, getattr(settings, name))
    urls = [getattr(settings, name).get_secret_value() for name in _STORES if name in present]
    for name, url in zip((name for name in _STORES if name in present), urls, strict=True):
        if not url.startswith(("sqlite://", "postgresql://")):
            yield f"{_name(name)} must start with sqlite:// or postgresql://"
            continue
        try:
            exposed = database.is_exposed(url)
        except ValueError as error:
            yield f"{_name(name)} {error}"
            continue
        if exposed and not settings.development:
            yield (
                f"{_name(name)} must have sslmode=verify-full and sslrootcert=FILE: an attacker on the "
                "network could pose as the database"
            )
    if len(urls) == len(_STORES) and urls[0] == urls[1]:
        yield (
            f"{_name('shred_database_url')} must be a different database from {_name('database_url')}: "
            "access to one of them must not give access to the other"
        )


def _enterprise_problems(settings: Settings) -> Iterator[str]:
    url, types = _name("registry_enterprise_url"), _name("registry_document_types")
    if settings.registry_enterprise_url and _CREDIT_CODE not in settings.document_types:
        yield f"{url} has no effect unless {types} has {_CREDIT_CODE}"
    if _CREDIT_CODE in settings.document_types and not settings.registry_enterprise_url:
        yield f"{url} is missing: {types} has {_CREDIT_CODE}, checked by a registry of organisations"
    if settings.registry_enterprise_url:
        yield from _http_problems(settings, "registry_enterprise_url", settings.registry_enterprise_url)


def _witness_problems(settings: Settings) -> Iterator[str]:
    words, name = settings.witnesses.split(), _name("witnesses")
    if len(words) % 2 or len(words) != len(set(words)):
        yield f"{name} must have the URL and the key of each witness in turn, separated by spaces"
        return
    why = "an attacker on the network could hide the log"
    for url, key in settings.witness_list:
        yield from _http_problems(settings, "witnesses", url, why=why)
        if not _WITNESS_KEY.fullmatch(key):
            yield f"{name} must have after each URL the public key that `idvault witness` prints"


def _hardware_problems(settings: Settings) -> Iterator[str]:
    try:
        _ = settings.hardware
    except ValueError as error:
        yield f"{_name('pkcs11_uri')} {error}"


def _http_problems(
    settings: Settings, name: str, text: str, *, why: str = "a forged answer must not verify anyone"
) -> Iterator[str]:
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
        yield f"{_name(name)} must be an https URL without a query"
    elif url.scheme != "https" and not settings.development:
        yield f"{_name(name)} must be https: {why}"
    if url.username or url.password:
        yield f"{_name(name)} must not contain a user or a password"


def _file_problems(settings: Settings, present: list[str], process: Process) -> Iterator[str]:
    secrets = ["tls_key", "key_passphrase_file", "registry_secret_key_file"]
    if process not in (Process.KEYS, Process.NEW_KEYS):
        secrets.append("keys")
    if process is Process.NEW_KEYS and not _is_empty(settings.key_passphrase_file):
        present = [*present, "key_passphrase_file"]
    for name in ("tls_certificate", "tls_ca", *secrets):
        if name in present:
            yield from _readable(name, getattr(settings, name), secret=name in secrets)
    if process in (Process.PLATFORM_EDGE, Process.BOTH_EDGES):
        for name in ("holder_provider", "result_provider"):
            if not _is_empty(getattr(settings, name)):
                yield from _readable(name, getattr(settings, name), secret=True)
    # These two processes report a problem with the file in more detail themselves.
    if process not in (Process.ROSTER, Process.DOCTOR) and "roster" in present:
        yield from _readable("roster", settings.roster, secret=False)
    if "registry_secret_key_file" in present and _has_no_secret_key(settings):
        yield f"{_name('registry_secret_key_file')} must contain only the secret key, 32 hex digits"


def _readable(name: str, path: Path, *, secret: bool) -> Iterator[str]:
    try:
        found = path.stat()
        with path.open("rb"):
            pass
    except OSError as error:
        yield f"{_name(name)} names a file that cannot be read: {error.strerror}"
        return
    if not stat.S_ISREG(found.st_mode):
        yield f"{_name(name)} must name a file"
    elif secret and secret_file.is_exposed(found):
        yield f"{_name(name)} names a file that other users can read: set its mode to 0600"


def _has_no_secret_key(settings: Settings) -> bool:
    try:
        return _SECRET_KEY.fullmatch(settings.registry_secret_key()) is None
    except OSError:
        return False  # reported already
    except UnicodeDecodeError:
        return True


def _development_problems(settings: Settings, process: Process) -> Iterator[str]:
    edges = (Process.PLATFORM_EDGE, Process.CUSTODY_EDGE, Process.BOTH_EDGES)
    if process in (*edges, Process.WORK):
        yield from secret_file.owner_problems(_name("keys"), settings.keys)
    if process in edges and settings.listen:
        yield from _edge_problems(settings, process)
    if settings.development:
        return
    worker_keys = settings.keys.parent / WORKER_KEYS
    if process in edges and not _is_empty(settings.keys) and os.access(worker_keys, os.R_OK):
        yield (
            f"{_name('keys')} is beside the worker's key file, which this process can read: "
            "make another user its owner"
        )


def _option_problems(settings: Settings, clock_file: Path | None, speed: float) -> Iterator[str]:
    if settings.development:
        return
    if clock_file is not None:
        yield f"--clock-file shifts the time and needs {_name('development')}=1"
    if speed > 1:
        yield f"--speed above 1 needs {_name('development')}=1"


def _edge_problems(settings: Settings, process: Process) -> Iterator[str]:
    if process is Process.BOTH_EDGES and not settings.development:
        yield f"--edge is missing: one process serves both edges only with {_name('development')}=1"
    if settings.processes > 1 and any(address.endswith(":0") for address in settings.addresses):
        yield f"{_name('listen')} must name a port that {_name('processes')} processes can share"
    expected = 2 if process is Process.BOTH_EDGES else 1
    if len(settings.addresses) != expected:
        yield f"{_name('listen')} must have {expected} address{'es' if expected > 1 else ''} here"


def _name(field: str) -> str:
    return PREFIX + field.upper()
