"""Reads the fields of a form with a file, from memory: aiohttp would write the file to the disk."""

from email.message import Message

from aiohttp import web

_HEADERS = 8


def fields(body: bytes, *, content_type: str) -> dict[str, bytes]:
    """Return the fields by name, the first of each name; raises HTTPBadRequest for what is no form."""
    boundary = _header(content_type).get_boundary()
    if not boundary:
        raise web.HTTPBadRequest
    start, *parts, end = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1", "replace"))
    if start or end.strip() != b"--":
        raise web.HTTPBadRequest
    found: dict[str, bytes] = {}
    for part in parts:
        name, content = _field(part)
        found.setdefault(name, content)
    return found


def _field(part: bytes) -> tuple[str, bytes]:
    head, separator, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    if not separator or len(lines) > _HEADERS:
        raise web.HTTPBadRequest
    for line in lines:
        name, _, value = line.decode("utf-8", "replace").partition(":")
        if name.strip().lower() == "content-disposition":
            given = _header(value.strip()).get_param("name")
            if isinstance(given, str):
                return given, content
    raise web.HTTPBadRequest


def _header(value: str) -> Message:
    message = Message()
    message["Content-Type"] = value.replace("\r", "").replace("\n", "")
    return message
