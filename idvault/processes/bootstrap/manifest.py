"""The manifest of a backup: which files it has, and what they hold."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from idvault_verify import small_file

MANIFEST = "manifest.json"
FORMAT = 1


class ManifestError(Exception):
    """A folder has no manifest of a backup, or one that cannot be read; the text says which."""


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """A database file of a backup. folder: "" beside the manifest."""

    file: str
    folder: str
    bytes: int
    sha256: str
    schema: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds, and what it does not. destroy_after: the last day of the shred database's copy."""

    format: int
    version: str
    began: str
    ended: str
    deployment_id: str
    main: CopiedFile
    shred: CopiedFile
    destroy_after: str
    entries: int
    signed: int
    accounts: int
    records: int
    keys: int
    rosters: tuple[str, ...]
    not_included: tuple[str, ...]

    def to_bytes(self) -> bytes:
        """Return the file."""
        return json.dumps(asdict(self), indent=1).encode() + b"\n"


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a backup; raises ManifestError."""
    try:
        fields: dict[str, Any] = json.loads(small_file.read(folder / MANIFEST))
        if fields["format"] != FORMAT:
            raise ManifestError(f"{folder / MANIFEST} is of another version of idvault")
        fields |= {name: CopiedFile(**fields[name]) for name in ("main", "shred")}
        fields |= {name: tuple(fields[name]) for name in ("rosters", "not_included")}
        return Manifest(**fields)
    except FileNotFoundError as error:
        raise ManifestError(f"{folder} has no {MANIFEST}: it is no backup, or was interrupted") from error
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise ManifestError(f"{folder / MANIFEST} cannot be read") from error


def places(manifest: Manifest, folder: Path) -> tuple[Path, Path]:
    """Return where the copies of both databases are."""
    shred = Path(manifest.shred.folder) if manifest.shred.folder else folder
    return folder / manifest.main.file, shred / manifest.shred.file
