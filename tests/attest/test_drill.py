"""A custodian's drill signature: for exactly this record, and never an approval."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from idvault_verify import seal
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest import drill
from idvault_verify.attest.disclosure import PaperError, SignatureError
from idvault_verify.attest.drill import DrillTerms
from idvault_verify.disclosure import Verdict
from tools.support import people

TERMS = DrillTerms("ab" * 16, "cd" * 32, "custodian-a", 1_772_337_600)
SIGNATURE = people.signer("custodian-a").sign(TERMS.canonical())


def test_the_bytes_that_are_signed() -> None:
    """Record, quorum, custodian and time are signed, under a distinct purpose."""
    assert TERMS.canonical() == seal.encode(
        "idvault/drill/v1", "ab" * 16, "cd" * 32, "custodian-a", 1_772_337_600
    )
    assert TERMS.signed_at == datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


def test_a_good_signature_gives_the_whole_paper() -> None:
    """It returns the signed bytes and the signature, as the log commits to them."""
    paper = drill.check_signature(TERMS, SIGNATURE, roster_member=people.roster_member("custodian-a"))
    assert paper == TERMS.canonical() + SIGNATURE


@pytest.mark.parametrize(
    "changed",
    [{"record_id": "ff" * 16}, {"quorum_id": "ff" * 32}, {"custodian": "custodian-b"}, {"time": 1}],
)
def test_every_part_is_signed(changed: dict[str, Any]) -> None:
    """A different record, quorum, custodian or time makes a different paper."""
    with pytest.raises(SignatureError, match="not that of custodian-a"):
        drill.check_signature(
            replace(TERMS, **changed), SIGNATURE, roster_member=people.roster_member("custodian-a")
        )


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), SIGNATURE + b"\x00", SIGNATURE[:-1]])
def test_what_is_no_signature(signature: bytes) -> None:
    """A signature that is too short, too long, or of nothing is refused."""
    with pytest.raises(SignatureError):
        drill.check_signature(TERMS, signature, roster_member=people.roster_member("custodian-a"))


@pytest.mark.parametrize("verdict", list(Verdict))
def test_it_is_never_taken_for_a_decision(verdict: Verdict) -> None:
    """Its purpose differs, so it cannot be used to approve or deny."""
    with pytest.raises(PaperError, match=r"another purpose|truncated"):
        papers.parse_decision(TERMS.canonical() + SIGNATURE, verdict=verdict)
