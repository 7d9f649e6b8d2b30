"""The file in which the operator names the mail server and the recipients: TOML, for its owner's eyes only.

It is `notify.toml`, beside the worker's key file. It holds addresses and secrets, so nothing of it is in the
database, in a backup or in a message of an error.
"""

import re
import tomllib
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from idvault.core import secret_file
from idvault.core.topic import TOPICS, Audience, Topic
from idvault.notification.rules import LONGEST_DIGEST, Recipient
from idvault_verify import small_file

NAME = "notify.toml"
_MOST_BYTES = 256 * 1024
_MOST_RECIPIENTS = 1_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,63}")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,251}[A-Za-z0-9])?"
)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_LEAST_SECRET, _MOST_SECRET = 24, 64
_SEED = 32
SYMMETRIC, ED25519 = "whsec_", "whsk_"
_MEMBERS = frozenset(
    {"name", "for", "of", "email", "webhook", "secret", "topics", "digest_minutes", "link", "on"}
)
_MOST_MINUTES = LONGEST_DIGEST // timedelta(minutes=1)
_ONE_PARTY = (Audience.MODERATOR, Audience.PLATFORM)
_OF_ALL = (Audience.CUSTODIAN, Audience.OPERATOR)


class NotifyFileError(ValueError):
    """The file cannot be used; the text names the member, and never repeats what is in it."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed over. security: implicit TLS, STARTTLS, or none on this machine."""

    host: str
    port: int
    sender: str = field(repr=False)
    is_implicit: bool
    is_local: bool
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class NotifyFile:
    """What the file says. mail: None without a mail server."""

    mail: MailServer | None = None
    recipients: Sequence[Recipient] = ()


def beside(keys: Path) -> Path:
    """Return where the file is: beside the worker's key file."""
    return keys.with_name(NAME)


def read(path: Path) -> NotifyFile:
    """Return what a file says, nothing without one; raises NotifyFileError, OSError."""
    try:
        if secret_file.is_exposed(path.stat()):
            raise NotifyFileError("others can read the file: chmod 600")
        text = small_file.read(path, limit=_MOST_BYTES).decode()
    except FileNotFoundError:
        return NotifyFile()
    except UnicodeDecodeError:
        raise NotifyFileError("the file is not UTF-8") from None
    return parse(text)


def parse(text: str) -> NotifyFile:
    """Return what a text says; raises NotifyFileError."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise NotifyFileError("the file is not TOML") from None
    if not found.keys() <= {"smtp", "recipient"}:
        raise NotifyFileError("the file has [smtp] and [[recipient]], and nothing else")
    mail = _mail(found["smtp"]) if "smtp" in found else None
    tables = found.get("recipient", [])
    if not isinstance(tables, list) or len(tables) > _MOST_RECIPIENTS:
        raise NotifyFileError(f"[[recipient]] is a list of at most {_MOST_RECIPIENTS}")
    recipients = [_recipient(number, table) for number, table in enumerate(tables, 1)]
    if len({each.name for each in recipients}) < len(recipients):
        raise NotifyFileError("two recipients have one name")
    if mail is None and any(each.email for each in recipients):
        raise NotifyFileError("a recipient has an email, and there is no [smtp]")
    return NotifyFile(mail, recipients)


def _mail(table: Any) -> MailServer:
    if not isinstance(table, dict) or table.keys() != {"url", "from"}:
        raise NotifyFileError("[smtp] has url and from, and nothing else")
    url, sender = table["url"], table["from"]
    if not isinstance(sender, str) or not _EMAIL.fullmatch(sender):
        raise NotifyFileError("[smtp] from must be a mail address")
    try:
        parts = urlsplit(url)
        port = parts.port or (465 if parts.scheme == "smtps" else 587)
    except (ValueError, AttributeError):
        raise NotifyFileError("[smtp] url must be smtp://USER:PASSWORD@HOST:PORT or smtps://") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise NotifyFileError("[smtp] url must be smtp://USER:PASSWORD@HOST:PORT or smtps://")
    return MailServer(
        parts.hostname,
        port,
        sender,
        parts.scheme == "smtps",
        parts.hostname in _LOOPBACK,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


def _recipient(number: int, table: Any) -> Recipient:
    """Return a recipient. number: its place in the file, by which an error names it."""
    if not isinstance(table, dict) or not table.keys() <= _MEMBERS:
        raise NotifyFileError(f"recipient {number} has other members than {', '.join(sorted(_MEMBERS))}")
    texts = {
        name: table.get(name, "") for name in ("name", "for", "of", "email", "webhook", "secret", "link")
    }
    if not all(isinstance(text, str) for text in texts.values()):
        raise NotifyFileError(f"recipient {number}: {', '.join(texts)} are texts")
    if not _NAME.fullmatch(texts["name"]):
        raise NotifyFileError(f"recipient {number}: name must have 1 to 64 letters, digits and .-_")
    audience = _audience(number, texts)
    _check_address(number, texts)
    return Recipient(
        name=texts["name"],
        audience=audience,
        of=texts["of"],
        email=texts["email"],
        webhook=texts["webhook"],
        secret=texts["secret"],
        topics=_topics(number, table, audience),
        digest=_digest(number, table),
        link=texts["link"],
        is_on=_is_on(number, table),
    )


def _audience(number: int, texts: Mapping[str, str]) -> Audience:
    try:
        audience = Audience(texts["for"])
    except ValueError:
        raise NotifyFileError(f"recipient {number}: for must be one of {', '.join(Audience)}") from None
    if audience in _ONE_PARTY and not texts["of"]:
        raise NotifyFileError(f"recipient {number}: of must name the platform")
    if audience in _OF_ALL and texts["of"]:
        raise NotifyFileError(f"recipient {number}: of is for platform, moderator, auditor and authority")
    return audience


def _check_address(number: int, texts: Mapping[str, str]) -> None:
    if bool(texts["email"]) == bool(texts["webhook"]):
        raise NotifyFileError(f"recipient {number} must have either email or webhook")
    if texts["email"] and not _EMAIL.fullmatch(texts["email"]):
        raise NotifyFileError(f"recipient {number}: email must be a mail address")
    if bool(texts["webhook"]) != bool(texts["secret"]):
        raise NotifyFileError(f"recipient {number}: webhook and secret go together")
    for name in ("webhook", "link"):
        if texts[name] and not is_safe_url(texts[name]):
            raise NotifyFileError(f"recipient {number}: {name} must be https, or lead to this machine")
    if texts["secret"]:
        try:
            secret_bytes(texts["secret"])
        except ValueError:
            raise NotifyFileError(f"recipient {number}: secret must be whsec_… or whsk_… in base64") from None


def is_safe_url(text: str) -> bool:
    """Tell whether a URL is https without credentials, or http on this machine."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.username or parts.password or not text.isascii() or " " in text:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def secret_bytes(secret: str) -> bytes:
    """Return a webhook's secret: 24 to 64 bytes of HMAC, or an Ed25519 seed; raises ValueError."""
    if secret.startswith(ED25519):
        found = b64decode(secret.removeprefix(ED25519), validate=True)
        if len(found) == _SEED:
            return found
    elif secret.startswith(SYMMETRIC):
        found = b64decode(secret.removeprefix(SYMMETRIC), validate=True)
        if _LEAST_SECRET <= len(found) <= _MOST_SECRET:
            return found
    raise ValueError("not a secret of a webhook")


def _topics(number: int, table: Mapping[str, Any], audience: Audience) -> frozenset[Topic]:
    found = table.get("topics", [])
    possible = {topic for told in TOPICS.values() for each, topic in told if each is audience}
    if not isinstance(found, list) or not all(each in sorted(possible) for each in found):
        raise NotifyFileError(f"recipient {number}: topics are some of {', '.join(sorted(possible))}")
    return frozenset(Topic(each) for each in found)


def _digest(number: int, table: Mapping[str, Any]) -> timedelta:
    found = table.get("digest_minutes", 0)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= _MOST_MINUTES:
        raise NotifyFileError(f"recipient {number}: digest_minutes must be from 0 to {_MOST_MINUTES}")
    return timedelta(minutes=found)


def _is_on(number: int, table: Mapping[str, Any]) -> bool:
    found = table.get("on", True)
    if not isinstance(found, bool):
        raise NotifyFileError(f"recipient {number}: on must be true or false")
    return found
