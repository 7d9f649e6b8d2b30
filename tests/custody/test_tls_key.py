"""A member's TLS key and the request for its certificate."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from idvault_people.opens import identity, tls_key
from idvault_people.opens.identity import IdentityError
from idvault_verify.attest import certificate
from tests.attest.test_certificate import GOOD, KEY, pem
from tools.support.fakes.sealing import CountingEntropy


def create(folder: Path, *, trust_domain: str = "vault.example") -> None:
    tls_key.create(
        folder,
        role="auditor",
        name="auditor-a",
        trust_domain=trust_domain,
        random=CountingEntropy().random,
    )


def test_the_request_names_the_member(tmp_path: Path) -> None:
    """It is signed by the key, which only its owner may read, and asks for the member's URI."""
    folder = tmp_path / "person"
    create(folder)
    assert (folder / identity.TLS_KEY).stat().st_mode & 0o777 == 0o600
    asked = x509.load_pem_x509_csr((folder / tls_key.REQUEST).read_bytes())
    assert asked.is_signature_valid
    names = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    assert uris == ["spiffe://vault.example/auditor/auditor-a"]
    assert certificate.key_pin((folder / identity.TLS_KEY).read_bytes())
    assert ec.derive_private_key(tls_key._ORDER - 1, ec.SECP256R1()).private_numbers().private_value


def test_nothing_is_replaced(tmp_path: Path) -> None:
    """A key or certificate that exists, and an invalid trust domain, are refused."""
    with pytest.raises(IdentityError, match="lower-case letters"):
        create(tmp_path, trust_domain="Vault Example")
    for name in (identity.TLS_KEY, identity.CERTIFICATE):
        (tmp_path / name).write_text("mine")
        with pytest.raises(IdentityError, match="is not replaced"):
            create(tmp_path)
        assert (tmp_path / name).read_text() == "mine"
        (tmp_path / name).unlink()


def test_a_certificate_needs_its_own_key(tmp_path: Path) -> None:
    """Another key is refused; a missing certificate or key is fine."""
    assert tls_key.check_files(tmp_path) is None
    (tmp_path / identity.CERTIFICATE).write_bytes(pem(GOOD))
    found = tls_key.check_files(tmp_path)
    assert found is not None
    assert found.spiffe_id == GOOD
    own = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / identity.TLS_KEY).write_bytes(own)
    assert tls_key.check_files(tmp_path) == found
    other = ec.derive_private_key(8, ec.SECP256R1())
    (tmp_path / identity.TLS_KEY).write_bytes(
        other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    with pytest.raises(IdentityError, match="is not the private key"):
        tls_key.check_files(tmp_path)
