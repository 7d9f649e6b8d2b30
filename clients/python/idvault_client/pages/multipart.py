"""Reads the fields of a form with a file, from memory: aiohttp would write the file to the disk."""

from dataclasses import dataclass, field
from email.message import Message

from aiohttp import web

_HEADERS = 8


@dataclass(frozen=True, slots=True)
class FormPart:
    """A field of a form. file_name: "" for a field that is no file, and for a file that was not chosen."""

    content: bytes = field(repr=False)
    file_name: str = ""
    is_file: bool = False


def fields(body: bytes, *, content_type: str) -> dict[str, bytes]:
    """Return the fields by name, the first of each name; raises HTTPBadRequest for what is no form."""
    return {name: part.content for name, part in parts(body, content_type=content_type).items()}


def parts(body: bytes, *, content_type: str) -> dict[str, FormPart]:
    """Return the fields with the names of their files; raises HTTPBadRequest for what is no form."""
    boundary = _header(content_type).get_boundary()
    if not boundary:
        raise web.HTTPBadRequest
    start, *between = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1", "replace"))
    if start or not between or between.pop().strip() != b"--":
        raise web.HTTPBadRequest
    found: dict[str, FormPart] = {}
    for part in between:
        name, content = _named(part)
        found.setdefault(name, content)
    return found


def _named(part: bytes) -> tuple[str, FormPart]:
    head, separator, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    if not separator or len(lines) > _HEADERS:
        raise web.HTTPBadRequest
    for line in lines:
        name, _, value = line.decode("utf-8", "replace").partition(":")
        if name.strip().lower() == "content-disposition":
            header = _header(value.strip())
            given, file = header.get_param("name"), header.get_param("filename")
            if isinstance(given, str):
                return given, FormPart(content, file if isinstance(file, str) else "", file is not None)
    raise web.HTTPBadRequest


def _header(value: str) -> Message:
    message = Message()
    message["Content-Type"] = value.replace("\r", "").replace("\n", "")
    return message
