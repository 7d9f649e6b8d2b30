"""The variables that Kubernetes adds to a container's environment for each Service of its namespace.

For a Service `idvault-platform` they begin with IDVAULT_PLATFORM_ and so look like settings. One rule ignores
them: for a Service X there are X_SERVICE_HOST, X_SERVICE_PORT and X_PORT, and X_PORT is the address that the
other two give. Then every name of the forms that Kubernetes documents for X is ignored, and no other.
"""

import re
from collections.abc import Iterator, Mapping

_HOST = "_SERVICE_HOST"
_FORMS = re.compile(
    r"_SERVICE_HOST|_SERVICE_PORT(?:_[A-Z0-9_]+)?"
    r"|_PORT(?:_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?"
)


def of_services(environment: Mapping[str, str], *, prefix: str) -> frozenset[str]:
    """Return the names that Kubernetes added for the Services whose variables begin with the prefix."""
    return frozenset(
        name
        for service in _services(environment, prefix)
        for name in environment
        if name.startswith(service) and _FORMS.fullmatch(name.removeprefix(service))
    )


def _services(environment: Mapping[str, str], prefix: str) -> Iterator[str]:
    """Yield the name of each Service as its variables have it, such as IDVAULT_PLATFORM."""
    for name, host in environment.items():
        service = name.removesuffix(_HOST)
        # The Service `idvault` has IDVAULT_SERVICE_HOST: its name has no underscore at the end.
        if name == service or not f"{service}_".startswith(prefix):
            continue
        port = environment.get(f"{service}_SERVICE_PORT", "")
        at = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        if environment.get(f"{service}_PORT") in {f"{kind}://{at}" for kind in ("tcp", "udp", "sctp")}:
            yield service
