"""Imports a file of legacy accounts chunk by chunk; an import that was killed continues where it stopped.

- The file is CSV with a header that has the columns reference and create_date (YYYY-MM-DD).
- A chunk's request id is derived from the import's id and the chunk's position: a chunk that is sent again
  after a crash or a lost answer is the same request, and nothing is imported twice.
- Progress is saved durably after each chunk; what the result file holds beyond it is cut off.
"""

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID, uuid4, uuid5

from idvault_client.backend.campaign import CHUNK_SIZE, ImportedRow, LegacyAccount
from idvault_verify import durable_file, small_file
from idvault_verify.campaign import ImportResult as Outcome

COLUMNS = ("reference", "create_date")
_RESULT = ("reference", "account_token", "outcome", "field", "code")
_VERSION = 1
_CHUNK_WEIGHT, _ROW_WEIGHT = 900_000, 14  # bytes of a request, of which the vault takes 1 MiB
_LONGEST_ROW = 64 * 1024  # characters, with line ends within quotes
Send = Callable[[list[LegacyAccount], str], tuple[ImportedRow, ...]]


class ImportFileError(Exception):
    """A file of an import cannot be used; the text says why, without quoting a row."""


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """The progress of an import. import_id: a UUID. digest: SHA-256 of the file in hex.

    result_size: how many bytes of the result file belong to the finished chunks.
    """

    import_id: str
    digest: str
    label: str
    rows: int = 0
    created: int = 0
    repeated: int = 0
    failed: int = 0
    result_size: int = 0

    def after(self, rows: tuple[ImportedRow, ...], result_size: int) -> "ImportProgress":
        """Return the progress after one more chunk."""
        outcomes = [row.outcome for row in rows]
        return replace(
            self,
            rows=self.rows + len(rows),
            created=self.created + outcomes.count(Outcome.CREATED),
            repeated=self.repeated + outcomes.count(Outcome.REPEATED),
            failed=self.failed + outcomes.count(Outcome.FAILED),
            result_size=result_size,
        )

    def request_id(self) -> str:
        """Return the request id of the next chunk."""
        return str(uuid5(UUID(self.import_id), str(self.rows)))


class Import:
    """One import of one file under one label."""

    def __init__(
        self, *, file: Path, label: str, resume: Path | None, result: Path | None, chunk: int = CHUNK_SIZE
    ) -> None:
        """Read the files that exist; raises ImportFileError, OSError."""
        self._file = file
        self._resume = resume
        self._result = result
        self._chunk = chunk
        digest, self.total = _scan(file)
        self.done = _begin(resume, digest, label)
        if result is not None and self.done.result_size > (result.stat().st_size if result.exists() else 0):
            raise ImportFileError("the result file is shorter than what was imported")

    def run(self, send: Send, advance: Callable[[int], None]) -> ImportProgress:
        """Send the remaining chunks; call advance with the number of rows of each.

        Raises what send raises.
        """
        with self._file.open(encoding="utf-8-sig", newline="") as source:
            rows = _rows(source)
            skipped = sum(1 for _ in islice(rows, self.done.rows))
            if skipped < self.done.rows:
                raise ImportFileError("the file has fewer rows than were imported from it")
            if self._result is not None and not self.done.result_size:
                header = durable_file.append(self._result, _csv([_RESULT]), size=0)
                self.done = replace(self.done, result_size=header)
            self._save()
            for chunk in _chunks(rows, self._chunk):
                self._one(chunk, send)
                advance(len(chunk))
        return self.done

    def _one(self, chunk: list[LegacyAccount], send: Send) -> None:
        answer = send(chunk, self.done.request_id())
        if len(answer) != len(chunk):
            raise ImportFileError("the vault answered with a different number of rows than were sent")
        self.done = self.done.after(answer, self._write(chunk, answer))
        self._save()

    def _write(self, chunk: list[LegacyAccount], answer: tuple[ImportedRow, ...]) -> int:
        """Write the rows of a chunk to the result file; return the size of what is done."""
        if self._result is None:
            return 0
        lines = [
            (account.reference, row.account_token, row.outcome or "", row.violation_field, row.violation_code)
            for account, row in zip(chunk, answer, strict=True)
        ]
        return durable_file.append(self._result, _csv(lines), size=self.done.result_size)

    def _save(self) -> None:
        if self._resume is not None:
            document = {"version": _VERSION, **asdict(self.done)}
            durable_file.replace(self._resume, json.dumps(document).encode())


def _chunks(rows: Iterator[LegacyAccount], size: int) -> Iterator[list[LegacyAccount]]:
    """Yield the rows in chunks that fit into one call, whatever the length of their fields."""
    chunk: list[LegacyAccount] = []
    weight = 0
    for row in rows:
        added = len(row.reference.encode()) + len(row.create_date.encode()) + _ROW_WEIGHT
        weight += added
        if len(chunk) == size or (chunk and weight > _CHUNK_WEIGHT):
            yield chunk
            chunk, weight = [], added
        chunk.append(row)
    if chunk:
        yield chunk


def _begin(resume: Path | None, digest: str, label: str) -> ImportProgress:
    if resume is None or not resume.exists():
        return ImportProgress(str(uuid4()), digest, label)
    try:
        document: Any = json.loads(small_file.read(resume).decode("ascii"))
        if document.pop("version") != _VERSION:
            raise ImportFileError("the resume file has another version")
        done = ImportProgress(**document)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ImportFileError("the file is not a resume file of an import") from error
    if (done.digest, done.label) != (digest, label):
        raise ImportFileError("the resume file belongs to another file or label")
    return done


def _scan(file: Path) -> tuple[str, int]:
    """Return the SHA-256 of a file and how many rows it has; raises ImportFileError without a header."""
    with file.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
    with file.open(encoding="utf-8-sig", newline="") as source:
        return digest, sum(1 for _ in _rows(source))


class _RowLines:
    """The lines of a file for the reader of CSV, which would read a row without end."""

    def __init__(self, source: TextIO) -> None:
        self._source = source
        self._left = _LONGEST_ROW

    def begin_row(self) -> None:
        self._left = _LONGEST_ROW

    def __iter__(self) -> Iterator[str]:
        while line := self._source.readline(self._left + 1):
            self._left -= len(line)
            if self._left < 0:
                raise csv.Error("a row is too long")
            yield line


def _rows(source: TextIO) -> Iterator[LegacyAccount]:
    lines = _RowLines(source)
    reader = csv.reader(lines, strict=True)
    try:
        header = next(reader, [])
        places = [header.index(column) for column in COLUMNS]
    except (ValueError, csv.Error, UnicodeDecodeError) as error:
        raise ImportFileError(f"the file needs a header with the columns {', '.join(COLUMNS)}") from error
    width = max(places)
    try:
        for row in reader:
            lines.begin_row()
            # The vault refuses a row that is too short, like any other invalid row.
            padded = row + [""] * (width + 1 - len(row))
            yield LegacyAccount(*(padded[place] for place in places))
    except (csv.Error, UnicodeDecodeError) as error:
        raise ImportFileError(
            f"line {reader.line_num + 1} of the file cannot be read as CSV in UTF-8"
        ) from error


def _csv(lines: Iterable[Sequence[str]]) -> bytes:
    text = StringIO(newline="")
    csv.writer(text).writerows(lines)
    return text.getvalue().encode()
