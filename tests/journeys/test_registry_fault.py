"""The registry fails in every way: nobody is verified without its answer, and no check is charged twice."""

from collections.abc import Iterator
from contextlib import suppress
from urllib.error import HTTPError

import pytest

from idvault_client import FailureReason, State, Vault, Verification
from tests.support.house import House
from tools.support.sandbox import Person, Registry, claim, decided, wait_for

DOUBTFUL = ("lose_answer", "half_answer", "maintenance", "source_error", "hang")
"""What leaves open whether a check was made. The registry may be asked about it after ten seconds only."""

_ATTEMPTS = 10


def _assert_waits(pending: Verification) -> None:
    assert pending.pending
    assert pending.status.state is State.PENDING
    assert pending.retry_after.total_seconds() > 0


def _checked(vault: Vault, registry: Registry, person: Person) -> Verification:
    """Make one claim; return its first answer, but not before the registry had its check.

    After an outage, or on a busy machine, the worker sends it later.
    """
    before = registry.counters()["check"]
    pending = claim(vault, person)
    assert wait_for(lambda: registry.counters()["check"] > before)
    return pending


def _settled(vault: Vault, pending: Verification) -> Verification:
    """Ask by request id until the claim has ended."""
    _assert_waits(pending)
    found = [pending]

    def ended() -> bool:
        found[0] = vault.get_verification(pending.request_id)
        return not found[0].pending

    assert wait_for(ended), "the claim should have ended"
    assert found[0].account_token == pending.account_token
    return found[0]


def test_down_then_back(house: House, vault: Vault, registry: Registry) -> None:
    """During an outage a sign-up waits, sealed; after it it is VERIFIED, charged once, and nothing waits."""
    person = registry.newcomer()
    registry.behave("down")
    before = registry.charged()
    pending = claim(vault, person)
    count = "select count(*) from intakes where account_token = ?"
    assert house.query(count, pending.account_token) == [(1,)]
    registry.behave("normal")
    assert _settled(vault, pending).status.is_verified
    assert house.query(count, pending.account_token) == [(0,)]
    assert registry.charged() == before + 1


def test_check_in_progress_is_settled_later(house: House, vault: Vault, registry: Registry) -> None:
    """A check in progress is polled until the registry decides."""
    person = registry.newcomer()
    registry.behave("in_progress")
    pending = claim(vault, person)

    def in_progress() -> bool:
        # Until the registry has this check, it may have had the worker's for an earlier test.
        for ai in house.ais(pending.account_token):
            with suppress(HTTPError):
                registry.settle(ai, matches=False)
                return True
        return False

    assert wait_for(in_progress)
    registry.behave("normal")
    ended = _settled(vault, pending)
    assert (ended.succeeded, ended.status.state) == (False, State.REJECTED)


def test_slow_answer_is_waited_for(vault: Vault, registry: Registry) -> None:
    """An answer within two seconds is returned by the call itself, unless the machine is busy just then."""
    registry.behave("normal", latency_ms=900)
    assert wait_for(lambda: claim(vault, registry.newcomer()).succeeded)


class Doubtful:
    """A claim for each kind of doubtful answer: they wait beside each other, as each takes ten seconds."""

    def __init__(self, vault: Vault, registry: Registry) -> None:
        """Let each claim's check go wrong in its way, and wait until all have ended."""
        self.pending = self._begin_all(vault, registry)
        self.ended = {mode: _settled(vault, pending) for mode, pending in self.pending.items()}
        self.counted = registry.counters()

    def _begin_all(self, vault: Vault, registry: Registry) -> dict[str, Verification]:
        """Return a claim for each mode, whose check and nothing else went wrong in that way."""
        for _ in range(_ATTEMPTS):
            registry.reset()
            pending = {mode: self._begin(vault, registry, mode) for mode in DOUBTFUL}
            counted = registry.counters()
            if (counted["check"], counted["query"]) == (len(DOUBTFUL), 0):
                return pending
            # On a slow machine the worker asks about the first before the last begins, and gets its answer.
            for each in pending.values():
                decided(vault, each)
        raise AssertionError("the worker should leave ten seconds for five claims")

    def _begin(self, vault: Vault, registry: Registry, mode: str) -> Verification:
        person = registry.newcomer()
        if mode == "half_answer":
            person = Person(registry.newcomer().name, person.number)
        registry.behave(mode, count=1)
        return _checked(vault, registry, person)


@pytest.fixture(scope="module")
def doubtful(shared_house: House) -> Iterator[Doubtful]:
    """Claims of which no answer decided anything at first, and how they ended."""
    with shared_house.vault() as vault:
        yield Doubtful(vault, shared_house.registry)


def test_lost_answer_is_asked_for(doubtful: Doubtful) -> None:
    """A check whose answer was lost is queried, not repeated: charged once."""
    assert doubtful.ended["lose_answer"].succeeded
    assert doubtful.counted["query"] >= len(DOUBTFUL)


def test_half_an_answer_of_a_mismatch_is_no_success(doubtful: Doubtful) -> None:
    """Half an answer decides nothing; the query returns the mismatch."""
    assert doubtful.ended["half_answer"].failure_reason is FailureReason.MISMATCH


@pytest.mark.parametrize("mode", ["maintenance", "source_error"])
def test_system_errors_decide_nothing(doubtful: Doubtful, mode: str) -> None:
    """Maintenance and source errors leave the claim PENDING until the registry works."""
    _assert_waits(doubtful.pending[mode])
    assert doubtful.ended[mode].succeeded


def test_hanging_registry_holds_nobody_up(doubtful: Doubtful) -> None:
    """With a hanging registry the claim becomes PENDING in time, and is checked again later."""
    _assert_waits(doubtful.pending["hang"])
    assert doubtful.ended["hang"].succeeded


def test_no_doubtful_check_is_charged_twice(doubtful: Doubtful) -> None:
    """Each decided claim needs one charged check, so that none had two; what was heard is not sent again."""
    assert doubtful.counted["charged"] == len(DOUBTFUL)
    sent_again = [mode for mode in DOUBTFUL if mode not in {"lose_answer", "half_answer"}]
    assert doubtful.counted["check"] == len(DOUBTFUL) + len(sent_again)
