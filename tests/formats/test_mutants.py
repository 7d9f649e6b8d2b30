"""Random changes of genuine files: the reference, made from the page alone, and the readers say the same."""

import json
from base64 import b64decode, b64encode
from random import Random
from typing import Any

import pytest

from tools.support.generate.vectors.case import apply, load
from tools.support.reference import reading
from tools.support.reference.encoding import RefusedError
from tools.support.vector_readers import READERS

KINDS = ("checkpoint", "receipt", "erasure", "history", "evidence", "roster", "epoch", "log-keys", "report")
COUNT = 40
_PUT = ('"', ",", "{", "}", "[", "\\", " ", "\n", "0", "-", "A", "=", "\u00e9", "null", '"x":1,', "1e0")
_VALUES: tuple[Any, ...] = (None, True, 0, 1, -1, 2**31, 2**53, "", "x", "0", "AA==", [], {}, [0])


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of each value within a document."""
    found = [path] if path else []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return found + [each for name, one in inner for each in places(one, (*path, name))]


def text_mutant(dice: Random, text: str) -> str:
    """Return a text with a few characters changed, cut or put in."""
    at = dice.randrange(len(text) + 1)
    return text[:at] + dice.choice((*_PUT, "")) + text[at + dice.choice((0, 0, 1, 1, 20)) :]


def mutant(dice: Random, raw: bytes) -> bytes:
    """Return a file with one change of its text, of a value, or of the bytes within one."""
    try:
        document = json.loads(raw)
    except ValueError:
        return text_mutant(dice, raw.decode()).encode()
    if dice.random() < 0.3:
        return text_mutant(dice, raw.decode()).encode()
    *before, name = dice.choice(places(document))
    place = document
    for each in before:
        place = place[each]
    if dice.random() < 0.3:
        del place[name]
    elif isinstance(place[name], str) and dice.random() < 0.6:
        place[name] = _spoilt(dice, place[name])
    else:
        place[name] = dice.choice(_VALUES)
    return json.dumps(document, ensure_ascii=False).encode()


def _spoilt(dice: Random, text: str) -> str:
    """Return a text, or the bytes that it is in base64, with a change."""
    try:
        data = bytearray(b64decode(text, validate=True))
    except ValueError:
        return text_mutant(dice, text)
    if not data:
        return "AA=="
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return b64encode(data).decode()


def test_the_changes_are_many() -> None:
    """They reach texts, values and bytes, and no two are the same."""
    raw = json.dumps({"a": "QUJDRA==", "b": [1, {"c": "xyz"}]}).encode()
    assert len({mutant(Random(seed), raw) for seed in range(200)}) > 90  # noqa: S311 - repeatable


@pytest.mark.parametrize("kind", KINDS)
def test_both_say_the_same(kind: str) -> None:
    """Nothing is read in two ways, and nothing ends the reference otherwise than by its refusal."""
    page = load(kind)
    page["inputs"]["mutant"] = ""
    genuine = [case for case in page["cases"] if case["reason"] is None][:8]
    dice = Random(kind)  # noqa: S311 - repeatable
    different = []
    for _ in range(COUNT):
        case = dice.choice(genuine)
        made = mutant(dice, apply(page["inputs"], case["input"]))
        page["inputs"]["mutant"] = made.decode("latin-1")
        given = {**case, "input": {"of": "mutant"}}
        try:
            reading.READERS[kind](page, given)
            is_accepted = True
        except RefusedError:
            is_accepted = False
        if is_accepted is not (READERS[kind](page, given) is None):
            different.append((case["name"], made))
    assert different == []
