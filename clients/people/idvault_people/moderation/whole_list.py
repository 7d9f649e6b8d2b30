"""Lists of the vault, page by page; a file of its own, so that commands start without a desk."""

from collections.abc import Callable, Iterator
from typing import Any


def every(ask: Callable[..., Any], of: str, **wanted: Any) -> Iterator[Any]:
    """Yield all things of a list. ask: returns a page, whose things are in its field `of`."""
    token, last = "", False
    while not last:
        page = ask(**wanted, page_token=token)
        yield from getattr(page, of)
        token, last = page.next_page_token, not page.next_page_token


def all_pages(ask: Callable[[str], tuple[Any, str]], *, most: int, pages: int = 10) -> Iterator[Any]:
    """Yield at most so many things of a list. ask: returns the things and the token of a page."""
    after, count = "", 0
    for _ in range(pages):
        found, after = ask(after)
        for each in found:
            if count == most:
                return
            count += 1
            yield each
        if not after:
            return
