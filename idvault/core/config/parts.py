"""The settings of single subjects, of which `Settings` is made, and the checks of the pages."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

from idvault.core import capacity


class CapacitySettings(BaseModel):
    """memory: MiB that the process may take; how much it serves at once follows from it."""

    memory: Annotated[int, Field(ge=capacity.LEAST_MEMORY, le=65_536)] = capacity.DEFAULT_MEMORY


class ErasureSettings(BaseModel):
    """How long an erasure can be cancelled."""

    erasure_waiting_days: Annotated[int, Field(ge=1, le=30)] = 7


class ModerationSettings(BaseModel):
    """Days are calendar days of the operator's time zone. appeal_outside_body: named by every rejection."""

    public_accounts_per_individual: Annotated[int, Field(ge=1, le=1_000)] = 1
    public_accounts_per_organization: Annotated[int, Field(ge=1, le=1_000)] = 5
    public_account_days: Annotated[int, Field(ge=61, le=36_500)] = 365
    appeal_outside_body: Annotated[str, Field(max_length=200)] = ""
    appeal_outside_days: Annotated[int, Field(ge=1, le=3_650)] = 60
    tip_offs_per_day: Annotated[int, Field(ge=1, le=10_000)] = 20


_URL = re.compile(r"https?://[a-z0-9.\-]+(?::[1-9][0-9]{0,4})?")


class WebSettings(CapacitySettings):
    """web_url is for the platform edge, too, which makes the links, and for the worker, whose page of public
    supervision links to the reports; web_operator, the file that says who runs the service, is for the
    worker's page, too. The others are for `idvault web`.
    """

    web_url: str = ""
    web_operator: Path = Path()
    web_target: str = ""
    web_tls_certificate: Path = Path()
    web_tls_key: Path = Path()
    web_proxies: Annotated[int, Field(ge=0, le=5)] = 0


def web_problems(name: str, url: str, *, development: bool) -> Iterator[str]:
    """Yield what is wrong with the address, empty for no pages. name: of the setting."""
    if not url:
        return
    if not _URL.fullmatch(url):
        yield f"{name} must be https://HOST or https://HOST:PORT in lower case, without a path"
    elif not url.startswith("https://") and not development:
        yield f"{name} must be https: what people type crosses the network"
