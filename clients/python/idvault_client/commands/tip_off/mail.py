"""Reads a report from an e-mail that anybody may have written: what is hostile is refused, nothing is
followed.

- Sizes are bounded before anything is decoded: the mail, each header that is read, parts, depth, text. What
  makes the parser slow is counted before it runs: lines, and those of them that may separate parts.
- HTML is read in one pass, whatever it holds: the standard library's parser takes minutes for a page of
  unfinished comments.
- The text is the first plain part, or the text of the first HTML part without scripts and styles. Nothing in
  it is fetched, executed or rendered; characters that are not printable are dropped.
- Attachments are not kept: each is a SHA-256, after that of the whole mail.
- Automatic mails (RFC 3834, and those without a return path) are refused, so that no reply makes a loop.
- A refusal is one of our own words and quotes nothing of the mail.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from hashlib import sha256
from html import unescape
from typing import Any

from idvault_verify.statement import MOST_EVIDENCE
from idvault_verify.tip_off import CONTACT_LENGTH, TEXT_LENGTH

MOST_BYTES = 16 * 1024 * 1024
MOST_PARTS, MOST_DEPTH = 100, 20
MOST_LINES, MOST_SEPARATORS, MOST_BOUNDARIES = 300_000, 2_000, 40
_HEADER_LENGTH = 2_000
_MARKUP_LENGTH = 256 * 1024
_UNSHOWN = frozenset({"head", "noscript", "script", "style", "template", "title"})
_BREAKS = frozenset({"br", "div", "li", "p", "tr"})
_KEPT = "\n\t"
_TAG = re.compile("<(?:!--|[!?/]|(?P<name>[a-z][a-z0-9]*))", re.ASCII | re.IGNORECASE)
_CONTENT_HEADER = re.compile(rb"(?:^|[\r\n])content-[^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*", re.IGNORECASE)
_SEPARATOR = re.compile(rb"(?:^|[\r\n])--")
_BOUNDARY = re.compile(rb"boundary[*0-9]*\s{0,80}=", re.IGNORECASE)


class MailError(Exception):
    """A mail cannot be filed as a report; the text is one of our own words."""


@dataclass(frozen=True, slots=True)
class MailedReport:
    """What a mail reports. contact: the address in From, "" without a valid one. digest: of the mail."""

    text: str = field(repr=False)
    contact: str = field(repr=False)
    digest: bytes = field(repr=False)
    attachments: tuple[bytes, ...] = field(repr=False)

    @property
    def evidence(self) -> tuple[bytes, ...]:
        """The digests to log: of the mail, and of its attachments."""
        return (self.digest, *self.attachments)[:MOST_EVIDENCE]


def read(raw: bytes) -> MailedReport:
    """Return the report in a mail; raises MailError, and nothing else."""
    if len(raw) > MOST_BYTES:
        raise MailError("too large")
    malformed: MailError
    try:
        return _read(raw)
    except MailError:
        raise
    except Exception:  # the parser raises many kinds for malformed mails, and their texts quote the mail
        malformed = MailError("malformed")
    raise malformed


def _read(raw: bytes) -> MailedReport:
    _bound(raw)
    mail = BytesParser(policy=default).parsebytes(raw)
    _refuse_programs(mail)
    parts = list(_parts(mail))
    body = _body(parts)
    subject = _visible(_header(mail, "subject")).replace("\n", " ").strip()
    text = "\n\n".join(part for part in (subject, body) if part)[:TEXT_LENGTH]
    if not text.strip():
        raise MailError("empty")
    attachments = tuple(sha256(_payload(part)).digest() for part in parts if _is_attached(part))
    return MailedReport(text, _contact(mail), sha256(raw).digest(), attachments)


def _bound(raw: bytes) -> None:
    """Raise MailError for a mail that the parser would need minutes for."""
    lines = raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n")
    if lines > MOST_LINES:
        raise MailError("too many lines")
    for pattern, most in ((_SEPARATOR, MOST_SEPARATORS), (_BOUNDARY, MOST_BOUNDARIES)):
        if sum(1 for _ in pattern.finditer(raw)) > most:
            raise MailError("too many parts")
    if any(len(found[0]) > _HEADER_LENGTH for found in _CONTENT_HEADER.finditer(raw)):
        raise MailError("header too long")


def _refuse_programs(mail: EmailMessage) -> None:
    automatic = _header(mail, "auto-submitted").strip().lower()
    if automatic not in ("", "no") or _header(mail, "return-path").strip() == "<>":
        raise MailError("automatic")


def _parts(mail: EmailMessage) -> Iterator[EmailMessage]:
    """Yield the parts with content, in order; raises MailError for too many or too deep."""
    waiting: list[tuple[Any, int]] = [(mail, 0)]
    seen = 0
    while waiting:
        part, depth = waiting.pop()
        seen += 1
        if seen > MOST_PARTS or depth > MOST_DEPTH:
            raise MailError("too many parts")
        inner = part.get_payload()
        if isinstance(inner, list):
            waiting += [(one, depth + 1) for one in reversed(inner)]
        else:
            yield part


def _body(parts: list[EmailMessage]) -> str:
    shown = [part for part in parts if not _is_attached(part)]
    for kind, read_text in (("text/plain", str), ("text/html", _text_of)):
        for part in shown:
            if part.get_content_type() == kind and (text := _visible(read_text(_decoded(part))).strip()):
                return text
    return ""


def _is_attached(part: EmailMessage) -> bool:
    named = part.get_content_disposition() == "attachment" or part.get_filename() is not None
    return named or part.get_content_maintype() != "text"


def _payload(part: EmailMessage) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _decoded(part: EmailMessage) -> str:
    data = _payload(part)[:_MARKUP_LENGTH]
    with suppress(LookupError, ValueError):  # a character set that Python does not know, or no name of one
        return data.decode(part.get_content_charset("utf-8"), "replace")
    return data.decode("utf-8", "replace")


def _header(mail: EmailMessage, name: str) -> str:
    """Return a header's text; a long one is not parsed."""
    raw = next((value for key, value in mail.raw_items() if key.lower() == name), "")
    if len(raw) > _HEADER_LENGTH:
        return ""
    return str(mail[name] or "")


def _contact(mail: EmailMessage) -> str:
    if not _header(mail, "from"):
        return ""
    found = mail["from"].addresses
    address = found[0].addr_spec if found else ""
    usable = "@" in address and address.isprintable() and len(address) <= CONTACT_LENGTH
    return address if usable else ""


def _visible(text: str) -> str:
    """Return the printable characters and line ends of a text; every other white space is a space."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    spaced = (each if each in _KEPT or not each.isspace() else " " for each in lines)
    return "".join(each for each in spaced if each.isprintable() or each in _KEPT)


def _text_of(markup: str) -> str:
    found: list[str] = []
    at = 0
    while (tag := _TAG.search(markup, at)) is not None:
        found.append(unescape(markup[at : tag.start()]))
        name = (tag["name"] or "").lower()
        if name in _BREAKS:
            found.append("\n")
        end = _end_of(markup, tag, name)
        if end is None:  # what is not closed has no text
            return "".join(found)
        at = end
    return "".join([*found, unescape(markup[at:])])


def _end_of(markup: str, tag: re.Match[str], name: str) -> int | None:
    """Return where the text goes on after a tag, a comment, or an element that is not shown."""
    if name in _UNSHOWN:
        closed = re.compile(f"</{name}[^>]*>", re.ASCII | re.IGNORECASE).search(markup, tag.end())
        return closed.end() if closed else None
    mark = "-->" if tag[0].startswith("<!--") else ">"
    place = markup.find(mark, tag.end())
    return place + len(mark) if place >= 0 else None
