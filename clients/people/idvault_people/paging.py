"""Reads lists of the service page by page, at most as many bytes as a reader keeps."""

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from idvault_client.errors import VaultError

MOST_BYTES = 64 * 1024 * 1024
# So many count for each page, so that empty ones end, too.
_LEAST = 4096
_TOO_LONG = "the vault's list does not end: it is longer than any list of this client can be"


class AnswerPage(Protocol):
    """An answer of a method that lists; next_page_token: empty at the end."""

    next_page_token: str

    def ByteSize(self) -> int:
        """Return the size of the answer."""
        ...


AnyPage = TypeVar("AnyPage", bound=AnswerPage)


def pages(ask: Callable[[str], AnyPage], *, most: int = MOST_BYTES) -> Iterator[AnyPage]:
    """Yield every page of a list; raises VaultError, also for more than this many bytes.

    ask: returns the page of a token, which is empty for the first one.
    """
    token, room = "", most
    while True:
        page = ask(token)
        yield page
        room -= max(page.ByteSize(), _LEAST)
        token = page.next_page_token
        if not token:
            return
        if room < 0:
            raise VaultError(code="INTERNAL", hint=_TOO_LONG)
