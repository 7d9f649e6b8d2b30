"""Mails that anybody may send, each of about a size, that would keep a reader busy."""

from collections.abc import Callable, Iterator

_FROM = b"From: reporter@example.com\nSubject: synthetic\n"
Make = Callable[[int], bytes]

MARKUP = (
    b"<script>",
    b"</script",
    b"<script></script",
    b"<style><!--",
    b"<title>",
    b"<!--",
    b"<![CDATA[",
    b"<a href=",
    b"<a '",
    b"<",
    b"</",
    b"<?",
    b"&",
    b"&#x1",
    b"&notanentity",
    b"<b><i>",
    b"<p><div><table>",
    b"<a><a>",
    b"<br>",
)
CHARSETS = (
    "punycode",
    "idna",
    "utf-7",
    "unicode_escape",
    "raw_unicode_escape",
    "utf-16",
    "utf-32",
    "hz",
    "iso-2022-jp-2004",
    "gb18030",
    "uu",
    "zlib",
    "bz2",
    "rot13",
    "undefined",
    "mbcs",
    "utf_8_sig",
    "x" * 1_500,
)
HEADERS = (
    b"(",
    b"<",
    b'"',
    b"=?utf-8?q?a?= ",
    b"=?punycode?q?a-b?=",
    b"a,",
    b"a:",
    b"[",
    b"\\",
    b"@",
    b";;",
    b"a@b,",
)


def html(unit: bytes) -> Make:
    """Return what makes a page of one piece of markup, repeated, in the longest lines that are read."""
    return lambda size: _body(b"text/html", _lines(unit * (size // len(unit)), length=1_000_000))


def page_with_script(unit: bytes) -> Make:
    """Return the same after the beginning of a script."""
    text = b"<p>a<script>"
    return lambda size: _body(b"text/html", text + _lines(unit * (size // len(unit)), length=1_000_000))


def charset(name: str, *, text: bytes, encoding: bytes = b"8bit") -> Make:
    """Return what makes a plain mail in a character set."""
    head = _FROM + b"Content-Transfer-Encoding: " + encoding + b"\n"
    head += b'Content-Type: text/plain; charset="%s"\n\n' % name.encode()
    return lambda size: head + _lines(text * (size // len(text)))


def punycode(size: int) -> bytes:
    """Return a mail whose every letter is an insertion at the beginning of its text."""
    head = _FROM + b"Content-Type: text/plain; charset=punycode\n\n\xff-"
    return head + b"a" * min(size, 1_000_000)


def header(name: bytes, unit: bytes) -> Make:
    """Return what makes a mail with a header of one piece, repeated, as long as it may be."""
    return lambda size: name + b": " + unit * (min(size, 1_950) // len(unit)) + b"\n" + _FROM + b"\ntext\n"


def described(unit: bytes) -> Make:
    """Return what makes a mail of many parts, each with the longest description that may be."""
    return lambda size: _parts(size, b"Content-Type: text/plain; " + unit * (1_900 // len(unit)) + b"\n\n")


def disposed(unit: bytes) -> Make:
    """Return the same with the names of attachments."""
    head = b"Content-Disposition: attachment; " + unit * (1_900 // len(unit)) + b"\n\n"
    return lambda size: _parts(size, head)


def empty_parts(size: int) -> bytes:
    """Return a mail whose parts have nothing to show."""
    return _parts(size, b"Content-Type: text/plain\n\n", _lines(b"\x01" * (size // 60)), most=60)


def separators(size: int) -> bytes:
    """Return a mail of lines that may separate parts."""
    return _FROM + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * (size // 4)


def nested(size: int) -> bytes:
    """Return parts within parts, and then as many lines as may be."""
    levels = [b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(39)]
    return _FROM + b"".join(levels) + b"Content-Type: text/plain\n\n" + b"-a\n" * min(size // 3, 290_000)


def messages(size: int) -> bytes:
    """Return messages within messages."""
    return _FROM + b"Content-Type: message/rfc822\n\n" * min(size // 30, 450) + b"text\n"


def lines(end: bytes) -> Make:
    """Return what makes a mail of empty lines."""
    return lambda size: _FROM + b"\n" + end * size


def encoded(encoding: bytes, unit: bytes) -> Make:
    """Return what makes a mail in a transfer encoding, of one piece, repeated."""
    head = _FROM + b"Content-Transfer-Encoding: " + encoding + b"\n\n"
    return lambda size: head + _lines(unit * (size // len(unit)))


def many_headers(size: int) -> bytes:
    """Return a mail of headers."""
    return b"".join(b"X-%d: y\n" % at for at in range(min(size // 10, 280_000))) + _FROM


_DESCRIPTIONS = (b"a=b;", b"a*0=b;", b'"', b";", b'a="\\"";', b"(")
_FILE_NAMES = (b"filename=a;", b"filename*0*=punycode''a;", b'"', b";")
_ENCODINGS = (b"base64", b"quoted-printable", b"x-uuencode")
_ENCODED = (b"=", b"A", b"=\n", b"begin 644 a\n", b"\xff")


def _drawn() -> Iterator[tuple[str, Make]]:
    for unit in MARKUP:
        yield f"html {unit.decode()}", html(unit)
        yield f"script {unit.decode()}", page_with_script(unit)
    for name in CHARSETS:
        yield f"charset {name[:20]}", charset(name, text=b"ab\xe9-")
        yield f"ascii charset {name[:20]}", charset(name, text=b"a-b~{+AG")
        yield f"quoted charset {name[:20]}", charset(name, text=b"=E9-", encoding=b"quoted-printable")
    for unit in HEADERS:
        for field in ("From", "Subject", "Return-Path", "Auto-Submitted"):
            yield f"{field.lower()} {unit.decode()}", header(field.encode(), unit)
    for unit in _DESCRIPTIONS:
        yield f"described {unit.decode()}", described(unit)
    for unit in _FILE_NAMES:
        yield f"disposed {unit.decode()}", disposed(unit)
    for encoding in _ENCODINGS:
        for unit in _ENCODED:
            yield f"encoded {encoding.decode()} {unit!r}", encoded(encoding, unit)


MAILS: dict[str, Make] = {
    **dict(_drawn()),
    "punycode": punycode,
    "empty parts": empty_parts,
    "separators": separators,
    "nested": nested,
    "messages": messages,
    "lines": lines(b"\n"),
    "carriage returns": lines(b"\r"),
    "headers": many_headers,
}
"""Returns a mail of at most about a size, by its kind."""


def _body(kind: bytes, text: bytes) -> bytes:
    return _FROM + b"Content-Type: " + kind + b"\n\n" + text


def _parts(size: int, head: bytes, text: bytes = b"\x01\n", *, most: int = 1_900) -> bytes:
    part = b"--b\n" + head + text
    return (
        _FROM
        + b"Content-Type: multipart/mixed; boundary=b\n\n"
        + part * min(most, size // len(part))
        + b"--b--\n"
    )


def _lines(text: bytes, *, length: int = 900) -> bytes:
    return b"\n".join(text[at : at + length] for at in range(0, len(text), length)) + b"\n"
