"""Checks the public address of the hosted pages."""

import re
from collections.abc import Iterator

_URL = re.compile(r"https?://[a-z0-9.\-]+(?::[1-9][0-9]{0,4})?")


def problems(name: str, url: str, *, development: bool) -> Iterator[str]:
    """Yield what is wrong with the address, empty for no pages. name: of the setting."""
    if not url:
        return
    if not _URL.fullmatch(url):
        yield f"{name} must be https://HOST or https://HOST:PORT in lower case, without a path"
    elif not url.startswith("https://") and not development:
        yield f"{name} must be https: what people type crosses the network"
