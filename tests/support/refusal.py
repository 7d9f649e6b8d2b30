"""Why the vault refuses a client's call."""

from collections.abc import Awaitable
from typing import TypeVar

from idvault_client.errors import VaultError
from idvault_verify.error import IdvaultError
from tools.support.in_process import told

T = TypeVar("T")


async def outcome(work: Awaitable[T]) -> T | VaultError:
    """Return what a call answers, or its error; of an act, what its client would be told."""
    try:
        return await work
    except VaultError as error:
        return error
    except IdvaultError as error:
        return told(error)


async def refused(work: Awaitable[object]) -> VaultError:
    """Return the error of a call that must be refused."""
    found = await outcome(work)
    assert isinstance(found, VaultError), "this was not refused"
    return found


async def reason_of(work: Awaitable[object]) -> str | None:
    """Return the reason why a call is refused."""
    return (await refused(work)).reason


async def reason_or_none(work: Awaitable[object]) -> str | None:
    """Return the reason why a call is refused; None if it is not."""
    found = await outcome(work)
    return found.reason if isinstance(found, VaultError) else None


async def fields_of(work: Awaitable[object]) -> list[str]:
    """Return the invalid fields of a call that is refused for them."""
    return list((await refused(work)).fields)


async def states_of(work: Awaitable[object]) -> tuple[str, str] | None:
    """Return the present state and the wanted one, of a call that is refused for them."""
    return (await refused(work)).states


def states_or_reason(error: VaultError) -> str:
    """Return an error as models say it: both states, or the reason."""
    return " -> ".join(error.states) if error.states else str(error.reason)
