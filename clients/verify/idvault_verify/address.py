"""The address of a server: HOST:PORT."""


def split_address(address: str) -> tuple[str, int]:
    """Return the host and port of HOST:PORT; raises ValueError for a port that is no number."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)
