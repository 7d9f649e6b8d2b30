"""Imports a maildir: each new mail becomes one report, and its file is moved, whatever crashes in between.

- A mail's request id follows from the import's random id and the SHA-256 of the mail: a mail that is read
  again after a crash, or delivered twice, is the same report with the same secret.
- The receipt (contact, reference, secret) is written durably before the mail is moved from new/ to cur/.
- A mail that is no report is moved, too, and flagged.
- One import at a time works with a state file: of two that append to the receipts, one would lose a secret.
"""

import fcntl
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4, uuid5

from idvault_client.backend.tip_off import FiledTipOff
from idvault_client.commands.tip_off import mail as mails
from idvault_client.commands.tip_off.mail import MailedReport, MailError
from idvault_client.errors import InvalidFields, RequestIdReused
from idvault_verify import durable_file, small_file

_VERSION = 1
Send = Callable[[MailedReport, str], FiledTipOff]
Refused = Callable[[str, str], None]


class MaildirError(Exception):
    """A folder or file of the import cannot be used; the text says why."""


@dataclass(slots=True)
class MailImport:
    """One run over a maildir. refused: called with the name of a mail's file and one word."""

    maildir: Path
    state: Path
    receipts: Path
    refused: Refused
    filed: int = 0
    turned_away: int = 0
    _import_id: UUID = field(init=False)
    _known: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        """Read the state, or begin one; raises MaildirError, OSError."""
        for folder in ("new", "cur"):
            if not (self.maildir / folder).is_dir():
                raise MaildirError(f"this is no maildir: it has no folder {folder}")
        self._import_id = _begin(self.state)

    def run(self, send: Send) -> None:
        """Import every new mail; raises what send raises, except for a mail that is refused by itself."""
        with _alone(self.state):
            self._known = {line["reference"] for line in _lines(self.receipts) if "reference" in line}
            new = self.maildir / "new"
            # Names alone: of many mails the paths would take more memory than the mails.
            for path in map(new.joinpath, sorted(path.name for path in new.iterdir())):
                try:
                    self._one(path, send)
                except MailError as error:
                    self._turn_away(path, str(error))

    def _one(self, path: Path, send: Send) -> None:
        report = mails.read(_content(path))
        try:
            filed = send(report, str(uuid5(self._import_id, report.digest.hex())))
        except InvalidFields as error:
            raise MailError("refused by the vault") from error
        except RequestIdReused as error:
            # The same mail with another category, pattern or version of this program must not stop the run.
            raise MailError("filed before in another form") from error
        self._keep_receipt(report, filed)
        self._move(path, "S")
        self.filed += 1

    def _keep_receipt(self, report: MailedReport, filed: FiledTipOff) -> None:
        reference = filed.tip_off.reference
        if reference in self._known:
            return
        size = self.receipts.stat().st_size if self.receipts.exists() else 0
        line = {"contact": report.contact, "reference": reference, "secret": filed.secret}
        durable_file.append(self.receipts, json.dumps(line).encode() + b"\n", size=size)
        self._known.add(reference)

    def _turn_away(self, path: Path, word: str) -> None:
        self.refused(path.name, word)
        self._move(path, "F")
        self.turned_away += 1

    def _move(self, path: Path, flag: str) -> None:
        name = path.name.partition(":2,")[0]
        durable_file.move(path, self.maildir / "cur" / f"{name}:2,{flag}")


def _content(path: Path) -> bytes:
    """Return at most one byte more than a mail may have; raises MailError unless it is an ordinary file."""
    # A link would lead out of the maildir, and a pipe would block.
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        raise MailError("no ordinary file") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise MailError("no ordinary file")
    with os.fdopen(descriptor, "rb") as file:
        return file.read(mails.MOST_BYTES + 1)


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """Hold the lock of an import; raises MaildirError while another one runs."""
    with state.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MaildirError("another import works with this state file") from None
        yield


def _begin(state: Path) -> UUID:
    """Return the import's random id, which is written first if there is none."""
    if not state.exists():
        content = {"version": _VERSION, "import_id": str(uuid4())}
        durable_file.create(state, json.dumps(content).encode() + b"\n")
    with suppress(ValueError, KeyError, TypeError):
        content = json.loads(small_file.read(state))
        if content["version"] == _VERSION:
            return UUID(content["import_id"])
    raise MaildirError(
        "the state file is damaged: move it away, and mails that are in new/ count as new ones"
    )


def _lines(path: Path) -> Iterator[dict[str, str]]:
    """Yield the receipts of a file, if there is one; a line that a crash cut off is skipped."""
    if path.exists():
        with path.open("rb") as file:
            for line in file:
                with suppress(ValueError):
                    yield json.loads(line)
