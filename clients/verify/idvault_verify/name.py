"""Names of people and organisations: the normal form that is sealed, compared and sent to a registry.

- Text is normalised to NFKC: full-width Latin becomes Latin; radicals and compatibility ideographs become the
  ordinary characters that a registry uses. Case is kept.
- The separators that keyboards offer for names of ethnic minorities all become U+00B7.
- Private-use code points of old fonts become the characters that Unicode has added since.
- Surrounding white space is trimmed. Inside a name only the ordinary space is allowed (foreign names have
  it).
- Invisible characters and symbols are refused; at least one letter is required.
- Length is counted in code points: a character beyond the BMP counts as one.
"""

import unicodedata

from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

LIMIT = 50
_SEPARATORS = dict.fromkeys((0x2022, 0x30FB, 0x2027, 0x22C5, 0xFF65, 0x0387), 0x00B7)
# Ordinary character -> the code point under which some registries store it.
_PRIVATE_USE = {0x4DAE: 0xE863, 0x4B8C: 0xE85F}
_ORDINARY = {private: ordinary for ordinary, private in _PRIVATE_USE.items()}
# Letters and marks that are invisible: joiners, fillers, inherent vowels, variation selectors.
_INVISIBLE = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180F, 0x3164, 0xFFA0}
    | set(range(0x180B, 0x180E))
    | set(range(0xFE00, 0xFE10))
    | set(range(0xE0100, 0xE01F0))
)
_VISIBLE_CATEGORIES = frozenset("LMNP")


def parse(real_name: str, *, limit: int, field: str = "real_name") -> str:
    """Return the normalised name of 1 to limit code points, or raise InvalidError (INVALID_NAME).

    limit: the registry's; values above 50 count as 50. field: the path in the request that an error names.
    """
    # NFKC comes first: it turns other white space into spaces and half-width separators into ordinary ones.
    plain = unicodedata.normalize("NFKC", real_name).translate(_SEPARATORS | _ORDINARY).strip()
    _require(plain != "", field, FieldCode.REQUIRED)
    _require(len(plain) <= min(limit, LIMIT), field, FieldCode.LENGTH)
    visible = all(character == " " or _is_visible(character) for character in plain)
    _require(visible and any(_is_letter(character) for character in plain), field, FieldCode.CHARACTER)
    return plain


def alternative_spelling(name: str) -> str | None:
    """Return a normalised name in the spelling of some registries, None if that is the same."""
    spelling = name.translate(_PRIVATE_USE)
    return None if spelling == name else spelling


def _is_ideograph(character: str) -> bool:
    """Return whether the character is in planes 2 and 3, which contain only ideographs.

    The range is compared because Python's tables do not know characters that were added later.
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
