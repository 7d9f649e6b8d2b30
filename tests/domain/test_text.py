"""A text is found by a language tag, in the catalogue of its package."""

import pytest

from idvault_verify import text
from idvault_verify.text import Text, texts_of


@pytest.mark.parametrize("tag", ["zh", "zh-CN", "zh_Hans_CN", "ZH"])
def test_a_tag_of_chinese_finds_the_catalogue(tag: str) -> None:
    """Region and script make no difference, whoever reads the catalogue first."""
    text._catalogue.cache_clear()
    assert texts_of("idvault_verify.report.figure")("other").in_language(tag) == "其他"


@pytest.mark.parametrize("tag", ["en", "en-GB", "EN"])
def test_english_is_the_key(tag: str) -> None:
    """It needs no catalogue."""
    assert Text("other", "no_such_package").in_language(tag) == "other"


@pytest.mark.parametrize("tag", ["fr", "", "zho"])
def test_other_languages_are_refused(tag: str) -> None:
    """A text in a language that nobody asked for would be shown as if it were right."""
    with pytest.raises(ValueError, match="texts exist in zh and en"):
        texts_of("idvault_verify")("other").in_language(tag)
