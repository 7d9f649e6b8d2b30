"""The signed papers of a disclosure."""

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idvault_verify import seal
from idvault_verify.attest import disclosure, hpke
from idvault_verify.attest.disclosure import DecisionTerms, PaperError, SignatureError, Terms
from idvault_verify.disclosure import Verdict
from idvault_verify.error import InvalidError, Reason
from tools.support import builders, people

FIELD = "signed_request"


def terms(**changes: object) -> Terms:
    """Return the terms of a synthetic auditor's request."""
    made = Terms(
        disclosure_id="d" * 32,
        auditor="auditor-a",
        account_token=builders.TOKEN,
        case_reference="案 2026-1",
        legal_basis="网络安全法 (synthetic)",
        purpose="一次核查",
        suite=hpke.X25519,
        public_key=hpke.public_key(suite=hpke.X25519, private_key=people.secret("once", "hpke")),
        openings=1,
        create_time=1_772_337_600,
        expire_time=1_772_337_600 + 3 * 86_400,
        roster_digest="a" * 64,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def signed(paper: Terms | DecisionTerms, name: str = "auditor-a") -> bytes:
    """Return a paper with a member's signature."""
    canonical = paper.canonical()
    return canonical + people.signer(name).sign(canonical)


def decision(verdict: Verdict = Verdict.APPROVE) -> DecisionTerms:
    """Return a decision about a request."""
    given_share = sha256(b"share").digest() if verdict is Verdict.APPROVE else b""
    reason = "" if verdict is Verdict.APPROVE else "理由 (synthetic)"
    return DecisionTerms(verdict, disclosure.digest(signed(terms())), "custodian-a", 1, given_share, reason)


def test_the_canonical_bytes_are_these() -> None:
    """The bytes are the purpose, each field in order, and the signature, so that others can rebuild them."""
    asked = terms()
    assert signed(asked)[:-64] == seal.encode(
        "idvault/disclosure-request/v1",
        asked.disclosure_id,
        "auditor-a",
        builders.TOKEN,
        asked.case_reference,
        asked.legal_basis,
        asked.purpose,
        hpke.X25519,
        asked.public_key,
        1,
        asked.create_time,
        asked.expire_time,
        "a" * 64,
    )
    made = decision()
    assert made.canonical() == seal.encode(
        "idvault/disclosure-approval/v1", made.request_digest, "custodian-a", 1, made.resealed_hash
    )


@pytest.mark.parametrize(
    "changes", [{"openings": 0}, {"disclosure_id": "D" * 32}, {"purpose": ""}, {"account_token": "acct_"}]
)
def test_terms_that_are_not_allowed_are_refused(changes: dict[str, object]) -> None:
    """The service and every custodian's client apply the same limits to a request's terms."""
    terms().check()
    with pytest.raises(InvalidError):
        terms(**changes).check()


def test_a_request_comes_back() -> None:
    """A signed request parses to the same terms and times."""
    asked = terms()
    found = disclosure.parse_request(signed(asked))
    assert found == asked
    assert found.lifetime.days == 3
    assert (found.expire_at - found.created_at).days == 3
    disclosure.check_signature(
        signed(asked), roster_member=people.roster_member("auditor-a", role="auditor"), field=FIELD
    )


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_decision_comes_back(verdict: Verdict) -> None:
    """An approval parses as an approval and a denial as a denial, never as the other."""
    made = decision(verdict)
    paper = signed(made, "custodian-a")
    assert disclosure.parse_decision(paper, verdict=verdict) == made
    disclosure.check_signature(paper, roster_member=people.roster_member("custodian-a"), field=FIELD)
    other = Verdict.DENY if verdict is Verdict.APPROVE else Verdict.APPROVE
    with pytest.raises(PaperError, match="another purpose") as refused:
        disclosure.parse_decision(paper, verdict=other)
    assert refused.value.reason is Reason.INVALID_MESSAGE


def test_a_denial_holds_its_reason() -> None:
    """The reason is signed: another one has another signature, and none is refused."""
    made = decision(Verdict.DENY)
    paper = signed(made, "custodian-a")
    assert disclosure.parse_decision(paper, verdict=Verdict.DENY) == made
    member = people.roster_member("custodian-a")
    disclosure.check_signature(paper, roster_member=member, field=FIELD)
    forged = replace(made, reason="another").canonical() + paper[-64:]
    with pytest.raises(SignatureError):
        disclosure.check_signature(forged, roster_member=member, field=FIELD)
    with pytest.raises(PaperError, match="another purpose"):
        disclosure.parse_decision(paper, verdict=Verdict.APPROVE)
    empty = seal.encode("idvault/disclosure-denial/v2", b"x" * 32, "custodian-a", 1, b"") + bytes(64)
    with pytest.raises(PaperError, match="no reason"):
        disclosure.parse_decision(empty, verdict=Verdict.DENY)
    assert made.reason not in repr(made)


def test_a_request_is_no_decision() -> None:
    """A paper of one purpose is not accepted for another."""
    paper = seal.encode("idvault/disclosure-request/v1", *["x"] * 4) + bytes(64)
    with pytest.raises(PaperError, match="another purpose"):
        disclosure.parse_decision(paper, verdict=Verdict.APPROVE)
    with pytest.raises(PaperError, match="not a disclosure request"):
        disclosure.parse_request(signed(decision()))


def test_another_signature_is_refused() -> None:
    """A signature by somebody else, of something else, of nothing, or by an invalid key is refused."""
    member = people.roster_member("auditor-a", role="auditor")
    for paper in (
        signed(terms(), "auditor-b"),
        terms(openings=2).canonical() + signed(terms())[-64:],
        terms().canonical() + bytes(64),
        b"",
    ):
        with pytest.raises(SignatureError, match="not that of auditor-a"):
            disclosure.check_signature(paper, roster_member=member, field=FIELD)
    with pytest.raises(SignatureError):
        disclosure.check_signature(
            signed(terms()), roster_member=replace(member, ed25519=b"short"), field=FIELD
        )


@pytest.mark.parametrize(
    "change",
    [
        {"public_key": b"short"},
        {"suite": "ROT13"},
        {"openings": 10**12},
    ],
)
def test_terms_that_are_none_are_refused(change: dict[str, object]) -> None:
    """An unusable key, an unknown suite and an endless number are refused."""
    with pytest.raises(PaperError):
        disclosure.parse_request(signed(terms(**change)))


@pytest.mark.parametrize("number", [b"", b"01", b"-1", b"+1", "１".encode(), b"1_0"])
def test_a_number_has_one_spelling(number: bytes) -> None:
    """Digits of other scripts, signs and leading zeros are refused."""
    parts = [b"x" * 32, b"custodian-a", number, b"why"]
    paper = seal.encode("idvault/disclosure-denial/v2", *parts) + bytes(64)
    with pytest.raises(PaperError):
        disclosure.parse_decision(paper, verdict=Verdict.DENY)


def test_a_text_that_is_no_text_is_refused() -> None:
    """Neither the error nor its cause contains the bytes."""
    parts: list[seal.Part] = [b"x" * 32, b"\xff\xfe", 1, b"why"]
    paper = seal.encode("idvault/disclosure-denial/v2", *parts) + bytes(64)
    with pytest.raises(PaperError, match="not UTF-8") as refused:
        disclosure.parse_decision(paper, verdict=Verdict.DENY)
    assert refused.value.__cause__ is None


def test_long_papers_are_not_read() -> None:
    """Papers that are too long are refused, whatever they contain."""
    with pytest.raises(PaperError, match="too long"):
        disclosure.parse_request(bytes(disclosure.LONGEST_REQUEST + 1))
    with pytest.raises(PaperError, match="too long"):
        disclosure.parse_decision(bytes(disclosure.LONGEST_DECISION + 1), verdict=Verdict.APPROVE)
    with pytest.raises(PaperError, match="too long"):
        disclosure.parse_decision(bytes(disclosure.LONGEST_DENIAL + 1), verdict=Verdict.DENY)


@given(st.integers(0, 200))
@settings(max_examples=60)
def test_a_cut_paper_is_refused(cut: int) -> None:
    """A truncated paper is refused, wherever it ends."""
    paper = signed(terms())
    with pytest.raises(PaperError):
        disclosure.parse_request(paper[: cut if cut < 100 else len(paper) - (cut - 99)])


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_noise_is_refused(data: bytes) -> None:
    """Random bytes give the same error."""
    for read in (
        lambda: disclosure.parse_request(data),
        lambda: disclosure.parse_decision(data, verdict=Verdict.APPROVE),
    ):
        with pytest.raises(PaperError):
            read()
