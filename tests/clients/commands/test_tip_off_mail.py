"""Mails as anybody may write them: what is read, what is refused, and what never happens."""

import socket
import subprocess
from base64 import b64encode
from email.message import EmailMessage
from hashlib import sha256
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.tip_off import rules as tip_off_rules
from idvault_client.commands.tip_off import mail as mails
from idvault_client.commands.tip_off.mail import MailedReport, MailError
from idvault_verify import tip_off

HEAD = b"From: Somebody <somebody@example.org>\r\nSubject: a post\r\n"


def plain(body: bytes, *headers: bytes, head: bytes = HEAD) -> bytes:
    return head + b"".join(each + b"\r\n" for each in headers) + b"\r\n" + body


def refused(raw: bytes) -> str:
    with pytest.raises(MailError) as caught:
        mails.read(raw)
    assert caught.value.__cause__ is None
    return str(caught.value)


def read_or_refused(raw: bytes) -> MailedReport | str:
    """Return the report in a mail, or the word of its refusal."""
    try:
        return mails.read(raw)
    except MailError as error:
        return str(error)


@pytest.fixture(autouse=True)
def nothing_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a mail holds, no connection is opened and no program started."""

    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("a mail led out of the program")

    monkeypatch.setattr(socket, "socket", never)
    monkeypatch.setattr(subprocess, "Popen", never)


def test_an_ordinary_mail() -> None:
    """Subject and text, the sender's address, and the digest of the mail."""
    raw = plain("这不是真的\r\n第二行".encode(), b"Content-Type: text/plain; charset=utf-8")
    found = mails.read(raw)
    assert (found.text, found.contact) == ("a post\n\n这不是真的\n第二行", "somebody@example.org")
    assert (found.evidence, found.attachments) == ((sha256(raw).digest(),), ())
    assert "somebody" not in repr(found)


@pytest.mark.parametrize(
    ("charset", "encoding", "body", "text"),
    [
        ("gb18030", "8bit", "谣言".encode("gb18030"), "谣言"),
        ("big5", "base64", b64encode("謠言".encode("big5")), "謠言"),
        ("utf-8", "quoted-printable", b"=E8=B0=A3=E8=A8=80", "谣言"),
        ("no-such-charset", "8bit", "谣言".encode(), "谣言"),
        ("\x00", "8bit", b"plain", "plain"),
        ("idna", "8bit", b"plain", "plain"),
        ("utf-8", "8bit", b"\xff\xfe a", "\ufffd\ufffd a"),
        ("utf-8", "base64", b"!!not base64!!", None),
        ("utf-8", "no-such-encoding", b"plain", "plain"),
        ("utf-7", "8bit", b"+ADw-script+AD4-", "<script>"),
    ],
)
def test_encodings(charset: str, encoding: str, body: bytes, text: str | None) -> None:
    """Known ones are decoded; unknown and wrong ones lose characters at most."""
    kind = f'Content-Type: text/plain; charset="{charset}"'.encode()
    found = mails.read(plain(body, kind, f"Content-Transfer-Encoding: {encoding}".encode()))
    assert found.text.startswith("a post")
    if text is not None:
        assert found.text == f"a post\n\n{text}"


def test_markup_is_read_as_text() -> None:
    """An HTML mail without a plain part: what a reader sees, no script, no style, no image is fetched."""
    body = (
        b"<html><head><title>t</title><style>x{}</style></head><body><p>not&nbsp;true</p><div>second</div>"
        b'<script>alert(1)</script><img src="http://tracker.example/x.png"><a href="file:///etc/passwd">l</a>'
    )
    found = mails.read(plain(body, b"Content-Type: text/html"))
    assert found.text == "a post\n\nnot true\nsecondl"
    for hidden in ("alert", "tracker", "passwd", "x{}"):
        assert hidden not in found.text


def test_the_plain_part_counts() -> None:
    """Of two alternatives the plain one is read, and attachments are hashed, not read."""
    message = EmailMessage()
    message["From"], message["Subject"] = "a@example.org", "s"
    message.set_content("plain words")
    message.add_alternative("<p>other words</p>", subtype="html")
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="../../etc/passwd")
    message.add_attachment("a text file", filename="a.txt")
    found = mails.read(message.as_bytes())
    assert found.text == "s\n\nplain words"
    assert found.attachments[0] == sha256(b"\x89PNG").digest()
    assert len(found.evidence) == 3


def test_invisible_characters_are_dropped() -> None:
    """No control character, escape sequence or change of direction reaches the report."""
    found = mails.read(plain("a\x1b[31m\x00b\u202ec\u200b\r\n\td".encode()))
    assert found.text == "a post\n\na[31mbc\n\td"
    tip_off_rules.check_filing(text=found.text, contact=found.contact, evidence=found.evidence, content=b"")


@pytest.mark.parametrize(
    ("sender", "contact"),
    [
        (b"From: <a@example.org>, b@example.org", "a@example.org"),
        (b"From: undisclosed-recipients:;", ""),
        (b'From: "a\\\r\n b" <c@example.org>', "c@example.org"),
        (b"From: no address", ""),
        (b"From: =?utf-8?B?" + b64encode(b"\r\nBcc: x@example.org") + b"?= <d@example.org>", None),
        (b"From: " + b"x" * 300 + b"@example.org", ""),
        (b"From: " + b"a@b, " * 5_000, ""),
        (b"From: =?no-such?Q?=00?= <e@example.org>", None),
        (b"X-From: none", ""),
        (b"From: (((((((((((((((((((((((((((((((((((((( <f@example.org>", None),
    ],
)
def test_senders(sender: bytes, contact: str | None) -> None:
    """An address that can be used, or none: the report is then anonymous, or the mail is refused."""
    found = read_or_refused(plain(b"body", head=sender + b"\r\n"))
    if isinstance(found, str):
        assert (contact, found) == (None, "malformed")
        return
    if contact is not None:
        assert found.contact == contact
    assert "\n" not in found.contact
    assert len(found.contact) <= 200


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"", "empty"),
        (b"\r\n\r\n \r\n", "empty"),
        (b"\x00" * 1_000, "empty"),
        (plain(b"x" * (mails.MOST_BYTES + 1)), "too large"),
        (plain(b"I am away", b"Auto-Submitted: auto-replied"), "automatic"),
        (plain(b"not delivered", b"Return-Path: <>"), "automatic"),
    ],
)
def test_what_is_no_report(raw: bytes, word: str) -> None:
    """Empty, too large, and from a program, so that no answer makes a loop."""
    assert refused(raw) == word


def test_a_person_is_no_program() -> None:
    """`Auto-Submitted: no` is what a person's program says."""
    assert mails.read(plain(b"body", b"Auto-Submitted: no", b"Return-Path: <a@example.org>")).text


def test_nesting_is_bounded() -> None:
    """A hundred parts side by side, or twenty inside each other, and no more."""
    many = EmailMessage()
    many.set_content("body")
    for _ in range(mails.MOST_PARTS):
        many.add_attachment(b"x", maintype="application", subtype="x")
    assert refused(many.as_bytes()) == "too many parts"
    deep = b"Content-Type: text/plain\r\n\r\nbody"
    for place in range(mails.MOST_DEPTH + 1):
        mark = f"b{place}".encode()
        deep = (
            b'Content-Type: multipart/mixed; boundary="' + mark + b'"\r\n\r\n--' + mark + b"\r\n" + deep
            + b"\r\n--" + mark + b"--\r\n"
        )  # fmt: skip
    assert refused(deep) == "too many parts"
    bottomless = b"Content-Type: message/rfc822\r\n\r\n" * 5_000 + b"body"
    assert refused(bottomless) in ("too many parts", "malformed")


def test_nothing_holds_the_import_up() -> None:
    """What would keep a parser busy for minutes is refused, or read in one pass."""
    started = process_time()
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (place, place)
        for place in range(300)
    )
    assert refused(HEAD + nested + b"\r\nbody\r\n") == "too many parts"
    parts = plain(b"--b\n\nx\n" * 90_000, b"Content-Type: multipart/mixed; boundary=b")
    assert refused(parts) == "too many parts"
    assert refused(plain(b"\n" * 2_000_000)) == "too many lines"
    for end in (b"\r ", b"\n\t", b"\r\n ", b""):
        long = b"Content-Type: text/plain; " + end + b"a*0*=(" * 100_000
        assert refused(plain(b"body", long)) == "header too long"
    for piece in ("<", "<!--", "<!", "<![", "<?", "<a ", "<a b='", "</", "<script>", "&#"):
        page = "seen" + piece * (250_000 // len(piece))
        assert mails.read(plain(page.encode(), b"Content-Type: text/html")).text.startswith("a post\n\nseen")
    assert process_time() - started < 20


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("a<!-- > <b>hidden</b> --><b>b</b>", "ab"),
        ("a < b &lt;c&gt; &amp;", "a < b <c> &"),
        ("<STYLE>x{}</Style ><p>a<BR/>b", "a\nb"),
        ("a<script>'</b>' <!--</script>b", "ab"),
        ("a<template>hidden", "a"),
        ("a<b", "a"),
        ("<!DOCTYPE html><?xml?>a</p>b", "ab"),
    ],
)
def test_what_of_a_page_is_text(markup: str, text: str) -> None:
    """Tags, comments and hidden elements are left out; what is not closed ends the text."""
    assert mails.read(plain(markup.encode(), b"Content-Type: text/html")).text == f"a post\n\n{text}"


def test_a_mail_within_a_mail() -> None:
    """A forwarded mail's text is read; its headers are not taken for the sender's."""
    inner = b"From: other@example.org\r\nSubject: inner\r\n\r\nforwarded words"
    raw = plain(inner, b"Content-Type: message/rfc822")
    found = mails.read(raw)
    assert (found.contact, found.text) == ("somebody@example.org", "a post\n\nforwarded words")


def test_lengths_are_bounded() -> None:
    """A long text is cut, a long subject is not read, evidence is at most what the vault takes."""
    found = mails.read(plain("好".encode() * 20_000, b"Content-Type: text/plain; charset=utf-8"))
    assert len(found.text) == tip_off.TEXT_LENGTH
    long = mails.read(b"Subject: " + b"x" * 5_000 + b"\r\n\r\nbody")
    assert long.text == "body"
    parts = EmailMessage()
    parts.set_content("body")
    for place in range(60):
        parts.add_attachment(bytes([place]), maintype="application", subtype="x")
    assert len(mails.read(parts.as_bytes()).evidence) == 50


PIECES = st.sampled_from(
    [
        *(b"From: ", b"Subject: ", b"Content-Type: ", b"Content-Transfer-Encoding: base64"),
        *(b"multipart/mixed; boundary=b", b"--b", b"--b--", b"text/html", b"message/rfc822", b"; charset="),
        *(b"Content-Disposition: attachment; filename*0*=", b"=?utf-8?B?", b"?=", b"a@example.org"),
        *(b"\r\n", b"\n\n", b"\x00", b"\xff\xfe", b'"', b"<", b">", b"(", b":", b"%00", b";"),
    ]
)
WORDS = {
    "empty",
    "malformed",
    "automatic",
    "too many parts",
    "too many lines",
    "header too long",
    "line too long",
}


@given(st.lists(PIECES | st.binary(max_size=8), max_size=40).map(b"".join))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """Nothing but a report that the vault takes, or a refusal of ours."""
    found = read_or_refused(raw)
    if isinstance(found, str):
        assert found in WORDS
    else:
        tip_off_rules.check_filing(
            text=found.text, contact=found.contact, evidence=found.evidence, content=b""
        )


@pytest.mark.parametrize(
    "charset", ["punycode", "idna", "unicode_escape", "raw-unicode-escape", "utf_32", "rot13"]
)
def test_a_character_set_that_no_mail_has_is_not_looked_up(charset: str) -> None:
    """Python knows some that cost the square of a text, and others that mean something to Python alone."""
    kind = f"Content-Type: text/plain; charset={charset}".encode()
    assert mails.read(plain(b"-\\x41aaa", kind)).text == "a post\n\n-\\x41aaa"
    assert mails.read(plain("-好".encode(), kind, b"Content-Transfer-Encoding: 8bit")).text == "a post\n\n-好"


def test_a_line_has_an_end() -> None:
    """The parser copies a line several times."""
    assert refused(plain(b"x" * (mails.MOST_LINE + 1))) == "line too long"
    assert mails.read(plain(b"x" * mails.MOST_LINE)).text.startswith("a post")
