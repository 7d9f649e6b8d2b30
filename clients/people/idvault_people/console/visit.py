"""What a page of a console gets, and what it may answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any


class NoPageError(Exception):
    """There is no such page."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a form brought; it stays on this machine."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """One request. parts: of the address; query: of its question mark; fields, files: of a form."""

    language: str
    say: Callable[..., str]
    path: str = "/"
    parts: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: Mapping[str, Upload] = field(default_factory=dict, repr=False)

    def given(self, name: str) -> str:
        """Return a field of the form without surrounding blanks, "" if it is not there."""
        return self.fields.get(name, "").replace("\r\n", "\n").strip()

    def line(self, name: str) -> str:
        """Return a field as one line: people type line breaks, which a signed text must not have."""
        return " ".join(self.given(name).split())


@dataclass(frozen=True, slots=True)
class Hiding:
    """Where a browser goes by itself after some seconds; a page that shows something secret names one."""

    seconds: int
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsolePage:
    """A page from a template. errors: by the id of a field, "" for the form as a whole.

    resend: the form whose answer the page is, if only that form shows it again, in another language. about:
    the addresses of what the form was about, if its own does not say.
    """

    template: str
    title: str
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    errors: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    hides: Hiding | None = None
    resend: Mapping[str, str] | None = field(default=None, repr=False)
    about: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class GoTo:
    """Another page of the console, after an act. about: as of a page."""

    path: str
    about: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Download:
    """A file for the user."""

    name: str
    content: bytes = field(repr=False)
    type: str


Answer = ConsolePage | GoTo | Download
Handler = Callable[[Visit], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One page. method: GET or POST; path: as aiohttp writes it, with {names} of parts."""

    method: str
    path: str
    handler: Handler


@dataclass(frozen=True, slots=True)
class MenuCount:
    """How much waits behind a link of the menu, in words. is_late: whether some of it is overdue."""

    text: str
    is_late: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsoleHead:
    """Who works at a console, where, and until when, for the header of every page.

    name: of the member, or how an id begins that `whole` has; place: the platform, or the vault's trust
    domain; until: when the certificate ends that the console calls with, None if that is not known; zone: of
    that day, None for this machine's.
    """

    name: str
    place: str
    whole: str = ""
    until: datetime | None = None
    zone: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why something did not happen, in the user's language. hint: what to do next.

    title: of the page, "" for that of what was not done. links: other pages, after the way back. again: what
    the way back adds to the address.
    """

    text: str
    hint: str = ""
    status: int = 409
    title: str = ""
    links: Sequence[tuple[str, str]] = ()
    again: str = ""
