"""The certificates that the operator has issued or received, found by their keys.

The vault pins keys, and sees a certificate only while its holder calls. So the last day of a certificate is
told by a copy of it: in the operator's own folder, or in folders that the operator names, such as that of
`idvault setup`. Of several certificates of one key the one that ends last counts.
"""

import re
import ssl
from binascii import a2b_base64
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from idvault_verify import durable_file, small_file
from idvault_verify.attest import certificate
from idvault_verify.attest.certificate import Certificate, CertificateError

NAME = "certificates"
_ENDINGS = ("*.pem", "*.crt")
_FIRST = re.compile(rb"-----BEGIN (X509 )?CERTIFICATE-----(.*?)-----END (X509 )?CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownCertificates:
    """The certificates on this machine. own: the folder for those the console gets; others: only read."""

    own: Path
    others: Sequence[Path] = ()

    def by_key(self) -> dict[str, Certificate]:
        """Return the certificate of each key, by the key's SHA-256 in hex; other files are left out."""
        found: dict[str, Certificate] = {}
        for path in self._files():
            with suppress(CertificateError, OSError):
                read = certificate.read(small_file.read(path))
                if read.spki not in found or found[read.spki].not_after < read.not_after:
                    found[read.spki] = read
        return found

    def keep(self, pem: bytes) -> Certificate:
        """Keep the first certificate of a PEM text in the own folder; raises CertificateError, OSError.

        Nothing else of the text is kept: there may be a private key beside it.
        """
        read, alone = certificate.read(pem), _first(pem)
        if certificate.read(alone) != read:
            raise CertificateError("the first certificate of this text is not clear")
        self.own.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{read.role}-{read.name}-{read.spki[:16]}-{read.not_after:%Y%m%d%H%M%S}.pem"
        durable_file.replace(self.own / name, alone)
        return read

    def _files(self) -> Sequence[Path]:
        folders = (self.own, *self.others)
        return sorted({path for folder in folders for ending in _ENDINGS for path in folder.rglob(ending)})


def _first(pem: bytes) -> bytes:
    """Return the first certificate of a PEM text alone, written anew."""
    found = _FIRST.search(pem)
    if found is None:
        raise CertificateError("this is not a certificate in PEM form")
    return ssl.DER_cert_to_PEM_cert(a2b_base64(found[2])).encode()
