"""The offline check: what passes, and that everything else is refused with a specific reason."""

from typing import Any

import pytest

from idvault_verify.account import AccountState, MinimumAssurance, Standing
from idvault_verify.attest import jose, status_check, status_token
from idvault_verify.attest.jose import JwkSet
from idvault_verify.attest.status_check import LATEST, CheckedList, CheckError
from idvault_verify.attest.status_token import CREDENTIAL_TYPE, LIST_TYPE, PUBLIC_ACCOUNT_TYPE, TOKEN_TYPE
from tools.support.status_tokens import (
    AUDIENCE,
    ISSUER,
    KEYS,
    LIST_KEY,
    NOW,
    SUBJECT,
    credential_claims,
    later,
    list_claims,
    public_account_claims,
    signed,
    status,
    status_claims,
    status_list,
)

LIST = f"{ISSUER}/status/0.jwt"
CREDENTIAL = signed(credential_claims(), CREDENTIAL_TYPE)


def lists(token: str | None = None, **options: Any) -> dict[str, CheckedList]:
    found = status_check.read_list(token or status_list(**options), keys=KEYS, now=NOW)
    return {found.uri: found}


def reason_of(token: str, *, seconds: float = 0, **options: Any) -> str:
    made: dict[str, Any] = {"keys": KEYS, "audience": AUDIENCE, "lists": lists()}
    with pytest.raises(CheckError) as caught:
        status_check.check(token, now=later(seconds), **{**made, **options})
    return caught.value.reason


def list_reason(token: str, *, seconds: float = 0, **options: Any) -> str:
    with pytest.raises(CheckError) as caught:
        status_check.read_list(token, now=later(seconds), **{"keys": KEYS, **options})
    return caught.value.reason


def test_a_status_token_passes() -> None:
    """A current token for this audience of a verified account passes."""
    token = signed(status_claims(own=True), TOKEN_TYPE)
    found = status_check.check(token, keys=KEYS, audience=AUDIENCE, issuer=ISSUER, now=NOW)
    assert (found.subject, found.issuer, found.audience) == (SUBJECT, ISSUER, AUDIENCE)
    assert (found.expires_at, found.standing) == (int(later(600).timestamp()), "GOOD")


def test_a_credential_passes_with_its_list() -> None:
    """A credential with a VALID entry passes until the last second of its list."""
    for seconds in (0, 3599):
        found = status_check.check(
            CREDENTIAL, keys=KEYS, audience=AUDIENCE, lists=lists(), now=later(seconds)
        )
        assert (found.subject, found.standing) == (SUBJECT, None)


@pytest.mark.parametrize("stated", MinimumAssurance)
@pytest.mark.parametrize("minimum", MinimumAssurance)
def test_a_minimum_is_stated_by_one_that_includes_it(
    minimum: MinimumAssurance, stated: MinimumAssurance
) -> None:
    """HOLDER is one of the facts that suffice for HOLDER_OR_DOCUMENT_SEEN, and not the reverse."""
    passes = minimum in (MinimumAssurance.ANY, stated) or stated is MinimumAssurance.HOLDER
    for token in (
        signed(status_claims(minimum=stated), TOKEN_TYPE),
        signed(credential_claims(minimum=stated), CREDENTIAL_TYPE),
    ):
        if not passes:
            assert reason_of(token, minimum=minimum) == "ASSURANCE_MISSING"
            continue
        found = status_check.check(
            token, keys=KEYS, audience=AUDIENCE, lists=lists(), now=NOW, minimum=minimum
        )
        told = None if stated is MinimumAssurance.ANY else stated.value
        assert found.minimum_assurance == told
    unknown = signed({**credential_claims(), "minimum_assurance": "LATER"}, CREDENTIAL_TYPE)
    assert reason_of(unknown, minimum=MinimumAssurance.HOLDER) == "ASSURANCE_MISSING"
    wrong = signed({**credential_claims(), "minimum_assurance": ["HOLDER"]}, CREDENTIAL_TYPE)
    assert reason_of(wrong) == "CLAIMS_INVALID"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": status(AccountState.EXPIRED)}, "NOT_VERIFIED"),
        ({"status": status(AccountState.PENDING)}, "NOT_VERIFIED"),
        ({"status": status(AccountState.ERASED)}, "NOT_VERIFIED"),
        ({"own": True, "status": status(standing=Standing.CLOSED)}, "NOT_VERIFIED"),
        ({"audience": "https://pay.example"}, "AUDIENCE_WRONG"),
        ({"audience": ["https://taxi.example"]}, "CLAIMS_INVALID"),
        ({"subject": ""}, "CLAIMS_INVALID"),
        ({"issued_by": 1}, "CLAIMS_INVALID"),
        ({"issued_at": later(61)}, "NOT_YET_VALID"),
        ({"expires_at": NOW}, "EXPIRED"),
    ],
)
def test_a_status_token_that_does_not_pass(changes: dict[str, Any], reason: str) -> None:
    """A wrong audience, time or state is refused."""
    assert reason_of(signed(status_claims(**changes), TOKEN_TYPE)) == reason


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "iat", "exp", "state"])
def test_a_claim_that_is_missing(name: str) -> None:
    """No JWT claim may be missing."""
    claims = status_claims()
    del claims[name]
    assert reason_of(signed(claims, TOKEN_TYPE)) in ("CLAIMS_INVALID", "NOT_VERIFIED")


@pytest.mark.parametrize("wrong", [True, "1772366400", -1, None, LATEST + 1, 2**53 - 1])
def test_a_time_that_is_none(wrong: Any) -> None:
    """Times must be whole numbers."""
    for name in ("iat", "exp"):
        assert reason_of(signed({**status_claims(), name: wrong}, TOKEN_TYPE)) == "CLAIMS_INVALID"


@pytest.mark.parametrize("wrong", [1.5, 2**53, 2**63, float("nan")])
def test_a_number_that_not_every_reader_knows(wrong: Any) -> None:
    """A fraction, and what is beyond 2^53 - 1, makes the claims unreadable, whoever signed them."""
    for name in ("iat", "exp", "other"):
        assert reason_of(signed({**status_claims(), name: wrong}, TOKEN_TYPE)) == "TOKEN_MALFORMED"


def test_another_issuer() -> None:
    """If an issuer is required, no other is accepted."""
    token = signed(status_claims(), TOKEN_TYPE)
    assert reason_of(token, issuer="https://other.example") == "ISSUER_WRONG"


def test_a_token_that_ran_out() -> None:
    """A token expires after exactly ten minutes."""
    assert reason_of(signed(status_claims(), TOKEN_TYPE), seconds=600) == "EXPIRED"


def test_other_types_and_keys() -> None:
    """A list is not accepted as a token, and a list key signs no token."""
    assert reason_of(status_list()) == "TYPE_WRONG"
    assert reason_of(signed(status_claims(), LIST_TYPE)) == "TYPE_WRONG"
    assert reason_of(signed(status_claims(), TOKEN_TYPE, LIST_KEY)) == "KEY_UNKNOWN"
    assert reason_of("x") == "TOKEN_MALFORMED"
    assert reason_of(CREDENTIAL[:-4] + "AAAA") == "SIGNATURE_INVALID"
    token = signed(status_claims(), TOKEN_TYPE)
    assert reason_of(token[:-4] + "AAAA") == "SIGNATURE_INVALID"
    assert reason_of(token, keys=JwkSet({})) == "KEY_UNKNOWN"


def test_a_credential_needs_its_list() -> None:
    """Without its list, or with another one, a credential does not pass."""
    assert reason_of(CREDENTIAL, lists=None) == "LIST_MISSING"
    assert reason_of(CREDENTIAL, lists={}) == "LIST_MISSING"
    other = status_token.list_claims(
        issued_by=ISSUER, number=1, entries=lists().popitem()[1].entries, issued_at=NOW
    )
    found = lists(signed(other, LIST_TYPE, LIST_KEY))
    assert reason_of(CREDENTIAL, lists=found) == "LIST_MISSING"
    renamed = {f"{ISSUER}/status/0.jwt": found.popitem()[1]}
    assert reason_of(CREDENTIAL, lists=renamed) == "LIST_MISSING"
    foreign = lists(signed({**list_claims(), "iss": "https://other.example"}, LIST_TYPE, LIST_KEY))
    assert reason_of(CREDENTIAL, lists=foreign) == "LIST_MISSING"


def test_an_entry_that_says_no() -> None:
    """An entry that is not VALID, or is missing, refuses the credential."""
    assert reason_of(CREDENTIAL, lists=lists(valid=False)) == "STATUS_INVALID"
    beyond = signed(credential_claims(list_index=64), CREDENTIAL_TYPE)
    assert reason_of(beyond) == "INDEX_OUT_OF_RANGE"
    assert reason_of(CREDENTIAL, lists=lists(size=0)) == "INDEX_OUT_OF_RANGE"


@pytest.mark.parametrize(
    "status_claim",
    [None, {}, [], {"status_list": []}, {"status_list": {"idx": 1}}, {"status_list": {"uri": LIST}},
     {"status_list": {"idx": -1, "uri": LIST}}, {"status_list": {"idx": True, "uri": LIST}}],
)  # fmt: skip
def test_a_reference_that_is_none(status_claim: Any) -> None:
    """A credential without a complete reference is refused."""
    token = signed({**credential_claims(), "status": status_claim}, CREDENTIAL_TYPE)
    assert reason_of(token) == "CLAIMS_INVALID"


def test_a_list_that_ran_out_while_it_was_kept() -> None:
    """A cached list is refused after it expires."""
    assert reason_of(CREDENTIAL, seconds=3600) == "LIST_EXPIRED"
    assert reason_of(CREDENTIAL, seconds=30 * 86_400) == "EXPIRED"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({**list_claims(), "exp": int(NOW.timestamp())}, "LIST_EXPIRED"),
        (list_claims(issued_at=later(61)), "LIST_NOT_YET_VALID"),
        ({**list_claims(), "iat": "x"}, "LIST_MALFORMED"),
        ({**list_claims(), "sub": 1}, "LIST_MALFORMED"),
        ({**list_claims(), "iss": ""}, "LIST_MALFORMED"),
        ({**list_claims(), "status_list": {}}, "LIST_MALFORMED"),
        ({**list_claims(), "status_list": {"bits": 1, "lst": "AAAA"}}, "LIST_MALFORMED"),
    ],
)
def test_a_list_that_does_not_pass(claims: dict[str, Any], reason: str) -> None:
    """Expired, future and malformed lists are refused."""
    assert list_reason(signed(claims, LIST_TYPE, LIST_KEY)) == reason


def test_a_list_signed_by_another() -> None:
    """A list must be signed by a list key; a token key is refused."""
    assert list_reason(signed(list_claims(), LIST_TYPE)) == "LIST_KEY_UNKNOWN"
    assert list_reason(status_list()[:-4] + "AAAA") == "LIST_SIGNATURE_INVALID"
    assert list_reason(CREDENTIAL) == "LIST_TYPE_WRONG"
    assert list_reason(signed(credential_claims(), CREDENTIAL_TYPE, LIST_KEY)) == "LIST_TYPE_WRONG"


def test_a_list_that_is_too_old_or_too_long() -> None:
    """A verifier can limit the age and the size of a list."""
    assert status_check.read_list(status_list(), keys=KEYS, now=later(300), max_age=300).issued_at
    assert list_reason(status_list(), seconds=301, max_age=300) == "LIST_STALE"
    assert list_reason(status_list(), limit=7) == "LIST_MALFORMED"
    assert reason_of(CREDENTIAL, seconds=301, max_list_age=300) == "LIST_STALE"


def test_every_changed_character_is_noticed() -> None:
    """Changing any character of a credential or a list is detected."""
    listed = status_list()
    for place in range(len(CREDENTIAL)):
        other = "A" if CREDENTIAL[place] != "A" else "B"
        with pytest.raises(CheckError):
            status_check.check(
                CREDENTIAL[:place] + other + CREDENTIAL[place + 1 :],
                keys=KEYS,
                audience=AUDIENCE,
                lists=lists(),
                now=NOW,
            )
    for place in range(len(listed)):
        other = "A" if listed[place] != "A" else "B"
        with pytest.raises(CheckError):
            status_check.read_list(listed[:place] + other + listed[place + 1 :], keys=KEYS, now=NOW)
    assert jose.kid(bytes(32))


def test_a_public_accounts_credential_is_none_of_a_person() -> None:
    """It passes where public accounts are asked for, which learn its name; nowhere else."""
    token = signed(public_account_claims(), PUBLIC_ACCOUNT_TYPE)
    found = status_check.check_public_account(token, keys=KEYS, audience=AUDIENCE, now=NOW, lists=lists())
    assert found.public_account_id == public_account_claims()["public_account_id"]
    assert (found.issuer, found.subject, found.audience) == (ISSUER, SUBJECT, AUDIENCE)
    assert reason_of(token) == "TYPE_WRONG"
    assert reason_of(signed(public_account_claims(), CREDENTIAL_TYPE)) == "CLAIMS_INVALID"


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (CREDENTIAL, "TYPE_WRONG"),
        (signed(status_claims(), TOKEN_TYPE), "TYPE_WRONG"),
        (signed(credential_claims(), PUBLIC_ACCOUNT_TYPE), "CLAIMS_INVALID"),
        (signed({**public_account_claims(), "public_account_id": 7}, PUBLIC_ACCOUNT_TYPE), "CLAIMS_INVALID"),
    ],
)
def test_a_persons_token_names_no_public_account(token: str, reason: str) -> None:
    """Who asks for a public account gets nothing of a person, nor one without a name."""
    with pytest.raises(CheckError) as caught:
        status_check.check_public_account(token, keys=KEYS, audience=AUDIENCE, now=NOW, lists=lists())
    assert caught.value.reason == reason


def test_a_public_accounts_credential_needs_its_list() -> None:
    """As a person's does."""
    token = signed(public_account_claims(), PUBLIC_ACCOUNT_TYPE)
    for given in ({}, lists(status_list(valid=False))):
        with pytest.raises(CheckError):
            status_check.check_public_account(token, keys=KEYS, audience=AUDIENCE, now=NOW, lists=given)
