"""Tables of docs/reference.md, and texts of the program as Markdown."""

import re
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escaped(text: str) -> str:
    """Return a text of the program as Markdown that shows the same characters, also in a cell."""
    parts = text.split("`")
    plain = [part if index % 2 else _plain(part) for index, part in enumerate(parts)]
    return "`".join(plain)


def _plain(text: str) -> str:
    return re.sub(
        r"([*\[\]])", r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;")
    )
