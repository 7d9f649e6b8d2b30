"""Texts, bytes and numbers that programs stumble over; {} is where a canary sits, not to be met again.

Each line is about one kind of stumbling; `characters` and `syntax` take kinds through all their forms. All
are written for this project.
"""

import json

from tests.resilience.fuzz import characters, syntax

_BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e\u3164\u115f"
_BLANKS = "\u00a0\u1680\u2000\u2003\u2009\u2028\u2029\u202f\u205f\u3000\u0085"
_CONTROLS = "".join(chr(number) for number in (*range(1, 32), *range(127, 160)))
_MARKS = "\u0300\u0301\u0316\u0334\u0347\u0489"
_PRIVATE_USE = "\ue000\uf8ff\U000f0000\U0010fffd"
_NO_CHARACTERS = "\ufffe\uffff\U0001fffe\U0010ffff\ufdd0"

_SINGLE: tuple[str, ...] = (
    # Nothing, blanks, and what only looks like nothing.
    "", " ", "\t", "\n", "\r\n", "\0", "{}\0", "\0{}", " {} ", "{}\n", "\ufeff{}", _BLANKS, _INVISIBLE,
    _CONTROLS, *(f"{{}}{char}" for char in _CONTROLS),
    *(f"{char}{{}}" for char in _BIDI + _INVISIBLE + _BLANKS),
    # Directions, marks, forms and code points that a database, a font or a normaliser treats in its own way.
    "\u202e{}\u202c", "{}" + _MARKS * 40, _PRIVATE_USE, "{}" + _NO_CHARACTERS, "\u0958\u09dc",
    "\ufb01\ufb2c", "\u1e9e\u00df\u0130\u0131\u017f", "\u212a\u2126\u00c5", "e\u0301\u00e9",
    "\ud55c\u1112\u1161\u11ab", "\u4e00\U00020000\U0003134a",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f1e8\U0001f1f3\U0001f1e8",
    "\U0001f3fb{}", "\U0001f600" * 50, "\u6768{}\u00b7\u963f\u5384", "\u00b7", "\u30fb{}", "{}\u2022",
    "\u3007{}", "\U000e0041\U000e007f{}",
    # Digits that are no digits, numbers that are none, and texts that become numbers.
    "\uff11\uff12\uff13\uff14\uff15\uff16", "\u0661\u0662\u0663\u0664\u0665\u0666",
    "\U0001d7ce\U0001d7cf\U0001d7d0", "\u00b2\u00bd\u2167", "0", "-0", "-1", "1e309", "0x10", "0b1",
    "1_000", "1,000", "+1", "NaN", "Infinity", "-Infinity", "null", "None", "true", "undefined", "nil",
    "9" * 400, "1" + "0" * 5000, "00000000-0000-0000-0000-000000000000",
    "0B5F4C1E-5A4E-4C7E-9A52-5D9F6AD3C001", "{{0b5f4c1e-5a4e-4c7e-9a52-5d9f6ad3c001}}",
    "urn:uuid:0b5f4c1e-5a4e-4c7e-9a52-5d9f6ad3c001", "0b5f4c1e5a4e4c7e9a525d9f6ad3c001",
    "0b5f4c1e-5a4e-4c7e-9a52-5d9f6ad3c00g",
    # Dates and times, and how they are not written.
    "0000-00-00", "2026-02-30", "2026-13-01", "9999-12-31", "10000-01-01", "-0001-01-01", "2026-1-1",
    "20260101", "2026-W01-1", "2026-01-01T00:00:00Z", "\uff12\uff10\uff12\uff16-01-01", "24:00", "23:60",
    "9:00", "-1:00", "00:00:00",
    # Names of places in a file system, as a zone or as anything else.
    "Asia", "Asia/", "/etc/localtime", "../../../../etc/hosts", "..", ".", "localtime", "posixrules",
    "zone.tab", "Etc/GMT+25", "Asia/Shanghai\0", "asia/shanghai", "C:\\{}", "\\\\{}\\share", "file:///{}",
    "con", "~{}",
    # What ends a string somewhere else: queries, shells, templates, formats, markup, log lines.
    "'; DROP TABLE accounts; --{}", "' OR '1'='1' /*{}", '" OR ""="{}', "{}\\'; SELECT pg_sleep(10) --",
    "$$; {} $$", ":{}", "%s{}%s", "; sleep 9 #{}", "$({})", "`{}`", "| {}", "& {}", "${{{}}}",
    "{{{{ {} }}}}", "{{% raw %}}{}", "<%= {} %>", "#{{{}}}", "${{jndi:ldap://127.0.0.1/{}}}", "%n%n%n{}",
    "%(levelname)s {}", "{{0.__class__}}{}", "{}%", "%00{}", "\\u0000{}", "<script>{}</script>",
    '"><img src=x onerror={}>', "<!--{}", "]]>{}", "<!DOCTYPE x [<!ENTITY e '{}'>]>&e;", "javascript:{}",
    "=cmd|'{}'!A1", "+{}", "-{}", "@{}", "\u001b[31m{}\u001b[0m", "\u001b]0;{}\u0007", "\x9b2J{}",
    "{}\r\nSet-Cookie: a=b", '{}\n{{"event":"rpc","code":"OK"}}', '{}","level":"info","x":"',
    "{}\u2028alert", "\\{}\\", '"{}', "'{}", "*)(uid=*))(|(uid={}*", "(a+)+$ {}" + "a" * 60, "{}" * 200,
    # What looks right here: roles, purposes, tokens, codes, origins.
    "system", "idvault/record/v1", "acct_", "acct_{}", "ACCT_00000000000000000000000000",
    "acct_0000000000000000000000000u", "acct_" + "0" * 26, "acct_" + "0" * 25 + "\uff11",
    "spiffe://idvault.local/operator/operator", "platform-a", "platform-b", "https://{}.example",
    "http://taxi.example", "https://taxi.example/\u202e", "https://user:{}@taxi.example", "//taxi.example",
    "000000", "12345", "1234567", " 123456", "123 456", "12345\u0666", "0" * 64, "f" * 64, "F" * 32,
    "g" * 32, "AAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAA=", "____________________", "%41%41", "AAAA AAAA",
    # Too long, by a little and by a lot; a character is one, two, three or four bytes.
    "x" * 51 + "{}", "x" * 65, "x" * 101, "x" * 129, "x" * 501, "\u540d" * 33, "\u540d" * 51,
    "\U00020000" * 33, "{}" + "y" * 4_000, "\u00e9" * 30_000, "z" * 65_000, "\U0001f600" * 17_000,
    "{}" + "q" * 70_000,
)  # fmt: skip

FAMILIES = (*characters.FAMILIES, *syntax.FAMILIES)


def _template(text: str) -> str:
    """Return a text of a family as `fill` reads it."""
    return text.replace("{", "{{").replace("}", "}}").replace(characters.CANARY, "{}")


TEXTS: tuple[str, ...] = tuple(
    dict.fromkeys((*_SINGLE, *(_template(text) for family in FAMILIES for text in family())))
)
"""Every naughty text, each once."""

# What a string field may not even hold: python's own messages refuse it, so it goes onto the wire by hand.
NOT_UTF8: tuple[bytes, ...] = (
    b"\xff", b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\xaf", b"\xed\xa0\x80", b"\xed\xb0\x80",
    b"\xed\xa0\xbd\xed\xb8\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\x80", b"\xe4\xb8",
    b"\xfe\xff", b"\xff\xfe\x00\x00", b"ok\xc3\x28", b"\xbf" * 100,
)  # fmt: skip

# JSON that a parser, or whoever reads what it found, stumbles over.
JSON: tuple[bytes, ...] = (
    b"", b"{", b"[]", b"null", b'"text"', b"{}", b"[" * 20_000, b'{"a":' * 20_000,
    b'{"version":' + b"9" * 5_000 + b"}", b'{"version":1e400}', b'{"version":NaN}', b'{"version":-0}',
    b'{"version":1,"version":2}', b'{"format":"\\ud800"}', b'{"\\ud800":1}', b'{"format":"\\u0000"}',
    b"\xef\xbb\xbf{}", b"{}\0", b'{"format":"\xed\xa0\x80"}', "{\"a\":1}".encode("utf-16"),
    json.dumps({"format": "idvault/roster/v1", "version": True, "people": {}, "quorums": []}).encode(),
)  # fmt: skip

_EDGES = {
    bit
    for size in (7, 8, 15, 16, 31, 32, 53, 63)
    for bit in (2**size - 1, 2**size, -(2**size), -(2**size) - 1)
}
NUMBERS: tuple[int, ...] = (
    0,
    1,
    -1,
    2,
    999,
    1_000,
    1_001,
    999_999_999,
    1_000_000_000,
    253_402_300_800,
    *sorted(_EDGES),
)


def fill(template: str, canary: str) -> str:
    """Return a text with its canary in place."""
    return template.replace("{{", "{").replace("}}", "}").replace("{}", canary)
