"""Reads a report from an e-mail that anybody may have written: what is hostile is refused, nothing is
followed.

- Sizes are bounded before anything is decoded: the mail, each header that is read, parts, depth, text. What
  makes the parser slow is counted before it runs: lines, and those of them that may separate parts or
  describe one. It looks at headers as plain texts; only subject and sender are parsed as RFC 5322 has them.
- Character sets are those that mails have. Others are read as UTF-8: Python knows some that take hours.
- HTML is read in one pass, whatever it holds: the standard library's parser takes minutes for a page of
  unfinished comments.
- The text is the first plain part, or the text of the first HTML part without scripts and styles. Nothing in
  it is fetched, executed or rendered; characters that are not printable are dropped.
- Attachments are not kept: each is a SHA-256, after that of the whole mail.
- Automatic mails (RFC 3834, and those without a return path) are refused, so that no reply makes a loop.
- A refusal is one of our own words and quotes nothing of the mail.
"""

import re
from codecs import lookup
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesFeedParser
from email.policy import compat32, default
from hashlib import sha256
from html import unescape
from typing import Any

from idvault_verify.statement import MOST_EVIDENCE
from idvault_verify.tip_off import CONTACT_LENGTH, TEXT_LENGTH

MOST_BYTES = 16 * 1024 * 1024
MOST_PARTS, MOST_DEPTH = 100, 20
MOST_LINES, MOST_SEPARATORS, MOST_BOUNDARIES, MOST_DESCRIPTIONS = 300_000, 2_000, 40, 500
MOST_LINE = 1024 * 1024
_HEADER_LENGTH = 2_000
_PART = 65_536
_MARKUP_LENGTH = 256 * 1024
# By Python's names; what RFC 2047 and mail programs of the last decades write, and no more.
_CHARSETS = {
    *("ascii", "utf-7", "utf-8", "utf-16", "utf-16-be", "utf-16-le"),
    *("gb2312", "gbk", "gb18030", "hz", "big5", "big5hkscs", "cp950"),
    *("euc_jp", "iso2022_jp", "shift_jis", "cp932", "euc_kr", "iso2022_kr", "cp949"),
    *("koi8-r", "koi8-u", "tis-620", "cp874", *(f"cp{number}" for number in range(1250, 1259))),
    *(f"iso8859-{number}" for number in range(1, 17)),
}
_UNSHOWN = frozenset({"head", "noscript", "script", "style", "template", "title"})
_BREAKS = frozenset({"br", "div", "li", "p", "tr"})
_KEPT = "\n\t"
_TAG = re.compile("<(?:!--|[!?/]|(?P<name>[a-z][a-z0-9]*))", re.ASCII | re.IGNORECASE)
_CONTENT_HEADER = re.compile(rb"(?:^|[\r\n])content-[^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*", re.IGNORECASE)
_LINE = re.compile(rb"[^\r\n]+")
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
    mail = _parsed(raw)
    _refuse_programs(mail)
    parts = list(_parts(mail))
    body = _body(parts)
    subject = _visible(_header(mail, "subject")).replace("\n", " ").strip()
    text = "\n\n".join(part for part in (subject, body) if part)[:TEXT_LENGTH]
    if not text.strip():
        raise MailError("empty")
    attachments = tuple(sha256(_payload(part)).digest() for part in parts if _is_attached(part))
    return MailedReport(text, _contact(mail), sha256(raw).digest(), attachments)


def _parsed(raw: bytes) -> Message:
    parser = BytesFeedParser(policy=compat32)
    for at in range(0, len(raw), _PART):  # whole, it would be copied as a text of four bytes a character
        parser.feed(raw[at : at + _PART])
    return parser.close()


def _bound(raw: bytes) -> None:
    """Raise MailError for a mail that the parser would need minutes for."""
    lines = raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n")
    if lines > MOST_LINES:
        raise MailError("too many lines")
    if any(found.end() - found.start() > MOST_LINE for found in _LINE.finditer(raw)):
        raise MailError("line too long")
    for pattern, most in ((_SEPARATOR, MOST_SEPARATORS), (_BOUNDARY, MOST_BOUNDARIES)):
        if sum(1 for _ in pattern.finditer(raw)) > most:
            raise MailError("too many parts")
    for count, found in enumerate(_CONTENT_HEADER.finditer(raw), 1):
        if len(found[0]) > _HEADER_LENGTH:
            raise MailError("header too long")
        if count > MOST_DESCRIPTIONS:
            raise MailError("too many parts")


def _refuse_programs(mail: Message) -> None:
    automatic = _header(mail, "auto-submitted").strip().lower()
    if automatic not in ("", "no") or _header(mail, "return-path").strip() == "<>":
        raise MailError("automatic")


def _parts(mail: Message) -> Iterator[Message]:
    """Yield the parts with content, in order; raises MailError for too many or too deep."""
    waiting: list[tuple[Message, int]] = [(mail, 0)]
    seen = 0
    while waiting:
        part, depth = waiting.pop()
        seen += 1
        if seen > MOST_PARTS or depth > MOST_DEPTH:
            raise MailError("too many parts")
        if part.is_multipart():
            inner: Any = part.get_payload()
            waiting += [(one, depth + 1) for one in reversed(inner)]
        else:
            yield part


def _body(parts: list[Message]) -> str:
    shown = [part for part in parts if not _is_attached(part)]
    for kind, read_text in (("text/plain", str), ("text/html", _text_of)):
        room = _MARKUP_LENGTH
        for part in shown:
            if room > 0 and part.get_content_type() == kind:
                text = _decoded(part, room)
                if visible := _visible(read_text(text)).strip():
                    return visible
                room -= len(text)
    return ""


def _is_attached(part: Message) -> bool:
    named = part.get_content_disposition() == "attachment" or part.get_filename() is not None
    return named or part.get_content_maintype() != "text"


def _payload(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _decoded(part: Message, most: int) -> str:
    data = _payload(part)[:most]
    with suppress(LookupError, ValueError):  # a character set that Python does not know, or no name of one
        charset = lookup(part.get_content_charset("utf-8")).name
        if charset in _CHARSETS:
            return data.decode(charset, "replace")
    return data.decode("utf-8", "replace")


def _header(mail: Message, name: str) -> str:
    """Return a header's text; a long one is not parsed."""
    raw = _raw_header(mail, name)
    return str(default.header_fetch_parse(name, raw)) if raw else ""


def _raw_header(mail: Message, name: str) -> str:
    """Return a header as it came, "" for one that is missing or too long."""
    raw = next((str(value) for key, value in mail.raw_items() if key.lower() == name), "")
    return "" if len(raw) > _HEADER_LENGTH else raw


def _contact(mail: Message) -> str:
    raw = _raw_header(mail, "from")
    if not raw:
        return ""
    found = default.header_fetch_parse("from", raw).addresses
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
        closed = re.compile(f"</{name}", re.ASCII | re.IGNORECASE).search(markup, tag.end())
        if closed is None:
            return None
        tag = closed
    mark = "-->" if tag[0].startswith("<!--") else ">"
    place = markup.find(mark, tag.end())
    return place + len(mark) if place >= 0 else None
