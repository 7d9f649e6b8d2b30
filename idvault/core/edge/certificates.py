"""The certificate that an edge shows to new connections; it is replaced while the edge serves."""

from dataclasses import dataclass, field

import grpc


@dataclass(frozen=True, slots=True)
class Tls:
    """In PEM: the server's certificate chain and key, and the authority of the clients' certificates."""

    certificate: bytes
    key: bytes = field(repr=False)
    ca: bytes


class Certificates:
    """What all servers of gRPC at one port show; open connections keep what they began with."""

    def __init__(self, tls: Tls) -> None:
        """Set the first certificate."""
        self._newest = _configuration(tls)

    def replace(self, tls: Tls) -> None:
        """Show another certificate, and accept another authority's clients, from the next handshake on."""
        self._newest = _configuration(tls)

    def credentials(self) -> grpc.ServerCredentials:
        """Return credentials for one server: gRPC asks each for news, and keeps what it was told."""
        told = self._newest

        def news() -> grpc.ServerCertificateConfiguration | None:
            nonlocal told
            if told is self._newest:
                return None
            told = self._newest
            return told

        # gRPC takes None for "no news", which its stubs do not say.
        return grpc.dynamic_ssl_server_credentials(told, news, require_client_authentication=True)  # type: ignore[arg-type]


def _configuration(tls: Tls) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration([(tls.key, tls.certificate)], root_certificates=tls.ca)
