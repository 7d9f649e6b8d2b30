"""Reads the feed of a registry's notices, page by page; its format.

This project invented the format; there is no specification.

- GET /notices?after=ID returns up to 100 notices after that one, in order; without a parameter, the first
  ones. Headers, signature and errcodes are NPPA's. An unknown id is refused as a parameter error.
- An answer's result is {"notices": [{"id", "kind", "day", "document": {"type", "number"}, "newDocument",
  "reverses", "signature"}]}; what a notice has not is left out. The signature is in base64.
- Only a complete answer with HTTP status 200 and code 0 counts; anything else is asked for again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from idvault.registry import nppa
from idvault.registry.nppa import Credentials, Exchange, NppaCode, NppaWireError
from idvault_verify import strict_base64
from idvault_verify.document import Document, DocumentType
from idvault_verify.notice import NoticeKind, RegistryNotice
from idvault_verify.registry import RegistryAnswer

PATH = "/notices"
PAGE = 100
_FIELDS = {"id", "kind", "day", "document", "newDocument", "reverses", "signature"}


@dataclass(frozen=True, slots=True)
class FedNotice:
    """A notice as the feed has it; nothing of it is checked but its form."""

    notice: RegistryNotice
    signature: bytes


class FeedError(Exception):
    """The feed gave no page; the text holds nothing of its answer. busy: for a minute it takes no calls."""

    def __init__(self, answer: RegistryAnswer) -> None:
        """Keep what became of the call."""
        super().__init__(f"the registry's feed gave no page: {answer.value}")
        self.answer = answer
        self.busy = answer is RegistryAnswer.RATE_LIMITED


@dataclass(kw_only=True, eq=False, repr=False)
class NoticeFeed:
    """A client of one feed. base: its URL. clock: real time, within 5 s of the registry's."""

    base: str
    credentials: Credentials
    clock: Callable[[], datetime]

    def __post_init__(self) -> None:
        """Set up without connecting."""
        self._exchange = Exchange()

    async def read(self, *, after: str, patience: float) -> list[FedNotice]:
        """Return the next notices, none at the end; raises FeedError. after: "" for the first page."""
        params = {"after": after} if after else {}
        request = nppa.build_get(PATH, credentials=self.credentials, params=params, now=self.clock())
        page: list[FedNotice] = []

        def read(http_status: int, body: bytes) -> RegistryAnswer:
            code, answer = nppa.parse_code(body)
            if code == NppaCode.OK and http_status == nppa.OK:
                page.extend(_page(answer))
                return RegistryAnswer.MATCH
            return nppa.meaning(http_status, code, None)

        told = await self._exchange.ask(self.base, request, patience=patience, read=read)
        if told is not RegistryAnswer.MATCH:
            raise FeedError(told)
        return page

    async def close(self) -> None:
        """Close the connections."""
        await self._exchange.close()


def _page(answer: Mapping[str, object]) -> list[FedNotice]:
    notices = nppa.result_of(answer).get("notices")
    if not isinstance(notices, list) or len(notices) > PAGE:
        raise NppaWireError("an answer has no notices, or too many")
    return [parse(each) for each in notices]


def parse(given: object) -> FedNotice:
    """Return a notice of the feed; raises NppaWireError."""
    try:
        return _parsed(given)
    except (KeyError, TypeError, ValueError):
        raise NppaWireError("a notice is not well formed") from None


def _parsed(given: Any) -> FedNotice:
    if not isinstance(given, dict) or not set(given) <= _FIELDS:
        raise TypeError
    made = RegistryNotice(
        _text(given["id"]),
        NoticeKind(given["kind"]),
        date.fromisoformat(given["day"]),
        _document(given.get("document")),
        _document(given.get("newDocument")),
        _text(given.get("reverses", "")),
    )
    return FedNotice(made, strict_base64.standard(given["signature"]))


def _document(given: Any) -> Document | None:
    return None if given is None else Document(DocumentType(given["type"]), _text(given["number"]))


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise TypeError
    return given
