"""A share re-sealed to an auditor's one-time key."""

import pytest

from idvault_people.opens.reseal import open_resealed, reseal
from idvault_verify.attest import hpke
from idvault_verify.attest.hpke import UnsealError
from tests.attest.test_disclosure import signed, terms
from tools.support import people

KEY = people.secret("once", "hpke")
SHARE = b"\x02" + bytes(range(32))


def test_a_share_reaches_the_one_time_key_and_nothing_else() -> None:
    """The share opens only with this key, for this request, custodian and place."""
    paper, asked = signed(terms()), terms()
    sealed = reseal(SHARE, signed_request=paper, terms=asked, custodian="custodian-b")
    good = {
        "signed_request": paper,
        "terms": asked,
        "private_key": KEY,
        "custodian": "custodian-b",
        "index": 2,
    }
    assert open_resealed(sealed, **good) == SHARE  # type: ignore[arg-type]
    changes: list[dict[str, object]] = [
        {"signed_request": signed(terms(purpose="something else"))},
        {"private_key": people.secret("twice", "hpke")},
        {"custodian": "custodian-a"},
        {"index": 1},
        {"terms": terms(suite=hpke.X_WING)},
    ]
    for change in changes:
        with pytest.raises(UnsealError):
            open_resealed(sealed, **good | change)  # type: ignore[arg-type]


def test_both_suites_can_be_asked_for() -> None:
    """Shares can be re-sealed to X-Wing and X25519 keys."""
    public = hpke.public_key(suite=hpke.X_WING, private_key=KEY)
    asked = terms(suite=hpke.X_WING, public_key=public)
    sealed = reseal(SHARE, signed_request=signed(asked), terms=asked, custodian="custodian-b")
    opened = open_resealed(
        sealed,
        signed_request=signed(asked),
        terms=asked,
        private_key=KEY,
        custodian="custodian-b",
        index=2,
    )
    assert opened == SHARE
