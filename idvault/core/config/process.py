"""The programs that load settings, and the error of settings that do not allow a start."""

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


class ConfigError(Exception):
    """The settings do not allow a start."""

    def __init__(self, *problems: str) -> None:
        """Keep all problems; each is a sentence that begins with the name of the setting."""
        super().__init__("\n".join(problems))
        self.problems = problems
