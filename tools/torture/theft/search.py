"""Searches stolen bytes for a mark in every form that a program, a page or compression may give it."""

import base64
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping

_STREAMS = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08")
_MOST_INFLATED = 1 << 20


def forms(mark: str) -> dict[str, bytes]:
    """Return a mark in each form; base64 in its three alignments, without neighbour-dependent characters."""
    found = {
        "UTF-8": mark.encode(),
        "UTF-16-LE": mark.encode("utf-16-le"),
        "UTF-16-BE": mark.encode("utf-16-be"),
        "UTF-32-LE": mark.encode("utf-32-le"),
        "UTF-32-BE": mark.encode("utf-32-be"),
        "GB 18030": mark.encode("gb18030"),
        "JSON": "".join(_escaped(character) for character in mark).encode(),
        "percent": "".join(f"%{byte:02X}" for byte in mark.encode()).encode(),
    }
    reversed_too = {f"{name}, reversed": form[::-1] for name, form in found.items()}
    reversed_too["characters reversed"] = mark[::-1].encode()
    plain = {**found, **reversed_too}
    hexed = {}
    for name in ("UTF-8", "UTF-16-LE", "UTF-16-BE", "UTF-8, reversed"):
        hexed[f"hex of {name}"] = plain[name].hex().encode()
        hexed[f"HEX of {name}"] = plain[name].hex().upper().encode()
    return {**plain, **hexed, **_base64(plain["UTF-8"])}


def search(raw: Mapping[str, bytes], marks: Iterable[str]) -> list[str]:
    """Return where a mark was found and in which form, without the mark itself."""
    needles = [(place, name, form) for place, mark in enumerate(marks) for name, form in forms(mark).items()]
    packed = [_interrupted(form) for _, name, form in needles if name == "UTF-8"]
    hits = []
    for file, content in raw.items():
        hits += [f"{file}: mark {place} as {name}" for place, name, form in needles if form in content]
        for inflated in _inflated(content):
            hits += [f"{file}: mark {place}, compressed" for place, _, form in needles if form in inflated]
        if "pg_wal" not in file:
            hits += [f"{file}: a mark in a compressed row" for pattern in packed if pattern.search(content)]
    return hits


def _escaped(character: str) -> str:
    return character if character.isascii() else f"\\u{ord(character):04x}"


def _base64(data: bytes) -> dict[str, bytes]:
    found = {}
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + data)
        # The first and last characters depend also on the neighbouring bytes.
        whole = encoded[-(-shift * 8 // 6) : len(encoded) - 4 if len(bytes(shift) + data) % 3 else None]
        found[f"base64 at {shift}"] = whole
        found[f"base64url at {shift}"] = whole.translate(bytes.maketrans(b"+/", b"-_"))
    return found


def _interrupted(form: bytes) -> "re.Pattern[bytes]":
    """Return a pattern of the bytes with a control byte in between, as in literals of PostgreSQL's pglz."""
    cuts = (re.escape(form[:place]) + b"." + re.escape(form[place:]) for place in range(1, len(form)))
    return re.compile(b"|".join(cuts), re.DOTALL)


def _inflated(content: bytes) -> Iterator[bytes]:
    """Yield the content of each zlib or gzip stream in the data."""
    for found in _STREAMS.finditer(content):
        opener = zlib.decompressobj(wbits=47)
        try:
            inflated = opener.decompress(
                content[found.start() : found.start() + _MOST_INFLATED], _MOST_INFLATED
            )
        except zlib.error:
            continue
        if len(inflated) > 8:
            yield inflated
