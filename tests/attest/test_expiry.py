"""When certificates expire."""

from datetime import timedelta
from pathlib import Path

import pytest

from idvault_verify.attest import expiry
from idvault_verify.attest.certificate import CertificateError
from tests.attest.test_certificate import END, GOOD, pem
from tools.support.authority import Authority


def test_the_first_end_of_a_chain_counts() -> None:
    """A chain expires with its first certificate to expire."""
    assert expiry.earliest_end(pem(GOOD)) == END
    later = Authority().server().certificate
    assert expiry.earliest_end(later) > END
    assert expiry.earliest_end(later + pem(GOOD)) == END
    assert expiry.end_of_first(later + pem(GOOD)) == expiry.earliest_end(later)


def test_the_last_end_of_authorities_counts() -> None:
    """Authorities are of use until the last of them expires."""
    later = Authority().server().certificate
    assert expiry.latest_end(later + pem(GOOD)) == expiry.earliest_end(later)


@pytest.mark.parametrize("text", [b"", b"no certificate"])
def test_no_certificate(text: bytes) -> None:
    """A file without certificates is refused."""
    with pytest.raises(CertificateError):
        expiry.earliest_end(text)


def test_what_is_left(tmp_path: Path) -> None:
    """The seconds of each file, negative after its end; files that are gone or hold none are left out."""
    (tmp_path / "good").write_bytes(pem(GOOD))
    (tmp_path / "none").write_bytes(b"no certificate")
    files = {name: tmp_path / name for name in ("good", "none", "gone")}
    assert expiry.seconds_left(files, now=END - timedelta(hours=1)) == {"good": 3_600}
    assert expiry.seconds_left(files, now=END + timedelta(seconds=1)) == {"good": -1}
