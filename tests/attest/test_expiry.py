"""When certificates expire."""

from datetime import timedelta

import pytest

from idvault.attest import expiry
from idvault.attest.certificate import CertificateError
from tests.attest.test_certificate import END, GOOD, pem


def test_the_first_end_of_a_chain_counts() -> None:
    """A chain expires with its first certificate to expire."""
    assert expiry.earliest_end(pem(GOOD)) == END
    assert expiry.earliest_end(pem(GOOD) + pem(GOOD)) <= END + timedelta(0)


@pytest.mark.parametrize("text", [b"", b"no certificate"])
def test_no_certificate(text: bytes) -> None:
    """A file without certificates is refused."""
    with pytest.raises(CertificateError):
        expiry.earliest_end(text)
