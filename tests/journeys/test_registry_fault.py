"""The registry fails in every way: nobody is verified without its answer, and no check is charged twice."""

import pytest

from idvault_client import FailureReason, State, Vault, Verification
from tests.support.house import House
from tests.support.sandbox import Person, Registry, verify, wait_for


def _settled(vault: Vault, pending: Verification, *, patience: float = 45) -> Verification:
    """Ask by request id until the claim has ended."""
    assert pending.pending
    assert pending.status.state is State.PENDING
    assert pending.retry_after.total_seconds() > 0
    found = [pending]

    def ended() -> bool:
        found[0] = vault.get_verification(pending.request_id)
        return not found[0].pending

    assert wait_for(ended, patience=patience), "the claim should have ended"
    assert found[0].account_token == pending.account_token
    return found[0]


def test_down_then_back(vault: Vault, registry: Registry) -> None:
    """During an outage a sign-up is PENDING; after it it is VERIFIED and charged once."""
    person = registry.newcomer()
    registry.behave("down")
    before = registry.charged()
    pending = verify(vault, person)
    registry.behave("normal")
    assert _settled(vault, pending).status.is_verified
    assert registry.charged() == before + 1


def test_waiting_identity_is_sealed_and_goes(house: House, vault: Vault, registry: Registry) -> None:
    """A waiting claim is sealed to the day key, and deleted once it is settled."""
    registry.behave("down")
    pending = verify(vault, registry.newcomer())
    count = "select count(*) from intakes where account_token = ?"
    assert house.query(count, pending.account_token) == [(1,)]
    registry.behave("normal")
    _settled(vault, pending)
    assert house.query(count, pending.account_token) == [(0,)]


def test_lost_answer_is_asked_for(vault: Vault, registry: Registry) -> None:
    """A check whose answer was lost is queried, not repeated: charged once."""
    person = registry.newcomer()
    registry.behave("lose_answer", count=1)
    before = registry.counters()
    pending = verify(vault, person)
    assert _settled(vault, pending).succeeded
    after = registry.counters()
    assert after["charged"] == before["charged"] + 1
    assert after["check"] == before["check"] + 1
    assert after["query"] > before["query"]


def test_half_an_answer_of_a_mismatch_is_no_success(vault: Vault, registry: Registry) -> None:
    """Half an answer decides nothing; the query returns the mismatch."""
    person = Person(registry.newcomer().name, registry.newcomer().number)
    registry.behave("half_answer", count=1)
    before = registry.charged()
    pending = verify(vault, person)
    assert _settled(vault, pending).failure_reason is FailureReason.MISMATCH
    assert registry.charged() == before + 1


@pytest.mark.parametrize("matches", [True, False])
def test_check_in_progress_is_settled_later(
    house: House, vault: Vault, registry: Registry, matches: bool
) -> None:
    """A check in progress is polled until the registry decides."""
    person = registry.newcomer()
    registry.behave("in_progress", count=1)
    pending = verify(vault, person)
    (ai,) = house.ais(pending.account_token)
    registry.settle(ai, matches=matches)
    ended = _settled(vault, pending)
    assert ended.succeeded is matches
    assert ended.status.state is (State.VERIFIED if matches else State.REJECTED)


@pytest.mark.parametrize("mode", ["maintenance", "source_error"])
def test_system_errors_decide_nothing(vault: Vault, registry: Registry, mode: str) -> None:
    """Maintenance and source errors leave the claim PENDING until the registry works."""
    person = registry.newcomer()
    registry.behave(mode, count=1)
    before = registry.charged()
    pending = verify(vault, person)
    assert _settled(vault, pending).succeeded
    assert registry.charged() == before + 1


def test_slow_answer_is_waited_for(vault: Vault, registry: Registry) -> None:
    """An answer within two seconds is returned by the call itself."""
    registry.behave("normal", latency_ms=900)
    assert verify(vault, registry.newcomer()).succeeded


def test_hanging_registry_holds_nobody_up(vault: Vault, registry: Registry) -> None:
    """With a hanging registry the claim becomes PENDING in time, and is checked again later."""
    person = registry.newcomer()
    registry.behave("hang", count=1)
    pending = verify(vault, person)
    registry.behave("normal")
    assert _settled(vault, pending).succeeded
