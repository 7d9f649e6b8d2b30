"""What authorities sign (formats.md, section 7): orders, withdrawals, joint operations and answers."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from tools.support.reference.encoding import RefusedError, check, encode, number_of, text_of, unpack
from tools.support.reference.paper import verify
from tools.support.reference.roster import Roster

ORDER = "idvault/order/v1"
WITHDRAWAL = "idvault/order-withdrawal/v1"
OPERATION = "idvault/joint-operation/v1"
ANSWER = "idvault/referral-answer/v1"
CATEGORIES = (
    "RUMOUR", "VIOLENCE", "TERRORISM", "PORNOGRAPHY", "FRAUD", "NATIONAL_SECURITY", "IMPERSONATION",
    "PRIVACY", "OTHER",
)  # fmt: skip
_KINDS = ("ACCOUNT", "PUBLIC_ACCOUNT", "CONTENT")
_ACCOUNTS = ("WARN", "LIMIT", "SUSPEND", "CLOSE")
_ID = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_TOKEN = re.compile(r"acct_[0-7][0-9a-hjkmnp-tv-z]{25}")
_LATEST = 253_402_300_799
_YEAR = 366 * 86_400
_AUTHORITY = "authority"


def order_content(**given: Any) -> bytes:
    return encode(ORDER, *(given[name] for name in _FIELDS))


_FIELDS = (
    "order_id", "authority", "platform", "target_kind", "target", "measure", "reference", "legal_basis",
    "document_digest", "document_size", "create_time", "deadline", "roster_digest",
)  # fmt: skip


def withdrawal_content(*, order: bytes, order_id: str, authority: str, reason: str, seconds: int) -> bytes:
    return encode(WITHDRAWAL, order_id, sha256(order).digest(), authority, reason, seconds)


def operation_content(*parts: str | int) -> bytes:
    return encode(OPERATION, *parts)


def _time(data: bytes) -> int:
    value = number_of(data)
    check(value <= _LATEST, "a time or number beyond the year 9999")
    return value


def _text(value: str, longest: int) -> None:
    check(bool(value.strip()) and len(value) <= longest and value.isprintable(), "a wrong text")


def _opened(signed: bytes, purpose: str, count: int) -> list[bytes]:
    check(len(signed) <= 16 * 1024, "too long")
    parts = unpack(signed[:-64])
    check(len(parts) == count and parts[0] == purpose.encode(), "another paper")
    return parts


def read_order(signed: bytes) -> dict[str, Any]:
    """Return the fields of an order, whose signature is not checked."""
    parts = _opened(signed, ORDER, 14)
    raw = dict(zip(_FIELDS, parts[1:], strict=True))
    numbers = ("document_size", "create_time", "deadline")
    found: dict[str, Any] = {
        name: _time(data) if name in numbers else data if name == "document_digest" else text_of(data)
        for name, data in raw.items()
    }
    check(order_content(**found) == signed[:-64], "not its only spelling")
    check(bool(_ID.fullmatch(found["order_id"]) and _NAME.fullmatch(found["platform"])), "a wrong id or name")
    _target(found["target_kind"], found["target"], found["measure"])
    _text(found["reference"], 200)
    _text(found["legal_basis"], 500)
    check(len(found["document_digest"]) == 32 and 1 <= found["document_size"] <= 2**37, "a wrong document")
    check(0 < found["deadline"] - found["create_time"] <= _YEAR, "a wrong deadline")
    return found


def _target(kind: str, target: str, measure: str) -> None:
    check(kind in _KINDS, "a wrong kind of target")
    check(
        measure in (*_ACCOUNTS, *(("LABEL", "RESTRICT", "REMOVE") if kind == "CONTENT" else ())), "a measure"
    )
    if kind == "CONTENT":
        _text(target, 200)
    else:
        check(bool((_TOKEN if kind == "ACCOUNT" else _ID).fullmatch(target)), "a wrong target")


def check_order(signed: bytes, *, platform: str, versions: Sequence[Roster], known: bool) -> None:
    found = read_order(signed)
    check(found["platform"] == platform, "for another platform")
    _check_signer(signed, found["authority"], found["roster_digest"], versions, known)


def check_withdrawal(signed: bytes, *, of: bytes, versions: Sequence[Roster]) -> None:
    parts = _opened(signed, WITHDRAWAL, 6)
    order_id, authority, reason = (text_of(parts[place]) for place in (1, 3, 4))
    made = encode(WITHDRAWAL, order_id, parts[2], authority, reason, _time(parts[5]))
    check(made == signed[:-64], "not its only spelling")
    check(bool(_ID.fullmatch(order_id)), "a wrong id")
    _text(reason, 500)
    order = read_order(of)
    check((order_id, parts[2]) == (order["order_id"], sha256(of).digest()), "of another order")
    check(authority == order["authority"], "by another authority")
    keys = [each.key(authority) for each in versions if each.member(authority).get("role") == _AUTHORITY]
    check(any(_verifies(key, signed) for key in keys), "a wrong signature")


def check_operation(signed: bytes, *, platform: str, versions: Sequence[Roster], known: bool) -> None:
    texts = [text_of(part) for part in _opened(signed, OPERATION, 10)]
    _, operation_id, authority, title, categories, platforms, first, last, created, digest = texts
    seconds = _time(created.encode())
    made = operation_content(
        operation_id, authority, title, categories, platforms, first, last, seconds, digest
    )
    check(made == signed[:-64], "not its only spelling")
    check(bool(_ID.fullmatch(operation_id)), "a wrong id")
    _text(title, 200)
    listed, names = categories.split(","), platforms.split(",")
    check(listed == [each for each in CATEGORIES if each in listed], "wrong categories")
    check(all(_NAME.fullmatch(each) for each in names) and names == sorted(set(names)), "wrong platforms")
    check(len(names) <= 100, "too many platforms")
    signed_on = (datetime(1970, 1, 1) + timedelta(seconds=seconds)).date()
    check(all(abs(_day(each) - signed_on) <= timedelta(days=366) for each in (first, last)), "days far away")
    check(timedelta() <= _day(last) - _day(first) <= timedelta(days=366), "wrong days")
    check(platform in names, "for other platforms")
    _check_signer(signed, authority, digest, versions, known)


def check_answer(
    signed: bytes, *, platform: str, versions: Sequence[Roster], known: bool, report: dict[str, Any]
) -> None:
    parts = _opened(signed, ANSWER, 10)
    mark = parts[7]
    texts = [text_of(part) for place, part in enumerate(parts) if place not in (7, 8)]
    _, referral_id, authority, named, answer, category, kind, digest = texts
    made = encode(
        ANSWER, referral_id, authority, named, answer, category, kind, mark, _time(parts[8]), digest
    )
    check(made == signed[:-64], "not its only spelling")
    check(bool(_ID.fullmatch(referral_id) and _NAME.fullmatch(named)), "a wrong id or name")
    check(answer in ("ACCEPTED", "DECLINED"), "a wrong answer")
    check(category in CATEGORIES and kind in _KINDS and len(mark) == 32, "a wrong category, target or mark")
    check(named == platform, "for another platform")
    said = {"id": referral_id, "authority": authority, "answer": answer, "category": category}
    check(all(report[name] == value for name, value in said.items()), "of another referral")
    if report["target"] is not None:
        salt = bytes.fromhex(report["salt"])
        check(len(salt) == 32 and kind == report["kind"], "a wrong salt, or another kind of target")
        check(mark == sha256(salt + report["target"].encode()).digest(), "of another target")
    _check_signer(signed, authority, digest, versions, known)


def _day(text: str) -> date:
    check(bool(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII)), "no day")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RefusedError("no day") from None


def _check_signer(signed: bytes, name: str, digest: str, versions: Sequence[Roster], known: bool) -> None:
    named = [each for each in versions if each.digest == digest]
    check(bool(named), "a version of the roster that is not at hand")
    check(named[0].member(name).get("role") == _AUTHORITY, "no authority")
    key = named[0].key(name)
    check(_verifies(key, signed), "a wrong signature")
    newest = versions[-1]
    stays = newest.member(name).get("role") == _AUTHORITY and newest.key(name) == key
    check(known or stays, "an authority that is gone")


def _verifies(key: bytes, signed: bytes) -> bool:
    try:
        verify(key, signed[-64:], signed[:-64])
    except RefusedError:
        return False
    return True


CHECKS: dict[str, Callable[..., None]] = {
    "order": check_order,
    "operation": check_operation,
    "answer": check_answer,
}
