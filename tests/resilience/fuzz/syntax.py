"""Naughty texts by what reads them: queries, shells, formats, documents, paths, addresses, dates, ids.

Each family takes one kind of stumbling through all its forms, by a rule. CANARY is where a canary sits.
"""

from collections.abc import Callable, Iterator
from itertools import product

from tests.resilience.fuzz.characters import CANARY


def _numbers() -> Iterator[str]:
    """The edges of numbers, as text, in several notations."""
    for size in (8, 16, 31, 32, 53, 63, 64, 128):
        yield from (
            str(2**size),
            str(-(2**size) - 1),
            hex(2**size),
            f"0o{2**size:o}",
            f"{2**size:e}",
            f"{2**size}n",
        )
    yield from (
        "1e-400",
        "0e0",
        ".",
        "1.",
        ".5",
        "1.2.3",
        "--1",
        "1e",
        "0x",
        "\u221e",
        "1\u00a0000",
        "\u4e07\u4ebf",
    )


def _queries() -> Iterator[str]:
    """What ends a string of a query, in every kind of quote, and what would follow."""
    quotes = ("'", '"', "`", "\\'", "''", "%27", "\uff07", "\u02bc", "\u2019", "]")
    tails = (
        f" OR 1=1 --{CANARY}",
        f"; SELECT '{CANARY}",
        f" || '{CANARY}",
        f"/*{CANARY}",
        f") UNION SELECT {CANARY}",
    )
    for quote, tail in product(quotes, tails):
        yield quote + tail


def _directories() -> Iterator[str]:
    """Filters of directories, documents and trees."""
    yield from (
        f"*)(cn={CANARY}", f"*))%00{CANARY}", f"(&(uid={CANARY})", f"\\2a\\28{CANARY}", f"cn={CANARY},dc=*",
        f'{{"$gt":"{CANARY}"}}', f'{{"$where":"{CANARY}"}}', f"' or '{CANARY}'='", f"//*[{CANARY}]",
        f"]|//{CANARY}", f"{{__schema{{{CANARY}}}}}", f"*:{CANARY}~2", f"\r\nFLUSHALL\r\n{CANARY}",
    )  # fmt: skip


def _shells() -> Iterator[str]:
    """What begins another command."""
    for sign in (
        ";",
        "|",
        "||",
        "&",
        "&&",
        "\n",
        "\r\n",
        "<",
        ">",
        ">>",
        "<<<",
        "$(",
        "`",
        "${IFS}",
        "%0a",
        "^",
    ):
        yield f"{sign} true {CANARY}"
        yield f"x{sign}true{sign}{CANARY}"


def _formats() -> Iterator[str]:
    """Places to fill in, of every language that has such."""
    for place in "sdnxpcfiraz%*$":
        yield f"%{place}{CANARY}"
        yield f"%1${place}%9999{place}{CANARY}"
    yield from (
        f"{{0}}{CANARY}", f"{{0!r:>{'9' * 9}}}{CANARY}", f"{{self.__dict__}}{CANARY}", f"%(name)s{CANARY}",
        f"$name {CANARY}", f"${{7*7}}{CANARY}", f"#{{7*7}}{CANARY}", f"{{{{7*7}}}}{CANARY}",
        f"{{%if 1%}}{CANARY}",
        f"<%=7*7%>{CANARY}", f"*{{7*7}}{CANARY}", f"@(7*7){CANARY}", f"[[7*7]]{CANARY}", f"<#if>{CANARY}",
    )  # fmt: skip


def _documents() -> Iterator[str]:
    """Documents that begin and do not end, or mean more than they say."""
    for begin in (
        "{",
        "[",
        '"',
        '{"a":',
        "[[[[",
        "<a>",
        "<a b='",
        "<![CDATA[",
        "<!--",
        "<?xml",
        "&",
        "&#",
        "---\n",
    ):
        yield begin + CANARY
    yield from (
        f'{{"a":1,"a":"{CANARY}"}}', f'{{"__proto__":{{"a":"{CANARY}"}}}}', f'{{"constructor":"{CANARY}"}}',
        f"<?xml version='1.1' encoding='UTF-16'?><a>{CANARY}</a>", f"<a xmlns='{CANARY}'/>", f"&{CANARY};",
        f"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///{CANARY}'>]><a>&b;</a>", f"<xi:include href='{CANARY}'/>",
        f"!!python/object/apply:os.getcwd [{CANARY}]", f"&a [*a, {CANARY}]", f"? {CANARY}\n: {CANARY}",
        f"- |\n {CANARY}",
        f"[a](javascript:{CANARY})", f"```\n{CANARY}", f"<svg/onload={CANARY}>", f"<a href='{CANARY}",
        f"<style>{CANARY}",
        f"<math><{CANARY}", f"<iframe srcdoc='{CANARY}'>", f"\t{CANARY}\t,\"", f'"{CANARY}""',
        f"=HYPERLINK({CANARY})",
    )  # fmt: skip


def _paths() -> Iterator[str]:
    """The way up, in every spelling and depth."""
    for up, depth in product(
        ("../", "..\\", "..%2f", "%2e%2e/", "..%c0%af", "....//", "..;/", "\uff0e\uff0e\uff0f"), (1, 6)
    ):
        yield up * depth + "etc/hosts"
        yield up * depth + CANARY
    yield from (
        f"{name}.{CANARY}" for name in ("nul", "aux", "prn", "com1", "lpt9", ".git", "*", "?", "a" * 250)
    )


def _addresses() -> Iterator[str]:
    """Origins, and what is taken for one."""
    for scheme in (
        "https",
        "HTTPS",
        "http",
        "ftp",
        "data",
        "blob",
        "jar",
        "ldap",
        "gopher",
        "about",
        "ws",
        "null",
        "",
    ):
        yield f"{scheme}://{CANARY}.example"
    hosts = (
        "[::1]", "[fe80::1%25lo]", "0x7f.1", "2130706433", "127.1", "0", "localhost.", "\u2460.example",
        "xn--a",
        "a..example", "-a.example", "a_b.example", "ex\u00e4mple", "a" * 64 + ".example", "a.example:0",
        "a.example:65536", "a.example:x", "a@b.example", "a.example\\b", "a.example#b", "a.example?b",
        "a.example/",
        "a.example/../b", "\u202ea.example", "a\u3002example", "A.EXAMPLE", "a.example\n", " a.example",
    )  # fmt: skip
    yield from (f"https://{host}" for host in hosts)


def _dates() -> Iterator[str]:
    """Days that there are not or hardly, in every way to write a day."""
    days = (
        ("0000", "01", "01"),
        ("1582", "10", "10"),
        ("1900", "02", "29"),
        ("2038", "01", "19"),
        ("9999", "12", "31"),
    )
    for (year, month, day), sign in product(days, ("-", "/", ".", "", "\u2010", "\u2212")):
        yield sign.join((year, month, day))
    yield from (
        "2026\u5e741\u67081\u65e5",
        "01-01-2026",
        "2026-001",
        "2026-1",
        "2026",
        "2026-00-10",
        "2026-10-00",
    )
    for time in (
        "24:00:01",
        "23:59:60",
        "12:00 PM",
        "1200",
        "12:00:00.000000001",
        "12h",
        "\uff11\uff12:00",
        "-00:01",
    ):
        yield time
        yield f"2026-01-01T{time}+25:00"
    yield from (
        "UTC+8",
        "GMT-14:01",
        "Asia/Shangha\u0456",
        "Asia//Shanghai",
        "US/../Asia/Shanghai",
        "right/UTC",
        "Factory",
    )


def _encodings() -> Iterator[str]:
    """Texts that somebody may decode once more."""
    yield from (
        f"%25252e{CANARY}", f"+ADw-{CANARY}", f"=?utf-8?B?{CANARY}?=", f"=3D{CANARY}", f"xn--{CANARY}",
        f"\\x3c{CANARY}",
        f"\\74{CANARY}", f"&lt;{CANARY}", f"&amp;amp;{CANARY}", f"b'{CANARY}'",
        f"data:;base64,{CANARY}==", f"0x{CANARY}",
        f"\u00ef\u00bb\u00bf{CANARY}", f"\u00c3\u00a9{CANARY}", f"\u951f\u65a4\u62f7{CANARY}",
        f"\u70eb\u70eb{CANARY}", f"\ufffd{CANARY}",
    )  # fmt: skip


def _ids() -> Iterator[str]:
    """Ids that are nearly one."""
    good = "0b5f4c1e-5a4e-4c7e-9a52-5d9f6ad3c001"
    yield from (f"{good[:14]}{version}{good[15:]}" for version in "01235678f")
    yield from (f"{good[:19]}{variant}{good[20:]}" for variant in "07cf")
    yield from (
        good.replace("-", "_"), good.replace("-", "\u2010"), good + "0", good[:-1], f" {good}",
        f"{good}\n", f"{good}\0",
        f"({good})", good.title(), "f" * 8 + "-ffff" * 3 + "-" + "f" * 12, good.replace("0", "\uff10"),
        good.replace("0", "o"), good.replace("-", "", 1),
    )  # fmt: skip
    for alphabet in ("ILOU", "ilou", "\u00e9", "-", "=", "+/", ".."):
        yield "acct_" + (alphabet * 26)[:26]


def _words() -> Iterator[str]:
    """Words that some language takes for something else."""
    for word in (
        "null",
        "none",
        "nil",
        "undefined",
        "true",
        "false",
        "nan",
        "inf",
        "void",
        "default",
        "select",
        "eof",
    ):
        yield from (word, word.upper(), word.title(), f"({word})", f'"{word}"')


FAMILIES: tuple[Callable[[], Iterator[str]], ...] = (
    _numbers,
    _queries,
    _directories,
    _shells,
    _formats,
    _documents,
    _paths,
    _addresses,
    _dates,
    _encodings,
    _ids,
    _words,
)
