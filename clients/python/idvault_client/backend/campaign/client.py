"""`Vault.campaigns`, blocking and awaited; the functions in `calls` document the methods.

request_id: a UUID that you saved before the call, so that you can repeat it. Without one the client chooses
one. Every method raises VaultError and no exception of gRPC.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from idvault_client.backend.campaign import calls
from idvault_client.backend.rpc import Rpc, awaited, blocking


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignClient:
    """Legacy accounts and campaigns. run: makes a call and returns its result, or raises VaultError."""

    run: Callable[[Rpc[Any]], Any]

    import_legacy_accounts = blocking(calls.import_legacy_accounts)
    create = blocking(calls.create)
    get = blocking(calls.get)
    list_page = blocking(calls.list_page)
    start = blocking(calls.start)
    pause = blocking(calls.pause)
    resume = blocking(calls.resume)
    end = blocking(calls.end)
    claim_due_invitations = blocking(calls.claim_due_invitations)
    get_invitation = blocking(calls.get_invitation)
    record_invitation_event = blocking(calls.record_invitation_event)
    progress = blocking(calls.progress)


@dataclass(frozen=True, kw_only=True, slots=True)
class AioCampaignClient:
    """The same, awaited."""

    run: Callable[[Rpc[Any]], Awaitable[Any]]

    import_legacy_accounts = awaited(calls.import_legacy_accounts)
    create = awaited(calls.create)
    get = awaited(calls.get)
    list_page = awaited(calls.list_page)
    start = awaited(calls.start)
    pause = awaited(calls.pause)
    resume = awaited(calls.resume)
    end = awaited(calls.end)
    claim_due_invitations = awaited(calls.claim_due_invitations)
    get_invitation = awaited(calls.get_invitation)
    record_invitation_event = awaited(calls.record_invitation_event)
    progress = awaited(calls.progress)
