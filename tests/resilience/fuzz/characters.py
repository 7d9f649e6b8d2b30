"""Naughty texts by what stands in them: controls, directions, forms, digits, pictures, doubles, lengths.

Each family takes one kind of stumbling through all its forms, by a rule. CANARY is where a canary sits.
"""

import unicodedata
from collections.abc import Callable, Iterator
from itertools import product
from typing import Literal

CANARY = "\N{OBJECT REPLACEMENT CHARACTER}"
_NUMBER = "110000190101010001"
_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\u2061\u2064\ufeff\u034f\u00ad\u17b4"
_VIETNAMESE, _KANA, _HANGUL = "ti\u1ebfng Vi\u1ec7t", "\uff76\uff9e\u30d1", "\ud55c\uae00"


def _controls() -> Iterator[str]:
    """A control between two letters, which neither end shows."""
    for number in (*range(32), *range(127, 160)):
        yield f"a{chr(number)}b{CANARY}"


def _directions() -> Iterator[str]:
    """Each change of direction: closed, left open, closed twice, and one in the other without an end."""
    embeddings, isolates = "\u202a\u202b\u202d\u202e", "\u2066\u2067\u2068"
    for begin in embeddings + isolates:
        end = "\u202c" if begin in embeddings else "\u2069"
        yield from (f"{begin}{CANARY}{end}", f"x{begin}{CANARY}", f"{CANARY}{end}{end}", begin * 130 + CANARY)


def _forms() -> Iterator[str]:
    """What has several spellings, in each of the four normal forms."""
    samples = (
        "\u00c5\u212b", "\u1e0b\u0323", "\ufb03", "\u2460\u2473", "\u3314\u33a1", "\ufdfa", "\u0344",
        "\uf900",
        "\U0002f800", "\u0e33", "\u1100\u1161\u11a8", _VIETNAMESE, _KANA, _HANGUL, "\u2f00\u2f2f",
        "\U0001d161",
    )  # fmt: skip
    forms: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")
    for form, sample in product(forms, samples):
        yield unicodedata.normalize(form, sample) + CANARY


def _surrogates() -> Iterator[str]:
    """Half a character, as each notation writes it."""
    for half in ("d800", "dbff", "dc00", "dfff"):
        yield from (
            f"\\u{half}{CANARY}", f"\\u{{{half}}}{CANARY}", f"&#x{half};{CANARY}", f"&#{int(half, 16)};",
            f"U+{half}", f"%u{half}{CANARY}",
        )  # fmt: skip
    yield "%ED%A0%80%ED%B0%80" + CANARY


def _digits() -> Iterator[str]:
    """A document's number in the digits of other scripts, and with signs that look like its X."""
    zeros = (
        0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xE50, 0xED0, 0xF20, 0x1040,
        0x17E0,
        0x1810, 0xFF10, 0x104A0, 0x1D7CE, 0x1D7F6, 0x1FBF0,
    )  # fmt: skip
    for zero in zeros:
        yield "".join(chr(zero + int(digit)) for digit in _NUMBER)
    for cross in "xX\uff38\uff58\u2169\u2179\u03a7\u0425\u00d7\u2715\u24cd":
        yield "11000019010101001" + cross
    for blank in " -\u00a0\u2009\u3000\u200b\u2010\u2212":
        yield _NUMBER[:6] + blank + _NUMBER[6:14] + blank + _NUMBER[14:]
    yield from (_NUMBER[:15], _NUMBER + "0", _NUMBER[::-1], "0" * 18, "9" * 18)


def _zero_width() -> Iterator[str]:
    """A character without width between all letters, before the canary, and nothing but such."""
    for nothing in _ZERO_WIDTH:
        yield from (nothing.join("synthetic"), f"{nothing}{CANARY}{nothing}", nothing * 50)


def _emoji() -> Iterator[str]:
    """What one sees as one picture and a program as many characters."""
    for tone in range(0x1F3FB, 0x1F400):
        yield f"\U0001f44b{chr(tone)}{CANARY}"
        yield f"\U0001f469{chr(tone)}\u200d\U0001f91d\u200d\U0001f468{chr(tone)}{CANARY}"
    yield from (f"{key}\ufe0f\u20e3{CANARY}" for key in "0123456789#*")
    for first, second in ("CN", "US", "ZZ", "EU", "UN", "AQ"):
        yield chr(0x1F1A5 + ord(first)) + chr(0x1F1A5 + ord(second)) + CANARY
    yield from (
        f"\u2764\ufe0e{CANARY}",
        f"\u2764\ufe0f{CANARY}",
        "\u200d".join("\U0001f469\u2764\U0001f48b\U0001f468"),
    )
    yield "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in "gbsct") + "\U000e007f" + CANARY


def _planes() -> Iterator[str]:
    """The first and the last characters of each plane, those that nobody may use among them."""
    for plane in range(17):
        yield f"{chr(plane << 16 | 0xFFFD)}{CANARY}"
        yield f"{chr(plane << 16 | 0xFFFF)}{chr(plane << 16 | 0xFFFE)}{CANARY}"
        yield f"{chr(plane << 16 | 0x0378)}{CANARY}"


def _ideographs() -> Iterator[str]:
    """Variants of one ideograph, rare blocks, and what is only built like one."""
    for base, variant in product("\u8fbb\u845b\u9089", (0xFE00, 0xFE02, 0xE0100, 0xE0101, 0xE01EF)):
        yield f"{base}{chr(variant)}{CANARY}"
    for first in (
        0x3400,
        0x9FFF,
        0xF900,
        0x20000,
        0x2A700,
        0x2B740,
        0x2B820,
        0x2CEB0,
        0x2EBF0,
        0x2F800,
        0x30000,
        0x31350,
    ):
        yield chr(first) * 2 + CANARY
    for place in (0x2FF0, 0x2FFB, 0x2E80, 0x31C0, 0x3021, 0x3106, 0xA000, 0x17000, 0x1B170, 0xE863):
        yield chr(place) + CANARY
    yield from (f"\u963f{dot}{CANARY}" for dot in "\u00b7\u2022\u2027\u22c5\u0387\u16eb\u30fb\uff65.\uff0e")


def _doubles() -> Iterator[str]:
    """Words that mean something here, in letters that look the same."""
    looks = (
        str.maketrans("aceopxyi", "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0456"),
        str.maketrans("aoupvt", "\u03b1\u03bf\u03c5\u03c1\u03bd\u03c4"),
        {letter: letter - 0x61 + 0xFF41 for letter in range(0x61, 0x7B)},
        {letter: letter - 0x61 + 0x1D41A for letter in range(0x61, 0x7B)},
        {letter: letter - 0x61 + 0x24D0 for letter in range(0x61, 0x7B)},
    )
    words = ("operator", "system", "platform-a", "auditor-a", "acct_00000000000000000000000000")
    for word, look in product(words, looks):
        yield word.translate(look)
    yield from (word.upper() for word in words)


def _cases() -> Iterator[str]:
    """Letters whose case changes their number, or depends on a language or on the neighbour."""
    for letters in (
        "\u00df\u1e9e",
        "\u0130i\u0307",
        "\u0131I",
        "\u017fs",
        "\ufb00F",
        "\u03a3\u03c3\u03c2",
        "\u01c4\u01c5\u01c6",
        "\u0149",
    ):
        yield from (letters + CANARY, letters.upper() + CANARY, letters.casefold() + CANARY)


def _lengths() -> Iterator[str]:
    """Just below, at and above what fields, buffers and frames take; in one byte a character and in three."""
    for length in (
        15,
        16,
        31,
        32,
        33,
        49,
        50,
        63,
        64,
        127,
        128,
        255,
        256,
        1_023,
        1_024,
        4_095,
        16_384,
        65_535,
    ):
        yield "a" * length
        yield "\u540d" * min(length, 21_000)


def _terminals() -> Iterator[str]:
    """What a terminal obeys when somebody reads a log in one."""
    for begin in (
        "\x1b[2J",
        "\x1b[8m",
        "\x1b[1000D",
        "\x1b]52;c;",
        "\x1bP",
        "\x1b_",
        "\x9d0;",
        "\x08\x08\x08",
        "\r",
        "\x0e",
        "\x1bc",
    ):
        yield begin + CANARY
    yield from (
        f'\n{{"level":"error","{CANARY}":1}}',
        f'"}}\n{{"event":"{CANARY}',
        f"\u2028ERROR {CANARY}",
        f"\x85{CANARY}",
    )


FAMILIES: tuple[Callable[[], Iterator[str]], ...] = (
    _controls,
    _directions,
    _forms,
    _surrogates,
    _digits,
    _zero_width,
    _emoji,
    _planes,
    _ideographs,
    _doubles,
    _cases,
    _lengths,
    _terminals,
)
