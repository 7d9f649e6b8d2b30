"""HTTP/2 abuse of a running vault, bounded: a good client is answered during it and after."""

import asyncio

import pytest

from idvault_verify.v1 import status_pb2
from tests.support.house import House
from tools.support.sandbox import Registry, verify
from tools.torture.fuzz.vault import tls
from tools.torture.http2.attacks import ATTACKS, Target
from tools.torture.http2.run import attack

_SCALE, _AFTER = 0.05, 0.3


@pytest.mark.parametrize("name", ATTACKS)
def test_a_good_client_is_answered(house: House, registry: Registry, name: str) -> None:
    """During and after abuse by one or many connections, others are served and the memory is bounded."""
    with house.vault() as vault:
        token = verify(vault, registry.newcomer()).account_token
    body = status_pb2.GetStatusRequest(account_token=token).SerializeToString()
    target = Target(house.ready["grpc"], tls(house.ready, "platform"), body, _SCALE)
    outcome = asyncio.run(attack(name, target, pid=house.ready["pids"]["serve"][0], after=_AFTER))
    assert outcome.harmless, str(outcome)
