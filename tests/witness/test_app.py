"""Each status of C2SP tlog-witness, over real HTTP."""

import asyncio
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web

from idvault.processes.witness import app, wire
from idvault.processes.witness.cosigner import CosignerAnswer
from idvault.processes.witness.wire import AddCheckpoint
from idvault_verify.transparency import checkpoint
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.note import Note, parse, sign, sign_note
from idvault_verify.transparency.tree import EMPTY_ROOT
from tests.support.witness_world import (
    LOG,
    MAIN,
    NOW,
    ORIGIN,
    OTHER_ORIGIN,
    STRANGER,
    Disk,
    History,
    Served,
    cosigned,
    served,
)
from tools.support.merkle import signer, witness

FORK = History("fork", fork=2)
LEAF = MAIN.checkpoint(1).root


async def test_200_with_signature_lines(server: Served) -> None:
    """A checkpoint that follows is cosigned: text/plain, one line, from U+2014 to the newline."""
    answer = await server.submit(MAIN.request(0, 5))
    assert (answer.status, answer.content_type) == (200, "text/plain")
    assert answer.body.startswith("— witness.example/w1 ")
    assert answer.body.endswith("\n")
    assert answer.body.count("\n") == 1
    assert cosigned(MAIN.note(5), answer.body) == NOW.timestamp()
    answer = await server.submit(MAIN.request(5, 8))
    assert cosigned(MAIN.note(8), answer.body) == NOW.timestamp()


async def test_200_again_for_the_same_checkpoint(server: Served) -> None:
    """The same size and root, with that size as the old one, is cosigned again; an older one gives 409."""
    await server.submit(MAIN.request(0, 5))
    for _ in range(2):
        assert cosigned(MAIN.note(5), (await server.submit(MAIN.request(5, 5))).body)
    assert await server.submit(MAIN.request(0, 5)) == CosignerAnswer(409, "5\n", "text/x.tlog.size")


async def test_200_ignores_unknown_signatures(server: Served) -> None:
    """Lines of unknown keys have no effect, even under the log's name; extension lines are cosigned."""
    note = MAIN.note(5, LOG, STRANGER, signer("other.example"))
    answer = await server.submit(AddCheckpoint(0, (), note).encode())
    assert cosigned(MAIN.note(5), answer.body)
    extended = replace(MAIN.checkpoint(6), extensions=("an extension",))
    note = History.note(_Extended(), 6)
    assert extended.text in note.decode()
    answer = await server.submit(AddCheckpoint(5, MAIN.proof(5, 6), note).encode())
    assert cosigned(note, answer.body)


class _Extended(History):
    """The main history with an extension line in its checkpoints."""

    def checkpoint(self, size: int) -> Checkpoint:
        return replace(MAIN.checkpoint(size), extensions=("an extension",))


async def test_400_for_what_cannot_be_read(server: Served) -> None:
    """A malformed request, note or checkpoint is 400."""
    good = MAIN.request(0, 5)
    not_a_checkpoint = Note(f"{ORIGIN}\nnot a size\n", parse(MAIN.note(5)).signatures).encode()
    for body in (
        b"",
        b"old 0\n\n",
        good[1:],
        good.replace(b"\n\n", b"\n", 1),
        good.removesuffix(b"\n"),
        good.rpartition("— ".encode())[0],
        AddCheckpoint(0, (LEAF,) * 64, MAIN.note(5)).encode(),
        b"old 0\n\n\xff\n\n\xff",
    ):
        answer = await server.submit(body)
        assert (answer.status, answer.content_type) == (400, "text/plain"), body
    # It is unsigned, so it is refused before it is parsed as a checkpoint.
    assert (await server.submit(AddCheckpoint(0, (), not_a_checkpoint).encode())).status == 403


async def test_400_for_a_signed_text_that_is_no_checkpoint(server: Served) -> None:
    """A text signed by the log that is not a checkpoint is malformed."""
    body = AddCheckpoint(0, (), sign_note(f"{ORIGIN}\nnot a size\n", [LOG])).encode()
    assert (await server.submit(body)).status == 400


async def test_400_for_an_old_size_beyond_the_checkpoint(server: Served) -> None:
    """An old size above the checkpoint's is malformed, whatever was cosigned."""
    await server.submit(MAIN.request(0, 5))
    assert (await server.submit(AddCheckpoint(5, (), MAIN.note(4)).encode())).status == 400
    assert (await server.submit(AddCheckpoint(7, (), MAIN.note(6)).encode())).status == 400


async def test_403_without_a_signature_of_the_log(server: Served) -> None:
    """Another key, a broken signature, or a witness's signature is not the log's."""
    broken = MAIN.note(5).replace(b"\n5\n", b"\n6\n", 1)
    cosignature = sign(witness(ORIGIN, seed=1), MAIN.checkpoint(5).text, time=5)
    cosigned_only = Note(MAIN.checkpoint(5).text, (cosignature,)).encode()
    for note in (MAIN.note(5, STRANGER), broken, cosigned_only):
        answer = await server.submit(AddCheckpoint(0, (), note).encode())
        assert (answer.status, answer.content_type) == (403, "text/plain")
    # An attacker's second key does not help a checkpoint whose known signature is broken.
    mixed = Note(MAIN.checkpoint(6).text, parse(MAIN.note(5)).signatures).encode()
    assert (await server.submit(AddCheckpoint(0, (), mixed).encode())).status == 403


async def test_404_for_an_unknown_log(server: Served) -> None:
    """A checkpoint of an unknown origin is not examined."""
    other = History(origin=OTHER_ORIGIN)
    for by in (LOG, signer(OTHER_ORIGIN)):
        answer = await server.submit(AddCheckpoint(0, (), other.note(5, by)).encode())
        assert (answer.status, answer.content_type) == (404, "text/plain")


async def test_409_tells_the_size(server: Served) -> None:
    """If the old size is not the last cosigned one, the answer has that size, and nothing changes."""
    assert await server.submit(MAIN.request(3, 5)) == CosignerAnswer(409, "0\n", "text/x.tlog.size")
    await server.submit(MAIN.request(0, 5))
    for old in (0, 3, 4, 6, 8):
        assert await server.submit(MAIN.request(old, 8)) == CosignerAnswer(409, "5\n", "text/x.tlog.size")
    assert (await server.submit(MAIN.request(5, 8))).status == 200


async def test_409_for_another_root_at_the_same_size(server: Served) -> None:
    """A second root at the same size is a conflict, without a size to continue from."""
    await server.submit(MAIN.request(0, 5))
    answer = await server.submit(AddCheckpoint(5, (), FORK.note(5)).encode())
    assert (answer.status, answer.content_type) == (409, "text/plain")
    assert "—" not in answer.body


async def test_422_for_a_proof_that_does_not_verify(server: Served) -> None:
    """A proof of a fork, of other sizes, too long or too short is refused, and nothing changes."""
    await server.submit(MAIN.request(0, 5))
    proof = MAIN.proof(5, 8)
    for note, wrong in (
        (FORK.note(8), FORK.proof(5, 8)),
        (FORK.note(8), proof),
        (MAIN.note(8), MAIN.proof(5, 7)),
        (MAIN.note(8), ()),
        (MAIN.note(8), proof[:-1]),
        (MAIN.note(8), (*proof, LEAF)),
        (MAIN.note(5), (LEAF,)),
    ):
        answer = await server.submit(AddCheckpoint(5, tuple(wrong), note).encode())
        assert (answer.status, answer.content_type) == (422, "text/plain")
    assert (await server.submit(MAIN.request(5, 8))).status == 200


@pytest.mark.parametrize(
    ("new", "root", "proof", "status"),
    [
        (0, EMPTY_ROOT, (), 200),
        (0, LEAF, (), 422),
        (0, bytes(32), (), 422),
        (0, EMPTY_ROOT, (LEAF,), 422),
        (1, LEAF, (), 200),
        (1, LEAF, (LEAF,), 422),
    ],
)
async def test_the_first_checkpoint(
    server: Served, new: int, root: bytes, proof: tuple[bytes, ...], status: int
) -> None:
    """The empty tree and the first tree need an empty proof, and the empty tree must have the empty root."""
    note = checkpoint.sign(Checkpoint(ORIGIN, new, root), [LOG])
    answer = await server.submit(AddCheckpoint(0, proof, note).encode())
    assert answer.status == status
    if status == 200:
        assert (await server.submit(AddCheckpoint(new, (), note).encode())).status == 200


async def test_other_places_and_methods(server: Served) -> None:
    """Only POST /add-checkpoint exists."""
    async with server.http.get(server.url + wire.PATH) as answer:
        assert answer.status == 405
    async with server.http.post(server.url + "/", data=b"") as answer:
        assert answer.status == 404


async def test_413_for_a_body_that_is_too_long(server: Served) -> None:
    """A body beyond the limit is refused, also without a stated length."""

    async def pieces() -> object:
        for _ in range(3):
            yield b"x" * (wire.MAX_REQUEST_BYTES // 2)

    for body in (b"x" * (wire.MAX_REQUEST_BYTES + 1), pieces()):
        async with server.http.post(server.url + wire.PATH, data=body) as answer:
            assert answer.status == 413


async def test_408_for_a_body_that_does_not_come(disk: Disk) -> None:
    """A sender of headers without a body gets a time-out."""
    runner = web.AppRunner(app.application(disk.start(), body_patience=0.05), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
    writer.write(b"POST /add-checkpoint HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nold")
    assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
    writer.close()
    await writer.wait_closed()
    await runner.cleanup()


async def test_64_submissions_at_once(server: Served, disk: Disk) -> None:
    """Of 64 concurrent submissions of two histories, one history is cosigned, and its size is on disk."""
    bodies = [(history, size) for size in range(1, 33) for history in (MAIN, History("fork"))]
    answers = await asyncio.gather(*(server.submit(one.request(0, size)) for one, size in bodies))
    won = [one for one, answer in zip(bodies, answers, strict=True) if answer.status == 200]
    assert len(won) == 1
    ((history, size),) = won
    assert {answer.status for answer in answers} == {200, 409}
    assert {answer.body for answer in answers if answer.status == 409} == {f"{size}\n"}
    assert disk.state is not None
    assert disk.state.latest(ORIGIN) == history.checkpoint(size)


async def test_64_repeats_at_once(server: Served) -> None:
    """64 concurrent repeats of a checkpoint from its own size are all cosigned."""
    await server.submit(MAIN.request(0, 5))
    answers = await asyncio.gather(*(server.submit(MAIN.request(5, 5)) for _ in range(64)))
    assert all(cosigned(MAIN.note(5), answer.body) for answer in answers)


async def test_caller_that_goes_away_changes_nothing(disk: Disk) -> None:
    """A caller that disconnects finds the checkpoint stored when it returns."""
    async with served(disk.start()) as server:
        for size in range(1, 20):
            body = MAIN.request(size - 1, size)
            host, port = server.url.removeprefix("http://").split(":")
            _, writer = await asyncio.open_connection(host, int(port))
            head = f"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            writer.close()
            await writer.wait_closed()
            async with asyncio.timeout(10):
                while (await server.submit(MAIN.request(size, size))).status != 200:
                    pass


async def test_a_taken_port_is_an_error(disk: Disk) -> None:
    """A port in use raises the system's error."""
    cosigner = disk.start()
    async with served(cosigner) as server:
        port = int(server.url.rpartition(":")[2])
        with pytest.raises(OSError, match=r"(?i)address already in use"):
            await app.run(cosigner=cosigner, host="127.0.0.1", port=port, ready=print, stop=asyncio.Event())
    with pytest.raises(aiohttp.ClientConnectionError):
        async with aiohttp.ClientSession() as http, http.post(server.url):
            pass
