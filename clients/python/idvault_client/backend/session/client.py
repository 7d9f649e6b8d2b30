"""`Vault.sessions`, blocking and awaited; the functions in `calls` and `contests` document the methods."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from idvault_client.backend.rpc import Rpc, awaited, blocking
from idvault_client.backend.session import calls, contests


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionClient:
    """Hosted verification. run: makes a call and returns its result, or raises VaultError."""

    run: Callable[[Rpc[Any]], Any]

    create = blocking(calls.create)
    create_identity = blocking(calls.create_identity)
    bind = blocking(calls.bind)
    get = blocking(calls.get)
    contest = blocking(contests.contest)
    decide_contest = blocking(contests.decide_contest)
    get_contest = blocking(contests.get_contest)
    list_contests = blocking(contests.list_contests)


@dataclass(frozen=True, kw_only=True, slots=True)
class AioSessionClient:
    """The same, awaited."""

    run: Callable[[Rpc[Any]], Awaitable[Any]]

    create = awaited(calls.create)
    create_identity = awaited(calls.create_identity)
    bind = awaited(calls.bind)
    get = awaited(calls.get)
    contest = awaited(contests.contest)
    decide_contest = awaited(contests.decide_contest)
    get_contest = awaited(contests.get_contest)
    list_contests = awaited(contests.list_contests)
