"""Indents lists as mkdocs' parser wants them: the pages are written for CommonMark, where less is enough.

- What belongs to an item of level n is indented by 4 * n blanks.
- A list that follows a paragraph begins after an empty line.
"""

import re
from collections.abc import Iterator

_ITEM = re.compile(r"( *)([-*]|[0-9]+\.)( +)(.*)")
_FENCE = re.compile(r" *(```|~~~)")


def indented(text: str) -> str:
    """Return the page with its lists indented; text outside lists is not changed."""
    return "\n".join(_lines(text.split("\n")))


def _lines(lines: list[str]) -> Iterator[str]:
    stack: list[int] = []  # where the text of each open item begins
    before, fenced = "", False
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        item = None if fenced else _ITEM.fullmatch(line)
        if line and not fenced and (item or not before):
            while stack and indent < stack[-1]:
                stack.pop()
        if item:
            if before and not stack and not _is_block(before):
                yield ""
            yield f"{'    ' * len(stack)}{item[2]} {item[4]}"
            stack.append(indent + len(item[2]) + len(item[3]))
            before = line if item[4] else "-"
            continue
        if line and not fenced and not indent and _FENCE.match(line):
            stack.clear()
        yield f"{'    ' * len(stack)}{line[min(indent, stack[-1]) :]}" if stack and line else line
        if _FENCE.match(line):
            fenced = not fenced
        before = line


def _is_block(line: str) -> bool:
    """Return whether a line ends what a list may follow without an empty line."""
    return bool(_ITEM.fullmatch(line)) or line.startswith(("#", " "))
