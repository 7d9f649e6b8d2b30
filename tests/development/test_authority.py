"""The development certificate authority."""

import ipaddress
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from idvault_dev import layout
from idvault_dev.authority import Authority, real_now

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _authority(folder: Path, now: datetime = NOW) -> Authority:
    return Authority.open(certificate=folder / "ca.pem", key=folder / "ca.key", now=now)


def _client(authority: Authority, folder: Path, now: datetime = NOW) -> x509.Certificate:
    path = folder / "platform-a.pem"
    authority.issue_client(
        uris=[layout.spiffe_id("platform-a")], certificate=path, key=folder / "platform-a.key", now=now
    )
    return x509.load_pem_x509_certificate(path.read_bytes())


def _names(certificate: x509.Certificate) -> x509.SubjectAlternativeName:
    return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value


def test_client_certificate_carries_one_uri_and_verifies(tmp_path: Path) -> None:
    """A caller's certificate is signed by the authority, is for clients only, and has one URI."""
    authority = _authority(tmp_path)
    certificate = _client(authority, tmp_path)
    certificate.verify_directly_issued_by(authority.certificate)
    uri = "spiffe://idvault.local/platform/platform-a"
    assert list(_names(certificate)) == [x509.UniformResourceIdentifier(uri)]
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_server_certificate_names_hosts_and_addresses(tmp_path: Path) -> None:
    """The server's certificate is for localhost and 127.0.0.1."""
    path = tmp_path / "server.pem"
    _authority(tmp_path).issue_server(
        hosts=["localhost", "127.0.0.1"], certificate=path, key=tmp_path / "server.key", now=NOW
    )
    names = _names(x509.load_pem_x509_certificate(path.read_bytes()))
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("127.0.0.1")]


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    """Other users cannot read the key files."""
    _client(_authority(tmp_path), tmp_path)
    for name in ("ca.key", "platform-a.key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_second_opening_changes_nothing(tmp_path: Path) -> None:
    """The same authority and certificates are used again, so that pinned keys stay valid."""
    first = _client(_authority(tmp_path), tmp_path)
    second = _client(_authority(tmp_path), tmp_path)
    assert first == second


def test_old_certificates_are_renewed_with_the_same_key(tmp_path: Path) -> None:
    """A certificate that expires soon is renewed with the same key, and the new chain verifies."""
    first = _client(_authority(tmp_path), tmp_path)
    later = NOW + timedelta(days=340)
    authority = _authority(tmp_path, later)
    second = _client(authority, tmp_path, later)
    assert second.not_valid_after_utc > first.not_valid_after_utc
    assert second.public_key() == first.public_key()
    second.verify_directly_issued_by(authority.certificate)


def test_certificates_of_another_authority_are_replaced(tmp_path: Path) -> None:
    """If the authority is lost, a new one is created, and callers get new certificates from it."""
    first = _client(_authority(tmp_path), tmp_path)
    (tmp_path / "ca.key").unlink()
    authority = _authority(tmp_path)
    second = _client(authority, tmp_path)
    assert second != first
    second.verify_directly_issued_by(authority.certificate)


def test_several_uris_or_none_can_be_asked_for(tmp_path: Path) -> None:
    """Tests of the edge need certificates that a careful authority would not issue."""
    authority = _authority(tmp_path)
    for uris in ([], ["spiffe://idvault.local/platform/x", "spiffe://idvault.local/auditor/x"]):
        path = tmp_path / f"{len(uris)}.pem"
        authority.issue_client(uris=uris, certificate=path, key=tmp_path / "odd.key", now=NOW)
        found = _names(x509.load_pem_x509_certificate(path.read_bytes()))
        assert found.get_values_for_type(x509.UniformResourceIdentifier) == uris


def test_foreign_key_kind_is_refused(tmp_path: Path) -> None:
    """A key file of another key type is refused."""
    _authority(tmp_path)
    foreign = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (tmp_path / "ca.key").write_bytes(
        foreign.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    with pytest.raises(TypeError, match="elliptic"):
        _authority(tmp_path)


def test_real_now_is_aware_utc() -> None:
    """Certificates are dated in real UTC time."""
    assert real_now().tzinfo is UTC
