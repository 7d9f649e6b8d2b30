"""The programs that load settings, what each required setting must be, and the error of unsafe ones."""

from collections.abc import Mapping
from enum import StrEnum


class Process(StrEnum):
    """The program that loads the settings; each one requires different settings."""

    PLATFORM_EDGE = "platform"
    CUSTODY_EDGE = "custody"
    BOTH_EDGES = "both"
    WORK = "work"
    DATABASES = "databases"
    BACKUP = "backup"
    BACKUP_NOTE = "backup-note"
    LOSS = "loss"
    ACCEPT_LOSS = "accept-loss"
    PLATFORMS = "platforms"
    KEYS = "keys"
    NEW_KEYS = "new-keys"
    KEY_FILE = "key-file"
    REWRAP = "rewrap"
    ROSTER = "roster"
    DOCTOR = "doctor"
    RETENTION = "retention"
    WEB = "web"
    NOTICES = "notices"
    NOTIFY = "notify"


class ConfigError(Exception):
    """The settings do not allow a start."""

    def __init__(self, *problems: str) -> None:
        """Keep all problems; each is a sentence that begins with the name of the setting."""
        super().__init__("\n".join(problems))
        self.problems = problems


EXPECTED: Mapping[str, str] = {
    "database_url": "the URL of the main database, sqlite:///FILE or postgresql://USER@HOST/NAME",
    "shred_database_url": "the URL of the shred key database, which needs separate backups",
    "listen": "the address to listen on, HOST:PORT (without --edge two, separated by a comma)",
    "tls_certificate": "the file of this server's certificate chain",
    "tls_key": "the file of this server's private key",
    "tls_ca": "the file of the authority that signs the callers' certificates",
    "trust_domain": "the domain in spiffe://DOMAIN/ROLE/NAME of the callers' certificates",
    "keys": "this process's key file, made by `idvault keys init`",
    "key_passphrase_file": "the file with the passphrase of the key file",
    "roster": "the signed roster file",
    "registry_check_url": "the base URL of the registry's check call",
    "registry_query_url": "the base URL of the registry's query call",
    "registry_app_id": "the appId that the registry assigned",
    "registry_biz_id": "the bizId that the registry assigned",
    "registry_secret_key_file": "the file with the registry's secret key, 32 hex digits",
    "public_dir": "the directory whose files are published",
    "backup_dir": "the folder that tells the worker about backups",
    "web_url": "the public address of the hosted pages, https://HOST",
    "web_target": "the address of the platform edge, HOST:PORT, with a HOST that its certificate names",
    "log_origin": "the name of the transparency log, such as vault.example/log",
    "appeal_outside_body": "the outside body that every rejected appeal names",
}
