"""Promise 10: no file, answer or mail makes a reader take more than its memory, or more than linear time.

Each bomb is made anew from the seed, at a random size, and read by the real program in a process of its own.
"""

import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tools.support import confined
from tools.support.confined import Confined
from tools.support.logs import VKEY
from tools.torture.bombs import mails, papers, site, tables
from tools.torture.bombs.log import RepeatedLog
from tools.torture.campaign import Options
from tools.torture.tally import Tally

_MIB = 1 << 20
MOST_MAIL_SECONDS = 2.0
# CPU seconds of a program's start and of each MiB that it reads: what is not linear takes hours.
_START_SECONDS, _SECONDS_OF_MIB = 10.0, 1.5
# Of a website: the bytes that it sends before it goes away.
_MOST_SENT = 256 * _MIB
_USAGE = 2  # then nothing was read
_UNEXPECTED = ("Traceback", "unexpected ", "MemoryError")

VERIFY = "import sys; from idvault_verify.commands.app import app; app(sys.argv[1:])"
PEOPLE = "import sys; from idvault_people.commands.app import PROGRAM; sys.exit(PROGRAM.run(sys.argv[1:]))"
SERVICE = """
import os
import sys
nowhere = {"IDVAULT_ROSTER": "none", "IDVAULT_DATABASE_URL": "sqlite:////none/main.sqlite3"}
shred = "sqlite:////none/shred.sqlite3"
os.environ.update(nowhere, IDVAULT_SHRED_DATABASE_URL=shred, IDVAULT_TRUST_DOMAIN="vault.example")
from idvault.processes.cli import app
sys.exit(app.run(sys.argv[1:]))
"""
MAIL = """
import sys
import time
from pathlib import Path
from idvault_client.commands.tip_off import mail
raw = Path(sys.argv[1]).read_bytes()
begun = time.process_time()
try:
    mail.read(raw)
except mail.MailError as error:
    print(error)
print(time.process_time() - begun)
"""
TABLE = """
import sys
from pathlib import Path
from idvault_client.commands.legacy_import.importer import Import, ImportFileError
try:
    print(Import(file=Path(sys.argv[1]), label="synthetic", resume=None, result=None).total)
except ImportFileError as error:
    print(error)
"""

EPOCH = """
import sys
from idvault_verify.transparency import epoch
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.tree import EMPTY_ROOT
before, after = (epoch.Epoch(int(each), "ab" * 32).extensions for each in sys.argv[1:])
known, newer = (Checkpoint("log.example", 0, EMPTY_ROOT, lines) for lines in (before, after))
try:
    epoch.carry(known, newer, ())
except epoch.UnknownEpochError as error:
    print(error)
"""

Plant = Callable[[ExitStack, Path, random.Random], list[object]]
"""Makes a bomb in a folder, and returns the arguments with which it is read."""


@dataclass(frozen=True, slots=True)
class Bomb:
    """One bomb. piece: the Python that reads it. mib: how long it can be."""

    name: str
    piece: str
    plant: Plant
    mib: float = _MOST_SENT / _MIB

    @property
    def most_seconds(self) -> float:
        """The CPU seconds that reading it may take."""
        return _START_SECONDS + _SECONDS_OF_MIB * self.mib

    def go_off(self, dice: random.Random) -> Confined:
        """Make and read it."""
        with tempfile.TemporaryDirectory(prefix="idvault-bombs-") as folder, ExitStack() as stack:
            # By the clock, on a machine that has other work to do.
            return confined.run(
                self.piece, *self.plant(stack, Path(folder), dice), patience=20 * self.most_seconds
            )


def _of_file(command: list[str], make: Callable[[int], bytes], mib: float, *rest: str) -> Plant:
    """Return what writes a file of a random size, and names it after a command."""
    most = int(mib * _MIB)

    def plant(_stack: ExitStack, folder: Path, dice: random.Random) -> list[object]:
        path = folder / "bomb"
        path.write_bytes(make(dice.randint(most // 2, most + most // 8)))
        return [*(papers.genuine(each, folder) for each in command), path, *rest]

    return plant


def _of_site(command: list[str], answer: Callable[[random.Random], site.Answer]) -> Plant:
    """Return what serves answers, and names their address after --url or --from."""

    def plant(stack: ExitStack, folder: Path, dice: random.Random) -> list[object]:
        serving = stack.enter_context(site.serving(answer(dice)))
        option = "--from" if command[-1] == "mirror-log" else "--url"
        own = [folder / "copy"] if command[-1] == "mirror-log" else ["--state", folder / "state", "--once"]
        # No disk is large enough for some of these logs: they must fill nothing else.
        most = ["--most-bytes", 2**70] if command[-1] == "mirror-log" else []
        given = [*own, option, serving.url, "--public-key", VKEY, "--unwitnessed", *most]
        return ["--timeout", "2", *command, *given]

    return plant


def _endless(path: str, how: Callable[[bytes], Iterator[bytes]], log: RepeatedLog) -> site.Answer:
    """Return the answers of a log of which one file never ends."""
    text = log.read(path) or b"a" * 40 + b"\n"

    def answer(asked: str) -> Iterator[bytes]:
        yield from how(text) if asked == path else site.file(log.read(asked))

    return answer


def _large(dice: random.Random) -> site.Answer:
    """Return the answers of a valid log of any size, whose server goes away at last."""
    entry = b"e" * dice.choice((0, 9, 65_535))
    log = RepeatedLog(dice.randint(2**31, 2**62), entry)
    # Every second file is a bundle.
    left = [min(dice.randint(500, 1_500), 2 * _MOST_SENT // len(log.read("tile/entries/000") or b""))]

    def answer(asked: str) -> Iterator[bytes]:
        left[0] -= 1
        yield from site.file(log.read(asked) if left[0] > 0 or asked == "checkpoint" else None)

    return answer


def _index(dice: random.Random) -> site.Answer:
    """Return the answers of a small log with the largest index."""
    log, kind = RepeatedLog(5), dice.randrange(4)
    size = dice.randint(60, 63) * _MIB
    lines = {
        0: b"".join(b"%x\n" % at for at in range(size // 8)),
        1: b"\n" * size,
        2: b"a" * size,
        3: b"".join(b"%0199x\n" % at for at in range(size // 200)),
    }[kind]

    def answer(asked: str) -> Iterator[bytes]:
        yield from site.file(lines if asked == "index" else log.read(asked))

    return answer


def _epochs(_stack: ExitStack, _folder: Path, dice: random.Random) -> list[object]:
    return [dice.randint(1, 9), dice.randint(10**8, 10**9 - 1)]


_KEY = ["--public-key", VKEY]
# What reads a document: the command before it, the most MiB of such a file, and what comes behind it.
# A name that begins with @ is that of a genuine file, so that only the bomb can be at fault.
_PAPERS: dict[str, tuple[str, list[str], float, tuple[str, ...]]] = {
    "check-receipt": (VERIFY, ["check-receipt"], 1, tuple(_KEY)),
    "roster of check-receipt": (VERIFY, ["check-receipt", "@receipt", *_KEY, "--roster"], 1, ()),
    "statements of check-receipt": (
        VERIFY, ["check-receipt", "@receipt", *_KEY, "--roster", "@roster", "--epochs"], 4, ()
    ),
    "keys of check-receipt": (VERIFY, ["check-receipt", "@receipt", *_KEY, "--log-keys"], 0.25, ()),
    "check-erasure": (VERIFY, ["check-erasure"], 1, tuple(_KEY)),
    "check-history": (VERIFY, ["check-history"], 8, tuple(_KEY)),
    "check-evidence": (VERIFY, ["check-evidence"], 16, tuple(_KEY)),
    "check-token": (VERIFY, ["check-token", "--audience", "a", "--jwks", "@jwks"], 0.015, ()),
    "keys of check-token": (VERIFY, ["check-token", "@token", "--audience", "a", "--jwks"], 1, ()),
    "list of check-token": (
        VERIFY, ["check-token", "@token", "--audience", "a", "--jwks", "@jwks", "--list"], 1, ()
    ),
    "check-report": (VERIFY, ["check-report", "--log", "none", *_KEY], 4, ()),
    "roster of follow-log": (
        VERIFY, ["follow-log", "--state", "none", "--directory", "none", *_KEY, "--roster"], 1, ()
    ),
    "epoch show": (PEOPLE, ["epoch", "show"], 1, ()),
    "roster show": (PEOPLE, ["roster", "show"], 1, ()),
    "log keys": (PEOPLE, ["log", "keys"], 0.25, ()),
    "roster publish": (SERVICE, ["roster", "publish"], 1, ()),
    "platform register": (SERVICE, ["platform", "register", "im", "--certificate"], 1, ()),
}  # fmt: skip


def bombs() -> list[Bomb]:
    """Return every bomb."""
    found = []
    for name, (piece, command, mib, rest) in _PAPERS.items():
        for kind, make in papers.DOCUMENTS.items():
            plant = _of_file(command, make, mib, *rest)
            found.append(Bomb(f"{name}: {kind}", piece, plant, mib))
    found.append(
        Bomb(
            "check-evidence: empty values",
            VERIFY,
            _of_file(["check-evidence"], papers.evidence, 15, *_KEY),
            15,
        )
    )
    piece, command, mib, _ = _PAPERS["list of check-token"]
    for kind, make in papers.LISTS.items():
        found.append(Bomb(f"list of check-token: {kind}", piece, _of_file(command, make, mib), mib))
    for how in site.ENDLESS:
        for path in ("checkpoint", "log-keys.json", "index", "tile/0/000", "tile/entries/000"):
            log = RepeatedLog(1_000)
            plant = _of_site(["mirror-log"], lambda _, path=path, how=how, log=log: _endless(path, how, log))  # type: ignore[misc]
            found.append(Bomb(f"mirror-log: {how.__name__} at {path}", VERIFY, plant))
        plant = _of_site(["follow-log"], lambda _, how=how, log=log: _endless("checkpoint", how, log))  # type: ignore[misc]
        found.append(Bomb(f"follow-log: {how.__name__}", VERIFY, plant))
    found.append(Bomb("mirror-log: a log of any size", VERIFY, _of_site(["mirror-log"], _large)))
    found.append(Bomb("a checkpoint of any epoch", EPOCH, _epochs))
    found.append(Bomb("mirror-log: index", VERIFY, _of_site(["mirror-log"], _index)))
    for kind, make in tables.TABLES.items():
        found.append(Bomb(f"import: {kind}", TABLE, _of_file([], make, 64), 64))
    for kind, make in mails.MAILS.items():
        found.append(Bomb(f"mail: {kind}", MAIL, _of_file([], make, 14), 14))
    return found


def run(options: Options) -> Tally:
    """Read every count-th bomb once, in a drawn order."""
    tally, dice = Tally(), options.dice()
    chosen = [bomb for bomb in bombs() if options.only in bomb.name][:: options.count]
    dice.shuffle(chosen)
    for bomb in chosen:
        if options.stop.is_set():
            break
        judge(bomb, bomb.go_off(dice), tally)
    return tally


def judge(bomb: Bomb, found: Confined, tally: Tally) -> None:
    """Count a bomb, and what it took too much of."""
    tally.faults += 1
    tally.worst("mib", found.peak_mib)
    tally.worst("cpu_s", found.cpu)
    tally.details.append(
        {"bomb": bomb.name, "mib": found.peak_mib, "cpu_s": found.cpu, "told": found.told[-300:]}
    )
    if found.peak_mib > confined.MOST_MIB:
        tally.lose(f"{bomb.name}: {found.peak_mib:.0f} MiB of {confined.MOST_MIB}")
    if found.cpu > bomb.most_seconds:
        tally.lose(f"{bomb.name}: {found.cpu:.0f} s of {bomb.most_seconds:.0f}")
    if bomb.piece == MAIL and found.code == 0 and float(found.told.splitlines()[-1]) > MOST_MAIL_SECONDS:
        tally.lose(f"{bomb.name}: {found.told.splitlines()[-1]} s")
    if any(word in found.told for word in _UNEXPECTED) or found.code < 0 or found.code == _USAGE:
        tally.lose(f"{bomb.name}: exit code {found.code}: {found.told[-300:]}")
