"""What people sign: the reference writes what the clients read, and reads what they write."""

from dataclasses import astuple
from hashlib import sha256

import pytest

from idvault_people.opens import reseal
from idvault_verify import ed25519 as product_ed25519
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest import drill, handover
from idvault_verify.attest.disclosure import DecisionTerms, Terms
from idvault_verify.attest.drill import DrillTerms
from idvault_verify.attest.succession import Succession
from idvault_verify.disclosure import Verdict
from idvault_verify.ed25519 import SMALL_ORDER, WeakKeyError
from idvault_verify.handover import HandedShare
from tools.support import builders, people
from tools.support.reference import hpke, paper
from tools.support.reference.ed25519 import check_key
from tools.support.reference.encoding import RefusedError
from tools.support.reference.paper import Handed, Request

ONE_TIME = bytes(range(32))
SHARE = b"\x02" + bytes(range(32))
AUDITOR = people.roster_member("auditor-a", role="auditor")


def request(suite: str = hpke.X25519) -> Request:
    return Request(
        disclosure_id="ab" * 16,
        auditor="auditor-a",
        account_token=builders.TOKEN,
        case_reference="案号 1 (synthetic)",
        legal_basis="第一条 (synthetic)",
        purpose="synthetic",
        suite=suite,
        public_key=hpke.public_key(suite, ONE_TIME),
        openings=1,
        create_time=1_772_337_600,
        expire_time=1_772_596_800,
        roster_digest="cd" * 32,
    )


@pytest.mark.parametrize("suite", [hpke.X25519, hpke.X_WING])
def test_requests_are_read_both_ways(suite: str) -> None:
    """Content and signature are the same bytes; another key's signature is refused."""
    made = request(suite)
    signed = paper.sign(people.secret("auditor-a", "ed25519"), paper.request_content(made))
    found = papers.parse_request(signed)
    assert astuple(found) == astuple(made)
    papers.check_signature(signed, roster_member=AUDITOR, field="signed_request")
    theirs = Terms(*astuple(made))
    signed = theirs.canonical() + people.signer("auditor-a").sign(theirs.canonical())
    assert paper.read_request(signed, AUDITOR.ed25519) == made
    with pytest.raises(RefusedError):
        paper.read_request(signed, people.roster_member("auditor-b").ed25519)


def test_approvals_are_the_same_bytes() -> None:
    """An approval is bound to the signed request, the custodian, the place and the share."""
    signed, resealed = paper.sign(ONE_TIME, paper.request_content(request())), b"sealed share"
    made = paper.approval_content(signed_request=signed, custodian="custodian-b", place=2, resealed=resealed)
    given = sha256(resealed).digest()
    theirs = DecisionTerms(Verdict.APPROVE, papers.digest(signed), "custodian-b", 2, given)
    assert theirs.canonical() == made
    assert papers.parse_decision(made + bytes(64), verdict=Verdict.APPROVE) == theirs


def test_denials_are_the_same_bytes() -> None:
    """A denial is bound to the signed request, the custodian, the place and its reason."""
    signed = paper.sign(ONE_TIME, paper.request_content(request()))
    made = paper.denial_content(signed_request=signed, custodian="custodian-b", place=2, reason="理由")
    theirs = DecisionTerms(Verdict.DENY, papers.digest(signed), "custodian-b", 2, reason="理由")
    assert theirs.canonical() == made
    assert papers.parse_decision(made + bytes(64), verdict=Verdict.DENY) == theirs


@pytest.mark.parametrize("suite", [hpke.X25519, hpke.X_WING])
def test_shares_are_resealed_both_ways(suite: str) -> None:
    """A share that one sealed to the one-time key is opened by the other, for this request only."""
    made = request(suite)
    signed = paper.sign(ONE_TIME, paper.request_content(made))
    terms = papers.parse_request(signed)
    resealed = paper.reseal(SHARE, request=made, signed_request=signed, custodian="custodian-b")
    opened = reseal.open_resealed(
        resealed, signed_request=signed, terms=terms, private_key=ONE_TIME, custodian="custodian-b", index=2
    )
    assert opened == SHARE
    resealed = reseal.reseal(SHARE, signed_request=signed, terms=terms, custodian="custodian-b")
    info = paper.reseal_info(signed, "custodian-b", 2)
    assert hpke.unseal(suite, ONE_TIME, resealed, info) == SHARE
    with pytest.raises(RefusedError):
        hpke.unseal(suite, ONE_TIME, resealed, paper.reseal_info(signed, "custodian-c", 2))


def test_keys_of_small_order_are_refused_alike() -> None:
    """Every encoding of a point of small order is refused by both, an ordinary key by neither."""
    p = 2**255 - 19
    weak = [y + times * p for y in SMALL_ORDER for times in (0, 1) if y + times * p < 2**255]
    for y in weak:
        for sign in (0, 2**255):
            key = (y + sign).to_bytes(32, "little")
            with pytest.raises(RefusedError):
                paper.verify(key, bytes(64), b"")
            with pytest.raises(WeakKeyError):
                product_ed25519.check(key)
    for name in people.NAMES:
        public = people.roster_member(name).ed25519
        check_key(public)
        assert product_ed25519.check(public) == public


def test_drill_papers_are_the_same_bytes() -> None:
    """A custodian's statement about a drill."""
    terms = DrillTerms("ab" * 16, "cd" * 32, "custodian-a", 1_772_337_600)
    made = paper.drill_content(
        record_id="ab" * 16, quorum_id="cd" * 32, custodian="custodian-a", seconds=1_772_337_600
    )
    assert made == terms.canonical()
    signed = paper.sign(people.secret("custodian-a", "ed25519"), made)
    assert (
        drill.check_signature(terms, signed[-64:], roster_member=people.roster_member("custodian-a"))
        == signed
    )


def test_hand_over_papers_are_the_same_bytes() -> None:
    """The paper of a batch covers every share in it."""
    quorum = people.quorum(names=("custodian-d", "custodian-b", "custodian-c"))
    succession = Succession(quorum, 1, people.roster_member("custodian-a"), frozenset({"ef" * 32}))
    shares = [
        (builders.TOKEN, "ab" * 16, "ef" * 32, b"h" * 32, b"sealed"),
        (builders.TOKEN[:-1] + "t", "cd" * 16, "ef" * 32, b"i" * 32, b"other"),
    ]
    made = paper.hand_over_content(
        leaver="custodian-a",
        successor="custodian-d",
        quorum_id=quorum.id,
        place=1,
        shares=[Handed(*each) for each in shares],
    )
    theirs = handover.canonical(succession=succession, shares=[HandedShare(*each) for each in shares])
    assert made == theirs
    end = paper.hand_over_end(leaver="custodian-a", successor="custodian-d", quorum_id=quorum.id, place=1)
    assert end == handover.end(succession=succession)
