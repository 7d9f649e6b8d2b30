"""Reading a certificate's identity."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from idvault_verify.attest import certificate
from idvault_verify.attest.certificate import CertificateError

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=30)
GOOD = "spiffe://idvault.local/platform/platform-a"
KEY = ec.derive_private_key(7, ec.SECP256R1())


def pem(*uris: str, names: Sequence[x509.GeneralName] = (), extension: bool = True) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "synthetic")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(START)
        .not_valid_after(END)
    )
    if extension:
        listed = [*(x509.UniformResourceIdentifier(uri) for uri in uris), *names]
        builder = builder.add_extension(x509.SubjectAlternativeName(listed), critical=False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM)


def test_a_good_certificate_is_read() -> None:
    """Trust domain, role, name, pin and validity are read; other SANs are ignored."""
    found = certificate.read(pem(GOOD, names=[x509.DNSName("localhost")]))
    assert (found.trust_domain, found.role, found.name) == ("idvault.local", "platform", "platform-a")
    assert found.spiffe_id == GOOD
    public_key = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert found.spki == sha256(public_key).hexdigest()
    assert (found.not_before, found.not_after) == (START, END)


@pytest.mark.parametrize("role", sorted(certificate.ROLES))
def test_every_role_is_read(role: str) -> None:
    """The five roles of the edge are the first segment of the path."""
    assert certificate.read(pem(f"spiffe://idvault.local/{role}/somebody")).role == role


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("https://idvault.local/platform/platform-a", "spiffe://"),
        ("SPIFFE://idvault.local/platform/platform-a", "spiffe://"),
        ("spiffe://idvault.local/platform", "is not spiffe"),
        ("spiffe://idvault.local/platform/a/b", "is not spiffe"),
        ("spiffe://idvault.local/platform/a/", "is not spiffe"),
        ("spiffe:///platform/a", "trust domain"),
        ("spiffe://IDVAULT.local/platform/a", "trust domain"),
        ("spiffe://idvault.local:7443/platform/a", "trust domain"),
        ("spiffe://user@idvault.local/platform/a", "trust domain"),
        ("spiffe://idvault.local/witness/a", "known role"),
        ("spiffe://idvault.local/Platform/a", "known role"),
        ("spiffe://idvault.local/platform/", "name"),
        ("spiffe://idvault.local/platform/A", "name"),
        ("spiffe://idvault.local/platform/-a", "name"),
        ("spiffe://idvault.local/platform/a-", "name"),
        ("spiffe://idvault.local/platform/a%2Fb", "name"),
        ("spiffe://idvault.local/platform/a?b", "name"),
        ("spiffe://idvault.local/platform/a#b", "name"),
        ("spiffe://idvault.local/platform/..", "name"),
        ("spiffe://idvault.local/platform/a\n", "name"),
        ("spiffe://idvault.local/platform/" + "a" * 64, "name"),
    ],
)
def test_a_wrong_uri_is_refused(uri: str, why: str) -> None:
    """Every malformed URI is refused with the cause."""
    with pytest.raises(CertificateError, match=why):
        certificate.read(pem(uri))


def test_none_or_two_uris_are_refused() -> None:
    """There must be exactly one URI."""
    with pytest.raises(CertificateError, match="this one has 2"):
        certificate.read(pem(GOOD, "spiffe://idvault.local/auditor/auditor-a"))
    with pytest.raises(CertificateError, match="this one has 0"):
        certificate.read(pem(names=[x509.DNSName("localhost")]))
    with pytest.raises(CertificateError, match="this one has 0"):
        certificate.read(pem(extension=False))


@pytest.mark.parametrize("pem", [b"", b"text", pem(GOOD)[:200], b"\xff\xfe"])
def test_other_bytes_are_refused(pem: bytes) -> None:
    """Bytes that are not a certificate are refused with that cause."""
    with pytest.raises(CertificateError, match="not a certificate in PEM"):
        certificate.read(pem)


def test_validity_is_checked_to_the_moment() -> None:
    """The first and the last second are valid, one second outside is not."""
    found = certificate.read(pem(GOOD))
    found.check_valid(now=START)
    found.check_valid(now=END)
    with pytest.raises(CertificateError, match="not valid yet"):
        found.check_valid(now=START - timedelta(seconds=1))
    with pytest.raises(CertificateError, match="expired"):
        found.check_valid(now=END + timedelta(seconds=1))


def test_the_ed25519_keys_of_a_chain() -> None:
    """Only certificates with an Ed25519 key have one; a file without certificates has none."""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "synthetic")])
    made = x509.CertificateBuilder(subject, subject, key.public_key(), 2, START, END).sign(key, None)
    chain = pem(GOOD) + made.public_bytes(Encoding.PEM)
    assert certificate.ed25519_keys(chain) == (key.public_key().public_bytes_raw(),)
    assert certificate.ed25519_keys(pem(GOOD)) == ()
    assert certificate.ed25519_keys(b"none") == ()


def test_the_pin_of_a_chain_is_that_of_its_first_certificate() -> None:
    """The names in it do not matter; other bytes are refused."""
    assert certificate.first_pin(pem(GOOD) + b"more") == certificate.read(pem(GOOD)).spki
    with pytest.raises(CertificateError, match="PEM"):
        certificate.first_pin(b"none")


def test_the_pin_of_a_private_key_is_that_of_its_certificate() -> None:
    """A member's key file gives the pin before there is a certificate; other text is refused."""
    key = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert certificate.key_pin(key) == certificate.read(pem(GOOD)).spki
    locked = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"words"))
    for text in (pem(GOOD), b"", locked):
        with pytest.raises(CertificateError, match="not an unencrypted private key"):
            certificate.key_pin(text)
