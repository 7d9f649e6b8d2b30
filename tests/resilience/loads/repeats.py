"""As many repeats of one pending request at once as one caller may have."""

from itertools import repeat

from tests.resilience.loads import Target
from tests.resilience.loads.distinct_claims import AT_ONCE, PATH, claim
from tests.resilience.loads.flood import Flood
from tests.support.sandbox import Registry, invent


def run(target: Target, *, seconds: float) -> str:
    """Leave one check in progress, and repeat its request without a pause."""
    registry, person = Registry(target.registry), invent()
    registry.add(person)
    registry.behave("in_progress", count=1)
    flood = Flood(target=target, path=PATH, bodies=repeat(claim(person)), at_once=target.times(AT_ONCE))
    flood.run(seconds=seconds)
    return str(flood)
