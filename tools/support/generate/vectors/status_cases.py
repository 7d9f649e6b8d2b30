"""What a checker of tokens and credentials meets: times, audiences, keys, lists, types, forms.

A case gives what the checker has, and `reason`: of the first step that refuses (the key set, then each list
at `listed_at`, then the token at `now`), None if all pass, * if the generator asks the reader of Python.
"""

import json
import re
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

from idvault_verify.account import AccountState, Assurance, MinimumAssurance, Standing
from idvault_verify.attest import jose
from idvault_verify.attest.status_check import LONGEST_TOKEN
from idvault_verify.attest.status_list import INVALID, VALID, StatusList
from idvault_verify.attest.status_token import CREDENTIAL_TYPE, LIST_TYPE, PUBLIC_ACCOUNT_TYPE, TOKEN_TYPE
from tools.support import status_tokens as made
from tools.support.status_tokens import AUDIENCE, INDEX, ISSUER, KEYS, LIST_KEY, NOW, TOKEN_KEY, later

JWKS = KEYS.to_bytes().decode()
_KID = jose.kid(TOKEN_KEY.public_key().public_bytes_raw())
_HEADER = {"alg": "EdDSA", "kid": _KID, "typ": TOKEN_TYPE}
_URI = f"{ISSUER}/status/0.jwt"
_SECONDS = int(NOW.timestamp())
_TOKEN = made.signed(made.status_claims(), TOKEN_TYPE)
_CREDENTIAL = made.signed(made.credential_claims(), CREDENTIAL_TYPE)
_NO_CLAIM: tuple[Any, ...] = (None, True, "", [1], {}, 1.5, -1)
Case = dict[str, Any]


def cases() -> list[Case]:
    """Return every case, each with its own name."""
    tokens = (
        _tokens(),
        _claims(),
        _wire(),
        _headers(),
        _credentials(),
        _public_accounts(),
        _minima(),
        _types(),
    )
    parts = (*tokens, _ages(), _lists(), _key_sets())
    found = [case for part in parts for case in part]
    assert len({case["name"] for case in found}) == len(found)
    return found


def _reason(wrong: Any) -> str:
    """Return why a claim is refused: a number with a fraction is no JSON for a strict reader."""
    return "TOKEN_MALFORMED" if re.search(r"[0-9]\.[0-9]", json.dumps(wrong)) else "CLAIMS_INVALID"


def stored(data: bytes) -> bytes:
    """Return a ZLIB stream of stored bytes: what a library compresses to differs from one to another."""
    size = len(data).to_bytes(2, "little")
    block = b"\x01" + size + bytes(each ^ 0xFF for each in size) + data
    return b"\x78\x01" + block + zlib.adler32(data).to_bytes(4, "big")


def run(count: int) -> bytes:
    """Return a ZLIB stream of 1 + 258 * count zeros, in few bytes: repetitions of one, with fixed codes."""
    # The block's head; the literal 0; count times length 258 (code 285) at distance 1; the block's end.
    bits = "110" + "00110000" + ("11000101" + "00000") * count + "0000000"
    bits += "0" * (-len(bits) % 8)
    data = bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))
    return b"\x78\x01" + data + zlib.adler32(bytes(1 + 258 * count)).to_bytes(4, "big")


def _list_claims(**given: Any) -> dict[str, Any]:
    claims = made.list_claims(**given)
    data = zlib.decompress(jose.decode(claims["status_list"]["lst"]))
    return {**claims, "status_list": {**claims["status_list"], "lst": jose.encode(stored(data))}}


def _status_list(**given: Any) -> str:
    return made.signed(_list_claims(**given), LIST_TYPE, LIST_KEY)


def _case(name: str, reason: str | None, token: str = _TOKEN, **more: Any) -> Case:
    given = {"token": token, "lists": [], "audience": AUDIENCE, "now": _SECONDS, "listed_at": _SECONDS}
    return {"name": name, **given, **more, "reason": reason}


def _status(name: str, reason: str | None, **changes: Any) -> Case:
    return _case(name, reason, made.signed(made.status_claims(**changes), TOKEN_TYPE))


def _tokens() -> Iterator[Case]:
    yield _case("a status token", None)
    yield _status("a status token for the account's own platform", None, own=True)
    yield _case("the required issuer", None, issuer=ISSUER)
    yield _case("a line end after the token", None, _TOKEN + "\n")
    yield _case("another issuer", "ISSUER_WRONG", issuer="https://other.example")
    yield _case("another audience", "AUDIENCE_WRONG", audience="https://pay.example")
    yield _case("the last second", None, now=_SECONDS + 599)
    yield _case("a second too late", "EXPIRED", now=_SECONDS + 600)
    yield _status("a clock a minute ahead", None, issued_at=later(60), expires_at=later(600))
    yield _status("a clock further ahead", "NOT_YET_VALID", issued_at=later(61))
    for state in (AccountState.EXPIRED, AccountState.PENDING, AccountState.ERASED):
        yield _status(f"an account that is {state}", "NOT_VERIFIED", status=made.status(state))
    closed = made.status(standing=Standing.CLOSED)
    yield _status("a closed account", "NOT_VERIFIED", own=True, status=closed)
    for standing in ("GOOD", "WARNED", "PUBLISHING_LIMITED", "RENEWAL_SUSPENDED"):
        stated = {**made.status_claims(), "standing": standing}
        yield _case(f"the standing {standing}", None, made.signed(stated, TOKEN_TYPE))
    for standing in ("good", "GOOD ", "STANDING_GOOD", "MUTED"):
        stated = {**made.status_claims(), "standing": standing}
        yield _case(f"the standing {standing!r}", "NOT_VERIFIED", made.signed(stated, TOKEN_TYPE))
    yield from _orders()


def _orders() -> Iterator[Case]:
    """Yield tokens with two faults: the one that is looked for first is told."""
    claims = made.status_claims() | {"exp": 0}
    other, closed = {"issuer": "https://other.example"}, claims | {"exp": _SECONDS + 9, "state": "EXPIRED"}
    for told, reason, given, more in (
        ("another issuer and audience", "ISSUER_WRONG", {}, other | {"audience": "x"}),
        ("another audience, run out", "AUDIENCE_WRONG", {}, {"audience": "x"}),
        ("no subject, another issuer", "CLAIMS_INVALID", {"sub": ""}, other),
        ("another audience, no time", "AUDIENCE_WRONG", {"iat": "x"}, {"audience": "x"}),
        ("run out, not verified", "EXPIRED", {"state": "EXPIRED"}, {}),
        ("run out, no standing", "EXPIRED", {"standing": 1}, {}),
    ):
        yield _case(f"two faults: {told}", reason, made.signed(claims | given, TOKEN_TYPE), **more)
    for told, reason, given in (
        ("no standing, not verified", "CLAIMS_INVALID", {"standing": 1}),
        ("names a public account, not verified", "CLAIMS_INVALID", {"public_account_id": "pub_1"}),
        ("not verified, no minimum", "NOT_VERIFIED", {}),
    ):
        token = made.signed(closed | given, TOKEN_TYPE)
        yield _case(f"two faults: {told}", reason, token, minimum_assurance="HOLDER")
    listed = _list_claims()
    for told, reason, changes in (
        ("run out, no entries", "LIST_EXPIRED", {"exp": 0, "status_list": {}}),
        ("no time, no entries", "LIST_MALFORMED", {"exp": "x", "status_list": {}}),
        ("run out, no issuer", "LIST_EXPIRED", {"exp": 0, "iss": ""}),
    ):
        yield _credential(f"two faults of the list: {told}", reason,
                          lists=[made.signed(listed | changes, LIST_TYPE, LIST_KEY)])  # fmt: skip
    beyond = made.signed(made.credential_claims(list_index=-1), CREDENTIAL_TYPE)
    yield _credential("two faults: no index, no list", "LIST_MISSING", beyond, lists=[])
    yield _credential(
        "two faults: no index, a list that ran out", "LIST_EXPIRED", beyond, now=_SECONDS + 3600
    )


def _claims() -> Iterator[Case]:
    claims = made.status_claims()
    for name in ("iss", "sub", "aud", "iat", "exp"):
        for wrong in _NO_CLAIM:
            token = made.signed({**claims, name: wrong}, TOKEN_TYPE)
            yield _case(f"{name} is {json.dumps(wrong)}", _reason(wrong), token)
        less = {each: value for each, value in claims.items() if each != name}
        yield _case(f"no {name}", "CLAIMS_INVALID", made.signed(less, TOKEN_TYPE))
    less = {each: value for each, value in claims.items() if each != "state"}
    yield _case("no state", "NOT_VERIFIED", made.signed(less, TOKEN_TYPE))
    exponent = json.dumps({**claims, "exp": 0}).replace('"exp": 0', '"exp": 3e9')
    yield _case("a time with an exponent", "TOKEN_MALFORMED", _headed(_HEADER, exponent.encode()))
    for name in ("exp", "iat", "nbf"):
        for digits in (17, 4_300):
            told = json.dumps({**claims, name: 0}).replace(f'"{name}": 0', f'"{name}": {"9" * digits}')
            yield _case(f"{name} of {digits} digits", "TOKEN_MALFORMED", _headed(_HEADER, told.encode()))
    yield _case("no object", "TOKEN_MALFORMED", _headed(_HEADER, b"[]"))
    yield _case("no UTF-8", "TOKEN_MALFORMED", _headed(_HEADER, b"\xff"))
    twice = json.dumps(claims)[:-1] + ', "aud": "https://pay.example"}'
    yield _case("a claim twice", "TOKEN_MALFORMED", _headed(_HEADER, twice.encode()))
    nested = json.dumps(claims)[:-1] + ', "x": [{"a": 1, "a": 1}]}'
    yield _case("a name twice, further in", "TOKEN_MALFORMED", _headed(_HEADER, nested.encode()))
    proto = json.dumps(claims)[:-1] + ', "__proto__": {"state": "VERIFIED"}}'
    yield _case("a name of the language", None, _headed(_HEADER, proto.encode()))


def _wire() -> Iterator[Case]:
    first, second, third = _TOKEN.split(".")
    for text in ("", "x", "a.b", "a.b.c.d", "\u00e9.b.c", f"{first}.{second}"):
        yield _case(f"the text {text[:9]}", "TOKEN_MALFORMED", text)
    yield _case("padding", "TOKEN_MALFORMED", f"{first}.{second}.{third}==")
    yield _case("half a byte", "TOKEN_MALFORMED", f"{first}.{second}.{third[:-1]}")
    yield _case("too long", "TOO_LONG", _TOKEN + " " * (LONGEST_TOKEN - len(_TOKEN) + 1))
    yield _case("as long as allowed", None, _TOKEN + " " * (LONGEST_TOKEN - len(_TOKEN)))
    yield _case("another signature", "SIGNATURE_INVALID", _TOKEN[:-4] + "AAAA")
    yield _case("a short signature", "SIGNATURE_INVALID", f"{first}.{second}.AAAA")
    order = 2**252 + 27742317777372353535851937790883648493
    whole = jose.decode(third)
    larger = (int.from_bytes(whole[32:], "little") + order).to_bytes(32, "little")
    yield _case("the same signature in another form", "SIGNATURE_INVALID",
                f"{first}.{second}.{jose.encode(whole[:32] + larger)}")  # fmt: skip
    for place in range(0, len(_TOKEN), 37):
        other = "A" if _TOKEN[place] != "A" else "B"
        yield _case(f"character {place} changed", "*", _TOKEN[:place] + other + _TOKEN[place + 1 :])


def _headed(header: Any, payload: bytes) -> str:
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    signed = f"{jose.encode(data)}.{jose.encode(payload)}"
    return f"{signed}.{jose.encode(TOKEN_KEY.sign(signed.encode()))}"


def _headers() -> Iterator[Case]:
    payload = json.dumps(made.status_claims()).encode()
    for name, header, reason in (
        ("is no JSON", b"no json", "TOKEN_MALFORMED"),
        ("is a list", [], "TOKEN_MALFORMED"),
        ("has alg twice", b'{"alg":"none","alg":"EdDSA"}', "TOKEN_MALFORMED"),
        ("is nested", b"[" * 5_000, "TOKEN_MALFORMED"),
        ("has alg none", {**_HEADER, "alg": "none"}, "ALGORITHM_REFUSED"),
        ("has alg HS256", {**_HEADER, "alg": "HS256"}, "ALGORITHM_REFUSED"),
        ("has no alg", {"kid": _KID, "typ": TOKEN_TYPE}, "ALGORITHM_REFUSED"),
        ("has crit", {**_HEADER, "crit": ["b64"]}, "ALGORITHM_REFUSED"),
        ("has jwk", {**_HEADER, "jwk": {}}, "ALGORITHM_REFUSED"),
        ("has typ JWT", {**_HEADER, "typ": "JWT"}, "TYPE_WRONG"),
        ("has the typ of a list", {**_HEADER, "typ": LIST_TYPE}, "TYPE_WRONG"),
        ("has no typ", {"alg": "EdDSA", "kid": _KID}, "TYPE_WRONG"),
        ("has another kid", {**_HEADER, "kid": "x"}, "KEY_UNKNOWN"),
        ("has a kid that is a list", {**_HEADER, "kid": [_KID]}, "KEY_UNKNOWN"),
        ("has no kid", {"alg": "EdDSA", "typ": TOKEN_TYPE}, "KEY_UNKNOWN"),
    ):
        yield _case(f"the header {name}", reason, _headed(header, payload))
    token = made.signed(made.status_claims(), TOKEN_TYPE, LIST_KEY)
    yield _case("a token signed by a list's key", "KEY_UNKNOWN", token)


def _credential(name: str, reason: str | None, token: str = _CREDENTIAL, **more: Any) -> Case:
    return _case(name, reason, token, **{"lists": [_status_list()], **more})


def _credentials() -> Iterator[Case]:
    yield _credential("a credential", None)
    two = made.signed(_list_claims(bits=2), LIST_TYPE, LIST_KEY)
    yield _credential("a list of two bits an entry", None, lists=[two])
    yield _credential("no list", "LIST_MISSING", lists=[])
    other = {**_list_claims(), "sub": f"{ISSUER}/status/1.jwt"}
    yield _credential("another list", "LIST_MISSING", lists=[made.signed(other, LIST_TYPE, LIST_KEY)])
    foreign = {**_list_claims(), "iss": "https://other.example"}
    yield _credential("a list of another issuer", "LIST_MISSING",
                      lists=[made.signed(foreign, LIST_TYPE, LIST_KEY)])  # fmt: skip
    yield _credential("an entry that says no", "STATUS_INVALID", lists=[_status_list(valid=False)])
    yield _credential("an empty list", "INDEX_OUT_OF_RANGE", lists=[_status_list(size=0)])
    for index in (64, 2**40, 2**53 - 1):
        beyond = made.signed(made.credential_claims(list_index=index), CREDENTIAL_TYPE)
        yield _credential(f"entry {index} of 64", "INDEX_OUT_OF_RANGE", beyond)
    numbers = ({"idx": 1}, {"uri": _URI}, *({"idx": index, "uri": _URI} for index in (-1, 7.0, True)))
    references: tuple[Any, ...] = (None, {}, [], *({"status_list": each} for each in ([], *numbers)))
    for wrong in references:
        token = made.signed({**made.credential_claims(), "status": wrong}, CREDENTIAL_TYPE)
        yield _credential(f"the reference is {json.dumps(wrong)}", _reason(wrong), token)


def _public_accounts() -> Iterator[Case]:
    named, asks = made.signed(made.public_account_claims(), PUBLIC_ACCOUNT_TYPE), {"asks": "public account"}
    yield _credential("a credential of a public account", "TYPE_WRONG", named)
    yield _credential("a credential of a public account, where one is asked for", None, named, **asks)
    for revoked, reason in ((_status_list(valid=False), "STATUS_INVALID"), (None, "LIST_MISSING")):
        lists = [] if revoked is None else [revoked]
        yield _credential(f"a public account: {reason}", reason, named, lists=lists, **asks)
    for name, changes in (("audience", "AUDIENCE_WRONG"), ("issuer", "ISSUER_WRONG")):
        yield _credential(f"a public account of another {name}", changes, named,
                          **asks, **{name: "https://other.example"})  # fmt: skip
    month = _SECONDS + 30 * 86_400
    yield _credential("a public account's credential that ran out", "EXPIRED", named, now=month, **asks)
    for wrong in _NO_CLAIM:
        claims = made.public_account_claims() | {"public_account_id": wrong}
        yield _credential(f"the public account is {json.dumps(wrong)}", _reason(wrong),
                          made.signed(claims, PUBLIC_ACCOUNT_TYPE), **asks)  # fmt: skip
        yield _credential(f"an account that names the public account {json.dumps(wrong)}", _reason(wrong),
                          made.signed(claims, CREDENTIAL_TYPE))  # fmt: skip
    both = {**made.status_claims(), "public_account_id": "pub_1"}
    yield _credential("a status token that names a public account", "CLAIMS_INVALID",
                      made.signed(both, TOKEN_TYPE))  # fmt: skip


def _minima() -> Iterator[Case]:
    """Yield what tokens and credentials state, for whom that is enough and for whom not."""
    for minimum, demanded in product(MinimumAssurance, MinimumAssurance):
        given = {} if demanded is MinimumAssurance.ANY else {"minimum_assurance": demanded.value}
        met = demanded in (MinimumAssurance.ANY, minimum) or minimum is MinimumAssurance.HOLDER
        reason = None if met else "ASSURANCE_MISSING"
        named = f"{minimum.value} where {demanded.value} is demanded"
        token = made.signed(made.status_claims(minimum=minimum), TOKEN_TYPE)
        yield _case(f"a status token that states {named}", reason, token, **given)
        token = made.signed(made.credential_claims(minimum=minimum), CREDENTIAL_TYPE)
        yield _credential(f"a credential that states {named}", reason, token, **given)
    holder = {"minimum_assurance": MinimumAssurance.HOLDER.value}
    # What only the account's own platform reads is no statement to anybody: a provider's word proves no name.
    vouched = replace(made.status(), assurances=frozenset({Assurance.RESULT_ONLY}))
    for demanded in MinimumAssurance:
        is_any = demanded is MinimumAssurance.ANY
        given = {} if is_any else {"minimum_assurance": demanded.value}
        for own in (True, False):
            token = made.signed(made.status_claims(own=own, status=vouched), TOKEN_TYPE)
            name = f"RESULT_ONLY where {demanded.value} is demanded, own: {own}"
            yield _case(name, None if is_any else "ASSURANCE_MISSING", token, **given)
    for word in ("ANY", "RESULT_ONLY", "holder", "HOLDER ", "DOCUMENT_SEEN", "HOLDER,DOCUMENT_SEEN"):
        claims = {**made.credential_claims(), "minimum_assurance": word}
        token = made.signed(claims, CREDENTIAL_TYPE)
        yield _credential(f"a credential that states {word!r}", None, token)
        yield _credential(f"a credential that states {word!r} where HOLDER is demanded",
                          "ASSURANCE_MISSING", token, **holder)  # fmt: skip
    wrongs: tuple[Any, ...] = (None, True, 0, "", ["HOLDER"], {})
    for wrong in wrongs:
        claims = {**made.credential_claims(), "minimum_assurance": wrong}
        yield _credential(f"the minimum is {json.dumps(wrong)}", "CLAIMS_INVALID",
                          made.signed(claims, CREDENTIAL_TYPE))  # fmt: skip
    stated = made.signed(made.credential_claims(minimum=MinimumAssurance.HOLDER), CREDENTIAL_TYPE)
    yield _credential("an entry that says no, of a minimum that is stated", "STATUS_INVALID", stated,
                      lists=[_status_list(valid=False)], **holder)  # fmt: skip
    unverified = made.status_claims(status=made.status(AccountState.EXPIRED), minimum=MinimumAssurance.HOLDER)
    yield _case("an account that is EXPIRED, of a minimum that is stated", "NOT_VERIFIED",
                made.signed(unverified, TOKEN_TYPE), **holder)  # fmt: skip
    named_one = made.signed(made.public_account_claims(), PUBLIC_ACCOUNT_TYPE)
    yield _credential("a public account, where a minimum is demanded of a person", None, named_one,
                      asks="public account", **holder)  # fmt: skip


def _types() -> Iterator[Case]:
    """Yield every claim set under every type and key, for every checker: each accepts exactly its own."""
    claims = {
        "a status token": made.status_claims(),
        "a credential": made.credential_claims(),
        "a public account's credential": made.public_account_claims(),
        "a list": _list_claims(),
    }
    own = dict(zip(claims, (TOKEN_TYPE, CREDENTIAL_TYPE, PUBLIC_ACCOUNT_TYPE, LIST_TYPE), strict=True))
    for kind, typ in product(claims, own.values()):
        for key, signer in (("token", TOKEN_KEY), ("list", LIST_KEY)):
            name = f"{kind} as {typ}, signed by a {key} key"
            token = made.signed(claims[kind], typ, signer)
            genuine = typ == own[kind] and (key == "list") == (kind == "a list")
            person, public = (
                kind in ("a status token", "a credential"),
                kind == "a public account's credential",
            )
            yield _credential(name, None if genuine and person else "*", token)
            yield _credential(f"{name}, for a public account", None if genuine and public else "*", token,
                              asks="public account")  # fmt: skip
            yield _credential(f"{name}, in place of the list", None if genuine and kind == "a list" else "*",
                              lists=[token])  # fmt: skip


def _ages() -> Iterator[Case]:
    yield _credential("the list's last second", None, now=_SECONDS + 3599)
    yield _credential("a kept list that ran out", "LIST_EXPIRED", now=_SECONDS + 3600)
    yield _credential("a credential that ran out", "EXPIRED", now=_SECONDS + 30 * 86_400)
    yield _credential("a list as old as allowed", None, now=_SECONDS + 300, max_list_age=300)
    yield _credential("a kept list that is too old", "LIST_STALE", now=_SECONDS + 301, max_list_age=300)
    at = _SECONDS + 301
    yield _credential("a list that is too old", "LIST_STALE", now=at, listed_at=at, max_list_age=300)
    old, new = _status_list(issued_at=NOW - timedelta(seconds=60)), _status_list(valid=False)
    yield _credential("an older list does not replace a newer one", "STATUS_INVALID", lists=[new, old])
    yield _credential("a newer list replaces an older one", "STATUS_INVALID", lists=[old, new])
    same = _status_list()
    yield _credential("of two lists of one time the last counts", "STATUS_INVALID", lists=[same, new])
    yield _credential("of two lists of one time the last counts, which says yes", None, lists=[new, same])
    other = made.signed(
        _list_claims() | {"iss": "https://other.example", "iat": _SECONDS + 1}, LIST_TYPE, LIST_KEY
    )
    yield _credential("a newer list of another issuer replaces it", "LIST_MISSING", lists=[same, other])


def _lists() -> Iterator[Case]:
    claims = _list_claims()
    for name, changes, reason in (
        ("has run out", {"exp": _SECONDS}, "LIST_EXPIRED"),
        ("is of the future", {"iat": _SECONDS + 61}, "LIST_NOT_YET_VALID"),
        ("has a text as iat", {"iat": "x"}, "LIST_MALFORMED"),
        ("has a number as sub", {"sub": 1}, "LIST_MALFORMED"),
        ("has no issuer", {"iss": ""}, "LIST_MALFORMED"),
        ("has no entries", {"status_list": {}}, "LIST_MALFORMED"),
    ):
        yield _credential(f"a list that {name}", reason,
                          lists=[made.signed({**claims, **changes}, LIST_TYPE, LIST_KEY)])  # fmt: skip
    for name, bits, text in _arrays():
        other = {**claims, "status_list": {"bits": bits, "lst": text}}
        yield _credential(f"a list: {name}", "LIST_MALFORMED",
                          lists=[made.signed(other, LIST_TYPE, LIST_KEY)])  # fmt: skip
    changed = _status_list()[:-4] + "AAAA"
    yield _credential("a list with another signature", "LIST_SIGNATURE_INVALID", lists=[changed])
    yield _credential("a list signed by a token's key", "LIST_KEY_UNKNOWN",
                      lists=[made.signed(claims, LIST_TYPE)])  # fmt: skip
    yield _credential("a credential as a list", "LIST_TYPE_WRONG", lists=[_CREDENTIAL])
    yield _credential("a list that is no token", "LIST_TOKEN_MALFORMED", lists=["x"])
    headed = jose.encode(b'{"alg":"none","kid":"x","typ":"statuslist+jwt"}')
    yield _credential("a list of another algorithm", "LIST_ALGORITHM_REFUSED",
                      lists=[f"{headed}.{_status_list().partition('.')[2]}"])  # fmt: skip
    yield _credential("a list that is too long", "LIST_TOO_LONG",
                      lists=[_status_list() + " " * 1024 * 1024])  # fmt: skip


def _arrays() -> Iterator[tuple[str, Any, Any]]:
    entries = StatusList.filled(INVALID, size=64)
    entries.set(INDEX, VALID)
    whole = stored(bytes(entries.data))
    good = jose.encode(whole)
    for bits in (True, "1", 3, 0, None):
        yield f"bits {json.dumps(bits)}", bits, good
    yield "lst null", 1, None
    yield "padding", 1, urlsafe_b64encode(whole + bytes(-len(whole) % 3 + 1)).decode() + "="
    yield "a space", 1, good[:4] + " " + good[4:]
    yield "a letter beyond ASCII", 1, "\u00e9"
    yield "nothing", 1, ""
    yield "no ZLIB", 1, jose.encode(bytes(entries.data))
    yield "cut off", 1, jose.encode(whole[:-1])
    yield "a byte more", 1, jose.encode(whole + b"\x00")
    yield "a second stream", 1, jose.encode(whole + whole)
    yield "raw DEFLATE", 1, jose.encode(whole[2:-4])
    yield "GZIP", 1, jose.encode(b"\x1f\x8b\x08" + bytes(7) + whole[2:-4] + bytes(8))
    yield "longer than any list", 1, jose.encode(run(2**18 // 258 + 1))
    yield "a wrong sum", 1, jose.encode(whole[:-1] + bytes([whole[-1] ^ 1]))
    yield "a dictionary", 1, jose.encode(b"\x78\x20" + bytes(4) + whole[2:])


def _key_sets() -> Iterator[Case]:
    listed = json.loads(JWKS)["keys"]
    both = json.dumps({"keys": [*listed, {"kty": "EC", "crv": "P-256", "kid": "p"}]})
    yield _case("keys of other types", None, jwks=both)
    yield _case("no keys", "KEY_UNKNOWN", jwks='{"keys": []}')
    key = {"kty": "OKP", "crv": "Ed25519"}
    short, weak = bytes(31), b"\x01" + bytes(31)
    for name, text in (
        ("is empty", ""),
        ("is a list", "[]"),
        ("is an object without keys", "{}"),
        ("has more behind it", '{"keys": []}x'),
        ("has a text as key", '{"keys": ["x"]}'),
        ("has a key without x", json.dumps({"keys": [key]})),
        ("has a number as x", json.dumps({"keys": [{**key, "kid": "x", "x": 1}]})),
        ("has another kid", json.dumps({"keys": [{**listed[0], "kid": "x"}]})),
        ("has a key twice", json.dumps({"keys": [*listed, listed[0]]})),
        ("has a short key", json.dumps({"keys": [{**key, "kid": jose.kid(short), "x": jose.encode(short)}]})),
        ("has a weak key", json.dumps({"keys": [{**key, "kid": jose.kid(weak), "x": jose.encode(weak)}]})),
    ):
        yield _case(f"a key set that {name}", "JWKS_INVALID", jwks=text)
