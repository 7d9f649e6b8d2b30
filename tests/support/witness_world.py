"""A log with branches, a witness on disk and a witness over loopback HTTP. All keys are test keys."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from idvault.processes.witness import app
from idvault.processes.witness.cosigner import Cosigner, CosignerAnswer, WitnessState, known_logs
from idvault.processes.witness.wire import PATH, AddCheckpoint
from idvault_verify.transparency import checkpoint
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.note import NoteSigner, VerifierKey, open_note
from idvault_verify.transparency.proof import prove_consistency
from idvault_verify.transparency.tree import EMPTY_ROOT
from tools.support.merkle import mth, reader, signer, witness

ORIGIN = "log.example/idvault"
OTHER_ORIGIN = "log.example/other"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOG = signer(ORIGIN, seed=1)
STRANGER = signer(ORIGIN, seed=2)
WITNESS = witness("witness.example/w1", seed=9)


@dataclass(frozen=True)
class History:
    """One history of a log: common entries, and from `fork` on its own."""

    name: str = "main"
    fork: int = 0
    origin: str = ORIGIN

    def leaves(self, size: int) -> list[bytes]:
        own = [b"%s %d" % (self.name.encode(), index) for index in range(size)]
        return own if self.name == "main" else log_of_main(min(size, self.fork)) + own[self.fork :]

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(self.origin, size, mth(self.leaves(size)) if size else EMPTY_ROOT)

    def proof(self, old: int, new: int) -> tuple[bytes, ...]:
        """Return the consistency proof between two tree sizes of this history."""
        return prove_consistency(reader(self.leaves(new)), old=old, new=new)

    def note(self, size: int, *by: NoteSigner) -> bytes:
        """Return the signed checkpoint of a size, by the log's key unless changed."""
        return checkpoint.sign(self.checkpoint(size), by or [LOG])

    def request(self, old: int, new: int) -> bytes:
        """Return an honest submission."""
        proof = self.proof(old, new) if old <= new else ()
        return AddCheckpoint(old, proof, self.note(new)).encode()


def log_of_main(size: int) -> list[bytes]:
    """Return the entries of the main history."""
    return History().leaves(size)


MAIN = History()


def cosigned(note: bytes, lines: str, *, key: VerifierKey = WITNESS.key) -> int:
    """Return the time of the cosignature in an answer; raises if it does not verify for the note's text."""
    (verified,) = open_note(note + lines.encode(), [key]).verified
    assert verified.time is not None
    return verified.time


@dataclass
class Disk:
    """A witness that is restarted on one folder."""

    folder: Path
    clock: datetime = NOW
    keys: list[VerifierKey] = field(default_factory=lambda: [LOG.key])
    state: WitnessState | None = None

    def start(self) -> Cosigner:
        """Restart, as after a crash: only the disk is kept."""
        if self.state is not None:
            self.state.close()
        self.state = WitnessState(self.folder)
        return Cosigner(
            logs=known_logs(self.keys), signer=WITNESS, state=self.state, clock=lambda: self.clock
        )

    def close(self) -> None:
        if self.state is not None:
            self.state.close()
            self.state = None


@dataclass(frozen=True)
class Served:
    """A witness that listens on loopback."""

    url: str
    http: aiohttp.ClientSession

    async def submit(self, body: bytes) -> CosignerAnswer:
        """Submit over HTTP; the content type is the unchanged header."""
        async with self.http.post(self.url + PATH, data=body) as answer:
            return CosignerAnswer(answer.status, await answer.text(), answer.headers["Content-Type"])


@asynccontextmanager
async def served(cosigner: Cosigner) -> AsyncIterator[Served]:
    stop, listening = asyncio.Event(), asyncio.Queue[str]()
    task = asyncio.create_task(
        app.run(cosigner=cosigner, host="127.0.0.1", port=0, ready=listening.put_nowait, stop=stop)
    )
    try:
        url = await listening.get()
        async with aiohttp.ClientSession() as http:
            yield Served(url, http)
    finally:
        stop.set()
        await task
