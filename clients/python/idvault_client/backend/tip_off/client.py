"""`Vault.tip_offs`, blocking and awaited; the functions in `calls` document the methods.

request_id: a UUID that you saved before the call, so that you can repeat it. Without one the client chooses
one. Every method raises VaultError and no exception of gRPC.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from idvault_client.backend.rpc import Rpc, awaited, blocking
from idvault_client.backend.tip_off import calls


@dataclass(frozen=True, kw_only=True, slots=True)
class TipOffClient:
    """Reports of rumours. run: makes a call and returns its result, or raises VaultError."""

    run: Callable[[Rpc[Any]], Any]

    file = blocking(calls.file)
    follow = blocking(calls.follow)
    assign = blocking(calls.assign)
    hand_back = blocking(calls.hand_back)
    add_note = blocking(calls.add_note)
    answer = blocking(calls.answer)
    uphold = blocking(calls.uphold)
    dismiss = blocking(calls.dismiss)
    find_abusive = blocking(calls.find_abusive)
    merge = blocking(calls.merge)
    get = blocking(calls.get)
    list_page = blocking(calls.list_page)
    set_reporter_standing = blocking(calls.set_reporter_standing)
    list_reporters = blocking(calls.list_reporters)


@dataclass(frozen=True, kw_only=True, slots=True)
class AioTipOffClient:
    """The same, awaited."""

    run: Callable[[Rpc[Any]], Awaitable[Any]]

    file = awaited(calls.file)
    follow = awaited(calls.follow)
    assign = awaited(calls.assign)
    hand_back = awaited(calls.hand_back)
    add_note = awaited(calls.add_note)
    answer = awaited(calls.answer)
    uphold = awaited(calls.uphold)
    dismiss = awaited(calls.dismiss)
    find_abusive = awaited(calls.find_abusive)
    merge = awaited(calls.merge)
    get = awaited(calls.get)
    list_page = awaited(calls.list_page)
    set_reporter_standing = awaited(calls.set_reporter_standing)
    list_reporters = awaited(calls.list_reporters)
