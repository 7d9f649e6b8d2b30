"""Loads that one caller or visitor makes, shared by the campaigns `memory` and `neighbours`.

Each load is one module with one function, `run(target, *, seconds)`. It makes its load until `seconds` are
over or its amount is done, whichever is first, then lets go of all that it holds, and returns in a few words
what it did. It expects refusals: only what the campaign could not do at all is an exception. Its module, its
arguments and its result can be pickled: it runs in a process of its own, and a campaign measures beside it.
"""

import importlib
import multiprocessing
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol, cast

from idvault_client import Tls


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A deployment and who loads it.

    edge: the shared platform edge, HOST:PORT; tls: a registered platform's certificate, which is not the
    neighbour's. stranger: a certificate of the same authority that nobody registered. registry: the mocked
    registry's admin address. pages: the address of the hosted pages, "" without them; forwarded: whether
    visitors say their addresses themselves (X-Forwarded-For). ports: every listening address, by the name of
    its process. scale: 1.0 is the full load.
    """

    edge: str
    tls: Tls
    registry: str
    stranger: Tls | None = None
    pages: str = ""
    forwarded: bool = True
    ports: Mapping[str, str] = field(default_factory=dict)
    scale: float = 1.0

    def scaled(self, scale: float) -> "Target":
        """Return the same with another strength of the load."""
        return replace(self, scale=scale)

    def times(self, number: int) -> int:
        """Return a number of the full load, scaled."""
        return max(1, int(number * self.scale))


class Load(Protocol):
    """The function `run` of a load's module."""

    def __call__(self, target: Target, *, seconds: float) -> str:
        """Make the load for at most this time; return what was done."""
        ...


LOADS: Mapping[str, str] = {
    "distinct claims": "distinct_claims",
    "repeats": "repeats",
    "forms": "forms",
    "wrong secrets": "wrong_secrets",
    "large messages": "large_messages",
    "health streams": "health_streams",
    "idle sockets": "idle_sockets",
}
"""The module of each load, in this package."""


def load(name: str) -> Load:
    """Return the function of a load."""
    return cast("Load", importlib.import_module(f"{__name__}.{LOADS[name]}").run)


def made(name: str, target: Target, seconds: float) -> str:
    """Make a load in this process."""
    return load(name)(target, seconds=seconds)


@contextmanager
def beside(name: str, target: Target, *, seconds: float) -> Iterator["Future[str]"]:
    """Make a load in a process of its own, beside the block; its result tells what was done, or raises."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool.submit(made, name, target, seconds)
