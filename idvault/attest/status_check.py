"""Checks a status token or credential offline, against a key set and a list that were fetched before.

In this order, and whatever is missing or not understood refuses:

1. a token of one of both types, signed by a key of the set that is for tokens,
2. from the issuer and for the audience that were expected,
3. not from the future, and not run out,
4. a status token: the state is VERIFIED and the account not closed;
   a credential: a list with the name that it refers to, signed by a key that is for lists, not run out and no
   older than is allowed; its entry, which must exist, is VALID.

Nothing is asked of anybody. An entry of a list says nothing about a credential that does not verify itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idvault.attest import jose, status_list
from idvault.attest.jose import JoseError, JwkSet
from idvault.attest.status_list import StatusList, StatusListError
from idvault.attest.status_token import (
    CREDENTIAL_TYPE,
    LIST_PURPOSE,
    LIST_TYPE,
    TOKEN_PURPOSE,
    TOKEN_TYPE,
)
from idvault.domain.account import AccountState, Standing

SKEW = 60
"""By how many seconds the clocks of issuer and verifier may differ where a token is from the future."""


class CheckError(ValueError):
    """The check fails; reason: a word for machines."""

    def __init__(self, reason: str, text: str) -> None:
        """Keep both."""
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Attested:
    """What was checked. subject: the account as this audience knows it. expires_at: seconds since 1970.

    standing: None for a credential, and where the audience is not told.
    """

    issuer: str
    subject: str
    audience: str
    expires_at: int
    standing: str | None


@dataclass(frozen=True, slots=True)
class CheckedList:
    """A list whose signature and times were checked; entries are looked up in it."""

    uri: str
    issuer: str
    issued_at: int
    expires_at: int
    entries: StatusList


def check(
    token: str | bytes,
    *,
    keys: JwkSet,
    audience: str,
    now: datetime,
    issuer: str | None = None,
    lists: Mapping[str, CheckedList] | None = None,
    max_list_age: float | None = None,
) -> Attested:
    """Return what a token attests; raises CheckError.

    issuer: who must have issued it, None for whoever holds the keys. lists: the lists at hand, by address;
    only a credential needs one. max_list_age: the most seconds ago that it may have been signed.
    """
    credential, claims = _token(token, keys)
    attested = _attested(claims, issuer=issuer, audience=audience, seconds=int(now.timestamp()))
    if credential:
        found = _list_of(claims, lists or {}, issuer=attested.issuer)
        # A list is kept and used again: it may have run out, or grown old, since it was read.
        _check_list_times(found.issued_at, found.expires_at, now, max_list_age)
        _check_entry(claims, found)
    else:
        _check_state(claims)
    return attested


def read_list(
    token: str | bytes,
    *,
    keys: JwkSet,
    now: datetime,
    max_age: float | None = None,
    limit: int = status_list.MOST_BYTES,
) -> CheckedList:
    """Return a list that is signed, in time, and no older than max_age seconds; raises CheckError.

    limit: the longest array that is decompressed, in bytes.
    """
    try:
        claims = jose.verify(token, keys.of(LIST_PURPOSE), typ=LIST_TYPE)
    except JoseError as error:
        raise CheckError(f"LIST_{error.reason}", f"the list: {error}") from error
    issued_at, expires_at = (_number(claims, name, "LIST_MALFORMED") for name in ("iat", "exp"))
    _check_list_times(issued_at, expires_at, now, max_age)
    try:
        entries = status_list.parse(claims.get("status_list"), limit=limit)
    except StatusListError as error:
        raise CheckError("LIST_MALFORMED", f"the list: {error}") from error
    uri, issuer = (_word(claims, name, "LIST_MALFORMED") for name in ("sub", "iss"))
    return CheckedList(uri, issuer, issued_at, expires_at, entries)


def _token(token: str | bytes, keys: JwkSet) -> tuple[bool, dict[str, Any]]:
    """Return whether it is a credential, and its claims."""
    known = keys.of(TOKEN_PURPOSE)
    try:
        return True, jose.verify(token, known, typ=CREDENTIAL_TYPE)
    except JoseError as error:
        if error.reason != "TYPE_WRONG":
            raise CheckError(error.reason, str(error)) from error
    try:
        return False, jose.verify(token, known, typ=TOKEN_TYPE)
    except JoseError as error:
        raise CheckError(error.reason, str(error)) from error


def _attested(claims: Mapping[str, Any], *, issuer: str | None, audience: str, seconds: int) -> Attested:
    issued_by, subject, aud = (_word(claims, name, "CLAIMS_INVALID") for name in ("iss", "sub", "aud"))
    if issuer is not None and issued_by != issuer:
        raise CheckError("ISSUER_WRONG", "the token is from another issuer")
    if aud != audience:
        raise CheckError("AUDIENCE_WRONG", "the token is for another audience")
    issued_at, expires_at = (_number(claims, name, "CLAIMS_INVALID") for name in ("iat", "exp"))
    _check_times(issued_at, expires_at, seconds, prefix="")
    standing = claims.get("standing")
    return Attested(issued_by, subject, aud, expires_at, standing if isinstance(standing, str) else None)


def _check_times(issued_at: int, expires_at: int, seconds: int, *, prefix: str) -> None:
    if issued_at > seconds + SKEW:
        raise CheckError(f"{prefix}NOT_YET_VALID", "it was issued in the future")
    if expires_at <= seconds:
        raise CheckError(f"{prefix}EXPIRED", "it has run out")


def _check_state(claims: Mapping[str, Any]) -> None:
    if claims.get("state") != AccountState.VERIFIED.value or claims.get("standing") == Standing.CLOSED.value:
        raise CheckError("NOT_VERIFIED", "the account is not verified, or it is closed")


def _check_list_times(issued_at: int, expires_at: int, now: datetime, max_age: float | None) -> None:
    _check_times(issued_at, expires_at, int(now.timestamp()), prefix="LIST_")
    if max_age is not None and now.timestamp() - issued_at > max_age:
        raise CheckError("LIST_STALE", f"the list is older than {max_age:g} s")


def _reference(claims: Mapping[str, Any]) -> Mapping[str, Any]:
    status = claims.get("status")
    found = status.get("status_list") if isinstance(status, Mapping) else None
    if not isinstance(found, Mapping):
        raise CheckError("CLAIMS_INVALID", "the credential refers to no list")
    return found


def _list_of(claims: Mapping[str, Any], lists: Mapping[str, CheckedList], *, issuer: str) -> CheckedList:
    uri = _word(_reference(claims), "uri", "CLAIMS_INVALID")
    found = lists.get(uri)
    if found is None or found.uri != uri or found.issuer != issuer:
        raise CheckError("LIST_MISSING", "the list that the credential refers to is not at hand")
    return found


def _check_entry(claims: Mapping[str, Any], found: CheckedList) -> None:
    try:
        value = found.entries.get(_number(_reference(claims), "idx", "CLAIMS_INVALID"))
    except StatusListError as error:
        raise CheckError("INDEX_OUT_OF_RANGE", str(error)) from error
    if value != status_list.VALID:
        raise CheckError("STATUS_INVALID", "the list says that the credential is not valid")


def _word(claims: Mapping[str, Any], name: str, reason: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise CheckError(reason, f"{name} is missing or no text")
    return value


def _number(claims: Mapping[str, Any], name: str, reason: str) -> int:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise CheckError(reason, f"{name} is missing or no whole number")
    return value
