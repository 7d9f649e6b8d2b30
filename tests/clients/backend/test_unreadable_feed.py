"""An answer of the status feed that a client cannot read is told without its content, and followed anew."""

import pytest

import idvault_client
from idvault_client import aio
from idvault_verify.v1 import status_pb2
from tools.support.client_feed import AioFeedChannel, FeedChannel

_CANARY = "acct-canary"
_WRONG_DAY = status_pb2.WatchStatusesResponse(current_date=_CANARY).SerializeToString()
BODIES = pytest.mark.parametrize(
    ("body", "kind"), [(b"\xff" + _CANARY.encode(), "DecodeError"), (_WRONG_DAY, "ValueError")]
)


def told(channel: FeedChannel, caplog: pytest.LogCaptureFixture, kind: str) -> None:
    """Check that the answer was told once, that its stream is ended, and that another one is followed."""
    (line,) = [each for each in caplog.records if each.name == "idvault_client.statuses"]
    assert (line.levelname, kind in line.getMessage()) == ("WARNING", True)
    assert _CANARY not in caplog.text
    assert channel.streams[0].is_cancelled
    assert len({request for _, request in channel.asked}) == 1  # nothing of it was taken in


@BODIES
def test_by_the_blocking_client(body: bytes, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """Its thread goes on."""
    channel = FeedChannel(body)
    with idvault_client.Vault(channel, timeout=5) as vault:  # type: ignore[arg-type]
        assert vault.statuses.wait(60.0)
        told(channel, caplog, kind)


@BODIES
async def test_by_the_client_for_asyncio(body: bytes, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """Its task goes on."""
    channel = AioFeedChannel(body)
    async with aio.Vault(channel, timeout=5) as vault:  # type: ignore[arg-type]
        assert await vault.statuses.wait(60.0)
        told(channel, caplog, kind)
