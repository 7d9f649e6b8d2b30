"""Texts, bytes and numbers that often break programs, from a list and at random.

`texts.json` holds the listed texts by kind of problem; all were written for this project. A long text is
stored as its start, the repeated part, the number of repetitions, and its end. CANARY marks where a canary is
put.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import hypothesis
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

CANARY = "\N{OBJECT REPLACEMENT CHARACTER}"
# Every kind of character except surrogates, which cannot be sent.
CATEGORIES = (
    "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf",
    "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cn",
)  # fmt: skip


def _listed() -> dict[str, list[str]]:
    """Read the list, by kind of problem."""
    groups = json.loads(Path(__file__).with_name("texts.json").read_text("utf-8"))
    return {kind: [_whole(text) for text in texts] for kind, texts in groups.items()}


def _whole(text: str | Sequence[object]) -> str:
    if isinstance(text, str):
        return text
    begin, repeated, times, end = text
    return f"{begin}{str(repeated) * int(str(times))}{end}"


LISTED = _listed()
TEXTS: tuple[str, ...] = tuple(text for texts in LISTED.values() for text in texts)
"""Every listed text, each once."""


def drawn(count: int, *, seed: int) -> tuple[str, ...]:
    """Return texts drawn by hypothesis, the same for a seed: of one kind of character or of all."""
    found: list[str] = []
    # mypy requires a literal for each.
    any_kind = st.sampled_from(CATEGORIES).flatmap(
        lambda kind: st.text(st.characters(categories=[kind]))  # type: ignore[list-item]
    )

    @hypothesis.seed(seed)
    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate])
    @given(any_kind | st.text(), st.booleans())
    def draw(text: str, marked: bool) -> None:
        found.append(text + CANARY if marked else text)

    draw()
    return tuple(found)


# Not allowed in a string field: Python messages refuse it, so it is encoded by hand.
NOT_UTF8: tuple[bytes, ...] = (
    b"\xff", b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\xaf", b"\xed\xa0\x80", b"\xed\xb0\x80",
    b"\xed\xa0\xbd\xed\xb8\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\x80", b"\xe4\xb8",
    b"\xfe\xff", b"\xff\xfe\x00\x00", b"ok\xc3\x28", b"\xbf" * 100,
)  # fmt: skip

# JSON that breaks a parser or the code that uses its result.
JSON: tuple[bytes, ...] = (
    b"", b"{", b"[]", b"null", b'"text"', b"{}", b"[" * 20_000, b'{"a":' * 20_000,
    b'{"version":' + b"9" * 5_000 + b"}", b'{"version":1e400}', b'{"version":NaN}', b'{"version":-0}',
    b'{"version":1,"version":2}', b'{"format":"\\ud800"}', b'{"\\ud800":1}', b'{"format":"\\u0000"}',
    b"\xef\xbb\xbf{}", b"{}\0", b'{"format":"\xed\xa0\x80"}', "{\"a\":1}".encode("utf-16"),
    json.dumps({"format": "idvault/roster/v1", "version": True, "people": {}, "quorums": []}).encode(),
)  # fmt: skip

_EDGES = {
    bit
    for size in (7, 8, 15, 16, 31, 32, 53, 63)
    for bit in (2**size - 1, 2**size, -(2**size), -(2**size) - 1)
}
NUMBERS: tuple[int, ...] = (
    0, 1, -1, 2, 999, 1_000, 1_001, 999_999_999, 1_000_000_000, 253_402_300_800, *sorted(_EDGES),
)  # fmt: skip


def fill(text: str, canary: str) -> str:
    return text.replace(CANARY, canary)
