"""Texts for people: English beside its key in the code, Chinese in the gettext catalogue of its package.

A module that has texts writes `_ = texts_of(__name__)`, then `_("My identity")`. Where one English text has
two Chinese ones, `_.in_context("contest", "rejected")` tells them apart. There is no English catalogue: the
English text is the key of each message. `scripts/fix` collects the texts and compiles their translations.
"""

import gettext
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """One text in both languages. package: whose catalogue has the Chinese. context: usually ""."""

    english: str
    package: str
    context: str = ""

    def in_language(self, language: str) -> str:
        """Return the text for a language tag such as "zh", "zh-CN" or "en"; raises ValueError for others."""
        primary = language.replace("_", "-").split("-")[0].lower()
        if primary not in LANGUAGES:
            raise ValueError("texts exist in zh and en")
        if primary == "en":
            return self.english
        catalogue = _catalogue(self.package)
        if self.context:
            return catalogue.pgettext(self.context, self.english)
        return catalogue.gettext(self.english)


@dataclass(frozen=True, slots=True)
class PackageTexts:
    """What makes the texts of one package."""

    package: str

    def __call__(self, english: str) -> Text:
        """Return a text."""
        return Text(english, self.package)

    def in_context(self, context: str, english: str) -> Text:
        """Return a text whose Chinese differs from that of the same English elsewhere."""
        return Text(english, self.package, context)


def texts_of(module: str) -> PackageTexts:
    """Return what makes the texts of the package to which a module belongs."""
    return PackageTexts(module.partition(".")[0])


@cache
def _catalogue(package: str) -> gettext.GNUTranslations:
    file = files(package) / "locale" / "zh" / "LC_MESSAGES" / f"{package}.mo"
    with file.open("rb") as compiled:
        return gettext.GNUTranslations(compiled)
