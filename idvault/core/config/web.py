"""The settings of the hosted pages, and the check of their public address."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from idvault.core.config.capacity import CapacitySettings

_PATH = re.compile(r"https?://[a-z0-9.\-:/_]+")
_URL = re.compile(r"https?://[a-z0-9.\-]+(?::[1-9][0-9]{0,4})?")


class WebSettings(CapacitySettings):
    """web_url is for the platform edge, too, which makes the links, and for the worker, whose page of public
    supervision links to the reports; the others are for `idvault web`.
    """

    web_url: str = ""
    web_supervision_url: str = ""
    web_target: str = ""
    web_server_name: str = ""
    web_tls_certificate: Path = Path()
    web_tls_key: Path = Path()
    web_proxies: Annotated[int, Field(ge=0, le=5)] = 0


def supervision_problems(name: str, url: str, *, development: bool) -> Iterator[str]:
    """Yield what is wrong with the address of the public directory, empty for no link to it."""
    if not url:
        return
    if not url.endswith("/") or not _URL.match(url) or not _PATH.fullmatch(url):
        yield f"{name} must be https://HOST/ with or without a path, in lower case, with a slash at its end"
    elif not url.startswith("https://") and not development:
        yield f"{name} must be https"


def problems(name: str, url: str, *, development: bool) -> Iterator[str]:
    """Yield what is wrong with the address, empty for no pages. name: of the setting."""
    if not url:
        return
    if not _URL.fullmatch(url):
        yield f"{name} must be https://HOST or https://HOST:PORT in lower case, without a path"
    elif not url.startswith("https://") and not development:
        yield f"{name} must be https: what people type crosses the network"
