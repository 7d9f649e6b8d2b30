"""Writes what a rearrangement of the code must not change into a folder: `python -m tools.freeze FOLDER`.

Compare the folders of before and after with `diff -r`. Each has the reference (commands, options, settings,
exit codes, metrics, events, reasons), the reasons' texts, the words of the Node client, the proto files and
their descriptors, the schema of both databases as migrations make it and as the code uses it, and a leaf for
each type of event.
"""

import json
import sqlite3
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from google.protobuf.descriptor_pb2 import FileDescriptorProto
from sqlalchemy import MetaData
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

import idvault_verify.v1
from idvault.core import tables as schema
from idvault.processes import migrations
from idvault_verify.event import FIELDS, Event, EventType
from idvault_verify.transparency import entry
from tools.support.generate import node_vocabulary, reasons, reference

_ROOT = Path(__file__).resolve().parents[1]
_TIME = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_SCHEMA = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name"


def _migrated(folder: Path) -> dict[str, str]:
    """Return the schema that the migrations make, of both databases."""
    files = {name: folder / f"{name}.sqlite3" for name in ("main", "shred")}
    migrations.upgrade(*(f"sqlite:///{file}" for file in files.values()))
    found = {}
    for name, file in files.items():
        with closing(sqlite3.connect(file)) as connection:
            rows = connection.execute(_SCHEMA).fetchall()
        found[name] = "\n".join(f"-- {kind} {each}\n{sql};" for kind, each, sql in rows)
    return found


def _used(metadata: MetaData) -> str:
    """Return the tables and indexes as the code uses them, for both kinds of databases."""
    lines = []
    for dialect in (sqlite.dialect(), postgresql.dialect()):  # type: ignore[no-untyped-call]
        for _, table in sorted(metadata.tables.items()):
            lines.append(str(CreateTable(table).compile(dialect=dialect)).strip())
            indexes = sorted(table.indexes, key=lambda index: str(index.name))
            lines += [str(CreateIndex(index).compile(dialect=dialect)).strip() for index in indexes]
    return "\n".join(lines)


def _leaf(kind: EventType) -> str:
    """Return the leaf of a fixed event of a type in hex."""
    values = {name: f"{kind.value}/{name}" for name in FIELDS[kind]}
    key = sha256(kind.value.encode()).digest()
    event = Event(kind, "ab" * 16, "", _TIME, _TIME, key[:16].hex(), key, values)
    return entry.encode_leaf(event).hex()


def _descriptors() -> dict[str, str]:
    """Return the serialised descriptor of each proto file, without comments."""
    found = {}
    for path in sorted(Path(idvault_verify.v1.__path__[0]).glob("*_pb2.py")):
        module = __import__(f"idvault_verify.v1.{path.stem}", fromlist=["DESCRIPTOR"])
        proto = FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(proto)
        found[path.stem] = proto.SerializeToString(deterministic=True).hex()
    return found


def _parts() -> dict[str, str]:
    """Return the text of each file of the freeze."""
    with TemporaryDirectory() as folder:
        migrated = _migrated(Path(folder))
    events = {kind.value: {"fields": FIELDS[kind], "leaf": _leaf(kind)} for kind in EventType}
    return {
        "reference.md": reference.render(),
        "reasons.md": reasons.render(),
        "vocabulary.ts": node_vocabulary.render(),
        "events.json": json.dumps(events, indent=1),
        "descriptors.json": json.dumps(_descriptors(), indent=1),
        **{f"{name}.sql": text for name, text in migrated.items()},
        "main.tables": _used(schema.main),
        "shred.tables": _used(schema.shred),
        **{f"proto/{path.name}": path.read_text("utf-8") for path in (_ROOT / "proto").rglob("*.proto")},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the freeze and return the exit code."""
    parser = ArgumentParser(
        prog="python -m tools.freeze",
        description="Writes what a rearrangement of the code must not change into a folder.",
    )
    parser.add_argument("folder", type=Path, help="the folder to write to; compare two with `diff -r`")
    folder: Path = parser.parse_args(arguments).folder
    for name, text in _parts().items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    print(f"freeze: written to {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
