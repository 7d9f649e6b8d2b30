"""What moderators sign: the exact bytes, and that every part of them counts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from idvault.sanction.rules import NewSanction
from idvault_verify import seal
from idvault_verify.attest import sanction as papers
from idvault_verify.attest.moderator_key import DEVELOPMENT_MODERATORS as NAMES
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.attest.sanction import SigningOccasion
from idvault_verify.content_measure import ContentMeasureKind
from idvault_verify.error import InvalidError
from idvault_verify.sanction import (
    AuthorityOrder,
    Automation,
    Degree,
    Ground,
    IssuerKind,
    Origin,
    SanctionCategory,
    Scope,
)
from idvault_verify.seal import Part
from tools.support.builders import NOW, TOKEN
from tools.support.sanction_world import key_of, reasons

OCCASION = SigningOccasion("platform-a", "request-1", "1" * 32, datetime(2026, 3, 1, 4, tzinfo=UTC))
BEGINNING = ("platform-a", "request-1", "1" * 32, 1_772_337_600)
ORDER = AuthorityOrder("an authority", "order 3", date(2026, 2, 27), b"o" * 32)
KEY = key_of(1)
OTHER_KIND = X25519PrivateKey.generate()


def imposition(**changes: Any) -> bytes:
    given: dict[str, Any] = {
        "account_token": TOKEN,
        "scope": Scope.ACCOUNT,
        "degree": Degree.LIMIT,
        "measure": "no-video",
        "operation_id": None,
        "public_account_id": None,
        "statement": reasons(),
    }
    return papers.imposition(OCCASION, NewSanction(**{**given, **changes}))


def test_the_bytes_of_a_registration() -> None:
    """The key is signed by itself, under a purpose of its own."""
    occasion = replace(OCCASION, moderator_id="")
    assert papers.registration(occasion, public_key=KEY.public_key) == seal.encode(
        "idvault/moderator/v1", "platform-a", "request-1", "", 1_772_337_600, KEY.public_key
    )


def test_the_bytes_of_a_countersignature() -> None:
    """The new key is signed by another moderator, under a purpose of its own."""
    assert papers.countersignature(OCCASION, public_key=KEY.public_key) == seal.encode(
        "idvault/moderator-countersignature/v1", *BEGINNING, KEY.public_key
    )


def test_the_bytes_of_another_decision() -> None:
    """The method and every field of its request are signed, in their order."""
    paper = papers.act(OCCASION, method="DecideContest", fields=("a" * 32, 7, b"mark"))
    assert paper == seal.encode("idvault/moderator-act/v1", *BEGINNING, "DecideContest", "a" * 32, 7, b"mark")


def test_what_is_signed_of_a_text() -> None:
    """Without the salt, nobody can test a guess of the text; of no text, nothing is signed."""
    mark = papers.text_mark("传言", salt=bytes(range(32)))
    assert mark.hex() == "5b62db87551f8f6780a72747aac6acc0fdaf9d1934466a89e65cee6dcd6a6a51"
    assert papers.text_mark("传言", salt=bytes(32)) != mark
    assert papers.text_mark("传闻", salt=bytes(range(32))) != mark
    assert papers.text_mark("", salt=bytes(range(32))) == b""


def test_which_papers_only_the_log_has() -> None:
    """Registrations, countersignatures and acts are kept with the log; a sanction's papers have rows."""
    kept: list[Part] = [
        papers.registration(OCCASION, public_key=KEY.public_key) + bytes(64),
        papers.countersignature(OCCASION, public_key=KEY.public_key) + bytes(64),
        papers.act(OCCASION, method="DecideContest", fields=()) + bytes(64),
    ]
    others: list[Part] = [
        imposition(),
        papers.confirmation(OCCASION, sanction_id="a" * 32, paper_digest=b"d" * 32),
        papers.lift(OCCASION, sanction_id="a" * 32, paper_digest=b"d" * 32, reason="why"),
        papers.appeal_decision(OCCASION, appeal_id="d", paper_digest=b"", verdict="UPHELD", reason=""),
        seal.encode("idvault/moderator/v2"),
        b"idvault/moderator/v1",
        b"",
        "idvault/moderator-act/v1",
        7,
    ]
    assert list(papers.kept([kept[0], *others, *kept[1:]])) == kept
    assert list(papers.kept(others)) == []


def test_the_bytes_of_a_sanction() -> None:
    """Everything that the platform sends is signed; what a statement does not have is empty."""
    assert imposition() == seal.encode(
        "idvault/sanction/v2",
        *BEGINNING,
        TOKEN,
        "ACCOUNT",
        "LIMIT",
        "no-video",
        "",
        "",
        "AGAINST_TERMS",
        "RUMOUR",
        "terms 4.2",
        "case 17",
        bytes(32) + bytes(range(32)),
        "OWN_INITIATIVE",
        "",
        "PARTIAL",
        "NONE",
        "",
        "CN",
        "write to appeals",
        "PLATFORM",
        "",
        "",
        "",
        b"",
    )


def test_the_bytes_of_an_authoritys_sanction() -> None:
    """The order is a part of them, and the end is in seconds since 1970."""
    given = reasons(
        end_at=NOW + timedelta(hours=1), issuer_kind=IssuerKind.AUTHORITY, order=ORDER, tip_off="9"
    )
    assert imposition(statement=given).endswith(
        seal.encode(
            "9",
            "PARTIAL",
            "NONE",
            1_772_341_200,
            "CN",
            "write to appeals",
            "AUTHORITY",
            "an authority",
            "order 3",
            "2026-02-27",
            b"o" * 32,
        )
    )


def test_the_bytes_of_what_follows() -> None:
    """A confirmation and a lift are bound to the signed sanction."""
    assert papers.confirmation(OCCASION, sanction_id="a" * 32, paper_digest=b"d" * 32) == seal.encode(
        "idvault/sanction-confirmation/v1", *BEGINNING, "a" * 32, b"d" * 32
    )
    assert papers.lift(OCCASION, sanction_id="a" * 32, paper_digest=b"d" * 32, reason="why") == seal.encode(
        "idvault/sanction-lift/v1", *BEGINNING, "a" * 32, b"d" * 32, "why"
    )
    assert papers.digest(b"") == bytes.fromhex(
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"ground": Ground.ILLEGAL},
        {"category": SanctionCategory.FRAUD},
        {"rule_reference": "x"},
        {"case_reference": "x"},
        {"evidence": (bytes(32),)},
        {"origin": Origin.AUTHORITY},
        {"detection": Automation.NONE},
        {"decision": Automation.FULL},
        {"territory": "x"},
        {"redress": "x"},
        {"issuer_kind": IssuerKind.AUTHORITY},
        {"end_at": NOW},
        {"tip_off": "x"},
        {"order": ORDER},
    ],
)
def test_every_part_of_a_statement_is_signed(changes: dict[str, Any]) -> None:
    """A changed part makes another paper."""
    assert imposition(statement=reasons(**changes)) != imposition()


@pytest.mark.parametrize(
    "changes",
    [
        {"account_token": "acct_1"},
        {"scope": Scope.PERSON},
        {"degree": Degree.WARN},
        {"measure": "x"},
        {"operation_id": "f" * 32},
        {"public_account_id": "f" * 32},
    ],
)
def test_what_is_decided_is_signed(changes: dict[str, Any]) -> None:
    """Another account, scope, degree or measure makes another paper."""
    assert imposition(**changes) != imposition()


@pytest.mark.parametrize(
    "changes",
    [
        {"relying_party": "platform-b"},
        {"request_id": "request-2"},
        {"moderator_id": "2" * 32},
        {"signed_at": OCCASION.signed_at + timedelta(seconds=1)},
    ],
)
def test_a_paper_is_for_one_occasion(changes: dict[str, Any]) -> None:
    """Platform, request, moderator and time are signed, so a paper is never used twice."""
    other = replace(OCCASION, **changes)
    assert papers.lift(other, sanction_id="a", paper_digest=b"", reason="") != papers.lift(
        OCCASION, sanction_id="a", paper_digest=b"", reason=""
    )


def test_a_signature_is_checked() -> None:
    """The paper is returned with its signature; another key, paper or form of a signature is refused."""
    signature = KEY.sign(b"paper")
    assert papers.signed(b"paper", signature, public_key=KEY.public_key) == b"paper" + signature
    wrong = [
        (b"other", signature, KEY.public_key),
        (b"paper", signature, key_of(2).public_key),
        (b"paper", signature[:-1], KEY.public_key),
        (b"paper", b"", KEY.public_key),
        (b"paper", signature, bytes(31)),
    ]
    for paper, given, public_key in wrong:
        with pytest.raises(InvalidError) as refused:
            papers.signed(paper, given, public_key=public_key)
        assert [each.field for each in refused.value.violations] == ["signature.signature"]


def test_a_key_signs_for_its_moderator() -> None:
    """The key knows whose it is, and a signature names whole seconds."""
    now = NOW + timedelta(microseconds=5)
    occasion = KEY.of("1" * 32).occasion("request-1", now=now)
    assert occasion == OCCASION
    assert ModeratorKey.generate("platform-a").public_key != KEY.public_key


def test_development_s_keys_are_known() -> None:
    """The same name gives the same key at every platform, another name another key, and none has an id."""
    first, second = (ModeratorKey.development(name, relying_party="platform-a") for name in NAMES)
    assert first.private_key.private_bytes_raw() == sha256(b"idvault/development/moderator-a").digest()
    assert (first.relying_party, first.moderator_id) == ("platform-a", "")
    assert first.public_key != second.public_key
    elsewhere = ModeratorKey.development(NAMES[0], relying_party="platform-b")
    assert (elsewhere.public_key, elsewhere.relying_party) == (first.public_key, "platform-b")


def test_a_stored_key_is_an_ed25519_key() -> None:
    """A file is read with its password; one that holds another kind of key is refused."""
    pem = KEY.to_pem(password=b"synthetic")
    again = ModeratorKey.from_pem(pem, password=b"synthetic", relying_party="platform-a")
    assert (again.public_key, again.moderator_id) == (KEY.public_key, "")
    other = OTHER_KIND.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"synthetic"))
    with pytest.raises(ValueError, match="Ed25519"):
        ModeratorKey.from_pem(other, password=b"synthetic", relying_party="platform-a")
    # A wrong password decrypts to nonsense, which once in 256 times is padded rightly.
    others = [(pem, b"another %d" % number) for number in range(20)]
    for file, password in (*others, (pem[:80], b"synthetic"), (b"", b"synthetic")):
        with pytest.raises(ValueError, match="the password or the file is wrong"):
            ModeratorKey.from_pem(file, password=password, relying_party="platform-a")


def test_the_bytes_of_an_appeals_decision() -> None:
    """Appeal, sanction, verdict and reason are signed, under a purpose of its own."""
    paper = papers.appeal_decision(
        OCCASION, appeal_id="d" * 32, paper_digest=b"h" * 32, verdict="UPHELD", reason="it was satire"
    )
    assert paper == seal.encode(
        "idvault/appeal-decision/v1", *BEGINNING, "d" * 32, b"h" * 32, "UPHELD", "it was satire"
    )


def test_the_bytes_of_a_measure_on_content() -> None:
    """Content and kind come before the statement of a sanction; what follows is bound to it."""
    stated = imposition()[imposition().index(seal.encode("AGAINST_TERMS")) :]
    kind = ContentMeasureKind.LABELLED
    made = papers.content_measure(OCCASION, content="post/17", kind=kind, statement=reasons())
    beginning = seal.encode("idvault/content-measure/v1", *BEGINNING, "post/17", "LABELLED")
    assert made == beginning + stated
    bound: dict[str, Any] = {"measure_id": "a" * 32, "paper_digest": b"d" * 32}
    assert papers.content_reversal(OCCASION, **bound, reason="why") == seal.encode(
        "idvault/content-reversal/v1", *BEGINNING, "a" * 32, b"d" * 32, "why"
    )
    assert papers.content_appeal_decision(OCCASION, **bound, verdict="UPHELD", reason="why") == seal.encode(
        "idvault/content-appeal-decision/v1", *BEGINNING, "a" * 32, b"d" * 32, "UPHELD", "why"
    )
