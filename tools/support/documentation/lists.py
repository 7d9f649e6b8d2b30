"""Writes lists and code as mkdocs' parser wants them; the pages are written for CommonMark.

- What belongs to an item of level n is indented by 4 * n blanks.
- A list that follows a paragraph begins after an empty line, and so does what follows an item with several.
- A comment that stands in a table is left out.
- A fence has one word at most, the language; the others are for our own tools.
"""

import re
from collections.abc import Iterator

_ITEM = re.compile(r"( *)([-*]|[0-9]+\.)( +)(.*)")
_COMMENT = re.compile(r"<!--.*-->")
_FENCE = re.compile(r"( *(?:```|~~~)\S*)(?: .*)?")


def indented(text: str) -> str:
    """Return the page with its lists indented; text outside lists is not changed."""
    return "\n".join(_lines(text.split("\n")))


def _lines(lines: list[str]) -> Iterator[str]:
    stack: list[int] = []  # where the text of each open item begins
    before, fenced, spread = "", False, False
    for given in lines:
        fence = _FENCE.fullmatch(given)
        line = fence[1] if fence else given
        if not fenced and before and _COMMENT.fullmatch(line):
            continue
        indent = len(line) - len(line.lstrip(" "))
        item = None if fenced else _ITEM.fullmatch(line)
        if line and not fenced and (item or not before):
            while stack and indent < stack[-1]:
                stack.pop()
        if item:
            if before and (spread or (not stack and not _is_block(before))):
                yield ""
            yield f"{'    ' * len(stack)}{item[2]} {item[4]}"
            stack.append(indent + len(item[2]) + len(item[3]))
            before, spread = line, False
            continue
        if line and not fenced and not indent and fence:
            stack.clear()
        yield f"{'    ' * len(stack)}{line[min(indent, stack[-1]) :]}" if stack and line else line
        if fence:
            fenced = not fenced
        before, spread = line, bool(stack) and (spread or not line)


def _is_block(line: str) -> bool:
    """Return whether a line ends what a list may follow without an empty line."""
    return bool(_ITEM.fullmatch(line)) or line.startswith(("#", " "))
