"""Vectors of status tokens, credentials, status lists and key sets.

A case has a `token`, `lists`, and a key set `jwks`, each an input; what it leaves out is as at the top of the
file. A reader reads the key set, adds each list at `listed_at`, and checks the token for `audience` (and, if
given, of `issuer`) at `now`, with lists that are at most `max_list_age` seconds old, if given; it demands
`minimum_assurance`, if given. With `asks` "public account" it is asked for a public account, else for a
person. Times are seconds since 1970.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from idvault_verify.attest import jose
from idvault_verify.attest.status_check import LATEST
from idvault_verify.attest.status_token import CREDENTIAL_TYPE, LIST_TYPE, PUBLIC_ACCOUNT_TYPE, TOKEN_TYPE
from tools.support import status_tokens as made
from tools.support.generate.vectors import status_cases
from tools.support.generate.vectors.case import Case, Input, changed, repeated
from tools.support.generate.vectors.members import put_text, unreadable, without
from tools.support.generate.vectors.status_cases import JWKS, stored
from tools.support.status_tokens import AUDIENCE, INDEX, LIST_KEY, NOW, TOKEN_KEY

Read = Callable[[dict[str, Any], Case], str | None]
_SECONDS = int(NOW.timestamp())
_LIST = status_cases._status_list()
INPUTS = {
    "nothing": "",
    "token": made.signed(made.status_claims(own=True), TOKEN_TYPE),
    "credential": made.signed(made.credential_claims(), CREDENTIAL_TYPE),
    "public account": made.signed(made.public_account_claims(), PUBLIC_ACCOUNT_TYPE),
    "list": _LIST,
    "jwks": JWKS,
}
_DEFAULT: dict[str, Any] = {
    "audience": AUDIENCE,
    "now": _SECONDS,
    "listed_at": _SECONDS,
    "lists": [{"of": "list"}],
    "jwks": {"of": "jwks"},
}
_HEADER = {"alg": "EdDSA", "kid": jose.kid(TOKEN_KEY.public_key().public_bytes_raw())}
_KINDS = {"iss": "text", "sub": "text", "aud": "text", "iat": "number", "exp": "number"}
_OF_STATUS = _KINDS | {"state": "text", "standing": "text"}
_OF_CREDENTIAL = _KINDS | {"status": "object", "status.status_list": "object"}
_OF_CREDENTIAL |= {"status.status_list.idx": "number", "status.status_list.uri": "text"}
_OF_LIST = {name: kind for name, kind in _KINDS.items() if name != "aud"} | {
    "status_list": "object",
    "status_list.bits": "number",
    "status_list.lst": "text",
}
# JSON texts of no claim, by why they are refused.
_NOT_JSON = (
    *(
        "1.0",
        "1e3",
        "-0",
        "01",
        "NaN",
        "Infinity",
        "9007199254740992",
        "9223372036854775808",
        '"\\ud800"',
        "x",
        "",
    ),
    '"a\nb"',
)
_NO_VALUE = {
    "text": ("null", "true", "0", '""', "[]", "{}", '["x"]'),
    "number": ("null", "true", "false", '"0"', '"1772366400"', "[]", "{}", "-1", "-9007199254740991"),
    "object": ("null", "true", '"x"', "0", "[]", "[{}]"),
}


def page(read: Read) -> dict[str, Any]:
    """Return the content of status.json. read: a reader, asked for the cases that no rule decides."""
    found: dict[str, Any] = {"source": __doc__, **_DEFAULT, "inputs": INPUTS}
    cases = [*_known(), *_claims(), *_numbers(), *_forms(), *_key_sets()]
    for case in cases:
        if case["reason"] == "*":
            case["reason"] = read(found, case)
    return {**found, "cases": cases}


def _known() -> Iterator[Case]:
    for case in status_cases.cases():
        given = {
            name: case[name] for name in ("audience", "now", "listed_at") if case[name] != _DEFAULT[name]
        }
        given |= {
            name: case[name]
            for name in ("issuer", "max_list_age", "minimum_assurance", "asks")
            if name in case
        }
        lists = [_nearest(each, "list") for each in case["lists"]]
        if lists != _DEFAULT["lists"]:
            given["lists"] = lists
        if "jwks" in case:
            given["jwks"] = _nearest(case["jwks"], "jwks")
        token = _nearest(case["token"], "token", "credential", "public account")
        yield {"name": case["name"], "token": token, **given, "reason": case["reason"]}


def _nearest(text: str, *names: str) -> Input:
    padding = len(text) - len(text.rstrip(" "))
    bases = ((name, INPUTS[name]) for name in names)
    for name, base in bases:
        if padding > 100 and text.rstrip(" ") == base:
            return repeated(name, len(base), b" ", padding)
    inputs = (changed(name, INPUTS[name].encode(), text.encode()) for name in names)
    return min(inputs, key=lambda each: len(json.dumps(each)))


def _signed(claims: bytes, typ: str, key: Any = TOKEN_KEY) -> str:
    kid = jose.kid(key.public_key().public_bytes_raw())
    header = json.dumps({"alg": "EdDSA", "kid": kid, "typ": typ}, separators=(",", ":")).encode()
    signed = f"{jose.encode(header)}.{jose.encode(claims)}"
    return f"{signed}.{jose.encode(key.sign(signed.encode()))}"


def _claims() -> Iterator[Case]:
    """Yield each claim of each token missing, doubled, and of every other kind."""
    status, credential = made.status_claims(own=True), made.credential_claims()
    public, listed = made.public_account_claims(), status_cases._list_claims()
    yield from _of("token", status, _OF_STATUS, TOKEN_TYPE, optional=("assurance", "standing"))
    yield from _of("credential", credential, _OF_CREDENTIAL, CREDENTIAL_TYPE)
    kinds = _OF_CREDENTIAL | {"public_account_id": "text"}
    yield from _of("public account", public, kinds, PUBLIC_ACCOUNT_TYPE, asks="public account")
    yield from _of("list", listed, _OF_LIST, LIST_TYPE)


def _of(
    base: str,
    claims: dict[str, Any],
    kinds: Mapping[str, str],
    typ: str,
    *,
    optional: tuple[str, ...] = (),
    **given: Any,
) -> Iterator[Case]:
    def case(name: str, text: bytes, reason: str | None) -> Case:
        if base == "list":
            token = _signed(text, typ, LIST_KEY)
            lists = [changed("list", _LIST.encode(), token.encode())]
            return {"name": name, "token": {"of": "credential"}, "lists": lists, "reason": reason}
        token = _signed(text, typ)
        return {
            "name": name,
            "token": changed(base, INPUTS[base].encode(), token.encode()),
            **given,
            "reason": reason,
        }

    malformed = "LIST_TOKEN_MALFORMED" if base == "list" else "TOKEN_MALFORMED"
    invalid = "LIST_MALFORMED" if base == "list" else "CLAIMS_INVALID"
    for path, kind in kinds.items():
        reason: str | None = "NOT_VERIFIED" if path == "state" else invalid
        # Nobody checks it.
        reason = None if path == "assurance" else reason
        for text in _NOT_JSON:
            yield case(f"{base}: {path} is {text!a}", put_text(claims, path, text), malformed)
        for text in _NO_VALUE[kind]:
            yield case(f"{base}: {path} is {text!a}", put_text(claims, path, text), reason)
        missing = None if path in optional else reason
        yield case(f"{base}: without {path}", _compact(without(claims, path)), missing)
        name, shown = path.rpartition(".")[2], json.dumps(_at(claims, path))
        twice = put_text(claims, path, f'{shown},"{name}":{shown}')
        yield case(f"{base}: {path} twice", twice, malformed)
        yield case(
            f"{base}: {path} twice, of different values",
            put_text(claims, path, f'1,"{name}":{shown}'),
            malformed,
        )
    for told, whole, is_read in _wholes(_compact(claims)[:-1]):
        yield case(f"{base}: {told}", whole, None if is_read else malformed)


def _wholes(known: bytes) -> Iterator[tuple[str, bytes, bool]]:
    """Yield claims with more behind them or before, and whether a reader reads them."""
    for told, more, is_read in (
        ("an unknown claim", b',"x":{"y":[1]}}', True),
        ("an unknown claim that is null", b',"x":null}', True),
        ("an unknown claim with a fraction", b',"x":1.5}', False),
        ("half of a surrogate pair in an unknown claim", b',"x":"\\udc00"}', False),
        ("an unknown claim twice", b',"x":1,"x":1}', False),
        ("32 deep", b',"x":' + b"[" * 31 + b"]" * 31 + b"}", True),
        ("33 deep", b',"x":' + b"[" * 32 + b"]" * 32 + b"}", False),
        ("a comma before the end", b",}", False),
        ("a word at the end", b"}x", False),
        ("an object at the end", b"}{}", False),
        ("a NUL at the end", b"}\x00", False),
        ("no end", b"", False),
        ("white space at the end", b"} \n", True),
    ):
        yield told, known + more, is_read
    yield "a byte order mark", b"\xef\xbb\xbf" + known + b"}", False
    yield "UTF-16", (known + b"}").decode().encode("utf-16"), False
    yield "no UTF-8", known + b',"x":"\xff"}', False


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value[name]
    return value


def _compact(claims: Any) -> bytes:
    return json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode()


def _numbers() -> Iterator[Case]:
    status, credential = made.status_claims(own=True), made.credential_claims()
    far = {"exp": LATEST}
    for name, number, reason in (
        ("exp", 0, "EXPIRED"),
        ("exp", _SECONDS, "EXPIRED"),
        ("exp", _SECONDS + 1, None),
        ("exp", LATEST, None),
        ("exp", LATEST + 1, "CLAIMS_INVALID"),
        ("exp", 2**53 - 1, "CLAIMS_INVALID"),
        ("exp", 2**53, "TOKEN_MALFORMED"),
        ("exp", 2**63 - 1, "TOKEN_MALFORMED"),
        ("exp", 2**63, "TOKEN_MALFORMED"),
        ("exp", 2**64, "TOKEN_MALFORMED"),
        ("iat", 0, None),
        ("iat", _SECONDS + 60, None),
        ("iat", _SECONDS + 61, "NOT_YET_VALID"),
        ("iat", LATEST, "NOT_YET_VALID"),
        ("iat", LATEST + 1, "CLAIMS_INVALID"),
        ("iat", 2**63, "TOKEN_MALFORMED"),
    ):
        token = _signed(_compact({**status, **far, name: number}), TOKEN_TYPE)
        yield _token(f"the number {number} as {name}", "token", token, reason)
        if reason != "TOKEN_MALFORMED":
            claims = status_cases._list_claims() | far | {name: number}
            told = {"CLAIMS_INVALID": "LIST_MALFORMED", None: None}.get(reason, f"LIST_{reason}")
            lists = [changed("list", _LIST.encode(), _signed(_compact(claims), LIST_TYPE, LIST_KEY).encode())]
            case: Case = {"name": f"the number {number} as {name} of the list", "lists": lists}
            yield {**case, "token": {"of": "credential"}, "reason": told}
    beyond = ((place, "INDEX_OUT_OF_RANGE") for place in (64, 2**31, 2**53 - 1))
    for index, reason in ((0, "STATUS_INVALID"), (63, "STATUS_INVALID"), (INDEX, None), *beyond):
        status_list = {"idx": index, "uri": credential["status"]["status_list"]["uri"]}
        token = _signed(_compact({**credential, "status": {"status_list": status_list}}), CREDENTIAL_TYPE)
        yield _token(f"the entry {index}", "credential", token, reason)
    for bits in (0, 1, 2, 3, 4, 5, 8, 16, 2**53 - 1):
        listed = {"bits": bits, "lst": jose.encode(stored(bytes(64)))}
        claims = status_cases._list_claims() | {"status_list": listed}
        lists = [changed("list", _LIST.encode(), _signed(_compact(claims), LIST_TYPE, LIST_KEY).encode())]
        yield {"name": f"a list of {bits} bits", "token": {"of": "credential"}, "lists": lists,
               "reason": None if bits in (1, 2, 4, 8) else "LIST_MALFORMED"}  # fmt: skip


def _token(name: str, base: str, token: str, reason: str | None) -> Case:
    return {"name": name, "token": changed(base, INPUTS[base].encode(), token.encode()), "reason": reason}


def _forms() -> Iterator[Case]:
    """Yield the token and the list cut, and with other letters."""
    for base, prefix in (("token", ""), ("list", "LIST_")):
        text = INPUTS[base]
        for told, made_of, reason in _spelt(text):
            whole = reason if reason in (None, "*") else prefix + reason
            case: Case = {"name": f"{base}: {told}", "reason": whole}
            given = changed(base, text.encode(), made_of)
            if base == "list":
                yield case | {"token": {"of": "credential"}, "lists": [given]}
            else:
                yield case | {"token": given}


def _spelt(text: str) -> Iterator[tuple[str, bytes, str | None]]:
    first, second, third = text.split(".")
    for part in range(20):
        cut = len(text) * part // 20
        # A signature that is cut may still be base64url, of fewer bytes.
        yield (
            f"cut after {cut}",
            text[:cut].encode(),
            "TOKEN_MALFORMED" if cut < len(text) - len(third) else "*",
        )
    for told, made_of in (
        ("a space within the header", f"{first[:4]} {first[4:]}.{second}.{third}"),
        ("a space before the signature", f"{first}.{second}. {third}"),
        ("padding of the first part", f"{first}=.{second}.{third}"),
        ("padding of the last part", f"{first}.{second}.{third}=="),
        ("the other alphabet", f"{first}.{second}.{third[:-2]}+/"),
        ("a fourth part", f"{text}.x"),
        ("an empty fourth part", f"{text}."),
        ("without a signature", f"{first}.{second}."),
        ("without claims", f"{first}..{third}"),
        ("without a header", f".{second}.{third}"),
        ("a fixed space after", f"{text}\u00a0"),
        ("a line separator after", f"{text}\u2028"),
        ("a form feed after", f"{text}\x0c"),
        ("a vertical tabulator before", f"\x0b{text}"),
        ("a NUL after", f"{text}\x00"),
        ("a byte order mark before it", f"\ufeff{text}"),
        ("in quotes", f'"{text}"'),
    ):
        # What follows a genuine header is read once its signature verifies.
        yield (
            told,
            made_of.encode(),
            "*" if told in ("without claims", "without a signature") else "TOKEN_MALFORMED",
        )
    # Claims are read once the signature has been found to be theirs.
    for told, made_of in (("a space in the claims", f"{first}. {second}.{third}"),
                          ("an end of line in the claims", f"{first}.{second}\n.{third}")):  # fmt: skip
        yield told, made_of.encode(), "SIGNATURE_INVALID"
    for told, made_of in (("white space around", f" \t{text}\r\n"), ("two ends of line", f"{text}\n\n")):
        yield told, made_of.encode(), None


def _key_sets() -> Iterator[Case]:
    keys = json.loads(JWKS)
    place = next(at for at, key in enumerate(keys["keys"]) if key["purpose"] == "status-token")
    kinds = {"keys": "list", f"keys.{place}": "object"}
    kinds |= {f"keys.{place}.{name}": "text" for name in ("kid", "x", "purpose")}
    for name, text in unreadable(keys, kinds):
        # A key set may have members that nobody here knows, and keys of other kinds.
        if not any(
            word in name
            for word in ("member", "too", "spelling", "capital", f"keys.{place} is", "keys is '[{")
        ):
            yield _key_set(name, text, "JWKS_INVALID")
    for name, text, reason in (
        ("an unknown member", _compact({**keys, "x": 1}), None),
        ("an unknown member of a key", put_text(keys, f"keys.{place}.x5c", "[]"), None),
        ("a key without purpose", _compact(without(keys, f"keys.{place}.purpose")), "KEY_UNKNOWN"),
        ("a key for another purpose", put_text(keys, f"keys.{place}.purpose", '"x"'), "KEY_UNKNOWN"),
        ("a key of another curve", put_text(keys, f"keys.{place}.crv", '"X25519"'), "KEY_UNKNOWN"),
        ("a key of another type", put_text(keys, f"keys.{place}.kty", '"EC"'), "KEY_UNKNOWN"),
        ("a key without kid", _compact(without(keys, f"keys.{place}.kid")), "JWKS_INVALID"),
        ("a key without x", _compact(without(keys, f"keys.{place}.x")), "JWKS_INVALID"),
        ("a text as keys", b'{"keys":""}', "JWKS_INVALID"),
        ("an object as keys", b'{"keys":{}}', "JWKS_INVALID"),
        ("null among the keys", b'{"keys":[null]}', "JWKS_INVALID"),
        ("a list among the keys", b'{"keys":[[]]}', "JWKS_INVALID"),
    ):
        yield _key_set(name, text, reason)
    for name, times, reason in (("as long as allowed", 0, None), ("a byte too long", 1, "JWKS_INVALID")):
        jwks = repeated("jwks", len(JWKS), b" ", jose.MOST_BYTES - len(JWKS) + times)
        yield {"name": f"key set: {name}", "token": {"of": "token"}, "jwks": jwks, "reason": reason}


def _key_set(name: str, text: bytes, reason: str | None) -> Case:
    jwks = changed("jwks", JWKS.encode(), text)
    return {"name": f"key set: {name}", "token": {"of": "token"}, "lists": [], "jwks": jwks, "reason": reason}
