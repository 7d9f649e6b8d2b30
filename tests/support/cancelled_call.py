"""A call that its caller gives up while the edge works on it."""

import asyncio

import grpc

from idvault.claim.rules import Claim
from tools.support.edge import VERIFY, Edge, requests, succeeded


async def cancel_a_call(edge: Edge) -> None:
    """Begin a sign-up, cancel it once the edge has begun, and wait until the edge has noticed."""
    entered, ended = asyncio.Event(), asyncio.Event()

    async def happens() -> Claim:
        entered.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.set()
        return succeeded()

    edge.claims.happens = happens
    method: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = edge.mine().unary_unary(VERIFY)
    made = method(requests()[VERIFY].SerializeToString(), timeout=60)
    waiting = asyncio.ensure_future(made)
    await entered.wait()
    made.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await asyncio.wait_for(ended.wait(), 60)
