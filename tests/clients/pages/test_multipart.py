"""Forms with a file are read in linear time, and as browsers write them."""

from time import process_time
from typing import Any

import pytest
from aiohttp import web

from idvault_client.pages import multipart
from idvault_client.pages.multipart import FormPart

SIZE = 256 * 1024
KIND = "multipart/form-data; boundary=x7"


def form(disposition: str, content: str = "x") -> bytes:
    """Return a form with one field."""
    head = f"Content-Disposition: {disposition}\r\n\r\n"
    return f"--x7\r\n{head}{content}\r\n--x7--\r\n".encode()


def verdict(body: bytes, kind: str = KIND) -> Any:
    try:
        return multipart.parts(body, content_type=kind)
    except web.HTTPBadRequest:
        return None


@pytest.mark.parametrize(
    "before", ["", 'form-data; name="a', "form-data; name=", "form-data", "form-data; a="]
)
@pytest.mark.parametrize(
    "again", [";", '"', '";', ';"', ';\\"', "\\", " ", "; ", "a;", "a=;", ";a=b", '; a="b"', "("]
)
def test_no_header_costs_more_than_its_length(before: str, again: str) -> None:
    """What cost half a minute and more of the only thread costs some milliseconds, in either header."""
    hostile = before + again * (SIZE // len(again))
    started = process_time()
    verdict(form(hostile))
    verdict(form(f'{hostile}"; name="b"'))
    verdict(form('form-data; name="a"'), f"multipart/{hostile}; boundary=x7")
    assert process_time() - started < 15


@pytest.mark.parametrize(
    ("disposition", "name", "part"),
    [
        ('form-data; name="why"', "why", FormPart(b"x")),
        ("form-data; name=why", "why", FormPart(b"x")),
        ('FORM-DATA;NAME = "why" ;x=y', "why", FormPart(b"x")),
        ('form-data; name="a;b=c"; name="other"', "a;b=c", FormPart(b"x")),
        ('form-data; name="说明"; filename="图 1; (2).png"', "说明", FormPart(b"x", "图 1; (2).png", True)),
        ('form-data; name="a"; filename=""', "a", FormPart(b"x", "", True)),
        ('form-data; filename="b\\"c\\\\d"; name="a"', "a", FormPart(b"x", 'b"c\\d', True)),
        ("form-data; name=\"a\"; filename*=utf-8''b.png", "a", FormPart(b"x", "", True)),
    ],
)
def test_what_browsers_write(disposition: str, name: str, part: FormPart) -> None:
    """Names of fields and files, quoted or not, with whatever stands in quotation marks."""
    assert verdict(form(disposition)) == {name: part}


@pytest.mark.parametrize("disposition", ["", "form-data", 'form-data; name="a', 'form-data; name=a"'])
def test_what_is_no_field(disposition: str) -> None:
    """A part without a name is refused, with the whole form."""
    assert verdict(form(disposition)) is None


@pytest.mark.parametrize(
    ("kind", "reads"),
    [
        (KIND, True),
        ('multipart/form-data; charset=utf-8; boundary="x7"', True),
        ("multipart/form-data; boundary=x7 ", True),
        ("multipart/form-data; boundary=x", False),
        ("multipart/form-data; boundary=", False),
        ("multipart/form-data", False),
    ],
)
def test_the_boundary(kind: str, reads: bool) -> None:
    """It is a parameter of the form's type; without one, or with another, nothing is read."""
    assert (verdict(form('form-data; name="a"'), kind) is not None) is reads
