"""Escapes control and formatting characters, so that text from others cannot forge what a terminal shows.

A terminal obeys control characters, and a bidirectional override shows text in another order than it was
signed.
"""

import json


def escaped(text: str, *, keep: str = "") -> str:
    """Return the text with every character that is not printable as \\xNN, \\uNNNN or \\UNNNNNNNN.

    keep: characters that stay as they are, such as a newline of our own text.
    """
    return "".join(
        each if each.isprintable() or each in keep else each.encode("unicode_escape").decode()
        for each in text
    )


def to_json(content: object) -> str:
    """Return one line of JSON in which every character is printable; it reads back as the same content."""
    text = json.dumps(content, ensure_ascii=False)
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)
