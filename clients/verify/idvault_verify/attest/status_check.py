"""Checks a status token or credential offline, against a key set and a list fetched earlier.

The checks, in this order; anything missing or unknown is refused:

1. the token has one of the two types (a public account's credential has a third, which is accepted only
   where a public account is asked for, and there alone) and is signed by a token key of the set,
2. it is from the expected issuer and for the expected audience,
3. it is not from the future and has not expired,
4. for a status token: the state is VERIFIED, and its standing, if it states one, is known and not CLOSED;
   for a credential: there is a list with the URI it refers to, signed by a list key, not expired and not
   older than allowed, and the credential's entry in it exists and is VALID,
5. a public account's credential names it, and no other names one,
6. it states the minimum that is demanded, or one that includes it.

No request is made. A list entry means nothing for a credential that does not itself verify.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idvault_verify.account import AccountState, MinimumAssurance, Standing
from idvault_verify.attest import jose, status_list
from idvault_verify.attest.jose import JoseError, JwkSet
from idvault_verify.attest.status_list import StatusList, StatusListError
from idvault_verify.attest.status_token import (
    CREDENTIAL_TYPE,
    LIST_PURPOSE,
    LIST_TYPE,
    PUBLIC_ACCOUNT_TYPE,
    TOKEN_PURPOSE,
    TOKEN_TYPE,
)

LONGEST_TOKEN = 16 * 1024
"""Of a token or credential, in bytes; a list may have jose.MOST_BYTES."""
LATEST = 253_402_300_799
"""The last second of the year 9999: no token has a later time."""
SKEW = 60
"""How many seconds the issuer's clock may be ahead of the verifier's."""

_ALLOWED = frozenset(each.value for each in Standing if each is not Standing.CLOSED)


class CheckError(ValueError):
    """The check failed; reason: a machine-readable code."""

    def __init__(self, reason: str, text: str) -> None:
        """Keep the reason beside the text."""
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Attested:
    """The attested facts of an account. subject: the account's pairwise subject for the audience.

    expires_at: seconds since 1970. standing: None for a credential, and if the token does not state it.
    minimum_assurance: what it states that the account meets; None if nothing.
    """

    issuer: str
    subject: str
    audience: str
    expires_at: int
    standing: str | None
    minimum_assurance: str | None = None


@dataclass(frozen=True, slots=True)
class AttestedPublicAccount:
    """The attested facts of a public account: that it is active, and nothing of the person behind it.

    subject: its own pairwise subject for the audience. expires_at: seconds since 1970.
    """

    issuer: str
    public_account_id: str
    subject: str
    audience: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class CheckedList:
    """A list whose signature and times have been checked."""

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
    minimum: MinimumAssurance = MinimumAssurance.ANY,
) -> Attested:
    """Return what a token or credential of an account attests; raises CheckError.

    issuer: the required issuer; None accepts any issuer whose key is in the set. lists: the fetched lists by
    URI; only a credential needs one. max_list_age: the most seconds since the list was signed. A public
    account's credential is refused (TYPE_WRONG), because it attests no person. minimum: what it must state.
    """
    typ, claims = _token(token, keys, (CREDENTIAL_TYPE, TOKEN_TYPE))
    attested = _attested(claims, issuer=issuer, audience=audience, seconds=int(now.timestamp()))
    if "public_account_id" in claims:
        raise CheckError("CLAIMS_INVALID", "the token of an account names a public account")
    if typ == CREDENTIAL_TYPE:
        _check_listed(claims, lists, issuer=attested.issuer, now=now, max_list_age=max_list_age)
    else:
        _check_state(claims)
    if not minimum.is_stated_by(attested.minimum_assurance):
        raise CheckError("ASSURANCE_MISSING", f"it does not state the minimum {minimum}")
    return attested


def check_public_account(
    token: str | bytes,
    *,
    keys: JwkSet,
    audience: str,
    now: datetime,
    issuer: str | None = None,
    lists: Mapping[str, CheckedList] | None = None,
    max_list_age: float | None = None,
) -> AttestedPublicAccount:
    """Return which public account a credential attests; raises CheckError, for an account's token too."""
    _, claims = _token(token, keys, (PUBLIC_ACCOUNT_TYPE,))
    attested = _attested(claims, issuer=issuer, audience=audience, seconds=int(now.timestamp()))
    named = _word(claims, "public_account_id", "CLAIMS_INVALID")
    _check_listed(claims, lists, issuer=attested.issuer, now=now, max_list_age=max_list_age)
    return AttestedPublicAccount(attested.issuer, named, attested.subject, audience, attested.expires_at)


def read_list(
    token: str | bytes,
    *,
    keys: JwkSet,
    now: datetime,
    max_age: float | None = None,
    limit: int = status_list.MOST_BYTES,
) -> CheckedList:
    """Return a list that is signed, not expired and not older than max_age seconds; raises CheckError.

    limit: the longest array that is decompressed, in bytes.
    """
    try:
        claims = jose.verify(token, keys.of(LIST_PURPOSE), typ=LIST_TYPE)
    except JoseError as error:
        raise CheckError(f"LIST_{error.reason}", f"the list: {error}") from error
    issued_at, expires_at = (_time(claims, name, "LIST_MALFORMED") for name in ("iat", "exp"))
    _check_list_times(issued_at, expires_at, now, max_age)
    try:
        entries = status_list.parse(claims.get("status_list"), limit=limit)
    except StatusListError as error:
        raise CheckError("LIST_MALFORMED", f"the list: {error}") from error
    uri, issuer = (_word(claims, name, "LIST_MALFORMED") for name in ("sub", "iss"))
    return CheckedList(uri, issuer, issued_at, expires_at, entries)


def _token(token: str | bytes, keys: JwkSet, types: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """Return which of these types the token has, and its claims."""
    known = keys.of(TOKEN_PURPOSE)
    for typ in types:
        try:
            return typ, jose.verify(token, known, typ=typ, limit=LONGEST_TOKEN)
        except JoseError as error:
            if error.reason != "TYPE_WRONG":
                raise CheckError(error.reason, str(error)) from error
    raise CheckError("TYPE_WRONG", f"this is not a token of type {' or '.join(types)}")


def _attested(claims: Mapping[str, Any], *, issuer: str | None, audience: str, seconds: int) -> Attested:
    issued_by, subject, aud = (_word(claims, name, "CLAIMS_INVALID") for name in ("iss", "sub", "aud"))
    if issuer is not None and issued_by != issuer:
        raise CheckError("ISSUER_WRONG", "the token is from another issuer")
    if aud != audience:
        raise CheckError("AUDIENCE_WRONG", "the token is for another audience")
    issued_at, expires_at = (_time(claims, name, "CLAIMS_INVALID") for name in ("iat", "exp"))
    _check_times(issued_at, expires_at, seconds, prefix="")
    standing, minimum = (
        _word(claims, name, "CLAIMS_INVALID") if name in claims else None
        for name in ("standing", "minimum_assurance")
    )
    return Attested(issued_by, subject, aud, expires_at, standing, minimum)


def _check_times(issued_at: int, expires_at: int, seconds: int, *, prefix: str) -> None:
    if issued_at > seconds + SKEW:
        raise CheckError(f"{prefix}NOT_YET_VALID", "it was issued in the future")
    if expires_at <= seconds:
        raise CheckError(f"{prefix}EXPIRED", "it has expired")


def _check_state(claims: Mapping[str, Any]) -> None:
    # A later version of the vault may know a standing that forbids more than this program knows.
    is_allowed = "standing" not in claims or claims["standing"] in _ALLOWED
    if claims.get("state") != AccountState.VERIFIED.value or not is_allowed:
        raise CheckError("NOT_VERIFIED", "the account is not verified, or it is closed")


def _check_list_times(issued_at: int, expires_at: int, now: datetime, max_age: float | None) -> None:
    _check_times(issued_at, expires_at, int(now.timestamp()), prefix="LIST_")
    if max_age is not None and now.timestamp() - issued_at > max_age:
        raise CheckError("LIST_STALE", f"the list is older than {max_age:g} s")


def _check_listed(
    claims: Mapping[str, Any],
    lists: Mapping[str, CheckedList] | None,
    *,
    issuer: str,
    now: datetime,
    max_list_age: float | None,
) -> None:
    found = _list_of(claims, lists or {}, issuer=issuer)
    # Lists are cached: this one may have expired or become too old since it was read.
    _check_list_times(found.issued_at, found.expires_at, now, max_list_age)
    _check_entry(claims, found)


def _reference(claims: Mapping[str, Any]) -> Mapping[str, Any]:
    status = claims.get("status")
    found = status.get("status_list") if isinstance(status, Mapping) else None
    if not isinstance(found, Mapping):
        raise CheckError("CLAIMS_INVALID", "the credential does not refer to a list")
    return found


def _list_of(claims: Mapping[str, Any], lists: Mapping[str, CheckedList], *, issuer: str) -> CheckedList:
    uri = _word(_reference(claims), "uri", "CLAIMS_INVALID")
    found = lists.get(uri)
    if found is None or found.uri != uri or found.issuer != issuer:
        raise CheckError("LIST_MISSING", "the list that the credential refers to is missing")
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
        raise CheckError(reason, f"{name} is missing or not a text")
    return value


def _number(claims: Mapping[str, Any], name: str, reason: str) -> int:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise CheckError(reason, f"{name} is missing or not a whole number")
    return value


def _time(claims: Mapping[str, Any], name: str, reason: str) -> int:
    value = _number(claims, name, reason)
    if value > LATEST:
        raise CheckError(reason, f"{name} is later than the year 9999")
    return value
