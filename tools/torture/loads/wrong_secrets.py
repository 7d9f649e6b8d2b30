"""Wrong secrets of reports that do not exist, each under another reference."""

import secrets
from collections.abc import Iterator

from idvault_verify.v1.tip_off_pb2 import FollowTipOffRequest
from tools.torture.loads import Target
from tools.torture.loads.flood import Flood

_PATH = "/idvault.v1.TipOffService/FollowTipOff"
_AT_ONCE = 2_000


def run(target: Target, *, seconds: float) -> str:
    """Guess as fast as the edge answers."""
    flood = Flood(target=target, path=_PATH, bodies=_guesses(), at_once=target.times(_AT_ONCE))
    flood.run(seconds=seconds)
    return str(flood)


def _guesses() -> Iterator[bytes]:
    while True:
        guess = FollowTipOffRequest(
            reference=f"{secrets.randbelow(10**12):012}", secret=f"{secrets.randbelow(10**16):016}"
        )
        yield guess.SerializeToString()
