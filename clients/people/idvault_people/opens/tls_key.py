"""A member's TLS key: created in the identity folder, with the request for a certificate (RFC 2986).

key.pem: the private key, P-256, which only its owner may read; request.pem: what the authority certifies.
"""

from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from idvault_people.opens.identity import CERTIFICATE, TLS_KEY, IdentityError
from idvault_verify import durable_file, small_file
from idvault_verify.attest import certificate
from idvault_verify.attest.certificate import Certificate

REQUEST = "request.pem"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
_DRAWN = (
    40  # 64 bits more than the order has, so that the remainder is as good as uniform (FIPS 186-5, A.2.1)
)
_READABLE = 0o644  # it is sent to the authority


def create(folder: Path, *, role: str, name: str, trust_domain: str, random: Callable[[int], bytes]) -> None:
    """Write key.pem and request.pem; raises IdentityError, also for a key or certificate that exists."""
    if not certificate.TRUST_DOMAIN.fullmatch(trust_domain):
        raise IdentityError("a trust domain has lower-case letters, digits, dots and hyphens only")
    for existing in (folder / CERTIFICATE, folder / TLS_KEY):
        if existing.exists():
            raise IdentityError(f"{existing} exists already, and is not replaced")
    key = ec.derive_private_key(int.from_bytes(random(_DRAWN)) % (_ORDER - 1) + 1, ec.SECP256R1())
    uri = x509.UniformResourceIdentifier(f"spiffe://{trust_domain}/{role}/{name}")
    asked = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .add_extension(x509.SubjectAlternativeName([uri]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    durable_file.create(folder / TLS_KEY, pem)
    durable_file.replace(folder / REQUEST, asked.public_bytes(Encoding.PEM), mode=_READABLE)


def check_files(folder: Path) -> Certificate | None:
    """Return the folder's certificate, None without one; raises IdentityError if key.pem is not its key.

    Raises CertificateError for a file that cannot be read.
    """
    try:
        found = certificate.read(small_file.read(folder / CERTIFICATE))
    except FileNotFoundError:
        return None
    key = folder / TLS_KEY
    if key.exists() and certificate.key_pin(small_file.read(key)) != found.spki:
        raise IdentityError(f"{key} is not the private key of {folder / CERTIFICATE}")
    return found
