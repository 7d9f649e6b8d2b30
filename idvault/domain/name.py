"""Names of people and organisations: one normal form for what is sealed, compared and sent to a registry.

- Text is brought to NFKC: full-width Latin becomes Latin, radicals and compatibility ideographs become the
  ordinary characters that a registry has. Case is kept.
- The separators that keyboards offer for minority names all become U+00B7.
- Private-use code points of old fonts become the characters that Unicode has had since.
- Surrounding white space is trimmed; inside, only an ordinary space stays (names of foreigners have some).
- What cannot be seen is refused, as are symbols; at least one letter is required.
- Length is counted in code points: a character beyond the BMP is one.
"""

import unicodedata

from idvault.domain.error import FieldCode, InvalidError, Reason, Violation

LIMIT = 50
_SEPARATORS = dict.fromkeys((0x2022, 0x30FB, 0x2027, 0x22C5, 0xFF65, 0x0387), 0x00B7)
# Ordinary character -> the code point under which some registries store it.
_PRIVATE_USE = {0x4DAE: 0xE863, 0x4B8C: 0xE85F}
_ORDINARY = {private: ordinary for ordinary, private in _PRIVATE_USE.items()}
# Letters and marks that nobody can see: joiners, fillers, inherent vowels, variation selectors.
_INVISIBLE = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180F, 0x3164, 0xFFA0}
    | set(range(0x180B, 0x180E))
    | set(range(0xFE00, 0xFE10))
    | set(range(0xE0100, 0xE01F0))
)
_VISIBLE_CATEGORIES = frozenset("LMNP")


def parse(real_name: str, *, limit: int, field: str = "real_name") -> str:
    """Return the normalised name of 1 to limit code points, or raise InvalidError (INVALID_NAME).

    limit: the provider's; at most 50. field: whose path in the request an error names.
    """
    # NFKC comes first: it makes spaces of other white space and separators of half-width ones.
    plain = unicodedata.normalize("NFKC", real_name).translate(_SEPARATORS | _ORDINARY).strip()
    _require(plain != "", field, FieldCode.REQUIRED)
    _require(len(plain) <= min(limit, LIMIT), field, FieldCode.LENGTH)
    visible = all(character == " " or _is_visible(character) for character in plain)
    _require(visible and any(_is_letter(character) for character in plain), field, FieldCode.CHARACTER)
    return plain


def alternative_spelling(name: str) -> str | None:
    """Return a normalised name as some registries store it, None if it has no character in question."""
    spelling = name.translate(_PRIVATE_USE)
    return None if spelling == name else spelling


def _is_ideograph(character: str) -> bool:
    """Say whether the character is of planes 2 and 3, which hold nothing but ideographs.

    Asked by range, because a character younger than Python's own tables is unassigned to them.
    """
    code = ord(character)
    return 0x20000 <= code < 0x40000 and code & 0xFFFF < 0xFFFE


def _is_visible(character: str) -> bool:
    if _is_ideograph(character):
        return True
    return unicodedata.category(character)[0] in _VISIBLE_CATEGORIES and ord(character) not in _INVISIBLE


def _is_letter(character: str) -> bool:
    # U+3007, the zero of many given names, is a "letter number".
    return _is_ideograph(character) or unicodedata.category(character) in ("Lu", "Ll", "Lt", "Lm", "Lo", "Nl")


def _require(condition: bool, field: str, code: FieldCode) -> None:
    if not condition:
        raise InvalidError(Reason.INVALID_NAME, Violation(field, code))
