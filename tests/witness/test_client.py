"""The witness client over HTTP: refusals, late and lost answers, and answers that are not a witness's."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from aiohttp import web

from idvault.log.ports import Ahead, Cosigned, WitnessRefusedError
from idvault.processes.witness import wire
from idvault.processes.witness.client import HttpWitness, WitnessAnswerError, WitnessSetupError
from idvault_verify.error import Reason, UnavailableError
from idvault_verify.transparency.note import NoteSigner, VerifierKey, sign
from tests.support.witness_world import LOG, MAIN, NOW, STRANGER, WITNESS, Disk, History, Served, cosigned
from tools.support.merkle import witness

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FORK = History("fork", fork=2)
NOTE = MAIN.note(5)


def client(url: str, *, patience: float = 5.0, now: datetime = NOW) -> HttpWitness:
    return HttpWitness(url=url, key=WITNESS.key, clock=lambda: now, development=True, patience=patience)


@pytest.fixture
async def asked(server: Served) -> AsyncIterator[HttpWitness]:
    made = client(server.url)
    yield made
    await made.close()


@asynccontextmanager
async def answering(handler: Handler, **options: float) -> AsyncIterator[HttpWitness]:
    """Return a client of a server with a different add-checkpoint handler."""
    app = web.Application()
    app.router.add_post(wire.PATH, handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made = client(f"http://127.0.0.1:{runner.addresses[0][1]}", **options)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        await made.close()
        await runner.cleanup()


def fixed(status: int, body: str | bytes = "", content_type: str = "text/plain") -> Handler:
    """Return a handler that always answers the same."""

    async def answer(_request: web.Request) -> web.Response:
        content = body.encode() if isinstance(body, str) else body
        return web.Response(status=status, body=content, headers={"Content-Type": content_type})

    return answer


def line(by: NoteSigner = WITNESS, *, history: History = MAIN, time: datetime = NOW) -> str:
    """Return a cosignature of the checkpoint of size 5."""
    return sign(by, history.checkpoint(5).text, time=int(time.timestamp())).line


async def test_a_log_grows_under_a_witness(asked: HttpWitness) -> None:
    """The first, later and repeated checkpoints are cosigned."""
    for old, new in ((0, 0), (0, 5), (5, 8), (8, 8), (8, 9)):
        note = MAIN.note(new)
        answer = await asked.add_checkpoint(old=old, proof=MAIN.proof(old, new), note=note)
        assert isinstance(answer, Cosigned)
        assert cosigned(note, answer.lines) == NOW.timestamp()


async def test_a_witness_that_is_elsewhere_tells_its_size(asked: HttpWitness) -> None:
    """A proof from a size other than the witness's is answered with the witness's size."""
    assert await asked.add_checkpoint(old=3, proof=(), note=NOTE) == Ahead(0)
    await asked.add_checkpoint(old=0, proof=(), note=NOTE)
    assert await asked.add_checkpoint(old=0, proof=(), note=NOTE) == Ahead(5)
    assert await asked.add_checkpoint(old=3, proof=(), note=MAIN.note(4)) == Ahead(5)


async def test_a_refusal_has_its_status(asked: HttpWitness) -> None:
    """A fork, an unknown log and an unknown key are refused permanently."""
    await asked.add_checkpoint(old=0, proof=(), note=NOTE)
    other = History(origin="log.example/other")
    for status, old, note in (
        (409, 5, FORK.note(5)),
        (422, 5, FORK.note(8)),
        (404, 0, other.note(5)),
        (403, 0, MAIN.note(5, STRANGER)),
        (400, 6, NOTE),
    ):
        with pytest.raises(WitnessRefusedError) as caught:
            await asked.add_checkpoint(old=old, proof=(), note=note)
        assert caught.value.status == status
        assert caught.value.reason is Reason.LOG_UNAVAILABLE


async def test_an_own_size_is_never_ahead() -> None:
    """A witness that answers the requested old size has seen another root there."""
    async with answering(fixed(409, "5\n", "text/x.tlog.size")) as asked:
        with pytest.raises(WitnessRefusedError) as caught:
            await asked.add_checkpoint(old=5, proof=(), note=NOTE)
        assert caught.value.status == 409


async def test_a_lost_answer_is_asked_for_again(disk: Disk) -> None:
    """After a lost answer the size is returned, and the same checkpoint is cosigned again."""
    cosigner = disk.start()
    losing = True

    async def lose(request: web.Request) -> web.Response:
        answer = await asyncio.to_thread(cosigner.add_checkpoint, await request.read())
        if losing:
            assert request.transport is not None
            request.transport.abort()
        headers = {"Content-Type": answer.content_type}
        return web.Response(status=answer.status, body=answer.body.encode(), headers=headers)

    async with answering(lose) as asked:
        with pytest.raises(UnavailableError):
            await asked.add_checkpoint(old=0, proof=(), note=NOTE)
        losing = False
        assert await asked.add_checkpoint(old=0, proof=(), note=NOTE) == Ahead(5)
        answer = await asked.add_checkpoint(old=5, proof=(), note=NOTE)
        assert isinstance(answer, Cosigned)
        assert cosigned(NOTE, answer.lines)


async def test_a_witness_that_hangs_is_away() -> None:
    """A witness that does not answer in time, or stops half-way, is unavailable."""

    async def hang(request: web.Request) -> web.StreamResponse:
        if (await request.read()).startswith(b"old 1"):
            response = web.StreamResponse()
            await response.prepare(request)
            await response.write("— witness".encode())
        await asyncio.Event().wait()
        raise AssertionError

    async with answering(hang, patience=0.2) as asked:
        for old in (0, 1):
            with pytest.raises(UnavailableError) as caught:
                await asked.add_checkpoint(old=old, proof=(), note=NOTE)
            assert caught.value.reason is Reason.LOG_UNAVAILABLE


async def test_a_witness_that_is_not_there_is_away() -> None:
    """A closed port is an unavailable witness."""
    async with answering(fixed(200)) as asked:
        gone = client(asked.url.removesuffix(wire.PATH))
    with pytest.raises(UnavailableError):
        await gone.add_checkpoint(old=0, proof=(), note=NOTE)
    await gone.close()


@pytest.mark.parametrize("status", [301, 307, 408, 425, 429, 500, 502, 503])
async def test_a_witness_in_trouble_is_away(status: int) -> None:
    """Redirects are not followed; server errors are temporary."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    async with answering(answer) as asked:
        with pytest.raises(WitnessAnswerError, match=f"HTTP status {status}"):
            await asked.add_checkpoint(old=0, proof=(), note=NOTE)


@pytest.mark.parametrize("body", ["", "5", "05\n", "x\n", "5\n5\n"])
async def test_a_size_that_is_none(body: str) -> None:
    """An answer of the size type without a valid size is not accepted."""
    async with answering(fixed(409, body, "text/x.tlog.size")) as asked:
        with pytest.raises(WitnessAnswerError, match="size"):
            await asked.add_checkpoint(old=0, proof=(), note=NOTE)


async def test_a_conflict_without_a_size_is_a_refusal() -> None:
    """A conflict that is not of the size type is about the root."""
    async with answering(fixed(409, "5\n")) as asked:
        with pytest.raises(WitnessRefusedError) as caught:
            await asked.add_checkpoint(old=0, proof=(), note=NOTE)
        assert caught.value.status == 409


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no line\n",
        line().removesuffix("\n"),
        line(witness("witness.example/w2", seed=9)),
        line(witness("witness.example/w1", seed=8)),
        line(history=FORK),
        NOTE.decode(),
        b"\xff\n",
        "x" * (wire.MAX_ANSWER_BYTES + 1),
    ],
)
async def test_what_is_no_cosignature_is_no_answer(body: str | bytes) -> None:
    """Nothing, another key's line, a line over another text, and a too long answer are not accepted."""
    async with answering(fixed(200, body)) as asked:
        with pytest.raises(WitnessAnswerError) as caught:
            await asked.add_checkpoint(old=0, proof=(), note=NOTE)
        assert str(caught.value) != caught.value.reason.value


async def test_lines_of_other_keys_are_dropped() -> None:
    """Of several lines only the configured key's is passed on."""
    others = [line(witness("witness.example/w2", seed=8)), line(witness("witness.example/w1", seed=7))]
    async with answering(fixed(200, others[0] + line() + others[1])) as asked:
        answer = await asked.add_checkpoint(old=0, proof=(), note=NOTE)
    assert answer == Cosigned(line())


@pytest.mark.parametrize("seconds", [-301, 301])
async def test_an_old_cosignature_is_no_answer(seconds: int) -> None:
    """A cosignature with another time answers another submission, or a clock is wrong."""
    body = line(time=NOW + timedelta(seconds=seconds))
    async with answering(fixed(200, body)) as asked:
        with pytest.raises(WitnessAnswerError, match="is not current"):
            await asked.add_checkpoint(old=0, proof=(), note=NOTE)


def test_only_https_outside_development() -> None:
    """A witness over http is only for development; a log's key is refused."""

    def make(url: str, key: VerifierKey = WITNESS.key, **more: bool) -> HttpWitness:
        return HttpWitness(url=url, key=key, clock=lambda: NOW, **more)

    assert make("https://witness.example/prefix/").url == "https://witness.example/prefix/add-checkpoint"
    make("http://127.0.0.1:1", development=True)
    for url in ("http://witness.example", "ftp://witness.example", "witness.example"):
        with pytest.raises(WitnessSetupError, match="https"):
            make(url)
    with pytest.raises(WitnessSetupError, match="cosignature"):
        make("https://witness.example", LOG.key)


async def test_a_client_that_asked_nobody_closes() -> None:
    """Closing without a call does nothing."""
    await client("http://127.0.0.1:1").close()


async def test_a_compressed_answer_is_no_answer() -> None:
    """It could be a thousand times as long: nothing is decompressed."""

    async def answer(_request: web.Request) -> web.Response:
        headers = {"Content-Type": "text/plain", "Content-Encoding": "gzip"}
        return web.Response(body=gzip.compress(line().encode()), headers=headers)

    async with answering(answer) as asked:
        with pytest.raises(UnavailableError):
            await asked.add_checkpoint(old=0, proof=(), note=NOTE)
