"""As many repeats of one pending request at once as one caller may have."""

from itertools import repeat

from tools.support.sandbox import Registry, invent
from tools.torture.loads import Target
from tools.torture.loads.distinct_claims import AT_ONCE, PATH, claim
from tools.torture.loads.flood import Flood


def run(target: Target, *, seconds: float) -> str:
    """Leave one check in progress, and repeat its request without a pause."""
    registry, person = Registry(target.registry), invent()
    registry.add(person)
    registry.behave("in_progress", count=1)
    flood = Flood(target=target, path=PATH, bodies=repeat(claim(person)), at_once=target.times(AT_ONCE))
    flood.run(seconds=seconds)
    return str(flood)
