"""Text from others is shown so that it can neither move a cursor nor change what is read."""

import json

import pytest

from idvault_verify import printable

HOSTILE = (
    "\x1b[2J",
    "\r",
    "\n",
    "\x00",
    "\x7f",
    "\x9b31m",
    "\u202e",
    "\u2066",
    "\u200b",
    "\ufeff",
    "\U000e0041",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_control_and_formatting_characters_are_escaped(text: str) -> None:
    """Each is shown as its code; nothing that a terminal obeys is left."""
    shown = printable.escaped(f"甲{text}b")
    assert shown.isprintable()
    assert shown.startswith("甲\\")
    assert shown.endswith("b")


def test_what_is_printable_stays() -> None:
    """Names in any script are unchanged, and a newline of our own text may stay."""
    assert printable.escaped("某一一 (synthetic) é") == "某一一 (synthetic) é"
    assert printable.escaped("a\nb\x1b", keep="\n") == "a\nb\\x1b"


@pytest.mark.parametrize("text", [*HOSTILE, "某一一", '"\\'])
def test_json_is_one_printable_line_with_the_same_content(text: str) -> None:
    """A program reads what was written; a terminal shows no control character."""
    line = printable.to_json({"text": text})
    assert line.isprintable()
    assert json.loads(line) == {"text": text}
