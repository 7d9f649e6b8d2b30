"""The same request: one claim, one check, one record, whoever repeats it and however often."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from idvault_client import Consent, Vault, Verification, resident_id
from tests.support.house import House
from tools.support.sandbox import Person, Registry, wait_for

PARALLEL = 64
AGREED = datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC)


def _send(vault: Vault, person: Person, request_id: str, *, agreed: datetime = AGREED) -> Verification:
    consent = Consent("terms-3", agreed)
    return vault.verify_individual(
        person.name, resident_id(person.number), consent=consent, request_id=request_id
    )


def test_a_new_time_stamp_is_the_same_claim(house: House, vault: Vault, registry: Registry) -> None:
    """A repeat with a new time returns the same claim; the first time of consent is kept."""
    person, request_id = registry.newcomer(), str(uuid4())
    first = _send(vault, person, request_id)
    charged = registry.charged()
    for hours in (1, 24):
        assert _send(vault, person, request_id, agreed=AGREED + timedelta(hours=hours)) == first
    assert registry.charged() == charged
    ((kept,),) = house.query("select agree_time from claims where account_token = ?", first.account_token)
    assert kept == int(AGREED.timestamp()) * 1_000_000 + AGREED.microsecond


def test_64_parallel_callers_make_one_claim(house: House, vault: Vault, registry: Registry) -> None:
    """64 callers with one request id: one check, one record, and answers that do not contradict each other.

    A caller whose patience ends first is told PENDING; on a slow host that may be any of them.
    """
    person, request_id = registry.newcomer(), str(uuid4())
    registry.behave("normal", latency_ms=200)
    before = registry.counters()
    with ThreadPoolExecutor(PARALLEL) as pool:
        calls = [pool.submit(_send, vault, person, request_id) for _ in range(PARALLEL)]
        answers = [call.result() for call in calls]
    settled = [answer for answer in answers if not answer.pending]
    assert wait_for(lambda: vault.get_verification(request_id).succeeded)
    assert len({answer.account_token for answer in answers}) == 1
    assert all(answer == settled[0] for answer in settled)
    after = registry.counters()
    assert after["charged"] == before["charged"] + 1
    assert after["duplicate_ai"] == before["duplicate_ai"]
    count = "select count(*) from records where account_token = ?"
    assert house.query(count, answers[0].account_token) == [(1,)]
