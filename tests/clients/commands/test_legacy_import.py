"""Importing a file: chunks, the files beside it, and resuming after a crash at any point."""

import csv
import json
from pathlib import Path

import pytest

from idvault_client.backend.campaign import ImportedRow, LegacyAccount
from idvault_client.commands.legacy_import.importer import Import, ImportFileError, ImportProgress
from idvault_client.errors import Unavailable
from idvault_verify.campaign import ImportResult as Outcome


class Crash(BaseException):
    """Stands for the death of the process."""


class Vault:
    """Imports as the real one does: a reference once, a request once; can fail before or after it."""

    def __init__(self) -> None:
        """Start empty and without faults."""
        self.tokens: dict[str, str] = {}
        self.requests: dict[str, tuple[tuple[str, ...], tuple[ImportedRow, ...]]] = {}
        self.calls = 0
        self.die_before: int | None = None
        self.die_after: int | None = None

    def send(self, chunk: list[LegacyAccount], request_id: str) -> tuple[ImportedRow, ...]:
        """Import, and fail where planned."""
        self.calls += 1
        if self.calls == self.die_before:
            raise Crash
        body = tuple(account.reference for account in chunk)
        if request_id not in self.requests:
            self.requests[request_id] = (body, tuple(self._row(account) for account in chunk))
        former, answer = self.requests[request_id]
        assert former == body, "one request id must be one body"
        if self.calls == self.die_after:
            raise Crash
        return answer

    def _row(self, account: LegacyAccount) -> ImportedRow:
        if not account.create_date:
            return ImportedRow(Outcome.FAILED, "", "create_date", "REQUIRED")
        known = account.reference in self.tokens
        token = self.tokens.setdefault(account.reference, f"token-{len(self.tokens)}")
        return ImportedRow(Outcome.REPEATED if known else Outcome.CREATED, token)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of 25 accounts, the last without a day."""
    path = tmp_path / "accounts.csv"
    rows = [f"user-{place},2012-05-01" for place in range(24)]
    path.write_text("\n".join(["reference,create_date", *rows, "user-24,"]) + "\n", "utf-8")
    return path


def start(file: Path, folder: Path, *, label: str = "2014") -> Import:
    """Start or resume an import, in chunks of 10."""
    return Import(file=file, label=label, resume=folder / "resume", result=folder / "result.csv", chunk=10)


def results(folder: Path) -> list[list[str]]:
    return list(csv.reader((folder / "result.csv").read_text("utf-8").splitlines()))


def nothing(_count: int) -> None:
    """No-op progress."""


def test_a_whole_import(file: Path, tmp_path: Path) -> None:
    """Every row is answered, in order, and counted."""
    advanced: list[int] = []
    running = start(file, tmp_path)
    done = running.run(Vault().send, advanced.append)
    assert (running.total, advanced) == (25, [10, 10, 5])
    assert (done.rows, done.created, done.repeated, done.failed) == (25, 24, 0, 1)
    found = results(tmp_path)
    assert found[0] == ["reference", "account_token", "outcome", "field", "code"]
    assert found[1] == ["user-0", "token-0", "CREATED", "", ""]
    assert found[25] == ["user-24", "", "FAILED", "create_date", "REQUIRED"]
    for name in ("resume", "result.csv"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("where", ["die_before", "die_after"])
@pytest.mark.parametrize("call", [1, 2, 3])
def test_killed_and_resumed(file: Path, tmp_path: Path, where: str, call: int) -> None:
    """Wherever it is killed, nothing is lost and nothing is doubled."""
    vault = Vault()
    setattr(vault, where, call)
    with pytest.raises(Crash):
        start(file, tmp_path).run(vault.send, nothing)
    done = start(file, tmp_path).run(vault.send, nothing)
    assert (done.rows, done.created, done.repeated, done.failed) == (25, 24, 0, 1)
    assert [row[0] for row in results(tmp_path)[1:]] == [f"user-{place}" for place in range(25)]
    assert len(vault.tokens) == 24


def test_killed_while_it_notes(file: Path, tmp_path: Path) -> None:
    """A result that was written but not recorded is cut off and written again."""
    vault = Vault()
    vault.die_before = 2
    with pytest.raises(Crash):
        start(file, tmp_path).run(vault.send, nothing)
    with (tmp_path / "result.csv").open("a", encoding="utf-8") as torn:
        torn.write("user-10,token-x,CREA")
    start(file, tmp_path).run(vault.send, nothing)
    assert len(results(tmp_path)) == 26
    assert "token-x" not in (tmp_path / "result.csv").read_text("utf-8")


def test_an_import_that_is_done_asks_nothing(file: Path, tmp_path: Path) -> None:
    """Run again, it prints the same without a call."""
    vault = Vault()
    done = start(file, tmp_path).run(vault.send, nothing)
    calls = vault.calls
    assert start(file, tmp_path).run(vault.send, nothing) == done
    assert vault.calls == calls


def test_without_a_resume_file(file: Path) -> None:
    """Nothing is recorded; run again, every row is repeated."""
    vault = Vault()
    for created, repeated in ((24, 0), (0, 24)):
        done = Import(file=file, label="2014", resume=None, result=None).run(vault.send, nothing)
        assert (done.created, done.repeated, done.failed) == (created, repeated, 1)


def test_another_file_or_label(file: Path, tmp_path: Path) -> None:
    """A resume file belongs to one file and one label."""
    start(file, tmp_path).run(Vault().send, nothing)
    with pytest.raises(ImportFileError, match="another file or label"):
        start(file, tmp_path, label="2015")
    file.write_text("reference,create_date\nuser-0,2012-05-01\n", "utf-8")
    with pytest.raises(ImportFileError, match="another file or label"):
        start(file, tmp_path)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"version": 2}', '{"version": 1, "rows": 1}', "no"])
def test_a_resume_file_that_is_none(file: Path, tmp_path: Path, content: str) -> None:
    """A malformed resume file is refused, not overwritten."""
    (tmp_path / "resume").write_text(content, "ascii")
    with pytest.raises(ImportFileError):
        start(file, tmp_path)
    assert (tmp_path / "resume").read_text("ascii") == content


def test_a_result_file_that_is_gone(file: Path, tmp_path: Path) -> None:
    """Its content cannot be rebuilt, so the import does not continue without it."""
    vault = Vault()
    vault.die_before = 2
    with pytest.raises(Crash):
        start(file, tmp_path).run(vault.send, nothing)
    (tmp_path / "result.csv").unlink()
    with pytest.raises(ImportFileError, match="shorter"):
        start(file, tmp_path).run(vault.send, nothing)


def test_a_file_that_shrank(file: Path, tmp_path: Path) -> None:
    """A resume file that counts more rows than the file has is refused."""
    running = start(file, tmp_path)
    running.done = ImportProgress(running.done.import_id, running.done.digest, "2014", rows=99)
    with pytest.raises(ImportFileError, match="fewer rows"):
        running.run(Vault().send, nothing)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"reference\nuser-1\n",
        b"a,b\n1,2\n",
        b"\xff\xfe",
        b'reference,create_date\nuser-1,"2012-05-01\n',
        b"reference,create_date\nuser-\xff,2012-05-01\n",
    ],
)
def test_a_file_that_is_none(tmp_path: Path, content: bytes) -> None:
    """A malformed file is refused before anything is sent, without quoting a row."""
    path = tmp_path / "accounts.csv"
    path.write_bytes(content)
    with pytest.raises(ImportFileError) as refused:
        Import(file=path, label="2014", resume=None, result=None)
    assert "user-" not in str(refused.value)


def test_columns_in_any_order(tmp_path: Path) -> None:
    """More columns and a byte-order mark are accepted, and a short row fails at the vault."""
    path = tmp_path / "accounts.csv"
    path.write_bytes(b"\xef\xbb\xbfcreate_date,note,reference\n2012-05-01,x,user-1\n2012-05-01\n")
    sent: list[LegacyAccount] = []

    def send(chunk: list[LegacyAccount], _request_id: str) -> tuple[ImportedRow, ...]:
        sent.extend(chunk)
        return (ImportedRow(Outcome.CREATED, "token"),) * len(chunk)

    Import(file=path, label="2014", resume=None, result=None).run(send, nothing)
    assert sent == [LegacyAccount("user-1", "2012-05-01"), LegacyAccount("", "2012-05-01")]


def test_long_references_make_shorter_chunks(tmp_path: Path) -> None:
    """A chunk must fit into one call."""
    path = tmp_path / "accounts.csv"
    rows = [f"{'长' * 1_000}{place},2012-05-01" for place in range(700)]
    path.write_text("\n".join(["reference,create_date", *rows]), "utf-8")
    vault, sizes = Vault(), list[int]()
    Import(file=path, label="2014", resume=None, result=None).run(vault.send, sizes.append)
    assert sizes == [297, 297, 106]


def test_an_answer_of_another_length(file: Path) -> None:
    """It is refused, because results could not be matched to rows."""
    with pytest.raises(ImportFileError, match="a different number"):
        Import(file=file, label="2014", resume=None, result=None).run(lambda _chunk, _id: (), nothing)


def test_what_the_vault_refuses_passes(file: Path, tmp_path: Path) -> None:
    """The import can be resumed later."""

    def away(_chunk: list[LegacyAccount], _request_id: str) -> tuple[ImportedRow, ...]:
        raise Unavailable

    with pytest.raises(Unavailable):
        start(file, tmp_path).run(away, nothing)
    assert json.loads((tmp_path / "resume").read_text("ascii"))["rows"] == 0
    assert start(file, tmp_path).run(Vault().send, nothing).rows == 25
