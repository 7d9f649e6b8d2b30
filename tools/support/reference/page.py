"""The worked examples as they stand in docs/formats.md: blocks of names and values."""

import json
import re

Value = str | int | bytes
_BLOCK = re.compile(r"```example ([\w-]+)\n(.*?)```", re.DOTALL)
_WIDTH = 128
_LINE, _LAST = "  |", "  \\"  # a line of text with a newline, and one without at the end


def render(values: dict[str, Value]) -> str:
    """Return a block: bytes in hex, text as a JSON string or, if it has lines, line by line, and numbers."""
    return "".join(f"{name}:{_shown(value)}\n" for name, value in values.items())


def read(page: str) -> dict[str, dict[str, Value]]:
    """Return the values of each block of a page."""
    return {name: _parsed(text) for name, text in _BLOCK.findall(page)}


def filled(page: str, examples: dict[str, str]) -> str:
    """Return the page with the lines of each block replaced."""
    return _BLOCK.sub(lambda found: f"```example {found[1]}\n{examples[found[1]]}```", page)


def _shown(value: Value) -> str:
    if isinstance(value, bytes):
        return _wrapped(value.hex())
    if isinstance(value, str) and "\n" in value:
        *lines, last = value.split("\n")
        marked = [f"{_LINE} {line}".rstrip() for line in lines]
        return "\n".join(["", *marked, f"{_LAST} {last}"] if last else ["", *marked])
    return f" {json.dumps(value, ensure_ascii=False)}"


def _wrapped(digits: str) -> str:
    """Return a short value on the same line, a long one on lines of its own."""
    if len(digits) <= _WIDTH - 40:
        return f" {digits}".rstrip()
    return "".join(f"\n  {digits[at : at + _WIDTH]}" for at in range(0, len(digits), _WIDTH))


def _parsed(text: str) -> dict[str, Value]:
    values: dict[str, Value] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith((_LINE, _LAST)):
            content = line[len(_LINE) + 1 :] + ("\n" if line.startswith(_LINE) else "")
            before = values[name]
            values[name] = before + content if isinstance(before, str) else content
        elif line.startswith("  "):
            before = values[name]
            assert isinstance(before, bytes)
            values[name] = before + bytes.fromhex(line)
        else:
            name, _, value = line.partition(":")
            values[name] = _value(name, value.strip())
    return values


def _value(name: str, text: str) -> Value:
    if text.startswith('"'):
        return str(json.loads(text))
    return int(text) if name.startswith("number ") else bytes.fromhex(text)
