"""`Vault.sanctions`, blocking and awaited; `calls`, `appeals`, `matters` and `months` document the methods.

request_id: a UUID that you saved before the call, so that you can repeat it: it is signed again and remains
the same decision. Without one the client chooses one. Every method raises VaultError and no exception of
gRPC.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from idvault_client.backend.rpc import Rpc, awaited, blocking
from idvault_client.backend.sanction import appeals, calls, matters, months


@dataclass(frozen=True, kw_only=True, slots=True)
class SanctionClient:
    """Moderators and sanctions. run: makes a call and returns its result, or raises VaultError."""

    run: Callable[[Rpc[Any]], Any]

    register_moderator = blocking(calls.register_moderator)
    revoke_moderator = blocking(calls.revoke_moderator)
    get_moderator = blocking(calls.get_moderator)
    find_moderator = blocking(calls.find_moderator)
    impose = blocking(calls.impose)
    confirm = blocking(calls.confirm)
    lift = blocking(calls.lift)
    get = blocking(calls.get)
    list_page = blocking(calls.list_page)
    file_appeal = blocking(appeals.file_appeal)
    decide_appeal = blocking(appeals.decide_appeal)
    get_appeal = blocking(appeals.get_appeal)
    list_appeals = blocking(appeals.list_appeals)
    record_order = blocking(matters.record_order)
    list_orders = blocking(matters.list_orders)
    open_operation = blocking(matters.open_operation)
    close_operation = blocking(matters.close_operation)
    get_operation = blocking(matters.get_operation)
    list_operations = blocking(matters.list_operations)
    get_month = blocking(months.get_month)


@dataclass(frozen=True, kw_only=True, slots=True)
class AioSanctionClient:
    """The same, awaited."""

    run: Callable[[Rpc[Any]], Awaitable[Any]]

    register_moderator = awaited(calls.register_moderator)
    revoke_moderator = awaited(calls.revoke_moderator)
    get_moderator = awaited(calls.get_moderator)
    find_moderator = awaited(calls.find_moderator)
    impose = awaited(calls.impose)
    confirm = awaited(calls.confirm)
    lift = awaited(calls.lift)
    get = awaited(calls.get)
    list_page = awaited(calls.list_page)
    file_appeal = awaited(appeals.file_appeal)
    decide_appeal = awaited(appeals.decide_appeal)
    get_appeal = awaited(appeals.get_appeal)
    list_appeals = awaited(appeals.list_appeals)
    record_order = awaited(matters.record_order)
    list_orders = awaited(matters.list_orders)
    open_operation = awaited(matters.open_operation)
    close_operation = awaited(matters.close_operation)
    get_operation = awaited(matters.get_operation)
    list_operations = awaited(matters.list_operations)
    get_month = awaited(months.get_month)
