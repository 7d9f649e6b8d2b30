"""Repeats of a request that this process is working on wait for its outcome in one place.

- The first caller of a request does the work; others with the same id and body wait, without the database.
- Each waits as long as its own patience allows, and then gets the claim as it was opened.
- If the first caller goes away, or its patience ends before that of others, one of the others takes over.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hmac import compare_digest

from idvault.claim.ports import Claim
from idvault.core.request import Request
from idvault.verify.claim import ClaimState

Tell = Callable[[Claim], None]
Work = Callable[[Tell, float], Awaitable[Claim]]

# Whoever has less patience left does not take over: a crowd would take over one by one.
_WORTHWHILE = 0.25
_SPREAD, _STEPS = 0.2, 64


@dataclass(eq=False)
class _Place:
    """A request that is being worked on.

    opened: done once there is a claim to show, or the outcome. outcome: the claim, the error, or None if the
    caller who did the work went away.
    """

    fingerprint: bytes
    opened: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    outcome: "asyncio.Future[Claim | None]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    claim: Claim | None = None
    waiters: int = 0

    def tell(self, claim: Claim) -> None:
        """Show the claim as it was opened."""
        self.claim = claim
        if not self.opened.done():
            self.opened.set_result(None)

    def end(self, claim: Claim | None) -> None:
        """Show the outcome."""
        self.outcome.set_result(claim)
        self._leave()

    def fail(self, error: BaseException) -> None:
        """Show the error."""
        self.outcome.set_exception(error)
        self.outcome.exception()  # mark as retrieved: perhaps nobody waits
        self._leave()

    def _leave(self) -> None:
        if not self.opened.done():
            self.opened.set_result(None)

    def join(self) -> float:
        """Count one that waits; return which part of its patience it has.

        A crowd that lost its patience together would be answered at once, which delays everybody else.
        """
        self.waiters += 1
        return 1 - _SPREAD * ((self.waiters - 1) % _STEPS) / _STEPS

    async def wait(self, patience: float) -> Claim | None:
        """Return the outcome, or the claim as it was opened; None if nobody does the work any more."""
        await asyncio.wait([self.opened])
        await asyncio.wait([self.outcome], timeout=max(0.0, patience))
        return self.outcome.result() if self.outcome.done() else self.claim


class Repeats:
    """The requests that this process is working on."""

    def __init__(self) -> None:
        """Start without requests."""
        self._places: dict[tuple[str, str], _Place] = {}

    async def attend(self, request: Request, *, patience: float, work: Work) -> Claim:
        """Return the claim of a request: do the work, or wait up to `patience` seconds for whoever does it.

        work: gets a function to call with the claim once it is open, and the patience that is left. A request
        with the same id and another body does its own work, which refuses it.
        """
        loop, key = asyncio.get_running_loop(), (request.caller, request.request_id)
        found = self._places.get(key)
        end = loop.time() + patience * (1 if found is None else found.join())
        while (place := self._places.get(key)) is not None:
            if not compare_digest(place.fingerprint, request.fingerprint):
                return await work(_nobody, end - loop.time())
            claim = await place.wait(end - loop.time())
            if claim is not None and (
                claim.state is not ClaimState.PENDING or end - loop.time() < _WORTHWHILE
            ):
                return claim
        return await self._lead(key, request, patience=end - loop.time(), work=work)

    async def _lead(self, key: tuple[str, str], request: Request, *, patience: float, work: Work) -> Claim:
        place = self._places[key] = _Place(request.fingerprint)
        try:
            claim = await work(place.tell, patience)
        except asyncio.CancelledError:
            place.end(None)
            raise
        except Exception as error:
            place.fail(error)
            raise
        finally:
            del self._places[key]
        place.end(claim)
        return claim


def _nobody(_claim: Claim) -> None:
    """Show the claim to nobody."""
