"""A reviewed document in a real deployment that is killed between the two signatures.

The edge's processes end by SIGKILL while a review waits. Afterwards the second reviewer ends it, no file has
name, number or salt, and the custodians open what both have signed.
"""

import os
import signal
from datetime import UTC, datetime

from idvault_client import Assurance, Consent, testing
from idvault_client.reviews import ReviewState, SeenDocument, passport
from tests.support.house import House
from tools.support import open_record, traces

NAME, NUMBER = "ANNA KVISTGAARD (synthetic)", "L898902C3"


def test_a_review_outlives_its_process(own_house: House) -> None:
    """What the first reviewer signed is there after a kill; nobody but the second one knows the name."""
    house, seen = own_house, SeenDocument(NAME, passport("GBR", NUMBER, "6"))
    accepted = house.command("platform", "accept", "platform-a", "--proof", "TWO_REVIEWERS")
    assert accepted.returncode == 0, accepted.stderr
    with house.vault() as vault:
        keys = [testing.moderator(vault) for _ in range(2)]
        asked = vault.reviews.sign(seen, consent=Consent("terms-3", datetime.now(UTC)), key=keys[0])
    assert asked.state is ReviewState.PROPOSED
    canaries = [NAME, NUMBER, seen.salt.hex()]
    assert traces.search(traces.files(house.state, without=[]), canaries) == []
    for pid in house.ready["pids"]["serve"]:
        os.kill(pid, signal.SIGKILL)
    assert house.session.process.wait(60) == 1
    house.start()
    with house.vault() as vault:
        waiting = vault.reviews.list_page(open_only=True).reviews
        assert [each.review_id for each in waiting] == [asked.review_id]
        done = vault.reviews.confirm(asked.review_id, seen, paper_digest=asked.paper_digest, key=keys[1])
        assert vault.get_status(done.account_token).assurances == (Assurance.DOCUMENT_SEEN,)
    quorum = house.ready["quorum"]
    opened = open_record.open_record(
        house.ready,
        account_token=done.account_token,
        custodians=quorum["custodians"][: quorum["threshold"]],
        passphrase=b"development",
    )
    assert opened.named.name == NAME
    assert opened.review is not None
    assert [each.reviewer_id for each in opened.review.papers] == [each.moderator_id for each in keys]
    paths = traces.files(house.state, without=[])
    assert traces.search([*paths, house.session.output], canaries) == []
