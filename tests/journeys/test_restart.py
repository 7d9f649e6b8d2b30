"""Processes die at the worst time: acknowledged claims exist, and nothing is done twice."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.support.house import House
from tools.support.sandbox import send, settled, verify, wait_for

COUNTS = [
    "select count(*) from claims",
    "select count(*) from records",
    "select count(*) from accounts",
]


@pytest.mark.parametrize("victim", ["serve", "work"])
def test_kill_in_the_middle_loses_nothing_and_doubles_nothing(own_house: House, victim: str) -> None:
    """After kill -9 under load each acknowledged claim exists, each retry is the same claim, charged once."""
    people = [(own_house.registry.newcomer(), str(uuid4())) for _ in range(24)]
    own_house.registry.behave("normal", latency_ms=150)
    pid = own_house.ready["pids"][victim]
    target = pid[0] if isinstance(pid, list) else pid
    with own_house.vault(timeout=3) as vault, ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(send, vault, person, request_id) for person, request_id in people]
        assert wait_for(lambda: sum(call.done() for call in calls) >= 4)
        os.kill(target, signal.SIGKILL)
        # Nobody serves the others: they ask for the first time after the restart.
        answers = [None if call.cancel() else call.result() for call in calls]
    assert own_house.session.process.wait(60) == 1
    told = own_house.session.output.read_text("utf-8")
    assert f"{victim}-0 ended with -9" in told or f"{victim} ended with -9" in told
    assert not own_house.session.ready_file.exists()
    own_house.start()
    # The registry forgets people added at run time, so these people are added again.
    own_house.registry.add(*(person for person, _ in people))
    with own_house.vault() as vault, ThreadPoolExecutor(len(people)) as pool:
        # Side by side, as backends repeat: each claim in flight waits until the dead process's lease ends.
        ends = pool.map(lambda asked: settled(vault, *asked), people)
        for ended, before in zip(ends, answers, strict=True):
            assert ended.succeeded
            assert before is None or before.pending or before == ended
    # Each person has one claim, one check id and one record, however often the request was repeated.
    for count in COUNTS:
        assert own_house.query(count) == [(len(people),)], count


def test_status_survives_a_restart(own_house: House) -> None:
    """A stop and a start on the same state folder keep every account and certificate."""
    with own_house.vault() as vault:
        answer = verify(vault, own_house.registry.newcomer())
    assert own_house.session.stop() == 0
    own_house.start()
    with own_house.vault() as vault:
        assert vault.get_status(answer.account_token) == answer.status
