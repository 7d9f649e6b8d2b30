"""A text that only a test has, and no catalogue."""

from dataclasses import dataclass

from idvault_verify.text import Text


@dataclass(frozen=True, slots=True)
class Bilingual(Text):
    """A text with its Chinese."""

    chinese: str = ""

    def in_language(self, language: str) -> str:
        """Return the text in zh or en."""
        return {"zh": self.chinese, "en": self.english}[language]


def bilingual(zh: str, en: str) -> Text:
    """Return a text."""
    return Bilingual(en, "tests", chinese=zh)
