"""The one style sheet: its colours can be read, light and dark, and it has no class that no page has."""

import re
from collections import Counter
from pathlib import Path

import pytest

from idvault_client.pages import rendering
from idvault_verify import return_address
from tests.support.session_world import COLOUR

_ROOT = Path(__file__).resolve().parents[2]
_READ, _SEEN = 4.5, 3.0
"""The least contrast of a text, and of the edge of a control (WCAG 2.2, 1.4.3 and 1.4.11)."""
TEXTS = [
    *((ink, ground) for ink in ("ink", "ink-2", "link", "red") for ground in ("ground", "paper")),
    *(("ink", f"{kind}-soft") for kind in ("brand", "red", "amber", "green")),
    *((kind, f"{kind}-soft") for kind in ("red", "amber", "green")),
    ("brand-ink", "brand"),
    ("red-ink", "red"),
    ("focus-ink", "focus"),
]
EDGES = [("edge", "paper"), ("edge", "ground"), ("ink", "ground"), ("brand", "paper"), ("red", "red-soft")]


def schemes() -> dict[str, dict[str, str]]:
    """Return the colours by name, of the light and the dark scheme."""
    light, dark = rendering.tokens().split("@media (prefers-color-scheme: dark)")
    found = [dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", text)) for text in (light, dark)]
    return {"light": found[0], "dark": {**found[0], **found[1]}}


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2, contrast ratio)."""
    dim, bright = sorted(map(_luminance, (first, second)))
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_contrast_is_that_of_the_standard() -> None:
    """Black on white is 21, and a grey whose contrast is published has that one."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_told_apart(scheme: str) -> None:
    """Texts have a contrast of 4.5 to their ground, controls one of 3, in both schemes."""
    colours = schemes()[scheme]
    unread = [pair for pair in TEXTS if contrast(colours[pair[0]], colours[pair[1]]) < _READ]
    unseen = [pair for pair in EDGES if contrast(colours[pair[0]], colours[pair[1]]) < _SEEN]
    assert (unread, unseen) == ([], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_platforms_colour_is_checked_against_the_head(scheme: str) -> None:
    """The rule's heads are the sheet's, and its contrast is the one of these tests."""
    head = schemes()[scheme]["paper"]
    assert return_address.HEADS[scheme] == head
    assert return_address.LEAST_CONTRAST == _SEEN
    assert return_address.contrast(COLOUR, head) == pytest.approx(contrast(COLOUR, head))
    (rule,) = re.findall(r"\nheader \{([^}]*)\}", rendering.STYLE.read_text("utf-8"))
    assert "background: var(--paper)" in rule


def test_one_rule_has_the_margins_of_an_element() -> None:
    """Two rules of one selector would each say a part; which of them counts, their order would decide."""
    sheet = re.sub(r"/\*.*?\*/", "", rendering.STYLE.read_text("utf-8"), flags=re.S)
    rules = re.sub(r"@[a-z]+[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", sheet)
    found = Counter(
        selector.strip()
        for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", rules)
        if "margin" in body
        for selector in selectors.split(",")
    )
    assert found["h1"] == 1
    assert [each for each, count in found.items() if count > 1] == []


def test_every_class_is_of_a_page() -> None:
    """A class that no template names has gone; a colour outside the tokens would not follow the device."""
    sheet = rendering.STYLE.read_text("utf-8")
    components = sheet.removeprefix(rendering.tokens()).rpartition("@media print")[0]
    named = set(re.findall(r"\.([a-z][a-z-]*)[ :{,.>]", components))
    folders = (_ROOT / "idvault", _ROOT / "clients" / "people", _ROOT / "clients" / "python")
    used = " ".join(path.read_text("utf-8") for folder in folders for path in folder.rglob("*.html"))
    assert {name for name in named if not re.search(rf"\b{name}\b", used)} == set()
    assert re.findall(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl)a?\(", components) == []
