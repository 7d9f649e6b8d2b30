"""A small IM backend that signs people up through the vault, shows nickname and badge, and keeps no names."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from idvault_client import (
    Consent,
    InvalidFields,
    NotFound,
    Unavailable,
    Vault,
    VaultError,
    Verification,
    resident_id,
)

BADGE = "✓"
TERMS = "terms-3"
# A user's row is written before the call, with the request_id under which the vault knows the sign-up.
_TABLE = """
create table if not exists users (
    nickname text primary key,
    request_id text not null unique,
    account_token text,
    badge integer not null default 0,
    due_at text
)
"""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Form:
    """The sign-up form as a person sent it; name and number are kept only during the call.

    shown: the messages on the page afterwards, by field; "" is the form as a whole. Empty on success.
    """

    nickname: str
    name: str = field(repr=False)
    number: str = field(repr=False)
    agreed_at: datetime = field(default_factory=_now)
    id: str = field(default_factory=lambda: str(uuid4()))
    shown: dict[str, str] = field(default_factory=dict)

    def show(self, message: str | Mapping[str, str]) -> None:
        """Put a message, or one for each field, on the page."""
        self.shown = {"": message} if isinstance(message, str) else dict(message)


@dataclass(frozen=True, slots=True)
class User:
    """What this backend stores about a person; account_token is None while the outcome is unknown."""

    nickname: str
    account_token: str | None
    badge: bool


class ImBackend:
    """Users with a badge: the vault knows who they are, this backend does not."""

    def __init__(self, vault: Vault, *, database: str = ":memory:") -> None:
        """database: the path of the SQLite file with the user table; by default it is in memory."""
        self._vault = vault
        self._rows = sqlite3.connect(database, isolation_level=None)
        self._rows.execute(_TABLE)

    def sign_up(self, form: Form) -> Verification | None:
        """Verify the person and add the user; return None, with a message on the form, if that fails.

        The user gets a badge if the registry confirms the claim at once. While it is pending, call poll.
        """
        if not self._reserve(form.nickname, form.id):
            form.show({"nickname": "该昵称已被使用。"})
            return None
        try:
            v = self._vault.verify_individual(
                form.name,
                resident_id(form.number),
                consent=Consent(TERMS, form.agreed_at),
                request_id=form.id,
            )
        except Unavailable as error:  # the outcome is unknown: the row stays, and poll asks for it
            form.show(error.text("zh"))
            return None
        except VaultError as error:
            self._forget(form.id)
            # {"document.number": "CHECK_DIGIT"} becomes a message beside the field.
            form.show(error.texts("zh") if isinstance(error, InvalidFields) else error.text("zh"))
            return None
        self._settle(v)
        if v.failed:
            form.show(v.failure_reason.text("zh"))
            return None
        return v

    def poll(self) -> int:
        """Ask for the outcome of every sign-up that is due; return how many were settled."""
        due = "select request_id from users where due_at <= ?"
        waiting = [request_id for (request_id,) in self._rows.execute(due, (_now().isoformat(),))]
        return sum(self._ask(request_id) for request_id in waiting)

    def refresh(self) -> None:
        """Read every user's status again, because a badge ends when the verification expires."""
        known = "select account_token from users where account_token is not null"
        tokens = [token for (token,) in self._rows.execute(known)]
        for status in self._vault.batch_get_statuses(tokens).statuses:
            self._rows.execute(
                "update users set badge = ? where account_token = ?",
                (status.is_verified, status.account_token),
            )

    def user(self, nickname: str) -> User | None:
        """Return a user, or None for an unknown nickname."""
        wanted = "select nickname, account_token, badge from users where nickname = ?"
        row = self._rows.execute(wanted, (nickname,)).fetchone()
        return None if row is None else User(row[0], row[1], bool(row[2]))

    def profile(self, nickname: str) -> str:
        """Return what others see: the nickname, and the badge if verified; raises KeyError if unknown."""
        found = self.user(nickname)
        if found is None:
            raise KeyError(nickname)
        return f"{nickname} {BADGE}" if found.badge else nickname

    def waiting(self) -> bool:
        """Return whether a sign-up is still pending."""
        return self._rows.execute("select 1 from users where due_at is not null").fetchone() is not None

    def close(self) -> None:
        """Close the user table; the vault's client stays open."""
        self._rows.close()

    def _reserve(self, nickname: str, request_id: str) -> bool:
        """Write the row before the call; return False if another form has the nickname."""
        self._rows.execute(
            "insert into users (nickname, request_id, due_at) values (?, ?, ?) on conflict do nothing",
            (nickname, request_id, _now().isoformat()),
        )
        mine = "select 1 from users where nickname = ? and request_id = ?"
        return self._rows.execute(mine, (nickname, request_id)).fetchone() is not None

    def _ask(self, request_id: str) -> bool:
        try:
            v = self._vault.get_verification(request_id)
        except NotFound:  # the call never arrived: the person has to send the form again
            self._forget(request_id)
            return True
        except Unavailable:
            return False
        self._settle(v)
        return not v.pending

    def _settle(self, v: Verification) -> None:
        if v.failed:
            self._rows.execute("delete from users where request_id = ?", (v.request_id,))
            return
        due = (_now() + v.retry_after).isoformat() if v.pending else None  # no name kept in the queue
        self._rows.execute(
            "update users set account_token = ?, badge = ?, due_at = ? where request_id = ?",
            (v.account_token, v.status.is_verified, due, v.request_id),
        )

    def _forget(self, request_id: str) -> None:
        """Free the nickname, unless an earlier call with the same form has already created the user."""
        self._rows.execute("delete from users where request_id = ? and account_token is null", (request_id,))
