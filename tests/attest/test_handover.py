"""The signed paper of a hand-over batch."""

from dataclasses import replace
from hashlib import sha256

from idvault_verify import seal
from idvault_verify.attest import handover, succession
from idvault_verify.handover import HandedShare
from tools.support import people

FIRST = people.roster()
_SECOND = people.roster(version=2, names=("custodian-d", *people.NAMES[1:]))
SECOND = replace(_SECOND, people=(*_SECOND.people, people.roster_member("custodian-a")))
(FOUND,) = succession.find((FIRST, SECOND), leaver=people.roster_member("custodian-a"))
ONE = HandedShare("acct_1", "a" * 32, "b" * 64, b"h" * 32, b"resealed")
TWO = replace(ONE, account_token="acct_2")


def test_what_is_signed_names_both_people_and_every_share() -> None:
    """The bytes are built by hand, as an independent verifier would."""
    shares = seal.encode(
        "idvault/hand-over-shares/v1",
        *("acct_1", "a" * 32, "b" * 64, b"h" * 32, sha256(b"resealed").digest()),
    )
    assert handover.canonical(succession=FOUND, shares=[ONE]) == seal.encode(
        "idvault/hand-over/v1",
        "custodian-a",
        "custodian-d",
        SECOND.quorums[0].id,
        1,
        1,
        sha256(shares).digest(),
    )


def test_every_change_changes_the_digest() -> None:
    """A different share, order, hash or sealed text changes it."""
    changed = [
        [ONE, TWO],
        [TWO, ONE],
        [ONE],
        [replace(ONE, share_hash=b"x" * 32)],
        [replace(ONE, resealed=b"x")],
        [replace(ONE, record_id="c" * 32)],
        [replace(ONE, quorum_id="c" * 64)],
    ]
    assert len({handover.shares_digest(shares) for shares in changed}) == len(changed)


def test_the_end_names_both_people_and_the_version() -> None:
    """It is for one successor only; for another one, the leaver starts over."""
    assert handover.end(succession=FOUND) == seal.encode(
        "idvault/hand-over-end/v1", "custodian-a", "custodian-d", SECOND.quorums[0].id, 1
    )
