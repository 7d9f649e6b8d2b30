"""Vectors of the strict readers of JSON and base64."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from itertools import product
from typing import Any

from tools.support.generate.vectors.case import Case, repeated, texts

Row = tuple[str, bytes, str | None]
_LIMIT = 1_000_000
_MARKS = 250_000
_DOCUMENT = b'{"a": [1, -20, true, null], "b": {"c": "\xe6\x9f\x90 \\u00e9\\n"}}'
_GOOD = (
    *("{}", "[]", '""', "0", "-1", "true", "false", "null", "9007199254740991", "-9007199254740991"),
    *('{"a":1}', ' \t\r\n{ "a" : [ 1 , 2 ] } \n', '{"a":{"a":1},"b":{"a":1}}', '{"":0}', '["",""]'),
    *('{"__proto__":1,"constructor":2}', '"\\ud83d\\ude00"', '"\U0001f600"', '"\\\\ud800"', '"\\u0000"'),
    *('"\x7f"', '"\u2028"', '"\ufeff"', '"\uffff"', '"\U0010ffff"', '"\\/\\b\\f\\n\\r\\t\\"\\\\"'),
    *('"\\uFFFF\\uffff"', "100", "[[],{}]", '{"a":null}'),
)
_BAD = (
    *("", " ", "NaN", "Infinity", "-Infinity", "nan", "True", "TRUE", "nul", "undefined", "None", "-", "+1"),
    *("1.0", "0.5", ".5", "1.", "1e3", "1E3", "1e+3", "1e-3", "1e", "-0", "-0.0", "00", "01", "-01", "0x10"),
    *("1_000", "1 000", "9007199254740992", "-9007199254740992", "1" + "0" * 30, "٣", "1n", "1,0"),
    *('{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '{"b":{"a":1,"a":2}}', '[{"a":1,"a":1}]', '{"":1,"":1}'),
    *("{} {}", "{},", "{}x", "{}\x00", "[1,]", '{"a":1,}', "[,1]", '{"a"}', '{"a":}', "{a:1}", "{'a':1}"),
    *('{"a":1 "b":2}', "[1 2]", '{,"a":1}', "[", "{", "]", "}", "[}", "{]", '{"a":1]', "[1}", ":", ","),
    *("/* */{}", "{}//", "#\n{}", "--\n{}", '"a', 'a"', '"', "'a'", '"\\x41"', '"\\u12"', '"\\u12G4"', '"\\'),
    *('"\\U00000041"', '"\\ud800"', '"\\udc00"', '"\\udc00\\ud800"', '"\\ud800x"', '"\\ud800\\ud800"'),
    *('{"\\ud800":1}', '[["\\udfff"]]', '"\\ud83d\\\\ude00"', "\ufeff{}", "{}\ufeff", "\u00a0{}", "{}\u00a0"),
    *("\u2028{}", "\x0b{}", "\x0c{}", "{}\x0c", "{}\x85", "[1\u30012]", "{\u201ca\u201d:1}"),
)
_BYTES = {
    "UTF-16": "{}".encode("utf-16"),
    "UTF-16 without a mark": '{"a":1}'.encode("utf-16-le"),
    "UTF-32": "{}".encode("utf-32"),
    "a surrogate in UTF-8": b'"\xed\xa0\x80"',
    "a surrogate pair in UTF-8": b'"\xed\xa0\xbd\xed\xb8\x80"',
    "an overlong NUL": b'"\xc0\x80"',
    "an overlong letter": b'"\xc1\xa1"',
    "beyond Unicode": b'"\xf4\x90\x80\x80"',
    "a cut character": b'"\xe6\x9f"',
    "a byte that continues nothing": b'"\x80"',
    "no UTF-8": b'"\xff"',
    "Latin-1": b'"\xe9"',
    "no UTF-8 after the value": b"{}\xff",
}


def json_page() -> dict[str, Any]:
    """Return the content of json.json."""
    inputs = {"nothing": "", "list": "[0]", "empty": "[]"}
    return {"source": __doc__, "limit": _LIMIT, "inputs": inputs, "cases": [*texts(_json_rows()), *_sizes()]}


def _json_rows() -> Iterator[Row]:
    yield from ((f"accepted: {text!a}", text.encode(), None) for text in _GOOD)
    yield from ((f"refused: {text[:40]!a}", text.encode(), "MALFORMED") for text in _BAD)
    yield from ((name, data, "MALFORMED") for name, data in _BYTES.items())
    for code in range(32):
        yield f"the character {code} in a text", b'"%c"' % code, "MALFORMED"
    yield "a document", _DOCUMENT, None
    for at in range(1, len(_DOCUMENT)):
        yield f"the document cut after {at}", _DOCUMENT[:at], "MALFORMED"
        spoilt = _DOCUMENT[:at] + b"\x01" + _DOCUMENT[at + 1 :]
        yield f"the document with a control character at {at}", spoilt, "MALFORMED"
    for depth, reason in ((31, None), (32, None), (33, "MALFORMED"), (2_000, "MALFORMED")):
        for kind, begin, end in (("lists", b"[", b"]"), ("objects", b'{"a":', b"}")):
            inner = begin + (b"" if kind == "lists" else b"1") + end
            yield f"{depth} {kind} deep", begin * (depth - 1) + inner + end * (depth - 1), reason
    yield "a number in 32 lists", b"[" * 32 + b"0" + b"]" * 32, None
    yield "an object in 32 lists", b"[" * 32 + b"{}" + b"]" * 32, "MALFORMED"


def _sizes() -> Iterator[Case]:
    for name, of, at, put, times, reason in (
        ("as long as allowed", "empty", 2, b" ", _LIMIT - 2, None),
        ("a byte too long", "empty", 2, b" ", _LIMIT - 1, "TOO_LONG"),
        ("a letter too long, and not JSON", "empty", 2, b"x", _LIMIT - 1, "TOO_LONG"),
        ("as many values as allowed", "list", 1, b"0,", _MARKS - 1, None),
        ("a value too many", "list", 1, b"0,", _MARKS, "TOO_LONG"),
        ("a value too many, of lists", "list", 1, b"[],", _MARKS // 2, "TOO_LONG"),
        ("lists without end", "nothing", 0, b"[", _MARKS, "MALFORMED"),
        ("objects without end", "nothing", 0, b'{"a":', _LIMIT // 5, "MALFORMED"),
        ("a number of 5,000 digits", "list", 1, b"1", 5_000, "MALFORMED"),
    ):
        yield {"name": name, "input": repeated(of, at, put, times), "reason": reason}


def base64_page() -> dict[str, Any]:
    """Return the content of base64.json."""
    cases = [*texts(_rows("standard"), alphabet="standard"), *texts(_rows("url"), alphabet="url")]
    return {"source": __doc__, "inputs": {"nothing": ""}, "cases": cases}


def _rows(alphabet: str) -> Iterator[Row]:
    is_url = alphabet == "url"
    for size in range(9):
        data = bytes(251 + at & 255 if at % 2 else 62 * at & 255 for at in range(size))
        standard, url = b64encode(data), urlsafe_b64encode(data).rstrip(b"=")
        right, wrong = (url, standard) if is_url else (standard, url)
        yield f"{alphabet}: {size} bytes", right, None
        if wrong != right:
            yield f"{alphabet}: {size} bytes, as the other one", wrong, "MALFORMED"
        for name, made in _spoilt(right):
            yield f"{alphabet}: {size} bytes, {name}", made, "MALFORMED"
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for count, fill in ((1, b"=="), (2, b"=")):
        # Only every 16th, or every 4th, letter has no bits that belong to no byte.
        step = 16 if count == 1 else 4
        for place, letter in enumerate(letters[:62]):
            made = b"A" * count + bytes([letter]) + (b"" if is_url else fill)
            reason = "MALFORMED" if place % step else None
            yield f"{alphabet}: {chr(letter)} as the last letter of {count} bytes", made, reason
    for first, second in product("+/-_", repeat=2):
        own = "-_" if is_url else "+/"
        reason = None if {first, second} <= set(own) else "MALFORMED"
        yield f"{alphabet}: the letters {first}{second}", f"AA{first}{second}".encode(), reason


def _spoilt(right: bytes) -> Iterator[tuple[str, bytes]]:
    for name, put in (("a space", b" "), ("a line's end", b"\n"), ("a NUL", b"\x00"), ("a comma", b",")):
        yield f"{name} before", put + right
        yield f"{name} after", right + put
        if len(right) > 1:
            yield f"{name} within", right[:1] + put + right[1:]
    yield "more padding", right + b"="
    yield "much more padding", right + b"===="
    yield "a letter beyond ASCII", right + "\u00e9".encode()
    letters = right.rstrip(b"=")
    yield "a letter alone", letters + b"A" * ((1 - len(letters)) % 4)
