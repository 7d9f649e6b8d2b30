"""Says in words why a server cannot be used: TLS failures by their name, refused passwords, closed ports.

The words come from the type and the code of an error, never from its text, which may have an address.
OpenSSL's sentences about a certificate have none, but for those about its name, which have words here.
"""

import socket
import ssl
from collections.abc import Iterator

from idvault.core.db.connection import DriverError

# OpenSSL's X509_V_ERR codes.
_CERTIFICATE = {
    9: "its certificate is not valid yet: compare the clocks",
    10: "its certificate has expired",
    18: "its certificate is self-signed and not in the file of authorities",
    19: "its certificate's authority is not in the file of authorities",
    20: "its certificate's authority is not in the file of authorities",
    21: "its certificate's authority is not in the file of authorities",
    62: "its certificate is for another name",
    64: "its certificate is for another address",
}
# What verifies https: the witnesses and the registry. A database's authorities are those of its sslrootcert.
_OF_HTTPS = (
    "its certificate's authority is not one of this system's (SSL_CERT_FILE names a file in their place)"
)
_AUTHORITY = (18, 19, 20, 21)
_TLS = {
    "WRONG_VERSION_NUMBER": "it does not speak TLS at this port",
    "HTTP_REQUEST": "it does not speak TLS at this port",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it demands a client certificate",
    "TLSV1_ALERT_UNKNOWN_CA": "it does not accept the authority of our certificate",
    "TLSV1_ALERT_PROTOCOL_VERSION": "it refuses our version of TLS",
}
_STATES = {
    "28P01": "it refuses the password",
    "28000": "it refuses the user",
    "3D000": "it has no such database",
    "42501": "the user may not read the tables",
    "53300": "it has no connection left",
    "53100": "its disk is full",
    "57P03": "it is starting or stopping",
    "42P01": "it lacks this version's schema: run `idvault db upgrade`",
    "1": "it lacks this version's schema: run `idvault db upgrade`",
    "8": "its file may not be written to",
    "13": "its disk is full",
    "14": "its file cannot be opened",
    "26": "its file is no database",
}
_KINDS = {
    "ConnectionRefusedError": "nothing listens there",
    "gaierror": "its name is not known to DNS",
    "TimeoutError": "it does not answer in time",
    "SSLCertVerificationError": "its certificate does not verify",
    "ConnectionError": "it refuses the connection, or has no TLS although the address demands it",
    "NoSocketError": "nothing listens there: its socket is not there",
    "FileNotFoundError": "a file that the address names is not there, such as sslrootcert",
}


def why(error: BaseException) -> str:
    """Return why a server cannot be used."""
    return named(error) or "it does not answer"


def named(error: BaseException) -> str:
    """Return the name of the failure of a connection that caused an error, "" if none did."""
    return next((found for each in _chain(error) if (found := _named(each))), "")


def _named(error: BaseException) -> str:
    if isinstance(error, DriverError):
        return _of_driver(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _AUTHORITY:
            return _OF_HTTPS
        said = getattr(error, "verify_message", "")
        return _CERTIFICATE.get(error.verify_code) or _unverified(said)
    if isinstance(error, ssl.SSLError):
        reason = error.reason or "SSLError"
        return _TLS.get(reason, f"TLS fails ({reason})")
    if isinstance(error, socket.gaierror):
        return _KINDS["gaierror"]
    return _KINDS.get(type(error).__name__, "")


def _unverified(why: str) -> str:
    """Return the words for a certificate of which only OpenSSL says what is wrong."""
    general = _KINDS["SSLCertVerificationError"]
    return f"{general}: {why}" if why else general


def _of_driver(error: DriverError) -> str:
    kind = str(error).partition(" ")[0]
    if kind == "SSLCertVerificationError" and error.code.isdecimal():
        return _CERTIFICATE.get(int(error.code)) or _unverified(f"OpenSSL's error {error.code}")
    return _STATES.get(error.code) or _KINDS.get(kind) or f"it refuses ({error})"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and its causes, the deepest first: it is the one that happened."""
    if error is None:
        return
    # aiohttp keeps the error of a connection in attributes of its own.
    for inner in (getattr(error, "os_error", None), getattr(error, "certificate_error", None)):
        if isinstance(inner, BaseException):
            yield from _chain(inner)
    yield from _chain(error.__cause__ or (None if error.__suppress_context__ else error.__context__))
    yield error
