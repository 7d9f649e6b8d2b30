"""What ends by time in a running vault: a verification on its day, and a claim without an answer."""

from datetime import timedelta

from idvault_client import FailureReason, State
from tests.support.house import House
from tools.support.sandbox import claim, verify, wait_for


def test_time_ends_a_verification_and_a_claim(own_house: House) -> None:
    """On its expire_date an account is EXPIRED, and may be renewed; a waiting claim fails after two."""
    registry = own_house.registry
    with own_house.vault() as vault:
        person = registry.newcomer()
        first = verify(vault, person)
        token = first.account_token
        registry.behave("down")
        pending = claim(vault, registry.newcomer())
        assert pending.pending
        own_house.shift(timedelta(hours=49))
        assert wait_for(lambda: vault.get_verification(pending.request_id).failed)
        ended = vault.get_verification(pending.request_id)
        assert ended.failure_reason is FailureReason.REGISTRY_TIMED_OUT
        assert own_house.query("select count(*) from intakes") == [(0,)]
        own_house.shift(timedelta(days=364))
        assert vault.get_status(token) == first.status
        own_house.shift(timedelta(days=366))
        assert wait_for(lambda: vault.get_status(token).state is State.EXPIRED)
        expired = vault.get_status(token)
        assert expired.revision > first.status.revision
        registry.behave("normal")
        again = verify(vault, person, account_token=token)
        assert again.succeeded
        assert again.status.revision > expired.revision
