"""Settings: invalid or missing values stop the start."""

import os
import re
from pathlib import Path

import pytest

from idvault.core.config import REQUIRED, ConfigError, Process, Settings, load
from idvault.core.config.pkcs11 import Pkcs11Uri
from idvault.core.config.retired import RETIRED
from idvault.erasure.rules import ERASURE_DELAY_DAYS
from idvault.sanction.appeal.rules import APPEAL_DAYS, APPEAL_DECISION_DAYS
from idvault.sanction.objection import rules as objection_rules
from idvault.session.contest.rules import CONTEST_DECISION_DAYS
from idvault.status.rules import REJECTED_ACCOUNT_DAYS
from idvault.tip_off import rules as tip_off_rules

SECRET = "s3cr3t-value"
WRITABLE = "target_session_attrs=read-write"
VERIFIED = "sslmode=verify-full&sslrootcert=/etc/ssl/database-ca.pem"


class Environment:
    """A complete environment of a production platform edge, in which tests change one setting at a time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._monkeypatch = monkeypatch
        self.folder = folder
        for name in [name for name in os.environ if name.startswith("IDVAULT_")]:
            monkeypatch.delenv(name)
        self.set(
            DATABASE_URL=f"postgresql://vault@main.example/vault?{VERIFIED}",
            SHRED_DATABASE_URL=f"postgresql://shred@shred.example/shred?{VERIFIED}",
            LISTEN="0.0.0.0:7443",
            TLS_CERTIFICATE=self.file("server.pem"),
            TLS_KEY=self.file("server.key"),
            TLS_CA=self.file("ca.pem"),
            TRUST_DOMAIN="vault.example",
            KEYS=self.file("keys/service.keys"),
            KEY_PASSPHRASE_FILE=self.file("passphrase", SECRET + "\n"),
            ROSTER=self.file("roster.json"),
            REGISTRY_CHECK_URL="https://check.registry.example",
            REGISTRY_QUERY_URL="https://query.registry.example/base",
            REGISTRY_APP_ID="app",
            REGISTRY_BIZ_ID="biz",
            REGISTRY_SECRET_KEY_FILE=self.file("registry.key", "00112233445566778899aabbccddeeff\n"),
            PUBLIC_DIR=folder,
            LOG_ORIGIN="vault.example/log",
            APPEAL_OUTSIDE_BODY="Internet Court (synthetic)",
        )

    def file(self, name: str, content: str = "") -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        path.chmod(0o600)
        return path

    def set(self, **values: object) -> None:
        for name, value in values.items():
            self._monkeypatch.setenv(f"IDVAULT_{name}", str(value))

    def unset(self, name: str) -> None:
        self._monkeypatch.delenv(f"IDVAULT_{name}", raising=False)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Environment:
    return Environment(monkeypatch, tmp_path)


def _refusal(process: Process = Process.PLATFORM_EDGE, clock_file: Path | None = None) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(process, clock_file=clock_file)
    return caught.value


def test_safe_environment_starts(environment: Environment) -> None:
    """A complete environment gives typed settings with the published defaults."""
    settings = load(Process.PLATFORM_EDGE)
    assert settings.addresses == ("0.0.0.0:7443",)
    assert settings.document_types == ("RESIDENT_ID",)
    assert settings.zone.key == "Asia/Shanghai"
    assert settings.passphrase() == SECRET.encode()
    assert settings.registry_secret_key() == "00112233445566778899aabbccddeeff"
    defaults = (
        settings.registry_calls_per_second,
        settings.settle_patience,
        settings.accounts_per_person,
        settings.verification_days,
        settings.processes,
        settings.development,
    )
    assert defaults == (100, 2, 5, 365, 1, False)


@pytest.mark.parametrize("process", [process for process in Process if REQUIRED[process]])
def test_each_process_names_everything_that_is_missing(environment: Environment, process: Process) -> None:
    """An empty environment is refused with one sentence for each setting that the process needs."""
    for name in Settings.model_fields:
        environment.unset(name.upper())
    problems = _refusal(process).problems
    missing = {problem.split(" ")[0] for problem in problems if " is missing: " in problem}
    expected = {f"IDVAULT_{name.upper()}" for name in REQUIRED[process]}
    assert missing == expected | (
        {"--edge"} if process is Process.BOTH_EDGES and "--edge" in missing else set()
    )


@pytest.mark.parametrize("name", sorted({name for names in REQUIRED.values() for name in names}))
def test_one_missing_setting_is_named(environment: Environment, name: str) -> None:
    """A missing setting is named."""
    process = next(process for process, names in REQUIRED.items() if name in names)
    environment.unset(name.upper())
    assert any(text.startswith(f"IDVAULT_{name.upper()} is missing") for text in _refusal(process).problems)


def test_empty_value_is_missing(environment: Environment) -> None:
    """An empty setting counts as missing."""
    environment.set(LOG_ORIGIN="", KEYS="")
    assert len(_refusal().problems) == 2


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("REGISTRY_CHECK_URL", f"http://{SECRET}.example", "must be https"),
        ("REGISTRY_QUERY_URL", f"http://{SECRET}.example", "must be https"),
        ("REGISTRY_CHECK_URL", f"ftp://{SECRET}.example", "must be an https URL"),
        ("REGISTRY_CHECK_URL", f"https://user:{SECRET}@registry.example", "must not contain a user"),
        ("REGISTRY_CHECK_URL", f"https://registry.example?{SECRET}", "without a query"),
        ("DATABASE_URL", f"mysql://vault:{SECRET}@main.example/vault", "must start with sqlite"),
        ("LOG_ORIGIN", f"{SECRET} log", "white space"),
        ("LOG_ORIGIN", f"{SECRET}+log", "plus"),
        ("TRUST_DOMAIN", f"{SECRET}/Platform", "domain"),
        ("LISTEN", SECRET, "HOST:PORT"),
        ("LISTEN", "127.0.0.1:70000", "HOST:PORT"),
        ("LISTEN", "127.0.0.1:1,127.0.0.1:2", "must have 1 address"),
        ("METRICS_LISTEN", SECRET, "HOST:PORT"),
        ("TIME_ZONE", SECRET, "time zone"),
        ("TIME_ZONE", "../" + SECRET, "time zone"),
        ("REGISTRY_DOCUMENT_TYPES", SECRET, "RESIDENT_ID"),
        ("REGISTRY_ENTERPRISE_URL", f"https://{SECRET}.example", "REGISTRY_DOCUMENT_TYPES has"),
        ("ACCOUNTS_PER_PERSON", SECRET, "integer"),
        ("ACCOUNTS_PER_PERSON", "0", "greater"),
        ("VERIFICATION_DAYS", "-1", "greater"),
        ("SETTLE_PATIENCE", "0", "greater"),
        ("SETTLE_PATIENCE", "nan", ""),
        ("REGISTRY_CALLS_PER_SECOND", SECRET, "number"),
        ("PROCESSES", "1000", "less"),
        ("DEVELOPMENT", SECRET, "boolean"),
    ],
)
def test_unusable_value_is_named_and_never_shown(
    environment: Environment, name: str, value: str, text: str
) -> None:
    """A value that cannot be used stops the start with a text that names the setting, never its value."""
    environment.set(**{name: value})
    error = _refusal()
    assert any(problem.startswith(f"IDVAULT_{name} ") and text in problem for problem in error.problems)
    assert SECRET not in str(error)


def test_pages_and_worker_check_who_runs_the_service(environment: Environment) -> None:
    """A file that says nothing stops both, and is not quoted; the edges do not read it."""
    environment.set(WEB_OPERATOR=environment.file("operator.json", SECRET))
    for process in (Process.WEB, Process.WORK):
        error = _refusal(process)
        assert any(problem.startswith("IDVAULT_WEB_OPERATOR cannot be used: ") for problem in error.problems)
        assert SECRET not in str(error)
    assert load(Process.PLATFORM_EDGE).web_operator.name == "operator.json"


def test_both_databases_must_differ(environment: Environment) -> None:
    """The shred keys must not be in the main database."""
    environment.set(SHRED_DATABASE_URL=f"postgresql://vault@main.example/vault?{VERIFIED}")
    assert "IDVAULT_SHRED_DATABASE_URL must be a different database" in str(_refusal())


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://vault@db.example/vault",
        "postgresql://vault@db.example/vault?sslmode=require",
        "postgresql://vault@db.example/vault?sslmode=verify-ca&sslrootcert=/etc/ca.pem",
        "postgresql://vault@/vault?host=db.example",
        "postgresql://vault@localhost,db.example/vault?target_session_attrs=read-write",
        "postgresql://vault@/vault?host=/run/postgresql,db.example&target_session_attrs=read-write",
        "postgresql://vault@127.0.0.1.example/vault",
    ],
)
def test_a_database_off_the_host_must_prove_what_it_is(environment: Environment, url: str) -> None:
    """Outside development an address across a network verifies the server's certificate and name."""
    environment.set(DATABASE_URL=url)
    (problem,) = _refusal().problems
    assert problem.startswith("IDVAULT_DATABASE_URL must have sslmode=verify-full and sslrootcert=FILE")
    assert "example/" not in problem
    environment.set(DEVELOPMENT="1")
    load(Process.PLATFORM_EDGE)


def test_a_host_in_the_environment_counts(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attack: an address without a host passed for a local one, and the driver took PGHOST."""
    environment.set(DATABASE_URL="postgresql:///vault")
    monkeypatch.setenv("PGHOST", "/run/postgresql")
    load(Process.PLATFORM_EDGE)
    monkeypatch.setenv("PGHOST", "db.example")
    (problem,) = _refusal().problems
    assert problem.startswith("IDVAULT_DATABASE_URL must have sslmode=verify-full")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://vault@db.example:5432/vault?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        f"postgresql://vault@one.example,two.example/vault?{WRITABLE}&{VERIFIED}",
        "postgresql://vault@/vault?host=/run/postgresql",
        "postgresql://vault@localhost:5433/vault",
        f"postgresql://vault@127.0.0.1,[::1]:5432/vault?{WRITABLE}",
        "sqlite:////var/lib/idvault/main.sqlite3",
    ],
)
def test_a_database_on_the_host_or_verified_is_taken(environment: Environment, url: str) -> None:
    """What stays on this machine needs no certificate."""
    environment.set(DATABASE_URL=url)
    load(Process.PLATFORM_EDGE)


@pytest.mark.parametrize("name", ["TLS_KEY", "KEYS", "KEY_PASSPHRASE_FILE", "REGISTRY_SECRET_KEY_FILE"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_secret_file_that_others_may_read_is_refused(environment: Environment, name: str, mode: int) -> None:
    """A secret file that group or others can read is refused."""
    path = Path(os.environ[f"IDVAULT_{name}"])
    path.chmod(mode)
    assert _refusal().problems == (
        f"IDVAULT_{name} names a file that other users can read: set its mode to 0600",
    )


@pytest.mark.parametrize("name", ["TLS_CERTIFICATE", "TLS_CA", "TLS_KEY", "KEYS", "ROSTER"])
def test_file_that_is_not_there_is_refused(environment: Environment, name: str) -> None:
    """A file that cannot be read is named by its setting and the system's reason."""
    environment.set(**{name: environment.folder / SECRET})
    error = _refusal()
    assert f"IDVAULT_{name} names a file that cannot be read: No such file" in str(error)
    assert SECRET not in str(error)


def test_directory_is_no_key_file(environment: Environment) -> None:
    """A directory instead of a file is refused."""
    environment.set(KEYS=environment.folder)
    assert "IDVAULT_KEYS" in str(_refusal())


@pytest.mark.parametrize("content", ["", SECRET, "00112233445566778899aabbccddee", "é" * 32])
def test_registry_secret_key_must_be_hex(environment: Environment, content: str) -> None:
    """A secret key file without a secret key is refused and not shown."""
    environment.file("registry.key", content)
    error = _refusal()
    assert error.problems[0].startswith("IDVAULT_REGISTRY_SECRET_KEY_FILE must contain only the secret key")
    assert SECRET not in str(error)


def test_unknown_setting_is_refused(environment: Environment) -> None:
    """An unknown name with our prefix is refused."""
    environment.set(LOG_ORIGN=SECRET, TEST_POSTGRES_URL="postgresql://")
    assert _refusal().problems == ("IDVAULT_LOG_ORIGN is not a setting of this version",)


@pytest.mark.parametrize("name", RETIRED)
def test_a_setting_that_is_gone_says_what_replaced_it(environment: Environment, name: str) -> None:
    """Whoever still sets it reads what to do; no setting of today is among them."""
    environment.set(**{name: SECRET})
    assert _refusal().problems == (f"IDVAULT_{name} is gone: {RETIRED[name]}",)
    assert name.lower() not in Settings.model_fields


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("APPEAL_DAYS", APPEAL_DAYS),
        ("APPEAL_DECISION_DAYS", APPEAL_DECISION_DAYS),
        ("APPEAL_TEXT_DAYS", objection_rules.TEXT_DAYS),
        ("CONTEST_DECISION_DAYS", CONTEST_DECISION_DAYS),
        ("REJECTED_ACCOUNT_DAYS", REJECTED_ACCOUNT_DAYS),
        ("ERASURE_DELAY_DAYS", ERASURE_DELAY_DAYS),
        ("TIP_OFF_RETENTION_DAYS", tip_off_rules.TEXT_DAYS),
    ],
)
def test_a_time_that_is_no_setting_is_the_rules(name: str, days: int) -> None:
    """The sentence says the time that is in force."""
    assert RETIRED[name] == f"it is {days} days in every vault"


@pytest.mark.parametrize("sentence", sorted(set(RETIRED.values())))
def test_what_replaced_a_setting_exists(sentence: str) -> None:
    """Each setting that a sentence names is one."""
    named = re.findall(r"IDVAULT_[A-Z0-9_]+", sentence)
    assert {each.removeprefix("IDVAULT_").lower() for each in named} <= Settings.model_fields.keys()


def test_edge_refuses_the_worker_keys_in_reach(environment: Environment) -> None:
    """Outside development an edge that can read the worker's keys does not start; the worker does."""
    environment.file("keys/work.keys")
    assert "which this process can read" in str(_refusal())
    environment.set(KEYS=environment.folder / "keys/work.keys")
    load(Process.WORK)


def test_shifted_clock_is_for_development(environment: Environment) -> None:
    """--clock-file stops the start outside development."""
    assert "--clock-file" in str(_refusal(clock_file=environment.folder / "clock"))
    environment.set(DEVELOPMENT="1")
    load(Process.PLATFORM_EDGE, clock_file=environment.folder / "clock")


def test_a_faster_worker_is_for_development(environment: Environment) -> None:
    """A worker in production keeps its periods."""
    load(Process.WORK, speed=1)
    with pytest.raises(ConfigError) as caught:
        load(Process.WORK, speed=20)
    assert caught.value.problems == ("--speed above 1 needs IDVAULT_DEVELOPMENT=1",)
    environment.set(DEVELOPMENT="1")
    load(Process.WORK, speed=20)


def test_both_edges_in_one_process_are_for_development(environment: Environment) -> None:
    """Without --edge a process starts only in development, and on two addresses."""
    environment.set(LISTEN="127.0.0.1:7443,127.0.0.1:7444")
    assert "--edge is missing" in str(_refusal(Process.BOTH_EDGES))
    environment.set(DEVELOPMENT="1")
    assert load(Process.BOTH_EDGES).addresses == ("127.0.0.1:7443", "127.0.0.1:7444")
    environment.set(LISTEN="127.0.0.1:7443")
    assert "must have 2 addresses" in str(_refusal(Process.BOTH_EDGES))


def test_development_may_use_http_and_one_folder_of_keys(environment: Environment) -> None:
    """Some settings that are unsafe in production are allowed in development."""
    environment.file("keys/work.keys")
    environment.set(DEVELOPMENT="1", REGISTRY_CHECK_URL="http://127.0.0.1:7490")
    load(Process.PLATFORM_EDGE)


WITNESS_KEY = "witness.example/w1+57514089+BEedOtAoSuTIPSzAG7+NIQXiTUELdQHhGt0o+boSj7Xf"


SECOND_KEY = "witness.example/w2+4b8bcac0+BBl/ayPhbIUyxqvIOPrNXqeJvgx2spIDNAOb+os9No1h"


@pytest.mark.parametrize("process", [Process.PLATFORM_EDGE, Process.CUSTODY_EDGE, Process.WORK])
def test_witnesses_are_urls_and_keys_in_turn(environment: Environment, process: Process) -> None:
    """Separated by white space; none is none."""
    assert load(process).witness_list == ()
    environment.set(WITNESSES=f"https://w1.example/a  {WITNESS_KEY}\n https://w2.example {SECOND_KEY} ")
    pairs = (("https://w1.example/a", WITNESS_KEY), ("https://w2.example", SECOND_KEY))
    assert load(process).witness_list == pairs


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (f"https://{SECRET}.example", "the URL and the key of each witness in turn"),
        (WITNESS_KEY, "the URL and the key of each witness in turn"),
        (f"https://w1.example {WITNESS_KEY} https://w2.example {WITNESS_KEY}", "in turn"),
        (f"https://w1.example {WITNESS_KEY} https://w1.example {SECOND_KEY}", "in turn"),
        (f"{WITNESS_KEY} https://w1.example", "must be an https URL"),
        (f"http://{SECRET}.example {WITNESS_KEY}", "must be https: an attacker on the network"),
        (f"https://w2.example {SECOND_KEY} http://w1.example {WITNESS_KEY}", "must be https"),
        (f"ftp://{SECRET}.example {WITNESS_KEY}", "must be an https URL"),
        (f"https://user:{SECRET}@witness.example {WITNESS_KEY}", "must not contain a user"),
        (f"https://w1.example {SECRET}", "`idvault witness` prints"),
        (f"https://w1.example {WITNESS_KEY[:-1]}", "`idvault witness` prints"),
        (f"https://w1.example {WITNESS_KEY.replace('+BE', '+AE')}", "`idvault witness` prints"),
    ],
)
def test_an_unusable_witness_is_refused(environment: Environment, value: str, text: str) -> None:
    """A witness over http, or a key that is not a witness's, stops the start; its value is not shown."""
    environment.set(WITNESSES=value)
    error = _refusal()
    assert [each for each in error.problems if each.startswith("IDVAULT_WITNESSES ") and text in each]
    assert SECRET not in str(error)


def test_a_witness_over_http_is_for_development(environment: Environment) -> None:
    """In development the witness may use http."""
    environment.set(WITNESSES=f"http://127.0.0.1:7493 {WITNESS_KEY}", DEVELOPMENT="1")
    load(Process.WORK)


MODULE = "?module-path=/usr/lib/softhsm/libsofthsm2.so"


@pytest.mark.parametrize(
    ("uri", "token", "label"),
    [
        (f"pkcs11:{MODULE}", "idvault", "idvault"),
        (f"pkcs11:token=vault{MODULE}", "vault", "idvault"),
        (f"pkcs11:object=a%20key%3B%3D;token=%E4%BF%9D%E7%AE%A1{MODULE}", "保管", "a key;="),
    ],
)
def test_a_hardware_module_is_a_pkcs11_uri(
    environment: Environment, uri: str, token: str, label: str
) -> None:
    """Token and object have defaults, and what is percent-encoded is decoded."""
    assert load(Process.WORK).hardware is None
    environment.set(PKCS11_URI=uri)
    assert load(Process.WORK).hardware == Pkcs11Uri(
        Path("/usr/lib/softhsm/libsofthsm2.so"), token=token, object=label
    )


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        ("/usr/lib/softhsm/libsofthsm2.so", "must be a PKCS#11 URI"),
        ("pkcs11:token=vault", "must have ?module-path=FILE"),
        ("pkcs11:token=vault?module-path=libsofthsm2.so", "must have ?module-path=FILE"),
        (f"pkcs11:token=vault;serial={SECRET}{MODULE}", "nothing else"),
        (f"pkcs11:token=vault{MODULE}&pin-value={SECRET}", "the PIN is in the passphrase file"),
        (f"pkcs11:token=vault;module-path=/lib{MODULE}", "nothing else"),
        (f"pkcs11:token=vault;{MODULE}", "nothing else"),
        (f"pkcs11:token=a;token={SECRET}{MODULE}", "must have token once"),
        (f"pkcs11:token={MODULE}", "a value of token"),
        (f"pkcs11:object={MODULE}", "a value of object"),
        (f"pkcs11:token={SECRET} b{MODULE}", "percent-encoded"),
        (f"pkcs11:token={SECRET}%2{MODULE}", "percent-encoded"),
        (f"pkcs11:token={SECRET}%ff{MODULE}", "in UTF-8"),
        (f"pkcs11:token={SECRET}%00{MODULE}", "without a zero byte"),
    ],
)
def test_an_unusable_uri_is_refused(environment: Environment, uri: str, text: str) -> None:
    """What RFC 7512 knows and a key file does not need is refused as well; a value is not shown."""
    environment.set(PKCS11_URI=uri)
    (problem,) = _refusal().problems
    assert problem.startswith("IDVAULT_PKCS11_URI ")
    assert text in problem
    assert SECRET not in problem


def test_custody_edge_needs_no_registry(environment: Environment) -> None:
    """The custody edge starts without the registry's secrets."""
    for name in Settings.model_fields:
        if name.startswith("registry_"):
            environment.unset(name.upper())
    load(Process.CUSTODY_EDGE)


def test_settings_show_no_database_password(environment: Environment) -> None:
    """repr of the settings hides the database URLs."""
    environment.set(DATABASE_URL=f"postgresql://vault:{SECRET}@main.example/vault?{VERIFIED}")
    assert SECRET not in repr(load(Process.PLATFORM_EDGE))


def test_a_registry_of_organizations_needs_its_url_and_its_document_type(environment: Environment) -> None:
    """One without the other stops the start, and so does a URL without https."""
    environment.set(REGISTRY_DOCUMENT_TYPES="RESIDENT_ID,UNIFIED_SOCIAL_CREDIT_CODE")
    assert [text.partition(":")[0] for text in _refusal(Process.WORK).problems] == [
        "IDVAULT_REGISTRY_ENTERPRISE_URL is missing"
    ]
    environment.set(REGISTRY_ENTERPRISE_URL=f"http://{SECRET}.example")
    error = _refusal(Process.WORK)
    assert "IDVAULT_REGISTRY_ENTERPRISE_URL must be https" in str(error)
    assert SECRET not in str(error)
    environment.set(REGISTRY_ENTERPRISE_URL="https://enterprise.registry.example")
    assert load(Process.WORK).document_types == ("RESIDENT_ID", "UNIFIED_SOCIAL_CREDIT_CODE")
