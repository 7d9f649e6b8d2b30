"""As many claims of different people at once as one caller may have."""

from collections.abc import Iterator
from datetime import UTC, datetime

from idvault_client import Consent
from tools.support import unsent
from tools.support.sandbox import Person, Registry, invent
from tools.torture.loads import Target
from tools.torture.loads.flood import Flood

PATH = "/idvault.v1.VerificationService/VerifyIndividual"
AT_ONCE = 2_000
_BATCH = 500


def run(target: Target, *, seconds: float) -> str:
    """Sign people up as fast as the edge answers."""
    flood = Flood(target=target, path=PATH, bodies=_claims(target), at_once=target.times(AT_ONCE))
    flood.run(seconds=seconds)
    return str(flood)


def claim(person: Person) -> bytes:
    """Return the request of a new claim."""
    return unsent.verification(person, consent=Consent("terms-3", datetime.now(UTC))).request


def _claims(target: Target) -> Iterator[bytes]:
    registry = Registry(target.registry)
    while True:
        people = [invent() for _ in range(_BATCH)]
        registry.add(*people)
        yield from map(claim, people)
