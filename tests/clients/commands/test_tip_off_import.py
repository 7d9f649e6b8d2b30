"""Importing a maildir: receipts, moves, and resuming after a crash at any point."""

import json
import os
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from idvault_client.backend.tip_off import FiledTipOff, TipOffReport
from idvault_client.commands.tip_off.command import app
from idvault_client.commands.tip_off.importer import MaildirError, MailImport
from idvault_client.commands.tip_off.mail import MailedReport
from idvault_client.errors import InvalidFields, RequestIdReused, Unavailable
from idvault_verify import durable_file
from idvault_verify.error import FieldCode, Reason
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import TargetKind, TipOffChannel, TipOffState, TipOffTarget

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)


class Crash(BaseException):
    """Stands for the death of the process."""


class Vault:
    """Files reports as the real one does: a request once; can refuse, and die before or after it."""

    def __init__(self) -> None:
        """Start empty and without faults."""
        self.filed: dict[str, tuple[MailedReport, FiledTipOff]] = {}
        self.refuse: Exception | None = None
        self.die_after = False

    def send(self, report: MailedReport, request_id: str) -> FiledTipOff:
        """File, and fail where planned."""
        if self.refuse is not None:
            raise self.refuse
        if request_id not in self.filed:
            self.filed[request_id] = report, self._answer(len(self.filed))
        former, answer = self.filed[request_id]
        assert former == report, "one request id must be one report"
        if self.die_after:
            raise Crash
        return answer

    def _answer(self, place: int) -> FiledTipOff:
        made = TipOffReport(
            tip_off_id=f"{place:032}",
            reference=f"{place:012}",
            channel=TipOffChannel.EMAIL,
            target=TipOffTarget(TargetKind.CONTENT, "mail"),
            category=SanctionCategory.RUMOUR,
            state=TipOffState.RECEIVED,
            file_time=NOW,
            due_time=NOW + timedelta(days=7),
        )
        return FiledTipOff(made, f"{place:016}")


class Box:
    """A maildir with the files of an import beside it."""

    def __init__(self, folder: Path) -> None:
        """Create it."""
        self.folder = folder
        for name in ("new", "cur", "tmp"):
            (folder / name).mkdir()
        self.receipts = folder / "receipts"
        self.refused: list[tuple[str, str]] = []

    def mail(self, name: str, body: str) -> None:
        text = f"From: {body}@example.org\r\nSubject: s\r\n\r\n{body}"
        (self.folder / "new" / name).write_bytes(text.encode())

    def start(self) -> MailImport:
        return MailImport(
            self.folder,
            self.folder / "state",
            self.receipts,
            lambda *told: self.refused.append(told),
        )

    def run(self, vault: Vault) -> MailImport:
        made = self.start()
        made.run(vault.send)
        return made

    def names(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self.folder / folder).iterdir())

    def lines(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.receipts.read_text("utf-8").splitlines()]


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """Return a maildir with two mails."""
    made = Box(tmp_path)
    made.mail("1.host", "one")
    made.mail("2.host:2,", "two")
    return made


def test_a_whole_import(box: Box) -> None:
    """Each mail is filed and moved, its receipt says whom to tell which secret, and all of it once."""
    vault = Vault()
    done = box.run(vault)
    assert (done.filed, done.turned_away) == (2, 0)
    assert (box.names("new"), box.names("cur")) == ([], ["1.host:2,S", "2.host:2,S"])
    assert box.lines() == [
        {"contact": "one@example.org", "reference": "0" * 12, "secret": "0" * 16},
        {"contact": "two@example.org", "reference": f"{1:012}", "secret": f"{1:016}"},
    ]
    assert {path.stat().st_mode & 0o777 for path in (box.receipts, box.folder / "state")} == {0o600}
    assert box.run(vault).filed == 0


def test_a_crash_after_the_answer(box: Box) -> None:
    """The mail was filed and nothing of it was written: the next run gets the same report."""
    vault = Vault()
    vault.die_after = True
    with pytest.raises(Crash):
        box.run(vault)
    vault.die_after = False
    assert box.run(vault).filed == 2
    assert len(vault.filed) == 2
    assert len(box.lines()) == 2


def test_a_crash_before_the_move(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """The receipt is written and the mail was not moved: it is moved, and there is one receipt."""
    vault = Vault()

    def die(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(durable_file, "move", die)
        with pytest.raises(Crash):
            box.run(vault)
    with box.receipts.open("a", encoding="utf-8") as file:
        file.write('{"reference": "torn')
    box.receipts.write_text(box.receipts.read_text("utf-8").partition('{"reference": "torn')[0], "utf-8")
    assert box.run(vault).filed == 2
    assert [line["reference"] for line in box.lines()] == ["0" * 12, f"{1:012}"]


def test_a_mail_that_is_delivered_twice(box: Box) -> None:
    """The same bytes under another name are the same report, later, too."""
    vault = Vault()
    box.run(vault)
    box.mail("9.host", "one")
    assert box.run(vault).filed == 1
    assert len(vault.filed) == 2
    assert len(box.lines()) == 2


def test_what_is_no_mail(box: Box, tmp_path: Path) -> None:
    """A link, a pipe, a folder and a bounce are flagged and named; none is followed, none blocks."""
    new = box.folder / "new"
    (new / "3.link").symlink_to(tmp_path / "state")
    os.mkfifo(new / "4.pipe")
    (new / "5.folder").mkdir()
    (new / "6.bounce").write_bytes(b"Return-Path: <>\r\n\r\nbody")
    done = box.run(Vault())
    assert (done.filed, done.turned_away) == (2, 4)
    assert box.refused == [
        ("3.link", "no ordinary file"),
        ("4.pipe", "no ordinary file"),
        ("5.folder", "no ordinary file"),
        ("6.bounce", "automatic"),
    ]
    assert box.names("new") == []
    assert [name for name in box.names("cur") if name.endswith("F")] == [
        "3.link:2,F",
        "4.pipe:2,F",
        "5.folder:2,F",
        "6.bounce:2,F",
    ]


def test_what_the_vault_refuses(box: Box) -> None:
    """Wrong mails are flagged, an outage ends the run."""
    vault = Vault()
    vault.refuse = Unavailable(Reason.STORE_UNAVAILABLE, "UNAVAILABLE")
    with pytest.raises(Unavailable):
        box.run(vault)
    assert len(box.names("new")) == 2
    vault.refuse = InvalidFields(
        Reason.INVALID_MESSAGE, "INVALID_ARGUMENT", fields={"text": FieldCode.CHARACTER}
    )
    assert box.run(vault).turned_away == 2
    assert box.refused == [("1.host", "refused by the vault"), ("2.host:2,", "refused by the vault")]
    box.mail("3.host", "one")
    vault.refuse = RequestIdReused(Reason.REQUEST_ID_REUSED, "ALREADY_EXISTS")
    assert box.run(vault).turned_away == 1
    assert box.refused[-1] == ("3.host", "filed before in another form")


class Connection:
    """Stands for the command's connection, and keeps what was filed over it."""

    as_json = False

    def __init__(self, vault: Vault) -> None:
        """Begin with nothing filed."""
        self._vault, self.filed = vault, list[dict[str, Any]]()

    def open(self) -> AbstractContextManager[Any]:
        return nullcontext(SimpleNamespace(tip_offs=self))

    def file(self, target: TipOffTarget, category: SanctionCategory, told: str, **named: Any) -> FiledTipOff:
        self.filed.append({"target": target, "category": category, **named})
        report = MailedReport(told, named["contact"], named["evidence"][0], tuple(named["evidence"][1:]))
        return self._vault.send(report, str(named["request_id"]))


@pytest.mark.parametrize("operation", ["", "a" * 32])
def test_the_command_names_an_operation(box: Box, operation: str) -> None:
    """Each mail is filed in the operation of --operation, and in none without it."""
    connection = Connection(Vault())
    options = ["--state", str(box.folder / "state"), "--receipts", str(box.receipts)]
    options += ["--operation", operation] if operation else []
    done = CliRunner().invoke(app, ["import-mail", str(box.folder), *options], obj=connection)
    assert (done.exit_code, done.stdout) == (0, "import: 2 filed, 0 refused\n")
    assert [one["operation_id"] for one in connection.filed] == [operation] * 2


def test_one_import_at_a_time(box: Box) -> None:
    """A second one that starts meanwhile files nothing, so no receipt overwrites another."""
    vault, second = Vault(), box.start()

    def send(report: MailedReport, request_id: str) -> FiledTipOff:
        with pytest.raises(MaildirError):
            second.run(vault.send)
        return vault.send(report, request_id)

    box.start().run(send)
    assert (second.filed, len(vault.filed), len(box.lines())) == (0, 2, 2)
    box.mail("3.host", "three")
    assert box.run(vault).filed == 1


def test_wrong_files(box: Box, tmp_path: Path) -> None:
    """A folder that is no maildir, and a damaged state, whose loss would file mails twice."""
    with pytest.raises(MaildirError):
        MailImport(tmp_path / "new", tmp_path / "state", box.receipts, lambda *_: None)
    (box.folder / "state").write_text('{"version": 2}', "utf-8")
    with pytest.raises(MaildirError):
        box.start()


def test_receipts_are_read_once_a_run(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many mails somebody sends, the cost of one does not grow with those before it."""
    looked = 0
    parse = json.loads

    def counting(text: bytes) -> object:
        nonlocal looked
        looked += 1
        return parse(text)

    vault = Vault()
    box.run(vault)
    for number in range(50):
        box.mail(f"{number}.more", f"more{number}")
    monkeypatch.setattr(json, "loads", counting)
    assert box.run(vault).filed == 50
    assert looked == 3, "the state, and a line for each of the two mails before"
